/* SPDX-License-Identifier: Apache-2.0 */
/* re_code.c -- PCRE2: memory, tables, options, a cache of compiled code. */
#include "bif/re_read.h"
#include "heap/arena.h"
#include "process/pause.h"
#include "term/release.h"

#include <string.h>

#define CACHE_SLOTS        64
#define MATCH_MEMORY_LEAST (128 << 10)
#define STACK_LEAST        (16 << 10)

/* --- memory -------------------------------------------------------------------------------- */

static size_t match_memory; /* bytes asked for by the last match */

static void *take(size_t bytes, void *data)
{
    (void)data;
    return arena_malloc(bytes);
}
static void *take_for_match(size_t bytes, void *data)
{
    (void)data;
    match_memory += bytes;
    return arena_malloc(bytes);
}
static void give_back(void *block, void *data)
{
    (void)data;
    arena_free(block);
}

static pcre2_general_context *general, *for_match;
static pcre2_compile_context *compile_context;
static pcre2_match_context *match_context;
static pcre2_match_data *match_data;
static uint32_t match_pairs;

/* --- tables: letters are those of Latin-1, as in the stock machine ------------------------------ */

#define TABLE_FOLD  256 /* offsets in PCRE2's tables: lower case, other case, classes, types */
#define TABLE_CLASS 512
#define TABLE_TYPE  832
#define TABLE_BYTES 1088
enum {
    CLASS_UPPER = 3,
    CLASS_LOWER,
    CLASS_WORD,
    CLASS_GRAPH,
    CLASS_PRINT,
    CLASS_PUNCT,
    CLASS_CONTROL
};

static void add_class(uint8_t *tables, unsigned class, unsigned c)
{
    tables[TABLE_CLASS + class * 32 + c / 8] |= (uint8_t)(1 << c % 8);
}

static void add_latin1(uint8_t *tables, unsigned c)
{
    bool odd = c == 0xD7 || c == 0xF7, few = c == 0xAA || c == 0xB5 || c == 0xBA;
    bool letter = few || (c >= 0xC0 && !odd), upper = letter && !few && c <= 0xDE;
    if (c < 0xA0) {
        add_class(tables, CLASS_CONTROL, c);
        return;
    }
    add_class(tables, CLASS_GRAPH, c);
    add_class(tables, CLASS_PRINT, c);
    add_class(tables, letter ? CLASS_WORD : CLASS_PUNCT, c);
    if (!letter) return;
    add_class(tables, upper ? CLASS_UPPER : CLASS_LOWER, c);
    tables[TABLE_TYPE + c] = tables[TABLE_TYPE + (upper ? 'Z' : 'z')];
    if (few || c == 0xDF || c == 0xFF) return; /* no other case in Latin-1 */
    tables[c] = (uint8_t)(c | 0x20);
    tables[TABLE_FOLD + c] = (uint8_t)(c ^ 0x20);
}

static const uint8_t *latin1_tables(void)
{
    const uint8_t *ascii = pcre2_maketables(general);
    uint8_t *tables = ascii ? arena_malloc(TABLE_BYTES) : NULL;
    if (tables) {
        memcpy(tables, ascii, TABLE_BYTES);
        for (unsigned c = 128; c < 256; c++) add_latin1(tables, c);
    }
    if (ascii) pcre2_maketables_free(general, ascii);
    return tables;
}

/* Parentheses in parentheses: is there still stack for them? */
static int is_too_deep(uint32_t depth, void *data)
{
    (void)depth, (void)data;
    return pause_stack_left() < STACK_LEAST;
}

static bool start(void)
{
    static const uint8_t *tables;
    if (match_context) return true;
    if (!general) general = pcre2_general_context_create(take, give_back, NULL);
    if (!for_match) for_match = pcre2_general_context_create(take_for_match, give_back, NULL);
    if (!general || !for_match) return false;
    if (!tables) tables = latin1_tables();
    if (!compile_context) compile_context = pcre2_compile_context_create(general);
    if (!tables || !compile_context) return false;
    pcre2_set_character_tables(compile_context, tables);
    pcre2_set_compile_extra_options(compile_context, PCRE2_EXTRA_ALLOW_LOOKAROUND_BSK);
    pcre2_set_compile_recursion_guard(compile_context, is_too_deep, NULL);
    match_context = pcre2_match_context_create(general);
    return match_context != NULL;
}

