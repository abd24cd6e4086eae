%% SPDX-License-Identifier: Apache-2.0
%% Spawn trees, calls with a monitor each, timers set and cancelled.
-module(bench_spawn).
-export([run/0]).

run() -> {tree(16), calls(250000), timers(150000)}.

tree(0) -> 1;
tree(N) ->
    Me = self(),
    Ps = [spawn_monitor(fun() -> Me ! {self(), tree(N - 1)} end) || _ <- [l, r]],
    lists:sum([receive {P, V} -> receive {'DOWN', R, process, P, normal} -> V end end || {P, R} <- Ps]).

calls(N) ->
    Server = spawn(fun() -> serve(0) end),
    calls(Server, N, 0).
calls(Server, 0, S) -> exit(Server, kill), S;
calls(Server, N, S) ->
    Ref = monitor(process, Server),
    Server ! {self(), Ref, N},
    receive
        {Ref, V} -> demonitor(Ref, [flush]), calls(Server, N - 1, (S + V) band 16#ffffff)
    end.

serve(S) -> receive {From, Ref, N} -> From ! {Ref, S + N}, serve((S + N) band 16#ffff) end.

timers(0) -> 0;
timers(N) ->
    R = erlang:start_timer(100000 + N, self(), x),
    case erlang:cancel_timer(R) of T when is_integer(T) -> timers(N - 1) end.
