/* SPDX-License-Identifier: Apache-2.0 */
/* zlib.c -- bodies for zlib.def: streams of the zlib library behind magic references.
 *
 * Input waits in a byte queue; deflate_nif and inflate_nif each take one step over it.
 * Only the controlling process may use a stream.
 */
#include "bif/bif.h"
#include "bif/binary_part.h"
#include "big/big.h"
#include "binary/byte_queue.h"
#include "heap/arena.h"

#include <zlib.h>

#define BYTES_PER_REDUCTION 64
#define DICTIONARY_MAX      32768
#define OUTPUT_CHUNK_MAX    (64 << 20)

enum stream_state { STREAM_NONE, STREAM_DEFLATE, STREAM_INFLATE, STREAM_CLOSED };
enum after_end { AFTER_END_ERROR, AFTER_END_RESET, AFTER_END_CUT }; /* as zlib.erl numbers them */

struct stream {
    struct resource resource;
    z_stream z;
    enum stream_state state;
    enum after_end after_end;
    bool is_raw, end_seen;
    uLong plain_crc; /* of plain text; kept for raw streams only */
    struct byte_queue input;
    term controller;
    bool has_stash;
    term stash;
    struct fragment *stash_memory; /* NULL when the stash is an immediate */
    int chunk_buffer_size;
};

static voidpf allocate(voidpf opaque, uInt items, uInt size)
{
    (void)opaque;
    return arena_malloc((size_t)items * size);
}

static void give_back(voidpf opaque, voidpf block)
{
    (void)opaque;
    arena_free(block);
}

static void drop_stash(struct stream *s)
{
    if (s->stash_memory) fragment_free(s->stash_memory);
    s->stash_memory = NULL;
    s->has_stash = false;
}

static void close_stream(struct stream *s)
{
    if (s->state == STREAM_DEFLATE) deflateEnd(&s->z);
    if (s->state == STREAM_INFLATE) inflateEnd(&s->z);
    drop_stash(s);
    s->state = STREAM_CLOSED;
}

static void release(void *resource)
{
    struct stream *s = resource;
    close_stream(s);
    byte_queue_clear(&s->input);
    arena_free(s);
}

static const struct resource_type stream_type = {.name = "zlib stream", .release = release};

/* --- answers ------------------------------------------------------------------------------- */

static term answer(struct process *p, int code)
{
    switch (code) {
    case Z_OK: return ATOM(ok);
    case Z_STREAM_END: return ATOM(stream_end);
    case Z_STREAM_ERROR: return raise(p, ATOM(stream_error));
    case Z_DATA_ERROR: return raise(p, ATOM(data_error));
    case Z_MEM_ERROR: return ATOM(mem_error);
    case Z_BUF_ERROR: return ATOM(buf_error);
    case Z_VERSION_ERROR: return ATOM(version_error);
    default: return ATOM(unknown_error);
    }
}

/* The caller's stream, in this state (STREAM_NONE: any); NULL: raised. */
static struct stream *own_stream(struct process *p, term t, enum stream_state state)
{
    struct stream *s = resource_of(t, &stream_type);
    if (!s) {
        raise_badarg(p);
    } else if (!term_same(s->controller, p->pid)) {
        raise(p, ATOM(not_on_controlling_process));
    } else if (state != STREAM_NONE && s->state != state) {
        raise(p, ATOM(not_initialized));
    } else {
        return s;
    }
    return NULL;
}

/* `count` integers from arg[1] on; false: badarg raised.  A wrong reference is badarg first. */
static bool read_ints(struct process *p, const term *arg, unsigned count, int *out)
{
    for (unsigned i = 0; i < count; i++) {
        term t = arg[1 + i];
        if (!is_small(t) || small_value(t) < INT32_MIN || small_value(t) > INT32_MAX)
            return raise_badarg(p), false;
        out[i] = (int)small_value(t);
    }
    return true;
}

static void reset_input(struct stream *s)
{
    byte_queue_clear(&s->input);
    drop_stash(s);
}

/* --- open, close, controller ------------------------------------------------------------------- */

