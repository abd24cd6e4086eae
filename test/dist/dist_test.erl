%% SPDX-License-Identifier: Apache-2.0
%% dist_test.erl -- two connected nodes: what each case answers is the same whatever machines they run on.
%%
%%     -run dist_test run Other Case...       no case: all of them; prints `Name: Answer` for each to standard error
%%
%% Other is the other node, which has this module, too.  test/dist/run compares what is printed.
-module(dist_test).
-compile([export_all, nowarn_export_all]).

cases() ->
    [ping, node_lists, terms, rpc, erpc_errors, spawning, spawn_monitors, spawn_links, spawn_requests, spawn_failures, abandon,
     links, unlinking, exit_reasons, exit_signals, monitors, monitor_names, demonitors, informed, group_leaders, aliases,
     servers, sizes, big_terms, order, side_by_side, atoms, long_atoms, many_processes, tokens, busy, noconnect, unknown_node,
     name_global, groups, net_kernel_info, statistics, monitor_nodes, node_down, links_down, spawn_down, reconnect, auto_connect,
     remote_logging, old_pids, killed].

run([Other | Cases]) -> run(list_to_atom(Other), [list_to_atom(C) || C <- Cases]).

run(Other, []) -> run(Other, cases());
run(Other, Names) ->
    register(dist_test, self()),
    process_flag(trap_exit, false),
    connect(Other, 100),
    [one(Name, Other) || Name <- Names],
    io:format(standard_error, "done~n", []),
    halt().

connect(Other, N) ->
    case net_adm:ping(Other) of
        pong -> ok;
        pang when N > 0 -> timer:sleep(100), connect(Other, N - 1)
    end.

one(Name, Other) ->
    Me = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Me ! {self(), answer, catch ?MODULE:Name(Other)} end),
    Answer = receive {Pid, answer, A} -> A;
                     {'DOWN', Ref, _, _, Why} -> {died, Why}
             after 30000 ->
                 {current_stacktrace, Stack} = process_info(Pid, current_stacktrace),
                 exit(Pid, kill),
                 {timeout, [Line || {?MODULE, _, _, [_, {line, Line}]} <- Stack]}
             end,
    demonitor(Ref, [flush]),
    io:format(standard_error, "~s: ~s~n", [Name, [C || C <- io_lib:format("~0p", [mask(Answer)]), C =/= $\n]]).

%% Pids and references are different at every run.
mask(P) when is_pid(P) -> case node(P) =:= node() of true -> pid_here; false -> pid_there end;
mask(R) when is_reference(R) -> ref;
mask(P) when is_port(P) -> port;
mask(L) when is_list(L) -> mask_list(L);
mask(T) when is_tuple(T) -> list_to_tuple(mask(tuple_to_list(T)));
mask(M) when is_map(M) -> maps:from_list(mask(maps:to_list(M)));
mask(X) -> X.
mask_list([H | T]) -> [mask(H) | mask_list(T)];
mask_list([]) -> [];
mask_list(X) -> mask(X).

next() -> next(5000).
next(Time) -> receive X -> X after Time -> nothing end.
get_all() -> receive X -> [X | get_all()] after 300 -> [] end.

%% A process there that does what it is told, and answers.
servant(Other) -> spawn(Other, ?MODULE, serve, []).
serve() ->
    receive
        {do, From, Fun} -> From ! {self(), catch Fun()}, serve();
        {exit, Why} -> exit(Why)
    end.
tell(S, Fun) -> S ! {do, self(), Fun}, receive {S, A} -> A after 2000 -> no_answer end.

%% --- plain ------------------------------------------------------------------------------------------

ping(Other) -> {net_adm:ping(Other), net_adm:ping(Other), node(spawn(Other, erlang, self, [])) =:= Other}.

