/* SPDX-License-Identifier: Apache-2.0 */
/* re.c -- bodies for re.def.
 *
 * A compiled expression is {re_pattern, Captures, Unicode, Crlf, Binary}; see re_code.h for the
 * binary.  What needs text converted, or all matches, is done in re.erl (ucompile, urun, grun).
 */
#include "bif/bif.h"
#include "bif/re_options.h"
#include "binary/binary.h"
#include "binary/long_text.h"
#include "code/code.h"
#include "heap/arena.h"
#include "process/pause.h"

#define BYTES_PER_REDUCTION 64

static term raise_badopt(struct process *p) { return raise_cause(p, ATOM(badarg), ATOM(badopt)); }

static term trap_to(struct process *p, term function, unsigned count, const term *args)
{
    return bif_trap(p, export_get(ATOM(re), function, count), count, args);
}

term bif_re_version_0(struct process *p, const term *arg)
{
    char version[64];
    (void)arg;
    int n = pcre2_config(PCRE2_CONFIG_VERSION, version);
    return binary_make(&p->heap, version, n > 0 ? (size_t)n - 1 : 0);
}

/* --- compile -------------------------------------------------------------------------------- */

/* The text ends at a zero byte, if it has one. */
static struct re_source source_of(const struct re_options *o, const uint8_t *text, size_t n)
{
    const uint8_t *zero = memchr(text, 0, n);
    return (struct re_source){.options = o->compile,
                              .newline = o->newline,
                              .bsr = o->bsr,
                              .text = text,
                              .bytes = zero ? (size_t)(zero - text) : n};
}

static term error_term(struct process *p, const struct re_source *s, int error, size_t offset)
{
    const char *text = re_error_text(error, s, offset);
    term string = make_string(&p->heap, text, strlen(text));
    return make_tuple2(&p->heap, string, small((int64_t)re_error_offset(error, offset)));
}

static term pattern_term(struct process *p, const struct re_source *s, const pcre2_code *code,
                         bool unicode)
{
    uint32_t captures = 0, newline = 0;
    struct re_stored stored = re_store(s);
    term binary;
    uint8_t *to = binary_new(&p->heap, sizeof stored + s->bytes, &binary);
    if (!to) return raise(p, ATOM(system_limit));
    memcpy(to, &stored, sizeof stored);
    memcpy(to + sizeof stored, s->text, s->bytes);
    pcre2_pattern_info(code, PCRE2_INFO_CAPTURECOUNT, &captures);
    pcre2_pattern_info(code, PCRE2_INFO_NEWLINE, &newline);
    bool crlf = newline == PCRE2_NEWLINE_CRLF || newline == PCRE2_NEWLINE_ANY ||
                newline == PCRE2_NEWLINE_ANYCRLF;
    term elements[5] = {ATOM(re_pattern), small(captures), small(unicode), small(crlf), binary};
    return make_tuple(&p->heap, 5, elements);
}

static term compile(struct process *p, const term *arg, term options)
{
    struct re_options o;
    uint8_t *text;
    size_t n, offset;
    int error;
    if (!re_options_read(options, &o) || o.for_run_only) return raise_badopt(p);
    if (o.unicode && !is_bitstring(arg[0])) {
        term args[2] = {arg[0], options};
        return trap_to(p, ATOM(ucompile), 2, args);
    }
    if (iodata_to_block(arg[0], 1, &text, &n) != IODATA_OK) return raise_badarg(p);
    struct re_source s = source_of(&o, text, n);
    pcre2_code *code = re_code_get(&s, &error, &offset);
    bump(p, (int64_t)(n / 4 + 1));
    term result;
    if (code) {
        result = pattern_term(p, &s, code, o.unicode);
        if (is_value(result)) result = make_tuple2(&p->heap, ATOM(ok), result);
    } else {
        result = make_tuple2(&p->heap, ATOM(error), error_term(p, &s, error, offset));
    }
    arena_free(text);
    return result;
}

term bif_re_compile_1(struct process *p, const term *arg) { return compile(p, arg, NIL); }
term bif_re_compile_2(struct process *p, const term *arg) { return compile(p, arg, arg[1]); }

