%% SPDX-License-Identifier: Apache-2.0
%% Timers and clocks of the emulator.
-module(e_timer_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    timers(),
    errors(),
    order(),
    clocks(),
    dates().

timers() ->
    Me = self(),
    ?T(begin erlang:send_after(5, Me, hello), receive X -> X after 2000 -> none end end),
    ?T(begin R = erlang:start_timer(5, Me, hello), receive {timeout, R, X} -> X after 2000 -> none end end),
    ?T(begin erlang:send_after(0, Me, now), receive X -> X after 2000 -> none end end),
    ?T(begin R = erlang:send_after(100000, Me, never), T = erlang:cancel_timer(R), {T > 90000, T =< 100000, erlang:cancel_timer(R)} end),
    ?T(begin R = erlang:start_timer(100000, Me, never), T = erlang:read_timer(R), erlang:cancel_timer(R), {T > 90000, T =< 100000, erlang:read_timer(R)} end),
    ?T(begin R = erlang:start_timer(1, Me, x), receive {timeout, R, x} -> erlang:cancel_timer(R) end end),
    ?T(begin R = erlang:start_timer(100000, Me, x), {erlang:cancel_timer(R, [{info, false}]), erlang:read_timer(R)} end),
    ?T(begin R = erlang:start_timer(100000, Me, x), {erlang:cancel_timer(R, [{async, true}]), receive {cancel_timer, R, T} -> T > 90000 after 2000 -> none end} end),
    ?T(begin R = erlang:start_timer(100000, Me, x), {erlang:cancel_timer(R, [{async, true}, {info, false}]), receive Y -> Y after 20 -> nothing end} end),
    ?T(begin R = erlang:start_timer(100000, Me, x), {erlang:read_timer(R, [{async, true}]), receive {read_timer, R, T} -> T > 90000 after 2000 -> none end} end),
    ?T(begin R = make_ref(), {erlang:cancel_timer(R), erlang:read_timer(R)} end),
    ?T(begin register(timer_test_name, Me), erlang:send_after(2, timer_test_name, named), R = receive X -> X after 2000 -> none end, unregister(timer_test_name), R end),
    ?T(begin erlang:send_after(2, no_such_name_for_timer, x), receive X -> X after 20 -> nothing end end),
    ?T(begin erlang:send_after(erlang:monotonic_time(millisecond) + 5, Me, at, [{abs, true}]), receive X -> X after 2000 -> none end end),
    ?T(begin R = erlang:start_timer(erlang:monotonic_time(millisecond) - 5, Me, past, [{abs, true}]), receive {timeout, R, X} -> X after 2000 -> none end end),
    ?T(begin P = spawn(fun() -> ok end), erlang:send_after(5, P, x), receive after 10 -> ok end end),
    ?T(begin T0 = erlang:monotonic_time(microsecond), erlang:send_after(20, Me, x), receive x -> D = erlang:monotonic_time(microsecond) - T0, D >= 20000 andalso D < 1000000 end end).

errors() ->
    Me = self(),
    [?T(erlang:send_after(T, Me, x)) || T <- ?V([-1, a, 1.0, 1 bsl 64, 1 bsl 70])],
    [?T(erlang:start_timer(T, Me, x)) || T <- ?V([-1, a])],
    [?T(erlang:send_after(1, P, x)) || P <- ?V([1, "x", make_ref()])],
    [?T(erlang:send_after(1, Me, x, O)) || O <- ?V([a, [bad], [{abs, 1}]])],
    [?T(erlang:cancel_timer(R)) || R <- ?V([a, 1, self()])],
    [?T(erlang:cancel_timer(make_ref(), O)) || O <- ?V([a, [bad], [{async, 1}], []])],
    [?T(erlang:read_timer(R)) || R <- ?V([a, 1])].

order() ->
    Me = self(),
    ?T(begin [erlang:send_after(T, Me, {at, T}) || T <- [60, 20, 40, 0]], [receive M -> M after 2000 -> none end || _ <- [1, 2, 3, 4]] end),
    ?T(begin Rs = [erlang:start_timer(10 + N rem 20, Me, N) || N <- seq(1, 500)], length([receive {timeout, R, N} -> N after 5000 -> none end || R <- Rs]) end),
    ?T(begin Rs = [erlang:start_timer(100000 + N, Me, N) || N <- seq(1, 2000)], length([R || R <- Rs, is_integer(erlang:cancel_timer(R))]) end),
    ?T(begin [spawn(fun() -> receive after N rem 30 -> Me ! N end end) || N <- seq(1, 300)], sum([receive N -> N after 5000 -> 0 end || _ <- seq(1, 300)], 0) end).

clocks() ->
    ?T(begin A = erlang:monotonic_time(), B = erlang:monotonic_time(), A =< B end),
    ?T(erlang:monotonic_time() + erlang:time_offset() - erlang:system_time() < erlang:convert_time_unit(1, second, native)),
    ?T(erlang:system_time(second) > 1600000000),
    ?T(erlang:system_time(millisecond) div 1000 - erlang:system_time(second) =< 1),
    [?T(erlang:convert_time_unit(?V(T), F, To)) || T <- [0, 1, -1, 1500, 123456789], F <- ?V([second, millisecond, microsecond, nanosecond, native, 1000]), To <- ?V([second, nanosecond, 7])],
    [?T(erlang:convert_time_unit(T, F, To)) || {T, F, To} <- ?V([{a, second, second}, {1, bad, second}, {1, second, 0}, {1, second, -5}, {1, perf_counter, perf_counter}])],
    [?T(erlang:monotonic_time(U)) || U <- ?V([bad, 0, -1])],
    [?T(erlang:system_time(U)) || U <- ?V([bad, 0])],
    [?T(is_integer(erlang:system_time(U) + erlang:monotonic_time(U) + os:system_time(U))) || U <- ?V([7, 1000000000001, 1 bsl 59, 1 bsl 64, 1 bsl 200])],
    ?T(begin A = erlang:system_time(1 bsl 100), B = erlang:system_time(second), A bsr 100 - B < 2 end),
    [?T({erlang:universaltime_to_localtime(D), erlang:localtime_to_universaltime(D)}) || D <- ?V([{{1901, 12, 31}, {23, 59, 59}}, {{1902, 1, 1}, {0, 0, 0}}])],
    [?T(is_integer(erlang:monotonic_time(U))) || U <- ?V([second, millisecond, microsecond, nanosecond, native, 10])],
    ?T(begin {A, B, C} = erlang:timestamp(), is_integer(A) andalso is_integer(B) andalso is_integer(C) andalso B < 1000000 end),
    ?T(begin A = erlang:now(), B = erlang:now(), A < B end),
    ?T(erlang:time_offset(second) > 0),
    ?T(is_integer(os:system_time())),
    ?T(is_integer(os:system_time(second))),
    ?T(is_tuple(os:timestamp())),
    ?T(is_integer(os:perf_counter())),
    ?T(element(1, statistics(runtime)) >= 0),
    ?T(element(1, statistics(wall_clock)) >= 0),
    ?T(tuple_size(statistics(reductions))),
    ?T(statistics(?V(wrong))).

dates() ->
    ?T(begin {{Y, M, D}, {H, Mi, S}} = erlang:universaltime(), Y > 2020 andalso M =< 12 andalso D =< 31 andalso H < 24 andalso Mi < 60 andalso S < 61 end),
    ?T(begin {A, B, C} = date(), is_integer(A + B + C) end),
    ?T(begin {A, B, C} = time(), is_integer(A + B + C) end),
    ?T(tuple_size(erlang:localtime())),
    [?T(erlang:universaltime_to_posixtime(D)) || D <- ?V([{{1970, 1, 1}, {0, 0, 0}}, {{2000, 2, 29}, {12, 30, 45}}, {{2038, 1, 19}, {3, 14, 8}}, {{1969, 12, 31}, {23, 59, 59}}, {{2023, 2, 29}, {0, 0, 0}}, {{2023, 13, 1}, {0, 0, 0}}, x])],
    [?T(erlang:posixtime_to_universaltime(T)) || T <- ?V([0, 951827445, 1 bsl 31, -1, 253402300799, a])],
    [?T(erlang:localtime_to_universaltime(D)) || D <- ?V([{{2023, 2, 30}, {0, 0, 0}}, a, {{2023, 1, 1}, {25, 0, 0}}])].

sum([H | T], S) -> sum(T, S + H);
sum([], S) -> S.
seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