/* --- the cache ------------------------------------------------------------------------------------ */

static struct re_slot slots[CACHE_SLOTS];

static uint64_t hash_of(const struct re_source *s)
{
    uint64_t h = s->options + ((uint64_t)s->newline << 40) + ((uint64_t)s->bsr << 48);
    for (size_t i = 0; i < s->bytes; i++) h = (h ^ s->text[i]) * UINT64_C(0x100000001B3);
    return h ^ h >> 32;
}

/* Codes for one expression that is watched and not watched are not in each other's way. */
static struct re_slot *slot_of(uint64_t hash, unsigned watch)
{
    return &slots[(hash + watch) % CACHE_SLOTS];
}

static bool same(const struct re_source *a, const struct re_source *b)
{
    return a->options == b->options && a->newline == b->newline && a->bsr == b->bsr &&
           a->watch == b->watch && a->bytes == b->bytes && memcmp(a->text, b->text, a->bytes) == 0;
}

static void empty(struct re_slot *slot)
{
    if (!slot->code) return;
    pcre2_code_free(slot->code);
    arena_free((void *)slot->source.text);
    slot->code = NULL;
}

/* Corrections of one text: enough for any that a person wrote. */
enum { MENDS_MOST = 1000 };

/* What PCRE2 refuses and PCRE 8 takes is mended, what they read differently is translated. */
static pcre2_code *compile_translated(const struct re_source *s, pcre2_code *code, int *error,
                                      size_t *offset)
{
    struct re_text t;
    ptrdiff_t moved = 0;
    bool changed;
    size_t at = 0;
    if (!re_text_copy(&t, s->text, s->bytes)) return code;
    for (int i = 0; !code && i < MENDS_MOST && re_text_mend(&t, *error, *offset, &moved); i++)
        code = pcre2_compile(t.bytes, t.n, s->options, error, offset, compile_context);
    int other = re_text_translate(&t, s->options, &changed, &at);
    if (other && (code || at <= *offset)) {
        if (code) pcre2_code_free(code);
        code = NULL;
        *error = other;
        *offset = at;
    } else if (changed) {
        int ignored;
        pcre2_code *better =
            pcre2_compile(t.bytes, t.n, s->options, &ignored, &at, compile_context);
        if (better) {
            if (code) pcre2_code_free(code);
            code = better;
        }
    }
    *offset = (size_t)((ptrdiff_t)*offset - moved);
    arena_free(t.bytes);
    return code;
}

/* Is there anything in it that the two may read differently? */
static bool is_plain(const struct re_source *s)
{
    for (size_t i = 0; i + 1 < s->bytes; i++) {
        bool group = s->text[i] == '(' && (s->text[i + 1] == '?' || s->text[i + 1] == '*');
        if (group || (s->text[i] == '\\' && s->text[i + 1] == 'g')) return false;
    }
    return true;
}

static pcre2_code *compile(const struct re_source *s, int *error, size_t *offset)
{
    static const uint32_t newlines[] = {[RE_NEWLINE_DEFAULT] = PCRE2_NEWLINE_LF,
                                        [RE_CR] = PCRE2_NEWLINE_CR,
                                        [RE_LF] = PCRE2_NEWLINE_LF,
                                        [RE_CRLF] = PCRE2_NEWLINE_CRLF,
                                        [RE_ANY] = PCRE2_NEWLINE_ANY,
                                        [RE_ANYCRLF] = PCRE2_NEWLINE_ANYCRLF};
    *offset = 0;
    *error = PCRE2_ERROR_BADOPTION;
    if (s->newline > RE_ANYCRLF || s->bsr > RE_BSR_UNICODE) return NULL;
    pcre2_set_newline(compile_context, newlines[s->newline]);
    pcre2_set_bsr(compile_context,
                  s->bsr == RE_BSR_ANYCRLF ? PCRE2_BSR_ANYCRLF : PCRE2_BSR_UNICODE);
    pcre2_code *code = pcre2_compile(s->text, s->bytes, s->options, error, offset, compile_context);
    if ((code && is_plain(s)) || otp_release >= 28) return code;
    return compile_translated(s, code, error, offset);
}

