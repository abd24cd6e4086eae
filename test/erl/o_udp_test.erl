%% SPDX-License-Identifier: Apache-2.0
%% Datagrams over the loopback: gen_udp, active modes, connected sockets, errors, options, groups, IPv6.
-module(o_udp_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    [basics(F) || F <- [inet, inet6]],
    active(),
    connected(),
    errors(),
    options(),
    beside(),
    groups(),
    many(),
    owners().

open(Family) -> open(Family, []).
open(Family, Options) ->
    {ok, S} = gen_udp:open(0, [Family, binary, {active, false}, {ip, host(Family)} | Options]),
    {ok, Port} = inet:port(S),
    {S, Port}.

host(inet) -> {127, 0, 0, 1};
host(inet6) -> {0, 0, 0, 0, 0, 0, 0, 1}.

%% Without numbers of ports, which are others in each run.
plain({ok, {H, P, D}}) when is_integer(P) -> {ok, {H, port, D}};
plain({ok, {H, P, A, D}}) when is_integer(P) -> {ok, {H, port, A, D}};
plain({udp, S, H, P, D}) when is_port(S) -> {udp, H, is_integer(P), D};
plain({udp, S, H, P, A, D}) when is_port(S) -> {udp, H, is_integer(P), A, D};
plain({T, S}) when is_port(S) -> {T, port};
plain({T, S, X}) when is_port(S) -> {T, X};
plain(X) -> X.
message() -> receive M -> plain(M) after 1000 -> none end.
none() -> receive M -> plain(M) after 50 -> none end.
flush() -> receive _ -> flush() after 0 -> ok end.

basics(Family) ->
    H = host(Family),
    {A, PA} = open(Family),
    {B, PB} = open(Family),
    ?T(gen_udp:recv(A, 0, 0)),
    ?T(gen_udp:recv(A, 0, 20)),
    ?T(gen_udp:send(A, H, PB, <<"hello">>)),
    ?T(gen_udp:recv(B, 0, 1000) =:= {ok, {H, PA, <<"hello">>}}),
    ?T(gen_udp:send(B, {H, PA}, ["w", [$o, <<"rld">>]])),
    ?T(gen_udp:recv(A, 3, 1000) =:= {ok, {H, PB, <<"world">>}}),
    ?T(gen_udp:send(A, H, PB, <<>>)),
    ?T(plain(gen_udp:recv(B, 0, 1000))),
    ?T(gen_udp:send(A, H, PA, <<"to itself">>)),
    ?T(plain(gen_udp:recv(A, 0, 1000))),
    inet:setopts(B, [list]),
    gen_udp:send(A, H, PB, <<"as a list">>),
    ?T(plain(gen_udp:recv(B, 0, 1000))),
    inet:setopts(B, [binary, {header, 2}]),
    gen_udp:send(A, H, PB, <<"head">>),
    ?T(plain(gen_udp:recv(B, 0, 1000))),
    gen_udp:send(A, H, PB, <<"h">>),
    ?T(plain(gen_udp:recv(B, 0, 1000))),
    inet:setopts(B, [{header, 0}, {buffer, 4}]),
    gen_udp:send(A, H, PB, <<"cut off">>),
    gen_udp:send(A, H, PB, <<"next">>),
    ?T([plain(gen_udp:recv(B, 0, 1000)) || _ <- [1, 2]]),
    ?T(inet:peername(A)),
    ?T(inet:sockname(A) =:= {ok, {H, PA}}),
    ?T(begin {ok, St} = prim_inet:getstatus(A), St end),
    ?T(inet:getstat(A)),
    ?T(gen_udp:close(A)),
    ?T(gen_udp:close(A)),
    ?T(gen_udp:recv(A, 0, 10)),
    ?T(gen_udp:send(A, H, PB, <<"x">>)),
    gen_udp:close(B),
    flush().

active() ->
    {A, _} = open(inet),
    {B, PB} = open(inet),
    Send = fun(L) -> [ok = gen_udp:send(A, {127, 0, 0, 1}, PB, X) || X <- L] end,
    Send(["one", "two", "three", "four"]),
    ?T(none()),
    inet:setopts(B, [{active, once}]),
    ?T([message(), none()]),
    ?T(inet:getopts(B, [active])),
    inet:setopts(B, [{active, 2}]),
    ?T([message(), message(), message(), none()]),
    inet:setopts(B, [{active, true}]),
    ?T([message(), none()]),
    ?T(gen_udp:recv(B, 0)),
    Send(["five"]),
    ?T(message()),
    inet:setopts(B, [{mode, list}, {header, 1}]),
    Send(["six"]),
    ?T(message()),
    inet:setopts(B, [{active, 3}]),
    ?T(inet:setopts(B, [{active, -3}])),
    ?T(message()),
    ?T(inet:getopts(B, [active])),
    gen_udp:close(B),
    ?T(none()),
    gen_udp:close(A),
    flush().

connected() ->
    {A, PA} = open(inet),
    {B, PB} = open(inet),
    {C, _} = open(inet),
    ?T(gen_udp:connect(A, {127, 0, 0, 1}, PB)),
    ?T(inet:peername(A) =:= {ok, {{127, 0, 0, 1}, PB}}),
    ?T(gen_udp:send(A, <<"to b">>)),
    ?T(plain(gen_udp:recv(B, 0, 1000))),
    ?T(gen_udp:send(B, {127, 0, 0, 1}, PA, <<"back">>)),
    ?T(gen_udp:send(C, {127, 0, 0, 1}, PA, <<"not heard">>)),
    ?T(plain(gen_udp:recv(A, 0, 1000))),
    ?T(gen_udp:recv(A, 0, 50)),
    ?T(prim_inet:getstatus(A)),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, PA, <<"where to is not said twice">>)),
    ?T(plain(gen_udp:recv(B, 0, 1000))),
    ?T(gen_udp:send(C, <<"x">>)),
    %% Nobody is there any more.
    gen_udp:close(B),
    ?T(gen_udp:send(A, <<"lost">>)),
    ?T(gen_udp:recv(A, 0, 1000)),
    ?T(gen_udp:recv(A, 0, 30)),
    inet:setopts(A, [{active, true}]),
    ?T(gen_udp:send(A, <<"lost">>)),
    ?T(message()),
    [gen_udp:close(S) || S <- [A, B, C]],
    flush().

