%% SPDX-License-Identifier: Apache-2.0
-module(http_app).
-behaviour(application).
-export([start/2, stop/1]).

start(_Type, _Arguments) -> http_sup:start_link().
stop(_State) -> ok.
