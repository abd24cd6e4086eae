/* SPDX-License-Identifier: Apache-2.0 */
/* trace.c -- tracing.  Processes and calls cannot be traced yet: asking for it is `notsup`, asking
 * about it says that nothing is traced.  The sequential trace token travels with messages.
 */
#include "bif/bif.h"

#define FLAG_SEND      1
#define FLAG_RECEIVE   2
#define FLAG_PRINT     4
#define FLAG_TIMESTAMP 8
#define FLAG_MONOTONIC 16
#define FLAG_STRICT    32

/* --- processes and calls ------------------------------------------------------------------------ */

/* (What, On, Flags): turning off what is off is no error. */
term bif_erts_internal_trace_3(struct process *p, const term *arg)
{
    if (!is_atom(arg[1]) || list_length(arg[2]) < 0) return raise_badarg(p);
    if (term_same(arg[1], ATOM(false))) return small(0);
    return raise(p, ATOM(notsup));
}

/* (MFA, Match specification, Flags) */
term bif_erts_internal_trace_pattern_3(struct process *p, const term *arg)
{
    if (term_same(arg[1], ATOM(false))) return small(0);
    return raise(p, ATOM(notsup));
}

/* (Tag, Tracer, Tracee) */
term bif_erl_tracer_enabled_3(struct process *p, const term *arg)
{
    (void)p;
    return process_find(arg[1]) ? ATOM(trace) : ATOM(remove);
}

term bif_erl_tracer_trace_5(struct process *p, const term *arg)
{
    (void)arg;
    return raise(p, ATOM(notsup));
}

term bif_erlang_trace_info_2(struct process *p, const term *arg)
{
    struct heap *h = &p->heap;
    term what = arg[1];
    if (!is_atom(what)) return raise_badarg(p);
    if (is_local_pid(arg[0]) || is_local_port(arg[0]) || term_same(arg[0], ATOM(new)) ||
        term_same(arg[0], ATOM(new_processes)) || term_same(arg[0], ATOM(new_ports))) {
        if (is_local_pid(arg[0]) && !process_find(arg[0])) return ATOM(undefined);
        if (!term_same(what, ATOM(flags)) && !term_same(what, ATOM(tracer))) return raise_badarg(p);
        return make_tuple2(h, what, NIL);
    }
    if (is_tuple_of(arg[0], 3) || term_same(arg[0], ATOM(on_load)))
        return make_tuple2(h, what, ATOM(false));
    if (is_atom(arg[0]) && (term_same(arg[0], ATOM(send)) || term_same(arg[0], ATOM(receive))))
        return make_tuple2(h, what, ATOM(true));
    return raise_badarg(p);
}

/* Answered at once: {trace_delivered, Process, Ref}. */
term bif_erlang_trace_delivered_1(struct process *p, const term *arg)
{
    if (!is_local_pid(arg[0]) && !term_same(arg[0], ATOM(all))) return raise_badarg(p);
    term ref = make_ref(&p->heap);
    mailbox_send(p, p, make_tuple3(&p->heap, ATOM(trace_delivered), arg[0], ref));
    return ref;
}

/* --- the sequential trace token: {Flags, Label, Serial, Sender, Last} --------------------------------- */

enum part { PART_FLAGS, PART_LABEL, PART_SERIAL, PART_SENDER, PART_LAST, PARTS };

static term new_token(struct process *p)
{
    term parts[PARTS] = {small(0), small(0), small(0), p->pid, small(0)};
    return make_tuple(&p->heap, PARTS, parts);
}

/* A copy of the token with one part changed; tokens may be shared with messages. */
static void set_part(struct process *p, enum part which, term value)
{
    term parts[PARTS];
    term old = is_nil(p->seq_token) ? new_token(p) : p->seq_token;
    memcpy(parts, tuple_elements(old), sizeof parts);
    parts[which] = value;
    p->seq_token = make_tuple(&p->heap, PARTS, parts);
}

static int64_t flag_of(term name)
{
    if (!is_atom(name)) return 0;
    switch (atom_index(name)) {
    case ATOM_send: return FLAG_SEND;
    case ATOM_receive: return FLAG_RECEIVE;
    case ATOM_print: return FLAG_PRINT;
    case ATOM_timestamp: return FLAG_TIMESTAMP;
    case ATOM_monotonic_timestamp: return FLAG_MONOTONIC;
    case ATOM_strict_monotonic_timestamp: return FLAG_STRICT;
    default: return 0;
    }
}

static term part(const struct process *p, enum part which)
{
    return is_nil(p->seq_token) ? NIL : element(p->seq_token, which);
}

