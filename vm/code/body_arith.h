/* SPDX-License-Identifier: Apache-2.0 */
/* body_arith.h -- arithmetic, floats and built-in functions in place; included by engine.c into its loop.
 * All instructions of the arithmetic groups have the same shape: two sources and a destination. */

#define ARITH_SLOW(function, name)                                                                 \
    do {                                                                                           \
        arith = (function);                                                                        \
        operator= ATOM(name);                                                                      \
        goto arith_slow;                                                                           \
    } while (0)
#define ARITH(name, l, r, dst, fast, slow, op)                                                     \
    do_##name : left = (l);                                                                        \
    right = (r);                                                                                   \
    if (likely(fast(left, right, &(dst)))) NEXT(name);                                             \
    ARITH_SLOW(slow, op)

ARITH(add_xix, X(1), C(2), X(3), add_small, number_add, plus);
ARITH(add_xxx, X(1), X(2), X(3), add_small, number_add, plus);
ARITH(add_yix, Y(1), C(2), X(3), add_small, number_add, plus);
ARITH(add_yxx, Y(1), X(2), X(3), add_small, number_add, plus);
ARITH(add_xyx, X(1), Y(2), X(3), add_small, number_add, plus);
ARITH(add, S(1), S(2), D(3), add_small, number_add, plus);
ARITH(subtract_xix, X(1), C(2), X(3), subtract_small, number_subtract, minus);
ARITH(subtract_xxx, X(1), X(2), X(3), subtract_small, number_subtract, minus);
ARITH(subtract_yix, Y(1), C(2), X(3), subtract_small, number_subtract, minus);
ARITH(subtract_xyx, X(1), Y(2), X(3), subtract_small, number_subtract, minus);
ARITH(subtract, S(1), S(2), D(3), subtract_small, number_subtract, minus);
ARITH(multiply_xxx, X(1), X(2), X(3), multiply_small, number_multiply, times);
ARITH(multiply, S(1), S(2), D(3), multiply_small, number_multiply, times);
ARITH(divide_int, S(1), S(2), D(3), divide_small, integer_div, div);
ARITH(remainder, S(1), S(2), D(3), remainder_small, integer_rem, rem);
ARITH(bit_and_xix, X(1), C(2), X(3), and_small, integer_and, band);
ARITH(bit_and, S(1), S(2), D(3), and_small, integer_and, band);
ARITH(bit_or, S(1), S(2), D(3), or_small, integer_or, bor);
ARITH(bit_xor, S(1), S(2), D(3), xor_small, integer_xor, bxor);
ARITH(shift_left, S(1), S(2), D(3), shift_left_small, integer_shift_left, bsl);
ARITH(shift_right_xix, X(1), C(2), X(3), shift_right_small, integer_shift_right, bsr);
ARITH(shift_right, S(1), S(2), D(3), shift_right_small, integer_shift_right, bsr);

arith_slow:
{
    enum number_fault why;
    SAVE();
    term result = arith(&p->heap, left, right, &why);
    LOAD();
    if (is_no_value(result)) {
        raise(p, number_fault_reason(why));
        /* X + 1 and X - 1 are no calls, not even in a trace: as stock's have it, up to OTP 26. */
        if (otp_release < 27 && is_step(pc)) FAIL_WITH(p->fault.reason);
        bif_args[0] = left;
        bif_args[1] = right;
        fault_args = bif_args;
        faulty = export_get(ATOM(erlang), operator, 2);
        goto fault;
    }
    if (is_big(result)) reds -= (int64_t)(big_limbs(result) / 64);
    D(3) = result;
    COLLECT_SOON();
    pc += WORDS_add;
    DISPATCH();
}

/* --- floats -------------------------------------------------------------------------------- */

#define STORE_FLOAT(from, to)                                                                      \
    htop[0] = header(1, KIND_FLOAT);                                                               \
    memcpy(htop + 1, &(from), sizeof(double));                                                     \
    (to) = boxed_term(htop);                                                                       \
    htop += FLOAT_WORDS

