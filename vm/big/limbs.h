/* SPDX-License-Identifier: Apache-2.0 */
/* limbs.h -- inside vm/big: integer operands as sign and limbs, and results being built.
 *
 * A result is built in place: begin_result() takes heap words for a header and `room` limbs
 * (and scratch after them), GMP writes the limbs, finish_result() makes a term of it and
 * gives the rest back.  Nothing else may be taken from the heap in between.
 */
#ifndef VM_BIG_LIMBS_H
#define VM_BIG_LIMBS_H

#include "big/big.h"
#include <gmp.h>

_Static_assert(sizeof(mp_limb_t) == sizeof(uint64_t) && GMP_NAIL_BITS == 0, "limbs are words");

struct operand {
    const mp_limb_t *limbs; /* at least one; a leading zero only for 0 itself */
    size_t count;
    bool negative;
    mp_limb_t one; /* what `limbs` points to for a small */
};

static inline void view_integer(struct operand *o, term integer)
{
    if (is_small(integer)) {
        int64_t v = small_value(integer);
        o->negative = v < 0;
        o->one = v < 0 ? -(uint64_t)v : (uint64_t)v;
        o->limbs = &o->one;
        o->count = 1;
    } else {
        o->negative = big_is_negative(integer);
        o->limbs = big_limb(integer);
        o->count = big_limbs(integer);
    }
}

static inline void swap_operands(struct operand **a, struct operand **b)
{
    struct operand *t = *a;
    *a = *b, *b = t;
}

struct result {
    term *words; /* header, then limbs */
    mp_limb_t *limbs;
    size_t room; /* words after the header */
};

static inline void begin_result(struct result *r, struct heap *h, size_t room)
{
    r->words = heap_alloc(h, 1 + room);
    r->limbs = (mp_limb_t *)(r->words + 1);
    r->room = room;
}

static inline void drop_result(struct result *r, struct heap *h)
{
    heap_trim(h, r->words, 1 + r->room);
}

/* The term for the first `count` limbs: normalised, small when it fits, system_limit when too long. */
term finish_result(struct result *r, struct heap *h, size_t count, bool negative,
                   enum number_fault *why);

/* The term for a sign and a machine word. */
term integer_from_word(struct heap *h, uint64_t magnitude, bool negative);

static inline term refuse(enum number_fault *why, enum number_fault fault)
{
    *why = fault;
    return NO_VALUE;
}

#endif
