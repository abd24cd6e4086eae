%% SPDX-License-Identifier: Apache-2.0
%%
%% Patterns and guards.  A pattern is likely to match values of its type; what it binds goes into the environment.
-module(random_pattern).
-export([pattern/2, patterns/2, variables/1, guard/1]).

-include("random.hrl").
-import(random_pick, [n/1, between/2, chance/1, one/1, weighted/1, some/2, fresh/1, line/0]).
-import(random_expr, [literal/1, var/1]).

patterns(Types, #env{vars = Vars} = E) -> lists:mapfoldl(fun(T, Env) -> pattern(T, Env, 2) end, E#env{outer = Vars}, Types).

%% A fresh variable for each type: {Patterns, Vars}.
variables(Types) ->
    Vars = [{fresh("X"), T} || T <- Types],
    {[var(V) || {V, _} <- Vars], Vars}.

pattern(T, #env{vars = Vars} = E) -> pattern(T, E#env{outer = Vars}, 2).

pattern(T, E, D) ->
    weighted([{30, fun() -> bind(T, E) end},
              {8, fun() -> {var('_'), E} end},
              {12, fun() -> {constant(T), E} end},
              {3, fun() -> bound(T, E) end},
              {3, fun() -> alias(T, E, D) end},
              {30, fun() -> case D > 0 of true -> structure(T, E, D - 1); false -> bind(T, E) end end}]).

bind(T, E) ->
    V = fresh("V"),
    {var(V), E#env{vars = [{V, T} | E#env.vars]}}.

bound(T, E) ->
    case E#env.vars of
        [] -> bind(T, E);
        Vars -> {V, _} = one(Vars), {var(V), E}
    end.

alias(T, E, D) ->
    {P, E1} = pattern(T, E, D),
    {V, E2} = bind(T, E1),
    case chance(50) of
        true -> {{match, line(), V, P}, E2};
        false -> {{match, line(), P, V}, E2}
    end.

%% A pattern cannot have a fun; a map in a pattern is another thing.
constant(T) ->
    Value = case T of
        _ when is_tuple(T), element(1, T) =/= list -> random_value:value(atom);
        _ -> random_value:value(one([T, T, T, any]))
    end,
    case plain(Value) of
        true -> literal(Value);
        false -> {atom, line(), foo}
    end.

plain(V) when is_function(V); is_map(V) -> false;
plain([H | T]) -> plain(H) andalso plain(T);
plain(V) when is_tuple(V) -> lists:all(fun plain/1, tuple_to_list(V));
plain(_) -> true.

structure(T, E, D) when T =:= list; element(1, T) =:= list ->
    X = case T of {list, Y} -> Y; _ -> any end,
    weighted([{10, fun() -> {H, E1} = pattern(X, E, D), {R, E2} = pattern(T, E1, D), {{cons, line(), H, R}, E2} end},
              {4, fun() -> {Ps, E1} = several(X, n(3), E, D), {cons(Ps, {nil, line()}), E1} end},
              {2, fun() -> {{nil, line()}, E} end}]);
structure(string, E, D) ->
    weighted([{2, fun() -> structure({list, char}, E, D) end},
              {1, fun() -> {P, E1} = bind(string, E), {{op, line(), '++', literal(random_value:value(string_short)), P}, E1} end}]);
structure(iolist, E, D) -> structure(list, E, D);
structure(tuple, E, D) ->
    weighted([{10, fun() -> {Ps, E1} = several(any, n(5) - 1, E, D), {{tuple, line(), Ps}, E1} end},
              {3, fun() -> {P, E1} = pattern(any, E, D), {{record, line(), r, [{record_field, line(), {atom, line(), one([a, b, c])}, P}]}, E1} end}]);
structure({pair, A, B}, E, D) -> {P, E1} = pattern(A, E, D), {Q, E2} = pattern(B, E1, D), {{tuple, line(), [P, Q]}, E2};
structure(T, E, D) when T =:= map; T =:= map_hash ->
    {Fields, E1} = lists:mapfoldl(
        fun(_, Env) ->
            {P, Env1} = pattern(any, Env, D),
            {{map_field_exact, line(), map_key(E), P}, Env1}
        end, E, lists:seq(1, n(3))),
    {{map, line(), Fields}, E1};
structure(T, E, _) when T =:= bin; T =:= bits; T =:= utf8 -> random_bits:pattern(E);
structure(int, E, _) when E =/= none ->
    {one([{op, line(), '+', literal(n(20)), literal(n(20))}, {op, line(), 'bsl', literal(1), literal(between(25, 70))}, {op, line(), '-', literal(n(99))}]), E};
structure(any, E, D) -> structure(one([list, tuple, map, bin, {pair, any, any}]), E, D);
structure(T, E, _) -> bind(T, E).

%% A key may be a variable that was bound before the pattern, or a guard expression of such.
map_key(E) ->
    case chance(30) andalso E#env.outer of
        [_ | _] = Vars -> {V, _} = one(Vars), one([var(V), var(V), {tuple, line(), [var(V)]}]);
        _ -> case random_value:value(key) of K when is_map(K) -> literal(k); K -> literal(K) end
    end.

several(_, 0, E, _) -> {[], E};
several(T, N, E, D) ->
    {P, E1} = pattern(T, E, D),
    {Ps, E2} = several(T, N - 1, E1, D),
    {[P | Ps], E2}.

cons([H | T], End) -> {cons, line(), H, cons(T, End)};
cons([], End) -> End.

%% ---- guards: [[Test, ...], ...], one of the lists has to hold

guard(E) -> [[test(E, 2) || _ <- lists:seq(1, n(2))] || _ <- lists:seq(1, one([1, 1, 1, 2, 3]))].

test(E, D) ->
    weighted([{30, fun() -> {op, line(), one(['<', '>', '=<', '>=', '==', '/=', '=:=', '=/=']), term(E, D), term(E, D)} end},
              {30, fun() -> call(bool, E, D) end},
              {8, fun() -> case D > 0 of true -> {op, line(), one(['and', 'or', 'andalso', 'orelse', 'xor']), test(E, D - 1), test(E, D - 1)}; false -> call(bool, E, D) end end},
              {4, fun() -> {op, line(), 'not', test(E, D - 1)} end},
              {2, fun() -> {call, line(), {atom, line(), is_record}, [term(E, D), {atom, line(), r}]} end},
              {2, fun() -> term(E, D) end}]).

term(E, D) when D =< 0 -> leaf(E);
term(E, D) ->
    weighted([{30, fun() -> leaf(E) end},
              {14, fun() -> {op, line(), one(['+', '-', '*', 'div', 'rem', 'band', 'bor', 'bxor', '/']), term(E, D - 1), term(E, D - 1)} end},
              {2, fun() -> {op, line(), one(['-', 'bnot']), term(E, D - 1)} end},
              {2, fun() -> {op, line(), one(['bsl', 'bsr']), term(E, D - 1), literal(n(40))} end},
              {14, fun() -> call(one([int, int, float, list, any, bin]), E, D) end},
              {3, fun() -> {tuple, line(), [term(E, D - 1), term(E, D - 1)]} end},
              {2, fun() -> {cons, line(), term(E, D - 1), term(E, D - 1)} end},
              {2, fun() -> {map, line(), [{map_field_assoc, line(), term(E, D - 1), term(E, D - 1)}]} end}]).

call(T, E, D) ->
    {F, Types} = random_call:guard(T),
    {call, line(), {atom, line(), F}, [case X of small -> literal(n(5) - 1); _ -> term(E, D - 1) end || X <- Types]}.

leaf(#env{vars = Vars}) ->
    case Vars =/= [] andalso chance(75) of
        true -> {V, _} = one(lists:sublist(Vars, 6)), var(V);
        false -> case random_value:value(one([int, small, atom, float, any])) of F when is_function(F) -> {nil, line()}; V -> case plain(V) of true -> literal(V); false -> {atom, line(), a} end end
    end.
