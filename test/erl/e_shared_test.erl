%% SPDX-License-Identifier: Apache-2.0
%% State outside processes: persistent terms, atomics, counters.
-module(e_shared_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    persistent(),
    atomics(),
    counters().

persistent() ->
    ?T(persistent_term:put({e_shared_test, a}, 1)),
    ?T(persistent_term:get({e_shared_test, a})),
    ?T(persistent_term:get({e_shared_test, none})),
    ?T(persistent_term:get({e_shared_test, none}, default)),
    ?T(persistent_term:put({e_shared_test, a}, [big, {term, <<"x">>}, #{k => v}])),
    ?T(persistent_term:get({e_shared_test, a})),
    ?T(persistent_term:put({e_shared_test, a}, [big, {term, <<"x">>}, #{k => v}])),
    ?T(persistent_term:erase({e_shared_test, a})),
    ?T(persistent_term:erase({e_shared_test, a})),
    ?T([persistent_term:put({e_shared_test, N}, {N, "value", seq(1, N)}) || N <- seq(1, 200)] =:= [ok || _ <- seq(1, 200)]),
    ?T(sum([length(element(3, persistent_term:get({e_shared_test, N}))) || N <- seq(1, 200)], 0)),
    ?T(length([K || {{e_shared_test, _} = K, _} <- persistent_term:get()])),
    ?T(begin X = persistent_term:get({e_shared_test, 5}), persistent_term:put({e_shared_test, 5}, changed), erlang:garbage_collect(), {X, persistent_term:get({e_shared_test, 5})} end),
    ?T(begin X = persistent_term:get({e_shared_test, 6}), persistent_term:erase({e_shared_test, 6}), erlang:garbage_collect(), X end),
    ?T(begin Me = self(), spawn(fun() -> Me ! persistent_term:get({e_shared_test, 7}) end), receive M -> M end end),
    ?T(begin put(pt, persistent_term:get({e_shared_test, 9})), [persistent_term:erase({e_shared_test, N}) || N <- seq(1, 200)], receive after 20 -> ok end, get(pt) end),
    ?T(sort_keys(persistent_term:info())),
    ?T(begin persistent_term:put(1, int), persistent_term:put(1.0, float), R = {persistent_term:get(1), persistent_term:get(1.0)}, persistent_term:erase(1), persistent_term:erase(1.0), R end).

sort_keys(M) -> [is_map_key(count, M), is_map_key(memory, M)].

atomics() ->
    A = atomics:new(3, []),
    ?T(is_reference(A)),
    ?T([atomics:get(A, N) || N <- [1, 2, 3]]),
    ?T(atomics:put(A, 1, 5)),
    ?T(atomics:add(A, 1, 3)),
    ?T(atomics:add_get(A, 1, 2)),
    ?T(atomics:sub(A, 1, 1)),
    ?T(atomics:sub_get(A, 1, 20)),
    ?T(atomics:exchange(A, 2, 77)),
    ?T(atomics:exchange(A, 2, 78)),
    ?T(atomics:compare_exchange(A, 2, 78, 1)),
    ?T(atomics:compare_exchange(A, 2, 78, 2)),
    ?T([atomics:get(A, N) || N <- [1, 2, 3]]),
    ?T(begin atomics:put(A, 3, (1 bsl 63) - 1), atomics:add(A, 3, 1), atomics:get(A, 3) end),
    ?T(begin atomics:put(A, 3, -(1 bsl 63)), atomics:sub_get(A, 3, 1) end),
    ?T([K || K <- [size, max, min], is_map_key(K, atomics:info(A))]),
    ?T({maps:get(size, atomics:info(A)), maps:get(max, atomics:info(A)), maps:get(min, atomics:info(A))}),
    U = atomics:new(1, [{signed, false}]),
    ?T(atomics:sub_get(U, 1, 1)),
    ?T(atomics:put(U, 1, (1 bsl 64) - 1)),
    ?T(atomics:add_get(U, 1, 1)),
    ?T({maps:get(max, atomics:info(U)), maps:get(min, atomics:info(U))}),
    ?T(atomics:put(U, 1, ?V(-1))),
    ?T(atomics:put(U, 1, ?V(1 bsl 64))),
    ?T(atomics:put(A, 1, ?V(1 bsl 63))),
    ?T(atomics:add_get(A, 1, ?V(1 bsl 64))),
    [?T(atomics:get(A, N)) || N <- ?V([0, 4, -1, a])],
    [?T(atomics:new(N, O)) || {N, O} <- ?V([{0, []}, {-1, []}, {a, []}, {1, a}, {1, [bad]}, {1, [{signed, x}]}])],
    ?T(atomics:get(?V(x), 1)),
    ?T(atomics:get(make_ref(), 1)),
    ?T(begin Me = self(), [spawn(fun() -> [atomics:add(A, 2, 1) || _ <- seq(1, 100)], Me ! done end) || _ <- seq(1, 20)], [receive done -> ok end || _ <- seq(1, 20)], atomics:get(A, 2) end).

counters() ->
    [begin
         C = counters:new(2, O),
         ?T({O, counters:get(C, 1)}),
         ?T(counters:add(C, 1, 5)),
         ?T(counters:sub(C, 1, 7)),
         ?T(counters:get(C, 1)),
         ?T(counters:put(C, 2, 1000)),
         ?T(counters:get(C, 2)),
         ?T(maps:get(size, counters:info(C))),
         [?T(counters:get(C, N)) || N <- ?V([0, 3, a])]
     end || O <- ?V([[], [atomics], [write_concurrency]])],
    [?T(counters:new(N, O)) || {N, O} <- ?V([{0, []}, {a, []}, {1, [bad]}])],
    ?T(counters:get(?V(x), 1)).

sum([H | T], S) -> sum(T, S + H);
sum([], S) -> S.
seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
