/* SPDX-License-Identifier: Apache-2.0 */
/* hash.h -- the three hashes of terms, each identical to the stock machine's.
 *
 *   phash, phash2   the same on every node and release
 *   internal        for this machine's own tables: every bit that =:= sees goes in, and a
 *                   salt gives an independent hash; decides the order of large maps
 *
 * Any depth; never fail.
 */
#ifndef VM_HASH_H
#define VM_HASH_H

#include "term/term.h"

/* erlang:phash(T, N) is term_phash(T) modulo N, plus 1. */
uint32_t term_phash(term t);
/* erlang:phash2(T, 2^32); phash2(T) is its low 27 bits. */
uint32_t term_phash2(term t);
uint32_t term_internal_hash(term t, uint32_t salt);

/* The hash that puts a key into its place in a large map; a new one for every 8 levels. */
uint32_t map_hash_at(term key, unsigned level_over_8);
static inline uint32_t map_hash(term key) { return term_internal_hash(key, 0); }

#endif
