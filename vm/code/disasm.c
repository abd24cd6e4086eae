/* SPDX-License-Identifier: Apache-2.0 */
/* disasm.c -- prints the generic code of a .beam file. */
#include <zlib.h>

#include "code/disasm.h"
#include "code/disasm_term.h"

struct disasm {
    struct bytes atoms, imports, lambdas, lines, literals, strings, code;
    bool wide_atoms; /* lengths are compact numbers */
    uint32_t literals_count, labels;
    size_t code_bytes;
    uint32_t at; /* where the instruction starts */
    struct text_line line;
    disasm_line *out;
    void *context;
};

static void flush(struct disasm *d)
{
    d->out(d->context, d->line.text);
    text_start(&d->line);
}
static bool wrong(struct disasm *d, const char *text)
{
    text_start(&d->line);
    text_put(&d->line, "malformed: ");
    text_put(&d->line, text);
    flush(d);
    return false;
}

/* --- tables: searched from the start each time, for want of memory ----------------------------- */

static bool atom_name(const struct disasm *d, uint64_t index, struct bytes *name)
{
    struct bytes rest = d->atoms;
    for (uint64_t i = 1; i <= index; i++) {
        size_t length;
        if (d->wide_atoms) {
            struct compact c;
            if (!take_compact(&rest, &c) || !c.fits) return false;
            length = (size_t)c.value;
        } else {
            struct bytes one;
            if (!take_bytes(&rest, 1, &one)) return false;
            length = one.at[0];
        }
        if (!take_bytes(&rest, length, name)) return false;
    }
    return index > 0;
}

static bool put_atom(struct disasm *d, uint64_t index)
{
    struct bytes name;
    if (index == 0) {
        text_put(&d->line, "[]");
        return true;
    }
    if (!atom_name(d, index, &name)) return wrong(d, "no such atom");
    text_atom(&d->line, name);
    return true;
}

/* Entry i of a table of rows of `columns` numbers, with a count before them. */
static bool row_of(struct bytes table, uint64_t i, unsigned columns, uint32_t *row)
{
    uint32_t count;
    struct bytes part;
    if (!take_u32(&table, &count) || i >= count ||
        !bytes_part(table, i * columns * 4, columns * 4, &part))
        return false;
    for (unsigned k = 0; k < columns; k++) take_u32(&part, &row[k]);
    return true;
}

static bool put_import(struct disasm *d, uint64_t i)
{
    uint32_t row[3];
    if (!row_of(d->imports, i, 3, row)) return wrong(d, "no such import");
    if (!put_atom(d, row[0])) return false;
    text_put(&d->line, ":");
    if (!put_atom(d, row[1])) return false;
    text_put(&d->line, "/");
    text_number(&d->line, row[2]);
    return true;
}

static bool put_lambda(struct disasm *d, uint64_t i)
{
    uint32_t row[6];
    if (!row_of(d->lambdas, i, 6, row)) return wrong(d, "no such lambda");
    if (!put_atom(d, row[0])) return false;
    text_put(&d->line, "/");
    text_number(&d->line, row[1]);
    return true;
}

static bool put_literal(struct disasm *d, uint64_t i)
{
    struct bytes rest = d->literals, one;
    uint32_t size;
    if (!rest.n) { /* packed, and there was no memory */
        text_put(&d->line, "literal ");
        text_number(&d->line, (int64_t)i);
        return true;
    }
    if (i >= d->literals_count) return wrong(d, "no such literal");
    for (uint64_t k = 0; k <= i; k++)
        if (!take_u32(&rest, &size) || !take_bytes(&rest, size, &one))
            return wrong(d, "literals are cut off");
    return text_external(&d->line, one) || wrong(d, "a literal is no external term");
}

/* "line 12", or "line 12 of file 2". */
static bool put_location(struct disasm *d, uint64_t index)
{
    struct bytes rest = d->lines, head;
    struct compact c;
    int64_t file = 0;
    if (index == 0 || !take_bytes(&rest, 20, &head)) {
        text_put(&d->line, "-");
        return true;
    }
    for (uint64_t i = 1; i <= index;) {
        if (!take_compact(&rest, &c) || !c.fits) return wrong(d, "no such location");
        if (c.tag == TAG_A)
            file = c.value;
        else
            i++;
    }
    text_number(&d->line, c.value);
    if (file) {
        text_put(&d->line, " of file ");
        text_number(&d->line, file);
    }
    return true;
}

/* --- operands ---------------------------------------------------------------------------------------- */

