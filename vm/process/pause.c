/* SPDX-License-Identifier: Apache-2.0 */
/* pause.c -- C stacks for natives that pause; see pause.h.
 *
 * A native runs on the spare stack.  When it pauses, the stack is its own until it ends, and another
 * becomes the spare one.  While p is paused its bif_state is the struct pause; one that was left by a jump
 * (memory ran out) is just thrown away, with the process.
 */
#include "process/pause.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/memory.h"

#ifdef __SANITIZE_ADDRESS__
enum { STACK_BYTES = 256 << 10 };
void __sanitizer_start_switch_fiber(void **kept, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *kept, const void **bottom, size_t *size);
void __asan_unpoison_memory_region(const volatile void *from, size_t bytes);
#else
enum { STACK_BYTES = 64 << 10 };
#endif

/* More than so many at a time do not pause. */
enum { MOST_PAUSED = 256 };
/* Reductions that a native gets at least: what is short does not pause. */
#if STRESS_SCHED
enum { LEAST = 1 };
#else
enum { LEAST = 16 };
#endif
#define ENDLESS (INT64_C(1) << 40)
#define CANARY  UINT64_C(0x5a17e57ac4b07704)

/* At the top of its stack, whose lowest word is the canary. */
struct pause {
    void *sp;        /* of the body, while it is set aside */
    void *caller_sp; /* of whom it returns to, while it runs */
    struct process *p;
    pausing_body *body;
    term args[PAUSING_ARGS];
    int64_t granted;    /* steps, since it runs */
    bool at_work, done; /* at_work: it has not paused; left by a jump when nobody runs it */
    bool to_the_end, is_unwanted; /* does not pause any more */
    struct pause *next;           /* spare ones */
    void *fake_stack;             /* the sanitizer's */
    const void *caller_bottom;
    size_t caller_size;
};

static struct pause *spare, *running;
static unsigned stacks; /* but for the spare one */

/* --- stacks ----------------------------------------------------------------------------------- */

/* Keeps the registers that a C function must keep on the stack, and that stack's pointer in *from; takes them
 * from the stack `to`, and returns there. */
void pause_switch(void **from, void *to);
#if defined __x86_64__
__asm__(".text\n"
        ".globl pause_switch\n"
        ".type pause_switch,@function\n"
        "pause_switch:\n"
        "    push %rbp\n"
        "    push %rbx\n"
        "    push %r12\n"
        "    push %r13\n"
        "    push %r14\n"
        "    push %r15\n"
        "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n"
        "    pop %r15\n"
        "    pop %r14\n"
        "    pop %r13\n"
        "    pop %r12\n"
        "    pop %rbx\n"
        "    pop %rbp\n"
        "    ret\n"
        ".size pause_switch, . - pause_switch\n");
enum { SAVED_WORDS = 6 };
#else
#error "pause_switch: which registers does a function keep here?"
#endif

static char *bottom_of(const struct pause *s) { return (char *)(s + 1) - STACK_BYTES; }

static bool is_on_stack(const struct pause *s)
{
    return (uintptr_t)__builtin_frame_address(0) - (uintptr_t)bottom_of(s) < STACK_BYTES;
}

static void to_body(struct pause *s)
{
#ifdef __SANITIZE_ADDRESS__
    void *kept;
    __sanitizer_start_switch_fiber(&kept, bottom_of(s), STACK_BYTES);
#endif
    pause_switch(&s->caller_sp, s->sp);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(kept, NULL, NULL);
#endif
}

static void to_caller(struct pause *s)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(s->done ? NULL : &s->fake_stack, s->caller_bottom,
                                   s->caller_size);
#endif
    pause_switch(&s->sp, s->caller_sp);
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(s->fake_stack, &s->caller_bottom, &s->caller_size);
#endif
}

/* What a body's stack begins with. */
static void enter(void)
{
    struct pause *s = running;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(NULL, &s->caller_bottom, &s->caller_size);
#endif
    s->p->scratch[0] = s->body(s->p, s->args);
    s->done = true;
    to_caller(s);
    plat_panic(__FILE__, __LINE__, "a native returns twice");
}

static struct pause *take_stack(void)
{
    struct pause *s = spare;
    if (s) {
        spare = NULL;
    } else {
        if (stacks > MOST_PAUSED) return NULL;
        char *bottom = arena_pages(STACK_BYTES);
        if (!bottom) return NULL;
        *(uint64_t *)bottom = CANARY;
        s = (struct pause *)(bottom + STACK_BYTES) - 1;
    }
    stacks++;
    return s;
}

