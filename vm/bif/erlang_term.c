/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_term.c -- what kind a term is, its hashes, and printing it. */
#include "bif/bif.h"
#include "big/big.h"
#include "binary/binary.h"
#include "code/code.h"
#include "etf/print.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/pause.h"
#include "sched/dump.h"
#include "term/code_point.h"
#include "term/compare.h"
#include "term/fun.h"
#include "term/hash.h"
#include "term/map.h"
#include "term/record.h"
#include "term/release.h"

/* term/fun.h describes the start of these. */
#define SAME_PLACE(a, b, field)                                                                    \
    _Static_assert(offsetof(struct a, field) == offsetof(struct b, field), #a "." #field)
SAME_PLACE(fun_entry, fun_identity, module);
SAME_PLACE(fun_entry, fun_identity, old_index);
SAME_PLACE(fun_entry, fun_identity, old_uniq);
SAME_PLACE(fun_entry, fun_identity, index);
SAME_PLACE(fun_entry, fun_identity, arity);
SAME_PLACE(fun_entry, fun_identity, uniq);
SAME_PLACE(export, function_name, module);
SAME_PLACE(export, function_name, function);
SAME_PLACE(export, function_name, arity);

/* --- kinds --------------------------------------------------------------------------------- */

#define TEST(name, condition)                                                                      \
    term bif_erlang_##name##_1(struct process *p, const term *arg)                                 \
    {                                                                                              \
        (void)p;                                                                                   \
        term t = arg[0];                                                                           \
        return atom_bool(condition);                                                               \
    }

TEST(is_atom, is_atom(t))
TEST(is_boolean, term_same(t, ATOM(true)) || term_same(t, ATOM(false)))
TEST(is_float, is_float(t))
TEST(is_function, is_fun(t))
TEST(is_integer, is_integer(t))
TEST(is_list, is_list(t))
TEST(is_map, is_map(t))
TEST(is_number, is_number(t))
TEST(is_pid, is_pid(t))
TEST(is_port, is_port(t))
TEST(is_reference, is_ref(t))
TEST(is_tuple, is_tuple(t))
TEST(is_record, is_record(t))

term bif_erlang_is_function_2(struct process *p, const term *arg)
{
    if (!is_integer(arg[1]) || integer_is_negative(arg[1])) return raise_badarg(p);
    if (!is_fun(arg[0]) || !is_small(arg[1])) return ATOM(false);
    return atom_bool(fun_arity(arg[0]) == small_value(arg[1]));
}

static bool begins_with(term t, term tag)
{
    return is_tuple(t) && tuple_size(t) > 0 && term_same(element(t, 0), tag);
}

term bif_erlang_is_record_2(struct process *p, const term *arg)
{
    if (!is_atom(arg[1])) return raise_badarg(p);
    if (is_record(arg[0]))
        return atom_bool(term_same(record_definition(arg[0])[RECORD_NAME], arg[1]));
    return atom_bool(begins_with(arg[0], arg[1]));
}

term bif_erlang_is_record_3(struct process *p, const term *arg)
{
    if (!is_atom(arg[1])) return raise_badarg(p);
    if (is_atom(arg[2]) && is_record(arg[0])) return atom_bool(record_is(arg[0], arg[1], arg[2]));
    if (is_atom(arg[2]) && otp_release >= 29) return ATOM(false);
    if (!is_small(arg[2])) return raise_badarg(p);
    return atom_bool(begins_with(arg[0], arg[1]) &&
                     (int64_t)tuple_size(arg[0]) == small_value(arg[2]));
}

term bif_erlang_size_1(struct process *p, const term *arg)
{
    if (is_tuple(arg[0])) return small((int64_t)tuple_size(arg[0]));
    if (is_bitstring(arg[0])) return small((int64_t)(binary_bit_size(arg[0]) / 8));
    return raise_badarg(p);
}

static term type_of_boxed(term t)
{
    switch (boxed_kind(t)) {
    case KIND_TUPLE: return ATOM(tuple);
    case KIND_MATCH: return ATOM(matchstate);
    case KIND_BIG_POSITIVE:
    case KIND_BIG_NEGATIVE: return ATOM(bignum);
    case KIND_REF: return ATOM(reference);
    case KIND_FUN: return ATOM(fun);
    case KIND_FLOAT: return ATOM(hfloat);
    case KIND_EXPORT: return ATOM(export);
    case KIND_REFC_BINARY: return ATOM(refc_binary);
    case KIND_HEAP_BINARY: return ATOM(heap_binary);
    case KIND_SUB_BINARY: return ATOM(sub_binary);
    case KIND_EXTERNAL_PID: return ATOM(external_pid);
    case KIND_EXTERNAL_PORT: return ATOM(external_port);
    case KIND_EXTERNAL_REF: return ATOM(external_reference);
    case KIND_RECORD: return ATOM(record);
    case KIND_MAP: break;
    }
    switch (map_form(*boxed_words(t))) {
    case MAP_FLAT: return ATOM(flatmap);
    case MAP_HASH_ROOT: return ATOM(hashmap);
    default: return ATOM(hashmap_node);
    }
}

term bif_erts_internal_term_type_1(struct process *p, const term *arg)
{
    (void)p;
    term t = arg[0];
    if (is_boxed(t)) return type_of_boxed(t);
    if (is_cons(t)) return ATOM(list);
    if (is_small(t)) return ATOM(fixnum);
    if (is_atom(t)) return ATOM(atom);
    if (is_nil(t)) return ATOM(nil);
    return is_local_pid(t) ? ATOM(pid) : ATOM(port);
}

/* --- order and hashes ------------------------------------------------------------------------ */

term bif_erts_internal_cmp_term_2(struct process *p, const term *arg)
{
    (void)p;
    int r = term_compare_exact(arg[0], arg[1]);
    return small(r < 0 ? -1 : r > 0);
}

term bif_erts_debug_same_2(struct process *p, const term *arg)
{
    (void)p;
    return atom_bool(term_same(arg[0], arg[1]));
}

term bif_erts_debug_flat_size_1(struct process *p, const term *arg)
{
    size_t words = copy_words_reported(arg[0]);
    bump(p, (int64_t)words / 64);
    return make_unsigned(&p->heap, words);
}

/* A range for a hash: 1..2^32. */
static bool hash_range(term t, uint64_t *range)
{
    return integer_to_uint64(t, range) && *range >= 1 && *range <= UINT64_C(1) << 32;
}

term bif_erlang_phash_2(struct process *p, const term *arg)
{
    uint64_t range;
    if (!hash_range(arg[1], &range)) return raise_badarg(p);
    return small((int64_t)(term_phash(arg[0]) % range + 1));
}

static term phash2(struct process *p, const term *arg)
{
    (void)p;
    return small(term_phash2(arg[0]) & ((1 << 27) - 1));
}
term bif_erlang_phash2_1(struct process *p, const term *arg)
{
    return is_immediate(arg[0]) ? phash2(p, arg) : pausing(p, phash2, 1, arg);
}

static term phash2_in_range(struct process *p, const term *arg)
{
    uint64_t range;
    if (!hash_range(arg[1], &range)) return raise_badarg(p);
    return small((int64_t)(term_phash2(arg[0]) % range));
}
term bif_erlang_phash2_2(struct process *p, const term *arg)
{
    return is_immediate(arg[0]) ? phash2_in_range(p, arg) : pausing(p, phash2_in_range, 2, arg);
}

/* --- printing ------------------------------------------------------------------------------------ */

static void write_console(void *context, const char *bytes, size_t n)
{
    (void)context;
    plat_console_write(bytes, n);
}

term bif_erlang_display_1(struct process *p, const term *arg)
{
    (void)p;
    term_print(&(struct print_sink){write_console, NULL}, arg[0], PRINT_ALL);
    plat_console_write("\r\n", 2); /* as stock, wherever it goes */
    return ATOM(true);
}

term bif_erts_debug_display_1(struct process *p, const term *arg)
{
    struct text text = {0};
    term_print(&(struct print_sink){text_write_all, &text}, arg[0], PRINT_ALL);
    text_write_all(&text, "\n", 1);
    plat_console_write(text.bytes, text.used);
    term list = make_string(&p->heap, text.bytes, text.used);
    arena_free(text.bytes);
    return list;
}

term bif_erlang_display_string_1(struct process *p, const term *arg)
{
    term t = arg[0];
    while (is_cons(t) && is_code_point(head(t))) t = tail(t);
    if (!is_nil(t)) return raise_badarg(p);
    for (t = arg[0]; is_cons(t); t = tail(t)) {
        uint8_t bytes[4];
        uint8_t *end = utf8_write(bytes, (uint32_t)small_value(head(t)));
        plat_console_write_error(bytes, (size_t)(end - bytes));
    }
    return ATOM(true);
}

term bif_erlang_display_nl_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    plat_console_write_error("\r\n", 2);
    return ATOM(true);
}
