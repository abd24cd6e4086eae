/* SPDX-License-Identifier: Apache-2.0 */
/* log.c -- see log.h. */
#include "process/log.h"
#include "heap/maps.h"
#include "platform/platform.h"
#include "process/registry.h"
#include "term/node.h"
#include "etf/print.h"
#include "term/release.h"

term system_logger = {(uint64_t)ATOM_logger << 6 | TAG_ATOM};

static void to_console(void *context, const char *bytes, size_t n)
{
    (void)context;
    plat_console_write_error(bytes, n);
}

static void print_report(term message)
{
    static const char before[] = "(no logger present) unexpected logger message: ";
    const struct print_sink sink = {to_console, NULL};
    plat_console_write_error(before, sizeof before - 1);
    term_print(&sink, message, PRINT_ALL);
    plat_console_write_error("\n", 1);
}

static void to_logger(term message)
{
    term id = is_atom(system_logger) ? registry_find(ATOM(logger)) : system_logger;
    struct process *p = is_value(id) ? process_find(id) : NULL;
    if (!p && !is_atom(system_logger)) { /* the one who was to log is dead */
        system_logger = ATOM(logger);
        to_logger(message);
    } else if (!p) {
        print_report(message);
    } else if (p != process_running) {
        mailbox_send(NULL, p, message);
    }
}

/* The #{...} at the end of a report. */
static term metadata(struct heap *h, term level, term leader)
{
    term tag = term_same(level, ATOM(info))      ? ATOM(info_msg)
               : term_same(level, ATOM(warning)) ? ATOM(warning_msg)
                                                 : level;
    term about = map_of2(h, ATOM(emulator), ATOM(true), ATOM(tag), tag);
    term pairs[8] = {ATOM(error_logger), about, ATOM(time),
                     make_integer(h, (int64_t)(plat_wall_ns() / 1000))};
    size_t n = 2;
    if (process_running) pairs[2 * n] = ATOM(pid), pairs[2 * n + 1] = process_running->pid, n++;
    if (!is_nil(leader)) pairs[2 * n] = ATOM(gl), pairs[2 * n + 1] = leader, n++;
    return map_from_pairs(h, pairs, n, false);
}

static void scratch_exhausted(struct heap *h) __attribute__((__noreturn__));
static void scratch_exhausted(struct heap *h)
{
    (void)h;
    plat_panic(__FILE__, __LINE__, "out of memory while reporting");
}

/* A heap to put a report together on: that of the process at fault may have no room. */
static bool scratch_start(struct heap *h)
{
    *h = (struct heap){.exhausted = scratch_exhausted};
    return heap_start(h, 987);
}

void log_terms(term level, term leader, const char *format, const term *args, size_t count)
{
    struct heap h;
    if (!scratch_start(&h)) return;
    term text = make_string(&h, format, strlen(format));
    term list = make_list(&h, count, args, NIL);
    term parts[5] = {ATOM(log), level, text, list, metadata(&h, level, leader)};
    to_logger(make_tuple(&h, 5, parts));
    heap_end(&h);
}

void log_text(term level, term leader, const char *text)
{
    struct heap h;
    if (!scratch_start(&h)) return;
    term string = make_string(&h, text, strlen(text));
    log_terms(level, leader, "~s~n", &string, 1);
    heap_end(&h);
}

void log_crash(struct process *p, term exit_value)
{
    if (node_is_alive())
        log_terms(ATOM(error), p->group_leader,
                  "Error in process ~p on node ~p with exit value:~n~p~n",
                  (term[]){p->pid, node_this->name, exit_value}, 3);
    else
        log_terms(ATOM(error), p->group_leader, "Error in process ~p with exit value:~n~p~n",
                  (term[]){p->pid, exit_value}, 2);
}

void process_crash(struct process *p, enum fault_class class_, term reason, term trace)
{
    if (class_ == FAULT_THROW) reason = make_tuple2(&p->heap, ATOM(nocatch), reason);
    if (class_ != FAULT_EXIT) {
        reason = make_tuple2(&p->heap, reason, trace);
        log_crash(p, reason);
    }
    p->fault.class_ = FAULT_NONE;
    process_exit(p, reason);
}

