/* SPDX-License-Identifier: Apache-2.0 */
/* body_bits.h -- the bit syntax; included by engine.c into its loop.
 * What it means stands in binary/match.h and binary/create.h. */

#define HEAP() (&p->heap)
/* Operand `d` = value of an expression that may allocate; no value: jump to the fail label. */
#define GET(name, d, expression)                                                                   \
    do_##name : {                                                                                  \
        SAVE();                                                                                    \
        term got = (expression);                                                                   \
        LOAD();                                                                                    \
        if (unlikely(is_no_value(got))) JUMP(1);                                                   \
        D(d) = got;                                                                                \
        COLLECT_SOON();                                                                            \
        NEXT(name);                                                                                \
    }

GET(bs_start_match, 3, match_start(HEAP(), S(2)))
do_bs_start_match_sure: {
    SAVE();
    term got = match_start(HEAP(), S(1));
    LOAD();
    D(2) = got;
    COLLECT_SOON();
    NEXT(bs_start_match_sure);
}
do_bs_get_small: {
    term *m = boxed_words(S(2));
    size_t at = m[3].bits, bits = pc[3];
    if (unlikely(m[4].bits - at < bits)) JUMP(1);
    m[3].bits = at + bits;
    const uint8_t *base = MATCH_BASE(m);
    term got;
    if (likely(((at | bits) & 7) == 0)) {
        const uint8_t *b = base + at / 8;
        switch (bits) {
        case 8: got = small(*b); break;
        case 16: got = small(load_u16(b)); break;
        case 32: got = small(load_u32(b)); break;
        default: got = small((int64_t)bits_get_slow(base, at, (unsigned)bits));
        }
    } else {
        got = small((int64_t)bits_get_slow(base, at, (unsigned)bits));
    }
    D(5) = got;
    NEXT(bs_get_small);
}
GET(bs_get_integer_fixed, 5, match_get_integer(HEAP(), S(2), pc[3], pc[4]))
GET(bs_get_integer, 6, ({
        size_t bits;
        match_size(S(3), pc[4], &bits) ? match_get_integer(HEAP(), S(2), bits, pc[5]) : NO_VALUE;
    }))
GET(bs_get_float, 6, ({
        size_t bits;
        match_size(S(3), pc[4], &bits) ? match_get_float(HEAP(), S(2), bits, pc[5]) : NO_VALUE;
    }))
GET(bs_get_binary, 5, ({
        size_t bits;
        match_size(S(3), pc[4], &bits) ? match_get_binary(HEAP(), S(2), bits) : NO_VALUE;
    }))
GET(bs_get_binary_fixed, 4, match_get_binary(HEAP(), S(2), pc[3]))
GET(bs_get_binary_all, 4, match_get_rest(HEAP(), S(2), pc[3]))
GET(bs_get_utf8, 3, match_get_utf8(S(2)))
GET(bs_get_utf16, 4, match_get_utf16(S(2), pc[3]))
GET(bs_get_utf32, 4, match_get_utf32(S(2), pc[3]))
do_bs_skip: {
    size_t bits;
    if (!match_size(S(3), pc[4], &bits) || !match_skip(S(2), bits)) JUMP(1);
    NEXT(bs_skip);
}
TEST(bs_skip_fixed, match_skip(S(2), pc[3]));
TEST(bs_test_tail, match_test_tail(S(2), pc[3]));
TEST(bs_test_tail_large, match_test_tail(S(2), (uint64_t)pc[4] << 32 | pc[3]));
TEST(bs_test_unit, match_test_unit(S(2), pc[3]));
TEST(bs_ensure, match_ensure_at_least(S(2), pc[3], pc[4]));
TEST(bs_match_string, match_string(S(2), low_pointer(pc[4]), pc[3]));
TEST(bs_match_equal, match_take_equal(S(2), pc[3], (uint64_t)pc[5] << 32 | pc[4]));
do_bs_get_tail: {
    SAVE();
    term got = match_tail(HEAP(), S(1));
    LOAD();
    D(2) = got;
    COLLECT_SOON();
    NEXT(bs_get_tail);
}
do_bs_get_position: D(2) = match_position(S(1)); NEXT(bs_get_position);
do_bs_set_position: match_set_position(S(1), S(2)); NEXT(bs_set_position);
do_bs_take_integer: {
    SAVE();
    term got = match_take_integer(HEAP(), S(1), pc[2], pc[3]);
    LOAD();
    D(4) = got;
    COLLECT_SOON();
    NEXT(bs_take_integer);
}
do_bs_take_binary: {
    SAVE();
    term got = match_take_binary(HEAP(), S(1), pc[2]);
    LOAD();
    D(3) = got;
    COLLECT_SOON();
    NEXT(bs_take_binary);
}
do_bs_take_skip: match_take_skip(S(1), pc[2]); NEXT(bs_take_skip);

