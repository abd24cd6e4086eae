%% SPDX-License-Identifier: Apache-2.0
%% What a program sees of the distribution: the same whether the node booted or went on from a snapshot (test/snapshot/nodes). It is the
%% other node, too: `-epmd_module node_test` says where a mote behind a forwarded port is.
-module(node_test).
-export([main/1, start/2, stop/1]).
-export([meet/0, start_link/0, register_node/2, register_node/3, port_please/2, port_please/3, listen_port_please/2, names/1, address_please/3]).

%% As an application of a release, whose user's arguments say what is wanted.
start(_, _) -> {ok, spawn_link(fun() -> main(init:get_plain_arguments()), halt() end)}.
stop(_) -> ok.

main(["look"]) ->
    [io:format("~s ~0p~n", [Name, plain(tried(F))]) || {Name, F} <- look()];
main(["creation"]) ->
    io:format("~p ~p~n", [erlang:system_info(creation), erlang:system_info(creation) > 3]);
main(["by", "itself"]) ->
    mote_main:take_flags([{setcookie, [<<"own">>]}, {epmd_module, [<<"mote_epmd">>]}]),
    io:format("~0p~n", [plain([net_kernel:get_state(), net_kernel:start([own, shortnames]), node(), net_kernel:get_state(), children(kernel_sup),
                               children(net_sup), net_kernel:stop(), is_alive(), net_kernel:start(other, #{name_domain => shortnames}), node(),
                               net_kernel:stop(), net_kernel:stop()])]);
main(["end"]) ->
    logger:set_primary_config(level, none),
    exit(whereis(net_kernel), kill),
    timer:sleep(infinity);
%% Until the other node says that this is all.
main(["wait"]) ->
    {_, Ref} = spawn_monitor(fun be_met/0),
    receive {'DOWN', Ref, _, _, normal} -> ok end.

be_met() ->
    {ok, _} = pg:start_link(scope),
    ok = pg:join(scope, group, self()),
    yes = global:register_name(in_mote, self()),
    ok = net_kernel:monitor_nodes(true, [{node_type, all}]),
    register(waits, self()),
    wait().

wait() ->
    receive
        {What, Node, _} when What =:= nodeup; What =:= nodedown -> io:format("~s ~s~n", [What, Node]), wait();
        done -> ok
    end.

%% --- what is seen: without user_drv_reader, which is there until the input has ended

look() ->
    [{name, fun() -> {node(), is_alive(), nodes(), nodes(this), nodes(known), net_kernel:longnames(), net_kernel:nodename()} end},
     {state, fun() -> net_kernel:get_state() end},
     {flags, fun() -> init:get_arguments() end},
     {arguments, fun() -> {init:get_plain_arguments(), init:get_argument(setcookie), init:get_argument(nothing)} end},
     {cookie, fun() -> {erlang:get_cookie(), erlang:get_cookie(x@y), erlang:set_cookie(x@y, d), erlang:get_cookie(x@y)} end},
     {kernel, fun() -> children(kernel_sup) end},
     {distribution, fun() -> children(net_sup) end},
     {specs, fun() -> [supervisor:get_childspec(kernel_sup, Id) || Id <- [rex, global_name_server, net_sup, global_group]] end},
     {counts, fun() -> [lists:sort(supervisor:count_children(S)) || S <- [kernel_sup, net_sup, kernel_safe_sup]] end},
     {environment, fun() -> lists:sort(application:get_all_env(kernel)) end},
     {registered, fun() -> lists:sort(registered()) -- [user_drv_reader] end},
     {applications, fun() -> lists:sort(proplists:get_value(running, application_controller:info())) end},
     {processes, fun() -> [{Name, facts(whereis(Name))} || Name <- named()] end},
     {states, fun() -> [{Name, sys:get_state(Name)} || Name <- named(), Name =/= mote_epmd, Name =/= kernel_sup] end},
     {tables, fun() -> lists:sort([N || T <- ets:all(), N <- [ets:info(T, name)]]) end},
     {inet, fun() -> lists:sort([{K, V} || {K, V} <- ets:tab2list(inet_db), is_atom(K), lists:member(K, [hostname, res_domain, res_search, res_lookup, res_ns])]) end},
     {published, fun() -> persistent_term:get({net_kernel, publish_type}, none) end},
     {ticks, fun() -> {net_kernel:get_net_ticktime(), net_kernel:allowed(), net_kernel:nodes_info()} end},
     {mapper, fun() -> {net_adm:names(), net_adm:names({127, 0, 0, 1}), net_adm:localhost()} end},
     {ports, fun() -> [element(1, gen_tcp:connect({127, 0, 0, 1}, P, [])) || P <- [4369, 4370, 4371]] end},
     {'not', fun() -> {net_kernel:stop(), net_kernel:start([x@y]), erlang:disconnect_node(x@y), net_adm:ping(node()), net_adm:ping('x@y.z')} end},
     {calls, fun() -> {erpc:call(node(), erlang, node, []), rpc:call(node(), erlang, node, []), gen_server:call({global_name_server, node()}, get_protocol_version)} end},
     {spawned, fun() -> Me = self(), spawn(node(), fun() -> Me ! {here, node()} end), receive {here, N} -> N after 20000 -> none end end},
     {global, fun() -> {global:register_name(a, self()), global:whereis_name(a) =:= self(), global:registered_names(), global:trans({l, self()}, fun() -> locked end), global:sync()} end},
     {groups, fun() -> {global_group:info(), global_group:own_nodes(), global_group:global_groups()} end},
     {scopes, fun() -> {ok, _} = pg:start_link(s), {pg:join(s, g, self()), pg:get_members(s, g) =:= [self()], pg:get_local_members(s, g) =:= [self()]} end},
     {own, fun() -> {node(self()), node(make_ref()), binary_to_term(term_to_binary(self())) =:= self(), hd(string:split(pid_to_list(self()), "."))} end},
     {status, fun() -> init:get_status() end}].

named() -> [net_kernel, auth, global_name_server, global_group, rex, net_sup, kernel_sup, mote_epmd].

children(Supervisor) -> [{Id, is_pid(P) orelse P, Type, Modules} || {Id, P, Type, Modules} <- supervisor:which_children(Supervisor)].

facts(Pid) ->
    {dictionary, D} = process_info(Pid, dictionary),
    {links, L} = process_info(Pid, links),
    {[F || F <- process_info(Pid, [trap_exit, priority, status, current_function, initial_call, message_queue_len, monitors, monitored_by]), element(1, F) =/= dictionary],
     lists:sort([{K, V} || {K, V} <- D, K =/= rand_seed, K =/= creation_extension]), length(L), process_info(Pid, group_leader) =:= process_info(whereis(code_server), group_leader)}.

%% Without what is new in each run.
plain(P) when is_pid(P) -> pid;
plain(R) when is_reference(R) -> ref;
plain(P) when is_port(P) -> port;
plain(F) when is_function(F) -> function;
plain(T) when is_tuple(T) -> list_to_tuple(plain(tuple_to_list(T)));
plain([H | T]) -> [plain(H) | plain(T)];
plain(M) when is_map(M) -> maps:from_list(plain(maps:to_list(M)));
plain(Other) -> Other.

%% --- the other node

meet() ->
    {ok, [[Name]]} = init:get_argument(mote),
    Mote = list_to_atom(Name),
    {ok, _} = pg:start_link(scope),
    Me = self(),
    ok = pg:join(scope, group, Me),
    yes = global:register_name(outside, Me),
    true = net_kernel:connect_node(Mote),
    until(fun() -> is_pid(rpc:call(Mote, erlang, whereis, [waits])) end),
    io:format("~p ~p~n", [nodes(), nodes(hidden)]),
    %% A hidden node is not of this.
    nodes() =:= [] orelse
        begin
            until(fun() -> is_pid(global:whereis_name(in_mote)) end),
            until(fun() -> erpc:call(Mote, global, whereis_name, [outside]) =:= Me end),
            until(fun() -> length(pg:get_members(scope, group)) =:= 2 end),
            until(fun() -> lists:member(Me, erpc:call(Mote, pg, get_members, [scope, group])) end),
            io:format("~p~n", [{node(global:whereis_name(in_mote)), lists:sort([node(P) || P <- pg:get_members(scope, group)])}])
        end,
    io:format("~p~n", [[erpc:call(Mote, M, F, A) || {M, F, A} <- [{erlang, node, []}, {erlang, nodes, [connected]}, {erlang, get_cookie, []}, {net_kernel, get_state, []}]]]),
    Ref = monitor(process, {waits, Mote}),
    {waits, Mote} ! done,
    receive {'DOWN', Ref, _, _, Why} -> io:format("~p~n", [lists:member(Why, [normal, noconnection])]) end,
    halt().

tried(F) ->
    try F()
    catch Class:Reason -> {'EXIT', Class, Reason}
    end.

until(Good) ->
    case tried(Good) of
        true -> ok;
        _ -> timer:sleep(20), until(Good)
    end.

start_link() -> ignore.
register_node(Name, Port) -> register_node(Name, Port, inet).
register_node(_, _, _) -> {ok, 17}.
port_please(Name, Host) -> port_please(Name, Host, infinity).
port_please(_, _, _) -> noport.
listen_port_please(_, _) -> {ok, 0}.
names(_) -> {error, address}.
address_please(_, _, _) ->
    {ok, [[Port]]} = init:get_argument(mote_port),
    {ok, {127, 0, 0, 1}, list_to_integer(Port), 6}.
