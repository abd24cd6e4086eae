/* SPDX-License-Identifier: Apache-2.0 */
/* beam_literals.c -- the constants of a module: from the file to low memory.
 *
 * They are decoded on a scratch heap, because only then it is known how much memory they
 * take, and then copied to one block that lives as long as the code.
 */
#include <zlib.h>

#include "big/big.h"
#include "code/beam_private.h"
#include "etf/etf.h"
#include "heap/arena.h"
#include "heap/low.h"

/* --- the scratch heap ----------------------------------------------------------------------- */

static __attribute__((noreturn)) void give_up(struct heap *h)
{
    struct beam_private *p =
        (struct beam_private *)(void *)((char *)h - offsetof(struct beam_private, scratch));
    __builtin_longjmp(p->out_of_memory, 1);
}

struct heap *beam_scratch(struct beam *b, size_t words)
{
    struct beam_private *p = b->private;
    if (!p->scratch_used) {
        if (!heap_start(&p->scratch, words)) return NULL;
        p->scratch.exhausted = give_up;
        p->scratch_used = true;
    }
    return &p->scratch;
}

__attribute__((noinline)) bool beam_guarded(struct beam *volatile b, bool (*step)(struct beam *b))
{
    if (__builtin_setjmp(b->private->out_of_memory)) {
        load_fail(b->private->why, "out of memory");
        return false;
    }
    return step(b);
}

term beam_big(struct beam *b, struct bytes number)
{
    struct beam_private *p = b->private;
    if (p->settled) {
        if (p->bigs_next < p->bigs_count) return p->bigs[p->bigs_next++];
        p->big_met = true;
        return NO_VALUE;
    }
    if (p->bigs_count == p->bigs_room) {
        uint32_t room = p->bigs_room ? p->bigs_room * 2 : 16;
        term *more = arena_realloc(p->bigs, room * sizeof *more);
        if (!more) return NO_VALUE;
        p->bigs = more, p->bigs_room = room;
    }
    struct heap *h = beam_scratch(b, 64);
    enum number_fault why;
    term t = h ? integer_from_bits(h, number.at, number.n * 8, INTEGER_BIG_ENDIAN, true, &why)
               : NO_VALUE;
    if (is_value(t)) p->bigs[p->bigs_count++] = t;
    return t;
}

static bool read_all(struct beam *b)
{
    struct generic_op op;
    bool failed;
    while (beam_next(b, &op, &failed, b->private->why)) {}
    return !failed;
}

bool beam_collect_bigs(struct beam *b, struct load_error *why)
{
    b->private->why = why;
    b->private->settled = b->private->big_met = false;
    b->private->bigs_count = 0;
    beam_rewind(b);
    return beam_guarded(b, read_all);
}

/* --- the table -------------------------------------------------------------------------------- */

static void *zlib_take(void *context, unsigned items, unsigned size)
{
    (void)context;
    return arena_malloc((size_t)items * size);
}
static void zlib_give(void *context, void *block)
{
    (void)context;
    arena_free(block);
}

/* A stream cannot grow more than this when it is unpacked: asking for more is a lie. */
#define INFLATE_MOST 1032

/* Unpacks to a block of `size` bytes from arena_malloc; *got bytes of it were there. */
static uint8_t *unpack(struct beam *b, struct bytes packed, size_t size, size_t *got)
{
    if (size / INFLATE_MOST > packed.n) {
        load_fail(b->private->why, "chunk LitT: too short for what it says to hold");
        return NULL;
    }
    uint8_t *block = arena_malloc(size);
    z_stream z = {.next_in = (Bytef *)(uintptr_t)packed.at,
                  .avail_in = (uInt)packed.n,
                  .next_out = block,
                  .avail_out = (uInt)size,
                  .zalloc = zlib_take,
                  .zfree = zlib_give};
    if (!block || inflateInit(&z) != Z_OK) {
        arena_free(block);
        load_fail(b->private->why, "out of memory");
        return NULL;
    }
    int end = inflate(&z, Z_FINISH);
    *got = z.total_out;
    inflateEnd(&z);
    if (end == Z_STREAM_END) return block;
    load_fail(b->private->why, "chunk LitT: its compressed data is damaged");
    arena_free(block);
    return NULL;
}

static bool decode_all(struct beam *b, struct bytes table)
{
    struct load_error *why = b->private->why;
    uint32_t count, size;
    if (!take_u32(&table, &count) || count > table.n / 5) {
        load_fail(why, "chunk LitT: its count does not fit its size");
        return false;
    }
    struct heap *h = beam_scratch(b, table.n / 4 + 64);
    b->literals = arena_malloc((count + 1) * sizeof *b->literals);
    if (!h || !b->literals) {
        load_fail(why, "out of memory");
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct bytes one;
        size_t used;
        bool there = take_u32(&table, &size) && take_bytes(&table, size, &one);
        term t = there ? etf_decode_versioned(h, one.at, one.n, 0, &used) : NO_VALUE;
        if (is_no_value(t)) {
            load_fail(why, "chunk LitT: literal %u is %s", i,
                      there ? "no external term" : "cut off");
            return false;
        }
        b->literals[i] = t;
        b->literals_count = i + 1;
    }
    return true;
}

bool beam_read_literals(struct beam *b)
{
    struct bytes chunk = b->private->chunk[CHUNK_LITERALS];
    uint32_t size;
    if (chunk.n == 0) return true;
    if (!take_u32(&chunk, &size)) {
        load_fail(b->private->why, "chunk LitT: cut off");
        return false;
    }
    if (size == 0) return decode_all(b, chunk); /* OTP 28 does not compress */
    size_t got = 0;
    b->private->unpacked = unpack(b, chunk, size, &got);
    if (!b->private->unpacked) return false;
    bool ok = decode_all(b, (struct bytes){b->private->unpacked, got});
    arena_free(b->private->unpacked);
    b->private->unpacked = NULL;
    return ok;
}

/* --- moving ------------------------------------------------------------------------------------ */

static size_t words_of(const term *t, uint32_t count)
{
    size_t words = 0;
    for (uint32_t i = 0; i < count; i++) words += copy_words(t[i], false);
    return words;
}
static void move(term *t, uint32_t count, term **to, struct off_heap *list)
{
    for (uint32_t i = 0; i < count; i++) t[i] = copy_term(t[i], to, list, false);
}

bool beam_settle(struct beam *b, struct code_area *area, struct load_error *why)
{
    struct beam_private *p = b->private;
    size_t words = words_of(b->literals, b->literals_count) + words_of(p->bigs, p->bigs_count) +
                   words_of(p->files, p->files_count) + words_of(b->records, b->records_count);
    if (words) {
        area->literal_memory = low_alloc(LOW_LITERALS, words * sizeof(term));
        if (!area->literal_memory) {
            load_fail(why, "out of memory");
            return false;
        }
    }
    area->literal_words = words;
    term *to = area->literal_memory;
    move(b->literals, b->literals_count, &to, &area->literal_off_heap);
    move(p->bigs, p->bigs_count, &to, &area->literal_off_heap);
    move(p->files, p->files_count, &to, &area->literal_off_heap);
    move(b->records, b->records_count, &to, &area->literal_off_heap);
    p->settled = true;
    beam_rewind(b);
    return true;
}
