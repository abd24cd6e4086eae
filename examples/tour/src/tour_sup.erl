%% SPDX-License-Identifier: Apache-2.0
%% One for one: the bank is restarted when it crashes, up to five times in ten seconds.
-module(tour_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    {ok, {#{strategy => one_for_one, intensity => 5, period => 10},
          [#{id => bank, start => {tour_bank, start_link, []}, shutdown => 1000}]}}.
