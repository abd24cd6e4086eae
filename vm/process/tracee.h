/* SPDX-License-Identifier: Apache-2.0 */
/* tracee.h -- what a process or port keeps about its being traced; trace.h has what happens then. */
#ifndef VM_TRACEE_H
#define VM_TRACEE_H

#include "term/term.h"

struct tracee {
    term id;        /* of the process or port */
    term tracer;    /* see tracer.h */
    uint32_t flags; /* enum trace_flag; without a tracer none of TRACE_ALL */
};

/* The bits are those of the stock machine: process_info(P, trace) shows them. */
enum trace_flag {
    TRACE_NOW = 1 << 0, /* the three kinds of time stamps */
    TRACE_STRICT = 1 << 1,
    TRACE_MONOTONIC = 1 << 2,
    TRACE_SENSITIVE = 1 << 3, /* process_flag(sensitive, true): nothing is told */
    TRACE_SEND = 1 << 4,
    TRACE_RECEIVE = 1 << 5,
    TRACE_ON_SPAWN = 1 << 6, /* flags go on to children */
    TRACE_ON_FIRST_SPAWN = 1 << 7,
    TRACE_ON_LINK = 1 << 8, /* ... and to who is linked */
    TRACE_ON_FIRST_LINK = 1 << 9,
    TRACE_CALL = 1 << 10,
    TRACE_PROCS = 1 << 11,
    TRACE_RUNNING = 1 << 13,
    TRACE_GC = 1 << 14,
    TRACE_ARITY = 1 << 15,
    TRACE_RETURN_TO = 1 << 16,
    TRACE_SILENT = 1 << 17,
    TRACE_EXCEPTIONS = 1 << 18, /* there may be a frame of exception_trace on the stack */
    TRACE_RUNNING_PORTS = 1 << 20,
    TRACE_RUNNING_PROCS = 1 << 21,
    TRACE_PORTS = 1 << 22,
    TRACE_SCHEDULER = 1 << 23,
    TRACE_EXITING = 1 << 24,

    TRACE_STAMPS = TRACE_NOW | TRACE_STRICT | TRACE_MONOTONIC,
    /* Those that erlang:trace/3 sets. */
    TRACE_ALL = TRACE_STAMPS | TRACE_SEND | TRACE_RECEIVE | TRACE_ON_SPAWN | TRACE_ON_FIRST_SPAWN |
                TRACE_ON_LINK | TRACE_ON_FIRST_LINK | TRACE_CALL | TRACE_PROCS | TRACE_RUNNING |
                TRACE_GC | TRACE_ARITY | TRACE_RETURN_TO | TRACE_SILENT | TRACE_RUNNING_PORTS |
                TRACE_RUNNING_PROCS | TRACE_PORTS | TRACE_SCHEDULER | TRACE_EXITING,
    /* Those that say how, and mean processes as well as ports. */
    TRACE_COMMON = TRACE_SILENT | TRACE_STAMPS | TRACE_SCHEDULER | TRACE_RECEIVE | TRACE_SEND,
    TRACE_OF_PORTS = TRACE_COMMON | TRACE_PORTS | TRACE_RUNNING_PORTS,
    TRACE_OF_PROCESSES = (TRACE_ALL & ~TRACE_OF_PORTS) | TRACE_COMMON
};

/* The question of every place that may have something to tell. */
#define TRACED(tracee, which) unlikely(((tracee)->flags & (which)) != 0)

#endif
