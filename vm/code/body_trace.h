/* SPDX-License-Identifier: Apache-2.0 */
/* body_trace.h -- breakpoints and the frames of traced calls; included by engine.c into its loop. */

do_breakpoint: {
    SAVE();
    p->reductions = reds;
    code_word original = breakpoint_hit(p, &pc);
    LOAD();
    cp = p->cp;
    goto *(void *)(uintptr_t)original;
}
do_export_breakpoint: {
    SAVE();
    p->reductions = reds;
    pc = breakpoint_hit_export(p, EXPORT(1));
    LOAD();
    cp = p->cp;
    DISPATCH();
}

do_return_trace:
    SAVE();
    trace_frame_return(p);
    LOAD();
    POP_FRAME(3);
    RETURN();
do_return_to_trace:
    SAVE();
    trace_frame_return_to(p);
    LOAD();
    POP_FRAME(1);
    RETURN();
do_return_time_trace:
    SAVE();
    trace_frame_time(p);
    POP_FRAME(2);
    RETURN();
