/* SPDX-License-Identifier: Apache-2.0 */
/* unique.c -- see unique.h, and the end of process.h. */
#include "process/unique.h"
#include "platform/platform.h"
#include "process/process.h"

static uint64_t references, plain, monotonic_ones;

/* The three numbers of a reference are 18, 32 and 32 bits of the counter, as in the stock machine. */
void ref_new_ids(uint64_t ids[2])
{
    uint64_t v = ++references;
    ids[0] = (v & 0x3FFFF) | (v >> 18 & 0xFFFFFFFF) << 32;
    ids[1] = v >> 50;
}

term make_ref(struct heap *h)
{
    uint64_t ids[2];
    ref_new_ids(ids);
    term *w = heap_alloc(h, REF_WORDS);
    w[0] = header(2, KIND_REF);
    w[1] = term_of(ids[0]);
    w[2] = term_of(ids[1]);
    return boxed_term(w);
}

int64_t unique_monotonic(void) { return (int64_t)++monotonic_ones - 1 + SMALL_MIN; }

/* Without `positive` the numbers start at the smallest small integer, so that they stay small
 * as long as can be. */
term unique_integer(struct heap *h, bool monotonic, bool positive)
{
    uint64_t v = monotonic ? ++monotonic_ones : ++plain;
    if (positive) return make_unsigned(h, v);
    const uint64_t below_zero = (uint64_t)-SMALL_MIN;
    return v - 1 < below_zero ? small((int64_t)(v - 1) + SMALL_MIN)
                              : make_unsigned(h, v - 1 - below_zero);
}

/* Far ahead: counters only grow, and no mote makes 2^32 of them before it is saved.  Monotonic ones of two motes that went on from the
 * same memory say nothing of each other's order, and are as little the same as the others. */
void unique_resume(void)
{
    uint64_t *const counters[] = {&references, &plain, &monotonic_ones};
    uint32_t numbers[3];
    plat_random(numbers, sizeof numbers);
    for (int i = 0; i < 3; i++) *counters[i] += (uint64_t)numbers[i] << 16;
}

uint64_t unique_monotonic_state(void) { return monotonic_ones - 1; }
void unique_monotonic_set(uint64_t state) { monotonic_ones = state + 1; }
