%% SPDX-License-Identifier: Apache-2.0
%% leex and yecc make a scanner and a parser, which are compiled, loaded and used.
-module(app_parsetools).
-export([main/0]).

main() ->
    Here = filename:dirname(code:which(?MODULE)),
    ok = filelib:ensure_dir("/tmp/app_parsetools/x"),
    {ok, Scan} = leex:file(filename:join(Here, "calc_scan.xrl"), [{scannerfile, "/tmp/app_parsetools/calc_scan.erl"}]),
    {ok, Parse} = yecc:file(filename:join(Here, "calc_parse.yrl"), [verbose, {parserfile, "/tmp/app_parsetools/calc_parse.erl"}]),
    [made(File) || File <- [Scan, Parse]],
    [io:format("~s = ~p~n", [Text, calc(Text)]) || Text <- ["1+2*3", "(1+2)*3", "7/2-0.5", "1 +\n", "2 $ 3", "8/(4-4)", ""]],
    file:write_file("/tmp/app_parsetools/bad.yrl", "Nonterminals a.\nTerminals b.\nRootsymbol a.\na -> b c : x.\n"),
    io:format("bad: ~p~n", [yecc:file("/tmp/app_parsetools/bad.yrl", [return])]),
    file:write_file("/tmp/app_parsetools/bad.xrl", "Rules.\n[a : x.\n"),
    io:format("bad: ~p~n", [leex:file("/tmp/app_parsetools/bad.xrl", [return])]).

made(File) ->
    {ok, Text} = file:read_file(File),
    {ok, Module, Code} = compile:file(File, [binary, report]),
    {module, Module} = code:load_binary(Module, File, Code),
    io:format("~s: ~p bytes, md5 ~p~n", [filename:basename(File), byte_size(Text), erlang:md5(Text)]).

calc(Text) ->
    case calc_scan:string(Text) of
        {ok, Tokens, _} -> try calc_parse:parse(Tokens) catch C:R -> {C, R} end;
        Error -> Error
    end.
