/* SPDX-License-Identifier: Apache-2.0 */
/* names.c -- file names between Erlang's strings and bytes: UTF-8, as `+fnu` on the stock machine. */
#include "binary/binary.h"
#include "fs/fs.h"
#include "heap/arena.h"
#include "term/code_point.h"

#define BIF NATIVE_BODY
#include "fs/prim_file.def"
#undef BIF

/* A list of characters names a file: atoms and deep lists were flattened by file.erl.  No zero may
 * be in it.  false: not a name. */
static bool name_bytes(term t, uint8_t *to, size_t *n)
{
    *n = 0;
    uint8_t *end = to;
    for (; is_cons(t); t = tail(t)) {
        if (!is_code_point(head(t)) || small_value(head(t)) == 0) return false;
        end = utf8_write(end, (uint32_t)small_value(head(t)));
        *n = (size_t)(end - to);
    }
    return is_nil(t);
}

term bif_prim_file_internal_name2native_1(struct process *p, const term *arg)
{
    size_t n;
    if (is_bitstring(arg[0])) {
        uint8_t *copy;
        const uint8_t *b = binary_bytes_or_copy(arg[0], &n, &copy);
        if (!b) return raise_badarg(p);
        if (memchr(b, 0, n)) {
            if (copy) arena_free(copy);
            return raise_badarg(p);
        }
        term out;
        uint8_t *to = binary_new(&p->heap, n + 1, &out);
        if (to) memcpy(to, b, n), to[n] = 0;
        if (copy) arena_free(copy);
        return to ? out : raise(p, ATOM(system_limit));
    }
    ptrdiff_t length = list_length(arg[0]);
    if (length < 0) return raise_badarg(p);
    uint8_t *to = arena_malloc((size_t)length * 4 + 1);
    if (!to) return raise(p, ATOM(system_limit));
    bool good = name_bytes(arg[0], to, &n);
    to[n] = 0;
    term result = good ? binary_make(&p->heap, to, n + 1) : raise_badarg(p);
    arena_free(to);
    return result;
}

/* What is not UTF-8 has no name as a string: the reader of a folder leaves it out with a warning. */
term bif_prim_file_internal_native2name_1(struct process *p, const term *arg)
{
    size_t n;
    uint8_t *copy = NULL;
    const uint8_t *b = is_bitstring(arg[0]) ? binary_bytes_or_copy(arg[0], &n, &copy) : NULL;
    if (!b) return raise_badarg(p);
    term result = is_utf8(b, n) ? make_string_utf8(&p->heap, (const char *)b, n)
                                : make_tuple2(&p->heap, ATOM(error), ATOM(warning));
    if (copy) arena_free(copy);
    return result;
}

term bif_prim_file_internal_normalize_utf8_1(struct process *p, const term *arg)
{
    size_t n;
    uint8_t *copy = NULL;
    const uint8_t *b = is_bitstring(arg[0]) ? binary_bytes_or_copy(arg[0], &n, &copy) : NULL;
    if (!b || !is_utf8(b, n)) {
        if (copy) arena_free(copy);
        return raise_badarg(p);
    }
    term result = make_string_utf8(&p->heap, (const char *)b, n);
    if (copy) arena_free(copy);
    return result;
}

term bif_prim_file_is_translatable_1(struct process *p, const term *arg)
{
    (void)p;
    (void)arg;
    return ATOM(true);
}
