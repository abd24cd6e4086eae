/* SPDX-License-Identifier: Apache-2.0 */
/* hooks.h -- what process/ asks of folders that it may not include: set at start by each.
 *
 * Every hook is set before the first process is made.
 */
#ifndef VM_HOOKS_H
#define VM_HOOKS_H

#include "process/process.h"

struct process_hooks {
    /* code/: p (new) shall start by applying module:function to args, a proper list on its heap. */
    void (*enter)(struct process *p, term module, term function, term args);
    /* code/: leaves the running process at once. */
    void (*abandon)(struct process *p) __attribute__((__noreturn__));
    /* code/: p ends by a signal: traced functions on its stack are told of the exception. */
    void (*leave_traced)(struct process *p, term reason);
    /* sched/: the first process, init, has ended.  NULL: nobody minds. */
    void (*first_ended)(void);
    /* code/: the function that p is in, {M, F, Arity}; false: none is known. */
    bool (*place)(const struct process *p, term mfa[3]);
    /* code/: X registers of the running process. */
    term *registers;
    /* ets/: p ends: its tables go to their heirs or are deleted.  NULL: there is no ets. */
    void (*tables_exit)(struct process *p);
    size_t (*table_count)(void);  /* ets/: tables; NULL: there is no ets */
    size_t (*table_memory)(void); /* ... and their bytes */
    /* port/: NULL when there is no such port. */
    struct relations *(*port_relations)(term port);
    term *(*port_name)(term port); /* where it keeps its registered name */
    void (*port_exit_signal)(term from, term port, term reason, bool by_link);
    void (*port_message)(struct process *from, term port, term message); /* Port ! Message */
};
extern struct process_hooks process_hooks;

#endif
