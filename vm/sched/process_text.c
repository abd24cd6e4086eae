/* SPDX-License-Identifier: Apache-2.0 */
/* process_text.c -- a process as text, in the words of a stock crash dump; see dump.h. */
#include "code/engine.h"
#include "process/dictionary.h"
#include "process/memory.h"
#include "sched/dump.h"

static void put_term(const struct print_sink *sink, term t) { term_print(sink, t, PRINT_ALL); }

static void put_address(const struct print_sink *sink, const void *p)
{
    char digits[19] = "0x";
    for (int i = 0; i < 16; i++)
        digits[2 + i] = "0123456789abcdef"[(uintptr_t)p >> (60 - 4 * i) & 15];
    print_text(sink, digits);
}

/* Address (M:F/A + Bytes) */
static void put_place(const struct print_sink *sink, const code_word *pc)
{
    struct code_place at;
    put_address(sink, pc);
    if (!code_place_of(pc, &at)) {
        print_text(sink, " (<terminate process normally>)\n");
        return;
    }
    const struct code_area *area = code_area_of(pc);
    uint32_t start = 0;
    for (uint32_t i = 0; i < area->functions_count; i++)
        if (area->code + area->functions[i].offset <= pc) start = area->functions[i].offset;
    print_text(sink, " (");
    put_term(sink, at.module);
    print_text(sink, ":");
    put_term(sink, at.function);
    print_text(sink, "/");
    print_number(sink, at.arity);
    print_text(sink, " + ");
    print_number(sink, (uint64_t)(pc - area->code - start) * sizeof *pc);
    print_text(sink, ")\n");
}

static void put_return(const struct print_sink *sink, const void *where, const code_word *to)
{
    print_text(sink, "\n");
    put_address(sink, where);
    print_text(sink, " Return addr ");
    put_place(sink, to);
}

static void put_slot(const struct print_sink *sink, unsigned number, term value)
{
    print_text(sink, "y(");
    print_number(sink, number);
    print_text(sink, number < 10 ? ")     " : number < 100 ? ")    " : ")   ");
    if (is_catch(value)) {
        print_text(sink, "Catch ");
        put_place(sink, (const code_word *)(uintptr_t)catch_address(value));
        return;
    }
    if (is_value(value))
        put_term(sink, value);
    else
        print_text(sink, "[]");
    print_text(sink, "\n");
}

static bool is_return(term word) { return is_header(word) && word.bits; }

void process_stack_text(const struct print_sink *sink, const struct process *p)
{
    const term *s = p->heap.stack, *end = p->heap.end;
    print_text(sink, "Program counter: ");
    put_place(sink, p->pc);
    if (p->cp) put_return(sink, s, p->cp);
    /* A frame is its return address and then what it holds; stock shows what it holds first. */
    while (s < end) {
        const term *frame = s++;
        for (unsigned number = 0; s < end && !is_return(*s); s++) put_slot(sink, number++, *s);
        if (is_return(*frame)) put_return(sink, frame, (const code_word *)(uintptr_t)frame->bits);
    }
    if (!p->cp && p->heap.stack == end) put_return(sink, end, NULL);
}

/* --- a process ------------------------------------------------------------------------------------- */

static const char *state_text(const struct process *p)
{
    if (p == process_running) return "Running";
    switch (p->state) {
    case PROCESS_RUNNABLE: return "Scheduled";
    case PROCESS_RUNNING: return "Running";
    case PROCESS_SUSPENDED: return "Suspended";
    case PROCESS_EXITING: return "Exiting";
    default: return "Waiting";
    }
}

struct listing {
    const struct print_sink *sink;
    bool watchers, more;
};

static void separate(struct listing *l)
{
    print_text(l->sink, l->more ? ", " : "Link list: [");
    l->more = true;
}

static void put_link(void *context, term other)
{
    separate(context);
    put_term(((struct listing *)context)->sink, other);
}

