/* SPDX-License-Identifier: Apache-2.0 */
/* engine.c -- the loop that executes instructions.
 *
 * Direct threaded: a code word is the address of a body, and each body ends by jumping to
 * the next.  The bodies stand by subject in body_*.h, all in one function, so that the
 * registers of the machine are local variables:
 *
 *   pc     the instruction being executed; its operands are pc[1], pc[2] ..
 *   cp     where the running function returns to; NULL in a function that has a frame
 *   stack  the newest frame: stack[0] holds its return address, Y[i] is stack[1 + i]
 *   htop   the next free word of the heap
 *   reds   reductions left
 *
 * They are copied to the process (SAVE) before anything is called that looks at it, and back
 * (LOAD) when it may have changed them.  X registers are global: engine_x.
 *
 * A native never collects; it may leave fragments on the heap.  Then `reds` is set to 1 and the
 * rest is held back, so that the next call lands in out_of_slice, where the live registers
 * are known, and collects there.
 */
#include "binary/create.h"
#include "binary/match.h"
#include "big/big.h"
#include "code/breakpoint.h"
#include "code/engine.h"
#include "code/nif.h"
#include "code/engine_ops.h"
#include "code/engine_profile.h"
#include "code/exception.h"
#include "code/engine_records.h"
#include "code/engine_slow.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "platform/platform.h"
#include "process/send.h"
#include "process/timer.h"
#include "process/saved_calls.h"
#include "process/trace.h"
#include "term/compare.h"
#include "term/record.h"
#include "term/release.h"
#include <math.h>

#ifndef ENGINE_PROFILE
#define ENGINE_PROFILE 0 /* 1: counts which instruction follows which (engine_profile.c) */
#endif

term engine_x[MAX_X + SCRATCH_X];
static double engine_f[MAX_X];
code_word engine_body[ENGINE_OPS];
static struct binary_builder builder; /* the binary under construction: bs_init .. bs_put_* */
/* What one instruction has collected: one place for both, for what a start writes to lies together (image/runtime.ld). */
static union {
    struct segment segments[MAX_SEGMENTS];
    term pairs[MAX_PAIRS * 2];
} engine_list;
#define segments  engine_list.segments
#define map_pairs engine_list.pairs

const struct engine_info engine_info[ENGINE_OPS] = {
#define OP(name, group, kinds, meaning) [OP_##name] = {#name, kinds, meaning, GROUP_##group},
#include "code/engine_ops.def"
#undef OP
};

/* --- operands ------------------------------------------------------------------------- */

#define X_AT(offset) (*(term *)((uint8_t *)engine_x + (offset)))
#define Y_AT(offset) (*(term *)((uint8_t *)stack + (offset)))
#define F_AT(offset) (*(double *)((uint8_t *)engine_f + (offset)))
#define X(i)         X_AT(pc[i])
#define Y(i)         Y_AT(pc[i])
#define F(i)         F_AT(pc[i])
#define C(i)         constant(pc[i])
#define S(i)         source(pc[i], stack)
#define D(i)         (*destination(pc[i], stack))
#define EXPORT(i)    ((struct export *)low_pointer(pc[i]))

static inline __attribute__((always_inline)) term constant(code_word w)
{
    return term_of((uint64_t)(int64_t)(int32_t)w);
}
static inline __attribute__((always_inline)) term source(code_word w, term *stack)
{
    if (w & 3) return constant(w);
    return w & 4 ? Y_AT(w - 4) : X_AT(w);
}
static inline __attribute__((always_inline)) term *destination(code_word w, term *stack)
{
    return w & 4 ? &Y_AT(w - 4) : &X_AT(w);
}

/* --- going on ----------------------------------------------------------------------------- */

#if ENGINE_PROFILE
#define DISPATCH()                                                                                 \
    do {                                                                                           \
        engine_profile_note(pc[0]);                                                                \
        goto *(void *)(uintptr_t)pc[0];                                                            \
    } while (0)
