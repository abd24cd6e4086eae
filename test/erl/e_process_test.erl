%% SPDX-License-Identifier: Apache-2.0
%% Names, the process dictionary, flags and information.
-module(e_process_test).
-export([run/0, idle/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

idle() -> receive stop -> ok after 10000 -> ok end.

cases() ->
    names(),
    dictionary(),
    flags(),
    information(),
    texts(),
    references().

names() ->
    P = spawn(?MODULE, idle, []),
    ?T(register(process_test_a, P)),
    ?T(whereis(process_test_a) =:= P),
    ?T(register(process_test_b, P)),
    ?T(register(process_test_a, self())),
    ?T(process_info(P, registered_name)),
    ?T(process_info(self(), registered_name)),
    ?T([N || N <- registered(), N =:= process_test_a]),
    ?T(unregister(process_test_a)),
    ?T(unregister(process_test_a)),
    ?T(whereis(process_test_a)),
    [?T(register(N, P)) || N <- ?V([undefined, 1, "x"])],
    [?T(register(process_test_c, X)) || X <- ?V([a, 1, make_ref()])],
    [?T(whereis(X)) || X <- ?V([1, "x"])],
    [?T(unregister(X)) || X <- ?V([1, "x"])],
    ?T(begin register(process_test_d, P), R = monitor(process, P), P ! stop, expect:wait_down(R), {whereis(process_test_d), catch process_test_d ! x} =:= {undefined, x} end),
    ?T(register(process_test_e, P)),
    ?T(process_info(P, registered_name)).

dictionary() ->
    [erase(K) || {K, _} <- get(), not is_expect(K)],
    ?T(put(a, 1)),
    ?T(put(a, 2)),
    ?T(get(a)),
    ?T(get(b)),
    ?T(erase(a)),
    ?T(erase(a)),
    ?T(get(a)),
    ?T([put({k, N}, N * N) || N <- seq(1, 300)]),
    ?T([get({k, N}) || N <- [1, 150, 300, 301]]),
    ?T(length([K || {{k, _} = K, _} <- get()])),
    ?T(length([K || {k, _} = K <- get_keys()])),
    ?T(get_keys(81)),
    ?T(sum([erase({k, N}) || N <- seq(1, 300)], 0)),
    ?T([K || {k, _} = K <- get_keys()]),
    ?T(begin put(1, i), put(1.0, f), {get(1), get(1.0), erase(1), erase(1.0)} end),
    ?T(begin put([deep, {term, "x"}], v), get([deep, {term, "x"}]) end),
    ?T(begin put(big, seq(1, 1000)), erlang:garbage_collect(), length(get(big)) end),
    ?T(in_new(fun() -> put(a, 1), put(b, 2), length(erase()) end)),
    ?T(in_new(fun() -> get() end)),
    ?T(in_new(fun() -> put(x, y), process_info(self(), dictionary) end)),
    ?T(in_new(fun() -> put(n, 0), [put(n, get(n) + 1) || _ <- seq(1, 5000)], get(n) end)).

is_expect(K) when is_atom(K) -> case atom_to_list(K) of "expect" ++ _ -> true; _ -> false end;
is_expect({expect_line, _}) -> true;
is_expect(_) -> false.

in_new(F) ->
    Me = self(),
    Ref = make_ref(),
    spawn(fun() -> Me ! {Ref, expect:error(F)} end),
    receive {Ref, R} -> R after 5000 -> none end.

flags() ->
    [?T(in_new(fun() -> {process_flag(F, V), process_flag(F, V)} end)) || {F, V} <- ?V([
        {trap_exit, true}, {priority, high}, {priority, low}, {priority, max}, {min_heap_size, 5000}, {min_bin_vheap_size, 50000}, {save_calls, 10}, {sensitive, true},
        {message_queue_data, off_heap}, {fullsweep_after, 5}, {error_handler, my_handler}])],
    [?T(in_new(fun() -> process_flag(F, V) end)) || {F, V} <- ?V([{trap_exit, 1}, {priority, x}, {min_heap_size, -1}, {min_heap_size, a}, {unknown, 1}, {1, 1}, {message_queue_data, x}, {fullsweep_after, -1}, {error_handler, 1}])],
    ?T(process_flag(spawn(?MODULE, idle, []), save_calls, 0)),
    ?T(process_flag(?V(a), save_calls, 0)),
    ?T(in_new(fun() -> process_flag(error_handler, ?MODULE), (?V(no_module_here)):f(1) end)).

information() ->
    P = spawn(?MODULE, idle, []),
    receive after 10 -> ok end,
    [?T(process_info(P, I)) || I <- ?V([current_function, initial_call, status, messages, message_queue_len, links, dictionary, trap_exit, error_handler, priority, monitors, monitored_by,
                                        registered_name, suspending, last_calls, message_queue_data, sequential_trace_token, catchlevel])],
    ?T([K || {K, _} <- process_info(P)]),
    ?T(process_info(P, ?V([status, trap_exit, registered_name, priority]))),
    ?T(process_info(P, ?V([]))),
    ?T([element(1, process_info(P, I)) || I <- ?V([heap_size, total_heap_size, stack_size, memory, reductions, garbage_collection, garbage_collection_info, binary, backtrace, group_leader, current_location, max_heap_size, min_heap_size])]),
    ?T([K || {K, _} <- element(2, process_info(P, garbage_collection))]),
    ?T(begin P ! a, P ! b, {process_info(P, message_queue_len), process_info(P, messages)} end),
    ?T(begin {current_location, {M, F, A, L}} = process_info(P, current_location), {M, F, A, length(L)} end),
    ?T(process_info(P, parent) =:= {parent, self()}),
    [?T(process_info(P, I)) || I <- ?V([wrong, 1, [status, wrong], "x"])],
    [?T(process_info(X, status)) || X <- ?V([a, 1])],
    ?T(begin R = monitor(process, P), exit(P, kill), expect:wait_down(R), {process_info(P), process_info(P, status), process_info(P, [status])} end),
    ?T(process_info(self(), status)),
    ?T(process_info(self(), current_function)),
    ?T(element(2, process_info(self(), reductions)) > 1000),
    ?T([P1 || P1 <- processes(), P1 =:= self()] =:= [self()]),
    ?T(begin N = length(processes()), Q = [spawn(?MODULE, idle, []) || _ <- seq(1, 100)], M = length(processes()), [exit(X, kill) || X <- Q], M - N end),
    ?T(is_integer(erlang:system_info(process_count))),
    ?T(begin erlang:garbage_collect(), erlang:garbage_collect(self()) end),
    ?T(erlang:garbage_collect(self(), [{type, minor}])),
    ?T(erlang:garbage_collect(self(), [{type, major}])),
    ?T(begin Ref = make_ref(), R = erlang:garbage_collect(self(), [{async, Ref}]), receive {garbage_collect, Ref, X} -> {R, X} after 1000 -> {R, none} end end),
    ?T(erlang:garbage_collect(self(), ?V([bad]))),
    ?T(erlang:garbage_collect(?V(a))),
    ?T(erlang:check_process_code(self(), ?MODULE)),
    ?T(erlang:yield()),
    ?T(erlang:bump_reductions(100)),
    ?T(erlang:bump_reductions(?V(0))),
    ?T(node()),
    ?T(node(self())),
    ?T(node(make_ref())),
    ?T(node(?V(a))),
    ?T(nodes()),
    ?T(is_alive()),
    ?T(self() =:= self()).

texts() ->
    ?T(pid_to_list(list_to_pid("<0.1.0>"))),
    ?T(list_to_pid("<0.1.0>") =:= list_to_pid("<0.1.0>")),
    ?T(list_to_pid(pid_to_list(self())) =:= self()),
    [?T(list_to_pid(X)) || X <- ?V(["", "<0.1>", "<0.a.0>", "0.1.0", a, "<0.1.0> ", "<99.1.0>"])],
    ?T(begin R = make_ref(), list_to_ref(ref_to_list(R)) =:= R end),
    [?T(list_to_ref(X)) || X <- ?V(["", "#Ref<0.1.2>", "x", a])],
    ?T(ref_to_list(?V(a))),
    ?T(pid_to_list(?V(a))),
    ?T(port_to_list(list_to_port("#Port<0.5>"))),
    ?T(list_to_port(?V("x"))),
    ?T(is_port(list_to_port("#Port<0.5>"))).

references() ->
    ?T(begin Rs = [make_ref() || _ <- seq(1, 1000)], length(unique(Rs)) end),
    ?T(begin A = make_ref(), B = make_ref(), A < B end),
    ?T(is_reference(make_ref())),
    ?T(erlang:unique_integer() =/= erlang:unique_integer()),
    ?T(erlang:unique_integer([positive]) > 0),
    ?T(begin A = erlang:unique_integer([monotonic]), B = erlang:unique_integer([monotonic]), A < B end),
    ?T(begin A = erlang:unique_integer([monotonic, positive]), B = erlang:unique_integer([positive, monotonic]), 0 < A andalso A < B end),
    ?T(erlang:unique_integer(?V([wrong]))),
    ?T(erlang:unique_integer(?V(a))).

unique(L) -> maps:keys(maps:from_keys(L, x)).

sum([H | T], S) -> sum(T, S + H);
sum([], S) -> S.
seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
