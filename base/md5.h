/* SPDX-License-Identifier: Apache-2.0 */
/* md5.h -- the MD5 sum (RFC 1321): what Erlang names modules by, and erlang:md5/1.
 *
 * Not for security: anybody can make two inputs with one sum.
 */
#ifndef BASE_MD5_H
#define BASE_MD5_H

#include <stddef.h>
#include <stdint.h>

#define MD5_BYTES 16

struct md5 {
    uint32_t state[4];
    uint64_t bytes;
    uint8_t block[64];
};

void md5_start(struct md5 *m);
void md5_add(struct md5 *m, const void *bytes, size_t n);
void md5_end(struct md5 *m, uint8_t out[MD5_BYTES]);

#endif
