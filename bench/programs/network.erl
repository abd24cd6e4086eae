%% SPDX-License-Identifier: Apache-2.0
%% network -- both sides of what bench/network measures.
%%
%%   network serve Port                     TCP on Port, UDP on Port + 1; process `network` for the distribution
%%   network tcp_in|tcp_out|tcp_round Address Port N
%%   network udp_round|udp_many Address Port N
%%   network dist_round|dist_many Node N
%%
%% A server says "ready ADDRESS...", a client "result VALUE": bytes or times a second, or microseconds for a round trip.
-module(network).
-export([main/0]).

-define(BLOCK, 262144).
-define(WINDOW, 64).
-define(LOST, 300).

main() ->
    case init:get_plain_arguments() of
        ["serve", Port] -> serve(list_to_integer(Port));
        [What, Node, N] -> result(dist(list_to_atom(What), list_to_atom(Node), list_to_integer(N)));
        [What, Address, Port, N] ->
            {ok, IP} = inet:parse_address(Address),
            result(ask(list_to_atom(What), IP, list_to_integer(Port), list_to_integer(N)))
    end.

result(Value) ->
    io:format("result ~.3f~n", [float(Value)]),
    halt(0).

micros(F) -> {T, _} = timer:tc(F), max(T, 1).
each_second(N, F) -> N * 1.0e6 / micros(F).

%% ---- the server

serve(Port) ->
    {ok, L} = gen_tcp:listen(Port, [binary, {active, false}, {reuseaddr, true}, {nodelay, true}, {buffer, ?BLOCK}]),
    spawn_link(fun() -> echo_datagrams(Port + 1) end),
    register(network, spawn_link(fun echo_messages/0)),
    {ok, All} = inet:getifaddrs(),
    io:format("ready ~s~n", [lists:join(" ", [inet:ntoa(A) || {Name, Options} <- All, Name =/= "lo", {addr, A} <- Options, tuple_size(A) =:= 4])]),
    accept(L).

accept(L) ->
    {ok, S} = gen_tcp:accept(L),
    {ok, <<Op, N:64>>} = gen_tcp:recv(S, 9),
    stream(Op, S, N),
    gen_tcp:close(S),
    accept(L).

stream($i, S, N) -> take(S, N), gen_tcp:send(S, <<1>>);
stream($o, S, N) -> give(S, N, binary:copy(<<0>>, ?BLOCK));
stream($r, S, N) -> back(S, N).

take(_, N) when N =< 0 -> ok;
take(S, N) -> {ok, B} = gen_tcp:recv(S, 0), take(S, N - byte_size(B)).

give(_, N, _) when N =< 0 -> ok;
give(S, N, Block) -> ok = gen_tcp:send(S, Block), give(S, N - ?BLOCK, Block).

back(_, 0) -> ok;
back(S, N) -> {ok, B} = gen_tcp:recv(S, 1), ok = gen_tcp:send(S, B), back(S, N - 1).

echo_datagrams(Port) ->
    {ok, S} = gen_udp:open(Port, [binary, {active, true}, {reuseaddr, true}, {recbuf, 1 bsl 20}]),
    echo_datagrams_on(S).

echo_datagrams_on(S) ->
    receive {udp, S, IP, From, B} -> gen_udp:send(S, IP, From, B), echo_datagrams_on(S) end.

echo_messages() ->
    receive
        {round, From} -> From ! round;
        {last, From} -> From ! last;
        _ -> ok
    end,
    echo_messages().

%% ---- TCP and UDP

ask(tcp_in, IP, Port, N) ->
    S = stream_to(IP, Port, $i, N),
    N * 1.0e6 / micros(fun() -> give(S, N, binary:copy(<<0>>, ?BLOCK)), {ok, <<1>>} = gen_tcp:recv(S, 1) end);
ask(tcp_out, IP, Port, N) ->
    S = stream_to(IP, Port, $o, N),
    N * 1.0e6 / micros(fun() -> take(S, N) end);
ask(tcp_round, IP, Port, N) ->
    S = stream_to(IP, Port, $r, N),
    micros(fun() -> there_and_back(S, N) end) / N;
ask(udp_round, IP, Port, N) ->
    S = datagrams(),
    gen_udp:send(S, IP, Port + 1, <<0:512>>), % the way is known, then
    received(S),
    micros(fun() -> datagrams_back(S, IP, Port + 1, N) end) / N;
ask(udp_many, IP, Port, N) ->
    S = datagrams(),
    [gen_udp:send(S, IP, Port + 1, <<0:512>>) || _ <- lists:seq(1, ?WINDOW)],
    each_second(N, fun() -> datagrams_back(S, IP, Port + 1, N) end).

stream_to(IP, Port, Op, N) ->
    {ok, S} = gen_tcp:connect(IP, Port, [binary, {active, false}, {nodelay, true}, {buffer, ?BLOCK}], 10000),
    ok = gen_tcp:send(S, <<Op, N:64>>),
    S.

there_and_back(_, 0) -> ok;
there_and_back(S, N) -> ok = gen_tcp:send(S, <<1>>), {ok, _} = gen_tcp:recv(S, 1), there_and_back(S, N - 1).

datagrams() ->
    {ok, S} = gen_udp:open(0, [binary, {active, true}, {recbuf, 1 bsl 20}]),
    S.

received(S) -> receive {udp, S, _, _, _} -> ok after ?LOST -> lost end.

%% What is lost is sent again, and does not count.
datagrams_back(_, _, _, 0) -> ok;
datagrams_back(S, IP, Port, N) ->
    Result = received(S),
    gen_udp:send(S, IP, Port, <<0:512>>),
    case Result of
        ok -> datagrams_back(S, IP, Port, N - 1);
        lost -> datagrams_back(S, IP, Port, N)
    end.

%% ---- the distribution

dist(What, Node, N) ->
    reach(Node, 50),
    There = {network, Node},
    dist_with(What, There, N).

reach(Node, Times) when Times > 0 ->
    case net_adm:ping(Node) of
        pong -> ok;
        pang -> timer:sleep(100), reach(Node, Times - 1)
    end.

dist_with(dist_round, There, N) ->
    messages_back(There, 100),
    micros(fun() -> messages_back(There, N) end) / N;
dist_with(dist_many, There, N) ->
    each_second(N, fun() -> messages(There, N), There ! {last, self()}, receive last -> ok end end).

messages_back(_, 0) -> ok;
messages_back(There, N) -> There ! {round, self()}, receive round -> ok end, messages_back(There, N - 1).

messages(_, 0) -> ok;
messages(There, N) -> There ! {data, N, self()}, messages(There, N - 1).
