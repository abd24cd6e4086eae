/* SPDX-License-Identifier: Apache-2.0 */
/* object.c -- copying objects into tables and out of them. */
#include "ets/object.h"
#include "heap/arena.h"
#include "heap/layout.h"

void *object_make(size_t prefix, term tuple)
{
    const term *from = boxed_words(tuple);
    size_t own = 1 + header_arity(*from), words = own;
    for (size_t i = 1; i < own; i++)
        if (!is_immediate(from[i])) {
            words = copy_words(tuple, false);
            break;
        }
    if (unlikely(words > UINT32_MAX)) return NULL;
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
    memcpy(to, o->tuple, o->words * sizeof(term));
    if (o->words > 1 + object_arity(o))
        relocate(to, to + o->words, (char *)to - (const char *)o->tuple, list);
    return boxed_term(to);
}

term object_copy(const struct object *o, struct heap *h)
{
    return object_copy_to(o, heap_alloc(h, o->words), &h->off_heap);
}
