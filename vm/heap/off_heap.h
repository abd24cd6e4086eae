/* SPDX-License-Identifier: Apache-2.0 */
/* off_heap.h -- terms that own something outside the heap, and how it is released.
 *
 * Two kinds of boxed object do: refc binaries (a counted blob of bytes) and magic
 * references (a counted resource: an ETS table, an atomics array, a native handle).
 * Each is linked into its heap's off_heap list through its second word (`next`).  When
 * a collection leaves it behind, its reference is dropped, and the last drop releases.
 */
#ifndef VM_OFF_HEAP_H
#define VM_OFF_HEAP_H

#include "term/term.h"

struct off_heap {
    term *first;  /* boxed words of the newest object; chained through words[1] */
    size_t bytes; /* of refc binaries created since the last collection: asks for one */
    size_t limit; /* ... when it passes this */
};

/* Bytes outside the heaps, shared by counting. */
struct blob {
    uint64_t references;
    size_t bytes;    /* in use */
    size_t capacity; /* room: at least bytes; more in one that is appended to */
    uint8_t data[];
};

/* A counted native object behind a magic reference.  Embed it first in a struct. */
struct resource_type {
    const char *name;
    void (*release)(void *resource); /* the last reference is gone: free it */
    /* A process that it watches has ended (process/relation.h); NULL: it watches none. */
    void (*down)(void *resource, term pid, const uint64_t ids[2]);
};
struct resource {
    uint64_t references;
    const struct resource_type *type;
    uint64_t ids[2];             /* of the reference that names it: the same in every copy */
    struct resource *next_known; /* off_heap.c: found by its ids */
    bool known;
};

/* Links a fresh boxed object (its header, payload and `next` word are in place after this). */
static inline void off_heap_link(struct off_heap *list, term *words)
{
    words[1] = term_of((uintptr_t)list->first);
    list->first = words;
}
static inline term *off_heap_next(const term *words) { return (term *)(uintptr_t)words[1].bits; }

/* True for headers of objects that are in such a list. */
static inline bool is_off_heap_header(term h)
{
    return h.bits == header(4, KIND_REFC_BINARY).bits || h.bits == header(4, KIND_REF).bits;
}

/* One more / one fewer reference to what the object at `words` owns. */
void off_heap_keep(const term *words);
void off_heap_drop(const term *words);
/* Drops every object of the list and empties it. */
void off_heap_drop_all(struct off_heap *list);
/* Appends all of `from` to `to` and empties `from`. */
void off_heap_move(struct off_heap *to, struct off_heap *from);

/* Added to the references of a blob whose bytes are a resource's, anywhere: data holds its address, and
 * the last drop of the blob drops it.  It never has one reference, so nobody writes to it. */
#define BLOB_OF_RESOURCE (UINT64_C(1) << 63)
/* Takes over a reference of the resource; NULL: no memory, nothing is taken. */
struct blob *blob_of_resource(struct resource *r, size_t bytes);
static inline struct resource *blob_resource(const struct blob *b)
{
    if (!(b->references & BLOB_OF_RESOURCE)) return NULL;
    struct resource *r;
    memcpy(&r, b->data, sizeof r);
    return r;
}

/* All blobs there are, and their room. */
extern struct blob_totals {
    size_t count, bytes;
} blob_totals;

/* NULL when there is no memory; one reference, contents not set. */
struct blob *blob_make(size_t bytes);
/* The same with room for `capacity` bytes, of which `bytes` are in use. */
struct blob *blob_make_room(size_t bytes, size_t capacity);
/* More room; the one reference is the caller's and the old pointer is gone.  NULL: nothing changed. */
struct blob *blob_grow(struct blob *b, size_t capacity);
void blob_drop(struct blob *b);

void resource_keep(struct resource *r);
void resource_drop(struct resource *r);
/* The living one that has, or had, a magic reference with these ids, one reference taken; NULL: none. */
struct resource *resource_find(const uint64_t ids[2]);

static inline struct blob *refc_blob(const term *words)
{
    return (struct blob *)(uintptr_t)words[2].bits;
}
static inline struct resource *magic_resource(term ref)
{
    return (struct resource *)(uintptr_t)boxed_words(ref)[2].bits;
}

struct heap;
/* A magic reference to `r`; takes over one reference of the caller's. */
term make_magic_ref(struct heap *h, struct resource *r);
/* The resource, when `t` is a magic reference of this type; else NULL. */
void *resource_of(term t, const struct resource_type *type);

#endif
