/* SPDX-License-Identifier: Apache-2.0 */
/* system_flag.c -- erlang:system_flag/2. */
#include "code/exception.h"
#include "bif/process_options.h"
#include "bif/system.h"
#include "bif/trace.h"
#include "process/seq_trace.h"
#include "big/big.h"
#include "process/defaults.h"
#include "process/accounting.h"
#include "process/log.h"
#include "process/scheduling_block.h"

uint32_t trace_control_word;
int64_t system_request_limit = 4;

static bool natural(term t, size_t *n)
{
    if (!is_small(t) || small_value(t) < 0) return false;
    *n = (size_t)small_value(t);
    return true;
}

/* Each setter: the old value, or NO_VALUE for a bad new one. */

static term set_heap(struct process *p, term value, size_t *setting, size_t unit)
{
    size_t n;
    if (!natural(value, &n)) return NO_VALUE;
    term old = make_unsigned(&p->heap, *setting / unit);
    *setting = heap_next_size(n) * unit;
    return old;
}

static term set_max_heap(struct process *p, term value)
{
    struct process_defaults *d = &process_defaults;
    size_t words;
    bool kill, log;
    if (!max_heap_option(value, &words, &kill, &log)) return NO_VALUE;
    if (words && words < d->min_heap_words) return NO_VALUE;
    term old = max_heap_size_map(&p->heap, d->max_heap_words, d->max_heap_kill, d->max_heap_log);
    d->max_heap_words = words;
    d->max_heap_kill = kill;
    d->max_heap_log = log;
    return old;
}

static term set_fullsweep(term value)
{
    size_t n;
    if (!natural(value, &n)) return NO_VALUE;
    term old = small(process_defaults.fullsweep_after);
    process_defaults.fullsweep_after = n > UINT16_MAX ? UINT16_MAX : (uint16_t)n;
    return old;
}

static term set_number(term value, int64_t least, int64_t most, int64_t *setting)
{
    if (!is_small(value) || small_value(value) < least) return NO_VALUE;
    term old = small(*setting);
    *setting = small_value(value) < most ? small_value(value) : most;
    return old;
}

static term set_logger(term value)
{
    if (!term_same(value, ATOM(logger)) && !term_same(value, ATOM(undefined)) &&
        !is_local_pid(value))
        return NO_VALUE;
    term old = system_logger;
    system_logger = value;
    return old;
}

static term set_trace_word(struct process *p, term value)
{
    uint64_t n;
    if (!integer_to_uint64(value, &n) || n > UINT32_MAX) return NO_VALUE;
    term old = make_unsigned(&p->heap, trace_control_word);
    trace_control_word = (uint32_t)n;
    return old;
}

static void forget_token(struct process *p, void *context)
{
    (void)context;
    p->seq_token = NIL;
    p->seq_clock = p->seq_last = 0;
    mailbox_fetch(p);
    for (struct message *m = p->mailbox.first; m; m = m->next) m->token = NIL;
}

/* --- scheduling ----------------------------------------------------------------------------------- */

term scheduling_state(void)
{
    static const term names[] = {ATOM(enabled), ATOM(blocked_normal), ATOM(blocked)};
    return names[scheduling_blocked()];
}

static term set_multi_scheduling(struct process *p, term value)
{
    if (!is_atom(value)) return NO_VALUE;
    switch (atom_index(value)) {
    case ATOM_block:
    case ATOM_block_normal:
        if (!scheduling_block(p, term_same(value, ATOM(block_normal)))) return NO_VALUE;
        break;
    case ATOM_unblock:
    case ATOM_unblock_normal: scheduling_unblock(p, term_same(value, ATOM(unblock_normal))); break;
    default: return NO_VALUE;
    }
    return scheduling_state();
}

/* There is one processor to bind to, and nothing that could be bound. */
static term set_bind_type(struct process *p, term value)
{
    static const term types[] = {ATOM(default_bind),
                                 ATOM(spread),
                                 ATOM(processor_spread),
                                 ATOM(thread_spread),
                                 ATOM(thread_no_node_processor_spread),
                                 ATOM(no_node_processor_spread),
                                 ATOM(no_node_thread_spread),
                                 ATOM(no_spread)};
    log_text(ATOM(warning), p->group_leader,
             "A call to erlang:system_flag(scheduler_bind_type, _) was\n"
             "made. The scheduler_bind_type argument is deprecated and\n"
             "scheduled for removal in Erlang/OTP 18. For more\n"
             "information see the erlang:system_flag/2 documentation.\n");
    if (term_same(value, ATOM(unbound))) return ATOM(unbound);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (term_same(value, types[i])) return raise(p, ATOM(notsup));
    return NO_VALUE;
}

static term trap_to(struct process *p, term module, term function, term value)
{
    struct export *e = export_get(module, function, 1);
    return e ? bif_trap(p, e, 1, &value) : raise(p, ATOM(system_limit));
}

/* Erlang code turns the argument into records and back; see set_topology(). */
static term trap_topology(struct process *p, term value)
{
    log_text(ATOM(warning), p->group_leader,
             "A call to erlang:system_flag(cpu_topology, _) was made.\n"
             "The cpu_topology argument is deprecated and scheduled\n"
             "for removal in Erlang/OTP 18. For more information\n"
             "see the erlang:system_flag/2 documentation.\n");
    return trap_to(p, ATOM(erlang), ATOM(set_cpu_topology), value);
}

