/* SPDX-License-Identifier: Apache-2.0 */
/* call.h -- a native called as the engine does it: again, as long as it pauses (process/pause.h). */
#ifndef TEST_CALL_H
#define TEST_CALL_H

#include "code/native.h"
#include "process/process.h"

static inline term call_native(struct process *p, native_function *body, const term *args)
{
    term result;
    do {
        p->fault.class_ = FAULT_NONE;
        result = body(p, args);
    } while (is_no_value(result) && p->fault.class_ == FAULT_AGAIN);
    return result;
}

#endif
