/* SPDX-License-Identifier: Apache-2.0 */
/* body_process.h -- faults and messages; included by engine.c into its loop. */

#define FAULT_WITH(name, atom)                                                                     \
    do_##name : {                                                                                  \
        SAVE();                                                                                    \
        raise(p, make_tuple2(&p->heap, (atom), S(1)));                                         \
        LOAD();                                                                                    \
        faulty = NULL;                                                                             \
        goto fault;                                                                                \
    }
FAULT_WITH(badmatch, ATOM(badmatch))
FAULT_WITH(badrecord, ATOM(badrecord))
FAULT_WITH(case_end, ATOM(case_clause))
FAULT_WITH(try_case_end, ATOM(try_clause))
do_if_end: FAIL_WITH(ATOM(if_clause));

do_catch_: Y(1) = catch_term(pc[2]); p->catches++; NEXT(catch_);
do_catch_end:
    Y(1) = NIL;
    p->catches--;
    if (is_no_value(engine_x[0])) {
        SAVE();
        engine_x[0] = exception_catch_value(p);
        LOAD();
        COLLECT_SOON();
    }
    NEXT(catch_end);
do_try_end: Y(1) = NIL; p->catches--; NEXT(try_end);
do_try_case:
    Y(1) = NIL;
    p->catches--;
    engine_x[0] = engine_x[1];
    engine_x[1] = engine_x[2];
    engine_x[2] = engine_x[3];
    NEXT(try_case);
do_raise: {
    term raw = S(1), reason = S(2);
    SAVE();
    exception_raise_again(p, exception_is_raw(raw) ? element(raw, 0) : ATOM(error), reason, raw,
                          false);
    LOAD();
    faulty = NULL;
    goto fault;
}
do_raw_raise: {
    term class_ = engine_x[0];
    if (!term_same(class_, ATOM(error)) && !term_same(class_, ATOM(exit)) && !term_same(class_, ATOM(throw))) {
        engine_x[0] = ATOM(badarg);
        NEXT(raw_raise);
    }
    SAVE();
    exception_raise_again(p, class_, engine_x[1], engine_x[2], true);
    LOAD();
    faulty = NULL;
    goto fault;
}
do_build_stacktrace:
    SAVE();
    engine_x[0] = exception_stacktrace(p, engine_x[0]);
    LOAD();
    COLLECT_SOON();
    NEXT(build_stacktrace);

/* --- messages ------------------------------------------------------------------------------- */

do_send: {
    SAVE();
    saved_calls_event(p, ATOM(send));
    enum send_result sent = send_message(p, engine_x[0], engine_x[1]);
    LOAD();
    reds -= 3;
    if (likely(sent == SEND_OK) || sent == SEND_NOCONNECTION) {
        engine_x[0] = engine_x[1];
        if (unlikely(p->state != PROCESS_RUNNING)) STOP_AFTER_NATIVE(pc + WORDS_send);
        NEXT(send);
    }
    if (sent == SEND_AGAIN) {
        process_save_registers(p, engine_x, 2);
        if (p->state == PROCESS_RUNNING) p->state = PROCESS_RUNNABLE;
        goto leave_saved;
    }
    raise(p, sent == SEND_NOMEMORY ? ATOM(system_limit) : ATOM(badarg));
    faulty = export_get(ATOM(erlang), ATOM(send), 2); /* as stock names it */
    fault_args = engine_x;
    goto fault;
}
do_loop_rec: {
    if (!*p->mailbox.next_to_try) {
        if (likely(!p->mailbox.held)) JUMP(1);
        SAVE();
        bool more = mailbox_fetch(p);
        LOAD();
        if (!more) JUMP(1);
    }
    SAVE();
    struct message *m = mailbox_peek(p);
    LOAD();
    if (!m) JUMP(1);
    D(2) = m->body;
    NEXT(loop_rec);
}
do_loop_rec_end: mailbox_advance(&p->mailbox); ENTER_LOOP(low_pointer(pc[1]));
do_remove_message:
    if (unlikely(p->receive_timer != NULL)) receive_timer_cancel(p);
    p->receive_state = RECEIVE_OPEN;
    saved_calls_event(p, ATOM(receive));
    mailbox_remove(p);
    COLLECT_SOON();
    NEXT(remove_message);

do_wait:
    pc = low_pointer(pc[1]);
    goto sleep;
do_wait_timeout:
    switch (wait_timeout(p, S(2))) {
    case WAIT_OVER:
        if (unlikely(p->mailbox.held)) {
            SAVE();
            bool more = mailbox_fetch(p);
            LOAD();
            if (more) JUMP(1);
        }
        NEXT(wait_timeout);
    case WAIT_SLEEP: pc = low_pointer(pc[1]); goto sleep;
    default: mailbox_reset(&p->mailbox); FAIL_WITH(ATOM(timeout_value));
    }
sleep:
    if (unlikely(p->mailbox.held)) {
        SAVE();
        bool more = mailbox_fetch(p);
        LOAD();
        if (more) DISPATCH();
    }
    SAVE();
    process_save_registers(p, engine_x, 0);
    p->state = PROCESS_WAITING;
    goto leave_saved;
do_timeout:
    saved_calls_event(p, ATOM(timeout));
    if (TRACED(&p->trace, TRACE_RECEIVE)) {
        SAVE();
        trace_received(p, ATOM(clock_service), ATOM(timeout));
        LOAD();
    }
    p->receive_state = RECEIVE_OPEN;
    mailbox_reset(&p->mailbox);
    NEXT(timeout);

do_recv_marker_reserve: D(1) = mailbox_marker_reserve(&p->mailbox); NEXT(recv_marker_reserve);
do_recv_marker_bind: mailbox_marker_bind(&p->mailbox, S(1), S(2)); NEXT(recv_marker_bind);
do_recv_marker_clear: mailbox_marker_clear(&p->mailbox, S(1)); NEXT(recv_marker_clear);
do_recv_marker_use: mailbox_marker_use(&p->mailbox, S(1)); NEXT(recv_marker_use);
