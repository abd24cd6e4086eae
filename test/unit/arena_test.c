/* SPDX-License-Identifier: Apache-2.0 */
/* arena_test.c -- blocks of all sorts and sizes, taken and given back at random.
 *
 * Each block is filled with a pattern of its own, which must still be there when it is looked at: two
 * blocks that overlap, or a table of the arena's that does, are noticed.  Linked with the arena as it
 * is in a mote (test.mk), not with the one that sanitizer builds have.
 */
#include "test/unit/any.h"
#include "test/unit/check.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BASE  0x40000000ul
#define BYTES (64ul << 20)

enum { BLOCKS = 3000, ROUNDS = 200000 };
enum sort { NONE, SMALL, PAGES, LOW };

static struct block {
    enum sort sort;
    uint8_t *at, pattern;
    size_t n;
} blocks[BLOCKS];

static size_t given_back; /* bytes */
int plat_wants_checkpoint(void) { return 0; }
enum plat_layout plat_layout(void) { return PLAT_LAYOUT_PLANNED; }
static uint8_t *written[2]; /* places of blocks */
int plat_was_written(uint64_t address, uint64_t bytes)
{
    for (int i = 0; i < 2; i++)
        if ((uintptr_t)written[i] - address < bytes) return 1;
    return 0;
}
void plat_unused(void *page, size_t bytes)
{
    given_back += bytes;
    madvise(page, bytes, MADV_DONTNEED);
}
void plat_will_use(void *page, size_t bytes) { (void)page, (void)bytes; }
noreturn void plat_panic(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: panic: %s\n", file, line, why);
    abort();
}

/* Mostly small, now and then large. */
static size_t any_size(void)
{
    switch (any() % 8) {
    case 0: return any() % 20000;
    case 1: return any() % 200000;
    default: return any() % 600;
    }
}

static bool is_whole(const struct block *b)
{
    for (size_t i = 0; i<b->n; i += b->n> 4096 ? 509 : 1)
        if (b->at[i] != b->pattern) return false;
    return b->n == 0 || b->at[b->n - 1] == b->pattern;
}

static void fill(struct block *b)
{
    b->pattern = (uint8_t)(any() | 1);
    memset(b->at, b->pattern, b->n);
}

static void give_back(struct block *b)
{
    CHECK(is_whole(b));
    if (b->sort == SMALL) arena_free(b->at);
    if (b->sort == PAGES) arena_pages_free(b->at, b->n);
    if (b->sort == LOW) arena_low_free(b->at, b->n);
    b->sort = NONE;
}

static void take(struct block *b)
{
    b->n = any_size();
    b->sort = (enum sort)(1 + any() % 3);
    if (b->sort != SMALL && b->n == 0) b->n = 1;
    if (b->sort == LOW) b->n %= 3000, b->n++;
    b->at = b->sort == SMALL   ? arena_malloc(b->n)
            : b->sort == PAGES ? arena_pages(b->n)
                               : arena_low(b->n);
    if (!b->at) {
        b->sort = NONE;
        return;
    }
    CHECK((uintptr_t)b->at % 16 == 0 && (b->sort != PAGES || (uintptr_t)b->at % ARENA_PAGE == 0));
    CHECK(arena_is_low(b->at) == (b->sort == LOW));
    CHECK((uintptr_t)b->at >= BASE && (uintptr_t)b->at + b->n <= BASE + BYTES);
    fill(b);
}

static void resize(struct block *b)
{
    size_t n = any_size(), kept = n < b->n ? n : b->n;
    CHECK(is_whole(b));
    uint8_t *at = arena_realloc(b->at, n);
    if (!at) return;
    b->at = at;
    b->n = kept;
    CHECK(is_whole(b));
    b->n = n;
    fill(b);
}

static void shrink(struct block *b)
{
    CHECK(is_whole(b));
    b->n /= 2;
    CHECK(arena_shrink(b->at, b->n) >= b->n);
    CHECK(is_whole(b));
}

static void at_random(void)
{
    for (int round = 0; round < ROUNDS; round++) {
        struct block *b = &blocks[any() % BLOCKS];
        if (b->sort == NONE)
            take(b);
        else if (b->sort == SMALL && any() % 4 == 0)
            resize(b);
        else if (b->sort == SMALL && any() % 8 == 0)
            shrink(b);
        else
            give_back(b);
        if (round % 50000 == 0) arena_trim();
    }
}

/* Who takes new memory while a large piece is free gives that back, once, and nothing that is in use;
 * who takes it again, gives nothing back. */
static void grow(void)
{
    enum { MIB = 1 << 20 };
    arena_trim();
    struct block old = {.at = arena_pages(12 * MIB), .n = 12 * MIB};
    struct block last = {.at = arena_pages(MIB), .n = MIB};
    CHECK(old.at && last.at);
    fill(&old), fill(&last);
    given_back = 0;
    arena_pages_free(old.at, old.n);
    struct block more = {.at = arena_pages(20 * MIB), .n = 20 * MIB};
    CHECK(more.at && given_back >= 8 * MIB && given_back <= 12 * MIB);
    fill(&more);
    given_back = 0;
    struct block again = {.at = arena_pages(11 * MIB), .n = 11 * MIB};
    CHECK(again.at && given_back == 0);
    fill(&again);
    CHECK(is_whole(&last) && is_whole(&more) && is_whole(&again));
    arena_pages_free(last.at, MIB), arena_pages_free(more.at, more.n);
    arena_pages_free(again.at, again.n);
}

