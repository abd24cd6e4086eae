%% SPDX-License-Identifier: Apache-2.0
%% Connections over the loopback: gen_tcp, packet modes, active modes, ends, errors, options, backpressure, IPv6.
-module(o_tcp_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    [basics(F) || F <- [inet, inet6]],
    accepting(),
    packets(),
    http(),
    active(),
    ends(),
    refused(),
    options(),
    names(),
    backpressure(),
    large(),
    statistics(),
    other_owners(),
    others().

%% Two ends of a connection: {Client, Server}.
pair(ForClient, ForServer) -> pair(ForClient, ForServer, inet).
pair(ForClient, ForServer, Family) ->
    {ok, L} = gen_tcp:listen(0, [Family, {ip, host(Family)}, {active, false} | ForServer]),
    {ok, Port} = inet:port(L),
    {ok, C} = gen_tcp:connect(host(Family), Port, [Family, {active, false} | ForClient]),
    {ok, S} = gen_tcp:accept(L, 5000),
    ok = gen_tcp:close(L),
    {C, S}.

host(inet) -> {127, 0, 0, 1};
host(inet6) -> {0, 0, 0, 0, 0, 0, 0, 1}.

close({C, S}) -> gen_tcp:close(C), gen_tcp:close(S).

message() -> receive M -> plain(M) after 2000 -> none end.
messages(0) -> [];
messages(N) -> [message() | messages(N - 1)].
none() -> receive M -> plain(M) after 50 -> none end.
%% Without the socket, which is another one in each run.
plain({T, P, X}) when is_port(P) -> {T, X};
plain({T, P}) when is_port(P) -> {T, port};
plain(M) -> M.
flush() -> receive _ -> flush() after 0 -> ok end.

%% All that comes, until it is that much or the end.
collect(S, N) when is_integer(N) -> collect(S, N, []).
collect(_, N, Acc) when N =< 0 -> iolist_to_binary(lists:reverse(Acc));
collect(S, N, Acc) ->
    receive
        {tcp, S, B} -> collect(S, N - iolist_size(B), [B | Acc]);
        {tcp_closed, S} -> {closed, iolist_to_binary(lists:reverse(Acc))}
    after 5000 -> {late, iolist_to_binary(lists:reverse(Acc))}
    end.

basics(Family) ->
    {C, S} = P = pair([binary], [binary], Family),
    ?T(is_port(C)),
    ?T(gen_tcp:send(C, <<"hello">>)),
    ?T(gen_tcp:recv(S, 5)),
    ?T(gen_tcp:send(S, ["w", [$o, <<"rld">>]])),
    ?T(gen_tcp:recv(C, 2)),
    ?T(gen_tcp:recv(C, 0)),
    ?T(gen_tcp:recv(C, 0, 20)),
    ?T(gen_tcp:recv(C, 1, 0)),
    ?T(gen_tcp:send(C, [])),
    ?T(gen_tcp:send(C, <<"abc">>)),
    ?T(gen_tcp:recv(S, 4, 30)),
    ?T(gen_tcp:recv(S, 3, 1000)),
    ?T(gen_tcp:send(C, bad)),
    ?T(gen_tcp:send(C, [1, 256])),
    ?T(begin {ok, {A, _}} = inet:peername(C), A end),
    ?T(inet:peername(C) =:= inet:sockname(S)),
    ?T(inet:sockname(C) =:= inet:peername(S)),
    ?T(gen_tcp:close(C)),
    ?T(gen_tcp:recv(S, 0)),
    ?T(gen_tcp:recv(S, 0)),
    ?T(gen_tcp:send(S, "x")),
    ?T(gen_tcp:close(S)),
    ?T(gen_tcp:close(S)),
    ?T(gen_tcp:recv(S, 0)),
    ?T(inet:peername(S)),
    ?T(inet:setopts(S, [{active, true}])),
    close(P),
    flush().

accepting() ->
    {ok, L} = gen_tcp:listen(0, [binary, {active, false}, {backlog, 30}]),
    {ok, Port} = inet:port(L),
    ?T(gen_tcp:accept(L, 0)),
    ?T(gen_tcp:accept(L, 20)),
    ?T(prim_inet:getstatus(L)),
    Me = self(),
    Acceptors = [spawn_link(fun() -> R = gen_tcp:accept(L), Me ! {self(), element(1, R)}, receive go -> ok end end) || _ <- lists:seq(1, 5)],
    timer:sleep(30),
    ?T(begin {ok, St} = prim_inet:getstatus(L), lists:sort(St) end),
    exit(hd(Acceptors), kill),
    timer:sleep(10),
    {ok, L9} = gen_tcp:listen(0, []),
    Killed = spawn(fun() -> gen_tcp:accept(L9) end),
    timer:sleep(20),
    exit(Killed, kill),
    timer:sleep(20),
    ?T(prim_inet:getstatus(L9)),
    gen_tcp:close(L9),
    Cs = [element(2, gen_tcp:connect({127, 0, 0, 1}, Port, [binary])) || _ <- lists:seq(1, 4)],
    ?T([receive {A, R} -> R after 2000 -> late end || A <- tl(Acceptors)]),
    [gen_tcp:close(C) || C <- Cs],
    [A ! go || A <- Acceptors],
    Waiting = spawn(fun() -> Me ! {self(), gen_tcp:accept(L)} end),
    timer:sleep(20),
    ?T(gen_tcp:close(L)),
    ?T(receive {Waiting, R} -> R after 2000 -> late end),
    ?T(gen_tcp:accept(L)),
    ?T(element(1, gen_tcp:connect({127, 0, 0, 1}, Port, []))),
    %% Many wait before anybody accepts.
    {ok, L2} = gen_tcp:listen(0, [binary, {active, false}, {backlog, 100}]),
    {ok, Port2} = inet:port(L2),
    Cs2 = [begin {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port2, [binary, {active, false}]), ok = gen_tcp:send(C, <<N>>), C end || N <- lists:seq(1, 50)],
    ?T([begin {ok, S} = gen_tcp:accept(L2, 1000), {ok, B} = gen_tcp:recv(S, 1), gen_tcp:close(S), B end || _ <- Cs2]),
    ?T(lists:usort([gen_tcp:recv(C, 0) || C <- Cs2])),
    [gen_tcp:close(C) || C <- Cs2],
    gen_tcp:close(L2),
    flush().

packets() ->
    [packet(P, Data) || {P, Data} <- ?V([{0, [<<"abc">>]}, {raw, [<<"abc">>]}, {1, [<<"abc">>, <<>>, <<"d">>]}, {2, [<<"abc">>, <<>>, <<"d">>]}, {4, [<<"abc">>, <<>>, binary:copy(<<"d">>, 5000)]},
        {line, [<<"one\n">>, <<"two\r\n">>, <<"\n">>]}, {asn1, [<<4, 3, "abc">>, <<16#1f, 16#81, 1, 2, "ab">>, <<4, 16#82, 1, 0, (binary:copy(<<"z">>, 256))/binary>>]},
        {sunrm, [<<16#80000003:32, "abc">>, <<4:32, "abcd">>]}, {cdr, [<<"GIOP", 1, 0, 0, 0, 3:32, "abc">>, <<"GIOP", 1, 0, 1, 0, 2:32/little, "ab">>]},
        {fcgi, [<<1, 2, 3:16, 4:16, 2, 0, "abcdPP">>]}, {tpkt, [<<3, 0, 7:16, "abc">>]}, {ssl_tls, [<<22, 3, 1, 3:16, "abc">>]}])],
    %% What is no packet.
    [begin
         {C, S} = P = pair([binary, {packet, raw}], [binary, {packet, Mode}]),
         gen_tcp:send(C, Bytes),
         ?T(gen_tcp:recv(S, 0, 1000)),
         close(P)
     end || {Mode, Bytes} <- ?V([{asn1, <<1, 16#85, 1, 1, 1, 1, 1, 1>>}, {cdr, <<"GIOX", 0:128>>}, {tpkt, <<2, 0, 7:16, "abc">>}, {http, <<"x\r\n\r\n">>}])],
    {C1, S1} = P1 = pair([binary], [binary, {packet, 2}, {packet_size, 10}]),
    gen_tcp:send(C1, <<10:16, "0123456789", 11:16, "0123456789x">>),
    ?T([gen_tcp:recv(S1, 0, 1000) || _ <- [1, 2, 3]]),
    close(P1),
    %% Lengths that do not fit.
    {C2, S2} = P2 = pair([binary, {packet, 1}], [binary, {packet, raw}]),
    ?T(gen_tcp:send(C2, binary:copy(<<"x">>, 255))),
    ?T(begin {ok, B} = gen_tcp:recv(S2, 256, 1000), {byte_size(B), binary:first(B)} end),
    close(P2),
    %% Lines: their end, and how long they may be.
    {C3, S3} = P3 = pair([binary], [binary, {packet, line}, {buffer, 8}]),
    inet:setopts(S3, [{line_delimiter, $;}]),
    gen_tcp:send(C3, <<"a;bc;0123456789;d">>),
    ?T([gen_tcp:recv(S3, 0, 300) || _ <- [1, 2, 3, 4]]),
    ?T(gen_tcp:recv(S3, 5, 100)),
    close(P3),
    %% In pieces, and the mode changed on the way.
    {C4, S4} = P4 = pair([binary, {nodelay, true}], [list, {packet, 4}]),
    [begin gen_tcp:send(C4, <<B>>), timer:sleep(2) end || <<B>> <= <<3:32, "abc">>],
    ?T(gen_tcp:recv(S4, 0, 1000)),
    gen_tcp:send(C4, <<2:32, "xyzw">>),
    ?T(gen_tcp:recv(S4, 0, 1000)),
    inet:setopts(S4, [{packet, raw}, binary]),
    ?T(gen_tcp:recv(S4, 0, 1000)),
    ?T(gen_tcp:unrecv(S4, <<"back">>)),
    ?T(gen_tcp:recv(S4, 2, 1000)),
    ?T(gen_tcp:unrecv(S4, <<"more">>)),
    ?T(gen_tcp:recv(S4, 6, 1000)),
    close(P4),
    {C5, S5} = P5 = pair([binary], [binary, {header, 2}]),
    gen_tcp:send(C5, <<"abcd">>),
    ?T(gen_tcp:recv(S5, 4, 1000)),
    gen_tcp:send(C5, <<"a">>),
    ?T(gen_tcp:recv(S5, 1, 1000)),
    close(P5),
    flush().

packet(Mode, Data) ->
    Sender = case Mode of _ when is_integer(Mode) -> Mode; _ -> raw end,
    [begin
         {C, S} = P = pair([binary, {packet, Sender}], [Kind, {packet, Mode}]),
         [gen_tcp:send(C, D) || D <- Data],
         ?T([short(shape(gen_tcp:recv(S, 0, 1000))) || _ <- Data]),
         [gen_tcp:send(C, D) || D <- Data],
         inet:setopts(S, [{active, true}]),
         ?T([short(message()) || _ <- Data]),
         ?T(none()),
         close(P)
     end || Kind <- [binary, list]].

shape({ok, {ssl_tls, P, A, B, C}}) when is_port(P) -> {ok, {ssl_tls, A, B, C}};
shape(X) -> X.
short({T, {T2, B}}) when is_binary(B), byte_size(B) > 100 -> {T, T2, byte_size(B), erlang:md5(B)};
short({T, B}) when is_binary(B), byte_size(B) > 100 -> {T, byte_size(B), erlang:md5(B)};
short({T, L}) when is_list(L), length(L) > 100 -> {T, length(L), erlang:md5(L)};
short({ssl_tls, P, A, B, C}) when is_port(P) -> {ssl_tls, A, B, C};
short(X) -> X.

http() ->
    Request = <<"GET /a/b?c=d HTTP/1.1\r\nHost: here\r\nX-Other: a\r\n b\r\n\r\nbody">>,
    Response = <<"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n">>,
    [begin
         {C, S} = P = pair([binary], [binary, {packet, Mode}]),
         gen_tcp:send(C, Bytes),
         ?T([gen_tcp:recv(S, 0, 500) || _ <- lists:seq(1, 4)]),
         close(P)
     end || Mode <- [http, http_bin], Bytes <- [Request, Response]],
    [begin
         {C, S} = P = pair([binary], [binary, {packet, Mode}]),
         gen_tcp:send(C, <<"Host: here\r\nAccept: x\r\n\r\n">>),
         ?T([gen_tcp:recv(S, 0, 500) || _ <- [1, 2, 3]]),
         close(P)
     end || Mode <- [httph, httph_bin]],
    {C, S} = P = pair([binary], [binary, {packet, http}]),
    gen_tcp:send(C, Request),
    inet:setopts(S, [{active, once}]),
    ?T(message()),
    ?T(none()),
    inet:setopts(S, [{active, 2}]),
    ?T(messages(3)),
    inet:setopts(S, [{active, true}]),
    ?T(message()),
    inet:setopts(S, [{packet, raw}]),
    ?T(message()),
    close(P),
    flush().

active() ->
    {C, S} = P = pair([binary, {packet, 1}], [binary, {packet, 1}]),
    [gen_tcp:send(C, <<N>>) || N <- lists:seq(1, 12)],
    ?T(none()),
    ?T(inet:getopts(S, [active])),
    inet:setopts(S, [{active, once}]),
    ?T([message(), none()]),
    ?T(inet:getopts(S, [active])),
    inet:setopts(S, [{active, 3}]),
    ?T([messages(4), none()]),
    ?T(inet:getopts(S, [active])),
    inet:setopts(S, [{active, 100}]),
    ?T(messages(8)),
    ?T(inet:getopts(S, [active])),
    ?T(inet:setopts(S, [{active, -90}])),
    ?T(inet:getopts(S, [active])),
    ?T(inet:setopts(S, [{active, -10}])),
    ?T([message(), none()]),
    ?T(inet:setopts(S, [{active, 32767}])),
    ?T(inet:setopts(S, [{active, 1}])),
    ?T(inet:getopts(S, [active])),
    ?T(gen_tcp:recv(S, 0)),
    ?T(inet:setopts(S, [{active, false}])),
    ?T(inet:setopts(S, [{active, 0}])),
    ?T(message()),
    gen_tcp:send(C, <<"x">>),
    ?T(none()),
    inet:setopts(S, [{active, true}]),
    ?T(message()),
    gen_tcp:send(C, <<"y">>),
    ?T(message()),
    gen_tcp:close(C),
    ?T([message(), none()]),
    ?T(erlang:port_info(S)),
    ?T(inet:setopts(S, [{active, once}])),
    close(P),
    %% The end comes once, also when it is asked for.
    {C2, S2} = P2 = pair([binary], [binary]),
    gen_tcp:send(C2, <<"last">>),
    gen_tcp:close(C2),
    timer:sleep(20),
    inet:setopts(S2, [{active, once}]),
    ?T(message()),
    ?T(none()),
    inet:setopts(S2, [{active, once}]),
    ?T(message()),
    close(P2),
    {C3, S3} = P3 = pair([binary], [binary, {deliver, port}, {active, false}]),
    inet:setopts(S3, [{active, true}]),
    gen_tcp:send(C3, <<"as a port">>),
    ?T(message()),
    inet:setopts(S3, [list, {header, 1}]),
    gen_tcp:send(C3, <<"again">>),
    ?T(message()),
    close(P3),
    flush().

ends() ->
    %% Half closed.
    {C, S} = P = pair([binary], [binary]),
    gen_tcp:send(C, <<"question">>),
    ?T(gen_tcp:shutdown(C, write)),
    ?T(gen_tcp:recv(S, 0)),
    close_late(S),
    ?T(gen_tcp:send(C, <<"x">>)),
    close(P),
    {C1, S1} = P1 = pair([binary], [binary, {exit_on_close, false}]),
    gen_tcp:send(C1, <<"question">>),
    ?T(gen_tcp:shutdown(C1, write)),
    ?T(gen_tcp:recv(S1, 0)),
    ?T(gen_tcp:recv(S1, 0)),
    ?T(gen_tcp:send(S1, <<"answer">>)),
    ?T(gen_tcp:recv(C1, 0)),
    ?T(gen_tcp:close(S1)),
    ?T(gen_tcp:recv(C1, 0)),
    close(P1),
    {C2, S2} = P2 = pair([binary], [binary, {exit_on_close, false}]),
    inet:setopts(S2, [{active, true}]),
    gen_tcp:shutdown(C2, write),
    ?T(message()),
    ?T(none()),
    ?T(gen_tcp:send(S2, <<"still">>)),
    ?T(gen_tcp:recv(C2, 5, 1000)),
    close(P2),
    {C3, S3} = P3 = pair([binary], [binary]),
    ?T(gen_tcp:shutdown(S3, read)),
    ?T(gen_tcp:recv(S3, 0, 1000)),
    ?T(gen_tcp:shutdown(C3, read_write)),
    ?T(gen_tcp:recv(C3, 0, 1000)),
    ?T(gen_tcp:shutdown(C3, write)),
    close(P3),
    %% Reset: something unread, or no time to linger.
    {C4, S4} = P4 = pair([binary, {linger, {true, 0}}], [binary]),
    gen_tcp:close(C4),
    timer:sleep(10),
    ?T(gen_tcp:recv(S4, 0)),
    ?T(gen_tcp:recv(S4, 0)),
    close(P4),
    {C5, S5} = P5 = pair([binary, {linger, {true, 0}}], [binary, {show_econnreset, true}]),
    gen_tcp:close(C5),
    timer:sleep(10),
    ?T(gen_tcp:recv(S5, 0)),
    close(P5),
    {C6, S6} = P6 = pair([binary, {linger, {true, 0}}], [binary, {show_econnreset, true}]),
    inet:setopts(S6, [{active, true}]),
    gen_tcp:close(C6),
    ?T(messages(2)),
    close(P6),
    {C7, S7} = P7 = pair([binary], [binary, {show_econnreset, true}]),
    gen_tcp:send(S7, <<"never read">>),
    timer:sleep(10),
    gen_tcp:close(C7),
    timer:sleep(10),
    ?T(gen_tcp:send(S7, <<"x">>)),
    ?T(gen_tcp:send(S7, <<"x">>)),
    ?T(gen_tcp:recv(S7, 0, 500)),
    close(P7),
    {C8, S8} = P8 = pair([binary, {linger, {true, 5}}], [binary]),
    gen_tcp:send(C8, binary:copy(<<"x">>, 100000)),
    ?T(gen_tcp:close(C8)),
    ?T(begin {ok, B} = gen_tcp:recv(S8, 100000, 2000), byte_size(B) end),
    ?T(gen_tcp:recv(S8, 0, 2000)),
    close(P8),
    %% The owner's end is the socket's.
    Me = self(),
    {ok, L} = gen_tcp:listen(0, [binary, {active, false}]),
    {ok, Port} = inet:port(L),
    Pid = spawn(fun() -> {ok, X} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary]), gen_tcp:send(X, <<"bye">>), Me ! done, receive stop -> ok end end),
    {ok, S9} = gen_tcp:accept(L),
    receive done -> ok end,
    exit(Pid, kill),
    ?T(gen_tcp:recv(S9, 3)),
    ?T(gen_tcp:recv(S9, 0)),
    gen_tcp:close(S9),
    gen_tcp:close(L),
    flush().

close_late(S) ->
    ?T(gen_tcp:recv(S, 0, 1000)),
    ?T(gen_tcp:send(S, <<"answer">>)),
    ?T(gen_tcp:close(S)).

refused() ->
    {ok, L} = gen_tcp:listen(0, []),
    {ok, Port} = inet:port(L),
    ?T(gen_tcp:listen(Port, [])),
    ?T(gen_tcp:listen(Port, [{reuseaddr, true}])),
    gen_tcp:close(L),
    [?T(gen_tcp:connect(H, Port, [])) || H <- ?V([{127, 0, 0, 1}, "localhost", localhost, "127.0.0.1", "no.such.name.invalid"])],
    ?T(gen_tcp:connect({0, 0, 0, 0, 0, 0, 0, 1}, Port, [inet6])),
    ?T(gen_tcp:connect({127, 0, 0, 1}, 0, [])),
    ?T(gen_tcp:connect({127, 0, 0, 1}, 70000, [])),
    ?T(gen_tcp:connect({300, 0, 0, 1}, 80, [])),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, [bad])),
    ?T(gen_tcp:listen(0, [{ip, {192, 0, 2, 1}}])),
    ?T(gen_tcp:listen(0, [{ip, {0, 0, 0, 0, 0, 0, 0, 2}}, inet6])),
    ?T(gen_tcp:listen(99999, [])),
    ?T(gen_tcp:listen(0, [{backlog, a}])),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, [{ip, {192, 0, 2, 1}}])),
    {ok, S} = prim_inet:open(tcp, inet, stream),
    ?T(gen_tcp:recv(S, 0)),
    ?T(prim_inet:send(S, <<"x">>)),
    ?T(prim_inet:listen(S, a)),
    ?T(inet:peername(S)),
    ?T(inet:sockname(S)),
    ?T(prim_inet:accept(S, 0)),
    ?T(gen_tcp:shutdown(S, write)),
    ?T(prim_inet:getstatus(S)),
    ?T(prim_inet:gettype(S)),
    ?T(prim_inet:connect(S, {127, 0, 0, 1}, Port, 1000)),
    ?T(prim_inet:getstatus(S)),
    ?T(prim_inet:bind(S, {127, 0, 0, 1}, 0) =/= ok),
    ?T(prim_inet:close(S)),
    ?T(gen_sctp:open()),
    ?T(element(1, catch gen_tcp:connect({local, "/nowhere"}, 0, [local]))),
    flush().

options() ->
    {C, S} = P = pair([binary], [binary]),
    Names = [active, buffer, delay_send, deliver, dontroute, exit_on_close, header, high_msgq_watermark, high_watermark, keepalive, linger, low_msgq_watermark, low_watermark, mode, nodelay,
        packet, packet_size, priority, reuseaddr, send_timeout, send_timeout_close, show_econnreset, tos, ttl, nopush, recvtos, recvttl],
    [?T(inet:getopts(C, [N])) || N <- Names, N =/= buffer],
    ?T(inet:getopts(C, [bad])),
    ?T(inet:getopts(C, [tclass, ipv6_v6only, read_packets])),
    ?T(element(1, inet:getopts(C, [sndbuf, recbuf, buffer]))),
    [begin ?T(inet:setopts(S, [O])), ?T(inet:getopts(S, [element(1, O)])) end || O <- ?V([{buffer, 100}, {buffer, 0}, {delay_send, true}, {delay_send, false}, {exit_on_close, false}, {header, 3}, {header, 0},
        {high_watermark, 100}, {low_watermark, 200}, {high_watermark, 10}, {high_watermark, 8192}, {keepalive, true}, {linger, {true, 3}}, {linger, {false, 3}}, {linger, {true, 0}}, {linger, {false, 0}}, {nodelay, true}, {nodelay, false},
        {packet, 4}, {packet, line}, {packet, http_bin}, {packet, raw}, {packet, 3}, {packet_size, 77}, {packet_size, 0}, {priority, 3}, {send_timeout, 1000}, {send_timeout, infinity}, {send_timeout, -1}, {send_timeout_close, true}, {show_econnreset, true},
        {tos, 16}, {ttl, 7}, {ttl, 0}, {ttl, 300}, {nopush, true}, {nopush, false}, {high_msgq_watermark, 20000}, {low_msgq_watermark, 100}, {high_msgq_watermark, 0}, {sndbuf, 20000}, {recbuf, 20000}, {bad, 1}, {mode, list}, {deliver, port}, {deliver, term},
        {line_delimiter, $x}, {reuseaddr, true}, {raw, 6, 4, <<77:32/native>>}, {ipv6_v6only, true}, {dontroute, true}])],
    ?T(inet:getopts(S, [{raw, 6, 4, 4}, {raw, 6, 1, 4}, {raw, 1, 3, 4}, {raw, 999, 1, 4}])),
    ?T(inet:getopts(S, [{raw, 6, 4, <<0:32>>}])),
    ?T(inet:setopts(S, [binary, {active, bad}])),
    ?T(inet:setopts(S, bad)),
    ?T(inet:setopts(S, [bad])),
    close(P),
    %% What a connection has from its listener.
    {ok, L} = gen_tcp:listen(0, [list, {packet, 2}, {active, once}, {nodelay, true}, {keepalive, true}, {buffer, 333}, {header, 1}, {high_watermark, 99}, {low_watermark, 33}, {send_timeout, 44}, {exit_on_close, false}, {linger, {true, 7}},
        {delay_send, true}, {tos, 8}, {priority, 2}, {packet_size, 55}, {show_econnreset, true}]),
    {ok, Port} = inet:port(L),
    {ok, C2} = gen_tcp:connect({127, 0, 0, 1}, Port, []),
    {ok, S2} = gen_tcp:accept(L),
    ?T(inet:getopts(S2, [mode, packet, active, nodelay, keepalive, buffer, header, high_watermark, low_watermark, send_timeout, exit_on_close, linger, delay_send, tos, priority, packet_size, show_econnreset])),
    close({C2, S2}),
    gen_tcp:close(L),
    flush().

names() ->
    {ok, L} = gen_tcp:listen(0, []),
    ?T(inet:sockname(L) =:= {ok, {{0, 0, 0, 0}, element(2, inet:port(L))}}),
    ?T(inet:peername(L)),
    gen_tcp:close(L),
    {ok, L6} = gen_tcp:listen(0, [inet6]),
    ?T(begin {ok, {A, _}} = inet:sockname(L6), A end),
    {ok, Port} = inet:port(L6),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, []),
    {ok, S} = gen_tcp:accept(L6, 1000),
    ?T(begin {ok, {A, _}} = inet:peername(S), A end),
    ?T(begin {ok, {A, _}} = inet:sockname(S), A end),
    close({C, S}),
    gen_tcp:close(L6),
    {ok, L7} = gen_tcp:listen(0, [inet6, {ipv6_v6only, true}]),
    {ok, Port7} = inet:port(L7),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port7, [])),
    gen_tcp:close(L7),
    [?T(inet:getservbyname(N, P)) || {N, P} <- ?V([{http, tcp}, {"https", tcp}, {ssh, "tcp"}, {domain, udp}, {ssh, udp}, {nothing, tcp}, {http, bad}, {epmd, tcp}, {www, tcp}])],
    ?T(begin {ok, Ifs} = inet:getifaddrs(), {"lo", O} = lists:keyfind("lo", 1, Ifs), {lists:sort(proplists:get_value(flags, O)), proplists:get_value(addr, O), proplists:get_value(netmask, O), proplists:get_all_values(addr, O)} end),
    ?T(begin {ok, Names} = inet:getiflist(), lists:member("lo", Names) end),
    ?T(inet:ifget("lo", [addr, netmask, mtu, flags])),
    ?T(inet:ifget("nothing", [addr, flags])),
    ?T(inet:ifget("lo", [bad])),
    {ok, S9} = gen_tcp:listen(0, []),
    ?T(inet:setsockname(S9, {{1, 2, 3, 4}, 5})),
    ?T(inet:sockname(S9)),
    ?T(prim_inet:setsockname(S9, undefined)),
    ?T(begin {ok, {A, _}} = inet:sockname(S9), A end),
    gen_tcp:close(S9),
    flush().

