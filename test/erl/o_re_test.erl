%% SPDX-License-Identifier: Apache-2.0
%% Regular expressions: run, compile, split, replace, inspect; options and errors.
-module(o_re_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    [?T(re:run(S, P)) || S <- ?V(["hello world", <<"abc123def">>, "", ["io", <<"list">>]]),
                         P <- ?V(["o", "[0-9]+", "^h(e)(l+)", "(x)?(b)?", "", "(?<n>\\w+)", "\\bworld\\b", "^$", "(a|b|c)+", "l{2,}", "[^a-z]", "(?i)HELLO", "(.)(.)", "io(?=li)", "(?<!x)c", "d$"])],
    [?T(re:run("ababab", P, O)) || P <- ?V(["ab", "(a)(b)", "b(?<x>a)?"]),
                                  O <- ?V([[global], [{capture, all, list}], [{capture, all, binary}], [{capture, none}], [{capture, first}], [{capture, all_but_first}], [{capture, [0, 2]}], [{capture, [x], list}], [{capture, ["x"], binary}],
                                           [global, {capture, all, list}], [{offset, 1}], [{offset, 6}], [anchored], [notempty], [notbol], [report_errors]])],
    [?T(re:run(S, P, O)) || {S, P, O} <- ?V([
        {"ABC", "abc", [caseless]}, {"a\nb", "a.b", []}, {"a\nb", "a.b", [dotall]}, {"a\nb", "^b", [multiline]}, {"aaa", "a+", [ungreedy]}, {"a b", "a b", [extended]}, {"ab", "a b # c", [extended]},
        {"é", "é", [unicode]}, {"aλb", "λ", [unicode]}, {<<"aλb"/utf8>>, "λ", [unicode, {capture, all, list}]}, {<<"aλb"/utf8>>, ".", [unicode, global]}, {<<"Λ"/utf8>>, <<"λ"/utf8>>, [unicode, caseless]}, {"λ", "\\w", [unicode, ucp]},
        {"ab", "(?<x>a)(?<y>b)", [{capture, all_names, list}]}, {"ab", "b", [firstline]}, {"aXbX", "x", [caseless, global]}, {"foobar", "o*", [global]}, {"", "", [global]}, {"abc", "(?:)", [global]},
        {"a\r\nb", "$", [multiline, {newline, crlf}]}, {"x", "(x)|(y)", [{capture, all, index}]}, {"y", "(x)|(y)", [{capture, all, list}]}, {"ab", "(?|(a)|(b))", [global, {capture, all, list}]}, {"aa", "(a)\\1", []}, {"abcabc", "(?<q>abc)\\k<q>", []},
        {"(((x)))", "\\((?:[^()]|(?R))*\\)", []}, {"2023-01-15", "(\\d{4})-(\\d\\d)-(\\d\\d)", [{capture, all_but_first, list}]}, {"aaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "^(a+)+$", [{match_limit, 1000}, report_errors]}, {"aaaa", "(a*)*b", [{match_limit, 5}]},
        {"abc", "b", [{offset, 2}]}, {"abc", "b", [{offset, -1}]}, {"abc", "b", [bad]}, {a, "b", []}, {"abc", a, []}, {[256], "b", []}, {<<255>>, "b", [unicode]}, {"abc", "b", [{capture, x, y}]}, {"a", "(", []}, {"a", "[", []}, {"a", "a**", []}, {"a", "\\", []}, {"a", "(?<1>a)", []}])],
    [?T(re:compile(P)) || P <- ?V(["(", "[z-a]", "a{2,1}", "(?P<", "\\x{110000}", "*", "(?z)", "[[:foo:]]", a])],
    ?T(element(1, element(2, re:compile("abc")))),
    ?T(begin {ok, R} = re:compile("b(.)", [caseless]), [re:run(S, R, [{capture, all, list}]) || S <- ["abc", "ABC", "xyz"]] end),
    ?T(re:inspect(element(2, re:compile("(?<a>x)(?<b>y)")), namelist)),
    ?T(re:inspect(?V(x), namelist)),
    [?T(re:split(S, P, O)) || {S, P, O} <- ?V([
        {"a,b,,c", ",", []}, {"a,b,,c", ",", [{return, list}]}, {"a,b,,c", "(,)", [{return, list}]}, {"a,b,,c,,", ",", [trim]}, {"a,b,c", ",", [{parts, 2}, {return, list}]}, {"abc", "", [{return, list}]}, {"", ",", []}, {"a1b22c", "[0-9]+", [{return, list}]},
        {"λaλ", "a", [unicode, {return, list}]}, {"a,b", ",", [group, {return, list}]}, {"abc", "(b)", [group]}])],
    [?T(re:replace(S, P, R, O)) || {S, P, R, O} <- ?V([
        {"hello", "l", "L", [{return, list}]}, {"hello", "l", "L", [global, {return, list}]}, {"hello", "(l)", "<\\1>", [global, {return, binary}]}, {"hello", "l+", "[&]", [{return, list}]}, {"hello", "x", "y", [{return, list}]}, {"hello", "", "-", [global, {return, list}]},
        {"hello", "l", "\\&", [{return, list}]}, {"abc", "(?<x>b)", "\\g{1}!", [{return, list}]}, {"hello", "l", "L", []}, {"aλ", "λ", "ω", [unicode, {return, list}]}, {"ab", "(a)(x)?", "\\2|\\1", [{return, list}]}, {"a.b.c", "\\.", "", [global, {return, list}]}])],
    ?T(length(element(2, re:run(lists:duplicate(20000, $a), "a", [global])))),
    ?T(re:run(lists:duplicate(100000, $a) ++ "b", "a*b")),
    ?T(re:run(binary:copy(<<"xy">>, 50000), "(x(y)?)+$", [{capture, first}])),
    ?T(re:replace("John Smith", "(\\w+)\\s(\\w+)", "\\2, \\1", [{return, list}])),
    read_as_pcre_8(),
    ?T(is_binary(re:version())).

%% What PCRE2 refuses or reads in its own way.
read_as_pcre_8() ->
    [?T(re:run(S, P)) || {S, P} <- ?V([
        {"a-z9", "[\\d-z]+"}, {"x-y", "[\\w-\\d]+"}, {"zC", "[\\z\\C]+"}, {"BRX", "[\\B\\R\\X]+"}, {"A", "\\c\\x01"}, {"A", "\\c\x01"}, {"F", "\\F"}, {"A8B9C", "^A\\8B\\9C$"}, {"b{1,93}", "b{1,\\93}"},
        {"abc", "(?X)abc"}, {"ab", "a(?iX)B"}, {"a b", "(?xx)a[ ]b"}, {"aaaa", "^(a|a(?1)a)$"}, {"abcba", "^((.)(?1)\\2|.?)$"}, {"aab", "^(a+)(?1)b"}, {"aab", "^(?<n>a|aa)\\g<n>b"}, {"aaab", "^(?<n>a+)(?&n)b"}, {"aaab", "^(?<n>a|aa)(?P>n)*b"}, {"xyx", "^(?:x(?R)?x|y)"}])],
    [?T(re:compile(P)) || P <- ?V([
        "(?n)a", "(?^)a", "a(*pla:b)", "(*NOTEMPTY)a", "(*NO_JIT)a", "[a-\\d]", "(?X)\\y", "(a)\\2", "\\1", "a(*FOO)", "(*LIMIT_MATCH=12bc)a", "(?m", "(?i-", "a\\g", "(a)\\gb", "(?<%)a", "[\\d"])].
