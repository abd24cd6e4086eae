/* SPDX-License-Identifier: Apache-2.0 */
/* byte_queue.c -- bytes that wait. */
#include "binary/byte_queue.h"
#include "heap/arena.h"

#define SHARED_LEAST 512  /* from this size on a binary's blob is shared */
#define JOINED_ROOM  2048 /* of a blob that small ones are collected in */

bool is_binary_list(term t)
{
    for (; is_cons(t); t = tail(t))
        if (!is_binary(head(t))) return false;
    return is_nil(t);
}

static struct byte_chunk *add_chunk(struct byte_queue *q, struct blob *blob, size_t from,
                                    size_t size)
{
    struct byte_chunk *c = arena_malloc(sizeof *c);
    if (!c) return NULL;
    *c = (struct byte_chunk){.blob = blob, .from = from, .size = size};
    if (q->last)
        q->last->next = c;
    else
        q->first = c;
    q->last = c;
    return c;
}

/* The last chunk, when n more bytes fit behind it and nobody else looks at its blob. */
static struct byte_chunk *chunk_with_room(struct byte_queue *q, size_t n)
{
    struct byte_chunk *c = q->last;
    if (!c || c->blob->references != 1) return NULL;
    return c->blob->capacity - c->blob->bytes >= n && c->from + c->size == c->blob->bytes ? c
                                                                                          : NULL;
}

static bool add_copy(struct byte_queue *q, struct bits b)
{
    size_t n = b.size / 8;
    struct byte_chunk *c = chunk_with_room(q, n);
    if (!c) {
        struct blob *blob = blob_make_room(0, n < JOINED_ROOM / 2 ? JOINED_ROOM : n);
        if (!blob) return false;
        c = add_chunk(q, blob, 0, 0);
        if (!c) {
            blob_drop(blob);
            return false;
        }
    }
    bits_copy(c->blob->data, c->blob->bytes * 8, b.base, b.offset, b.size);
    c->blob->bytes += n;
    c->size += n;
    q->size += n;
    return true;
}

bool byte_queue_add(struct byte_queue *q, term binary)
{
    struct bits b = binary_bits(binary);
    if (b.size == 0) return true;
    term *w = boxed_words(binary);
    if (header_kind(*w) == KIND_SUB_BINARY) w = boxed_words(w[1]);
    bool can_share = header_kind(*w) == KIND_REFC_BINARY && bits_aligned(b);
    if (!can_share || b.size / 8 < SHARED_LEAST) return add_copy(q, b);
    struct blob *blob = refc_blob(w);
    if (!add_chunk(q, blob, (size_t)(bits_pointer(b) - blob->data), b.size / 8)) return false;
    blob->references++;
    q->size += b.size / 8;
    return true;
}

bool byte_queue_add_list(struct byte_queue *q, term binaries)
{
    for (; is_cons(binaries); binaries = tail(binaries))
        if (!byte_queue_add(q, head(binaries))) return false;
    return true;
}

void byte_queue_copy(const struct byte_queue *q, uint8_t *to, size_t n)
{
    for (const struct byte_chunk *c = q->first; n; c = c->next) {
        size_t step = c->size < n ? c->size : n;
        memcpy(to, c->blob->data + c->from, step);
        to += step, n -= step;
    }
}

void byte_queue_skip(struct byte_queue *q, size_t n)
{
    q->size -= n;
    while (n) {
        struct byte_chunk *c = q->first;
        if (n < c->size) {
            c->from += n;
            c->size -= n;
            return;
        }
        n -= c->size;
        q->first = c->next;
        if (!q->first) q->last = NULL;
        blob_drop(c->blob);
        arena_free(c);
    }
}

void byte_queue_clear(struct byte_queue *q) { byte_queue_skip(q, q->size); }
