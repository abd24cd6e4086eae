/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_timer.c -- send_after, start_timer, and what is done with their references. */
#include "bif/bif.h"
#include "big/big.h"
#include "platform/platform.h"
#include "process/clock.h"
#include "process/message_timer.h"

#define MS         INT64_C(1000000)
/* As far ahead as the stock machine goes. */
#define LONGEST_MS (INT64_MAX / MS / 2)

/* A list of {Key, Bool} pairs with at most these two keys; out[i] is set when keys[i] is there. */
static bool bool_options(term list, const term keys[2], bool out[2])
{
    for (; is_cons(list); list = tail(list)) {
        term option = head(list);
        if (!is_tuple_of(option, 2) || !is_bool(element(option, 1))) return false;
        int i = term_same(element(option, 0), keys[0])                        ? 0
                : is_value(keys[1]) && term_same(element(option, 0), keys[1]) ? 1
                                                                              : 2;
        if (i == 2) return false;
        out[i] = term_same(element(option, 1), ATOM(true));
    }
    return is_nil(list);
}

static bool due_time(term ms, bool absolute, uint64_t *due_ns)
{
    int64_t n;
    if (!integer_to_int64(ms, &n) || n > LONGEST_MS || n < -LONGEST_MS) return false;
    if (absolute) {
        *due_ns = clock_to_platform(n * MS);
        return true;
    }
    *due_ns = plat_monotonic_ns() + (uint64_t)n * MS;
    return n >= 0;
}

static term start(struct process *p, const term *arg, term options, bool wrap)
{
    bool set[2] = {false, false};
    uint64_t due;
    if (!bool_options(options, (const term[]){ATOM(abs), NO_VALUE}, set))
        return raise_cause(p, ATOM(badarg), ATOM(badopt));
    if (!due_time(arg[0], set[0], &due)) return raise_cause(p, ATOM(badarg), ATOM(time));
    if (!is_local_pid(arg[1]) && !is_atom(arg[1])) return raise_badarg(p);
    term ref = message_timer_start(&p->heap, due, arg[1], arg[2], wrap);
    return is_value(ref) ? ref : raise(p, ATOM(system_limit));
}

term bif_erlang_send_after_3(struct process *p, const term *arg)
{
    return start(p, arg, NIL, false);
}
term bif_erlang_send_after_4(struct process *p, const term *arg)
{
    return start(p, arg, arg[3], false);
}
term bif_erlang_start_timer_3(struct process *p, const term *arg)
{
    return start(p, arg, NIL, true);
}
term bif_erlang_start_timer_4(struct process *p, const term *arg)
{
    return start(p, arg, arg[3], true);
}

static term ask(struct process *p, term ref, bool cancel)
{
    int64_t left = message_timer_left(ref, cancel);
    return left < 0 ? ATOM(false) : make_integer(&p->heap, left);
}

/* The answer, or ok and perhaps a message {Tag, Ref, Answer}. */
static term answer(struct process *p, term ref, bool cancel, bool async, bool info)
{
    if (!is_ref(ref)) return raise_badarg(p);
    term left = ask(p, ref, cancel);
    if (!async) return info ? left : ATOM(ok);
    if (info) {
        term tag = cancel ? ATOM(cancel_timer) : ATOM(read_timer);
        if (!mailbox_send(NULL, p, make_tuple3(&p->heap, tag, ref, left)))
            return raise(p, ATOM(system_limit));
    }
    return ATOM(ok);
}

term bif_erlang_cancel_timer_1(struct process *p, const term *arg)
{
    return answer(p, arg[0], true, false, true);
}

term bif_erlang_cancel_timer_2(struct process *p, const term *arg)
{
    bool set[2] = {false, true};
    if (!bool_options(arg[1], (const term[]){ATOM(async), ATOM(info)}, set)) return raise_badarg(p);
    return answer(p, arg[0], true, set[0], set[1]);
}

term bif_erlang_read_timer_1(struct process *p, const term *arg)
{
    return answer(p, arg[0], false, false, true);
}

term bif_erlang_read_timer_2(struct process *p, const term *arg)
{
    bool set[2] = {false, true};
    if (!bool_options(arg[1], (const term[]){ATOM(async), NO_VALUE}, set)) return raise_badarg(p);
    return answer(p, arg[0], false, set[0], true);
}
