%% SPDX-License-Identifier: Apache-2.0
%% mote_dist -- carries the distribution between a mote and its instances: `-proto_dist mote'.
%%
%% The nodes' own protocol is OTP's, above this; packets go as messages between instances (mote_instances), with their order and their
%% room.  A node is called iNUMBER_KEY@instance, after the handle of its mote, so that its name is its address; who knows it
%% could send messages there, and no more: connections are taken from those alone that instance:connect/1 has brought together.
%%
%% Each connection has a *controller*, a process that answers the handshake's requests first and then writes, and a process that
%% reads, as OTP asks for.
-module(mote_dist).
-export([start/0, incoming/0, forget/0]). % for instance, mote_instances and mote_main
-export([listen/1, listen/2, accept/1, accept_connection/5, setup/5, close/1, select/1, address/0, is_node_name/1,
         childspecs/0, setopts/2, getopts/2]).
-include_lib("kernel/include/net_address.hrl").
-include_lib("kernel/include/dist.hrl").
-include_lib("kernel/include/dist_util.hrl").

-define(ACCEPTOR, mote_dist_acceptor).
-define(HOST, "@instance").

%% Makes this mote a node; {ok, Node} also when it is one already that we carry.
-spec start() -> {ok, node()} | {error, term()}.
start() ->
    _ = mote_instances:call(is_renewed), % forget/0 may not have had its turn yet
    case {is_alive(), whereis(?ACCEPTOR)} of
        {false, _} ->
            {'$instance', Number, Key} = instance:self(),
            Name = list_to_atom(lists:concat(["i", Number, "_", Key, ?HOST])),
            Flags = [{proto_dist, [<<"mote">>]}, {setcookie, [<<"instance">>]}],
            init:get_argument(proto_dist) =:= {ok, [["mote"]]} orelse mote_main:take_flags(Flags), % given twice a cookie is none
            case net_kernel:start([Name, shortnames]) of
                {ok, _} -> {ok, node()};
                {error, {already_started, _}} -> {ok, node()};
                {error, Why} -> {error, Why}
            end;
        {true, undefined} -> {error, {node_of_another_kind, node()}};
        {true, _} -> {ok, node()}
    end.

%% In a copy of a mote that ran: the name is the address of another, so this one is no node, until it is to be one again.
-spec forget() -> ok.
forget() ->
    whereis(?ACCEPTOR) =:= undefined orelse (catch net_kernel:stop()),
    ok.

%% Somebody opens a connection: who gets its packets.  false: nobody.
-spec incoming() -> pid() | false.
incoming() ->
    case whereis(?ACCEPTOR) of
        undefined -> false;
        Acceptor ->
            Controller = controller_start(),
            Acceptor ! {incoming, Controller},
            Controller
    end.

%% --- controllers

controller_start() -> spawn_opt(fun() -> receive {mote_dist, opened} -> setting_up(queue:new(), none) end end, [{priority, max}]).

setting_up(Got, Wanted) ->
    receive
        {mote_dist, {data, Data}} when Wanted =:= none -> setting_up(queue:in(Data, Got), none);
        {mote_dist, {data, Data}} -> answer(Wanted, {ok, Data}), setting_up(Got, none);
        {mote_dist, closed} -> exit(connection_closed);
        {ask, From, {supervisor, Pid}} -> answer(From, link(Pid)), setting_up(Got, Wanted);
        {ask, From, {send, Data}} -> answer(From, write(Data)), setting_up(Got, Wanted);
        {ask, From, recv} ->
            case queue:out(Got) of
                {{value, Data}, Rest} -> answer(From, {ok, Data}), setting_up(Rest, none);
                {empty, _} -> setting_up(Got, From)
            end;
        {ask, From, getll} -> answer(From, {ok, self()}), setting_up(Got, Wanted);
        {ask, From, {complete, Handle, Supervisor}} ->
            Input = spawn_opt(fun() -> input_start(Handle, Supervisor) end, [link, {priority, max}]),
            ok = erlang:dist_ctrl_input_handler(Handle, Input),
            Input ! {go, queue:to_list(Got)},
            answer(From, ok),
            erlang:dist_ctrl_get_data_notification(Handle),
            output(Handle, Input)
    end.

answer({Pid, Ref}, What) -> Pid ! {Ref, What}.

ask(Controller, What) ->
    Ref = monitor(process, Controller),
    Controller ! {ask, {self(), Ref}, What},
    receive
        {Ref, Answer} -> demonitor(Ref, [flush]), Answer;
        {'DOWN', Ref, _, _, Why} -> exit({controller, Why})
    end.

output(Handle, Input) ->
    receive
        dist_data -> output_all(Handle), output(Handle, Input);
        tick -> write(<<>>), output(Handle, Input);
        {mote_dist, What} -> Input ! What, output(Handle, Input);
        _ -> output(Handle, Input)
    end.

output_all(Handle) ->
    case erlang:dist_ctrl_get_data(Handle) of
        none -> erlang:dist_ctrl_get_data_notification(Handle);
        Data -> write(Data), output_all(Handle)
    end.

%% Returns when there was room for all of it.
write(Data) ->
    case mote_instances:call({dist_send, iolist_to_binary(Data)}) of
        ok -> ok;
        _ -> exit(connection_closed)
    end.

input_start(Handle, Supervisor) ->
    link(Supervisor),
    receive {go, Packets} -> ok end,
    [erlang:dist_ctrl_put_data(Handle, P) || P <- Packets],
    input(Handle).

input(Handle) ->
    receive
        {data, Packet} -> erlang:dist_ctrl_put_data(Handle, Packet), input(Handle);
        closed -> exit(connection_closed)
    end.

%% --- what net_kernel calls

childspecs() -> {ok, []}.
select(Node) -> address_of(Node) =/= none.
is_node_name(Node) -> dist_util:is_node_name(Node).
setopts(_, _) -> ok.
getopts(_, _) -> {ok, []}.
close(_) -> ok.
address() -> #net_address{address = [], host = instance, protocol = mote, family = local}.

address_of(Node) ->
    case re:run(atom_to_list(Node), "^i(\\d+)_(\\d+)" ?HOST "$", [{capture, [1, 2], list}]) of
        {match, [Number, Key]} -> {list_to_integer(Number), list_to_integer(Key)};
        nomatch -> none
    end.

listen(Name) -> listen(Name, instance).
listen(_Name, _Host) ->
    {ok, {mote, address(), 4 + erlang:phash2({erlang:unique_integer(), os:system_time()}, 1000000000)}}.

accept(_Listen) ->
    Kernel = self(),
    spawn_opt(fun() -> register(?ACCEPTOR, self()), acceptor(Kernel) end, [link, {priority, max}]).

acceptor(Kernel) ->
    receive
        {incoming, Controller} ->
            Kernel ! {accept, self(), Controller, local, mote},
            receive
                {Kernel, controller, Supervisor} ->
                    ask(Controller, {supervisor, Supervisor}),
                    Supervisor ! {self(), controller};
                {Kernel, unsupported_protocol} -> exit(unsupported_protocol)
            end
    end,
    acceptor(Kernel).

accept_connection(Acceptor, Controller, MyNode, Allowed, SetupTime) ->
    Kernel = self(),
    spawn_opt(fun() ->
                  receive {Acceptor, controller} -> ok end,
                  Data = handshake(Controller, SetupTime),
                  dist_util:handshake_other_started(Data#hs_data{kernel_pid = Kernel, this_node = MyNode, allowed = Allowed})
              end, dist_util:net_ticker_spawn_options()).

setup(Node, Type, MyNode, _LongOrShort, SetupTime) ->
    Kernel = self(),
    spawn_opt(fun() -> setup_start(Kernel, Node, Type, MyNode, SetupTime) end, dist_util:net_ticker_spawn_options()).

setup_start(Kernel, Node, Type, MyNode, SetupTime) ->
    Me = self(),
    Name = address_of(Node),
    Controller = spawn_opt(fun() ->
                               ok = mote_instances:call({dist_open, Name}),
                               receive {mote_dist, opened} -> setting_up(queue:new(), none) end
                           end, [{priority, max}]),
    ask(Controller, {supervisor, Me}),
    Data = handshake(Controller, SetupTime),
    dist_util:handshake_we_started(Data#hs_data{kernel_pid = Kernel, other_node = Node, this_node = MyNode,
                                                other_version = ?ERL_DIST_VER_HIGH, request_type = Type}).

handshake(Controller, SetupTime) ->
    Supervisor = self(),
    #hs_data{socket = Controller,
             timer = dist_util:start_timer(SetupTime),
             this_flags = 0,
             f_send = fun(C, Packet) -> ask(C, {send, Packet}) end,
             f_recv = fun(C, _Length, _Timeout) ->
                          {ok, Bin} = ask(C, recv),
                          {ok, binary_to_list(Bin)}
                      end,
             f_setopts_pre_nodeup = fun(_) -> ok end,
             f_setopts_post_nodeup = fun(_) -> ok end,
             f_getll = fun(C) -> ask(C, getll) end,
             f_address = fun(_, _) -> address() end,
             mf_tick = fun(C) -> C ! tick, ok end,
             mf_getstat = undefined,
             mf_setopts = fun(_, _) -> ok end,
             mf_getopts = fun(_, _) -> {ok, []} end,
             f_handshake_complete = fun(C, _Node, Handle) -> ask(C, {complete, Handle, Supervisor}) end}.
