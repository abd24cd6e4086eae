/* SPDX-License-Identifier: Apache-2.0 */
/* terms.c -- erl_nif.h: what a term is, what is in it, making simple ones. */
#include "nif/nif.h"
#include "base/utf8.h"
#include "big/big.h"
#include "binary/binary.h"
#include "process/unique.h"
#include "term/compare.h"
#include "term/hash.h"

/* --- what it is ------------------------------------------------------------------------------ */

int enif_is_atom(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_atom(of_nif(t)); }
int enif_is_binary(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_binary(of_nif(t)); }
int enif_is_empty_list(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_nil(of_nif(t)); }
int enif_is_fun(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_fun(of_nif(t)); }
int enif_is_list(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_list(of_nif(t)); }
int enif_is_map(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_map(of_nif(t)); }
int enif_is_number(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_number(of_nif(t)); }
int enif_is_pid(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_pid(of_nif(t)); }
int enif_is_port(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_port(of_nif(t)); }
int enif_is_ref(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_ref(of_nif(t)); }
int enif_is_tuple(ErlNifEnv *env, ERL_NIF_TERM t) { return (void)env, is_tuple(of_nif(t)); }

ErlNifTermType enif_term_type(ErlNifEnv *env, ERL_NIF_TERM from)
{
    term t = of_nif(from);
    (void)env;
    if (is_atom(t)) return ERL_NIF_TERM_TYPE_ATOM;
    if (is_list(t)) return ERL_NIF_TERM_TYPE_LIST;
    if (is_integer(t)) return ERL_NIF_TERM_TYPE_INTEGER;
    if (is_pid(t)) return ERL_NIF_TERM_TYPE_PID;
    if (is_port(t)) return ERL_NIF_TERM_TYPE_PORT;
    if (is_tuple(t)) return ERL_NIF_TERM_TYPE_TUPLE;
    if (is_bitstring(t)) return ERL_NIF_TERM_TYPE_BITSTRING;
    if (is_float(t)) return ERL_NIF_TERM_TYPE_FLOAT;
    if (is_fun(t)) return ERL_NIF_TERM_TYPE_FUN;
    if (is_map(t)) return ERL_NIF_TERM_TYPE_MAP;
    return ERL_NIF_TERM_TYPE_REFERENCE;
}

int enif_is_identical(ERL_NIF_TERM a, ERL_NIF_TERM b)
{
    return term_same_value(of_nif(a), of_nif(b));
}

int enif_compare(ERL_NIF_TERM a, ERL_NIF_TERM b)
{
    int order = term_compare(of_nif(a), of_nif(b));
    return order < 0 ? -1 : order > 0;
}

ErlNifUInt64 enif_hash(ErlNifHash type, ERL_NIF_TERM t, ErlNifUInt64 salt)
{
    switch (type) {
    case ERL_NIF_INTERNAL_HASH: return term_internal_hash(of_nif(t), (uint32_t)salt);
    case ERL_NIF_PHASH2: return term_phash2(of_nif(t)) & ((1u << 27) - 1);
    default: return 0;
    }
}

/* --- numbers --------------------------------------------------------------------------------------- */

int enif_get_long(ErlNifEnv *env, ERL_NIF_TERM t, long *to)
{
    int64_t v;
    (void)env;
    if (!is_integer(of_nif(t)) || !integer_to_int64(of_nif(t), &v)) return 0;
    *to = v;
    return 1;
}

int enif_get_ulong(ErlNifEnv *env, ERL_NIF_TERM t, unsigned long *to)
{
    uint64_t v;
    (void)env;
    if (!is_integer(of_nif(t)) || !integer_to_uint64(of_nif(t), &v)) return 0;
    *to = v;
    return 1;
}

int enif_get_int(ErlNifEnv *env, ERL_NIF_TERM t, int *to)
{
    long v;
    if (!enif_get_long(env, t, &v) || v != (int)v) return 0;
    *to = (int)v;
    return 1;
}

int enif_get_uint(ErlNifEnv *env, ERL_NIF_TERM t, unsigned *to)
{
    unsigned long v;
    if (!enif_get_ulong(env, t, &v) || v != (unsigned)v) return 0;
    *to = (unsigned)v;
    return 1;
}

