/* SPDX-License-Identifier: Apache-2.0 */
/* input.h -- what comes from another node: headers, fragments, terms.  The bytes may be anything. */
#ifndef VM_DIST_INPUT_H
#define VM_DIST_INPUT_H

#include "dist/peer.h"

/* One packet, without the length that the carrier puts before it; none at all is a tick.  What is malformed is
 * reported to the logger and ends the connection.  false: it did. */
bool input_packet(struct peer *p, const uint8_t *bytes, size_t n);
/* Shall that be a pausing body's work? */
bool input_takes_long(const uint8_t *bytes, size_t n);
/* Fragments of messages that will never be complete. */
void input_drop(struct peer *p);

/* A whole message whose payload has not been looked at. */
struct incoming {
    struct peer *peer;
    uint32_t connection;
    struct heap *heap; /* for all that is decoded; gone when the message has been dealt with */
    term control;
    const uint8_t *payload; /* NULL: there is none */
    size_t payload_bytes;
    const term *atoms;
    size_t atom_count;
    bool is_broken; /* the payload is no term */
    bool
        is_over; /* while it was decoded in a pausing body, the process or the connection has ended */
};
/* The payload, decoded; NO_VALUE: it is malformed, and is_broken now, or is_over. */
term incoming_payload(struct incoming *m);

/* control.c: does what the message says.  false: it is not one of the protocol. */
bool control_act(struct incoming *m);

#endif
