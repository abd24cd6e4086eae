/* SPDX-License-Identifier: Apache-2.0 */
/* cold.c -- see cold.h. */
#include <string.h>
#include <zlib.h>

#include "base/cold.h"

static uint64_t chunk_end(const void *list, uint32_t i)
{
    return cold_end((const struct snapshot_chunk *)list + i);
}

uint32_t cold_find(const struct snapshot_chunk *chunk, uint32_t n, uint64_t address)
{
    return ranges_find(chunk, n, chunk_end, address);
}

const char *cold_check(const struct snapshot_chunk *chunk, uint32_t n, uint64_t at, uint64_t bytes)
{
    uint64_t end = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct snapshot_chunk *c = &chunk[i];
        if (!c->pages || c->pages > SNAPSHOT_CHUNK_PAGES || c->address % LAYOUT_PAGE ||
            c->address < end || c->address > UINT64_MAX - SNAPSHOT_CHUNK_PAGES * LAYOUT_PAGE)
            return "a chunk of it is not of whole pages, or out of order";
        if (c->form >= SNAPSHOT_FORMS || (c->form && c->bytes == c->pages * LAYOUT_PAGE))
            return "the words of a chunk of it are in a form that does not exist";
        if (!c->bytes || c->bytes > c->pages * LAYOUT_PAGE || c->at != at || at > bytes ||
            c->bytes > bytes - at)
            return "the bytes of a chunk of it are not where they have to be";
        at += c->bytes;
        end = cold_end(c);
    }
    return layout_pages_up(at) == bytes ? NULL : "it is longer than its parts";
}

/* --- forms ------------------------------------------------------------------------------------- */

/* Its own inverse, for what is exchanged are two ranges of words that do not meet. */
static uint32_t exchanged(uint32_t word, uint32_t address)
{
    const uint32_t near = SNAPSHOT_NEAR_BYTES, place = SNAPSHOT_NEAR_PLACE;
    if (word - address + near < 2 * near) return word - address + place;
    if (word - place + near < 2 * near) return word - place + address;
    return word;
}

static void exchange(uint64_t address, uint32_t *word, size_t words)
{
    const uint32_t near = SNAPSHOT_NEAR_BYTES, place = SNAPSHOT_NEAR_PLACE;
    for (size_t i = 0; i < words; i++) {
        uint32_t at = (uint32_t)(address + i * sizeof *word);
        if (at - place + 2 * near >= 4 * near) word[i] = exchanged(word[i], at);
    }
}

void cold_write(enum snapshot_form form, uint64_t address, uint32_t *word, size_t words)
{
    if (form == SNAPSHOT_NEAR) exchange(address, word, words);
    if (form == SNAPSHOT_STEPS)
        for (size_t i = words; i > SNAPSHOT_STEP; i--) word[i - 1] -= word[i - 1 - SNAPSHOT_STEP];
}

static void read_back(enum snapshot_form form, uint64_t address, uint32_t *word, size_t words)
{
    if (form == SNAPSHOT_NEAR) exchange(address, word, words);
    if (form == SNAPSHOT_STEPS)
        for (size_t i = SNAPSHOT_STEP; i < words; i++) word[i] += word[i - SNAPSHOT_STEP];
}

/* --- inflating --------------------------------------------------------------------------------- */

/* What zlib wants for its state, and no window: all of a chunk is inflated in one call. */
static struct {
    uint64_t room[2048];
    size_t used;
} memory;

static void *take(void *context, unsigned n, unsigned size)
{
    size_t words = ((size_t)n * size + 7) / 8;
    (void)context;
    if (words > sizeof memory.room / sizeof *memory.room - memory.used) return Z_NULL;
    memory.used += words;
    return &memory.room[memory.used - words];
}

static void give(void *context, void *block) { (void)context, (void)block; }

bool cold_inflate(const struct snapshot_chunk *c, const void *from, void *to)
{
    size_t bytes = c->pages * LAYOUT_PAGE;
    if (c->bytes == bytes) {
        memcpy(to, from, bytes);
        return true;
    }
    memory.used = 0;
    z_stream z = {
        .zalloc = take,
        .zfree = give,
        .next_in = (z_const Bytef *)(uintptr_t)from,
        .avail_in = c->bytes,
        .next_out = to,
        .avail_out = (unsigned)bytes,
    };
    if (inflateInit2(&z, -15) != Z_OK || inflate(&z, Z_FINISH) != Z_STREAM_END || z.avail_out ||
        z.avail_in)
        return false;
    read_back(c->form, c->address, to, bytes / sizeof(uint32_t));
    return true;
}
