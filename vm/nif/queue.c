/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c -- erl_nif.h: lists of binaries as vectors of bytes, and queues of those.
 *
 * Each vector of a queue or of a free-standing ErlNifIOVec has a reference of the blob that its bytes
 * are in.  An ErlNifIOVec that belongs to an environment has none: the list that it was made of is there.
 */
#include "nif/nif.h"
#include "binary/binary.h"
#include "heap/arena.h"

enum { GIVEN = 1 }; /* ErlNifIOVec.flags: the caller's own struct */

/* --- vectors ------------------------------------------------------------------------------------- */

struct slice {
    term first, end;
    size_t vectors, shared, copied; /* bytes */
};

/* The blob that an aligned binary's bytes are in; NULL: they have to be copied. */
static struct blob *blob_of(term binary, struct bits b)
{
    const term *w = boxed_words(binary);
    if (header_kind(*w) == KIND_SUB_BINARY) w = boxed_words(w[1]);
    return bits_aligned(b) && header_kind(*w) == KIND_REFC_BINARY ? refc_blob(w) : NULL;
}

static bool measure(term list, size_t most, struct slice *s)
{
    *s = (struct slice){.first = list};
    for (size_t i = 0; is_cons(list) && (i < most || i == 0); i++, list = tail(list)) {
        if (!is_binary(head(list))) return false;
        struct bits b = binary_bits(head(list));
        if (!b.size) continue;
        *(blob_of(head(list), b) ? &s->shared : &s->copied) += b.size / 8;
        s->vectors++;
    }
    s->end = list;
    return is_list(list);
}

static bool fill(ErlNifEnv *env, const struct slice *s, ErlNifIOVec *v)
{
    struct blob *copies = s->copied ? blob_make(s->copied) : NULL;
    size_t used = 0, i = 0;
    if (s->copied && !copies) return false;
    for (term t = s->first; !term_same(t, s->end); t = tail(t)) {
        struct bits b = binary_bits(head(t));
        if (!b.size) continue;
        struct blob *blob = blob_of(head(t), b);
        uint8_t *bytes = blob ? (uint8_t *)(uintptr_t)bits_pointer(b) : copies->data + used;
        if (!blob) {
            bits_copy(bytes, 0, b.base, b.offset, b.size);
            used += b.size / 8;
            blob = copies;
        }
        v->iov[i] = (SysIOVec){.iov_base = bytes, .iov_len = b.size / 8};
        v->ref_bins[i++] = blob;
        if (!env) blob->references++;
    }
    if (copies && env) binary_of_blob(env->heap, copies);
    if (copies && !env) blob_drop(copies);
    return true;
}

int enif_inspect_iovec(ErlNifEnv *env, size_t most, ERL_NIF_TERM list, ERL_NIF_TERM *rest,
                       ErlNifIOVec **to)
{
    struct slice s;
    ErlNifIOVec *v = *to;
    if (!measure(of_nif(list), most, &s)) return 0;
    if (v && s.vectors < ERL_NIF_IOVEC_SIZE) {
        v->iov = v->small_iov;
        v->ref_bins = v->small_ref_bin;
        v->flags = GIVEN;
    } else {
        size_t bytes = sizeof *v + s.vectors * (sizeof(SysIOVec) + sizeof(void *));
        v = env ? env_block(env, bytes) : arena_malloc(bytes);
        if (!v) return 0;
        v->iov = (SysIOVec *)(v + 1);
        v->ref_bins = (void **)(v->iov + s.vectors);
        v->flags = 0;
    }
    v->iovcnt = (int)s.vectors;
    v->size = s.shared + s.copied;
    if (!fill(env, &s, v)) {
        if (!env && !v->flags) arena_free(v);
        return 0;
    }
    *to = v;
    *rest = to_nif(s.end);
    return 1;
}

void enif_free_iovec(ErlNifIOVec *v)
{
    for (int i = 0; i < v->iovcnt; i++)
        if (v->ref_bins[i]) blob_drop(v->ref_bins[i]);
    if (!(v->flags & GIVEN)) arena_free(v);
}

/* --- queues ---------------------------------------------------------------------------------------- */

/* The vectors [first, end) of two arrays. */
struct erts_io_queue {
    SysIOVec *vectors;
    struct blob **blobs;
    size_t first, end, room, size;
};

