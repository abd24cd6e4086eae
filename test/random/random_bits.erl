%% SPDX-License-Identifier: Apache-2.0
%%
%% Bit syntax: building, matching, appending, with every type, size, unit, byte order and sign.
-module(random_bits).
-export([build/2, pattern/1, match/1, read/2, append/2, number/1]).

-include("random.hrl").
-import(random_pick, [n/1, between/2, chance/1, one/1, weighted/1, some/2, fresh/1, line/0]).
-import(random_expr, [expr/2, literal/1, var/1, remote/3, leaf/2]).

%% ---- building

build(T, E) ->
    Whole = T =/= bits,
    {bin, line(), [segment(E, Whole) || _ <- lists:seq(1, n(4))]}.

segment(E, Whole) ->
    weighted([{20, fun() -> element(expr(int, E), make_size(E, Whole), integer_spec()) end},
              {5, fun() -> element(expr(byte, E), default, default) end},
              {6, fun() -> element(expr(num, E), number(one([64, 64, 32, 16])), [float | endian()]) end},
              {1, fun() -> element(expr(num, E), make_size(E, false), [float | endian()]) end},
              {10, fun() -> element(expr(bin, E), default, [binary]) end},
              {4, fun() -> element(expr(bin, E), remote(random_run, amount, [expr(small, E)]), [binary]) end},
              {3, fun() -> element(expr(bits, E), number(between(0, 20)), [one([bitstring, bits])]) end},
              {3, fun() -> element(expr(bits, E), default, [bitstring]) end},
              {2, fun() -> element(expr(bin, E), number(n(6)), [binary, {unit, one([1, 2, 4, 8, 16, 17])}]) end},
              {1, fun() -> element(expr(bits, E), default, [binary, {unit, one([1, 4, 16])}]) end},
              {4, fun() -> element(expr(char, E), default, [utf8]) end},
              {2, fun() -> element(expr(char, E), default, [utf16 | endian()]) end},
              {2, fun() -> element(expr(char, E), default, [utf32 | endian()]) end},
              {2, fun() -> element({string, line(), random_value:value(string_short)}, default, default) end},
              {1, fun() -> element({string, line(), "år€"}, default, [one([utf8, utf16, utf32])]) end}]).

element(Value, Size, Spec) -> {bin_element, line(), Value, Size, Spec}.

number(N) -> {integer, line(), N}.

make_size(E, Whole) ->
    weighted([{10, fun() -> number(8 * (n(9) - 1)) end},
              {8, fun() -> case Whole of true -> number(8 * n(4)); false -> number(between(0, 70)) end end},
              {1, fun() -> number(one([96, 128, 256, 255, 1000])) end},
              {3, fun() -> remote(random_run, amount, [expr(small, E)]) end}]).

integer_spec() ->
    case chance(40) of
        true -> default;
        false ->
            case [integer || chance(50)] ++ one([[], [signed], [unsigned]]) ++ endian() ++ case chance(15) of true -> [{unit, one([1, 2, 8, 16])}]; false -> [] end of
                [] -> default;
                Spec -> Spec
            end
    end.

endian() -> one([[], [], [little], [big], [native]]).

%% <<B/binary, ...>>, again and again: the binary that grows in its place.
append(T, E) ->
    V = fresh("V"), W = fresh("W"), E1 = E#env{vars = [{V, bin} | E#env.vars]},
    Grow = fun(From, Env) -> {bin, line(), [element(var(From), default, [one([binary, binary, bitstring])]), segment(Env, T =/= bits)]} end,
    {block, line(), [{match, line(), var(V), expr(T, E)}, {match, line(), var(W), Grow(V, E1)}] ++
        case chance(50) of
            true -> [Grow(W, E1)];
            false -> [{tuple, line(), [Grow(W, E1), Grow(W, E1), var(W), Grow(V, E1)]}]
        end}.

%% ---- matching

