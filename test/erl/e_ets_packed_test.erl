%% SPDX-License-Identifier: Apache-2.0
%% Compressed tables: terms of every kind go in and come out the same, and everything works on them as on others.
-module(e_ets_packed_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    terms(),
    keys(),
    elements(),
    updates(),
    counters(),
    matching(),
    selecting(),
    bags(),
    binaries(),
    ordered(),
    deep(),
    many().

types() -> [set, ordered_set, bag, duplicate_bag].

new(Type) -> ets:new(t, [Type, public, compressed]).

samples() ->
    Large = binary:copy(<<"0123456789">>, 20),
    X = ?V(7),
    [0, 1, 63, 64, -1, -64, 1 bsl 20, -(1 bsl 40), (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59, 1 bsl 200, -(1 bsl 300), 1.5, -0.0,
     [], [a], "text", [1, 2, 3], [255, 0], [256, 1, 2], [-1, 2, 3], [a | b], [1, 2, 3 | 4], [[a | b] | {c}], lists:seq(1, 16),
     lists:duplicate(16, x), lists:duplicate(17, x), lists:duplicate(300, [y]), "a" ++ lists:duplicate(1000, $b),
     {}, {{}}, {a, {b, {c}}}, list_to_tuple(lists:seq(1, 31)), list_to_tuple(lists:seq(1, 32)), list_to_tuple(lists:duplicate(500, [z])),
     #{}, #{a => 1}, #{a => #{b => "c"}}, maps:from_list([{I, {I, integer_to_list(I)}} || I <- lists:seq(1, 200)]),
     <<>>, <<"short">>, <<1:3>>, Large, binary:part(Large, 3, 100), binary:part(Large, 3, 5), <<Large/binary, 1:1>>,
     true, 'an atom with a long name', self(), X, list_to_pid("<0.7.0>"),
     fun lists:map/2, fun(A) -> {A, X, Large} end, fun() -> ok end, list_to_ref("#Ref<0.1.2.3>"),
     [{I, [I, {Large, I}]} || I <- lists:seq(1, 20)], {[], [{[], [[], {}]}], <<>>, #{[] => {}}}].

terms() ->
    Samples = samples(),
    Ref = make_ref(),
    [begin
         T = new(Type),
         [ets:insert(T, {I, V, [V], {V, x}}) || {I, V} <- number(Samples)],
         ets:insert(T, {ref, T, [Ref]}),
         ?T([I || {I, V} <- number(Samples), ets:lookup(T, I) =/= [{I, V, [V], {V, x}}]]),
         ?T(ets:lookup(T, ref) =:= [{ref, T, [Ref]}]),
         ?T({ets:info(T, size), ets:info(T, compressed), length(ets:tab2list(T))}),
         ets:delete(T)
     end || Type <- types()].

number(L) -> lists:zip(lists:seq(1, length(L)), L).

keys() ->
    [begin
         T = ets:new(t, [Type, public, compressed, {keypos, 2}]),
         Samples = lists:usort(samples()),
         [ets:insert(T, {[x, {y}], K, "rest", K}) || K <- Samples],
         ?T([K || K <- Samples, ets:lookup(T, K) =/= [{[x, {y}], K, "rest", K}]]),
         ?T(lists:sort([K || {_, K, _, _} <- ets:tab2list(T)]) =:= Samples),
         ?T([ets:delete(T, K) || K <- lists:sublist(Samples, 5)]),
         ?T(ets:info(T, size)),
         ets:delete(T)
     end || Type <- [set, bag]].

elements() ->
    T = new(set),
    ets:insert(T, {k, a, [b, "c"], {d, [e]}, 5, <<1, 2>>, "k"}),
    [?T(ets:lookup_element(T, k, I)) || I <- ?V([1, 2, 3, 4, 5, 6, 7, 8, 0])],
    ets:insert(T, {{key, [1]}, {value, [2]}}),
    [?T(ets:lookup_element(T, {key, [1]}, I)) || I <- ?V([1, 2])],
    B = new(bag),
    ets:insert(B, [{a, [1]}, {a, [2], x}, {a, {3}}]),
    ?T(ets:lookup_element(B, a, 2)),
    ?T(ets:lookup_element(B, a, 3)),
    ?T(ets:take(B, a)),
    ?T(ets:member(B, a)).

updates() ->
    [begin
         T = new(Type),
         ets:insert(T, {k, [a, b], {c}, 4, e}),
         ?T(ets:update_element(T, k, {4, 5})),
         ?T(ets:lookup(T, k)),
         ?T(ets:update_element(T, k, [{2, x}, {5, "long"}])),
         ?T(ets:lookup(T, k)),
         ?T(ets:update_element(T, k, {3, [{new}]})),
         ?T(ets:lookup(T, k)),
         ?T(ets:update_element(T, k, [{2, y}, {3, y}, {5, y}])),
         ?T(ets:lookup(T, k)),
         ?T(ets:update_element(T, k, {2, [z]})),
         ?T(ets:lookup(T, k)),
         ?T(ets:insert_new(T, {k, other})),
         ?T(ets:insert_new(T, [{l, [1]}, {m, [2]}])),
         ?T(ets:insert(T, {k, [replaced]})),
         ?T(lists:sort(ets:tab2list(T)))
     end || Type <- [set, ordered_set]].

counters() ->
    T = new(set),
    ets:insert(T, {k, 1, [text], 1 bsl 70, 3}),
    ?T(ets:update_counter(T, k, 5)),
    ?T(ets:update_counter(T, k, {5, 4})),
    ?T(ets:update_counter(T, k, {4, 1})),
    ?T(ets:update_counter(T, k, [{2, 1}, {4, -(1 bsl 70)}, {5, 1, 7, 0}])),
    ?T(ets:update_counter(T, k, {3, 1})),
    ?T(ets:update_counter(T, other, {2, 1}, {x, 0, "y"})),
    ?T(ets:update_counter(T, k, {2, 1 bsl 65})),
    ?T(lists:sort(ets:tab2list(T))).

matching() ->
    [begin
         T = new(Type),
         ets:insert(T, [{I, {I rem 3, [I]}, "text", #{i => I}} || I <- lists:seq(1, 30)]),
         ?T(lists:sort(ets:match(T, {'$1', {1, '$2'}, '_', '_'}))),
         ?T(lists:sort(ets:match_object(T, {'_', {2, [5]}, '_', '_'}))),
         ?T(lists:sort(ets:match(T, {7, '$1', '$2', '$3'}))),
         ?T(ets:match_delete(T, {'_', {0, '_'}, '_', '_'})),
         ?T(ets:info(T, size)),
         ?T(lists:sort([hd(element(2, element(2, O))) || O <- ets:tab2list(T)]))
     end || Type <- types()].

selecting() ->
    [begin
         T = new(Type),
         ets:insert(T, [{I, {I rem 3, [I]}, "text"} || I <- lists:seq(1, 30)]),
         ?T(lists:sort(ets:select(T, [{{'$1', {1, '$2'}, '_'}, [{'>', '$1', 10}], ['$_']}]))),
         ?T(lists:sort(ets:select(T, [{{'$1', {1, '$2'}, '$3'}, [{'>', {hd, '$2'}, 10}], [{{'$3', '$2', {const, [x]}}}]}]))),
         ?T(ets:select_count(T, [{{'_', {0, '_'}, "text"}, [], [true]}])),
         ?T(pages(ets:select(T, [{{'$1', '$2', '_'}, [], ['$2']}], 7), [])),
         ?T(ets:select_delete(T, [{{'$1', {2, '_'}, '_'}, [], [true]}])),
         Type =:= bag orelse
             ?T(ets:select_replace(T, [{{'$1', {1, '$2'}, '$3'}, [], [{{'$1', {{one, '$2', '$3'}}, '$3'}}]}])),
         ?T(lists:sort(ets:tab2list(T))),
         ?T(lists:sort(ets:foldl(fun({K, V, _}, A) -> [{V, K} | A] end, [], T)))
     end || Type <- types()].

pages('$end_of_table', All) -> lists:sort(All);
pages({Page, More}, All) -> pages(ets:select(More), Page ++ All).

bags() ->
    [begin
         T = new(Type),
         ets:insert(T, [{k, [1]}, {k, [2]}, {k, [1]}, {k, [1.0]}, {k, <<0:999>>}, {k, <<0:999>>}]),
         ?T(ets:lookup(T, k)),
         ?T(ets:delete_object(T, {k, [1]})),
         ?T(ets:lookup(T, k)),
         ?T(ets:delete_object(T, {k, <<0:999>>})),
         ets:safe_fixtable(T, true),
         ?T(ets:delete_object(T, {k, [2]})),
         ?T(ets:insert(T, {k, [2]})),
         ets:safe_fixtable(T, false),
         ?T(ets:lookup(T, k)),
         ?T(ets:match_object(T, {k, [1]}))
     end || Type <- [bag, duplicate_bag]].

%% What lies outside of tables stays as long as somebody has it, and no longer.
binaries() ->
    T = new(set),
    Make = fun(I) -> binary:copy(<<I>>, 100000) end,
    [ets:insert(T, {I, [Make(I), binary:part(Make(I), 50, 1000)]}) || I <- lists:seq(1, 20)],
    erlang:garbage_collect(),
    Full = erlang:memory(binary),
    ?T([I || {I, [A, B]} <- ets:tab2list(T), A =/= Make(I) orelse B =/= binary:part(Make(I), 50, 1000)]),
    ?T(ets:match(T, {'$1', [Make(3), '_']})),
    [ets:update_element(T, I, {2, [small]}) || I <- lists:seq(1, 10)],
    [ets:delete(T, I) || I <- lists:seq(11, 15)],
    erlang:garbage_collect(),
    Less = erlang:memory(binary),
    ?T(Full - Less > 2800000 andalso Full - Less < 3400000),
    ets:delete(T).

ordered() ->
    T = new(ordered_set),
    [ets:insert(T, {{I rem 10, [I]}, {value, [I]}}) || I <- lists:seq(1, 40)],
    ?T({ets:first(T), ets:last(T), ets:next(T, {5, [15]}), ets:prev(T, {5, [15]})}),
    ?T(ets:slot(T, 11)),
    ?T(ets:delete_object(T, {{5, [15]}, {value, [16]}})),
    ?T(ets:delete_object(T, {{5, [15]}, {value, [15]}})),
    ?T([V || {_, {value, [V]}} <- ets:tab2list(T)]),
    ?T(ets:select_reverse(T, [{{{3, '_'}, '$1'}, [], ['$1']}])).

deep() ->
    T = new(set),
    Left = lists:foldl(fun(_, A) -> [A] end, [], lists:seq(1, 300000)),
    Right = lists:foldl(fun(I, A) -> {I, A} end, {}, lists:seq(1, 300000)),
    ets:insert(T, {deep, Left, Right}),
    ?T(ets:lookup(T, deep) =:= [{deep, Left, Right}]),
    ?T(ets:match_object(T, {deep, Left, '_'}) =:= [{deep, Left, Right}]),
    ?T(ets:lookup_element(T, deep, 3) =:= Right).

many() ->
    T = new(set),
    [ets:insert(T, {I, {node, [{line, I}, {file, "module.erl"}], [var, I * I]}}) || I <- lists:seq(1, 20000)],
    ?T(lists:sum([N || {_, {node, _, [var, N]}} <- ets:tab2list(T)])),
    ?T(ets:select_count(T, [{{'_', {node, [{line, '$1'} | '_'], '_'}}, [{'<', '$1', 100}], [true]}])),
    P = ets:new(plain, [set, public]),
    ets:insert(P, ets:tab2list(T)),
    ?T(ets:info(T, memory) * 2 < ets:info(P, memory)),
    ?T(ets:delete_all_objects(T)),
    ?T(ets:info(T, size)).