/* --- a compiled expression as a term -------------------------------------------------------------- */

static bool is_pattern(term t)
{
    return is_tuple_of(t, 5) && term_same(element(t, 0), ATOM(re_pattern)) &&
           is_small(element(t, 1)) && is_small(element(t, 2)) && is_small(element(t, 3)) &&
           is_binary(element(t, 4));
}

/* Its code; *copy is for arena_free().  What run says of newlines goes before what compile said. */
static pcre2_code *pattern_code(term pattern, const struct re_options *o, uint8_t **copy,
                                struct re_source *s)
{
    size_t n, offset;
    int error;
    const uint8_t *bytes = binary_bytes_or_copy(element(pattern, 4), &n, copy);
    if (!bytes || !re_load(bytes, n, s)) return NULL;
    if (o && o->newline) s->newline = o->newline;
    if (o && o->bsr) s->bsr = o->bsr;
    return re_code_get(s, &error, &offset);
}

/* --- what to capture --------------------------------------------------------------------------------- */

struct capture {
    enum { CAPTURE_INDEX, CAPTURE_LIST, CAPTURE_BINARY, CAPTURE_NONE } type;
    enum { CAPTURE_ALL, CAPTURE_ALL_BUT_FIRST, CAPTURE_THESE } which;
    int *groups; /* a name with several groups: -(how many), then they */
    size_t count, room;
};

static bool add_group(struct capture *c, int group)
{
    if (c->count == c->room) {
        size_t room = c->room ? c->room * 2 : 8;
        int *groups = arena_realloc(c->groups, room * sizeof *groups);
        if (!groups) return false;
        c->groups = groups;
        c->room = room;
    }
    c->groups[c->count++] = group;
    return true;
}

static int entry_group(PCRE2_SPTR entry) { return entry[0] << 8 | entry[1]; }

static bool has_dupnames(const pcre2_code *code)
{
    uint32_t options = 0;
    pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    return options & PCRE2_DUPNAMES;
}

static bool add_name(struct capture *c, const pcre2_code *code, const char *name)
{
    PCRE2_SPTR first, last;
    int size = pcre2_substring_nametable_scan(code, (PCRE2_SPTR)name, &first, &last);
    if (size < 0) return add_group(c, -1);
    if (first == last || !has_dupnames(code)) return add_group(c, entry_group(first));
    int count = (int)((last - first) / size) + 1;
    if (!add_group(c, -count)) return false;
    for (; first <= last; first += size)
        if (!add_group(c, entry_group(first))) return false;
    return true;
}

struct names {
    PCRE2_SPTR table;
    uint32_t count, size;
    bool dupnames;
};

static struct names names_of(const pcre2_code *code)
{
    struct names n = {.dupnames = has_dupnames(code)};
    pcre2_pattern_info(code, PCRE2_INFO_NAMECOUNT, &n.count);
    pcre2_pattern_info(code, PCRE2_INFO_NAMEENTRYSIZE, &n.size);
    pcre2_pattern_info(code, PCRE2_INFO_NAMETABLE, &n.table);
    return n;
}

/* Is entry i a further one of the same name? */
static bool name_again(const struct names *n, uint32_t i)
{
    const char *name = (const char *)n->table + i * n->size + 2;
    return i > 0 && n->dupnames && strcmp(name - n->size, name) == 0;
}

static bool capture_all_names(struct capture *c, const pcre2_code *code)
{
    struct names n = names_of(code);
    c->which = CAPTURE_THESE;
    if (n.count == 0) c->type = CAPTURE_NONE;
    for (uint32_t i = 0; i < n.count; i++)
        if (!name_again(&n, i) && !add_name(c, code, (const char *)n.table + i * n.size + 2))
            return false;
    return true;
}

static bool add_named(struct capture *c, const pcre2_code *code, term name)
{
    if (is_atom(name)) {
        char text[ATOM_BYTES_MAX + 1];
        const struct atom_text *a = atom_text(name);
        memcpy(text, a->bytes, a->length);
        text[a->length] = 0;
        return add_name(c, code, text);
    }
    uint8_t *text;
    size_t n;
    if (iodata_to_block(name, 1, &text, &n) != IODATA_OK) return false;
    text[n] = 0;
    bool ok = add_name(c, code, (const char *)text);
    arena_free(text);
    return ok;
}

