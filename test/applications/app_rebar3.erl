%% SPDX-License-Identifier: Apache-2.0
%% rebar3, an escript, with the arguments after -extra, in a small project made for it.
-module(app_rebar3).
-export([main/0]).

main() ->
    make("rebar.config", "{erl_opts, [debug_info]}.\n{deps, []}.\n"),
    make("src/small.app.src", "{application, small, [{description, \"small\"}, {vsn, \"0.1.0\"}, {applications, [kernel, stdlib]}]}.\n"),
    make("src/small.erl", "-module(small).\n-export([f/1]).\n-include(\"small.hrl\").\nf(X) -> Y = 1, #small{x = X}.\n"),
    make("include/small.hrl", "-record(small, {x}).\n"),
    make("test/small_tests.erl", "-module(small_tests).\n-include_lib(\"eunit/include/eunit.hrl\").\n"
                                 "f_test() -> ?assertEqual({small, 1}, small:f(1)).\ng_test() -> ?assertEqual(x, small:f(1)).\n"),
    ok = file:set_cwd("/tmp/app_rebar3"),
    escript:start([]).

make(Name, Text) ->
    File = "/tmp/app_rebar3/" ++ Name,
    ok = filelib:ensure_dir(File),
    ok = file:write_file(File, Text).
