/* SPDX-License-Identifier: Apache-2.0 */
/* process_flag.c -- process_flag/2,3. */
#include "big/big.h"
#include "bif/process_options.h"
#include "code/breakpoint.h"
#include "process/defaults.h"
#include "process/log.h"
#include "process/node_watch.h"
#include "process/saved_calls.h"
#include "term/map.h"
#include "term/release.h"

static bool natural(term t, size_t *n)
{
    if (!is_small(t) || small_value(t) < 0) return false;
    *n = (size_t)small_value(t);
    return true;
}

term priority_atom(enum priority priority)
{
    static const term names[PRIORITIES] = {ATOM(low), ATOM(normal), ATOM(high), ATOM(max)};
    return names[priority];
}

/* Each setter: the old value, or NO_VALUE for a bad new one. */

static term set_priority(struct process *p, term value)
{
    term old = priority_atom(p->priority);
    return priority_option(value, &p->priority) ? old : NO_VALUE;
}

static term set_bool(bool *flag, term value)
{
    if (!is_bool(value)) return NO_VALUE;
    term old = atom_bool(*flag);
    *flag = term_same(value, ATOM(true));
    return old;
}

static term set_sensitive(struct process *p, term value)
{
    bool set = p->trace.flags & TRACE_SENSITIVE;
    term old = set_bool(&set, value);
    p->trace.flags = (p->trace.flags & ~(uint32_t)TRACE_SENSITIVE) | (set ? TRACE_SENSITIVE : 0);
    return old;
}

static term set_min_heap(struct process *p, term value)
{
    size_t n, least = process_defaults.min_heap_words;
    if (!natural(value, &n)) return NO_VALUE;
    term old = small((int64_t)p->heap.min_size);
    p->heap.min_size = n < least ? least : heap_next_size(n);
    return old;
}

static term set_min_binary(struct process *p, term value)
{
    size_t n, least = process_defaults.min_binary_bytes / sizeof(term);
    if (!natural(value, &n)) return NO_VALUE;
    term old = small((int64_t)(p->heap.min_binary_bytes / sizeof(term)));
    p->heap.min_binary_bytes = (n < least ? least : heap_next_size(n)) * sizeof(term);
    return old;
}

static term set_max_heap(struct process *p, term value)
{
    size_t words;
    bool kill, log;
    if (!max_heap_option(value, &words, &kill, &log)) return NO_VALUE;
    struct heap *h = &p->heap;
    if (words && words < h->min_size) return NO_VALUE;
    term old = max_heap_size_map(h, h->max_size, h->max_size_kill, h->max_size_log);
    h->max_size = words;
    h->max_size_kill = kill;
    h->max_size_log = log;
    return old;
}

static term set_queue(struct process *p, term value)
{
    term old = p->message_off_heap ? ATOM(off_heap) : ATOM(on_heap);
    if (term_same(value, ATOM(off_heap)))
        p->message_off_heap = true;
    else if (term_same(value, ATOM(on_heap)))
        p->message_off_heap = false;
    else
        return NO_VALUE;
    return old;
}

static term set_fullsweep(struct process *p, term value)
{
    size_t n;
    if (!natural(value, &n)) return NO_VALUE;
    term old = small(p->heap.fullsweep_after);
    p->heap.fullsweep_after = (uint16_t)n;
    return old;
}

static term set_scheduler(struct process *p, term value)
{
    size_t n;
    if (!natural(value, &n) || n > 1) return NO_VALUE;
    term old = small(p->bound);
    p->bound = n == 1;
    return old;
}

static term set_save_calls(struct process *p, term value)
{
    size_t n;
    if (!natural(value, &n) || n > 10000) return NO_VALUE;
    term old = small(p->saved_calls ? p->saved_calls->room : 0);
    if (!saved_calls_set(p, (uint32_t)n)) return NO_VALUE;
    if (n && saved_calls_processes == 1) breakpoints_save_calls();
    return old;
}

/* --- monitor_nodes ------------------------------------------------------------------------------- */

/* Each adds to *bits.  A value of another kind is bad; a key that is not there is not. */
static bool bool_option(term options, term key, unsigned bit, unsigned *bits, size_t *known)
{
    term v = map_get(options, key);
    if (!is_value(v)) return true;
    ++*known;
    if (term_same(v, ATOM(true))) *bits |= bit;
    return is_bool(v);
}