static bool take(struct disasm *d, struct compact *c)
{
    return take_compact(&d->code, c) || wrong(d, "an operand is cut off");
}

static bool put_register(struct disasm *d, const char *name, int64_t n)
{
    text_put(&d->line, name);
    text_number(&d->line, n);
    return true;
}

static bool put_operand(struct disasm *d, char kind);

static bool put_list(struct disasm *d, int64_t n)
{
    text_put(&d->line, "[");
    for (int64_t i = 0; i < n; i++) {
        if (i) text_put(&d->line, " ");
        if (!put_operand(d, 'v')) return false;
    }
    text_put(&d->line, "]");
    return true;
}

static bool put_alloc(struct disasm *d, int64_t n)
{
    static const char *const what[] = {"words ", "floats ", "funs "};
    struct compact kind, count;
    text_put(&d->line, "{");
    for (int64_t i = 0; i < n; i++) {
        if (!take(d, &kind) || !take(d, &count)) return false;
        if (kind.value < 0 || kind.value > 2) return wrong(d, "an allocation list");
        if (i) text_put(&d->line, ", ");
        put_register(d, what[kind.value], count.value);
    }
    text_put(&d->line, "}");
    return true;
}

static bool put_typed(struct disasm *d)
{
    struct compact name, type;
    if (!take(d, &name) || !take(d, &type)) return false;
    put_register(d, name.tag == TAG_X ? "x" : "y", name.value);
    return put_register(d, ":t", type.value); /* entry of the Type chunk */
}

static bool put_extended(struct disasm *d, char kind, int64_t what)
{
    struct compact c;
    if (what == Z_TYPED) return put_typed(d);
    if (!take(d, &c)) return false;
    switch (what) {
    case Z_LIST: return kind == '[' ? put_list(d, c.value) : wrong(d, "a list where none may be");
    case Z_FLOAT_REGISTER: return put_register(d, "fr", c.value);
    case Z_ALLOC: return put_alloc(d, c.value);
    case Z_LITERAL: return put_literal(d, (uint64_t)c.value);
    default: return wrong(d, "an operand of an unknown kind");
    }
}

static bool put_unsigned(struct disasm *d, char kind, int64_t n)
{
    switch (kind) {
    case 'e':
    case 'b': return put_import(d, (uint64_t)n);
    case 'h': return put_lambda(d, (uint64_t)n);
    case 'o': return put_location(d, (uint64_t)n);
    default: text_number(&d->line, n); return true;
    }
}

static bool put_large(struct disasm *d, struct bytes bytes)
{
    static const char hex[] = "0123456789ABCDEF";
    text_put(&d->line, "16#");
    for (size_t i = 0; i < bytes.n && !d->line.full; i++)
        text_add(&d->line, (char[]){hex[bytes.at[i] >> 4], hex[bytes.at[i] & 15]}, 2);
    return true;
}

static bool put_operand(struct disasm *d, char kind)
{
    struct compact c;
    if (!take(d, &c)) return false;
    if (!c.fits) return put_large(d, c.bytes);
    switch (c.tag) {
    case TAG_U: return put_unsigned(d, kind, c.value);
    case TAG_I: text_number(&d->line, c.value); return true;
    case TAG_A: return put_atom(d, (uint64_t)c.value);
    case TAG_X: return put_register(d, "x", c.value);
    case TAG_Y: return put_register(d, "y", c.value);
    case TAG_F:
        if (c.value == 0) text_put(&d->line, "-");
        return c.value == 0 || put_register(d, "L", c.value);
    case TAG_Z: return put_extended(d, kind, c.value);
    default: return wrong(d, "an operand of an unknown kind");
    }
}

/* --- instructions ---------------------------------------------------------------------------------------- */

#define NAME_COLUMN    9
#define OPERAND_COLUMN 28
#define MEANING_COLUMN 64

static bool put_operands(struct disasm *d, const struct beam_row *row)
{
    for (unsigned i = 0; i < row->arity; i++) {
        if (i) text_put(&d->line, ", ");
        if (!put_operand(d, row->kinds[i] ? row->kinds[i] : 'v')) return false;
    }
    return true;
}

/* A name without the _ that C and Erlang keywords get. */
static void put_name(struct text_line *t, const char *name)
{
    size_t n = strlen(name);
    text_add(t, name, n - (name[n - 1] == '_'));
}

static bool put_label(struct disasm *d)
{
    struct compact c;
    if (!take(d, &c)) return false;
    put_register(d, "L", c.value);
    text_put(&d->line, ":");
    return true;
}

