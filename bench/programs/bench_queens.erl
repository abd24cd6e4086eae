%% SPDX-License-Identifier: Apache-2.0
%% Building and matching lists: all solutions for N queens.
-module(bench_queens).
-export([run/0]).

run() -> length(queens(12, 12)).

queens(_, 0) -> [[]];
queens(N, K) -> [[Q | B] || B <- queens(N, K - 1), Q <- lists:seq(1, N), safe(Q, 1, B)].

safe(_, _, []) -> true;
safe(Q, D, [H | T]) -> Q =/= H andalso Q =/= H + D andalso Q =/= H - D andalso safe(Q, D + 1, T).
