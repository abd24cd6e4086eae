/* SPDX-License-Identifier: Apache-2.0 */
/* http_packet.h -- lines of HTTP as the terms that erlang:decode_packet/3 and sockets give. */
#ifndef VM_HTTP_PACKET_H
#define VM_HTTP_PACKET_H

#include "heap/heap.h"

/* The term for one packet (packet.h) of this many bytes: {http_request, ..}, {http_response, ..},
 * {http_header, ..}, http_eoh or {http_error, Line}; strings as binaries or lists.  *in_header is
 * what the next packet will be. */
term http_packet_term(struct heap *h, const uint8_t *bytes, size_t n, bool binaries,
                      bool *in_header);

#endif
