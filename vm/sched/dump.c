/* SPDX-License-Identifier: Apache-2.0 */
/* dump.c -- see dump.h. */
#include "sched/dump.h"
#include "code/engine.h"
#include "code/nif.h"
#include "heap/arena.h"

#define DEPTH 256

static bool text_reserve(struct text *t, size_t n)
{
    if (t->room - t->used >= n) return true;
    size_t room = (t->used + n) * 2;
    char *fresh = arena_realloc(t->bytes, room);
    if (!fresh) return false;
    t->bytes = fresh;
    t->room = room;
    return true;
}

void text_write(void *context, const char *bytes, size_t n)
{
    struct text *t = context;
    if (!text_reserve(t, n)) return;
    memcpy(t->bytes + t->used, bytes, n);
    t->used += n;
}

void text_write_all(void *text, const char *bytes, size_t n)
{
    arena_must(text_reserve(text, n) ? text : NULL);
    text_write(text, bytes, n);
}

static void put_hex(const struct print_sink *sink, uint64_t v)
{
    char digits[19] = "0x";
    for (int i = 0; i < 16; i++) digits[2 + i] = "0123456789abcdef"[v >> (60 - 4 * i) & 15];
    print_text(sink, digits);
}

static void put_place(const struct print_sink *sink, const code_word *pc)
{
    struct code_place at;
    put_hex(sink, (uintptr_t)pc);
    print_text(sink, " (");
    if (code_place_of(pc, &at)) {
        term_print(sink, at.module, PRINT_ALL);
        print_text(sink, ":");
        term_print(sink, at.function, PRINT_ALL);
        print_text(sink, "/");
        term_print(sink, small(at.arity), PRINT_ALL);
    } else {
        print_text(sink, "terminate process normally");
    }
    print_text(sink, ")\n");
}

void process_dump(const struct print_sink *sink, const struct process *p)
{
    const code_word *at[DEPTH];
    size_t n = engine_backtrace(p, at, DEPTH);
    for (size_t i = 0; i < n; i++) {
        print_text(sink, i == 0 ? "Program counter: " : "Return addr ");
        put_place(sink, at[i]);
    }
}

struct plain_sink {
    void (*put)(const char *text, size_t n);
};
static void put_nif(void *context, const char *text) { print_text(context, text); }

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
        print_text(&sink, "No Erlang process was running.\n");
        return;
    }
    print_text(&sink, "Erlang process running: ");
    term_print(&sink, p->pid, PRINT_ALL);
    if (!is_nil(p->registered_name)) {
        print_text(&sink, " ");
        term_print(&sink, p->registered_name, PRINT_ALL);
    }
    print_text(&sink, "\n");
    process_dump(&sink, p);
}
