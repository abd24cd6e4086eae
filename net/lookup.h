/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.h -- finds a segment's connection among ten thousand as fast as among ten.
 *
 * lwIP walks its list of connections for each segment.  Here they are in a table by their addresses and ports, from the
 * moment that they have both until lwIP frees them.  Before lwIP sees a packet (net_lookup, in
 * hooks.h) its lists are made to begin with the connection that the packet is for, or to be empty when there is none; and as
 * soon as it has found it, or has given the packet up, they are what they were (net_lookup_over).  In between nothing else runs.
 */
#ifndef NET_LOOKUP_H
#define NET_LOOKUP_H

#include <stdbool.h>

struct tcp_pcb;

/* A pcb that is about to listen: what is made to it is entered. */
void lookup_listener(struct tcp_pcb *pcb);
/* A pcb that has just begun to connect.  What has no memory is found in lwIP's way. */
void lookup_enter(struct tcp_pcb *pcb);

/* lwIP's lists are what they were. */
void net_lookup_over(void);

#endif
