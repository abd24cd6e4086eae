/* SPDX-License-Identifier: Apache-2.0 */
/* pause.c -- C stacks for natives that pause; see pause.h.
 *
 * A native begins on the spare stack, by a plain call after the stack pointer was set: most end without a pause,
 * and should cost nothing.  So what is new of a body is only written down when it pauses for the first time: its
 * stack is its own from then on until it ends, and another becomes the spare one; p's bif_state is the
 * struct pause.  A body that was left by a jump (memory ran out) is just thrown away: before its first pause
 * the stack simply is the spare one still, later it goes with the process.
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
    void *caller_sp; /* of whom it returns to, while it runs */
    bool done;       /* the body has returned; these two are known to pause_call() */
    bool at_work;    /* it has paused once, and runs; left by a jump when nobody runs it */
    bool to_the_end, is_unwanted; /* does not pause any more */
    void *sp;                     /* of the body, while it is set aside */
    struct process *p;
    term args[PAUSING_ARGS];
    int64_t granted; /* steps, since it runs */
    pausing_body *body;
    void *fake_stack; /* the sanitizer's */
    const void *caller_bottom;
    size_t caller_size;
} __attribute__((aligned(16)));
_Static_assert(offsetof(struct pause, caller_sp) == 0 && offsetof(struct pause, done) == 8,
               "pause_call() knows them");

static struct pause *spare, *running;
static unsigned stacks; /* but for the spare one */

/* --- stacks ----------------------------------------------------------------------------------- */

/* Keeps the registers that a C function must keep on the stack, and that stack's pointer in *from; takes them
 * from the stack `to`, and returns there. */
term pause_switch(void **from, void *to);
/* Runs the body on the stack of s, of which it keeps the caller's stack pointer in s like pause_switch().  Returns,
 * like pause_switch() to a body that goes on, when the body pauses, or with its result and s->done. */
term pause_call(struct pause *s, pausing_body *body, struct process *p, const term *arg);
#if defined __x86_64__
#define KEEP_REGISTERS                                                                             \
    "    push %rbp\n"                                                                              \
    "    push %rbx\n"                                                                              \
    "    push %r12\n"                                                                              \
    "    push %r13\n"                                                                              \
    "    push %r14\n"                                                                              \
    "    push %r15\n"
#define TAKE_REGISTERS                                                                             \
    "    pop %r15\n"                                                                               \
    "    pop %r14\n"                                                                               \
    "    pop %r13\n"                                                                               \
    "    pop %r12\n"                                                                               \
    "    pop %rbx\n"                                                                               \
    "    pop %rbp\n"
__asm__(".text\n"
        ".globl pause_switch\n"
        ".type pause_switch,@function\n"
        "pause_switch:\n" KEEP_REGISTERS "    mov %rsp, (%rdi)\n"
        "    mov %rsi, %rsp\n" TAKE_REGISTERS "    ret\n"
        ".size pause_switch, . - pause_switch\n"
        ".globl pause_call\n"
        ".type pause_call,@function\n"
        "pause_call:\n" KEEP_REGISTERS "    mov %rsp, (%rdi)\n"
        "    mov %rdi, %rsp\n"
        "    mov %rdi, %rbx\n"
        "    mov %rsi, %rax\n"
        "    mov %rdx, %rdi\n"
        "    mov %rcx, %rsi\n"
        "    xor %ebp, %ebp\n"
        "    call *%rax\n"
        "    movb $1, 8(%rbx)\n"
        "    mov (%rbx), %rsp\n" TAKE_REGISTERS "    ret\n"
        ".size pause_call, . - pause_call\n");
#else
#error "pause_switch: which registers does a function keep here?"
#endif

static char *bottom_of(const struct pause *s) { return (char *)(s + 1) - STACK_BYTES; }

static bool is_on_stack(const struct pause *s)
{
    return (uintptr_t)__builtin_frame_address(0) - (uintptr_t)bottom_of(s) < STACK_BYTES;
}

#ifdef __SANITIZE_ADDRESS__
/* What a body's stack begins with. */
static term enter(struct process *p, const term *arg)
{
    struct pause *s = running;
    __sanitizer_finish_switch_fiber(NULL, &s->caller_bottom, &s->caller_size);
    term result = s->body(p, arg);
    __sanitizer_start_switch_fiber(NULL, s->caller_bottom, s->caller_size);
    return result;
}

static term begin(struct pause *s, pausing_body *body)
{
    void *kept;
    s->body = body;
    __sanitizer_start_switch_fiber(&kept, bottom_of(s), STACK_BYTES);
    term result = pause_call(s, enter, s->p, s->args);
    __sanitizer_finish_switch_fiber(kept, NULL, NULL);
    return result;
}

static term to_body(struct pause *s)
{
    void *kept;
    __sanitizer_start_switch_fiber(&kept, bottom_of(s), STACK_BYTES);
    term result = pause_switch(&s->caller_sp, s->sp);
    __sanitizer_finish_switch_fiber(kept, NULL, NULL);
    return result;
}

