/* SPDX-License-Identifier: Apache-2.0 */
/* re_code.h -- regular expressions by PCRE2, for the BIFs of re.
 *
 * What Erlang holds of a compiled expression is its source and options in a binary; the
 * compiled code is in a cache here.  So a compiled expression may be kept, sent and stored like
 * any term, bytes that somebody made up do no harm, and a text that is used again and again costs
 * one compilation.
 */
#ifndef VM_RE_CODE_H
#define VM_RE_CODE_H

#define PCRE2_CODE_UNIT_WIDTH 8
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <pcre2.h>

/* Combined with | as the stock machine does; more than RE_ANYCRLF is no newline at all. */
enum re_newline { RE_NEWLINE_DEFAULT, RE_CR, RE_LF, RE_CRLF, RE_ANY, RE_ANYCRLF };
enum re_bsr { RE_BSR_DEFAULT, RE_BSR_ANYCRLF, RE_BSR_UNICODE };

struct re_source {
    uint32_t options; /* PCRE2 compile options */
    uint8_t newline, bsr;
    uint8_t watch; /* enum re_watch */
    const uint8_t *text;
    size_t bytes;
};

/* Where a match calls effort() (term/effort.h): nowhere, wherever it begins anew in the subject, at each item of the
 * expression. */
enum re_watch { RE_WATCH_NOTHING, RE_WATCH_STARTS, RE_WATCH_STEPS };

/* The code, which is the cache's: good until the next call.  NULL with *error (PCRE2's) and *offset. */
pcre2_code *re_code_get(const struct re_source *s, int *error, size_t *offset);
/* Takes it out of the cache, so that it is the caller's, and puts it back.  code NULL: it is not to be had. */
struct re_slot {
    struct re_source source; /* its text is ours */
    uint64_t hash;
    pcre2_code *code; /* NULL: free */
};
struct re_slot re_code_take(const struct re_source *s);
void re_code_give(struct re_slot *taken);
/* What the stock machine says of an error. */
const char *re_error_text(int error, const struct re_source *s, size_t offset);
/* Where the stock machine says it is. */
size_t re_error_offset(int error, size_t offset);

struct re_limits {
    uint32_t match, depth; /* 0: the default */
};
/* Of one match, filled in by re_code_match(). */
struct re_match {
    const size_t *ovector;
    pcre2_match_data *own; /* NULL: it is the one that all share, good until the next match */
};
/* The result is PCRE2's.  `watched`: the match may pause; it needs a struct that all zero bytes begin, and
 * re_match_end() after it. */
int re_code_match(const pcre2_code *code, const uint8_t *subject, size_t bytes, size_t start,
                  uint32_t options, struct re_limits limits, bool watched, struct re_match *m);
void re_match_end(struct re_match *m);
/* What the limit on steps is when nothing is said. */
#define RE_MATCH_LIMIT 10000000

/* The form in a binary: this header, then the text. */
struct re_stored {
    uint8_t magic[4];
    uint32_t options;
    uint8_t newline, bsr, spare[2];
};
struct re_stored re_store(const struct re_source *s);
/* false: no stored expression.  s->text points into the bytes. */
bool re_load(const uint8_t *bytes, size_t n, struct re_source *s);

#endif
