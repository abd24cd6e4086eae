/* SPDX-License-Identifier: Apache-2.0 */
/* code_point.h -- is a term a character?  The bytes of one: base/utf8.h. */
#ifndef VM_CODE_POINT_H
#define VM_CODE_POINT_H

#include "base/utf8.h"
#include "term/term.h"

static inline bool is_code_point(term t) { return is_small(t) && is_scalar_value(small_value(t)); }

#endif
