%% SPDX-License-Identifier: Apache-2.0
%% What test/instances/faults has the first mote do: prints what happened, a line each.
-module(faults).
-export([main/1, idle/0, parent/1]).

-define(SMALL, #{memory => 16 bsl 20, console => none}).
-define(PATIENCE, 120000).

main(["storm", At, Times]) -> [storm(list_to_integer(At)) || _ <- lists:seq(1, list_to_integer(Times))], wait();
main(["many", Count]) -> many(list_to_integer(Count)), wait();
main(["hurry", Count]) -> hurry(list_to_integer(Count)), wait();
main(["orphans", Way, Count]) -> orphans(list_to_atom(Way), list_to_integer(Count)), wait();
main(["watch", Count]) -> watch(list_to_integer(Count)).

%% Nothing is left below this mote; the host looks.
wait() ->
    quiet(),
    io:format("quiet~n"),
    receive never -> ok end.

quiet() ->
    case instance:info() of
        #{alive := 0} -> ok;
        _ -> timer:sleep(10), quiet()
    end.

%% So many at once; those for which there was no room are told so, each.
storm(At) ->
    Me = self(),
    Pids = [spawn_link(fun() -> Me ! {self(), instance:spawn({?MODULE, idle, []}, ?SMALL)} end) || _ <- lists:seq(1, At)],
    Answers = [receive {Pid, Answer} -> Answer after ?PATIENCE -> none end || Pid <- Pids],
    Started = [Instance || {ok, Instance} <- Answers],
    Refused = [Why || {error, {Why, _}} <- Answers],
    io:format("started ~b, alive ~b, refused ~b ~p~n", [length(Started), length(instance:children()), length(Refused), lists:usort(Refused)]),
    [idle = instance:call(Instance, what, ?PATIENCE) || Instance <- Started],
    [ok = instance:kill(Instance) || Instance <- Started],
    quiet().

%% More than there are descriptors for in one process, by a usual limit: all live at once.
many(Count) ->
    Handles = [begin {ok, Instance} = instance:spawn({?MODULE, idle, []}, ?SMALL), Instance end || _ <- lists:seq(1, Count)],
    [idle = instance:call(Instance, what, ?PATIENCE) || Instance <- Handles],
    io:format("alive ~b~n", [length(instance:children())]),
    [ok = instance:kill(Instance) || Instance <- Handles],
    quiet().

%% Each is killed at another moment of its start.
hurry(Count) ->
    [begin
         {ok, {Instance, Ref}} = instance:spawn_monitor({?MODULE, idle, []}, ?SMALL),
         _ = [erlang:phash2(I) || I <- lists:seq(1, rand:uniform(3000))],
         ok = instance:kill(Instance),
         receive {'DOWN', Ref, instance, Instance, killed} -> ok end
     end || _ <- lists:seq(1, Count)].

%% A parent that ends while its children start.
orphans(Way, Count) ->
    Options = ?SMALL#{children => Count, child_memory => Count * (16 bsl 20)},
    {ok, {Parent, Ref}} = instance:spawn_monitor({?MODULE, parent, [{Way, Count}]}, Options),
    receive {instance, Parent, starting} -> ok after ?PATIENCE -> ok end,
    Way =:= kill andalso begin timer:sleep(20), instance:kill(Parent) end,
    receive {'DOWN', Ref, instance, Parent, Reason} -> io:format("down ~0p~n", [Reason]) after ?PATIENCE -> ok end.

parent({Way, Count}) ->
    Parent = instance:parent(),
    instance:send(Parent, starting),
    [spawn(fun() -> instance:spawn({?MODULE, idle, []}, ?SMALL) end) || _ <- lists:seq(1, Count)],
    timer:sleep(20),
    case Way of
        exit -> exit(enough);
        crash -> erlang:error(enough);
        halt -> halt(3);
        kill -> idle()
    end.

%% Children that wait; each end is told.
watch(Count) ->
    Refs = maps:from_list([begin {ok, {_, Ref}} = instance:spawn_monitor({?MODULE, idle, []}, ?SMALL), {Ref, true} end || _ <- lists:seq(1, Count)]),
    [idle = instance:call(Instance, what, ?PATIENCE) || Instance <- instance:children()],
    io:format("ready~n"),
    [receive {'DOWN', Ref, instance, _, Reason} when is_map_key(Ref, Refs) -> io:format("down ~0p~n", [Reason]) end || _ <- maps:keys(Refs)],
    io:format("alone~n"),
    receive never -> ok end.

idle() ->
    receive {instance_call, From, what} -> instance:reply(From, idle) end,
    idle().
