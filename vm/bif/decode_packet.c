/* SPDX-License-Identifier: Apache-2.0 */
/* decode_packet.c -- erlang:decode_packet/3. */
#include "bif/bif.h"
#include "binary/http_packet.h"
#include "big/big.h"
#include "binary/binary.h"
#include "binary/packet.h"
#include "heap/arena.h"

struct request {
    enum packet_type type;
    bool binaries; /* http_bin, httph_bin */
    struct packet_options options;
};

static bool read_type(term t, struct request *r)
{
    if (is_small(t)) {
        switch (small_value(t)) {
        case 0: r->type = PACKET_RAW; return true;
        case 1: r->type = PACKET_1; return true;
        case 2: r->type = PACKET_2; return true;
        case 4: r->type = PACKET_4; return true;
        default: return false;
        }
    }
    if (!is_atom(t)) return false;
    switch (atom_index(t)) {
    case ATOM_raw: r->type = PACKET_RAW; return true;
    case ATOM_asn1: r->type = PACKET_ASN1; return true;
    case ATOM_sunrm: r->type = PACKET_SUNRM; return true;
    case ATOM_cdr: r->type = PACKET_CDR; return true;
    case ATOM_fcgi: r->type = PACKET_FCGI; return true;
    case ATOM_line: r->type = PACKET_LINE; return true;
    case ATOM_tpkt: r->type = PACKET_TPKT; return true;
    case ATOM_ssl_tls: r->type = PACKET_SSL_TLS; return true;
    case ATOM_http: r->type = PACKET_HTTP; return true;
    case ATOM_httph: r->type = PACKET_HTTPH; return true;
    case ATOM_http_bin: r->type = PACKET_HTTP, r->binaries = true; return true;
    case ATOM_httph_bin: r->type = PACKET_HTTPH, r->binaries = true; return true;
    default: return false;
    }
}

static bool read_option(term t, struct request *r)
{
    uint64_t value;
    if (!is_tuple_of(t, 2) || !is_atom(element(t, 0))) return false;
    if (!integer_to_uint64(element(t, 1), &value) || value > UINT32_MAX) return false;
    switch (atom_index(element(t, 0))) {
    case ATOM_packet_size: r->options.max_size = (uint32_t)value; return true;
    case ATOM_line_length: r->options.line_length = (uint32_t)value; return true;
    case ATOM_line_delimiter:
        if (r->type != PACKET_LINE || value > 255) return false;
        r->options.delimiter = (uint8_t)value;
        return true;
    default: return false;
    }
}

/* The whole packet of n bytes at the front of the subject. */
static term packet_term(struct heap *h, const struct request *r, term subject, const uint8_t *bytes,
                        size_t n, bool in_header)
{
    const uint8_t *body = bytes;
    size_t body_size = n;
    switch (r->type) {
    case PACKET_HTTP:
    case PACKET_HTTPH: return http_packet_term(h, bytes, n, r->binaries, &in_header);
    case PACKET_SSL_TLS: return packet_ssl_term(h, NIL, bytes, n);
    default:
        packet_body(r->type, &body, &body_size);
        return binary_part(h, subject, (size_t)(body - bytes) * 8, body_size * 8);
    }
}

static term decode(struct process *p, const struct request *r, term subject, const uint8_t *bytes,
                   size_t size)
{
    struct heap *h = &p->heap;
    bool in_header = false;
    int64_t n = packet_length(r->type, bytes, size, &r->options, &in_header);
    if (n < 0) return make_tuple2(h, ATOM(error), ATOM(invalid));
    if (n == 0) return make_tuple2(h, ATOM(more), ATOM(undefined));
    if ((uint64_t)n > size) return make_tuple2(h, ATOM(more), small(n));
    term packet = packet_term(h, r, subject, bytes, (size_t)n, in_header);
    if (is_no_value(packet)) return raise(p, ATOM(system_limit));
    size_t done = (size_t)n * 8;
    term rest = binary_part(h, subject, done, binary_bit_size(subject) - done);
    return make_tuple3(h, ATOM(ok), packet, rest);
}

term bif_erlang_decode_packet_3(struct process *p, const term *arg)
{
    struct request r = {.options.delimiter = '\n'};
    if (!read_type(arg[0], &r)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    if (!is_bitstring(arg[1]) || !is_list(arg[2])) return raise_badarg(p);
    for (term l = arg[2]; !is_nil(l); l = tail(l))
        if (!is_cons(l) || !read_option(head(l), &r)) return raise_badarg(p);
    struct bits b = binary_bits(arg[1]);
    uint8_t *copy = NULL;
    const uint8_t *bytes = bits_pointer(b);
    if (!bits_aligned(b)) {
        bytes = copy = arena_malloc(bits_bytes(b.size) + 1);
        if (!copy) return raise(p, ATOM(system_limit));
        bits_copy(copy, 0, b.base, b.offset, b.size / 8 * 8);
    }
    term result = decode(p, &r, arg[1], bytes, b.size / 8);
    arena_free(copy);
    return result;
}