#else
#define DISPATCH() goto *(void *)(uintptr_t)pc[0]
#endif
#define NEXT(name)                                                                                 \
    do {                                                                                           \
        pc += WORDS_##name;                                                                        \
        DISPATCH();                                                                                \
    } while (0)
/* Behind an instruction with a list: its count is operand `i`, the list follows. */
#define NEXT_AFTER_LIST(i)                                                                         \
    do {                                                                                           \
        pc += (i) + 1 + pc[i];                                                                     \
        DISPATCH();                                                                                \
    } while (0)
#define JUMP(i)                                                                                    \
    do {                                                                                           \
        pc = low_pointer(pc[i]);                                                                   \
        DISPATCH();                                                                                \
    } while (0)
#define TEST(name, condition)                                                                      \
    do_##name : if (likely(condition)) NEXT(name);                                                 \
    JUMP(1)

#define ENTER(target)                                                                              \
    do {                                                                                           \
        pc = (target);                                                                             \
        if (unlikely(--reds <= 0)) goto out_of_slice;                                              \
        DISPATCH();                                                                                \
    } while (0)
/* A jump back that costs a reduction: not an entry, so nothing is live but what the frame holds. */
#define ENTER_LOOP(target)                                                                         \
    do {                                                                                           \
        pc = (target);                                                                             \
        reds--;                                                                                    \
        DISPATCH();                                                                                \
    } while (0)
#define RETURN()                                                                                   \
    do {                                                                                           \
        pc = cp;                                                                                   \
        cp = NULL;                                                                                 \
        DISPATCH();                                                                                \
    } while (0)

#define SAVE() (p->heap.top = htop, p->heap.stack = stack, p->cp = cp, p->pc = pc)
#define LOAD() (htop = p->heap.top, stack = p->heap.stack)

/* Room for `need` words, `live` X registers are roots. */
#define ROOM(need, live)                                                                           \
    do {                                                                                           \
        if (unlikely((size_t)(stack - htop) < (need)) || heap_stress(&p->heap)) {                  \
            SAVE();                                                                                \
            process_collect(p, (need), engine_x, (live), false);                                   \
            LOAD();                                                                                \
        }                                                                                          \
    } while (0)

/* After something that may have left fragments: see the top of this file. */
#define COLLECT_SOON()                                                                             \
    do {                                                                                           \
        if (unlikely(p->heap.fragments || STRESS_HEAP) && heap_wants_collection(&p->heap) &&       \
            reds > 1) {                                                                            \
            held += reds - 1;                                                                      \
            reds = 1;                                                                              \
        }                                                                                          \
    } while (0)

#define FAIL_WITH(reason_)                                                                         \
    do {                                                                                           \
        raise(p, (reason_));                                                                       \
        faulty = NULL;                                                                             \
        goto fault;                                                                                \
    } while (0)
/* The same for an instruction with a fail label as operand 1. */
#define FAIL_OR_JUMP(reason_)                                                                      \
    do {                                                                                           \
        if (pc[1]) JUMP(1);                                                                        \
        FAIL_WITH(reason_);                                                                        \
    } while (0)

/* Arithmetic on any numbers, for what does not fit the short ways below. */
typedef term arith_function(struct heap *h, term a, term b, enum number_fault *why);

static inline __attribute__((always_inline)) bool add_small(term a, term b, term *out)
{
    int64_t r;
    if (!are_small(a, b) ||
        __builtin_add_overflow((int64_t)a.bits, (int64_t)(b.bits - TAG_SMALL), &r))
        return false;
    *out = term_of((uint64_t)r);
    return true;
}
static inline __attribute__((always_inline)) bool subtract_small(term a, term b, term *out)
{
    int64_t r;
    if (!are_small(a, b) ||
        __builtin_sub_overflow((int64_t)a.bits, (int64_t)(b.bits - TAG_SMALL), &r))
        return false;
    *out = term_of((uint64_t)r);
    return true;
}

