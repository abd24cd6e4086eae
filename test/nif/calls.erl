%% SPDX-License-Identifier: Apache-2.0
%% calls -- native code as Erlang sees it: prints the same on stock and on Mote (test/nif/run compares).
-module(calls).
-export([main/1, main/0]).
-export([describe/1, numbers/1, pairs/1, map_of/1, through_bytes/1, twice/1, queue/1, fail/1, sum/1, state/0,
         make_box/2, open_box/1, crash/1, wait_for_ever/1]).
-nifs([describe/1, numbers/1, pairs/1, map_of/1, through_bytes/1, twice/1, queue/1, fail/1, sum/1, state/0,
       make_box/2, open_box/1, crash/1, wait_for_ever/1]).
-on_load(load/0).

load() -> erlang:load_nif(filename:join(os:getenv("NIF_FOLDER", "."), "calls"), []).

describe(_) -> erlang:nif_error(not_loaded).
numbers(_) -> erlang:nif_error(not_loaded).
pairs(_) -> erlang:nif_error(not_loaded).
map_of(_) -> erlang:nif_error(not_loaded).
through_bytes(_) -> erlang:nif_error(not_loaded).
twice(_) -> erlang:nif_error(not_loaded).
queue(_) -> erlang:nif_error(not_loaded).
fail(_) -> erlang:nif_error(not_loaded).
sum(_) -> erlang:nif_error(not_loaded).
state() -> erlang:nif_error(not_loaded).
make_box(_, _) -> erlang:nif_error(not_loaded).
open_box(_) -> erlang:nif_error(not_loaded).
crash(_) -> erlang:nif_error(not_loaded).
wait_for_ever(_) -> erlang:nif_error(not_loaded).

main() -> main(init:get_plain_arguments()).
main(["crash"]) -> crash(1);
main(["deadlock"]) -> wait_for_ever(1);
main(_) ->
    [show(describe, describe(T)) || T <- [a, 'A b', 12, -1 bsl 70, 1.5, [1, 2], "text", <<"bin">>, <<1:3>>, {a, {b}},
                                          #{a => 1}, fun lists:map/2, []]],
    [show(numbers, numbers(N)) || N <- [0, -1, 1 bsl 31, 1 bsl 32, 1 bsl 59, 1 bsl 63, -(1 bsl 63), 1 bsl 64, 2.5, x]],
    [begin
         M = maps:from_list([{{k, N}, N * N} || N <- lists:seq(1, Size)]),
         show(pairs, {Size, lists:sort(pairs(M)) =:= lists:sort(maps:to_list(M)), pairs(M) =:= lists:reverse(backwards(M)),
                      map_of(maps:to_list(M)) =:= M})
     end || Size <- [0, 1, 5, 32, 33, 1000]],
    show(through_bytes, through_bytes({a, "b", #{c => 1.0}, <<1, 2, 3>>, 1 bsl 100})),
    [show(twice, twice(B)) || B <- [<<"abc">>, ["x", <<"yz">>, [$w]], part(), binary:copy(<<"0123456789">>, 7)]],
    [show(twice, catch_trace(fun() -> twice(B) end)) || B <- [a, <<1:7>>, [1 | 2], [256]]],
    show(queue, queue([<<"a">>, binary:copy(<<"b">>, 100), part(), <<>>])),
    [show(fail, catch_trace(fun() -> fail(R) end)) || R <- [a, {some, reason}, "text"]],
    show(sum, sum(10)),
    show(sum, catch_trace(fun() -> sum(x) end)),
    show(sum, [sum(N) || N <- lists:seq(1, 30)] =:= [N * (N + 1) div 2 || N <- lists:seq(1, 30)]),
    show(state, [state(), state()]),
    boxes(),
    show(reload, element(2, element(2, load()))),
    show(nifs, length(calls:module_info(nifs))),
    upgrade(),
    show(taints, lists:member(calls, erlang:system_info(taints))).

show(What, Term) -> io:format("~p ~0p~n", [What, Term]).

backwards(M) -> lists:reverse(pairs(M)).

%% Begins inside a byte.
part() ->
    <<_:3, Part:40/bits, _/bits>> = <<1, 2, 3, 4, 5, 6, 7>>,
    Part.

catch_trace(F) ->
    try F()
    catch C:R:Trace -> {C, R, erlang:delete_element(4, hd(Trace))}
    end.

boxes() ->
    {P, Ref} = spawn_monitor(fun() -> receive stop -> ok end end),
    Box = make_box(7, P),
    {7, Bytes} = open_box(Box),
    show(box, {is_reference(Box), Bytes, open_box(binary_to_term(term_to_binary(Box))) =:= {7, Bytes}}),
    P ! stop,
    receive {'DOWN', Ref, process, P, Why} -> show(box, Why) end,
    receive {down, 7} -> show(box, down) end,
    {Q, QRef} = spawn_monitor(fun() -> [make_box(N, none) || N <- lists:seq(1, 3)], gone(3) end),
    receive {'DOWN', QRef, process, Q, {done, N}} -> show(box, N) end,
    show(box, element(2, catch_trace(fun() -> open_box(make_ref()) end))),
    show(box, byte_size(Bytes)).

gone(0) -> exit({done, 0});
gone(N) ->
    erlang:garbage_collect(),
    receive {gone, _} -> gone(N - 1) end.

%% The same module once more: the library's upgrade function is called, and the old code can go.
upgrade() ->
    {calls, Beam, File} = code:get_object_code(calls),
    _ = code:purge(calls),
    spawn(fun() -> ok end),
    {Pid, Ref} = spawn_monitor(fun() ->
                                       {module, calls} = code:load_binary(calls, File, Beam),
                                       exit(apply(list_to_atom("calls"), state, []))
                               end),
    receive {'DOWN', Ref, process, Pid, State} -> show(upgrade, State) end.
