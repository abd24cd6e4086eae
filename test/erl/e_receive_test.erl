%% SPDX-License-Identifier: Apache-2.0
%% Sending and receiving: order, selective receive, timeouts, references as markers, bad destinations.
-module(e_receive_test).
-export([run/0, server/1]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    order(),
    selective(),
    timeouts(),
    calls(),
    sends(),
    copying(),
    rings(),
    aliases().

order() ->
    Me = self(),
    ?T(begin Me ! 1, Me ! 2, Me ! 3, expect:flush() end),
    ?T(begin [Me ! N || N <- seq(1, 100)], expect:flush() =:= seq(1, 100) end),
    ?T(begin P = spawn(fun() -> [Me ! N || N <- seq(1, 1000)] end), [receive X -> X end || _ <- seq(1, 1000)] =:= seq(1, 1000) andalso is_pid(P) end),
    ?T(Me ! returned),
    ?T(expect:flush()),
    ?T(receive X -> X after 0 -> empty end).

selective() ->
    Me = self(),
    ?T(begin Me ! a, Me ! b, Me ! c, {receive b -> got_b end, expect:flush()} end),
    ?T(begin Me ! {1, a}, Me ! {2, b}, R = receive {2, X} -> X end, {R, expect:flush()} end),
    ?T(begin Me ! 5, Me ! 50, R = receive X when X > 10 -> X end, {R, expect:flush()} end),
    ?T(begin Me ! 5, R = receive X when X > 10 -> X after 0 -> none end, {R, expect:flush()} end),
    ?T(begin [Me ! N || N <- seq(1, 20)], R = [receive N -> N end || N <- [20, 1, 10, 11, 9]], {R, length(expect:flush())} end),
    ?T(begin Me ! x, receive x -> Me ! y, receive y -> nested end end end),
    ?T(begin Me ! #{k => 1}, receive #{k := V} -> V end end),
    ?T(begin Me ! <<1, 2, 3>>, receive <<1, R/binary>> -> R end end),
    ?T(begin Me ! other, Me ! <<1, 2, 3>>, R = receive <<1, _/binary>> = B -> B end, {R, expect:flush()} end),
    ?T(begin X = ?V(7), Me ! 6, Me ! 7, R = receive X -> same end, {R, expect:flush()} end),
    ?T(begin [Me ! {noise, N} || N <- seq(1, 5000)], Me ! wanted, receive wanted -> ok end, length(expect:flush()) end),
    ?T(begin Me ! a, Me ! bad, try receive a -> throw(out) end catch out -> expect:flush() end end).

timeouts() ->
    ?T(receive never -> no after 0 -> timeout end),
    ?T(receive never -> no after 1 -> timeout end),
    ?T(receive after 5 -> slept end),
    ?T(begin self() ! x, receive y -> y after 10 -> {not_y, expect:flush()} end end),
    ?T(begin Me = self(), spawn(fun() -> receive after 20 -> Me ! late end end), receive late -> came after 5000 -> no end end),
    ?T(begin T0 = erlang:monotonic_time(millisecond), receive after 30 -> ok end, D = erlang:monotonic_time(millisecond) - T0, D >= 30 andalso D < 2000 end),
    [?T(receive never -> no after T -> timeout end) || T <- ?V([-1, a, 1.0, 1 bsl 32, 1 bsl 64])],
    ?T(begin self() ! before, catch receive never -> no after ?V(bad) -> no end, receive before -> found after 0 -> lost end end),
    ?T(begin self() ! before, catch receive never -> no after ?V(bad) -> no end, R = make_ref(), self() ! R, {receive before -> found after 0 -> lost end, receive R -> found after 0 -> lost end} end),
    ?T(begin T = ?V(infinity), self() ! m, receive m -> got after T -> no end end),
    [?T(begin P = spawn(fun() -> receive after T -> slept end end), M = monitor(process, P), [begin P ! {seq(1, N)}, erlang:yield() end || N <- seq(1, 50)], receive {'DOWN', M, _, _, W} -> W after 100 -> exit(P, kill), receive {'DOWN', M, _, _, W} -> {lived, W} end end end) || T <- ?V([infinity, 10, 5000])],
    ?T(begin Me = self(), spawn(fun() -> [begin receive after 1 -> Me ! noise end end || _ <- [1, 2, 3, 4, 5]] end), receive wanted -> no after 500 -> length([receive noise -> ok end || _ <- [1, 2, 3, 4, 5]]) end end).

server(State) ->
    receive
        {From, Ref, get} -> From ! {Ref, State}, server(State);
        {From, Ref, {put, V}} -> From ! {Ref, ok}, server(V);
        {From, Ref, {add, N}} -> From ! {Ref, State + N}, ?MODULE:server(State + N);
        stop -> ok
    end.

call(Pid, Request) ->
    Ref = make_ref(),
    Pid ! {self(), Ref, Request},
    receive {Ref, Answer} -> Answer after 5000 -> timeout end.

mcall(Pid, Request) ->
    Ref = monitor(process, Pid),
    Pid ! {self(), Ref, Request},
    receive
        {Ref, Answer} -> demonitor(Ref, [flush]), Answer;
        {'DOWN', Ref, _, _, Reason} -> {down, Reason}
    end.

calls() ->
    P = spawn(?MODULE, server, [?V(5)]),
    ?T(call(P, get)),
    ?T(call(P, {put, 7})),
    ?T(call(P, get)),
    ?T([call(P, {add, N}) || N <- seq(1, 10)]),
    ?T(mcall(P, get)),
    ?T(begin [self() ! {noise, N} || N <- seq(1, 2000)], R = [mcall(P, {add, 1}) || _ <- seq(1, 200)], {hd(lists:reverse(R)), length(expect:flush())} end),
    ?T(begin R = monitor(process, P), P ! stop, receive {'DOWN', R, process, P, Why} -> {down, Why} end end),
    ?T(mcall(P, get)).

sends() ->
    Dead = spawn(fun() -> ok end),
    receive after 5 -> ok end,
    ?T(Dead ! x),
    ?T(erlang:send(Dead, x)),
    ?T(erlang:send(Dead, x, [])),
    ?T(erlang:send(self(), x, [noconnect])),
    ?T(erlang:send(self(), x, [nosuspend, noconnect])),
    ?T(erlang:send_nosuspend(self(), x)),
    ?T(expect:flush()),
    ?T(?V(no_such_name) ! x),
    ?T(erlang:send(?V(no_such_name), x)),
    ?T(?V({no_such_name, node()}) ! x),
    ?T(begin register(receive_test_me, self()), receive_test_me ! a, {receive_test_me, node()} ! b, unregister(receive_test_me), expect:flush() end),
    [?T(D ! x) || D <- ?V([1, "name", {a, b, c}, {1, node()}, <<>>, {name, 1}])],
    [?T(erlang:send(D, x, O)) || {D, O} <- ?V([{1, []}, {self(), [bad]}, {self(), a}])],
    ?T(?V(self()) ! (self() ! chain)),
    ?T(expect:flush()).

copying() ->
    Me = self(),
    Terms = ?V([1, 1.5, "s", {a, [b | c]}, #{k => [v]}, <<"small">>, binary:copy(<<"large">>, 100), <<1:3>>, 1 bsl 100, fun erlang:abs/1, [], maps:from_list([{N, N} || N <- seq(1, 50)])]),
    Echo = spawn(fun Loop() -> receive {F, M} -> F ! {echo, M}, Loop() end end),
    [?T(begin Echo ! {Me, T}, receive {echo, U} -> U =:= T end end) || T <- Terms],
    ?T(begin L = seq(1, 50000), Echo ! {Me, L}, receive {echo, U} -> U =:= L end end),
    ?T(begin B = binary:copy(<<"0123456789">>, 10000), <<_:7/binary, S:50000/binary, _/binary>> = B, Echo ! {Me, S}, receive {echo, U} -> U =:= S end end),
    ?T(begin A = make_ref(), Echo ! {Me, {A, Me, Echo}}, receive {echo, U} -> U =:= {A, Me, Echo} end end),
    ?T(begin X = {shared, "sub"}, Echo ! {Me, [X, X, X]}, receive {echo, [P, Q, R]} -> P =:= Q andalso Q =:= R end end).

rings() ->
    ?T(ring(100, 100)),
    ?T(ring(2000, 3)),
    ?T(ping_pong(20000)),
    ?T(length(fan(500))),
    ?T(tree(9)).

ring(N, Rounds) ->
    Me = self(),
    First = spawn(fun() -> receive {next, P} -> relay(P, Me, Rounds) end end),
    Last = chain(N - 1, First),
    First ! {next, Last},
    First ! {token, Rounds, 0},
    receive {done, Hops} -> Hops after 20000 -> timeout end.

chain(0, Next) -> Next;
chain(N, Next) -> chain(N - 1, spawn(fun() -> relay(Next, none, 0) end)).

relay(Next, Owner, Rounds) ->
    receive
        {token, 0, Hops} when is_pid(Owner) -> Owner ! {done, Hops};
        {token, R, Hops} when is_pid(Owner) -> Next ! {token, R - 1, Hops + 1}, relay(Next, Owner, Rounds);
        {token, R, Hops} -> Next ! {token, R, Hops + 1}, relay(Next, Owner, Rounds)
    after 20000 -> ok
    end.

ping_pong(N) ->
    Me = self(),
    P = spawn(fun() -> pong(Me) end),
    R = ping(P, N),
    P ! stop,
    R.
ping(_, 0) -> done;
ping(P, N) -> P ! {ping, N}, receive {pong, N} -> ping(P, N - 1) end.
pong(Me) -> receive {ping, N} -> Me ! {pong, N}, pong(Me); stop -> ok end.

fan(N) ->
    Me = self(),
    Refs = [begin R = make_ref(), spawn(fun() -> Me ! {R, I * I} end), R end || I <- seq(1, N)],
    [receive {R, V} -> V end || R <- Refs].

tree(0) -> 1;
tree(N) ->
    Me = self(),
    P = [spawn(fun() -> Me ! {self(), tree(N - 1)} end) || _ <- [l, r]],
    sum([receive {Pid, V} -> V end || Pid <- P]).

sum([]) -> 0;
sum([H | T]) -> H + sum(T).

aliases() ->
    Me = self(),
    ?T(is_reference(alias())),
    ?T(begin A = alias(), A ! x, expect:flush() end),
    ?T(begin A = alias(), {unalias(A), A ! x, unalias(A), expect:flush() =:= []} end),
    ?T(begin A = alias([reply]), A ! one, A ! two, expect:flush() end),
    ?T(begin A = alias([explicit_unalias]), A ! one, A ! two, unalias(A), A ! three, expect:flush() end),
    ?T(unalias(make_ref())),
    ?T(unalias(?V(x))),
    ?T(alias(?V([bad]))),
    ?T(alias(?V(x))),
    P = spawn(fun Loop() -> receive {call, A, M} -> A ! {A, M}, Loop(); die -> exit(died) end end),
    ?T(begin R = monitor(process, P, [{alias, reply_demonitor}]), P ! {call, R, hello}, receive {R, M} -> {M, demonitor(R, [info])} end end),
    ?T(begin R = monitor(process, P, [{alias, demonitor}]), P ! {call, R, hello}, receive {R, M} -> demonitor(R), R ! late, {M, expect:flush()} end end),
    ?T(begin R = monitor(process, P, [{alias, explicit_unalias}]), demonitor(R), P ! {call, R, hello}, X = receive {R, M} -> M after 1000 -> no end, {X, unalias(R)} end),
    ?T(begin R = monitor(process, P, [{alias, reply_demonitor}]), P ! die, receive {'DOWN', R, process, P, W} -> {W, begin R ! x, expect:flush() end} end end),
    ?T(monitor(process, Me, ?V([{alias, wrong}]))),
    ?T(monitor(process, Me, ?V([{tag, 1} | x]))),
    ?T(begin Q = spawn(fun() -> ok end), R = monitor(process, Q, [{tag, {my, tag}}]), receive {{my, tag}, R, process, Q, W} -> W end end).

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
