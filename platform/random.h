/* SPDX-License-Identifier: Apache-2.0 */
/* random.h -- the cipher under plat_random(), for its test. */
#ifndef PLATFORM_RANDOM_H
#define PLATFORM_RANDOM_H

#include <stdint.h>

/* One block of ChaCha20 (RFC 8439, 2.3). */
void random_block(const uint8_t key[32], uint32_t counter, const uint8_t nonce[12],
                  uint8_t out[64]);

#endif
