/* SPDX-License-Identifier: Apache-2.0 */
/* runtime.h -- the runtime ELF, read and verified; nothing is loaded here.
 *
 * What runtime_open() accepts is safe to map: every segment lies in the file and inside
 * LAYOUT_RUNTIME..LAYOUT_RUNTIME_END, is page aligned, overlaps no other and is not both
 * writable and executable; the header's addresses point where they have to.
 */
#ifndef MONITOR_RUNTIME_H
#define MONITOR_RUNTIME_H

#include "abi/boot.h"
#include "monitor/monitor.h"

enum { RUNTIME_SEGMENTS_MOST = 8 };

struct runtime_segment {
    uint64_t address, memory_bytes; /* memory_bytes is whole pages */
    uint64_t at, file_bytes;        /* in the ELF */
    bool writable, executable;
};

struct runtime_range { /* of bytes in the ELF; bytes 0 when it is not there */
    uint64_t at, bytes;
};

struct runtime {
    struct monitor_file file;
    void *map; /* the ELF's pages, read only, as long as the runtime is open */
    size_t map_bytes;
    const unsigned char *bytes; /* the same */
    struct boot_header header;
    struct runtime_segment segment[RUNTIME_SEGMENTS_MOST];
    unsigned segments;
    struct runtime_range symbols, strings;

    /* The file pages that hold both, bytes 0 when there are none or too
     * many.  They appear at LAYOUT_SYMBOLS. */
    uint64_t window_at, window_bytes;
    void *
        large; /* large.c: a copy of the code, to be mapped at its address instead of it; or NULL */
    uint64_t large_bytes;
    bool copied; /* the file was not page aligned: `map` is memory of our own */
};

/* Maps the file and verifies it.  0, or -1 with `e`. */
int runtime_open(struct runtime *r, const struct monitor_file *file, struct error *e);
void runtime_close(struct runtime *r);

/* large.c.  Copies its code into large pages, for all that this process forks.  Nothing, where the host or the runtime has no place for them. */
void runtime_enlarge(struct runtime *r);

/* Writes "function+0x12" or the bare address into `text`. */
void runtime_symbol(const struct runtime *r, uint64_t address, char *text, size_t room);

#endif
