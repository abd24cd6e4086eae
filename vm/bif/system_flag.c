/* SPDX-License-Identifier: Apache-2.0 */
/* system_flag.c -- erlang:system_flag/2. */
#include "code/exception.h"
#include "bif/process_options.h"
#include "bif/system.h"
#include "big/big.h"
#include "process/defaults.h"
#include "process/log.h"

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
    for (struct message *m = p->mailbox.first; m; m = m->next) m->token = NIL;
}

/* Settings of what is not here: one scheduler is always on, nothing is blocked. */
static term set_fixed(uint32_t flag, term value)
{
    switch (flag) {
    case ATOM_multi_scheduling:
        return is_atom(value) &&
                       (term_same(value, ATOM(block)) || term_same(value, ATOM(unblock)) ||
                        term_same(value, ATOM(block_normal)) ||
                        term_same(value, ATOM(unblock_normal)))
                   ? ATOM(enabled)
                   : NO_VALUE;
    case ATOM_schedulers_online:
    case ATOM_dirty_cpu_schedulers_online: return term_same(value, small(1)) ? small(1) : NO_VALUE;
    case ATOM_debug_flags: return ATOM(true);
    case ATOM_time_offset: return term_same(value, ATOM(finalize)) ? ATOM(final) : NO_VALUE;
    case ATOM_sequential_tracer: return term_same(value, ATOM(false)) ? ATOM(false) : NO_VALUE;
    case ATOM_scheduler_bind_type: return is_atom(value) ? ATOM(unbound) : NO_VALUE;
    default: return NO_VALUE;
    }
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
    case ATOM_scheduler_wall_time:
        if (!term_same(value, ATOM(true)) && !term_same(value, ATOM(false))) break;
        *old = bif_erts_internal_scheduler_wall_time_1(p, &value);
        break;
    case ATOM_multi_scheduling:
    case ATOM_schedulers_online:
    case ATOM_dirty_cpu_schedulers_online:
    case ATOM_debug_flags:
    case ATOM_time_offset:
    case ATOM_sequential_tracer:
    case ATOM_scheduler_bind_type: *old = set_fixed(flag, value); break;
    default: return false;
    }
    return true;
}

term bif_erlang_system_flag_2(struct process *p, const term *arg)
{
    term old = NO_VALUE;
    if (!is_atom(arg[0]) || !set(p, atom_index(arg[0]), arg[1], &old))
        return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return is_value(old) ? old : raise_badarg(p);
}
