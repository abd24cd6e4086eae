%% SPDX-License-Identifier: Apache-2.0
%% common_test runs a suite; its result, its events and the logs that it leaves.
-module(app_common_test).
-export([main/0, init/2, init/1, handle_event/2, handle_call/2, handle_info/2, terminate/2, code_change/3]).
-behaviour(gen_event).

main() ->
    Here = filename:dirname(code:which(?MODULE)),
    Logs = "/tmp/app_common_test",
    ok = filelib:ensure_dir(Logs ++ "/x"),
    Result = ct:run_test([{dir, Here}, {suite, sample_SUITE}, {logdir, Logs}, {auto_compile, false}, {event_handler, [{?MODULE, []}]}]),
    io:format("~p~n", [Result]),
    Files = lists:sort([no_digits(F) || F <- filelib:wildcard("**/*", Logs), filelib:is_regular(filename:join(Logs, F))]),
    [io:format("~s~n", [F]) || F <- Files],
    [Log] = filelib:wildcard(Logs ++ "/ct_run*/*/run*/suite.log"),
    {ok, Text} = file:read_file(Log),
    io:format("~s", [Text]).

no_digits(Name) -> [C || C <- Name, C < $0 orelse C > $9].

init(_, _) -> {ok, []}.
init(_) -> {ok, []}.
handle_event({event, Name, _, Data}, S) when Name =:= tc_done; Name =:= test_stats; Name =:= tc_auto_skip; Name =:= tc_user_skip ->
    io:format("event ~p ~p~n", [Name, Data]), {ok, S};
handle_event(_, S) -> {ok, S}.
handle_call(_, S) -> {ok, ok, S}.
handle_info(_, S) -> {ok, S}.
terminate(_, _) -> ok.
code_change(_, S, _) -> {ok, S}.
