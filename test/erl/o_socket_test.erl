%% SPDX-License-Identifier: Apache-2.0
%% Module socket over the loopback: streams and datagrams, who waits and who is told, owners, options, errors, and
%% gen_tcp and gen_udp on top of it.
-module(o_socket_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    opening(),
    [streams(D) || D <- [inet, inet6]],
    [datagrams(D) || D <- [inet, inet6]],
    asynchronous(),
    readers(),
    accepting(),
    writers(),
    ends(),
    owners(),
    watching(),
    registry(),
    own_options(),
    options(),
    native(),
    messages(),
    control(),
    addresses(),
    information(),
    bad(),
    backend(),
    backend_datagrams().

any(D) -> #{family => D, addr => any, port => 0}.
loopback(D) -> #{family => D, addr => loopback, port => 0}.

%% {Client, Server, Listener}
pair(D) ->
    {ok, L} = socket:open(D, stream, tcp),
    ok = socket:bind(L, loopback(D)),
    ok = socket:listen(L),
    {ok, A} = socket:sockname(L),
    {ok, C} = socket:open(D, stream),
    ok = socket:connect(C, A, 5000),
    {ok, S} = socket:accept(L, 5000),
    {C, S, L}.
drop({C, S, L}) -> [socket:close(X) || X <- [C, S, L]], ok.

dgram(D) ->
    {ok, S} = socket:open(D, dgram, udp),
    ok = socket:bind(S, loopback(D)),
    {ok, A} = socket:sockname(S),
    {S, A}.

%% Without what differs from run to run.
plain({'$socket', _}) -> socket;
plain(R) when is_reference(R) -> ref;
plain(P) when is_pid(P) -> pid;
plain({select_info, T, H}) -> {select_info, plain(T), plain(H)};
plain(#{port := P} = A) when is_integer(P), P > 1024 -> A#{port := port};
plain(M) when is_map(M) -> maps:map(fun(_, V) -> plain(V) end, M);
plain(T) when is_tuple(T) -> list_to_tuple([plain(E) || E <- tuple_to_list(T)]);
plain([H | T]) -> [plain(H) | plain(T)];
plain(X) -> X.

message(Time) -> receive M -> plain(M) after Time -> none end.
message() -> message(5000).
none() -> message(40).
flush() -> receive _ -> flush() after 0 -> ok end.

counters(S) ->
    #{counters := C} = socket:info(S),
    maps:with([read_byte, read_pkg, read_pkg_max, write_byte, write_pkg, write_pkg_max, read_fails, write_fails,
               acc_success, acc_fails], C).
states(S) -> maps:with([rstates, wstates, num_readers, num_writers, num_acceptors, domain, type, protocol, ctype], socket:info(S)).

opening() ->
    ?T(plain(socket:open(inet, stream, tcp))),
    ?T(plain(socket:open(inet6, dgram, udp))),
    ?T(plain(socket:open(inet, stream, default))),
    ?T(plain(socket:open(inet, dgram, {raw, 17}))),
    ?T(plain(socket:open(2, 1, 6))),
    ?T(socket:open(inet, stream, udp)),
    ?T(socket:open(inet, dgram, tcp)),
    ?T(socket:open(inet, stream, nosuch)),
    ?T(socket:open(inet, stream, "tcp")),
    ?T(socket:open(nosuch, stream)),
    ?T(socket:open(inet, nosuch)),
    ?T(socket:open(inet, 77)),
    ?T(socket:open(inet, raw, 0)),
    ?T(begin {ok, U} = socket:open(inet, dgram), [socket:getopt(U, {socket, O}) || O <- [sndbuf, rcvbuf]] end),
    ?T(socket:open(unspec, stream)),
    ?T(socket:open(4711, stream)),
    ?T(socket:open(foo, bar, baz)),
    ?T(socket:open(inet, stream, tcp, foo)),
    ?T(plain(socket:open(inet, stream, tcp, #{use_registry => false, debug => false, foo => 1}))),
    ?T(socket:open(-1)),
    ?T(socket:open(-1, #{domain => inet, type => stream, protocol => tcp})),
    ?T(socket:open(-1, #{domain => inet})),
    ?T(socket:open(foo)),
    {ok, S} = socket:open(inet, stream),
    ?T(states(S)),
    ?T(counters(S)),
    ?T(socket:sockname(S)),
    ?T(socket:peername(S)),
    ?T(socket:recv(S, 1, 0)),
    ?T(socket:send(S, <<"x">>)),
    ?T(socket:accept(S, 0)),
    ?T(socket:shutdown(S, read_write)),
    ?T(socket:shutdown(S, foo)),
    ?T(socket:bind(S, #{family => inet, addr => {1, 2, 3, 4}, port => 0})),
    ?T(socket:bind(S, any)),
    ?T(socket:bind(S, any)),
    ?T(states(S)),
    ?T(socket:close(S)),
    ?T([socket:close(S), socket:recv(S), socket:send(S, "x"), socket:accept(S), socket:listen(S), socket:sockname(S),
        socket:peername(S), socket:shutdown(S, read), socket:bind(S, any), socket:connect(S, loopback(inet)),
        socket:getopt(S, {socket, type}), socket:setopt(S, {socket, debug}, 0), socket:getopt(S, {otp, rcvbuf}),
        socket:setopt(S, {otp, rcvbuf}, 10), socket:recvfrom(S), socket:recvmsg(S), socket:sendto(S, "x", loopback(inet))]),
    ?T(states(S)).

streams(D) ->
    {C, S, L} = P = pair(D),
    ?T([states(X) || X <- [C, S, L]]),
    ?T(plain(socket:sockname(L))),
    ?T(socket:peername(C) =:= socket:sockname(S)),
    ?T(socket:sockname(C) =:= socket:peername(S)),
    ?T(socket:send(C, <<"hello">>)),
    ?T(socket:recv(S, 5, 5000)),
    ?T(socket:send(C, [<<"wo">>, "rl", $d])),
    ?T(socket:recv(S, 2, 5000)),
    ?T(socket:recv(S, 0, 5000)),
    ?T(socket:recv(S, 0, 0)),
    ?T(socket:recv(S, 3, 20)),
    ?T(socket:send(C, <<"ab">>)),
    ?T(socket:recv(S, 3, 60)),
    ?T(socket:send(C, <<>>)),
    ?T(socket:send(C, <<"peek">>)),
    ?T(socket:recv(S, 4, [peek], 5000)),
    ?T(socket:recv(S, 2, [peek], 5000)),
    ?T(socket:recv(S, 4, 5000)),
    ?T(socket:sendto(C, <<"to">>, loopback(D))),
    ?T(plain(socket:recvfrom(S, 0, 5000))),
    ?T(socket:sendmsg(C, #{iov => [<<"one">>, <<>>, <<"two">>]}, 5000)),
    ?T(plain(socket:recvmsg(S, 5000))),
    ?T(socket:sendmsg(C, #{iov => []})),
    ?T(socket:sendmsg(C, #{iov => [<<"x">>, foo]})),
    ?T(socket:sendmsg(C, #{iov => [<<"x">> | <<"y">>]})),
    ?T(socket:recv(S, 1, [oob], 0)),
    ?T(socket:recv(S, 1, [nosuch], 0)),
    ?T(socket:send(C, <<"x">>, [nosuch])),
    ?T(socket:send(C, <<"fl">>, [nosignal])),
    ?T(socket:recv(S, 2, 5000)),
    ?T(counters(C)),
    ?T(counters(S)),
    ?T(socket:shutdown(C, write)),
    ?T(socket:send(C, <<"x">>)),
    ?T(socket:recv(S, 0, 5000)),
    ?T(socket:recv(S, 0, 5000)),
    ?T(socket:recvmsg(S, 5000)),
    ?T(socket:send(S, <<"still">>)),
    ?T(socket:recv(C, 5, 5000)),
    ?T(socket:close(S)),
    ?T(socket:recv(C, 1, 5000)),
    drop(P).

datagrams(D) ->
    {A, AA} = dgram(D),
    {B, BA} = dgram(D),
    ?T(states(A)),
    ?T(socket:sendto(A, <<"hello">>, BA)),
    ?T(socket:recvfrom(B, 0, 5000) =:= {ok, {AA, <<"hello">>}}),
    ?T(socket:sendto(A, <<"long">>, BA)),
    ?T(begin {ok, {_, X}} = socket:recvfrom(B, 2, 5000), X end),
    ?T(socket:recvfrom(B, 2, 0)),
    ?T(socket:recvfrom(B, 2, 20)),
    ?T(socket:sendto(A, <<>>, BA)),
    ?T(begin {ok, {_, X}} = socket:recvfrom(B, 0, 5000), X end),
    ?T(socket:send(A, <<"x">>)),
    ?T(socket:sendto(A, binary:copy(<<"x">>, 70000), BA)),
    ?T(socket:sendmsg(A, #{addr => BA, iov => [<<"1">>, <<"22">>, <<"333">>]})),
    ?T(begin {ok, M} = socket:recvmsg(B, 0, 0, 5000), plain(M) end),
    ?T(socket:sendmsg(A, #{addr => BA, iov => [<<"1">>, <<"22">>, <<"333">>]})),
    ?T(begin {ok, M} = socket:recvmsg(B, 4, 0, 5000), plain(M) end),
    ?T(socket:sendmsg(A, #{addr => BA, iov => lists:duplicate(1025, <<"1">>)})),
    ?T(socket:sendmsg(A, #{iov => [<<"1">>]})),
    ?T(socket:sendto(A, <<"peek">>, BA)),
    ?T(begin {ok, {_, X}} = socket:recvfrom(B, 0, [peek], 5000), X end),
    ?T(begin {ok, {_, X}} = socket:recvfrom(B, 0, 5000), X end),
    ?T(socket:connect(A, BA)),
    ?T(states(A)),
    ?T(socket:peername(A) =:= {ok, BA}),
    ?T(socket:send(A, <<"sent">>)),
    ?T(socket:recv(B, 0, 5000)),
    ?T(socket:listen(A)),
    ?T(socket:accept(A)),
    ?T(counters(A)),
    ?T(counters(B)),
    ?T(socket:close(B)),
    ?T(socket:close(A)),
    ?T(socket:close(A)).

%% nowait, select messages, cancel
asynchronous() ->
    {C, S, L} = P = pair(inet),
    {select, {select_info, recv, R1} = I1} = socket:recv(S, 3, nowait),
    ?T(states(S)),
    ?T(none()),
    ?T(socket:send(C, <<"ab">>)),
    ?T(receive {'$socket', S, select, R1} -> told after 5000 -> none end),
    ?T(plain(socket:recv(S, 3, nowait))),
    ?T(socket:send(C, <<"c">>)),
    ?T(message()),
    ?T(plain(socket:recv(S, 1, nowait))),
    ?T(socket:cancel(S, I1)),
    {select, I2} = socket:recv(S, 0, nowait),
    ?T(socket:cancel(S, I2)),
    ?T(socket:cancel(S, I2)),
    ?T(socket:send(C, <<"d">>)),
    ?T(socket:recv(S, 1, 5000)),
    ?T(none()),
    Ref = make_ref(),
    ?T(socket:recv(S, 1, [], Ref) =:= {select, {select_info, recv, Ref}}),
    ?T(socket:send(C, <<"e">>)),
    ?T(receive {'$socket', S, select, Ref} -> told after 5000 -> none end),
    ?T(socket:cancel(S, {select_info, recv, Ref})),
    ?T(socket:recv(S, 1)),
    {select, I3} = socket:accept(L, nowait),
    ?T(states(L)),
    ?T(socket:recv(L, 0, 0)),
    ?T(socket:cancel(L, I3)),
    ?T(socket:cancel(L, {select_info, accept, make_ref()})),
    ?T(socket:cancel(L, {select_info, nosuch, make_ref()})),
    ?T(socket:cancel(L, foo)),
    {ok, Address} = socket:sockname(L),
    {ok, C2} = socket:open(inet, stream),
    %% What connects to itself may be connected at once.
    ?T(case socket:connect(C2, Address, nowait) of
           ok -> ok;
           {select, {select_info, connect, R}} ->
               receive {'$socket', C2, select, R} -> socket:connect(C2) after 5000 -> none end
       end),
    ?T(element(1, socket:accept(L, 5000))),
    ?T(socket:connect(C2)),
    {select, _} = socket:recvfrom(C2, 0, nowait),
    ?T(socket:close(C2)),
    ?T(message()),
    ?T(none()),
    drop(P).

%% Several that receive take their turns.
readers() ->
    {C, S, _} = P = pair(inet),
    Me = self(),
    Reader = fun(N) -> spawn_link(fun() -> Me ! {N, socket:recv(S, 1, 5000)} end) end,
    Reader(1),
    wait_until(fun() -> maps:get(num_readers, socket:info(S)) =:= 1 end),
    {Lost, _} = spawn_monitor(fun() -> socket:recv(S, 1) end),
    wait_until(fun() -> maps:get(num_readers, socket:info(S)) =:= 2 end),
    Reader(2),
    wait_until(fun() -> maps:get(num_readers, socket:info(S)) =:= 3 end),
    ?T(maps:get(num_readers, socket:info(S))),
    exit(Lost, kill),
    wait_until(fun() -> maps:get(num_readers, socket:info(S)) =:= 2 end),
    ok = socket:send(C, <<"a">>),
    ?T(receive {1, R1} -> R1 after 5000 -> none end),
    ok = socket:send(C, <<"b">>),
    ?T(receive {2, R2} -> R2 after 5000 -> none end),
    ?T(maps:get(num_readers, socket:info(S))),
    Reader(3),
    Reader(4),
    wait_until(fun() -> maps:get(num_readers, socket:info(S)) =:= 2 end),
    ok = socket:close(C),
    ?T(lists:sort([receive {N, R} when N >= 3 -> R after 5000 -> none end || _ <- [3, 4]])),
    Reader(5),
    ?T(receive {5, R5} -> R5 after 5000 -> none end),
    drop(P),
    flush().

accepting() ->
    {ok, L} = socket:open(inet, stream, tcp),
    ok = socket:bind(L, loopback(inet)),
    ok = socket:listen(L, 10),
    {ok, Address} = socket:sockname(L),
    Me = self(),
    Pids = [spawn_link(fun() -> {ok, S} = socket:accept(L), Me ! {self(), accepted},
                                receive go -> Me ! {self(), socket:recv(S, 2, 5000)} end end) || _ <- lists:seq(1, 4)],
    wait_until(fun() -> maps:get(num_acceptors, socket:info(L)) =:= 4 end),
    ?T(states(L)),
    Clients = [begin {ok, C} = socket:open(inet, stream), ok = socket:connect(C, Address, 5000), C end || _ <- Pids],
    ?T([receive {Pid, accepted} -> ok after 5000 -> late end || Pid <- Pids]),
    [ok = socket:send(C, <<"ok">>) || C <- Clients],
    [Pid ! go || Pid <- Pids],
    ?T([receive {Pid, R} -> R after 5000 -> late end || Pid <- Pids]),
    ?T(counters(L)),
    ?T(maps:get(num_acceptors, socket:info(L))),
    ?T(socket:accept(L, 0)),
    ?T(socket:accept(L, 20)),
    Last = spawn_link(fun() -> Me ! {self(), socket:accept(L)} end),
    wait_until(fun() -> maps:get(num_acceptors, socket:info(L)) =:= 1 end),
    ?T(socket:close(L)),
    ?T(receive {Last, R} -> R after 5000 -> late end),
    {ok, C9} = socket:open(inet, stream),
    ?T(socket:connect(C9, Address, 5000)),
    [socket:close(C) || C <- [C9 | Clients]],
    flush().

%% A peer that does not read, then reads all of it.
writers() ->
    {C, S, _} = P = pair(inet),
    Me = self(),
    Bytes = binary:copy(<<"0123456789abcdef">>, 1 bsl 20),
    Pid = spawn_link(fun() -> Me ! {self(), socket:send(C, Bytes)} end),
    wait_until(fun() -> maps:get(num_writers, socket:info(C)) =:= 1 end),
    ?T(element(1, socket:send(C, <<"behind">>, 30))),
    ?T(collect(S, byte_size(Bytes), 0)),
    ?T(receive {Pid, R} -> R after 10000 -> late end),
    ?T(maps:get(write_byte, counters(C)) >= byte_size(Bytes)),
    %% In pieces
    Iov = lists:duplicate(3000, binary:copy(<<"x">>, 1000)),
    Pid2 = spawn_link(fun() -> Me ! {self(), socket:sendmsg(C, #{iov => Iov})} end),
    ?T(collect(S, 3000000, 0)),
    ?T(receive {Pid2, R2} -> R2 after 10000 -> late end),
    Pid3 = spawn_link(fun() -> Me ! {self(), element(1, socket:send(C, Bytes))} end),
    wait_until(fun() -> maps:get(num_writers, socket:info(C)) =:= 1 end),
    ?T(socket:close(C)),
    ?T(receive {Pid3, R3} -> R3 after 10000 -> late end),
    drop(P),
    flush().

collect(_, Wanted, N) when N >= Wanted -> N;
collect(S, Wanted, N) ->
    case socket:recv(S, 0, 5000) of
        {ok, B} -> collect(S, Wanted, N + byte_size(B));
        Other -> {N, Other}
    end.

wait_until(F) -> wait_until(F, 500).
wait_until(_, 0) -> late;
wait_until(F, N) -> case F() of true -> ok; false -> timer:sleep(10), wait_until(F, N - 1) end.

ends() ->
    {C, S, _} = P = pair(inet),
    ?T(socket:setopt(C, {socket, linger}, #{onoff => true, linger => 0})),
    ?T(socket:close(C)),
    ?T(socket:recv(S, 0, 5000)),
    ?T(socket:recv(S, 0, 5000)),
    drop(P),
    {C2, S2, _} = P2 = pair(inet),
    ?T(socket:send(C2, <<"last words">>)),
    ?T(socket:setopt(C2, {socket, linger}, #{onoff => true, linger => 5})),
    ?T(socket:close(C2)),
    ?T(socket:recv(S2, 10, 5000)),
    ?T(socket:recv(S2, 10, 5000)),
    drop(P2),
    {C3, S3, _} = P3 = pair(inet),
    ?T(socket:shutdown(S3, read)),
    ?T(socket:recv(S3, 1, 5000)),
    ?T(socket:shutdown(C3, read_write)),
    ?T(socket:recv(C3, 1, 5000)),
    drop(P3),
    {ok, Free} = socket:open(inet, stream),
    ok = socket:bind(Free, loopback(inet)),
    {ok, Address} = socket:sockname(Free),
    socket:close(Free),
    {ok, C4} = socket:open(inet, stream),
    ?T(socket:connect(C4, Address, 5000)),
    ?T(states(C4)),
    socket:close(C4).

owners() ->
    {C, S, _} = P = pair(inet),
    Me = self(),
    ?T(socket:getopt(C, {otp, controlling_process}) =:= {ok, Me}),
    Other = spawn_link(fun() -> owner(Me) end),
    ?T(socket:setopt(C, {otp, controlling_process}, Other)),
    ?T(socket:setopt(C, {otp, controlling_process}, Me)),
    ?T(maps:get(owner, socket:info(C)) =:= Other),
    ?T(socket:setopt(C, {otp, meta}, x)),
    Other ! {run, fun() -> socket:setopt(C, {otp, meta}, {a, "b"}) end},
    ?T(receive {Other, R} -> R after 5000 -> late end),
    ?T(socket:getopt(C, {otp, meta})),
    ?T(socket:which_socket_kind(C)),
    ?T(socket:setopt(C, {otp, controlling_process}, foo)),
    {select, _} = socket:recv(C, 0, nowait),
    unlink(Other),
    exit(Other, kill),
    ?T(message()),
    ?T(socket:recv(S, 0, 5000)),
    ?T(socket:send(C, <<"x">>)),
    Dead = spawn(fun() -> ok end),
    wait_until(fun() -> not is_process_alive(Dead) end),
    ?T(socket:setopt(S, {otp, controlling_process}, Dead)),
    ?T(socket:recv(S, 0, 5000)),
    drop(P).

owner(To) -> receive {run, F} -> To ! {self(), F()}, owner(To) end.

watching() ->
    {C, S, _} = P = pair(inet),
    M = socket:monitor(C),
    ?T(is_reference(M)),
    ?T(socket:number_of_monitors(C)),
    ?T(socket:close(C)),
    ?T(receive {'DOWN', M, socket, C, Why} -> Why after 5000 -> none end),
    M2 = socket:monitor(C),
    ?T(receive {'DOWN', M2, socket, C, Why2} -> Why2 after 5000 -> none end),
    M3 = socket:monitor(S),
    ?T(socket:cancel_monitor(M3)),
    ?T(socket:cancel_monitor(M3)),
    ?T(socket:close(S)),
    ?T(none()),
    ?T(socket:monitor(foo)),
    ?T(socket:cancel_monitor(foo)),
    drop(P).

registry() ->
    Before = socket:number_of(),
    {ok, S} = socket:open(inet, dgram),
    {ok, T} = socket:open(inet6, stream),
    {ok, Q} = socket:open(inet, stream, tcp, #{use_registry => false}),
    ?T(socket:number_of() - Before),
    ?T([lists:member(X, socket:which_sockets()) || X <- [S, T, Q]]),
    ?T([lists:member(X, socket:which_sockets(inet)) || X <- [S, T, Q]]),
    ?T([lists:member(X, socket:which_sockets(udp)) || X <- [S, T, Q]]),
    ?T([lists:member(X, socket:which_sockets(stream)) || X <- [S, T, Q]]),
    ?T([lists:member(X, socket:which_sockets(self())) || X <- [S, T, Q]]),
    ?T([lists:member(X, socket:which_sockets(fun(#{domain := D}) -> D =:= inet6 end)) || X <- [S, T, Q]]),
    ?T(socket:which_sockets(foo)),
    ?T([socket:getopt(X, {otp, use_registry}) || X <- [S, Q]]),
    ?T(socket:setopt(S, {otp, use_registry}, false)),
    ?T(socket:setopt(Q, {otp, use_registry}, true)),
    ?T(lists:member(Q, socket:which_sockets())),
    [socket:close(X) || X <- [S, T, Q]],
    ?T(socket:number_of() - Before),
    %% Owners that end leave nothing.
    Open = fun() -> {ok, X} = socket:open(inet, dgram), ok = socket:bind(X, loopback(inet)), {select, _} = socket:recvfrom(X, 0, nowait) end,
    [begin {Pid, Ref} = spawn_monitor(Open), receive {'DOWN', Ref, process, Pid, _} -> ok end end || _ <- lists:seq(1, 200)],
    ?T(wait_until(fun() -> socket:number_of() =:= Before end)),
    ?T(socket:use_registry(false)),
    ?T(maps:get(use_registry, socket:info())),
    {ok, U} = socket:open(inet, dgram),
    ?T(lists:member(U, socket:which_sockets())),
    socket:close(U),
    ?T(socket:use_registry(true)),
    ?T(socket:use_registry(foo)).

own_options() ->
    {ok, S} = socket:open(inet, dgram),
    Get = fun(O) -> socket:getopt(S, {otp, O}) end,
    ?T([{O, Get(O)} || O <- [debug, iow, rcvbuf, rcvctrlbuf, sndctrlbuf, domain, meta, use_registry, nosuch]]),
    ?T(is_integer(element(2, Get(fd)))),
    ?T([{O, V, socket:setopt(S, {otp, O}, V), Get(O)}
        || {O, V} <- [{debug, false}, {debug, foo}, {iow, true}, {iow, 1}, {rcvbuf, 100}, {rcvbuf, default}, {rcvbuf, 0},
                      {rcvbuf, {3, 100}}, {rcvbuf, {0, 100}}, {rcvbuf, foo}, {rcvbuf, {2, default}}, {rcvctrlbuf, 10}, {rcvctrlbuf, -1},
                      {sndctrlbuf, default}, {sndctrlbuf, 99}, {domain, inet}, {fd, 1}, {nosuch, 1}]]),
    socket:close(S),
    {C, T, _} = P = pair(inet),
    ok = socket:setopt(T, {otp, rcvbuf}, {3, 4}),
    ok = socket:send(C, <<"abcdefghijklmnopqr">>),
    wait_until(fun() -> {ok, B} = socket:recv(T, 18, [peek], 5000), byte_size(B) =:= 18 end),
    ?T(socket:recv(T)),
    ?T(socket:recv(T)),
    drop(P).

options() ->
    [begin
         {ok, S} = socket:open(D, T),
         ?T([{D, T, O, socket:getopt(S, O)}
             || O <- [{socket, acceptconn}, {socket, bindtodevice}, {socket, broadcast}, {socket, debug}, {socket, domain}, {socket, dontroute},
                      {socket, keepalive}, {socket, linger}, {socket, oobinline}, {socket, priority}, {socket, protocol},
                      {socket, reuseaddr}, {socket, type}, {tcp, nodelay}, {tcp, cork}, {tcp, info}, {ip, nosuch}, {nosuch, foo}]]),
         ?T([{D, T, O, socket:getopt(S, {ip, O})} || O <- [multicast_if, multicast_loop, multicast_ttl, recvtos, recvttl, tos, ttl, add_membership], D =:= inet,
                  not (T =:= stream andalso O =:= multicast_if)]),
         ?T([{D, T, O, socket:getopt(S, {ipv6, O})} || O <- [multicast_hops, multicast_loop, recvtclass, tclass, unicast_hops, v6only, recvhoplimit], D =:= inet6]),
         ?T([{D, T, O, V, socket:setopt(S, O, V), socket:getopt(S, O)}
             || {O, V} <- [{{socket, broadcast}, true}, {{socket, keepalive}, true}, {{socket, keepalive}, 1}, {{socket, reuseaddr}, true},
                           {{socket, linger}, #{onoff => true, linger => 7}}, {{socket, linger}, abort}, {{socket, linger}, #{onoff => true}},
                           {{socket, linger}, #{onoff => true, linger => -1}}, {{socket, priority}, 3}, {{socket, domain}, inet}, {{socket, type}, stream},
                           {{socket, acceptconn}, true}, {{socket, oobinline}, true}, {{socket, dontroute}, true},
                           {{tcp, nodelay}, true}, {{tcp, nodelay}, foo}, {{tcp, cork}, true}]]),
         ?T([{D, T, O, V, socket:setopt(S, {ip, O}, V), socket:getopt(S, {ip, O})}
             || {O, V} <- [{tos, 16}, {tos, lowdelay}, {tos, throughput}, {tos, reliability}, {tos, nosuch}, {ttl, 17}, {ttl, 0},
                           {recvtos, true}, {recvttl, true}, {multicast_ttl, 4}, {multicast_loop, false}], D =:= inet, T =:= dgram]),
         ?T([{D, T, O, V, socket:setopt(S, {ipv6, O}, V), socket:getopt(S, {ipv6, O})}
             || {O, V} <- [{tclass, 32}, {unicast_hops, 9}, {unicast_hops, default}, {unicast_hops, 300}, {multicast_hops, 3}, {multicast_loop, false},
                           {recvtclass, true}, {v6only, true}], D =:= inet6, T =:= dgram]),
         ?T(element(1, socket:getopt(S, {socket, rcvbuf}))),
         ?T(socket:setopt(S, {socket, rcvbuf}, 10000)),
         ?T(socket:getopt(S, {socket, rcvbuf})),
         ?T(socket:setopt(S, {socket, sndbuf}, 10000)),
         ?T(socket:getopt(S, {socket, sndbuf})),
         ?T(socket:setopt(S, {socket, nosuch}, 1)),
         ?T(socket:setopt(S, foo, 1)),
         ?T(socket:getopt(S, foo)),
         socket:close(S)
     end || D <- [inet, inet6], T <- [stream, dgram]],
    {ok, M} = socket:open(inet, dgram),
    ok = socket:bind(M, any(inet)),
    ?T(socket:setopt(M, {ip, add_membership}, #{multiaddr => {224, 0, 0, 251}, interface => {127, 0, 0, 1}})),
    ?T(socket:setopt(M, {ip, add_membership}, #{multiaddr => {10, 0, 0, 251}, interface => {127, 0, 0, 1}})),
    ?T(socket:setopt(M, {ip, add_membership}, #{multiaddr => {224, 0, 0, 251}})),
    ?T(socket:setopt(M, {ip, drop_membership}, #{multiaddr => {224, 0, 0, 251}, interface => {127, 0, 0, 1}})),
    ?T(socket:setopt(M, {ip, multicast_if}, {127, 0, 0, 1})),
    ?T(socket:getopt(M, {ip, multicast_if})),
    ?T(socket:setopt(M, {ip, multicast_if}, foo)),
    socket:close(M).

native() ->
    {ok, S} = socket:open(inet, stream),
    ?T(socket:getopt_native(S, {socket, keepalive}, boolean)),
    ?T(socket:getopt_native(S, {tcp, 4}, integer)),
    ?T(socket:setopt_native(S, {6, 4}, 100)),
    ?T(socket:getopt_native(S, {tcp, 4}, integer)),
    ?T(socket:getopt_native(S, {6, 4}, 4)),
    ?T(socket:getopt_native(S, {6, 4}, <<0, 0, 0, 0, 0, 0>>)),
    ?T(socket:getopt_native(S, {6, 4}, foo)),
    ?T(socket:getopt_native(S, {6, 4711}, integer)),
    ?T(socket:setopt_native(S, {socket, keepalive}, <<1:32/native>>)),
    ?T(socket:getopt(S, {socket, keepalive})),
    ?T(socket:setopt_native(S, {socket, keepalive}, foo)),
    ?T(socket:setopt_native(S, {socket, keepalive}, <<1>>)),
    ?T(socket:setopt_native(S, {nosuch, 1}, 1)),
    socket:close(S).

messages() ->
    {C, S, _} = P = pair(inet),
    ?T(socket:send(C, "abc")),
    ?T(socket:recv(S, 100, [], 30)),
    ?T(socket:send(C, <<1:7>>)),
    ?T(socket:send(C, foo)),
    ?T(socket:send(C, [1, 256])),
    ?T(socket:recv(S, foo)),
    ?T(socket:recv(S, -1)),
    ?T(socket:recv(S, 1, foo)),
    ?T(socket:sendto(C, "x", foo)),
    ?T(socket:sendmsg(C, foo)),
    ?T(socket:sendmsg(C, #{})),
    ?T(socket:recvmsg(S, foo)),
    drop(P).

control() ->
    {A, AA} = dgram(inet),
    {B, BA} = dgram(inet),
    [ok = socket:setopt(B, {ip, O}, true) || O <- [recvtos, recvttl]],
    Got = fun() -> {ok, M} = socket:recvmsg(B, 5000), {maps:get(ctrl, M), maps:get(flags, M), maps:get(iov, M)} end,
    ?T(socket:sendto(A, <<"plain">>, BA)),
    ?T(Got()),
    ?T(socket:setopt(A, {ip, tos}, lowdelay)),
    ?T(socket:setopt(A, {ip, ttl}, 33)),
    ?T(socket:sendto(A, <<"set">>, BA)),
    ?T(Got()),
    Send = fun(Ctrl) -> socket:sendmsg(A, #{addr => BA, iov => [<<"with">>], ctrl => Ctrl}) end,
    ?T(Send([#{level => ip, type => tos, value => reliability}, #{level => ip, type => ttl, value => 5}])),
    ?T(Got()),
    ?T(Send([#{level => ip, type => ttl, data => <<7:32/native>>}])),
    ?T(Got()),
    ?T(Send([#{level => ip, type => ttl, data => 8}])),
    ?T(Got()),
    ?T(Send([#{level => ip, type => nosuch, value => 1}])),
    ?T(Send([#{level => nosuch, type => ttl, value => 1}])),
    ?T(Send([#{level => ip, type => ttl}])),
    ?T(Send([#{level => ip, type => ttl, value => foo}])),
    ?T(Send([#{level => ip, type => ttl, value => 1, data => <<1:32/native>>}])),
    ?T(Send([foo])),
    ?T(Send([])),
    ?T(Got()),
    ?T(socket:sendto(A, <<"cut">>, BA)),
    ?T(begin {ok, M} = socket:recvmsg(B, 0, 30, 5000), {maps:get(ctrl, M), maps:get(flags, M)} end),
    ?T(is_map(AA)),
    socket:close(A),
    socket:close(B),
    %% Bound to everybody's address, it sends from its own.
    {ok, E} = socket:open(inet, dgram),
    ok = socket:setopt(E, {socket, broadcast}, true),
    ?T(socket:bind(E, #{family => inet, addr => {255, 255, 255, 255}, port => 0})),
    {F, FA} = dgram(inet),
    ?T(socket:sendto(E, <<"all">>, FA)),
    ?T(begin {ok, {#{addr := From}, X}} = socket:recvfrom(F, 0, 5000), {From, X} end),
    socket:close(E),
    socket:close(F),
    {C, _} = dgram(inet6),
    {D, DA} = dgram(inet6),
    [ok = socket:setopt(D, {ipv6, O}, true) || O <- [recvtclass, recvhoplimit]],
    ?T(socket:sendmsg(C, #{addr => DA, iov => [<<"six">>], ctrl => [#{level => ipv6, type => tclass, value => 8}]})),
    ?T(begin {ok, M6} = socket:recvmsg(D, 5000), lists:sort(maps:get(ctrl, M6)) end),
    socket:close(C),
    socket:close(D).

addresses() ->
    {ok, S} = socket:open(inet, stream),
    ?T([{A, socket:bind(S, A)}
        || A <- [#{family => inet}, #{}, foo, #{family => foo}, #{family => inet, addr => {1, 2, 3}, port => 0}, #{family => inet, addr => {1, 2, 3, 256}, port => 0},
                 #{family => inet, addr => foo}, #{family => inet, port => foo}, #{family => inet, foo => 1}, #{family => inet6, addr => any},
                 #{family => inet6, addr => broadcast}, #{family => local, path => "/x"}, #{family => local}, #{family => unspec, addr => <<1, 2, 3>>},
                 #{family => 4711, addr => <<1, 2>>}, #{family => inet6, addr => {1, 2, 3, 4, 5, 6, 7, 65536}}, #{family => inet6, flowinfo => -1}],
           A =/= #{family => inet}]),
    ?T([{A, socket:connect(S, A)} || A <- [#{family => inet6, addr => loopback, port => 1}, foo, #{family => inet, addr => foo}]]),
    socket:close(S),
    {ok, T} = socket:open(inet6, stream),
    ok = socket:bind(T, any),
    ?T(plain(socket:sockname(T))),
    ok = socket:listen(T),
    {ok, #{port := Port}} = socket:sockname(T),
    {ok, U} = socket:open(inet, stream),
    ?T(socket:connect(U, #{family => inet, addr => loopback, port => Port}, 5000)),
    {ok, V} = socket:accept(T, 5000),
    ?T(plain(socket:peername(V))),
    ?T(socket:bind(U, any)),
    {ok, W} = socket:open(inet6, stream),
    ?T(socket:bind(W, #{family => inet6, addr => any, port => Port})),
    [socket:close(X) || X <- [T, U, V, W]].

information() ->
    ?T(maps:without([counters], socket:info())),
    {ok, S} = socket:open(inet6, dgram),
    ?T(lists:sort(maps:keys(maps:get(counters, socket:info())))),
    ?T(maps:get(num_dinet6, maps:get(counters, socket:info())) >= 1),
    ?T(socket:to_list(S) =:= "#Socket" ++ tl(tl(tl(tl(ref_to_list(element(2, S))))))),
    ?T(socket:is_supported(ipv6)),
    ?T(socket:is_supported(nosuch)),
    ?T([socket:is_supported(options, socket, O) || O <- [reuseaddr, linger, nosuch, keepalive]]),
    ?T([socket:is_supported(protocols, O) || O <- [tcp, udp, 'TCP', icmp, nosuch]]),
    ?T([socket:is_supported(msg_flags, O) || O <- [peek, oob, nosuch]]),
    ?T(lists:sort(socket:supports(msg_flags))),
    ?T(socket:supports(nosuch)),
    ?T(socket:supports(nosuch, foo)),
    ?T(lists:keyfind(nodelay, 1, socket:supports(options, tcp))),
    ?T(socket:which_socket_kind(S)),
    socket:close(S),
    ?T(socket:info(foo)),
    ?T(socket:i(foo)).

bad() ->
    Ref = make_ref(),
    ?T([catch_(F) || F <- [fun() -> socket:bind(foo, any) end, fun() -> socket:listen({'$socket', Ref}) end, fun() -> socket:accept({'$socket', Ref}) end,
                           fun() -> socket:recv({'$socket', Ref}) end, fun() -> socket:send({'$socket', Ref}, "x") end,
                           fun() -> socket:close({'$socket', Ref}) end, fun() -> socket:info({'$socket', Ref}) end,
                           fun() -> socket:close(foo) end]]).

catch_(F) -> try F() of V -> plain(V) catch C:E -> {C, plain(E)} end.

%% gen_tcp by way of socket
backend() ->
    O = [{inet_backend, socket}, binary, {active, false}],
    {ok, L} = gen_tcp:listen(0, O ++ [{ip, {127, 0, 0, 1}}, {packet, 2}]),
    {ok, Port} = inet:port(L),
    {ok, C} = gen_tcp:connect({127, 0, 0, 1}, Port, O ++ [{packet, 2}]),
    {ok, S} = gen_tcp:accept(L, 5000),
    ?T(gen_tcp:send(C, <<"hello">>)),
    ?T(gen_tcp:recv(S, 0, 5000)),
    ?T(gen_tcp:recv(S, 0, 20)),
    ?T(inet:setopts(S, [{active, once}])),
    ?T(gen_tcp:send(C, ["a", <<"bc">>])),
    ?T(receive {tcp, S, D1} -> D1 after 5000 -> none end),
    ?T(inet:setopts(S, [{active, 2}])),
    [gen_tcp:send(C, X) || X <- ["1", "2", "3"]],
    ?T([receive {tcp, S, D2} -> D2; {tcp_passive, S} -> passive after 5000 -> none end || _ <- [1, 2, 3]]),
    ?T(gen_tcp:recv(S, 0, 5000)),
    ?T(inet:setopts(S, [{packet, line}, {active, true}])),
    ?T(inet:setopts(C, [{packet, raw}])),
    ?T(gen_tcp:send(C, "one\ntwo\nthr")),
    ?T([receive {tcp, S, D3} -> D3 after 5000 -> none end || _ <- [1, 2]]),
    ?T(inet:getopts(S, [packet, active, mode, nodelay, keepalive])),
    ?T(begin {ok, {A, _}} = inet:peername(S), A end),
    ?T(gen_tcp:shutdown(C, write)),
    ?T(receive {tcp, S, D4} -> D4; {tcp_closed, S} -> closed after 5000 -> none end),
    ?T(gen_tcp:close(C)),
    flush(),
    ?T(gen_tcp:close(S)),
    ?T(gen_tcp:close(S)),
    ?T(gen_tcp:close(L)),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, O, 5000)),
    ?T(gen_tcp:connect({127, 0, 0, 1}, Port, O ++ [nosuch])),
    flush().

backend_datagrams() ->
    O = [{inet_backend, socket}, binary, {active, false}, {ip, {127, 0, 0, 1}}],
    {ok, A} = gen_udp:open(0, O),
    {ok, B} = gen_udp:open(0, O),
    {ok, PA} = inet:port(A),
    {ok, PB} = inet:port(B),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, PB, "hello")),
    ?T(gen_udp:recv(B, 0, 5000) =:= {ok, {{127, 0, 0, 1}, PA, <<"hello">>}}),
    ?T(gen_udp:recv(B, 0, 10)),
    ?T(inet:setopts(B, [{active, true}])),
    ?T(gen_udp:send(A, {127, 0, 0, 1}, PB, "there")),
    ?T(receive {udp, B, {127, 0, 0, 1}, PA, D} -> D after 5000 -> none end),
    ?T(gen_udp:connect(A, {127, 0, 0, 1}, PB)),
    ?T(gen_udp:send(A, "connected")),
    ?T(receive {udp, B, {127, 0, 0, 1}, PA, D2} -> D2 after 5000 -> none end),
    ?T(gen_udp:close(A)),
    ?T(gen_udp:close(B)),
    flush().
