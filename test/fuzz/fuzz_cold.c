/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_cold.c -- the compressed chunks of a snapshot (base/cold.h): how many (4 bytes), their table, their bytes, as they would lie
 * in a snapshot of which all else is missing.
 *
 * A table that is accepted points into the snapshot, and a chunk is inflated to its own pages, which end where memory does, or not
 * at all.  Written in the chunk's form again, the pages are what was deflated.
 */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/cold.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool ok)
{
    if (!ok) abort();
}

static void check_form(const struct snapshot_chunk *c, uint8_t *from, uint8_t *pages)
{
    uLong bytes = c->pages * LAYOUT_PAGE;
    uint8_t *plain = malloc(bytes);
    z_stream z = {
        .next_in = from, .avail_in = c->bytes, .next_out = plain, .avail_out = (uInt)bytes};
    must(plain && inflateInit2(&z, -15) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END);
    inflateEnd(&z);
    cold_write(c->form, c->address, (uint32_t *)pages, bytes / sizeof(uint32_t));
    must(memcmp(plain, pages, bytes) == 0);
    free(plain);
}

static void inflate_one(const struct snapshot_chunk *c, const uint8_t *from)
{
    uint8_t *exact = malloc(c->bytes), *to = malloc(c->pages * LAYOUT_PAGE);
    must(exact && to);
    memcpy(exact, from, c->bytes); /* reads behind it are watched, too */
    if (cold_inflate(c, exact, to) && c->form) check_form(c, exact, to);
    free(exact);
    free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    uint32_t chunks;
    if (n < sizeof chunks) return 0;
    memcpy(&chunks, bytes, sizeof chunks);
    bytes += sizeof chunks, n -= sizeof chunks;
    if (chunks > 100 || n < chunks * sizeof(struct snapshot_chunk)) return 0;
    size_t table = chunks * sizeof(struct snapshot_chunk), whole = layout_pages_up(n);
    uint8_t *copy = calloc(1, whole + 1);
    must(copy != NULL);
    memcpy(copy, bytes, n);
    const struct snapshot_chunk *chunk = (const struct snapshot_chunk *)copy;
    if (!cold_check(chunk, chunks, table, whole)) {
        for (uint32_t i = 0; i < chunks; i++) {
            must(chunk[i].at >= table && chunk[i].at + chunk[i].bytes <= whole);
            must(cold_find(chunk, chunks, chunk[i].address) == i);
            must(cold_find(chunk, chunks, cold_end(&chunk[i])) == i + 1);
            inflate_one(&chunk[i], copy + chunk[i].at);
        }
    }
    free(copy);
    return 0;
}
