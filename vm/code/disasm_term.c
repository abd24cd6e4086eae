/* SPDX-License-Identifier: Apache-2.0 */
/* disasm_term.c -- atoms and external terms as text, straight from the bytes of a file. */
#include "code/disasm_term.h"

#define DEEPEST 12

static bool plain_atom(struct bytes name)
{
    if (name.n == 0 || name.at[0] < 'a' || name.at[0] > 'z') return false;
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.at[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                    c == '_' || c == '@';
        if (!fine) return false;
    }
    return true;
}

static void put_quoted(struct text_line *t, struct bytes b, const char *quote)
{
    static const char hex[] = "0123456789abcdef";
    text_put(t, quote);
    for (size_t i = 0; i < b.n && !t->full; i++) {
        uint8_t c = b.at[i];
        if (c == '\n') {
            text_put(t, "\\n");
        } else if (c < ' ') {
            text_add(t, (char[]){'\\', 'x', hex[c >> 4], hex[c & 15]}, 4);
        } else {
            if (c == (uint8_t)quote[0] || c == '\\') text_put(t, "\\");
            text_add(t, (const char *)&b.at[i], 1);
        }
    }
    text_put(t, quote);
}

void text_atom(struct text_line *t, struct bytes name)
{
    if (plain_atom(name))
        text_add(t, (const char *)name.at, name.n);
    else
        put_quoted(t, name, "'");
}

/* --- external terms --------------------------------------------------------------------------- */

static bool put_term(struct text_line *t, struct bytes *from, unsigned depth);

static bool take_u8(struct bytes *from, uint32_t *v)
{
    struct bytes b;
    if (!take_bytes(from, 1, &b)) return false;
    *v = b.at[0];
    return true;
}
static bool take_u16(struct bytes *from, uint32_t *v)
{
    struct bytes b;
    if (!take_bytes(from, 2, &b)) return false;
    *v = (uint32_t)b.at[0] << 8 | b.at[1];
    return true;
}

static bool put_elements(struct text_line *t, struct bytes *from, uint64_t n, const char *between,
                         unsigned depth)
{
    for (uint64_t i = 0; i < n; i++) {
        if (i) text_put(t, between);
        if (!put_term(t, from, depth)) return false;
    }
    return true;
}

static bool put_atom(struct text_line *t, struct bytes *from, bool wide)
{
    uint32_t n;
    struct bytes name;
    if (!(wide ? take_u16(from, &n) : take_u8(from, &n)) || !take_bytes(from, n, &name))
        return false;
    text_atom(t, name);
    return true;
}

static bool put_tuple(struct text_line *t, struct bytes *from, bool wide, unsigned depth)
{
    uint32_t n;
    if (!(wide ? take_u32(from, &n) : take_u8(from, &n))) return false;
    text_put(t, "{");
    if (!put_elements(t, from, n, ", ", depth)) return false;
    text_put(t, "}");
    return true;
}

static bool put_list(struct text_line *t, struct bytes *from, unsigned depth)
{
    uint32_t n;
    if (!take_u32(from, &n)) return false;
    text_put(t, "[");
    if (!put_elements(t, from, n, ", ", depth)) return false;
    if (from->n && from->at[0] == 'j') {
        from->at++, from->n--;
    } else {
        text_put(t, " | ");
        if (!put_term(t, from, depth)) return false;
    }
    text_put(t, "]");
    return true;
}

static bool put_map(struct text_line *t, struct bytes *from, unsigned depth)
{
    uint32_t n;
    if (!take_u32(from, &n)) return false;
    text_put(t, "#{");
    for (uint32_t i = 0; i < n; i++) {
        if (i) text_put(t, ", ");
        if (!put_term(t, from, depth)) return false;
        text_put(t, " => ");
        if (!put_term(t, from, depth)) return false;
    }
    text_put(t, "}");
    return true;
}

static bool put_string(struct text_line *t, struct bytes *from)
{
    uint32_t n;
    struct bytes b;
    if (!take_u16(from, &n) || !take_bytes(from, n, &b)) return false;
    put_quoted(t, b, "\"");
    return true;
}

