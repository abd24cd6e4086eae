%% SPDX-License-Identifier: Apache-2.0
%% JSON in and out: binary matching, appending, iolists.
-module(bench_json).
-export([run/0]).

run() ->
    Doc = [#{<<"id">> => N, <<"name">> => <<"user ", (integer_to_binary(N))/binary>>, <<"tags">> => [<<"a\"b">>, <<"caf\303\251">>, true, null],
             <<"score">> => N / 4, <<"inner">> => #{<<"x">> => -N, <<"y">> => [N, N + 1, [N]]}} || N <- lists:seq(1, 500)],
    Text = iolist_to_binary(encode(Doc)),
    {byte_size(Text), erlang:crc32(Text), repeat(80, Text)}.

repeat(0, Text) -> erlang:crc32(Text);
repeat(N, Text) ->
    {Term, <<>>} = value(Text),
    repeat(N - 1, iolist_to_binary(encode(Term))).

encode(true) -> <<"true">>;
encode(false) -> <<"false">>;
encode(null) -> <<"null">>;
encode(I) when is_integer(I) -> integer_to_binary(I);
encode(F) when is_float(F) -> float_to_binary(F, [short]);
encode(B) when is_binary(B) -> [$", escape(B, <<>>), $"];
encode([]) -> <<"[]">>;
encode([H | T]) -> [$[, encode(H), [[$,, encode(X)] || X <- T], $]];
encode(M) when is_map(M) ->
    [{K, V} | Rest] = lists:sort(maps:to_list(M)),
    [${, encode(K), $:, encode(V), [[$,, encode(A), $:, encode(B)] || {A, B} <- Rest], $}].

escape(<<$", R/binary>>, Acc) -> escape(R, <<Acc/binary, "\\\"">>);
escape(<<$\\, R/binary>>, Acc) -> escape(R, <<Acc/binary, "\\\\">>);
escape(<<C, R/binary>>, Acc) -> escape(R, <<Acc/binary, C>>);
escape(<<>>, Acc) -> Acc.

value(<<C, R/binary>>) when C =:= $\s; C =:= $\n -> value(R);
value(<<"true", R/binary>>) -> {true, R};
value(<<"false", R/binary>>) -> {false, R};
value(<<"null", R/binary>>) -> {null, R};
value(<<$", R/binary>>) -> string(R, <<>>);
value(<<$[, R/binary>>) -> array(R, []);
value(<<${, R/binary>>) -> object(R, #{});
value(<<$-, R/binary>>) -> {N, R1} = number(R, 0), {-N, R1};
value(B) -> number(B, 0).

string(<<$", R/binary>>, Acc) -> {Acc, R};
string(<<$\\, C, R/binary>>, Acc) -> string(R, <<Acc/binary, C>>);
string(<<C/utf8, R/binary>>, Acc) -> string(R, <<Acc/binary, C/utf8>>).

array(<<$], R/binary>>, []) -> {[], R};
array(B, Acc) ->
    case value(B) of
        {V, <<$,, R/binary>>} -> array(R, [V | Acc]);
        {V, <<$], R/binary>>} -> {lists:reverse([V | Acc]), R}
    end.

object(B, M) ->
    {K, <<$:, R/binary>>} = value(B),
    case value(R) of
        {V, <<$,, R1/binary>>} -> object(R1, M#{K => V});
        {V, <<$}, R1/binary>>} -> {M#{K => V}, R1}
    end.

number(<<D, R/binary>>, N) when D >= $0, D =< $9 -> number(R, N * 10 + D - $0);
number(<<$., R/binary>>, N) -> fraction(R, N, 0.1);
number(R, N) -> {N, R}.

fraction(<<D, R/binary>>, N, S) when D >= $0, D =< $9 -> fraction(R, N + (D - $0) * S, S / 10);
fraction(R, N, _) -> {float(N), R}.
