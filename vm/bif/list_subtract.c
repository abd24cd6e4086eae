/* SPDX-License-Identifier: Apache-2.0 */
/* list_subtract.c -- A -- B: A without, for each element of B, its first occurrence.
 *
 * With few elements on a side every pair is compared.  Otherwise B is sorted, equal elements are
 * counted, and A is walked once with a binary search for each: never quadratic.
 */
#include "bif/bif.h"
#include "heap/arena.h"
#include "process/pause.h"
#include "term/compare.h"

enum { FEW = 16, SHORT = 2048, STEPS_TO_FIND = 16 };

struct wanted {
    term t;
    size_t count; /* occurrences still to be dropped */
};

static void sort(struct wanted *w, struct wanted *spare, size_t n)
{
    if (n < 2) return;
    size_t half = n / 2, i = 0, j = half;
    sort(w, spare, half);
    sort(w + half, spare, n - half);
    memcpy(spare, w, n * sizeof *w);
    for (size_t out = 0; out < n; out++) {
        bool left = j == n || (i < half && term_compare_exact(spare[i].t, spare[j].t) <= 0);
        w[out] = left ? spare[i++] : spare[j++];
    }
    if (n > FEW) effort((int64_t)n * 2);
}

/* Counts equal neighbours.  Returns how many different ones there are. */
static size_t count_equal(struct wanted *w, size_t n)
{
    size_t kept = 0;
    for (size_t i = 0; i < n; i++) {
        if (kept && term_same_value(w[kept - 1].t, w[i].t))
            w[kept - 1].count++;
        else
            w[kept++] = w[i];
    }
    return kept;
}

static struct wanted *search_sorted(struct wanted *w, size_t n, term t)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int r = term_compare_exact(t, w[middle].t);
        if (r == 0) return &w[middle];
        if (r < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static struct wanted *search_few(struct wanted *w, size_t n, term t)
{
    for (size_t i = 0; i < n; i++)
        if (w[i].count && term_same_value(w[i].t, t)) return &w[i];
    return NULL;
}

/* What stays of `list`; `total` occurrences are wanted. */
static term subtract(struct heap *h, term list, struct wanted *w, size_t n, size_t total,
                     bool sorted)
{
    term result = NIL, *link = &result;
    for (; total && is_cons(list); list = tail(list)) {
        term t = head(list);
        struct wanted *found = sorted ? search_sorted(w, n, t) : search_few(w, n, t);
        if (!effort(STEPS_TO_FIND)) break;
        if (found && found->count) {
            found->count--;
            total--;
            continue;
        }
        term cell = make_cons(h, t, NIL);
        *link = cell;
        link = cons_words(cell) + 1;
    }
    *link = list; /* nothing more to drop: the rest is shared */
    return result;
}

static term subtract_many(struct process *p, term list, term other, size_t n)
{
    struct wanted *w = arena_malloc(2 * n * sizeof *w);
    if (!w) return raise(p, ATOM(system_limit));
    size_t i = 0;
    for (term t = other; is_cons(t); t = tail(t)) w[i++] = (struct wanted){head(t), 1};
    sort(w, w + n, n);
    term result = subtract(&p->heap, list, w, count_equal(w, n), n, true);
    arena_free(w);
    return result;
}

/* Length of a proper list, -1 when improper. */
static ptrdiff_t length(term list)
{
    ptrdiff_t n = 0;
    for (; is_cons(list) && effort(1); list = tail(list)) n++;
    return is_nil(list) ? n : -1;
}

static term subtract_lists(struct process *p, const term *arg)
{
    ptrdiff_t n = length(arg[0]), m = length(arg[1]);
    if (n < 0 || m < 0) return raise_badarg(p);
    if (n == 0 || m == 0) return arg[0];
    if (m > FEW) return subtract_many(p, arg[0], arg[1], (size_t)m);
    struct wanted few[FEW];
    size_t i = 0;
    for (term t = arg[1]; is_cons(t); t = tail(t)) few[i++] = (struct wanted){head(t), 1};
    return subtract(&p->heap, arg[0], few, (size_t)m, (size_t)m, false);
}

term bif_erlang_subtract_2(struct process *p, const term *arg)
{
    int64_t n = 0;
    if (unlikely(p->bif_state)) return pausing(p, subtract_lists, 2, arg);
    for (term t = arg[0]; is_cons(t) && n < SHORT; t = tail(t)) n++;
    for (term t = arg[1]; is_cons(t) && n < SHORT; t = tail(t)) n++;
    if (n == SHORT) return pausing(p, subtract_lists, 2, arg);
    bump(p, n / 20);
    return subtract_lists(p, arg);
}
term bif_erlang_minusminus_2(struct process *p, const term *arg)
{
    return bif_erlang_subtract_2(p, arg);
}
