/* SPDX-License-Identifier: Apache-2.0 */
/* port_channel.h -- a port as the controller of a connection: what the inet driver's sockets are. */
#ifndef VM_DIST_PORT_CHANNEL_H
#define VM_DIST_PORT_CHANNEL_H

#include "dist/peer.h"

/* The port becomes the controller of p, which is PENDING.  false: it is closed, or cannot be one. */
bool port_channel_open(struct peer *p, term port, uint64_t flags, uint32_t creation);
/* Writes what waits, until the port is busy. */
void port_channel_flush(struct peer *p);
/* Closes it, and by that the connection. */
void port_channel_kill(struct peer *p);

/* dist.c: the process or port was one, and has ended for this reason. */
void dist_controller_ended(term id, term reason);

#endif
