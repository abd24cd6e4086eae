%% SPDX-License-Identifier: Apache-2.0
%% Its on_load function refuses, so that the module is not there.
-module(code_on_load_bad).
-export([state/0]).
-on_load(init/0).

init() -> refused.
state() -> here.
