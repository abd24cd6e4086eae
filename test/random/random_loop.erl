%% SPDX-License-Identifier: Apache-2.0
%%
%% What repeats: comprehensions, folds, and functions that call themselves.
-module(random_loop).
-export([comprehension/2, binary_comprehension/2, fold/1, recursive/3]).

-include("random.hrl").
-import(random_pick, [n/1, between/2, chance/1, one/1, weighted/1, some/2, fresh/1, line/0]).
-import(random_expr, [expr/2, literal/1, var/1, remote/3, leaf/2, body/3]).

comprehension(T, E) ->
    {Qualifiers, E1} = qualifiers(n(2), E),
    {lc, line(), expr(T, E1), Qualifiers}.

binary_comprehension(T, E) ->
    {Qualifiers, E1} = qualifiers(1, E),
    Build = case chance(80) of
        true -> random_bits:build(T, E1#env{depth = min(E1#env.depth, 1)});
        false -> {bin, line(), [{bin_element, line(), expr(byte, E1), default, default}]}
    end,
    {bc, line(), Build, Qualifiers}.

qualifiers(0, E) -> {[], E};
qualifiers(N, E) ->
    {Q, E1} = weighted([{10, fun() -> generator(E) end}, {4, fun() -> binary_generator(E) end}]),
    Filter = case chance(30) of true -> [one([fun() -> expr(bool, E1#env{depth = 1}) end, fun() -> [[T | _] | _] = random_pattern:guard(E1), T end])]; false -> [] end,
    {Rest, E2} = qualifiers(N - 1, E1),
    {[Q | [F() || F <- Filter]] ++ Rest, E2}.

generator(E) ->
    X = random_value:type(),
    List = case chance(40) of
        true -> remote(lists, seq, [literal(1), literal(n(6))]);
        false -> expr({list, X}, E)
    end,
    {P, E1} = random_pattern:pattern(X, E),
    {{generate, line(), P, List}, E1}.

binary_generator(E) ->
    Binary = expr(one([bin, bits]), E),
    V = fresh("V"),
    Element = one([{bin_element, line(), var(V), default, default},
                   {bin_element, line(), var(V), random_bits:number(between(1, 20)), default},
                   {bin_element, line(), var(V), random_bits:number(n(3)), [binary]},
                   {bin_element, line(), var(V), random_bits:number(n(12)), [signed, little]},
                   {bin_element, line(), var(V), default, [utf8]}]),
    More = case chance(30) of true -> [{bin_element, line(), var('_'), random_bits:number(n(9)), default}]; false -> [] end,
    {{b_generate, line(), {bin, line(), [Element | More]}, Binary}, E#env{vars = [{V, any} | E#env.vars]}}.

fold(E) ->
    X = fresh("X"), A = fresh("A"),
    E1 = E#env{vars = [{X, int}, {A, int} | E#env.vars], depth = min(1, E#env.depth)},
    remote(lists, one([foldl, foldr]),
           [{'fun', line(), {clauses, [{clause, line(), [var(X), var(A)], [], [{op, line(), one(['+', '-', 'bxor']), var(A), expr(int, E1)}]}]}},
            leaf(int, E), expr({list, int}, E)]).

%% ---- functions that call themselves: {Name, Types, Result, Forms}

recursive(Name, Result, E) ->
    weighted([{5, fun() -> accumulate(Name, Result, E) end},
              {4, fun() -> build(Name, E) end},
              {4, fun() -> count(Name, Result, E) end},
              {3, fun() -> deep(Name) end},
              {4, fun() -> walk_binary(Name, Result, E) end},
              {2, fun() -> grow_binary(Name, E) end}]).

tick() -> remote(random_run, tick, []).

call(Name, Args) -> {call, line(), {atom, line(), Name}, Args}.

function(Name, Types, Result, Clauses) -> {Name, Types, Result, {function, line(), Name, length(Types), Clauses}}.

with(Vars, E) -> E#env{vars = Vars, depth = 2}.

accumulate(Name, Result, E) ->
    X = random_value:type(),
    {P, E1} = random_pattern:pattern(X, with([], E)),
    T = fresh("T"), A = fresh("A"), B = fresh("A"), C = fresh("A"), H = fresh("H"), U = fresh("T"),
    E2 = E1#env{vars = [{A, Result} | E1#env.vars]},
    function(Name, [{list, X}, Result], Result,
             [{clause, line(), [{cons, line(), P, var(T)}, var(A)], case chance(40) of true -> random_pattern:guard(E2); false -> [] end,
               [tick(), call(Name, [var(T), expr(Result, E2)])]}] ++
             [{clause, line(), [{cons, line(), var(H), var(U)}, var(B)], [], [tick(), call(Name, [var(U), leaf(Result, with([{B, Result}, {H, X}], E))])]} || chance(70)] ++
             [{clause, line(), [{nil, line()}, var(C)], [], [var(C)]}]).

build(Name, E) ->
    X = random_value:type(), Y = random_value:type(),
    {P, E1} = random_pattern:pattern(X, with([], E)),
    T = fresh("T"), U = fresh("T"),
    function(Name, [{list, X}], {list, Y},
             [{clause, line(), [{cons, line(), P, var(T)}], [], [tick(), {cons, line(), expr(Y, E1), call(Name, [var(T)])}]}] ++
             [{clause, line(), [{cons, line(), var('_'), var(U)}], [], [tick() | call_after(E, Name, U)]} || chance(70)] ++
             [{clause, line(), [{nil, line()}], [], [{nil, line()}]}]).

call_after(_, Name, U) -> one([[call(Name, [var(U)])], [{op, line(), '++', call(Name, [var(U)]), literal([x])}]]).

count(Name, Result, E) ->
    N = fresh("N"), A = fresh("A"), B = fresh("A"), M = fresh("N"),
    E1 = with([{N, small}, {A, Result}], E),
    Step = case chance(40) of
        true -> body(Result, E1, 2);
        false -> [expr(Result, E1)]
    end,
    function(Name, [small, Result], Result,
             [{clause, line(), [{integer, line(), 0}, var(B)], [], [var(B)]},
              {clause, line(), [var(N), var(A)], [[{op, line(), '>', var(N), literal(0)}, {op, line(), '<', var(N), literal(40)}]],
               [tick() | lists:droplast(Step)] ++ [call(Name, [{op, line(), '-', var(N), literal(1)}, lists:last(Step)])]},
              {clause, line(), [var(M), var('_')], [], [{tuple, line(), [{atom, line(), no_count}, var(M)]}]}]).

%% A stack of thousands of frames.
deep(Name) ->
    N = fresh("N"), A = fresh("A"), B = fresh("A"), C = fresh("A"), R = fresh("R"),
    Depth = one([100, 3000, 20000]),
    function(Name, [small, any], any,
             [{clause, line(), [{integer, line(), 0}, var(A)], [], [one([{tuple, line(), [var(A)]}, var(A), remote(erlang, garbage_collect, [])])]},
              {clause, line(), [var(N), var(B)], [[{op, line(), '>', var(N), literal(0)}]],
               [{match, line(), var(R), call(Name, [{op, line(), '-', {op, line(), 'rem', {op, line(), '+', var(N), {integer, line(), 0}}, literal(Depth)}, literal(1)},
                                                    one([var(B), {cons, line(), var(N), {nil, line()}}])])},
                one([{tuple, line(), [{atom, line(), x}, var(N)]}, var(R), remote(erlang, phash2, [{tuple, line(), [var(R), var(N), var(B)]}])])]},
              {clause, line(), [var('_'), var(C)], [], [var(C)]}]).

walk_binary(Name, Result, E) ->
    A = fresh("A"), B = fresh("A"), C = fresh("A"), R = fresh("R"), V = fresh("V"),
    Field = fun(Var) ->
        one([{bin_element, line(), var(Var), default, default}, {bin_element, line(), var(Var), random_bits:number(between(1, 40)), default},
             {bin_element, line(), var(Var), random_bits:number(n(4)), [binary]}, {bin_element, line(), var(Var), default, [one([utf8, utf16, utf32])]},
             {bin_element, line(), var(Var), random_bits:number(n(16)), [signed, little]}])
    end,
    Rest = fun(Var) -> {bin_element, line(), var(Var), default, [one([binary, bitstring])]} end,
    E1 = with([{V, any}, {A, Result}], E),
    {Other, E2} = random_bits:pattern(with([{B, Result}], E)),
    function(Name, [bits, Result], one([Result, any]),
             [{clause, line(), [{bin, line(), [Field(V), Rest(R)]}, var(A)], case chance(30) of true -> random_pattern:guard(E1); false -> [] end,
               [tick(), call(Name, [var(R), expr(Result, E1)])]}] ++
             [{clause, line(), [Other, var(B)], [], [expr(Result, E2)]} || chance(60)] ++
             [{clause, line(), [var('_'), var(C)], [], [var(C)]}]).

grow_binary(Name, E) ->
    A = fresh("A"), B = fresh("A"), H = fresh("H"), T = fresh("T"),
    E1 = with([{H, any}], E),
    {bin, _, Segments} = random_bits:build(one([bin, bits]), E1#env{depth = 1}),
    function(Name, [list, bin], bits,
             [{clause, line(), [{cons, line(), var(H), var(T)}, var(A)], [],
               [tick(), call(Name, [var(T), {bin, line(), [{bin_element, line(), var(A), default, [bitstring]} | Segments]}])]},
              {clause, line(), [var('_'), var(B)], [], [var(B)]}]).