static bool type_option(term options, unsigned *bits, size_t *known)
{
    term v = map_get(options, ATOM(node_type));
    if (!is_value(v)) return true;
    ++*known;
    unsigned type = term_same(v, ATOM(visible))  ? NODE_WATCH_VISIBLE
                    : term_same(v, ATOM(hidden)) ? NODE_WATCH_HIDDEN
                    : term_same(v, ATOM(all))    ? NODE_WATCH_VISIBLE | NODE_WATCH_HIDDEN
                                                 : 0;
    *bits |= type;
    return type != 0;
}

static bool node_options(term options, unsigned *bits)
{
    *bits = 0;
    if (is_nil(options)) return true;
    if (!is_map(options)) return false;
    size_t known = 0;
    term list = map_get(options, ATOM(list));
    if (!is_value(list)) *bits = NODE_WATCH_MAP;
    if (is_value(list) && ++known && !term_same(list, ATOM(true))) return false;
    return bool_option(options, ATOM(connection_id), NODE_WATCH_CONNECTION, bits, &known) &&
           bool_option(options, ATOM(nodedown_reason), NODE_WATCH_REASON, bits, &known) &&
           type_option(options, bits, &known) && known == map_size(options);
}

static term set_monitor_nodes(struct process *p, term on, term options)
{
    unsigned bits;
    uint64_t before;
    if (!is_bool(on) || !node_options(options, &bits)) return NO_VALUE;
    if (term_same(on, ATOM(false)))
        before = node_watch_remove(p, bits);
    else if (!node_watch_add(p, bits, &before))
        return raise(p, ATOM(system_limit));
    return make_unsigned(&p->heap, before);
}

/* --- the flags --------------------------------------------------------------------------------------- */

static term set_error_handler(struct process *p, term value)
{
    if (!is_atom(value)) return NO_VALUE;
    term old = p->error_handler;
    p->error_handler = value;
    return old;
}

static bool set_flag(struct process *p, term flag, term value, term *old)
{
    if (is_tuple_of(flag, 2) && term_same(element(flag, 0), ATOM(monitor_nodes))) {
        *old = set_monitor_nodes(p, value, element(flag, 1));
        return true;
    }
    if (!is_atom(flag)) return false;
    switch (atom_index(flag)) {
    case ATOM_error_handler: *old = set_error_handler(p, value); break;
    case ATOM_priority: *old = set_priority(p, value); break;
    case ATOM_trap_exit: *old = set_bool(&p->trap_exit, value); break;
    case ATOM_sensitive: *old = set_sensitive(p, value); break;
    case ATOM_async_dist:
        if (otp_release < 26) return false;
        *old = set_bool(&p->async_dist, value);
        break;
    case ATOM_scheduler: *old = set_scheduler(p, value); break;
    case ATOM_fullsweep_after: *old = set_fullsweep(p, value); break;
    case ATOM_min_heap_size: *old = set_min_heap(p, value); break;
    case ATOM_min_bin_vheap_size: *old = set_min_binary(p, value); break;
    case ATOM_max_heap_size: *old = set_max_heap(p, value); break;
    case ATOM_message_queue_data: *old = set_queue(p, value); break;
    case ATOM_monitor_nodes: *old = set_monitor_nodes(p, value, NIL); break;
    default: return false;
    }
    return true;
}

term bif_erlang_process_flag_2(struct process *p, const term *arg)
{
    term old = NO_VALUE;
    if (set_flag(p, arg[0], arg[1], &old))
        return is_value(old) || p->fault.class_ == FAULT_ERROR ? old : raise_badarg(p);
    if (!term_same(arg[0], ATOM(save_calls))) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    old = set_save_calls(p, arg[1]);
    return is_value(old) ? old : raise_cause(p, ATOM(badarg), ATOM(none));
}

/* save_calls of any process: the old value, badarg or badtype. */
term bif_erts_internal_process_flag_3(struct process *p, const term *arg)
{
    (void)p;
    struct process *q = process_find(arg[0]);
    if (!q) return ATOM(badtype);
    if (!term_same(arg[1], ATOM(save_calls))) return ATOM(badarg);
    term old = set_save_calls(q, arg[2]);
    return is_value(old) ? old : ATOM(badarg);
}
