%% SPDX-License-Identifier: Apache-2.0
%% Calls, tail calls, deep recursion, many arguments, garbage collection under way, and the control structures.
-module(e_call_test).
-export([run/0, even/1, odd/1, remote/2]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    ?T(fib(?V(24))),
    ?T(ack(2, ?V(9))),
    ?T(tak(18, 12, ?V(6))),
    ?T(count(?V(3000000))),
    ?T(even(?V(1000001))),
    ?T(?MODULE:even(?V(1000000))),
    ?T(remote(?V(500000), 0)),
    ?T(depth(?V(1000000))),
    ?T(length(build(?V(500000)))),
    ?T(args(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, ?V(19), 20)),
    ?T(swap(1, 2, 3, 4, 5, ?V(6))),
    ?T(collatz(?V(27), 0)),
    ?T(hanoi(?V(12))),
    ?T(queens(?V(7))),
    ?T(sieve(?V(500))),
    ?T(sort(random(2000, 42))=:= sort(sort(random(2000, 42)))),
    ?T(erlang:phash2(sort(random(2000, 42)))),
    ?T(tree_sum(tree(12))),
    ?T(locals(?V(5))),
    [?T(select_atom(X)) || X <- ?V([a, b, c, d, e, f, g, zz, 1, "a"])],
    [?T(select_int(X)) || X <- ?V([0, 1, 2, 3, 4, 5, 100, 200, 300, 1 bsl 40, 1 bsl 70, -1, 1.0, a])],
    [?T(jump_table(X)) || X <- ?V([9, 10, 11, 12, 13, 14, 15, 16, 17, 18, x])],
    [?T(select_float(X)) || X <- ?V([1.0, 2.5, 0.0, -0.0, 1, a])],
    [?T(select_arity(X)) || X <- ?V([{}, {1}, {1, 2}, {1, 2, 3}, {1, 2, 3, 4}, [], a])],
    [?T(classify(X)) || X <- ?V([1, 1.0, a, true, [], [1], {}, <<>>, <<1:1>>, #{}, self(), make_ref(), fun() -> ok end, 1 bsl 64, "str"])],
    [?T(boolean(A, B)) || A <- ?V([true, false, x]), B <- ?V([true, false, x])],
    [?T(short_circuit(A)) || A <- ?V([1, 5, a, {}, [1]])],
    [?T(guard_or(A, B)) || A <- ?V([1, a, {1}]), B <- ?V([1, 2, b])],
    ?T(literals()),
    ?T(gc_loop(20000, [], 0)),
    ?T(mutate(?V({a, b, c}))).

fib(0) -> 0;
fib(1) -> 1;
fib(N) -> fib(N - 1) + fib(N - 2).
ack(0, N) -> N + 1;
ack(M, 0) -> ack(M - 1, 1);
ack(M, N) -> ack(M - 1, ack(M, N - 1)).
tak(X, Y, Z) when Y < X -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y));
tak(_, _, Z) -> Z.
count(0) -> done;
count(N) -> count(N - 1).
even(0) -> true;
even(N) -> odd(N - 1).
odd(0) -> false;
odd(N) -> ?MODULE:even(N - 1).
remote(0, S) -> S;
remote(N, S) -> ?MODULE:remote(N - 1, S + N).
depth(0) -> 0;
depth(N) -> 1 + depth(N - 1).
build(0) -> [];
build(N) -> [N | build(N - 1)].

args(A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T) ->
    X = id(T),
    {A + X, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S}.
swap(A, B, C, D, E, 0) -> {A, B, C, D, E};
swap(A, B, C, D, E, N) -> swap(E, C, B, A, D, N - 1).
id(X) -> X.

collatz(1, N) -> N;
collatz(X, N) when X rem 2 =:= 0 -> collatz(X div 2, N + 1);
collatz(X, N) -> collatz(3 * X + 1, N + 1).

hanoi(N) -> length(hanoi(N, a, b, c, [])).
hanoi(0, _, _, _, Acc) -> Acc;
hanoi(N, A, B, C, Acc) -> hanoi(N - 1, A, C, B, [{A, C} | hanoi(N - 1, B, A, C, Acc)]).

queens(N) -> length(queens(N, N)).
queens(_, 0) -> [[]];
queens(N, K) -> [[Q | B] || B <- queens(N, K - 1), Q <- seq(1, N), safe(Q, 1, B)].
safe(_, _, []) -> true;
safe(Q, D, [H | T]) -> Q =/= H andalso Q =/= H + D andalso Q =/= H - D andalso safe(Q, D + 1, T).

sieve(N) -> sieve_list(seq(2, N)).
sieve_list([]) -> [];
sieve_list([P | T]) -> [P | sieve_list([X || X <- T, X rem P =/= 0])].

sort([]) -> [];
sort([P | T]) -> sort([X || X <- T, X < P]) ++ [P] ++ sort([X || X <- T, X >= P]).
random(0, _) -> [];
random(N, S) ->
    Next = (S * 1103515245 + 12345) band 16#7fffffff,
    [Next bsr 3 | random(N - 1, Next)].

tree(0) -> leaf;
tree(N) -> {tree(N - 1), N, tree(N - 1)}.
tree_sum(leaf) -> 0;
tree_sum({L, N, R}) -> tree_sum(L) + N + tree_sum(R).

locals(N) ->
    A = id(N), B = id(A + 1), C = id(B + 1), D = id(C + 1), E = id(D + 1), F = id(E + 1), G = id(F + 1), H = id(G + 1),
    erlang:garbage_collect(),
    [A, B, C, D, E, F, G, H].

select_atom(a) -> 1;
select_atom(b) -> 2;
select_atom(c) -> 3;
select_atom(d) -> 4;
select_atom(e) -> 5;
select_atom(f) -> 6;
select_atom(g) -> 7;
select_atom(_) -> none.
select_int(0) -> zero;
select_int(1) -> one;
select_int(5) -> five;
select_int(100) -> hundred;
select_int(200) -> two_hundred;
select_int(16#10000000000) -> large;
select_int(16#400000000000000000) -> huge;
select_int(-1) -> minus;
select_int(_) -> none.
jump_table(10) -> a;
jump_table(11) -> b;
jump_table(12) -> c;
jump_table(13) -> d;
jump_table(14) -> e;
jump_table(15) -> f;
jump_table(16) -> g;
jump_table(17) -> h;
jump_table(_) -> none.
select_float(1.0) -> one;
select_float(2.5) -> two_and_half;
select_float(0.0) -> zero;
select_float(_) -> none.
select_arity({}) -> 0;
select_arity({A}) -> {1, A};
select_arity({A, _}) -> {2, A};
select_arity({_, _, A}) -> {3, A};
select_arity(T) when is_tuple(T) -> more;
select_arity(_) -> none.

classify(X) ->
    [N || {N, true} <- [{integer, is_integer(X)}, {float, is_float(X)}, {number, is_number(X)}, {atom, is_atom(X)}, {boolean, is_boolean(X)}, {list, is_list(X)},
                        {tuple, is_tuple(X)}, {binary, is_binary(X)}, {bitstring, is_bitstring(X)}, {map, is_map(X)}, {pid, is_pid(X)}, {reference, is_reference(X)},
                        {function, is_function(X)}, {port, is_port(X)}]] ++ [kind(X)].
kind(X) when is_integer(X) -> i;
kind(X) when is_float(X) -> f;
kind(X) when is_boolean(X) -> b;
kind(X) when is_atom(X) -> a;
kind([]) -> nil;
kind([_ | _]) -> cons;
kind(X) when is_tuple(X) -> t;
kind(X) when is_binary(X) -> bin;
kind(X) when is_bitstring(X) -> bits;
kind(X) when is_map(X) -> m;
kind(X) when is_pid(X) -> p;
kind(X) when is_reference(X) -> r;
kind(X) when is_function(X) -> fu;
kind(X) when is_port(X) -> po.

boolean(A, B) ->
    {e(fun() -> A and B end), e(fun() -> A or B end), e(fun() -> A xor B end), e(fun() -> not A end), e(fun() -> A andalso B end), e(fun() -> A orelse B end)}.
e(F) -> expect:error(F).

short_circuit(A) when is_integer(A) andalso A > 3 -> large;
short_circuit(A) when is_integer(A) orelse is_atom(A) -> small_or_atom;
short_circuit(A) when is_tuple(A), tuple_size(A) =:= 0 -> empty;
short_circuit(A) when not is_tuple(A) andalso (hd(A) =:= 1) -> one;
short_circuit(_) -> other.

guard_or(A, B) when A + 1 =:= 2, B =:= 1; B =:= 2, is_atom(A) -> first;
guard_or(A, B) when element(1, A) =:= B; A =:= B -> second;
guard_or(_, _) -> third.

literals() ->
    {"a literal", [1, 2, {three, 4.0}], <<"binary literal that is longer than sixty-four bytes so that it lives off the heap somewhere">>, #{map => [literal], 1 => 2}, 123456789012345678901234567890, -1.5e-7, fun erlang:abs/1}.

gc_loop(0, _, S) -> S;
gc_loop(N, L, S) when length(L) > 50 -> gc_loop(N, [], S + tuple_size(hd(L)));
gc_loop(N, L, S) -> gc_loop(N - 1, [{N, [N, N], <<N:64>>, integer_to_list(N)} | L], S + 1).

mutate(T) -> {setelement(1, setelement(2, T, x), y), T}.

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
