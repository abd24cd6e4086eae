/* SPDX-License-Identifier: Apache-2.0 */
/* dynamic_trace.c -- tags for dynamic tracing: the answers of a machine built without it. */
#include "bif/bif.h"

#define CONSTANT(name, value)                                                                      \
    term name(struct process *p, const term *arg)                                                  \
    {                                                                                              \
        (void)p, (void)arg;                                                                        \
        return value;                                                                              \
    }
CONSTANT(bif_erlang_dt_put_tag_1, ATOM(undefined))
CONSTANT(bif_erlang_dt_get_tag_0, ATOM(undefined))
CONSTANT(bif_erlang_dt_get_tag_data_0, ATOM(undefined))
CONSTANT(bif_erlang_dt_spread_tag_1, ATOM(true))
CONSTANT(bif_erlang_dt_restore_tag_1, ATOM(true))
CONSTANT(bif_erlang_dt_prepend_vm_tag_data_1, arg[0])
CONSTANT(bif_erlang_dt_append_vm_tag_data_1, arg[0])
