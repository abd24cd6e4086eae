/* SPDX-License-Identifier: Apache-2.0 */
/* term.c -- sizes of boxed objects. */
#include "term/map.h"

size_t boxed_total_words(const term *words)
{
    if (header_kind(*words) == KIND_MAP) return map_object_words(words);
    return 1 + header_arity(*words);
}
