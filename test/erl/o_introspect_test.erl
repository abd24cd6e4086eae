%% SPDX-License-Identifier: Apache-2.0
%% What the machine tells of itself: the shape of system_info, statistics and system_flag; erts_debug.
-module(o_introspect_test).
-export([run/0, idle/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

idle() -> receive stop -> ok after 10000 -> ok end.

cases() ->
    system_info(),
    allocators(),
    statistics(),
    flags(),
    blocking(),
    drivers(),
    locked(),
    erts_debug:set_internal_state(available_internal_state, true),
    states(),
    relations(),
    node_watches(),
    numbers(),
    collecting(),
    references(),
    erts_debug:set_internal_state(available_internal_state, false),
    sharing(),
    maps_inside(),
    dirty(),
    backtraces(),
    processes_as_text().

%% What does not depend on the machine: kinds of terms, atoms as they are.
shape(X) when is_integer(X) -> integer;
shape(X) when is_binary(X) -> binary;
shape(X) when is_atom(X) -> X;
shape(X) when is_pid(X) -> pid;
shape([H | _]) when is_integer(H) -> string;
shape(T) when is_tuple(T) -> list_to_tuple([shape(E) || E <- tuple_to_list(T)]);
shape([H | _]) -> [shape(H)];
shape(M) when is_map(M) -> maps:map(fun(_, V) -> shape(V) end, M);
shape(T) -> T.

keys(L) -> [element(1, X) || X <- L].

system_info() ->
    [?T({K, shape(erlang:system_info(K))}) || K <- ?V([all_schedulers_state, schedulers_state, alloc_util_allocators, build_type,
        beam_jump_table, check_io, cpu_quota, creation, dist, ethread_used_tse, garbage_collection, info, loaded, procs,
        heap_sizes, multi_scheduling, multi_scheduling_blockers, normal_multi_scheduling_blockers, scheduler_id,
        atom_count, atom_limit, ets_count, ets_limit, port_count, port_limit, process_count, logical_processors,
        time_correction, time_offset, time_warp_mode, version, wordsize, tolerant_timeofday, taints, trace_control_word,
        {wordsize, internal}, {wordsize, external}, {cpu_topology, defined}])],
    ?T(keys(erlang:system_info(all_schedulers_state))),
    ?T(keys(hd(erlang:system_info(check_io)))),
    ?T([{A, B} || {A, B} <- [{element(1, E), tuple_size(E)} || E <- erlang:system_info(ethread_info)], B =:= 3]),
    [?T(erlang:system_info(K)) || K <- ?V([no_such_key, "info", {cpu_topology, no}, {wordsize, no}, {allocator, no_alloc}, {}, 1])],
    ?T([F || {_, _, A} = F <- erlang:system_info(snifs), A > 20]),
    ?T([lists:member(F, erlang:system_info(snifs)) || F <- [{erlang, spawn, 3}, {lists, member, 2}, {erlang, yield, 0},
        {zlib, open_nif, 0}, {erl_ddll, info, 2}, {prim_file, is_translatable, 1}]]),
    ?T([F || {M, N, A} = F <- erlang:system_info(snifs), not erlang:is_builtin(M, N, A)]),
    ?T([{F, erlang:is_builtin(user_sup, F, A)} || {F, A} <- [{init, 1}, {terminate, 2}]]),
    ?T([F || {user_sup, _, _} = F <- erlang:system_info(snifs)]),
    ?T([binary:match(erlang:system_info(procs), T) =/= nomatch || T <- [<<"=proc:<0.0.0>">>, <<"Name: init">>,
        <<"Spawned as: erl_init:start/2">>, <<"Stack dump:">>, <<"Internal State: ">>]]),
    ?T([binary:match(erlang:system_info(info), T) =/= nomatch || T <- [<<"=memory\ntotal: ">>, <<"=allocator:">>,
        <<"=index_table:atom_tab">>, <<"=allocated_areas\n">>]]),
    ?T([binary:match(erlang:system_info(loaded), T) =/= nomatch || T <- [<<"Current code: ">>, <<"\nOld code: ">>, <<"\nerlang ">>]]).

allocators() ->
    ?T([shape(erlang:system_info({allocator, A})) =/= false || A <- erlang:system_info(alloc_util_allocators)]),
    ?T(keys(element(3, hd(erlang:system_info({allocator, binary_alloc}))))),
    ?T(keys(element(3, hd(erlang:system_info({allocator_sizes, eheap_alloc}))))),
    ?T([A || {A, [{instance, 0, _} | _]} <- erlang:system_info({allocator, [std_alloc, ets_alloc]})]),
    ?T(lists:sublist(element(3, erlang:system_info(allocator)), 11)),
    ?T([K || {K, _} <- erlang:memory()]),
    ?T(begin M = maps:from_list(erlang:memory()), #{total := T, processes := P, system := S} = M, T =:= P + S end),
    ?T(begin M = maps:from_list(erlang:memory()), #{system := S, atom := A, binary := B, code := C, ets := E} = M, S > A + B + C + E end),
    ?T(erts_debug:alloc_blocks_size(binary_alloc) >= 0).

statistics() ->
    ?T([lists:sort(maps:keys(C)) || #{type := scheduler, id := 1, counters := C} <- erlang:statistics(microstate_accounting)]),
    ?T(erlang:system_flag(microstate_accounting, true)),
    ?T(erlang:system_flag(microstate_accounting, reset)),
    ?T(begin [erlang:garbage_collect() || _ <- lists:seq(1, 100)], timer:sleep(5), ok end),
    ?T(erlang:system_flag(microstate_accounting, false)),
    ?T([maps:get(K, sum()) > 0 || K <- [emulator, gc, sleep]]),
    ?T(begin A = sum(), timer:sleep(2), A =:= sum() end),
    ?T(erlang:system_flag(microstate_accounting, reset)),
    ?T(lists:sum(maps:values(sum()))),
    ?T(erlang:system_flag(microstate_accounting, maybe_not)),
    ?T(length(erlang:statistics(run_queue_lengths_all)) - length(erlang:statistics(run_queue_lengths))),
    ?T(length(erlang:statistics(active_tasks_all)) - length(erlang:statistics(active_tasks))),
    ?T(erlang:statistics(scheduler_wall_time)),
    ?T(erlang:system_flag(scheduler_wall_time, true)),
    ?T([{I, true} || {I, A, T} <- lists:sort(erlang:statistics(scheduler_wall_time)), I =:= 1, A >= 0, T >= A]),
    ?T(erlang:system_flag(scheduler_wall_time, false)),
    wall_time_of_two().

%% It is on as long as somebody wants it.
wall_time_of_two() ->
    Me = self(),
    {P, R} = spawn_monitor(fun() -> Me ! erlang:system_flag(scheduler_wall_time, true), receive stop -> ok end end),
    ?T(receive Was -> Was end),
    ?T([erlang:system_flag(scheduler_wall_time, On) || On <- [true, true, false, false]]),
    ?T(erlang:statistics(scheduler_wall_time) =/= undefined),
    P ! stop,
    expect:wait_down(R),
    ?T(begin sys:get_state(kernel_refc), erlang:statistics(scheduler_wall_time) end),
    ?T(erlang:system_flag(scheduler_wall_time, maybe_not)).

sum() ->
    lists:foldl(fun(#{counters := C}, Sum) -> maps:fold(fun(K, V, S) -> S#{K => V + maps:get(K, S, 0)} end, Sum, C) end,
        #{}, erlang:statistics(microstate_accounting)).

flags() ->
    [?T({K, V, shape(erlang:system_flag(K, V))}) || {K, V} <- ?V([{scheduling_statistics, enable}, {scheduling_statistics, disable},
        {scheduling_statistics, x}, {erts_alloc, x}, {multi_scheduling, x}, {schedulers_online, 0}, {schedulers_online, x},
        {time_offset, finalize}, {time_offset, x}, {internal_cpu_topology, x}, {no_such_flag, 1}, {1, 2}])].

blocking() ->
    Self = self(),
    ?T(erlang:system_flag(multi_scheduling, block)),
    ?T(erlang:system_info(multi_scheduling)),
    ?T(erlang:system_info(multi_scheduling_blockers) =:= [Self]),
    ?T(erlang:system_flag(multi_scheduling, block_normal)),
    ?T(erlang:system_info(normal_multi_scheduling_blockers) =:= [Self]),
    ?T(erlang:system_flag(multi_scheduling, unblock)),
    ?T(erlang:system_info(multi_scheduling)),
    ?T(erlang:system_flag(multi_scheduling, unblock_normal)),
    ?T(erlang:system_info(multi_scheduling_blockers)),
    ?T(begin
           {P, R} = spawn_monitor(fun() -> erlang:system_flag(multi_scheduling, block), Self ! blocked, receive stop -> ok end end),
           receive blocked -> ok end,
           Before = {erlang:system_info(multi_scheduling), erlang:system_info(multi_scheduling_blockers) =:= [P]},
           P ! stop,
           receive {'DOWN', R, _, _, _} -> ok end,
           timer:sleep(50),
           {Before, erlang:system_info(multi_scheduling)}
       end).

drivers() ->
    [?T(apply(erl_ddll, F, A)) || {F, A} <- ?V([{try_load, ["/nowhere", "no_driver", []]}, {try_load, ["/nowhere", no_driver, []]},
        {try_load, ["/nowhere", "no_driver", [x]]}, {try_load, ["/nowhere", "no_driver", [{reload, pending}]]},
        {try_load, ["/nowhere", "no_driver", [{driver_options, [kill_ports]}]]}, {try_load, ["/nowhere", 1, []]},
        {try_unload, ["no_driver", []]}, {try_unload, [ram_file_drv, []]}, {try_unload, ["no_driver", [x]]},
        {info, ["no_driver", processes]}, {info, ["ram_file_drv"]}, {info, ["ram_file_drv", x]}, {info, []},
        {load, ["/nowhere", "no_driver"]}, {unload, ["no_driver"]}, {demonitor, [x]}, {monitor, [x, y]},
        {monitor, [driver, {"no_driver", x}]}])],
    [?T({E, erl_ddll:format_error(E)}) || E <- ?V([inconsistent, linked_in_driver, permanent, not_loaded, not_loaded_by_this_process,
        not_pending, already_loaded, {open_error, 1}, pending, 1])],
    ?T(begin R = erl_ddll:monitor(driver, {"no_driver", loaded}), receive {A, R, B, C, D} -> {A, B, C, D} after 1000 -> no end end),
    ?T([lists:member(D, element(2, erl_ddll:loaded_drivers())) || D <- ["ram_file_drv", "no_driver"]]).

locked() ->
    ?T(erts_debug:get_internal_state(reds_left)),
    ?T(erts_debug:set_internal_state(reds_left, 1)),
    ?T(erts_debug:get_internal_state(available_internal_state)).

states() ->
    P = spawn(?MODULE, idle, []),
    erlang:yield(),
    ?T(erts_debug:get_internal_state(available_internal_state)),
    ?T(erts_debug:get_internal_state({process_status, P})),
    ?T(begin exit(P, kill), R = monitor(process, P), expect:wait_down(R), erts_debug:get_internal_state({process_status, P}) end),
    ?T(erts_debug:get_internal_state(process_info_args)),
    ?T(begin A = erts_debug:get_internal_state(process_info_args), [K || {K, _} <- process_info(self(), A)] =:= A end),
    ?T(lists:sort(erts_debug:get_internal_state(processes)) =:= lists:sort(processes())),
    ?T([erts_debug:get_internal_state({atom, I}) =:= binary_to_term(<<131, 100, 0, 1, $x>>) || I <- [0]]),
    ?T([erts_debug:get_internal_state({internal_hash, T}) || T <- ?V([1, -1, 1 bsl 70, 1.5, "ab", {1, []}, <<1, 2, 3>>, []])]),
    ?T(element(1, erts_debug:get_internal_state({binary_info, binary:copy(<<1>>, 100)}))),
    ?T(erts_debug:get_internal_state({binary_info, list_to_binary([1, 2, 3])})),
    ?T(keys(erts_debug:get_internal_state(memory))),
    [?T(erts_debug:get_internal_state(K)) || K <- ?V([no_such_state, {process_status, 1}, {a, b, c, d}, 1, {link_list, 1}, {binary_info, x}, {atom, x}])],
    [?T(erts_debug:set_internal_state(K, V)) || {K, V} <- ?V([{no_such_state, 1}, {next_pid, x}, {reds_left, x}, {gc_state, x}, {wait, x}, {1, 1}])],
    ?T([erts_debug:set_internal_state(wait, W) || W <- [deallocations, timer_cancellations, aux_work, thread_progress]]).

relations() ->
    Self = self(),
    P = spawn_link(?MODULE, idle, []),
    R = monitor(process, P),
    ?T([{T, Q =:= P, S} || {erl_link, T, Q, S, I} <- erts_debug:get_internal_state({link_list, Self}), Q =:= P, is_integer(I)]),
    ?T([{T, D, Q =:= P, N} || {erl_monitor, T, D, M, Q, N} <- erts_debug:get_internal_state({monitor_list, Self}), M =:= R]),
    ?T([{T, D, Q =:= Self, N} || {erl_monitor, T, D, M, Q, N} <- erts_debug:get_internal_state({monitor_list, P}), M =:= R]),
    ?T(erts_debug:get_internal_state({link_list, node()})),
    ?T(begin
           Q = spawn_link(?MODULE, idle, []),
           Two = [L || L <- element(2, process_info(Self, links)), L =:= P orelse L =:= Q],
           unlink(Q), exit(Q, kill),
           Two =:= [P, Q]
       end),
    ?T(begin unlink(P), exit(P, kill), expect:wait_down(R), erts_debug:get_internal_state({link_list, P}) end).

%% Whoever wants to hear of nodes.
node_watches() ->
    Mine = fun() -> [O || {P, O} <- erts_debug:get_internal_state(monitoring_nodes), P =:= self()] end,
    Flag = fun(Options, On) -> process_flag({monitor_nodes, Options}, On) end,
    ?T(Mine()),
    ?T([process_flag(monitor_nodes, true), process_flag(monitor_nodes, true)]),
    ?T([Flag(O, true) || O <- [#{list => true}, #{}, #{node_type => all}, #{node_type => hidden, nodedown_reason => true},
                               #{nodedown_reason => false}, #{node_type => visible, list => true, connection_id => true}]]),
    ?T([catch Flag(O, true) || O <- [#{list => false}, #{node_type => any}, #{other => true}, #{nodedown_reason => 1}, self(), [a]]]),
    ?T(Mine()),
    ?T([Flag(#{}, false), Flag(#{}, false), process_flag(monitor_nodes, false), Flag(#{node_type => all}, false)]),
    ?T(Mine()),
    Me = self(),
    {P, R} = spawn_monitor(fun() -> process_flag(monitor_nodes, true), Me ! asked, receive stop -> ok end end),
    receive asked -> ok end,
    ?T([O || {Q, O} <- erts_debug:get_internal_state(monitoring_nodes), Q =:= P]),
    P ! stop,
    expect:wait_down(R),
    ?T([O || {Q, O} <- erts_debug:get_internal_state(monitoring_nodes), Q =:= P]),
    ?T([Flag(#{node_type => hidden, nodedown_reason => true}, false), Flag(#{node_type => visible, list => true, connection_id => true}, false)]),
    ?T(Mine()).

numbers() ->
    ?T(begin N = erts_debug:get_internal_state(next_pid), is_integer(N) andalso N < 1 bsl 28 end),
    ?T(begin M = erts_debug:set_internal_state(next_pid, 100000), M >= 100000 andalso M =:= erts_debug:get_internal_state(next_pid) end),
    ?T(begin P = spawn(?MODULE, idle, []), exit(P, kill), T = pid_to_list(P), [_, "1696" ++ _, "3>"] = string:lexemes(T, "."), ok end),
    ?T(begin erts_debug:set_internal_state(reds_left, 1000), X = erts_debug:get_internal_state(reds_left), X =< 1000 andalso X > 900 end),
    ?T(begin
           S = erts_debug:get_internal_state(unique_monotonic_integer_state),
           Min = erts_debug:get_internal_state(min_unique_monotonic_integer),
           true = erts_debug:set_internal_state(unique_monotonic_integer_state, 12345 - Min - 1),
           A = [erlang:unique_integer([monotonic]) || _ <- [1, 2]],
           true = erts_debug:set_internal_state(unique_monotonic_integer_state, (1 bsl 59) - 1 - Min - 2),
           B = [erlang:unique_integer([monotonic]) || _ <- [1, 2, 3]],
           true = erts_debug:set_internal_state(unique_monotonic_integer_state, S),
           {Min, A, B}
       end),
    ?T(erts_debug:get_internal_state(min_unique_integer)),
    ?T(erts_debug:get_internal_state({make_unique_integer, 0, 0})),
    ?T(erts_debug:get_internal_state({make_unique_integer, x, 0})).

collecting() ->
    ?T(erts_debug:set_internal_state(gc_state, false)),
    ?T(begin Self = self(), Ref = make_ref(),
             Q = spawn(fun() -> async = garbage_collect(Self, [{async, Ref}]), receive {garbage_collect, Ref, X} -> Self ! {late, X} after 2000 -> Self ! none end end),
             true = is_pid(Q),
             receive M -> M after 50 -> waits end end),
    ?T(erts_debug:set_internal_state(gc_state, true)),
    ?T(receive M -> M after 1000 -> none end),
    ?T(erts_debug:set_internal_state(force_gc, self())),
    ?T(erts_debug:set_internal_state(fill_heap, true)),
    ?T(begin X = erts_debug:set_internal_state(mbuf, {a, [b, "c"], 1 bsl 90}), erlang:garbage_collect(), X end),
    ?T(byte_size(erts_debug:set_internal_state(binary, 1000))),
    ?T(begin erts_debug:set_internal_state(multizero_timeout_in_timeout, 1), receive M -> M after 1000 -> none end end).

references() ->
    ?T(begin
           {M, A} = erts_debug:set_internal_state(make, magic_ref),
           {A, 1, true} = erts_debug:get_internal_state({magic_ref, M}),
           N = binary_to_term(term_to_binary(M)),
           {A, 2, true} = erts_debug:get_internal_state({magic_ref, N}),
           L = list_to_ref(ref_to_list(M)),
           {A, _, true} = erts_debug:get_internal_state({magic_ref, L}),
           {M =:= N, L =:= N}
       end),
    ?T(erts_debug:get_internal_state({magic_ref, make_ref()})),
    ?T(begin T = ets:new(t, []), ets:insert(T, {a, 1}), ets:lookup(binary_to_term(term_to_binary({T})), a) end),
    ?T(begin T = ets:new(t, []), ets:insert(T, {a, 1}), {U} = binary_to_term(term_to_binary({T})), ets:lookup(U, a) end),
    ?T(begin A = atomics:new(2, []), atomics:put(binary_to_term(term_to_binary(A)), 1, 7), atomics:get(A, 1) end),
    ?T(begin C = binary:compile_pattern(<<"b">>), binary:match(<<"abc">>, binary_to_term(term_to_binary(C))) end).

sharing() ->
    L = lists:foldl(fun(_, A) -> [A | A] end, [], lists:seq(1, ?V(10))),
    ?T([erts_debug:size_shared(L), erts_debug:size(L), erts_debug:flat_size(L)]),
    ?T([erts_debug:size_shared(T) || T <- ?V([a, 1, [], "literal", {1, 2}])]),
    ?T(begin C = erts_debug:copy_shared(L, true), {C =:= L, erts_debug:size_shared(C)} end),
    ?T(begin X = {self(), binary:copy(<<7>>, 100), 1.5, 1 bsl 80, #{k => L}, make_ref(), fun() -> L end},
             C = erts_debug:copy_shared([X, X | X], false), erlang:garbage_collect(), C =:= [X, X | X] end),
    ?T(begin M = maps:from_list([{I, [I]} || I <- lists:seq(1, 100)]), C = erts_debug:copy_shared({M, M}), C =:= {M, M} end),
    ?T(erts_debug:copy_shared(L, x)),
    ?T(begin persistent_term:put(o_introspect, L), S = persistent_term:get(o_introspect), {S =:= L, erts_debug:size(S), erts_debug:size_shared(S)} end),
    ?T(persistent_term:erase(o_introspect)).

maps_inside() ->
    [?T(erts_debug:map_info(maps:from_list([{I, I} || I <- lists:seq(1, N)]))) || N <- ?V([33, 100, 1000])],
    ?T(lists:all(fun is_list/1, erts_debug:instructions())).

dirty() ->
    [?T(apply(erts_debug, F, A)) || {F, A} <- ?V([{dirty_cpu, [scheduler, type]}, {dirty_io, [scheduler, type]}, {dirty, [normal, scheduler, type]},
        {dirty, [dirty_cpu, scheduler, type]}, {dirty_cpu, [error, badarith]}, {dirty_io, [error, notsup]}, {dirty_cpu, [error, x]},
        {dirty_cpu, [wait, 5]}, {dirty_io, [wait, 5]}, {dirty_cpu, [reschedule, 8]}, {dirty_cpu, [reschedule, 3]}, {dirty, [x, wait, 1]},
        {dirty_cpu, [x, y]}])],
    ?T(length(erts_debug:dirty_cpu(copy, {a, "b"}))),
    ?T(begin erts_debug:dirty_io(send, self()), receive M -> M after 1000 -> none end end).

backtraces() ->
    P = spawn(?MODULE, idle, []),
    erlang:yield(),
    Text = fun(Q) -> element(2, process_info(Q, backtrace)) end,
    Has = fun(B, T) -> binary:match(B, T) =/= nomatch end,
    ?T([Has(Text(P), T) || T <- [<<"Program counter: 0x">>, <<"(o_introspect_test:idle/0 + ">>, <<" Return addr 0x">>, <<"<terminate process normally>">>]]),
    ?T(begin X = {self(), Text}, B = Text(self()), {Has(B, <<"y(0)     ">>), tuple_size(X)} end),
    exit(P, kill).

processes_as_text() ->
    P = spawn(fun() -> put(a_key, a_value), register(o_introspect_idle, self()), idle() end),
    timer:sleep(20),
    P ! {a_message},
    timer:sleep(20),
    B = erlang:system_info(procs),
    ?T([binary:match(B, T) =/= nomatch || T <- [<<"Name: o_introspect_idle">>, <<"Message queue length: 1">>,
        <<"Dictionary: [{a_key,a_value}]">>]]),
    exit(P, kill).