static bool capture_these(struct capture *c, const pcre2_code *code, term list)
{
    c->which = CAPTURE_THESE;
    if (!is_cons(list)) return false;
    for (; is_cons(list); list = tail(list)) {
        term t = head(list);
        if (is_small(t)) {
            if (small_value(t) < 0 || small_value(t) > INT32_MAX) return false;
            if (!add_group(c, (int)small_value(t))) return false;
        } else if (!add_named(c, code, t)) {
            return false;
        }
    }
    return is_nil(list);
}

static bool capture_read(struct capture *c, const pcre2_code *code, const struct re_options *o)
{
    if (!o->has_capture) return true;
    term type = o->capture_type, values = o->capture_values;
    if (term_same(type, ATOM(index)))
        c->type = CAPTURE_INDEX;
    else if (term_same(type, ATOM(list)))
        c->type = CAPTURE_LIST;
    else if (term_same(type, ATOM(binary)))
        c->type = CAPTURE_BINARY;
    else
        return false;
    if (is_nil(values) || term_same(values, ATOM(none))) {
        c->type = CAPTURE_NONE;
        return true;
    }
    if (!is_atom(values)) return capture_these(c, code, values);
    switch (atom_index(values)) {
    case ATOM_all: return true;
    case ATOM_all_but_first: c->which = CAPTURE_ALL_BUT_FIRST; return true;
    case ATOM_first: c->which = CAPTURE_THESE; return add_group(c, 0);
    case ATOM_all_names: return capture_all_names(c, code);
    default: return false;
    }
}

/* --- one match --------------------------------------------------------------------------------------------- */

struct run {
    struct process *p;
    term subject;
    const uint8_t *bytes;
    size_t size;
    uint8_t *copy; /* of the subject, when one was needed */
    struct capture capture;
    int groups; /* set in ovector */
    const size_t *ovector;
    struct re_match match;
};

static term group_term(const struct run *r, int group)
{
    struct heap *h = &r->p->heap;
    size_t from = PCRE2_UNSET, to = 0;
    if (group >= 0 && group < r->groups)
        from = r->ovector[2 * group], to = r->ovector[2 * group + 1];
    bool set = from != PCRE2_UNSET;
    size_t n = set && to > from ? to - from : 0;
    if (r->capture.type == CAPTURE_INDEX) {
        int64_t length = set ? (int64_t)to - (int64_t)from : 0;
        return make_tuple2(h, small(set ? (int64_t)from : -1), small(length));
    }
    if (!set) from = 0;
    if (r->capture.type == CAPTURE_LIST) return make_string(h, (const char *)r->bytes + from, n);
    if (is_bitstring(r->subject)) return binary_part(h, r->subject, from * 8, n * 8);
    return binary_make(h, r->bytes + from, n);
}

static bool is_set(const struct run *r, int group)
{
    return group >= 0 && group < r->groups && r->ovector[2 * group] != PCRE2_UNSET;
}

/* The group at *i of those asked for; of several with one name the first that is set.  *i goes on. */
static int next_group(const struct run *r, size_t *i)
{
    const struct capture *c = &r->capture;
    int group = c->groups[(*i)++];
    if (group >= -1) return group;
    size_t end = *i + (size_t)-group;
    int chosen = -1;
    for (; *i < end; ++*i)
        if (chosen < 0 && is_set(r, c->groups[*i])) chosen = c->groups[*i];
    return chosen;
}

static term *append(struct heap *h, term *last, term value)
{
    term *cell = heap_alloc(h, CONS_WORDS);
    cell[0] = value;
    cell[1] = NIL;
    *last = cons_term(cell);
    return cell + 1;
}

