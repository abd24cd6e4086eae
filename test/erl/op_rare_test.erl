%% SPDX-License-Identifier: Apache-2.0
%% Instructions that ordinary code seldom has, one function for each; named after the instruction.
-module(op_rare_test).
-export([run/0, nif_start/1, is_ne/2, call_fun/2]).
-nifs([nif_start/1]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    Terms = ?V([1, 1.0, 2, a, {1}, {1.0}, [1], <<1>>, #{}, 1 bsl 64]),
    [?T(is_ne(A, B)) || A <- Terms, B <- Terms],
    [?T(is_eq(A, B)) || A <- Terms, B <- Terms],
    [?T({fsub(A), fnegate(A), fmul_fadd(A), fdiv(A)}) || A <- ?V([0.0, 1.5, -2.5, 1.0e300])],
    [?T(fsub(A)) || A <- ?V([a, 1, 1 bsl 70])],
    [?T(nif_start(A)) || A <- ?V([1, a])],
    [?T(is_number_(A)) || A <- Terms],
    [?T(is_function2(F, N)) || F <- ?V([fun lists:map/2, fun is_ne/2, a]), N <- ?V([0, 1, 2])],
    [?T(skip_utf(B)) || B <- ?V([<<"aλ"/utf8>>, <<955/utf8, 1>>, <<255, 1>>, <<>>])],
    [?T(skip_utf16(B)) || B <- ?V([<<955/utf16, 1>>, <<16#D800:16>>, <<16#1F600/utf16, 2>>])],
    [?T(skip_utf32(B)) || B <- ?V([<<955/utf32, 1>>, <<16#110000:32>>])],
    [?T(has_map_fields(M)) || M <- ?V([#{a => 1, b => 2}, #{a => 1}, #{c => 1}, #{a => 1, b => 2, c => 3}])],
    [?T(raw_raise(C)) || C <- ?V([throw, error, exit])],
    [?T(raise(C)) || C <- ?V([throw, error, exit])],
    ?T(build_stacktrace()),
    [?T(is_boolean_(A)) || A <- ?V([true, false, a, 1])],
    [?T(is_tagged(A)) || A <- ?V([{a}, {a, 1}, {b, 1}, a])],
    [?T(is_bitstr(A)) || A <- ?V([<<1>>, <<1:1>>, a])],
    [?T(is_port_ref_pid(A)) || A <- ?V([self(), make_ref(), a])],
    [?T(set_tuple_element(A)) || A <- ?V([{1, 2, 3, 4, 5, 6}])],
    [?T(select_tuple_arity(A)) || A <- ?V([{1}, {1, 2}, {1, 2, 3}, {}, a])],
    [?T(test_unit(B)) || B <- ?V([<<1:16>>, <<1:12>>, <<1:9>>, <<>>])],
    [?T(positions(B)) || B <- ?V([<<1, 2, 3>>, <<1, 9>>, <<7>>, <<>>, <<8, 8, 8, 8>>])],
    [?T(apply_(A, B)) || {A, B} <- ?V([{lists, reverse}, {erlang, hd}, {erlang, nothing}])],
    [?T(call_fun(F, 3)) || F <- ?V([fun(X) -> X + 1 end, fun erlang:abs/1, a, fun() -> x end])],
    ?T(swap(?V([1, 2, 3]))),
    ?T(trim(?V(3))),
    ?T(init_writable(?V([1, 2, 3]))),
    ?T(receive_marker()),
    ?T(badrecord(?V(x))),
    [?T(gc_bif3(B)) || B <- ?V([<<"hello">>, <<"he">>, a])],
    [?T(try_case_end(A)) || A <- ?V([1, 2])],
    [?T(op_asm:is_ne(A, B)) || A <- Terms, B <- Terms],
    [?T(op_asm:allocate_zero(A)) || A <- Terms],
    [?T(op_asm:bs_append(A, B, 8 + bit_size(B))) || A <- ?V([<<>>, <<"a">>, binary:copy(<<"long">>, 40)]), B <- [<<>>, <<"bc">>, binary:copy(<<"wide">>, 50)]],
    [?T(op_asm:bs_append(A, <<"b">>, N)) || A <- ?V([<<>>, <<"a">>, <<1:1>>, a]), N <- ?V([-1, a, 16])],
    ?T(op_asm:bs_append(op_asm:bs_append(?V(<<"a">>), <<"b">>, 16), <<"c">>, 16)),
    [?T(op_asm:bs_init2(A, N)) || A <- ?V([<<>>, <<"ab">>, <<1:1>>, a]), N <- ?V([0, -1, 65536, a])],
    [?T(op_asm:bs_init_bits(A, N)) || A <- ?V([5, 1 bsl 70, a]), N <- ?V([0, 1, 40, -1, a])].

is_ne(A, B) -> if A /= B -> differ(A); true -> same(B) end.
is_eq(A, B) -> if A == B -> same(A); true -> differ(B) end.
same(X) -> {same, X}.
differ(X) -> {differ, X}.

fsub(A) -> A - 1.0 - (A * 2.0).
fnegate(A) -> B = A * 2.0, -B.
fmul_fadd(A) when is_float(A) -> A * A * 1.0e-290 + A.
fdiv(A) when is_float(A) -> A / 3.0 / 2.0.

nif_start(A) -> {not_native, A}.

is_number_(A) when is_number(A) -> yes(A);
is_number_(A) -> differ(A).
yes(A) -> {yes, A}.

is_function2(F, N) when is_function(F, N) -> yes(N);
is_function2(_, N) -> differ(N).

skip_utf(<<_/utf8, R/bits>>) -> R;
skip_utf(_) -> none.
skip_utf16(<<_/utf16, R/bits>>) -> R;
skip_utf16(_) -> none.
skip_utf32(<<_/utf32, R/bits>>) -> R;
skip_utf32(_) -> none.

has_map_fields(#{a := _, b := _, c := _}) -> abc;
has_map_fields(#{a := _, b := _}) -> ab;
has_map_fields(#{a := _}) -> a;
has_map_fields(#{}) -> none.

raw_raise(C) ->
    try
        try erlang:raise(C, first, []) catch A:B:S when B =/= other -> put(seen, A), erlang:raise(A, B, S) end
    catch C2:R2 -> {C2, R2, get(seen)}
    end.

raise(C) ->
    try
        try erlang:raise(C, first, []) after put(after_, C) end
    catch C2:R2 -> {C2, R2, get(after_)}
    end.

build_stacktrace() ->
    try hd(?V([])) catch error:R:S -> {R, [F || {_, F, _, _} <- lists_two(S)]} end.
lists_two([A, B | _]) -> [A, B].

is_boolean_(A) when is_boolean(A) -> yes(A);
is_boolean_(A) -> differ(A).
is_tagged({a}) -> one;
is_tagged({a, X}) -> yes(X);
is_tagged(X) -> differ(X).
is_bitstr(A) when is_bitstring(A) -> yes(A);
is_bitstr(A) -> differ(A).
is_port_ref_pid(A) when is_port(A) -> port;
is_port_ref_pid(A) when is_reference(A) -> ref;
is_port_ref_pid(A) when is_pid(A) -> pid;
is_port_ref_pid(_) -> none.

-record(six, {a, b, c, d, e}).
set_tuple_element({1, B, C, D, E, _}) -> set({six, B, C, D, E, 0}).
set(R) -> R#six{a = x, c = y, e = z}.

select_tuple_arity({A}) -> yes(A);
select_tuple_arity({A, _}) -> same(A);
select_tuple_arity({_, _, A}) -> differ(A);
select_tuple_arity(_) -> none.

test_unit(<<_:8, R/binary>>) -> {binary, R};
test_unit(<<_:8, R/binary-unit:4>>) -> {nibbles, R};
test_unit(<<_:8, R/bits>>) -> {bits, R};
test_unit(_) -> none.

positions(<<1, R/binary>> = B) -> {one, R, B};
positions(<<7, _/binary>> = B) -> {seven, B};
positions(<<A, B, R/binary>> = W) -> case R of <<A, B>> -> {twice, W}; _ -> {pair, A, B, R} end;
positions(W) -> W.

apply_(M, F) -> R = M:F([1, 2]), {R}.
call_fun(F, X) -> R = F(X), {R}.

swap([A, B, C]) -> swapped(B, A, C).
swapped(A, B, C) -> three(B, A, C).
three(A, B, C) -> {A, B, C}.

trim(N) ->
    A = yes(N), B = yes(A), C = yes(B), D = same(C),
    E = differ({A, B, C, D}),
    F = same({E, D}),
    G = yes(F),
    {G, E}.

init_writable(L) -> << <<X:12>> || X <- L >>.

receive_marker() ->
    [self() ! N || N <- [1, 2, 3]],
    Ref = make_ref(),
    self() ! {Ref, found},
    R = receive {Ref, X} -> X end,
    {R, expect:flush()}.

badrecord(X) -> X#six.c.

gc_bif3(B) when binary_part(B, 1, 3) =:= <<"ell">> -> ell;
gc_bif3(_) -> none.

try_case_end(A) ->
    try yes(A) of {yes, 1} -> one catch throw:_ -> thrown end.
