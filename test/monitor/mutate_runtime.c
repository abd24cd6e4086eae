/* SPDX-License-Identifier: Apache-2.0 */
/* mutate_runtime.c -- 10,000 damaged runtimes: each is refused, or is still safe to map.
 *
 *   usage: mutate_runtime GUEST.elf
 *
 * Flips bits (mostly in the headers), cuts, and writes extreme values over words.  What is
 * accepted has to keep the promise of monitor/runtime.h.  Built with the sanitizers.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/layout.h"
#include "monitor/runtime.h"

enum { ROUNDS = 10000 };

static uint64_t state = 88172645463325252ull;
static uint64_t next(void)
{
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state;
}

static void mutate(unsigned char *bytes, size_t *n)
{
    static const uint64_t extremes[] = {0, 1, 0x7fffffffffffffff, ~0ull, ~0xfffull, 0x1000000};
    size_t most = next() % 4 ? 0x140 + 4096 : *n; /* program headers, and struct boot_header */
    for (uint64_t changes = 1 + next() % 4; changes; changes--) {
        size_t at = next() % most;
        switch (next() % 8) {
        case 0: *n = next() % (*n + 1); return;
        case 1:
        case 2:
            if (at + 8 <= *n) memcpy(bytes + (at & ~7ull), &extremes[next() % 6], 8);
            break;
        default:
            if (at < *n) bytes[at] ^= (unsigned char)(1 << next() % 8);
        }
    }
}

static void must(int condition, const char *what, unsigned round)
{
    if (condition) return;
    fprintf(stderr, "round %u: %s\n", round, what);
    exit(1);
}

static void check(const struct runtime *r, unsigned round)
{
    for (unsigned i = 0; i < r->segments; i++) {
        const struct runtime_segment *s = &r->segment[i];
        must(!(s->writable && s->executable), "writable and executable", round);
        must(s->address >= LAYOUT_RUNTIME && s->address + s->memory_bytes <= LAYOUT_RUNTIME_END,
             "outside", round);
        must(s->at + s->file_bytes <= r->file.bytes && s->file_bytes <= s->memory_bytes, "beyond",
             round);
        must(s->address % LAYOUT_PAGE == 0 && s->at % LAYOUT_PAGE == 0, "not on a page", round);
        must(s->writable || s->at + s->memory_bytes <= r->map_bytes, "pages that are not there",
             round);
    }
    char text[300];
    for (unsigned i = 0; i < 20; i++)
        runtime_symbol(r, next() % LAYOUT_RUNTIME_END, text, sizeof text);
}

int main(int argc, char **argv)
{
    int from = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    struct stat st;
    if (from < 0 || fstat(from, &st) < 0) return 2;
    static unsigned char *original, *bytes;
    size_t whole = (size_t)st.st_size;
    original = malloc(whole), bytes = malloc(whole);
    if (read(from, original, whole) != (ssize_t)whole) return 2;
    unsigned accepted = 0;
    int to = memfd_create("runtime", 0);
    for (unsigned round = 0; round < ROUNDS; round++) {
        size_t n = whole;
        memcpy(bytes, original, whole);
        if (round) mutate(bytes, &n);
        if (ftruncate(to, 0) < 0 || pwrite(to, bytes, n, 0) != (ssize_t)n) return 2;
        struct runtime r;
        struct error e = {0};
        struct monitor_file file = {to, 0, next() % 50 ? n : n + 1};
        if (runtime_open(&r, &file, &e) < 0) {
            must(e.text[0] != 0, "refused without a word", round);
            continue;
        }
        accepted++;
        check(&r, round);
        runtime_close(&r);
    }
    must(accepted > 0, "the original was refused", 0);
    printf("%d runtimes, %u accepted\n", ROUNDS, accepted);
    return 0;
}