static void to_caller(struct pause *s)
{
    __sanitizer_start_switch_fiber(&s->fake_stack, s->caller_bottom, s->caller_size);
    pause_switch(&s->sp, s->caller_sp);
    __sanitizer_finish_switch_fiber(s->fake_stack, &s->caller_bottom, &s->caller_size);
}

static void forget_frames(struct pause *s)
{
    __asan_unpoison_memory_region(bottom_of(s), STACK_BYTES - sizeof *s);
}
#else
static term begin(struct pause *s, pausing_body *body)
{
    return pause_call(s, body, s->p, s->args);
}
static term to_body(struct pause *s) { return pause_switch(&s->caller_sp, s->sp); }
static void to_caller(struct pause *s) { pause_switch(&s->sp, s->caller_sp); }
static void forget_frames(struct pause *s) { (void)s; }
#endif

static struct pause *make_spare(void)
{
    if (stacks > MOST_PAUSED) return NULL;
    char *bottom = arena_pages(STACK_BYTES);
    if (!bottom) return NULL;
    *(uint64_t *)bottom = CANARY;
    return spare = (struct pause *)(bottom + STACK_BYTES) - 1;
}

static void give_stack(struct pause *s)
{
    stacks--;
    forget_frames(s);
    if (spare)
        arena_pages_free(bottom_of(s), STACK_BYTES);
    else
        spare = s;
}

static void check_canary(const struct pause *s) { require(*(uint64_t *)bottom_of(s) == CANARY); }

/* --- running ----------------------------------------------------------------------------------- */

static void drop(void *state);

/* The body on the spare stack pauses for the first time. */
static void keep(struct pause *s)
{
    spare = NULL;
    stacks++;
    s->to_the_end = s->is_unwanted = false;
    s->p->bif_state = s;
    s->p->bif_state_free = drop;
}

static void grant(struct pause *s, int64_t reductions)
{
    s->granted = effort_left = reductions * STEPS_PER_REDUCTION;
}

static void settle(struct pause *s)
{
    s->p->reductions -= (int64_t)((uint64_t)(s->granted - effort_left) / STEPS_PER_REDUCTION);
    check_canary(s);
}

/* One more part of a body's work.  It returns when the body has paused, or when it is done. */
static void run(struct pause *s, int64_t reductions)
{
    struct pause *outer = running;
    int64_t outer_left = effort_left;
    running = s;
    s->at_work = true;
    grant(s, reductions);
    term result = to_body(s);
    s->at_work = false;
    if (s->done) s->p->scratch[0] = result;
    settle(s);
    effort_left = outer_left;
    running = outer;
}

static bool when_due(void)
{
    struct pause *s = running;
    if (!s || !is_on_stack(s)) {
        effort_left = INT64_MAX;
        return true;
    }
    if (s == spare) keep(s);
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

static int64_t slice_of(const struct process *p)
{
    return p->reductions > LEAST ? p->reductions : LEAST;
}

static term again(struct process *p)
{
    p->fault.class_ = FAULT_AGAIN;
    return NO_VALUE;
}

/* Of what has a state: its own body goes on, or the body calls another, which is just a part of it. */
__attribute__((noinline)) static term go_on(struct process *p, pausing_body *body, const term *arg)
{
    struct pause *s = paused_of(p);
    if (!s || s->at_work) return body(p, arg);
    if (!s->done) run(s, slice_of(p));
    return s->done ? result_of(p, s) : again(p);
}

term pausing(struct process *p, pausing_body *body, unsigned arity, const term *arg)
{
    struct pause *s = spare;
    if (unlikely(p->bif_state)) return go_on(p, body, arg);
    if (unlikely(!s) && !(s = make_spare())) return body(p, arg);
    if (unlikely(is_on_stack(s))) return body(p, arg);
    s->p = p;
    s->done = false;
    for (unsigned i = 0; i < arity; i++) s->args[i] = arg[i];
    running = s;
    effort_hook = when_due;
    grant(s, slice_of(p));
    term result = begin(s, body);
    running = NULL;
    settle(s);
    if (likely(s->done)) return result;
    s->at_work = false;
    return again(p);
}

term pausing_to_wait(struct process *p, pausing_body *body, unsigned arity, const term *arg)
{
    if (!p->bif_state && !spare && !make_spare()) {
        if (stacks > MOST_PAUSED) return again(p);
        p->fault = (struct fault){.class_ = FAULT_ERROR,
                                  .reason = ATOM(system_limit),
                                  .trace = NIL,
                                  .args = NIL,
                                  .info = NIL};
        return NO_VALUE;
    }
    return pausing(p, body, arity, arg);
}

enum pause_end pause_wait(void)
{
    struct pause *s = running;
    if (!s || !is_on_stack(s)) return PAUSE_CANNOT;
    if (s == spare) keep(s);
    if (s->is_unwanted) return PAUSE_UNWANTED;
    if (s->to_the_end) return PAUSE_CANNOT;
    s->p->state = PROCESS_WAITING;
    to_caller(s);
    return s->is_unwanted ? PAUSE_UNWANTED : s->to_the_end ? PAUSE_CANNOT : PAUSE_WOKEN;
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