node_lists(Other) ->
    {nodes() =:= [Other], nodes(visible) =:= [Other], nodes(hidden), nodes(connected) =:= [Other], lists:member(Other, nodes(known)),
     lists:member(node(), nodes(this)), rpc:call(Other, erlang, nodes, []) =:= [node()],
     [{N =:= Other, maps:keys(M), maps:get(node_type, M)} || {N, M} <- nodes(visible, #{connection_id => true, node_type => true})],
     is_alive(), erlang:get_cookie() =:= rpc:call(Other, erlang, get_cookie, [])}.

terms(Other) ->
    S = servant(Other),
    Echo = fun(T) -> tell(S, fun() -> T end) end,
    F = fun(X) -> {X, S} end,
    R = make_ref(),
    Port = hd(erlang:ports()),
    Ts = [1, -1, 1 bsl 70, -(1 bsl 200), 1.5, 'a b', '', [], [1 | 2], "text", {}, {a, {b}}, #{}, #{a => 1, 2 => b}, <<>>, <<1:3>>,
          <<0:800>>, <<5:803>>, self(), R, Port, S, fun lists:map/2, maps:from_list([{I, I} || I <- lists:seq(1, 100)]),
          [[] || _ <- lists:seq(1, 70000)], <<"ü"/utf8>>, 'ü', 'αβγ'],
    G = Echo(F),
    {[T || T <- Ts, Echo(T) =/= T], G(1) =:= {1, S}, tell(S, fun() -> node(self()) end) =:= Other, tell(S, fun() -> F(2) end) =:= {2, S},
     tell(S, fun() -> {node(R) =:= node(self()), is_pid(S), node(Port)} end) =:= {false, true, node()},
     element(2, erlang:fun_info(Echo(fun() -> R end), env)) =:= [R]}.

rpc(Other) ->
    {rpc:call(Other, lists, reverse, [[1, 2, 3]]), rpc:call(Other, erlang, error, [foo]), rpc:call(Other, no_module, f, []) =/= ok,
     rpc:call(Other, erlang, exit, [bar]), rpc:call(Other, erlang, throw, [ball]), rpc:cast(Other, erlang, self, []),
     rpc:call(Other, timer, sleep, [5000], 50),
     element(1, rpc:multicall([node(), Other], erlang, node, [])) =:= [node(), Other],
     rpc:yield(rpc:async_call(Other, lists, seq, [1, 3])), rpc:block_call(Other, erlang, '+', [1, 2])}.

erpc_errors(Other) ->
    Try = fun(F) -> try erpc:call(Other, F, 1000) of V -> {ok, V} catch C:{exception, E, _} -> {C, E}; C:E -> {C, E} end end,
    {Try(fun() -> 1 end), Try(fun() -> error(foo) end), Try(fun() -> exit(foo) end), Try(fun() -> throw(foo) end),
     Try(fun() -> timer:sleep(3000) end), Try(fun() -> exit(self(), kill), timer:sleep(1000) end),
     erpc:multicall([node(), Other], fun() -> ok end),
     catch erpc:call('nobody@localhost', fun() -> 1 end),
     begin R = erpc:send_request(Other, fun() -> lists:seq(1, 5) end), erpc:wait_response(R, 1000) end}.

%% --- spawn --------------------------------------------------------------------------------------------

spawning(Other) ->
    Me = self(),
    Tell = fun(X) -> Me ! {X, node() =:= Other, process_info(self(), priority), process_info(self(), parent),
                           process_info(self(), initial_call), erlang:process_info(self(), message_queue_data)} end,
    spawn(Other, fun() -> Tell(1) end), A = next(),
    spawn_opt(Other, fun() -> Tell(2) end, [{priority, high}, {message_queue_data, off_heap}]), B = next(),
    spawn(Other, ?MODULE, send_to, [Me, 3]), C = next(),
    spawn(node(), fun() -> Me ! node() =:= Other end), D = next(),
    spawn(Other, erlang, send, [Me, {big, lists:seq(1, 100000)}]), {big, L} = next(),
    {A, B, C, D, length(L)}.
send_to(Pid, What) -> Pid ! {What, process_info(self(), initial_call), node(group_leader()) =:= node(Pid)}.

spawn_monitors(Other) ->
    {P1, R1} = spawn_monitor(Other, fun() -> exit(over) end),
    A = receive {'DOWN', R1, process, P1, W1} -> W1 end,
    {P2, R2} = spawn_opt(Other, fun() -> receive after infinity -> ok end end, [{monitor, [{tag, my_tag}]}]),
    exit(P2, stop),
    B = receive {my_tag, R2, process, P2, W2} -> W2 end,
    {P3, R3} = spawn_opt(Other, fun() -> receive {F, X} -> F ! X end end, [{monitor, [{alias, explicit_unalias}]}]),
    P3 ! {R3, by_alias},
    C = next(), D = receive {'DOWN', R3, process, P3, W3} -> W3 end,
    {P4, _} = spawn_monitor(Other, no_module, f, []),
    E = receive {'DOWN', _, process, P4, {W4, [{no_module, f, [], _} | _]}} -> W4 end,
    R3 ! again, F = next(200), unalias(R3), R3 ! no_more, G = next(200),
    {A, B, C, D, E, F, G}.

spawn_links(Other) ->
    process_flag(trap_exit, true),
    P1 = spawn_link(Other, fun() -> exit(over) end),
    A = receive {'EXIT', P1, W1} -> W1 end,
    P2 = spawn_link(Other, erlang, exit, [normal]),
    B = receive {'EXIT', P2, W2} -> W2 end,
    {P3, R3} = spawn_opt(Other, fun() -> receive stop -> exit(both) end end, [link, monitor]),
    P3 ! stop,
    C = lists:sort([receive {'EXIT', P3, W} -> {link, W} end, receive {'DOWN', R3, process, P3, W} -> {monitor, W} end]),
    {Q, QRef} = spawn_monitor(fun() -> P = spawn_link(Other, timer, sleep, [infinity]), exit({child, P}) end),
    Child = receive {'DOWN', QRef, _, Q, {child, Pid}} -> Pid end,
    M = monitor(process, Child),
    D = receive {'DOWN', M, _, _, W4} -> W4 end,
    {A, B, C, D}.

spawn_requests(Other) ->
    Idle = fun() -> timer:sleep(1000) end,
    R1 = spawn_request(Other, Idle), A = receive {spawn_reply, R1, ok, P1} -> node(P1) =:= Other end,
    R2 = spawn_request(Other, Idle, [{reply_tag, {my, tag}}]), B = receive {{my, tag}, R2, ok, _} -> yes end,
    _ = spawn_request(Other, Idle, [{reply, no}]), C = next(100),
    _ = spawn_request(Other, Idle, [{reply, error_only}]), D = next(100),
    R5 = spawn_request(Other, Idle, [no_such_option]), E = receive {spawn_reply, R5, X5, Y5} -> {X5, Y5} end,
    _ = spawn_request(Other, Idle, [no_such_option, {reply, success_only}]), F = next(100),
    R7 = spawn_request(Other, ?MODULE, serve, [], [monitor]), P7 = receive {spawn_reply, R7, ok, P} -> P end,
    P7 ! {exit, done}, G = receive {'DOWN', R7, process, P7, W7} -> W7 end,
    R8 = spawn_request(Other, ?MODULE, serve, [], [{priority, bad}]), H = receive {spawn_reply, R8, X8, Y8} -> {X8, Y8} end,
    I = catch spawn_request(Other, [not_a_fun]),
    J = catch spawn_request(Other, a, b, [], not_a_list),
    K = catch spawn_opt(Other, ?MODULE, serve, [], [{reply, no}]),
    {A, B, C, D, E, F, G, H, element(1, I), element(1, J), element(1, K)}.

spawn_failures(Other) ->
    process_flag(trap_exit, true),
    A = case catch spawn_opt(Other, ?MODULE, serve, [], [no_such_option]) of {'EXIT', {W, _}} -> W; Z -> Z end,
    No = 'nobody@localhost',
    {_, R} = spawn_monitor(No, fun() -> ok end), B = receive {'DOWN', R, _, _, W1} -> W1 end,
    P = spawn_link(No, fun() -> ok end), C = receive {'EXIT', P, W2} -> W2 end,
    R3 = spawn_request(No, fun() -> ok end), D = receive {spawn_reply, R3, X3, Y3} -> {X3, Y3} end,
    {A, B, C, D}.

abandon(Other) ->
    R1 = spawn_request(Other, fun() -> timer:sleep(100) end), A = spawn_request_abandon(R1), B = next(300),
    Me = self(),
    R2 = spawn_request(Other, fun() -> process_flag(trap_exit, true), receive X -> Me ! {got, X} after 2000 -> Me ! none end end, [link]),
    C = spawn_request_abandon(R2),
    D = case next(3000) of {got, {'EXIT', Me, W}} -> W; nothing -> killed; O -> O end,
    {A, lists:member(B, [nothing]), C, lists:member(D, [abandoned, killed]), spawn_request_abandon(R2), catch spawn_request_abandon(x)}.

%% --- links ----------------------------------------------------------------------------------------------

links(Other) ->
    process_flag(trap_exit, true),
    S = servant(Other),
    true = link(S), true = link(S),
    A = tell(S, fun() -> process_info(self(), links) end),
    B = process_info(self(), links),
    S ! {exit, goodbye}, C = next(),
    true = link(S), D = next(),
    S2 = servant(Other), Me = self(),
    Q = spawn(fun() -> link(S2), Me ! ok, receive after infinity -> ok end end), ok = next(),
    tell(S2, fun() -> process_flag(trap_exit, true) end),
    exit(Q, {some, reason}),
    E = tell(S2, fun() -> receive {'EXIT', P, W} -> {node(P) =:= node(Me), W} after 3000 -> none end end),
    Q3 = spawn(fun() -> receive stop -> ok end end),
    S3 = servant(Other), tell(S3, fun() -> link(Q3) end), M = monitor(process, S3), N = monitor(process, Q3),
    exit(S3, kill),
    F = [receive {'DOWN', M, _, _, W1} -> W1 end, receive {'DOWN', N, _, _, W2} -> W2 end],
    {A =:= {links, [self()]}, B =:= {links, [S]}, C, D, E, F}.

unlinking(Other) ->
    process_flag(trap_exit, true),
    S = servant(Other),
    link(S), unlink(S), A = process_info(self(), links), link(S), B = process_info(self(), links) =:= {links, [S]},
    [begin unlink(S), link(S) end || _ <- lists:seq(1, 100)],
    C = tell(S, fun() -> process_info(self(), links) end) =:= {links, [self()]},
    unlink(S), unlink(S),
    D = tell(S, fun() -> process_info(self(), links) end),
    S ! {exit, unheard}, E = next(300),
    S2 = servant(Other), Me = self(),
    link(S2), tell(S2, fun() -> unlink(Me), exit(self(), kill) end), F = next(300),
    S3 = servant(Other),
    [begin link(S3), tell(S3, fun() -> unlink(Me), link(Me), unlink(Me) end) end || _ <- lists:seq(1, 20)],
    G = {process_info(self(), links), tell(S3, fun() -> process_info(self(), links) end)},
    {A, B, C, D, E, F, G}.

exit_reasons(Other) ->
    process_flag(trap_exit, true),
    [begin
         S = servant(Other), link(S), M = monitor(process, S),
         S ! {exit, W},
         A = receive {'EXIT', S, X} -> X =:= W end,
         B = receive {'DOWN', M, process, S, Y} -> Y =:= W end,
         {A, B}
     end || W <- [normal, kill, killed, shutdown, {shutdown, x}, "text", lists:seq(1, 50000), binary:copy(<<1>>, 300000), self(), make_ref(),
                  fun lists:map/2, #{a => {b, [c]}}]].

exit_signals(Other) ->
    T = fun(W) -> S = servant(Other), M = monitor(process, S), exit(S, W), receive {'DOWN', M, _, _, X} -> X after 300 -> alive end end,
    U = fun(W) ->
            S = servant(Other), tell(S, fun() -> process_flag(trap_exit, true) end), exit(S, W),
            tell(S, fun() -> receive {'EXIT', P, X} -> {node(P) =/= node(), X} after 300 -> none end end)
        end,
    {T(normal), T(kill), T(foo), length(T(lists:seq(1, 30000))), U(normal), U(kill), U(foo), exit(servant(Other), x)}.

%% --- monitors -----------------------------------------------------------------------------------------------

monitors(Other) ->
    S = servant(Other), M = monitor(process, S), M2 = monitor(process, S),
    A = tell(S, fun() -> process_info(self(), monitored_by) end) =:= {monitored_by, [self(), self()]},
    B = process_info(self(), monitors) =:= {monitors, [{process, S}, {process, S}]},
    demonitor(M2), S ! {exit, bye}, C = next(), D = next(200),
    _ = monitor(process, S), E = next(),
    Q = spawn(fun() -> receive after infinity -> ok end end),
    S2 = servant(Other),
    tell(S2, fun() -> put(ref, monitor(process, Q)) end),
    F = process_info(Q, monitored_by) =:= {monitored_by, [S2]},
    exit(Q, {r, s}),
    G = tell(S2, fun() -> R = get(ref), receive {'DOWN', R, process, P, W} -> {P =:= Q, W} after 1000 -> none end end),
    H = tell(S2, fun() -> monitor(process, Q), receive {'DOWN', _, process, P, W} -> {P =:= Q, W} after 1000 -> none end end),
    Q2 = spawn(fun() -> monitor(process, S2), receive after infinity -> ok end end), timer:sleep(100),
    exit(Q2, kill), timer:sleep(100),
    {A, B, C, D, E, F, G, H, element(1, M =:= M2 orelse {ok}), tell(S2, fun() -> process_info(self(), monitored_by) end)}.

monitor_names(Other) ->
    S = servant(Other), tell(S, fun() -> register(a_name, self()) end),
    M = monitor(process, {a_name, Other}),
    A = process_info(self(), monitors) =:= {monitors, [{process, {a_name, Other}}]},
    {a_name, Other} ! {exit, bye},
    B = receive {'DOWN', M, process, {a_name, N}, W} -> {N =:= Other, W} end,
    _ = monitor(process, {a_name, Other}),
    C = receive {'DOWN', _, process, {a_name, _}, W2} -> W2 end,
    D = catch monitor(port, {a_name, Other}), E = catch monitor(process, {a, b, c}),
    {A, B, C, element(1, D), element(1, E), {a_name, Other} ! nobody}.

demonitors(Other) ->
    S = servant(Other), M = monitor(process, S),
    A = demonitor(M, [info]), B = demonitor(M, [info]), C = tell(S, fun() -> process_info(self(), monitored_by) end),
    M2 = monitor(process, S), S ! {exit, x}, timer:sleep(200),
    D = demonitor(M2, [flush, info]), E = next(100),
    F = catch demonitor(tell(servant(Other), fun() -> make_ref() end)),
    {A, B, C, D, E, element(1, F)}.

informed(Other) ->
    S = servant(Other), link(S), M = monitor(process, S),
    A = [process_info(self(), I) || I <- [links, monitors]] =:= [{links, [S]}, {monitors, [{process, S}]}],
    Text = lists:flatten(io_lib:format("~p", [process_info(self(), links)])),
    unlink(S), demonitor(M), garbage_collect(),
    {A, length(Text) > 10, process_info(self(), links), process_info(self(), monitors), catch element(1, process_info(S)),
     node(S) =:= Other, erlang:phash2(S) =:= tell(S, fun() -> erlang:phash2(self()) end), S > self() orelse S < self(),
     catch is_process_alive(S)}.

group_leaders(Other) ->
    Me = self(),
    L = spawn_link(fun() -> leader(Me) end),
    S = servant(Other),
    A = tell(S, fun() -> group_leader(L, self()), io:format("hello ~w", [42]), group_leader() end) =:= L,
    B = next(),
    group_leader(group_leader(), S), timer:sleep(100),
    C = tell(S, fun() -> node(group_leader()) end) =:= node(),
    unlink(L), exit(L, kill),
    {A, B, C}.
leader(Me) ->
    receive
        {io_request, From, As, {put_chars, unicode, M, F, A}} ->
            Me ! {printed, node(From) =/= node(), lists:flatten(apply(M, F, A))}, From ! {io_reply, As, ok}, leader(Me);
        {io_request, From, As, {put_chars, unicode, T}} ->
            Me ! {printed, node(From) =/= node(), lists:flatten(unicode:characters_to_list(T))}, From ! {io_reply, As, ok}, leader(Me);
        {io_request, From, As, _} -> From ! {io_reply, As, {error, request}}, leader(Me)
    end.

aliases(Other) ->
    S = servant(Other),
    A = alias(), tell(S, fun() -> A ! one, A ! two end), B = {next(), next()},
    unalias(A), tell(S, fun() -> A ! three end), C = next(200),
    D = alias([reply]), tell(S, fun() -> D ! r1, D ! r2 end), E = {next(), next(200)},
    M = monitor(process, S, [{alias, reply_demonitor}]), tell(S, fun() -> M ! answer end), F = next(), S ! {exit, x}, G = next(200),
    {B, C, E, F, G}.

servers(Other) ->
    {ok, P} = rpc:call(Other, gen_server, start, [{local, a_server}, ?MODULE, state, []]),
    A = {gen_server:call(P, {echo, 1}), gen_server:call({a_server, Other}, {echo, 2})},
    B = try gen_server:call(P, sleep, 100) catch exit:{W, _} -> W end,
    C = try gen_server:call(P, die) catch exit:{W2, _} -> W2 end,
    D = try gen_server:call({a_server, Other}, {echo, 1}) catch exit:{W3, _} -> W3 end,
    E = try gen_server:call({a_server, 'nobody@localhost'}, {echo, 1}) catch exit:{W4, _} -> W4 end,
    {A, B, C, D, E}.
init(S) -> {ok, S}.
handle_call({echo, X}, _, S) -> {reply, {X, node() =/= undefined}, S};
handle_call(sleep, _, S) -> timer:sleep(300), {reply, ok, S};
handle_call(die, _, _) -> exit(died).
handle_cast(_, S) -> {noreply, S}.
handle_info(_, S) -> {noreply, S}.
terminate(_, _) -> ok.

%% --- messages of all sizes --------------------------------------------------------------------------------

echo() -> receive {F, X} -> F ! {self(), X}, echo() end.
echoed(E, X) -> E ! {self(), X}, receive {E, Y} -> X =:= Y after 30000 -> timeout end.

sizes(Other) ->
    E = spawn(Other, ?MODULE, echo, []),
    Bad = [N || N <- lists:seq(0, 300) ++ [1023, 1024, 4095, 65000] ++ lists:seq(65350, 65600) ++ [131000, 131072, 200000, 1 bsl 20, 10 bsl 20],
                echoed(E, binary:copy(<<N>>, N)) =/= true],
    Bad2 = [N || N <- [1, 100, 1000, 10000, 65535, 65536, 300000], echoed(E, lists:seq(1, N)) =/= true],
    {Bad, Bad2}.

big_terms(Other) ->
    E = spawn(Other, ?MODULE, echo, []),
    Deep = lists:foldl(fun(_, A) -> [A] end, [], lists:seq(1, 500000)),
    Map = maps:from_list([{{k, I}, {v, I, <<I:64>>}} || I <- lists:seq(1, 50000)]),
    Bins = [binary:copy(<<I>>, 1000) || I <- lists:seq(1, 1000)],
    [echoed(E, T) || T <- [Deep, Map, Bins, {Map, Bins, self(), fun() -> Map end =/= 1}]].

order(Other) ->
    Me = self(), N = 3000,
    R = spawn(Other, fun() -> Me ! [receive {I, _} -> I end || _ <- lists:seq(1, N)] end),
    Large = binary:copy(<<7>>, 200000),
    [R ! {I, if I rem 100 =:= 0 -> Large; true -> I end} || I <- lists:seq(1, N)],
    next(20000) =:= lists:seq(1, N).

%% A large message does not keep others waiting; each sender's own come in order.
side_by_side(Other) ->
    Me = self(),
    E = spawn(Other, fun() -> collect(Me, #{}) end),
    Senders = [spawn(fun() -> [E ! {I, J, binary:copy(<<J>>, I * 40000)} || J <- lists:seq(1, 20)], E ! {I, over} end) || I <- lists:seq(1, 8)],
    {length(Senders), next(30000)}.
collect(Me, M) when map_size(M) =:= 8 ->
    case lists:all(fun(X) -> X =:= over end, maps:values(M)) of
        true -> Me ! {all, in_order};
        false -> collect1(Me, M)
    end;
collect(Me, M) -> collect1(Me, M).
collect1(Me, M) ->
    receive
        {I, J, B} ->
            case maps:get(I, M, 0) of
                K when K + 1 =:= J, byte_size(B) =:= I * 40000 -> collect(Me, M#{I => J});
                K -> Me ! {wrong, I, J, K}
            end;
        {I, over} -> collect(Me, M#{I := over})
    end.

atoms(Other) ->
    E = spawn(Other, ?MODULE, echo, []),
    Make = fun(From, To) -> [list_to_atom("dist_test_atom_" ++ integer_to_list(I)) || I <- lists:seq(From, To)] end,
    [echoed(E, Make(1, 10)), echoed(E, Make(1, 254)), echoed(E, Make(1, 256)), echoed(E, Make(1, 6000)),
     lists:usort([echoed(E, Make(I, I + 20)) || I <- lists:seq(1, 5000, 7)]), echoed(E, {Make(3000, 3300), binary:copy(<<1>>, 200000)})].

long_atoms(Other) ->
    E = spawn(Other, ?MODULE, echo, []),
    Long = list_to_atom(lists:duplicate(255, $x)), Wide = list_to_atom(lists:duplicate(255, 16#20AC)),
    [echoed(E, T) || T <- [Long, Wide, [Long, Wide, a, b], [Wide, c], [c, d, Long], {Wide, Wide}, 'é', [Long | Wide]]].

many_processes(Other) ->
    Me = self(),
    Ps = [spawn(Other, fun() -> Me ! {I, self()}, receive stop -> ok end end) || I <- lists:seq(1, 500)],
    Is = lists:sort([receive {I, _} -> I end || _ <- Ps]),
    Ms = [monitor(process, P) || P <- Ps],
    [P ! stop || P <- Ps],
    {Is =:= lists:seq(1, 500), lists:usort([receive {'DOWN', M, _, _, W} -> W end || M <- Ms])}.

tokens(Other) ->
    S = servant(Other),
    seq_trace:set_token(label, 17),
    A = tell(S, fun() -> {seq_trace:get_token(label), is_list(seq_trace:get_token())} end),
    seq_trace:set_token(label, {a, term}),
    B = tell(S, fun() -> seq_trace:get_token(label) end),
    seq_trace:set_token([]),
    C = tell(S, fun() -> seq_trace:get_token() end),
    {A, B, C}.

%% --- a busy connection -----------------------------------------------------------------------------------

busy(Other) ->
    [C] = [P || {N, P} <- erlang:system_info(dist_ctrl), N =:= Other],
    R = spawn(Other, fun() -> receive after infinity -> ok end end),
    case is_pid(C) of
        false -> {false, suspended, true, true};
        true ->
            C ! {hold, self()}, receive held -> ok after 1000 -> ok end,
            Big = binary:copy(<<1>>, 300000),
            F = spawn(fun() -> [R ! Big || _ <- lists:seq(1, 20)], exit(done) end),
            M = monitor(process, F),
            timer:sleep(300),
            A = process_info(F, status),
            B = erlang:send_nosuspend(R, hello), B2 = erlang:send(R, hello, [nosuspend]),
            C ! go_on,
            D = receive {'DOWN', M, _, _, W} -> W after 5000 -> stuck end,
            timer:sleep(200),
            {B, B2, element(2, A), D, erlang:send_nosuspend(R, hello)}
    end.

noconnect(Other) ->
    {erlang:send({nobody, 'not_there@localhost'}, x, [noconnect]), erlang:send({nobody, Other}, x, [noconnect]),
     {nobody, 'not_there@localhost'} ! x, erlang:send_nosuspend({nobody, 'not_there@localhost'}, x, [noconnect]),
     erlang:send(servant(Other), x, [noconnect, nosuspend]), catch element(1, {a, b, c} ! x)}.

unknown_node(_) ->
    process_flag(trap_exit, true),
    No = 'nobody@localhost',
    _ = monitor(process, {x, No}), A = next(),
    true = monitor_node(No, true), B = next(),
    {A, B, net_adm:ping(No), rpc:call(No, erlang, node, []), net_kernel:connect_node(No), catch monitor_node(nonsense, true), next(300)}.

%% --- services ---------------------------------------------------------------------------------------------

name_global(Other) ->
    global:sync(),
    P = spawn(Other, fun() -> receive stop -> ok end end),
    A = global:register_name(dist_test_name, P), B = global:whereis_name(dist_test_name) =:= P,
    C = rpc:call(Other, global, whereis_name, [dist_test_name]) =:= P,
    D = global:register_name(dist_test_name, self()),
    M = monitor(process, P), global:send(dist_test_name, stop), receive {'DOWN', M, _, _, _} -> ok end, timer:sleep(300),
    E = global:whereis_name(dist_test_name),
    F = global:trans({lock, self()}, fun() -> inside end, [node(), Other]),
    {A, B, C, D, E, F, lists:member(dist_test_name, global:registered_names())}.

groups(Other) ->
    {ok, _} = pg:start(dist_scope), {ok, Scope} = rpc:call(Other, ?MODULE, start_scope, []),
    P = spawn(Other, fun() -> receive stop -> ok end end),
    ok = pg:join(dist_scope, g, self()), ok = rpc:call(Other, pg, join, [dist_scope, g, P]),
    timer:sleep(500),
    A = lists:sort(pg:get_members(dist_scope, g)) =:= lists:sort([self(), P]),
    B = length(rpc:call(Other, pg, get_members, [dist_scope, g])),
    P ! stop, timer:sleep(300),
    C = pg:get_members(dist_scope, g) =:= [self()],
    exit(Scope, kill),
    {A, B, C}.
start_scope() ->
    Me = self(),
    P = spawn(fun() -> R = pg:start(dist_scope), Me ! R, receive after infinity -> ok end end),
    receive {ok, _} -> {ok, P} end.

net_kernel_info(Other) ->
    {ok, I} = net_kernel:node_info(Other),
    {lists:sort([K || {K, _} <- I]), proplists:get_value(state, I), proplists:get_value(type, I), net_kernel:get_net_ticktime(),
     [N || {N, _} <- erlang:system_info(dist_ctrl)] =:= [Other], erlang:system_info(dist_buf_busy_limit)}.

statistics(Other) ->
    S = servant(Other), tell(S, fun() -> 1 end),
    {ok, I} = net_kernel:node_info(Other),
    {proplists:get_value(in, I) > 0, proplists:get_value(out, I) > 0}.

%% --- the end of a connection ---------------------------------------------------------------------------------

monitor_nodes(Other) ->
    ok = net_kernel:monitor_nodes(true), ok = net_kernel:monitor_nodes(true, [nodedown_reason, {node_type, all}]),
    ok = net_kernel:monitor_nodes(true, #{connection_id => true, nodedown_reason => true, node_type => visible}),
    true = net_kernel:disconnect(Other), A = get_all(),
    pong = net_adm:ping(Other), B = get_all(),
    ok = net_kernel:monitor_nodes(false), ok = net_kernel:monitor_nodes(false, [nodedown_reason, {node_type, all}]),
    ok = net_kernel:monitor_nodes(false, #{connection_id => true, nodedown_reason => true, node_type => visible}),
    Flat = fun(L) -> lists:sort([case X of
                                     {W, N, M} when is_map(M) -> {W, N =:= Other, maps:is_key(connection_id, M), maps:remove(connection_id, M)};
                                     {W, N, M} -> {W, N =:= Other, lists:sort(M)};
                                     {W, N} -> {W, N =:= Other}
                                 end || X <- L]) end,
    {Flat(A), Flat(B)}.

node_down(Other) ->
    true = monitor_node(Other, true), true = monitor_node(Other, true), true = monitor_node(Other, true), true = monitor_node(Other, false),
    erlang:disconnect_node(Other), A = get_all() =:= [{nodedown, Other}, {nodedown, Other}],
    connect(Other, 10), {A, next(100), nodes() =:= [Other]}.

links_down(Other) ->
    process_flag(trap_exit, true),
    S = servant(Other), tell(S, fun() -> process_flag(trap_exit, true) end), link(S), M = monitor(process, S), _ = monitor(process, {init, Other}),
    Me = self(), tell(S, fun() -> put(m, monitor(process, Me)) end),
    erlang:disconnect_node(Other),
    L = get_all(),
    A = lists:sort([case X of {'EXIT', S, W} -> {exit, W}; {'DOWN', M, process, S, W} -> {down, W};
                              {'DOWN', _, process, {init, Other}, W} -> {named, W}; O -> O end || X <- L]),
    connect(Other, 10),
    B = tell(S, fun() -> R = get(m), [receive {'EXIT', Me, W} -> W after 2000 -> none end, receive {'DOWN', R, _, _, W} -> W after 2000 -> none end] end),
    {A, B, process_info(self(), links), process_info(self(), monitors)}.

spawn_down(Other) ->
    [C] = [P || {N, P} <- erlang:system_info(dist_ctrl), N =:= Other],
    is_pid(C) andalso begin C ! {hold, self()}, receive held -> ok after 1000 -> ok end end,
    R = spawn_request(Other, timer, sleep, [1000], [monitor, link]),
    erlang:disconnect_node(Other),
    A = receive {spawn_reply, R, X, W} -> {X, W} after 3000 -> none end,
    connect(Other, 10),
    {if is_pid(C) -> A; true -> {error, noconnection} end, next(200)}.

reconnect(Other) ->
    [begin erlang:disconnect_node(Other), connect(Other, 10), rpc:call(Other, erlang, node, []) =:= Other end || _ <- lists:seq(1, 10)].

%% A message, a link, a monitor, a spawn each set up the connection.
auto_connect(Other) ->
    process_flag(trap_exit, true),
    S = servant(Other), tell(S, fun() -> register(auto, self()), process_flag(trap_exit, true) end),
    %% The other side is to see the end first: a message is lost when it goes over the old connection, and nobody can ask.
    Off = fun() -> erlang:disconnect_node(Other), timer:sleep(400), nodes() end,
    Off(), A = tell(S, fun() -> 1 end),
    Off(), {auto, Other} ! {do, self(), fun() -> 2 end}, B = receive {S, X} -> X after 3000 -> none end,
    Off(), M = monitor(process, {auto, Other}), link(S), C = process_info(self(), links) =:= {links, [S]}, timer:sleep(300),
    D = next(0), unlink(S), demonitor(M),
    Off(), Me = self(), spawn(Other, fun() -> Me ! spawned end), E = next(3000),
    Off(), Big = binary:copy(<<3>>, 500000), S ! {do, self(), fun() -> byte_size(Big) end}, F = receive {S, Y} -> Y after 5000 -> none end,
    Off(), [S ! {do, self(), fun() -> I end} || I <- lists:seq(1, 50)], G = [receive {S, Z} -> Z after 5000 -> none end || _ <- lists:seq(1, 50)],
    {A, B, C, D, E, F, G =:= lists:seq(1, 50)}.

remote_logging(Other) ->
    S = servant(Other),
    tell(S, fun() -> logger:set_primary_config(level, error), error_logger:info_msg("nothing"), ok end).

old_pids(Other) ->
    S = servant(Other),
    Bin = term_to_binary(S),
    P = binary_to_term(Bin),
    Old = binary_to_term(setelement_creation(Bin)),
    process_flag(trap_exit, true),
    {P =:= S, Old =:= S, node(Old) =:= Other, Old ! x =:= x, begin M = monitor(process, Old), receive {'DOWN', M, _, _, W} -> W after 1000 -> none end end,
     begin link(Old), receive {'EXIT', Old, W2} -> W2 after 1000 -> none end end}.
%% Whoever runs this test ends the other node when it reads this line.
killed(Other) ->
    process_flag(trap_exit, true),
    S = servant(Other), link(S), M = monitor(process, S), monitor_node(Other, true), net_kernel:monitor_nodes(true),
    io:format(standard_error, "!kill~n", []),
    A = lists:sort([receive {'EXIT', S, W} -> {exit, W}; {'DOWN', M, _, _, W} -> {down, W}; {nodedown, Other} -> nodedown
                    after 5000 -> none end || _ <- lists:seq(1, 4)]),
    {A, nodes(), S ! x =:= x, net_adm:ping(Other)}.
%% Another creation.
setelement_creation(Bin) ->
    N = byte_size(Bin) - 4,
    <<Head:N/binary, C:32>> = Bin,
    <<Head/binary, (C bxor 1):32>>.
