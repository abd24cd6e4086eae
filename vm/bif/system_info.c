/* SPDX-License-Identifier: Apache-2.0 */
/* system_info.c -- erlang:system_info/1.
 *
 * Where the stock machine tells of threads, allocators and an operating system, the answer is that of
 * a machine with one scheduler and none of the rest.
 */
#include "bif/allocator_info.h"
#include "dist/peer.h"
#include "bif/debug_state.h"
#include "bif/system.h"
#include "bif/system_text.h"
#include "code/code.h"
#include "binary/binary.h"
#include "code/nif.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "port/port.h"
#include "process/clock.h"
#include "process/defaults.h"
#include "process/hooks.h"
#include "process/log.h"
#include "process/memory.h"
#include "process/message_timer.h"
#include "process/scheduling_block.h"
#include "process/seq_trace.h"
#include "sched/sched.h"
#include "sched/start.h"
#include "term/node.h"
#include "term/release.h"

#define PORT_LIMIT  65536
#define TABLE_LIMIT 8192
#define ATOM_STEP   65536 /* bytes by which the memory for names is thought to grow */

static term string(struct heap *h, const char *text) { return make_string(h, text, strlen(text)); }

static term pair(struct heap *h, term key, term value) { return make_tuple2(h, key, value); }

/* [{K1, V1}, ...] */
static term pairs(struct heap *h, const term (*rows)[2], size_t count)
{
    term list = NIL;
    while (count-- > 0) list = make_cons(h, pair(h, rows[count][0], rows[count][1]), list);
    return list;
}

/* --- memory ------------------------------------------------------------------------------------- */

static void add_process(struct process *p, void *context)
{
    struct machine_memory *m = context;
    m->processes += process_memory(p);
}

struct machine_memory machine_memory(void)
{
    struct machine_memory m = {.binary = blob_totals.bytes, .binaries = blob_totals.count};
    struct arena_usage usage = arena_usage();
    m.total = usage.low + usage.high;
    m.code = usage.low;
    m.atoms_used = atom_memory();
    m.atoms = (m.atoms_used + ATOM_STEP - 1) / ATOM_STEP * ATOM_STEP;
    m.tables = process_hooks.table_memory ? process_hooks.table_memory() : 0;
    process_each(add_process, &m);
    m.timers = message_timers_bytes();
    m.processes += m.timers;
    m.processes_used = m.processes;
    return m;
}

static term collection_defaults(struct heap *h)
{
    const struct process_defaults *d = &process_defaults;
    const term rows[][2] = {
        {ATOM(max_heap_size), make_unsigned(h, d->max_heap_words)},
        {ATOM(min_bin_vheap_size), make_unsigned(h, d->min_binary_bytes / sizeof(term))},
        {ATOM(min_heap_size), make_unsigned(h, d->min_heap_words)},
        {ATOM(fullsweep_after), small(d->fullsweep_after)},
    };
    return pairs(h, rows, sizeof rows / sizeof *rows);
}

static term heap_sizes(struct heap *h)
{
    term sizes[256];
    size_t n = 0;
    for (size_t words = 1; n < 256 && words < (size_t)1 << 58;) {
        size_t size = heap_next_size(words);
        if (size < words) break;
        sizes[n++] = make_unsigned(h, size);
        words = size + 1;
    }
    return make_list(h, n, sizes, NIL);
}

/* As the program that starts a stock emulator would hand them on: flags with '-' for '+'. */
static term emulator_arguments(struct heap *h)
{
    const struct boot_arguments *a = &boot_arguments;
    term list = NIL;
    for (int i = a->all_count; i-- > 0;) {
        term text = string(h, a->all[i]);
        if (a->all + i < a->list && a->all[i][0] == '+')
            text = make_cons(h, small('-'), tail(text));
        list = make_cons(h, text, list);
    }
    return list;
}

/* No configure script made this machine; how it is compiled is the same everywhere. */
static term build_flags(struct heap *h)
{
    const term rows[][2] = {{ATOM(ldflags), NIL}, {ATOM(cflags), NIL}, {ATOM(config_h), NIL}};
    return pairs(h, rows, sizeof rows / sizeof *rows);
}

/* --- subjects: each gives NO_VALUE for what it does not know ------------------------------------------ */

static char *put(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n);
    return to + n;
}

static term system_version(struct heap *h)
{
    char text[160], *end = text;
    end = put(end, "Erlang/OTP ");
    end = put(end, otp_release_text);
    end = put(end, " [erts-");
    end = put(end, erts_version);
    end = put(end, "] [mote] [64-bit] [smp:1:1] [async-threads:1]\n");
    return make_string(h, text, (size_t)(end - text));
}

