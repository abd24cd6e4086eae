%% SPDX-License-Identifier: Apache-2.0
%% pipe_dist.erl -- a carrier of the distribution over the standard input and output of a program, for tests.
%%
%%     erl -proto_dist pipe -start_epmd false ...              net_kernel finds it by this name
%%
%% With `-pipe_peer Node` the node reads and writes its own standard input and output, and whoever started it brings both
%% ends together (test/dist/run): it needs no sockets.  A *wire* (a process) owns the port at either side.  What goes over
%% it: a length of four bytes; 'o' (a connection begins), 'd' (a packet) or 'c' (it has ended); 'm' or 'y' for a connection
%% that the sender of this opened (mine) or the other side (yours); its number among those, four bytes; the packet.  So what
%% is still under way of a connection that is over never reaches the next one.  'e' alone: the other side is gone.
-module(pipe_dist).
-export([listen/1, listen/2, accept/1, accept_connection/5, setup/5, close/1, select/1, address/0, is_node_name/1,
         childspecs/0, setopts/2, getopts/2]).
-include_lib("kernel/include/net_address.hrl").
-include_lib("kernel/include/dist.hrl").
-include_lib("kernel/include/dist_util.hrl").

childspecs() -> {ok, []}.
select(_Node) -> true.
is_node_name(Node) -> dist_util:is_node_name(Node).
setopts(_, _) -> ok.
getopts(_, _) -> {ok, []}.
close(_) -> ok.
address() -> #net_address{address = [], host = localhost, protocol = pipe, family = local}.

%% --- wires ------------------------------------------------------------------------------------------

wire(Node) -> persistent_term:get({?MODULE, Node}, none).

