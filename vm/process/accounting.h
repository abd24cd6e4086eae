/* SPDX-License-Identifier: Apache-2.0 */
/* accounting.h -- where the machine's time goes: statistics(microstate_accounting).
 *
 * The machine is in one state at a time.  While accounting is off, a change of state costs one
 * comparison, and nothing is counted.
 */
#ifndef VM_ACCOUNTING_H
#define VM_ACCOUNTING_H

#include <stdbool.h>
#include <stdint.h>

enum account {
    ACCOUNT_AUX,
    ACCOUNT_CHECK_IO,
    ACCOUNT_EMULATOR,
    ACCOUNT_GC,
    ACCOUNT_OTHER,
    ACCOUNT_PORT,
    ACCOUNT_SLEEP,
    ACCOUNTS
};

extern bool accounting_on;
extern enum account accounting_state; /* while it is on */
extern uint64_t accounting_ns[ACCOUNTS];

/* Enters a state; the one left. */
enum account accounting_change(enum account to);
static inline enum account account(enum account to)
{
    return __builtin_expect(accounting_on, 0) ? accounting_change(to) : to;
}

/* Counts up to now, so that accounting_ns is complete. */
void accounting_settle(void);
void accounting_switch(bool on);
void accounting_reset(void);

#endif
