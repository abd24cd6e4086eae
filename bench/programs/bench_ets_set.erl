%% SPDX-License-Identifier: Apache-2.0
%% ETS, type set: insert, look up, count, delete.
-module(bench_ets_set).
-export([run/0]).

run() ->
    T = ets:new(t, [set, public]),
    [ets:insert(T, {N, {value, N}, <<"some text">>}) || N <- lists:seq(1, 200000)],
    A = lookups(1, 200000, T, 0),
    [ets:update_counter(T, {c, N rem 1000}, 1, {c, 0}) || N <- lists:seq(1, 500000)],
    [ets:delete(T, N) || N <- lists:seq(1, 200000, 2)],
    B = lookups(1, 200000, T, 0),
    {A, B, ets:info(T, size), ets:lookup_element(T, {c, 5}, 2)}.

lookups(N, Max, _, S) when N > Max -> S;
lookups(N, Max, T, S) ->
    case ets:lookup(T, N) of
        [{_, {value, V}, _}] -> lookups(N + 1, Max, T, S + V);
        [] -> lookups(N + 1, Max, T, S + 1)
    end.
