/* SPDX-License-Identifier: Apache-2.0 */
/* switch.h -- how motes of one user find each other by the name of a switch.
 *
 * A switch is a small process (switch_server.c) behind a socket in the user's runtime folder, started by the
 * first mote that wants one and gone when the last has left.  It carries no frames: it gives each newcomer a
 * number, and for each pair of members makes a pair of sockets and hands each of them one end.  So no member
 * can harm others by leaving, and frames go from monitor to monitor.
 *
 *     member  -> switch   JOIN     what it wants: mtu, mac (0: whatever)
 *     switch  -> member   WELCOME  its number, mac, the switch's mtu;  or REFUSED with number: enum switch_refusal
 *     switch  -> member   PEER     number, mac of another member, and with it the descriptor of the link
 *     member  -> switch   AGAIN    number, mac, mtu, when a switch has come to it
 *
 * Each member listens, too, at a socket of its own beside the switch's, with its number behind the name.  When the switch
 * has been killed the members go on; the next one that starts comes to them there, so that
 * newcomers meet them.
 *
 * Messages and frames keep their boundaries (SOCK_SEQPACKET).  All members are of one user: nobody else can
 * reach the folder.
 */
#ifndef MONITOR_SWITCH_H
#define MONITOR_SWITCH_H

#include <stdint.h>

#include "monitor/error.h"

enum { SWITCH_MEMBERS_MOST = 250, SWITCH_MAGIC = 0x6d737732 /* changes with the messages */ };

enum switch_kind { SWITCH_JOIN = 1, SWITCH_WELCOME, SWITCH_REFUSED, SWITCH_PEER, SWITCH_AGAIN };
enum switch_refusal { SWITCH_FULL = 1, SWITCH_MTU, SWITCH_MAC, SWITCH_VERSION };

struct switch_message {
    uint32_t magic, kind, number, mtu;
    uint8_t mac[6], pad[2];
};

/* Connects to the switch `name`, which is started when there is none: a descriptor, or -1 with `e`. */
int switch_connect(const char *name, struct error *e);

/* Where the next switch of that name finds its member `number`: a descriptor that listens, or -1 with `e`. */
int switch_listen(const char *name, uint32_t number, struct error *e);

/* Serves the switch: members come through `listener`; in the end `path` is removed while `lock` is held.
 * Does not return. */
__attribute__((noreturn)) void switch_serve(int listener, int lock, const char *path);

#endif
