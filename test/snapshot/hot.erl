%% SPDX-License-Identifier: Apache-2.0
%% hot -- loaded in a running mote, in two versions: test/snapshot/kept.
-module(hot).
-export([version/0, count/1]).
-ifndef(VERSION).
-define(VERSION, 1).
-endif.
version() -> ?VERSION.

%% Counts for ever, in the newest code.
count(N) ->
    receive {count, Pid} -> Pid ! {counted, N, ?VERSION}
    after 20 -> ok
    end,
    ?MODULE:count(N + 1).
