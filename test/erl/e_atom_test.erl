%% SPDX-License-Identifier: Apache-2.0
%% Atoms: text in every encoding, the limit of 255 characters, existing ones.
-module(e_atom_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    Names = ?V(["", "a", "hello world", "é", [955], [16#10FFFF], [0], [255], [256], dup(255, $x), dup(255, 955), "Quote'd"]),
    [?T(list_to_atom(N)) || N <- Names],
    [?T(atom_to_list(list_to_atom(N)) =:= N) || N <- Names],
    [?T(atom_to_binary(list_to_atom(N))) || N <- Names],
    [?T(atom_to_binary(list_to_atom(N), latin1)) || N <- Names],
    [?T(atom_to_binary(list_to_atom(N), unicode)) || N <- Names],
    [?T(binary_to_atom(unicode(N)) =:= list_to_atom(N)) || N <- Names],
    [?T(list_to_atom(N)) || N <- ?V([dup(256, $x), dup(256, 955), [16#D800], [-1], [16#110000], [a], a, <<"a">>, [$a | $b], [1.0]])],
    [?T(binary_to_atom(B)) || B <- ?V([<<255>>, <<16#CE>>, <<16#ED, 16#A0, 16#80>>, <<1:3>>, "a", binary:copy(<<"x">>, 256), binary:copy(<<16#CE, 16#BB>>, 255), binary:copy(<<16#CE, 16#BB>>, 256)])],
    [?T(binary_to_atom(?V(<<233, 97>>), E)) || E <- ?V([latin1, utf8, unicode, other, 1])],
    [?T(atom_to_binary(?V(abc), E)) || E <- ?V([latin1, utf8, unicode, other, 1])],
    [?T(atom_to_list(X)) || X <- ?V([1, "a", <<"a">>, []])],
    [?T(atom_to_binary(X)) || X <- ?V([1, "a", <<"a">>, []])],
    ?T(list_to_existing_atom("e_atom_test")),
    ?T(list_to_existing_atom("no such atom " ++ "in this machine")),
    ?T(binary_to_existing_atom(?V(<<"run">>))),
    ?T(binary_to_existing_atom(?V(<<"no such atom in this machine either">>))),
    ?T(binary_to_existing_atom(?V(<<"run">>), latin1)),
    ?T(binary_to_existing_atom(?V(<<200, 201, 202, 203, 204>>), latin1)),
    ?T(binary_to_existing_atom(?V(<<255>>), utf8)),
    ?T(list_to_existing_atom(?V([a]))),
    [?T({is_atom(X), is_boolean(X)}) || X <- ?V([a, true, false, 1, "true", <<"true">>, []])],
    ?T(length([list_to_atom("made_" ++ integer_to_list(N)) || N <- seq(1, 2000)])),
    ?T([X || X <- [list_to_existing_atom("made_" ++ integer_to_list(N)) || N <- seq(1990, 2000)]]),
    ?T(same(list_to_atom("sa" ++ ?V("me")))).

same(same) -> yes;
same(_) -> no.

dup(0, _) -> [];
dup(N, X) -> [X | dup(N - 1, X)].
seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
unicode(L) -> << <<C/utf8>> || C <- L >>.
