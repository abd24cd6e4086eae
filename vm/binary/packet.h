/* SPDX-License-Identifier: Apache-2.0 */
/* packet.h -- where one packet ends in a stream of bytes, for the packet types of sockets. */
#ifndef VM_PACKET_H
#define VM_PACKET_H

#include "heap/heap.h"

enum packet_type {
    PACKET_RAW,
    PACKET_1, /* a length in so many bytes, then the data */
    PACKET_2,
    PACKET_4,
    PACKET_ASN1,
    PACKET_SUNRM,
    PACKET_CDR,
    PACKET_FCGI,
    PACKET_LINE,
    PACKET_TPKT,
    PACKET_HTTP,  /* a request, a response or, by the state, a header */
    PACKET_HTTPH, /* a header */
    PACKET_SSL_TLS
};

struct packet_options {
    uint32_t max_size;    /* of a packet; 0: any */
    uint32_t line_length; /* longer lines are cut; 0: never */
    uint8_t delimiter;    /* of lines */
};

/* The bytes of the packet that begins here, header and all, maybe more than n; 0: not known yet;
 * -1: no such packet.  http: *in_header is set for PACKET_HTTPH, read for PACKET_HTTP. */
int64_t packet_length(enum packet_type type, const uint8_t *bytes, size_t n,
                      const struct packet_options *o, bool *in_header);
/* The part of a whole packet that is handed on. */
void packet_body(enum packet_type type, const uint8_t **bytes, size_t *n);

/* A whole packet of PACKET_SSL_TLS: {ssl_tls, Socket, Type, Version, Data}.  NO_VALUE: no memory. */
term packet_ssl_term(struct heap *h, term socket, const uint8_t *bytes, size_t n);

#endif
