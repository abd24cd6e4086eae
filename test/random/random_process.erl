%% SPDX-License-Identifier: Apache-2.0
%%
%% What has effects: processes, messages, links, monitors, timers, tables.  The outcome never depends on who runs when:
%% whoever sends is waited for, and a message is asked for by name.
%%
%% Templates are Erlang text.  E1, E2.. stand for generated expressions, of the types in the list before the text;
%% {Type, ['X']} may use variable X of the template.  All other variables get names of their own.
-module(random_process).
-export([expr/2, statement/1]).

-include("random.hrl").
-import(random_pick, [n/1, between/2, chance/1, one/1, weighted/1, some/2, fresh/1, line/0]).
-import(random_expr, [literal/1, var/1, remote/3]).

expr(T, E) ->
    case chance(50) of
        true -> element(1, statement(E));
        false -> {block, line(), [element(1, statement(E)), random_expr:expr(T, E)]}
    end.

%% {Expression, Env}.
statement(E) ->
    weighted([{20, fun() -> {quote(one(templates()), E), E} end},
              {8, fun() -> receive_some(E) end},
              {8, fun() -> table(E) end}]).

templates() ->
    [%% spawn, ends, monitors, links
     {[any], "begin {P, M} = spawn_monitor(fun() -> exit({done, E1}) end), receive {'DOWN', M, process, P, R} -> R end end"},
     {[any], "begin {P, M} = spawn_monitor(fun() -> E1 end), receive {'DOWN', M, process, P, R} -> R end end"},
     {[any], "begin {P, M} = spawn_opt(fun() -> throw(E1) end, [monitor, {fullsweep_after, 0}]), receive {'DOWN', M, _, P, R} -> {R, is_process_alive(P)} end end"},
     {[any], "begin {P, M} = spawn_opt(fun() -> error({bad, E1}, [a]) end, [monitor, {min_heap_size, 1}, {message_queue_data, off_heap}]), receive {'DOWN', M, _, P, R} -> R end end"},
     {[any], "begin F = process_flag(trap_exit, true), P = spawn_link(fun() -> E1 end), receive {'EXIT', P, R} -> process_flag(trap_exit, F), R end end"},
     {[any], "begin F = process_flag(trap_exit, true), P = spawn_link(fun() -> receive stop -> ok end end), exit(P, E1), case is_process_alive(P) of _ -> P ! stop end, receive {'EXIT', P, R} -> process_flag(trap_exit, F), R end end"},
     {[any], "begin P = spawn(fun() -> receive after infinity -> ok end end), M = monitor(process, P), exit(P, kill), receive {'DOWN', M, process, P, R} -> {R, E1} end end"},
     {[any], "begin {P, M} = spawn_monitor(fun() -> {Q, _} = spawn_opt(fun() -> exit(E1) end, [link, monitor]), receive {'DOWN', _, _, Q, X} -> {got, X} after 5000 -> late end end), receive {'DOWN', M, process, P, R} -> R end end"},
     {[any, any], "begin {P, M} = spawn_monitor(fun() -> process_flag(trap_exit, true), Q = spawn_link(fun() -> E1, exit(E2) end), receive {'EXIT', Q, X} -> exit({trapped, X}) end end), receive {'DOWN', M, process, P, R} -> R end end"},
     {[any], "begin exit(self(), normal), E1 end"},
     {[any], "begin process_flag(trap_exit, true), exit(self(), E1), receive {'EXIT', S, R} -> {S =:= self(), R} after 0 -> none end end"},
     {[], "catch monitor(process, no_such_name)"},
     {[], "begin M = monitor(process, no_such_name), receive {'DOWN', M, A, B, C} -> {A, B, C} end end"},
     {[], "begin P = spawn(fun() -> ok end), M = monitor(process, P), receive {'DOWN', M, A, P, _} -> {A, catch link(P), demonitor(M, [flush, info])} end end"},
     {[any], "begin S = self(), P = spawn(fun() -> unlink(S), receive {S, X} -> S ! {self(), X, E1} end end), link(P), unlink(P), P ! {S, hello}, receive {P, X1, Y} -> {X1, Y} end end"},
     {[any, any], "begin M = make_ref(), S = self(), spawn(fun() -> S ! {M, 1, E1}, S ! {M, 2, E2}, S ! {M, done} end), A = receive {M, 2, X} -> X; {M, done} -> none end, B = receive {M, 1, Y} -> Y after 0 -> none end, {A, B} end"},
     {[any], "begin S = self(), A = alias(), P = spawn(fun() -> receive {go, To} -> To ! {self(), E1}, S ! {self(), done} end end), M = monitor(process, P), P ! {go, A}, receive {'DOWN', M, _, _, R} -> X = receive {P, Y} when Y =/= done -> Y after 0 -> none end, {R, X, unalias(A), unalias(A)} end end"},
     {[any], "begin P = spawn(fun() -> receive {A, X} -> A ! {A, X, E1}, A ! {A, second} end end), A1 = monitor(process, P, [{alias, reply_demonitor}]), P ! {A1, q}, receive {A1, X1, Y} -> {X1, Y, receive {A1, second} -> late after 0 -> none end}; {'DOWN', A1, _, _, R} -> R end end"},
     {[any], "begin R = spawn_request(fun() -> exit(E1) end, [monitor, {reply_tag, tagged}]), receive {tagged, R, ok, P} -> receive {'DOWN', R, process, P, X} -> X end; {tagged, R, error, X} -> {no, X} end end"},
     {[any], "begin register(random_name, self()), random_name ! {m, E1}, X = receive {m, Y} -> Y end, {unregister(random_name), X, whereis(random_name)} end"},
     {[], "[catch register(N, P) || N <- [undefined, 1, \"a\", random_name], P <- [x, 1]]"},
     {[any], "begin {P, M} = spawn_monitor(fun() -> erlang:hibernate(lists, nth, [2, [a, E1]]) end), P ! wake, receive {'DOWN', M, process, P, R} -> R end end"},
     {[{any, ['X']}, any], "begin S = self(), P = spawn_link(fun() -> L = fun Again(St) -> receive {S, R, X} -> S ! {R, catch E1}, Again([X | St]); {S, R, stop, _} -> S ! {R, St} end end, L([]) end), Q = fun(Z) -> R1 = make_ref(), P ! {S, R1, Z}, receive {R1, A} -> A end end, [Q(E2), Q(1), Q(a), begin R2 = make_ref(), P ! {S, R2, stop, x}, receive {R2, B} -> B end end] end"},
     %% a ring
     {[small], "begin S = self(), F = fun(To) -> spawn(fun() -> receive {N, L} -> To ! {N + 1, [N | L]} end end) end, Last = lists:foldl(fun(_, To) -> F(To) end, S, lists:seq(1, 20)), Last ! {E1, []}, receive {N1, L1} when is_list(L1) -> {N1, L1} after 300 -> crashed end end"},
     {[{any, ['I']}], "begin S = self(), Ps = [spawn(fun() -> S ! {self(), catch E1} end) || I <- lists:seq(1, 5)], [receive {P, X} -> X end || P <- Ps] end"},
     %% messages of all sizes
     {[any], "begin S = self(), X = E1, P = spawn(fun() -> receive Y -> S ! {self(), Y =:= X, Y} end end), P ! X, receive {P, A, B} -> {A, B =:= X, B} end end"},
     {[bin], "begin S = self(), X = binary:copy(E1, 30), P = spawn(fun() -> receive <<_:8, R/binary>> -> S ! {self(), R, byte_size(R)}; O -> S ! {self(), O, x} end end), P ! X, receive {P, A, B} -> {erlang:md5(A), B} end end"},
     {[list], "begin S = self(), X = lists:duplicate(50, E1), spawn(fun() -> S ! {big, X, fun() -> X end} end), receive {big, Y, F} -> garbage_collect(), {Y == X, F() =:= Y} end end"},
     {[any], "begin [self() ! {n, I} || I <- lists:seq(1, 30)], X = [receive {n, I} when I rem 7 =:= 0 -> I end || _ <- lists:seq(1, 4)], Y = E1, Z = [receive {n, I} -> I after 0 -> none end || _ <- lists:seq(1, 27)], {X, Y, Z} end"},
     %% timers
     {[any], "begin R = erlang:send_after(1, self(), {t, E1}), X = receive {t, Y} -> Y after 3000 -> none end, {X, erlang:cancel_timer(R), erlang:read_timer(R)} end"},
     {[any], "begin R = erlang:start_timer(0, self(), E1), receive {timeout, R, X} -> X end end"},
     {[any], "begin R = erlang:send_after(100000, self(), E1), X = is_integer(erlang:read_timer(R)), Y = is_integer(erlang:cancel_timer(R)), {X, Y, erlang:cancel_timer(R, [{info, true}])} end"},
     {[], "begin R = erlang:start_timer(100000, self(), x), erlang:cancel_timer(R, [{async, true}]), receive {cancel_timer, R, N} -> is_integer(N) end end"},
     {[any], "receive nothing_like_it -> 1 after one([0, 1]) -> E1 end"},
     {[any], "catch receive nothing_like_it -> 1 after E1 band 3 -> 2 end"},
     {[any], "catch receive nothing_like_it -> 1 after E1 -> 2 end"},
     %% what a process knows of itself
     {[any], "begin put(E1, 2), [catch process_info(self(), K) || K <- [message_queue_len, trap_exit, priority, registered_name, links, monitors, status, messages, error_handler, initial_call, message_queue_data, current_function]] end"},
     {[any], "begin self() ! {q, E1}, X = process_info(self(), [message_queue_len, messages]), receive {q, _} -> X end end"},
     {[], "begin P = spawn(fun() -> receive x -> ok end end), erlang:yield(), X = [process_info(P, K) || K <- [links, trap_exit, message_queue_len, registered_name, dictionary]], M = monitor(process, P), P ! x, receive {'DOWN', M, _, _, R} -> {X, R, process_info(P, links)} end end"},
     {[any], "begin F = process_flag(min_heap_size, 1000), X = E1, garbage_collect(), process_flag(min_heap_size, 233), {F > 0, X} end"},
     {[key, any], "begin A = put(E1, E2), B = get(E1), {A, B, put(E1, x), erase(E1), get(E1)} end"},
     {[any], "begin X = E1, garbage_collect(), Y = [X, X], garbage_collect(self(), [{type, minor}]), garbage_collect(), {X, Y} end"},
     %% shared things
     {[int, int], "begin A = atomics:new(3, []), atomics:put(A, 1, E1), [catch atomics:add_get(A, 1, E2), catch atomics:exchange(A, 2, E1), catch atomics:compare_exchange(A, 2, E1, E2), catch atomics:get(A, 4), atomics:get(A, 2), atomics:get(A, 1)] end"},
     {[int], "begin C = counters:new(2, []), counters:add(C, 1, E1), counters:sub(C, 2, E1), {counters:get(C, 1), counters:get(C, 2), catch counters:get(C, 3)} end"},
     {[any, any], "begin K = {random, self()}, persistent_term:put(K, E1), A = persistent_term:get(K), persistent_term:put(K, E2), B = persistent_term:get(K), {A, B, persistent_term:erase(K), persistent_term:get(K, gone)} end"},
     {[any], "begin X = persistent_term:get({no, E1}, nothing), Y = (catch persistent_term:get({no, such})), {X, Y} end"},
     %% code that makes code
     {[any], "begin {ok, Ts, _} = erl_scan:string(lists:flatten(io_lib:format(\"~w.\", [E1]))), case erl_parse:parse_term(Ts) of {ok, X} -> X; _ -> no end end"},
     {[string], "begin case erl_scan:string(E1 ++ \".\") of {ok, Ts, _} -> case erl_parse:parse_exprs(Ts) of {ok, Es} -> catch erl_eval:exprs(Es, []); X -> X end; Y -> Y end end"},
     {[any], "try exit(self(), E1) of X -> X after put(was, after_) end"},
     {[any], "begin {_, M} = spawn_monitor(fun() -> process_flag(max_heap_size, #{size => 3000, kill => true, error_logger => false}), lists:seq(1, 10000), E1 end), receive {'DOWN', M, _, _, R} -> R end end"},
     {[list], "ets:match_spec_run(E1, ets:match_spec_compile([{{'$1', '$2'}, [{'>', '$1', 1}], ['$_']}, {'$1', [{is_atom, '$1'}], [{{a, '$1'}}]}]))"},
     {[map], "begin I = maps:iterator(E1), L = fun N(It) -> case maps:next(It) of none -> []; {K, V, It2} -> [{K, V} | N(It2)] end end, lists:sort(L(I)) end"},
     {[any], "begin R = rand:seed_s(one([exsss, exro928ss, exrop, mwc59]), {1, 2, 3}), {X, _} = rand:uniform_s(1000, R), {X, E1} end"},
     {[bin], "begin Z = zlib:compress(E1), {zlib:uncompress(Z), zlib:gunzip(zlib:gzip(E1)), catch zlib:uncompress(<<1, 2, 3>>)} end"},
     {[string, any], "begin X = lists:flatten(io_lib:format(\"~tp ~w\", [E1, E2])), {length(X), X} end"},
     {[list], "lists:sort(fun(A, B) -> A >= B end, E1)"},
     {[any], "lists:foldl(fun(I, A) -> case I rem 3 of 0 -> {A, I}; 1 -> [I | A]; _ -> #{a => A} end end, E1, lists:seq(1, 30))"},
     {[small], "begin T = ets:new(t, [ordered_set]), [ets:insert(T, {I, I * I}) || I <- lists:seq(1, 20)], L = fun F({X, C}) -> [X | F(ets:select(C))]; F('$end_of_table') -> [] end, catch L(ets:select(T, [{{'$1', '_'}, [{'>', '$1', 3}], ['$1']}], E1)) end"},
     {[small], "begin T = ets:new(t, [ordered_set]), [ets:insert(T, {I rem 7, I}) || I <- lists:seq(1, 20)], L = fun F({X, C}) -> [X | F(ets:select_reverse(C))]; F('$end_of_table') -> [] end, {catch L(ets:select_reverse(T, [{'$1', [], ['$1']}], E1)), ets:select_reverse(T, [{{'_', '$1'}, [], ['$1']}])} end"},
     {[small], "begin T = ets:new(t, [bag]), [ets:insert(T, {I rem 3, I}) || I <- lists:seq(1, 20)], L = fun F({X, C}) -> X ++ F(ets:match(C)); F('$end_of_table') -> [] end, catch lists:sort(L(ets:match(T, {'$2', '$1'}, E1))) end"},
     {[small], "begin T = ets:new(t, [set]), [ets:insert(T, {I, a}) || I <- lists:seq(1, 50)], L = fun F({X, C}) -> X ++ F(ets:match_object(C)); F('$end_of_table') -> [] end, catch lists:sort(L(ets:match_object(T, {'_', a}, E1))) end"},
     {[], "begin T = ets:new(t, [one([set, ordered_set, bag])]), [ets:insert(T, {I, x}) || I <- lists:seq(1, 40)], ets:safe_fixtable(T, true), L = fun F('$end_of_table') -> []; F(K) -> N = ets:next(T, K), ets:delete(T, K), [K | F(N)] end, X = L(ets:first(T)), ets:safe_fixtable(T, false), {lists:sort(X), ets:info(T, size), ets:tab2list(T)} end"},
     {[any], "begin T = ets:new(t, []), S = self(), ets:insert(T, {k, E1}), {P, M} = spawn_monitor(fun() -> receive {'ETS-TRANSFER', T1, S, G} -> exit({G, ets:lookup(T1, k), catch ets:insert(T1, {z}), ets:info(T1, owner) =:= self()}) end end), ets:give_away(T, P, E1), X = (catch ets:lookup(T, k)), receive {'DOWN', M, _, _, R} -> {X, R, ets:info(T)} end end"},
     {[any], "begin S = self(), {P, M} = spawn_monitor(fun() -> T = ets:new(t, [{heir, S, E1}]), ets:insert(T, {1, E1}) end), receive {'ETS-TRANSFER', T1, P, D} -> X = ets:tab2list(T1), ets:delete(T1), receive {'DOWN', M, _, _, R} -> {D, X, R, catch ets:lookup(T1, 1)} end end end"},
     {[any], "begin T = ets:new(random_table, [named_table, protected]), A = ets:whereis(random_table) =:= ets:whereis(T), N = ets:rename(T, random_other), ets:insert(random_other, {E1}), X = {A, N, catch ets:insert(T, {1}), ets:tab2list(N), [ets:info(N, I) || I <- [size, type, keypos, protection, name, named_table, compressed, heir, read_concurrency]]}, ets:delete(N), X end"},
     {[any], "begin T = ets:new(t, [private, ordered_set, {keypos, 2}]), [catch ets:insert(T, X) || X <- [{1, E1}, {2, E1}, {3}, {4, 1}, {5, 1.0}, {6, 1, x}]], {ets:tab2list(T), ets:lookup(T, 1), ets:lookup(T, 1.0), ets:prev(T, <<>>), catch ets:lookup_element(T, E1, 1)} end"},
     {[any], "iolist_to_binary(term_to_iovec(E1)) =:= term_to_binary(E1)"},   % how it is cut is not told
     {[any, atom, small], "catch apply(E1, E2, lists:duplicate(E3 band 3, E1))"},
     {[atom, any], "begin M = random_run:v(erlang), F = E1, M:F(E2) end"},
     {[any], "begin M = random_run:v(lists), M:sort(M:flatten([E1])) end"},
     {[any, any], "begin M = random_run:v(maps), X = M:from_list([{1, E1}]), {M:get(1, X), E2} end"},
     {[any], "lists:usort([erlang:phash2(X, 1000) || X <- [E1, [E1], {E1}, 1, 1.0]])"}].

