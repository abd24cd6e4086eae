#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%% number_cases.escript ROUNDS SEED -- what the stock machine answers about numbers.
%%
%% Prints one case a line, `Module:Function/Arity Argument... = Answer`, for number_test.c.
%% Terms in prefix form: iHEX i-HEX integer, fBITS float, sHEX list of bytes, bHEX binary, aName,
%% tN Term... tuple, lN Term... list; an answer !Reason is an error.

main([Rounds0, Seed0]) ->
    Rounds = list_to_integer(Rounds0),
    rand:seed(exsss, list_to_integer(Seed0)),
    ok = io:setopts([{encoding, latin1}]),
    Integers = integers(),
    Numbers = Integers ++ floats() ++ [nonumber],
    Few = few_integers() ++ floats() ++ [nonumber],
    [ask(erlang, F, [A, B]) || F <- operators(), A <- Few, B <- Few],
    [shift(A, B) || A <- Integers ++ [1.0, nonumber], B <- shifts() ++ [1.0, nonumber]],
    [ask(erlang, F, [A]) || F <- unary(), A <- Numbers],
    [ask(math, F, [A]) || F <- math1(), A <- Numbers],
    [ask(math, F, [A, B]) || F <- [pow, atan2, fmod], A <- Few, B <- Few],
    [ask(erlang, F, [A, B]) || F <- ['and', 'or', 'xor'], A <- [true, false, x], B <- [true, false, x]],
    [ask(erlang, 'not', [A]) || A <- [true, false, x]],
    [integer_text(I) || I <- Integers],
    [float_text(F) || F <- floats()],
    [parse(T) || T <- texts()],
    bad_arguments(),
    [round_of_cases() || _ <- lists:seq(1, Rounds)],
    ok.

round_of_cases() ->
    {A, B} = {random_number(), random_number()},
    [ask(erlang, F, [A, B]) || F <- operators()],
    [ask(erlang, F, [A]) || F <- unary()],
    I = random_integer(),
    shift(I, rand:uniform(400) - 200),
    integer_text(I),
    F = random_float(),
    float_text(F),
    ask(erlang, '==', [F, near(F)]),
    ask(erlang, '<', [F, near(F)]),
    ask(erlang, '<', [near(F), F]),
    [ask(math, M, [random_float()]) || M <- math1()],
    parse(mutated(pick(texts()))),
    parse(random_float_text()).

operators() ->
    ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor', '<', '>', '=<', '>=', '==', '/=', '=:=',
     '=/=', max, min].
unary() -> ['+', '-', 'bnot', abs, float, round, trunc, ceil, floor].
math1() ->
    [sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, acosh, atanh, exp, log, log2, log10, sqrt,
     erf, erfc, ceil, floor].

integers() ->
    around([1, 10, 31, 52, 53, 58, 59, 60, 62, 63, 64, 65, 127, 128, 130, 192, 1023, 1024]) ++
        [1 bsl 4000, -(1 bsl 5000) + 7].
few_integers() -> around([1, 59, 60, 64, 128, 1024]).

around(Powers) ->
    Near = [(1 bsl K) + D || K <- Powers, D <- [-1, 0, 1]],
    [0 | Near] ++ [-N || N <- Near].

floats() ->
    [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 1.0e22, 1.0e23, -1.0e23, 9007199254740991.0,
     9007199254740992.0, 9007199254740994.0, 576460752303423488.0, -576460752303423488.0,
     1152921504606846976.0, 9223372036854775808.0, -9223372036854775808.0, 18446744073709551616.0,
     -18446744073709551616.0, 1.7976931348623157e308, -1.7976931348623157e308, 5.0e-324, -5.0e-324,
     2.2250738585072014e-308, 2.225073858507201e-308, 123456.789, 1.0e-5, 9.999999999999999e22, 1.0e15,
     1.0e16, 1.0e17, 0.001, 0.0001, 12345678901.0, 4503599627370496.5, 0.49999999999999994].

shifts() -> [0, 1, -1, 3, -3, 59, 60, 61, 63, 64, 65, -58, -59, -60, -63, -64, -65, 128, -128, 1000, -1000,
             -5000, -(1 bsl 58), -(1 bsl 70)].

%% Far shifts to the left are tried where they fail at once.
shift(A, B) ->
    ask(erlang, 'bsl', [A, B]),
    ask(erlang, 'bsr', [A, B]),
    [ask(erlang, F, [A, X]) || {F, X} <- [{'bsl', 1 bsl 58}, {'bsl', 1 bsl 70}, {'bsr', 1 bsl 70}]].

