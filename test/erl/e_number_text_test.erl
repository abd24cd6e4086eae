%% SPDX-License-Identifier: Apache-2.0
%% Numbers to text and back: bases, shortest floats, decimals, scientific, and every way to be refused.
-module(e_number_text_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    integers(),
    integer_errors(),
    floats(),
    float_options(),
    float_errors().

integers() ->
    Is = [0, 1, -1, 9, 10, 35, 36, 255, -256, (1 bsl 59) - 1, -(1 bsl 59), 1 bsl 59, 1 bsl 63, -(1 bsl 63), 1 bsl 64, 12345678901234567890123456789012345678901234567890],
    [?T(integer_to_list(I)) || I <- Is],
    [?T(integer_to_binary(I)) || I <- Is],
    [?T({integer_to_list(I, B), integer_to_binary(I, B)}) || I <- Is, B <- [2, 3, 8, 10, 16, 17, 36]],
    [?T(list_to_integer(integer_to_list(I, B), B) =:= I) || I <- Is, B <- [2, 3, 8, 10, 16, 17, 36]],
    [?T(binary_to_integer(integer_to_binary(I, B), B) =:= I) || I <- Is, B <- [2, 3, 8, 10, 16, 17, 36]],
    ?T(list_to_integer("+17")),
    ?T(list_to_integer("-017")),
    ?T(list_to_integer("-0")),
    ?T(list_to_integer("aBcDeF", 16)),
    ?T(list_to_integer("zZ", 36)),
    ?T(binary_to_integer(<<"+0000000000000000000000000000000000012">>)),
    ?T(binary_to_integer(binary:copy(<<"9">>, 500))),
    ?T(integer_to_binary(binary_to_integer(binary:copy(<<"123">>, 300)))),
    ?T(list_to_integer(integer_to_list((1 bsl 10000) + 1)) - (1 bsl 10000)),
    ?T(string_to_integer("12abc")).

string_to_integer(S) -> string:to_integer(S).

integer_errors() ->
    [?T(list_to_integer(S)) || S <- ?V(["", "-", "+", "1 ", " 1", "1.0", "abc", "--1", "1_000", [1, 2], a, 1, <<"1">>, [$1 | $2], [$1, a]])],
    [?T(binary_to_integer(S)) || S <- ?V([<<"">>, <<"-">>, <<"+">>, <<"1 ">>, <<"1x">>, "1", 1, a, <<1:3>>])],
    [?T(list_to_integer("10", B)) || B <- ?V([1, 0, 37, -2, a, 10.0])],
    [?T(list_to_integer(S, B)) || {S, B} <- ?V([{"2", 2}, {"g", 16}, {"", 16}, {"-", 36}])],
    [?T(binary_to_integer(S, B)) || {S, B} <- ?V([{<<"2">>, 2}, {<<"g">>, 16}, {<<>>, 16}, {<<"1">>, 99}, {"1", 10}])],
    [?T(integer_to_list(X)) || X <- ?V([a, 1.0, "1", <<>>])],
    [?T(integer_to_list(X, B)) || {X, B} <- ?V([{a, 10}, {10, 1}, {10, 37}, {10, a}, {1.0, 2}])],
    [?T(integer_to_binary(X, B)) || {X, B} <- ?V([{a, 10}, {10, 1}, {10, 37}, {10, a}, {1.0, 2}])].

values() ->
    ?V([0.0, -0.0, 1.0, -1.0, 0.1, 0.2, 0.3, 1.5, 100.0, 123456.789, 1.0e10, 1.0e15, 1.0e16, 1.0e17, 1.0e21, 1.0e22, 1.0e23, 1.0e100, 1.7976931348623157e308,
        5.0e-324, 2.2250738585072014e-308, 1.0e-5, 1.0e-4, 0.001, 0.00123, 1.0e-7, 123.0e-20, 3.141592653589793, 2.718281828459045, 0.30000000000000004,
        4503599627370496.0, 9007199254740991.0, 9007199254740992.0, 9007199254740994.0, 18446744073709551616.0, 12345678901234567.0, 1.0e-10,
        0.5, 0.05, 0.005, 2.5, 3.5, 1.25, 9.995, 99.5, 0.125, 999999.9999999]).

floats() ->
    [?T({float_to_list(F), float_to_binary(F)}) || F <- values()],
    [?T(float_to_list(F, [short])) || F <- values()],
    [?T(float_to_binary(F, [short])) || F <- values()],
    [?T(list_to_float(float_to_list(F)) =:= F) || F <- values()],
    [?T(list_to_float(float_to_list(F, [short])) =:= F) || F <- values()],
    [?T(float_to_list(-F, [short])) || F <- values()],
    [?T(list_to_float(S)) || S <- ["1.0", "-1.0", "+1.0", "1.0e10", "1.0E10", "1.0e+10", "1.0e-10", "0.0", "-0.0", "00001.5", "1.50000", "1.0e-400", "123456789.123456789",
                                   "179769313486231570000000000000000000000.0", "4.9406564584124654e-324", "2.4703282292062328e-324", "0.1000000000000000055511151231257827"]],
    [?T(binary_to_float(S)) || S <- [<<"1.0">>, <<"-1.5e3">>, <<"1.0E+3">>, <<"0.000001">>]],
    [?T(begin <<B:64>> = <<F/float>>, integer_to_list(B, 16) end) || F <- values()].

float_options() ->
    [?T(float_to_list(F, [{decimals, D}])) || F <- values(), abs(F) < 1.0e22, D <- [0, 1, 2, 5, 10, 17]],
    [?T(float_to_list(F, [{decimals, D}, compact])) || F <- ?V([0.0, 1.0, 1.5, 0.1, 1.25, 100.0, 0.001, 123.4560]), D <- [0, 1, 3, 6, 20]],
    [?T(float_to_list(F, [{scientific, D}])) || F <- values(), D <- [0, 1, 3, 10, 20]],
    [?T(float_to_binary(F, [{scientific, 4}])) || F <- values()],
    [?T(float_to_binary(F, [{decimals, 4}])) || F <- ?V([1.0, -2.55555, 0.00005, 1.0e21])],
    ?T(float_to_list(1.5, [])),
    ?T(float_to_binary(1.5, [compact])),
    ?T(float_to_list(1.5, [{decimals, 253}])),
    ?T(float_to_list(1.0e300, [{decimals, 2}])),
    ?T(float_to_list(1.5, [{scientific, 249}])),
    ?T(float_to_list(1.5, [short, {decimals, 3}])),
    ?T(float_to_list(1.5, [{decimals, 3}, short])),
    ?T(float_to_list(1.5, [{decimals, 3}, {scientific, 2}])).

float_errors() ->
    [?T(list_to_float(S)) || S <- ?V(["", "1", "1.", ".1", "1e10", "1.e10", "1.0e", "1.0x", " 1.0", "1.0 ", "1.0e400", "-1.0e309", "--1.0", "1,0", "nan", "inf", a, 1.0, [$1, $. | $0]])],
    [?T(binary_to_float(S)) || S <- ?V([<<"">>, <<"1">>, <<"1.">>, <<"1.0e400">>, <<"x">>, "1.0", 1])],
    [?T(float_to_list(X)) || X <- ?V([1, a, "1.0"])],
    [?T(float_to_binary(X)) || X <- ?V([1, a, "1.0"])],
    [?T(float_to_list(1.0, O)) || O <- ?V([a, [a], [{decimals, -1}], [{decimals, 254}], [{decimals, a}], [{scientific, 250}], [{scientific, -1}], [{decimals}], [compact | x], [{short, 1}]])],
    [?T(float_to_binary(1, O)) || O <- ?V([[short], []])].
