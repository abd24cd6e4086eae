/* SPDX-License-Identifier: Apache-2.0 */
/* engine_test.c -- small compiled functions on the real engine, with a clock that the test turns.
 *
 *   engine_test [BEAM]      engine_sample.beam; without one it is compiled first
 *
 * There is no OTP here: one module, its processes, and a loop like the scheduler's.
 */
#define _GNU_SOURCE
#include "test/unit/check.h"
#include "test/unit/process_setup.h"
#include "bif/bif.h"
#include "code/engine.h"

enum { SLICE = 4000 };

static struct process *test; /* never runs: answers are sent to it */
static unsigned slices;

static uint8_t *read_beam(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(2);
    }
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(*n);
    if (fread(bytes, 1, *n, f) != *n) exit(2);
    fclose(f);
    return bytes;
}

static void load(const char *path)
{
    char folder[] = P_tmpdir "/engine_test.XXXXXX", command[300], compiled[100];
    if (!path) {
        if (!mkdtemp(folder)) exit(2);
        snprintf(command, sizeof command, "erlc -o %s test/unit/engine_sample.erl", folder);
        snprintf(compiled, sizeof compiled, "%s/engine_sample.beam", folder);
        if (system(command) != 0) exit(2);
    }
    size_t n;
    uint8_t *bytes = read_beam(path ? path : compiled, &n);
    struct load_error why;
    if (!code_load_preloaded("engine_sample", bytes, n, &why)) {
        fprintf(stderr, "engine_sample: %s\n", why.text);
        exit(1);
    }
    free(bytes);
    if (path) return;
    remove(compiled);
    remove(folder);
}

static void run_slice(struct process *p)
{
    p->state = PROCESS_RUNNING;
    p->reductions = SLICE;
    process_running = p;
    engine_run(p);
    process_running = NULL;
    slices++;
    if (process_find(p->pid) != p) {
        p->state = PROCESS_EXITING;
        process_finish(p);
    } else if (p->state == PROCESS_RUNNING || p->state == PROCESS_RUNNABLE)
        process_make_ready(p);
}

/* Runs all there is until somebody sends to `test`; nobody can: NO_VALUE. */
static term answer(void)
{
    for (;;) {
        timer_advance(plat_monotonic_ns());
        struct process *p = process_next_ready();
        if (p == test) break;
        if (p)
            run_slice(p);
        else if (timer_next() == UINT64_MAX)
            return NO_VALUE;
        else
            test_clock = timer_next();
    }
    struct message *m = mailbox_peek(test);
    term body = m ? m->body : NO_VALUE;
    if (m) mailbox_remove(test);
    test->state = PROCESS_WAITING;
    return body;
}

static int64_t call(term function, int64_t n)
{
    struct spawn_options o;
    spawn_options_default(&o);
    term words[4] = {test->pid, term_of(0), small(n), NIL}, ref, why;
    words[1] = cons_term(words + 2);
    slices = 0;
    CHECK(process_spawn(NULL, atom_make("engine_sample", 13), function, cons_term(words), &o, &ref,
                        &why) != NULL);
    term t = answer();
    return is_small(t) ? small_value(t) : -1;
}
#define CALL(name, n) call(atom_make(#name, sizeof #name - 1), n)

int main(int argc, char **argv)
{
    setup_processes();
    process_hooks.enter = engine_enter;
    process_hooks.abandon = engine_abandon;
    process_hooks.registers = engine_x;
    engine_start();
    natives_add(&bif_table);
    code_start();
    load(argc > 1 ? argv[1] : NULL);
    test = make_process(NULL, false);

    CHECK(CALL(count, 1000000) == 1500000);
    CHECK(slices >= 1000000 / SLICE && slices < 1000000 / SLICE + 20); /* a call is a reduction */
    CHECK(CALL(factorial, 200) == 200 * 199);
    CHECK(CALL(caught, 42) == 212);
    CHECK(CALL(ring, 500) == 500);
    CHECK(CALL(keep, 20000) == 100);
    CHECK(CALL(bits, 310) == 4650);

    uint64_t before = test_clock;
    CHECK(CALL(sleep, 3600000) == 3600000); /* an hour, at once */
    CHECK(test_clock - before >= UINT64_C(3600000000000));
    CHECK(test_clock - before < UINT64_C(3601000000000));
    CHECK(process_count() == 1);
    return check_result();
}
