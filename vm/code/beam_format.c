/* SPDX-License-Identifier: Apache-2.0 */
/* beam_format.c -- chunks, compact numbers and the rows of beam_ops.def. */
#include "code/beam_format.h"

/* --- chunks ------------------------------------------------------------------------------- */

const char *beam_form(struct bytes file, struct bytes *chunks)
{
    uint32_t magic, size, kind;
    if (file.n >= 2 && file.at[0] == 0x1f && file.at[1] == 0x8b)
        return "the file is compressed with gzip; unpack it first";
    if (!take_u32(&file, &magic) || magic != CHUNK_NAME('F', 'O', 'R', '1'))
        return "no BEAM file: it does not start with FOR1";
    if (!take_u32(&file, &size)) return "cut off in the header";
    if (!take_bytes(&file, size, chunks)) return "cut off: the header says that there is more";
    if (!take_u32(chunks, &kind) || kind != CHUNK_NAME('B', 'E', 'A', 'M'))
        return "no BEAM file: the form is not BEAM";
    return NULL;
}

int beam_next_chunk(struct bytes *chunks, uint32_t *name, struct bytes *data)
{
    uint32_t size;
    if (chunks->n == 0) return 0;
    if (!take_u32(chunks, name) || !take_u32(chunks, &size)) return -1;
    size_t stored = ((size_t)size + 3) & ~(size_t)3;
    struct bytes whole;
    if (!take_bytes(chunks, stored, &whole)) return -1;
    *data = (struct bytes){whole.at, size};
    return 1;
}

/* --- numbers -------------------------------------------------------------------------------- */

static bool take_byte(struct bytes *from, uint8_t *v)
{
    if (from->n == 0) return false;
    *v = *from->at++;
    from->n--;
    return true;
}

/* How many bytes a long number has, after its first byte said "seven". */
static bool take_long_size(struct bytes *from, size_t *n)
{
    uint8_t first, second;
    if (!take_byte(from, &first) || (first & 7) != TAG_U) return false;
    if ((first & 8) == 0) {
        *n = (size_t)(first >> 4) + 9;
        return true;
    }
    if ((first & 0x10) == 0) {
        if (!take_byte(from, &second)) return false;
        *n = ((size_t)(first >> 5) << 8 | second) + 9;
        return true;
    }
    struct bytes size;
    if ((first >> 5) > 2 || !take_bytes(from, (size_t)(first >> 5) + 2, &size)) return false;
    *n = 0;
    for (size_t i = 0; i < size.n; i++) *n = *n << 8 | size.at[i];
    *n += 9;
    return *n < (1u << 30);
}

bool take_compact(struct bytes *from, struct compact *c)
{
    uint8_t first, second;
    if (!take_byte(from, &first)) return false;
    c->tag = first & 7;
    c->fits = true;
    if ((first & 8) == 0) {
        c->value = first >> 4;
        return true;
    }
    if ((first & 0x10) == 0) {
        if (!take_byte(from, &second)) return false;
        c->value = (int64_t)(first >> 5) << 8 | second;
        return true;
    }
    size_t n = (size_t)(first >> 5) + 2;
    if (n == 9 && !take_long_size(from, &n)) return false;
    if (!take_bytes(from, n, &c->bytes)) return false;
    c->fits = false;
    if (n > 8) return true;
    uint64_t v = c->bytes.at[0] & 0x80 && c->tag == TAG_I ? UINT64_MAX : 0;
    for (size_t i = 0; i < n; i++) v = v << 8 | c->bytes.at[i];
    c->value = (int64_t)v;
    c->fits = c->tag == TAG_I || c->value >= 0;
    return true;
}

/* --- rows --------------------------------------------------------------------------------------- */

static struct beam_row rows[] = {
#define BEAM_OP(number, row_name, row_arity, row_since, row_status, row_operands, row_meaning)     \
    [number] = {.name = #row_name,                                                                 \
                .since = row_since,                                                                \
                .operands = row_operands,                                                          \
                .meaning = row_meaning,                                                            \
                .arity = row_arity,                                                                \
                .status = row_status},
#include "code/beam_ops.def"
#undef BEAM_OP
};
static bool parsed;

/* "Fail:f Cases:[cl]" -> kinds "f[", list "cl". */
static void parse_row(struct beam_row *row)
{
    unsigned n = 0;
    for (const char *p = row->operands; *p;) {
        row->name_at[n] = (uint8_t)(p - row->operands);
        while (*p != ':') p++;
        char kind = *++p;
        row->kinds[n++] = kind;
        p++;
        if (kind == '[') {
            unsigned k = 0;
            while (*p != ']') row->list[k++] = *p++;
            p++;
        }
        if (*p == ' ') p++;
    }
}

const struct beam_row *beam_row(uint32_t op)
{
    if (!parsed) {
        for (size_t i = 1; i < sizeof rows / sizeof *rows; i++) parse_row(&rows[i]);
        parsed = true;
    }
    return op > 0 && op < sizeof rows / sizeof *rows ? &rows[op] : NULL;
}

int beam_operand_name(const struct beam_row *row, unsigned i, const char **name)
{
    *name = row->operands + row->name_at[i];
    int n = 0;
    while ((*name)[n] && (*name)[n] != ':') n++;
    return n;
}