/* Length of what stands before the expression itself: (*CRLF)(*UTF) and the like. */
static size_t settings(const struct re_source *s)
{
    size_t at = 0;
    while (s->bytes - at > 3 && s->text[at] == '(' && s->text[at + 1] == '*') {
        size_t end = at + 2;
        while (end < s->bytes && (s->text[end] == '_' || s->text[end] == '=' ||
                                  (s->text[end] >= '0' && s->text[end] <= '9') ||
                                  (s->text[end] >= 'A' && s->text[end] <= 'Z')))
            end++;
        if (end == s->bytes || s->text[end] != ')') break;
        at = end + 1;
    }
    return at;
}

/* The same with callouts: in front, or (by PCRE2 itself) before each item. */
static pcre2_code *compile_watched(const struct re_source *s, int *error, size_t *offset)
{
    static const char callout[] = "(?C)";
    enum { CALLOUT_BYTES = sizeof callout - 1 };
    struct re_source w = *s;
    if (s->watch == RE_WATCH_STEPS) {
        w.options |= PCRE2_AUTO_CALLOUT;
        return compile(&w, error, offset);
    }
    uint8_t *text = arena_malloc(s->bytes + CALLOUT_BYTES);
    if (!text) return NULL;
    size_t before = settings(s);
    memcpy(text, s->text, before);
    memcpy(text + before, callout, CALLOUT_BYTES);
    memcpy(text + before + CALLOUT_BYTES, s->text + before, s->bytes - before);
    w.text = text;
    w.bytes += CALLOUT_BYTES;
    pcre2_code *code = compile(&w, error, offset);
    arena_free(text);
    return code;
}

/* PCRE 8 says what it misses when the text ends early, where PCRE2 misses the parenthesis. */
static int error_at_end(const struct re_source *s, int error)
{
    static const struct {
        const char *end;
        int error;
    } ends[] = {{"(?", PCRE2_ERROR_INVALID_AFTER_PARENS_QUERY},
                {"(?P", PCRE2_ERROR_UNRECOGNIZED_AFTER_QUERY_P},
                {"(?(", PCRE2_ERROR_CONDITION_ASSERTION_EXPECTED},
                {"(?<", RE_ERROR_AFTER_QUERY_LESS}};
    if (error != PCRE2_ERROR_MISSING_CLOSING_PARENTHESIS &&
        error != PCRE2_ERROR_SUBPATTERN_NAME_EXPECTED)
        return error;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        size_t n = strlen(ends[i].end);
        if (s->bytes >= n && memcmp(s->text + s->bytes - n, ends[i].end, n) == 0)
            return ends[i].error;
    }
    return error;
}

pcre2_code *re_code_get(const struct re_source *s, int *error, size_t *offset)
{
    *error = PCRE2_ERROR_NOMEMORY;
    *offset = 0;
    if (!start()) return NULL;
    uint64_t hash = hash_of(s);
    struct re_slot *slot = slot_of(hash, s->watch);
    if (slot->code && slot->hash == hash && same(&slot->source, s)) return slot->code;
    pcre2_code *code = s->watch ? compile_watched(s, error, offset) : compile(s, error, offset);
    if (!code) {
        *error = error_at_end(s, *error);
        if (otp_release < 28) *error = re_text_error(s, *error, offset);
        return NULL;
    }
    uint8_t *text = arena_malloc(s->bytes ? s->bytes : 1);
    if (!text) {
        pcre2_code_free(code);
        *error = PCRE2_ERROR_NOMEMORY;
        return NULL;
    }
    memcpy(text, s->text, s->bytes);
    empty(slot);
    *slot = (struct re_slot){*s, hash, code};
    slot->source.text = text;
    return code;
}

struct re_slot re_code_take(const struct re_source *s)
{
    int error;
    size_t offset;
    struct re_slot taken = {.code = NULL};
    if (!re_code_get(s, &error, &offset)) return taken;
    struct re_slot *slot = slot_of(hash_of(s), s->watch);
    taken = *slot;
    slot->code = NULL;
    return taken;
}

void re_code_give(struct re_slot *taken)
{
    struct re_slot *slot = slot_of(taken->hash, taken->source.watch);
    if (slot->code)
        empty(taken);
    else
        *slot = *taken;
}

/* --- matching ----------------------------------------------------------------------------------------- */

