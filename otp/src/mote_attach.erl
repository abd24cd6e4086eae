%% SPDX-License-Identifier: Apache-2.0
%% mote_attach.erl -- the mote that `mote attach` starts: a shell in another node.
%%
%%     -mote_attach NODE ADDRESS PORT SECONDS     where that node is; port 0: its host's port mapper knows; how long to try
%%     -epmd_module mote_attach                   says it to the distribution
%%     -run mote_attach start shell|text          a shell on the terminal; or expressions from standard input, one after
%%                                                the other, until one fails
%%
%% It is a hidden node that listens for nobody (`-dist_listen false`).
-module(mote_attach).
-export([start/1]).
-export([start/0, start_link/0, stop/0, register_node/2, register_node/3, port_please/2, port_please/3, address_please/3,
         listen_port_please/2, names/0, names/1]).

-define(PAUSE, 200).
-define(HERE, 500). % somebody who has not closed a connection after so many ms is there

%% --- what net_kernel and inet_tcp_dist call ---------------------------------------------------------

start() -> ignore.
start_link() -> ignore.
stop() -> ok.
register_node(_, _) -> {error, no_listener}.
register_node(_, _, _) -> {error, no_listener}.
listen_port_please(_, _) -> {ok, 0}.
port_please(Name, Host) -> port_please(Name, Host, infinity).
port_please(Name, Host, Timeout) -> erl_epmd:port_please(Name, Host, Timeout).
names() -> erl_epmd:names().
names(Host) -> erl_epmd:names(Host).

%% There is one node to be asked for.
address_please(_Name, _Host, Family) ->
    {_, Address, Port, _} = target(),
    case {inet:getaddr(Address, Family), Port} of
        {{ok, Ip}, 0} -> {ok, Ip};
        {{ok, Ip}, _} -> {ok, Ip, Port, 6};
        {Error, _} -> Error
    end.

target() ->
    {ok, [[Node, Address, Port, Seconds]]} = init:get_argument(mote_attach),
    {list_to_atom(Node), Address, list_to_integer(Port), list_to_integer(Seconds)}.

%% --- the start ------------------------------------------------------------------------------------------

start([How]) ->
    spawn(fun() -> attach(How) end).

attach(How) ->
    {Node, _, _, Seconds} = target(),
    connect(Node, erlang:monotonic_time(second) + Seconds),
    monitor_node(Node, true),
    process_flag(trap_exit, true),
    Shell = case How of
                "shell" -> shell(Node);
                "text" ->
                    io:setopts(standard_io, [{encoding, unicode}]),
                    spawn_link(fun() -> evaluate(Node, erl_eval:new_bindings()) end)
            end,
    receive
        {'EXIT', Shell, normal} -> halt(0);
        {'EXIT', Shell, Why} -> fail("~tp", [Why]);
        {nodedown, Node} -> fail("the connection to ~ts is gone", [Node])
    end.

%% Who has just been started needs a moment; who is there and does not want us will not change its mind.
connect(Node, Until) ->
    case net_kernel:connect_node(Node) of
        true -> ok;
        _ ->
            case {probe(Node), erlang:monotonic_time(second) < Until} of
                {there, _} ->
                    net_kernel:connect_node(Node) =:= true orelse
                        fail("~ts is there, but does not let us in: is the cookie right?", [Node]);
                {_, true} -> timer:sleep(?PAUSE), connect(Node, Until);
                {Why, false} -> fail("cannot reach ~ts: ~ts", [Node, Why])
            end
    end.

%% Does anybody listen where the node should be?  A forwarded port takes connections for a guest who does not, and closes them.
probe(Node) ->
    [Name, Host] = string:split(atom_to_list(Node), "@"),
    case address_please(Name, Host, inet) of
        {ok, Ip, Port, _} -> probe_port(Ip, Port);
        {ok, Ip} ->
            case erl_epmd:port_please(Name, Ip, 5000) of
                {port, Port, _} -> probe_port(Ip, Port);
                noport -> io_lib:format("the port mapper (epmd) of ~ts knows no such node, or there is none", [Host])
            end;
        {error, Why} -> io_lib:format("no address is known for ~ts: ~ts", [Host, inet:format_error(Why)])
    end.

probe_port(Ip, Port) ->
    case gen_tcp:connect(Ip, Port, [{active, false}], 5000) of
        {ok, Socket} ->
            Answer = gen_tcp:recv(Socket, 0, ?HERE),
            gen_tcp:close(Socket),
            case Answer of
                {error, timeout} -> there;
                _ -> "nobody answers"
            end;
        {error, Why} -> inet:format_error(Why)
    end.

-spec fail(string(), [term()]) -> no_return().
fail(Format, Arguments) ->
    io:put_chars(standard_error, ["\r\nmote attach: ", io_lib:format(Format, Arguments), "\r\n"]),
    halt(1).

%% --- a terminal -------------------------------------------------------------------------------------------

shell(Node) ->
    case code:ensure_loaded(shell) =:= {module, shell} andalso erlang:function_exported(shell, start_interactive, 1) of
        true -> shell:start_interactive({remote, atom_to_list(Node)}); % since OTP 26
        false -> user_drv:start(['tty_sl -c -e', {Node, shell, start, []}])
    end.

%% --- no terminal ------------------------------------------------------------------------------------------

%% Not by a shell over there: at the end of its input that halts the node that it runs in.
evaluate(Node, Bindings) ->
    case io:parse_erl_exprs(standard_io, '', 1, [unicode]) of
        {ok, Expressions, _} ->
            try erpc:call(Node, erl_eval, exprs, [commands(Expressions), Bindings]) of
                {value, Value, More} ->
                    io:format("~tp~n", [Value]),
                    evaluate(Node, More)
            catch
                Class:{exception, Reason, _} -> fail("~tp: ~tp", [Class, Reason]);
                Class:Reason -> fail("~tp: ~tp", [Class, Reason])
            end;
        eof -> ok;
        {eof, _} -> ok;
        {error, {Line, Module, What}, _} -> fail("line ~tp: ~ts", [Line, Module:format_error(What)]);
        {error, What} -> fail("standard input: ~tp", [What])
    end.

%% As in a shell, a function without a module is one of the shell's commands.
commands({call, At, {atom, _, Name} = Atom, Arguments}) ->
    Function = case erl_internal:bif(Name, length(Arguments)) of
                   true -> Atom;
                   false -> {remote, At, {atom, At, shell_default}, Atom}
               end,
    {call, At, Function, commands(Arguments)};
commands(Tuple) when is_tuple(Tuple) -> list_to_tuple(commands(tuple_to_list(Tuple)));
commands([First | Rest]) -> [commands(First) | commands(Rest)];
commands(Other) -> Other.
