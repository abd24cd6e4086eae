/* SPDX-License-Identifier: Apache-2.0 */
/* width.h -- UTF-8 for a terminal: characters, in bytes that may be anything, and how many
 * columns they take.  Known to be good: base/utf8.h. */
#ifndef VM_WIDTH_H
#define VM_WIDTH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One character from n > 0 bytes: how many bytes it took.  A byte that begins none is itself (Latin-1). */
size_t utf8_decode(const uint8_t *bytes, size_t n, uint32_t *out);
/* Do these bytes begin a character that needs more of them? */
bool utf8_is_half(const uint8_t *bytes, size_t n);
/* 0 for combining marks, 2 for East Asian wide characters and emoji, else 1. */
uint32_t code_point_width(uint32_t code_point);

#endif
