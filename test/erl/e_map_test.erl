%% SPDX-License-Identifier: Apache-2.0
%% Maps of both representations: build, match, update, merge, iterate, errors.
-module(e_map_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    small(),
    errors(),
    matching(),
    sizes(),
    growing(),
    merging(),
    iterators(),
    keys_of_all_kinds(),
    sharing().

small() ->
    M = ?V(#{a => 1, b => 2, c => 3}),
    ?T(M#{a => x}),
    ?T(M#{d => 4}),
    ?T(M#{d => 4, a => 0, d => 5}),
    ?T(M#{a := x}),
    ?T(M#{a := x, c := y}),
    ?T(M#{zz := x}),
    ?T(M#{a := x, zz := x}),
    ?T(M#{zz := x, a := x, d := x}),
    ?T(M#{42.0 := x, 42 := x}),
    ?T((maps:from_list([{N, N} || N <- lists:seq(1, 40)]))#{zz := x, 1 := x, 41 := x}),
    ?T((?V(not_a_map))#{a => 1}),
    ?T((?V([]))#{a := 1}),
    ?T(#{?V(k) => ?V(v)}),
    ?T(#{?V(1) => a, ?V(1.0) => b, ?V(1) => c}),
    ?T(#{?V(0.0) => a, ?V(-0.0) => b}),
    ?T(map_size(M)),
    ?T(map_get(b, M)),
    ?T(is_map_key(a, M)),
    ?T(is_map_key(zz, M)),
    ?T(maps:keys(M)),
    ?T(maps:values(M)),
    ?T(maps:to_list(M)),
    ?T(maps:find(a, M)),
    ?T(maps:find(z, M)),
    ?T(maps:get(a, M)),
    ?T(maps:put(a, 9, M)),
    ?T(maps:put(z, 9, M)),
    ?T(maps:update(a, 9, M)),
    ?T(maps:update(z, 9, M)),
    ?T(maps:remove(a, M)),
    ?T(maps:remove(z, M)),
    ?T(maps:take(a, M)),
    ?T(maps:take(z, M)),
    ?T(maps:is_key(a, M)),
    ?T(maps:from_keys(?V([a, b, a, 1, 1.0]), x)),
    ?T(maps:from_list(?V([{a, 1}, {b, 2}, {a, 3}]))),
    ?T(maps:merge(M, #{c => z, e => y})),
    ?T(M =:= #{c => 3, b => 2, a => 1}).

errors() ->
    Bad = ?V([a, [], {}, <<>>, 1]),
    [?T(map_size(B)) || B <- Bad],
    [?T(map_get(a, B)) || B <- Bad],
    [?T(is_map_key(a, B)) || B <- Bad],
    [?T(F(B)) || B <- Bad, F <- [fun maps:keys/1, fun maps:values/1]],
    [?T(F(a, B)) || B <- Bad, F <- [fun maps:find/2, fun maps:get/2, fun maps:remove/2, fun maps:take/2, fun maps:is_key/2]],
    [?T(maps:put(a, 1, B)) || B <- Bad],
    [?T(maps:update(a, 1, B)) || B <- Bad],
    [?T(maps:merge(B, #{})) || B <- Bad],
    [?T(maps:merge(#{}, B)) || B <- Bad],
    ?T(map_get(x, ?V(#{a => 1}))),
    ?T(maps:get(x, ?V(#{a => 1}))),
    ?T(maps:get({k, "s"}, ?V(#{a => 1}))),
    [?T(maps:from_list(L)) || L <- ?V([[], a, [a], [{a}], [{a, b, c}], [{a, b} | c]])],
    [?T(maps:from_keys(L, v)) || L <- ?V([[], a, [a | b]])].

matching() ->
    [?T(match(M)) || M <- ?V([#{}, #{a => 1}, #{a => 2}, #{b => 1}, #{a => 1, b => 2}, #{a => #{b => deep}}, #{1 => one, 1.0 => onef}, #{"s" => 1, <<"b">> => 2}, x])],
    ?T(begin #{a := X} = ?V(#{a => 5}), X end),
    ?T(begin #{a := X} = ?V(#{b => 5}), X end),
    ?T(begin #{a := X} = ?V(not_a_map), X end),
    ?T(begin K = ?V({key, 1}), #{K := X, z := Y} = ?V(#{{key, 1} => found, z => 1}), {X, Y} end),
    ?T(guard(?V(#{n => 5}))),
    ?T(guard(?V(#{n => 50}))),
    ?T(guard(?V(#{m => 5}))),
    ?T(guard(?V(5))).

match(#{a := #{b := X}}) -> {deep, X};
match(#{a := 1, b := X}) -> {a1b, X};
match(#{a := 1}) -> a1;
match(#{a := X}) -> {a, X};
match(#{1 := X, 1.0 := Y}) -> {X, Y};
match(#{"s" := X, <<"b">> := Y}) -> {s, X, Y};
match(M) when M =:= #{} -> empty;
match(#{}) -> map;
match(_) -> other.

guard(M) when map_get(n, M) > 10 -> large;
guard(M) when is_map_key(n, M) -> small;
guard(M) when map_size(M) =:= 1 -> one;
guard(_) -> other.

numbered(N) -> maps:from_list([{K, K * 2} || K <- seq(1, N)]).

sizes() ->
    [?T(begin M = numbered(N), {map_size(M), sum(maps:values(M), 0), sum(maps:keys(M), 0)} end) || N <- [0, 1, 31, 32, 33, 34, 64, 65, 1000, 20000]],
    [?T(begin M = numbered(N), {maps:find(N, M), maps:find(N + 1, M), map_size(M#{x => 1}), map_size(maps:remove(1, M))} end) || N <- [1, 31, 32, 33, 34, 1000]],
    [?T(numbered(N) =:= built(N, #{})) || N <- [31, 32, 33, 500]],
    [?T(begin M = shrink(N, 30, numbered(N)), {map_size(M), M =:= numbered(30)} end) || N <- [31, 32, 33, 34, 100, 5000]],
    [?T((numbered(N))#{5 := five, 7 => seven} =:= (numbered(N))#{7 := seven, 5 => five}) || N <- [10, 33, 100]],
    ?T((numbered(100))#{101 := x}),
    ?T(maps:update(0, x, numbered(40))),
    ?T(maps:take(3, numbered(40)) =:= {6, maps:remove(3, numbered(40))}),
    ?T(big_literal()).

big_literal() ->
    M = #{a1 => 1, a2 => 2, a3 => 3, a4 => 4, a5 => 5, a6 => 6, a7 => 7, a8 => 8, a9 => 9, a10 => 10, a11 => 11, a12 => 12, a13 => 13, a14 => 14, a15 => 15,
          a16 => 16, a17 => 17, a18 => 18, a19 => 19, a20 => 20, a21 => 21, a22 => 22, a23 => 23, a24 => 24, a25 => 25, a26 => 26, a27 => 27, a28 => 28, a29 => 29,
          a30 => 30, a31 => 31, a32 => 32, a33 => 33, a34 => 34, a35 => 35},
    #{a1 := X, a35 := Y, a17 := Z} = M,
    {X, Y, Z, map_size(M), M}.

built(0, M) -> M;
built(N, M) -> built(N - 1, M#{N => N * 2}).

shrink(N, Stop, M) when N =:= Stop -> M;
shrink(N, Stop, M) -> shrink(N - 1, Stop, maps:remove(N, M)).

growing() ->
    ?T(count(words(20000, 12345, #{}))),
    ?T(begin M = churn(20000, 1, #{}), {map_size(M), sum(maps:keys(M), 0)} end),
    ?T(map_size(collide(200))).

words(0, _, M) -> M;
words(N, Seed, M) ->
    Next = (Seed * 1103515245 + 12345) rem 2147483648,
    Key = {word, Next rem 997},
    case M of
        #{Key := C} -> words(N - 1, Next, M#{Key := C + 1});
        #{} -> words(N - 1, Next, M#{Key => 1})
    end.

count(M) -> {map_size(M), sum(maps:values(M), 0), map_get({word, 5}, M)}.

churn(0, _, M) -> M;
churn(N, Seed, M) ->
    Next = (Seed * 1103515245 + 12345) rem 2147483648,
    Key = (Next bsr 8) rem 300,
    case is_map_key(Key, M) of
        true -> churn(N - 1, Next, maps:remove(Key, M));
        false -> churn(N - 1, Next, maps:put(Key, N, M))
    end.

collide(N) -> maps:from_list([{[K bsl 60 | <<K:65>>], K} || K <- seq(1, N)]).

merging() ->
    [?T(begin M = maps:merge(numbered(A), maps:from_list([{K, b} || K <- seq(5, B)])), {map_size(M), map_get(5, M), map_get(1, M), maps:find(A, M)} end)
     || A <- [5, 30, 33, 200], B <- [5, 30, 33, 200]],
    ?T(maps:merge(numbered(3), #{})),
    ?T(maps:merge(#{}, numbered(3))),
    ?T(maps:merge(numbered(50), numbered(50)) =:= numbered(50)).

iterators() ->
    [?T(walk(maps:next(maps:iterator(numbered(N))), 0, 0)) || N <- [0, 1, 32, 33, 1000]],
    ?T(maps:next(maps:iterator(?V(#{a => 1})))),
    ?T(maps:next(none)),
    ?T(maps:iterator(?V(x))),
    ?T(maps:next(?V(x))),
    ?T(maps:next(?V([1 | 2]))),
    ?T(maps:next(maps:iterator(?V(#{})))),
    ?T(walk(maps:next(maps:iterator(numbered(200))), 0, 0) =:= {200, sum(maps:values(numbered(200)), 0)}).

walk({_, V, I}, N, S) -> walk(maps:next(I), N + 1, S + V);
walk(none, N, S) -> {N, S}.

keys_of_all_kinds() ->
    Keys = ?V([1, 1.0, -1, 1 bsl 64, a, "list", <<"bin">>, <<1:3>>, {t, 1}, {t, 1.0}, #{m => 1}, #{m => 1.0}, [], {}, #{}, <<>>, fun erlang:abs/1, self(), make_ref(), 0.0, [a | b]]),
    M = maps:from_list([{K, N} || {K, N} <- number(Keys, 1)]),
    ?T(map_size(M)),
    [?T(maps:get(K, M)) || K <- Keys],
    Large = maps:merge(M, numbered(100)),
    ?T(map_size(Large)),
    [?T(maps:get(K, Large)) || K <- Keys],
    ?T(maps:find(-0.0, Large)),
    ?T(maps:find({t, 2.0}, Large)).

number([H | T], N) -> [{H, N} | number(T, N + 1)];
number([], _) -> [].

sharing() ->
    Self = self(),
    M = (numbered(100))#{list => seq(1, 10), bin => binary:copy(<<"x">>, 100)},
    ?T(begin
           spawn(fun() -> Self ! M end),
           receive Got -> {Got =:= M, map_size(Got)} end
       end),
    ?T(binary_to_term(term_to_binary(M)) =:= M),
    ?T(begin Old = M, New = M#{list := x}, {map_get(list, Old), map_get(list, New)} end).

sum([H | T], S) -> sum(T, S + H);
sum([], S) -> S.

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
