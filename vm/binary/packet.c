/* SPDX-License-Identifier: Apache-2.0 */
/* packet.c -- where packets end. */
#include "binary/packet.h"
#include "binary/binary.h"
#include "binary/bits.h"
#include "term/atom.h"

enum { MORE = 0, BROKEN = -1 };

/* A header, then `data` bytes. */
static int64_t sized(uint32_t header, uint32_t data, const struct packet_options *o)
{
    if (o->max_size && data > o->max_size) return BROKEN;
    int64_t total = (int64_t)header + data;
    return total > INT32_MAX ? BROKEN : total;
}

static int64_t line(const uint8_t *bytes, size_t n, const struct packet_options *o)
{
    const uint8_t *end = memchr(bytes, o->delimiter, n);
    size_t length = end ? (size_t)(end - bytes) + 1 : n;
    if (o->max_size && length > o->max_size) return BROKEN;
    if (!end) return o->line_length && n >= o->line_length ? (int64_t)o->line_length : MORE;
    return o->line_length && length > o->line_length ? (int64_t)o->line_length : (int64_t)length;
}

static int64_t asn1(const uint8_t *bytes, size_t n, const struct packet_options *o)
{
    const uint8_t *p = bytes + 1, *end = bytes + n;
    if (n < 2) return MORE;
    if ((bytes[0] & 0x1F) == 0x1F) { /* the tag goes on */
        while (p < end && (*p & 0x80)) p++;
        if (end - p < 2) return MORE;
        p++;
    }
    uint32_t length = *p & 0x7F, size = 0;
    bool is_long = *p++ & 0x80;
    if (!is_long) return sized((uint32_t)(p - bytes), length, o);
    if ((size_t)(end - p) < length) return MORE;
    if (length > 4) return BROKEN;
    for (; length; length--) size = size << 8 | *p++;
    return sized((uint32_t)(p - bytes), size, o);
}

/* A line, and the lines after it that begin with a space when it is a header. */
static int64_t http(const uint8_t *bytes, size_t n, const struct packet_options *o, bool in_header)
{
    uint32_t max = o->max_size ? o->max_size : o->line_length;
    if ((n == 1 && bytes[0] == '\n') || (n == 2 && bytes[0] == '\r' && bytes[1] == '\n'))
        return (int64_t)n;
    for (size_t from = 0;;) {
        const uint8_t *end = n > from ? memchr(bytes + from, '\n', n - from) : NULL;
        if (!end) return max && n >= max ? BROKEN : MORE;
        size_t length = (size_t)(end - bytes) + 1;
        bool goes_on = in_header && length < n && (end[1] == ' ' || end[1] == '\t') && length > 2;
        if (!goes_on && max && length > max) return BROKEN;
        if (in_header && length == n) return MORE;
        if (!goes_on) return (int64_t)length;
        from = length;
    }
}

static int64_t cdr(const uint8_t *bytes, const struct packet_options *o)
{
    if (memcmp(bytes, "GIOP", 4) != 0) return BROKEN;
    uint32_t size = load_u32(bytes + 8);
    return sized(12, bytes[6] & 1 ? __builtin_bswap32(size) : size, o);
}

static int64_t ssl(const uint8_t *bytes, const struct packet_options *o)
{
    if ((bytes[0] & 0x80) && bytes[2] == 1) /* a hello of version 2 */
        return (load_u16(bytes) & 0x7FFF) < 3 ? BROKEN
                                              : sized(5, (load_u16(bytes) & 0x7FFFu) - 3, o);
    return sized(5, load_u16(bytes + 3), o);
}

int64_t packet_length(enum packet_type type, const uint8_t *bytes, size_t n,
                      const struct packet_options *o, bool *in_header)
{
    static const uint8_t header[] = {
        [PACKET_1] = 1,    [PACKET_2] = 2,    [PACKET_4] = 4,    [PACKET_SUNRM] = 4,
        [PACKET_CDR] = 12, [PACKET_FCGI] = 8, [PACKET_TPKT] = 4, [PACKET_SSL_TLS] = 5};
    if (type < sizeof header && n < header[type]) return MORE;
    switch (type) {
    case PACKET_RAW: return (int64_t)n;
    case PACKET_1: return sized(1, bytes[0], o);
    case PACKET_2: return sized(2, load_u16(bytes), o);
    case PACKET_4: return sized(4, load_u32(bytes), o);
    case PACKET_SUNRM: return sized(4, load_u32(bytes) & 0x7FFFFFFF, o);
    case PACKET_LINE: return line(bytes, n, o);
    case PACKET_ASN1: return asn1(bytes, n, o);
    case PACKET_CDR: return cdr(bytes, o);
    case PACKET_FCGI:
        return bytes[0] != 1 ? BROKEN : sized(8, load_u16(bytes + 4) + (uint32_t)bytes[6], o);
    case PACKET_TPKT:
        if (bytes[0] != 3 || load_u16(bytes + 2) < 4) return BROKEN;
        return sized(4, load_u16(bytes + 2) - 4u, o);
    case PACKET_HTTPH: *in_header = true; return http(bytes, n, o, true);
    case PACKET_HTTP: return http(bytes, n, o, *in_header);
    case PACKET_SSL_TLS: return ssl(bytes, o);
    }
    return BROKEN;
}

void packet_body(enum packet_type type, const uint8_t **bytes, size_t *n)
{
    size_t header = type == PACKET_1 ? 1 : type == PACKET_2 ? 2 : type == PACKET_4 ? 4 : 0;
    if (type == PACKET_FCGI) *n -= (*bytes)[6];
    *bytes += header;
    *n -= header;
}

term packet_ssl_term(struct heap *h, term socket, const uint8_t *bytes, size_t n)
{
    enum { HEAD = 5, HELLO = 22 };
    uint8_t type = bytes[0], major = bytes[1], minor = bytes[2];
    term data;
    if ((bytes[0] & 0x80) && bytes[2] == 1) { /* a hello of version 2, as one of version 3 */
        type = HELLO, major = bytes[3], minor = bytes[4];
        uint8_t *to = binary_new(h, n + 1, &data);
        if (!to) return NO_VALUE;
        store_u32(to, 1u << 24 | (uint32_t)(n - 3));
        memcpy(to + 4, bytes + 3, n - 3);
    } else {
        data = binary_make(h, bytes + HEAD, n - HEAD);
    }
    if (is_no_value(data)) return NO_VALUE;
    const term parts[5] = {ATOM(ssl_tls), socket, small(type),
                           make_tuple2(h, small(major), small(minor)), data};
    return make_tuple(h, 5, parts);
}
