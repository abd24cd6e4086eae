/* SPDX-License-Identifier: Apache-2.0 */
/* start.c -- vm_main: the first code of the machine that any platform calls. */
#include "binary/binary.h"
#include "code/engine.h"
#include "code/exception.h"
#include "heap/arena.h"
#include "process/clock.h"
#include "process/defaults.h"
#include "process/hooks.h"
#include "process/timer.h"
#include "sched/dump.h"
#include "sched/sched.h"
#include "sched/start.h"
#include "term/node.h"

#define PROCESSES 262144 /* alive at a time, as the stock machine's +P */

struct boot_arguments boot_arguments;
bool printable_unicode;
static const char *module_to_show; /* +disasm */

/* --- arguments ------------------------------------------------------------------------------- */

/* A decimal number, 0 when it is none. */
static uint64_t number(const char *text)
{
    uint64_t n = 0;
    if (!*text) return 0;
    for (; *text >= '0' && *text <= '9'; text++) n = n * 10 + (uint64_t)(*text - '0');
    return *text ? 0 : n;
}

static uint32_t process_limit_from(const char *text)
{
    uint64_t wanted = number(text), limit = 1024;
    if (wanted < 1024 || wanted > 1u << 27) return PROCESSES;
    while (limit < wanted) limit *= 2;
    return (uint32_t)limit;
}

/* The emulator's flags come first and begin with '+'; what they ask for is mostly about threads
 * and allocators that are not here.  Returns the limit of processes. */
uint32_t boot_arguments_read(const struct plat_boot *boot)
{
    uint32_t limit = PROCESSES;
    int i = 1;
    for (; i < boot->argc && boot->argv[i][0] == '+'; i++) {
        const char *flag = boot->argv[i], *value = i + 1 < boot->argc ? boot->argv[i + 1] : "-";
        bool has_value = value[0] != '-' && value[0] != '+';
        if (!has_value) continue;
        if (strcmp(flag, "+disasm") == 0) module_to_show = value;
        if (strcmp(flag, "+pc") == 0) printable_unicode = strcmp(value, "unicode") == 0;
        if (strcmp(flag, "+P") == 0) limit = process_limit_from(value);
        if (strcmp(flag, "+hms") == 0 && number(value) > process_defaults.min_heap_words)
            process_defaults.min_heap_words = heap_next_size(number(value));
        i++;
    }
    if (i < boot->argc && strcmp(boot->argv[i], "--") == 0) i++;
    boot_arguments = (struct boot_arguments){
        .count = boot->argc > i ? boot->argc - i : 0,
        .list = boot->argv + i,
        .all_count = boot->argc,
        .all = boot->argv,
    };
    return limit;
}

/* --- the first processes ----------------------------------------------------------------------- */

static void no_memory(struct heap *h) __attribute__((__noreturn__));
static void no_memory(struct heap *h)
{
    (void)h;
    plat_panic(__FILE__, __LINE__, "out of memory at start");
}

static struct process *start_process(struct process *parent, term module, term function, term args,
                                     enum priority priority, bool off_heap)
{
    struct spawn_options o;
    spawn_options_default(&o);
    o.system = true;
    o.priority = priority;
    o.off_heap_messages = off_heap;
    term ref, why;
    struct process *p = process_spawn(parent, module, function, args, &o, &ref, &why);
    require(p);
    return p;
}

static void start_processes(void)
{
    struct heap h = {.exhausted = no_memory};
    require(heap_start(&h, 4096));
    term list = NIL;
    for (int i = boot_arguments.count; i-- > 0;) {
        const char *text = boot_arguments.list[i];
        term bytes = binary_make(&h, text, strlen(text));
        require(!is_no_value(bytes));
        list = make_cons(&h, bytes, list);
    }
    term args = make_cons(&h, ATOM(init), make_cons(&h, list, NIL));
    struct process *init =
        start_process(NULL, ATOM(erl_init), ATOM(start), args, PRIORITY_NORMAL, false);
    heap_end(&h);
    start_process(init, ATOM(erts_code_purger), ATOM(start), NIL, PRIORITY_HIGH, true);
    start_process(init, ATOM(erts_literal_area_collector), ATOM(start), NIL, PRIORITY_HIGH, true);
}

/* --- vm_main -------------------------------------------------------------------------------------- */

int vm_main(const struct plat_boot *boot)
{
    arena_start(boot->heap, boot->heap_bytes);
    process_table_start(boot_arguments_read(boot)); /* first, see arena_sparse() */
    release_start(boot);
    atom_start();
    node_start();
    clock_start();
    timer_start(plat_monotonic_ns());
    plat_on_crash(dump_running);

    process_hooks.enter = engine_enter;
    process_hooks.abandon = engine_abandon;
    process_hooks.place = engine_place;
    process_hooks.leave_traced = exception_leave_traced;
    process_hooks.registers = engine_x;
    engine_start();
    for (const struct native_table *const *t = image_natives; *t; t++) natives_add(*t);
    for (size_t i = 0; image_starts[i]; i++) image_starts[i](boot);

    if (module_to_show) disassemble_module(boot, module_to_show);
    preload(boot);
    start_processes();
    plat_mark(PLAT_MARK_ERLANG);
    sched_loop();
}