%% A pattern, and the environment with what it binds.
pattern(#env{outer = Outer} = E) ->
    {Elements, E1} = elements(n(4), E),
    {Rest, E2} = rest(E1),
    {{bin, line(), Elements ++ Rest}, E2#env{outer = Outer}}.

elements(0, E) -> {[], E};
elements(N, E) ->
    {Element, E1} = field(E),
    {Elements, E2} = elements(N - 1, E1),
    {[Element | Elements], E2}.

rest(E) ->
    weighted([{10, fun() -> bound(bits, E, default, [one([bitstring, bits])]) end},
              {10, fun() -> bound(bin, E, default, [binary]) end},
              {2, fun() -> {[element(var('_'), default, [one([binary, bitstring])])], E} end},
              {1, fun() -> bound(bits, E, default, [binary, {unit, one([1, 2, 3, 4, 16])}]) end},
              {6, fun() -> {[], E} end}]).

bound(T, E, Size, Spec) ->
    V = fresh("V"),
    {[element(var(V), Size, Spec)], E#env{vars = [{V, T} | E#env.vars], outer = [{V, T} | E#env.outer]}}.

field(E) ->
    {[Element], E1} = weighted([
        {10, fun() -> bound(byte, E, default, default) end},
        {14, fun() -> bound(int, E, match_size(E), integer_spec()) end},
        {5, fun() -> bound(float, E, number(one([64, 64, 32, 16])), [float | endian()]) end},
        {7, fun() -> bound(bin, E, match_size(E), [binary]) end},
        {3, fun() -> bound(bits, E, match_size(E), [bitstring]) end},
        {2, fun() -> bound(bits, E, number(n(5)), [binary, {unit, one([1, 3, 4, 8, 16])}]) end},
        {5, fun() -> bound(char, E, default, [one([utf8, utf8, utf16, utf32]) | []]) end},
        {2, fun() -> bound(char, E, default, [one([utf16, utf32]) | endian()]) end},
        {3, fun() -> {[element(var('_'), match_size(E), default)], E} end},
        {1, fun() -> {[element(var('_'), default, [one([utf8, utf16, utf32])])], E} end},
        {2, fun() -> {[element(var('_'), match_size(E), [one([binary, bitstring])])], E} end},
        {5, fun() -> {[element(literal(random_value:value(one([byte, small, int]))), match_size(E), integer_spec())], E} end},
        {1, fun() -> {[element(literal(abs(random_value:value(float))), number(64), [float])], E} end},
        {3, fun() -> {[element({string, line(), random_value:value(string_short)}, default, default)], E} end},
        {1, fun() -> {[element({string, line(), "é"}, default, [utf8])], E} end},
        {1, fun() -> known(E) end}]),
    {Element, E1}.

%% A variable that is bound has to be equal.
known(E) ->
    case [V || {V, int} <- E#env.vars] of
        [] -> bound(int, E, default, default);
        Vars -> {[element(var(one(Vars)), match_size(E), default)], E}
    end.

match_size(#env{outer = Vars}) ->
    Numbers = [V || {V, T} <- Vars, T =:= small orelse T =:= byte orelse T =:= int],
    weighted([{10, fun() -> number(8 * n(4)) end},
              {8, fun() -> number(between(0, 40)) end},
              {1, fun() -> number(one([0, 64, 65, 100, 128, 4096])) end},
              {8, fun() -> case Numbers of [] -> number(n(12)); _ -> var(one(lists:sublist(Numbers, 3))) end end},
              {3, fun() -> case Numbers of [] -> number(n(12)); _ -> {op, line(), one(['-', '+', '*', 'band']), var(one(lists:sublist(Numbers, 3))), number(n(8))} end end}]).

%% A statement that takes a binary apart.
match(E) ->
    Value = expr(one([bin, bits, bits]), E),
    {P, E1} = pattern(E#env{outer = E#env.vars}),
    {{match, line(), P, Value}, E1}.

%% A value of the type that is read out of a binary.
read(T, E) ->
    V = fresh("V"),
    Field = case T of
        int -> element(var(V), number(between(1, 72)), integer_spec());
        float -> element(var(V), number(one([16, 32, 64])), [float | endian()]);
        bits -> element(var(V), number(between(0, 30)), [bitstring]);
        _ -> element(var(V), number(between(0, 6)), [binary])
    end,
    Skip = case chance(50) of true -> [element(var('_'), number(between(0, 17)), default)]; false -> [] end,
    P = {bin, line(), Skip ++ [Field, element(var('_'), default, [bitstring])]},
    Source = case chance(50) of
        true -> expr(bits, E);
        false -> literal(<<(rand:bytes(12))/binary, 0:(n(8))>>)
    end,
    {'case', line(), Source,
     [{clause, line(), [P], [], [var(V)]}, {clause, line(), [var('_')], [], [leaf(T, E)]}]}.
