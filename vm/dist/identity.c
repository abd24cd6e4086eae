/* SPDX-License-Identifier: Apache-2.0 */
/* identity.c -- see identity.h. */
#include "dist/identity.h"
#include "heap/buckets.h"

struct distant {
    struct distant *next;
    uint64_t references;
    term words[EXTERNAL_ID_WORDS];
};

static size_t hash(const term *words)
{
    uint64_t h = (words[1].bits ^ words[2].bits * 3) * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(h ^ h >> 29);
}

BUCKETS(distant_, struct distant, next, hash(item->words), 64)

static struct distant **at(term pid)
{
    const term *words = boxed_words(pid);
    struct distant **d = &distant_buckets[hash(words) & distant_mask];
    while (*d && memcmp((*d)->words, words, sizeof(*d)->words) != 0) d = &(*d)->next;
    return d;
}

term distant_keep(term pid)
{
    if (!distant_reserve()) return NO_VALUE;
    struct distant **where = at(pid), *d = *where;
    if (!d) {
        d = arena_malloc(sizeof *d);
        if (!d) return NO_VALUE;
        *d = (struct distant){0};
        memcpy(d->words, boxed_words(pid), sizeof d->words);
        *where = d;
        distant_total++;
    }
    d->references++;
    return boxed_term(d->words);
}

term distant_find(term pid)
{
    struct distant *d = distant_buckets ? *at(pid) : NULL;
    return d ? boxed_term(d->words) : NO_VALUE;
}

void distant_drop(term pid)
{
    struct distant **where = at(pid), *d = *where;
    if (--d->references) return;
    *where = d->next;
    distant_total--;
    arena_free(d);
}
