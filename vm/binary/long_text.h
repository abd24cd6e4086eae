/* SPDX-License-Identifier: Apache-2.0 */
/* long_text.h -- checking UTF-8 of any length: base/utf8.h, with effort() on the way. */
#ifndef VM_LONG_TEXT_H
#define VM_LONG_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As utf8_valid() and is_7bit(). */
size_t long_utf8_valid(const uint8_t *bytes, size_t n, size_t *characters);
static inline bool is_long_utf8(const uint8_t *bytes, size_t n)
{
    size_t characters;
    return long_utf8_valid(bytes, n, &characters) == n;
}
bool is_long_7bit(const uint8_t *bytes, size_t n);

#endif
