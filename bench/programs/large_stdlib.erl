%% SPDX-License-Identifier: Apache-2.0
%% All modules of stdlib, compiled from their sources: bench/large.
-module(large_stdlib).
-export([run/1]).

run([Lib]) ->
    Files = lists:sort(filelib:wildcard(filename:join([Lib, "stdlib-*", "src", "*.erl"]))),
    Include = [{i, Folder} || Name <- ["stdlib-*", "kernel-*"], Part <- ["src", "include"],
                              Folder <- filelib:wildcard(filename:join([Lib, Name, Part]))],
    {length(Files), [compile(File, Include) || File <- Files]}.

compile(File, Include) ->
    {ok, Module, Code} = compile:file(File, [binary, deterministic, debug_info, return_errors | Include]),
    {Module, erlang:md5(Code)}.
