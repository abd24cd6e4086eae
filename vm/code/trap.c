/* SPDX-License-Identifier: Apache-2.0 */
/* trap.c -- a native asks for an Erlang function to be called in its place. */
#include "code/native.h"
#include "platform/platform.h"

term bif_trap(struct process *p, struct export *to, unsigned count, const term *args)
{
    require(count <= sizeof p->trap.args / sizeof *p->trap.args);
    p->trap.export = to;
    p->trap.count = count;
    memcpy(p->trap.args, args, count * sizeof(term));
    p->fault.class_ = FAULT_TRAP;
    return NO_VALUE;
}
