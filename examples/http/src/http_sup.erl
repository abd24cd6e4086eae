%% SPDX-License-Identifier: Apache-2.0
%% One listener each for HTTP and echo; a listener has acceptors, and each of these becomes a connection.
-module(http_sup).
-behaviour(supervisor).
-export([start_link/0, init/1]).

start_link() -> supervisor:start_link({local, ?MODULE}, ?MODULE, []).

init([]) ->
    {ok, {#{strategy => one_for_one}, [listener(http, http_port, fun http_connection:serve/1), listener(echo, echo_port, fun echo_connection:serve/1)]}}.

listener(Id, Key, Serve) ->
    {ok, Port} = application:get_env(http, Key),
    {ok, Acceptors} = application:get_env(http, acceptors),
    #{id => Id, start => {tcp_listener, start_link, [Port, Acceptors, Serve]}}.
