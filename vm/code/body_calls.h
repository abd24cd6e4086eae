/* SPDX-License-Identifier: Apache-2.0 */
/* body_calls.h -- frames, calls and returns; included by engine.c into its loop. */

#define PUSH_FRAME(words)                                                                          \
    do {                                                                                           \
        stack -= (words);                                                                          \
        stack[0] = term_of((uintptr_t)cp);                                                         \
        cp = NULL;                                                                                 \
    } while (0)
#define POP_FRAME(words)                                                                           \
    do {                                                                                           \
        cp = (const code_word *)(uintptr_t)stack[0].bits;                                          \
        stack += (words);                                                                          \
    } while (0)
#define CLEAR_SLOTS(words)                                                                         \
    for (code_word i = 1; i < (words); i++) stack[i] = NIL

do_allocate: ROOM(pc[1], pc[2]); PUSH_FRAME(pc[1]); NEXT(allocate);
do_allocate_move: ROOM(pc[1], pc[2]); PUSH_FRAME(pc[1]); Y(4) = X(3); NEXT(allocate_move);
do_allocate_move2: ROOM(pc[1], pc[2]); PUSH_FRAME(pc[1]); Y(4) = X(3); Y(6) = X(5); NEXT(allocate_move2);
do_allocate_heap: ROOM(pc[1] + pc[2], pc[3]); PUSH_FRAME(pc[1]); NEXT(allocate_heap);
do_allocate_zero: ROOM(pc[1], pc[2]); PUSH_FRAME(pc[1]); CLEAR_SLOTS(pc[1]); NEXT(allocate_zero);
do_allocate_heap_zero:
    ROOM(pc[1] + pc[2], pc[3]);
    PUSH_FRAME(pc[1]);
    CLEAR_SLOTS(pc[1]);
    NEXT(allocate_heap_zero);
do_test_heap: ROOM(pc[1], pc[2]); NEXT(test_heap);
do_deallocate: POP_FRAME(pc[1]); NEXT(deallocate);
do_trim: {
    term return_to = stack[0];
    stack += pc[1];
    stack[0] = return_to;
    NEXT(trim);
}

do_return_: RETURN();
do_deallocate_return: POP_FRAME(pc[1]); RETURN();
do_move_return_x: engine_x[0] = X(1); RETURN();
do_move_return_c: engine_x[0] = C(1); RETURN();
do_move_return: engine_x[0] = S(1); RETURN();
do_move_deallocate_return_y: engine_x[0] = Y(1); POP_FRAME(pc[2]); RETURN();
do_move_deallocate_return: engine_x[0] = S(1); POP_FRAME(pc[2]); RETURN();

do_call: cp = pc + WORDS_call; ENTER(low_pointer(pc[1]));
do_call_only: ENTER(low_pointer(pc[1]));
do_call_last: POP_FRAME(pc[2]); ENTER(low_pointer(pc[1]));
do_move_call_xx: X(2) = X(1); cp = pc + WORDS_move_call_xx; ENTER(low_pointer(pc[3]));
do_move_call_yx: X(2) = Y(1); cp = pc + WORDS_move_call_yx; ENTER(low_pointer(pc[3]));
do_move_call_cx: X(2) = C(1); cp = pc + WORDS_move_call_cx; ENTER(low_pointer(pc[3]));
do_move_call: D(2) = S(1); cp = pc + WORDS_move_call; ENTER(low_pointer(pc[3]));
do_move_call_only_xx: X(2) = X(1); ENTER(low_pointer(pc[3]));
do_move_call_only: D(2) = S(1); ENTER(low_pointer(pc[3]));
do_call_ext: cp = pc + WORDS_call_ext; ENTER(EXPORT(1)->code);
do_call_ext_only: ENTER(EXPORT(1)->code);
do_call_ext_last: POP_FRAME(pc[2]); ENTER(EXPORT(1)->code);
do_jump: JUMP(1);

/* --- natives ------------------------------------------------------------------------------- */

/* Calls the native of export operand 1 with the X registers; leaves its value in `left`.  The second is for the
 * function that the native is, also when it is traced. */
#define CALL_NATIVE()                                                                              \
    faulty = EXPORT(1);                                                                            \
    SAVE();                                                                                        \
    p->reductions = reds - 1;                                                                      \
    left = faulty->light(p, engine_x);                                                             \
    reds = p->reductions;                                                                          \
    LOAD()
#define CALL_NATIVE_BODY()                                                                         \
    faulty = EXPORT(1);                                                                            \
    SAVE();                                                                                        \
    p->reductions = reds - 1;                                                                      \
    left = faulty->native->body(p, engine_x);                                                      \
    reds = p->reductions;                                                                          \
    LOAD()
/* The value is there, but the process has stopped running: it goes on at `where` with X[0]. */
#define STOP_AFTER_NATIVE(where)                                                                   \
    do {                                                                                           \
        if (p->state == PROCESS_EXITING) goto leave;                                               \
        pc = (where);                                                                              \
        SAVE();                                                                                    \
        process_save_registers(p, engine_x, 1);                                                    \
        goto leave_saved;                                                                          \
    } while (0)

