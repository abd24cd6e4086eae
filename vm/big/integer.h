/* SPDX-License-Identifier: Apache-2.0 */
/* integer.h -- inside vm/big: the sums and products of two integers that number.c chooses from.
 *
 * Operands are small or big: the caller has looked.  Otherwise as in big.h.
 */
#ifndef VM_BIG_INTEGER_H
#define VM_BIG_INTEGER_H

#include "big/limbs.h"

term integer_add(struct heap *h, term a, term b, enum number_fault *why);
term integer_subtract(struct heap *h, term a, term b, enum number_fault *why);
term integer_multiply(struct heap *h, term a, term b, enum number_fault *why);
term integer_negate(struct heap *h, term a, enum number_fault *why);

#endif
