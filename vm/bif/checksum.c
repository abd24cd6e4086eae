/* SPDX-License-Identifier: Apache-2.0 */
/* checksum.c -- bodies for checksum.def. */
#include "bif/bif.h"
#include "bif/binary_part.h"
#include "big/big.h"
#include "binary/md5.h"
#include "process/pause.h"

#include <zlib.h>

/* Bytes taken in between two calls of effort(), and those that cost a step. */
enum { PIECE = 8 << 10, BYTES_PER_STEP = 8, SHORT = 512 };

/* The data is the last argument; what is short is not worth a stack of its own. */
static term sum_up(struct process *p, pausing_body *body, unsigned arity, const term *arg)
{
    term data = arg[arity - 1];
    bool is_short = is_nil(data) || (is_binary(data) && binary_size(data) < SHORT);
    return is_short ? body(p, arg) : pausing(p, body, arity, arg);
}

/* --- md5 --------------------------------------------------------------------------------- */

/* A context travels through Erlang as a binary that holds a struct md5. */

static bool add_md5(void *context, const uint8_t *bytes, size_t n)
{
    for (size_t piece; n; bytes += piece, n -= piece) {
        piece = n < PIECE ? n : PIECE;
        md5_add(context, bytes, piece);
        if (!effort((int64_t)piece / BYTES_PER_STEP * 2)) return false;
    }
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

static term md5_update(struct process *p, const term *arg)
{
    struct md5 m;
    if (!load_context(arg[0], &m)) return raise_badarg(p);
    enum iodata_result r = iodata_each(arg[1], add_md5, &m);
    if (r != IODATA_OK) return raise_iodata(p, r);
    return binary_make(&p->heap, &m, sizeof m);
}

term bif_erlang_md5_update_2(struct process *p, const term *arg)
{
    return sum_up(p, md5_update, 2, arg);
}

term bif_erlang_md5_final_1(struct process *p, const term *arg)
{
    struct md5 m;
    uint8_t digest[MD5_BYTES];
    if (!load_context(arg[0], &m)) return raise_badarg(p);
    md5_end(&m, digest);
    return binary_make(&p->heap, digest, sizeof digest);
}

static term md5_whole(struct process *p, const term *arg)
{
    struct md5 m;
    uint8_t digest[MD5_BYTES];
    md5_start(&m);
    enum iodata_result r = iodata_each(arg[0], add_md5, &m);
    if (r != IODATA_OK) return raise_iodata(p, r);
    md5_end(&m, digest);
    return binary_make(&p->heap, digest, sizeof digest);
}

term bif_erlang_md5_1(struct process *p, const term *arg) { return sum_up(p, md5_whole, 1, arg); }

/* --- crc32, adler32 ----------------------------------------------------------------------------- */

struct sum {
    uLong value;
    uLong (*add)(uLong sum, const Bytef *bytes, z_size_t n);
};

static bool add_sum(void *context, const uint8_t *bytes, size_t n)
{
    struct sum *s = context;
    for (size_t piece; n; bytes += piece, n -= piece) {
        piece = n < PIECE ? n : PIECE;
        s->value = s->add(s->value, bytes, piece);
        if (!effort((int64_t)piece / BYTES_PER_STEP)) return false;
    }
    return true;
}

static term sum_of(struct process *p, struct sum s, term data)
{
    enum iodata_result r = iodata_each(data, add_sum, &s);
    return r == IODATA_OK ? small((int64_t)s.value) : raise_iodata(p, r);
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

static term crc32_whole(struct process *p, const term *arg)
{
    return sum_of(p, (struct sum){.value = 0, .add = crc32_z}, arg[0]);
}
static term crc32_continued(struct process *p, const term *arg)
{
    return sum_continued(p, (struct sum){.add = crc32_z}, arg);
}
static term adler32_whole(struct process *p, const term *arg)
{
    return sum_of(p, (struct sum){.value = 1, .add = adler32_z}, arg[0]);
}
static term adler32_continued(struct process *p, const term *arg)
{
    return sum_continued(p, (struct sum){.add = adler32_z}, arg);
}

term bif_erlang_crc32_1(struct process *p, const term *arg)
{
    return sum_up(p, crc32_whole, 1, arg);
}
term bif_erlang_crc32_2(struct process *p, const term *arg)
{
    return sum_up(p, crc32_continued, 2, arg);
}
term bif_erlang_adler32_1(struct process *p, const term *arg)
{
    return sum_up(p, adler32_whole, 1, arg);
}
term bif_erlang_adler32_2(struct process *p, const term *arg)
{
    return sum_up(p, adler32_continued, 2, arg);
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