/* --- max_heap_size ------------------------------------------------------------------------------ */

term max_heap_size_map(struct heap *h, size_t size, bool kill, bool log)
{
    term pairs[] = {ATOM(error_logger),
                    atom_bool(log),
                    ATOM(kill),
                    atom_bool(kill),
                    ATOM(size),
                    make_unsigned(h, size),
                    ATOM(include_shared_binaries),
                    ATOM(false)};
    return map_from_pairs(h, pairs, otp_release >= 27 ? 4 : 3, false);
}

term heap_info_list(struct heap *h, const struct process *p)
{
    const struct heap *of = &p->heap;
    const struct {
        term key;
        size_t value;
    } rows[] = {
        {ATOM(old_heap_block_size), (size_t)(of->old_end - of->old_start)},
        {ATOM(heap_block_size), heap_block_words(of)},
        {ATOM(mbuf_size), of->fragment_words},
        {ATOM(recent_size), (size_t)(of->mature - of->start)},
        {ATOM(stack_size), (size_t)(of->end - of->stack)},
        {ATOM(old_heap_size), (size_t)(of->old_top - of->old_start)},
        {ATOM(heap_size), (size_t)(of->top - of->start)},
        {ATOM(bin_vheap_size), of->off_heap.bytes / sizeof(term)},
        {ATOM(bin_vheap_block_size), of->off_heap.limit / sizeof(term)},
        {ATOM(bin_old_vheap_size), 0},
        {ATOM(bin_old_vheap_block_size), of->min_binary_bytes / sizeof(term)},
    };
    term list = NIL;
    for (size_t i = sizeof rows / sizeof *rows; i-- > 0;)
        list = make_cons(h, make_tuple2(h, rows[i].key, make_unsigned(h, rows[i].value)), list);
    return list;
}

uint64_t log_exhausted;

void log_out_of_memory(term pid, size_t heap_words)
{
    log_exhausted++;
    struct heap h;
    if (!scratch_start(&h)) return;
    const term args[] = {pid, make_unsigned(&h, heap_words)};
    log_terms(ATOM(error), NIL, "Process ~p killed: out of memory, with a heap of ~p words~n", args,
              2);
    heap_end(&h);
}

void log_max_heap_size(struct process *p, size_t words)
{
    static const char alone[] = "     Process:            ~p ~n"
                                "     Context:            maximum heap size reached~n"
                                "     Max Heap Size:      ~p~n"
                                "     Total Heap Size:    ~p~n"
                                "     Kill:               ~p~n"
                                "     Error Logger:       ~p~n"
                                "     Message Queue Len:  ~p~n"
                                "     GC Info:            ~p~n";
    static const char on_node[] = "     Process:            ~p on node ~p~n"
                                  "     Context:            maximum heap size reached~n"
                                  "     Max Heap Size:      ~p~n"
                                  "     Total Heap Size:    ~p~n"
                                  "     Kill:               ~p~n"
                                  "     Error Logger:       ~p~n"
                                  "     Message Queue Len:  ~p~n"
                                  "     GC Info:            ~p~n";
    struct heap h;
    if (!scratch_start(&h)) return;
    const struct heap *of = &p->heap;
    term args[8];
    size_t n = 0;
    args[n++] = p->pid;
    if (node_is_alive()) args[n++] = node_this->name;
    args[n++] = make_unsigned(&h, of->max_size);
    args[n++] = make_unsigned(&h, words);
    args[n++] = atom_bool(of->max_size_kill);
    args[n++] = ATOM(true);
    args[n++] = make_unsigned(&h, p->mailbox.length);
    args[n++] = heap_info_list(&h, p);
    log_terms(ATOM(error), p->group_leader, node_is_alive() ? on_node : alone, args, n);
    heap_end(&h);
}
