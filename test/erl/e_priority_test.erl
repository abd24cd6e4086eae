%% SPDX-License-Identifier: Apache-2.0
%% Priority messages of OTP 28: what may be one, and where it stands in the queue.  Older releases refuse the options.
-module(e_priority_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    bad(),
    case list_to_integer(erlang:system_info(otp_release)) >= 28 of
        true -> taken();
        false -> refused()
    end.

taken() ->
    order(),
    aliases(),
    receives(),
    markers(),
    monitors(),
    links(),
    exits(),
    traced().

refused() ->
    Me = self(),
    ?T(alias([priority])),
    ?T(erlang:send(Me, x, [priority])),
    ?T(erlang:link(Me, [priority])),
    ?T(erlang:exit(Me, x, [priority])),
    ?T(exit(make_ref(), x)),
    ?T(monitor(process, Me, [priority])),
    ?T(spawn_opt(fun() -> ok end, [{monitor, [priority]}])),
    ?T(spawn_opt(fun() -> ok end, [{link, []}])),
    ?T(process_info(Me, priority_messages)),
    ?T(expect:flush()).

%% Gives F a new priority alias of the caller, in an empty queue that is empty again.
with_alias(F) ->
    expect:flush(),
    A = alias([priority]),
    try F(A) after unalias(A), expect:flush() end.

queue() -> names(element(2, process_info(self(), messages))).

urgent(A, Message) -> erlang:send(A, Message, [priority]).

%% No references and processes.
names(L) when is_list(L) -> [names(X) || X <- L];
names(T) when is_tuple(T) -> list_to_tuple(names(tuple_to_list(T)));
names(P) when P =:= self() -> me;
names(X) when is_pid(X); is_reference(X); is_port(X) -> some;
names(X) -> X.

takes() -> element(2, process_info(self(), priority_messages)).

pause() -> receive after 30 -> ok end.

order() ->
    Me = self(),
    ?T(with_alias(fun(A) -> Me ! a, urgent(A, 1), Me ! b, urgent(A, 2), Me ! c, queue() end)),
    ?T(with_alias(fun(A) -> Me ! a, urgent(A, 1), erlang:send(A, b, []), A ! c, erlang:send(Me, d, [priority]), queue() end)),
    ?T(with_alias(fun(A) -> urgent(A, 1), urgent(A, 2), {queue(), element(2, process_info(Me, message_queue_len))} end)),
    ?T(with_alias(fun(A) -> Me ! a, [urgent(A, N) || N <- lists:seq(1, 1000)], queue() =:= lists:seq(1, 1000) ++ [a] end)),
    ?T(with_alias(fun(A) -> Me ! a, urgent(A, {big, lists:seq(1, 50), "text", <<0:800>>, #{k => 1.5}}), erlang:garbage_collect(), queue() end)),
    ?T(with_alias(fun(A) -> Me ! a, spawn(fun() -> [urgent(A, N) || N <- [1, 2, 3]] end), pause(), queue() end)),
    ?T(with_alias(fun(_) -> register(?MODULE, Me), Me ! a, erlang:send(?MODULE, b, [priority]), erlang:send({?MODULE, node()}, c, [priority]), unregister(?MODULE), queue() end)),
    ?T(with_alias(fun(A) -> Me ! a, erlang:send(A, 1, [noconnect, priority, nosuspend]), queue() end)),
    ?T(begin
        P = spawn(fun() -> A = alias([priority]), Me ! {alias, A}, receive stop -> ok end end),
        receive {alias, A} -> P ! a, urgent(A, 1), P ! b, urgent(A, 2) end,
        pause(),
        R = process_info(P, [messages, message_queue_len, priority_messages]),
        P ! stop,
        R
    end).

aliases() ->
    Me = self(),
    ?T(begin R = takes(), {R, with_alias(fun(_) -> takes() end), takes()} end),
    ?T(begin A = alias(), Me ! a, urgent(A, 1), R = {queue(), takes()}, unalias(A), expect:flush(), R end),
    ?T(begin A = alias([priority, reply]), Me ! a, urgent(A, 1), urgent(A, 2), R = {queue(), takes(), unalias(A)}, expect:flush(), R end),
    ?T(begin A = alias([reply, priority, explicit_unalias]), Me ! a, urgent(A, 1), urgent(A, 2), R = {queue(), unalias(A)}, expect:flush(), R end),
    ?T(with_alias(fun(A) -> B = alias([priority]), Me ! a, urgent(B, 1), urgent(A, 2), R = queue(), unalias(B), {R, takes()} end)),
    ?T(with_alias(fun(A) -> Me ! a, urgent(A, 1), R = queue(), unalias(A), urgent(A, 2), {R, queue()} end)),
    ?T(lists:member(priority_messages, [K || {K, _} <- process_info(Me)])).

receives() ->
    Me = self(),
    Later = fun(F) -> spawn(fun() -> pause(), F() end) end,
    ?T(with_alias(fun(A) -> Me ! a, Me ! b, Later(fun() -> urgent(A, 1) end), R = receive 1 -> got end, {R, queue()} end)),
    ?T(with_alias(fun(A) -> Me ! a, Me ! b, Later(fun() -> urgent(A, 1), urgent(A, 2) end), R = receive 2 -> got end, {R, queue()} end)),
    ?T(with_alias(fun(A) -> Me ! a, Me ! b, Later(fun() -> urgent(A, 1), pause(), urgent(A, 2), pause(), Me ! c end), R = receive c -> got end, {R, queue()} end)),
    ?T(with_alias(fun(A) -> urgent(A, 0), Me ! a, Later(fun() -> urgent(A, 1), urgent(A, 2), pause(), Me ! c end), R = receive c -> got end, urgent(A, 3), {R, queue()} end)),
    ?T(with_alias(fun(A) -> Me ! a, R = receive X when is_integer(X) -> X after 0 -> none end, urgent(A, 1), Q = queue(), {R, Q, receive Y when is_integer(Y) -> Y after 0 -> none end} end)),
    ?T(with_alias(fun(A) -> Me ! a, urgent(A, 1), Q = queue(), {Q, receive X -> X after 0 -> none end, receive Y -> Y after 0 -> none end, receive Z -> Z after 0 -> none end} end)),
    ?T(with_alias(fun(A) -> Me ! a, Later(fun() -> urgent(A, 1) end), R = receive never -> got after 60 -> none end, {R, queue()} end)),
    ?T(with_alias(fun(A) -> [Me ! N || N <- lists:seq(1, 2000)], Later(fun() -> urgent(A, {wanted, x}) end), R = receive {wanted, X} -> X end, {R, length(queue())} end)),
    ?T(with_alias(fun(A) -> Me ! a, Me ! b, urgent(A, 1), urgent(A, 2), urgent(A, 3), Q = queue(), R = receive 2 -> two end, {Q, R, queue()} end)).

%% A call, of which the compiler sees that older messages cannot be the answer.
call(Server, Request) ->
    Ref = make_ref(),
    Server ! {self(), Ref, Request},
    receive {Ref, Answer} -> Answer end.

%% Runs the request with who calls, and the reference.
server() -> spawn(fun() -> receive {Client, Ref, Do} -> Do(Client, Ref) end end).

markers() ->
    Me = self(),
    Old = fun() -> [Me ! N || N <- [1, 2, 3]] end,
    ?T(with_alias(fun(A) -> Old(), R = call(server(), fun(C, Ref) -> urgent(A, u), C ! {Ref, ordinary} end), {R, queue()} end)),
    ?T(with_alias(fun(A) -> Old(), urgent(A, u), queue(), R = call(server(), fun(_, Ref) -> urgent(A, {Ref, urgent}) end), {R, queue()} end)),
    ?T(with_alias(fun(A) -> Old(), urgent(A, u), queue(), R = call(server(), fun(C, Ref) -> C ! x, urgent(A, v), urgent(A, {Ref, urgent}), C ! {Ref, ordinary} end), pause(), {R, queue()} end)),
    ?T(with_alias(fun(A) -> Old(), R = call(server(), fun(C, Ref) -> pause(), urgent(A, u), pause(), C ! y, urgent(A, v), pause(), C ! {Ref, ordinary} end), {R, queue()} end)),
    ?T(with_alias(fun(A) -> R = call(server(), fun(C, Ref) -> C ! x, pause(), urgent(A, u), C ! y, urgent(A, {Ref, urgent}) end), {R, queue()} end)),
    ?T(with_alias(fun(A) -> Old(), urgent(A, u), queue(),
        R = [call(server(), fun(_, Ref) -> urgent(A, {n, N}), urgent(A, {Ref, N}) end) || N <- [1, 2, 3, 4, 5, 6]], {R, queue()} end)),
    ?T(begin Old(), P = holder(), M = monitor(process, P, [priority]), P ! {exit, x}, R = receive {'DOWN', M, _, _, Why} -> Why end, {R, expect:flush()} end).

holder() -> spawn(fun() -> receive {exit, R} -> exit(R) end end).
dead() -> {P, M} = spawn_monitor(fun() -> ok end), receive {'DOWN', M, _, _, _} -> P end.

%% F makes what has a process as target, which ends then: the queue, and whether priority messages were taken before and after.
ended(F) -> ended(F, fun(P) -> P ! {exit, x} end).
ended(F, End) ->
    expect:flush(),
    P = holder(),
    F(P),
    Before = takes(),
    self() ! a,
    End(P),
    pause(),
    R = {Before, queue(), takes()},
    expect:flush(),
    R.

monitors() ->
    Me = self(),
    ?T(ended(fun(P) -> monitor(process, P, [priority]) end)),
    ?T(ended(fun(P) -> monitor(process, P, []) end)),
    ?T(ended(fun(P) -> monitor(process, P, [{tag, t}, priority]) end)),
    ?T(ended(fun(P) -> monitor(process, P), monitor(process, P, [priority, {tag, t}]) end)),
    ?T(ended(fun(P) -> demonitor(monitor(process, P, [priority])) end)),
    ?T(ended(fun(P) -> put(m, monitor(process, P, [priority])) end, fun(P) -> P ! {exit, x}, pause(), put(f, demonitor(get(m), [flush, info])) end)),
    ?T(get(f)),
    ?T(begin P = dead(), Me ! a, monitor(process, P, [priority]), pause(), R = queue(), expect:flush(), R end),
    ?T(begin Me ! a, monitor(process, no_such_name, [priority]), pause(), R = queue(), expect:flush(), R end),
    ?T(begin Me ! a, monitor(port, no_such_name, [priority]), pause(), R = queue(), expect:flush(), R end),
    %% Its alias is none for priority messages.
    ?T(ended(fun(P) -> put(m, monitor(process, P, [{alias, explicit_unalias}, priority])) end, fun(_) -> urgent(get(m), u) end)),
    ?T(begin R = takes(), M = get(m), demonitor(M), urgent(M, v), {R, takes(), queue(), unalias(M)} end),
    ?T(expect:flush()),
    ?T(begin Me ! a, spawn_opt(fun() -> ok end, [{monitor, [priority]}]), pause(), R = queue(), expect:flush(), R end),
    ?T(begin Me ! a, spawn_opt(fun() -> ok end, [{monitor, [priority]}, monitor]), pause(), R = queue(), expect:flush(), R end),
    ?T(begin Me ! a, spawn_opt(fun() -> ok end, [{monitor, [priority]}, {monitor, []}]), pause(), R = queue(), expect:flush(), R end),
    ?T(begin M = monitor(time_offset, clock_service, [priority]), R = takes(), demonitor(M), {R, takes()} end).

links() ->
    Me = self(),
    Link2 = fun(P, O) -> erlang:link(P, O) end,
    ?T(ended(fun(P) -> Link2(P, [priority]) end)),
    ?T(ended(fun(P) -> Link2(P, []) end)),
    ?T(ended(fun(P) -> Link2(P, [priority]), link(P) end)),
    ?T(ended(fun(P) -> Link2(P, [priority]), Link2(P, []) end)),
    ?T(ended(fun(P) -> link(P), Link2(P, [priority]) end)),
    ?T(ended(fun(P) -> Link2(P, [priority]), unlink(P), link(P) end)),
    ?T(ended(fun(P) -> Link2(P, [priority]), unlink(P) end)),
    ?T(begin
        P = spawn(fun() -> Link2(Me, [priority]), Me ! {takes, takes()}, receive {exit, R} -> exit(R) end end),
        pause(), Me ! a, R = takes(), P ! {exit, x}, pause(), {R, names(expect:flush())}
    end),
    ?T(begin
        P = spawn(fun() -> receive link -> link(Me) end, receive {exit, R} -> exit(R) end end),
        Link2(P, [priority]), P ! link, pause(), Me ! a, R = takes(), P ! {exit, x}, pause(), {R, names(expect:flush())}
    end),
    ?T(begin P = dead(), Me ! a, Link2(P, [priority]), pause(), R = queue(), expect:flush(), R end),
    ?T({Link2(Me, [priority]), takes()}),
    [?T(begin
        Me ! a,
        P = spawn_opt(fun() -> receive stop -> ok end end, Options),
        R = {takes(), element(2, process_info(P, priority_messages))},
        P ! stop, pause(),
        {Options, R, names(expect:flush())}
    end) || Options <- [[{link, [priority]}], [{link, []}], [link], [{link, [priority]}, link], [link, {link, [priority]}],
                        [{link, [priority]}, {link, []}], [{link, [foo]}], [{link, priority}]]],
    ?T(begin Me ! a, spawn_request(fun() -> ok end, [{monitor, [priority]}, {link, [priority]}]), pause(), names(expect:flush()) end).

exits() ->
    Me = self(),
    [begin
        ?T(with_alias(fun(A) -> Me ! a, R = erlang:F(A, x, [priority]), {R, queue()} end)),
        ?T(with_alias(fun(A) -> Me ! a, R = erlang:F(A, x, []), {R, queue()} end)),
        ?T(with_alias(fun(A) -> Me ! a, R = erlang:F(A, x), {R, queue()} end)),
        ?T(with_alias(fun(A) -> Me ! a, spawn(fun() -> erlang:F(A, x, [priority]) end), pause(), queue() end)),
        ?T(with_alias(fun(A) -> Me ! a, R = erlang:F(A, normal, [priority]), {R, queue()} end)),
        ?T(with_alias(fun(_) -> Me ! a, R = erlang:F(Me, x, [priority]), {R, queue()} end)),
        ?T(begin A = alias(), Me ! a, erlang:F(A, x, [priority]), R = queue(), unalias(A), expect:flush(), R end),
        ?T(begin A = alias([priority, reply]), Me ! a, erlang:F(A, x, [priority]), erlang:F(A, y, [priority]), R = {queue(), unalias(A)}, expect:flush(), R end),
        ?T({erlang:F(make_ref(), x), erlang:F(make_ref(), x, [priority]), queue()}),
        ?T(erlang:F(no_such_name, x, [priority])),
        ?T(erlang:F(Me, x, [foo])),
        ?T(erlang:F(Me, x, priority)),
        [?T(begin
            {P, M} = spawn_monitor(fun() -> A = alias([priority]), Me ! {alias, A}, receive after 60 -> exit(lived) end end),
            receive {alias, A} -> erlang:F(A, Reason, [priority]) end,
            receive {'DOWN', M, process, P, Why} -> Why end
        end) || Reason <- [x, normal, kill]],
        ?T(begin
            {P, M} = spawn_monitor(fun() -> erlang:F(alias([priority]), normal, [priority]), receive after 10 -> exit(lived) end end),
            receive {'DOWN', M, process, P, Why} -> Why end
        end)
    end || F <- [exit, exit_signal]],
    expect:flush().

traced() ->
    Me = self(),
    ?T(begin
        expect:flush(),
        Tracer = spawn(fun() -> collect(Me, []) end),
        erlang:trace(Me, true, ['receive', {tracer, Tracer}]),
        Me ! a, Me ! b,
        R = expect:flush(),
        erlang:trace(Me, false, ['receive']),
        Tracer ! done,
        {R, receive {collected, L} -> L end}
    end),
    ?T(with_alias(fun(A) ->
        Tracer = spawn(fun() -> collect(Me, []) end),
        erlang:trace(Me, true, ['receive', {tracer, Tracer}]),
        Me ! a, urgent(A, 1), Me ! b, urgent(A, 2),
        Q = queue(),
        R = expect:flush(),
        erlang:trace(Me, false, ['receive']),
        Tracer ! done,
        {Q, R, receive {collected, L} -> L end}
    end)).

collect(To, L) ->
    receive
        {trace, _, 'receive', M} -> collect(To, [M | L]);
        done -> pause(), To ! {collected, lists:reverse(L)}
    end.

bad() ->
    Me = self(),
    ?T(erlang:send(Me, x, [prio])),
    ?T(erlang:send(Me, x, priority)),
    ?T(alias([prio])),
    ?T(alias(priority)),
    ?T(erlang:link(Me, [prio])),
    ?T(erlang:link(Me, priority)),
    ?T(monitor(process, Me, [prio])),
    ?T(monitor(process, Me, [{priority, true}])),
    ?T(spawn_opt(fun() -> ok end, [{monitor, [prio]}])),
    ?T(expect:flush()).
