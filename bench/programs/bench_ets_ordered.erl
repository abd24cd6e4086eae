%% SPDX-License-Identifier: Apache-2.0
%% ETS, type ordered_set: insert in no order, walk, ranges by select, delete.
-module(bench_ets_ordered).
-export([run/0]).

run() ->
    T = ets:new(t, [ordered_set]),
    [ets:insert(T, {(N * 7919) rem 100003, N}) || N <- lists:seq(1, 100000)],
    A = walk(T, ets:first(T), 0),
    B = [ets:select_count(T, [{{'$1', '_'}, [{'>=', '$1', N}, {'<', '$1', N + 1000}], [true]}]) || N <- lists:seq(0, 15)],
    C = erlang:phash2(ets:select(T, [{{'$1', '$2'}, [{'>', {'rem', '$2', 100}, 97}], [{{'$1', '$2'}}]}])),
    [ets:delete(T, N) || N <- lists:seq(1, 100000, 3)],
    {A, B, C, ets:info(T, size), ets:last(T)}.

walk(_, '$end_of_table', S) -> S;
walk(T, K, S) -> walk(T, ets:next(T, K), (S * 31 + K) band 16#ffffff).