errors() ->
    {A, PA} = open(inet),
    ?T(gen_udp:open(PA, [{ip, {127, 0, 0, 1}}])),
    ?T(gen_udp:open(0, [{ip, {192, 0, 2, 1}}])),
    ?T(gen_udp:open(70000)),
    ?T(gen_udp:open(0, [bad])),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, 0, <<"x">>)),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, 70000, <<"x">>)),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, PA, binary:copy(<<"x">>, 65508))),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, PA, bad)),
    ?T(gen_udp:send(A, "no.such.name.invalid", PA, <<"x">>)),
    ?T(gen_udp:send(A, {0, 0, 0, 0, 0, 0, 0, 1}, PA, <<"x">>)),
    ?T(gen_udp:recv(A, -1)),
    ?T(gen_udp:recv(A, a)),
    Me = self(),
    First = spawn(fun() -> Me ! {self(), plain(gen_udp:recv(A, 0))} end),
    timer:sleep(20),
    ?T(gen_udp:recv(A, 0, 10)),
    gen_udp:send(A, {127, 0, 0, 1}, PA, <<"for the first">>),
    ?T(receive {First, R} -> R after 1000 -> late end),
    Second = spawn(fun() -> Me ! {self(), plain(gen_udp:recv(A, 0))} end),
    timer:sleep(20),
    gen_udp:close(A),
    ?T(receive {Second, R} -> R after 1000 -> late end),
    ?T(gen_udp:open(0, [{ip, {1, 2, 3}}])),
    flush().

options() ->
    {A, _} = open(inet),
    [?T(inet:getopts(A, [N])) || N <- ?V([active, broadcast, buffer, deliver, dontroute, header, mode, multicast_loop, multicast_ttl, priority, read_packets, reuseaddr, tos, ttl, recvtos, recvttl, recvtclass, nodelay, packet, high_watermark])],
    [begin ?T(inet:setopts(A, [O])), ?T(inet:getopts(A, [element(1, O)])) end || O <- ?V([{broadcast, true}, {buffer, 9000}, {read_packets, 3}, {read_packets, 0}, {reuseaddr, true}, {tos, 4}, {ttl, 3}, {multicast_loop, false}, {multicast_ttl, 9},
        {recvtos, true}, {recvttl, true}, {recvtclass, true}, {priority, 1}, {dontroute, true}, {sndbuf, 10000}, {recbuf, 100000}, {header, 1}, {nodelay, true}])],
    gen_udp:close(A),
    {B, _} = open(inet6),
    [?T(inet:getopts(B, [N])) || N <- ?V([tclass, recvtclass, ipv6_v6only])],
    [begin ?T(inet:setopts(B, [O])), ?T(inet:getopts(B, [element(1, O)])) end || O <- ?V([{tclass, 8}, {recvtclass, true}])],
    gen_udp:close(B),
    {C, PC} = open(inet, [{recbuf, 30000}]),
    ?T(inet:getopts(C, [buffer])),
    %% Together at one address, when both say so.
    {ok, D} = gen_udp:open(0, [{reuseaddr, true}]),
    {ok, PD} = inet:port(D),
    ?T(begin {R, E} = gen_udp:open(PD, [{reuseaddr, true}]), gen_udp:close(E), R end),
    ?T(gen_udp:open(PD, [])),
    ?T(gen_udp:open(PC, [{reuseaddr, true}])),
    gen_udp:close(C),
    gen_udp:close(D),
    flush().

