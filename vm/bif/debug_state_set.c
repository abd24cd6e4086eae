/* SPDX-License-Identifier: Apache-2.0 */
/* debug_state_set.c -- erts_debug:set_internal_state/2: what OTP's tests turn and push.
 *
 * See debug_state_get.c.  Where the stock machine hinders its other threads, this one has
 * nobody to hinder: `block` and `sleep` stop everything for that long.
 */
#include "bif/debug_state.h"
#include "dist/peer.h"
#include "bif/nap.h"
#include "big/big.h"
#include "binary/binary.h"
#include "ets/table.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "port/port.h"
#include "process/collection_hold.h"
#include "process/log.h"
#include "process/memory.h"
#include "process/timer.h"
#include "sched/dump.h"
#include "term/node.h"

term code_permission = {TAG_NIL};

/* Each setter: its answer, or NO_VALUE for an argument that is none. */

/* --- opening ------------------------------------------------------------------------------------ */

static void warn(struct process *p)
{
    struct text t = {0};
    const struct print_sink sink = {text_write, &t};
    static const char rest[] =
        " enabled access to the emulator internal state.\n"
        "NOTE: This is an erts internal test feature and should *only* be used by OTP "
        "test-suites.\n";
    text_write(&t, "Process ", 8);
    term_print(&sink, p->pid, PRINT_ALL);
    if (node_is_alive()) {
        text_write(&t, " on node ", 9);
        term_print(&sink, node_this->name, PRINT_ALL);
    }
    text_write(&t, rest, sizeof rest); /* with its end */
    if (t.bytes) log_text(ATOM(warning), p->group_leader, t.bytes);
    arena_free(t.bytes);
}

static term open_state(struct process *p, term value)
{
    if (!term_same(value, ATOM(true)) && !term_same(value, ATOM(false))) return NO_VALUE;
    term old = atom_bool(debug_state_open);
    debug_state_open = term_same(value, ATOM(true));
    if (debug_state_open) warn(p);
    return old;
}

/* --- time ---------------------------------------------------------------------------------------- */

static void stand_still(int64_t milliseconds)
{
    if (milliseconds <= 0) return;
    uint64_t until = plat_monotonic_ns() + (uint64_t)milliseconds * 1000000;
    while (plat_monotonic_ns() < until) {}
}

static term block(term value)
{
    int64_t ms;
    if (!integer_to_int64(value, &ms)) return NO_VALUE;
    stand_still(ms);
    return ATOM(true);
}

/* A signal that keeps its receiver busy: there is nobody else to go on meanwhile. */
static term block_by_signal(term value)
{
    int64_t ms;
    if (!is_tuple_of(value, 2) || !is_local_pid(element(value, 0)) ||
        !integer_to_int64(element(value, 1), &ms))
        return NO_VALUE;
    if (!process_find(element(value, 0))) return ATOM(false);
    stand_still(ms);
    return ATOM(true);
}

/* Timers of no time at all, set by timers as they fire: the third one tells. */
struct cascade {
    struct timer timer;
    term pid;
    int left;
};

static void next_in_cascade(struct timer *t)
{
    struct cascade *c = (struct cascade *)t;
    if (c->left-- > 0) {
        timer_set(t, plat_monotonic_ns(), next_in_cascade);
        return;
    }
    struct process *q = process_find(c->pid);
    if (q) mailbox_deliver(q, ATOM(multizero_timeout_in_timeout_done), NULL);
    arena_free(c);
}

static term start_cascade(struct process *p, term value)
{
    int64_t ms;
    if (!integer_to_int64(value, &ms)) return NO_VALUE;
    struct cascade *c = arena_calloc(sizeof *c);
    if (!c) return NO_VALUE;
    c->pid = p->pid;
    c->left = 2;
    uint64_t wait = ms > 0 ? (uint64_t)ms * 1000000 : 0;
    timer_set(&c->timer, plat_monotonic_ns() + wait, next_in_cascade);
    return ATOM(ok);
}

/* What runs in idle moments has run when a short sleep is over. */
static term await_chores(struct process *p, term what)
{
    if (!is_atom(what)) return raise_badarg(p);
    switch (atom_index(what)) {
    case ATOM_deallocations:
    case ATOM_timer_cancellations:
    case ATOM_aux_work:
    case ATOM_thread_progress: return nap(p, 1) ? bif_wait(p) : ATOM(ok);
    default: return raise_badarg(p);
    }
}

/* --- numbers ----------------------------------------------------------------------------------------- */

static uint64_t next_number(uint64_t old, uint64_t n)
{
    return (old & ~DEBUG_NUMBER_MASK) | ((n + 1) & DEBUG_NUMBER_MASK);
}

