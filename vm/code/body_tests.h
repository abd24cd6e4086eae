/* SPDX-License-Identifier: Apache-2.0 */
/* body_tests.h -- tests and selection; included by engine.c into its loop. */

TEST(is_nonempty_list_x, is_cons(X(2)));
TEST(is_nonempty_list_y, is_cons(Y(2)));
TEST(is_nonempty_list, is_cons(S(2)));
do_is_nonempty_list_get_list: {
    term l = X(2);
    if (unlikely(!is_cons(l))) JUMP(1);
    X(3) = head(l);
    X(4) = tail(l);
    NEXT(is_nonempty_list_get_list);
}
do_is_nonempty_list_get_list_xdd: {
    term l = S(2);
    if (unlikely(!is_cons(l))) JUMP(1);
    D(3) = head(l);
    D(4) = tail(l);
    NEXT(is_nonempty_list_get_list_xdd);
}
TEST(is_nil_x, is_nil(X(2)));
TEST(is_nil, is_nil(S(2)));
TEST(is_list_x, is_list(X(2)));
TEST(is_list, is_list(S(2)));
TEST(is_tuple_x, is_tuple(X(2)));
TEST(is_tuple, is_tuple(S(2)));
TEST(test_arity_x, boxed_words(X(2))->bits == pc[3]);
TEST(test_arity, boxed_words(S(2))->bits == pc[3]);
TEST(is_tuple_of_x, is_boxed(X(2)) && boxed_words(X(2))->bits == pc[3]);
do_is_tuple_of: {
    term t = S(2);
    if (unlikely(!is_boxed(t)) || boxed_words(t)->bits != pc[3]) JUMP(1);
    NEXT(is_tuple_of);
}
do_is_tuple_of_get2: {
    term t = X(2);
    if (unlikely(!is_boxed(t))) JUMP(1);
    const term *w = boxed_words(t);
    if (w[0].bits != pc[3]) JUMP(1);
    term second = w[2];
    X(4) = w[1];
    X(5) = second;
    NEXT(is_tuple_of_get2);
}
do_is_tagged_tuple_get: {
    term t = X(2);
    if (unlikely(!is_boxed(t))) JUMP(1);
    const term *w = boxed_words(t);
    if (w[0].bits != pc[3] || w[1].bits != C(4).bits) JUMP(1);
    D(6) = w[pc[5]];
    NEXT(is_tagged_tuple_get);
}
do_is_tagged_tuple_x: {
    term t = X(2);
    if (unlikely(!is_boxed(t))) JUMP(1);
    const term *w = boxed_words(t);
    if (w[0].bits != pc[3] || w[1].bits != C(4).bits) JUMP(1);
    NEXT(is_tagged_tuple_x);
}
do_is_tagged_tuple: {
    term t = S(2);
    if (unlikely(!is_boxed(t))) JUMP(1);
    const term *w = boxed_words(t);
    if (w[0].bits != pc[3] || w[1].bits != C(4).bits) JUMP(1);
    NEXT(is_tagged_tuple);
}
TEST(is_integer_x, is_small(X(2)) || is_big(X(2)));
TEST(is_integer, is_integer(S(2)));
TEST(is_float, is_float(S(2)));
TEST(is_number, is_number(S(2)));
TEST(is_atom_x, is_atom(X(2)));
TEST(is_atom, is_atom(S(2)));
do_is_boolean: {
    term t = S(2);
    if (!term_same(t, ATOM(true)) && !term_same(t, ATOM(false))) JUMP(1);
    NEXT(is_boolean);
}
TEST(is_pid, is_pid(S(2)));
TEST(is_port, is_port(S(2)));
TEST(is_reference, is_ref(S(2)));
TEST(is_binary, is_binary(S(2)));
TEST(is_bitstr, is_bitstring(S(2)));
TEST(is_map, is_map(S(2)));
TEST(is_any_record, is_record(S(2)));
TEST(is_record_of, is_record(S(2)) && record_is(S(2), C(3), C(4)));
TEST(is_record_exported, is_record(S(2)) && record_is_exported(record_definition(S(2))));
do_is_record_open: {
    term t = S(2);
    if (unlikely(!is_record(t))) JUMP(1);
    const term *definition = record_definition(t);
    if (!record_is_exported(definition) && !term_same(definition[RECORD_MODULE], C(3))) JUMP(1);
    NEXT(is_record_open);
}
TEST(is_function, is_fun(S(2)));
TEST(is_function2, fun_has_arity(S(2), S(3)));