static inline __attribute__((always_inline)) bool multiply_small(term a, term b, term *out)
{
    int64_t r;
    if (!are_small(a, b) ||
        __builtin_mul_overflow((int64_t)(a.bits - TAG_SMALL), small_value(b), &r))
        return false;
    *out = term_of((uint64_t)r | TAG_SMALL);
    return true;
}
static inline bool divide_small(term a, term b, term *out)
{
    if (!are_small(a, b) || b.bits == small(0).bits) return false;
    int64_t r = small_value(a) / small_value(b);
    if (!fits_small(r)) return false; /* the smallest by -1 */
    *out = small(r);
    return true;
}
static inline bool remainder_small(term a, term b, term *out)
{
    if (!are_small(a, b) || b.bits == small(0).bits) return false;
    *out = small(small_value(a) % small_value(b));
    return true;
}
static inline bool and_small(term a, term b, term *out)
{
    *out = are_small(a, b) ? term_of(a.bits & b.bits) : *out;
    return are_small(a, b);
}
static inline bool or_small(term a, term b, term *out)
{
    *out = are_small(a, b) ? term_of(a.bits | b.bits) : *out;
    return are_small(a, b);
}
static inline bool xor_small(term a, term b, term *out)
{
    *out = are_small(a, b) ? term_of((a.bits ^ b.bits) | TAG_SMALL) : *out;
    return are_small(a, b);
}
static inline bool shift_left_small(term a, term b, term *out)
{
    if (!are_small(a, b)) return false;
    int64_t v = small_value(a), by = small_value(b);
    if (by < 0 || by > 58) return false;
    int64_t r = (int64_t)((uint64_t)v << by);
    if (r >> by != v || !fits_small(r)) return false;
    *out = small(r);
    return true;
}
static inline bool shift_right_small(term a, term b, term *out)
{
    if (!are_small(a, b)) return false;
    int64_t by = small_value(b);
    if (by < 0) return false;
    *out = small(small_value(a) >> (by > 63 ? 63 : by));
    return true;
}

/* Does this operand of kind `s` stand in the code?  What does not fit there is in a scratch register. */
static bool is_constant(code_word w) { return w & 3 || (!(w & 4) && w >= MAX_X * sizeof(term)); }

/* Is it a register, and the other one a small integer that stands in the code? */
static bool is_steppable(code_word reg, code_word step)
{
    return !is_constant(reg) && is_constant(step) && is_small(source(step, NULL));
}

/* Is the instruction an addition or subtraction of a small constant? */
static bool is_step(const code_word *pc)
{
    switch (engine_op_of(breakpoint_original(pc))) {
    case OP_add_xix:
    case OP_add_xxx:
    case OP_add_yix:
    case OP_add_yxx:
    case OP_add_xyx:
    case OP_add: return is_steppable(pc[1], pc[2]) || is_steppable(pc[2], pc[1]);
    case OP_subtract_xix:
    case OP_subtract_xxx:
    case OP_subtract_yix:
    case OP_subtract: /* stock adds the negated constant, unless that is negative already */
        return is_steppable(pc[1], pc[2]) && small_value(source(pc[2], NULL)) >= 0;
    default: return false;
    }
}

/* --- the loop ---------------------------------------------------------------------------------- */

static code_word exit_code[1]; /* what the first function of a process returns to */
static struct export *apply3;
static int64_t held; /* reductions held back by COLLECT_SOON */

