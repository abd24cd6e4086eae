/* SPDX-License-Identifier: Apache-2.0 */
/* compare.h -- the order and the equalities of terms.
 *
 *   number < atom < reference < fun < port < pid < tuple < map < [] < list < bit string
 *
 * Two orders: term_compare() is that of == and <, where 1 and 1.0 are equal;
 * term_compare_exact() is that of =:= and of the keys of maps, where every integer comes
 * before every float.  Both go to any depth, never allocate on a heap, never fail.
 */
#ifndef VM_COMPARE_H
#define VM_COMPARE_H

#include "term/term.h"

/* Less than, equal to or greater than zero; for two terms that are not the same word. */
int compare_different(term a, term b, bool exact);
bool equal_different(term a, term b);
bool same_value_different(term a, term b);

/* a < b, a == b, a > b. */
static inline int term_compare(term a, term b)
{
    if (a.bits == b.bits) return 0;
    if (are_small(a, b)) return (int64_t)a.bits < (int64_t)b.bits ? -1 : 1;
    return compare_different(a, b, false);
}
static inline int term_compare_exact(term a, term b)
{
    if (a.bits == b.bits) return 0;
    if (are_small(a, b)) return (int64_t)a.bits < (int64_t)b.bits ? -1 : 1;
    return compare_different(a, b, true);
}

/* =:= */
static inline bool term_same_value(term a, term b)
{
    if (a.bits == b.bits) return true;
    if (is_immediate(a) || is_immediate(b)) return false;
    return same_value_different(a, b);
}
/* == */
static inline bool term_equal(term a, term b)
{
    if (a.bits == b.bits) return true;
    if (is_immediate(a) && is_immediate(b)) return false;
    return equal_different(a, b);
}

/* Compares an integer (of any size) with a float by their exact values. */
int compare_integer_float(term integer, double f);

#endif
