%% SPDX-License-Identifier: Apache-2.0
%% Dialyzer: a table of some of stdlib's modules, then what it says about a module with mistakes (app_mistakes).
-module(app_dialyzer).
-export([main/0]).

main() ->
    Table = "/tmp/app_dialyzer.plt",
    Files = [code:which(M) || M <- [lists, orddict, ordsets, queue]],
    io:format("~p~n", [dialyzer:run([{analysis_type, plt_build}, {output_plt, Table}, {files, Files}])]),
    Found = dialyzer:run([{analysis_type, succ_typings}, {init_plt, Table}, {files, [code:which(app_mistakes)]},
                          {warnings, [unmatched_returns, error_handling, unknown]}]),
    [io:put_chars(dialyzer:format_warning(F)) || F <- Found],
    io:format("~p~n", [dialyzer:plt_info(Table) =/= {error, no_such_file}]).