static term match_term(const struct run *r)
{
    struct heap *h = &r->p->heap;
    const struct capture *c = &r->capture;
    term list = NIL, *last = &list;
    if (c->type == CAPTURE_NONE) return ATOM(match);
    if (c->which == CAPTURE_THESE) {
        for (size_t i = 0; i < c->count;) last = append(h, last, group_term(r, next_group(r, &i)));
    } else {
        for (int i = c->which == CAPTURE_ALL_BUT_FIRST; i < r->groups; i++)
            last = append(h, last, group_term(r, i));
    }
    return make_tuple2(h, ATOM(match), list);
}

static term result_term(const struct run *r, int rc, bool report)
{
    struct heap *h = &r->p->heap;
    switch (rc) {
    case PCRE2_ERROR_NOMATCH:
    case PCRE2_ERROR_RECURSELOOP: return ATOM(nomatch);
    case PCRE2_ERROR_MATCHLIMIT:
        return report ? make_tuple2(h, ATOM(error), ATOM(match_limit)) : ATOM(nomatch);
    case PCRE2_ERROR_DEPTHLIMIT:
        return report ? make_tuple2(h, ATOM(error), ATOM(match_limit_recursion)) : ATOM(nomatch);
    case PCRE2_ERROR_NOMEMORY:
    case PCRE2_ERROR_HEAPLIMIT: return raise(r->p, ATOM(system_limit));
    default: return rc > 0 ? match_term(r) : raise(r->p, ATOM(internal_error));
    }
}

/* Steps after which a match is begun anew as one that pauses: some 100 us. */
enum { QUICK_LIMIT = 10000, LARGE = 32 << 10 };

static uint32_t limit_of(const struct re_options *o)
{
    return o->limits.match ? o->limits.match : RE_MATCH_LIMIT;
}

/* Has the subject many bytes?  Lists in lists count for many. */
static bool is_large(term subject)
{
    size_t n = 0;
    for (; is_cons(subject) && n < LARGE; subject = tail(subject)) {
        n += is_bitstring(head(subject)) ? binary_size(head(subject)) : 1;
        term inner = head(subject);
        for (; is_cons(inner) && n < LARGE; inner = tail(inner))
            n += is_bitstring(head(inner)) ? binary_size(head(inner))
                 : is_cons(head(inner))    ? LARGE
                                           : 1;
    }
    return n >= LARGE || (is_bitstring(subject) && binary_size(subject) + n >= LARGE);
}

static bool read_subject(struct run *r)
{
    if (is_bitstring(r->subject)) {
        r->bytes = binary_bytes_or_copy(r->subject, &r->size, &r->copy);
        return r->bytes != NULL;
    }
    bool ok = iodata_to_block(r->subject, 0, &r->copy, &r->size) == IODATA_OK;
    r->bytes = r->copy;
    return ok;
}

/* UTF-8 as PCRE 8 wants it: all of the subject, and an offset between characters. */
static bool is_good_utf8(const struct run *r, size_t offset)
{
    if (!is_long_utf8(r->bytes, r->size)) return false;
    return offset >= r->size || (r->bytes[offset] & 0xC0) != 0x80;
}

/* `quick`: the limit is QUICK_LIMIT. */
static term run_code(struct run *r, const pcre2_code *code, const struct re_options *o, bool first,
                     enum re_watch watch, bool quick, int *rc)
{
    struct process *p = r->p;
    uint32_t options = 0;
    struct re_limits limits = o->limits;
    if (quick && limit_of(o) > QUICK_LIMIT) limits.match = QUICK_LIMIT;
    *rc = PCRE2_ERROR_NOMATCH;
    pcre2_pattern_info(code, PCRE2_INFO_ALLOPTIONS, &options);
    if (!capture_read(&r->capture, code, o) || !read_subject(r)) return raise_badarg(p);
    if (o->offset > r->size) return raise(p, ATOM(internal_error));
    if (first && (options & PCRE2_UTF) && !is_good_utf8(r, o->offset)) return raise_badarg(p);
    *rc = re_code_match(code, r->bytes, r->size, o->offset, o->run | PCRE2_NO_UTF_CHECK, limits,
                        watch, &r->match);
    r->ovector = r->match.ovector;
    r->groups = *rc;
    if (!watch) bump(p, (int64_t)((r->size - o->offset) / BYTES_PER_REDUCTION + 1));
    return result_term(r, *rc, o->report_errors);
}

