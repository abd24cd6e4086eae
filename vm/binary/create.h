/* SPDX-License-Identifier: Apache-2.0 */
/* create.h -- putting bitstrings together: bs_create_bin, and the older bs_init2 and friends.
 *
 * bs_create_bin: the engine fills an array of segments, operands resolved to terms, and calls
 * binary_create().  One pass finds the size, one writes.
 *
 * Appending is cheap when done again and again: the result of an append longer than
 * HEAP_BINARY_LIMIT is a sub binary with BINARY_WRITABLE over a blob with room to spare.  The next
 * append writes behind its end.  Always true: at most one sub binary over a blob has the flag among
 * those whose end is the end of the bytes in use, and the blob has one reference; a copy to
 * another heap adds a reference, so it ends the right to write in place until it is gone.
 */
#ifndef VM_CREATE_H
#define VM_CREATE_H

#include "binary/match.h"
#include "term/code_point.h"

enum segment_type {
    SEGMENT_APPEND, /* only as the first: the whole value, then room for what follows */
    SEGMENT_PRIVATE_APPEND,
    SEGMENT_BINARY,
    SEGMENT_FLOAT,
    SEGMENT_INTEGER,
    SEGMENT_STRING,
    SEGMENT_UTF8,
    SEGMENT_UTF16,
    SEGMENT_UTF32,
    SEGMENT_TYPES
};
/* The type of an atom in BEAM code (append, private_append, binary, ...); SEGMENT_TYPES: none. */
enum segment_type segment_type_of(term atom);

struct segment {
    uint8_t type;    /* enum segment_type */
    uint8_t flags;   /* plain: field_flags_plain() */
    uint16_t unit;   /* 1..256 */
    uint32_t number; /* its place in the source, for error_info */
    term value;      /* SEGMENT_STRING: not used */
    term size;       /* a term, checked here; ATOM(all) for a whole binary; NO_VALUE: utf, append */
    const uint8_t *string; /* SEGMENT_STRING only, and its size is in `size` as a small, in bytes */
    size_t bits;           /* of binary_create: the field's size */
};

struct create_fault {
    term reason;            /* badarg, system_limit */
    term kind;              /* type, size, unit, short, invalid, no_float */
    term value;             /* the culprit */
    enum segment_type type; /* of the segment */
    uint32_t number;
};

/* The bitstring, or NO_VALUE with *why filled.  Writes to segments[].bits. */
term binary_create(struct heap *h, struct segment *segments, size_t count,
                   struct create_fault *why);
/* What it has cost to make `result`: one reduction for each KiB that was copied. */
int64_t create_reductions(const struct segment *segments, size_t count, term result);
/* The error_info map for a fault: #{cause, function, module}. */
term create_fault_info(struct heap *h, const struct create_fault *why);

/* bs_init_writable: an empty binary for private appends; size_hint any term. */
term binary_init_writable(struct heap *h, term size_hint);

/* --- the older instructions -------------------------------------------------------------------
 * bs_init2/bs_init_bits/bs_append/bs_private_append begin, bs_put_* write one after the other; the
 * result is in the destination register from the start.  One builder for the machine is enough:
 * nothing else runs between them.  Each returns false (NO_VALUE) for badarg unless said otherwise. */

struct binary_builder {
    uint8_t *base;
    size_t offset; /* bits written */
};

/* bs_init2 (bytes * 8) and bs_init_bits; NO_VALUE: system_limit. */
term builder_start(struct binary_builder *b, struct heap *h, size_t bits);
/* The same with the size as an operand times unit: NO_VALUE with *reason badarg or system_limit. */
term builder_start_size(struct binary_builder *b, struct heap *h, term size, unsigned unit,
                        term *reason);
term builder_append(struct binary_builder *b, struct heap *h, term to, size_t bits, unsigned unit,
                    bool is_private, term *reason);
bool builder_put_integer(struct binary_builder *b, term value, size_t bits, unsigned flags);
bool builder_put_float(struct binary_builder *b, term value, size_t bits, unsigned flags);
bool builder_put_binary(struct binary_builder *b, term value, size_t bits);
bool builder_put_binary_all(struct binary_builder *b, term value, unsigned unit);
void builder_put_string(struct binary_builder *b, const uint8_t *bytes, size_t n);
bool builder_put_utf8(struct binary_builder *b, term value);
bool builder_put_utf16(struct binary_builder *b, term value, unsigned flags);
/* bs_utf8_size, bs_utf16_size: in bytes, as a small; any number for what is no code point. */
term utf8_size(term value);
term utf16_size(term value);
/* bs_put_utf32 is bs_put_integer of 32 bits after is_code_point(). */
/* bs_add: a + b * unit; NO_VALUE with *reason. */
term builder_add(struct heap *h, term a, term b, unsigned unit, term *reason);

#endif