static struct fragment *topology_memory;
static term topology_defined = {(uint64_t)ATOM_undefined << 6 | TAG_ATOM};

/* [#cpu{processor = 0, logical = 0}], or what was defined. */
term topology_records(struct heap *h, bool defined_only)
{
    if (!term_same(topology_defined, ATOM(undefined))) return copy_to_heap(topology_defined, h);
    if (defined_only) return ATOM(undefined);
    const term none = small(-1);
    const term cpu[] = {ATOM(cpu), none, small(0), none, none, none, small(0)};
    return make_cons(h, make_tuple(h, 7, cpu), NIL);
}

static term set_topology(struct process *p, term value)
{
    struct fragment *f = NULL;
    term copy = ATOM(undefined);
    if (!term_same(value, ATOM(undefined))) {
        if (list_length(value) <= 0) return NO_VALUE;
        for (term rest = value; is_cons(rest); rest = tail(rest))
            if (!is_tuple_of(head(rest), 7)) return NO_VALUE;
        if (!copy_to_fragment(value, &f, &copy, false)) return NO_VALUE;
    }
    term old = topology_records(&p->heap, false);
    if (topology_memory) fragment_free(topology_memory);
    topology_memory = f;
    topology_defined = copy;
    return old;
}

static term set_accounting(term value)
{
    term old = atom_bool(accounting_on);
    if (term_same(value, ATOM(reset)))
        accounting_reset();
    else if (term_same(value, ATOM(true)) || term_same(value, ATOM(false)))
        accounting_switch(term_same(value, ATOM(true)));
    else
        return NO_VALUE;
    return old;
}

static term set_seq_tracer(struct process *p, term value)
{
    term old = tracer_term(&p->heap, seq_tracer());
    term tracer = term_same(value, ATOM(false)) ? NIL : tracer_of(NO_VALUE, value);
    if (is_no_value(tracer) || !seq_tracer_set(tracer)) return NO_VALUE;
    return is_nil(old) ? ATOM(false) : old;
}

/* Settings of what is as it is. */
static term set_fixed(uint32_t flag, term value)
{
    switch (flag) {
    case ATOM_schedulers_online:
    case ATOM_dirty_cpu_schedulers_online: return term_same(value, small(1)) ? small(1) : NO_VALUE;
    case ATOM_debug_flags: return ATOM(true);
    case ATOM_time_offset: return term_same(value, ATOM(finalize)) ? ATOM(final) : NO_VALUE;
    case ATOM_scheduling_statistics:
        return term_same(value, ATOM(enable)) || term_same(value, ATOM(disable)) ||
                       term_same(value, ATOM(clear))
                   ? ATOM(true)
                   : NO_VALUE;
    default: return NO_VALUE;
    }
}

/* Those who want it are counted by a server of kernel, which does the rest. */
static term trap_wall_time(struct process *p, term value)
{
    if (!term_same(value, ATOM(true)) && !term_same(value, ATOM(false))) return raise_badarg(p);
    return trap_to(p, ATOM(erts_internal), ATOM(system_flag_scheduler_wall_time), value);
}

/* false: there is no such flag. */
static bool set(struct process *p, uint32_t flag, term value, term *old)
{
    struct process_defaults *d = &process_defaults;
    switch (flag) {
    case ATOM_fullsweep_after: *old = set_fullsweep(value); break;
    case ATOM_min_heap_size: *old = set_heap(p, value, &d->min_heap_words, 1); break;
    case ATOM_min_bin_vheap_size:
        *old = set_heap(p, value, &d->min_binary_bytes, sizeof(term));
        break;
    case ATOM_max_heap_size: *old = set_max_heap(p, value); break;
    case ATOM_backtrace_depth: *old = set_number(value, 0, 64, &backtrace_depth); break;
    case ATOM_outstanding_system_requests_limit:
        *old = set_number(value, 1, SMALL_MAX, &system_request_limit);
        break;
    case ATOM_trace_control_word: *old = set_trace_word(p, value); break;
    case ATOM_system_logger: *old = set_logger(value); break;
    case ATOM_reset_seq_trace:
        process_each(forget_token, NULL);
        *old = ATOM(true);
        break;
    case ATOM_sequential_tracer: *old = set_seq_tracer(p, value); break;
    case ATOM_multi_scheduling: *old = set_multi_scheduling(p, value); break;
    case ATOM_microstate_accounting: *old = set_accounting(value); break;
    case ATOM_internal_cpu_topology: *old = set_topology(p, value); break;
    case ATOM_schedulers_online:
    case ATOM_dirty_cpu_schedulers_online:
    case ATOM_debug_flags:
    case ATOM_time_offset:
    case ATOM_scheduling_statistics: *old = set_fixed(flag, value); break;
    case ATOM_erts_alloc: break;
    default: return false;
    }
    return true;
}

term bif_erlang_system_flag_2(struct process *p, const term *arg)
{
    term old = NO_VALUE;
    if (term_same(arg[0], ATOM(cpu_topology))) return trap_topology(p, arg[1]);
    if (term_same(arg[0], ATOM(scheduler_wall_time))) return trap_wall_time(p, arg[1]);
    if (term_same(arg[0], ATOM(scheduler_bind_type))) {
        old = set_bind_type(p, arg[1]);
        return is_value(old) || p->fault.class_ == FAULT_ERROR ? old : raise_badarg(p);
    }
    if (!is_atom(arg[0]) || !set(p, atom_index(arg[0]), arg[1], &old))
        return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return is_value(old) ? old : raise_badarg(p);
}