static void run_end(struct run *r)
{
    arena_free(r->copy);
    arena_free(r->capture.groups);
    re_match_end(&r->match);
}

/* --- matches that take long ------------------------------------------------------------------------------ */

/* Expressions and subjects are read once more, which is little beside the match. */

/* Of the pattern, text or compiled, that was found good before.  *memory is for arena_free(). */
static bool source_again(term pattern, const struct re_options *o, uint8_t **memory,
                         struct re_source *s)
{
    size_t n;
    if (is_tuple_of(pattern, 5)) {
        const uint8_t *bytes = binary_bytes_or_copy(element(pattern, 4), &n, memory);
        if (!bytes || !re_load(bytes, n, s)) return false;
        if (o->newline) s->newline = o->newline;
        if (o->bsr) s->bsr = o->bsr;
        return true;
    }
    if (iodata_to_block(pattern, 1, memory, &n) != IODATA_OK) return false;
    *s = source_of(o, *memory, n);
    return true;
}

/* Without code that can be watched (no memory, or too many parentheses for this stack) it does not pause. */
static term run_once(struct process *p, const term *arg, const struct re_options *o,
                     struct re_source *s, enum re_watch watch, int *rc)
{
    s->watch = watch;
    struct re_slot taken = re_code_take(s);
    if (!taken.code) {
        s->watch = watch = RE_WATCH_NOTHING;
        taken = re_code_take(s);
    }
    if (!taken.code) return raise(p, ATOM(system_limit));
    struct run r = {.p = p, .subject = arg[0]};
    bool first = term_same(arg[3], ATOM(true)), quick = watch == RE_WATCH_STARTS;
    term result = run_code(&r, taken.code, o, first, watch, quick, rc);
    run_end(&r);
    re_code_give(&taken);
    return result;
}

/* arg: subject, pattern, options, and whether the subject is still to be checked. */
static term run_watched(struct process *p, const term *arg)
{
    struct re_options o;
    struct re_source s;
    uint8_t *memory = NULL;
    int rc = PCRE2_ERROR_MATCHLIMIT;
    term result = NO_VALUE;
    re_options_read(arg[2], &o);
    if (!source_again(arg[1], &o, &memory, &s))
        raise(p, ATOM(system_limit));
    else {
        if (is_large(arg[0])) result = run_once(p, arg, &o, &s, RE_WATCH_STARTS, &rc);
        bool again = rc == PCRE2_ERROR_MATCHLIMIT && s.watch != RE_WATCH_NOTHING;
        if (!is_large(arg[0]) || (again && limit_of(&o) > QUICK_LIMIT))
            result = run_once(p, arg, &o, &s, RE_WATCH_STEPS, &rc);
    }
    arena_free(memory);
    return result;
}

static term run_long(struct process *p, const term *arg, term options, bool first)
{
    const term args[4] = {arg[0], arg[1], options, atom_bool(first)};
    return pausing(p, run_watched, 4, args);
}

/* A match with code that is in the cache. */
static term run_match(struct process *p, const term *arg, term options, const struct re_options *o,
                      bool first, struct re_source *s, const pcre2_code *code)
{
    if (is_large(arg[0])) {
        int error;
        size_t offset;
        s->watch = RE_WATCH_STARTS;
        re_code_get(s, &error, &offset); /* here, where the stack is large */
        return run_long(p, arg, options, first);
    }
    int rc;
    struct run r = {.p = p, .subject = arg[0]};
    term result = run_code(&r, code, o, first, RE_WATCH_NOTHING, true, &rc);
    run_end(&r);
    bool is_long = rc == PCRE2_ERROR_MATCHLIMIT && limit_of(o) > QUICK_LIMIT;
    return is_long ? run_long(p, arg, options, first) : result;
}

/* --- run ------------------------------------------------------------------------------------------------- */

static bool wants_list(const struct re_options *o)
{
    return o->has_capture && term_same(o->capture_type, ATOM(list)) && !o->global;
}

