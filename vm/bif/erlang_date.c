/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_date.c -- dates and times of day.  A mote lives in universal time. */
#include "bif/bif.h"
#include "big/big.h"
#include "process/clock.h"

#define DAY              86400
#define FIRST_YEAR       1600
#define FIRST_LOCAL_YEAR 1902 /* of conversions between local and universal time */
#define LAST_YEAR        INT64_C(2147473647)

struct moment {
    int64_t year;
    int month, day, hour, minute, second;
};

static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q * b > a ? q - 1 : q;
}

/* Days since 1970-01-01: years start in March, so that the day that leap years add is the last. */
static int64_t days_from(int64_t year, int month, int day)
{
    if (month <= 2) year--;
    int64_t era = floor_divide(year, 400), of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct moment moment_of(int64_t seconds)
{
    int64_t days = floor_divide(seconds, DAY), rest = seconds - days * DAY;
    days += 719468;
    int64_t era = floor_divide(days, 146097), of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int shifted = (int)((5 * of_year + 2) / 153);
    struct moment m;
    m.day = (int)(of_year - (153 * shifted + 2) / 5 + 1);
    m.month = shifted < 10 ? shifted + 3 : shifted - 9;
    m.year = year + era * 400 + (m.month <= 2);
    m.hour = (int)(rest / 3600);
    m.minute = (int)(rest / 60 % 60);
    m.second = (int)(rest % 60);
    return m;
}

static int days_in(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static term date_term(struct heap *h, const struct moment *m)
{
    return make_tuple3(h, make_integer(h, m->year), small(m->month), small(m->day));
}

static term time_term(struct heap *h, const struct moment *m)
{
    return make_tuple3(h, small(m->hour), small(m->minute), small(m->second));
}

static term date_time(struct heap *h, const struct moment *m)
{
    return make_tuple2(h, date_term(h, m), time_term(h, m));
}

static bool within(term t, int64_t least, int64_t most, int64_t *out)
{
    if (!is_small(t)) return false;
    *out = small_value(t);
    return *out >= least && *out <= most;
}

/* {{Year, Month, Day}, {Hour, Minute, Second}}, a real date.  *seconds since 1970. */
static bool parse(term t, int64_t *seconds)
{
    if (!is_tuple_of(t, 2) || !is_tuple_of(element(t, 0), 3) || !is_tuple_of(element(t, 1), 3))
        return false;
    const term *d = tuple_elements(element(t, 0)), *c = tuple_elements(element(t, 1));
    int64_t year, month, day, hour, minute, second;
    if (!within(d[0], FIRST_YEAR, LAST_YEAR, &year) || !within(d[1], 1, 12, &month) ||
        !within(d[2], 1, days_in(year, (int)month), &day) || !within(c[0], 0, 23, &hour) ||
        !within(c[1], 0, 59, &minute) || !within(c[2], 0, 59, &second))
        return false;
    *seconds = days_from(year, (int)month, (int)day) * DAY + hour * 3600 + minute * 60 + second;
    return true;
}

static struct moment now(void) { return moment_of(floor_divide(clock_system(), 1000000000)); }

term bif_erlang_date_0(struct process *p, const term *arg)
{
    (void)arg;
    struct moment m = now();
    return date_term(&p->heap, &m);
}

term bif_erlang_time_0(struct process *p, const term *arg)
{
    (void)arg;
    struct moment m = now();
    return time_term(&p->heap, &m);
}

term bif_erlang_localtime_0(struct process *p, const term *arg)
{
    (void)arg;
    struct moment m = now();
    return date_time(&p->heap, &m);
}

term bif_erlang_universaltime_0(struct process *p, const term *arg)
{
    return bif_erlang_localtime_0(p, arg);
}

static term same_time(struct process *p, term t)
{
    int64_t seconds;
    if (!parse(t, &seconds)) return raise_badarg(p);
    struct moment m = moment_of(seconds);
    if (m.year < FIRST_LOCAL_YEAR) return raise_badarg(p);
    return date_time(&p->heap, &m);
}

term bif_erlang_localtime_to_universaltime_2(struct process *p, const term *arg)
{
    if (!term_same(arg[1], ATOM(true)) && !term_same(arg[1], ATOM(false)) &&
        !term_same(arg[1], ATOM(undefined)))
        return raise_badarg(p);
    return same_time(p, arg[0]);
}

term bif_erlang_universaltime_to_localtime_1(struct process *p, const term *arg)
{
    return same_time(p, arg[0]);
}

term bif_erlang_universaltime_to_posixtime_1(struct process *p, const term *arg)
{
    int64_t seconds;
    if (!parse(arg[0], &seconds)) return raise_badarg(p);
    return make_integer(&p->heap, seconds);
}

term bif_erlang_posixtime_to_universaltime_1(struct process *p, const term *arg)
{
    int64_t seconds;
    const int64_t limit = (LAST_YEAR - 1970) * 366 * DAY;
    if (!integer_to_int64(arg[0], &seconds) || seconds > limit || seconds < -limit)
        return raise_badarg(p);
    struct moment m = moment_of(seconds);
    return date_time(&p->heap, &m);
}
