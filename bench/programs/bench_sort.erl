%% SPDX-License-Identifier: Apache-2.0
%% Sorting with funs and in the order of mixed terms.
-module(bench_sort).
-export([run/0]).

run() ->
    L = random(80000, 42, []),
    Mixed = [mix(X) || X <- L],
    {erlang:phash2(lists:sort(L)), erlang:phash2(lists:sort(fun(A, B) -> A >= B end, L)), erlang:phash2(lists:sort(Mixed)),
     erlang:phash2(lists:keysort(2, [{X, X rem 1000} || X <- L])), erlang:phash2(lists:usort([X rem 5000 || X <- L])),
     erlang:phash2(lists:sort(fun({_, A}, {_, B}) -> A =< B end, [{X, integer_to_list(X)} || X <- L]))}.

random(0, _, Acc) -> Acc;
random(N, S, Acc) ->
    Next = (S * 1103515245 + 12345) band 16#7fffffff,
    random(N - 1, Next, [Next bsr 3 | Acc]).

mix(X) when X rem 5 =:= 0 -> X / 3;
mix(X) when X rem 5 =:= 1 -> {X rem 100, X};
mix(X) when X rem 5 =:= 2 -> [X rem 10, X];
mix(X) when X rem 5 =:= 3 -> <<X:32>>;
mix(X) -> X.
