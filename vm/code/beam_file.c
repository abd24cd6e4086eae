/* SPDX-License-Identifier: Apache-2.0 */
/* beam_file.c -- reads the tables of a .beam file: atoms, imports, exports, lambdas, lines, types.
 *
 * Everything in the file may be wrong: each count is compared with the bytes that are
 * there before memory is taken for it.  Literals are read by beam_literals.c.
 */
#include "binary/md5.h"
#include "code/beam_private.h"
#include "heap/arena.h"

static const struct {
    char name[5];
    bool needed;
} chunks[BEAM_CHUNKS] = {
    [CHUNK_ATOMS] = {"AtU8", false},      [CHUNK_OLD_ATOMS] = {"Atom", false},
    [CHUNK_CODE] = {"Code", true},        [CHUNK_STRINGS] = {"StrT", false},
    [CHUNK_IMPORTS] = {"ImpT", true},     [CHUNK_EXPORTS] = {"ExpT", true},
    [CHUNK_LAMBDAS] = {"FunT", false},    [CHUNK_LITERALS] = {"LitT", false},
    [CHUNK_LINES] = {"Line", false},      [CHUNK_TYPES] = {"Type", false},
    [CHUNK_ATTRIBUTES] = {"Attr", false}, [CHUNK_COMPILE_INFO] = {"CInf", false},
    [CHUNK_META] = {"Meta", false},       [CHUNK_RECORDS] = {"Recs", false},
};

static bool fail(struct beam *b, const char *text)
{
    load_fail(b->private->why, "%s", text);
    return false;
}
static bool no_memory(struct beam *b) { return fail(b, "out of memory"); }
static bool cut(struct beam *b, enum beam_chunk c, uint32_t i)
{
    load_fail(b->private->why, "chunk %s: entry %u is cut off or malformed", chunks[c].name, i);
    return false;
}

/* A count, of entries that take at least `each` bytes. */
static bool take_count(struct beam *b, enum beam_chunk c, struct bytes *from, size_t each,
                       uint32_t *count)
{
    if (take_u32(from, count) && *count <= from->n / each) return true;
    load_fail(b->private->why, "chunk %s: its count does not fit its size", chunks[c].name);
    return false;
}

/* --- chunks ------------------------------------------------------------------------------- */

static void keep_chunk(struct beam_private *p, uint32_t name, struct bytes data)
{
    for (unsigned i = 0; i < BEAM_CHUNKS; i++)
        if (load_be32(chunks[i].name) == name) p->chunk[i] = data;
}

static bool find_chunks(struct beam *b, struct bytes file)
{
    struct bytes rest, data;
    const char *wrong = beam_form(file, &rest);
    if (wrong) return fail(b, wrong);
    uint32_t name;
    int more;
    while ((more = beam_next_chunk(&rest, &name, &data)) > 0) keep_chunk(b->private, name, data);
    if (more < 0) return fail(b, "a chunk is cut off");
    for (unsigned i = 0; i < BEAM_CHUNKS; i++) {
        if (!chunks[i].needed || b->private->chunk[i].n) continue;
        load_fail(b->private->why, "there is no chunk %s", chunks[i].name);
        return false;
    }
    return true;
}

static bool read_code_header(struct beam *b)
{
    struct bytes chunk = b->private->chunk[CHUNK_CODE], head;
    uint32_t size, version, newest, labels, functions;
    if (!take_u32(&chunk, &size) || !take_bytes(&chunk, size, &head) ||
        !take_u32(&head, &version) || !take_u32(&head, &newest) || !take_u32(&head, &labels) ||
        !take_u32(&head, &functions))
        return fail(b, "chunk Code: its header is cut off");
    if (version != 0) return fail(b, "chunk Code: not an instruction set that we know");
    if (newest >= BEAM_OPS) {
        load_fail(b->private->why,
                  "compiled for a later release: it uses instruction %u, and we know them up to %u",
                  newest, BEAM_OPS - 1);
        return false;
    }
    /* A label takes two bytes, a function more; label 0 is never defined. */
    if (labels > chunk.n + 1 || functions > chunk.n)
        return fail(b, "chunk Code: impossible counts");
    b->private->code = chunk;
    b->labels_count = labels;
    b->functions_count = functions;
    return true;
}

/* --- atoms ------------------------------------------------------------------------------------ */

