/* SPDX-License-Identifier: Apache-2.0 */
/* float_text.h -- doubles as decimal text, both ways, correctly rounded.
 *
 * The printed forms are those of float_to_list/2.  All writers return the count of characters
 * written, do not terminate, and need a finite double.
 */
#ifndef VM_FLOAT_TEXT_H
#define VM_FLOAT_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#define FLOAT_TEXT_ROOM  256 /* for any of them: longer texts are refused */
#define FLOAT_SHORT_ROOM 32

/* d.ddde+XX with this many digits after the point: "%.*e".  0 when it does not fit. */
size_t float_to_scientific(double d, unsigned decimals, char out[FLOAT_TEXT_ROOM]);
/* ddd.ddd with this many digits after the point, no point when 0; compact: without trailing zeros.
 * 0 when it does not fit. */
size_t float_to_decimal(double d, unsigned decimals, bool compact, char out[FLOAT_TEXT_ROOM]);
/* The shortest text that reads back as the same double: 0.1, 1.0e23. */
size_t float_to_short(double d, char out[FLOAT_SHORT_ROOM]);

/* [+-]digits.digits[e[+-]digits] and nothing else, to the nearest double.  false when the text is
 * another or the value too large; what is too small becomes 0.0. */
bool float_from_text(const char *text, size_t bytes, double *out);

#endif
