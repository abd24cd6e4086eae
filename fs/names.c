/* SPDX-License-Identifier: Apache-2.0 */
/* names.c -- file names between Erlang's strings and bytes: UTF-8, as `+fnu` on the stock machine. */
#include "binary/binary.h"
#include "fs/fs.h"
#include "heap/arena.h"

#define BIF(module, function, arity, flags, meaning) native_function bif_##module##_##function##_##arity;
#include "fs/prim_file.def"
#undef BIF

/* Writes the code point; its bytes, 0 when it is none. */
static size_t utf8_put(uint8_t *to, uint64_t c)
{
    if (c < 0x80) return to[0] = (uint8_t)c, 1;
    if (c < 0x800) return to[0] = (uint8_t)(0xC0 | c >> 6), to[1] = (uint8_t)(0x80 | (c & 63)), 2;
    if (c < 0x10000) {
        if (c >= 0xD800 && c < 0xE000) return 0;
        to[0] = (uint8_t)(0xE0 | c >> 12), to[1] = (uint8_t)(0x80 | (c >> 6 & 63)), to[2] = (uint8_t)(0x80 | (c & 63));
        return 3;
    }
    if (c > 0x10FFFF) return 0;
    to[0] = (uint8_t)(0xF0 | c >> 18), to[1] = (uint8_t)(0x80 | (c >> 12 & 63));
    to[2] = (uint8_t)(0x80 | (c >> 6 & 63)), to[3] = (uint8_t)(0x80 | (c & 63));
    return 4;
}

/* A list of characters and lists, or an atom, may name a file: deep lists were flattened by file.erl.
 * false: not a name. */
static bool name_bytes(term t, uint8_t *to, size_t *n)
{
    *n = 0;
    if (is_atom(t)) {
        const struct atom_text *a = atom_text(t);
        memcpy(to, a->bytes, a->length);
        *n = a->length;
        return true;
    }
    for (; is_cons(t); t = tail(t)) {
        if (!is_small(head(t)) || small_value(head(t)) < 0) return false;
        size_t put = utf8_put(to + *n, (uint64_t)small_value(head(t)));
        if (put == 0) return false;
        *n += put;
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
        term out;
        uint8_t *to = binary_new(&p->heap, n + 1, &out);
        if (to) memcpy(to, b, n), to[n] = 0;
        if (copy) arena_free(copy);
        return to ? out : raise(p, ATOM(system_limit));
    }
    ptrdiff_t length = is_atom(arg[0]) ? ATOM_BYTES_MAX : list_length(arg[0]);
    if (length < 0) return raise_badarg(p);
    uint8_t *to = arena_malloc((size_t)length * 4 + 1);
    if (!to) return raise(p, ATOM(system_limit));
    bool good = name_bytes(arg[0], to, &n);
    to[n] = 0;
    term result = good ? binary_make(&p->heap, to, n + 1) : raise_badarg(p);
    arena_free(to);
    return result;
}

/* Length of a valid UTF-8 sequence at s, 0 when it is none. */
static size_t utf8_check(const uint8_t *s, size_t left)
{
    if (s[0] < 0x80) return 1;
    size_t n = s[0] >= 0xC2 && s[0] < 0xE0 ? 2 : s[0] >= 0xE0 && s[0] < 0xF0 ? 3 : s[0] >= 0xF0 && s[0] < 0xF5 ? 4 : 0;
    if (n == 0 || n > left) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xC0) != 0x80) return 0;
    if ((s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F)) return 0;
    if ((s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)) return 0;
    return n;
}

static bool is_utf8(const uint8_t *s, size_t n)
{
    for (size_t i = 0, k; i < n; i += k)
        if ((k = utf8_check(s + i, n - i)) == 0) return false;
    return true;
}

/* A name that is not UTF-8 stays a binary: a raw file name. */
term bif_prim_file_internal_native2name_1(struct process *p, const term *arg)
{
    size_t n;
    uint8_t *copy = NULL;
    const uint8_t *b = is_bitstring(arg[0]) ? binary_bytes_or_copy(arg[0], &n, &copy) : NULL;
    if (!b) return raise_badarg(p);
    term result = is_utf8(b, n) ? make_string_utf8(&p->heap, (const char *)b, n) : arg[0];
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
