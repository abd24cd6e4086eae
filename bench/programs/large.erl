%% SPDX-License-Identifier: Apache-2.0
%% Runs one large program and writes its name, its checksum, and the milliseconds that it took and worked:
%%
%%     erl -noshell -pa DIR -run large main plt [ARGUMENT...]
%%
%% A program is a module with run/1, whose answer must be the same on every machine.
-module(large).
-export([main/1]).

main([Name | Arguments]) ->
    Module = list_to_atom("large_" ++ Name),
    {module, Module} = code:ensure_loaded(Module),
    _ = statistics(runtime),
    Start = erlang:monotonic_time(millisecond),
    Answer = Module:run(Arguments),
    Time = erlang:monotonic_time(millisecond) - Start,
    {_, Worked} = statistics(runtime),
    io:format("large ~s ~w ~w ~w~n", [Name, erlang:phash2(Answer, 1 bsl 32), Time, Worked]),
    halt(0).
