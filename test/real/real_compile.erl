%% SPDX-License-Identifier: Apache-2.0
%% Compiles source files and writes the .beam files to standard output, in lines of hexadecimal digits:
%%
%%     erl -noshell -pa DIR -run real_compile main SOURCE...
-module(real_compile).
-export([main/1]).

main(Sources) ->
    lists:foreach(fun one/1, Sources),
    halt(0).

one(Source) ->
    Start = erlang:monotonic_time(millisecond),
    case compile:file(Source, [deterministic, binary, report]) of
        {ok, Module, Beam} ->
            Time = erlang:monotonic_time(millisecond) - Start,
            io:format("begin ~s ~w~n", [Module, Time]),
            lines(Beam),
            io:format("end ~s ~w~n", [Module, byte_size(Beam)]);
        error ->
            io:format("cannot compile ~s~n", [Source]),
            halt(1)
    end.

lines(<<Line:40/binary, Rest/binary>>) -> io:format("~s~n", [hex(Line)]), lines(Rest);
lines(Rest) -> io:format("~s~n", [hex(Rest)]).

hex(Binary) -> [io_lib:format("~2.16.0b", [Byte]) || <<Byte>> <= Binary].
