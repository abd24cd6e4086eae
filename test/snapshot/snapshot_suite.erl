%% SPDX-License-Identifier: Apache-2.0
%% snapshot_suite.erl -- the main module of an image that runs the modules of test/erl: test/snapshot/erl.
-module(snapshot_suite).
-export([main/1]).

%% The folder with the compiled tests, then what expect:main/1 takes.
main([Beams | Arguments]) ->
    logger:set_primary_config(level, emergency),
    true = code:add_patha(Beams),
    expect:main(Arguments).
