/* SPDX-License-Identifier: Apache-2.0 */
/* console.h -- who reads the console: one port at a time; what comes while nobody does is left outside. */
#ifndef VM_CONSOLE_H
#define VM_CONSOLE_H

#include "port/port.h"

/* `p` reads from now on: bytes come through `take`, the end of input through port_end_of_input().
 * `take` returns how many it took: fewer than n when memory ran out, and the rest is offered again. */
void console_attach(struct port *p, size_t (*take)(struct port *p, const uint8_t *bytes, size_t n));
/* p no longer does; nothing when it did not. */
void console_detach(struct port *p);

#endif