term bif_zlib_open_nif_0(struct process *p, const term *arg)
{
    (void)arg;
    struct stream *s = arena_calloc(sizeof *s);
    if (!s) return raise(p, ATOM(system_limit));
    s->resource.references = 1;
    s->resource.type = &stream_type;
    ref_new_ids(s->resource.ids);
    s->z.zalloc = allocate;
    s->z.zfree = give_back;
    s->z.data_type = Z_BINARY;
    s->after_end = AFTER_END_CUT;
    s->controller = p->pid;
    s->chunk_buffer_size = 4000;
    return make_magic_ref(&p->heap, &s->resource);
}

term bif_zlib_close_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    if (s->state == STREAM_CLOSED) return raise(p, ATOM(not_initialized));
    close_stream(s);
    return ATOM(ok);
}

term bif_zlib_set_controller_nif_2(struct process *p, const term *arg)
{
    if (!is_local_pid(arg[1])) return raise_badarg(p);
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    s->controller = arg[1];
    return ATOM(ok);
}

/* --- the step that both directions share ----------------------------------------------------------- */

struct step {
    size_t consumed, produced;
    int code;
};

/* Runs input through the codec until a limit is met.  The output room is all ours. */
static struct step run(struct stream *s, int (*codec)(z_stream *, int), size_t limit, uint8_t *room,
                       size_t room_bytes, int flush)
{
    struct step r = {.code = Z_OK};
    s->z.next_out = room;
    s->z.avail_out = (uInt)room_bytes;
    for (struct byte_chunk *c = s->input.first; c && r.code == Z_OK && r.consumed < limit;
         c = c->next) {
        size_t n = c->size < limit ? c->size : limit;
        s->z.next_in = c->blob->data + c->from;
        s->z.avail_in = (uInt)n;
        r.code = codec(&s->z, Z_NO_FLUSH);
        size_t taken = n - s->z.avail_in;
        if (s->is_raw && s->state == STREAM_DEFLATE)
            s->plain_crc = crc32_z(s->plain_crc, c->blob->data + c->from, taken);
        r.consumed += taken;
        if (taken < c->size) break;
    }
    byte_queue_skip(&s->input, r.consumed);
    /* At the end of input the codec is flushed, also when asked not to: output may be waiting. */
    if (r.code == Z_OK && s->input.size == 0 && s->z.avail_out > 0) {
        s->z.next_in = NULL;
        s->z.avail_in = 0;
        r.code = codec(&s->z, flush);
    }
    r.produced = room_bytes - s->z.avail_out;
    return r;
}

static term step(struct process *p, struct stream *s, int (*codec)(z_stream *, int),
                 const int *sizes)
{
    if (sizes[0] < 0 || sizes[1] < 0 || sizes[1] > OUTPUT_CHUNK_MAX) return raise_badarg(p);
    size_t room = (size_t)sizes[1];
    uint8_t *output = arena_malloc(room ? room : 1);
    if (!output) return answer(p, Z_MEM_ERROR);
    struct step r = run(s, codec, (size_t)sizes[0], output, room, sizes[2]);
    bump(p, (int64_t)((r.consumed + r.produced) / BYTES_PER_REDUCTION));
    bool failed = r.code < 0 && r.code != Z_BUF_ERROR;
    bool stuck = r.consumed == 0 && r.produced == 0 && s->input.size != 0;
    if (failed || stuck) {
        arena_free(output);
        return answer(p, failed ? r.code : Z_DATA_ERROR);
    }
    if (r.code == Z_STREAM_END) s->end_seen = true;
    if (s->is_raw && s->state == STREAM_INFLATE)
        s->plain_crc = crc32_z(s->plain_crc, output, r.produced);
    term list = NIL;
    if (r.produced) {
        term binary = binary_make(&p->heap, output, r.produced);
        if (is_value(binary)) list = make_cons(&p->heap, binary, NIL);
    }
    arena_free(output);
    if (r.produced && is_nil(list)) return raise(p, ATOM(system_limit));
    if (s->input.size == 0 && r.produced < room) return make_tuple2(&p->heap, ATOM(finished), list);
    if (r.code != Z_NEED_DICT) return make_tuple2(&p->heap, ATOM(continue), list);
    return make_tuple3(&p->heap, ATOM(need_dictionary), small((int32_t)s->z.adler), list);
}