ErlNifIOQueue *enif_ioq_create(ErlNifIOQueueOpts options)
{
    return options == ERL_NIF_IOQ_NORMAL ? arena_calloc(sizeof(ErlNifIOQueue)) : NULL;
}

void enif_ioq_destroy(ErlNifIOQueue *q)
{
    for (size_t i = q->first; i < q->end; i++) blob_drop(q->blobs[i]);
    arena_free(q->vectors);
    arena_free(q->blobs);
    arena_free(q);
}

static bool make_room(ErlNifIOQueue *q, size_t more)
{
    size_t used = q->end - q->first;
    if (q->end + more <= q->room) return true;
    if (used + more > q->room / 2) {
        size_t room = (used + more) * 2 + 8;
        SysIOVec *vectors = arena_realloc(q->vectors, room * sizeof *vectors);
        if (vectors) q->vectors = vectors;
        struct blob **blobs = arena_realloc(q->blobs, room * sizeof *blobs);
        if (blobs) q->blobs = blobs;
        if (!vectors || !blobs) return false;
        q->room = room;
    }
    if (used) {
        memmove(q->vectors, q->vectors + q->first, used * sizeof *q->vectors);
        memmove(q->blobs, q->blobs + q->first, used * sizeof *q->blobs);
    }
    q->first = 0;
    q->end = used;
    return true;
}

static bool add(ErlNifIOQueue *q, uint8_t *bytes, size_t n, struct blob *blob)
{
    if (blob) {
        blob->references++;
    } else {
        blob = blob_make(n);
        if (!blob) return false;
        memcpy(blob->data, bytes, n);
        bytes = blob->data;
    }
    q->vectors[q->end] = (SysIOVec){.iov_base = bytes, .iov_len = n};
    q->blobs[q->end++] = blob;
    q->size += n;
    return true;
}

int enif_ioq_enqv(ErlNifIOQueue *q, ErlNifIOVec *v, size_t skip)
{
    if (skip > v->size || !make_room(q, (size_t)v->iovcnt)) return 0;
    for (int i = 0; i < v->iovcnt; i++) {
        size_t n = v->iov[i].iov_len, from = skip < n ? skip : n;
        skip -= from;
        if (from < n && !add(q, (uint8_t *)v->iov[i].iov_base + from, n - from, v->ref_bins[i]))
            return 0;
    }
    return 1;
}

/* The binary is the queue's afterwards, whatever comes of it. */
int enif_ioq_enq_binary(ErlNifIOQueue *q, ErlNifBinary *bin, size_t skip)
{
    int ok = skip <= bin->size && make_room(q, 1) &&
             (skip == bin->size || add(q, bin->data + skip, bin->size - skip, bin->ref_bin));
    enif_release_binary(bin);
    return ok;
}

size_t enif_ioq_size(ErlNifIOQueue *q) { return q->size; }

int enif_ioq_deq(ErlNifIOQueue *q, size_t count, size_t *size)
{
    if (count > q->size) return 0;
    q->size -= count;
    while (count) {
        SysIOVec *v = &q->vectors[q->first];
        if (count < v->iov_len) {
            v->iov_base = (uint8_t *)v->iov_base + count;
            v->iov_len -= count;
            break;
        }
        count -= v->iov_len;
        blob_drop(q->blobs[q->first++]);
    }
    if (size) *size = q->size;
    return 1;
}

SysIOVec *enif_ioq_peek(ErlNifIOQueue *q, int *count)
{
    *count = (int)(q->end - q->first);
    return *count ? q->vectors + q->first : NULL;
}

int enif_ioq_peek_head(ErlNifEnv *env, ErlNifIOQueue *q, size_t *size, ERL_NIF_TERM *to)
{
    if (!q->size) return 0;
    const SysIOVec *v = &q->vectors[q->first];
    struct blob *blob = q->blobs[q->first];
    if (size) *size = v->iov_len;
    term made;
    if (v->iov_len <= HEAP_BINARY_LIMIT) {
        made = binary_make(env->heap, v->iov_base, v->iov_len);
    } else {
        blob->references++;
        made = binary_of_blob_part(env->heap, blob, (size_t)((uint8_t *)v->iov_base - blob->data),
                                   v->iov_len);
    }
    *to = to_nif(made);
    return 1;
}
