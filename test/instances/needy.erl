%% SPDX-License-Identifier: Apache-2.0
%% An application that says in its resource file that it needs folders and a network (test/instances/run): the first mote starts instances that have
%% less, and says how they end; one that has all says that it runs.
-module(needy).
-behaviour(application).
-export([start/2, stop/1]).

start(_, _) ->
    case instance:parent() of
        undefined -> {ok, spawn_link(fun first/0)};
        _ -> halt(7)
    end.

stop(_) -> ok.

first() ->
    [io:format("~0p~n", [ended(Options)]) || Options <- [#{},
                                                         #{network => "user", mounts => ["/data:ro", "/more"]},
                                                         #{network => "user", mounts => ["/data", "/more:ro"]}]],
    halt(0).

ended(Options) ->
    {ok, {Instance, Ref}} = instance:spawn_monitor(application, Options#{console => none}),
    receive {'DOWN', Ref, instance, Instance, Reason} -> Reason end.