static bool prepare(const pcre2_code *code)
{
    uint32_t captures = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &captures);
    if (match_data && match_pairs > captures && match_memory < MATCH_MEMORY_LEAST) return true;
    if (match_data) pcre2_match_data_free(match_data);
    match_memory = 0;
    match_pairs = captures < 16 ? 16 : captures + 1;
    match_data = pcre2_match_data_create(match_pairs, for_match);
    return match_data != NULL;
}

enum { STEPS_OF_CALLOUT = 8 };

static int on_callout(pcre2_callout_block *block, void *data)
{
    (void)block, (void)data;
    return effort(STEPS_OF_CALLOUT) ? 0 : PCRE2_ERROR_CALLOUT;
}

/* Match data for matches that pause: each has its own; one is kept for the next. */
static pcre2_match_data *kept;

static bool prepare_own(const pcre2_code *code, struct re_match *m)
{
    uint32_t captures = 0;
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &captures);
    m->own = kept;
    kept = NULL;
    if (m->own && pcre2_get_ovector_count(m->own) > captures) return true;
    if (m->own) pcre2_match_data_free(m->own);
    m->own = pcre2_match_data_create(captures < 16 ? 16 : captures + 1, general);
    return m->own != NULL;
}

void re_match_end(struct re_match *m)
{
    if (!m->own) return;
    if (kept || pcre2_get_match_data_size(m->own) > MATCH_MEMORY_LEAST)
        pcre2_match_data_free(m->own);
    else
        kept = m->own;
    m->own = NULL;
}

int re_code_match(const pcre2_code *code, const uint8_t *subject, size_t bytes, size_t start_at,
                  uint32_t options, struct re_limits limits, bool watched, struct re_match *m)
{
    if (!(watched ? prepare_own(code, m) : prepare(code))) return PCRE2_ERROR_NOMEMORY;
    pcre2_match_data *data = watched ? m->own : match_data;
    pcre2_set_match_limit(match_context, limits.match ? limits.match : RE_MATCH_LIMIT);
    pcre2_set_depth_limit(match_context, limits.depth ? limits.depth : RE_MATCH_LIMIT);
    pcre2_set_callout(match_context, watched ? on_callout : NULL, NULL);
    int rc = pcre2_match(code, subject, bytes, start_at, options, data, match_context);
    m->ovector = pcre2_get_ovector_pointer(data);
    return rc;
}

/* --- errors -------------------------------------------------------------------------------------------- */

/* By PCRE2's number less 100: the words of PCRE 8, where PCRE2 has changed them. */
static const char *const texts[100] = {
    [1] = "\\ at end of pattern",
    [2] = "\\c at end of pattern",
    [3] = "unrecognized character follows \\",
    [4] = "numbers out of order in {} quantifier",
    [5] = "number too big in {} quantifier",
    [6] = "missing terminating ] for character class",
    [7] = "invalid escape sequence in character class",
    [8] = "range out of order in character class",
    [9] = "nothing to repeat",
    [11] = "unrecognized character after (? or (?-",
    [12] = "POSIX named classes are supported only within a class",
    [13] = "POSIX collating elements are not supported",
    [14] = "missing )",
    [15] = "reference to non-existent subpattern",
    [18] = "missing ) after comment",
    [19] = "parentheses are too deeply nested",
    [20] = "regular expression is too large",
    [21] = "failed to get memory",
    [22] = "unmatched parentheses",
    [24] = "malformed number or name after (?(",
    [25] = "lookbehind assertion is not fixed length",
    [26] = "a numbered reference must not be zero",
    [27] = "conditional group contains more than two branches",
    [28] = "assertion expected after (?( or (?(?C)",
    [29] = "digit expected after (?+",
    [30] = "unknown POSIX class name",
    [34] = "character value in \\x{} or \\o{} is too large",
    [36] = "\\C not allowed in lookbehind assertion",
    [37] = "PCRE does not support \\L, \\l, \\N{name}, \\U, or \\u",
    [38] = "number after (?C is > 255",
    [39] = "closing ) for (?C expected",
    [41] = "unrecognized character after (?P",
    [42] = "syntax error in subpattern name (missing terminator)",
    [43] = "two named subpatterns have the same name",
    [44] = "group name must start with a non-digit",
    [46] = "malformed \\P or \\p sequence",
    [47] = "unknown property name after \\P or \\p",
    [48] = "subpattern name is too long (maximum 32 characters)",
    [49] = "too many named subpatterns (maximum 10000)",
    [50] = "invalid range in character class",
    [51] = "octal value is greater than \\377 in 8-bit non-UTF-8 mode",
    [54] = "DEFINE group contains more than one branch",
    [55] = "missing opening brace after \\o",
    [57] = "\\g is not followed by a braced, angle-bracketed, or quoted name/number or by a plain "
           "number",
    [58] = "(?R or (?[+-]digits must be followed by )",
    [60] = "(*VERB) not recognized or malformed",
    [61] = "number is too big",
    [62] = "subpattern name expected",
    [64] = "non-octal character in \\o{} (closing brace missing?)",
    [65] = "different names for subpatterns of the same number are not allowed",
    [66] = "(*MARK) must have an argument",
    [67] = "non-hex character in \\x{} (closing brace missing?)",
    [68] = "\\c must be followed by an ASCII character",
    [69] = "\\k is not followed by a braced, angle-bracketed, or quoted name",
    [71] = "\\N is not supported in a class",
    [73] = "disallowed Unicode code point (>= 0xd800 && <= 0xdfff)",
    [74] = "setting UTF is disabled by the application",
    [76] = "name is too long in (*MARK), (*PRUNE), (*SKIP), or (*THEN)",
    [78] = "digits missing in \\x{} or \\o{}",
    [59] = "unrecognized character after (?<",
    [86] = "regular expression is too complicated",
};

