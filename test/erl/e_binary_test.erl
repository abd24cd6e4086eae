%% SPDX-License-Identifier: Apache-2.0
%% The functions on binaries that the emulator has: conversion, parts, search, integers, checksums.
-module(e_binary_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    conversion(),
    parts(),
    search(),
    bytes(),
    integers(),
    checksums(),
    iolists(),
    bitlists().

conversion() ->
    [?T(binary_to_list(B)) || B <- ?V([<<>>, <<1, 2, 255>>, <<1:3>>, a, "x"])],
    [?T(binary_to_list(<<"hello">>, A, B)) || {A, B} <- ?V([{1, 5}, {2, 3}, {5, 5}, {0, 3}, {3, 2}, {1, 6}, {a, 1}])],
    [?T(list_to_binary(L)) || L <- ?V([[], [1, 2], "abc", [[1], <<2>>, [[3 | <<4>>]]], [256], [-1], [a], [1 | 2], a, <<1>>, [<<1:3>>], [1.0]])],
    [?T(split_binary(<<"hello">>, N)) || N <- ?V([0, 2, 5, 6, -1, a])],
    ?T(split_binary(?V("hello"), 1)),
    ?T(split_binary(?V(<<1, 2, 5:4>>), 2)),
    ?T(binary:list_to_bin(?V([1, [2]]))),
    ?T(binary:bin_to_list(?V(<<1, 2, 3>>))),
    [?T(binary:bin_to_list(<<"hello">>, P)) || P <- ?V([{1, 2}, {5, -2}, {4, 2}, {0, 0}, x])],
    ?T(binary:bin_to_list(?V(<<"hello">>), 1, 3)),
    ?T(list_to_bitstring(?V([1, <<2:3>>, [3]]))).

parts() ->
    B = ?V(<<"hello world">>),
    [?T(binary_part(B, P)) || P <- ?V([{0, 5}, {11, 0}, {11, -5}, {3, -3}, {0, 12}, {-1, 2}, {3, -4}, {a, 1}, x])],
    [?T(binary_part(B, P, L)) || {P, L} <- ?V([{0, 5}, {6, 5}, {6, 6}, {5, -5}])],
    [?T(binary:part(B, P)) || P <- ?V([{0, 5}, {11, -5}, {0, 12}, x])],
    [?T(binary:part(X, 0, 1)) || X <- ?V([<<1:7>>, a, "x", <<1, 2:4>>])],
    ?T(guard_part(B)),
    ?T(guard_part(?V(<<"hi">>))).

guard_part(B) when binary_part(B, 0, 5) =:= <<"hello">> -> hello;
guard_part(_) -> other.

search() ->
    B = ?V(<<"the quick brown fox jumps over the lazy dog, the end">>),
    [?T(binary:match(B, P)) || P <- ?V([<<"the">>, <<"dog">>, <<"cat">>, <<"d">>, [<<"fox">>, <<"quick">>], [<<"the end">>, <<"the">>], [<<"a">>], <<"the quick brown fox jumps over the lazy dog, the end">>])],
    [?T(binary:matches(B, P)) || P <- ?V([<<"the">>, <<" ">>, <<"zz">>, [<<"o">>, <<"ow">>, <<"own">>], [<<"the">>, <<"he">>], <<"e">>])],
    [?T(binary:match(B, P, [{scope, S}])) || P <- ?V([<<"the">>, [<<"dog">>, <<"the">>]]), S <- ?V([{1, 40}, {10, 5}, {52, -20}, {0, 3}, {0, 2}, {0, 100}, {-1, 5}])],
    [?T(binary:matches(B, <<"e">>, [{scope, S}])) || S <- ?V([{0, 10}, {10, 30}, {52, -10}, {0, 0}])],
    [?T(binary:match(B, P)) || P <- ?V([<<>>, [], [<<>>], a, "x", [a], <<1:3>>])],
    [?T(binary:matches(B, P)) || P <- ?V([<<>>, [], a])],
    [?T(binary:match(X, <<"a">>)) || X <- ?V([<<>>, a, "x", <<1:3>>])],
    [?T(binary:match(B, <<"x">>, O)) || O <- ?V([a, [a], [{scope, x}], [{scope, {0, 1}} | b]])],
    ?T(binary:matches(?V(<<"aaaaaa">>), <<"aa">>)),
    ?T(binary:matches(?V(<<"abababab">>), [<<"ab">>, <<"aba">>, <<"ababa">>])),
    ?T(binary:match(?V(<<"xxabcabcdxx">>), [<<"abcd">>, <<"bc">>])),
    ?T(binary:match(binary:copy(<<"ab">>, 50000), <<"abb">>)),
    ?T(length(binary:matches(binary:copy(<<"abc">>, 20000), <<"ca">>))),
    ?T(length(binary:matches(binary:copy(<<"abc">>, 20000), [<<"ca">>, <<"bca">>]))),
    Compiled = binary:compile_pattern([<<"fox">>, <<"dog">>]),
    ?T(element(1, Compiled)),
    ?T(element(1, binary:compile_pattern(<<"fox">>))),
    ?T(binary:match(B, Compiled)),
    ?T(binary:matches(B, binary:compile_pattern(<<"o">>))),
    [?T(binary:compile_pattern(P)) || P <- ?V([<<>>, [], a, [<<>>], [a | b]])],
    ?T(begin <<_:3, S:80/bits, _/bits>> = <<0:3, "find the needle"/utf8, 0:5>>, binary:match(S, <<"the">>) end).

bytes() ->
    B = ?V(<<"hello">>),
    [?T(binary:at(B, N)) || N <- ?V([0, 4, 5, -1, a])],
    [?T(binary:first(X)) || X <- ?V([B, <<>>, a, <<1:3>>])],
    [?T(binary:last(X)) || X <- ?V([B, <<>>, a])],
    [?T(binary:copy(X)) || X <- ?V([B, <<>>, a, <<1:3>>])],
    [?T(binary:copy(B, N)) || N <- ?V([0, 1, 3, -1, a])],
    ?T(byte_size(binary:copy(B, 100000))),
    [?T(binary:longest_common_prefix(L)) || L <- ?V([[<<"abc">>, <<"abd">>], [<<"abc">>], [<<"a">>, <<>>], [<<"x">>, <<"y">>], [], a, [a], [<<"ab">> | x], [<<"abcdefghijk">>, <<"abcdefghijkl">>, <<"abcdefghij">>]])],
    [?T(binary:longest_common_suffix(L)) || L <- ?V([[<<"abc">>, <<"xbc">>], [<<"abc">>], [<<"a">>, <<>>], [], [a], [<<"1234567890">>, <<"x1234567890">>]])],
    ?T(binary:referenced_byte_size(binary:copy(<<"x">>, 1000))),
    ?T(begin <<_:500/binary, S:100/binary, _/binary>> = binary:copy(<<"x">>, 1000), {binary:referenced_byte_size(S), binary:referenced_byte_size(binary:copy(S))} end),
    ?T(binary:referenced_byte_size(?V(a))).

integers() ->
    [?T(binary:encode_unsigned(N)) || N <- ?V([0, 1, 255, 256, 65535, 1 bsl 59, (1 bsl 64) - 1, 1 bsl 64, 1 bsl 100, -1, a])],
    [?T(binary:encode_unsigned(N, E)) || N <- ?V([0, 256, 1 bsl 70]), E <- ?V([big, little, x])],
    [?T(binary:decode_unsigned(B)) || B <- ?V([<<>>, <<0>>, <<1>>, <<1, 0>>, <<0, 0, 1>>, <<255, 255, 255, 255, 255, 255, 255, 255>>, <<1, 0:128>>, <<1:3>>, a])],
    [?T(binary:decode_unsigned(B, E)) || B <- ?V([<<1, 2, 3>>, <<1:100, 2:28>>]), E <- ?V([big, little, x])].

checksums() ->
    [?T(begin B = binary:copy(<<"abcdefgh0123456789">>, N), {erlang:md5(B), erlang:crc32(B), erlang:crc32(7, B), erlang:adler32(B), erlang:adler32(7, B)} end) || N <- ?V([58254, 58255, 300000])],
    Data = ?V(["", "hello", ["hel", <<"lo">>], binary:copy(<<"0123456789">>, 1000), a, [300]]),
    [?T(erlang:crc32(D)) || D <- Data],
    [?T(erlang:adler32(D)) || D <- Data],
    [?T(erlang:md5(D)) || D <- Data],
    [?T(erlang:crc32(17, D)) || D <- Data],
    [?T(erlang:adler32(17, D)) || D <- Data],
    ?T(erlang:crc32_combine(erlang:crc32("abc"), erlang:crc32("defg"), 4) =:= erlang:crc32("abcdefg")),
    ?T(erlang:adler32_combine(erlang:adler32("abc"), erlang:adler32("defg"), 4) =:= erlang:adler32("abcdefg")),
    ?T(erlang:crc32(?V(-1), "a")),
    ?T(erlang:crc32(?V(1 bsl 32), "a")),
    ?T(erlang:md5_final(erlang:md5_update(erlang:md5_update(erlang:md5_init(), "hel"), <<"lo">>)) =:= erlang:md5("hello")),
    ?T(erlang:md5_update(?V(x), "a")),
    ?T(erlang:md5_final(?V(<<"short">>))).

iolists() ->
    L = ?V([[], "abc", <<"abc">>, [<<"a">>, ["b", [[<<>>]]], $c | <<"d">>], [1, [2 | 3]], [256], [a], a, 1, <<1:3>>, [<<1:3>>], [-1], [[[[]]]], [1.0]]),
    [?T(iolist_size(X)) || X <- L],
    [?T(iolist_to_binary(X)) || X <- L],
    [?T(erlang:iolist_to_iovec(X)) || X <- L],
    Deep = deep(10000, <<"x">>),
    ?T(iolist_size(Deep)),
    ?T(byte_size(iolist_to_binary(Deep))),
    ?T(iolist_size([binary:copy(<<"x">>, 100000) || _ <- "1234567890"])),
    ?T(erlang:crc32(iolist_to_binary([[N rem 256, <<N:16>>] || N <- seq(1, 5000)]))).

deep(0, X) -> X;
deep(N, X) -> deep(N - 1, [N rem 256, X, "y"]).

bitlists() ->
    [?T(bitstring_to_list(B)) || B <- ?V([<<>>, <<1, 2>>, <<1, 2:3>>, <<5:7>>, a])],
    [?T(list_to_bitstring(L)) || L <- ?V([[], [1, <<2:3>>], [<<1:1>>, <<1:1>>], [[<<1:4>>], 255 | <<1:2>>], [a], a, [256]])].

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
