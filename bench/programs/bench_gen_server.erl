%% SPDX-License-Identifier: Apache-2.0
%% gen_server: calls, casts, many servers.
-module(bench_gen_server).
-behaviour(gen_server).
-export([run/0, init/1, handle_call/3, handle_cast/2]).

run() ->
    {ok, One} = gen_server:start_link(?MODULE, 0, []),
    calls(250000, One),
    Many = [element(2, gen_server:start_link(?MODULE, N, [])) || N <- lists:seq(1, 3000)],
    [gen_server:cast(P, {add, 1}) || _ <- lists:seq(1, 20), P <- Many],
    Sums = [gen_server:call(P, get) || P <- Many],
    [gen_server:stop(P) || P <- Many],
    {gen_server:call(One, get), lists:sum(Sums)}.

calls(0, _) -> ok;
calls(N, P) -> N = gen_server:call(P, {echo, N}), calls(N - 1, P).

init(N) -> {ok, N}.
handle_call({echo, X}, _, S) -> {reply, X, S + 1};
handle_call(get, _, S) -> {reply, S, S}.
handle_cast({add, N}, S) -> {noreply, S + N}.