/* In the format of OTP 28 lengths are compact numbers (`wide`), else one byte. */
static bool take_atom(struct bytes *from, bool wide, bool latin1, term *atom)
{
    size_t length;
    struct bytes name;
    if (wide) {
        struct compact c;
        if (!take_compact(from, &c) || c.tag != TAG_U || !c.fits) return false;
        length = (size_t)c.value;
    } else {
        if (!take_bytes(from, 1, &name)) return false;
        length = name.at[0];
    }
    if (!take_bytes(from, length, &name)) return false;
    *atom = latin1 ? atom_make_latin1((const char *)name.at, length)
                   : atom_make((const char *)name.at, length);
    return is_value(*atom);
}

static bool read_atoms(struct beam *b)
{
    enum beam_chunk which = b->private->chunk[CHUNK_ATOMS].n ? CHUNK_ATOMS : CHUNK_OLD_ATOMS;
    struct bytes chunk = b->private->chunk[which];
    uint32_t raw;
    if (!take_u32(&chunk, &raw)) return fail(b, "there is no chunk AtU8");
    bool wide = (int32_t)raw < 0;
    uint32_t count = wide ? -raw : raw;
    if (count == 0 || count > chunk.n)
        return fail(b, "chunk AtU8: its count does not fit its size");
    b->atoms = arena_malloc((count + 1) * sizeof *b->atoms);
    if (!b->atoms) return no_memory(b);
    b->atoms[0] = NIL; /* that is how [] is written in code */
    for (uint32_t i = 1; i <= count; i++)
        if (!take_atom(&chunk, wide, which == CHUNK_OLD_ATOMS, &b->atoms[i]))
            return cut(b, which, i);
    b->atoms_count = count + 1;
    b->module = b->atoms[1];
    return true;
}

static bool take_atom_index(struct beam *b, struct bytes *from, term *atom)
{
    uint32_t i;
    if (!take_u32(from, &i) || i == 0 || i >= b->atoms_count) return false;
    *atom = b->atoms[i];
    return true;
}

/* --- imports, exports, lambdas -------------------------------------------------------------------- */

#define ARITY_MAX 255

static bool read_imports(struct beam *b)
{
    struct bytes chunk = b->private->chunk[CHUNK_IMPORTS];
    uint32_t count;
    if (!take_count(b, CHUNK_IMPORTS, &chunk, 12, &count)) return false;
    b->imports = arena_malloc((count + 1) * sizeof *b->imports);
    if (!b->imports) return no_memory(b);
    for (uint32_t i = 0; i < count; i++) {
        term module, function;
        uint32_t arity;
        if (!take_atom_index(b, &chunk, &module) || !take_atom_index(b, &chunk, &function) ||
            !take_u32(&chunk, &arity) || arity > ARITY_MAX)
            return cut(b, CHUNK_IMPORTS, i);
        b->imports[i] = export_get(module, function, arity);
        if (!b->imports[i]) return no_memory(b);
    }
    b->imports_count = count;
    return true;
}

static bool read_exports(struct beam *b)
{
    struct bytes chunk = b->private->chunk[CHUNK_EXPORTS];
    uint32_t count;
    if (!take_count(b, CHUNK_EXPORTS, &chunk, 12, &count)) return false;
    b->exports = arena_malloc((count + 1) * sizeof *b->exports);
    if (!b->exports) return no_memory(b);
    for (uint32_t i = 0; i < count; i++) {
        struct beam_export *e = &b->exports[i];
        if (!take_atom_index(b, &chunk, &e->function) || !take_u32(&chunk, &e->arity) ||
            !take_u32(&chunk, &e->label) || e->arity > ARITY_MAX || e->label == 0 ||
            e->label >= b->labels_count)
            return cut(b, CHUNK_EXPORTS, i);
    }
    b->exports_count = count;
    return true;
}

static bool read_lambdas(struct beam *b)
{
    struct bytes chunk = b->private->chunk[CHUNK_LAMBDAS];
    uint32_t count;
    if (chunk.n == 0) return true;
    if (!take_count(b, CHUNK_LAMBDAS, &chunk, 24, &count)) return false;
    b->lambdas = arena_calloc((count + 1) * sizeof *b->lambdas);
    if (!b->lambdas) return no_memory(b);
    for (uint32_t i = 0; i < count; i++) {
        struct beam_lambda *l = &b->lambdas[i];
        if (!take_atom_index(b, &chunk, &l->function) || !take_u32(&chunk, &l->arity) ||
            !take_u32(&chunk, &l->label) || !take_u32(&chunk, &l->index) ||
            !take_u32(&chunk, &l->free_count) || !take_u32(&chunk, &l->old_uniq) ||
            l->arity > ARITY_MAX || l->free_count > l->arity || l->label == 0 ||
            l->label >= b->labels_count)
            return cut(b, CHUNK_LAMBDAS, i);
    }
    if (chunk.n) return fail(b, "chunk FunT: there is more in it than its count says");
    b->lambdas_count = count;
    return true;
}

