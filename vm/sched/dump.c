/* SPDX-License-Identifier: Apache-2.0 */
/* dump.c -- see dump.h. */
#include "sched/dump.h"
#include "code/engine.h"
#include "code/nif.h"
#include "heap/arena.h"

#define DEPTH 256

void text_write(void *context, const char *bytes, size_t n)
{
    struct text *t = context;
    if (t->room - t->used < n) {
        size_t room = (t->used + n) * 2;
        char *fresh = arena_realloc(t->bytes, room);
        if (!fresh) return;
        t->bytes = fresh;
        t->room = room;
    }
    memcpy(t->bytes + t->used, bytes, n);
    t->used += n;
}

static void put(const struct print_sink *sink, const char *text)
{
    sink->write(sink->context, text, strlen(text));
}

static void put_hex(const struct print_sink *sink, uint64_t v)
{
    char digits[19] = "0x";
    for (int i = 0; i < 16; i++) digits[2 + i] = "0123456789abcdef"[v >> (60 - 4 * i) & 15];
    put(sink, digits);
}

static void put_place(const struct print_sink *sink, const code_word *pc)
{
    struct code_place at;
    put_hex(sink, (uintptr_t)pc);
    put(sink, " (");
    if (code_place_of(pc, &at)) {
        term_print(sink, at.module, PRINT_ALL);
        put(sink, ":");
        term_print(sink, at.function, PRINT_ALL);
        put(sink, "/");
        term_print(sink, small(at.arity), PRINT_ALL);
    } else {
        put(sink, "terminate process normally");
    }
    put(sink, ")\n");
}

void process_dump(const struct print_sink *sink, const struct process *p)
{
    const code_word *at[DEPTH];
    size_t n = engine_backtrace(p, at, DEPTH);
    for (size_t i = 0; i < n; i++) {
        put(sink, i == 0 ? "Program counter: " : "Return addr ");
        put_place(sink, at[i]);
    }
}

struct plain_sink {
    void (*put)(const char *text, size_t n);
};
static void put_nif(void *context, const char *text) { put(context, text); }

static void to_plain(void *context, const char *bytes, size_t n)
{
    ((struct plain_sink *)context)->put(bytes, n);
}

void dump_running(void (*put_text)(const char *text, size_t n))
{
    struct process *p = process_running;
    struct plain_sink plain = {put_text};
    const struct print_sink sink = {to_plain, &plain};
    if (nif_hooks.describe) nif_hooks.describe(put_nif, (void *)(uintptr_t)&sink);
    if (!p) {
        put(&sink, "No Erlang process was running.\n");
        return;
    }
    put(&sink, "Erlang process running: ");
    term_print(&sink, p->pid, PRINT_ALL);
    if (!is_nil(p->registered_name)) {
        put(&sink, " ");
        term_print(&sink, p->registered_name, PRINT_ALL);
    }
    put(&sink, "\n");
    process_dump(&sink, p);
}
