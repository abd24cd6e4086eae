%% SPDX-License-Identifier: Apache-2.0
%% ETS: counters, match specifications over whole tables, bags.
-module(bench_ets_select).
-export([run/0]).

run() ->
    T = ets:new(t, [set]),
    ets:insert(T, [{N, N rem 100, [N]} || N <- lists:seq(1, 50000)]),
    A = [length(ets:select(T, [{{'$1', K, '_'}, [{'>', '$1', 1000}], ['$1']}])) || K <- lists:seq(1, 30)],
    B = [length(ets:match(T, {'$1', K, '$2'})) || K <- lists:seq(1, 30)],
    C = ets:foldl(fun({_, V, _}, S) -> S + V end, 0, T),
    D = ets:select_delete(T, [{{'_', '$1', '_'}, [{'<', '$1', 50}], [true]}]),
    Bag = ets:new(b, [bag]),
    [ets:insert(Bag, {N rem 5000, N}) || N <- lists:seq(1, 100000)],
    E = lists:sum([length(ets:lookup(Bag, K)) || K <- lists:seq(0, 4999)]),
    Count = ets:new(c, [set]),
    [ets:update_counter(Count, N band 63, {2, 1}, {0, 0}) || N <- lists:seq(1, 1000000)],
    {A, B, C, D, E, lists:sort(ets:tab2list(Count))}.