/* --- putting together ---------------------------------------------------------------------- */

#define CREATE_BITS_FREE (1 << 18) /* up to here, copying costs no reductions */
#define CREATE_WORDS 16 /* more than the binary itself takes on the heap */

do_bs_create_bin: {
    struct create_fault why;
    ROOM(pc[2] + CREATE_WORDS, pc[3]);
    const code_word *w = pc + 6;
    size_t count = pc[5] / 6;
    for (size_t i = 0; i < count; i++, w += 6) {
        struct segment *s = &segments[i];
        s->type = (uint8_t)w[0], s->number = w[1], s->unit = (uint16_t)w[2], s->flags = (uint8_t)w[3];
        if (w[0] == SEGMENT_STRING)
            s->string = low_pointer(w[4]);
        else
            s->value = source(w[4], stack);
        s->size = source(w[5], stack);
    }
    SAVE();
    term got = binary_create(HEAP(), segments, count, &why);
    LOAD();
    if (unlikely(is_no_value(got))) {
        if (pc[1]) JUMP(1);
        SAVE();
        raise(p, why.reason);
        p->fault.has_info = true;
        p->fault.info = create_fault_info(HEAP(), &why);
        LOAD();
        faulty = NULL;
        goto fault;
    }
    if (unlikely(binary_bit_size(got) >= CREATE_BITS_FREE)) reds -= create_reductions(segments, count, got);
    D(4) = got;
    COLLECT_SOON();
    NEXT_AFTER_LIST(5);
}
do_bs_init_writable:
    SAVE();
    engine_x[0] = binary_init_writable(HEAP(), engine_x[0]);
    LOAD();
    NEXT(bs_init_writable);
do_bs_init: {
    term reason;
    ROOM(pc[4] + CREATE_WORDS, pc[5]);
    SAVE();
    term got = builder_start_size(&builder, HEAP(), S(2), pc[3], &reason);
    LOAD();
    if (is_no_value(got)) FAIL_OR_JUMP(reason);
    D(6) = got;
    NEXT(bs_init);
}
do_bs_append: {
    term reason = ATOM(badarg);
    size_t bits;
    bool is_private = pc[7];
    if (!is_private) ROOM(pc[3] + CREATE_WORDS, pc[4]);
    if (!match_size(S(2), 1, &bits)) FAIL_OR_JUMP(reason);
    SAVE();
    term got = builder_append(&builder, HEAP(), S(6), bits, pc[5], is_private, &reason);
    LOAD();
    if (is_no_value(got)) FAIL_OR_JUMP(reason);
    D(8) = got;
    NEXT(bs_append);
}
#define PUT(name, done)                                                                            \
    do_##name : {                                                                                  \
        if (unlikely(!(done))) FAIL_OR_JUMP(ATOM(badarg));                                         \
        NEXT(name);                                                                                \
    }
PUT(bs_put_integer, ({
        size_t bits;
        match_size(S(2), pc[3], &bits) && builder_put_integer(&builder, S(5), bits, pc[4]);
    }))
PUT(bs_put_float, ({
        size_t bits;
        match_size(S(2), pc[3], &bits) && builder_put_float(&builder, S(5), bits, pc[4]);
    }))
PUT(bs_put_binary, ({
        size_t bits;
        match_size(S(2), pc[3], &bits) && builder_put_binary(&builder, S(4), bits);
    }))
PUT(bs_put_binary_all, builder_put_binary_all(&builder, S(3), pc[2]))
PUT(bs_put_utf8, builder_put_utf8(&builder, S(2)))
PUT(bs_put_utf16, builder_put_utf16(&builder, S(3), pc[2]))
PUT(bs_put_utf32, is_code_point(S(3)) && builder_put_integer(&builder, S(3), 32, pc[2]))
do_bs_put_string: builder_put_string(&builder, low_pointer(pc[2]), pc[1]); NEXT(bs_put_string);
do_bs_utf8_size: D(2) = utf8_size(S(1)); NEXT(bs_utf8_size);
do_bs_utf16_size: D(2) = utf16_size(S(1)); NEXT(bs_utf16_size);
do_bs_add: {
    term reason;
    SAVE();
    term got = builder_add(HEAP(), S(2), S(3), pc[4], &reason);
    LOAD();
    if (is_no_value(got)) FAIL_OR_JUMP(reason);
    D(5) = got;
    NEXT(bs_add);
}
