/* SPDX-License-Identifier: Apache-2.0 */
/* export.c -- the table of functions that are known by name.
 *
 * An entry is made when somebody mentions the function (an import, a fun M:F/A, apply) and
 * stays for ever, so code holds pointers to it.  Chained hashing; entries are cut
 * from low slabs, because code refers to them in 32 bits.
 */
#include "code/engine.h"
#include "code/load.h"
#include "heap/buckets.h"
#include "heap/low.h"

enum { SLAB = 64 };

static struct export *slab;
static uint32_t slab_left;

static size_t hash_of(term module, term function, uint32_t arity)
{
    uint64_t h = (module.bits * 0x9e3779b97f4a7c15u ^ function.bits) * 0x9e3779b97f4a7c15u + arity;
    return (size_t)((h * 0x9e3779b97f4a7c15u) >> 32);
}

BUCKETS(, struct export, next, hash_of(item->module, item->function, item->arity), 4096)

struct export *export_find(term module, term function, uint32_t arity)
{
    if (!buckets) return NULL;
    for (struct export *e = buckets[hash_of(module, function, arity) & mask]; e; e = e->next)
        if (term_same(e->module, module) && term_same(e->function, function) && e->arity == arity)
            return e;
    return NULL;
}

struct export *export_get(term module, term function, uint32_t arity)
{
    struct export *e = export_find(module, function, arity);
    if (e) return e;
    if (!reserve()) return NULL;
    if (slab_left == 0) {
        uint32_t n = low_is_single() ? 1 : SLAB;
        slab = low_alloc(LOW_NAMES, n * sizeof *slab);
        if (!slab) return NULL;
        slab_left = n;
    }
    e = slab++;
    slab_left--;
    *e = (struct export){.module = module, .function = function, .arity = arity};
    e->native = native_find(module, function, arity);
    export_forget(e);
    size_t b = hash_of(module, function, arity) & mask;
    e->next = buckets[b];
    buckets[b] = e;
    total++;
    return e;
}

void export_each(void (*each)(struct export *e, void *context), void *context)
{
    for (size_t i = 0; buckets && i <= mask; i++)
        for (struct export *e = buckets[i]; e; e = e->next) each(e, context);
}

void export_define(struct export *e, const code_word *code)
{
    e->code = code;
    e->flags |= EXPORT_DEFINED;
}

void export_forget(struct export *e)
{
    e->flags &= ~(uint32_t)EXPORT_DEFINED;
    if (e->native) e->flags |= EXPORT_DEFINED, e->light = e->native->body;
    engine_export_stub(e);
}