/* re:grun/3 runs the compiled expression again and again. */
static term run_global(struct process *p, term subject, term pattern, term options, term extra,
                       term text)
{
    struct heap *h = &p->heap;
    term info =
        is_value(text) ? make_tuple3(h, options, extra, text) : make_tuple2(h, options, extra);
    term args[3] = {subject, pattern, info};
    return trap_to(p, ATOM(grun), 3, args);
}

static term run_text(struct process *p, const term *arg, term options, const struct re_options *o,
                     bool first)
{
    uint8_t *text;
    size_t n, offset;
    int error;
    if (!is_bitstring(arg[1]) && !is_list(arg[1])) return raise_badarg(p);
    if (o->unicode && (!is_bitstring(arg[1]) || !is_bitstring(arg[0]) || wants_list(o))) {
        term args[3] = {arg[0], arg[1], options};
        return trap_to(p, ATOM(urun), 3, args);
    }
    if (iodata_to_block(arg[1], 1, &text, &n) != IODATA_OK) return raise_badarg(p);
    struct re_source s = source_of(o, text, n);
    pcre2_code *code = re_code_get(&s, &error, &offset);
    term result;
    if (!code) {
        result = NO_VALUE;
        if (o->report_errors) {
            term what = make_tuple2(&p->heap, ATOM(compile), error_term(p, &s, error, offset));
            result = make_tuple2(&p->heap, ATOM(error), what);
        } else {
            raise_badarg(p);
        }
    } else if (o->global) {
        result = pattern_term(p, &s, code, o->unicode);
        if (is_value(result))
            result = run_global(p, arg[0], result, options, atom_bool(o->for_compile_only), arg[1]);
    } else {
        result = run_match(p, arg, options, o, first, &s, code);
    }
    arena_free(text);
    return result;
}

static term run(struct process *p, const term *arg, term options, bool first)
{
    struct re_options o;
    struct re_source s;
    uint8_t *copy = NULL;
    if (unlikely(p->bif_state)) return run_long(p, arg, options, first);
    if (!re_options_read(options, &o)) return raise_badopt(p);
    if (!is_tuple_of(arg[1], 5)) return run_text(p, arg, options, &o, first);
    if (o.for_compile_only || !is_pattern(arg[1])) return raise_badarg(p);
    if (small_value(element(arg[1], 2)) && (!is_bitstring(arg[0]) || wants_list(&o))) {
        term args[3] = {arg[0], arg[1], options};
        return trap_to(p, ATOM(urun), 3, args);
    }
    if (o.global) return run_global(p, arg[0], arg[1], options, ATOM(false), NO_VALUE);
    pcre2_code *code = pattern_code(arg[1], &o, &copy, &s);
    term result = code ? run_match(p, arg, options, &o, first, &s, code) : raise_badarg(p);
    arena_free(copy);
    return result;
}

term bif_re_run_2(struct process *p, const term *arg) { return run(p, arg, NIL, true); }
term bif_re_run_3(struct process *p, const term *arg) { return run(p, arg, arg[2], true); }

term bif_re_internal_run_4(struct process *p, const term *arg)
{
    if (!term_same(arg[3], ATOM(true)) && !term_same(arg[3], ATOM(false))) return raise_badarg(p);
    return run(p, arg, arg[2], term_same(arg[3], ATOM(true)));
}

/* --- inspect -------------------------------------------------------------------------------------------------- */

term bif_re_inspect_2(struct process *p, const term *arg)
{
    struct re_source s;
    uint8_t *copy = NULL;
    if (!is_pattern(arg[0]) || !term_same(arg[1], ATOM(namelist))) return raise_badarg(p);
    pcre2_code *code = pattern_code(arg[0], NULL, &copy, &s);
    arena_free(copy);
    if (!code) return raise_badarg(p);
    struct names n = names_of(code);
    term list = NIL, *last = &list;
    for (uint32_t i = 0; i < n.count; i++) {
        const char *name = (const char *)n.table + i * n.size + 2;
        if (!name_again(&n, i))
            last = append(&p->heap, last, binary_make(&p->heap, name, strlen(name)));
    }
    return make_tuple2(&p->heap, ATOM(namelist), list);
}