/* --- lines -------------------------------------------------------------------------------------------- */

static bool take_locations(struct beam *b, struct bytes *chunk, uint32_t count, uint32_t names)
{
    uint32_t file = 0;
    for (uint32_t i = 1; i <= count;) {
        struct compact c;
        if (!take_compact(chunk, &c) || !c.fits || c.value < 0) return cut(b, CHUNK_LINES, i);
        if (c.tag == TAG_A) {
            if (c.value > names) return cut(b, CHUNK_LINES, i);
            file = (uint32_t)c.value;
        } else if (c.tag == TAG_I) {
            /* What does not fit 24 and 8 bits is not shown. */
            b->locations[i++] =
                file > 255 || c.value > 0xFFFFFF ? 0 : file << 24 | (uint32_t)c.value;
        } else {
            return cut(b, CHUNK_LINES, i);
        }
    }
    return true;
}

/* File names as strings: [0] is the module's own, the rest come from the table. */
static bool take_files(struct beam *b, struct bytes *chunk, uint32_t names)
{
    struct beam_private *p = b->private;
    const struct atom_text *module = atom_text(b->module);
    struct heap *h = beam_scratch(b, 64);
    p->files = arena_malloc((names + 1) * sizeof *p->files);
    if (!p->files || !h) return no_memory(b);
    char own[ATOM_BYTES_MAX + 4];
    memcpy(own, module->bytes, module->length);
    memcpy(own + module->length, ".erl", 4);
    p->files[0] = make_string_utf8(h, own, module->length + 4u);
    for (uint32_t i = 1; i <= names; i++) {
        struct bytes size, name;
        if (!take_bytes(chunk, 2, &size) ||
            !take_bytes(chunk, (size_t)size.at[0] << 8 | size.at[1], &name) ||
            atom_characters((const char *)name.at, name.n) < 0)
            return cut(b, CHUNK_LINES, i);
        p->files[i] = name.n ? make_string_utf8(h, (const char *)name.at, name.n) : p->files[0];
    }
    p->files_count = names + 1;
    return true;
}

static bool read_lines(struct beam *b)
{
    struct bytes chunk = b->private->chunk[CHUNK_LINES], none = {0};
    uint32_t version = 0, flags, instructions, items = 0, names = 0;
    bool known = chunk.n && take_u32(&chunk, &version) && version == 0;
    if (known && (!take_u32(&chunk, &flags) || !take_u32(&chunk, &instructions) ||
                  !take_u32(&chunk, &items) || !take_u32(&chunk, &names) || items > chunk.n ||
                  names > chunk.n / 2))
        return fail(b, "chunk Line: its header is cut off, or a count does not fit its size");
    b->locations = arena_malloc(((size_t)items + 1) * sizeof *b->locations);
    if (!b->locations) return no_memory(b);
    b->locations[0] = 0;
    b->locations_count = items + 1;
    b->private->locations_known = known;
    if (!known) return take_files(b, &none, 0);
    return take_locations(b, &chunk, items, names) && take_files(b, &chunk, names);
}

/* --- types ------------------------------------------------------------------------------------------------ */

/* The bits of each version of the table, in order from bit 0. */
static const uint16_t types_1[] = {TYPE_ATOM,    TYPE_BITSTRING, TYPE_OTHER /* match context */,
                                   TYPE_CONS,    TYPE_FLOAT,     TYPE_FUN,
                                   TYPE_INTEGER, TYPE_MAP,       TYPE_NIL,
                                   TYPE_PID,     TYPE_PORT,      TYPE_REF,
                                   TYPE_TUPLE};
static const uint16_t
    types_3[] = {TYPE_ATOM,    TYPE_BITSTRING, TYPE_CONS, TYPE_FLOAT, TYPE_FUN,
                 TYPE_INTEGER, TYPE_MAP,       TYPE_NIL,  TYPE_PID,   TYPE_PORT,
                 TYPE_REF,     TYPE_TUPLE,     TYPE_OTHER /* native record: version 4 */};
static const struct types_version {
    const uint16_t *bits;
    uint8_t count, flags_at; /* at bit flags_at: has a minimum, a maximum, a unit */
} types_version[] = {[1] = {types_1, 13, 16},
                     [2] = {types_1, 13, 13},
                     [3] = {types_3, 12, 12},
                     [4] = {types_3, 13, 13}};

