/* SPDX-License-Identifier: Apache-2.0 */
/* external.c -- term_to_binary, binary_to_term and their kin. */
#include "bif/external.h"
#include "bif/bif.h"
#include "binary/binary.h"
#include "code/code.h"
#include "etf/etf.h"
#include "heap/arena.h"
#include "process/pause.h"
#include "term/release.h"

enum { DEFAULT_LEVEL = -1 };

void external_start(const struct plat_boot *boot)
{
    (void)boot;
    code_start();
}

/* --- encoding -------------------------------------------------------------------------------- */

static bool set_minor_version(struct etf_options *o, term version, int64_t newest)
{
    if (!is_small(version) || small_value(version) < 0 || small_value(version) > newest)
        return false;
    o->text_floats = small_value(version) == 0;
    o->utf8_atoms = small_value(version) == 2;
    return true;
}

/* Since OTP 26 it is minor version 2. */
static struct etf_options usual_options(void)
{
    return (struct etf_options){.utf8_atoms = otp_release >= 26};
}

static bool read_option(term t, struct etf_options *o, int *level)
{
    if (term_same(t, ATOM(compressed))) {
        *level = DEFAULT_LEVEL;
        return true;
    }
    if (term_same(t, ATOM(deterministic))) return o->deterministic = true;
    if (otp_release >= 26 && term_same(t, ATOM(local))) return o->local = true;
    if (!is_tuple_of(t, 2)) return false;
    term name = element(t, 0), value = element(t, 1);
    if (term_same(name, ATOM(minor_version))) return set_minor_version(o, value, 2);
    if (!term_same(name, ATOM(compressed)) || !is_small(value)) return false;
    if (small_value(value) < 0 || small_value(value) > 9) return false;
    *level = (int)small_value(value);
    return true;
}

static bool read_options(term list, struct etf_options *o, int *level)
{
    for (; is_cons(list); list = tail(list))
        if (!read_option(head(list), o, level)) return false;
    return is_nil(list);
}

static term encode(struct process *p, term t, const struct etf_options *o, int level)
{
    term result;
    enum etf_result r = etf_encode_versioned(&p->heap, t, o, level, &result);
    return r == ETF_OK ? result : raise(p, ATOM(system_limit));
}

static term encode_usual(struct process *p, const term *arg)
{
    const struct etf_options o = usual_options();
    return encode(p, arg[0], &o, 0);
}

static term encode_as_told(struct process *p, const term *arg)
{
    struct etf_options o = usual_options();
    int level = 0;
    if (!read_options(arg[1], &o, &level)) return raise_badarg(p);
    return encode(p, arg[0], &o, level);
}

term bif_erlang_term_to_binary_1(struct process *p, const term *arg)
{
    return is_immediate(arg[0]) ? encode_usual(p, arg) : pausing(p, encode_usual, 1, arg);
}

term bif_erlang_term_to_binary_2(struct process *p, const term *arg)
{
    return pausing(p, encode_as_told, 2, arg);
}

static term encode_pieces(struct process *p, term t, const struct etf_options *o)
{
    term list;
    enum etf_result r = etf_encode_pieces(&p->heap, t, o, &list);
    return r == ETF_OK ? list : raise(p, ATOM(system_limit));
}

static term pieces_usual(struct process *p, const term *arg)
{
    const struct etf_options o = usual_options();
    return encode_pieces(p, arg[0], &o);
}

static term pieces_as_told(struct process *p, const term *arg)
{
    struct etf_options o = usual_options();
    int level = 0;
    if (!read_options(arg[1], &o, &level)) return raise_badarg(p);
    if (o.local) {
        term whole = encode(p, arg[0], &o, 0);
        return is_no_value(whole) ? whole : make_cons(&p->heap, whole, NIL);
    }
    /* Compressed it is a binary, not in a list: so does stock. */
    return level ? encode(p, arg[0], &o, level) : encode_pieces(p, arg[0], &o);
}

term bif_erlang_term_to_iovec_1(struct process *p, const term *arg)
{
    return pausing(p, pieces_usual, 1, arg);
}

term bif_erlang_term_to_iovec_2(struct process *p, const term *arg)
{
    return pausing(p, pieces_as_told, 2, arg);
}

static term size_of(struct process *p, term t, struct etf_options *o)
{
    o->as_stock_counts = otp_release < 27;
    size_t n = etf_size(t, o);
    return n == SIZE_MAX ? raise(p, ATOM(system_limit)) : make_unsigned(&p->heap, n + 1);
}

static term size_usual(struct process *p, const term *arg)
{
    struct etf_options o = usual_options();
    return size_of(p, arg[0], &o);
}

static term size_as_told(struct process *p, const term *arg)
{
    struct etf_options o = usual_options();
    term list = arg[1];
    for (; is_cons(list); list = tail(list)) {
        term t = head(list);
        if (!is_tuple_of(t, 2) || !term_same(element(t, 0), ATOM(minor_version)))
            return raise_badarg(p);
        if (!set_minor_version(&o, element(t, 1), 1)) return raise_badarg(p);
    }
    return is_nil(list) ? size_of(p, arg[0], &o) : raise_badarg(p);
}

term bif_erlang_external_size_1(struct process *p, const term *arg)
{
    return pausing(p, size_usual, 1, arg);
}

term bif_erlang_external_size_2(struct process *p, const term *arg)
{
    return pausing(p, size_as_told, 2, arg);
}

/* --- decoding ------------------------------------------------------------------------------------ */

static term decode(struct process *p, term binary, unsigned flags, bool want_used)
{
    size_t n, used = 0;
    uint8_t *copy;
    const uint8_t *bytes = binary_bytes_or_copy(binary, &n, &copy);
    if (!bytes) return raise_badarg(p);
    term t = etf_decode_versioned(&p->heap, bytes, n, flags, &used);
    arena_free(copy);
    if (is_no_value(t)) return raise_badarg(p);
    return want_used ? make_tuple2(&p->heap, t, make_unsigned(&p->heap, used)) : t;
}

static term decode_plain(struct process *p, const term *arg) { return decode(p, arg[0], 0, false); }

static term decode_as_told(struct process *p, const term *arg)
{
    unsigned flags = 0;
    bool used = false;
    term list = arg[1];
    for (; is_cons(list); list = tail(list)) {
        if (term_same(head(list), ATOM(safe)))
            flags |= ETF_SAFE;
        else if (term_same(head(list), ATOM(used)))
            used = true;
        else
            break;
    }
    if (!is_nil(list)) return raise_cause(p, ATOM(badarg), ATOM(badopt));
    return decode(p, arg[0], flags, used);
}

/* Not worth a stack of its own, even when it is compressed. */
static bool is_short(term t) { return !is_binary(t) || binary_size(t) < 64; }

term bif_erlang_binary_to_term_1(struct process *p, const term *arg)
{
    return is_short(arg[0]) ? decode_plain(p, arg) : pausing(p, decode_plain, 1, arg);
}

term bif_erlang_binary_to_term_2(struct process *p, const term *arg)
{
    return is_short(arg[0]) ? decode_as_told(p, arg) : pausing(p, decode_as_told, 2, arg);
}
