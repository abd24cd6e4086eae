/* SPDX-License-Identifier: Apache-2.0 */
/* mutate.c -- damages a good image in many ways and demands that each is refused.
 *
 *   mutate_image IMAGE [COUNT [SEED]]
 *
 * Every mutant also goes through the fuzz target, which looks behind the sums.  Prints
 * one line; exit status 0 when every mutant was refused and nothing crashed (sanitizers end
 * the process when something does).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/image_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static uint64_t seed;

static uint64_t next_random(void)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}

static size_t below(size_t n) { return (size_t)(next_random() % n); }

/* What `mote run` does with a file before it boots it: NULL when it would. */
static const char *check(struct bytes whole)
{
    struct image image;
    struct archive archive;
    const char *wrong = image_read(whole, &image);
    if (wrong) return wrong;
    if (!image_sum_is_good(&image)) return "sum";
    if ((uintptr_t)image.archive_bytes.at % 8) return "unaligned";
    return archive_check(image.archive_bytes.at, image.archive_bytes.n, &archive);
}

/* Places where a reader makes decisions: headers, section headers, index, check. */
static size_t interesting(size_t n, size_t hot)
{
    switch (below(4)) {
    case 0: return below(64 < n ? 64 : n);
    case 1: return n - 1 - below(n < 128 ? n : 128);
    case 2: return hot + below(n - hot < 16384 ? n - hot : 16384);
    default: return below(n);
    }
}

/* Changes *n bytes at `bytes` (with room for 4096 more); true when they differ from before. */
static bool mutate(uint8_t *bytes, size_t *n, size_t hot)
{
    size_t at = interesting(*n, hot), run = 1 + below(8), from = below(*n);
    if (at + run > *n) run = *n - at;
    if (from + run > *n) from = *n - run;
    switch (below(6)) {
    case 0: bytes[at] ^= (uint8_t)(1u << below(8)); return true;
    case 1: bytes[at] ^= (uint8_t)(1 + below(255)); return true;
    case 2: *n = at; return true;
    case 3:
        memset(bytes + *n, (int)below(256), 4096);
        *n += 1 + below(4096);
        return true;
    case 4: {
        uint8_t old[8];
        memcpy(old, bytes + at, run);
        memset(bytes + at, below(2) ? 0xff : 0, run);
        return memcmp(old, bytes + at, run) != 0;
    }
    default: {
        uint8_t old[8];
        memcpy(old, bytes + at, run);
        memmove(bytes + at, bytes + from, run);
        return memcmp(old, bytes + at, run) != 0;
    }
    }
}

/* Where the archive begins: the middle of the image is mostly code and hides few decisions. */
static size_t hot_offset(struct bytes whole)
{
    struct image image;
    return image_read(whole, &image) ? 0 : image.archive_at - 4096;
}

int main(int argc, char **argv)
{
    long count = argc > 2 ? atol(argv[2]) : 10000, accepted = 0;
    seed = argc > 3 ? strtoull(argv[3], NULL, 0) | 1 : 0x4d6f7465;
    FILE *f = argc > 1 ? fopen(argv[1], "rb") : NULL;
    if (!f) return fputs("usage: mutate_image IMAGE [COUNT [SEED]]\n", stderr), 2;
    fseek(f, 0, SEEK_END);
    size_t n = (size_t)ftell(f);
    rewind(f);
    uint8_t *good = malloc(n), *bad = malloc(n + 4096);
    if (!good || !bad || fread(good, 1, n, f) != n) return 2;
    fclose(f);
    if (check((struct bytes){good, n})) return fputs("the image itself is refused\n", stderr), 1;
    size_t hot = hot_offset((struct bytes){good, n});
    for (long i = 0; i < count; i++) {
        size_t m = n;
        memcpy(bad, good, n);
        if (!mutate(bad, &m, hot)) continue;
        if (!check((struct bytes){bad, m})) accepted++;
        LLVMFuzzerTestOneInput(bad, m);
    }
    printf("%ld mutants, %ld accepted\n", count, accepted);
    free(good);
    free(bad);
    return accepted != 0;
}
