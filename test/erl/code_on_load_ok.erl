%% SPDX-License-Identifier: Apache-2.0
%% Its on_load function succeeds until it is told not to.
-module(code_on_load_ok).
-export([state/0]).
-on_load(init/0).

init() ->
    persistent_term:put(code_on_load_ok, ran),
    persistent_term:get(code_on_load_answer, ok).
state() -> persistent_term:get(code_on_load_ok).
