%% SPDX-License-Identifier: Apache-2.0
%% Allocation and collection: binary trees, some short-lived, one long-lived.
-module(bench_trees).
-export([run/0]).

run() ->
    Long = make(18),
    Short = [sum(4, D, 0, 1 bsl (21 - D)) || D <- [4, 8, 12, 16]],
    {Short, check(Long)}.

sum(_, _, S, 0) -> S;
sum(K, D, S, N) -> sum(K, D, S + check(make(D)), N - 1).

make(0) -> {nil, nil};
make(D) -> {make(D - 1), make(D - 1)}.

check({nil, nil}) -> 1;
check({L, R}) -> 1 + check(L) + check(R).
