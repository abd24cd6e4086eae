/* SPDX-License-Identifier: Apache-2.0 */
/* re_options.c -- reading the option lists of re. */
#include "bif/re_options.h"

enum kind { FOR_BOTH, FOR_COMPILE, FOR_RUN };

static bool read_count(term t, size_t *out)
{
    if (!is_small(t) || small_value(t) < 0 || small_value(t) > INT32_MAX) return false;
    *out = (size_t)small_value(t);
    return true;
}

static bool read_limit(term t, uint32_t *out)
{
    size_t n;
    if (!read_count(t, &n)) return false;
    *out = n ? (uint32_t)n : 1; /* 0 would mean the default */
    return true;
}

static bool read_newline(term t, struct re_options *o)
{
    if (!is_atom(t)) return false;
    switch (atom_index(t)) {
    case ATOM_cr: o->newline |= RE_CR; return true;
    case ATOM_lf: o->newline |= RE_LF; return true;
    case ATOM_crlf: o->newline |= RE_CRLF; return true;
    case ATOM_any: o->newline |= RE_ANY; return true;
    case ATOM_anycrlf: o->newline |= RE_ANYCRLF; return true;
    default: return false;
    }
}

static bool read_tuple(term t, struct re_options *o)
{
    size_t n = tuple_size(t);
    term name = n ? element(t, 0) : NIL;
    if (term_same(name, ATOM(capture)) && (n == 2 || n == 3)) {
        o->has_capture = o->for_run_only = true;
        o->capture_values = element(t, 1);
        o->capture_type = n == 3 ? element(t, 2) : ATOM(index);
        return true;
    }
    if (n != 2 || !is_atom(name)) return false;
    term value = element(t, 1);
    switch (atom_index(name)) {
    case ATOM_newline: return read_newline(value, o);
    case ATOM_offset: o->for_run_only = true; return read_count(value, &o->offset);
    case ATOM_match_limit: o->for_run_only = true; return read_limit(value, &o->limits.match);
    case ATOM_match_limit_recursion:
        o->for_run_only = true;
        return read_limit(value, &o->limits.depth);
    default: return false;
    }
}

static bool add(struct re_options *o, enum kind kind, uint32_t compile, uint32_t run)
{
    o->compile |= compile;
    o->run |= run;
    if (kind == FOR_COMPILE) o->for_compile_only = true;
    if (kind == FOR_RUN) o->for_run_only = true;
    return true;
}

static bool read_atom(term t, struct re_options *o)
{
    switch (atom_index(t)) {
    case ATOM_anchored: return add(o, FOR_BOTH, PCRE2_ANCHORED, PCRE2_ANCHORED);
    case ATOM_notempty: return add(o, FOR_RUN, 0, PCRE2_NOTEMPTY);
    case ATOM_notempty_atstart: return add(o, FOR_RUN, 0, PCRE2_NOTEMPTY_ATSTART);
    case ATOM_notbol: return add(o, FOR_RUN, 0, PCRE2_NOTBOL);
    case ATOM_noteol: return add(o, FOR_RUN, 0, PCRE2_NOTEOL);
    case ATOM_no_start_optimize: return add(o, FOR_COMPILE, PCRE2_NO_START_OPTIMIZE, 0);
    case ATOM_caseless: return add(o, FOR_COMPILE, PCRE2_CASELESS, 0);
    case ATOM_dollar_endonly: return add(o, FOR_COMPILE, PCRE2_DOLLAR_ENDONLY, 0);
    case ATOM_dotall: return add(o, FOR_COMPILE, PCRE2_DOTALL, 0);
    case ATOM_extended: return add(o, FOR_COMPILE, PCRE2_EXTENDED, 0);
    case ATOM_firstline: return add(o, FOR_COMPILE, PCRE2_FIRSTLINE, 0);
    case ATOM_multiline: return add(o, FOR_COMPILE, PCRE2_MULTILINE, 0);
    case ATOM_no_auto_capture: return add(o, FOR_COMPILE, PCRE2_NO_AUTO_CAPTURE, 0);
    case ATOM_dupnames: return add(o, FOR_COMPILE, PCRE2_DUPNAMES, 0);
    case ATOM_ungreedy: return add(o, FOR_COMPILE, PCRE2_UNGREEDY, 0);
    case ATOM_ucp: return add(o, FOR_COMPILE, PCRE2_UCP, 0);
    case ATOM_never_utf: return add(o, FOR_COMPILE, PCRE2_NEVER_UTF, 0);
    case ATOM_unicode: o->unicode = true; return add(o, FOR_COMPILE, PCRE2_UTF, 0);
    case ATOM_report_errors: o->report_errors = true; return add(o, FOR_RUN, 0, 0);
    case ATOM_global: o->global = true; return add(o, FOR_RUN, 0, 0);
    case ATOM_bsr_anycrlf: o->bsr = RE_BSR_ANYCRLF; return true;
    case ATOM_bsr_unicode: o->bsr = RE_BSR_UNICODE; return true;
    default: return false;
    }
}

bool re_options_read(term list, struct re_options *o)
{
    *o = (struct re_options){.capture_type = NIL, .capture_values = NIL};
    for (; is_cons(list); list = tail(list)) {
        term t = head(list);
        if (!(is_tuple(t) ? read_tuple(t, o) : is_atom(t) && read_atom(t, o))) return false;
    }
    return is_nil(list);
}
