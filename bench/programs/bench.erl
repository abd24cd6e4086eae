%% SPDX-License-Identifier: Apache-2.0
%% Runs one program of the set and writes its name, its checksum and the microseconds that it took:
%%
%%     erl -noshell -pa DIR -run bench main fib
%%
%% A program is a module with run/0, whose answer must be the same on every machine.
-module(bench).
-export([main/1]).

main([Name]) ->
    Module = list_to_atom("bench_" ++ Name),
    {module, Module} = code:ensure_loaded(Module),
    erlang:garbage_collect(),
    Start = erlang:monotonic_time(microsecond),
    Answer = Module:run(),
    Time = erlang:monotonic_time(microsecond) - Start,
    io:format("bench ~s ~w ~w~n", [Name, erlang:phash2(Answer, 1 bsl 32), Time]),
    halt(0).