int enif_get_double(ErlNifEnv *env, ERL_NIF_TERM t, double *to)
{
    (void)env;
    if (!is_float(of_nif(t))) return 0;
    *to = float_value(of_nif(t));
    return 1;
}

ERL_NIF_TERM enif_make_int(ErlNifEnv *env, int v) { return (void)env, to_nif(small(v)); }
ERL_NIF_TERM enif_make_uint(ErlNifEnv *env, unsigned v) { return (void)env, to_nif(small(v)); }
ERL_NIF_TERM enif_make_long(ErlNifEnv *env, long v) { return to_nif(make_integer(env->heap, v)); }
ERL_NIF_TERM enif_make_ulong(ErlNifEnv *env, unsigned long v)
{
    return to_nif(make_unsigned(env->heap, v));
}
ERL_NIF_TERM enif_make_double(ErlNifEnv *env, double d)
{
    if (!__builtin_isfinite(d)) return enif_make_badarg(env);
    return to_nif(make_float(env->heap, d));
}

ERL_NIF_TERM enif_make_ref(ErlNifEnv *env) { return to_nif(make_ref(env->heap)); }
ERL_NIF_TERM enif_make_unique_integer(ErlNifEnv *env, ErlNifUniqueInteger properties)
{
    return to_nif(unique_integer(env->heap, properties & ERL_NIF_UNIQUE_MONOTONIC,
                                 properties & ERL_NIF_UNIQUE_POSITIVE));
}

/* --- atoms ---------------------------------------------------------------------------------------------- */

int enif_get_atom_length(ErlNifEnv *env, ERL_NIF_TERM t, unsigned *length, ErlNifCharEncoding e)
{
    (void)env;
    if (e != ERL_NIF_LATIN1 || !is_atom(of_nif(t))) return 0;
    const struct atom_text *text = atom_text(of_nif(t));
    const uint8_t *at = (const uint8_t *)text->bytes, *end = at + text->length;
    while (at < end)
        if (utf8_read(&at) > 255) return 0;
    *length = text->characters;
    return 1;
}

int enif_get_atom(ErlNifEnv *env, ERL_NIF_TERM t, char *to, unsigned room, ErlNifCharEncoding e)
{
    unsigned length;
    if (!enif_get_atom_length(env, t, &length, e) || room <= length) return 0;
    const struct atom_text *text = atom_text(of_nif(t));
    const uint8_t *at = (const uint8_t *)text->bytes;
    for (unsigned i = 0; i < length; i++) to[i] = (char)utf8_read(&at);
    to[length] = 0;
    return (int)length + 1;
}

ERL_NIF_TERM enif_make_atom_len(ErlNifEnv *env, const char *name, size_t n)
{
    term atom = n > ATOM_CHARACTERS_MAX ? NO_VALUE : atom_make_latin1(name, n);
    return is_value(atom) ? to_nif(atom) : enif_make_badarg(env);
}
ERL_NIF_TERM enif_make_atom(ErlNifEnv *env, const char *name)
{
    return enif_make_atom_len(env, name, strlen(name));
}

int enif_make_existing_atom_len(ErlNifEnv *env, const char *name, size_t n, ERL_NIF_TERM *to,
                                ErlNifCharEncoding e)
{
    (void)env;
    term atom =
        e != ERL_NIF_LATIN1 || n > ATOM_CHARACTERS_MAX ? NO_VALUE : atom_find_latin1(name, n);
    if (is_no_value(atom)) return 0;
    *to = to_nif(atom);
    return 1;
}
int enif_make_existing_atom(ErlNifEnv *env, const char *name, ERL_NIF_TERM *to,
                            ErlNifCharEncoding e)
{
    return enif_make_existing_atom_len(env, name, strlen(name), to, e);
}

/* --- strings ------------------------------------------------------------------------------------------------ */

int enif_get_string(ErlNifEnv *env, ERL_NIF_TERM from, char *to, unsigned room,
                    ErlNifCharEncoding e)
{
    term t = of_nif(from);
    unsigned n = 0;
    (void)env;
    if (room < 1 || e != ERL_NIF_LATIN1) return 0;
    for (; is_cons(t); t = tail(t)) {
        if (!is_small(head(t)) || (uint64_t)small_value(head(t)) > 255) break;
        to[n++] = (char)small_value(head(t));
        if (n < room) continue;
        to[n - 1] = 0;
        return -(int)room;
    }
    to[n] = 0;
    return is_nil(t) ? (int)n + 1 : 0;
}