static bool put_binary(struct text_line *t, struct bytes *from, bool bits)
{
    uint32_t n, last = 8;
    struct bytes b;
    if (!take_u32(from, &n) || (bits && !take_u8(from, &last)) || !take_bytes(from, n, &b))
        return false;
    text_put(t, "<<");
    put_quoted(t, b, "\"");
    if (last != 8) {
        text_put(t, ", last byte ");
        text_number(t, last);
        text_put(t, " bits");
    }
    text_put(t, ">>");
    return true;
}

static bool put_big(struct text_line *t, struct bytes *from, bool wide)
{
    static const char hex[] = "0123456789ABCDEF";
    uint32_t n, sign;
    struct bytes b;
    if (!(wide ? take_u32(from, &n) : take_u8(from, &n)) || !take_u8(from, &sign) ||
        !take_bytes(from, n, &b))
        return false;
    text_put(t, sign ? "-16#" : "16#");
    for (size_t i = b.n; i-- > 0 && !t->full;)
        text_add(t, (char[]){hex[b.at[i] >> 4], hex[b.at[i] & 15]}, 2);
    return true;
}

/* Six digits are enough to recognise a number by; its bits follow. */
static bool put_float(struct text_line *t, struct bytes *from)
{
    static const char hex[] = "0123456789abcdef";
    struct bytes b;
    uint64_t bits = 0;
    double d;
    if (!take_bytes(from, 8, &b)) return false;
    for (int i = 0; i < 8; i++) bits = bits << 8 | b.at[i];
    memcpy(&d, &bits, sizeof d);
    if (d > -1e12 && d < 1e12) {
        int64_t millionths = (int64_t)(d * 1e6);
        if (d < 0) text_put(t, "-");
        if (millionths < 0) millionths = -millionths;
        text_number(t, millionths / 1000000);
        text_put(t, ".");
        for (int64_t unit = 100000; unit; unit /= 10) text_number(t, millionths / unit % 10);
        text_put(t, "~");
    }
    text_put(t, "float#");
    for (int i = 60; i >= 0; i -= 4) text_add(t, &hex[bits >> i & 15], 1);
    return true;
}

static bool put_export(struct text_line *t, struct bytes *from, unsigned depth)
{
    text_put(t, "fun ");
    if (!put_term(t, from, depth)) return false;
    text_put(t, ":");
    if (!put_term(t, from, depth)) return false;
    text_put(t, "/");
    return put_term(t, from, depth);
}

static bool put_small(struct text_line *t, struct bytes *from, bool wide)
{
    uint32_t v;
    if (!(wide ? take_u32(from, &v) : take_u8(from, &v))) return false;
    text_number(t, (int32_t)v);
    return true;
}

static bool put_term(struct text_line *t, struct bytes *from, unsigned depth)
{
    uint32_t tag;
    if (t->full || depth == DEEPEST) { /* nobody sees the rest */
        if (!t->full) text_put(t, "...");
        t->full = true;
        return true;
    }
    if (!take_u8(from, &tag)) return false;
    switch (tag) {
    case 97: return put_small(t, from, false);
    case 98: return put_small(t, from, true);
    case 70: return put_float(t, from);
    case 100:
    case 118: return put_atom(t, from, true);
    case 115:
    case 119: return put_atom(t, from, false);
    case 104: return put_tuple(t, from, false, depth + 1);
    case 105: return put_tuple(t, from, true, depth + 1);
    case 106: text_put(t, "[]"); return true;
    case 107: return put_string(t, from);
    case 108: return put_list(t, from, depth + 1);
    case 109: return put_binary(t, from, false);
    case 77: return put_binary(t, from, true);
    case 110: return put_big(t, from, false);
    case 111: return put_big(t, from, true);
    case 113: return put_export(t, from, depth + 1);
    case 116: return put_map(t, from, depth + 1);
    default:
        text_put(t, "term#");
        text_number(t, tag);
        t->full = true;
        return true;
    }
}

bool text_external(struct text_line *t, struct bytes term)
{
    struct bytes version;
    return take_bytes(&term, 1, &version) && version.at[0] == 131 && put_term(t, &term, 0);
}
