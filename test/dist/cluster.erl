%% SPDX-License-Identifier: Apache-2.0
%% cluster.erl -- what each node of test/dist/cluster runs.
%%
%% loop/0 evaluates expressions from standard input, one for each line, and answers in a line each: `= Value`, or `! Why`.
%% Functions without a module are those of this one.
%%
%% It is an -epmd_module, too, for a stock node: how a node beside motes on a switch, which are reached by forwarded ports,
%% gets there.  `-way NAME ADDRESS PORT` for each of them; all others, and its own name, are erl_epmd's.
-module(cluster).
-export([loop/0]).
-export([server/1, ask/1, names/0, tables/1, save/2, all/0, add/2, wait/2, nodes_are/1, locked/1, start_mnesia/1]).
-export([start_link/0, register_node/2, register_node/3, port_please/2, port_please/3, address_please/3, listen_port_please/2, names/1]).

-record(entry, {key, value}).

loop() ->
    case io:get_line("") of
        eof -> halt(0);
        Line ->
            Text = try erl_eval:exprs(parsed(Line), [], {value, fun(F, As) -> apply(?MODULE, F, As) end}) of
                       {value, Value, _} -> io_lib:format("= ~0tp", [Value])
                   catch C:R:S -> io_lib:format("! ~0tp", [{C, R, S}])
                   end,
            io:put_chars([Text, $\n]),
            loop()
    end.

parsed(Line) ->
    {ok, Tokens, _} = erl_scan:string(Line ++ "."),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    Expressions.

%% Tries until it is so, for some seconds: the last answer.
wait(Seconds, F) -> wait_until(erlang:monotonic_time(millisecond) + Seconds * 1000, F).
wait_until(Until, F) ->
    case F() of
        true -> true;
        Other ->
            case erlang:monotonic_time(millisecond) < Until of
                true -> timer:sleep(100), wait_until(Until, F);
                false -> Other
            end
    end.

nodes_are(Wanted) ->
    wait(40, fun() -> Have = lists:sort(nodes()), Have =:= lists:sort(Wanted) orelse Have end).

%% --- global -------------------------------------------------------------------------------------------

%% A process with a name everywhere, that says where it is.
server(Name) ->
    Pid = spawn(fun Loop() -> receive {who, From} -> From ! {self(), node()}, Loop() end end),
    global:register_name(Name, Pid).

ask(Name) ->
    case global:whereis_name(Name) of
        undefined -> undefined;
        Pid ->
            Pid ! {who, self()},
            receive {Pid, Node} -> Node after 20000 -> silent end
    end.

names() -> lists:sort([{Name, node(global:whereis_name(Name))} || Name <- global:registered_names()]).

%% A number goes up under a lock that all nodes share.
locked(Times) ->
    lists:foreach(fun(_) ->
        global:trans({counter, self()}, fun() ->
            [#entry{value = N}] = mnesia:dirty_read(entry, counter),
            mnesia:sync_dirty(fun() -> mnesia:write(#entry{key = counter, value = N + 1}) end)
        end)
    end, lists:seq(1, Times)).

%% --- mnesia ------------------------------------------------------------------------------------------------

start_mnesia(Folder) ->
    application:load(mnesia),
    application:set_env(mnesia, dir, Folder),
    ok = mnesia:start(),
    lists:member(entry, mnesia:system_info(tables)) andalso mnesia:wait_for_tables([entry], 40000).

tables(Nodes) ->
    {atomic, ok} = mnesia:create_table(entry, [{attributes, record_info(fields, entry)}, {disc_copies, Nodes}]),
    mnesia:wait_for_tables([entry], 20000).

save(Key, Value) -> mnesia:sync_transaction(fun() -> mnesia:write(#entry{key = Key, value = Value}) end).

%% Changes that conflict on all nodes: none must be lost.
add(Key, Times) ->
    lists:foreach(fun(_) ->
        {atomic, ok} = mnesia:transaction(fun() ->
            N = case mnesia:read(entry, Key, write) of [#entry{value = V}] -> V; [] -> 0 end,
            mnesia:write(#entry{key = Key, value = N + 1})
        end)
    end, lists:seq(1, Times)).

%% What this node itself has.
all() -> lists:sort([{K, V} || #entry{key = K, value = V} <- ets:tab2list(entry)]).

%% --- the way to motes -----------------------------------------------------------------------------------------

start_link() -> erl_epmd:start_link().
register_node(Name, Port) -> erl_epmd:register_node(Name, Port).
register_node(Name, Port, Family) -> erl_epmd:register_node(Name, Port, Family).
port_please(Name, Host) -> erl_epmd:port_please(Name, Host).
port_please(Name, Host, Timeout) -> erl_epmd:port_please(Name, Host, Timeout).
listen_port_please(Name, Host) -> erl_epmd:listen_port_please(Name, Host).
names(Host) -> erl_epmd:names(Host).
address_please(Name, Host, Family) ->
    {ok, Ways} = init:get_argument(way),
    case [{Address, Port} || [N, Address, Port] <- Ways, N =:= Name] of
        [{Address, Port}] ->
            {ok, Ip} = inet:parse_address(Address),
            {ok, Ip, list_to_integer(Port), 6};
        [] -> erl_epmd:address_please(Name, Host, Family)
    end.
