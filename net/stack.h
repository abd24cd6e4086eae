/* SPDX-License-Identifier: Apache-2.0 */
/* stack.h -- TCP/IP of the mote: when lwIP gets its turn.
 *
 * lwIP runs in three places only: inside a call of a socket function (socket.h), when a timer of its
 * own is due, and in the turn that the scheduler gives it before the next process runs, which takes frames
 * from the links and packets that the mote has sent to itself.  Its callbacks note what happened and no more; who owns
 * a socket hears of it at the end of a turn, when no function of lwIP is on the stack.
 */
#ifndef NET_STACK_H
#define NET_STACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plat_boot;

/* Once, before any Erlang code runs. */
void net_start(const struct plat_boot *boot);
/* Out of a snapshot: connections to others are as if those had reset them, what listens or is bound stays, also where it was bound
 * to an address that this machine no longer has: it has the new one of that interface then. */
void net_resume(const struct plat_boot *boot);
/* Something was sent, or happened to a socket: a turn is due, and lwIP's timers run. */
void net_touch(void);
/* A turn is due. */
void net_turn_soon(void);
/* Takes it now, not from within one.  true: there is more to do. */
bool net_turn(void);
/* Has something that was sent by TCP not arrived? */
bool net_sends(void);
/* Timers that lwIP lets rest when nothing happens run again. */
void net_timers_wake(void);
void net_timers_start(void);

/* --- parts of a turn --------------------------------------------------------------------- */

/* links: true when there may be more frames. */
bool net_links_receive(void);
void net_links_start(void);
/* The interfaces are those of another machine. */
void net_links_renew(void);
/* Connections to others end, without a word to them, while `change` runs and before. */
void net_streams_break(void (*change)(void));
/* The other side hears of what was sent. */
void net_links_flush(void);
/* sockets: tells owners what happened; socket.h */
void net_sockets_tell(void);

#endif
