%% SPDX-License-Identifier: Apache-2.0
%% What Dialyzer has to find (app_dialyzer).
-module(app_mistakes).
-export([spec/1, missing/0, pattern/1, no_return/0, guard/1, unmatched/0, opaque/0, record/0, map/1, call/0]).

-record(point, {x = 0 :: integer(), y = 0 :: integer()}).

-spec spec(integer()) -> atom().
spec(X) -> X + 1.

missing() -> lists:no_such_function().

pattern(X) ->
    case lists:keyfind(X, 1, [{a, 1}]) of
        {a, _} -> ok;
        false -> error;
        none -> never
    end.

no_return() -> exit(lists:append([a], b)).

guard(X) when is_atom(X), is_integer(X) -> X;
guard(_) -> none.

unmatched() -> opaque(), lists:reverse([1]), ok.

opaque() -> queue:in(1, {[], []}).

record() -> #point{x = wrong}.

map(#{key := Value}) -> Value + map(not_a_map).

call() -> lists:map(fun(X, Y) -> X + Y end, [1, 2]).