random_number() ->
    case rand:uniform(3) of
        1 -> random_float();
        _ -> random_integer()
    end.
random_integer() ->
    Bits = pick([8, 40, 59, 60, 64, 100, 128, 300, 1000, 3000]),
    N = rand:uniform(1 bsl Bits) - 1,
    %% Runs of ones and zeros find carries.
    M = case rand:uniform(4) of
            1 -> N bor ((1 bsl (Bits div 2)) - 1);
            2 -> (N bsr (Bits div 2)) bsl (Bits div 2);
            _ -> N
        end,
    case rand:uniform(2) of 1 -> M; 2 -> -M end.
random_float() ->
    case rand:uniform(5) of
        1 -> float(random_small());
        2 -> random_small() / pick([10, 100, 1000, 3, 7]);
        3 -> bits_float(rand:uniform(1 bsl 64) - 1);
        4 -> bits_float(rand:uniform(1 bsl 53) - 1);
        5 -> math:pow(2.0, rand:uniform(2000) - 1000)
    end.
random_small() -> rand:uniform(1 bsl rand:uniform(60)) - 500.
bits_float(Bits) ->
    case <<Bits:64>> of
        <<F/float>> -> F;
        _ -> 1.0
    end.
near(F) ->
    try trunc(F) + rand:uniform(3) - 2 catch _:_ -> 0 end.
pick(L) -> lists:nth(rand:uniform(length(L)), L).

integer_text(I) ->
    ask(erlang, integer_to_list, [I]),
    ask(erlang, integer_to_binary, [I]),
    Base = rand:uniform(35) + 1,
    ask(erlang, integer_to_list, [I, Base]),
    ask(erlang, integer_to_binary, [I, Base]),
    Text = integer_to_list(I, Base),
    ask(erlang, list_to_integer, [string:lowercase(Text), Base]),
    ask(erlang, binary_to_integer, [list_to_binary(Text), Base]),
    ask(erlang, list_to_integer, [integer_to_list(I)]),
    ask(erlang, binary_to_integer, [<<"000", (integer_to_binary(abs(I)))/binary>>]).

float_text(F) ->
    ask(erlang, float_to_list, [F]),
    ask(erlang, float_to_binary, [F]),
    ask(erlang, float_to_list, [F, [short]]),
    ask(erlang, float_to_binary, [F, [short]]),
    D = rand:uniform(22) - 1,
    ask(erlang, float_to_list, [F, [{decimals, D}]]),
    ask(erlang, float_to_list, [F, [{decimals, D}, compact]]),
    ask(erlang, float_to_list, [F, [compact, {scientific, D}]]),
    ask(erlang, float_to_list, [F, [{scientific, rand:uniform(260) - 1}]]),
    ask(erlang, float_to_list, [F, [{decimals, rand:uniform(260) - 1}]]),
    ask(erlang, float_to_list, [F, [{decimals, 0}, compact]]),
    parse(float_to_list(F, [short])),
    parse(float_to_list(F, [{scientific, 15 + rand:uniform(5)}])).

random_float_text() ->
    digits(rand:uniform(25)) ++ "." ++ digits(rand:uniform(30)) ++
        pick(["", "e" ++ integer_to_list(rand:uniform(660) - 330)]).
digits(N) -> [$0 + rand:uniform(10) - 1 || _ <- lists:seq(1, N)].

texts() ->
    ["", "+", "-", "0", "-0", "+0", "00012", "12x", "x", "1.5", "-1.5", "+1.5", "1,5", "1.5e3", "1.5E+3",
     "1.5e-3", "1.5e", "1.5e+", "1.5e+x", "1.5e5.3", "1.5e5e5", "1.", ".5", "1.e5", "1e5", "--1.5", "1-5",
     "1.5-", "1.0e308", "1.0e309", "1.0e400", "-1.0e999999999999999999999", "1.0e-999999999999999999999",
     "0.0e99999", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308",
     "4.9e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "2.5e-324", "9007199254740993.0",
     "9007199254740993.00000000000000000000000000000000000000000000001", "1.0 ", " 1.0", "1.5\0x", "1\0",
     "0." ++ lists:duplicate(400, $0) ++ "1e400", lists:duplicate(400, $1) ++ ".0e-390",
     lists:duplicate(900, $9) ++ ".5", "1." ++ lists:duplicate(1200, $0) ++ "1",
     "5e-1", "2.2250738585072011e-308", "179769313486231570000.0e288", [256 + $1], [$1, a], [$1, 300],
     "123456789012345678", "1234567890123456789", "576460752303423487", "576460752303423488",
     "-576460752303423488", "-576460752303423489", "18446744073709551616", "7fffffffffffffff", "zz", "ZZ"].