static term set_next(struct process *p, bool ports, term value)
{
    uint64_t n;
    if (!integer_to_uint64(value, &n)) return NO_VALUE;
    if (ports)
        port_set_next_number(next_number(port_next_number(), n));
    else
        process_set_next_number(next_number(process_next_number(), n));
    n = ports ? port_next_number() : process_next_number();
    return make_unsigned(&p->heap, n & DEBUG_NUMBER_MASK);
}

static term set_reductions(struct process *p, term value)
{
    if (!is_small(value)) return NO_VALUE;
    if (small_value(value) >= 0 && small_value(value) <= 4000) p->reductions = small_value(value);
    return ATOM(true);
}

/* Limits on how long one call of some natives runs; here they count by themselves, so the number is
 * only kept to be given back. */
static term set_limit(int64_t *limit, int64_t usual, term value)
{
    int64_t old = *limit;
    if (term_same(value, ATOM(default)))
        *limit = usual;
    else if (is_small(value) && small_value(value) >= 0)
        *limit = small_value(value);
    else
        return NO_VALUE;
    return small(old);
}

static term set_monotonic(term value)
{
    uint64_t n;
    if (!integer_to_uint64(value, &n)) return ATOM(false);
    unique_monotonic_set(n);
    return ATOM(true);
}

/* --- the heap --------------------------------------------------------------------------------------------- */

static void release_debug(void *resource) { arena_free(resource); }
const struct resource_type debug_resource_type = {.name = "debug", .release = release_debug};

/* {Reference, Address} */
static term make_magic(struct process *p)
{
    struct resource *r = arena_calloc(sizeof *r);
    if (!r) return NO_VALUE;
    *r = (struct resource){.references = 1, .type = &debug_resource_type};
    ref_new_ids(r->ids);
    term ref = make_magic_ref(&p->heap, r);
    return make_tuple2(&p->heap, ref, make_unsigned(&p->heap, (uintptr_t)r));
}

static term make_binary(struct process *p, term value)
{
    if (!is_small(value) || small_value(value) < 0) return NO_VALUE;
    struct blob *b = blob_make((size_t)small_value(value));
    if (!b) return ATOM(false);
    memset(b->data, 0, b->bytes);
    return binary_of_blob(&p->heap, b);
}

static term fill_heap(struct process *p, term full)
{
    struct heap *h = &p->heap;
    size_t left = (size_t)(h->stack - h->top);
    if (left > 1) *heap_alloc(h, left) = header(left - 1, KIND_BIG_POSITIVE);
    if (term_same(full, ATOM(true))) h->minors = h->fullsweep_after;
    return ATOM(ok);
}

static term copy_outside(struct process *p, term t)
{
    struct fragment *f = NULL;
    term copy;
    if (!copy_to_fragment(t, &f, &copy, false)) return NO_VALUE;
    if (f) heap_adopt(&p->heap, f);
    return copy;
}

static term force_collection(struct process *p, term pid)
{
    struct process *q = process_find(pid);
    if (q) process_collect_from_bif(q, 2, false);
    (void)p;
    return atom_bool(q);
}

static term set_collecting(struct process *p, term value)
{
    if (!term_same(value, ATOM(true)) && !term_same(value, ATOM(false))) return NO_VALUE;
    term old = atom_bool(!collections_held(p));
    if (term_same(value, ATOM(true)))
        collections_release(p);
    else
        collections_hold(p);
    return old;
}

/* Stock makes a tuple that is none, lest somebody collects meanwhile.  No heap is ever like that here: a whole
 * one will do. */
static term set_inconsistent(struct process *p, term value)
{
    if (term_same(value, ATOM(start))) {
        collections_hold(p);
        return make_tuple(&p->heap, 1, (const term[]){ATOM(ok)});
    }
    if (!is_tuple_of(value, 1) || !collections_held(p)) return NO_VALUE;
    collections_release(p);
    return ATOM(ok);
}

/* --- tables -------------------------------------------------------------------------------------------------- */

static term table_ok(term value)
{
    term why;
    return is_tuple_of(value, 2) && table_find(element(value, 0), &why) ? ATOM(ok) : NO_VALUE;
}

