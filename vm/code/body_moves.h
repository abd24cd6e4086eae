/* SPDX-License-Identifier: Apache-2.0 */
/* body_moves.h -- moves and initialisation; included by engine.c into its loop. */

do_move_xx: X(2) = X(1); NEXT(move_xx);
do_move_yx: X(2) = Y(1); NEXT(move_yx);
do_move_xy: Y(2) = X(1); NEXT(move_xy);
do_move_cx: X(2) = C(1); NEXT(move_cx);
do_move_cy: Y(2) = C(1); NEXT(move_cy);
do_move_yy: Y(2) = Y(1); NEXT(move_yy);
do_move_sd: D(2) = S(1); NEXT(move_sd);

do_move2_xxxx: X(2) = X(1); X(4) = X(3); NEXT(move2_xxxx);
do_move2_xxxy: X(2) = X(1); Y(4) = X(3); NEXT(move2_xxxy);
do_move2_xxyx: X(2) = X(1); X(4) = Y(3); NEXT(move2_xxyx);
do_move2_xxyy: X(2) = X(1); Y(4) = Y(3); NEXT(move2_xxyy);
do_move2_xxcx: X(2) = X(1); X(4) = C(3); NEXT(move2_xxcx);
do_move2_xxcy: X(2) = X(1); Y(4) = C(3); NEXT(move2_xxcy);
do_move2_xyxx: Y(2) = X(1); X(4) = X(3); NEXT(move2_xyxx);
do_move2_xyxy: Y(2) = X(1); Y(4) = X(3); NEXT(move2_xyxy);
do_move2_xyyx: Y(2) = X(1); X(4) = Y(3); NEXT(move2_xyyx);
do_move2_xyyy: Y(2) = X(1); Y(4) = Y(3); NEXT(move2_xyyy);
do_move2_xycx: Y(2) = X(1); X(4) = C(3); NEXT(move2_xycx);
do_move2_xycy: Y(2) = X(1); Y(4) = C(3); NEXT(move2_xycy);
do_move2_yxxx: X(2) = Y(1); X(4) = X(3); NEXT(move2_yxxx);
do_move2_yxxy: X(2) = Y(1); Y(4) = X(3); NEXT(move2_yxxy);
do_move2_yxyx: X(2) = Y(1); X(4) = Y(3); NEXT(move2_yxyx);
do_move2_yxyy: X(2) = Y(1); Y(4) = Y(3); NEXT(move2_yxyy);
do_move2_yxcx: X(2) = Y(1); X(4) = C(3); NEXT(move2_yxcx);
do_move2_yxcy: X(2) = Y(1); Y(4) = C(3); NEXT(move2_yxcy);
do_move2_yyxx: Y(2) = Y(1); X(4) = X(3); NEXT(move2_yyxx);
do_move2_yyxy: Y(2) = Y(1); Y(4) = X(3); NEXT(move2_yyxy);
do_move2_yyyx: Y(2) = Y(1); X(4) = Y(3); NEXT(move2_yyyx);
do_move2_yyyy: Y(2) = Y(1); Y(4) = Y(3); NEXT(move2_yyyy);
do_move2_yycx: Y(2) = Y(1); X(4) = C(3); NEXT(move2_yycx);
do_move2_yycy: Y(2) = Y(1); Y(4) = C(3); NEXT(move2_yycy);
do_move2_cxxx: X(2) = C(1); X(4) = X(3); NEXT(move2_cxxx);
do_move2_cxxy: X(2) = C(1); Y(4) = X(3); NEXT(move2_cxxy);
do_move2_cxyx: X(2) = C(1); X(4) = Y(3); NEXT(move2_cxyx);
do_move2_cxyy: X(2) = C(1); Y(4) = Y(3); NEXT(move2_cxyy);
do_move2_cxcx: X(2) = C(1); X(4) = C(3); NEXT(move2_cxcx);
do_move2_cxcy: X(2) = C(1); Y(4) = C(3); NEXT(move2_cxcy);
do_move2_cyxx: Y(2) = C(1); X(4) = X(3); NEXT(move2_cyxx);
do_move2_cyxy: Y(2) = C(1); Y(4) = X(3); NEXT(move2_cyxy);
do_move2_cyyx: Y(2) = C(1); X(4) = Y(3); NEXT(move2_cyyx);
do_move2_cyyy: Y(2) = C(1); Y(4) = Y(3); NEXT(move2_cyyy);
do_move2_cycx: Y(2) = C(1); X(4) = C(3); NEXT(move2_cycx);
do_move2_cycy: Y(2) = C(1); Y(4) = C(3); NEXT(move2_cycy);
do_move3_xyxyxy: Y(2) = X(1); Y(4) = X(3); Y(6) = X(5);  NEXT(move3_xyxyxy);
do_move3_yxyxyx: X(2) = Y(1); X(4) = Y(3); X(6) = Y(5);  NEXT(move3_yxyxyx);
do_move3_xxxxxx: X(2) = X(1); X(4) = X(3); X(6) = X(5);  NEXT(move3_xxxxxx);
do_move3_cxcxcx: X(2) = C(1); X(4) = C(3); X(6) = C(5);  NEXT(move3_cxcxcx);

do_load64: X(1) = term_of((uint64_t)pc[3] << 32 | pc[2]); NEXT(load64);
do_swap_xx: {
    term t = X(1);
    X(1) = X(2);
    X(2) = t;
    NEXT(swap_xx);
}
do_swap: {
    term t = D(1);
    D(1) = D(2);
    D(2) = t;
    NEXT(swap);
}
do_init1: Y(1) = NIL; NEXT(init1);
do_init2: Y(1) = NIL; Y(2) = NIL; NEXT(init2);
do_init_list: {
    for (code_word i = 0; i < pc[1]; i++) Y_AT(pc[2 + i]) = NIL;
    NEXT_AFTER_LIST(1);
}
