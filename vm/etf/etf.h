/* SPDX-License-Identifier: Apache-2.0 */
/* etf.h -- the external term format, both ways.
 *
 * Encoding is two passes: etf_size(), then etf_encode() into that much room.  Decoding
 * checks everything that it reads, takes memory only in proportion to the bytes that are
 * really there, and goes to any depth.  The *_versioned functions deal in what Erlang code
 * and files hold: the version byte 131, then maybe compressed, then the term; the others
 * in the term alone.
 */
#ifndef VM_ETF_H
#define VM_ETF_H

#include "heap/heap.h"
#include "term/atom.h"

#define ETF_VERSION 131

/* --- encoding -------------------------------------------------------------------------- */

/* Atoms that a message between nodes has by number; the numbers' meaning goes ahead of it.  Sizing the
 * terms fills it, encoding them uses it. */
enum { ETF_ATOMS_MAX = 255, ETF_ATOM_SLOTS = 2048 };
struct etf_atoms {
    unsigned count;
    term atom[ETF_ATOMS_MAX];
    uint8_t at[ETF_ATOM_SLOTS]; /* 1 + number of the atom with this slot; 0: none */
};
static inline unsigned etf_atom_slot(term atom) { return atom_index(atom) % ETF_ATOM_SLOTS; }

struct etf_options {
    struct etf_atoms *atoms; /* NULL: atoms are spelt out */
    bool text_floats;        /* minor_version 0 */
    bool utf8_atoms;         /* minor_version 2; else Latin-1 where the name allows it */
    bool deterministic;      /* large maps in order of keys */
    bool local;              /* etf_encode_versioned() only: for this machine alone (OTP 26) */
    bool as_stock_counts; /* etf_size() only: any number in a fun has five bytes (before OTP 27) */
};

/* Bytes of `t` in the format; SIZE_MAX when it has no such form (a part over 4 GiB). */
size_t etf_size(term t, const struct etf_options *options);
/* Writes `t`, exactly etf_size() bytes; returns the end. */
uint8_t *etf_encode(uint8_t *to, term t, const struct etf_options *options);

enum etf_result { ETF_OK, ETF_TOO_LARGE, ETF_NO_MEMORY };
/* A binary with the version byte; level 0..9 of compression, -1: zlib's default.  Stays uncompressed
 * where that is not smaller, or with options->local: then what stands in it is the same whether and how this machine
 * is called as a node, and only etf_decode_versioned() of the same machine takes it. */
enum etf_result etf_encode_versioned(struct heap *h, term t, const struct etf_options *options,
                                     int level, term *out);

/* A list of binaries with the same bytes, uncompressed: what is off the heap (more than HEAP_BINARY_LIMIT bytes,
 * which begin on a byte) is not copied, but is an element of its own. */
enum etf_result etf_encode_pieces(struct heap *h, term t, const struct etf_options *options,
                                  term *out);

/* --- decoding ---------------------------------------------------------------------------- */

enum etf_flags {
    ETF_SAFE = 1,    /* refuse to make new atoms and new references to functions */
    ETF_NAMELESS = 2 /* nonode@nohost is this machine, however it is called now */
};

/* Reads one term from [bytes, bytes + n) onto h.  *used (may be NULL): how many bytes it took.
 * NO_VALUE: malformed, unsafe, or of a size that cannot be; then parts of it are garbage on h. */
term etf_decode(struct heap *h, const uint8_t *bytes, size_t n, unsigned flags, size_t *used);
/* The same of a term from another node, where atoms may be numbers in this table. */
term etf_decode_numbered(struct heap *h, const uint8_t *bytes, size_t n, const term *atoms,
                         size_t count, size_t *used);
term etf_decode_versioned(struct heap *h, const uint8_t *bytes, size_t n, unsigned flags,
                          size_t *used);

/* What stands in front of a local term: of these bytes, and of this machine alone. */
uint64_t etf_local_check(const uint8_t *bytes, size_t n);
#define ETF_LOCAL_HEAD 10 /* version, tag, check */

/* --- compression (zlib format), for others too: .beam literals ------------------------------ */

/* false when the input does not begin with one stream of exactly `n` bytes, or no memory.  *used (may
 * be NULL): the bytes of the stream. */
bool etf_inflate(uint8_t *to, size_t n, const uint8_t *from, size_t bytes, size_t *used);
/* The size of the stream, 0 when it does not fit `room`. */
size_t etf_deflate(uint8_t *to, size_t room, const uint8_t *from, size_t bytes, int level);

/* --- what others know -------------------------------------------------------------------------- */

struct etf_hooks {
    /* The entry for a fun that came from outside: found or made (unloaded). NULL: no memory. */
    struct fun_entry *(*fun_entry)(term module, uint32_t old_uniq, uint32_t index,
                                   const uint8_t uniq[16], uint32_t arity);
    /* The export entry of module:function/arity: made; or only found, and only when it is defined. */
    struct export *(*export_get)(term module, term function, uint32_t arity);
    struct export *(*export_find)(term module, term function, uint32_t arity);
    /* The definition (term/record.h) of loaded code that is equal to this one, or the same. */
    term (*definition)(term definition);
    /* The living resource that a reference of this machine names, one reference taken; NULL: none. */
    struct resource *(*resource)(const uint64_t ids[2]);
};
/* Set once at start, field by field.  What is NULL is refused (a resource: an ordinary reference). */
extern struct etf_hooks etf_hooks;

#endif
