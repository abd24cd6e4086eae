%% SPDX-License-Identifier: Apache-2.0
%% ETS: every kind of table and every function that is written in C.  Answers of unordered tables are sorted.
-module(e_ets_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    creation(),
    kinds(),
    elements(),
    counters(),
    ordered(),
    matching(),
    specifications(),
    selecting(),
    continuations(),
    deleting(),
    replacing(),
    protection(),
    owners(),
    fixed(),
    information(),
    large(),
    errors().

types() -> [set, ordered_set, bag, duplicate_bag].

new(Type) -> ets:new(t, [Type, public]).
new(Type, Objects) -> T = new(Type), ets:insert(T, Objects), T.

%% Everything in the table, in term order.
all(T) -> sort(ets:match_object(T, '_')).

creation() ->
    [?T(is_reference(ets:new(x, O))) || O <- ?V([[], [set], [ordered_set, public], [bag, {keypos, 2}], [duplicate_bag, private, {read_concurrency, true}, {write_concurrency, true}], [compressed], [{heir, none}], [{decentralized_counters, true}], [{write_concurrency, auto}], [set, bag]])],
    [?T(ets:info(ets:new(x, [K, public, {write_concurrency, {debug_hash_fixed_number_of_locks, N}}]), write_concurrency))
     || K <- ?V([set, bag, ordered_set]), N <- ?V([0, 1, 65, 2048, 40000, a])],
    ?T(ets:new(ets_test_named, [named_table])),
    ?T(ets:new(ets_test_named, [named_table])),
    ?T(ets:whereis(ets_test_named) =/= undefined),
    ?T(ets:whereis(ets_test_other)),
    ?T(ets:insert(ets_test_named, {a, 1})),
    ?T(ets:lookup(ets_test_named, a)),
    ?T(ets:lookup(ets:whereis(ets_test_named), a)),
    ?T(ets:rename(ets_test_named, ets_test_renamed)),
    ?T(ets:lookup(ets_test_renamed, a)),
    ?T(ets:lookup(ets_test_named, a)),
    ?T(ets:delete(ets_test_renamed)),
    ?T(ets:delete(ets_test_renamed)),
    [?T(ets:new(N, O)) || {N, O} <- ?V([{1, []}, {a, [bad]}, {a, a}, {a, [{keypos, 0}]}, {a, [{keypos, a}]}, {a, [{heir, x}]}, {a, [set | x]}, {a, [{heir, self(), x, y}]}, {"a", []}])],
    ?T(begin T = new(set), L = ets:all(), ets:delete(T), [X || X <- L, X =:= T] =:= [T] end).

kinds() ->
    Objects = ?V([{1, a}, {2, b}, {1, c}, {1.0, f}, {1, a}, {"k", v}, {{t, 1}, x}, {<<"b">>, y}]),
    [begin
         T = new(Type),
         ?T({Type, ets:insert(T, Objects)}),
         ?T(all(T)),
         [?T(ets:lookup(T, K)) || K <- ?V([1, 1.0, 2, "k", {t, 1}, <<"b">>, none])],
         [?T(ets:member(T, K)) || K <- ?V([1, 1.0, none])],
         ?T(ets:info(T, size)),
         ?T(ets:insert_new(T, {1, new})),
         ?T(ets:insert_new(T, {9, new})),
         ?T(ets:insert_new(T, [{10, x}, {11, y}])),
         ?T(ets:insert_new(T, [{12, x}, {11, y}])),
         ?T(ets:insert_new(T, [])),
         ?T(ets:insert(T, [])),
         ?T(all(T)),
         ?T(ets:delete(T, 1)),
         ?T(ets:delete(T, 777)),
         ?T(ets:delete_object(T, {2, b})),
         ?T(ets:delete_object(T, {9, nothing})),
         ?T(sort(ets:take(T, "k"))),
         ?T(ets:take(T, "k")),
         ?T(all(T)),
         ?T(ets:delete_all_objects(T)),
         ?T(ets:info(T, size)),
         ?T(ets:first(T)),
         ?T(ets:delete(T))
     end || Type <- types()],
    ?T(begin T = new(bag, [{k, 3}, {k, 1}, {k, 2}]), ets:lookup(T, k) end),
    ?T(begin T = new(duplicate_bag, [{k, 3}, {k, 1}, {k, 3}]), ets:lookup(T, k) end),
    ?T(begin T = new(bag, [{k, 1}, {k, 1.0}, {k, 1}]), ets:lookup(T, k) end),
    ?T(begin T = ets:new(t, [{keypos, 2}]), ets:insert(T, [{a, k1}, {b, k2, more}]), {ets:lookup(T, k1), ets:lookup(T, k2)} end),
    ?T(begin T = ets:new(t, [{keypos, 3}]), ets:insert(T, {a, b}) end).

elements() ->
    T = new(set, ?V([{k, 1, two, "3"}])),
    [?T(ets:lookup_element(T, k, N)) || N <- ?V([1, 2, 4, 5, 0, a])],
    ?T(ets:lookup_element(T, none, 1)),
    ?T(ets:lookup_element(new(bag, [{k, a}, {k, b}]), k, 2)),
    ?T(ets:lookup_element(new(duplicate_bag, [{k, a}, {k, a}]), k, 2)),
    ?T(ets:lookup_element(new(ordered_set, [{1, a}]), 1.0, 2)),
    ?T(ets:update_element(T, k, {2, x})),
    ?T(ets:update_element(T, k, [{2, y}, {3, z}])),
    ?T(ets:lookup(T, k)),
    ?T(ets:update_element(T, none, {2, x})),
    ?T(ets:update_element(T, k, [])),
    [?T(ets:update_element(T, k, E)) || E <- ?V([{1, x}, {9, x}, {0, x}, {a, x}, x, [{2, ok}, {9, bad}]])],
    ?T(ets:lookup(T, k)),
    ?T(ets:update_element(new(bag, [{k, 1}]), k, {2, x})).

counters() ->
    [begin
         T = new(Type, ?V([{c, 0, 10, 1 bsl 64}, {f, 1.5}, {a, atom}])),
         ?T(ets:update_counter(T, c, 1)),
         ?T(ets:update_counter(T, c, -5)),
         ?T(ets:update_counter(T, c, {3, 7})),
         ?T(ets:update_counter(T, c, {4, 1})),
         ?T(ets:update_counter(T, c, {4, -(1 bsl 64)})),
         ?T(ets:update_counter(T, c, [{2, 1}, {3, -1}, {2, 1}])),
         ?T(ets:update_counter(T, c, [])),
         ?T(ets:update_counter(T, c, {2, 100, 50, 0})),
         ?T(ets:update_counter(T, c, {2, -100, -10, 7})),
         ?T(ets:update_counter(T, c, {2, (1 bsl 59)})),
         ?T(ets:update_counter(T, new, 3, {new, 10})),
         ?T(ets:update_counter(T, new2, {3, 3}, {ignored, a, 1})),
         ?T(ets:update_counter(T, new3, [{2, 1}, {3, 2}], {x, 0, 0})),
         ?T(ets:update_counter(T, none, 1)),
         ?T(ets:update_counter(T, f, 1)),
         ?T(ets:update_counter(T, a, 1)),
         [?T(ets:update_counter(T, c, X)) || X <- ?V([a, 1.0, {1, 1}, {9, 1}, {2, a}, {2, 1, 2}, [{2, 1}, {1, 1}], {2, 1, a, b}])],
         ?T(ets:update_counter(T, none, 1, ?V(bad))),
         ?T(ets:update_counter(T, none, {5, 1}, {none, 1})),
         ?T(all(T))
     end || Type <- [set, ordered_set]],
    ?T(ets:update_counter(new(bag, [{c, 1}]), c, 1)).

ordered() ->
    T = new(ordered_set, ?V([{3, c}, {1, a}, {2, b}, {2.5, bb}, {a, atom}, {"s", list}, {{}, tuple}, {<<>>, bin}, {[], nil}, {#{}, map}])),
    ?T(ets:tab2list(T)),
    ?T(ets:first(T)),
    ?T(ets:last(T)),
    ?T(ets:next(T, ?V('$end_of_table'))),
    ?T(ets:prev(T, ?V('$end_of_table'))),
    [?T({ets:next(T, K), ets:prev(T, K)}) || K <- ?V([0, 1, 1.0, 1.5, 2, 2.5, 3, a, b, {}, #{}, [], "s", <<>>, <<1>>])],
    ?T(walk(T, ets:first(T))),
    ?T(back(T, ets:last(T))),
    ?T(ets:insert(T, {1.0, float_one})),
    ?T(ets:lookup(T, 1)),
    ?T(ets:slot(T, 0)),
    ?T(ets:slot(T, 3)),
    ?T(ets:slot(T, 9)),
    ?T(ets:slot(T, 10)),
    ?T(ets:slot(T, ?V(11))),
    ?T(ets:slot(T, ?V(-1))),
    E = new(ordered_set),
    ?T({ets:first(E), ets:last(E), ets:tab2list(E), ets:next(E, x), ets:prev(E, x)}),
    S = new(set, [{1}]),
    ?T({ets:first(S), ets:last(S), ets:next(S, 1), ets:prev(S, 1)}),
    ?T(ets:next(S, 2)),
    Large = new(ordered_set, [{(N * 7919) rem 10007, N} || N <- seq(1, 5000)]),
    ?T(length(walk(Large, ets:first(Large)))),
    ?T(walk(Large, ets:first(Large)) =:= sort([K || {K, _} <- ets:tab2list(Large)])),
    ?T(begin [ets:delete(Large, K) || K <- walk(Large, ets:first(Large)), K rem 3 =/= 0], {ets:info(Large, size), ets:first(Large), ets:last(Large), ets:next(Large, 5000), ets:prev(Large, 5000)} end).

walk(_, '$end_of_table') -> [];
walk(T, K) -> [K | walk(T, ets:next(T, K))].
back(_, '$end_of_table') -> [];
back(T, K) -> [K | back(T, ets:prev(T, K))].

people() -> ?V([{1, "ann", 30, london}, {2, "bob", 25, paris}, {3, "cid", 30, paris}, {4, "dee", 41, rome}, {5, "eve", 25, london}, {6, x, y}, {7, "ann", 30, #{k => [1, 2]}}]).

matching() ->
    Ts = [new(Type, people()) || Type <- types()],
    Patterns = ?V(['_', '$1', {'$1', '_', 30, '_'}, {'$1', "ann", '$2', '_'}, {'_', '$1', '_', '$1'}, {'$2', '$1', '_', london}, {1, '_', '_', '$1'}, {3, '$100', '$7', '$3'}, {'_', '_', '_'}, {'$1', x, '$1'}, {9, '_', '_', '_'}, {'_', '_', '_', #{k => '$1'}},
                   {'$1', [$a | '$2'], '_', '_'}, a, {}, {'$0', '$1', '$0', '_'}, {'_', '_', '_', #{}}]),
    [?T(sort(ets:match(T, P))) || T <- Ts, P <- Patterns],
    [?T(sort(ets:match_object(T, P))) || T <- Ts, P <- Patterns],
    ?T(ets:match(lists_last(Ts), {'$1', '_'})),
    [?T(begin T = new(Type, people()), {ets:match_delete(T, {'_', '_', 30, '_'}), all(T)} end) || Type <- types()],
    [?T(begin T = new(Type, people()), {ets:match_delete(T, '_'), ets:info(T, size)} end) || Type <- types()].

lists_last([X]) -> X;
lists_last([_ | T]) -> lists_last(T).

%% ets:test_ms needs stdlib's own code; match_spec_run is the emulator's.
specifications() ->
    Data = ?V([{1, a, 2.5}, {2, b, "x"}, {3, c, <<"bin">>}, {4, {n, 1}, [1, 2]}, {5, #{k => v}, 7}, {a, b}, x, {0, 0, 0}]),
    Bodies = ?V(['$_', '$$', '$1', {{'$1', '$2'}}, [{const, {a, '$1'}}], {'+', '$1', 1}, {'*', '$1', '$1'}, {'div', 10, '$1'}, {'rem', '$1', 2}, {'-', '$1'}, {'band', '$1', 3}, {'bsl', 1, '$1'}, {'/', '$1', 2},
                 {element, 1, {{'$2', '$1'}}}, {size, '$_'}, {tuple_size, '$_'}, {is_integer, '$1'}, {is_atom, '$2'}, {abs, {'-', '$1'}}, {length, '$3'}, {hd, '$3'}, {tl, '$3'}, {byte_size, '$3'}, {self}, {node}, ['$1', '$2' | '$3'],
                 #{key => '$1'}, {map_get, k, '$2'}, {is_map_key, k, '$2'}, {'not', {is_tuple, '$2'}}, {'and', true, {is_integer, '$1'}}, {'or', false, {is_map, '$2'}}, {'andalso', {is_integer, '$1'}, '$1'}, {'orelse', {is_tuple, '$2'}, '$1'},
                 {'==', '$1', 1.0}, {'=:=', '$1', 1.0}, {'=/=', '$1', 1}, {'/=', '$1', 1.0}, {'<', '$1', 3}, {'>=', '$1', 3}, {round, '$3'}, {trunc, '$3'}, {float, '$1'}, {'bnot', '$1'}, {'xor', true, false}, {max, '$1', 3}, {min, '$1', 3}, {ceil, '$3'}, {floor, '$3'},
                 {is_record, '$_', 1, 3}, {is_record, '$_', a}, {bit_size, '$3'}, {binary_part, '$3', 0, 2}]),
    [?T(run_spec(Data, [{{'$1', '$2', '$3'}, [], [B]}])) || B <- Bodies],
    Guards = ?V([{'>', '$1', 2}, {'==', '$2', b}, {is_list, '$3'}, {'=:=', {element, 1, '$2'}, n}, {'or', {'<', '$1', 2}, {'>', '$1', 4}}, true, false, {'>', {length, '$3'}, 1}, {'orelse', {'==', '$1', 1}, {is_map, '$2'}}, {'not', {is_number, '$3'}}, {'==', {'+', '$1', a}, 1}, {is_function, '$2'}, {is_pid, '$1'}, {'xor', {is_atom, '$2'}, true}]),
    [?T(run_spec(Data, [{{'$1', '$2', '$3'}, [G], ['$1']}])) || G <- Guards],
    ?T(run_spec(Data, [{{'$1', '_', '_'}, [{'>', '$1', 1}, {'<', '$1', 4}], ['$1']}])),
    ?T(run_spec(Data, [{{1, '_', '_'}, [], [one]}, {{2, '_', '_'}, [], [two]}, {'_', [], [other]}])),
    ?T(run_spec(Data, [{{'$1', '$2'}, [], [{{pair, '$1', '$2'}}]}, {x, [], [got_x]}])),
    ?T(run_spec(Data, [{'$1', [{is_atom, '$1'}], ['$1']}])),
    ?T(run_spec(Data, [{'_', [], [1, 2, last]}])),
    ?T(run_spec(Data, [])),
    [?T(ets:match_spec_compile(S)) || S <- ?V([a, [a], [{a}], [{a, b, c}], [{'_', [], []}], [{'_', [{bad, 1}], [x]}], [{'_', [], [{bad_function}]}], [{'$1', [], ['$2']}], [{'_', [{'+', 1}], [x]}], [{'_', [], [{const}]}], [{'_', [], [{}]}]])],
    ?T(ets:is_compiled_ms(ets:match_spec_compile(?V([{'_', [], ['$_']}])))),
    ?T(ets:is_compiled_ms(?V(x))),
    ?T(begin X = 3, run_spec(Data, [{{'$1', '_', '_'}, [{'==', '$1', {const, X}}], [{{found, {const, {x, X}}}}]}]) end).

run_spec(Data, Spec) -> ets:match_spec_run_r(Data, ets:match_spec_compile(Spec), []).

selecting() ->
    Ts = [new(Type, people()) || Type <- types()],
    Specs = ?V([[{'_', [], ['$_']}], [{{'$1', '_', '$2', '_'}, [{'>', '$2', 26}], ['$1']}], [{{'$1', '$2', '$3', '$4'}, [{'==', '$4', paris}], [{{'$2', '$3'}}]}], [{{'$1', '_', 25, '_'}, [], ['$1']}, {{'$1', '_', '_'}, [], [{{three, '$1'}}]}],
                [{{3, '$1', '_', '_'}, [], ['$1']}], [{{'_', '_', '_', '_'}, [], [true]}], [{{'$1', '_', '_', '_'}, [{'orelse', {'==', '$1', 1}, {'==', '$1', 5}}], ['$_']}], []]),
    [?T(sort(ets:select(T, S))) || T <- Ts, S <- Specs],
    [?T(ets:select_count(T, [{{'$1', '_', '$2', '_'}, [{'>', '$2', 26}], [true]}])) || T <- Ts],
    [?T(ets:select_count(T, [{'_', [], [x]}])) || T <- Ts],
    O = lists_nth(2, Ts),
    ?T(ets:select(O, [{{'$1', '_', '_', '_'}, [], ['$1']}])),
    ?T(ets:select_reverse(O, [{{'$1', '_', '_', '_'}, [], ['$1']}])),
    ?T(ets:match(O, {'$1', '_', '_', '_'})),
    ?T(ets:select(O, [{{'$1', '_', '_', '_'}, [{'>', '$1', 2}, {'<', '$1', 5}], ['$1']}])),
    P = new(ordered_set, [{{A, B}, A * B} || A <- seq(1, 20), B <- seq(1, 20)]),
    ?T(ets:select(P, [{{{7, '$1'}, '$2'}, [{'>', '$1', 15}], [{{'$1', '$2'}}]}])),
    ?T(ets:match(P, {{'$1', 20}, 100})),
    ?T(ets:select_count(P, [{{{'$1', '$1'}, '_'}, [], [true]}])),
    [?T(ets:select(hd(Ts), S)) || S <- ?V([a, [a], [{a, b}], [{'_', [x | y], []}]])].

lists_nth(1, [H | _]) -> H;
lists_nth(N, [_ | T]) -> lists_nth(N - 1, T).

continuations() ->
    [begin
         T = new(Type, [{N, N * N} || N <- seq(1, 25)]),
         ?T({Type, sort(select_all(ets:select(T, [{{'$1', '_'}, [], ['$1']}], 7)))}),
         ?T(sort(select_all(ets:select(T, [{{'$1', '_'}, [{'>', '$1', 20}], ['$1']}], 3)))),
         ?T(sort(match_all(ets:match(T, {'$1', '_'}, 4)))),
         ?T(sort(match_objects(ets:match_object(T, '_', 10)))),
         ?T(ets:select(T, [{{100, '_'}, [], ['$_']}], 5)),
         ?T(ets:select(new(Type), [{'_', [], ['$_']}], 5)),
         ?T(select_all(ets:select(T, [{{5, '$1'}, [], ['$1']}], 5)))
     end || Type <- types()],
    O = new(ordered_set, [{N, N * N} || N <- seq(1, 10)]),
    ?T(select_all(ets:select(O, [{{'$1', '_'}, [], ['$1']}], 3))),
    ?T(select_all(ets:select_reverse(O, [{{'$1', '_'}, [], ['$1']}], 3))),
    ?T(begin {A, C} = ets:select(O, [{{'$1', '_'}, [], ['$1']}], 3), ets:delete(O, 4), {B, _} = ets:select(C), {A, B} end),
    ?T(ets:select('$end_of_table')),
    ?T(ets:match('$end_of_table')),
    [?T(ets:select(O, [{'_', [], ['$_']}], N)) || N <- ?V([0, -1, a])],
    ?T(ets:select(?V(bad_continuation))).

select_all('$end_of_table') -> [];
select_all({L, C}) -> L ++ select_all(ets:select(C)).
match_all('$end_of_table') -> [];
match_all({L, C}) -> L ++ match_all(ets:match(C)).
match_objects('$end_of_table') -> [];
match_objects({L, C}) -> L ++ match_objects(ets:match_object(C)).

deleting() ->
    [begin
         T = new(Type, [{N, N rem 3} || N <- seq(1, 30)]),
         ?T(ets:select_delete(T, [{{'$1', 0}, [], [true]}])),
         ?T(all(T)),
         ?T(ets:select_delete(T, [{{'$1', 1}, [{'<', '$1', 10}], [true]}])),
         ?T(ets:select_delete(T, [{{'$1', '_'}, [], [{'>', '$1', 20}]}])),
         ?T(all(T)),
         ?T(ets:select_delete(T, [{{2, '_'}, [], [true]}])),
         ?T(ets:select_delete(T, [{'_', [], [true]}])),
         ?T(ets:info(T, size))
     end || Type <- types()].

replacing() ->
    [begin
         T = new(Type, [{N, N rem 3} || N <- seq(1, 12)]),
         ?T(ets:select_replace(T, [{{'$1', 0}, [], [{{'$1', zero}}]}])),
         ?T(ets:select_replace(T, [{{'$1', '$2'}, [{is_integer, '$2'}], [{{'$1', {'+', '$2', 100}}}]}])),
         ?T(all(T)),
         ?T(ets:select_replace(T, [{{5, '$2'}, [], [{{5, five}}]}])),
         ?T(ets:select_replace(T, [{{'$1', '$2'}, [], [{{{'+', '$1', 1}, '$2'}}]}]))
     end || Type <- [set, ordered_set, duplicate_bag]],
    %% {const, _} keeps a key without variables and maps only.
    [?T(ets:select_replace(new(set, [{Key, 2}]), [{{Pattern, '_'}, [], [{const, {Key, new}}]}]))
        || {Key, Pattern} <- ?V([{a, a}, {{1, [2 | x]}, {1, [2 | x]}}, {#{a => 1}, #{a => 1}}, {{n, #{a => 1}}, {n, #{a => 1}}}, {[#{}], [#{}]},
                               {'$1', '$1'}, {{a, '$1'}, {a, '$1'}}, {'_', '_'}, {'$_', '$_'}, {{'$$', 1}, {'$$', 1}}, {{a, b}, {a, '_'}},
                               {{}, {}}, {[], []}, {1.0, 1}, {<<"x">>, <<"x">>}, {{1, 2}, {1, 2, 3}}, {[a], [a, b]}])],
    ?T(ets:select_replace(new(bag, [{1, 2}]), [{{'$1', '$2'}, [], [{{'$1', x}}]}])).

protection() ->
    [begin
         T = ets:new(t, [Access]),
         ets:insert(T, {a, 1}),
         ?T({Access, other(fun() -> ets:lookup(T, a) end)}),
         ?T(other(fun() -> ets:insert(T, {b, 2}) end)),
         ?T(other(fun() -> ets:delete(T) end)),
         ?T(ets:info(T, size))
     end || Access <- ?V([public, protected, private])],
    T = new(set, [{a, 1}]),
    ?T(ets:setopts(T, [])),
    ?T(ets:setopts(T, ?V([{protection, private}]))),
    ?T(other(fun() -> ets:lookup(T, a) end)),
    ?T(ets:setopts(T, ?V([bad]))).

other(Fun) ->
    Me = self(),
    Ref = make_ref(),
    spawn(fun() -> Me ! {Ref, expect:error(Fun)} end),
    receive {Ref, R} -> R after 5000 -> none end.

owners() ->
    Me = self(),
    ?T(begin {P, R} = spawn_monitor(fun() -> Me ! {table, ets:new(t, [public])}, receive go -> ok end end), T = receive {table, X} -> X end, ets:insert(T, {a}), P ! go, expect:wait_down(R), ets:info(T) end),
    ?T(begin {_, R} = spawn_monitor(fun() -> T = ets:new(t, [public, {heir, Me, inherited}]), ets:insert(T, {a, 1}) end), expect:wait_down(R), receive {'ETS-TRANSFER', T, P, D} when is_pid(P) -> {D, ets:lookup(T, a), ets:info(T, owner) =:= Me} after 1000 -> none end end),
    ?T(begin
           P = spawn(fun() -> receive {'ETS-TRANSFER', T, _, D} -> Me ! {got, D, ets:lookup(T, a)} end end),
           T = ets:new(t, [private]),
           ets:insert(T, {a, 1}),
           G = ets:give_away(T, P, gift),
           {G, receive {got, A, B} -> {A, B} after 1000 -> none end}
       end),
    ?T(ets:give_away(new(set), Me, x)),
    ?T(ets:give_away(new(set), ?V(a), x)),
    ?T(begin P = spawn(fun() -> ok end), receive after 10 -> ok end, ets:give_away(new(set), P, x) end),
    ?T(begin T = new(set), {ets:setopts(T, {heir, Me, data}), ets:info(T, heir) =:= Me, ets:setopts(T, {heir, none}), ets:info(T, heir)} end).

fixed() ->
    [?T(begin
            T = new(Type, [{N} || N <- seq(1, 1000)]),
            ets:safe_fixtable(T, true),
            Seen = delete_while_walking(T, ets:first(T), 0),
            {_, [{P, 1}]} = ets:info(T, safe_fixed),
            ets:safe_fixtable(T, false),
            {Seen, ets:info(T, size), P =:= self(), ets:info(T, safe_fixed), ets:info(T, fixed)}
        end) || Type <- types()],
    ?T(ets:safe_fixtable(new(set), ?V(x))),
    ?T(begin T = new(set, [{1}, {2}]), ets:safe_fixtable(T, true), ets:delete(T, 1), R = [ets:next(T, 1) =:= 2 orelse ets:next(T, 1) =:= '$end_of_table', ets:member(T, 1)], ets:insert(T, {1}), {R, all(T)} end).

delete_while_walking(_, '$end_of_table', N) -> N;
delete_while_walking(T, K, N) ->
    ets:delete(T, K),
    delete_while_walking(T, ets:next(T, K), N + 1).

information() ->
    T = ets:new(my_name, [bag, {keypos, 2}, public, {read_concurrency, true}]),
    [?T(ets:info(T, I)) || I <- ?V([name, type, keypos, protection, size, named_table, compressed, read_concurrency, write_concurrency, heir, fixed, safe_fixed, decentralized_counters, binary])],
    ?T(ets:info(T, owner) =:= self()),
    ?T(ets:info(T, id) =:= T),
    ?T(is_integer(ets:info(T, memory))),
    ?T(ets:info(T, node) =:= node()),
    ?T(sort([K || {K, _} <- ets:info(T)])),
    ?T(ets:info(T, ?V(wrong))),
    ?T(ets:info(?V(no_such_table))),
    ?T(ets:info(?V(no_such_table), size)),
    ?T(ets:info(make_ref(), size)),
    ?T(ets:info(?V(1), size)).

large() ->
    ?T(begin
           T = ets:new(t, [set, {write_concurrency, {debug_hash_fixed_number_of_locks, 2048}}]),
           ets:insert(T, [{N, N} || N <- seq(1, 3)]),
           {lists:sort(ets:tab2list(T)), ets:foldl(fun({N, _}, Sum) -> N + Sum end, 0, T), ets:match_delete(T, '_'), ets:last(T)}
       end),
    [?T(begin
            T = new(Type),
            [ets:insert(T, {N, N * 2, integer_to_list(N)}) || N <- seq(1, 20000)],
            [ets:delete(T, N) || N <- seq(1, 20000), N rem 4 =:= 0],
            {Type, ets:info(T, size), ets:lookup(T, 4), ets:lookup(T, 19999), ets:select_count(T, [{{'$1', '_', '_'}, [{'<', '$1', 100}], [true]}]), length(ets:tab2list(T))}
        end) || Type <- types()],
    ?T(begin T = new(set), [ets:update_counter(T, N rem 97, 1, {k, 0}) || N <- seq(1, 20000)], {ets:info(T, size), ets:lookup(T, 5)} end),
    ?T(begin T = new(set), B = binary:copy(<<"x">>, 1000), [ets:insert(T, {N, B, [B, N]}) || N <- seq(1, 500)], ets:delete_all_objects(T), erlang:garbage_collect(), byte_size(B) end),
    ?T(begin T = new(set), ets:insert(T, [{{N, [N]}, #{N => N}} || N <- seq(1, 3000)]), ets:lookup(T, {1500, [1500]}) end),
    ?T(begin T = new(bag), ets:insert(T, [{k, N} || N <- seq(1, 2000)]), {length(ets:lookup(T, k)), ets:delete_object(T, {k, 1000}), length(ets:lookup(T, k))} end),
    ?T(begin L = [new(set) || _ <- seq(1, 2000)], [ets:insert(T, {a}) || T <- L], [ets:delete(T) || T <- L], length(L) end).

errors() ->
    Dead = new(set),
    ets:delete(Dead),
    [?T(F(Tab)) || Tab <- [Dead, ?V(no_such_table), ?V(1)],
        F <- [fun(T) -> ets:insert(T, {a}) end, fun(T) -> ets:lookup(T, a) end, fun(T) -> ets:delete(T) end, fun(T) -> ets:delete(T, a) end, fun(T) -> ets:first(T) end,
              fun(T) -> ets:next(T, a) end, fun(T) -> ets:match(T, '_') end, fun(T) -> ets:select(T, []) end, fun(T) -> ets:update_counter(T, a, 1) end, fun(T) -> ets:member(T, a) end,
              fun(T) -> ets:tab2list(T) end, fun(T) -> ets:take(T, a) end, fun(T) -> ets:rename(T, b) end, fun(T) -> ets:whereis(T) end, fun(T) -> ets:delete_all_objects(T) end,
              fun(T) -> ets:safe_fixtable(T, true) end, fun(T) -> ets:insert_new(T, {a}) end, fun(T) -> ets:lookup_element(T, a, 1) end, fun(T) -> ets:update_element(T, a, {2, b}) end, fun(T) -> ets:slot(T, 0) end]],
    T = new(set),
    [?T(ets:insert(T, X)) || X <- ?V([a, {}, [{a}, b], [{a} | b], 1, [{}]])],
    [?T(ets:insert_new(T, X)) || X <- ?V([a, {}, [{a}, b]])],
    ?T(ets:info(T, size)),
    ?T(ets:delete_object(T, ?V(not_a_tuple))).

%% Merge sort in term order; stable for equal numbers.
sort([]) -> [];
sort([X]) -> [X];
sort(L) ->
    {A, B} = halves(L, [], []),
    merge(sort(A), sort(B)).
halves([X | T], A, B) -> halves(T, B, [X | A]);
halves([], A, B) -> {A, B}.
merge([], B) -> B;
merge(A, []) -> A;
merge([X | A], [Y | B]) ->
    if X < Y -> [X | merge(A, [Y | B])];
       X > Y -> [Y | merge([X | A], B)];
       is_tuple(X), tuple_size(X) > 0, is_integer(element(1, X)) -> [X | merge(A, [Y | B])];
       is_integer(X) -> [X | merge(A, [Y | B])];
       true -> [Y | merge([X | A], B)]
    end.

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