static term set_flag(struct process *p, int64_t flag, bool on)
{
    int64_t flags = is_nil(p->seq_token) ? 0 : small_value(part(p, PART_FLAGS));
    term old = atom_bool(flags & flag);
    set_part(p, PART_FLAGS, small(on ? flags | flag : flags & ~flag));
    return old;
}

/* {Previous, Current} */
static term serial(struct process *p)
{
    if (is_nil(p->seq_token)) return NIL;
    return make_tuple2(&p->heap, part(p, PART_LAST), part(p, PART_SERIAL));
}

static bool is_token(term t)
{
    return is_tuple_of(t, PARTS) && is_small(element(t, PART_FLAGS)) &&
           is_small(element(t, PART_SERIAL)) && is_pid(element(t, PART_SENDER)) &&
           is_small(element(t, PART_LAST));
}

term bif_erlang_seq_trace_2(struct process *p, const term *arg)
{
    int64_t flag = flag_of(arg[0]);
    bool on = term_same(arg[1], ATOM(true));
    if (flag && (on || term_same(arg[1], ATOM(false)))) return set_flag(p, flag, on);
    if (term_same(arg[0], ATOM(label))) {
        term old = part(p, PART_LABEL);
        set_part(p, PART_LABEL, arg[1]);
        return old;
    }
    if (term_same(arg[0], ATOM(serial)) && is_tuple_of(arg[1], 2) && is_small(element(arg[1], 0)) &&
        is_small(element(arg[1], 1))) {
        term old = serial(p);
        set_part(p, PART_LAST, element(arg[1], 0));
        set_part(p, PART_SERIAL, element(arg[1], 1));
        return old;
    }
    if (term_same(arg[0], ATOM(sequential_trace_token)) && (is_nil(arg[1]) || is_token(arg[1]))) {
        term old = p->seq_token;
        p->seq_token = arg[1];
        return old;
    }
    return raise_badarg(p);
}

term bif_erlang_seq_trace_info_1(struct process *p, const term *arg)
{
    struct heap *h = &p->heap;
    int64_t flag = flag_of(arg[0]);
    if (flag) {
        int64_t flags = is_nil(p->seq_token) ? 0 : small_value(part(p, PART_FLAGS));
        return make_tuple2(h, arg[0], atom_bool(flags & flag));
    }
    if (term_same(arg[0], ATOM(label)))
        return is_nil(p->seq_token) ? NIL : make_tuple2(h, arg[0], part(p, PART_LABEL));
    if (term_same(arg[0], ATOM(serial)))
        return is_nil(p->seq_token) ? NIL : make_tuple2(h, arg[0], serial(p));
    return raise_badarg(p);
}

/* There is no sequential tracer (system_flag/2 takes none), so nothing is ever printed. */
term bif_erlang_seq_trace_print_1(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(false);
}
term bif_erlang_seq_trace_print_2(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(false);
}

/* --- system_monitor, system_profile ---------------------------------------------------------------------- */

term bif_erlang_system_monitor_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(undefined);
}
term bif_erlang_system_monitor_1(struct process *p, const term *arg)
{
    return term_same(arg[0], ATOM(undefined)) ? ATOM(undefined) : raise(p, ATOM(notsup));
}
term bif_erlang_system_monitor_2(struct process *p, const term *arg)
{
    bool off = term_same(arg[0], ATOM(undefined)) || is_nil(arg[1]);
    return off ? ATOM(undefined) : raise(p, ATOM(notsup));
}
term bif_erlang_system_profile_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(undefined);
}
term bif_erlang_system_profile_2(struct process *p, const term *arg)
{
    bool off = term_same(arg[0], ATOM(undefined)) || is_nil(arg[1]);
    return off ? ATOM(undefined) : raise(p, ATOM(notsup));
}

/* --- tags for dynamic tracing: answers of a machine built without it ------------------------------------- */

#define CONSTANT(name, value)                                                                      \
    term name(struct process *p, const term *arg)                                                  \
    {                                                                                              \
        (void)p, (void)arg;                                                                        \
        return value;                                                                              \
    }
CONSTANT(bif_erlang_dt_put_tag_1, ATOM(undefined))
CONSTANT(bif_erlang_dt_get_tag_0, ATOM(undefined))
CONSTANT(bif_erlang_dt_get_tag_data_0, ATOM(undefined))
CONSTANT(bif_erlang_dt_spread_tag_1, ATOM(true))
CONSTANT(bif_erlang_dt_restore_tag_1, ATOM(true))
CONSTANT(bif_erlang_dt_prepend_vm_tag_data_1, arg[0])
CONSTANT(bif_erlang_dt_append_vm_tag_data_1, arg[0])
