/* SPDX-License-Identifier: Apache-2.0 */
/* parts.h -- in which order the functions of a module lie.
 *
 * As in the file; but when an image is built (heap/low.h), each first lies on pages of its own, and then those that
 * starts touch lie together: at the module's end or at its beginning in turns, so that they are neighbours of the next
 * module's; behind them, or before, those that are seldom touched.
 */
#ifndef VM_CODE_PARTS_H
#define VM_CODE_PARTS_H

#include "code/code.h"

/* A function, or the strings behind the last: words from..from + words of what was emitted, which go to word `to` of the area. */
struct code_part {
    uint32_t from, words, to;
};
struct code_parts {
    code_word *code;
    uint32_t words, padding;
    uint32_t n;
    struct code_part *part; /* in order of `from`; NULL: all is where it was */
    uint32_t *order;        /* indices, in order of `to` */
};

/* Takes the memory for `words` words, of which the last string_words are strings.  false: there is none. */
bool code_parts_make(struct code_parts *p, const struct function_info *functions, uint32_t n,
                     uint32_t words, uint32_t string_words);
/* Not the code. */
void code_parts_free(struct code_parts *p);

/* Where in the area a word is that was emitted as the one with this number. */
uint32_t code_parts_moved(const struct code_parts *p, uint32_t word);
/* The index of its part. */
uint32_t code_part_of(const struct code_parts *p, uint32_t word);

#endif
