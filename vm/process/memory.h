/* SPDX-License-Identifier: Apache-2.0 */
/* memory.h -- a process's memory as a whole: collecting it, measuring it, running out of it. */
#ifndef VM_PROCESS_MEMORY_H
#define VM_PROCESS_MEMORY_H

#include "process/process.h"

/* heap.exhausted of every process: kills it. */
void process_exhausted(struct heap *h) __attribute__((__noreturn__));
/* heap.over_limit: reports and kills as max_heap_size says. */
void process_over_limit(struct heap *h, size_t words);

/* A full or minor collection of p, running or not, from a BIF of the running process.  When p is another
 * process and memory runs out meanwhile, p ends and the function returns.
 * live: how many registers the BIF's own arguments take, when p is the running one. */
void process_collect_from_bif(struct process *p, unsigned live, bool full);

/* Calls work(context), which makes terms on the heap of p, running or not.  false: memory ran out meanwhile, work
 * was left by a jump, and p must end. */
bool process_guarded(struct process *p, void (*work)(void *context), void *context);

/* Each collection takes at least so long: for tests of who hears of long ones. */
extern uint32_t collect_test_sleep_ms;

/* Bytes of p's heap, stack, messages, tables of relations and the process itself. */
size_t process_memory(const struct process *p);

/* Collections of all processes, dead ones too. */
struct collection_totals {
    uint64_t collections, words; /* words: reclaimed */
};
struct collection_totals collection_totals(void);
/* p ends: its share is kept. */
void collection_totals_keep(const struct process *p);

#endif
