%% SPDX-License-Identifier: Apache-2.0
%% What test/instances/soak has a mote do: instances come and go in every way, for so many seconds, so many a second at most.
%%
%% In between, when only the neighbour is alive, it prints `now' and numbers that must not grow, and waits a little so that
%% the host can be looked at.
-module(soak).
-export([main/1, talk/0, flood/1, family/0, idle/0, eat/1]).

-define(SMALL, #{memory => 16 bsl 20, console => none}).
-define(PATIENCE, 120000).

main([Seconds, PerSecond]) ->
    process_flag(trap_exit, true),
    logger:set_primary_config(level, none),
    Now = erlang:monotonic_time(millisecond),
    rounds(0, start_neighbour(), Now, #{begun => Now, until => Now + 1000 * list_to_integer(Seconds),
                                        pause => 1000 div list_to_integer(PerSecond), step => max(500, list_to_integer(Seconds) * 20)}).

rounds(N, Neighbour, Last, #{begun := Begun, until := Until, pause := Pause, step := Step} = Plan) ->
    Started = erlang:monotonic_time(millisecond),
    Next = round(N, Neighbour),
    quiet = receive Anything -> {Anything, N} after 0 -> quiet end,
    Ended = erlang:monotonic_time(millisecond),
    timer:sleep(max(0, Started + Pause - Ended)),
    if
        Ended >= Until -> say(N, Ended - Begun), io:format("done ~b~n", [N]);
        Ended - Last >= Step -> say(N, Ended - Begun), rounds(N + 1, Next, Ended, Plan);
        true -> rounds(N + 1, Next, Last, Plan)
    end.

say(N, Time) ->
    [Neighbour] = instance:children(),
    talks(Neighbour, 1),
    [garbage_collect(P) || P <- processes()],
    io:format("now ~b ~b ~b ~b ~b ~b ~b~n", [Time, N, erlang:memory(total), length(processes()), erlang:system_info(atom_count),
                                             length(ets:all()), length(erlang:ports())]),
    timer:sleep(1500).

start_neighbour() ->
    {ok, Neighbour} = instance:spawn_link({?MODULE, talk, []}, ?SMALL),
    Neighbour.

%% What is done in round N; the neighbour after it.
round(N, Neighbour) ->
    case N rem 11 of
        0 -> ends({erlang, date, []}, #{}, fun(R) -> R =:= normal end), Neighbour;
        1 -> ends({erlang, error, [boom]}, #{}, fun({boom, _}) -> true end), Neighbour;
        2 -> ends({erlang, halt, [3]}, #{}, fun(R) -> R =:= {halt, 3} end), Neighbour;
        3 -> ends({?MODULE, idle, []}, #{time_limit => 50}, fun(R) -> R =:= time_limit end), Neighbour;
        4 -> ends({?MODULE, eat, [[]]}, #{}, fun(R) -> R =/= normal end), Neighbour;
        5 -> killed(), Neighbour;
        6 -> flooded(500), Neighbour;
        7 -> ends({?MODULE, family, []}, #{children => 2, child_memory => 64 bsl 20}, fun(R) -> R =:= normal end), Neighbour;
        8 -> linked(), Neighbour;
        9 -> talks(Neighbour, 8), Neighbour;
        10 -> restarted(Neighbour, N rem 2)
    end.

ends(What, Options, Good) ->
    {ok, {Instance, Ref}} = instance:spawn_monitor(What, maps:merge(?SMALL, Options)),
    down(Instance, Ref, Good).

down(Instance, Ref, Good) ->
    receive {'DOWN', Ref, instance, Instance, Reason} -> true = Good(Reason)
    after ?PATIENCE -> exit({no_end, Instance})
    end.

killed() ->
    {ok, {Instance, Ref}} = instance:spawn_monitor({?MODULE, idle, []}, ?SMALL),
    instance:kill(Instance),
    down(Instance, Ref, fun(R) -> R =:= killed end).

flooded(Count) ->
    {ok, {Instance, Ref}} = instance:spawn_monitor({?MODULE, flood, [Count]}, ?SMALL),
    [receive {instance, Instance, {I, _}} -> ok after ?PATIENCE -> exit({no_message, I}) end || I <- lists:seq(1, Count)],
    down(Instance, Ref, fun(R) -> R =:= normal end).

%% Who dies takes the instance with it to which it is linked.
linked() ->
    Self = self(),
    Pid = spawn(fun() ->
        {ok, Instance} = instance:spawn_link({?MODULE, idle, []}, ?SMALL),
        Self ! {self(), Instance},
        exit(enough)
    end),
    Instance = receive {Pid, Started} -> Started end,
    Ref = instance:monitor(Instance),
    down(Instance, Ref, fun(_) -> true end).

talks(Neighbour, Times) ->
    [begin
        Bytes = binary:copy(<<I>>, I * 5000),
        Bytes = instance:call(Neighbour, Bytes, ?PATIENCE)
     end || I <- lists:seq(1, Times)].

restarted(Neighbour, How) ->
    case How of
        0 -> instance:kill(Neighbour);
        1 -> ok = instance:stop(Neighbour)
    end,
    receive {'EXIT', Neighbour, _} -> ok after ?PATIENCE -> exit({no_exit, Neighbour}) end,
    start_neighbour().

%% --- in an instance

idle() -> receive never -> ok end.

talk() ->
    receive {instance_call, From, Request} -> instance:reply(From, Request) end,
    talk().

flood(Count) ->
    Parent = instance:parent(),
    [instance:send(Parent, {I, binary:copy(<<I:32>>, 250)}) || I <- lists:seq(1, Count)].

%% Two that wait, and end because their parent does.
family() -> [{ok, _} = instance:spawn({?MODULE, idle, []}, ?SMALL) || _ <- [1, 2]].

eat(Much) -> eat([binary:copy(<<1>>, 1 bsl 20) | Much]).
