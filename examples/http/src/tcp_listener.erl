%% SPDX-License-Identifier: Apache-2.0
%% Listens, and sees to it that so many processes accept.
-module(tcp_listener).
-behaviour(gen_server).
-export([start_link/3, init/1, handle_call/3, handle_cast/2, handle_info/2]).

start_link(Port, Acceptors, Serve) -> gen_server:start_link(?MODULE, {Port, Acceptors, Serve}, []).

init({Port, Acceptors, Serve}) ->
    process_flag(trap_exit, true),
    Options = [binary, {active, false}, {packet, raw}, {backlog, 1024}, {reuseaddr, true}, {nodelay, true}],
    case gen_tcp:listen(Port, Options) of
        {ok, Socket} ->
            [accept(Socket, Serve) || _ <- lists:seq(1, Acceptors)],
            {ok, {Socket, Serve}};
        {error, Why} ->
            {stop, {listen, Port, Why}}
    end.

handle_call(_, _, State) -> {reply, {error, unknown}, State}.

handle_cast(accepted, {Socket, Serve} = State) ->
    accept(Socket, Serve),
    {noreply, State}.

handle_info({'EXIT', _, _}, State) -> {noreply, State}.

%% Who has a connection says so, and is replaced.
accept(Listening, Serve) ->
    Listener = self(),
    spawn_link(fun() ->
        case gen_tcp:accept(Listening) of
            {ok, Socket} ->
                gen_server:cast(Listener, accepted),
                Serve(Socket);
            {error, closed} -> ok;
            {error, _} ->
                timer:sleep(100),
                gen_server:cast(Listener, accepted)
        end
    end).
