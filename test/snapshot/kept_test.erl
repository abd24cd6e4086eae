%% SPDX-License-Identifier: Apache-2.0
%% kept_test -- a mote that does what it is told: each connection to port 8080 sends Erlang expressions, one on a line, and gets what
%% they evaluate to, as text in one line. test/snapshot/kept drives it.
%%
%% What lasts between two lines belongs to the process `keeper`, which runs what it is sent, and keeps all that it hears in the table `heard`.
-module(kept_test).
-export([main/1, keep/1, heard/0]).

main(_) ->
    Me = self(),
    spawn(fun() ->
        register(keeper, self()),
        heard = ets:new(heard, [named_table, public, ordered_set]),
        Me ! ready,
        keeper()
    end),
    receive ready -> ok end,
    {ok, Listener} = gen_tcp:listen(8080, [binary, {packet, line}, {active, false}, {reuseaddr, true}, {backlog, 50}]),
    accept(Listener).

accept(Listener) ->
    {ok, Socket} = gen_tcp:accept(Listener),
    spawn(fun() -> serve(Socket) end),
    accept(Listener).

serve(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Line} ->
            Answer = try value(binary_to_list(Line)) catch Class:Reason -> {Class, Reason} end,
            ok = gen_tcp:send(Socket, [io_lib:format("~0p", [Answer]), $\n]),
            serve(Socket);
        {error, Reason} ->
            keeper ! {served, Reason}
    end.

value(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Expressions} = erl_parse:parse_exprs(Tokens),
    {value, Value, _} = erl_eval:exprs(Expressions, #{}),
    Value.

%% In the keeper.
keep(Fun) ->
    Ref = monitor(process, keeper),
    keeper ! {run, self(), Ref, Fun},
    receive
        {Ref, Value} -> demonitor(Ref, [flush]), Value;
        {'DOWN', Ref, _, _, Reason} -> exit(Reason)
    end.

keeper() ->
    receive
        {run, Pid, Ref, Fun} -> Pid ! {Ref, Fun()};
        Other -> ets:insert(heard, {erlang:unique_integer([monotonic]), Other})
    end,
    keeper().

heard() -> [Message || {_, Message} <- ets:tab2list(heard)].