static bool put_head(struct disasm *d)
{
    flush(d);
    if (!put_operand(d, 'a')) return false;
    text_put(&d->line, ":");
    if (!put_operand(d, 'a')) return false;
    text_put(&d->line, "/");
    return put_operand(d, 'u');
}

/* One line; *end after the last one. */
static bool put_instruction(struct disasm *d, bool *end)
{
    struct bytes op;
    text_start(&d->line);
    d->at = (uint32_t)(d->code_bytes - d->code.n);
    if (!take_bytes(&d->code, 1, &op)) return wrong(d, "no int_code_end");
    const struct beam_row *row = beam_row(op.at[0]);
    if (!row) return wrong(d, "an instruction that does not exist");
    *end = !strcmp(row->name, "int_code_end");
    if (*end) return true;
    if (!strcmp(row->name, "label") || !strcmp(row->name, "func_info")) {
        if (!(row->arity == 1 ? put_label(d) : put_head(d))) return false;
    } else {
        text_number(&d->line, d->at);
        text_column(&d->line, NAME_COLUMN);
        put_name(&d->line, row->name);
        text_column(&d->line, OPERAND_COLUMN);
        if (!put_operands(d, row)) return false;
        text_column(&d->line, MEANING_COLUMN);
        text_put(&d->line, "% ");
        text_put(&d->line, row->status == OBSOLETE ? "obsolete: refused" : row->meaning);
    }
    flush(d);
    return true;
}

/* --- the file ------------------------------------------------------------------------------------------------ */

static bool find_tables(struct disasm *d, struct bytes file, struct bytes *packed)
{
    struct bytes chunks, data, atoms = {0};
    uint32_t name, count, head;
    const char *why = beam_form(file, &chunks);
    if (why) return wrong(d, why);
    int more;
    while ((more = beam_next_chunk(&chunks, &name, &data)) > 0) {
        switch (name) {
        case CHUNK_NAME('A', 't', 'U', '8'):
        case CHUNK_NAME('A', 't', 'o', 'm'): atoms = data; break;
        case CHUNK_NAME('C', 'o', 'd', 'e'): d->code = data; break;
        case CHUNK_NAME('I', 'm', 'p', 'T'): d->imports = data; break;
        case CHUNK_NAME('F', 'u', 'n', 'T'): d->lambdas = data; break;
        case CHUNK_NAME('L', 'i', 'n', 'e'): d->lines = data; break;
        case CHUNK_NAME('L', 'i', 't', 'T'): *packed = data; break;
        default: break;
        }
    }
    if (more < 0) return wrong(d, "a chunk is cut off");
    if (!take_u32(&atoms, &count)) return wrong(d, "no atoms");
    d->wide_atoms = (int32_t)count < 0;
    d->atoms = atoms;
    struct bytes header;
    if (!take_u32(&d->code, &head) || !take_bytes(&d->code, head, &header))
        return wrong(d, "no code");
    d->code_bytes = d->code.n;
    return true;
}

static void unpack(struct disasm *d, struct bytes packed, void *memory, size_t room)
{
    uint32_t size, count;
    struct bytes table;
    if (!take_u32(&packed, &size)) return;
    if (size == 0) {
        table = packed;
    } else {
        uLongf got = room;
        if (size > room || uncompress(memory, &got, packed.at, packed.n) != Z_OK) return;
        table = (struct bytes){memory, got};
    }
    if (!take_u32(&table, &count)) return;
    d->literals = table;
    d->literals_count = count;
}

size_t beam_disassemble_room(const uint8_t *beam, size_t n)
{
    struct bytes chunks, data;
    uint32_t name, size;
    size_t room = 0;
    if (beam_form((struct bytes){beam, n}, &chunks)) return 0;
    while (beam_next_chunk(&chunks, &name, &data) > 0)
        if (name == CHUNK_NAME('L', 'i', 't', 'T') && take_u32(&data, &size)) room = size;
    return room / 1032 > n ? 0 : room; /* more than a stream of n bytes can unpack to */
}

bool beam_disassemble(const uint8_t *beam, size_t n, void *memory, size_t room, disasm_line *line,
                      void *context)
{
    struct disasm d = {.out = line, .context = context};
    struct bytes packed = {0};
    text_start(&d.line);
    if (!find_tables(&d, (struct bytes){beam, n}, &packed)) return false;
    unpack(&d, packed, memory, room);
    text_put(&d.line, "module ");
    if (!put_atom(&d, 1)) return false;
    flush(&d);
    for (bool end = false; !end;)
        if (!put_instruction(&d, &end)) return false;
    return true;
}
