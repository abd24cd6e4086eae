%% SPDX-License-Identifier: Apache-2.0
%% Accounts in a gen_server. Each deposit is also kept as a persistent term, so that accounts outlive a crash of the
%% server; overdrawing is a crash.
-module(tour_bank).
-behaviour(gen_server).
-export([start_link/0, deposit/2, withdraw/2, balance/1]).
-export([init/1, handle_call/3, handle_cast/2]).

start_link() -> gen_server:start_link({local, ?MODULE}, ?MODULE, [], []).

deposit(Who, Amount) -> gen_server:call(?MODULE, {deposit, Who, Amount}).
withdraw(Who, Amount) -> gen_server:call(?MODULE, {withdraw, Who, Amount}).
balance(Who) -> gen_server:call(?MODULE, {balance, Who}).

init([]) ->
    {ok, persistent_term:get({?MODULE, accounts}, #{})}.

handle_call({deposit, Who, Amount}, _From, Accounts) ->
    New = maps:update_with(Who, fun(Old) -> Old + Amount end, Amount, Accounts),
    persistent_term:put({?MODULE, accounts}, New),
    {reply, ok, New};
handle_call({withdraw, Who, Amount}, _From, Accounts) ->
    #{Who := Balance} = Accounts,
    true = Balance >= Amount,
    {reply, ok, Accounts#{Who := Balance - Amount}};
handle_call({balance, Who}, _From, Accounts) ->
    {reply, maps:get(Who, Accounts, 0), Accounts}.

handle_cast(_Message, Accounts) -> {noreply, Accounts}.
