%% SPDX-License-Identifier: Apache-2.0
%% EUnit: tests that pass, fail, crash, are set up, cleaned up, run in parallel, time out.
-module(app_eunit).
-export([main/0]).
-include_lib("eunit/include/eunit.hrl").

main() ->
    io:format("~p~n", [eunit:test(?MODULE, [verbose, {print_depth, 30}])]),
    io:format("~p~n", [eunit:test(?MODULE, [no_tty])]),
    io:format("~p~n", [eunit:test({?MODULE, one_test})]),
    eunit:test(?MODULE, [no_tty, {report, {eunit_surefire, [{dir, "/tmp"}]}}]),
    {ok, Xml} = file:read_file("/tmp/TEST-app_eunit.xml"),
    io:format("~s~n", [Xml]).

one_test() -> ?assertEqual(3, 1 + 2).
match_test() -> ?assertMatch({ok, _}, {ok, 1}).
fails_test() -> ?assertEqual(4, length([1, 2, 3])).
no_match_test() -> ?assertMatch({ok, _}, {error, enoent}).
crash_test() -> lists:nth(5, [1, 2]).
throws_test() -> ?assertThrow(up, throw(up)).
exits_test() -> exit(gone).
exception_test() -> ?assertException(error, badarg, list_to_integer("7")).
prints_test() -> io:format("printed~n"), ?assert(false).
%% It goes to `user', past who reports of the tests before: he is given time for that.
debug_test() -> timer:sleep(300), ?debugVal(1 + 1), timer:sleep(300).

fixture_test_() ->
    {setup, fun() -> ets:new(t, [public]) end, fun ets:delete/1,
     fun(T) -> [?_assert(ets:insert(T, {1, 2})), ?_assertEqual([{1, 2}], ets:lookup(T, 1)), {"named", ?_assertError(badarg, ets:lookup(x, 1))}] end}.
foreach_test_() -> {foreach, fun() -> 1 end, [fun(X) -> ?_assertEqual(1, X) end, fun(X) -> ?_assertNotEqual(1, X) end]}.
order_test_() -> {inorder, [{timeout, 10, fun() -> timer:sleep(1) end}, {spawn, ?_assert(true)}]}.
slow_test_() -> {timeout, 0.1, fun() -> timer:sleep(2000) end}.
many_test_() -> {inparallel, [?_assertEqual(N, N * 1) || N <- lists:seq(1, 20)]}.
generator_test_() -> error(bad_generator).
broken_setup_test_() -> {setup, fun() -> error(no_setup) end, fun(_) -> ok end, [?_assert(true)]}.