/* In a machine smaller than what is in use nothing new is to be had, from neither end, but what was given back is; in
 * one as large as before, everything. */
static void go_on_in_a_smaller_machine(void)
{
    size_t total = arena_usage().total;
    struct block held = {.at = arena_pages(8 << 20), .n = 8 << 20};
    struct block spare = {.at = arena_pages(1 << 20), .n = 1 << 20};
    struct block last = {.at = arena_pages(ARENA_PAGE), .n = ARENA_PAGE};
    CHECK(held.at && spare.at && last.at);
    fill(&held), fill(&last);
    for (size_t bytes = 1 << 20; bytes <= 4 << 20; bytes *= 2) {
        arena_resize(bytes);
        CHECK(arena_usage().total < bytes && arena_usage().free == 0);
        CHECK(!arena_pages(2 << 20) && !arena_sparse(2 << 20) && !arena_low(BYTES / 4));
    }
    arena_pages_free(spare.at, spare.n);
    void *again = arena_pages(spare.n);
    CHECK(again == spare.at);
    arena_resize(BYTES);
    CHECK(arena_usage().total == total);
    void *page = arena_pages(16 << 20), *low = arena_low(BYTES / 8),
         *sparse = arena_sparse(4 << 20);
    CHECK(page && low && sparse && is_whole(&held) && is_whole(&last));
    arena_pages_free(sparse, 4 << 20), arena_pages_free(page, 16 << 20);
    arena_low_free(low, BYTES / 8), arena_pages_free(again, spare.n);
    arena_pages_free(held.at, held.n), arena_pages_free(last.at, last.n);
}

/* In the boot before it, a block that is going to be written to lies with others of its kind, for as long as it lives, in the same
 * place each time, and is a block as any from the checkpoint on. */
static void live_close_together(void)
{
    uint8_t *small = arena_malloc(100), *large = arena_malloc(3000);
    arena_free(large), arena_free(small);
    written[0] = small, written[1] = large + 2999;
    struct block a = {.sort = SMALL, .at = arena_malloc(100), .n = 100};
    struct block b = {.sort = SMALL, .at = arena_malloc(3000), .n = 3000};
    CHECK(a.at != small && b.at != large && b.at > a.at && b.at - a.at < 200);
    fill(&a), fill(&b);
    arena_free(b.at);
    struct block c = {.sort = SMALL, .at = arena_malloc(3000), .n = 3000};
    struct block other = {.sort = SMALL, .at = arena_malloc(3000), .n = 3000};
    CHECK(c.at == b.at && (other.at < c.at || other.at >= c.at + 3000));
    fill(&c), fill(&other);
    arena_nursery_start();
    CHECK(is_whole(&a) && is_whole(&c) && is_whole(&other));
    blocks[0] = a, blocks[1] = c, blocks[2] = other; /* given back by and by */
}

/* The first blocks behind a resume are neighbours, of whatever size; later ones, and what is given back, are as always. */
static void begin_close_together(void)
{
    uint8_t *some[20], *last = NULL;
    live_close_together();
    for (int i = 0; i < 20; i++) {
        some[i] = arena_malloc((size_t)100 * (i + 1));
        CHECK(some[i] && (!last || (some[i] > last && some[i] - last < 2600)));
        last = some[i];
    }
    arena_free(some[5]);
    CHECK(arena_malloc(600) == some[5]);
    arena_fail_countdown = 1;
    CHECK(!arena_malloc(600));
    for (int i = 0; i < 20; i++) arena_free(some[i]);
    at_random();
    for (int i = 0; i < BLOCKS; i++)
        if (blocks[i].sort != NONE) give_back(&blocks[i]);
}

int main(void)
{
    void *base = mmap((void *)BASE, BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
    if (base != (void *)BASE) return perror("arena"), 2;
    arena_start(base, BYTES);
    CHECK(arena_usage().total <= BYTES);
    at_random();
    for (int i = 0; i < BLOCKS; i++)
        if (blocks[i].sort != NONE) give_back(&blocks[i]);

    /* All of it can be had again, in one piece but for what slabs keep, and not more. */
    void *half = arena_pages(BYTES / 2);
    CHECK(half != NULL && arena_pages(BYTES) == NULL && arena_malloc(SIZE_MAX / 2) == NULL);
    arena_pages_free(half, BYTES / 2);

    /* The third from here is refused, and only that one. */
    arena_fail_countdown = 3;
    void *a = arena_malloc(100), *b = arena_pages(5000), *c = arena_malloc(100),
         *d = arena_malloc(100);
    CHECK(a && b && !c && d);
    arena_free(a), arena_free(d), arena_pages_free(b, 5000);
    uint8_t *zeros = arena_calloc(5000);
    for (int i = 0; i < 5000; i++) CHECK(zeros[i] == 0);
    arena_free(zeros);
    grow();
    go_on_in_a_smaller_machine();
    begin_close_together();
    return check_result();
}
