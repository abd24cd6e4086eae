%% SPDX-License-Identifier: Apache-2.0
%% erlang:display/1's own way of writing terms: the runner compares lines that begin with {'%d', too.
-module(e_display_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    Terms = ?V([0, -5, 1 bsl 70, 1.5, -0.0, 1.0e100, 1.0e-7, abc, 'Hello', 'with space', '', 'quo\'te', 'new\nline', [], [1, 2], "text", "te\"xt\n", [1 | 2], "tail" ++ [x], [300], {}, {a, "b", [c]},
        <<>>, <<"abc">>, <<1, 2, 200>>, <<1:3>>, <<"ab", 5:4>>, #{}, #{a => 1}, #{1 => [x], b => #{}}, fun erlang:abs/1, fun lists:map/2, [[[]]], [$a, 0], [$\t, $a], 'é']),
    [?T(shown({'%d', T})) || T <- Terms].

shown(T) -> erlang:display(T).
