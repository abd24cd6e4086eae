/* SPDX-License-Identifier: Apache-2.0 */
/* object.c -- copying objects into tables and out of them. */
#include "ets/object.h"
#include "platform/platform.h"
#include "heap/arena.h"
#include "heap/layout.h"
#include "ets/packed.h"

/* Is there anything but immediates behind the key? */
static bool is_flat(const term *from, size_t own, size_t key)
{
    for (size_t i = 1; i < own; i++)
        if (!is_immediate(from[i]) && i != key) return false;
    return true;
}

void *object_make(size_t prefix, term tuple, uint32_t packed_key)
{
    const term *from = boxed_words(tuple);
    size_t own = 1 + header_arity(*from), words = own;
    bool plain;
    if (packed_key && !is_flat(from, own, packed_key)) {
        void *packed = packed_make(prefix, tuple, packed_key, &plain);
        if (!plain) return packed;
    }
    if (!is_flat(from, own, 0)) words = copy_words(tuple, false);
    if (unlikely(words >= OBJECT_PACKED)) return NULL;
    char *block = arena_malloc(prefix + sizeof(struct object) + words * sizeof(term));
    if (unlikely(!block)) return NULL;
    struct object *o = (struct object *)(void *)(block + prefix);
    o->off_heap = NULL;
    o->words = (uint32_t)words;
    if (words == own) {
        memcpy(o->tuple, from, words * sizeof(term));
    } else {
        struct off_heap list = {0};
        term *to = o->tuple;
        copy_term(tuple, &to, &list, false);
        o->off_heap = list.first;
    }
    return block;
}

void object_free(struct object *o, size_t prefix)
{
    if (o->off_heap) {
        struct off_heap list = {.first = o->off_heap};
        off_heap_drop_all(&list);
    }
    arena_free((char *)o - prefix);
}

static inline void move(term *slot, ptrdiff_t by)
{
    if (!is_immediate(*slot) && !is_header(*slot)) slot->bits += (uint64_t)by;
}

/* Everything that pointed into the block now points into the copy, which is `by` bytes further. */
static void relocate(term *at, const term *end, ptrdiff_t by, struct off_heap *list)
{
    while (at < end) {
        if (!is_header(*at)) {
            move(at++, by);
            continue;
        }
        if (is_off_heap_header(*at)) {
            off_heap_keep(at);
            off_heap_link(list, at);
            if (header_kind(*at) == KIND_REFC_BINARY) list->bytes += at[4].bits;
        }
        term *lone, *next = layout_after_header(at, &lone);
        if (lone) move(lone, by);
        at = next;
    }
}

term object_copy_to(const struct object *o, term *to, struct off_heap *list)
{
    if (object_is_packed(o)) return packed_copy_to(o, to, list);
    memcpy(to, o->tuple, o->words * sizeof(term));
    if (o->words > 1 + object_arity(o))
        relocate(to, to + o->words, (char *)to - (const char *)o->tuple, list);
    return boxed_term(to);
}

term object_copy(const struct object *o, struct heap *h)
{
    return object_copy_to(o, heap_alloc(h, object_words(o)), &h->off_heap);
}

term object_element(const struct object *o, size_t position, struct heap *h)
{
    term t = o->tuple[position];
    if (is_immediate(t)) return t;
    if (!object_is_packed(o)) return copy_to_heap(t, h);
    term *to = heap_alloc(h, packed_element_words(o, position));
    return packed_element(o, position, to, &h->off_heap);
}

size_t object_bytes(const struct object *o)
{
    if (object_is_packed(o)) return (packed_bytes(o) + 7) & ~(size_t)7;
    return sizeof *o + o->words * sizeof(term);
}

#define SCRATCH_KEPT (64 * 1024)
static struct object *scratch;
static size_t scratch_room;

/* As for a work list (term/work.h): who compares or matches can neither fail nor wait. */
static void need_scratch(size_t bytes)
{
    if (scratch_room >= bytes && (scratch_room <= SCRATCH_KEPT || bytes > SCRATCH_KEPT)) return;
    arena_free(scratch);
    scratch_room = bytes < SCRATCH_KEPT / 8 ? SCRATCH_KEPT / 8 : bytes;
    scratch = arena_malloc(scratch_room);
    if (!scratch)
        plat_panic(__FILE__, __LINE__, "out of memory for an object of a compressed table");
}

const struct object *object_plain(const struct object *o)
{
    if (!object_is_packed(o)) return o;
    need_scratch(sizeof *o + object_words(o) * sizeof(term));
    struct off_heap owned = {0};
    packed_copy_to(o, scratch->tuple, &owned);
    off_heap_drop_all(&owned); /* the packed one still owns it */
    scratch->off_heap = NULL;
    scratch->words = (uint32_t)object_words(o);
    return scratch;
}
