/* SPDX-License-Identifier: Apache-2.0 */
/* port_trace.h -- what tracers are told of ports.
 *
 * Each looks by itself whether anybody wants to know; nothing is told for want of memory only.
 */
#ifndef VM_PORT_TRACE_H
#define VM_PORT_TRACE_H

#include "port/port.h"

/* {trace, Port, Tag, What}, of flag ports. */
void port_trace_event(struct port *p, term tag, term what);
/* {trace, Port, 'receive', {Caller, What}} */
void port_trace_received(struct port *p, term caller, term what);
/* ... {Caller, {Verb, Binary}}; with op: {Caller, {Verb, {Op, Binary}}} */
void port_trace_bytes(struct port *p, term caller, term verb, const unsigned *op,
                      const uint8_t *bytes, size_t n);
/* {trace, Port, send, {Port, {Verb, Binary}}, Caller} */
void port_trace_answered(struct port *p, term caller, term verb, const uint8_t *bytes, size_t n);
/* {trace, Port, send, Message, To} */
void port_trace_sent(struct port *p, term message, term to);

/* The port works, on what `caller` asks of it (NULL: on its own): `in` and `out` of flags running_ports and
 * running_procs, and system_profile.  A turn within a turn is not told.  The port and the caller may end
 * in between. */
struct port_turn {
    term port, caller, what; /* port NO_VALUE: nobody wants to know */
    bool profiled;
};
void port_turn_start(struct port_turn *t, struct port *p, struct process *caller, term what);
void port_turn_end(const struct port_turn *t);

#endif
