/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_time.c -- clocks.  The native unit of time is the nanosecond. */
#include "bif/bif.h"
#include "big/big.h"
#include "platform/platform.h"
#include "process/clock.h"

#define SECOND INT64_C(1000000000)

static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q * b > a ? q - 1 : q;
}

/* Parts of a second; 0: no unit. */
static int64_t unit_of(term unit)
{
    if (is_small(unit)) return small_value(unit) > 0 ? small_value(unit) : 0;
    if (!is_atom(unit)) return 0;
    switch (atom_index(unit)) {
    case ATOM_second:
    case ATOM_seconds: return 1;
    case ATOM_millisecond:
    case ATOM_milli_seconds: return 1000;
    case ATOM_microsecond:
    case ATOM_micro_seconds: return 1000000;
    case ATOM_nanosecond:
    case ATOM_nano_seconds:
    case ATOM_native:
    case ATOM_perf_counter: return SECOND;
    default: return 0;
    }
}

/* More parts of a second than 63 bits have room for. */
static term in_many_parts(struct process *p, int64_t ns, term parts)
{
    enum number_fault why;
    struct heap *h = &p->heap;
    term product = number_multiply(h, make_integer(h, ns), parts, &why);
    if (is_value(product) && ns < 0) product = number_subtract(h, product, small(SECOND - 1), &why);
    if (is_value(product)) product = integer_div(h, product, small(SECOND), &why);
    return is_value(product) ? product : raise(p, ATOM(system_limit));
}

static term in_unit(struct process *p, int64_t ns, term unit)
{
    if (is_big(unit) && !big_is_negative(unit)) return in_many_parts(p, ns, unit);
    int64_t parts = unit_of(unit);
    if (parts == 0) return raise_badarg(p);
    if (SECOND % parts == 0) return make_integer(&p->heap, floor_divide(ns, SECOND / parts));
    /* Any other number of parts: seconds and the rest apart, so that nothing overflows early. */
    int64_t seconds = floor_divide(ns, SECOND), whole, rest;
    if (__builtin_mul_overflow(seconds, parts, &whole) ||
        __builtin_mul_overflow(ns - seconds * SECOND, parts, &rest) ||
        __builtin_add_overflow(whole, rest / SECOND, &whole))
        return in_many_parts(p, ns, unit);
    return make_integer(&p->heap, whole);
}

static term timestamp(struct heap *h, int64_t us)
{
    int64_t seconds = floor_divide(us, 1000000);
    return make_tuple3(h, small(seconds / 1000000), small(seconds % 1000000),
                       small(us - seconds * 1000000));
}

term bif_erlang_monotonic_time_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_integer(&p->heap, clock_monotonic());
}

term bif_erlang_monotonic_time_1(struct process *p, const term *arg)
{
    return in_unit(p, clock_monotonic(), arg[0]);
}

term bif_erlang_system_time_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_integer(&p->heap, clock_system());
}

term bif_erlang_system_time_1(struct process *p, const term *arg)
{
    return in_unit(p, clock_system(), arg[0]);
}

term bif_erlang_time_offset_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_integer(&p->heap, clock_offset());
}

term bif_erlang_time_offset_1(struct process *p, const term *arg)
{
    return in_unit(p, clock_offset(), arg[0]);
}

term bif_erlang_timestamp_0(struct process *p, const term *arg)
{
    (void)arg;
    return timestamp(&p->heap, floor_divide(clock_system(), 1000));
}

term bif_erlang_now_0(struct process *p, const term *arg)
{
    (void)arg;
    return timestamp(&p->heap, clock_now_us());
}

term bif_erts_internal_time_unit_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return small(SECOND);
}

term bif_erts_internal_perf_counter_unit_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return small(SECOND);
}

term bif_os_timestamp_0(struct process *p, const term *arg)
{
    (void)arg;
    return timestamp(&p->heap, (int64_t)(plat_wall_ns() / 1000));
}

term bif_os_system_time_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_integer(&p->heap, (int64_t)plat_wall_ns());
}

term bif_os_system_time_1(struct process *p, const term *arg)
{
    return in_unit(p, (int64_t)plat_wall_ns(), arg[0]);
}

term bif_os_perf_counter_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_integer(&p->heap, (int64_t)plat_monotonic_ns());
}
