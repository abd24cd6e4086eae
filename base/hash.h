/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h -- two sums over bytes: a fast one against accidents, SHA-256 against anybody. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* 64 bits, about as fast as memory.  Every step is a bijection of the word that it takes in,
 * so a change within one aligned word of the input always changes the sum. */
uint64_t hash_fast(const void *bytes, size_t n);

#define SHA256_BYTES 32

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;
    uint8_t block[64];
};

void sha256_start(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *bytes, size_t n);
void sha256_end(struct sha256 *s, uint8_t out[SHA256_BYTES]);

#endif
