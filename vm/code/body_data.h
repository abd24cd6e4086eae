/* SPDX-License-Identifier: Apache-2.0 */
/* body_data.h -- lists, tuples, maps, funs; included by engine.c into its loop.
 * Where a list, tuple or fun is put together, a test_heap before it has made room. */

do_get_list_xxx: {
    const term *w = cons_words(X(1));
    term tl = w[1];
    X(2) = w[0];
    X(3) = tl;
    NEXT(get_list_xxx);
}
do_get_list_xxy: {
    const term *w = cons_words(X(1));
    X(2) = w[0];
    Y(3) = w[1];
    NEXT(get_list_xxy);
}
do_get_list_xyx: {
    const term *w = cons_words(X(1));
    Y(2) = w[0];
    X(3) = w[1];
    NEXT(get_list_xyx);
}
do_get_list: {
    const term *w = cons_words(S(1));
    D(2) = w[0];
    D(3) = w[1];
    NEXT(get_list);
}
do_get_hd_xx: X(2) = head(X(1)); NEXT(get_hd_xx);
do_get_hd: D(2) = head(S(1)); NEXT(get_hd);
do_get_tl_xx: X(2) = tail(X(1)); NEXT(get_tl_xx);
do_get_tl: D(2) = tail(S(1)); NEXT(get_tl);

do_get_element_xx: X(3) = boxed_words(X(1))[pc[2]]; NEXT(get_element_xx);
do_get_element_xy: Y(3) = boxed_words(X(1))[pc[2]]; NEXT(get_element_xy);
do_get_element_yx: X(3) = boxed_words(Y(1))[pc[2]]; NEXT(get_element_yx);
do_get_element: D(3) = boxed_words(S(1))[pc[2]]; NEXT(get_element);
do_get_element2_x: {
    const term *w = boxed_words(X(1)) + pc[2];
    X(3) = w[0];
    X(4) = w[1];
    NEXT(get_element2_x);
}
do_get_element2: {
    const term *w = boxed_words(S(1)) + pc[2];
    D(3) = w[0];
    D(4) = w[1];
    NEXT(get_element2);
}
do_get_element3_x: {
    const term *w = boxed_words(X(1)) + pc[2];
    X(3) = w[0];
    X(4) = w[1];
    X(5) = w[2];
    NEXT(get_element3_x);
}
do_get_element3: {
    const term *w = boxed_words(S(1)) + pc[2];
    D(3) = w[0];
    D(4) = w[1];
    D(5) = w[2];
    NEXT(get_element3);
}
do_set_tuple_element: boxed_words(S(2))[pc[3]] = S(1); NEXT(set_tuple_element);

/* hint, size, tuple, destination, count, (place from 1, value).. ; makes its own room. */
do_update_record: {
    size_t n = pc[2];
    p->heap.top = htop;
    p->heap.stack = stack;
    term *to = heap_alloc(&p->heap, TUPLE_WORDS(n));
    htop = p->heap.top;
    memcpy(to, boxed_words(S(3)), TUPLE_WORDS(n) * sizeof(term));
    for (code_word i = 0; i < pc[5]; i += 2) to[pc[6 + i]] = source(pc[7 + i], stack);
    D(4) = boxed_term(to);
    COLLECT_SOON();
    NEXT_AFTER_LIST(5);
}

#define PUT_LIST(h, t)                                                                             \
    htop[0] = (h);                                                                                 \
    htop[1] = (t);                                                                                 \
    htop += 2

do_put_list_xxx: PUT_LIST(X(1), X(2)); X(3) = cons_term(htop - 2); NEXT(put_list_xxx);
do_put_list_xcx: PUT_LIST(X(1), C(2)); X(3) = cons_term(htop - 2); NEXT(put_list_xcx);
do_put_list_xyx: PUT_LIST(X(1), Y(2)); X(3) = cons_term(htop - 2); NEXT(put_list_xyx);
do_put_list_yxx: PUT_LIST(Y(1), X(2)); X(3) = cons_term(htop - 2); NEXT(put_list_yxx);
do_put_list: PUT_LIST(S(1), S(2)); D(3) = cons_term(htop - 2); NEXT(put_list);

do_room_put_list:
    ROOM(pc[1], pc[2]);
    PUT_LIST(S(3), S(4));
    D(5) = cons_term(htop - 2);
    NEXT(room_put_list);
