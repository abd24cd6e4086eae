%% SPDX-License-Identifier: Apache-2.0
%% phash2 and phash of every kind of term, and the order of large maps, which follows from the internal hash.
-module(e_hash_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    [?T(erlang:phash2(X)) || X <- terms()],
    [?T(erlang:phash2(X, 1000)) || X <- terms()],
    [?T(erlang:phash(X, 1 bsl 32)) || X <- terms()],
    [?T(erlang:phash2(X, R)) || X <- [a, 1], R <- ?V([1, 2, 16, 1 bsl 27, 1 bsl 28, 1 bsl 31, 1 bsl 32, (1 bsl 32) + 1, 0, -1, a, 1.0])],
    [?T(erlang:phash(a, R)) || R <- ?V([1, 7, 1 bsl 32, 0, a])],
    [?T(erlang:phash2(I)) || I <- integers()],
    [?T(erlang:phash2(binary:copy(<<"0123456789abcdef!">>, N))) || N <- [1, 2, 10, 100, 1000, 10000]],
    [?T(erlang:phash2(list_to_binary(seq(1, N)))) || N <- seq(0, 40)],
    [?T(erlang:phash2(seq(1, N))) || N <- [1, 2, 3, 10, 255, 256, 257, 5000]],
    [?T(erlang:phash2(list_to_tuple(seq(1, N)))) || N <- [0, 1, 2, 3, 4, 5, 20, 300]],
    [?T(erlang:phash2(map(N))) || N <- [0, 1, 2, 31, 32, 33, 100, 1000]],
    sub_binaries(),
    map_order().

integers() ->
    [0, 1, -1, 2, 16#ffff, 16#10000, 1 bsl 27 - 1, 1 bsl 27, -(1 bsl 27), -(1 bsl 27) - 1, 1 bsl 28, 1 bsl 31, 1 bsl 32, (1 bsl 32) - 1, -(1 bsl 32),
     (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1, 1 bsl 63, (1 bsl 64) - 1, 1 bsl 64, -(1 bsl 64), 1 bsl 95, 1 bsl 96, 1 bsl 128, 1 bsl 200 - 1, -(1 bsl 200)].

terms() ->
    ?V([a, 'A', '', hello, 'hello world', true, 'é', 'λ', list_to_atom(lists_duplicate(255, $x)),
        0.0, -0.0, 1.0, -1.5, 1.0e300, 3.141592653589793,
        [], [a], [1], [1, 2], [256], [1, 256], [a | b], [1 | 2], "hello", "hello" ++ [a], [[]], [[1], [2]], [97, 98, 1000, 97], [-1], [255, 255, 255, 255, 255],
        {}, {a}, {1, 2, 3}, {{}, {{}}}, {a, "b", <<"c">>, 4.0}, {[1, 2 | 3]},
        <<>>, <<1>>, <<"hello">>, <<1:1>>, <<0:7>>, <<"abc", 5:3>>, <<"12345678901">>, <<"123456789012">>, <<"1234567890123">>,
        #{}, #{a => 1}, #{1 => 2, 3 => 4}, #{a => #{b => c}}, #{<<"k">> => [v]},
        fun lists:map/2, fun erlang:abs/1, fun 'no module':'no function'/255]).

lists_duplicate(0, _) -> [];
lists_duplicate(N, X) -> [X | lists_duplicate(N - 1, X)].

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].

map(N) -> maps:from_list([{K, K * K} || K <- seq(1, N)]).

sub_binaries() ->
    Whole = ?V(<<"xx0123456789abcdefghijklmnopqrstuvwxyz">>),
    [?T(begin <<_:Skip, B:Size/bits, _/bits>> = Whole, {erlang:phash2(B), erlang:phash(B, 1 bsl 27)} end)
     || Skip <- [0, 1, 7, 8, 13], Size <- [0, 1, 8, 9, 24, 96, 103, 200]].

map_order() ->
    ?T(maps:to_list(map(33))),
    ?T(maps:to_list(map(100))),
    ?T(maps:keys(map(300))),
    ?T(maps:values(map(40))),
    ?T(maps:keys(maps:from_list([{<<K>>, K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{{K}, K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{[K], K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{K / 4, K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{1 bsl (K + 57), K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{-(1 bsl (K + 57)), K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{-K, K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{<<K:9>>, K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{"key" ++ integer_to_list(K), K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{#{K => K}, K} || K <- seq(0, 60)]))),
    ?T(maps:keys(maps:from_list([{{K, {[K], <<K>>, K / 3}}, K} || K <- seq(0, 60)]))),
    ?T(maps:to_list(#{c => 1, b => 2, a => 3, 1 => x, "s" => y, 1.0 => z})).
