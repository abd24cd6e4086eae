%% SPDX-License-Identifier: Apache-2.0
%%
%% Values of a type, with the borders that machines get wrong.
%%
%% Types: int small byte float num atom bool any tuple map map_hash string char bin bits utf8 iolist list {list, T}
%% improper; `tame` is any value with small numbers only, for functions that would take very long else.
-module(random_value).
-export([value/1, type/0]).

-import(random_pick, [n/1, between/2, chance/1, one/1, weighted/1, some/2]).

type() ->
    one([int, int, small, float, atom, bool, tuple, map, string, bin, bits, iolist, list, {list, int}, {list, any}, any]).

value(small) -> between(0, 12);
value(byte) -> between(0, 255);
value(char) -> one([$a, $b, $A, $1, $\s, $\n, 16#e5, 16#301, 16#20ac, 16#1d11e, 16#df, 16#1f468, 16#200d, between(32, 126), between(0, 16#d7ff)]);
value(int) ->
    weighted([{30, fun() -> between(-5, 20) end},
              {10, fun() -> between(-300, 70000) end},
              {20, fun() -> (one([1, -1]) bsl one([7, 8, 15, 16, 26, 27, 28, 30, 31, 32, 53, 58, 59, 60, 61, 62, 63, 64])) + between(-2, 2) end},
              {6, fun() -> one([1, -1]) * rand:uniform(1 bsl n(70)) end},
              {4, fun() -> (one([1, -1]) bsl one([95, 96, 127, 128, 129, 191, 192, 256, 300])) + between(-1, 1) end},
              {3, fun() -> one([1, -1]) * rand:uniform(1 bsl n(300)) end},
              {1, fun() -> (one([1, -1]) bsl between(500, 2500)) - rand:uniform(1 bsl n(500)) end}]);
value(float) ->
    weighted([{30, fun() -> one([0.0, -0.0, 1.0, -1.0, 0.5, 1.5, 2.5, -2.5, 0.1, 0.3, 3.14, 100.0, 1.0e-5, 123456.789]) end},
              {10, fun() -> one([1.0e10, 1.0e15, 1.0e16, 1.0e22, 1.0e23, 1.0e100, 1.0e308, 1.7976931348623157e308, -1.7976931348623157e308,
                                 2.2250738585072014e-308, 5.0e-324, 9007199254740991.0, 9007199254740992.0, 4294967296.0,
                                 576460752303423488.0, 576460752303423487.0, -576460752303423488.0, 9223372036854775808.0,
                                 18446744073709551616.0, 1.0e-300]) end},
              {10, fun() -> float(between(-100, 100)) end},
              {10, fun() -> rand:uniform() * math:pow(10, between(-20, 20)) * one([1, -1]) end}]);
value(num) -> value(one([int, int, float]));
value(bool) -> one([true, false]);
value(atom) ->
    one([ok, error, true, false, undefined, a, b, c, foo, bar, '', 'A b', 'Ä', infinity, nil, normal, key, 'it\'s', x, 'a.b', '_x', 'Z',
         binary_to_atom(<<"日本"/utf8>>), 'end', 'when', '\n']);
value(string) ->
    weighted([{10, fun() -> one(["", "abc", "hello world", "123", "-12", "+7", "3.14", "1.0e5", " a b ", "\n", "aXbXc", "true", "16#ff", "a,b,,c",
                                 "\"q\"", "\\", "~p~n", "abcabcabc", "ABC def", "Straße", [16#e5, 16#e4, 16#20ac], "e" ++ [16#301, $x], [16#1f468, 16#200d, 16#1f469],
                                 [16#d800], "a\r\nb", "0", "z1"]) end},
              {5, fun() -> some(8, fun() -> value(char) end) end},
              {1, fun() -> lists:append(lists:duplicate(between(5, 40), value(string_short))) end},
              {5, fun() -> some(12, fun() -> between($a, $e) end) end}]);
value(string_short) -> some(4, fun() -> between($a, $z) end);
value(utf8) -> unicode_bytes(value(string));
value(bin) ->
    weighted([{10, fun() -> value(utf8) end},
              {6, fun() -> list_to_binary(some(20, fun() -> value(byte) end)) end},
              {2, fun() -> one([<<16#ff>>, <<16#c3>>, <<16#e2, 16#82>>, <<16#f0, 16#9f, 16#91, 16#a8>>, <<16#ed, 16#a0, 16#80>>, <<16#c0, 16#80>>, <<0>>, <<0:64>>]) end},
              {2, fun() -> B = rand:bytes(7), binary:copy(B, between(8, 11)) end},
              {1, fun() -> rand:bytes(between(60, 300)) end},
              {1, fun() -> term_to_binary(value(any)) end}]);
value(bits) ->
    case chance(40) of
        true -> value(bin);
        false -> B = value(bin), N = n(7), <<B/binary, (rand:uniform(128)):N>>
    end;
value(tuple) -> list_to_tuple(some(5, fun() -> value(any) end));
value(map) ->
    case chance(12) of
        true -> value(map_hash);
        false -> maps:from_list(some(6, fun() -> {value(key), value(any)} end))
    end;
%% The order of a large map depends on the numbers of atoms, so it has none.
value(map_hash) -> maps:from_list([{one([I, I, {I}, integer_to_binary(I), [I], I + 0.5, I bsl 60]), value(simple)} || I <- lists:seq(1, between(30, 80))]);
value(key) -> one([key_a, key_b, key_c, key_d, 1, 2, 3, 1.0, 2.0, "k", <<"k">>, {1, key_a}, [], 1 bsl 65, value(one([int, float, bin]))]);
value(simple) -> value(one([int, float, atom, bin]));
value(iolist) -> some(5, fun() -> value(one([byte, bin, string_short, iolist_rest])) end);
value(iolist_rest) -> one([[], [<<"x">> | <<"y">>], [$a | <<"tail">>], [[[]]], [["ab", <<1, 2, 3>>], 7]]);
value(improper) -> [value(any) | value(simple)];
value(list) -> value({list, any});
value({list, T}) ->
    case chance(3) of
        true -> [value(T) || _ <- lists:seq(1, between(10, 60))];
        false -> some(7, fun() -> value(T) end)
    end;
value({pair, A, B}) -> {value(A), value(B)};
value(tame) -> value(one([small, small, small, atom, string_short, float, {list, small}, tuple_tame, bool, map_tame, bin]));
value(tuple_tame) -> list_to_tuple(some(4, fun() -> value(small) end));
value(map_tame) -> maps:from_list(some(4, fun() -> {value(one([small, atom])), value(small)} end));
value(any) ->
    weighted([{12, fun() -> value(int) end}, {5, fun() -> value(float) end}, {8, fun() -> value(atom) end},
              {4, fun() -> value(string) end}, {4, fun() -> value(bin) end}, {3, fun() -> value(bits) end},
              {4, fun() -> value(tuple) end}, {4, fun() -> value(map) end}, {4, fun() -> value({list, one([int, atom, any])}) end},
              {1, fun() -> value(improper) end}, {2, fun() -> [] end}, {2, fun() -> {} end}, {1, fun() -> value(iolist) end},
              {2, fun() -> one([fun erlang:abs/1, fun lists:map/2, fun nosuch:f/0]) end}]);
value(count) -> value(small);
value({int, A, B}) -> between(A, B);
value({pick, Values}) -> one(Values);
value({literal, F}) -> F(ok);
value({set}) -> sets:from_list(value({list, int}));
value({gb_set}) -> gb_sets:from_list(value(list));
value({queue}) -> queue:from_list(value(list));
value({array}) -> array:from_list(value(list));
value({pair3, A, B, C}) -> {value(A), value(B), value(C)};
value({regex}) ->
    one(["a", "[a-c]+", "(a)(b)?", "^.", "x*", "\\d+", "(?i)ABC", "b|c", "", "(.)\\1", "\\s", "[^a]", "a{2}", "(?<n>b)", ".$", "(", "\\bh", "o\\B"]);
value(_) -> value(any).

unicode_bytes(S) ->
    case unicode:characters_to_binary(S) of
        B when is_binary(B) -> B;
        _ -> <<"bad">>
    end.
