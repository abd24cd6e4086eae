%% SPDX-License-Identifier: Apache-2.0
%%
%% Choices: every decision of the generator comes from here, so a seed decides all.
-module(random_pick).
-export([start/1, n/1, between/2, chance/1, one/1, weighted/1, some/2, fresh/1, line/0, shuffle/1]).

start(Seed) ->
    rand:seed(exsss, {Seed, 4711, 17}),
    put(random_line, 1),
    put(random_fresh, 0).

%% 1..N
n(N) -> rand:uniform(N).

between(Low, High) -> Low + rand:uniform(High - Low + 1) - 1.

%% true in Percent of the cases.
chance(Percent) -> rand:uniform(100) =< Percent.

one(Tuple) when is_tuple(Tuple) -> element(rand:uniform(tuple_size(Tuple)), Tuple);
one(List) -> lists:nth(rand:uniform(length(List)), List).

%% The value of one fun of [{Weight, Fun}].
weighted(Choices) ->
    Total = lists:sum([W || {W, _} <- Choices]),
    weighted(rand:uniform(Total), Choices).

weighted(N, [{W, Fun} | _]) when N =< W -> Fun();
weighted(N, [{W, _} | Rest]) -> weighted(N - W, Rest).

%% [Fun(), ...], 0 to Max of them, short ones more often.
some(Max, Fun) ->
    Length = min(rand:uniform(Max + 1), rand:uniform(Max + 1)) - 1,
    [Fun() || _ <- lists:seq(1, Length)].

shuffle(List) -> [X || {_, X} <- lists:sort([{rand:uniform(1 bsl 30), X} || X <- List])].

%% A name that was not there before: V17.
fresh(Prefix) ->
    N = get(random_fresh) + 1,
    put(random_fresh, N),
    list_to_atom(Prefix ++ integer_to_list(N)).

%% A line of its own for each node that can fail, so stack traces tell which.
line() ->
    N = get(random_line),
    put(random_line, N + 1),
    N.