ERL_NIF_TERM enif_make_string_len(ErlNifEnv *env, const char *text, size_t n, ErlNifCharEncoding e)
{
    if (e != ERL_NIF_LATIN1) return enif_make_badarg(env);
    return to_nif(make_string(env->heap, text, n));
}
ERL_NIF_TERM enif_make_string(ErlNifEnv *env, const char *text, ErlNifCharEncoding e)
{
    return enif_make_string_len(env, text, strlen(text), e);
}

/* --- lists ------------------------------------------------------------------------------------------------------ */

int enif_get_list_cell(ErlNifEnv *env, ERL_NIF_TERM t, ERL_NIF_TERM *first, ERL_NIF_TERM *rest)
{
    (void)env;
    if (!is_cons(of_nif(t))) return 0;
    *first = to_nif(head(of_nif(t)));
    *rest = to_nif(tail(of_nif(t)));
    return 1;
}

int enif_get_list_length(ErlNifEnv *env, ERL_NIF_TERM t, unsigned *length)
{
    ptrdiff_t n = list_length(of_nif(t));
    (void)env;
    if (n < 0) return 0;
    *length = (unsigned)n;
    return 1;
}

ERL_NIF_TERM enif_make_list_cell(ErlNifEnv *env, ERL_NIF_TERM first, ERL_NIF_TERM rest)
{
    return to_nif(make_cons(env->heap, of_nif(first), of_nif(rest)));
}

ERL_NIF_TERM enif_make_list_from_array(ErlNifEnv *env, const ERL_NIF_TERM from[], unsigned n)
{
    return to_nif(make_list(env->heap, n, (const term *)from, NIL));
}

ERL_NIF_TERM enif_make_list(ErlNifEnv *env, unsigned n, ...)
{
    if (n == 0) return to_nif(NIL);
    term *cells = heap_alloc(env->heap, CONS_WORDS * (size_t)n);
    va_list list;
    va_start(list, n);
    for (unsigned i = 0; i < n; i++) {
        cells[2 * i] = of_nif(va_arg(list, ERL_NIF_TERM));
        cells[2 * i + 1] = i + 1 < n ? cons_term(cells + 2 * i + 2) : NIL;
    }
    va_end(list);
    return to_nif(cons_term(cells));
}

int enif_make_reverse_list(ErlNifEnv *env, ERL_NIF_TERM from, ERL_NIF_TERM *to)
{
    ptrdiff_t n = list_length(of_nif(from));
    term t = of_nif(from), result = NIL;
    if (n < 0) return 0;
    term *cells = n ? heap_alloc(env->heap, CONS_WORDS * (size_t)n) : NULL;
    for (; is_cons(t); t = tail(t), cells += 2) {
        cells[0] = head(t);
        cells[1] = result;
        result = cons_term(cells);
    }
    *to = to_nif(result);
    return 1;
}

/* --- tuples --------------------------------------------------------------------------------------------------------- */

int enif_get_tuple(ErlNifEnv *env, ERL_NIF_TERM t, int *arity, const ERL_NIF_TERM **elements)
{
    (void)env;
    if (!is_tuple(of_nif(t))) return 0;
    *arity = (int)tuple_size(of_nif(t));
    *elements = (const ERL_NIF_TERM *)tuple_elements(of_nif(t));
    return 1;
}

ERL_NIF_TERM enif_make_tuple_from_array(ErlNifEnv *env, const ERL_NIF_TERM from[], unsigned n)
{
    return to_nif(make_tuple(env->heap, n, (const term *)from));
}

ERL_NIF_TERM enif_make_tuple(ErlNifEnv *env, unsigned n, ...)
{
    term t = make_tuple(env->heap, n, NULL);
    va_list list;
    va_start(list, n);
    for (unsigned i = 0; i < n; i++) tuple_elements(t)[i] = of_nif(va_arg(list, ERL_NIF_TERM));
    va_end(list);
    return to_nif(t);
}
