/* SPDX-License-Identifier: Apache-2.0 */
/* link.c -- the interfaces that the monitor gives a mote: frames between platform and lwIP. */
#include "net/stack.h"

bool net_links_receive(void) { return false; }

void net_links_start(const struct plat_boot *boot) { (void)boot; }