term bif_zlib_enqueue_nif_2(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    if (s->state != STREAM_DEFLATE && s->state != STREAM_INFLATE)
        return raise(p, ATOM(not_initialized));
    if (!is_binary_list(arg[1])) return raise_badarg(p);
    if (!byte_queue_add_list(&s->input, arg[1])) return raise(p, ATOM(system_limit));
    return ATOM(ok);
}

/* --- deflate ------------------------------------------------------------------------------------------ */

static void begin(struct stream *s, enum stream_state state, int window_bits)
{
    s->state = state;
    s->end_seen = false;
    s->is_raw = window_bits < 0;
    s->plain_crc = 0;
}

term bif_zlib_deflateInit_nif_6(struct process *p, const term *arg)
{
    int n[5];
    if (!resource_of(arg[0], &stream_type) || !read_ints(p, arg, 5, n)) return raise_badarg(p);
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    if (s->state != STREAM_NONE) return raise(p, ATOM(already_initialized));
    int code = deflateInit2(&s->z, n[0], n[1], n[2], n[3], n[4]);
    if (code == Z_OK) begin(s, STREAM_DEFLATE, n[2]);
    return answer(p, code);
}

/* The dictionary as bytes in *block, for arena_free(); false: raised. */
static bool read_dictionary(struct process *p, const term *arg, uint8_t **block, size_t *n)
{
    if (!resource_of(arg[0], &stream_type)) return raise_badarg(p), false;
    enum iodata_result r = iodata_to_block(arg[1], 0, block, n);
    if (r != IODATA_OK) return raise_iodata(p, r), false;
    return true;
}

term bif_zlib_deflateSetDictionary_nif_2(struct process *p, const term *arg)
{
    uint8_t *bytes;
    size_t n;
    if (!read_dictionary(p, arg, &bytes, &n)) return NO_VALUE;
    struct stream *s = own_stream(p, arg[0], STREAM_DEFLATE);
    term result = NO_VALUE;
    if (s) {
        int code = deflateSetDictionary(&s->z, bytes, (uInt)n);
        uLong sum = s->is_raw ? adler32_z(0, bytes, n) : s->z.adler;
        result = code == Z_OK ? small((int32_t)sum) : answer(p, code);
    }
    arena_free(bytes);
    return result;
}

term bif_zlib_deflateReset_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_DEFLATE);
    if (!s) return NO_VALUE;
    int code = deflateReset(&s->z);
    s->plain_crc = 0;
    s->end_seen = false;
    reset_input(s);
    return answer(p, code);
}

term bif_zlib_deflateEnd_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_DEFLATE);
    if (!s) return NO_VALUE;
    int code = deflateEnd(&s->z);
    if (code == Z_OK && s->input.size > 0) code = Z_DATA_ERROR;
    reset_input(s);
    s->state = STREAM_NONE;
    return answer(p, code);
}

/* zlib.erl has flushed the stream before, so no output comes of this; a byte of room shows if any did. */
term bif_zlib_deflateParams_nif_3(struct process *p, const term *arg)
{
    int n[2];
    Bytef byte;
    if (!resource_of(arg[0], &stream_type) || !read_ints(p, arg, 2, n)) return raise_badarg(p);
    struct stream *s = own_stream(p, arg[0], STREAM_DEFLATE);
    if (!s) return NO_VALUE;
    s->z.next_out = &byte;
    s->z.avail_out = 1;
    int code = deflateParams(&s->z, n[0], n[1]);
    return answer(p, s->z.avail_out == 0 ? Z_STREAM_ERROR : code);
}

term bif_zlib_deflate_nif_4(struct process *p, const term *arg)
{
    int n[3];
    if (!resource_of(arg[0], &stream_type) || !read_ints(p, arg, 3, n)) return raise_badarg(p);
    struct stream *s = own_stream(p, arg[0], STREAM_DEFLATE);
    return s ? step(p, s, deflate, n) : NO_VALUE;
}

/* --- inflate --------------------------------------------------------------------------------------------- */

