/* SPDX-License-Identifier: Apache-2.0 */
/* checksum.c -- bodies for checksum.def. */
#include "bif/bif.h"
#include "bif/binary_part.h"
#include "big/big.h"
#include "binary/md5.h"
#include "heap/arena.h"

#include <zlib.h>

#define BYTES_PER_REDUCTION 512
#define LONG                (1 << 20) /* bytes of a binary that is worked off in slices */

/* --- long binaries ------------------------------------------------------------------------ */

/* A checksum of one long binary on its way, kept with the process while others run. */
struct slices {
    union {
        struct md5 md5;
        struct sum {
            uLong value;
            uLong (*add)(uLong sum, const Bytef *bytes, z_size_t n);
            uint64_t bytes;
        } sum;
    } of;
    size_t at;
};

static struct slices *slices_paused(const struct process *p)
{
    return p->bif_state_free == arena_free ? p->bif_state : NULL;
}

/* The state that `s` begins with, or the one that was kept.  NULL: the data is nothing for slices, or there is
 * no memory: all in one go then. */
static struct slices *slices_start(struct process *p, term data, const struct slices *s)
{
    struct slices *kept = slices_paused(p);
    size_t n = 0;
    if (kept || !is_binary(data) || !binary_bytes(data, &n) || n < LONG) return kept;
    kept = arena_malloc(sizeof *kept);
    if (!kept) return NULL;
    *kept = *s;
    p->bif_state = kept;
    p->bif_state_free = arena_free;
    return kept;
}

/* Takes in what this slice of the process has time for.  true: that was all, and the state is in *s. */
static bool slices_work(struct process *p, term data, struct slices *s,
                        bool (*add)(void *context, const uint8_t *bytes, size_t n))
{
    struct slices *kept = slices_paused(p);
    size_t n = 0;
    const uint8_t *bytes = binary_bytes(data, &n);
    size_t part = p->reductions > 0 ? (size_t)p->reductions * BYTES_PER_REDUCTION : 1;
    if (part > n - kept->at) part = n - kept->at;
    add(&kept->of, bytes + kept->at, part);
    kept->at += part;
    bump(p, (int64_t)(part / BYTES_PER_REDUCTION) + 1);
    if (kept->at < n) return false;
    *s = *kept;
    arena_free(kept);
    p->bif_state = NULL;
    p->bif_state_free = NULL;
    return true;
}

/* --- md5 --------------------------------------------------------------------------------- */

/* A context travels through Erlang as a binary that holds a struct md5. */

static bool add_md5(void *context, const uint8_t *bytes, size_t n)
{
    md5_add(context, bytes, n);
    return true;
}

static bool load_context(term t, struct md5 *m)
{
    if (!is_binary(t)) return false;
    struct bits b = binary_bits(t);
    if (b.size != sizeof *m * 8) return false;
    bits_copy((uint8_t *)m, 0, b.base, b.offset, b.size);
    return true;
}

term bif_erlang_md5_init_0(struct process *p, const term *arg)
{
    struct md5 m;
    (void)arg;
    md5_start(&m);
    return binary_make(&p->heap, &m, sizeof m);
}

term bif_erlang_md5_update_2(struct process *p, const term *arg)
{
    struct md5 m;
    if (!load_context(arg[0], &m)) return raise_badarg(p);
    uint64_t before = m.bytes;
    enum iodata_result r = iodata_each(arg[1], add_md5, &m);
    if (r != IODATA_OK) return raise_iodata(p, r);
    bump(p, (int64_t)((m.bytes - before) / BYTES_PER_REDUCTION));
    return binary_make(&p->heap, &m, sizeof m);
}

term bif_erlang_md5_final_1(struct process *p, const term *arg)
{
    struct md5 m;
    uint8_t digest[MD5_BYTES];
    if (!load_context(arg[0], &m)) return raise_badarg(p);
    md5_end(&m, digest);
    return binary_make(&p->heap, digest, sizeof digest);
}

term bif_erlang_md5_1(struct process *p, const term *arg)
{
    struct slices s = {0};
    struct md5 *m = &s.of.md5;
    uint8_t digest[MD5_BYTES];
    md5_start(m);
    if (slices_start(p, arg[0], &s)) {
        if (!slices_work(p, arg[0], &s, add_md5)) return bif_again(p);
    } else {
        enum iodata_result r = iodata_each(arg[0], add_md5, m);
        if (r != IODATA_OK) return raise_iodata(p, r);
        bump(p, (int64_t)(m->bytes / BYTES_PER_REDUCTION));
    }
    md5_end(m, digest);
    return binary_make(&p->heap, digest, sizeof digest);
}

/* --- crc32, adler32 ----------------------------------------------------------------------------- */

static bool add_sum(void *context, const uint8_t *bytes, size_t n)
{
    struct sum *s = context;
    s->value = s->add(s->value, bytes, n);
    s->bytes += n;
    return true;
}

static term sum_of(struct process *p, struct sum s, term data)
{
    struct slices all = {.of.sum = s};
    if (slices_start(p, data, &all))
        return slices_work(p, data, &all, add_sum) ? small((int64_t)all.of.sum.value)
                                                   : bif_again(p);
    enum iodata_result r = iodata_each(data, add_sum, &s);
    if (r != IODATA_OK) return raise_iodata(p, r);
    bump(p, (int64_t)(s.bytes / BYTES_PER_REDUCTION));
    return small((int64_t)s.value);
}

static bool to_sum(term t, uLong *sum)
{
    if (!is_small(t) || small_value(t) < 0 || small_value(t) > UINT32_MAX) return false;
    *sum = (uLong)small_value(t);
    return true;
}

static term sum_continued(struct process *p, struct sum s, const term *arg)
{
    if (!to_sum(arg[0], &s.value)) return raise_badarg(p);
    return sum_of(p, s, arg[1]);
}

term bif_erlang_crc32_1(struct process *p, const term *arg)
{
    return sum_of(p, (struct sum){.value = 0, .add = crc32_z}, arg[0]);
}

term bif_erlang_crc32_2(struct process *p, const term *arg)
{
    return sum_continued(p, (struct sum){.add = crc32_z}, arg);
}

term bif_erlang_adler32_1(struct process *p, const term *arg)
{
    return sum_of(p, (struct sum){.value = 1, .add = adler32_z}, arg[0]);
}

term bif_erlang_adler32_2(struct process *p, const term *arg)
{
    return sum_continued(p, (struct sum){.add = adler32_z}, arg);
}

static term combine(struct process *p, const term *arg, uLong (*both)(uLong, uLong, z_off_t))
{
    uLong first, second;
    uint64_t size;
    if (!to_sum(arg[0], &first) || !to_sum(arg[1], &second) || !integer_to_uint64(arg[2], &size) ||
        size > INT64_MAX)
        return raise_badarg(p);
    return small((int64_t)both(first, second, (z_off_t)size));
}

term bif_erlang_crc32_combine_3(struct process *p, const term *arg)
{
    return combine(p, arg, crc32_combine);
}

/* zlib adds one too few when the second part is empty. */
static uLong combine_adler32(uLong first, uLong second, z_off_t size)
{
    return size == 0 ? first : adler32_combine(first, second, size);
}

term bif_erlang_adler32_combine_3(struct process *p, const term *arg)
{
    return combine(p, arg, combine_adler32);
}
