/* SPDX-License-Identifier: Apache-2.0 */
/* md5.h -- the MD5 digest (RFC 1321). */
#ifndef VM_MD5_H
#define VM_MD5_H

#include <stddef.h>
#include <stdint.h>

#define MD5_BYTES 16

/* Plain data: it may be copied, kept in a binary, and continued. */
struct md5 {
    uint32_t state[4];
    uint64_t bytes;
    uint8_t block[64]; /* the last bytes % 64 of them */
};

void md5_start(struct md5 *m);
void md5_add(struct md5 *m, const void *bytes, size_t n);
void md5_end(struct md5 *m, uint8_t digest[MD5_BYTES]);

#endif
