%% SPDX-License-Identifier: Apache-2.0
%% checkpoint_test -- an application that chooses its checkpoint itself: what it did before is there, and is not done again.
-module(checkpoint_test).
-export([main/1, child/0]).

main(_) ->
    io:format("before~n"),
    Table = ets:new(?MODULE, [named_table, public]),
    ets:insert(Table, {sum, lists:sum(lists:seq(1, 100000))}),
    Counter = spawn_link(fun() -> count(0) end),
    Counter ! add,
    Timer = erlang:start_timer(200, self(), late),
    Checkpoint = instance:checkpoint(),
    Counter ! add,
    Counter ! {get, self()},
    receive {count, 2} -> ok end,
    receive {timeout, Timer, late} -> ok end,
    [{sum, 5000050000}] = ets:lookup(?MODULE, sum),
    io:format("~p ~p~n", [Checkpoint, init:get_plain_arguments()]),
    case {instance:parent(), init:get_plain_arguments()} of
        {undefined, ["family"]} -> family();
        _ -> instance:checkpoint() =:= {checkpointed, none} orelse exit(again)
    end.

count(N) ->
    receive
        add -> count(N + 1);
        {get, Pid} -> Pid ! {count, N}, count(N)
    end.

%% One child goes on from there, another runs something else in the same memory.
family() ->
    [one(Run) || Run <- [application, {?MODULE, child, []}]].

one(Run) ->
    {ok, {_, Ref}} = instance:spawn_monitor(Run, #{config => hello, network => none}),
    receive {'DOWN', Ref, _, _, Reason} -> io:format("~p~n", [Reason]) end.

child() ->
    io:format("child ~p ~p~n", [instance:config(), ets:info(?MODULE, size)]).