backpressure() ->
    {C, S} = P = pair([binary, {sndbuf, 20000}, {high_watermark, 1000}, {low_watermark, 500}, {send_timeout, 100}], [binary, {recbuf, 5000}]),
    Block = binary:copy(<<"0123456789">>, 500),
    Fill = fun F(N) when N < 20000 -> case gen_tcp:send(C, Block) of ok -> F(N + 1); E -> {E, N > 1} end end,
    ?T(Fill(0)),
    timer:sleep(300),
    Fill(0),
    ?T(inet:getstat(C, [send_pend]) > {ok, [{send_pend, 0}]}),
    ?T(gen_tcp:send(C, Block)),
    ?T(begin {ok, B} = gen_tcp:recv(S, 5000, 1000), B =:= Block end),
    inet:setopts(C, [{linger, {true, 0}}]),
    close(P),
    %% A writer waits, and goes on.
    {C2, S2} = P2 = pair([binary, {sndbuf, 20000}, {high_watermark, 1000}, {low_watermark, 500}], [binary, {recbuf, 5000}]),
    Me = self(),
    Total = 2000,
    Writer = spawn(fun() -> R = [gen_tcp:send(C2, Block) || _ <- lists:seq(1, Total)], Me ! {self(), lists:usort(R)} end),
    timer:sleep(100),
    ?T(receive {Writer, _} -> done after 0 -> waits end),
    ?T(begin {ok, St} = prim_inet:getstatus(C2), lists:member(busy, St) end),
    ?T(erlang:port_command(C2, <<"x">>, [nosuspend])),
    Second = spawn(fun() -> Me ! {self(), gen_tcp:send(C2, <<"end">>)} end),
    ?T(begin {ok, B} = gen_tcp:recv(S2, Total * 5000 + 3, 20000), {byte_size(B), erlang:md5(binary:part(B, 0, 5000)) =:= erlang:md5(Block)} end),
    ?T(receive {Writer, R} -> R after 5000 -> late end),
    ?T(receive {Second, R} -> R after 5000 -> late end),
    close(P2),
    %% The end while somebody waits.
    {C3, S3} = P3 = pair([binary, {sndbuf, 20000}, {high_watermark, 1000}, {low_watermark, 500}], [binary, {recbuf, 5000}]),
    W3 = spawn(fun() -> Me ! {self(), (fun F() -> case gen_tcp:send(C3, Block) of ok -> F(); E -> E end end)()} end),
    timer:sleep(100),
    gen_tcp:close(S3),
    ?T(receive {W3, R} -> R after 8000 -> late end),
    close(P3),
    %% Nothing is lost that was written before the close.
    {C4, S4} = P4 = pair([binary, {sndbuf, 20000}, {high_watermark, 1000000}], [binary, {recbuf, 5000}]),
    gen_tcp:send(C4, binary:copy(Block, 100)),
    spawn(fun() -> gen_tcp:close(C4) end),
    ?T(begin {ok, B} = gen_tcp:recv(S4, 500000, 5000), byte_size(B) end),
    ?T(gen_tcp:recv(S4, 0, 2000)),
    close(P4),
    %% Sending with a delay, and with a send timeout that closes.
    {C5, S5} = P5 = pair([binary, {delay_send, true}], [binary]),
    [gen_tcp:send(C5, <<N>>) || N <- lists:seq(1, 10)],
    ?T(gen_tcp:recv(S5, 10, 1000)),
    close(P5),
    {C6, _} = P6 = pair([binary, {sndbuf, 20000}, {high_watermark, 1000}, {low_watermark, 500}, {send_timeout, 50}, {send_timeout_close, true}], [binary, {recbuf, 5000}]),
    ?T((fun F() -> case gen_tcp:send(C6, Block) of ok -> F(); E -> E end end)()),
    ?T(gen_tcp:send(C6, Block)),
    close(P6),
    flush().

