/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h -- which words of a boxed object are terms: for the collector and other walkers.
 *
 * A walk goes over words; at a header, layout_after_header() tells where to go on behind
 * those words that are no terms, and whether a single term lies among them.
 */
#ifndef VM_LAYOUT_H
#define VM_LAYOUT_H

#include "term/term.h"

/* Where the walk goes on after this header at `p`; *lone is a single term inside the
 * skipped part that is to be visited, or NULL. */
static inline term *layout_after_header(term *p, term **lone)
{
    term h = *p;
    *lone = NULL;
    switch (header_kind(h)) {
    case KIND_TUPLE:
    case KIND_RECORD: return p + 1;
    case KIND_MAP: return map_form(h) == MAP_HASH_NODE ? p + 1 : p + 2; /* the raw size */
    case KIND_FUN: return p + 2;                                        /* the entry */
    case KIND_SUB_BINARY:
    case KIND_MATCH: *lone = p + 1; return p + 1 + header_arity(h);
    default: return p + 1 + header_arity(h);
    }
}

#endif