do_call_native:
    CALL_NATIVE();
    if (unlikely(is_no_value(left))) goto native_odd;
    engine_x[0] = left;
    if (unlikely(p->state != PROCESS_RUNNING)) STOP_AFTER_NATIVE(pc + WORDS_call_native);
    if (unlikely(heap_wants_collection(&p->heap))) {
        SAVE();
        process_collect(p, 0, engine_x, 1, false);
        LOAD();
    }
    NEXT(call_native);

#define RETURN_NATIVE(call)                                                                        \
    do {                                                                                           \
        call();                                                                                    \
        if (unlikely(is_no_value(left))) goto native_odd;                                          \
        engine_x[0] = left;                                                                        \
        COLLECT_SOON();                                                                            \
        pc = cp;                                                                                   \
        cp = NULL;                                                                                 \
        if (unlikely(p->state != PROCESS_RUNNING)) STOP_AFTER_NATIVE(pc);                          \
        DISPATCH();                                                                                \
    } while (0)

/* Two bodies, for a fault tells by the address whose frame it is. */
do_native_body: RETURN_NATIVE(CALL_NATIVE_BODY);
do_call_native_only: RETURN_NATIVE(CALL_NATIVE);

/* The address of its struct nif_function stands in the func_info before it: code/nif.h. */
do_nif_body:
    SAVE();
    p->reductions = reds;
    left = nif_hooks.call(p, low_pointer(pc[-3]), engine_x);
    reds = p->reductions;
    LOAD();
    if (unlikely(is_no_value(left))) goto nif_odd;
    engine_x[0] = left;
    COLLECT_SOON();
    pc = cp;
    cp = NULL;
    if (unlikely(p->state != PROCESS_RUNNING)) STOP_AFTER_NATIVE(pc);
    DISPATCH();

do_call_native_last:
    CALL_NATIVE();
    if (unlikely(is_no_value(left))) goto native_odd;
    engine_x[0] = left;
    COLLECT_SOON();
    POP_FRAME(pc[2]);
    pc = cp;
    cp = NULL;
    if (unlikely(p->state != PROCESS_RUNNING)) STOP_AFTER_NATIVE(pc);
    DISPATCH();

do_undefined_body: {
    struct export *x = EXPORT(1);
    SAVE();
    const code_word *target = undefined_target(p, x);
    LOAD();
    if (target) ENTER(target);
    faulty = x;
    fault_args = engine_x;
    goto fault_in_stub;
}

/* --- funs and apply ------------------------------------------------------------------------------ */

/* The fun's code, its free variables behind the arguments; the long way for all that is not plain. */
#define FUN_TARGET(fun, args)                                                                      \
    term called = (fun);                                                                           \
    const code_word *target;                                                                       \
    struct fun_entry *entry;                                                                       \
    if (likely(is_local_fun(called)) && likely((entry = fun_entry_of(called))->arity == (args)) &&  \
        likely(entry->code != NULL)) {                                                             \
        size_t count = fun_free_count(called);                                                     \
        const term *vars = fun_free(called);                                                       \
        for (size_t i = 0; i < count; i++) engine_x[(args) + i]  = vars[i];                        \
        target = entry->code;                                                                      \
    } else {                                                                                       \
        SAVE();                                                                                    \
        target = fun_target(p, called, (args));                                                    \
        LOAD();                                                                                    \
        if (p->suspend_count) reds = held = 0; /* the fun's code is being purged */               \
        if (!target) goto bad_fun;                                                                   \
    }

bad_fun: /* the caller is twice in the trace when it was no tail call: as stock has it */
    faulty = NULL;
    if (breakpoint_original(pc) == engine_body[OP_call_fun]) cp = pc + WORDS_call_fun;
    goto fault;

do_call_fun: {
    FUN_TARGET(S(2), pc[1])
    cp = pc + WORDS_call_fun;
    ENTER(target);
}
do_call_fun_last: {
    FUN_TARGET(S(2), pc[1])
    POP_FRAME(pc[3]);
    ENTER(target);
}
do_call_fun_only: {
    FUN_TARGET(S(2), pc[1])
    ENTER(target);
}

#define APPLY_TARGET()                                                                             \
    SAVE();                                                                                        \
    const code_word *target = apply_target(p, engine_x[pc[1]], engine_x[pc[1] + 1], pc[1]);        \
    LOAD();                                                                                        \
    if (unlikely(!target)) goto bad_apply

/* A tail apply of error/1 and its kin: they raise for their caller, so its frame belongs in the trace,
 * and they are called from here. */
#define RAISE_HERE(target)                                                                         \
    if (unlikely((target)[0] == engine_body[OP_native_body]) &&                                    \
        exception_is_for_applier(low_pointer((target)[1]))) {                                      \
        faulty = low_pointer((target)[1]);                                                         \
        goto raise_here;                                                                           \
    }                                                                                              \
    if (unlikely((target)[0] == engine_body[OP_breakpoint] ||                                      \
                 (target)[0] == engine_body[OP_export_breakpoint]) &&                              \
        (faulty = breakpoint_native(target)) && exception_is_for_applier(faulty))                  \
        goto raise_traced

