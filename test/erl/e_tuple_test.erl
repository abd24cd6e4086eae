%% SPDX-License-Identifier: Apache-2.0
%% Tuples and records.
-module(e_tuple_test).
-export([run/0]).
-include("expect.hrl").
-record(r, {a, b = 2, c = "c"}).
-record(wide, {f1, f2, f3, f4, f5, f6, f7, f8, f9, f10 = ten}).

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    T = ?V({a, b, c}),
    [?T(element(N, T)) || N <- ?V([1, 2, 3, 0, 4, -1, 1 bsl 64, a, 1.0])],
    [?T(element(1, X)) || X <- ?V([{}, {x}, [a], a, <<>>, #{}])],
    ?T(element(2, T)),
    ?T(element(4, T)),
    ?T(element(1, ?V(notuple))),
    [?T(setelement(N, T, x)) || N <- ?V([1, 2, 3, 0, 4, -1, a, 1 bsl 70])],
    ?T(setelement(1, ?V([]), x)),
    ?T(T),
    ?T(setelement(1, setelement(2, setelement(3, T, 1), 2), 3)),
    [?T(tuple_size(X)) || X <- ?V([{}, {1}, list_to_tuple(seq(1, 1000)), [], a])],
    [?T(size(X)) || X <- ?V([{}, {1, 2}, <<>>, <<1, 2, 3>>, <<1:9>>, [], 1, #{}])],
    [?T(tuple_to_list(X)) || X <- ?V([{}, {1}, {1, {2}}, [], 1])],
    [?T(list_to_tuple(X)) || X <- ?V([[], [1], [1, [2]], [1 | 2], {}, a])],
    [?T(make_tuple(N, I)) || N <- ?V([0, 1, 5, -1, a, 1.0, 1 bsl 40]), I <- [x, []]],
    [?T(erlang:make_tuple(4, d, L)) || L <- ?V([[], [{1, a}], [{1, a}, {1, b}], [{2, x}, {4, y}], [{5, a}], [{0, a}], [a], [{1, a} | b], x])],
    [?T(erlang:append_element(X, e)) || X <- ?V([{}, {a}, a])],
    [?T(erlang:insert_element(N, T, e)) || N <- ?V([1, 2, 4, 5, 0, a])],
    [?T(erlang:delete_element(N, T)) || N <- ?V([1, 3, 4, 0, a])],
    ?T(erlang:delete_element(1, ?V({}))),
    ?T(tuple_size(make_tuple(100000, 0))),
    ?T(element(99999, list_to_tuple(seq(1, 100000)))),
    [?T(shape(X)) || X <- ?V([{}, {a}, {a, 1}, {b, 1}, {a, 1, 2}, {c, 1, 2}, {x, 1, 2, 3}, 1, "s", {a, {b, 2}}])],
    [?T(is_tagged(X)) || X <- ?V([{tag, 1}, {tag, 1, 2}, {other, 1}, tag, {tag}])],
    records().

make_tuple(N, I) -> erlang:make_tuple(N, I).

shape({}) -> empty;
shape({X}) -> {one, X};
shape({a, {b, Y}}) -> {nested, Y};
shape({a, X}) -> {a, X};
shape({_, X}) -> {two, X};
shape({a, X, Y}) -> {a, X + Y};
shape({_, X, Y}) -> {three, X * Y};
shape(T) when tuple_size(T) > 3 -> {large, element(4, T)};
shape(X) -> {no_tuple, X}.

is_tagged({tag, _}) -> two;
is_tagged({tag, _, _}) -> three;
is_tagged(_) -> no.

records() ->
    R = ?V(#r{a = 1}),
    ?T(R),
    ?T(R#r.b),
    ?T(R#r{b = 3}),
    ?T(R#r{a = x, c = y}),
    ?T((?V(x))#r.a),
    ?T((?V({r, 1}))#r.a),
    ?T((?V({q, 1, 2, 3}))#r{a = 2}),
    ?T(is_record(R, r)),
    ?T(is_record(?V({r, 1}), r)),
    ?T(is_record(R, ?V(r), ?V(4))),
    ?T(is_record(R, ?V(r), ?V(5))),
    ?T(is_record(R, ?V(r), ?V(-1))),
    ?T(is_record(R, ?V(1), ?V(4))),
    ?T(is_record(?V(x), r)),
    ?T(record_info(fields, r)),
    ?T(record_info(size, wide)),
    W = ?V(#wide{f1 = one}),
    ?T(W),
    ?T(W#wide{f2 = 2, f9 = 9}),
    ?T((W#wide{f10 = {W#wide.f1, W#wide.f10}})#wide.f10),
    ?T(fields(W#wide{f1 = 1, f3 = 3})),
    ?T(update_many(1000, R)).

fields(#wide{f1 = A, f3 = B, f10 = C}) -> {A, B, C}.

update_many(0, R) -> R;
update_many(N, #r{a = A} = R) when N rem 2 =:= 0 -> update_many(N - 1, R#r{a = A + N});
update_many(N, R) -> update_many(N - 1, R#r{b = N, c = {N}}).

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