TEST(is_eq_exact_xq, X(2).bits == C(3).bits);
TEST(is_eq_exact_yq, Y(2).bits == C(3).bits);
TEST(is_eq_exact_xx, term_same_value(X(2), X(3)));
TEST(is_eq_exact, term_same_value(S(2), S(3)));
do_eq_return_xqc:
    if (X(2).bits != C(3).bits) JUMP(1);
    engine_x[0] = C(4);
    RETURN();
do_eq_return_xqx:
    if (X(2).bits != C(3).bits) JUMP(1);
    engine_x[0] = X(4);
    RETURN();
TEST(is_ne_exact_xq, X(2).bits != C(3).bits);
TEST(is_ne_exact_xx, !term_same_value(X(2), X(3)));
TEST(is_ne_exact, !term_same_value(S(2), S(3)));
TEST(is_eq, term_equal(S(2), S(3)));
TEST(is_ne, !term_equal(S(2), S(3)));

do_is_lt_xi: {
    term a = X(2), b = C(3);
    if (likely(is_small(a)) ? (int64_t)a.bits < (int64_t)b.bits : term_compare(a, b) < 0) NEXT(is_lt_xi);
    JUMP(1);
}
do_is_lt_ix: {
    term a = C(2), b = X(3);
    if (likely(is_small(b)) ? (int64_t)a.bits < (int64_t)b.bits : term_compare(a, b) < 0) NEXT(is_lt_ix);
    JUMP(1);
}
do_is_lt_xx: {
    term a = X(2), b = X(3);
    if (likely(are_small(a, b)) ? (int64_t)a.bits < (int64_t)b.bits : term_compare(a, b) < 0) NEXT(is_lt_xx);
    JUMP(1);
}
TEST(is_lt, term_compare(S(2), S(3)) < 0);
do_is_ge_xi: {
    term a = X(2), b = C(3);
    if (likely(is_small(a)) ? (int64_t)a.bits >= (int64_t)b.bits : term_compare(a, b) >= 0) NEXT(is_ge_xi);
    JUMP(1);
}
do_is_ge_ix: {
    term a = C(2), b = X(3);
    if (likely(is_small(b)) ? (int64_t)a.bits >= (int64_t)b.bits : term_compare(a, b) >= 0) NEXT(is_ge_ix);
    JUMP(1);
}
do_is_ge_xx: {
    term a = X(2), b = X(3);
    if (likely(are_small(a, b)) ? (int64_t)a.bits >= (int64_t)b.bits : term_compare(a, b) >= 0) NEXT(is_ge_xx);
    JUMP(1);
}
TEST(is_ge, term_compare(S(2), S(3)) >= 0);

/* (value, label) pairs, few. */
do_select_linear: {
    term v = S(1);
    const code_word *c = pc + 4, *end = c + pc[3];
    for (; c < end; c += 2)
        if (constant(c[0]).bits == v.bits) {
            pc = low_pointer(c[1]);
            DISPATCH();
        }
    JUMP(2);
}
do_select_binary: {
    term v = S(1);
    code_word n = pc[3] / 2, low = 0, high = n;
    const code_word *values = pc + 4, *labels = values + n;
    while (low < high) {
        code_word middle = (low + high) / 2;
        int64_t m = (int64_t)constant(values[middle]).bits;
        if (m == (int64_t)v.bits) {
            pc = low_pointer(labels[middle]);
            DISPATCH();
        }
        if (m < (int64_t)v.bits)
            low = middle + 1;
        else
            high = middle;
    }
    JUMP(2);
}
do_select_jump_x: {
    term v = X(1);
    uint64_t i = (uint64_t)(small_value(v) - small_value(C(3)));
    if (unlikely(!is_small(v)) || i >= pc[4]) JUMP(2);
    pc = low_pointer(pc[5 + i]);
    DISPATCH();
}
do_select_jump: {
    term v = S(1);
    uint64_t i = (uint64_t)(small_value(v) - small_value(C(3)));
    if (unlikely(!is_small(v)) || i >= pc[4]) JUMP(2);
    pc = low_pointer(pc[5 + i]);
    DISPATCH();
}
do_select_arity: {
    uint64_t h = boxed_words(S(1))->bits;
    const code_word *c = pc + 4, *end = c + pc[3];
    for (; c < end; c += 2)
        if (c[0] == h) {
            pc = low_pointer(c[1]);
            DISPATCH();
        }
    JUMP(2);
}
