/* SPDX-License-Identifier: Apache-2.0 */
/* etf.h -- the external term format, both ways.
 *
 * Encoding is two passes: etf_size(), then etf_encode() into that much room.  Decoding
 * checks everything that it reads, takes memory only in proportion to the bytes that are
 * really there, and goes to any depth.  The version byte 131 is not part of either:
 * etf_decode() starts after it; term_to_binary/binary_to_term (bif/) put it there.
 */
#ifndef VM_ETF_H
#define VM_ETF_H

#include "heap/heap.h"

#define ETF_VERSION    131
#define ETF_COMPRESSED 80

/* --- encoding -------------------------------------------------------------------------- */

struct etf_options {
    unsigned
        minor_version; /* 0: floats as text, atoms in Latin-1 where possible; 1: atoms in Latin-1
                               where possible; 2: UTF-8 atoms */
};
#define ETF_DEFAULT ((struct etf_options){.minor_version = 1})

/* Bytes of `t` in the format; SIZE_MAX when it has no such form (a string over 4 GiB). */
size_t etf_size(term t, struct etf_options options);
/* Writes `t`, exactly etf_size() bytes; returns the end. */
uint8_t *etf_encode(uint8_t *to, term t, struct etf_options options);

/* --- decoding ---------------------------------------------------------------------------- */

enum etf_flags {
    ETF_SAFE = 1,   /* refuse to make new atoms and external funs */
    ETF_TRUSTED = 2 /* from a .beam of ours: deep nesting of compressed terms etc. stay checked */
};

/* Reads one term from [bytes, bytes + n) onto h.  *used: how many bytes it took.
 * NO_VALUE: malformed, unsafe, or of a size that cannot be; what was built is garbage. */
term etf_decode(struct heap *h, const uint8_t *bytes, size_t n, unsigned flags, size_t *used);

/* A term with its version byte, maybe compressed (131, 80, ...): what binary_to_term/1 takes and the
 * literals of a .beam have. */
term etf_decode_versioned(struct heap *h, const uint8_t *bytes, size_t n, unsigned flags,
                          size_t *used);

/* --- what code/ knows ---------------------------------------------------------------------- */

struct etf_hooks {
    /* The entry for a fun that came from outside: found or made (unloaded). NULL: no memory. */
    struct fun_entry *(*fun_entry)(term module, uint32_t old_uniq, uint32_t index,
                                   const uint8_t uniq[16], uint32_t arity);
    /* The export entry of module:function/arity: made, or only found. */
    struct export *(*export_get)(term module, term function, uint32_t arity);
    struct export *(*export_find)(term module, term function, uint32_t arity);
};
/* Set once at start.  Without, funs are refused. */
extern struct etf_hooks etf_hooks;

#endif