quote({Types, Text}, E0) ->
    E = E0#env{depth = min(2, E0#env.depth)},
    {ok, Tokens, _} = erl_scan:string(Text ++ "."),
    {ok, [Expr]} = erl_parse:parse_exprs(Tokens),
    Names = lists:usort(names(Expr)),
    New = maps:from_list([{N, fresh("T")} || N <- Names]),
    Parts = maps:from_list([part(list_to_atom("E" ++ integer_to_list(I)), T, names(Expr), New, E) || {I, T} <- lists:enumerate(Types)]),
    replace(Expr, New, Parts).

part(Name, {T, Visible}, Names, New, E) -> part(Name, T, Names, New, E#env{vars = [{maps:get(V, New), any} || V <- Visible] ++ E#env.vars});
part(Name, T, Names, _, E) ->
    case [N || N <- Names, N =:= Name] of
        [_, _ | _] -> {Name, random_expr:leaf(T, E)};   % stands there twice: it may bind nothing
        _ -> {Name, random_expr:expr(T, E)}
    end.

names({var, _, '_'}) -> [];
names({var, _, N}) -> [N];
names({named_fun, _, N, Clauses}) -> [N | names(Clauses)];
names(T) when is_tuple(T) -> names(tuple_to_list(T));
names([H | T]) -> names(H) ++ names(T);
names(_) -> [].

replace({var, _, '_'}, _, _) -> {var, line(), '_'};
replace({var, _, N}, New, Parts) ->
    case Parts of
        #{N := Part} -> Part;
        _ -> {var, line(), maps:get(N, New)}
    end;
replace({named_fun, _, N, Clauses}, New, Parts) -> {named_fun, line(), maps:get(N, New), replace(Clauses, New, Parts)};
replace({call, _, {atom, _, one}, [List]}, _, _) -> {value, Values} = {value, erl_parse:normalise(List)}, literal(one(Values));
replace(T, New, Parts) when is_tuple(T), tuple_size(T) >= 2, is_atom(element(1, T)), is_integer(element(2, T)) ->
    [Kind, _ | Rest] = tuple_to_list(T),
    case lists:member(Kind, [atom, integer, string, char, float]) of
        true -> setelement(2, T, line());
        false -> list_to_tuple([Kind, line() | [replace(X, New, Parts) || X <- Rest]])
    end;
replace(T, New, Parts) when is_tuple(T) -> list_to_tuple([replace(X, New, Parts) || X <- tuple_to_list(T)]);
replace(L, New, Parts) when is_list(L) -> [replace(X, New, Parts) || X <- L];
replace(X, _, _) -> X.

%% Messages to itself, and a receive that takes some of them, one by one.
receive_some(E) ->
    Sends = [{op, line(), '!', {call, line(), {atom, line(), self}, []}, random_expr:expr(any, E)} || _ <- lists:seq(1, n(4))],
    Receives = [receive_one(E) || _ <- lists:seq(1, n(3))],
    {{block, line(), Sends ++ [list(Receives)]}, E}.

receive_one(E) ->
    Clauses = lists:sublist(random_expr:clauses([any], any, E#env{depth = 1}), n(3)),
    {'receive', line(), Clauses, literal(one([0, 0, 1])), random_expr:body(any, E#env{depth = 1}, 1)}.

list([H | T]) -> {cons, line(), H, list(T)};
list([]) -> {nil, line()}.

%% ---- tables

table(E0) ->
    E = E0#env{depth = min(1, E0#env.depth)},
    T = fresh("T"),
    Type = one([set, ordered_set, bag, duplicate_bag, ordered_set]),
    Options = [Type] ++ [{keypos, 2} || chance(20)] ++ [compressed || chance(15)] ++ [public || chance(30)] ++ [{write_concurrency, true} || chance(10)],
    New = {match, line(), var(T), remote(ets, new, [literal(t), literal(Options)])},
    Fill = remote(ets, insert, [var(T), list([row(E) || _ <- lists:seq(1, n(10))])]),
    Steps = [{'catch', line(), step(Type, var(T), E)} || _ <- lists:seq(1, n(8))],
    {{block, line(), [New, {'catch', line(), Fill}, list(Steps ++ [remote(lists, sort, [remote(ets, tab2list, [var(T)])])])]}, E0}.

row(E) -> {tuple, line(), [key(E) | [random_expr:expr(any, E) || _ <- lists:seq(1, n(3))]]}.

key(E) -> case chance(60) of true -> literal(one([1, 2, 3, 1.0, a, b, "k", {1, a}])); false -> random_expr:leaf(key, E) end.

step(Type, T, E) ->
    Key = fun() -> key(E) end,
    Sorted = fun(X) -> case Type of ordered_set -> X; _ -> remote(lists, sort, [X]) end end,
    Call = fun(F, Args) -> remote(ets, F, [T | Args]) end,
    weighted([{8, fun() -> Call(one([insert, insert_new]), [row(E)]) end},
              {2, fun() -> Call(insert_new, [list([row(E), row(E)])]) end},
              {8, fun() -> Call(one([lookup, member, delete, take]), [Key()]) end},
              {2, fun() -> Call(lookup_element, [Key(), literal(n(4))]) end},
              {4, fun() -> Call(update_counter, [Key(), one([literal(n(5)), literal({2, n(3)}), literal([{2, 1}, {3, -4}]), literal({2, 1, 5, 0}), random_expr:expr(int, E)])]) end},
              {2, fun() -> Call(update_counter, [Key(), literal({2, n(9)}), literal({new, random_value:value(int), 7})]) end},
              {3, fun() -> Call(update_element, [Key(), one([{tuple, line(), [literal(n(4)), random_expr:expr(any, E)]}, literal([{2, x}, {3, y}])])]) end},
              {4, fun() -> Sorted(Call(one([match, match_object]), [pattern()])) end},
              {8, fun() -> Sorted(Call(select, [spec(result())])) end},
              {3, fun() -> Call(one([select_count, select_delete]), [spec(literal([true]))]) end},
              {2, fun() -> Call(match_delete, [pattern()]) end},
              {1, fun() -> Call(select_replace, [spec(literal(one([['$_'], [{{'$1', x}}], [{{'$1', {{'$2', 1}}}}]])))]) end},
              {3, fun() -> case Type of ordered_set -> Call(one([next, prev]), [Key()]); _ -> Call(member, [Key()]) end end},
              {2, fun() -> case Type of ordered_set -> Call(one([first, last]), []); _ -> Call(lookup, [Key()]) end end},
              {1, fun() -> Call(info, [literal(one([size, type, keypos, protection, name, nosuch]))]) end},
              {1, fun() -> remote(lists, sum, [Call(select, [literal([{'_', [], [1]}])])]) end},
              {2, fun() -> remote(ets, foldl, [{'fun', line(), {clauses, [{clause, line(), [var('_'), var('N1')], [], [{op, line(), '+', var('N1'), literal(1)}]}]}}, literal(0), T]) end},
              {1, fun() -> Call(delete_all_objects, []) end},
              {1, fun() -> Call(delete_object, [row(E)]) end},
              {1, fun() -> case Type of ordered_set -> Call(slot, [literal(0)]); _ -> Call(slot, [literal(-1)]) end end},
              {1, fun() -> Call(one([lookup, nosuch, insert, rename]), [random_expr:expr(any, E)]) end}]).

pattern() -> literal(one([{'$1', '_'}, '_', {'_', '$2', '$1'}, {1, '$1'}, {a, '_'}, {'$1', '$1'}, {'$1', '$2', '$3'}, {{'$1', '_'}, '$0'}, {'$1', [a | '$2']}, {"k", '$2'}, {1.0, '_'}, {'$1', #{a => '$2'}}])).

result() -> literal([one(['$_', '$$', '$1', {{'$1', '$2'}}, ['$2', '$1'], {'+', '$1', 1}, {element, 1, '$_'}, {const, {a}}, {map_size, '$2'}, {hd, '$1'}, #{k => '$1'}, {'bsl', '$1', 3}])]).

spec(Result) ->
    Head = pattern(),
    Guard = literal(some(2, fun() ->
        one([{is_atom, '$1'}, {is_integer, '$2'}, {'<', '$1', {const, random_value:value(simple)}}, {'=:=', '$2', {const, random_value:value(simple)}}, {'==', '$1', 1},
             {'orelse', {is_list, '$1'}, {'>', '$1', 1}}, {'not', {is_tuple, '$1'}}, {'>', {'+', '$1', '$2'}, 3}, {'andalso', {is_integer, '$1'}, {'=<', '$1', '$2'}},
             {'=/=', {tuple_size, '$_'}, 2}, {is_map_key, a, '$2'}, {'>=', {abs, '$1'}, {length, '$2'}}, {'and', true, {is_float, '$1'}}, true]) end)),
    {cons, line(), {tuple, line(), [Head, Guard, Result]}, {nil, line()}}.