/* PCRE 8 asks for a name where one is referred to; where a group gets its name it misses what
 * should be behind the name. */
static bool is_group_without_name(int error, const struct re_source *s, size_t offset)
{
    if (error != PCRE2_ERROR_SUBPATTERN_NAME_EXPECTED || offset > s->bytes) return false;
    const uint8_t *end = s->text + offset;
    return (offset >= 4 && memcmp(end - 4, "(?P<", 4) == 0) ||
           (offset >= 3 && (memcmp(end - 3, "(?<", 3) == 0 || memcmp(end - 3, "(?'", 3) == 0));
}

const char *re_error_text(int error, const struct re_source *s, size_t offset)
{
    static char other[256];
    bool own = otp_release < 28; /* since then stock has PCRE2, too, and its sentences */
    if (own && is_group_without_name(error, s, offset)) return texts[42];
    if (own && error > 100 && error < 200 && texts[error - 100]) return texts[error - 100];
    if (error <= PCRE2_ERROR_UTF8_ERR1 && error >= PCRE2_ERROR_UTF8_ERR21)
        return "invalid UTF-8 string";
    if (error == PCRE2_ERROR_NOMEMORY) return texts[21];
    if (error == PCRE2_ERROR_BADOPTION) return "inconsistent NEWLINE options";
    if (pcre2_get_error_message(error, (PCRE2_UCHAR *)other, sizeof other) < 0)
        return "unknown error";
    return other;
}

/* For these PCRE2 points behind the culprit where PCRE 8 points at it. */
size_t re_error_offset(int error, size_t offset)
{
    bool behind = error == PCRE2_ERROR_DUPLICATE_SUBPATTERN_NAME ||
                  error == PCRE2_ERROR_UNKNOWN_UNICODE_PROPERTY ||
                  error == PCRE2_ERROR_UNSUPPORTED_ESCAPE_SEQUENCE ||
                  error == PCRE2_ERROR_BACKSLASH_K_SYNTAX ||
                  error == PCRE2_ERROR_BACKSLASH_N_IN_CLASS ||
                  error == PCRE2_ERROR_CLASS_INVALID_RANGE;
    return behind && offset && otp_release < 28 ? offset - 1 : offset;
}

/* --- stored form ----------------------------------------------------------------------------------------- */

struct re_stored re_store(const struct re_source *s)
{
    return (struct re_stored){
        .magic = "MRE1", .options = s->options, .newline = s->newline, .bsr = s->bsr};
}

bool re_load(const uint8_t *bytes, size_t n, struct re_source *s)
{
    struct re_stored stored;
    if (n < sizeof stored) return false;
    memcpy(&stored, bytes, sizeof stored);
    if (memcmp(stored.magic, "MRE1", 4) != 0) return false;
    *s = (struct re_source){.options = stored.options,
                            .newline = stored.newline,
                            .bsr = stored.bsr,
                            .text = bytes + sizeof stored,
                            .bytes = n - sizeof stored};
    return true;
}
