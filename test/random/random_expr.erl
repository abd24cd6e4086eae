%% SPDX-License-Identifier: Apache-2.0
%%
%% Expressions of a type, as abstract forms.  A type is what is likely, not what is certain: now and then something of
%% another type comes, because errors are to be compared, too.
%%
%% Always true: each variable is bound once in a module and used only where it is bound.
-module(random_expr).
-export([expr/2, body/3, literal/1, function/3, clauses/3, remote/3, var/1, leaf/2]).

-include("random.hrl").
-import(random_pick, [n/1, between/2, chance/1, one/1, weighted/1, some/2, fresh/1, line/0, shuffle/1]).

expr(T, #env{depth = D} = E) when D =< 0 -> leaf(T, E);
expr(T, #env{depth = D} = E0) ->
    E = E0#env{depth = D - 1},
    case chance(2) of
        true -> expr(any, E);
        false ->
            weighted([{22, fun() -> leaf(T, E) end},
                      {26, fun() -> operation(T, E) end},
                      {18, fun() -> table_call(T, E) end},
                      {7, fun() -> choice(T, E) end},
                      {3, fun() -> try_catch(T, E) end},
                      {2, fun() -> {'catch', line(), expr(T, E)} end},
                      {2, fun() -> {block, line(), body(T, E, n(3))} end},
                      {3, fun() -> fun_call(T, E) end},
                      {6, fun() -> local_call(T, E) end},
                      {2, fun() -> extract(T, E) end},
                      {1, fun() -> wild_call(E) end},
                      {1, fun() -> raise(T, E) end},
                      {1, fun() -> maybe_effect(T, E) end}])
    end.

maybe_effect(T, #env{effects = true} = E) -> random_process:expr(T, E);
maybe_effect(T, E) -> leaf(T, E).

var(V) -> {var, line(), V}.

literal(Value) when is_function(Value) ->
    {module, M} = erlang:fun_info(Value, module),
    {name, F} = erlang:fun_info(Value, name),
    {arity, A} = erlang:fun_info(Value, arity),
    {'fun', line(), {function, {atom, line(), M}, {atom, line(), F}, {integer, line(), A}}};
literal([H | T]) -> {cons, line(), literal(H), literal(T)};
literal(Tuple) when is_tuple(Tuple) -> {tuple, line(), [literal(X) || X <- tuple_to_list(Tuple)]};
literal(Map) when is_map(Map) -> {map, line(), [{map_field_assoc, line(), literal(K), literal(V)} || {K, V} <- lists:sort(maps:to_list(Map))]};
literal(F) when is_float(F), F < 0 -> {op, line(), '-', {float, line(), -F}};
literal(Value) -> erl_parse:abstract(Value, line()).

%% A variable or a constant.
leaf({fn, Args, Ret}, E) -> function(Args, Ret, E);
leaf(count, E) -> case chance(60) of true -> literal(random_value:value(small)); false -> remote(random_run, amount, [leaf(small, E)]) end;
leaf(T, E) ->
    Fit = [V || {V, VT} <- E#env.vars, fits(VT, T)],
    case Fit =/= [] andalso chance(75) of
        true -> var(one(Fit));
        false -> constant(T)
    end.

constant(T) ->
    Value = literal(random_value:value(T)),
    case chance(40) of
        true -> remote(random_run, v, [Value]);
        false -> Value
    end.

fits(T, T) -> true;
fits(_, any) -> chance(40);
fits(_, {pair, _, _}) -> false;
fits({pair, _, _}, tuple) -> true;
fits(small, int) -> true;
fits(int, num) -> true;
fits(float, num) -> true;
fits(key, any) -> true;
fits(any, key) -> true;
fits(bool, atom) -> true;
fits({list, _}, list) -> true;
fits(list, {list, any}) -> true;
fits(list, {list, _}) -> chance(10);
fits(string, {list, int}) -> true;
fits(string, iolist) -> true;
fits(utf8, bin) -> true;
fits(utf8, bits) -> true;
fits(bin, bits) -> true;
fits(bin, iolist) -> true;
fits(map_hash, map) -> true;
fits(any, T) when is_atom(T), T =/= small, T =/= tame -> chance(8);
fits(_, _) -> false.

remote(M, F, Args) -> {call, line(), {remote, line(), {atom, line(), M}, {atom, line(), F}}, Args}.

op(Op, A, B) -> {op, line(), Op, A, B}.

%% ---- what makes a value of the type

operation(int, E) ->
    weighted([{40, fun() -> op(one(['+', '-', '*', 'div', 'rem', 'band', 'bor', 'bxor', '+', '-']), expr(int, E), expr(int, E)) end},
              {5, fun() -> op(one(['bsl', 'bsr']), expr(int, E), remote(random_run, amount, [expr(small, E)])) end},
              {3, fun() -> op('bsl', literal(random_value:value(int)), literal(between(-70, 70))) end},
              {3, fun() -> op('bsr', expr(int, E), literal(between(-5, 140))) end},
              {4, fun() -> {op, line(), one(['-', 'bnot', '+']), expr(int, E)} end},
              {10, fun() -> op(one(['+', '-', '+', '*', 'band', 'rem', 'div', 'bxor']), expr(int, E), literal(random_value:value(one([int, small])))) end},
              {6, fun() -> guard_call(int, E) end},
              {4, fun() -> random_bits:read(int, E) end},
              {2, fun() -> random_loop:fold(E) end}]);
operation(T, E) when T =:= small; T =:= key; T =:= count; T =:= tame ->
    case chance(30) of
        true when T =:= small -> op('band', expr(int, E), literal(one([1, 3, 7, 15])));
        true when T =:= small -> op('rem', expr(int, E), literal(between(1, 9)));
        _ -> leaf(T, E)
    end;
operation(float, E) ->
    weighted([{20, fun() -> op(one(['+', '-', '*', '/']), expr(float, E), expr(one([float, num]), E)) end},
              {6, fun() -> op(one(['+', '-', '*', '/']), op(one(['+', '*', '-']), expr(float, E), expr(float, E)), expr(float, E)) end},
              {4, fun() -> op('/', expr(int, E), expr(int, E)) end},
              {3, fun() -> {op, line(), '-', expr(float, E)} end},
              {3, fun() -> {call, line(), {atom, line(), float}, [expr(num, E)]} end},
              {2, fun() -> random_bits:read(float, E) end}]);
operation(num, E) -> op(one(['+', '-', '*', '/']), expr(num, E), expr(num, E));
operation(T, E) when T =:= bool ->
    weighted([{30, fun() -> op(comparison(), expr(any, E), expr(any, E)) end},
              {20, fun() -> op(comparison(), expr(num, E), expr(num, E)) end},
              {10, fun() -> S = one([bin, string, tuple, map, list, bits, atom]), op(comparison(), expr(S, E), expr(S, E)) end},
              {10, fun() -> op(comparison(), expr(any, E), constant(any)) end},
              {15, fun() -> op(one(['and', 'or', 'xor', 'andalso', 'orelse']), expr(bool, E), expr(bool, E)) end},
              {5, fun() -> {op, line(), 'not', expr(bool, E)} end},
              {20, fun() -> guard_call(bool, E) end}]);
operation(atom, E) -> choice(atom, E);
operation(T, E) when T =:= list; element(1, T) =:= list ->
    X = case T of {list, Y} -> Y; _ -> any end,
    weighted([{12, fun() -> list([expr(X, E) || _ <- lists:seq(1, n(4))], {nil, line()}) end},
              {10, fun() -> {cons, line(), expr(X, E), expr(T, E)} end},
              {8, fun() -> op(one(['++', '++', '--']), expr(T, E), expr(T, E)) end},
              {12, fun() -> random_loop:comprehension(X, E) end},
              {3, fun() -> guard_call(list, E) end},
              {1, fun() -> list([expr(X, E)], expr(any, E)) end}]);
operation(string, E) -> weighted([{3, fun() -> op('++', expr(string, E), expr(string, E)) end}, {2, fun() -> table_call(string, E) end},
                                  {1, fun() -> random_loop:comprehension(char, E) end}]);
operation(iolist, E) -> list([expr(one([byte, bin, string, iolist]), E) || _ <- lists:seq(1, n(3))], one([{nil, line()}, leaf(bin, E)]));
operation(T, E) when T =:= bin; T =:= bits; T =:= utf8 ->
    weighted([{10, fun() -> random_bits:build(T, E) end},
              {3, fun() -> random_bits:read(T, E) end},
              {4, fun() -> random_loop:binary_comprehension(T, E) end},
              {3, fun() -> random_bits:append(T, E) end},
              {1, fun() -> guard_call(bin, E) end}]);
operation(tuple, E) ->
    weighted([{12, fun() -> {tuple, line(), [expr(any, E) || _ <- lists:seq(1, n(5) - 1)]} end},
              {4, fun() -> remote(erlang, setelement, [literal(between(0, 4)), expr(tuple, E), expr(any, E)]) end},
              {3, fun() -> remote(erlang, setelement, [literal(1), remote(erlang, setelement, [literal(2), expr(tuple, E), expr(any, E)]), expr(any, E)]) end},
              {6, fun() -> record(E) end}]);
operation({pair, A, B}, E) -> {tuple, line(), [expr(A, E), expr(B, E)]};
operation(T, E) when T =:= map; T =:= map_hash ->
    Field = fun(Assoc) -> {Assoc, line(), expr(key, E), expr(any, E)} end,
    Fields = fun(Kinds) -> [Field(one(Kinds)) || _ <- lists:seq(1, n(4))] end,
    weighted([{6, fun() -> {map, line(), Fields([map_field_assoc])} end},
              {8, fun() -> {map, line(), expr(T, E), Fields([map_field_assoc])} end},
              {6, fun() -> {map, line(), expr(T, E), Fields([map_field_assoc, map_field_exact])} end},
              {2, fun() -> {map, line(), expr(T, E), []} end}]);
operation({fn, Args, Ret}, E) -> function(Args, Ret, E);
operation(any, E) -> expr(one([int, int, small, float, bool, atom, list, list, tuple, map, bin, bits, string, iolist, {fn, [any], any}, {pair, any, any}]), E);
operation(T, E) -> leaf(T, E).

comparison() -> one(['<', '>', '=<', '>=', '==', '/=', '=:=', '=/=']).

list([H | T], End) -> {cons, line(), H, list(T, End)};
list([], End) -> End.

guard_call(T, E) ->
    {F, Types} = random_call:guard(T),
    {call, line(), {atom, line(), F}, [expr(X, E) || X <- Types]}.

%% #r{}, declared in random_module.
record(E) ->
    Fields = fun() -> [{record_field, line(), {atom, line(), F}, expr(any, E)} || F <- lists:sublist(shuffle([a, b, c]), n(3))] end,
    weighted([{3, fun() -> {record, line(), r, Fields()} end},
              {2, fun() -> {record, line(), expr(tuple, E), r, Fields()} end},
              {2, fun() -> {tuple, line(), [{record_field, line(), record(E), r, {atom, line(), one([a, b, c])}}]} end}]).

%% Any value out of something larger.
extract(T, E) ->
    weighted([{3, fun() -> remote(erlang, element, [literal(1), {tuple, line(), [expr(T, E), expr(any, E)]}]) end},
              {3, fun() -> remote(erlang, hd, [{cons, line(), expr(T, E), expr(list, E)}]) end},
              {2, fun() -> remote(erlang, map_get, [{atom, line(), k}, {map, line(), expr(map, E), [{map_field_assoc, line(), {atom, line(), k}, expr(T, E)}]}]) end},
              {1, fun() -> remote(erlang, binary_to_term, [remote(erlang, term_to_binary, [expr(T, E)])]) end},
              {1, fun() -> remote(erlang, binary_to_term, [remote(erlang, term_to_binary, [expr(T, E), literal([compressed])])]) end},
              {1, fun() -> {block, line(), [remote(erlang, garbage_collect, []), expr(T, E)]} end},
              {1, fun() -> {block, line(), [remote(erlang, put, [expr(key, E), expr(T, E)]), remote(erlang, get, [expr(key, E)])]} end}]).

table_call(T, E) ->
    case random_call:call(T) of
        none -> operation(T, E);
        {M, F, Types} -> call(M, F, [expr(X, E) || X <- Types])
    end.

wild_call(E) ->
    {M, F, Types} = random_call:wild(),
    %% What is not known by type gets constants: a number of unknown size may ask for all memory.
    Args = [case X of tame -> literal(random_value:value(tame)); _ when X =:= int; X =:= any -> literal(random_value:value(X)); _ -> expr(X, E#env{depth = min(1, E#env.depth)}) end || X <- Types],
    {'catch', line(), call(M, F, Args)}.

call(erlang, F, Args) ->
    case lists:member(F, ['++', '--', '+', '-']) of
        true when length(Args) =:= 2 -> op(F, hd(Args), lists:last(Args));
        _ -> remote(erlang, F, Args)
    end;
call(math, F, Args) when F =/= sqrt, F =/= floor, F =/= ceil, F =/= fmod, F =/= pi ->
    remote(random_run, about, [any_call(math, F, Args)]);
call(M, F, Args) -> any_call(M, F, Args).

any_call(M, F, Args) ->
    case chance(5) of
        true -> remote(erlang, apply, [{atom, line(), M}, {atom, line(), F}, list(Args, {nil, line()})]);
        false ->
            case chance(4) of
                true -> {call, line(), {'fun', line(), {function, {atom, line(), M}, {atom, line(), F}, {integer, line(), length(Args)}}}, Args};
                false -> remote(M, F, Args)
            end
    end.

%% A function of the module, or one that is not there.
local_call(T, #env{funs = Funs} = E) ->
    case [F || {_, _, R} = F <- Funs, fits(R, T)] of
        [] -> leaf(T, E);
        Fit ->
            {Name, Types, _} = one(Fit),
            Args = [expr(X, E) || X <- Types],
            case chance(8) of
                true -> {call, line(), {'fun', line(), {function, Name, length(Args)}}, Args};
                false -> {call, line(), {atom, line(), Name}, Args}
            end
    end.

fun_call(T, #env{vars = Vars} = E) ->
    case [V || {V, {fn, _, R}} = V <- Vars, fits(R, T)] of
        [] ->
            Types = [random_value:type() || _ <- lists:seq(1, n(3) - 1)],
            F = fresh("F"),
            Fun = function(Types, T, E),
            Args = [expr(X, E) || X <- Types],
            Make = one([fun() -> {call, line(), Fun, Args} end,
                 fun() -> {'case', line(), remote(random_run, v, [Fun]),
                           [{clause, line(), [var(F)], [[{call, line(), {atom, line(), is_function}, [var(F), literal(length(Types))]}]], [{call, line(), var(F), Args}]}]} end]),
            Make();
        Fit ->
            {V, {fn, Types, _}} = one(Fit),
            case chance(90) of
                true -> {call, line(), var(V), [expr(X, E) || X <- Types]};
                false -> {call, line(), var(V), [expr(any, E)]}
            end
    end.

raise(_, E) ->
    weighted([{3, fun() -> remote(erlang, throw, [expr(any, E)]) end},
              {3, fun() -> remote(erlang, error, [expr(any, E)]) end},
              {2, fun() -> remote(erlang, exit, [expr(any, E)]) end},
              {1, fun() -> remote(erlang, error, [expr(any, E), expr(list, E)]) end},
              {1, fun() -> remote(erlang, raise, [literal(one([error, exit, throw, other])), expr(any, E), literal(one([[], [{a, b, 1, []}], [{lists, map, 2, [{line, 3}]}], x]))]) end},
              {1, fun() -> remote(nosuch, f, [expr(any, E)]) end},
              {1, fun() -> remote(lists, map, [expr(any, E)]) end}]).

%% ---- case, if, try

choice(T, E) ->
    weighted([{10, fun() -> case_of(T, E) end},
              {3, fun() -> {'if', line(), [{clause, line(), [], random_pattern:guard(E), body(T, E, 1)} || _ <- lists:seq(1, n(3))]
                                ++ [{clause, line(), [], [[{atom, line(), true}]], body(T, E, 1)} || chance(90)]} end},
              {4, fun() -> {'case', line(), expr(bool, E), [{clause, line(), [{atom, line(), B}], [], body(T, E, 1)} || B <- shuffle([true, false])]} end}]).

case_of(T, E) ->
    X = random_value:type(),
    Clauses = clauses([X], T, E),
    {'case', line(), expr(X, E), Clauses}.

%% Clauses of a case or a function; mostly the last one takes anything.
clauses(Types, T, E) ->
    Some = [clause(Types, T, E) || _ <- lists:seq(1, n(4))],
    case chance(80) of
        true ->
            {Patterns, Vars} = random_pattern:variables(Types),
            Some ++ [{clause, line(), Patterns, [], body(T, bind(Vars, E), n(2))}];
        false -> Some
    end.

clause(Types, T, E) ->
    {Patterns, E1} = random_pattern:patterns(Types, E),
    Guard = case chance(40) of true -> random_pattern:guard(E1); false -> [] end,
    {clause, line(), Patterns, Guard, body(T, E1, n(2))}.

try_catch(T, E) ->
    Of = case chance(35) of true -> any; false -> none end,
    Body = body(case Of of none -> T; _ -> Of end, E, n(2)),
    OfClauses = case Of of none -> []; _ -> clauses([any], T, E) end,
    Catches = [handler(T, E) || _ <- lists:seq(1, n(3))],
    After = case chance(25) of true -> [remote(erlang, put, [expr(key, E), expr(any, E)])]; false -> [] end,
    {'try', line(), Body, OfClauses, Catches, After}.

handler(T, E) ->
    C = fresh("C"), R = fresh("R"), S = fresh("S"),
    {Class, Classes} = one([{var(C), [{C, atom}]}, {{atom, line(), error}, []}, {{atom, line(), throw}, []}, {{atom, line(), exit}, []}, {var('_'), []}]),
    {Reason, E1} = case chance(70) of true -> {var(R), bind([{R, any}], E)}; false -> random_pattern:pattern(any, E) end,
    Traced = chance(50),
    Stack = case Traced of true -> var(S); false -> var('_') end,
    E2 = bind(Classes, E1),
    Body = case Traced of
        true ->
            one([fun() -> [{tuple, line(), [leaf(any, E2), var(S)]}] end,
                 fun() -> [remote(erlang, put, [{atom, line(), trace}, var(S)]) | body(T, E2, 1)] end,
                 fun() -> [remote(erlang, raise, [literal(one([error, exit, throw])), leaf(any, E2), var(S)])] end]);
        false -> fun() -> body(T, E2, n(2)) end
    end,
    {clause, line(), [{tuple, line(), [Class, Reason, Stack]}], [], Body()}.

%% ---- sequences

bind(Vars, E) -> E#env{vars = Vars ++ E#env.vars}.

%% N expressions, the last one of type T.
body(T, E, N) when N =< 1 -> [expr(T, E)];
body(T, E, N) ->
    {Statement, E1} = statement(E),
    [Statement | body(T, E1, N - 1)].

statement(E) ->
    X = random_value:type(),
    weighted([{12, fun() -> V = fresh("V"), {{match, line(), var(V), expr(X, E)}, bind([{V, X}], E)} end},
              {5, fun() -> Value = expr(X, E), {P, E1} = random_pattern:pattern(X, E), {{match, line(), P, Value}, E1} end},
              {3, fun() -> Types = [any || _ <- lists:seq(1, n(2))], V = fresh("V"), {{match, line(), var(V), function(Types, any, E)}, bind([{V, {fn, Types, any}}], E)} end},
              {3, fun() -> export_case(X, E) end},
              {2, fun() -> random_bits:match(E) end},
              {2, fun() -> {expr(any, E), E} end},
              {2, fun() -> effect(E) end}]).

effect(#env{effects = true} = E) -> random_process:statement(E);
effect(E) -> {remote(erlang, put, [expr(key, E), expr(any, E)]), E}.

%% A variable that each branch binds.
export_case(X, E) ->
    V = fresh("V"),
    S = random_value:type(),
    Assign = fun(Body) -> lists:droplast(Body) ++ [{match, line(), var(V), lists:last(Body)}] end,
    Clauses = [setelement(5, C, Assign(element(5, C))) || C <- clauses([S], X, E)],
    {{'case', line(), expr(S, E), Clauses}, bind([{V, X}], E)}.

%% A fun that takes these types.
function(Types, Ret, E0) ->
    E = E0#env{depth = min(E0#env.depth, 2)},
    weighted([{20, fun() -> {'fun', line(), {clauses, clauses(Types, Ret, E)}} end},
              {12, fun() -> {Patterns, Vars} = random_pattern:variables(Types),
                            {'fun', line(), {clauses, [{clause, line(), Patterns, [], body(Ret, bind(Vars, E), 1)}]}} end},
              {3, fun() -> {Patterns, Vars} = random_pattern:variables(Types),
                           {named_fun, line(), fresh("F"), [{clause, line(), Patterns, [], body(Ret, bind(Vars, E), 1)}]} end},
              {4, fun() -> reference(Types, Ret, E) end}]).

reference(Types, Ret, #env{funs = Funs} = E) ->
    Arity = length(Types),
    Local = [F || {F, Args, R} <- Funs, length(Args) =:= Arity, fits(R, Ret)],
    External = case Arity of
        1 -> [{erlang, abs}, {erlang, is_atom}, {erlang, length}, {lists, reverse}, {lists, sort}, {maps, to_list}];
        2 -> [{erlang, '+'}, {erlang, max}, {erlang, '=<'}, {lists, member}, {erlang, '++'}, {maps, get}];
        _ -> []
    end,
    case {Local, External} of
        {[_ | _], _} -> {'fun', line(), {function, one(Local), Arity}};
        {[], [_ | _]} -> {M, F} = one(External), {'fun', line(), {function, {atom, line(), M}, {atom, line(), F}, {integer, line(), Arity}}};
        _ -> {Patterns, Vars} = random_pattern:variables(Types), {'fun', line(), {clauses, [{clause, line(), Patterns, [], body(Ret, bind(Vars, E), 1)}]}}
    end.
