/* SPDX-License-Identifier: Apache-2.0 */
/* fun.c -- the table of lambdas: what a fun of a module refers to.
 *
 * The key is module, index and uniq (the sum of the module), so a fun that was made by one
 * version of a module never runs the code of another.  Entries stay for ever.
 */
#include "code/load.h"
#include "heap/buckets.h"
#include "heap/low.h"

enum { SLAB = 64 };

static struct fun_entry *slab;
static uint32_t slab_left;

static size_t hash_of(term module, uint32_t index, const uint8_t uniq[16])
{
    uint64_t u;
    memcpy(&u, uniq, sizeof u);
    uint64_t h = (module.bits ^ u) * 0x9e3779b97f4a7c15u + index;
    return (size_t)((h * 0x9e3779b97f4a7c15u) >> 32);
}

BUCKETS(, struct fun_entry, next, hash_of(item->module, item->index, item->uniq), 1024)

struct fun_entry *fun_entry_get(term module, uint32_t old_uniq, uint32_t index,
                                const uint8_t uniq[16], uint32_t arity)
{
    if (!reserve()) return NULL;
    size_t b = hash_of(module, index, uniq) & mask;
    for (struct fun_entry *e = buckets[b]; e; e = e->next)
        if (term_same(e->module, module) && e->index == index && e->arity == arity &&
            e->old_uniq == old_uniq && memcmp(e->uniq, uniq, 16) == 0)
            return e;
    if (slab_left == 0) {
        uint32_t n = low_is_single() ? 1 : SLAB;
        slab = low_alloc(LOW_NAMES, n * sizeof *slab);
        if (!slab) return NULL;
        slab_left = n;
    }
    struct fun_entry *e = slab++;
    slab_left--;
    *e = (struct fun_entry){.module = module,
                            .old_index = index,
                            .old_uniq = old_uniq,
                            .index = index,
                            .arity = arity,
                            .name = NIL,
                            .next = buckets[b]};
    memcpy(e->uniq, uniq, 16);
    buckets[b] = e;
    total++;
    return e;
}