beside() ->
    {A, _} = open(inet),
    {B, PB} = open(inet, [{recvtos, true}, {recvttl, true}]),
    Tell = fun({ok, {H, _, Beside, D}}) -> {H, lists:sort(Beside), D}; (X) -> X end,
    gen_udp:send(A, {127, 0, 0, 1}, PB, <<"plain">>),
    ?T(Tell(gen_udp:recv(B, 0, 1000))),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, PB, [{tos, 16}, {ttl, 5}], <<"more">>)),
    ?T(Tell(gen_udp:recv(B, 0, 1000))),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, PB, [{bad, 5}], <<"more">>)),
    inet:setopts(A, [{tos, 8}, {ttl, 9}]),
    inet:setopts(B, [{active, once}]),
    gen_udp:send(A, {127, 0, 0, 1}, PB, <<"set">>),
    ?T(case message() of {udp, H, true, Beside, D} -> {H, lists:sort(Beside), D}; X -> X end),
    gen_udp:close(A),
    gen_udp:close(B),
    {C, _} = open(inet6),
    {D6, PD} = open(inet6, [{recvtclass, true}]),
    ?T(gen_udp:send(C, host(inet6), PD, [{tclass, 12}], <<"six">>)),
    ?T(Tell(gen_udp:recv(D6, 0, 1000))),
    gen_udp:close(C),
    gen_udp:close(D6),
    flush().

groups() ->
    Group = {224, 0, 0, 77},
    {ok, A} = gen_udp:open(0, [binary, {active, false}, {multicast_if, {127, 0, 0, 1}}, {multicast_ttl, 1}, {multicast_loop, true}]),
    {ok, B} = gen_udp:open(0, [binary, {active, false}]),
    {ok, PB} = inet:port(B),
    ?T(inet:setopts(B, [{add_membership, {Group, {127, 0, 0, 1}}}])),
    ?T(gen_udp:send(A, Group, PB, <<"to all">>)),
    ?T(case gen_udp:recv(B, 0, 1000) of {ok, {_, _, D}} -> D; X -> X end),
    ?T(inet:setopts(B, [{drop_membership, {Group, {127, 0, 0, 1}}}])),
    ?T(inet:setopts(B, [{add_membership, {{10, 0, 0, 1}, {127, 0, 0, 1}}}])),
    ?T(inet:setopts(B, [{add_membership, bad}])),
    gen_udp:close(A),
    gen_udp:close(B),
    flush().

%% More than is read at a time, and large ones.
many() ->
    {A, _} = open(inet),
    {B, PB} = open(inet, [{recbuf, 200000}]),
    [ok = gen_udp:send(A, {127, 0, 0, 1}, PB, <<N:16>>) || N <- lists:seq(1, 100)],
    ?T([begin {ok, {_, _, <<N:16>>}} = gen_udp:recv(B, 0, 1000), N end || _ <- lists:seq(1, 50)]),
    inet:setopts(B, [{active, true}]),
    ?T([receive {udp, B, _, _, <<N:16>>} -> N after 1000 -> late end || _ <- lists:seq(1, 50)]),
    inet:setopts(B, [{active, false}, {buffer, 65536}]),
    [begin
         Data = binary:copy(<<N:32>>, N div 4),
         ?T(gen_udp:send(A, {127, 0, 0, 1}, PB, Data)),
         ?T(begin {ok, {_, _, D}} = gen_udp:recv(B, 0, 1000), D =:= Data end)
     end || N <- [1000, 1472, 1476, 5000, 20000, 65504]],
    gen_udp:close(A),
    gen_udp:close(B),
    flush().

owners() ->
    {A, PA} = open(inet),
    Me = self(),
    Pid = spawn(fun() -> receive {udp, A, _, _, D} -> Me ! {self(), D} end, receive stop -> ok end end),
    ?T(gen_udp:controlling_process(A, Pid)),
    ?T(gen_udp:controlling_process(A, Me)),
    inet:setopts(A, [{active, true}]),
    {B, _} = open(inet),
    gen_udp:send(B, {127, 0, 0, 1}, PA, <<"yours">>),
    ?T(receive {Pid, D} -> D after 1000 -> late end),
    M = monitor(port, A),
    exit(Pid, kill),
    ?T(receive {'DOWN', M, port, A, Why} -> Why after 1000 -> late end),
    ?T(gen_udp:send(B, {127, 0, 0, 1}, PA, <<"nobody's">>)),
    gen_udp:close(B),
    flush().
