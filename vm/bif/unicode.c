/* SPDX-License-Identifier: Apache-2.0 */
/* unicode.c -- bodies for unicode.def.
 *
 * Chardata is walked once to see what it is made of (anything else is badarg), once to write it as UTF-8.
 * A UTF-8 sequence may be spread over binaries that follow each other: its beginning waits in
 * `leftover`.  What could not be converted is given back in the shape that it came in.
 */
#include "base/utf8.h"
#include "bif/bif.h"
#include "binary/binary.h"
#include "binary/long_text.h"
#include "code/code.h"
#include "heap/arena.h"
#include "process/pause.h"
#include "sched/start.h"

enum {
    PIECE = 4096,
    SHORT = 512
}; /* bytes between two calls of effort(); ... that are worked off at once */

enum outcome { CHARS_OK, CHARS_ERROR, CHARS_INCOMPLETE, CHARS_NO_MEMORY };

struct conversion {
    struct heap *heap;
    bool latin1;
    uint8_t *to; /* where the next byte goes */
    size_t characters;
    uint8_t leftover[4];
    unsigned leftovers;
    term *stack; /* tails to come back to */
    size_t depth, room;
};

static bool push(struct conversion *c, term t)
{
    if (c->depth == c->room) {
        size_t room = c->room ? c->room * 2 : 64;
        term *stack = arena_realloc(c->stack, room * sizeof *stack);
        if (!stack) return false;
        c->stack = stack;
        c->room = room;
    }
    c->stack[c->depth++] = t;
    return true;
}

/* --- first walk: how many bytes ---------------------------------------------------------------- */

/* Bytes that a binary takes as UTF-8; false: odd bits. */
static bool binary_need(struct conversion *c, term t, size_t *need)
{
    struct bits b = binary_bits(t);
    if (b.size % 8) return false;
    *need += b.size / 8;
    if (!c->latin1) return true;
    for (size_t i = 0; i < b.size / 8; i++) {
        *need += bits_get(b.base, b.offset + i * 8, 8) >> 7;
        if (i % PIECE == 0) effort(PIECE);
    }
    return true;
}

static size_t character_need(term t)
{
    uint64_t v = (uint64_t)small_value(t);
    return v < 0x80 ? 1 : v < 0x800 ? 2 : v < 0x10000 ? 3 : 4;
}

/* CHARS_ERROR: no chardata.  A big integer ends the walk: the conversion will stop there. */
static enum outcome measure(struct conversion *c, term t, size_t *need)
{
    for (;;) {
        if (!effort(1)) return CHARS_NO_MEMORY;
        if (is_cons(t)) {
            term hd = head(t);
            if (is_small(hd)) {
                *need += character_need(hd);
            } else if (is_cons(hd)) {
                if (!push(c, tail(t))) return CHARS_NO_MEMORY;
                t = hd;
                continue;
            } else if (is_bitstring(hd)) {
                if (!binary_need(c, hd, need)) return CHARS_ERROR;
            } else if (is_big(hd)) {
                return CHARS_OK;
            } else if (!is_nil(hd)) {
                return CHARS_ERROR;
            }
            t = tail(t);
        } else if (is_nil(t) || (is_bitstring(t) && binary_need(c, t, need))) {
            if (c->depth == 0) return CHARS_OK;
            t = c->stack[--c->depth];
        } else {
            return CHARS_ERROR;
        }
    }
}

/* --- second walk: write -------------------------------------------------------------------------- */

static void write_latin1(struct conversion *c, struct bits b)
{
    size_t n = b.size / 8;
    for (size_t i = 0; i < n; i++) {
        c->to = utf8_write(c->to, (uint32_t)bits_get(b.base, b.offset + i * 8, 8));
        if (i % PIECE == 0) effort(PIECE);
    }
    c->characters += n;
}

/* Completes the sequence in leftover.  Returns the bytes taken; -1: it is no sequence. */
static ptrdiff_t complete(struct conversion *c, const uint8_t *bytes, size_t n)
{
    unsigned length = utf8_length(c->leftover[0]), missing = length - c->leftovers;
    size_t count;
    if (n < missing) {
        memcpy(c->leftover + c->leftovers, bytes, n);
        c->leftovers += (unsigned)n;
        return (ptrdiff_t)n;
    }
    memcpy(c->leftover + c->leftovers, bytes, missing);
    if (utf8_valid(c->leftover, length, &count) != length) return -1;
    memcpy(c->to, c->leftover, length);
    c->to += length;
    c->characters++;
    c->leftovers = 0;
    return missing;
}