/* [{Node, Pid or Port}] */
static term controllers(struct heap *h)
{
    term list = NIL;
    for (const struct peer *p = peers; p; p = p->next)
        if (p->state == PEER_CONNECTED)
            list = make_cons(h, make_tuple2(h, p->name, p->controller), list);
    return list;
}

static term about_release(struct heap *h, uint32_t what)
{
    switch (what) {
    case ATOM_version: return string(h, erts_version);
    case ATOM_otp_release: return string(h, otp_release_text);
    case ATOM_machine: return string(h, "BEAM");
    case ATOM_system_architecture: return string(h, "x86_64-mote-none");
    case ATOM_system_version: return system_version(h);
    case ATOM_driver_version: return string(h, "3.3");
    case ATOM_nif_version:
        return string(h, otp_release < 26 ? "2.16" : otp_release < 28 ? "2.17" : "2.18");
    case ATOM_compat_rel: return small((int64_t)otp_release);
    case ATOM_c_compiler_used:
        return pair(
            h, ATOM(gnuc),
            make_tuple3(h, small(__GNUC__), small(__GNUC_MINOR__), small(__GNUC_PATCHLEVEL__)));
    case ATOM_build_type:
    case ATOM_emu_type: return ATOM(opt);
    case ATOM_compile_info: return build_flags(h);
    case ATOM_emu_args: return emulator_arguments(h);
    case ATOM_emu_flavor: return ATOM(emu);
    case ATOM_debug_compiled:
    case ATOM_lock_checking:
    case ATOM_lock_counting: return ATOM(false);
    case ATOM_constant_pool_support:
    case ATOM_threads:
    case ATOM_smp_support: return ATOM(true);
    case ATOM_hipe_architecture: return ATOM(undefined);
    case ATOM_taints: return nif_hooks.modules ? nif_hooks.modules(h) : NIL;
    case ATOM_dynamic_trace: return ATOM(none);
    case ATOM_beam_jump_table: return ATOM(true);
    case ATOM_snifs: return builtin_list(h);
    case ATOM_dynamic_trace_probes:
    case ATOM_break_ignored: return ATOM(false);
    default: return NO_VALUE;
    }
}

/* One set of things to be watched: the platform's. */
static term check_io(struct heap *h)
{
    const term rows[][2] = {
        {ATOM(name_), ATOM(erts_poll)},
        {ATOM(primary), ATOM(plat_wait)},
        {ATOM(kernel_poll), ATOM(false)},
        {ATOM(memory_size), small(0)},
        {ATOM(total_poll_set_size), small(1)},
        {ATOM(lazy_updates), ATOM(false)},
        {ATOM(pending_updates), small(0)},
        {ATOM(batch_updates), ATOM(false)},
        {ATOM(concurrent_updates), ATOM(false)},
        {ATOM(fallback), ATOM(false)},
        {ATOM(max_fds), small(64)},
        {ATOM(active_fds), small(0)},
        {ATOM(poll_threads), small(1)},
    };
    return make_cons(h, pairs(h, rows, sizeof rows / sizeof *rows), NIL);
}

/* Plain loads and stores are all that one thread needs. */
static term thread_library(struct heap *h)
{
    static const char *const kinds[] = {"32-bit native atomics", "64-bit native atomics",
                                        "Double word native atomics"};
    term list = NIL;
    for (size_t i = sizeof kinds / sizeof *kinds; i-- > 0;)
        list = make_cons(h, make_tuple3(h, string(h, kinds[i]), string(h, "mote"), NIL), list);
    return list;
}

static term about_host(struct heap *h, uint32_t what)
{
    switch (what) {
    case ATOM_os_type: return pair(h, ATOM(unix), ATOM(mote));
    case ATOM_os_version: return make_tuple3(h, small(1), small(0), small(0));
    case ATOM_wordsize: return small(sizeof(term));
    case ATOM_endian: return ATOM(little);
    case ATOM_logical_processors:
    case ATOM_logical_processors_online:
    case ATOM_logical_processors_available: return small(1);
    case ATOM_cpu_quota: return ATOM(unknown);
    case ATOM_update_cpu_info: return ATOM(unchanged);
    case ATOM_kernel_poll:
    case ATOM_eager_check_io: return ATOM(true);
    case ATOM_check_io: return check_io(h);
    case ATOM_reader_groups_map: return NIL;
    default: return NO_VALUE;
    }
}

static term time_source(struct heap *h, term function, uint64_t now)
{
    const term rows[][2] = {{ATOM(function), function},
                            {ATOM(resolution), make_integer(h, 1000000000)},
                            {ATOM(extended), ATOM(no)},
                            {ATOM(parallel), ATOM(yes)},
                            {ATOM(time), make_unsigned(h, now)}};
    return pairs(h, rows, sizeof rows / sizeof *rows);
}