do_room_put_tuple2:
    ROOM(pc[1], pc[2]);
    htop[0] = header(2, KIND_TUPLE);
    htop[1] = S(4);
    htop[2] = S(5);
    D(3) = boxed_term(htop);
    htop += 3;
    NEXT(room_put_tuple2);
do_room_put_tuple3:
    ROOM(pc[1], pc[2]);
    htop[0] = header(3, KIND_TUPLE);
    htop[1] = S(4);
    htop[2] = S(5);
    htop[3] = S(6);
    D(3) = boxed_term(htop);
    htop += 4;
    NEXT(room_put_tuple3);

do_put_tuple1:
    htop[0] = header(1, KIND_TUPLE);
    htop[1] = S(2);
    D(1) = boxed_term(htop);
    htop += 2;
    NEXT(put_tuple1);
do_put_tuple2:
    htop[0] = header(2, KIND_TUPLE);
    htop[1] = S(2);
    htop[2] = S(3);
    D(1) = boxed_term(htop);
    htop += 3;
    NEXT(put_tuple2);
do_put_tuple3:
    htop[0] = header(3, KIND_TUPLE);
    htop[1] = S(2);
    htop[2] = S(3);
    htop[3] = S(4);
    D(1) = boxed_term(htop);
    htop += 4;
    NEXT(put_tuple3);
do_put_tuple4:
    htop[0] = header(4, KIND_TUPLE);
    htop[1] = S(2);
    htop[2] = S(3);
    htop[3] = S(4);
    htop[4] = S(5);
    D(1) = boxed_term(htop);
    htop += 5;
    NEXT(put_tuple4);
do_put_tuple: {
    code_word n = pc[2];
    term *to = htop;
    *to++ = header(n, KIND_TUPLE);
    for (code_word i = 0; i < n; i++) *to++ = source(pc[3 + i], stack);
    D(1) = boxed_term(htop);
    htop = to;
    NEXT_AFTER_LIST(2);
}
do_make_fun: {
    code_word n = pc[3];
    term *to = htop;
    *to++ = header(2 + n, KIND_FUN);
    *to++ = term_of(pc[1]);
    *to++ = p->pid;
    for (code_word i = 0; i < n; i++) *to++ = source(pc[4 + i], stack);
    D(2) = boxed_term(htop);
    htop = to;
    NEXT_AFTER_LIST(3);
}

/* --- maps --------------------------------------------------------------------------------- */

/* map, destination, live, count, (key, value).. */
do_put_map_assoc: {
    code_word n = pc[4];
    term *pairs = map_pairs;
    for (code_word i = 0; i < n; i++) pairs[i] = source(pc[5 + i], stack);
    SAVE();
    term map = S(1);
    left = n == 2 ? map_put(&p->heap, map, pairs[0], pairs[1]) : map_put_all(&p->heap, map, pairs, n / 2);
    LOAD();
    D(2) = left;
    COLLECT_SOON();
    NEXT_AFTER_LIST(4);
}
do_put_map_exact: {
    code_word n = pc[5];
    term *pairs = map_pairs, missing = NIL;
    for (code_word i = 0; i < n; i++) pairs[i] = source(pc[6 + i], stack);
    SAVE();
    left = map_put_all_exact(&p->heap, S(2), pairs, n / 2, &missing);
    LOAD();
    if (is_no_value(left)) {
        if (pc[1]) JUMP(1);
        SAVE();
        term reason = make_tuple2(&p->heap, ATOM(badkey), missing);
        LOAD();
        FAIL_WITH(reason);
    }
    D(3) = left;
    COLLECT_SOON();
    NEXT_AFTER_LIST(5);
}
do_has_map_fields: {
    term map = S(2);
    for (code_word i = 0; i < pc[3]; i++)
        if (is_no_value(map_get(map, source(pc[4 + i], stack)))) JUMP(1);
    NEXT_AFTER_LIST(3);
}
do_get_map_element_xqx: {
    term value = map_get(X(2), C(3));
    if (is_no_value(value)) JUMP(1);
    X(4) = value;
    NEXT(get_map_element_xqx);
}
do_get_map_element: {
    term value = map_get(S(2), S(3));
    if (is_no_value(value)) JUMP(1);
    D(4) = value;
    NEXT(get_map_element);
}
do_get_map_elements: {
    term map = S(2);
    for (code_word i = 0; i < pc[3]; i += 2) {
        term value = map_get(map, source(pc[4 + i], stack));
        if (is_no_value(value)) JUMP(1);
        *destination(pc[5 + i], stack) = value;
    }
    NEXT_AFTER_LIST(3);
}