/* *rest: what stands from the wrong place on. */
static enum outcome write_utf8(struct conversion *c, term binary, term *rest)
{
    size_t n, at = 0, count;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes_or_copy(binary, &n, &copy);
    if (!bytes) return CHARS_NO_MEMORY;
    enum outcome result = CHARS_OK;
    if (c->leftovers) {
        ptrdiff_t taken = complete(c, bytes, n);
        if (taken < 0)
            result = CHARS_ERROR;
        else
            at = (size_t)taken;
    }
    if (result == CHARS_OK && at < n) {
        size_t valid = long_utf8_valid(bytes + at, n - at, &count);
        effort_copy(c->to, bytes + at, valid);
        c->to += valid;
        c->characters += count;
        at += valid;
        if (at < n && n - at < utf8_length(bytes[at])) {
            c->leftovers = (unsigned)(n - at);
            memcpy(c->leftover, bytes + at, c->leftovers);
        } else if (at < n) {
            result = CHARS_ERROR;
        }
    }
    arena_free(copy);
    if (result == CHARS_ERROR) *rest = binary_part(c->heap, binary, at * 8, (n - at) * 8);
    return result;
}

static enum outcome write_binary(struct conversion *c, term binary, term *rest)
{
    if (!c->latin1) return write_utf8(c, binary, rest);
    write_latin1(c, binary_bits(binary));
    return CHARS_OK;
}

static bool write_character(struct conversion *c, term t)
{
    int64_t v = small_value(t);
    if (!is_scalar_value(v) || (c->latin1 && v > 255)) return false;
    c->to = utf8_write(c->to, (uint32_t)v);
    c->characters++;
    return true;
}

/* The rest of the term that is being walked, with the tails that were to come. */
static enum outcome stop(struct conversion *c, term rest, term *out)
{
    while (c->depth) rest = make_cons(c->heap, rest, c->stack[--c->depth]);
    *out = rest;
    return CHARS_ERROR;
}

static enum outcome convert(struct conversion *c, term t, term *rest)
{
    enum outcome r;
    for (;;) {
        if (!effort(1)) return CHARS_NO_MEMORY;
        if (is_cons(t)) {
            term hd = head(t);
            if (is_small(hd)) {
                if (c->leftovers || !write_character(c, hd)) return stop(c, t, rest);
            } else if (is_cons(hd)) {
                if (!push(c, tail(t))) return CHARS_NO_MEMORY;
                t = hd;
                continue;
            } else if (is_bitstring(hd)) {
                r = write_binary(c, hd, rest);
                if (r == CHARS_ERROR) return stop(c, make_cons(c->heap, *rest, tail(t)), rest);
                if (r != CHARS_OK) return r;
            } else if (!is_nil(hd)) {
                return stop(c, t, rest);
            }
            t = tail(t);
            continue;
        }
        if (!is_nil(t)) {
            r = write_binary(c, t, rest);
            if (r == CHARS_ERROR) return stop(c, *rest, rest);
            if (r != CHARS_OK) return r;
        }
        if (c->depth == 0) return CHARS_OK;
        t = c->stack[--c->depth];
    }
}

/* Can these bytes, too few for their first one, be the beginning of a sequence? */
static bool may_continue(const uint8_t *bytes, size_t n)
{
    if (n >= utf8_length(bytes[0])) return false;
    for (size_t i = 1; i < n; i++)
        if ((bytes[i] & 0xC0) != 0x80) return false;
    return true;
}

/* Both walks.  On success and error *block holds the UTF-8, for arena_free(). */
static enum outcome run(struct conversion *c, term t, uint8_t **block, term *rest)
{
    size_t need = 0;
    *block = NULL;
    *rest = NIL;
    enum outcome r = measure(c, t, &need);
    if (r != CHARS_OK) {
        arena_free(c->stack);
        return r == CHARS_ERROR ? CHARS_INCOMPLETE : r;
    }
    c->depth = 0;
    *block = c->to = arena_malloc(need + 4);
    r = *block ? convert(c, t, rest) : CHARS_NO_MEMORY;
    arena_free(c->stack);
    if (r == CHARS_NO_MEMORY) {
        arena_free(*block);
        *block = NULL;
    }
    return r;
}

/* --- results ------------------------------------------------------------------------------------------ */

static term list_of(struct heap *h, const uint8_t *utf8, size_t characters)
{
    if (characters == 0) return NIL;
    term *cells = heap_alloc(h, characters * CONS_WORDS), *cell = cells;
    for (size_t i = 0; i < characters; i++, cell += 2) {
        cell[0] = small(utf8_read(&utf8));
        cell[1] = cons_term(cell + 2);
        effort(1);
    }
    cell[-1] = NIL;
    return cons_term(cells);
}

static term binary_made(struct heap *h, const uint8_t *bytes, size_t n)
{
    term result;
    uint8_t *to = binary_new(h, n, &result);
    if (!to) return NO_VALUE;
    effort_copy(to, bytes, n);
    return result;
}

