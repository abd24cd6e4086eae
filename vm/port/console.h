/* SPDX-License-Identifier: Apache-2.0 */
/* console.h -- who reads the console: one port at a time, or prim_tty; what comes while nobody does is left outside. */
#ifndef VM_CONSOLE_H
#define VM_CONSOLE_H

#include "port/port.h"

/* `p` reads from now on: bytes come through `take`, the end of input through port_end_of_input().
 * `take` returns how many it took: fewer than n when memory ran out, and the rest is offered again. */
void console_attach(struct port *p, size_t (*take)(struct port *p, const uint8_t *bytes, size_t n));
/* p no longer does; nothing when it did not. */
void console_detach(struct port *p);

/* Without a port: `ready` is called once when there is input, or its end, and may not fetch.  Then
 * nothing more comes before somebody asks again.  A port that attaches takes over. */
void console_select(void (*ready)(void));
/* At most `room` bytes of what is there; 0: nothing, and with *at_end the end. */
size_t console_fetch(uint8_t *to, size_t room, bool *at_end);
/* The end of input has been seen, and all before it is fetched. */
bool console_has_ended(void);

#endif
