/* SPDX-License-Identifier: Apache-2.0 */
/* search.h -- finding one or several byte strings in bytes.
 *
 * The first match is the one that begins earliest, and of those the longest.
 * One string: memchr for its first byte; when that is wasteful, Knuth, Morris and Pratt.
 * Several: the automaton of Aho and Corasick.
 */
#ifndef VM_SEARCH_H
#define VM_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pattern {
    const uint8_t *needle;     /* one string; NULL: several */
    size_t length;             /* of it */
    uint32_t *borders;         /* made when first needed */
    struct search_node *nodes; /* several strings; the first node is the root */
    size_t count, room;
    uint32_t root[256]; /* the root's children by byte; 0: none */
};

/* One string, which must live as long as the pattern. */
void pattern_start_single(struct pattern *p, const uint8_t *needle, size_t length);
/* Several: start, add each (not empty), then finish.  false: no memory, and pattern_end() is due. */
bool pattern_start(struct pattern *p);
bool pattern_add(struct pattern *p, const uint8_t *bytes, size_t n);
bool pattern_finish(struct pattern *p);
/* Frees what the pattern owns. */
void pattern_end(struct pattern *p);

/* The first match inside [from, end) of the bytes. */
bool pattern_find(struct pattern *p, const uint8_t *bytes, size_t from, size_t end, size_t *at,
                  size_t *length);

#endif
