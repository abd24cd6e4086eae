%% SPDX-License-Identifier: Apache-2.0
%% Messages around a ring of processes, and selective receive from a long mailbox.
-module(bench_ring).
-export([run/0]).

run() ->
    Ring = ring(2000, 700),
    [self() ! {noise, N} || N <- lists:seq(1, 1000)],
    Picky = picky(2000, 0),
    {Ring, Picky}.

ring(N, Rounds) ->
    Last = lists:foldl(fun(_, Next) -> spawn(fun() -> relay(Next) end) end, self(), lists:seq(1, N)),
    rounds(Last, Rounds, 0).

rounds(_, 0, S) -> S;
rounds(First, R, S) ->
    First ! {token, R},
    receive {token, X} -> rounds(First, R - 1, S + X) end.

relay(Next) ->
    receive M -> Next ! M, relay(Next) end.

picky(0, S) -> S;
picky(N, S) ->
    self() ! {wanted, N},
    receive {wanted, N} -> picky(N - 1, S + N) end.