static term about_time(struct heap *h, uint32_t what)
{
    switch (what) {
    case ATOM_time_correction: return ATOM(true);
    case ATOM_time_offset: return ATOM(final);
    case ATOM_time_warp_mode: return ATOM(no_time_warp);
    case ATOM_tolerant_timeofday: return ATOM(enabled);
    case ATOM_start_time: return make_integer(h, CLOCK_START);
    case ATOM_end_time: return make_integer(h, INT64_MAX + CLOCK_START);
    case ATOM_os_monotonic_time_source:
        return time_source(h, ATOM(plat_monotonic_ns), plat_monotonic_ns());
    case ATOM_os_system_time_source: return time_source(h, ATOM(plat_wall_ns), plat_wall_ns());
    case ATOM_modified_timing_level: return ATOM(undefined);
    default: return NO_VALUE;
    }
}

/* [{normal, Total, Online, Active}, ...]: the dirty ones are this one, too. */
static term scheduler_states(struct heap *h)
{
    static const term types[] = {ATOM(normal), ATOM(dirty_cpu), ATOM(dirty_io)};
    bool blocked = scheduling_blocked() == BLOCKED_ALL;
    term list = NIL;
    for (size_t i = sizeof types / sizeof *types; i-- > 0;)
        list = make_cons(h, make_tuple4(h, types[i], small(1), small(1), small(i == 0 || !blocked)),
                         list);
    return list;
}

struct listing {
    struct heap *heap;
    term list;
};
static void add_blocker(void *context, term pid)
{
    struct listing *l = context;
    l->list = make_cons(l->heap, pid, l->list);
}

static term blockers(struct heap *h, bool normal)
{
    struct listing l = {h, NIL};
    scheduling_blockers(normal, add_blocker, &l);
    return l.list;
}

static term about_schedulers(struct heap *h, uint32_t what)
{
    switch (what) {
    case ATOM_schedulers:
    case ATOM_schedulers_total:
    case ATOM_schedulers_online:
    case ATOM_schedulers_active:
    case ATOM_scheduler_id:
    case ATOM_run_queues:
    case ATOM_dirty_cpu_schedulers:
    case ATOM_dirty_cpu_schedulers_online:
    case ATOM_dirty_io_schedulers:
    case ATOM_thread_pool_size: return small(1);
    case ATOM_all_schedulers_state: return scheduler_states(h);
    case ATOM_ethread_info: return thread_library(h);
    case ATOM_ethread_used_tse: return small(0);
    case ATOM_schedulers_state: return make_tuple3(h, small(1), small(1), small(1));
    case ATOM_multi_scheduling: return scheduling_state();
    case ATOM_multi_scheduling_blockers: return blockers(h, false);
    case ATOM_normal_multi_scheduling_blockers: return blockers(h, true);
    case ATOM_scheduler_bind_type: return ATOM(unbound);
    case ATOM_scheduler_bindings: return make_tuple(h, 1, (const term[]){ATOM(unbound)});
    case ATOM_context_reductions: return small(SLICE_REDUCTIONS);
    case ATOM_port_parallelism: return ATOM(false);
    case ATOM_outstanding_system_requests_limit: return small(system_request_limit);
    case ATOM_trace_control_word: return make_unsigned(h, trace_control_word);
    case ATOM_sequential_tracer:
        return pair(h, ATOM(sequential_tracer),
                    is_nil(seq_tracer()) ? ATOM(false) : tracer_term(h, seq_tracer()));
    case ATOM_system_logger: return system_logger;
    default: return NO_VALUE;
    }
}

static term about_limits(struct heap *h, uint32_t what)
{
    switch (what) {
    case ATOM_process_count: return make_unsigned(h, process_count());
    case ATOM_process_limit: return make_unsigned(h, process_limit());
    case ATOM_port_count: return make_unsigned(h, port_count());
    case ATOM_port_limit: return small(PORT_LIMIT);
    case ATOM_atom_count: return make_unsigned(h, atom_count());
    case ATOM_atom_limit: return small(ATOM_TABLE_LIMIT);
    case ATOM_ets_count:
        return make_unsigned(h, process_hooks.table_count ? process_hooks.table_count() : 0);
    case ATOM_ets_limit: return small(TABLE_LIMIT);
    case ATOM_ets_realloc_moves:
    case ATOM_ets_always_compress: return ATOM(false);
    case ATOM_dist_buf_busy_limit: return small(DIST_BUSY_BYTES);
    case ATOM_delayed_node_table_gc: return small(60);
    case ATOM_creation: return make_unsigned(h, node_this->creation);
    case ATOM_dist_ctrl: return controllers(h);
    case ATOM_async_dist: return otp_release >= 26 ? ATOM(false) : NO_VALUE;
    case ATOM_halt_flush_timeout: return otp_release >= 27 ? ATOM(infinity) : NO_VALUE;
    default: return NO_VALUE;
    }
}

