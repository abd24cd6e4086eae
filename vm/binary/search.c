/* SPDX-License-Identifier: Apache-2.0 */
/* search.c -- finding byte strings. */
#include "binary/search.h"
#include "heap/arena.h"
#include "term/effort.h"

#include <string.h>

/* --- one string ------------------------------------------------------------------------------ */

void pattern_start_single(struct pattern *p, const uint8_t *needle, size_t length)
{
    p->needle = needle;
    p->length = length;
    p->borders = NULL;
    p->nodes = NULL;
}

/* borders[i]: length of the longest proper prefix of needle[0..i] that is its suffix too. */
static bool make_borders(struct pattern *p)
{
    if (p->borders) return true;
    if (p->length > UINT32_MAX) return false;
    uint32_t *b = p->borders = arena_malloc(p->length * sizeof *b), k = 0;
    if (!b) return false;
    b[0] = 0;
    for (size_t i = 1; i < p->length; i++) {
        while (k && p->needle[i] != p->needle[k]) k = b[k - 1];
        if (p->needle[i] == p->needle[k]) k++;
        b[i] = k;
    }
    return true;
}

enum { PIECE = 4096, LONG_PIECE = 1 << 16 }; /* bytes looked at between two calls of effort() */

static bool find_with_borders(const struct pattern *p, const uint8_t *bytes, size_t from,
                              size_t end, size_t *at)
{
    size_t k = 0;
    for (size_t i = from; i < end; i++) {
        if (i % PIECE == 0 && !effort(PIECE)) return false;
        while (k && bytes[i] != p->needle[k]) k = p->borders[k - 1];
        if (bytes[i] == p->needle[k]) k++;
        if (k == p->length) {
            *at = i + 1 - k;
            return true;
        }
    }
    return false;
}

static bool find_single(struct pattern *p, const uint8_t *bytes, size_t from, size_t end,
                        size_t *at)
{
    size_t n = p->length, wasted = 0;
    if (end - from < n) return false;
    size_t last = end - n, i = from;
    while (i <= last) {
        size_t piece = last - i < LONG_PIECE ? last - i + 1 : LONG_PIECE;
        const uint8_t *hit = memchr(bytes + i, p->needle[0], piece);
        if (!effort(4 +
                    (int64_t)((hit ? (size_t)(hit - bytes) - i : piece) / BYTES_COPIED_PER_STEP)))
            return false;
        if (!hit) {
            i += piece;
            continue;
        }
        i = (size_t)(hit - bytes);
        size_t same = 1;
        while (same < n && hit[same] == p->needle[same]) same++;
        if (same == n) {
            *at = i;
            return true;
        }
        i++;
        wasted += same;
        if (wasted > 4 * (i - from) + 256 && make_borders(p))
            return find_with_borders(p, bytes, i, end, at);
    }
    return false;
}

/* --- several strings ---------------------------------------------------------------------------- */

struct search_node {
    uint32_t child, sibling; /* 0: none */
    uint32_t fail;           /* the node of the longest proper suffix that is in the trie */
    uint32_t depth;
    uint32_t match; /* length of the longest string that ends here; 0: none */
    uint8_t byte;
};

static uint32_t new_node(struct pattern *p, uint32_t depth, uint8_t byte)
{
    if (p->count == p->room) {
        size_t room = p->room ? p->room * 2 : 16;
        struct search_node *nodes = arena_realloc(p->nodes, room * sizeof *nodes);
        if (!nodes) return 0;
        p->nodes = nodes;
        p->room = room;
    }
    p->nodes[p->count] = (struct search_node){.depth = depth, .byte = byte};
    return (uint32_t)p->count++;
}

bool pattern_start(struct pattern *p)
{
    memset(p, 0, sizeof *p);
    new_node(p, 0, 0);
    return p->nodes != NULL;
}

static uint32_t child_of(const struct pattern *p, uint32_t node, uint8_t byte)
{
    if (node == 0) return p->root[byte];
    uint32_t c = p->nodes[node].child;
    while (c && p->nodes[c].byte != byte) c = p->nodes[c].sibling;
    return c;
}

bool pattern_add(struct pattern *p, const uint8_t *bytes, size_t n)
{
    uint32_t at = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t next = child_of(p, at, bytes[i]);
        if (!next) {
            if (p->count >= UINT32_MAX) return false;
            next = new_node(p, p->nodes[at].depth + 1, bytes[i]);
            if (!next) return false;
            p->nodes[next].sibling = p->nodes[at].child;
            p->nodes[at].child = next;
            if (at == 0) p->root[bytes[i]] = next;
        }
        at = next;
    }
    p->nodes[at].match = (uint32_t)n;
    return true;
}

/* Breadth first: a node's suffix is shallower, so it is done before. */
bool pattern_finish(struct pattern *p)
{
    uint32_t *queue = arena_malloc(p->count * sizeof *queue);
    if (!queue) return false;
    size_t first = 0, last = 0;
    queue[last++] = 0;
    while (first < last) {
        uint32_t at = queue[first++];
        for (uint32_t c = p->nodes[at].child; c; c = p->nodes[c].sibling) {
            uint32_t f = at, to = 0;
            while (f && !to) {
                f = p->nodes[f].fail;
                to = child_of(p, f, p->nodes[c].byte);
            }
            p->nodes[c].fail = to;
            if (!p->nodes[c].match) p->nodes[c].match = p->nodes[to].match;
            queue[last++] = c;
        }
    }
    arena_free(queue);
    return true;
}

static bool find_several(const struct pattern *p, const uint8_t *bytes, size_t from, size_t end,
                         size_t *at, size_t *length)
{
    uint32_t node = 0;
    bool found = false;
    for (size_t i = from; i < end; i++) {
        uint32_t next;
        if (i % PIECE == 0 && !effort(PIECE)) return false;
        while (!(next = child_of(p, node, bytes[i])) && node) node = p->nodes[node].fail;
        node = next;
        const struct search_node *n = &p->nodes[node];
        /* Whatever begins from here on begins later than what was found. */
        if (found && i + 1 - n->depth > *at) return true;
        if (!n->match) continue;
        size_t start = i + 1 - n->match;
        if (!found || start <= *at) {
            found = true;
            *at = start;
            *length = n->match;
        }
    }
    return found;
}

/* --- both ------------------------------------------------------------------------------------------- */

void pattern_end(struct pattern *p)
{
    if (p->needle)
        arena_free(p->borders);
    else
        arena_free(p->nodes);
}

bool pattern_find(struct pattern *p, const uint8_t *bytes, size_t from, size_t end, size_t *at,
                  size_t *length)
{
    if (!p->needle) return find_several(p, bytes, from, end, at, length);
    *length = p->length;
    return find_single(p, bytes, from, end, at);
}
