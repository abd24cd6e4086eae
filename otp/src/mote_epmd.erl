%% SPDX-License-Identifier: Apache-2.0
%% mote_epmd.erl -- the port mapper of a mote: it answers for the one node that is in it.
%%
%% A node on a host of its own needs no daemon beside it that knows which nodes there are: it is the only one.  So this
%% stands in for erl_epmd where the node's own name is concerned (`-epmd_module mote_epmd`, what `mote erl -name` and
%% -sname use unless told otherwise), and listens where epmd would, on port 4369.  Other nodes find it as they
%% find any; others are asked for by erl_epmd, of the real epmd on their hosts.
%%
%% The node itself listens on port 4370, where inet_dist_listen_min does not say otherwise: nobody else is there to have
%% taken it, and a port of the host can be forwarded to it (`mote run --node`, `mote attach`).
%%
%% Protocol: "EPMD Protocol" in the ERTS manual.  Requests of more than 300 bytes, or later than 5 s, are not answered.
-module(mote_epmd).
-export([start/0, start_link/0, stop/0, register_node/2, register_node/3, port_please/2, port_please/3, address_please/3,
         listen_port_please/2, names/0, names/1]).

-define(NODE_PORT, 4370). % as in cli/node.h
-define(NAMES, $n).
-define(PORT_PLEASE2, $z).
-define(PORT2, $w).
-define(MOST_BYTES, 300).
-define(TIME, 5000).

%% --- what net_kernel and inet_tcp_dist call ---------------------------------------------------------

start() -> start_link().
start_link() -> proc_lib:start_link(erlang, apply, [fun init/0, []]).
stop() -> exit(whereis(?MODULE), shutdown).

register_node(Name, Port) -> register_node(Name, Port, inet).
register_node(Name, Port, _Family) ->
    case whereis(?MODULE) of
        undefined -> {error, address};
        Pid ->
            Ref = monitor(process, Pid),
            Pid ! {register, self(), Ref, text(Name), Port},
            receive
                {Ref, Answer} -> demonitor(Ref, [flush]), Answer;
                {'DOWN', Ref, _, _, Why} -> {error, Why}
            end
    end.

port_please(Name, Host) -> port_please(Name, Host, infinity).
port_please(Name, Host, Timeout) -> erl_epmd:port_please(Name, Host, Timeout).
address_please(Name, Host, Family) -> erl_epmd:address_please(Name, Host, Family).
listen_port_please(Name, Host) ->
    case {erl_epmd:listen_port_please(Name, Host), application:get_env(kernel, inet_dist_listen_min)} of
        {{ok, 0}, undefined} -> {ok, ?NODE_PORT};
        {Asked, _} -> Asked
    end.
names() -> erl_epmd:names().
names(Host) -> erl_epmd:names(Host).

text(Name) when is_atom(Name) -> atom_to_binary(Name);
text(Name) -> unicode:characters_to_binary(Name).

%% --- the server ---------------------------------------------------------------------------------------

%% The node may be named before the listening socket is there, and answers begin when both are.
init() ->
    register(?MODULE, self()),
    Port = port(),
    case gen_tcp:listen(Port, [binary, {packet, 2}, {packet_size, ?MOST_BYTES}, {active, false}, {reuseaddr, true}, {backlog, 64}]) of
        {ok, Socket} ->
            Server = self(),
            spawn_link(fun() -> accept(Socket, Server, Port) end);
        {error, _} -> ok % somebody else answers on this port: then nobody finds us, but we find them
    end,
    proc_lib:init_ack({ok, self()}),
    serve(none).

%% As for erl_epmd.
port() ->
    case init:get_argument(epmd_port) of
        {ok, [[Port | _] | _]} -> list_to_integer(Port);
        error -> 4369
    end.

serve(Node) ->
    receive
        {register, From, Ref, Name, Port} ->
            From ! {Ref, {ok, creation()}},
            serve({Name, Port});
        {who, From} ->
            From ! {node, Node},
            serve(Node);
        _ -> serve(Node)
    end.

%% Which run of this name it is: nothing that an earlier run may have had, most likely.
creation() -> 4 + erlang:phash2({os:system_time(), erlang:unique_integer(), make_ref()}, 1 bsl 32 - 4).

accept(Listen, Server, Port) ->
    case gen_tcp:accept(Listen) of
        {ok, Socket} ->
            Pid = spawn(fun() -> receive go -> answer(Socket, Server, Port) end end),
            gen_tcp:controlling_process(Socket, Pid),
            Pid ! go;
        {error, closed} -> exit(closed);
        {error, _} -> timer:sleep(100)
    end,
    accept(Listen, Server, Port).

answer(Socket, Server, Port) ->
    case gen_tcp:recv(Socket, 0, ?TIME) of
        {ok, Request} ->
            Server ! {who, self()},
            receive {node, Node} -> ok end,
            inet:setopts(Socket, [{packet, raw}, {send_timeout, ?TIME}]),
            gen_tcp:send(Socket, reply(Request, Node, Port));
        {error, _} -> ok
    end,
    gen_tcp:close(Socket).

reply(<<?PORT_PLEASE2, Name/binary>>, {Name, Port}, _) ->
    %% Over TCP (0), version 6 of the distribution's protocol.
    <<?PORT2, 0, Port:16, (type()), 0, 6:16, 5:16, (byte_size(Name)):16, Name/binary, 0:16>>;
reply(<<?PORT_PLEASE2, _/binary>>, _, _) -> <<?PORT2, 1>>;
reply(<<?NAMES>>, {Name, Port}, Own) -> [<<Own:32>>, "name ", Name, " at port ", integer_to_binary(Port), "\n"];
reply(<<?NAMES>>, none, Own) -> <<Own:32>>;
reply(_, _, _) -> <<>>.

%% Visible, or hidden.
type() -> case init:get_argument(hidden) of {ok, _} -> $H; error -> $M end.
