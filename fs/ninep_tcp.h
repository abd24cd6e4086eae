/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_tcp.h -- mounts of a server of 9P2000.L that is reached by TCP.
 *
 * It is connected to when something is first asked of it, for before that nobody could wait; when that fails, the next
 * one who asks tries again.  Once it was there and is lost, everything of it is eio.
 *
 * Only who can be set aside can wait for it: the drivers of ports cannot, and get eintr.
 */
#ifndef FS_NINEP_TCP_H
#define FS_NINEP_TCP_H

#include "fs/ninep_tree.h"

/* The root of the tree `tree` as `user`, on an IPv4 address; tree NULL: no memory.  The texts are not copied. */
struct node ninep_tcp_mount(const uint8_t ipv4[4], uint16_t port, const char *tree,
                            const char *user, uint64_t device);

#endif
