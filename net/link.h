/* SPDX-License-Identifier: Apache-2.0 */
/* link.h -- the interfaces that the monitor gives a mote: frames between the platform's rings and lwIP.
 *
 * Addresses come with the interface and stay: nothing is asked for on the wire.  A frame is copied once on its way in, and
 * once on its way out, into the ring.
 */
#ifndef NET_LINK_H
#define NET_LINK_H

#include <stdbool.h>
#include <stddef.h>

struct netif;

/* lo, eth0, ..: what Erlang calls it. */
const char *link_name(const struct netif *n);
/* NULL: there is none of this name. */
struct netif *link_find(const char *name, size_t bytes);
bool link_is_loopback(const struct netif *n);

#endif
