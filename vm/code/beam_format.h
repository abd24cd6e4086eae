/* SPDX-License-Identifier: Apache-2.0 */
/* beam_format.h -- the .beam format as such: numbers, and the rows of beam_ops.def.
 *
 * Nothing here knows terms or memory, so that the disassembler on the host can use it.
 */
#ifndef VM_BEAM_FORMAT_H
#define VM_BEAM_FORMAT_H

#include "base/bytes.h"

/* Reads from the front; false, and nothing read, when there is not enough. */
static inline bool take_u32(struct bytes *from, uint32_t *v)
{
    if (from->n < 4) return false;
    *v = load_be32(from->at);
    from->at += 4, from->n -= 4;
    return true;
}
static inline bool take_bytes(struct bytes *from, size_t n, struct bytes *part)
{
    if (from->n < n) return false;
    *part = (struct bytes){from->at, n};
    from->at += n, from->n -= n;
    return true;
}

/* Finds the contents of "FOR1" size "BEAM"; NULL, or what is wrong. */
const char *beam_form(struct bytes file, struct bytes *chunks);
/* The next chunk, its padding skipped.  1: *name (4 letters, big endian) and *data are set; 0: there is
 * none; -1: it is cut off. */
int beam_next_chunk(struct bytes *chunks, uint32_t *name, struct bytes *data);
#define CHUNK_NAME(a, b, c, d) ((uint32_t)(a) << 24 | (b) << 16 | (c) << 8 | (d))

/* One number of the compact form, with its tag. */
enum compact_tag { TAG_U, TAG_I, TAG_A, TAG_X, TAG_Y, TAG_F, TAG_H, TAG_Z };
enum compact_extended { Z_LIST = 1, Z_FLOAT_REGISTER = 2, Z_ALLOC = 3, Z_LITERAL = 4, Z_TYPED = 5 };
struct compact {
    enum compact_tag tag;
    bool fits;     /* value holds it; else it is only in `bytes`: big endian, two's complement */
    int64_t value; /* not negative, except with TAG_I */
    struct bytes bytes;
};
/* false: cut off, or no number. */
bool take_compact(struct bytes *from, struct compact *c);

/* A row of beam_ops.def. */
enum beam_status { CURRENT, OLD, OBSOLETE };
#define ROW_OPERANDS 8
struct beam_row {
    const char *name, *since, *operands, *meaning;
    uint8_t arity, status;
    /* Made of `operands` at the first call of beam_row(). */
    char kinds[ROW_OPERANDS + 1];      /* '[' for a list */
    char list[8];                      /* kinds that the elements of the (only) list repeat */
    uint8_t name_at[ROW_OPERANDS + 1]; /* where "Name:kind" of each operand is in `operands` */
};
/* NULL when there is no such instruction. */
const struct beam_row *beam_row(uint32_t op);
/* The name of operand i of a row, as %.*s wants it. */
int beam_operand_name(const struct beam_row *row, unsigned i, const char **name);

#endif