do_fmove_load_x : F(2) = float_value(X(1));
NEXT(fmove_load_x);
do_fmove_load2 : F(2) = float_value(S(1));
F(4) = float_value(S(3));
NEXT(fmove_load2);
do_element_fmove:
{
    term t = boxed_words(S(1))[pc[2]];
    D(3) = t;
    F(4) = float_value(t);
    NEXT(element_fmove);
}
do_fmove_store2 : STORE_FLOAT(F(1), D(2));
STORE_FLOAT(F(3), D(4));
NEXT(fmove_store2);
do_fmove_load : F(2) = float_value(S(1));
NEXT(fmove_load);
do_fmove_store : STORE_FLOAT(F(1), D(2));
NEXT(fmove_store);
do_fconv:
{
    term t = S(1);
    if (is_small(t)) {
        F(2) = (double)small_value(t);
    } else if (is_float(t)) {
        F(2) = float_value(t);
    } else if (!number_to_double(t, &F(2))) {
        FAIL_WITH(ATOM(badarith));
    }
    NEXT(fconv);
}
#define FLOAT_OP(name, expression)                                                                 \
    do_##name:                                                                                     \
    {                                                                                              \
        double result = (expression);                                                              \
        if (unlikely(!isfinite(result))) FAIL_WITH(ATOM(badarith));                                \
        F(WORDS_##name - 1) = result;                                                              \
        NEXT(name);                                                                                \
    }
#define LOAD_FLOAT_OP(name, operator_)                                                             \
    do_##name : F(2) = float_value(S(1));                                                          \
    {                                                                                              \
        double result = F(3) operator_ F(4);                                                       \
        if (unlikely(!isfinite(result))) FAIL_WITH(ATOM(badarith));                                \
        F(5) = result;                                                                             \
        NEXT(name);                                                                                \
    }
LOAD_FLOAT_OP(load_fadd, +)
LOAD_FLOAT_OP(load_fsub, -)
LOAD_FLOAT_OP(load_fmul, *)
FLOAT_OP(fadd, F(1) + F(2))
FLOAT_OP(fsub, F(1) - F(2))
FLOAT_OP(fmul, F(1) * F(2))
FLOAT_OP(fdiv, F(1) / F(2))
/* -(0.0) is 0.0 among float registers, as the stock machine has it. */
FLOAT_OP(fnegate, 0.0 - F(1))

/* --- built-in functions in place: natives --------------------------------------------------- */

/* args are in bif_args; d is the place of the destination among the operands. */
#define CALL_BIF(x, d, name)                                                                       \
    do {                                                                                           \
        faulty = (x);                                                                              \
        SAVE();                                                                                    \
        p->reductions = reds;                                                                      \
        left = faulty->native->body(p, bif_args);                                                  \
        reds = p->reductions;                                                                      \
        LOAD();                                                                                    \
        if (unlikely(is_no_value(left))) goto bif_failed;                                          \
        D(d) = left;                                                                               \
        COLLECT_SOON();                                                                            \
        NEXT(name);                                                                                \
    } while (0)

do_bif0:
{
    faulty = EXPORT(1);
    SAVE();
    left = faulty->native->body(p, bif_args);
    LOAD();
    D(2) = left;
    NEXT(bif0);
}
do_bif1 : bif_args[0] = S(3);
CALL_BIF(EXPORT(2), 4, bif1);
do_bif2 : bif_args[0] = S(3);
bif_args[1] = S(4);
CALL_BIF(EXPORT(2), 5, bif2);
/* The operands stand where bif2 has them: what is not small goes there. */
#define GUARD_ARITH(name, fast)                                                                    \
    do_##name : left = S(3);                                                                       \
    right = S(4);                                                                                  \
    if (likely(fast(left, right, &D(5)))) NEXT(bif2);                                              \
    goto do_bif2

GUARD_ARITH(guard_add, add_small);
GUARD_ARITH(guard_subtract, subtract_small);
GUARD_ARITH(guard_multiply, multiply_small);
GUARD_ARITH(guard_divide, divide_small);
GUARD_ARITH(guard_remainder, remainder_small);
GUARD_ARITH(guard_and, and_small);
GUARD_ARITH(guard_shift_left, shift_left_small);
GUARD_ARITH(guard_shift_right, shift_right_small);
do_bif3 : bif_args[0] = S(3);
bif_args[1] = S(4);
bif_args[2] = S(5);
CALL_BIF(EXPORT(2), 6, bif3);

bif_failed : if (pc[1])
{
    p->fault.class_ = FAULT_NONE;
    JUMP(1);
}
fault_args = bif_args;
goto fault;

/* --- ... and those that are instructions ------------------------------------------------------- */

#define BIF_BAD1(name)                                                                             \
    do {                                                                                           \
        bif_args[0] = S(2);                                                                        \
        raise_badarg(p);                                                                           \
        faulty = export_get(ATOM(erlang), ATOM(name), 1);                                          \
        goto bif_failed;                                                                           \
    } while (0)
#define BIF_BAD2(name)                                                                             \
    do {                                                                                           \
        bif_args[0] = S(2);                                                                        \
        bif_args[1] = S(3);                                                                        \
        faulty = export_get(ATOM(erlang), ATOM(name), 2);                                          \
        goto bif_failed;                                                                           \
    } while (0)

do_bif_self : D(1) = p->pid;
NEXT(bif_self);
do_bif_element_xi:
{
    term t = X(3);
    uint64_t i = (uint64_t)small_value(C(2)) - 1;
    if (likely(is_tuple(t)) && likely(i < tuple_size(t))) {
        D(4) = element(t, i);
        NEXT(bif_element_xi);
    }
    raise_badarg(p);
    BIF_BAD2(element);
}
do_bif_element:
{
    term t = element_or_none(S(2), S(3));
    if (likely(is_value(t))) {
        D(4) = t;
        NEXT(bif_element);
    }
    raise_badarg(p);
    BIF_BAD2(element);
}
do_bif_tuple_size:
{
    term t = S(2);
    if (unlikely(!is_tuple(t))) BIF_BAD1(tuple_size);
    D(3) = small((int64_t)tuple_size(t));
    NEXT(bif_tuple_size);
}
do_bif_hd:
{
    term t = S(2);
    if (unlikely(!is_cons(t))) BIF_BAD1(hd);
    D(3) = head(t);
    NEXT(bif_hd);
}
do_bif_tl:
{
    term t = S(2);
    if (unlikely(!is_cons(t))) BIF_BAD1(tl);
    D(3) = tail(t);
    NEXT(bif_tl);
}
do_bif_map_get:
{
    term map = S(3), key = S(2);
    if (unlikely(!is_map(map))) {
        if (pc[1]) JUMP(1);
        SAVE();
        raise(p, make_tuple2(&p->heap, ATOM(badmap), map));
        LOAD();
        BIF_BAD2(map_get);
    }
    term value = map_get(map, key);
    if (unlikely(is_no_value(value))) {
        if (pc[1]) JUMP(1);
        SAVE();
        raise(p, make_tuple2(&p->heap, ATOM(badkey), key));
        LOAD();
        BIF_BAD2(map_get);
    }
    D(4) = value;
    NEXT(bif_map_get);
}
do_bif_is_eq_exact : left = atom_bool(term_same_value(S(1), S(2)));
D(3) = left;
NEXT(bif_is_eq_exact);
do_bif_is_ne_exact : left = atom_bool(!term_same_value(S(1), S(2)));
D(3) = left;
NEXT(bif_is_ne_exact);
do_bif_not:
{
    term t = S(2);
    if (term_same(t, ATOM(true)))
        D(3) = ATOM(false);
    else if (term_same(t, ATOM(false)))
        D(3) = ATOM(true);
    else
        BIF_BAD1(not );
    NEXT(bif_not);
}
do_bif_length:
{
    ptrdiff_t n = list_length(S(2));
    if (unlikely(n < 0)) BIF_BAD1(length);
    reds -= n / 64;
    D(3) = small(n);
    NEXT(bif_length);
}
do_bif_byte_size:
{
    term t = S(2);
    if (likely(is_bitstring(t)))
        D(3) = small((int64_t)binary_size(t));
    else if (is_boxed_kind(t, KIND_MATCH)) /* OTP 26 asks it what is left */
        D(3) = small((int64_t)((match_left(t) + 7) / 8));
    else
        BIF_BAD1(byte_size);
    NEXT(bif_byte_size);
}
