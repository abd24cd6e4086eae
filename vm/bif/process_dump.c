/* SPDX-License-Identifier: Apache-2.0 */
/* process_dump.c -- see process_dump.h. */
#include "bif/process_dump.h"
#include "bif/bif.h"
#include "code/engine.h"
#include "heap/arena.h"
#include "platform/platform.h"

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

static void to_console(void *context, const char *bytes, size_t n)
{
    (void)context;
    plat_console_write_error(bytes, n);
}

/* Process, standard_error or standard_out. */
term bif_erts_internal_process_display_2(struct process *p, const term *arg)
{
    struct process *q = process_find(arg[0]);
    if (!is_local_pid(arg[0])) return raise_badarg(p);
    if (!term_same(arg[1], ATOM(backtrace))) return raise_badarg(p);
    if (!q) return ATOM(badarg);
    process_dump(&(struct print_sink){to_console, NULL}, q);
    return ATOM(true);
}
