%% SPDX-License-Identifier: Apache-2.0
%% suite_peer - the process that stands for a node which test/conformance/run starts on the host (peers.py): what module
%% peer's is for one that it has started itself, as far as suites use it.
-module(suite_peer).
-behaviour(gen_server).
-export([start/4]).
-export([init/1, handle_call/3, handle_cast/2, handle_info/2, terminate/2]).

-define(SECONDS, 60).

%% Start: start or start_link.  {ok, Pid, Node} or {error, Why}, as peer:Start/1.
-spec start(start | start_link, string(), string(), [string()]) -> {ok, pid(), node()} | {error, term()}.
start(Start, Starter, Name, Args) ->
    Node = case lists:member($@, Name) of true -> Name; false -> Name ++ "@peers.test" end,
    case gen_server:Start(?MODULE, {Starter, Node, Args}, []) of
        {ok, Pid} -> {ok, Pid, list_to_atom(Node)};
        Error -> Error
    end.

init({Starter, Name, Args}) ->
    process_flag(trap_exit, true),
    [Host, Port] = string:lexemes(Starter, ":"),
    {ok, Address} = inet:parse_address(Host),
    {ok, S} = gen_tcp:connect(Address, list_to_integer(Port), [binary, {packet, 4}]),
    ok = gen_tcp:send(S, lists:join(0, [Name | Args])),
    Node = list_to_atom(Name),
    case wait_for(Node, S, erlang:monotonic_time(second) + ?SECONDS) of
        ok -> {ok, {S, Node}};
        Why -> gen_tcp:close(S), {stop, Why}
    end.

wait_for(Node, S, Until) ->
    Late = erlang:monotonic_time(second) >= Until,
    case net_kernel:connect_node(Node) of
        true -> ok;
        _ when Late -> timeout;
        _ -> receive {tcp_closed, S} -> boot_failed after 100 -> wait_for(Node, S, Until) end
    end.

handle_call({call, M, F, A}, _, {_, Node} = S) -> {reply, catch {ok, erpc:call(Node, M, F, A)}, S};
handle_call(get_node, _, {_, Node} = S) -> {reply, Node, S};
handle_call(get_state, _, S) -> {reply, running, S};
handle_call(_, _, S) -> {reply, {error, unsupported}, S}.
handle_cast(_, S) -> {noreply, S}.
handle_info({tcp_closed, Socket}, {Socket, _} = S) -> {stop, normal, S};
handle_info({'EXIT', _, Why}, S) when Why =/= normal -> {stop, Why, S};
handle_info(_, S) -> {noreply, S}.

terminate(_, {Socket, Node}) ->
    true = monitor_node(Node, true),
    erpc:cast(Node, erlang, halt, []),
    receive {nodedown, Node} -> ok after 5000 -> ok end,
    gen_tcp:close(Socket).
