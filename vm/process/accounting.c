/* SPDX-License-Identifier: Apache-2.0 */
/* accounting.c -- see accounting.h. */
#include "process/accounting.h"
#include "platform/platform.h"

bool accounting_on;
enum account accounting_state = ACCOUNT_EMULATOR;
uint64_t accounting_ns[ACCOUNTS];
static uint64_t since;

void accounting_settle(void)
{
    if (!accounting_on) return;
    uint64_t now = plat_monotonic_ns();
    accounting_ns[accounting_state] += now - since;
    since = now;
}

enum account accounting_change(enum account to)
{
    enum account old = accounting_state;
    if (old == to) return old;
    accounting_settle();
    accounting_state = to;
    return old;
}

/* A native turns it on, so the state is that of running Erlang code. */
void accounting_switch(bool on)
{
    accounting_settle();
    if (on && !accounting_on) since = plat_monotonic_ns(), accounting_state = ACCOUNT_EMULATOR;
    accounting_on = on;
}

void accounting_reset(void)
{
    for (int i = 0; i < ACCOUNTS; i++) accounting_ns[i] = 0;
    since = plat_monotonic_ns();
}
