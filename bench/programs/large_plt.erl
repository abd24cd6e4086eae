%% SPDX-License-Identifier: Apache-2.0
%% Dialyzer's table of kernel and stdlib: bench/large.
-module(large_plt).
-export([run/1]).

run(_) ->
    Table = filename:join("/tmp", "large_plt." ++ os:getpid()),
    Files = [File || Name <- [kernel, stdlib], File <- modules(Name)],
    Warnings = dialyzer:run([{analysis_type, plt_build}, {output_plt, Table}, {files, Files}]),
    {ok, Written} = file:read_file(Table),
    ok = file:delete(Table),
    {length(Files), length(Warnings), byte_size(term_to_binary(binary_to_term(Written)))}.

modules(Name) ->
    {ok, Names} = file:list_dir(code:lib_dir(Name, ebin)),
    [filename:join(code:lib_dir(Name, ebin), File) || File <- lists:sort(Names), filename:extension(File) =:= ".beam"].
