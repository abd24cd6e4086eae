/* SPDX-License-Identifier: Apache-2.0 */
/* md5.c -- the MD5 digest, written from RFC 1321. */
#include "binary/md5.h"

#include <string.h>

void md5_start(struct md5 *m)
{
    *m = (struct md5){.state = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476}};
}

/* floor(2^32 * |sin(i + 1)|), i in radians */
static const uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};
static const uint8_t turns[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

static uint32_t rotate(uint32_t v, unsigned n) { return v << n | v >> (32 - n); }

/* Unrolled, so that which word, turn and mix come next is known when this is compiled: it takes a
 * third less time, and each module that is loaded is summed up. */
static void digest_block(uint32_t state[4], const uint8_t *block)
{
    uint32_t words[16], a = state[0], b = state[1], c = state[2], d = state[3];
    memcpy(words, block, sizeof words); /* little endian, as we are */
#pragma GCC unroll 64
    for (unsigned i = 0; i < 64; i++) {
        uint32_t mix;
        unsigned word;
        switch (i / 16) {
        case 0: mix = (b & c) | (~b & d), word = i; break;
        case 1: mix = (b & d) | (c & ~d), word = (5 * i + 1) % 16; break;
        case 2: mix = b ^ c ^ d, word = (3 * i + 5) % 16; break;
        default: mix = c ^ (b | ~d), word = 7 * i % 16;
        }
        uint32_t turned = rotate(a + mix + words[word] + sines[i], turns[i / 16][i % 4]);
        a = d, d = c, c = b, b += turned;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d;
}

void md5_add(struct md5 *m, const void *bytes, size_t n)
{
    const uint8_t *from = bytes;
    size_t used = m->bytes % 64;
    m->bytes += n;
    if (used) {
        size_t room = 64 - used, take = n < room ? n : room;
        memcpy(m->block + used, from, take);
        from += take, n -= take;
        if (take < room) return;
        digest_block(m->state, m->block);
    }
    for (; n >= 64; n -= 64, from += 64) digest_block(m->state, from);
    if (n) memcpy(m->block, from, n);
}

void md5_end(struct md5 *m, uint8_t digest[MD5_BYTES])
{
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = m->bytes * 8;
    size_t used = m->bytes % 64;
    md5_add(m, padding, used < 56 ? 56 - used : 120 - used);
    md5_add(m, &bits, 8);
    memcpy(digest, m->state, MD5_BYTES);
}
