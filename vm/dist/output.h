/* SPDX-License-Identifier: Apache-2.0 */
/* output.h -- messages to another node: encoded, cut into fragments, queued until the carrier takes them. */
#ifndef VM_DIST_OUTPUT_H
#define VM_DIST_OUTPUT_H

#include "dist/peer.h"

/* Sends a control message, a tuple on any heap, with or without (NO_VALUE) a payload.  p is PENDING or
 * CONNECTED; what does not fit its memory is lost together with the connection.
 *
 * `from`: the running process that sends, NULL when nobody could wait.  When the connection is busy it is
 * suspended: behind the message, and between the fragments of a large one, if this is a pausing body.
 * false: the message has a part that is too large for the format. */
bool output_send(struct peer *p, struct process *from, term control, term payload);

/* Encodes what waited for the connection. */
bool output_send_pending(struct peer *p);
/* Takes the first packet of the queue, the caller's now; NULL: there is none. */
struct packet *output_take(struct peer *p);
void packet_free(struct packet *k);
/* Empties the queue and lets everybody go on. */
void output_drop(struct peer *p);
/* Less waits now: whoever is suspended may go on. */
void output_eased(struct peer *p);

#endif
