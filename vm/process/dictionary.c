/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary.c -- see dictionary.h. */
#include "process/dictionary.h"
#include "heap/arena.h"
#include "term/compare.h"
#include "term/hash.h"

#define FIRST_ROOM 8

static uint32_t hash_of(term key)
{
    if (!is_immediate(key)) return term_internal_hash(key, 0);
    uint64_t h = key.bits * UINT64_C(0x9E3779B97F4A7C15);
    return (uint32_t)(h >> 32);
}

/* The cell of the index that refers to the key, or the empty one where it would be. */
static uint32_t cell_of(const struct dictionary *d, term key, uint32_t hash)
{
    uint32_t i = hash & d->mask;
    while (d->index[i]) {
        uint32_t place = d->index[i] - 1;
        if (d->hashes[place] == hash && term_same_value(d->pairs[2 * place], key)) break;
        i = (i + 1) & d->mask;
    }
    return i;
}

term dictionary_get(const struct dictionary *d, term key)
{
    if (!d || !d->room) return NO_VALUE;
    uint32_t cell = cell_of(d, key, hash_of(key));
    return d->index[cell] ? d->pairs[2 * (d->index[cell] - 1) + 1] : NO_VALUE;
}

static void reindex(struct dictionary *d)
{
    memset(d->index, 0, (d->mask + 1) * sizeof *d->index);
    for (uint32_t place = 0; place < d->count; place++) {
        uint32_t i = d->hashes[place] & d->mask;
        while (d->index[i]) i = (i + 1) & d->mask;
        d->index[i] = place + 1;
    }
}

static bool grow(struct dictionary *d)
{
    uint32_t room = d->room ? d->room * 2 : FIRST_ROOM, cells = room * 2;
    term *pairs = arena_malloc(2 * room * sizeof *pairs);
    uint32_t *hashes = arena_malloc(room * sizeof *hashes);
    uint32_t *index = arena_malloc(cells * sizeof *index);
    if (!pairs || !hashes || !index) {
        arena_free(pairs), arena_free(hashes), arena_free(index);
        return false;
    }
    if (d->count) {
        memcpy(pairs, d->pairs, 2 * d->count * sizeof *pairs);
        memcpy(hashes, d->hashes, d->count * sizeof *hashes);
    }
    arena_free(d->pairs), arena_free(d->hashes), arena_free(d->index);
    d->pairs = pairs, d->hashes = hashes, d->index = index;
    d->room = room;
    d->mask = cells - 1;
    reindex(d);
    return true;
}

bool dictionary_put(struct dictionary **at, term key, term value, term *old)
{
    if (!*at && !(*at = arena_calloc(sizeof **at))) return false;
    struct dictionary *d = *at;
    *old = NO_VALUE;
    uint32_t hash = hash_of(key);
    if (d->room) {
        uint32_t cell = cell_of(d, key, hash);
        if (d->index[cell]) {
            term *slot = &d->pairs[2 * (d->index[cell] - 1) + 1];
            *old = *slot;
            *slot = value;
            return true;
        }
    }
    if (d->count == d->room && !grow(d)) return false;
    uint32_t place = d->count++;
    d->pairs[2 * place] = key;
    d->pairs[2 * place + 1] = value;
    d->hashes[place] = hash;
    d->index[cell_of(d, key, hash)] = place + 1;
    return true;
}

/* Empties a cell and closes the gap in its run. */
static void clear_cell(struct dictionary *d, uint32_t hole)
{
    for (uint32_t i = (hole + 1) & d->mask; d->index[i]; i = (i + 1) & d->mask) {
        uint32_t home = d->hashes[d->index[i] - 1] & d->mask;
        if (((i - home) & d->mask) < ((i - hole) & d->mask)) continue;
        d->index[hole] = d->index[i];
        hole = i;
    }
    d->index[hole] = 0;
}

term dictionary_erase(struct dictionary *d, term key)
{
    if (!d || !d->room) return NO_VALUE;
    uint32_t cell = cell_of(d, key, hash_of(key));
    if (!d->index[cell]) return NO_VALUE;
    uint32_t place = d->index[cell] - 1, last = d->count - 1;
    term old = d->pairs[2 * place + 1];
    clear_cell(d, cell);
    if (place != last) { /* the last pair moves into the gap */
        uint32_t i = d->hashes[last] & d->mask;
        while (d->index[i] != last + 1) i = (i + 1) & d->mask;
        d->index[i] = place + 1;
        d->hashes[place] = d->hashes[last];
        d->pairs[2 * place] = d->pairs[2 * last];
        d->pairs[2 * place + 1] = d->pairs[2 * last + 1];
    }
    d->count--;
    return old;
}

void dictionary_free(struct dictionary *d)
{
    if (!d) return;
    arena_free(d->pairs), arena_free(d->hashes), arena_free(d->index);
    arena_free(d);
}

size_t dictionary_bytes(const struct dictionary *d)
{
    return d ? sizeof *d + d->room * (2 * sizeof(term) + 3 * sizeof(uint32_t)) : 0;
}

term dictionary_list(struct heap *h, const struct dictionary *d)
{
    term list = NIL;
    for (uint32_t i = 0; i < dictionary_count(d); i++)
        list = make_cons(h, make_tuple2(h, d->pairs[2 * i], d->pairs[2 * i + 1]), list);
    return list;
}
