%% SPDX-License-Identifier: Apache-2.0
%% Stand-in for common_test's test_server module.
-module(test_server).
-export([lookup_config/2, format/1, format/2, format/3, sleep/1, adjusted_sleep/1, seconds/1, minutes/1, hours/1]).
-export([timetrap/1, timetrap_cancel/1, timetrap_cancel/0, timetrap_scale_factor/0, timetrap_scale_factor/1, comment/1, comment/2]).
-export([messages_get/0, do_times/2, do_times/4, m_out_of_n/3, timecall/3, fail/0, fail/1, fault/2, temp_name/1]).
-export([is_native/1, is_cover/0, is_debug/0, is_valgrind/0, is_asan/0, memory_checker/0, is_commercial/0, os_type/0, is_release_available/1]).
-export([capture_start/0, capture_stop/0, capture_get/0, app_test/1, app_test/2, appup_test/1]).
-export([start_node/3, stop_node/1, wait_for_node/1, peer_name/2, start_peer/3, start_peer/5, run_on_shielded_node/2, break/1]).
-export([permit_io/2, call_crash/3, call_crash/4, call_crash/5]).

lookup_config(K, C) -> case lists:keyfind(K, 1, C) of {_, V} -> V; false -> undefined end.
format(F) -> ct:pal(F).
format(F, A) -> ct:pal(F, A).
format(_, F, A) -> ct:pal(F, A).
sleep(T) -> ct:sleep(T).
adjusted_sleep(T) -> ct:sleep(T).
seconds(N) -> trunc(N * 1000).
minutes(N) -> trunc(N * 60000).
hours(N) -> trunc(N * 3600000).
timetrap(T) -> suite_run:set_timetrap(T), timetrap_ref.
timetrap_cancel(_) -> ok.
timetrap_cancel() -> ok.
timetrap_scale_factor() -> 1.
timetrap_scale_factor(_) -> 1.
comment(_) -> ok.
comment(_, _) -> ok.
messages_get() -> receive M -> [M | messages_get()] after 0 -> [] end.
do_times(N, F) when N > 0 -> F(), do_times(N - 1, F);
do_times(0, _) -> ok.
do_times(N, M, F, A) when N > 0 -> apply(M, F, A), do_times(N - 1, M, F, A);
do_times(0, _, _, _) -> ok.
m_out_of_n(0, _, _) -> ok;
m_out_of_n(M, 0, _) -> exit({m_out_of_n_failed, {M, left_to_do}});
m_out_of_n(M, N, F) ->
    case catch F() of
        {'EXIT', _} -> m_out_of_n(M, N - 1, F);
        _ -> m_out_of_n(M - 1, N - 1, F)
    end.
timecall(M, F, A) ->
    T0 = erlang:monotonic_time(),
    V = apply(M, F, A),
    T = erlang:monotonic_time() - T0,
    {erlang:convert_time_unit(T, native, microsecond) / 1000000, V}.
fail() -> exit(suite_failed).
fail(R) -> exit({suite_failed, R}).
fault(F, A) -> ct:fail(F, A).
temp_name(Stem) -> Stem ++ integer_to_list(erlang:unique_integer([positive])) ++ integer_to_list(erlang:system_time(microsecond) rem 1000000).
is_native(_) -> false.
is_cover() -> false.
is_debug() -> false.
is_valgrind() -> false.
is_asan() -> false.
memory_checker() -> none.
is_commercial() -> false.
os_type() -> os:type().
is_release_available(_) -> false.
capture_start() -> suite_run_io:capture(true).
capture_stop() -> suite_run_io:capture(false).
capture_get() -> suite_run_io:get().
app_test(_) -> throw({skip, "app_test is not in the small runner"}).
app_test(_, _) -> throw({skip, "app_test is not in the small runner"}).
appup_test(_) -> throw({skip, "appup_test is not in the small runner"}).
permit_io(_, _) -> ok.
break(_) -> ok.

%% ---- other nodes: via peer, if allowed and the node is distributed
need_nodes() ->
    case suite_run:opt(nodes, true) of
        true -> ok;
        false -> throw({skip, "needs another node"})
    end.
peer_name(M, F) ->
    lists:flatten([to_s(M), "-", to_s(F), "-", integer_to_list(erlang:unique_integer([positive])), "-", os:getpid()]).
to_s(A) when is_atom(A) -> atom_to_list(A);
to_s(L) -> L.
start_peer(Args, M, F) when is_list(Args) -> start_peer(#{args => Args}, M, F);
start_peer(O, M, F) when is_map(O) ->
    need_nodes(),
    Name = case O of #{name := N} -> N; _ -> peer_name(M, F) end,
    Pa = ["-pa" | [P || P <- code:get_path(), not lists:prefix(code:root_dir(), P)]],
    Args = Pa ++ maps:get(args, O, []),
    case suite_run:opt(starter, none) of
        none -> peer:start_link((maps:without([args], O))#{name => Name, args => Args});
        Starter -> suite_peer:start(start_link, Starter, to_s(Name), Args)
    end.
start_peer(_, _, _, _, _) -> not_available.
start_node(Name, _Type, Opts) ->
    need_nodes(),
    Args = case lists:keyfind(args, 1, Opts) of {_, A} -> string:lexemes(A, " "); false -> [] end,
    Link = lists:keyfind(linked, 1, Opts),
    Start = case Link of {linked, false} -> start; _ -> start_link end,
    Pa = ["-pa" | [P || P <- code:get_path(), not lists:prefix(code:root_dir(), P)]],
    Started = case suite_run:opt(starter, none) of
                  none -> peer:Start(#{name => Name, args => Pa ++ Args});
                  Starter -> suite_peer:start(Start, Starter, to_s(Name), Pa ++ Args)
              end,
    case Started of
        {ok, Pid, Node} -> ets:insert(suite_run, {{peer, Node}, Pid}), {ok, Node};
        E -> E
    end.
stop_node(Node) ->
    case ets:lookup(suite_run, {peer, Node}) of
        [{K, P}] -> ets:delete(suite_run, K), catch unlink(P), catch peer:stop(P), true;
        [] -> catch rpc:call(Node, erlang, halt, []), true
    end.
wait_for_node(_) -> ok.
run_on_shielded_node(F, _Args) -> F().
call_crash(M, F, A) -> call_crash(60000, any, M, F, A).
call_crash(T, M, F, A) -> call_crash(T, any, M, F, A).
call_crash(T, _Crash, M, F, A) ->
    {P, R} = spawn_monitor(M, F, A),
    receive {'DOWN', R, process, P, normal} -> exit(called_function_didnt_crash);
            {'DOWN', R, process, P, _} -> ok
    after T -> exit(P, kill), exit(call_crash_timeout) end.