static term answer(struct process *p, struct conversion *c, const uint8_t *block, enum outcome r,
                   term rest, bool to_list)
{
    struct heap *h = &p->heap;
    size_t n = (size_t)(c->to - block);
    term done = to_list ? list_of(h, block, c->characters) : binary_made(h, block, n);
    if (is_no_value(done)) return raise(p, ATOM(system_limit));
    if (c->leftovers == 0) return r == CHARS_OK ? done : make_tuple3(h, ATOM(error), done, rest);
    term left = binary_make(h, c->leftover, c->leftovers);
    if (r == CHARS_ERROR)
        return make_tuple3(h, ATOM(error), done, make_cons(h, left, make_cons(h, rest, NIL)));
    term tag = may_continue(c->leftover, c->leftovers) ? ATOM(incomplete) : ATOM(error);
    return make_tuple3(h, tag, done, left);
}

static term characters_to(struct process *p, term t, bool latin1, bool to_list)
{
    struct conversion c = {.heap = &p->heap, .latin1 = latin1};
    uint8_t *block;
    term rest;
    enum outcome r = run(&c, t, &block, &rest);
    if (!block) return r == CHARS_INCOMPLETE ? raise_badarg(p) : raise(p, ATOM(system_limit));
    term result = answer(p, &c, block, r, rest, to_list);
    arena_free(block);
    return result;
}

/* --- bodies ----------------------------------------------------------------------------------------------- */

static bool is_utf8_name(term t) { return term_same(t, ATOM(unicode)) || term_same(t, ATOM(utf8)); }

/* A binary that is its own conversion. */
static bool is_converted(term t, bool latin1)
{
    size_t n;
    const uint8_t *bytes = binary_bytes(t, &n);
    if (!bytes) return false;
    return latin1 ? is_long_7bit(bytes, n) : is_long_utf8(bytes, n);
}

static term to_binary(struct process *p, const term *arg)
{
    bool latin1 = term_same(arg[1], ATOM(latin1));
    term t = arg[0];
    if (is_cons(t) && is_nil(tail(t)) && is_bitstring(head(t))) t = head(t);
    return is_converted(t, latin1) ? t : characters_to(p, t, latin1, false);
}

static term convert_to(struct process *p, const term *arg, pausing_body *body)
{
    bool is_short = is_nil(arg[0]) || (is_bitstring(arg[0]) && binary_size(arg[0]) < SHORT);
    if (!is_short) return pausing(p, body, 2, arg);
    if (is_bitstring(arg[0])) bump(p, (int64_t)binary_size(arg[0]) / STEPS_PER_REDUCTION);
    return body(p, arg);
}

static bool is_known(term encoding)
{
    return term_same(encoding, ATOM(latin1)) || is_utf8_name(encoding);
}

term bif_unicode_characters_to_binary_2(struct process *p, const term *arg)
{
    if (is_known(arg[1])) return convert_to(p, arg, to_binary);
    return bif_trap(p, export_get(ATOM(unicode), ATOM(characters_to_binary_int), 2), 2, arg);
}

static term utf8_to_list(struct process *p, term binary)
{
    size_t n, count;
    uint8_t *copy;
    if (!is_binary(binary)) return raise_badarg(p);
    const uint8_t *bytes = binary_bytes_or_copy(binary, &n, &copy);
    if (!bytes) return raise(p, ATOM(system_limit));
    size_t valid = long_utf8_valid(bytes, n, &count);
    term tag = NO_VALUE, done = list_of(&p->heap, bytes, count);
    if (valid < n) tag = may_continue(bytes + valid, n - valid) ? ATOM(incomplete) : ATOM(error);
    arena_free(copy);
    if (valid == n) return done;
    return make_tuple3(&p->heap, tag, done,
                       binary_part(&p->heap, binary, valid * 8, (n - valid) * 8));
}

static term to_list(struct process *p, const term *arg)
{
    bool latin1 = term_same(arg[1], ATOM(latin1));
    if (is_bitstring(arg[0]) && !latin1) return utf8_to_list(p, arg[0]);
    return characters_to(p, arg[0], latin1, true);
}

term bif_unicode_characters_to_list_2(struct process *p, const term *arg)
{
    if (is_known(arg[1])) return convert_to(p, arg, to_list);
    return bif_trap(p, export_get(ATOM(unicode), ATOM(characters_to_list_int), 2), 2, arg);
}

static term has_7bit(struct process *p, const term *arg)
{
    struct bits b = binary_bits(arg[0]);
    (void)p;
    if (bits_aligned(b)) return atom_bool(is_long_7bit(bits_pointer(b), b.size / 8));
    for (size_t i = 0; i < b.size; i += 8)
        if (bits_get(b.base, b.offset + i, 1) || !effort(1)) return ATOM(false);
    return ATOM(true);
}

term bif_unicode_bin_is_7bit_1(struct process *p, const term *arg)
{
    if (!is_binary(arg[0])) return ATOM(false);
    return binary_size(arg[0]) < SHORT ? has_7bit(p, arg) : pausing(p, has_7bit, 1, arg);
}

/* --- settings ----------------------------------------------------------------------------------------------- */

term bif_file_native_name_encoding_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(utf8);
}

term bif_io_printable_range_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return printable_unicode ? ATOM(unicode) : ATOM(latin1);
}