static void give_stack(struct pause *s)
{
    stacks--;
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(bottom_of(s), STACK_BYTES - sizeof *s);
#endif
    if (spare)
        arena_pages_free(bottom_of(s), STACK_BYTES);
    else
        spare = s;
}

static void start(struct pause *s, struct process *p, pausing_body *body, unsigned arity,
                  const term *arg)
{
    *s = (struct pause){.p = p, .body = body};
    memcpy(s->args, arg, arity * sizeof *arg);
    /* As pause_switch() finds it; a function is entered with its stack 8 bytes off a multiple of 16. */
    uint64_t *sp = (uint64_t *)((uintptr_t)s & ~(uintptr_t)15) - 1;
    *--sp = (uintptr_t)enter;
    for (unsigned i = 0; i < SAVED_WORDS; i++) *--sp = 0;
    s->sp = sp;
}

/* --- running ----------------------------------------------------------------------------------- */

/* One part of a body's work.  It returns when the body has paused, or when it is done. */
static void run(struct pause *s, int64_t reductions)
{
    struct pause *outer = running;
    int64_t outer_left = effort_left;
    running = s;
    s->at_work = true;
    s->granted = effort_left = reductions * STEPS_PER_REDUCTION;
    to_body(s);
    s->at_work = false;
    s->p->reductions -= (s->granted - effort_left) / STEPS_PER_REDUCTION;
    effort_left = outer_left;
    running = outer;
    require(*(uint64_t *)bottom_of(s) == CANARY);
}

static bool when_due(void)
{
    struct pause *s = running;
    if (!s || !is_on_stack(s)) {
        effort_left = INT64_MAX;
        return true;
    }
    if (!s->to_the_end && !s->is_unwanted) to_caller(s);
    if (s->is_unwanted) return false; /* from now on, always */
    if (s->to_the_end) effort_left += ENDLESS, s->granted += ENDLESS;
    return true;
}

/* It does not pause; its process may not be the one that runs. */
static void run_on(void *context) { run(context, 0); }

static bool run_to_the_end(struct pause *s)
{
    struct pause *outer = running;
    int64_t outer_left = effort_left;
    bool ok = process_guarded(s->p, run_on, s);
    running = outer;
    effort_left = outer_left;
    return ok;
}

/* p ends. */
static void drop(void *state)
{
    struct pause *s = state;
    if (!s->at_work && !s->done) {
        s->is_unwanted = true;
        run_to_the_end(s);
    }
    if (running == s) running = NULL;
    give_stack(s);
}

static struct pause *paused_of(const struct process *p)
{
    return p->bif_state_free == drop ? p->bif_state : NULL;
}

static term result_of(struct process *p, struct pause *s)
{
    term result = p->scratch[0];
    p->scratch[0] = NIL;
    p->bif_state = NULL;
    p->bif_state_free = NULL;
    give_stack(s);
    return result;
}

term pausing(struct process *p, pausing_body *body, unsigned arity, const term *arg)
{
    struct pause *s = paused_of(p);
    if (!s || s->at_work) {
        if (s || !(s = take_stack())) return body(p, arg); /* one body calls another */
        effort_hook = when_due;
        start(s, p, body, arity, arg);
        p->bif_state = s;
        p->bif_state_free = drop;
    }
    if (!s->done) run(s, p->reductions > LEAST ? p->reductions : LEAST);
    if (s->done) return result_of(p, s);
    p->fault.class_ = FAULT_AGAIN;
    return NO_VALUE;
}

/* --- for others ---------------------------------------------------------------------------------- */

bool is_paused(const struct process *p)
{
    const struct pause *s = paused_of(p);
    return s && !s->done;
}

size_t pause_stack_left(void)
{
    if (!running || !is_on_stack(running)) return SIZE_MAX;
    return (uintptr_t)__builtin_frame_address(0) - (uintptr_t)bottom_of(running);
}

unsigned paused_count(void) { return stacks; }

bool pause_finish(struct process *p)
{
    struct pause *s = paused_of(p);
    if (!s || s->done || s->at_work) return true;
    s->to_the_end = true;
    return run_to_the_end(s);
}

struct pause *pause_state(void) { return running && is_on_stack(running) ? running : NULL; }

void pause_finish_state(struct pause *s)
{
    struct process *p = s->p;
    if (!pause_finish(p)) process_exit(p, ATOM(killed));
}
