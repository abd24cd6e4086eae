/* SPDX-License-Identifier: Apache-2.0 */
/* defaults.h -- what a process gets that is not told otherwise; system_flag/2 changes it. */
#ifndef VM_DEFAULTS_H
#define VM_DEFAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct process_defaults {
    size_t min_heap_words, max_heap_words, min_binary_bytes;
    uint16_t fullsweep_after;
    bool max_heap_kill, max_heap_log;
};
extern struct process_defaults process_defaults;

#endif
