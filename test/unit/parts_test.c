/* SPDX-License-Identifier: Apache-2.0 */
/* parts_test.c -- the functions of a module in another order (code/parts.h): in a boot that spreads them, and in the one after it.
 *
 * Modules of any sizes.  No two parts may share a word, nor a page where they are spread; the second boot has to ask for what lay
 * where in the first; those that were touched lie at one end.
 */
#include "test/unit/any.h"
#include "test/unit/check.h"
#include "code/parts.h"
#include "heap/arena.h"
#include "heap/low.h"
#include "platform/platform.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* <sys/wait.h> has a raise() that is not the machine's. */
pid_t waitpid(pid_t pid, int *how, int options);

#define BASE  0x40000000ul
#define BYTES (1024ul << 20)

enum { MODULES = 200, MOST = 60, PAGE_WORDS = ARENA_PAGE / 4 };

static enum plat_layout layout;
struct module_like {
    struct function_info function[MOST + 1];
    uint32_t n, words, strings;
    uint64_t at[MOST + 1]; /* of each part in the spread boot */
};
/* The first boot is another process's, which fills this in. */
static struct shared {
    struct module_like module[MODULES];
    unsigned char touched[BYTES / ARENA_PAGE]; /* enum plat_touch */
} * shared;

enum plat_layout plat_layout(void) { return layout; }
int plat_was_written(uint64_t address, uint64_t bytes)
{
    (void)address, (void)bytes;
    return 0;
}
enum plat_touch plat_touch_of(uint64_t address, uint64_t bytes)
{
    enum plat_touch most = PLAT_UNTOUCHED;
    for (uint64_t at = address & ~(uint64_t)(ARENA_PAGE - 1); at < address + bytes;
         at += ARENA_PAGE)
        if (shared->touched[(at - BASE) / ARENA_PAGE] > most)
            most = shared->touched[(at - BASE) / ARENA_PAGE];
    return most;
}
int plat_wants_checkpoint(void) { return 1; }
void plat_unused(void *page, size_t bytes) { (void)page, (void)bytes; }
void plat_will_use(void *page, size_t bytes) { (void)page, (void)bytes; }
noreturn void plat_panic(const char *file, int line, const char *why)
{
    fprintf(stderr, "%s:%d: panic: %s\n", file, line, why);
    abort();
}

static void make_modules(void)
{
    for (unsigned m = 0; m < MODULES; m++) {
        struct module_like *l = &shared->module[m];
        l->n = 1 + (uint32_t)(any() % MOST);
        for (uint32_t i = 0; i < l->n; i++) {
            l->function[i].offset = l->words;
            l->words += 5 + (uint32_t)(any() % 20 ? any() % 300 : any() % 5000);
        }
        l->strings = any() % 3 ? (uint32_t)(any() % 100) : 0;
        l->words += l->strings;
    }
}

static uint32_t part_from(const struct module_like *l, uint32_t i)
{
    return i < l->n ? l->function[i].offset : l->words - l->strings;
}
static uint32_t part_words(const struct module_like *l, uint32_t i)
{
    return (i < l->n ? part_from(l, i + 1) : l->words) - part_from(l, i);
}

/* Whichever words are asked for, none is where another is. */
static void check_moved(const struct module_like *l, const struct code_parts *p)
{
    unsigned char *used = calloc(p->words + 1, 1);
    bool apart = used != NULL, inside = true;
    for (uint32_t w = 0; used && w < l->words; w++) {
        uint32_t to = code_parts_moved(p, w);
        inside = inside && to < p->words;
        if (to < p->words) apart = apart && !used[to]++;
    }
    CHECK(apart && inside);
    free(used);
}

static void spread(struct module_like *l)
{
    struct code_parts p;
    CHECK(code_parts_make(&p, l->function, l->n, l->words, l->strings));
    check_moved(l, &p);
    CHECK(p.words - p.padding == l->words);
    for (uint32_t i = 0; i <= l->n; i++) {
        l->at[i] = (uintptr_t)(p.code + p.part[i].to);
        CHECK(l->at[i] % ARENA_PAGE == 0);
        for (uint64_t at = l->at[i]; at < l->at[i] + part_words(l, i) * 4; at += ARENA_PAGE)
            if (any() % 6 == 0) shared->touched[(at - BASE) / ARENA_PAGE] = any() % 2 + PLAT_SELDOM;
    }
    code_parts_free(&p);
}

static void planned(const struct module_like *l)
{
    struct code_parts p;
    CHECK(code_parts_make(&p, l->function, l->n, l->words, l->strings));
    check_moved(l, &p);
    CHECK(p.words == l->words && p.padding == 0);
    unsigned up = 0, down = 0;
    enum plat_touch before = PLAT_UNTOUCHED;
    bool first = true;
    for (uint32_t i = 0; i <= l->n; i++) {
        uint32_t which = p.order[i], words = part_words(l, which);
        if (!words) continue;
        enum plat_touch now = plat_touch_of(l->at[which], words * 4ul);
        if (!first) up += now > before, down += now < before;
        first = false;
        before = now;
    }
    CHECK(up <= 2 && down <= 2 && !(up && down));
    code_parts_free(&p);
}

/* Each boot asks for the same, in the same order. */
static struct names {
    uintptr_t untouched, touched, seldom;
} take_names(void)
{
    struct names n;
    n.untouched = (uintptr_t)low_alloc(LOW_NAMES, 96);
    n.touched = (uintptr_t)low_alloc(LOW_NAMES, 96);
    n.seldom = (uintptr_t)low_alloc(LOW_NAMES, 96);
    return n;
}

static int first_boot(void)
{
    layout = PLAT_LAYOUT_SPREAD;
    const struct names n = take_names();
    CHECK(n.touched - n.untouched == ARENA_PAGE && n.seldom - n.touched == ARENA_PAGE);
    shared->touched[(n.touched - BASE) / ARENA_PAGE] = PLAT_TOUCHED;
    shared->touched[(n.seldom - BASE) / ARENA_PAGE] = PLAT_SELDOM;
    for (unsigned m = 0; m < MODULES; m++) spread(&shared->module[m]);
    return check_result();
}

static int second_boot(void)
{
    layout = PLAT_LAYOUT_PLANNED;
    const struct names n = take_names();
    CHECK(n.untouched / ARENA_PAGE != n.touched / ARENA_PAGE &&
          n.untouched / ARENA_PAGE != n.seldom / ARENA_PAGE &&
          n.touched / ARENA_PAGE != n.seldom / ARENA_PAGE);
    for (unsigned m = 0; m < MODULES; m++) planned(&shared->module[m]);
    layout = PLAT_LAYOUT_USUAL;
    CHECK(low_spread(1) == 0 && !low_is_single());
    return check_result();
}

int main(void)
{
    void *heap = mmap((void *)BASE, BYTES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (heap != (void *)BASE || shared == MAP_FAILED) return 1;
    make_modules();
    arena_start(heap, BYTES);
    pid_t pid = fork();
    if (pid == 0) _exit(first_boot());
    int how = 1;
    return (pid < 0 || waitpid(pid, &how, 0) != pid || how != 0) | second_boot();
}
