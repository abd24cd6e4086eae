/* SPDX-License-Identifier: Apache-2.0 */
/* re_read.h -- what PCRE 8 reads in an expression, in the words of PCRE2.
 *
 * Up to OTP 27 stock has PCRE 8.  Where PCRE2 refuses what that takes, the text is mended after the
 * error; where it reads something else, the text is translated.  doc/conformance.md names what is
 * left.
 */
#ifndef VM_RE_READ_H
#define VM_RE_READ_H

#include "bif/re_code.h"

/* A text that is changed in place.  The caller frees bytes with arena_free(). */
struct re_text {
    uint8_t *bytes;
    size_t n, room;
    bool strict; /* (?X) was in it: an escaped letter without a meaning is an error */
};

/* Copies the text; false: no memory. */
bool re_text_copy(struct re_text *t, const uint8_t *bytes, size_t n);

/* Mends what PCRE2 found wrong at offset, if PCRE 8 sees nothing wrong there.  By how much the text
 * behind it moved is added to *moved.  false: it is an error (or there is no memory). */
bool re_text_mend(struct re_text *t, int error, size_t offset, ptrdiff_t *moved);

/* Translates: a call of a group is atomic in PCRE 8, (?xx) is (?x).  *changed: something was.
 * Result: 0, or PCRE2's number of the error that PCRE 8 sees at *offset (the text is as it was). */
int re_text_translate(struct re_text *t, uint32_t options, bool *changed, size_t *offset);

/* What PCRE 8 says for an error of PCRE2: the number, and *offset. */
int re_text_error(const struct re_source *s, int error, size_t *offset);
#define RE_ERROR_AFTER_QUERY_LESS 159 /* a number that PCRE2 has no use for */

#endif