wire_start() ->
    case init:get_argument(pipe_peer) of
        {ok, [[Peer]]} ->
            Wire = spawn(fun() -> wire_loop(open_port({fd, 0, 1}, [binary, stream, eof]), <<>>, #{}, 0) end),
            persistent_term:put({?MODULE, list_to_atom(Peer)}, Wire);
        error -> ok
    end.

%% Users: the process of each connection by the connection's key, and the key by the process.
wire_loop(Port, Rest, Users, Opened) ->
    receive
        {Port, {data, Data}} -> cut(Port, <<Rest/binary, Data/binary>>, Users, Opened);
        {Port, eof} -> init:stop();
        {'DOWN', _, process, User, _} ->
            put_frame(Port, $c, Users, User, []),
            wire_loop(Port, Rest, forget(User, Users), Opened);
        {open, User} ->
            More = use({mine, Opened}, User, Users),
            put_frame(Port, $o, More, User, []),
            wire_loop(Port, Rest, More, Opened + 1);
        {send, User, Data} ->
            put_frame(Port, $d, Users, User, Data),
            User ! {self(), sent},
            wire_loop(Port, Rest, Users, Opened);
        _ -> wire_loop(Port, Rest, Users, Opened)
    end.

cut(Port, <<N:32, Frame:N/binary, Rest/binary>>, Users, Opened) -> cut(Port, Rest, take(Frame, Users), Opened);
cut(Port, Rest, Users, Opened) -> wire_loop(Port, Rest, Users, Opened).

take(<<"e">>, Users) -> lists:foldl(fun closed/2, Users, [Key || {_, _} = Key <- maps:keys(Users)]);
take(<<What, Whose, N:32, Data/binary>>, Users) -> take(What, {case Whose of $m -> theirs; $y -> mine end, N}, Data, Users).

take($o, Key, _, Users) ->
    case whereis(pipe_dist_acceptor) of
        undefined -> Users;
        Acceptor ->
            Controller = controller_start(self()),
            Acceptor ! {incoming, Controller},
            use(Key, Controller, Users)
    end;
take($d, Key, Data, Users) -> tell(Key, {data, Data}, Users), Users;
take($c, Key, _, Users) -> closed(Key, Users).

use(Key, User, Users) ->
    monitor(process, User),
    User ! {self(), opened},
    Users#{Key => User, User => Key}.

closed(Key, Users) ->
    tell(Key, closed, Users),
    forget(maps:get(Key, Users, none), Users).

forget(User, Users) -> maps:without([User, maps:get(User, Users, none)], Users).

tell(Key, What, Users) ->
    case Users of
        #{Key := User} -> User ! {wire, self(), What};
        #{} -> ok
    end.

%% Of a user whose connection is over, nothing.
put_frame(Port, What, Users, User, Data) ->
    case Users of
        #{User := {Whose, N}} ->
            Frame = [What, case Whose of mine -> $m; theirs -> $y end, <<N:32>>, Data],
            catch port_command(Port, [<<(iolist_size(Frame)):32>>, Frame]);
        #{} -> ok
    end.

%% --- controllers ------------------------------------------------------------------------------------

%% First a process that takes requests of the handshake, then the one that writes.
controller_start(Wire) ->
    spawn_opt(fun() ->
                  receive {Wire, opened} -> setting_up(Wire, queue:new(), none) end
              end, [{priority, max}]).

setting_up(Wire, Got, Wanted) ->
    receive
        {wire, Wire, {data, Data}} when Wanted =:= none -> setting_up(Wire, queue:in(Data, Got), none);
        {wire, Wire, {data, Data}} -> answer(Wanted, {ok, Data}), setting_up(Wire, Got, none);
        {wire, Wire, closed} -> exit(connection_closed);
        {{_, _} = From, {supervisor, Pid}} -> answer(From, link(Pid)), setting_up(Wire, Got, Wanted);
        {{_, _} = From, {send, Data}} ->
            Wire ! {send, self(), Data},
            receive {Wire, sent} -> ok end,
            answer(From, ok),
            setting_up(Wire, Got, Wanted);
        {{_, _} = From, recv} ->
            case queue:out(Got) of
                {{value, Data}, Rest} -> answer(From, {ok, Data}), setting_up(Wire, Rest, none);
                {empty, _} -> setting_up(Wire, Got, From)
            end;
        {{_, _} = From, getll} -> answer(From, {ok, self()}), setting_up(Wire, Got, Wanted);
        {{_, _} = From, {complete, Handle, Supervisor}} ->
            Me = self(),
            Input = spawn_link(fun() -> link(Supervisor), input_start(Me, Handle, Wire) end),
            ok = erlang:dist_ctrl_input_handler(Handle, Input),
            Input ! {go, queue:to_list(Got)},
            answer(From, ok),
            erlang:dist_ctrl_get_data_notification(Handle),
            output(Handle, Wire, Input)
    end.

answer({Pid, Ref}, What) -> Pid ! {Ref, What}.

call(Controller, What) ->
    Ref = monitor(process, Controller),
    Controller ! {{self(), Ref}, What},
    receive
        {Ref, Answer} -> demonitor(Ref, [flush]), Answer;
        {'DOWN', Ref, _, _, Why} -> exit({controller, Why})
    end.

output(Handle, Wire, Input) ->
    receive
        dist_data -> output_all(Handle, Wire), output(Handle, Wire, Input);
        tick -> wire_send(Wire, <<>>), output(Handle, Wire, Input);
        {wire, Wire, What} -> Input ! What, output(Handle, Wire, Input);
        {hold, Pid} -> % a test wants to see a busy connection
            Pid ! held,
            receive go_on -> ok end,
            output(Handle, Wire, Input);
        _ -> output(Handle, Wire, Input)
    end.

output_all(Handle, Wire) ->
    case erlang:dist_ctrl_get_data(Handle) of
        none -> erlang:dist_ctrl_get_data_notification(Handle);
        Data -> wire_send(Wire, Data), output_all(Handle, Wire)
    end.

wire_send(Wire, Data) ->
    Wire ! {send, self(), Data},
    receive {Wire, sent} -> ok end.

input_start(Controller, Handle, _Wire) ->
    receive {go, Packets} -> ok end,
    [erlang:dist_ctrl_put_data(Handle, P) || P <- Packets],
    input(Controller, Handle).

input(Controller, Handle) ->
    receive
        {data, Packet} -> erlang:dist_ctrl_put_data(Handle, Packet), input(Controller, Handle);
        closed -> exit(connection_closed)
    end.

%% --- what net_kernel calls ----------------------------------------------------------------------------

listen(Name) -> listen(Name, localhost).
listen(_Name, _Host) ->
    wire_start(),
    {ok, {pipe, address(), 4 + erlang:phash2({erlang:unique_integer(), os:system_time()}, 1000000000)}}.

accept(_Listen) ->
    Kernel = self(),
    spawn_opt(fun() -> register(pipe_dist_acceptor, self()), acceptor(Kernel) end, [link, {priority, max}]).

acceptor(Kernel) ->
    receive
        {incoming, Controller} ->
            Kernel ! {accept, self(), Controller, local, pipe},
            receive
                {Kernel, controller, Supervisor} ->
                    call(Controller, {supervisor, Supervisor}),
                    Supervisor ! {self(), controller};
                {Kernel, unsupported_protocol} -> exit(unsupported_protocol)
            end,
            acceptor(Kernel)
    end.

accept_connection(Acceptor, Controller, MyNode, Allowed, SetupTime) ->
    Kernel = self(),
    spawn_opt(fun() ->
                  receive {Acceptor, controller} -> ok end,
                  Data = handshake(Controller, SetupTime),
                  dist_util:handshake_other_started(Data#hs_data{kernel_pid = Kernel, this_node = MyNode,
                                                                 allowed = Allowed})
              end, dist_util:net_ticker_spawn_options()).

setup(Node, Type, MyNode, _LongOrShort, SetupTime) ->
    Kernel = self(),
    spawn_opt(fun() -> setup_start(Kernel, Node, Type, MyNode, SetupTime) end, dist_util:net_ticker_spawn_options()).

setup_start(Kernel, Node, Type, MyNode, SetupTime) ->
    Wire = wire(Node),
    is_pid(Wire) andalso is_process_alive(Wire) orelse ?shutdown(Node),
    Controller = controller_start(Wire),
    Wire ! {open, Controller},
    call(Controller, {supervisor, self()}),
    Data = handshake(Controller, SetupTime),
    dist_util:handshake_we_started(Data#hs_data{kernel_pid = Kernel, other_node = Node, this_node = MyNode,
                                                other_version = ?ERL_DIST_VER_HIGH, request_type = Type}).

handshake(Controller, SetupTime) ->
    Supervisor = self(),
    #hs_data{socket = Controller,
             timer = dist_util:start_timer(SetupTime),
             this_flags = 0,
             reject_flags = reject(),
             f_send = fun(C, Packet) -> call(C, {send, Packet}) end,
             f_recv = fun(C, _Length, _Timeout) ->
                          {ok, Bin} = call(C, recv),
                          {ok, binary_to_list(Bin)}
                      end,
             f_setopts_pre_nodeup = fun(_) -> ok end,
             f_setopts_post_nodeup = fun(_) -> ok end,
             f_getll = fun(C) -> call(C, getll) end,
             f_address = fun(_, _) -> address() end,
             mf_tick = fun(C) -> C ! tick, ok end,
             mf_getstat = undefined,
             mf_setopts = fun(_, _) -> ok end,
             mf_getopts = fun(_, _) -> {ok, []} end,
             f_handshake_complete = fun(C, _Node, Handle) -> call(C, {complete, Handle, Supervisor}) end}.

%% -pipe_reject FLAGS: of the distribution, for tests of what then is different.
reject() ->
    case init:get_argument(pipe_reject) of
        {ok, [[Flags]]} -> list_to_integer(Flags);
        error -> 0
    end.
