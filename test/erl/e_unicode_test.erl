%% SPDX-License-Identifier: Apache-2.0
%% unicode:characters_to_binary/list: encodings, incomplete and wrong input, deep lists.
%% Only the functions written in C; o_unicode_test has the rest of the module.
-module(e_unicode_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    Texts = ?V(["", "abc", "é", [955, 8364, 16#1F600], <<"abc">>, <<"é"/utf8>>, [<<"λ"/utf8>>, "€", [$x | <<"y">>]], [16#D800], [16#110000], [-1], [a], a, <<255>>, <<"ab", 16#C3>>, [<<"ab", 16#C3>>, "c"],
                [<<16#E2, 16#82>>, <<16#AC>>], <<16#F0, 16#9F>>, ["ok", 16#D800, "rest"], ["ok", <<255, "x">>, "rest"], [<<1:3>>], <<16#ED, 16#A0, 16#80>>]),
    [?T(unicode:characters_to_binary(X)) || X <- Texts],
    [?T(unicode:characters_to_list(X)) || X <- Texts],
    [?T(unicode:characters_to_binary(X, latin1)) || X <- ?V(["é", <<233>>, [256], [<<233>>, "a"], a, [-1]])],
    [?T(unicode:characters_to_list(X, latin1)) || X <- ?V(["é", <<233>>, [256], [<<233>>, "a"], a])],
    [?T(unicode:characters_to_binary(X, utf8, latin1)) || X <- ?V(["é", "λ", ["ab", 955, "cd"], <<"é"/utf8>>, <<"aλb"/utf8>>, <<16#C3>>])],
    [?T(unicode:characters_to_binary(X, unicode, O)) || X <- ?V(["aλ😀", <<"aλ😀"/utf8>>]), O <- ?V([utf8, unicode, utf16, {utf16, little}, {utf16, big}, utf32, {utf32, little}, latin1, wrong])],
    [?T(unicode:characters_to_list(X, E)) || {X, E} <- ?V([{<<"aλ😀"/utf16>>, utf16}, {<<"aλ😀"/utf16-little>>, {utf16, little}}, {<<"aλ😀"/utf32>>, utf32}, {<<1>>, utf16}, {<<16#D800:16>>, utf16}, {<<0, 0, 0>>, utf32}, {<<16#110000:32>>, utf32}, {"a", wrong}])],
    [?T(unicode:bin_is_7bit(B)) || B <- ?V([<<>>, <<"abc">>, <<128>>, a, <<1:3>>])],
    Large = [[955, <<"text"/utf8>>, "é"] || _ <- seq(1, 20000)],
    ?T(byte_size(unicode:characters_to_binary(Large))),
    ?T(length(unicode:characters_to_list(Large))),
    ?T(erlang:crc32(unicode:characters_to_binary(Large))),
    ?T(unicode:characters_to_list(unicode:characters_to_binary(Large)) =:= unicode:characters_to_list(Large)).

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
