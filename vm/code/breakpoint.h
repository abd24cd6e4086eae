/* SPDX-License-Identifier: Apache-2.0 */
/* breakpoint.h -- calls that are traced.
 *
 * A function with a breakpoint has the instruction `breakpoint` as its first word; what stood there is kept in
 * struct breakpoint and executed after the call has been told.  Global tracing leaves the function alone:
 * its export leads to a stub of its own.  Calls of natives that are compiled as such go to
 * export->light, which leads back to the export while that is traced.
 *
 * Breakpoints are of current code only: code that is replaced loses them.
 */
#ifndef VM_BREAKPOINT_H
#define VM_BREAKPOINT_H

#include "code/code.h"

enum break_flag {
    BREAK_GLOBAL = 1,
    BREAK_LOCAL = 2,
    BREAK_META = 4,
    BREAK_COUNT = 8,
    BREAK_COUNTING = 16, /* ... and not paused */
    BREAK_TIME = 32,
    BREAK_TIMING = 64,
    BREAK_SAVE = 128, /* of exports: calls are noted for process_flag(save_calls, _) */
    BREAK_DEBUG = 256 /* the error handler's breakpoint/3 is called instead */
};

struct breakpoint {
    struct export *function;
    code_word *at;           /* NULL: of an export */
    code_word original;      /* what stood there */
    const code_word *target; /* of a global one: where the export led */
    uint32_t flags;
    struct resource *spec, *meta_spec; /* match specifications; NULL: everything */
    term meta_tracer;
    uint64_t count;
    struct call_times *times;
    struct breakpoint *next; /* same hash */
};

/* --- setting -------------------------------------------------------------------------------- */

enum break_change { BREAK_OFF, BREAK_ON, BREAK_RESTART, BREAK_PAUSE };

/* erlang:trace_pattern/3.  `specified`: how many of module, function, arity are given, from the left. */
struct break_request {
    term module, function;
    int64_t arity;
    int specified;
    enum break_change change;
    uint32_t kinds; /* BREAK_LOCAL, META, COUNT, TIME, DEBUG; 0: global */
    struct resource *spec;
    term meta_tracer;
};
/* How many functions matched. */
int64_t breakpoints_change(const struct break_request *r);
/* Calls mark() with each one's meta_tracer. */
void breakpoints_mark_tracers(void (*mark)(term tracer));
/* The code is no longer current. */
void breakpoints_forget(const struct code_area *area);
/* Called with the name of a module that has become current; NULL: nothing is to be done. */
extern void (*breakpoints_of_new_code)(term module);

/* Some process saves its calls: every export that there is notes them.  They no longer do so at the first call after
 * nobody wants it any more. */
void breakpoints_save_calls(void);

/* The breakpoint of the current code's function, or of the export; NULL: none.  *exists: is there such a
 * function? */
const struct breakpoint *breakpoint_find(term module, term function, int64_t arity, bool *exists);

/* --- the engine -------------------------------------------------------------------------------- */

/* Sets up the code of trace frames; once. */
void breakpoint_start(void);
/* p, saved, is about to execute a function with its arguments in engine_x: tells and counts, pushes trace
 * frames (p->cp and the stack change, the heap may be collected). */
void breakpoint_call(struct process *p, struct breakpoint *b);
/* The same for the breakpoint at *pc: the instruction to go on with, and where that is. */
code_word breakpoint_hit(struct process *p, const code_word **pc);
/* The same for an export with a global breakpoint: where to go. */
const code_word *breakpoint_hit_export(struct process *p, struct export *e);
/* The instruction at pc, also when a breakpoint stands in its place. */
code_word breakpoint_original(const code_word *pc);
/* ... is another one from now on. */
void breakpoint_replace(code_word *pc, code_word instruction);
/* The native that a call of this code runs when it is traced; NULL: it is not traced, or no native. */
struct export *breakpoint_native(const code_word *target);

/* --- trace frames --------------------------------------------------------------------------------
 *
 * A traced function that is to be told when it returns has a return address in one of these, and
 * below it on the stack a frame: the real return address and some words. */

enum trace_frame {
    FRAME_PLAIN,     /* no trace frame */
    FRAME_RETURN,    /* {address, export, tracer | true} */
    FRAME_EXCEPTION, /* the same, also told of exceptions */
    FRAME_RETURN_TO, /* {address} */
    FRAME_TIME       /* {address, export of the function whose time runs on | 0} */
};
enum trace_frame trace_frame_of(const code_word *return_address);
size_t trace_frame_words(enum trace_frame kind);

/* The trace frame is the newest frame, engine_x[0] the value that is returned. */
void trace_frame_return(struct process *p);
void trace_frame_return_to(struct process *p);
void trace_frame_time(struct process *p);
/* An exception passes the trace frame at `frame`. */
void trace_frame_exception(struct process *p, const term *frame, term class_, term reason);
void trace_return_to(struct process *p, const code_word *return_address);
/* Where the function at its entry will really return to. */
const code_word *trace_caller(const struct process *p);

#endif