do_apply: {
    APPLY_TARGET();
    cp = pc + WORDS_apply;
    ENTER(target);
}
do_apply_last: {
    APPLY_TARGET();
    if (unlikely(target[0] == engine_body[OP_apply3_body])) {
        SAVE();
        target = apply3_target(p, bif_args);
        LOAD();
        faulty = apply3;
        fault_args = bif_args;
        if (!target) goto fault;
    }
    RAISE_HERE(target);
    POP_FRAME(pc[2]);
    ENTER(target);
}
raise_here:
    SAVE();
    faulty->native->body(p, engine_x);
    LOAD();
    fault_args = engine_x;
    goto fault;
bad_apply: {
    SAVE();
    bif_args[0] = engine_x[pc[1]];
    bif_args[1] = engine_x[pc[1] + 1];
    bif_args[2] = make_list(&p->heap, pc[1], engine_x, NIL);
    LOAD();
    faulty = apply3;
    fault_args = bif_args;
    goto fault;
}

/* Where erlang:apply/2,3 goes is left in `target`: NULL with the fault, its native and arguments set. */
#define APPLY3_TARGET()                                                                            \
    SAVE();                                                                                        \
    const code_word *target = apply3_target(p, bif_args);                                          \
    LOAD();                                                                                        \
    faulty = apply3;                                                                               \
    fault_args = bif_args
#define APPLY2_TARGET()                                                                            \
    term fun = bif_args[0] = engine_x[0];                                                          \
    bif_args[1] = engine_x[1];                                                                     \
    SAVE();                                                                                        \
    int arity = unpack_arguments(p, engine_x[1], APPLY2_MOST);                                                  \
    const code_word *target = arity < 0 ? NULL : fun_target(p, fun, (uint32_t)arity);              \
    LOAD();                                                                                        \
    if (p->suspend_count) reds = held = 0;                                                         \
    faulty = arity < 0 ? export_get(ATOM(erlang), ATOM(apply), 2) : NULL;                          \
    fault_args = bif_args

do_apply3_body: {
    APPLY3_TARGET();
    if (target) ENTER(target);
    goto fault_in_stub;
}
do_apply2_body: {
    APPLY2_TARGET();
    if (target) ENTER(target);
    goto fault_in_stub;
}
/* In the code of the caller: a fault is the caller's, also of a tail call. */
do_apply3: {
    APPLY3_TARGET();
    if (!target) goto fault;
    cp = pc + WORDS_apply3;
    ENTER(target);
}
do_apply3_only: {
    APPLY3_TARGET();
    if (!target) goto fault;
    RAISE_HERE(target);
    ENTER(target);
}
do_apply3_last: {
    APPLY3_TARGET();
    if (!target) goto fault;
    RAISE_HERE(target);
    POP_FRAME(pc[1]);
    ENTER(target);
}
do_apply2: {
    APPLY2_TARGET();
    if (target || !faulty) cp = pc + WORDS_apply2; /* a bad fun has its caller twice in the trace, as in stock */
    if (!target) goto fault;
    ENTER(target);
}
do_apply2_only: {
    APPLY2_TARGET();
    if (target) ENTER(target);
    goto fault;
}
do_apply2_last: {
    APPLY2_TARGET();
    if (!target) goto fault;
    POP_FRAME(pc[1]);
    ENTER(target);
}
do_call_on_load_body: {
    SAVE();
    const code_word *target = on_load_target(p);
    LOAD();
    if (target) ENTER(target);
    faulty = export_get(ATOM(erlang), ATOM(call_on_load_function), 1);
    fault_args = engine_x;
    goto fault;
}

/* hibernate(M, F, Args): all frames are dropped, the heap shrinks, a message wakes M:F(Args). */
do_hibernate_body: {
    term list = engine_x[2];
    ptrdiff_t count = list_length(list);
    if (!is_atom(engine_x[0]) || !is_atom(engine_x[1]) || count < 0 || count > 255) {
        raise(p, count > 255 ? ATOM(system_limit) : ATOM(badarg));
        faulty = export_get(ATOM(erlang), ATOM(hibernate), 3);
        fault_args = engine_x;
        goto fault;
    }
    stack = p->heap.end;
    cp = exit_code;
    p->catches = 0;
    pc = apply3->stub + 1;
    SAVE();
    if (p->mailbox.first || mailbox_fetch(p)) DISPATCH();
    process_shrink(p, engine_x, 3);
    process_save_registers(p, engine_x, 3);
    p->hibernating = true;
    p->state = PROCESS_WAITING;
    goto leave_saved;
}

do_normal_exit:
    SAVE();
    process_exit(p, ATOM(normal));
    goto leave_saved;

do_func_info: {
    SAVE();
    raise(p, ATOM(function_clause));
    p->fault.has_args = true;
    p->fault.args = make_list(&p->heap, pc[3], engine_x, NIL);
    LOAD();
    faulty = NULL;
    goto fault;
}
