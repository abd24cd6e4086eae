%% SPDX-License-Identifier: Apache-2.0
%% io_lib: every control sequence, scanning and printing of terms.
-module(o_format_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    [?T(lists:flatten(io_lib:format(F, [T]))) || T <- terms(), F <- ["~w", "~p", "~tw", "~tp", "~0p", "~30p"]],
    [?T(lists:flatten(io_lib:format("~P ~W", [T, 8, T, 6]))) || T <- terms()],
    [?T(lists:flatten(io_lib:format(F, A))) || {F, A} <- ?V([
        {"~s", ["str"]}, {"~s", [<<"bin">>]}, {"~s", [atom]}, {"~s", [["io", <<"l">>, $x]]}, {"~10s|", ["abc"]}, {"~-10s|", ["abc"]}, {"~.2s|", ["abc"]}, {"~10.2s|", ["abc"]}, {"~10..*s", ["abc"]}, {"~ts", ["λé"]}, {"~ts", [<<"λ"/utf8>>]}, {"~s", ["λ"]}, {"~ts", [<<255>>]},
        {"~c~c", [$a, $b]}, {"~5c", [$x]}, {"~tc", [955]}, {"~10.3c|", [$y]}, {"~b ~b", [10, -10]}, {"~.16b ~.16B", [255, 255]}, {"~8.2.0b", [5]}, {"~x", [31]}, {"~.16x", [31, "0x"]}, {"~.16#", [31]}, {"~+b", [31]}, {"~.2+", [5]}, {"~b", [1 bsl 70]},
        {"~f", [1.5]}, {"~.2f", [1.555]}, {"~10.3f|", [-1.5]}, {"~-10.3f|", [1.5]}, {"~f", [1]}, {"~.0f", [1.5]}, {"~f", [1.0e100]}, {"~e", [1.5]}, {"~.3e", [12345.678]}, {"~e", [0.0]}, {"~g", [1.5]}, {"~g", [1.0e-10]}, {"~g", [1.0e10]}, {"~.3g", [123.456]}, {"~12.4g|", [0.1]},
        {"~~ ~n", []}, {"~i~w", [skipped, shown]}, {"~*s|", [6, "ab"]}, {"~*.*.0f", [8, 2, 3.14159]}, {"~80w", [abc]}, {"~5w|", [abcdefgh]}, {"~-8w|", [abc]}, {"~8.3w", [abcdef]}, {"~p", [[{k, "v"} || _ <- lists:seq(1, 12)]]}, {"~p", [lists:seq(1, 60)]}, {"~p", ["long string " ++ lists:duplicate(90, $x)]},
        {"~40p", [{a, [b, {c, "text"}, <<"binary data here">>], 12345.678}]}, {"~lp", ["abc"]}, {"~lp", [[1, 2]]}, {"~kp", [#{b => 1, a => 2}]}, {"~tp", [[1086, 1087]]}, {"~p", [[1086, 1087]]}, {"~tp", [<<"λ"/utf8>>]}, {"~p", [<<"λ"/utf8>>]}, {"~p", [<<200, 201>>]}, {"~p", [<<1:3>>]},
        {"~s", [1]}, {"~b", [a]}, {"~f", [a]}, {"~c", ["x"]}, {"~w", []}, {"~w", [1, 2]}, {"~q", [1]}, {"~", []}, {"~s", [[-1]]}, {a, []}, {"x", a}, {"~d", [1]}])],
    [?T(io_lib:print(T)) || T <- [a]],
    [?T(lists:flatten(io_lib:write(T))) || T <- terms()],
    [?T(lists:flatten(io_lib:write(T, 4))) || T <- terms()],
    [?T(io_lib:fread(F, S)) || {F, S} <- ?V([{"~d", "12 rest"}, {"~f", "1.5"}, {"~s ~s", "ab cd"}, {"~c", "xy"}, {"~16u", "ff"}, {"~a", "atom"}, {"~d,~d", "1,2"}, {"~d", "x"}, {"~3d", "12345"}, {"~*d ~d", "1 2"}, {"~#", "16#ff"}, {"~-", "-"}, {"~l", "x"}, {"~d", ""}])],
    [?T(io_lib:F(X)) || F <- [printable_list, printable_latin1_list, printable_unicode_list, deep_char_list, latin1_char_list, char_list], X <- ?V(["abc", [955], [1, 2], [a], "", x])],
    [?T(io_lib:write_string(S)) || S <- ?V(["abc", "q\"uote", "\n\t\e\d\0", "é", "λ"])],
    [?T(io_lib:write_atom(A)) || A <- ?V([abc, 'A b', 'it\'s', '', 'é', 'λ', 'end', 'a@b', 'a.b'])],
    ?T(io_lib:write_char($a)),
    ?T(io_lib:write_char($\n)),
    ?T(io_lib:nl()),
    ?T(io_lib:indentation("abc\nde", 3)),
    [?T(io_lib_format:fwrite_g(F)) || F <- ?V([0.0, -0.0, 1.0, 0.1, 1.0e10, 1.0e21, 1.0e22, 1.0e-5, 123.456, 5.0e-324, 1.7976931348623157e308])],
    [?T(lists:flatten(io_lib:format("~ts", [lists:flatten(io_lib:format(F, A))]))) || {F, A} <- [{"~p~n", [{"nested", [#{a => [<<"x">>, 1.0]}], {}}]}, {"~62p", [lists:zip(lists:seq(1, 15), lists:seq(101, 115))]}]],
    ?T(lists:flatten(io_lib:format("~p", [tree(6)]))),
    ?T(unicode:characters_to_list(io_lib:format("~p", [[list_to_atom("atom number " ++ integer_to_list(N)) || N <- lists:seq(1, 20)]]))),
    ?T(io_lib:format("~p", [a], [{chars_limit, 1}])),
    [?T(lists:flatten(io_lib:format("~p", [lists:seq(1, 1000)], [{chars_limit, L}]))) || L <- [0, 10, 50, 200]],
    ?T(io_lib:scan_format("~10.3p x ~s", [a, "b"])).

tree(0) -> leaf;
tree(N) -> {tree(N - 1), N, tree(N - 1)}.

terms() ->
    [1, -1.5, 1 bsl 70, abc, 'Q a', [], "text", "λ", [1, 2, 3], [a | b], {}, {a, "b", <<"c">>}, <<>>, <<1, 2, 3>>, <<"text">>, <<5:3>>, #{}, #{a => 1}, #{k => #{n => [1, "two", {three}]}}, fun lists:map/2,
     [{key, "value"}, {other, [nested, {list, 'of'}, "things"]}], {record, field1, "field two", [3], #{four => 4}}, lists:seq(1, 40), [<<"several">>, <<"binaries">>, <<"in a list that is too long for one line">>], "a\nb\t\"c\"", [$a, 955], true, 1.0e22].
