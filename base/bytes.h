/* SPDX-License-Identifier: Apache-2.0 */
/* bytes.h -- a run of bytes that somebody else made, read without ever leaving it.
 *
 * All offsets and sizes are 64 bits and may be hostile; a read outside gives false and
 * changes nothing.  Loads have no alignment requirement.
 */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const uint8_t *at;
    size_t n;
};

/* The part [offset, offset + n) of `whole`; false when it is not all inside. */
static inline bool bytes_part(struct bytes whole, uint64_t offset, uint64_t n, struct bytes *part)
{
    if (offset > whole.n || n > whole.n - offset) return false;
    *part = (struct bytes){whole.at + offset, (size_t)n};
    return true;
}

/* Copies `n` bytes at `offset` out; the way to read a struct that may lie unaligned. */
static inline bool bytes_copy(struct bytes whole, uint64_t offset, void *to, size_t n)
{
    struct bytes part;
    if (!bytes_part(whole, offset, n, &part)) return false;
    if (n) memcpy(to, part.at, n);
    return true;
}

static inline uint32_t load_le32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint64_t load_le64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static inline uint32_t load_be32(const void *p) { return __builtin_bswap32(load_le32(p)); }

static inline void store_be32(void *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the formats of abi/ are little endian");

#endif
