/* SPDX-License-Identifier: Apache-2.0 */
/* off_heap.c -- counting what terms own outside the heaps, and releasing it. */
#include "heap/off_heap.h"
#include "heap/arena.h"
#include "heap/heap.h"

/* --- blobs ------------------------------------------------------------------------------- */

#define BLOB_BYTES_MAX (SIZE_MAX / 16)

struct blob_totals blob_totals;

struct blob *blob_make_room(size_t bytes, size_t capacity)
{
    if (capacity > BLOB_BYTES_MAX) return NULL;
    struct blob *b = arena_malloc(sizeof *b + capacity);
    if (!b) return NULL;
    b->references = 1;
    b->bytes = bytes;
    b->capacity = capacity;
    blob_totals.count++;
    blob_totals.bytes += capacity;
    return b;
}

struct blob *blob_make(size_t bytes) { return blob_make_room(bytes, bytes); }

struct blob *blob_grow(struct blob *b, size_t capacity)
{
    if (capacity > BLOB_BYTES_MAX) return NULL;
    struct blob *larger = arena_realloc(b, sizeof *b + capacity);
    if (!larger) return NULL;
    blob_totals.bytes += capacity - larger->capacity;
    larger->capacity = capacity;
    return larger;
}

struct blob *blob_of_resource(struct resource *r, size_t bytes)
{
    struct blob *b = blob_make(sizeof r);
    if (!b) return NULL;
    memcpy(b->data, &r, sizeof r);
    b->references |= BLOB_OF_RESOURCE;
    blob_totals.bytes += bytes - b->capacity;
    b->bytes = b->capacity = bytes;
    return b;
}

void blob_drop(struct blob *b)
{
    uint64_t left = --b->references;
    if (left == BLOB_OF_RESOURCE)
        resource_drop(blob_resource(b));
    else if (left != 0)
        return;
    blob_totals.count--;
    blob_totals.bytes -= b->capacity;
    arena_free(b);
}

/* --- resources ----------------------------------------------------------------------------- */

/* All that a magic reference was made to, chained by ids: text or bytes that name such a reference
 * become one again. */
static struct {
    struct resource **chains;
    size_t mask, count;
} known;

static struct resource **chain_of(const uint64_t ids[2])
{
    uint64_t h = (ids[0] ^ ids[1]) * UINT64_C(0x9E3779B97F4A7C15);
    return &known.chains[(h ^ h >> 32) & known.mask];
}

/* A table that cannot grow just gets slower.  false: there is none. */
static bool known_reserve(void)
{
    if (known.chains && known.count <= known.mask) return true;
    size_t old_places = known.chains ? known.mask + 1 : 0,
           places = old_places ? old_places * 2 : 64;
    struct resource **old = known.chains, **fresh = arena_calloc(places * sizeof *fresh);
    if (!fresh) return old != NULL;
    known.chains = fresh;
    known.mask = places - 1;
    for (size_t i = 0; i < old_places; i++)
        for (struct resource *r = old[i], *next; r; r = next) {
            next = r->next_known;
            struct resource **at = chain_of(r->ids);
            r->next_known = *at;
            *at = r;
        }
    arena_free(old);
    return true;
}

static void enter(struct resource *r)
{
    if (!known_reserve()) return;
    struct resource **at = chain_of(r->ids);
    r->next_known = *at;
    *at = r;
    r->known = true;
    known.count++;
}

static void leave(struct resource *r)
{
    struct resource **at = chain_of(r->ids);
    while (*at != r) at = &(*at)->next_known;
    *at = r->next_known;
    r->known = false;
    known.count--;
}

struct resource *resource_find(const uint64_t ids[2])
{
    if (!known.chains) return NULL;
    for (struct resource *r = *chain_of(ids); r; r = r->next_known)
        if (r->ids[0] == ids[0] && r->ids[1] == ids[1]) {
            resource_keep(r);
            return r;
        }
    return NULL;
}

void resource_keep(struct resource *r) { r->references++; }

void resource_drop(struct resource *r)
{
    if (--r->references > 0) return;
    if (r->known) leave(r);
    r->type->release(r);
}

term make_magic_ref(struct heap *h, struct resource *r)
{
    if (!r->known) enter(r);
    term *w = heap_alloc(h, MAGIC_REF_WORDS);
    w[0] = header(4, KIND_REF);
    w[2] = term_of((uintptr_t)r);
    w[3] = term_of(r->ids[0]);
    w[4] = term_of(r->ids[1]);
    off_heap_link(&h->off_heap, w);
    return boxed_term(w);
}

void *resource_of(term t, const struct resource_type *type)
{
    if (!is_magic_ref(t)) return NULL;
    struct resource *r = magic_resource(t);
    return r->type == type ? r : NULL;
}

/* --- the objects in a list -------------------------------------------------------------------- */

static bool is_refc(const term *words) { return header_kind(*words) == KIND_REFC_BINARY; }

void off_heap_keep(const term *words)
{
    if (is_refc(words))
        refc_blob(words)->references++;
    else
        resource_keep(magic_resource(boxed_term(words)));
}

void off_heap_drop(const term *words)
{
    if (is_refc(words))
        blob_drop(refc_blob(words));
    else
        resource_drop(magic_resource(boxed_term(words)));
}

void off_heap_drop_all(struct off_heap *list)
{
    term *w = list->first;
    list->first = NULL; /* a release may look at the list */
    list->bytes = 0;
    while (w) {
        term *next = off_heap_next(w);
        off_heap_drop(w);
        w = next;
    }
}

void off_heap_move(struct off_heap *to, struct off_heap *from)
{
    if (from->first) {
        term *last = from->first;
        while (off_heap_next(last)) last = off_heap_next(last);
        last[1] = term_of((uintptr_t)to->first);
        to->first = from->first;
    }
    to->bytes += from->bytes;
    from->first = NULL;
    from->bytes = 0;
}
