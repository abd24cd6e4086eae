%% SPDX-License-Identifier: Apache-2.0
%% What bench/instances has the first mote do: prints numbers, one a line.
-module(instances).
-export([main/1, idle/0, tell/0]).

-define(OPTIONS, #{memory => 16 bsl 20, console => none}).

main(["spawn", N]) -> [io:format("~b~n", [spawned()]) || _ <- lists:seq(1, list_to_integer(N))];
main(["rate", Seconds, Workers]) ->
    Until = erlang:monotonic_time(millisecond) + 1000 * list_to_integer(Seconds),
    Self = self(),
    Pids = [spawn_link(fun() -> Self ! {self(), lives(Until, 0)} end) || _ <- lists:seq(1, list_to_integer(Workers))],
    io:format("~b~n", [lists:sum([receive {Pid, Lives} -> Lives end || Pid <- Pids])]);
main(["idle", N]) ->
    Handles = [begin {ok, Handle} = instance:spawn({?MODULE, idle, []}, #{console => none}), Handle end || _ <- lists:seq(1, list_to_integer(N))],
    [idle = instance:call(Handle, what, infinity) || Handle <- Handles],
    io:format("~b~n", [length(instance:children())]),
    receive never -> ok end.

%% Nanoseconds from the spawn to the child's first function, by the clock of the host, which both have.
spawned() ->
    Begun = os:system_time(nanosecond),
    {ok, {Handle, Ref}} = instance:spawn_monitor({?MODULE, tell, []}, ?OPTIONS),
    receive {instance, Handle, Time} -> ok end,
    receive {'DOWN', Ref, instance, Handle, normal} -> ok end,
    Time - Begun.

tell() ->
    Now = os:system_time(nanosecond),
    instance:send(instance:parent(), Now).

lives(Until, Count) ->
    {ok, {Handle, Ref}} = instance:spawn_monitor({erlang, date, []}, ?OPTIONS),
    receive {'DOWN', Ref, instance, Handle, normal} -> ok end,
    case erlang:monotonic_time(millisecond) < Until of
        true -> lives(Until, Count + 1);
        false -> Count + 1
    end.

idle() ->
    receive {instance_call, From, what} -> instance:reply(From, idle) end,
    receive never -> ok end.