large() ->
    Data = << <<N:32>> || N <- lists:seq(1, 1000000) >>,
    {C, S} = P = pair([binary], [binary]),
    spawn_link(fun() -> ok = gen_tcp:send(C, Data) end),
    ?T(begin {ok, B} = gen_tcp:recv(S, byte_size(Data), 20000), B =:= Data end),
    spawn_link(fun() -> ok = gen_tcp:send(C, Data) end),
    inet:setopts(S, [{active, true}]),
    ?T(collect(S, byte_size(Data)) =:= Data),
    inet:setopts(S, [{active, false}, {packet, 4}]),
    inet:setopts(C, [{packet, 4}]),
    spawn_link(fun() -> ok = gen_tcp:send(C, Data) end),
    ?T(gen_tcp:recv(S, 0, 20000) =:= {ok, Data}),
    ?T(gen_tcp:recv(S, 100, 10)),
    inet:setopts(S, [{packet, raw}]),
    ?T(gen_tcp:recv(S, 70000000, 10)),
    close(P),
    flush().

statistics() ->
    {C, S} = P = pair([binary, {packet, 2}], [binary, {packet, 2}]),
    [gen_tcp:send(C, binary:copy(<<"x">>, N)) || N <- [1, 10, 100]],
    ?T(inet:getstat(C)),
    [gen_tcp:recv(S, 0) || _ <- [1, 2, 3]],
    ?T(inet:getstat(S)),
    ?T(inet:getstat(S, [recv_oct, send_oct, recv_avg])),
    ?T(inet:getstat(S, [bad])),
    ?T(erlang:port_info(C, name)),
    ?T(erlang:port_info(C, connected) =:= {connected, self()}),
    ?T(erlang:port_info(C, queue_size)),
    ?T(erlang:port_info(C, output)),
    close(P),
    flush().