static void put_monitor(void *context, const struct monitor *m)
{
    struct listing *l = context;
    if (m->kind == MONITOR_NOTHING || m->kind == MONITOR_TIME_OFFSET) return;
    term words[3] = {header(2, KIND_REF), term_of(m->ids[0]), term_of(m->ids[1])};
    separate(l);
    print_text(l->sink, l->watchers ? "{from," : "{to,");
    put_term(l->sink, l->watchers ? m->origin : m->target);
    print_text(l->sink, ",");
    put_term(l->sink, boxed_term(words));
    print_text(l->sink, "}");
}

static void put_relations(const struct print_sink *sink, const struct process *p)
{
    struct listing l = {sink, false, false};
    link_each(&p->relations, put_link, &l);
    monitor_each(&p->relations, false, put_monitor, &l);
    l.watchers = true;
    monitor_each(&p->relations, true, put_monitor, &l);
    if (l.more) print_text(sink, "]\n");
}

static void put_messages(const struct print_sink *sink, const struct process *p)
{
    print_line(sink, "Message queue length", p->mailbox.length);
    if (!p->mailbox.first || (p->trace.flags & TRACE_SENSITIVE)) return;
    print_text(sink, "Message queue: [");
    for (const struct message *m = p->mailbox.first; m; m = m->next) {
        put_term(sink, m->body);
        if (m->next) print_text(sink, ",");
    }
    print_text(sink, "]\n");
}

static void put_dictionary(const struct print_sink *sink, const struct process *p)
{
    uint32_t n = dictionary_count(p->dictionary);
    if (n == 0 || (p->trace.flags & TRACE_SENSITIVE)) return;
    print_text(sink, "Dictionary: [");
    for (uint32_t i = 0; i < n; i++) {
        print_text(sink, i ? ",{" : "{");
        put_term(sink, p->dictionary->pairs[2 * i]);
        print_text(sink, ",");
        put_term(sink, p->dictionary->pairs[2 * i + 1]);
        print_text(sink, "}");
    }
    print_text(sink, "]\n");
}

static void put_heap(const struct print_sink *sink, const struct process *p)
{
    const struct heap *h = &p->heap;
    uint64_t fragments = 0;
    for (const struct fragment *f = h->fragments; f; f = f->next) fragments++;
    print_line(sink, "Number of heap fragments", fragments);
    print_line(sink, "Heap fragment data", h->fragment_words);
    put_relations(sink, p);
    put_dictionary(sink, p);
    print_line(sink, "Reductions", p->total_reductions);
    print_line(sink, "Stack+heap", (uint64_t)(h->end - h->start));
    print_line(sink, "OldHeap", (uint64_t)(h->old_end - h->old_start));
    print_line(sink, "Heap unused", (uint64_t)(h->stack - h->top));
    print_line(sink, "OldHeap unused", (uint64_t)(h->old_end - h->old_top));
    print_line(sink, "BinVHeap", h->off_heap.bytes / sizeof(term));
    print_line(sink, "Memory", process_memory(p));
}

void process_text(const struct print_sink *sink, const struct process *p)
{
    static const char *const priorities[PRIORITIES] = {"LOW", "NORMAL", "HIGH", "MAX"};
    print_text(sink, "=proc:");
    put_term(sink, p->pid);
    print_text(sink, "\nState: ");
    print_text(sink, state_text(p));
    print_text(sink, "\n");
    if (!is_nil(p->registered_name)) {
        print_text(sink, "Name: ");
        put_term(sink, p->registered_name);
        print_text(sink, "\n");
    }
    print_text(sink, "Spawned as: ");
    put_term(sink, p->initial_module);
    print_text(sink, ":");
    put_term(sink, p->initial_function);
    print_text(sink, "/");
    print_number(sink, p->initial_arity);
    print_text(sink, "\nSpawned by: ");
    put_term(sink, p->parent);
    print_text(sink, "\n");
    put_messages(sink, p);
    put_heap(sink, p);
    print_text(sink, "Stack dump:\n");
    if (!(p->trace.flags & TRACE_SENSITIVE)) process_stack_text(sink, p);
    print_text(sink, "Internal State: ACT_PRIO_");
    print_text(sink, priorities[p->priority]);
    print_text(sink, " | USR_PRIO_");
    print_text(sink, priorities[p->priority]);
    if (p->message_off_heap) print_text(sink, " | OFF_HEAP_MSGQ");
    print_text(sink, "\n");
}
