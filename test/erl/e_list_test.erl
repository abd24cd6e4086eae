%% SPDX-License-Identifier: Apache-2.0
%% Lists: cells, ++ and --, comprehensions, and the functions of lists that are written in C.
-module(e_list_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    Lists = ?V([[], [a], [1, 2, 3], [a | b], "text", a, {}, <<>>]),
    [?T(hd(L)) || L <- Lists],
    [?T(tl(L)) || L <- Lists],
    [?T(length(L)) || L <- Lists],
    [?T(A ++ B) || A <- Lists, B <- Lists],
    [?T(A -- B) || A <- Lists, B <- Lists],
    [?T(lists:reverse(L)) || L <- Lists],
    [?T(lists:reverse(L, [x | y])) || L <- Lists],
    [?T(lists:reverse(L, tail)) || L <- Lists],
    [?T(lists:member(X, L)) || L <- ?V([[], [1, 2.0, a], [a | b], [1.0], x]), X <- ?V([1, 2, a, b])],
    subtract(),
    keys(),
    comprehensions(),
    large(),
    [?T({is_list(L), kind(L)}) || L <- Lists],
    [?T(list_to_tuple(L)) || L <- Lists],
    [?T(match(L)) || L <- ?V([[], [1], [1, 2], [1, 2, 3], [1 | 2], [[1], 2], "ab", x])].

kind([]) -> nil;
kind([_]) -> one;
kind([_ | T]) when is_list(T) -> more;
kind([_ | _]) -> improper;
kind(_) -> other.

match([A, B]) -> {two, A, B};
match([[A] | T]) -> {inner, A, T};
match([A, B | T]) -> {rest, A, B, T};
match([A | T]) -> {one, A, T};
match(X) -> X.

subtract() ->
    ?T(?V([1, 2, 3, 2, 1]) -- ?V([2, 1])),
    ?T(?V([1, 2, 3, 2, 1]) -- ?V([1, 1, 1, 2])),
    ?T(?V([1, 1.0, 1]) -- ?V([1.0])),
    ?T(?V([a, b, c]) -- ?V([d])),
    ?T(?V([]) -- ?V([a])),
    ?T(?V([{1}, {1.0}, <<1>>, #{a => 1}]) -- ?V([#{a => 1}, {1.0}])),
    ?T(length(seq(1, 5000) -- seq(1, 4990))),
    ?T(seq(1, 5000) -- seq(6, 5000)),
    ?T((seq(1, 300) ++ seq(1, 300)) -- seq(1, 300) =:= seq(1, 300)).

keys() ->
    L = ?V([{a, 1}, {b, 2}, x, {1, one}, {1.0, onef}, {}, {c}, {b, 3}, {z, z, z}]),
    [?T(lists:keyfind(K, N, L)) || K <- ?V([a, b, 1, 1.0, z, none, 2]), N <- [1, 2, 3]],
    [?T(lists:keymember(K, N, L)) || K <- ?V([a, 2, none, z]), N <- [1, 2, 3]],
    [?T(lists:keysearch(K, N, L)) || K <- ?V([a, 2, none]), N <- [1, 2]],
    [?T(lists:keyfind(a, N, L)) || N <- ?V([0, -1, x, 1.0])],
    [?T(lists:keyfind(a, 1, X)) || X <- ?V([[], [{b} | c], [{a} | c], a, {}])],
    [?T(lists:keymember(a, 1, X)) || X <- ?V([[], [{b} | c], [{a} | c], a, {}])],
    [?T(lists:member(a, X)) || X <- ?V([[b | c], {}])].

comprehensions() ->
    ?T([X * X || X <- ?V([1, 2, 3])]),
    ?T([{X, Y} || X <- ?V([1, 2, 3]), Y <- ?V([a, b]), X =/= 2]),
    ?T([X || {a, X} <- ?V([{a, 1}, {b, 2}, x, {a, 3}])]),
    ?T([X || X <- ?V([1, a, 2.0, "s"]), is_number(X), X > 1]),
    ?T([X || X <- ?V([1, 2 | 3])]),
    ?T([X || X <- ?V(not_a_list)]),
    ?T([X || X <- ?V([true, false, true]), X]),
    ?T([X || X <- ?V([true, 1]), X]),
    ?T([X || <<X:4>> <= ?V(<<16#1234:16>>)]),
    ?T([X || <<X, $,>> <= ?V(<<"a,b,c;d,">>)]),
    ?T([X || <<X:5>> <= ?V(<<255, 255>>)]),
    ?T([[Y || Y <- seq(1, X)] || X <- seq(0, 4)]),
    ?T([X || X <- ?V([3, 1, 2]), Y <- [X rem 2], Y =:= 1]),
    ?T([A + B || {A, B} <- ?V([{1, 2}, {3, x}])]).

large() ->
    L = seq(1, 100000),
    ?T(length(L)),
    ?T(sum(L, 0)),
    ?T(hd(lists:reverse(L))),
    ?T(length(L ++ L)),
    ?T(lists:member(100000, L)),
    ?T(lists:member(100001, L)),
    ?T(lists:keyfind(99999, 1, [{X} || X <- L])),
    ?T(length(L -- lists:reverse(L))),
    ?T(length([X || X <- L, X rem 3 =:= 0])),
    ?T(tuple_size(list_to_tuple(L))),
    ?T(lists:reverse(lists:reverse(L)) =:= L).

sum([H | T], S) -> sum(T, S + H);
sum([], S) -> S.

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
