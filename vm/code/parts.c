/* SPDX-License-Identifier: Apache-2.0 */
/* parts.c -- see parts.h. */
#include "code/parts.h"

#include "heap/arena.h"
#include "heap/low.h"
#include "platform/platform.h"

enum { PAGE_WORDS = ARENA_PAGE / sizeof(code_word) };

static uint32_t pages_of(const struct code_part *part)
{
    return (part->words + PAGE_WORDS - 1) / PAGE_WORDS;
}

/* What stands before the first function, if anything does, belongs to it. */
static bool list_parts(struct code_parts *p, const struct function_info *functions, uint32_t n,
                       uint32_t words, uint32_t string_words)
{
    p->n = n + 1;
    p->part = arena_malloc(p->n * sizeof *p->part);
    p->order = arena_malloc(p->n * sizeof *p->order);
    if (!p->part || !p->order) return false;
    for (uint32_t i = 0; i < p->n; i++) {
        uint32_t from = i == 0 ? 0 : i < n ? functions[i].offset : words - string_words;
        p->part[i].from = from;
        if (i) p->part[i - 1].words = from - p->part[i - 1].from;
        p->order[i] = i;
    }
    p->part[n].words = string_words;
    return true;
}

static void spread_out(struct code_parts *p, uintptr_t at, uint32_t words)
{
    uint32_t to = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        p->part[i].to = to;
        to += pages_of(&p->part[i]) * PAGE_WORDS;
    }
    p->code = (code_word *)at;
    p->words = to;
    p->padding = to - words;
}

/* Those that are touched first, then those that are seldom; or the other way round. */
static void put_in_order(struct code_parts *p, const uint8_t *touch, bool touched_last)
{
    uint32_t at = 0;
    for (unsigned turn = 0; turn < PLAT_TOUCHES; turn++)
        for (uint32_t i = 0; i < p->n; i++)
            if (touch[i] == (touched_last ? turn : PLAT_TOUCHED - turn)) p->order[at++] = i;
}

static bool plan(struct code_parts *p, uintptr_t at)
{
    static bool touched_last[PLAT_TOUCHES];
    enum plat_touch most = PLAT_UNTOUCHED;
    uint8_t *touch = arena_malloc(p->n);
    if (!touch) return false;
    for (uint32_t i = 0; i < p->n; i++) {
        uint64_t bytes = (uint64_t)pages_of(&p->part[i]) * ARENA_PAGE;
        touch[i] = bytes ? plat_touch_of(at, bytes) : PLAT_UNTOUCHED;
        if (touch[i] > most) most = touch[i];
        at += bytes;
    }
    touched_last[most] = !touched_last[most];
    put_in_order(p, touch, touched_last[most]);
    uint32_t to = 0;
    for (uint32_t i = 0; i < p->n; i++) {
        struct code_part *part = &p->part[p->order[i]];
        part->to = to;
        to += part->words;
    }
    arena_free(touch);
    p->code = low_alloc_planned(LOW_CODE, most, to * sizeof *p->code);
    return p->code != NULL;
}

bool code_parts_make(struct code_parts *p, const struct function_info *functions, uint32_t n,
                     uint32_t words, uint32_t string_words)
{
    uint32_t pages = 0;
    *p = (struct code_parts){.words = words};
    if (plat_layout() != PLAT_LAYOUT_USUAL && n) {
        if (!list_parts(p, functions, n, words, string_words)) return false;
        for (uint32_t i = 0; i < p->n; i++) pages += pages_of(&p->part[i]);
        uintptr_t at = low_spread(pages);
        if (at && plat_layout() == PLAT_LAYOUT_PLANNED) return plan(p, at);
        if (at) {
            spread_out(p, at, words);
            return true;
        }
        code_parts_free(p);
    }
    p->code = arena_low(words * sizeof *p->code);
    return p->code != NULL;
}

void code_parts_free(struct code_parts *p)
{
    arena_free(p->part);
    arena_free(p->order);
    p->part = NULL;
    p->order = NULL;
}

uint32_t code_part_of(const struct code_parts *p, uint32_t word)
{
    uint32_t low = 0, high = p->n;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (p->part[middle].from <= word)
            low = middle;
        else
            high = middle;
    }
    return low;
}

uint32_t code_parts_moved(const struct code_parts *p, uint32_t word)
{
    if (!p->part) return word;
    const struct code_part *part = &p->part[code_part_of(p, word)];
    return word - part->from + part->to;
}
