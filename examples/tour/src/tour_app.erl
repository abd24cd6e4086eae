%% SPDX-License-Identifier: Apache-2.0
%% The application: starts the supervision tree.
-module(tour_app).
-behaviour(application).
-export([start/2, stop/1]).

start(_Type, _Args) -> tour_sup:start_link().
stop(_State) -> ok.