other_owners() ->
    {C, S} = P = pair([binary], [binary]),
    Me = self(),
    Pid = spawn(fun() -> receive go -> ok end, Me ! {self(), gen_tcp:recv(S, 0, 1000)}, inet:setopts(S, [{active, true}]), receive {tcp, S, B} -> Me ! {self(), B} end, receive {tcp_closed, S} -> Me ! {self(), closed} end end),
    ?T(gen_tcp:controlling_process(S, Pid)),
    ?T(gen_tcp:controlling_process(S, Me)),
    Pid ! go,
    gen_tcp:send(C, <<"one">>),
    ?T(receive {Pid, R} -> R after 2000 -> late end),
    gen_tcp:send(C, <<"two">>),
    ?T(receive {Pid, R} -> R after 2000 -> late end),
    gen_tcp:close(C),
    ?T(receive {Pid, R} -> R after 2000 -> late end),
    close(P),
    %% Two who read, one who comes too late.
    {C2, S2} = P2 = pair([binary], [binary]),
    First = spawn(fun() -> Me ! {self(), gen_tcp:recv(S2, 0)} end),
    timer:sleep(20),
    ?T(gen_tcp:recv(S2, 0, 10)),
    gen_tcp:send(C2, <<"for the first">>),
    ?T(receive {First, R} -> R after 2000 -> late end),
    close(P2),
    Pid3 = spawn(fun() -> {ok, X} = gen_tcp:listen(0, []), Me ! X, receive stop -> ok end end),
    L = receive X when is_port(X) -> X end,
    M = monitor(port, L),
    exit(Pid3, kill),
    ?T(receive {'DOWN', M, port, L, Why} -> Why after 2000 -> late end),
    flush().

others() ->
    ?T(inet:gethostbyname("localhost")),
    ?T(inet:getaddr("localhost", inet)),
    ?T(inet:getaddr("127.0.0.1", inet)),
    ?T(inet:getaddr("::1", inet6)),
    ?T(inet:gethostbyaddr({127, 0, 0, 1})),
    ?T(begin {C, S} = P = pair([binary], [binary]), R = {is_map(inet:info(C)), maps:get(owner, inet:info(S)) =:= self()}, close(P), R end),
    {C, S} = P = pair([binary], [binary]),
    ?T(begin {ok, Before} = file:read_file(code:which(?MODULE)), {ok, N} = file:sendfile(code:which(?MODULE), C), {ok, Got} = gen_tcp:recv(S, N, 2000), Got =:= Before end),
    ?T(catch erlang:port_control(C, 4711, [])),
    ?T(catch erlang:port_control(C, 16#03f1a300 + 99, [])),
    [?T(catch erlang:port_control(C, 16#03f1a300 + R, [])) || R <- ?V([1, 3, 6, 7, 8, 11, 24, 26, 27, 42, 44, 62])],
    close(P),
    flush().