static __attribute__((noinline)) void execute(struct process *p)
{
    static void *const bodies[] = {
#define OP(name, group, kinds, meaning) [OP_##name] = &&do_##name,
#include "code/engine_ops.def"
#undef OP
    };
    if (!p) { /* engine_start() asks for the addresses */
        for (unsigned i = 0; i < ENGINE_OPS; i++) engine_body[i] = low_word(bodies[i]);
        return;
    }

    const code_word *pc = p->pc, *cp = p->cp;
    term *stack = p->heap.stack, *htop = p->heap.top;
    int64_t reds = p->reductions;
    struct export *faulty = NULL; /* the native that failed */
    const term *fault_args = engine_x;
    term bif_args[3];
    /* For arith_slow. */
    arith_function *arith;
    term left, right, operator;

    held = 0;
    process_load_registers(p, engine_x);
    DISPATCH();

#include "code/body_moves.h"
#include "code/body_calls.h"
#include "code/body_tests.h"
#include "code/body_data.h"
#include "code/body_records.h"
#include "code/body_arith.h"
#include "code/body_bits.h"
#include "code/body_process.h"
#include "code/body_trace.h"

/* Erlang code is called in place of the native at pc, whose caller stays on the stack, also when that was a tail call:
 * a trace tells it, as in stock. */
#define CALL_FROM_NATIVE(live)                                                                     \
    do {                                                                                           \
        const code_word op = breakpoint_original(pc);                                              \
        if (op == engine_body[OP_call_native]) {                                                   \
            cp = pc + WORDS_call_native;                                                           \
        } else if (op == engine_body[OP_call_native_last]) {                                       \
            cp = pc + WORDS_call_native_last;                                                      \
        } else if (op == engine_body[OP_call_native_only]) {                                       \
            ROOM(1, (live));                                                                       \
            PUSH_FRAME(1);                                                                         \
            cp = pc + WORDS_call_native_only;                                                      \
        }                                                                                          \
    } while (0)

    /* A native returned no value, or the process is no longer running: `faulty` says which native, pc is
     * the instruction that called it. */
native_odd:
    if (p->state == PROCESS_EXITING) goto leave;
    switch (p->fault.class_) {
    case FAULT_TRAP:
        p->fault.class_ = FAULT_NONE;
        memcpy(engine_x, p->trap.args, p->trap.count * sizeof(term));
        if (!p->trap.export) goto native_traced;
        CALL_FROM_NATIVE(p->trap.count);
        ENTER(p->trap.export->code);
    case FAULT_AGAIN:
        p->fault.class_ = FAULT_NONE;
        if (pc[0] == engine_body[OP_breakpoint]) pc = faulty->stub + 1; /* the call has been told */
        SAVE();
        process_save_registers(p, engine_x, faulty->arity);
        if (p->state == PROCESS_RUNNING) p->state = PROCESS_RUNNABLE;
        goto leave_saved;
    default: fault_args = engine_x;
    }
    if (breakpoint_original(pc) != engine_body[OP_native_body]) goto fault;
    goto fault_in_stub;

    /* The same for a NIF, whose function is `faulty` in a trace. */
nif_odd:
    if (p->state == PROCESS_EXITING) goto leave;
    if (p->fault.class_ == FAULT_AGAIN) {
        p->fault.class_ = FAULT_NONE;
        SAVE();
        process_save_registers(p, engine_x, nif_live);
        if (p->state == PROCESS_RUNNING) p->state = PROCESS_RUNNABLE;
        goto leave_saved;
    }
    faulty = export_get(code_area_of(pc)->module, nif_name, nif_live);
    fault_args = engine_x;
    goto fault_in_stub;

    /* The native is traced: a call of its function, and no tail call, for that has to come back here. */
native_traced:
    CALL_FROM_NATIVE(faulty->arity);
    ENTER(faulty->code);

    /* It raises for the function that applies it, which stays on the stack for that. */
raise_traced:
    if (cp) {
        ROOM(1, faulty->arity);
        PUSH_FRAME(1);
    }
    cp = pc + 1;
    ENTER(faulty->code);

    /* The body of a native is no frame of its own: the fault is its caller's. */
fault_in_stub:
    if (cp) pc = cp - 1, cp = NULL;

fault:
    SAVE();
    pc = exception_handle(p, pc, faulty, fault_args);
    if (!pc) goto leave_saved;
    LOAD();
    cp = NULL;
    DISPATCH();

    /* pc is at the entry of a function whose arity stands before it. */
out_of_slice:
    reds += held;
    held = 0;
    if (heap_wants_collection(&p->heap)) {
        SAVE();
        process_collect(p, 0, engine_x, pc[-1], false);
        LOAD();
    }
    if (reds > 0) DISPATCH();
    SAVE();
    process_save_registers(p, engine_x, pc[-1]);
    p->state = p->suspend_count ? PROCESS_SUSPENDED : PROCESS_RUNNABLE;
    goto leave_saved;

leave:
    SAVE();
leave_saved:
    p->reductions = reds + held;
}