static term about_memory(struct heap *h, uint32_t what)
{
    const struct process_defaults *d = &process_defaults;
    switch (what) {
    case ATOM_allocated_areas: return allocated_areas(h);
    case ATOM_alloc_util_allocators: return allocator_names(h);
    case ATOM_allocator: return allocator_overview(h);
    case ATOM_garbage_collection: return collection_defaults(h);
    case ATOM_fullsweep_after: return pair(h, ATOM(fullsweep_after), small(d->fullsweep_after));
    case ATOM_min_heap_size:
        return pair(h, ATOM(min_heap_size), make_unsigned(h, d->min_heap_words));
    case ATOM_min_bin_vheap_size:
        return pair(h, ATOM(min_bin_vheap_size),
                    make_unsigned(h, d->min_binary_bytes / sizeof(term)));
    case ATOM_max_heap_size:
        return max_heap_size_map(h, d->max_heap_words, d->max_heap_kill, d->max_heap_log);
    case ATOM_message_queue_data: return ATOM(on_heap);
    case ATOM_heap_sizes: return heap_sizes(h);
    case ATOM_heap_type: return ATOM(private);
    default: return NO_VALUE;
    }
}

/* The figures come as a message, which Erlang code waits for. */
static term trap_to(struct process *p, term function, term argument)
{
    struct export *e = export_get(ATOM(erlang), function, 1);
    return e ? bif_trap(p, e, 1, &argument) : raise(p, ATOM(system_limit));
}

/* Records to be formatted in Erlang. */
static term about_topology(struct process *p, term which)
{
    if (!is_atom(which)) return raise_badarg(p);
    struct heap *h = &p->heap;
    switch (atom_index(which)) {
    case ATOM_defined: return trap_to(p, ATOM(format_cpu_topology), topology_records(h, true));
    case ATOM_detected: {
        term one = pair(h, ATOM(processor), pair(h, ATOM(logical), small(0)));
        return make_cons(h, one, NIL);
    }
    case ATOM_used: return trap_to(p, ATOM(format_cpu_topology), topology_records(h, false));
    default: return raise_badarg(p);
    }
}

/* Keys that are tuples. */
static term about_pair(struct process *p, term what)
{
    term key = tuple_size(what) > 0 ? element(what, 0) : NIL;
    if (term_same(key, ATOM(wordsize)) && tuple_size(what) == 2) {
        term kind = element(what, 1);
        bool known = term_same(kind, ATOM(internal)) || term_same(kind, ATOM(external));
        return known ? small(sizeof(term)) : raise_badarg(p);
    }
    if (tuple_size(what) == 3 &&
        (term_same(key, ATOM(memory_internal)) || term_same(key, ATOM(allocator)) ||
         term_same(key, ATOM(allocator_sizes))))
        return allocator_request(p, key, element(what, 1), element(what, 2));
    if (term_same(key, ATOM(allocator)) && tuple_size(what) == 2)
        return trap_to(p, ATOM(alloc_info), element(what, 1));
    if (term_same(key, ATOM(allocator_sizes)) && tuple_size(what) == 2)
        return trap_to(p, ATOM(alloc_sizes), element(what, 1));
    if (term_same(key, ATOM(cpu_topology)) && tuple_size(what) == 2)
        return about_topology(p, element(what, 1));
    return raise_badarg(p);
}

/* Keys whose answer is a text; false: there is no such key. */
static bool write_text(uint32_t what, struct text *text)
{
    const struct print_sink sink = {text_write, text};
    switch (what) {
    case ATOM_info: system_text(&sink); return true;
    case ATOM_procs: processes_text(&sink); return true;
    case ATOM_loaded: modules_text(&sink); return true;
    case ATOM_dist: nodes_text(&sink); return true;
    default: return false;
    }
}

static term about_text(struct process *p, uint32_t what)
{
    struct text text = {0};
    if (!write_text(what, &text)) return raise_badarg(p);
    bump(p, (int64_t)(text.used / 256));
    term out = binary_make(&p->heap, text.bytes, text.used);
    arena_free(text.bytes);
    return is_value(out) ? out : raise(p, ATOM(system_limit));
}

term bif_erlang_system_info_1(struct process *p, const term *arg)
{
    static term (*const subjects[])(struct heap * h, uint32_t what) = {
        about_host, about_release, about_schedulers, about_limits, about_time, about_memory};
    if (is_tuple(arg[0])) return about_pair(p, arg[0]);
    if (!is_atom(arg[0])) return raise_badarg(p);
    if (term_same(arg[0], ATOM(cpu_topology))) return about_topology(p, ATOM(used));
    for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
        term answer = subjects[i](&p->heap, atom_index(arg[0]));
        if (is_value(answer)) return answer;
    }
    return about_text(p, atom_index(arg[0]));
}