term bif_zlib_inflateInit_nif_3(struct process *p, const term *arg)
{
    int n[2];
    if (!resource_of(arg[0], &stream_type) || !read_ints(p, arg, 2, n)) return raise_badarg(p);
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    if (s->state != STREAM_NONE) return raise(p, ATOM(already_initialized));
    int code = inflateInit2(&s->z, n[0]);
    if (code == Z_OK) {
        begin(s, STREAM_INFLATE, n[0]);
        s->after_end = (enum after_end)n[1];
    }
    return answer(p, code);
}

term bif_zlib_inflateSetDictionary_nif_2(struct process *p, const term *arg)
{
    uint8_t *bytes;
    size_t n;
    if (!read_dictionary(p, arg, &bytes, &n)) return NO_VALUE;
    struct stream *s = own_stream(p, arg[0], STREAM_INFLATE);
    term result = s ? answer(p, inflateSetDictionary(&s->z, bytes, (uInt)n)) : NO_VALUE;
    arena_free(bytes);
    return result;
}

term bif_zlib_inflateGetDictionary_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_INFLATE);
    if (!s) return NO_VALUE;
    uint8_t *bytes = arena_malloc(DICTIONARY_MAX);
    if (!bytes) return raise(p, ATOM(system_limit));
    uInt n = 0;
    int code = inflateGetDictionary(&s->z, bytes, &n);
    term result = code < 0 ? answer(p, code) : binary_make(&p->heap, bytes, n);
    arena_free(bytes);
    return result;
}

term bif_zlib_inflateReset_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_INFLATE);
    if (!s) return NO_VALUE;
    int code = inflateReset(&s->z);
    s->plain_crc = 0;
    s->end_seen = false;
    reset_input(s);
    return answer(p, code);
}

term bif_zlib_inflateEnd_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_INFLATE);
    if (!s) return NO_VALUE;
    int code = inflateEnd(&s->z);
    if (code == Z_OK && (!s->end_seen || s->input.size > 0)) code = Z_DATA_ERROR;
    reset_input(s);
    s->state = STREAM_NONE;
    return answer(p, code);
}

term bif_zlib_inflate_nif_4(struct process *p, const term *arg)
{
    int n[3];
    if (!resource_of(arg[0], &stream_type) || !read_ints(p, arg, 3, n)) return raise_badarg(p);
    struct stream *s = own_stream(p, arg[0], STREAM_INFLATE);
    if (!s) return NO_VALUE;
    if (s->end_seen && s->input.size > 0) {
        if (s->after_end == AFTER_END_ERROR) return answer(p, Z_DATA_ERROR);
        if (s->after_end == AFTER_END_RESET) {
            int code = inflateReset(&s->z);
            if (code != Z_OK) return answer(p, code);
            s->end_seen = false;
        } else {
            reset_input(s);
        }
    }
    return step(p, s, inflate, n);
}

/* --- the rest ------------------------------------------------------------------------------------------------ */

term bif_zlib_crc32_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    if (s->state != STREAM_DEFLATE && s->state != STREAM_INFLATE)
        return raise(p, ATOM(not_initialized));
    return small((int64_t)s->plain_crc);
}

term bif_zlib_getStash_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    if (!s->has_stash) return ATOM(empty_word);
    return make_tuple2(&p->heap, ATOM(ok), copy_to_heap(s->stash, &p->heap));
}

term bif_zlib_clearStash_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    if (!s->has_stash) return raise(p, ATOM(error));
    drop_stash(s);
    return ATOM(ok);
}

term bif_zlib_setStash_nif_2(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s) return NO_VALUE;
    if (s->has_stash) return raise(p, ATOM(error));
    if (!copy_to_fragment(arg[1], &s->stash_memory, &s->stash, false))
        return raise(p, ATOM(system_limit));
    s->has_stash = true;
    return ATOM(ok);
}

term bif_zlib_getBufSize_nif_1(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    return s ? small(s->chunk_buffer_size) : NO_VALUE;
}

term bif_zlib_setBufSize_nif_2(struct process *p, const term *arg)
{
    struct stream *s = own_stream(p, arg[0], STREAM_NONE);
    if (!s || !read_ints(p, arg, 1, &s->chunk_buffer_size)) return NO_VALUE;
    return ATOM(ok);
}