mutated(T) ->
    case [C || C <- T, is_integer(C), C < 256] of
        [] -> "7";
        L ->
            {A, [_ | B]} = lists:split(rand:uniform(length(L)) - 1, L),
            A ++ pick(["", "0", "9", ".", "e", "-", "+", "a", [0]]) ++ B
    end.

parse(T) ->
    ask(erlang, list_to_integer, [T]),
    ask(erlang, list_to_integer, [T, 36]),
    ask(erlang, list_to_integer, [T, 16]),
    ask(erlang, list_to_integer, [T, 2]),
    ask(string, list_to_integer, [T]),
    ask(erlang, list_to_float, [T]),
    ask(string, list_to_float, [T]),
    try list_to_binary(T) of
        B ->
            ask(erlang, binary_to_integer, [B]),
            ask(erlang, binary_to_integer, [B, 36]),
            ask(erlang, binary_to_float, [B])
    catch _:_ -> ok
    end.

bad_arguments() ->
    [ask(erlang, F, [A, B]) || F <- [integer_to_list, integer_to_binary], A <- [7, 1 bsl 70, 1.0, x],
                               B <- [0, 1, 2, 36, 37, -10, 1 bsl 70, 10.0, x]],
    [ask(erlang, F, ["1", B]) || F <- [list_to_integer], B <- [0, 1, 2, 36, 37, 1 bsl 70, 10.0, x]],
    [ask(erlang, F, [<<"1">>, B]) || F <- [binary_to_integer], B <- [0, 1, 2, 36, 37, 1 bsl 70, 10.0, x]],
    [ask(erlang, F, [A]) || F <- [list_to_integer, list_to_float, binary_to_integer, binary_to_float, integer_to_list,
                                  integer_to_binary, float_to_list, float_to_binary],
                            A <- [x, 1.5, 1, [], <<>>, {}, [x], "a"]],
    [ask(string, F, [A]) || F <- [list_to_integer, list_to_float], A <- [x, [], [x], <<>>, "q"]],
    [ask(erlang, float_to_list, [1.5, O]) ||
        O <- [x, [x], [{decimals, -1}], [{scientific, -1}], [{decimals, x}], [{foo, 1}], [{decimals, 1 bsl 70}],
              [{decimals, 3}, {scientific, 2}], [{scientific, 2}, {decimals, 3}], [short, {decimals, 1}],
              [{decimals, 1}, short], [compact], [{decimals, (1 bsl 32) + 3}], [{decimals, 1, 2}], [{scientific, 1 bsl 31}]]].

ask(M, F, Args) ->
    Answer = try text(apply(M, F, Args))
             catch error:Reason -> [" !", atom_to_list(Reason)]
             end,
    file:write(standard_io, io_lib:format("~s:~s/~b~s =~s~n",
        [atom_to_list(M), atom_to_list(F), length(Args), [text(A) || A <- Args], Answer])).

text(I) when is_integer(I), I < 0 -> [" i-", integer_to_list(-I, 16)];
text(I) when is_integer(I) -> [" i", integer_to_list(I, 16)];
text(F) when is_float(F) -> <<B:64>> = <<F/float>>, [" f", integer_to_list(B, 16)];
text(A) when is_atom(A) -> [" a", atom_to_list(A)];
text(B) when is_binary(B) -> [" b", hex(binary_to_list(B))];
text(T) when is_tuple(T) -> [" t", integer_to_list(tuple_size(T)), [text(E) || E <- tuple_to_list(T)]];
text([]) -> " s";
text(L) ->
    case lists:all(fun(C) -> is_integer(C) andalso C >= 0 andalso C < 256 end, L) of
        true -> [" s", hex(L)];
        false -> [" l", integer_to_list(length(L)), [text(E) || E <- L]]
    end.

hex(Bytes) -> [io_lib:format("~2.16.0B", [B]) || B <- Bytes].
