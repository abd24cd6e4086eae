/* SPDX-License-Identifier: Apache-2.0 */
/* atom.h -- the atom table: interned UTF-8 names, never freed.
 *
 * C code writes ATOM(ok) for the term and ATOM_ok for its index (a constant, for switch
 * statements).  Using a name is declaring it: the build collects them (tools/gather_atoms);
 * names that are no C identifiers have a row in atoms.def.
 */
#ifndef VM_ATOM_H
#define VM_ATOM_H

#include "term/term.h"

enum atom_number {
#define ATOM_ROW(name)          ATOM_##name,
#define ATOM_ROW_AS(name, text) ATOM_##name,
#include "gen/atoms_plain.def"
#include "term/atoms.def"
#undef ATOM_ROW
#undef ATOM_ROW_AS
    FIRST_FREE_ATOM
};

#define ATOM(name) ((term){((uint64_t)ATOM_##name << 6) | TAG_ATOM})

static inline bool is_bool(term t) { return term_same(t, ATOM(true)) || term_same(t, ATOM(false)); }
static inline term atom_bool(bool b) { return b ? ATOM(true) : ATOM(false); }

#define ATOM_CHARACTERS_MAX 255
#define ATOM_BYTES_MAX      (255 * 4)
#define ATOM_TABLE_LIMIT    1048576

struct atom_text {
    const char *bytes; /* UTF-8, not terminated; lives for ever */
    uint16_t length;   /* bytes */
    uint16_t characters;
    uint32_t hash; /* stock's hash of an atom's name: the base of phash2 and map order */
};

/* Makes the table and enters atoms.def.  Once, before any other call. */
void atom_start(void);

/* The atom with this valid UTF-8 name of at most 255 characters; NO_VALUE when the
 * name is too long, not UTF-8, or the table is full (tell them apart: atom_characters). */
term atom_make(const char *utf8, size_t bytes);
term atom_make_latin1(const char *latin1, size_t bytes);
/* The atom if it exists already, else NO_VALUE. */
term atom_find(const char *utf8, size_t bytes);
term atom_find_latin1(const char *latin1, size_t bytes);
/* Characters of a name, -1 when it is not valid UTF-8.  More than ATOM_CHARACTERS_MAX is system_limit. */
ptrdiff_t atom_characters(const char *utf8, size_t bytes);

const struct atom_text *atom_text(term atom);
uint32_t atom_count(void);
/* Memory in bytes held by names and by the table, for erlang:memory/1. */
size_t atom_memory(void);
/* -1, 0, 1: the order of atoms, by code points of their names. */
int atom_compare(term a, term b);
bool atom_is(term atom, const char *text);

#endif
