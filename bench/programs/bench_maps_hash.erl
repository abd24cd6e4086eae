%% SPDX-License-Identifier: Apache-2.0
%% Large maps: counting, looking up, removing, folding.
-module(bench_maps_hash).
-export([run/0]).

run() ->
    M = count(700000, 42, #{}),
    Sum = maps:fold(fun(_, V, S) -> S + V end, 0, M),
    N = lists:foldl(fun(K, Acc) -> maps:remove(K, Acc) end, M, lists:seq(1, 30000, 2)),
    Bin = lists:foldl(fun(K, Acc) -> Acc#{integer_to_binary(K) => K} end, #{}, lists:seq(1, 80000)),
    Found = lists:sum([maps:get(integer_to_binary(K), Bin) || K <- lists:seq(1, 80000)]),
    {map_size(M), Sum, map_size(N), Found}.

count(0, _, M) -> M;
count(N, Seed, M) ->
    Next = (Seed * 1103515245 + 12345) band 16#7fffffff,
    Key = (Next bsr 7) rem 50000,
    case M of
        #{Key := C} -> count(N - 1, Next, M#{Key := C + 1});
        #{} -> count(N - 1, Next, M#{Key => 1})
    end.