/* That many atoms which share a chain in the table of table names. */
static term colliding_names(struct process *p, term value)
{
    if (!is_tuple_of(value, 2) || !is_atom(element(value, 0)) || !is_small(element(value, 1)))
        return NO_VALUE;
    term name = element(value, 0), list = NIL;
    const struct atom_text *text = atom_text(name);
    for (uint32_t n = 0; small_value(element(value, 1)) > list_length(list); n++) {
        char bytes[ATOM_BYTES_MAX + 16];
        size_t length = text->length;
        memcpy(bytes, text->bytes, length);
        for (int shift = 28; shift >= 0; shift -= 4)
            bytes[length++] = "0123456789abcdef"[n >> shift & 15];
        term atom = atom_make(bytes, length);
        if (is_no_value(atom)) return NO_VALUE;
        if (table_names_collide(name, atom)) list = make_cons(&p->heap, atom, list);
    }
    return list;
}

/* --- all ----------------------------------------------------------------------------------------------------- */

static term kill_connection(term node)
{
    struct peer *peer = is_atom(node) ? peer_find(node) : NULL;
    if (!is_atom(node)) return NO_VALUE;
    if (!peer || peer->state != PEER_CONNECTED) return ATOM(false);
    peer_kill(peer);
    return ATOM(true);
}

static term set_plain(struct process *p, uint32_t key, term value)
{
    static int64_t binary_limit = 500, re_limit = 50000, unicode_limit = 40000;
    switch (key) {
    case ATOM_binary_loop_limit: return set_limit(&binary_limit, 500, value);
    case ATOM_re_loop_limit: return set_limit(&re_limit, 50000, value);
    case ATOM_unicode_loop_limit: return set_limit(&unicode_limit, 40000, value);
    case ATOM_unique_monotonic_integer_state: return set_monotonic(value);
    case ATOM_node_tab_delayed_delete: return is_integer(value) ? ATOM(ok) : NO_VALUE;
    case ATOM_process_uniq_counter: return is_integer(value) ? ATOM(ok) : NO_VALUE;
    case ATOM_test_long_gc_sleep:
        if (!is_small(value) || small_value(value) < 0) return NO_VALUE;
        collect_test_sleep_ms = (uint32_t)small_value(value);
        return ATOM(true);
    case ATOM_ets_force_trap: return ATOM(notsup);
    case ATOM_ets_force_split:
    case ATOM_ets_debug_random_split_join: return table_ok(value);
    case ATOM_colliding_names: return colliding_names(p, value);
    case ATOM_code_write_permission:
        if (!term_same(value, ATOM(true)) && !term_same(value, ATOM(false))) return NO_VALUE;
        code_permission = term_same(value, ATOM(true)) ? p->pid : NIL;
        return ATOM(true);
    case ATOM_kill_dist_connection: return kill_connection(value);
    case ATOM_jit_asm_dump: return ATOM(notsup);
    /* Nothing is buffered, and nothing overtakes anything. */
    case ATOM_proc_sig_buffers:
        return term_same(value, ATOM(true)) ? atom_bool(p->message_off_heap) : ATOM(notsup);
    default: return NO_VALUE;
    }
}

static term set(struct process *p, uint32_t key, term value)
{
    switch (key) {
    case ATOM_reds_left: return set_reductions(p, value);
    case ATOM_block:
    case ATOM_sleep:
    case ATOM_block_scheduler: return block(value);
    case ATOM_proc_sig_block: return block_by_signal(value);
    case ATOM_next_pid: return set_next(p, false, value);
    case ATOM_next_port: return set_next(p, true, value);
    case ATOM_force_gc: return force_collection(p, value);
    case ATOM_gc_state: return set_collecting(p, value);
    case ATOM_inconsistent_heap: return set_inconsistent(p, value);
    case ATOM_fill_heap: return fill_heap(p, value);
    case ATOM_mbuf: return copy_outside(p, value);
    case ATOM_binary: return make_binary(p, value);
    case ATOM_multizero_timeout_in_timeout: return start_cascade(p, value);
    case ATOM_make: return term_same(value, ATOM(magic_ref)) ? make_magic(p) : NO_VALUE;
    case ATOM_abort: /* stock aborts; so one sees what a crash report says */
        plat_panic(__FILE__, __LINE__, "erts_debug:set_internal_state(abort, _) was called");
    default: return set_plain(p, key, value);
    }
}

term bif_erts_debug_set_internal_state_2(struct process *p, const term *arg)
{
    term answer = NO_VALUE;
    if (term_same(arg[0], ATOM(available_internal_state))) answer = open_state(p, arg[1]);
    if (is_value(answer)) return answer;
    if (!debug_state_open) return raise(p, ATOM(undef));
    if (term_same(arg[0], ATOM(wait))) return await_chores(p, arg[1]);
    if (is_atom(arg[0])) answer = set(p, atom_index(arg[0]), arg[1]);
    return is_value(answer) ? answer : raise_badarg(p);
}
