/* SPDX-License-Identifier: Apache-2.0 */
/* atom.c -- atoms and the texts of their names. */
#include "bif/bif.h"
#include "binary/binary.h"
#include "heap/arena.h"
#include "term/code_point.h"

term bif_erlang_atom_to_list_1(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    const struct atom_text *a = atom_text(arg[0]);
    return make_string_utf8(&p->heap, a->bytes, a->length);
}

static bool is_utf8_name(term encoding)
{
    return term_same(encoding, ATOM(utf8)) || term_same(encoding, ATOM(unicode));
}

term bif_erlang_atom_to_binary_2(struct process *p, const term *arg)
{
    if (!is_atom(arg[0])) return raise_badarg(p);
    const struct atom_text *a = atom_text(arg[0]);
    if (is_utf8_name(arg[1])) return binary_make(&p->heap, a->bytes, a->length);
    if (!term_same(arg[1], ATOM(latin1))) return raise_badarg(p);
    uint8_t latin1[ATOM_CHARACTERS_MAX];
    const uint8_t *from = (const uint8_t *)a->bytes;
    for (size_t i = 0; i < a->characters; i++) {
        uint32_t c = utf8_read(&from);
        if (c > 255) return raise_badarg(p);
        latin1[i] = (uint8_t)c;
    }
    return binary_make(&p->heap, latin1, a->characters);
}

/* --- from lists ------------------------------------------------------------------------------ */

enum name_result { NAME_OK, NAME_BAD, NAME_TOO_LONG };

/* The list as UTF-8 in `to`; the first fault on the way from its head counts. */
static enum name_result name_from_list(term list, char to[ATOM_BYTES_MAX], size_t *bytes)
{
    uint8_t *end = (uint8_t *)to;
    for (size_t n = 0; is_cons(list); list = tail(list)) {
        if (++n > ATOM_CHARACTERS_MAX) return NAME_TOO_LONG;
        term t = head(list);
        if (!is_code_point(t)) return NAME_BAD;
        end = utf8_write(end, (uint32_t)small_value(t));
    }
    *bytes = (size_t)(end - (uint8_t *)to);
    return is_nil(list) ? NAME_OK : NAME_BAD;
}

static term atom_or_limit(struct process *p, term atom)
{
    return is_value(atom) ? atom : raise(p, ATOM(system_limit));
}

term bif_erlang_list_to_atom_1(struct process *p, const term *arg)
{
    char name[ATOM_BYTES_MAX];
    size_t n;
    switch (name_from_list(arg[0], name, &n)) {
    case NAME_OK: return atom_or_limit(p, atom_make(name, n));
    case NAME_TOO_LONG: return raise(p, ATOM(system_limit));
    default: return raise_badarg(p);
    }
}

term bif_erlang_list_to_existing_atom_1(struct process *p, const term *arg)
{
    char name[ATOM_BYTES_MAX];
    size_t n;
    if (name_from_list(arg[0], name, &n) != NAME_OK) return raise_badarg(p);
    term atom = atom_find(name, n);
    return is_value(atom) ? atom : raise_badarg(p);
}

/* --- from binaries ----------------------------------------------------------------------------- */

/* A name of too many characters is too long even when what follows is no UTF-8. */
static enum name_result check_utf8(const uint8_t *bytes, size_t n)
{
    if (n > ATOM_BYTES_MAX) return NAME_TOO_LONG;
    size_t characters, valid = utf8_valid(bytes, n, &characters);
    if (characters > ATOM_CHARACTERS_MAX) return NAME_TOO_LONG;
    if (valid == n) return NAME_OK;
    return characters == ATOM_CHARACTERS_MAX ? NAME_TOO_LONG : NAME_BAD;
}

static term atom_of_bytes(struct process *p, const uint8_t *bytes, size_t n, bool latin1,
                          bool existing)
{
    const char *name = (const char *)bytes;
    if (existing) {
        term atom = latin1 ? atom_find_latin1(name, n) : atom_find(name, n);
        return is_value(atom) ? atom : raise_badarg(p);
    }
    if (latin1) return atom_or_limit(p, atom_make_latin1(name, n));
    if (check_utf8(bytes, n) == NAME_BAD) return raise_badarg(p);
    return atom_or_limit(p, atom_make(name, n));
}

static term from_binary(struct process *p, const term *arg, bool existing)
{
    bool latin1 = term_same(arg[1], ATOM(latin1));
    if (!latin1 && !is_utf8_name(arg[1])) return raise_badarg(p);
    size_t n;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes_or_copy(arg[0], &n, &copy);
    if (!bytes) return raise_badarg(p);
    term result = atom_of_bytes(p, bytes, n, latin1, existing);
    arena_free(copy);
    return result;
}

term bif_erlang_binary_to_atom_2(struct process *p, const term *arg)
{
    return from_binary(p, arg, false);
}
term bif_erlang_binary_to_existing_atom_2(struct process *p, const term *arg)
{
    return from_binary(p, arg, true);
}
