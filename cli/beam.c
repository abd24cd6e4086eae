/* SPDX-License-Identifier: Apache-2.0 */
/* beam.c -- walks the chunks of .beam files:
 *
 *   "FOR1" size "BEAM"  then chunks:  name (4) size (4) bytes, padded to 4
 *
 * All numbers big endian.  Chunks looked into: AtU8 (count, then length and bytes of each
 * atom), ExpT and ImpT (count, then three words for each row).
 */
#include "base/checked.h"
#include "cli/beam.h"
#include "cli/memory.h"

/* Chunks that only tools read: the debugger, dialyzer, documentation, cross reference, and
 * Elixir's compiler. */
static const char *const left_out[] = {"Dbgi", "Docs", "Abst", "LocT", "ExCk"};

static bool is_compressed(struct bytes file)
{
    return file.n > 2 && file.at[0] == 0x1f && file.at[1] == 0x8b;
}

static const char *check_form(struct bytes file, struct bytes *chunks)
{
    if (file.n < 12 || memcmp(file.at, "FOR1", 4) != 0 || memcmp(file.at + 8, "BEAM", 4) != 0)
        return "not a .beam file";
    uint32_t n = load_be32(file.at + 4);
    if (n < 4 || n > file.n - 8) return "a .beam file that is cut short";
    *chunks = (struct bytes){file.at + 12, n - 4};
    return NULL;
}

/* Takes one chunk off the front; 1, 0 at the end, -1 when it is cut short.  `all` covers the
 * chunk's header, too. */
static int next_chunk(struct bytes *rest, struct bytes *all, struct bytes *content)
{
    if (rest->n == 0) return 0;
    if (rest->n < 8) return -1;
    uint64_t n = load_be32(rest->at + 4);
    if (n > rest->n - 8) return -1;
    *content = (struct bytes){rest->at + 8, (size_t)n};
    *all = (struct bytes){rest->at, (size_t)n + 8};
    uint64_t used = round_up(n + 8, 4);
    if (used > rest->n) used = rest->n;
    *rest = (struct bytes){rest->at + used, rest->n - (size_t)used};
    return 1;
}

static bool find_chunk(struct bytes file, const char *name, struct bytes *content)
{
    struct bytes rest, all;
    if (check_form(file, &rest)) return false;
    while (next_chunk(&rest, &all, content) > 0)
        if (memcmp(all.at, name, 4) == 0) return true;
    return false;
}

/* Atom `index`, counted from 1; NULL when there is no such atom. */
static const char *atom_text(struct bytes atoms, uint32_t index)
{
    if (atoms.n < 4) return NULL;
    uint32_t count = load_be32(atoms.at);
    bool wide = count >> 31; /* OTP 28: a negative count, and lengths of one byte or two */
    if (index == 0 || index > (wide ? -count : count)) return NULL;
    size_t at = 4;
    for (uint32_t i = 1; at < atoms.n; i++) {
        size_t n = atoms.at[at++];
        if (wide && (n & 8)) {
            if (at == atoms.n || (n & 0x10)) return NULL;
            n = (n & 0xe0) << 3 | atoms.at[at++];
        } else if (wide) {
            n >>= 4;
        }
        if (n > atoms.n - at) return NULL;
        if (i == index) return memory_text((const char *)atoms.at + at, n);
        at += n;
    }
    return NULL;
}

const char *beam_module(struct bytes file, const char *name, struct error *e)
{
    struct bytes chunks, atoms;
    const char *module = NULL;
    if (is_compressed(file)) {
        fail(e, 0, "%s is a compressed .beam file: compile it without `compressed`", name);
        return NULL;
    }
    const char *wrong = check_form(file, &chunks);
    if (!wrong && !find_chunk(file, "AtU8", &atoms)) wrong = "a .beam file of OTP 19 or older";
    if (!wrong && !(module = atom_text(atoms, 1))) wrong = "a .beam file without a module's name";
    if (wrong) fail(e, 0, "%s is %s", name, wrong);
    return module;
}

int beam_strip(struct bytes file, const char *name, struct bytes *out, struct error *e)
{
    *out = file;
    if (is_compressed(file)) return 0;
    struct bytes rest, all, content;
    const char *wrong = check_form(file, &rest);
    if (wrong) return fail(e, 0, "%s is %s", name, wrong);
    struct buffer b = {0};
    buffer_add(&b, file.at, 12);
    int more;
    while ((more = next_chunk(&rest, &all, &content)) > 0) {
        bool wanted = true;
        for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++)
            wanted = wanted && memcmp(all.at, left_out[i], 4) != 0;
        if (!wanted) continue;
        buffer_add(&b, all.at, all.n);
        buffer_align(&b, 4);
    }
    if (more < 0) return fail(e, 0, "%s is a .beam file with a chunk that is cut short", name);
    store_be32(b.at + 4, (uint32_t)(b.n - 8));
    *out = (struct bytes){b.at, b.n};
    return 0;
}

bool beam_exports(struct bytes file, const char *function, unsigned arity)
{
    struct bytes atoms, exports;
    if (!find_chunk(file, "AtU8", &atoms) || !find_chunk(file, "ExpT", &exports)) return false;
    for (size_t at = 4; at + 12 <= exports.n; at += 12) {
        if (load_be32(exports.at + at + 4) != arity) continue;
        const char *name = atom_text(atoms, load_be32(exports.at + at));
        if (name && strcmp(name, function) == 0) return true;
    }
    return false;
}

void beam_imports(struct bytes file, void (*each)(void *context, const char *module), void *context)
{
    struct bytes atoms, imports;
    if (!find_chunk(file, "AtU8", &atoms) || !find_chunk(file, "ImpT", &imports)) return;
    uint32_t last = 0;
    for (size_t at = 4; at + 12 <= imports.n; at += 12) {
        uint32_t module = load_be32(imports.at + at);
        const char *name = module == last ? NULL : atom_text(atoms, module);
        last = module;
        if (name) each(context, name);
    }
}
