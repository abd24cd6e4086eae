/* SPDX-License-Identifier: Apache-2.0 */
/* prim_buffer.c -- bodies for prim_buffer.def: a byte queue behind a magic reference. */
#include "bif/bif.h"
#include "big/big.h"
#include "binary/byte_queue.h"
#include "heap/arena.h"

#define BYTES_PER_REDUCTION 512

struct buffer {
    struct resource resource;
    struct byte_queue queue;
    bool locked;
};

static void release(void *resource)
{
    struct buffer *b = resource;
    byte_queue_clear(&b->queue);
    arena_free(b);
}

static const struct resource_type buffer_type = {.name = "prim_buffer", .release = release};

term bif_prim_buffer_new_0(struct process *p, const term *arg)
{
    (void)arg;
    struct buffer *b = arena_calloc(sizeof *b);
    if (!b) return raise(p, ATOM(out_of_memory));
    b->resource.references = 1;
    b->resource.type = &buffer_type;
    ref_new_ids(b->resource.ids);
    return make_magic_ref(&p->heap, &b->resource);
}

term bif_prim_buffer_size_1(struct process *p, const term *arg)
{
    struct buffer *b = resource_of(arg[0], &buffer_type);
    return b ? make_unsigned(&p->heap, b->queue.size) : raise_badarg(p);
}

term bif_prim_buffer_peek_head_1(struct process *p, const term *arg)
{
    struct buffer *b = resource_of(arg[0], &buffer_type);
    if (!b || !b->queue.first) return raise_badarg(p);
    struct byte_chunk *c = b->queue.first;
    if (c->size <= HEAP_BINARY_LIMIT)
        return binary_make(&p->heap, c->blob->data + c->from, c->size);
    c->blob->references++;
    return binary_of_blob_part(&p->heap, c->blob, c->from, c->size);
}

term bif_prim_buffer_copying_read_2(struct process *p, const term *arg)
{
    struct buffer *b = resource_of(arg[0], &buffer_type);
    uint64_t n;
    term result;
    if (!b || !integer_to_uint64(arg[1], &n) || n > b->queue.size) return raise_badarg(p);
    uint8_t *to = binary_new(&p->heap, n, &result);
    if (!to) return raise(p, ATOM(out_of_memory));
    byte_queue_copy(&b->queue, to, n);
    byte_queue_skip(&b->queue, n);
    bump(p, (int64_t)(n / BYTES_PER_REDUCTION));
    return result;
}

term bif_prim_buffer_write_2(struct process *p, const term *arg)
{
    struct buffer *b = resource_of(arg[0], &buffer_type);
    if (!b || !is_binary_list(arg[1])) return raise_badarg(p);
    if (!byte_queue_add_list(&b->queue, arg[1])) return raise(p, ATOM(out_of_memory));
    return ATOM(ok);
}

term bif_prim_buffer_skip_2(struct process *p, const term *arg)
{
    struct buffer *b = resource_of(arg[0], &buffer_type);
    uint64_t n;
    if (!b || !integer_to_uint64(arg[1], &n) || n > b->queue.size) return raise_badarg(p);
    byte_queue_skip(&b->queue, n);
    return ATOM(ok);
}

term bif_prim_buffer_find_byte_index_2(struct process *p, const term *arg)
{
    struct buffer *b = resource_of(arg[0], &buffer_type);
    if (!b || !is_small(arg[1]) || (uint64_t)small_value(arg[1]) > 255) return raise_badarg(p);
    size_t before = 0;
    bump(p, (int64_t)(b->queue.size / BYTES_PER_REDUCTION));
    for (struct byte_chunk *c = b->queue.first; c; c = c->next) {
        const uint8_t *from = c->blob->data + c->from;
        const uint8_t *hit = memchr(from, (int)small_value(arg[1]), c->size);
        if (hit) {
            size_t at = before + (size_t)(hit - from);
            return make_tuple2(&p->heap, ATOM(ok), make_unsigned(&p->heap, at));
        }
        before += c->size;
    }
    return ATOM(not_found);
}

term bif_prim_buffer_try_lock_1(struct process *p, const term *arg)
{
    struct buffer *b = resource_of(arg[0], &buffer_type);
    if (!b) return raise_badarg(p);
    if (b->locked) return ATOM(busy);
    b->locked = true;
    return ATOM(acquired);
}

term bif_prim_buffer_unlock_1(struct process *p, const term *arg)
{
    struct buffer *b = resource_of(arg[0], &buffer_type);
    if (!b) return raise_badarg(p);
    if (!b->locked) return raise(p, ATOM(lock_order_violation));
    b->locked = false;
    return ATOM(ok);
}
