%% SPDX-License-Identifier: Apache-2.0
%% Runs the parts of OTP's estone_SUITE but the one with a C program, and writes each part's name and microseconds:
%% bench/estone.
-module(estone).
-export([main/0, main/1]).

main() -> main([]).

main(Wanted) ->
    [run(Micro) || Micro <- estone_SUITE:micros(), Name <- [name(Micro)], Name =/= "port_io",
                   Wanted =:= [] orelse lists:member(Name, Wanted)],
    halt(0).

name(Micro) -> atom_to_list(element(2, Micro)).

run(Micro) ->
    Self = self(),
    Pid = spawn(fun() -> estone_SUITE:run_micro(Self, Micro, "") end),
    receive
        {Pid, Result} ->
            {microsecs, Time} = lists:keyfind(microsecs, 1, Result),
            io:format("estone ~s ~w~n", [name(Micro), Time])
    end.
