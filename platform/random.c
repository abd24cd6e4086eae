/* SPDX-License-Identifier: Apache-2.0 */
/* random.c -- random bytes: ChaCha20 with its key erased after every use.
 *
 * Each refill runs the cipher once over a buffer; the first 32 bytes become the next key
 * and the rest is handed out and wiped, so that nobody who reads our memory later can
 * work out what was given before.  The key comes from the host's entropy and is mixed with
 * more of it, and with the processor's own, every megabyte.
 *
 * Construction: D. J. Bernstein, "Fast-key-erasure random-number generators"; the cipher
 * is RFC 8439, which test/monitor checks block() against.
 */
#include <string.h>

#include "platform/port.h"
#include "platform/random.h"

enum { KEY_BYTES = 32, BUFFER_BYTES = 512, RESEED_BYTES = 1 << 20 };

static uint8_t key[KEY_BYTES];
static uint8_t buffer[BUFFER_BYTES];
static size_t left;  /* bytes at the end of buffer that are not given out yet */
static size_t given; /* since the last seed */

#define ROTATE(x, n) ((x) << (n) | (x) >> (32 - (n)))
#define QUARTER(a, b, c, d)                                                                        \
    do {                                                                                           \
        a += b, d ^= a, d = ROTATE(d, 16);                                                         \
        c += d, b ^= c, b = ROTATE(b, 12);                                                         \
        a += b, d ^= a, d = ROTATE(d, 8);                                                          \
        c += d, b ^= c, b = ROTATE(b, 7);                                                          \
    } while (0)

void random_block(const uint8_t k[32], uint32_t counter, const uint8_t nonce[12], uint8_t out[64])
{
    uint32_t in[16] = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574}, x[16];
    memcpy(in + 4, k, 32);
    in[12] = counter;
    memcpy(in + 13, nonce, 12);
    memcpy(x, in, sizeof x);
    for (int round = 0; round < 10; round++) {
        QUARTER(x[0], x[4], x[8], x[12]);
        QUARTER(x[1], x[5], x[9], x[13]);
        QUARTER(x[2], x[6], x[10], x[14]);
        QUARTER(x[3], x[7], x[11], x[15]);
        QUARTER(x[0], x[5], x[10], x[15]);
        QUARTER(x[1], x[6], x[11], x[12]);
        QUARTER(x[2], x[7], x[8], x[13]);
        QUARTER(x[3], x[4], x[9], x[14]);
    }
    for (int i = 0; i < 16; i++) x[i] += in[i];
    memcpy(out, x, 64);
}

/* The compiler may not leave this out, though nobody reads the bytes again. */
static void wipe(void *bytes, size_t n)
{
    memset(bytes, 0, n);
    __asm__ volatile("" : : "r"(bytes) : "memory");
}

static void refill(void)
{
    static const uint8_t no_nonce[12];
    for (uint32_t i = 0; i < BUFFER_BYTES / 64; i++)
        random_block(key, i, no_nonce, buffer + (size_t)64 * i);
    memcpy(key, buffer, KEY_BYTES);
    wipe(buffer, KEY_BYTES);
    left = BUFFER_BYTES - KEY_BYTES;
}

/* The processor's own entropy is only ever added: it can be useless, not harmful. */
static void mix_processor(uint8_t *bytes, size_t n)
{
    if (!(boot_record->flags & BOOT_RDRAND)) return;
    for (size_t i = 0; i + 8 <= n; i += 8) {
        unsigned long long word = 0, old;
        unsigned char good;
        __asm__ volatile("rdrand %0; setc %1" : "=r"(word), "=qm"(good) : : "cc");
        if (!good) return;
        memcpy(&old, bytes + i, 8);
        old ^= word;
        memcpy(bytes + i, &old, 8);
    }
}

/* Key = cipher keyed with (old key xor half of the seed), on the other half. */
static void mix(uint8_t seed[64])
{
    mix_processor(seed, 64);
    for (size_t i = 0; i < KEY_BYTES; i++) key[i] ^= seed[i];
    uint8_t out[64];
    uint32_t counter;
    memcpy(&counter, seed + 32, 4);
    random_block(key, counter, seed + 36, out);
    for (size_t i = 0; i < KEY_BYTES; i++) key[i] = out[i] ^ seed[32 + i];
    wipe(out, sizeof out);
    wipe(seed, 64);
    refill();
    given = 0;
}

void random_start(void) { mix(control()->seed); }

void plat_random(void *bytes, size_t n)
{
    uint8_t *out = bytes;
    while (n) {
        if (given >= RESEED_BYTES) {
            uint8_t seed[64];
            port->seed(seed);
            mix(seed);
        }
        if (!left) refill();
        size_t take = n < left ? n : left;
        uint8_t *from = buffer + BUFFER_BYTES - left;
        memcpy(out, from, take);
        wipe(from, take);
        left -= take;
        given += take;
        out += take;
        n -= take;
    }
}
