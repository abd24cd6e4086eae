/* SPDX-License-Identifier: Apache-2.0 */
/* engine_profile.h -- which instruction follows which, counted: `make hosted-profile`.
 *
 * The table of pairs is what fused rows in engine_ops.def are chosen from.
 */
#ifndef VM_ENGINE_PROFILE_H
#define VM_ENGINE_PROFILE_H

#include "code/engine_ops.h"

/* The instruction with this body runs now. */
void engine_profile_note(code_word body);
/* The most frequent instructions and pairs, as text, to standard error. */
void engine_profile_print(void);

#endif