/* --- around it --------------------------------------------------------------------------------------- */

static void *abandon_point[5];

void engine_run(struct process *p)
{
    if (__builtin_setjmp(abandon_point)) return;
    heap_epoch++;
    execute(p);
}

void engine_abandon(struct process *p)
{
    require(p->state == PROCESS_EXITING);
    __builtin_longjmp(abandon_point, 1);
}

void engine_start(void)
{
    execute(NULL);
    exit_code[0] = engine_body[OP_normal_exit];
    breakpoint_start();
    apply3 = arena_must(export_get(ATOM(erlang), ATOM(apply), 3));
}

void engine_enter(struct process *p, term module, term function, term args)
{
    term x[3] = {module, function, args};
    p->pc = apply3->stub + 1; /* no call of erlang:apply/3, should that be traced */
    p->cp = exit_code;
    process_save_registers(p, x, 3);
}

bool engine_in_native(const struct process *p)
{
    return breakpoint_original(p->pc) == engine_body[OP_native_body];
}

const struct export *engine_native_at(const code_word *pc)
{
    code_word at = breakpoint_original(pc);
    bool is_call = at == engine_body[OP_call_native] || at == engine_body[OP_call_native_only] ||
                   at == engine_body[OP_call_native_last] || at == engine_body[OP_native_body];
    return is_call ? low_pointer(pc[1]) : NULL;
}

/* Stock goes on with some of them in a function of another name. */
static void name_paused(const struct export *e, term mfa[3])
{
    mfa[0] = e->module, mfa[1] = e->function, mfa[2] = small(e->arity);
    term other = NO_VALUE;
    switch (atom_index(e->function)) {
    case ATOM_list_to_binary:
    case ATOM_iolist_to_binary:
    case ATOM_list_to_bitstring:
    case ATOM_list_to_bin: other = ATOM(list_to_binary_continue); break;
    case ATOM_binary_to_term: other = ATOM(binary_to_term_trap); break;
    default: return;
    }
    mfa[0] = ATOM(erts_internal), mfa[1] = other, mfa[2] = small(1);
}

bool engine_place(const struct process *p, term mfa[3])
{
    struct code_place at;
    const struct export *paused = p->bif_state ? engine_native_at(p->pc) : NULL;
    if (paused) {
        name_paused(paused, mfa);
        return true;
    }
    if (p->pc == apply3->stub + 1 && p->cp == exit_code) {
        mfa[0] = p->initial_module, mfa[1] = p->initial_function;
        mfa[2] = small(p->initial_arity);
        return true;
    }
    bool known = code_place_of(p->pc, &at) || (p->cp && code_place_of(p->cp - 1, &at));
    if (known) mfa[0] = at.module, mfa[1] = at.function, mfa[2] = small(at.arity);
    return known;
}

enum engine_op engine_op_of(code_word body)
{
    for (unsigned i = 0; i < ENGINE_OPS; i++)
        if (engine_body[i] == body) return (enum engine_op)i;
    return ENGINE_OPS;
}

enum engine_op engine_body_of(const struct export *e)
{
    if (!term_same(e->module, ATOM(erlang))) return ENGINE_OPS;
    switch (atom_index(e->function)) {
    case ATOM_apply:
        return e->arity == 2 ? OP_apply2_body : e->arity == 3 ? OP_apply3_body : ENGINE_OPS;
    case ATOM_hibernate: return e->arity == 3 ? OP_hibernate_body : ENGINE_OPS;
    case ATOM_call_on_load_function: return e->arity == 1 ? OP_call_on_load_body : ENGINE_OPS;
    default: return ENGINE_OPS;
    }
}

void engine_export_stub(struct export *e)
{
    enum engine_op op = engine_body_of(e);
    if (op == ENGINE_OPS) op = e->native ? OP_native_body : OP_undefined_body;
    e->stub[0] = e->arity;
    e->stub[1] = engine_body[op];
    e->stub[2] = low_word(e);
    e->code = e->stub + 1;
}