static uint16_t map_types(const struct types_version *v, uint32_t raw)
{
    uint32_t all = (1u << v->count) - 1;
    if ((raw & all) == all || (raw & all) == 0) return 0;
    uint16_t types = 0;
    for (unsigned i = 0; i < v->count; i++)
        if (raw >> i & 1) types |= v->bits[i];
    return types;
}

static bool take_type(const struct types_version *v, struct bytes *from, uint16_t *type)
{
    struct bytes bits, range;
    if (!take_bytes(from, 2, &bits)) return false;
    uint32_t raw = (uint32_t)bits.at[0] << 8 | bits.at[1];
    size_t more = v->flags_at == 16
                      ? 16 /* always a minimum and a maximum */
                      : (raw >> v->flags_at & 1) * 8 + (raw >> (v->flags_at + 1) & 1) * 8 +
                            (raw >> (v->flags_at + 2) & 1);
    *type = map_types(v, raw);
    return take_bytes(from, more, &range);
}

/* A version that we do not know means that nothing is known of any register. */
static bool read_types(struct beam *b)
{
    struct bytes chunk = b->private->chunk[CHUNK_TYPES];
    uint32_t version, count;
    if (chunk.n == 0) return true;
    if (!take_u32(&chunk, &version)) return cut(b, CHUNK_TYPES, 0);
    if (version == 0 || version >= sizeof types_version / sizeof *types_version) return true;
    if (!take_count(b, CHUNK_TYPES, &chunk, 2, &count)) return false;
    b->types = arena_malloc((count + 1) * sizeof *b->types);
    if (!b->types) return no_memory(b);
    for (uint32_t i = 0; i < count; i++)
        if (!take_type(&types_version[version], &chunk, &b->types[i]))
            return cut(b, CHUNK_TYPES, i);
    b->types_count = count;
    return true;
}

/* --- all of it ------------------------------------------------------------------------------------------------ */

static bool read_tables(struct beam *b)
{
    return read_code_header(b) && read_atoms(b) && read_imports(b) && read_exports(b) &&
           read_lambdas(b) && beam_read_literals(b) && read_lines(b) && read_types(b) &&
           beam_read_records(b);
}

bool beam_open(struct beam *b, const uint8_t *bytes, size_t n, struct load_error *why)
{
    *b = (struct beam){.module = NIL};
    b->private = arena_calloc(sizeof *b->private);
    if (!b->private) {
        load_fail(why, "out of memory");
        return false;
    }
    b->private->why = why;
    if (!find_chunks(b, (struct bytes){bytes, n})) return false;
    b->strings = b->private->chunk[CHUNK_STRINGS].at;
    b->strings_bytes = b->private->chunk[CHUNK_STRINGS].n;
    return beam_guarded(b, read_tables);
}

void beam_close(struct beam *b)
{
    struct beam_private *p = b->private;
    beam_check_free(b);
    arena_free(b->atoms), arena_free(b->imports), arena_free(b->exports), arena_free(b->lambdas);
    arena_free(b->literals), arena_free(b->locations), arena_free(b->types);
    arena_free(b->records);
    if (!p) return;
    if (p->scratch_used) heap_end(&p->scratch);
    for (unsigned i = 0; i <= BEAM_WINDOW; i++) arena_free(p->lists[i].elements);
    arena_free(p->unpacked), arena_free(p->bigs), arena_free(p->files), arena_free(p);
    *b = (struct beam){.module = NIL};
}

static void add_chunk(struct md5 *m, struct bytes chunk)
{
    if (chunk.n) md5_add(m, chunk.at, chunk.n);
}

/* Stock's choice of chunks; old_uniq of the lambdas counts as 0, because it is made of this sum. */
void beam_md5(const struct beam *b, uint8_t md5[16])
{
    const struct bytes *chunk = b->private->chunk;
    struct md5 m;
    md5_start(&m);
    static const enum beam_chunk first[] = {CHUNK_ATOMS, CHUNK_CODE, CHUNK_STRINGS, CHUNK_IMPORTS,
                                            CHUNK_EXPORTS};
    for (unsigned i = 0; i < sizeof first / sizeof *first; i++) add_chunk(&m, chunk[first[i]]);
    struct bytes lambdas = chunk[CHUNK_LAMBDAS], part;
    if (take_bytes(&lambdas, 4, &part)) md5_add(&m, part.at, 4);
    while (take_bytes(&lambdas, 24, &part)) {
        md5_add(&m, part.at, 20);
        md5_add(&m, "\0\0\0\0", 4);
    }
    add_chunk(&m, chunk[CHUNK_LITERALS]);
    add_chunk(&m, chunk[CHUNK_META]);
    add_chunk(&m, chunk[CHUNK_RECORDS]);
    md5_end(&m, md5);
}
