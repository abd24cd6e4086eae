/* SPDX-License-Identifier: Apache-2.0 */
/* prim_net.h -- links as modules `socket` and `net` see them (prim_socket_link.c, prim_net.c). */
#ifndef NET_PRIM_NET_H
#define NET_PRIM_NET_H

#include "heap/heap.h"

struct netif;

/* 1: the loopback. */
unsigned link_number(const struct netif *n);
/* NULL: there is none. */
const struct netif *link_by_number(unsigned number);
/* All of them in the order of their numbers: starts with NULL, ends in NULL. */
const struct netif *link_after(const struct netif *n);
/* [up, ..] */
term link_flags_term(struct heap *h, const struct netif *n);
/* A socket address of IPv4, from its bytes as a word. */
term link_address_term(struct heap *h, uint32_t address);
uint32_t link_broadcast(const struct netif *n);
/* Six bytes. */
const uint8_t *link_hardware(const struct netif *n);

#endif
