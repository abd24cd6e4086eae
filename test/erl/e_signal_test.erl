%% SPDX-License-Identifier: Apache-2.0
%% Links, monitors and exit signals: who dies of what, and which messages come in which order.
-module(e_signal_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    links(),
    trapping(),
    exits(),
    monitors(),
    monitor_names(),
    spawn_forms(),
    spawn_requests(),
    chains(),
    heap_limits(),
    hibernation(),
    group_leaders(),
    suspending().

%% The end of a process that runs Fun, as its monitor sees it.
end_of(Fun) -> end_of(Fun, []).
end_of(Fun, Options) ->
    {Pid, Ref} = spawn_opt(Fun, [monitor | Options]),
    receive {'DOWN', Ref, process, Pid, Reason} -> plain(Reason) after 10000 -> alive end.

plain({R, [{_, _, _, _} | _]}) -> R;
plain(R) -> R.

wait() -> receive stop -> ok after 10000 -> gave_up end.

links() ->
    [?T(end_of(fun() -> spawn_link(fun() -> exit(R) end), wait_long() end)) || R <- ?V([normal, kill, killed, shutdown, {shutdown, x}, crash])],
    ?T(end_of(fun() -> P = spawn(fun wait/0), link(P), exit(P, boom), wait() end)),
    ?T(end_of(fun() -> P = spawn(fun wait/0), link(P), unlink(P), exit(P, boom), receive after 10 -> survived end end)),
    ?T(end_of(fun() -> spawn_link(fun() -> error(inside) end), wait() end)),
    ?T(end_of(fun() -> spawn_link(fun() -> throw(inside) end), wait() end)),
    ?T(link(self())),
    ?T(unlink(self())),
    ?T(unlink(spawn(fun() -> ok end))),
    [?T(link(X)) || X <- ?V([a, 1, {}, "x"])],
    [?T(unlink(X)) || X <- ?V([a, 1, {}])],
    ?T(end_of(fun() -> P = dead(), link(P), receive after 50 -> survived end end)),
    ?T(end_of(fun() -> P = spawn(fun wait/0), link(P), link(P), unlink(P), exit(P, kill), receive after 10 -> survived end end)),
    ?T(begin P = spawn_link(fun wait/0), {links, L} = process_info(self(), links), R = [X || X <- L, X =:= P] =:= [P], unlink(P), exit(P, kill), R end).

wait_long() -> receive after 60 -> exit(outlived) end.

dead() ->
    {P, R} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', R, _, _, _} -> P end.

%% Run Fun in a process that traps exits and answers with what it received, 'EXIT' senders left out.
trapped(Fun) ->
    Me = self(),
    Ref = make_ref(),
    spawn(fun() ->
                  process_flag(trap_exit, true),
                  Fun(),
                  Me ! {Ref, collect(5, 400)}
          end),
    receive {Ref, L} -> L after 10000 -> none end.

collect(0, _) -> [];
collect(N, Time) ->
    receive
        {'EXIT', P, R} when is_pid(P) -> [{exit, plain(R)} | collect(N - 1, 30)];
        M -> [M | collect(N - 1, 30)]
    after Time -> []
    end.

trapping() ->
    [?T(trapped(fun() -> spawn_link(fun() -> exit(R) end) end)) || R <- ?V([normal, kill, killed, shutdown, {a, b}])],
    ?T(trapped(fun() -> spawn_link(fun() -> error(e) end) end)),
    ?T(trapped(fun() -> spawn_link(fun() -> throw(t) end) end)),
    ?T(trapped(fun() -> spawn_link(fun() -> ok end) end)),
    ?T(trapped(fun() -> link(dead()) end)),
    ?T(trapped(fun() -> P = spawn_link(fun wait/0), exit(P, kill) end)),
    ?T(trapped(fun() -> P = spawn_link(fun wait/0), exit(P, other) end)),
    ?T(trapped(fun() -> P = spawn_link(fun wait/0), exit(P, normal), receive after 5 -> P ! stop end end)),
    [?T(trapped(fun() -> exit(self(), R) end)) || R <- ?V([normal, hello, shutdown])],
    ?T(trapped(fun() -> P = self(), spawn(fun() -> exit(P, from_other) end) end)),
    ?T(trapped(fun() -> P = self(), spawn(fun() -> exit(P, normal) end) end)),
    ?T(trapped(fun() -> P = spawn_link(fun() -> exit(one) end), receive {'EXIT', P, one} -> unlink(P) end, self() ! after_unlink end)),
    ?T(trapped(fun() -> P = self(), spawn_link(fun() -> P ! first, exit(second) end) end)),
    ?T(trapped(fun() -> P = self(), spawn_link(fun() -> [P ! N || N <- [1, 2, 3]], exit(last) end) end)),
    ?T(process_flag(trap_exit, true)),
    ?T(process_flag(trap_exit, false)),
    ?T(process_flag(trap_exit, ?V(x))).

exits() ->
    [?T(end_of(fun() -> exit(self(), R), receive after 20 -> survived end end)) || R <- ?V([normal, kill, shutdown, x])],
    [?T(begin {P, Ref} = spawn_monitor(fun wait/0), exit(P, R), P ! stop, expect:wait_down(Ref) end) || R <- ?V([normal, kill, killed, x, {y, [1]}])],
    ?T(end_of(fun() -> process_flag(trap_exit, true), exit(self(), kill), receive after 100 -> survived end end)),
    ?T(end_of(fun() -> process_flag(trap_exit, true), exit(kill) end)),
    ?T(end_of(fun() -> exit(kill) end)),
    [?T(exit(X, r)) || X <- ?V([a, 1, "x", {}])],
    ?T(exit(dead(), r)),
    ?T(is_process_alive(dead())),
    ?T(is_process_alive(self())),
    [?T(is_process_alive(X)) || X <- ?V([a, 1])],
    ?T(begin {P, Ref} = spawn_monitor(fun() -> receive after infinity -> ok end end), exit(P, kill), {expect:wait_down(Ref), is_process_alive(P)} end).

monitors() ->
    [?T(end_of(fun() -> exit(R) end)) || R <- ?V([normal, kill, {a, [b]}])],
    ?T(end_of(fun() -> ok end)),
    ?T(end_of(fun() -> hd(?V([])) end)),
    ?T(end_of(fun() -> throw(x) end)),
    ?T(begin R = monitor(process, dead()), expect:wait_down(R) end),
    ?T(begin P = dead(), R = monitor(process, P), receive {'DOWN', R, T, P, W} -> {T, W} end end),
    ?T(begin {P, R} = spawn_monitor(fun wait/0), D = demonitor(R), exit(P, kill), receive after 10 -> {D, expect:flush()} end end),
    ?T(begin P = dead(), R = monitor(process, P), receive after 5 -> ok end, demonitor(R, [flush]), expect:flush() end),
    ?T(begin P = dead(), R = monitor(process, P), receive after 5 -> ok end, {demonitor(R, [info]), length(expect:flush())} end),
    ?T(begin P = dead(), R = monitor(process, P), receive after 5 -> ok end, {demonitor(R, [info, flush]), length(expect:flush())} end),
    ?T(begin {P, R} = spawn_monitor(fun wait/0), I = demonitor(R, [info]), exit(P, kill), {I, demonitor(R, [info])} end),
    ?T(demonitor(make_ref())),
    [?T(demonitor(X)) || X <- ?V([a, 1])],
    [?T(demonitor(make_ref(), X)) || X <- ?V([a, [b], [flush | info]])],
    ?T(begin {P, R} = spawn_monitor(fun wait/0), R2 = monitor(process, P), exit(P, x), {expect:wait_down(R), expect:wait_down(R2)} end),
    ?T(is_reference(monitor(process, self()))),
    [?T(monitor(T, X)) || {T, X} <- ?V([{process, a_name_unknown_here, 1}, {wrong, a}, {port, 1}, {process, 1}, {process, {a, 1}}]) ++ [], is_atom(T)] ,
    [?T(monitor(T, X)) || {T, X} <- ?V([{wrong, a}, {port, 1}, {process, 1}, {process, {a, 1}}, {time_offset, wrong}])],
    ?T(begin R = monitor(time_offset, clock_service), demonitor(R) end),
    ?T(begin P = spawn(fun wait/0), Rs = [monitor(process, P) || _ <- [1, 2, 3, 4, 5]], P ! stop, [expect:wait_down(R) || R <- Rs] end),
    ?T(begin {P, R} = spawn_monitor(fun wait/0), {monitors, M} = process_info(self(), monitors), X = [Q || {process, Q} <- M, Q =:= P], {monitored_by, B} = process_info(P, monitored_by), exit(P, kill), expect:wait_down(R), {length(X), B =:= [self()]} end).

monitor_names() ->
    ?T(begin R = monitor(process, ?V(no_such_registered)), receive {'DOWN', R, process, {N, Node}, W} -> {N, Node =:= node(), W} end end),
    ?T(begin
           P = spawn(fun wait/0),
           register(signal_test_name, P),
           R = monitor(process, signal_test_name),
           P ! stop,
           receive {'DOWN', R, process, {N, Node}, W} -> {N, Node =:= node(), W} end
       end),
    ?T(begin
           P = spawn(fun wait/0),
           register(signal_test_name, P),
           R = monitor(process, {signal_test_name, node()}),
           unregister(signal_test_name),
           P ! stop,
           receive {'DOWN', R, process, {N, Node}, W} -> {N, Node =:= node(), W} end
       end).

spawn_forms() ->
    Me = self(),
    ?T(begin spawn(fun() -> Me ! one end), receive X -> X end end),
    ?T(begin spawn(erlang, send, [Me, two]), receive X -> X end end),
    ?T(begin spawn_link(erlang, send, [Me, three]), receive X -> X end end),
    ?T(begin {P, R} = spawn_monitor(erlang, send, [Me, four]), receive four -> ok end, {is_pid(P), expect:wait_down(R)} end),
    [?T(end_of(fun() -> ok end, O)) || O <- ?V([[], [{priority, high}], [{min_heap_size, 1000}], [{fullsweep_after, 0}], [{min_bin_vheap_size, 1000}], [{message_queue_data, off_heap}], [{message_queue_data, on_heap}], [{max_heap_size, 100000}], [link]])],
    [?T(spawn_opt(fun() -> ok end, O)) || O <- ?V([[bad], [{priority, x}], [{min_heap_size, -1}], [{fullsweep_after, a}], a, [{max_heap_size, -1}], [{message_queue_data, x}], [monitor | link], [{monitor, [{alias, x}]}]])],
    [?T(spawn(X)) || X <- ?V([a, 1, fun(_) -> ok end])],
    [?T(spawn(M, F, A)) || {M, F, A} <- ?V([{1, f, []}, {m, 1, []}, {m, f, a}, {m, f, [a | b]}])],
    ?T(begin {P, R} = spawn_opt(fun() -> exit(x) end, [monitor, link]), unlink(P), expect:wait_down(R) =/= none end),
    ?T(begin {_, R} = spawn_opt(fun() -> exit(x) end, [{monitor, [{tag, 'TAGGED'}]}]), receive {'TAGGED', R, process, _, W} -> W end end),
    ?T(element(1, process_info(spawn_opt(fun wait/0, [{priority, high}]), priority))),
    ?T(process_info(spawn_opt(fun wait/0, [{priority, high}]), priority)),
    ?T(process_info(spawn_opt(fun wait/0, [{message_queue_data, off_heap}]), message_queue_data)).

spawn_requests() ->
    ?T(begin R = spawn_request(fun() -> ok end), receive {spawn_reply, R, ok, P} when is_pid(P) -> ok end end),
    ?T(begin R = spawn_request(fun() -> exit(x) end, [monitor]), receive {spawn_reply, R, ok, P} -> receive {'DOWN', R, process, P, W} -> W end end end),
    ?T(begin R = spawn_request(fun() -> ok end, [{reply_tag, mine}]), receive {mine, R, ok, _} -> ok end end),
    ?T(begin spawn_request(fun() -> ok end, [{reply, no}]), receive X -> X after 20 -> nothing end end),
    ?T(begin R = spawn_request(fun() -> ok end, [bad]), receive {spawn_reply, R, error, W} -> W after 1000 -> none end end),
    ?T(spawn_request_abandon(make_ref())),
    ?T(spawn_request(?V(1))).

chains() ->
    ?T(end_of(fun() -> chain(200) end)),
    ?T(end_of(fun() -> process_flag(trap_exit, true), P = spawn_link(fun() -> chain(50) end), receive {'EXIT', P, R} -> exit({trapped, R}) end end)),
    ?T(begin
           Me = self(),
           Ps = [spawn(fun wait/0) || _ <- seq(1, 50)],
           {_, Ref} = spawn_monitor(fun() -> [link(P) || P <- Ps], Me ! linked, receive go -> exit(all) end end),
           receive linked -> ok end,
           Refs = [monitor(process, P) || P <- Ps],
           exit(hd(Ps), starter),
           {plain(expect:wait_down(Ref)), [X || X <- [expect:wait_down(R) || R <- Refs], X =/= starter]}
       end).

chain(0) -> exit(end_of_chain);
chain(N) -> spawn_link(fun() -> chain(N - 1) end), receive after infinity -> ok end.

heap_limits() ->
    ?T(end_of(fun() -> eat([]) end, [{max_heap_size, #{size => 20000, kill => true, error_logger => false}}])),
    ?T(end_of(fun() -> process_flag(max_heap_size, #{size => 20000, kill => true, error_logger => false}), eat([]) end)),
    ?T(process_flag(max_heap_size, 0)),
    ?T(begin O = process_flag(max_heap_size, #{size => 1000000, kill => false, error_logger => false}), N = process_flag(max_heap_size, O), {O, N} end),
    %% Messages count, but where they are kept off the heap.
    [?T(begin
            P = spawn_opt(fun() -> receive after infinity -> ok end end,
                          [{max_heap_size, #{size => 3000, kill => true, error_logger => false}}, {message_queue_data, Where}]),
            M = monitor(process, P),
            [P ! lists:duplicate(100, N) || N <- lists:seq(1, 100)],
            erlang:process_info(P, messages),
            erlang:garbage_collect(P),
            receive {'DOWN', M, process, P, R} -> R after 100 -> exit(P, kill), alive end
        end) || Where <- ?V([on_heap, off_heap])],
    [?T(process_flag(max_heap_size, X)) || X <- ?V([-1, a, #{kill => true}, #{size => -1}, #{size => 1, kill => 2}])].

eat(L) -> eat([L, "more and more and more" | L]).

hibernation() ->
    Me = self(),
    ?T(begin P = spawn(fun() -> erlang:hibernate(erlang, send, [Me, awake]) end), receive after 10 -> P ! wake end, receive X -> X after 2000 -> no end end),
    ?T(begin
           P = spawn(fun() -> put(kept, value), hibernate_loop(Me, 0) end),
           P ! {inc, 5},
           receive after 5 -> ok end,
           P ! {inc, 7},
           P ! report,
           receive {report, N, K} -> {N, K} after 2000 -> no end
       end),
    ?T(erlang:hibernate(?V(1), f, [])),
    ?T(begin {_, R} = spawn_monitor(fun() -> self() ! go, erlang:hibernate(erlang, exit, [bye]) end), expect:wait_down(R) end).

hibernate_loop(Me, N) ->
    receive
        {inc, X} -> erlang:hibernate(erlang, apply, [fun() -> hibernate_loop(Me, N + X) end, []]);
        report -> Me ! {report, N, get(kept)}
    end.

group_leaders() ->
    ?T(is_pid(group_leader())),
    ?T(begin Me = self(), spawn(fun() -> group_leader(Me, self()), Me ! {gl, group_leader() =:= Me} end), receive {gl, X} -> X end end),
    ?T(begin Me = self(), G = group_leader(), spawn(fun() -> Me ! group_leader() end), receive X -> X =:= G end end),
    ?T(group_leader(?V(a), self())),
    ?T(group_leader(self(), ?V(1))).

suspending() ->
    Me = self(),
    ?T(begin
           P = spawn(fun Loop() -> receive M -> Me ! {got, M}, Loop() end end),
           true = erlang:suspend_process(P),
           P ! a,
           R1 = receive {got, _} -> early after 20 -> quiet end,
           true = erlang:resume_process(P),
           R2 = receive {got, X} -> X after 2000 -> none end,
           exit(P, kill),
           {R1, R2}
       end),
    ?T(erlang:suspend_process(self())),
    ?T(erlang:resume_process(self())),
    ?T(begin P = spawn(fun wait/0), erlang:suspend_process(P), S = process_info(P, status), erlang:resume_process(P), exit(P, kill), S end).

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
