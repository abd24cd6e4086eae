/* SPDX-License-Identifier: Apache-2.0 */
/* atomics.c -- arrays of 64-bit integers that processes share: atomics, and counters.
 *
 * There is one thread, so plain loads and stores are atomic.  Sums wrap.
 */
#include "big/big.h"
#include "bif/bif.h"
#include "heap/arena.h"
#include "heap/maps.h"

struct array {
    struct resource resource;
    bool is_signed;
    size_t size;
    uint64_t values[];
};

static void free_array(void *resource) { arena_free(resource); }
static const struct resource_type atomics_type = {.name = "atomics", .release = free_array};
static const struct resource_type counters_type = {.name = "counters", .release = free_array};

/* --- what both do --------------------------------------------------------------------------------- */

/* Why this is no count: one that does not fit is system_limit, anything else is badarg. */
static term refuse(term t)
{
    return is_big(t) && !big_is_negative(t) ? ATOM(system_limit) : ATOM(badarg);
}

static term make_array(struct process *p, const struct resource_type *type, term size,
                       bool is_signed)
{
    uint64_t n;
    if (!is_integer(size) || !integer_to_uint64(size, &n)) return raise(p, refuse(size));
    if (n == 0) return raise_badarg(p);
    if (n > SIZE_MAX / sizeof(uint64_t) / 2) return raise(p, ATOM(system_limit));
    struct array *a = arena_calloc(sizeof *a + n * sizeof *a->values);
    if (!a) return raise(p, ATOM(system_limit));
    a->resource = (struct resource){.references = 1, .type = type};
    ref_new_ids(a->resource.ids);
    a->is_signed = is_signed;
    a->size = n;
    return make_magic_ref(&p->heap, &a->resource);
}

static uint64_t *place_in(struct array *a, term index)
{
    if (!a || !is_small(index) || small_value(index) < 1) return NULL;
    size_t i = (size_t)small_value(index) - 1;
    return i < a->size ? &a->values[i] : NULL;
}

static term value_term(struct process *p, const struct array *a, uint64_t v)
{
    return a->is_signed ? make_integer(&p->heap, (int64_t)v) : make_unsigned(&p->heap, v);
}

static bool get_signed(term t, uint64_t *v)
{
    int64_t i;
    if (!is_integer(t) || !integer_to_int64(t, &i)) return false;
    *v = (uint64_t)i;
    return true;
}

static bool get_unsigned(term t, uint64_t *v) { return is_integer(t) && integer_to_uint64(t, v); }

static bool get_value(const struct array *a, term t, uint64_t *v)
{
    return a->is_signed ? get_signed(t, v) : get_unsigned(t, v);
}

static bool get_step(term t, uint64_t *v) { return get_signed(t, v) || get_unsigned(t, v); }

/* --- atomics ------------------------------------------------------------------------------------- */

#define OPTION_SIGNED 1

term bif_erts_internal_atomics_new_2(struct process *p, const term *arg)
{
    uint64_t options;
    if (!get_unsigned(arg[1], &options)) return raise_badarg(p);
    return make_array(p, &atomics_type, arg[0], options & OPTION_SIGNED);
}

static struct array *atomics(term t) { return resource_of(t, &atomics_type); }

term bif_atomics_get_2(struct process *p, const term *arg)
{
    struct array *a = atomics(arg[0]);
    const uint64_t *v = place_in(a, arg[1]);
    return v ? value_term(p, a, *v) : raise_badarg(p);
}

term bif_atomics_put_3(struct process *p, const term *arg)
{
    struct array *a = atomics(arg[0]);
    uint64_t *v = place_in(a, arg[1]), fresh;
    if (!v || !get_value(a, arg[2], &fresh)) return raise_badarg(p);
    *v = fresh;
    return ATOM(ok);
}

term bif_atomics_add_3(struct process *p, const term *arg)
{
    uint64_t *v = place_in(atomics(arg[0]), arg[1]), step;
    if (!v || !get_step(arg[2], &step)) return raise_badarg(p);
    *v += step;
    return ATOM(ok);
}

term bif_atomics_add_get_3(struct process *p, const term *arg)
{
    struct array *a = atomics(arg[0]);
    uint64_t *v = place_in(a, arg[1]), step;
    if (!v || !get_step(arg[2], &step)) return raise_badarg(p);
    *v += step;
    return value_term(p, a, *v);
}

term bif_atomics_exchange_3(struct process *p, const term *arg)
{
    struct array *a = atomics(arg[0]);
    uint64_t *v = place_in(a, arg[1]), fresh;
    if (!v || !get_value(a, arg[2], &fresh)) return raise_badarg(p);
    uint64_t old = *v;
    *v = fresh;
    return value_term(p, a, old);
}

term bif_atomics_compare_exchange_4(struct process *p, const term *arg)
{
    struct array *a = atomics(arg[0]);
    uint64_t *v = place_in(a, arg[1]), expected, fresh;
    if (!v || !get_value(a, arg[2], &expected) || !get_value(a, arg[3], &fresh))
        return raise_badarg(p);
    if (*v != expected) return value_term(p, a, *v);
    *v = fresh;
    return ATOM(ok);
}

/* As stock counts. */
static size_t memory_of(const struct array *a) { return 40 + a->size * sizeof *a->values; }

term bif_atomics_info_1(struct process *p, const term *arg)
{
    struct array *a = atomics(arg[0]);
    if (!a) return raise_badarg(p);
    struct heap *h = &p->heap;
    term pairs[] = {ATOM(size),   make_unsigned(h, a->size),
                    ATOM(max),    make_unsigned(h, a->is_signed ? INT64_MAX : UINT64_MAX),
                    ATOM(min),    make_integer(h, a->is_signed ? INT64_MIN : 0),
                    ATOM(memory), make_unsigned(h, memory_of(a))};
    return map_from_pairs(h, pairs, 4, false);
}

/* --- counters -------------------------------------------------------------------------------------- */

term bif_erts_internal_counters_new_1(struct process *p, const term *arg)
{
    return make_array(p, &counters_type, arg[0], true);
}

static struct array *counters(term t) { return resource_of(t, &counters_type); }

term bif_erts_internal_counters_get_2(struct process *p, const term *arg)
{
    struct array *a = counters(arg[0]);
    const uint64_t *v = place_in(a, arg[1]);
    return v ? value_term(p, a, *v) : raise_badarg(p);
}

term bif_erts_internal_counters_put_3(struct process *p, const term *arg)
{
    uint64_t *v = place_in(counters(arg[0]), arg[1]), fresh;
    if (!v || !get_signed(arg[2], &fresh)) return raise_badarg(p);
    *v = fresh;
    return ATOM(ok);
}

term bif_erts_internal_counters_add_3(struct process *p, const term *arg)
{
    uint64_t *v = place_in(counters(arg[0]), arg[1]), step;
    if (!v || !get_step(arg[2], &step)) return raise_badarg(p);
    *v += step;
    return ATOM(ok);
}

term bif_erts_internal_counters_info_1(struct process *p, const term *arg)
{
    struct array *a = counters(arg[0]);
    if (!a) return raise_badarg(p);
    struct heap *h = &p->heap;
    return map_of2(h, ATOM(memory), make_unsigned(h, memory_of(a)), ATOM(size),
                   make_unsigned(h, a->size));
}
