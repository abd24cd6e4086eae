/* SPDX-License-Identifier: Apache-2.0 */
/* hash.c -- hash_fast() as doc/image-format.md defines it, and SHA-256 (FIPS 180-4). */
#include <string.h>

#include "base/bytes.h"
#include "base/hash.h"

/* --- fast ------------------------------------------------------------------- */

#define LANES 8
#define BLOCK (LANES * 8)
#define PRIME 0x9e3779b97f4a7c15ull /* odd, so that multiplying loses nothing */

static uint64_t rotate(uint64_t v, int by) { return v << by | v >> (64 - by); }

/* Eight lanes, because a multiplication takes several cycles but one can start in each. */
static void mix_block(uint64_t lane[LANES], const uint8_t *block)
{
    for (int i = 0; i < LANES; i++)
        lane[i] = rotate(lane[i] ^ load_le64(block + 8 * i), 27) * PRIME;
}

uint64_t hash_fast(const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    uint64_t lane[LANES];
    for (int i = 0; i < LANES; i++) lane[i] = PRIME * (uint64_t)(i + 1);

    size_t left = n;
    for (; left >= BLOCK; left -= BLOCK, at += BLOCK) mix_block(lane, at);
    if (left) {
        uint8_t last[BLOCK] = {0};
        memcpy(last, at, left);
        mix_block(lane, last);
    }
    uint64_t sum = rotate(n, 32) * PRIME;
    for (int i = 0; i < LANES; i++) sum = rotate(sum ^ lane[i] ^ lane[i] >> 31, 29) * PRIME;
    return sum ^ sum >> 32;
}

/* --- SHA-256 ------------------------------------------------------------------- */

static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t v, int by) { return v >> by | v << (32 - by); }

/* One round.  The eight values do not move: the names that the standard gives them do, by one in each round. */
static inline void mix_word(uint32_t v[8], unsigned round, uint32_t word)
{
#define NAMED(letter) v[((letter) - 'a' - round) & 7]
    uint32_t a = NAMED('a'), b = NAMED('b'), c = NAMED('c');
    uint32_t e = NAMED('e'), f = NAMED('f'), g = NAMED('g');
    uint32_t s1 = turn(e, 6) ^ turn(e, 11) ^ turn(e, 25);
    uint32_t t1 = NAMED('h') + s1 + ((e & f) ^ (~e & g)) + word;
    uint32_t s0 = turn(a, 2) ^ turn(a, 13) ^ turn(a, 22);
    NAMED('d') += t1;
    NAMED('h') = t1 + s0 + ((a & b) ^ (a & c) ^ (b & c));
#undef NAMED
}

static void take_block(uint32_t state[8], const uint8_t block[64])
{
    uint32_t w[64];
    for (int i = 0; i < 16; i++) w[i] = load_be32(block + 4 * i);
    for (int i = 16; i < 64; i++) {
        uint32_t s0 = turn(w[i - 15], 7) ^ turn(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = turn(w[i - 2], 17) ^ turn(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t v[8];
    memcpy(v, state, sizeof v);
    for (unsigned i = 0; i < 64; i += 8) {
#pragma GCC unroll 8
        for (unsigned j = 0; j < 8; j++) mix_word(v, j, round_constant[i + j] + w[i + j]);
    }
    for (int i = 0; i < 8; i++) state[i] += v[i];
}

void sha256_start(struct sha256 *s)
{
    static const uint32_t first[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memcpy(s->state, first, sizeof first);
    s->bytes = 0;
}

void sha256_add(struct sha256 *s, const void *bytes, size_t n)
{
    const uint8_t *at = bytes;
    size_t used = s->bytes % 64;
    s->bytes += n;
    if (used) {
        size_t take = n < 64 - used ? n : 64 - used;
        memcpy(s->block + used, at, take);
        at += take, n -= take;
        if (used + take < 64) return;
        take_block(s->state, s->block);
    }
    for (; n >= 64; at += 64, n -= 64) take_block(s->state, at);
    if (n) memcpy(s->block, at, n);
}

void sha256_end(struct sha256 *s, uint8_t out[SHA256_BYTES])
{
    uint64_t bits = s->bytes * 8;
    uint8_t tail[72] = {0x80};
    size_t n = 1 + (119 - s->bytes % 64) % 64; /* up to 56 bytes into a block */
    for (int i = 0; i < 8; i++) tail[n + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_add(s, tail, n + 8);
    for (int i = 0; i < 8; i++) store_be32(out + 4 * i, s->state[i]);
}
