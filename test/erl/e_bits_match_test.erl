%% SPDX-License-Identifier: Apache-2.0
%% Matching binaries and bitstrings: every segment type, sizes from earlier segments, tails, failures.
-module(e_bits_match_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    integers(),
    floats(),
    binaries(),
    utf(),
    packets(),
    parsers(),
    contexts(),
    failures(),
    large().

data() -> ?V(<<16#FF, 16#80, 16#01, 16#7F, 16#00, 16#12, 16#34, 16#56, 16#78, 16#9A, 16#BC, 16#DE, 16#F0, 16#FF, 16#FF, 16#FE>>).

integers() ->
    [?T(begin <<A:S, B:S/signed, C:S/little, D:S/little-signed, _/bits>> = <<(data())/bits, (data())/bits, (data())/bits, (data())/bits>>, {A, B, C, D} end)
     || S <- ?V([0, 1, 2, 7, 8, 9, 12, 16, 17, 24, 31, 32, 33, 40, 48, 56, 59, 60, 61, 63, 64, 65, 72, 80, 99, 128])],
    [?T(begin <<_:O, A:S, _/bits>> = data(), A end) || O <- ?V([1, 3, 7, 9, 13]), S <- ?V([1, 5, 8, 16, 23, 32, 60, 64, 70])],
    [?T(begin <<_:O, A:S/little-signed, _/bits>> = data(), A end) || O <- ?V([1, 3, 7, 9, 13]), S <- ?V([1, 5, 8, 16, 23, 32, 60, 64, 70])],
    ?T(begin <<A, B:8/signed, C:16, D:16/little, E:32, F:24/little, _/bits>> = data(), {A, B, C, D, E, F} end),
    ?T(begin <<A:64, B:64>> = data(), {A, B} end),
    ?T(begin <<A:64/signed, B:64/little>> = data(), {A, B} end),
    ?T(begin <<A:4, B:4, C:12, D:36, _/bits>> = data(), {A, B, C, D} end),
    ?T(begin <<A:2/unit:8, B:3/unit:8-little, _/binary>> = data(), {A, B} end),
    ?T(begin <<A:16/native, _/bits>> = data(), A end),
    ?T(begin <<A:128>> = data(), A end),
    ?T(begin <<A:128/signed-little>> = data(), A end).

floats() ->
    [?T(begin <<F:S/float, _/bits>> = B, F end) || {S, B} <- ?V([
        {64, <<1.5/float>>}, {32, <<1.5:32/float>>}, {16, <<1.5:16/float>>}, {64, <<-0.0/float>>}, {64, <<5.0e-324/float>>}, {16, <<1:16>>}, {32, <<1:32>>}])],
    ?T(begin <<F/float-little>> = ?V(<<2.25/float-little>>), F end),
    ?T(begin <<_:3, F:32/float, _/bits>> = ?V(<<0:3, 2.25:32/float, 0:5>>), F end),
    [?T(float_or_not(B)) || B <- ?V([<<16#7FF0000000000000:64>>, <<16#7FF8000000000000:64>>, <<16#FFF0000000000000:64>>, <<16#7FEFFFFFFFFFFFFF:64>>, <<0:64>>, <<0:63>>])],
    [?T(float32_or_not(B)) || B <- ?V([<<16#7F800000:32>>, <<16#FFC00000:32>>, <<16#7F7FFFFF:32>>])],
    [?T(float16_or_not(B)) || B <- ?V([<<16#7C00:16>>, <<16#7E00:16>>, <<16#7BFF:16>>, <<16#0001:16>>, <<16#8000:16>>])],
    [?T(case ?V(<<1.0/float>>) of <<F:S/float, _/bits>> -> F; _ -> no end) || S <- ?V([8, 63, 0, 128])].

float_or_not(<<F/float>>) -> F;
float_or_not(<<I:64>>) -> {integer, I};
float_or_not(_) -> none.
float32_or_not(<<F:32/float>>) -> F;
float32_or_not(<<I:32>>) -> {integer, I}.
float16_or_not(<<F:16/float>>) -> F;
float16_or_not(<<I:16>>) -> {integer, I}.

binaries() ->
    B = ?V(<<"hello world">>),
    ?T(begin <<H:5/binary, " ", T/binary>> = B, {H, T} end),
    ?T(begin N = ?V(3), <<H:N/binary, T/bits>> = B, {H, T} end),
    ?T(begin <<_:3, T/bits>> = B, T end),
    ?T(begin <<_:3, H:2/binary, T/bits>> = B, {H, T} end),
    ?T(begin <<H:13/bits, T/bits>> = B, {H, T} end),
    ?T(begin <<H:2/binary-unit:5, _/bits>> = B, H end),
    ?T(begin <<_:11/binary, T/binary>> = B, T end),
    ?T(case B of <<_:12/binary, _/binary>> -> yes; _ -> no end),
    ?T(case ?V(<<1:7>>) of <<_/binary>> -> binary; <<_/bits>> -> bits end),
    ?T(case ?V(<<1:14>>) of <<_/binary-unit:3>> -> three; <<_/binary-unit:7>> -> seven end),
    ?T(case ?V(<<1:24>>) of <<X:2/binary-unit:12>> -> X end),
    [?T(case B of <<X:S/binary, _/binary>> -> X; _ -> no end) || S <- ?V([-1, 0, 11, 12, a, 1.0, 1 bsl 64, 1 bsl 61])],
    ?T(begin <<S, X:S/binary, Y/binary>> = ?V(<<3, "abcdef">>), {S, X, Y} end),
    ?T(begin <<S:4, X:S/bits, Y/bits>> = ?V(<<3:4, 5:3, 1:1, 9>>), {S, X, Y} end),
    ?T(begin <<S, X:(S * 2 + 1)/binary, Y/binary>> = ?V(<<1, "abcdef">>), {S, X, Y} end),
    ?T(case ?V(<<"prefix:rest">>) of <<"prefix:", R/binary>> -> R; _ -> no end),
    ?T(case ?V(<<"pre">>) of <<"prefix:", R/binary>> -> R; _ -> no end).

utf() ->
    B8 = ?V(<<"aéλ€😀"/utf8>>),
    ?T(chars8(B8)),
    ?T(chars16(?V(<<"aéλ€😀"/utf16>>))),
    ?T(chars16l(?V(<<"aéλ€😀"/utf16-little>>))),
    ?T(chars32(?V(<<"aéλ€😀"/utf32>>))),
    ?T(begin <<_:5, C/utf8, R/bits>> = ?V(<<0:5, "λ"/utf8, 7:3>>), {C, R} end),
    Bad = ?V([<<>>, <<128>>, <<16#C0, 128>>, <<16#C1, 191>>, <<16#C3>>, <<16#C3, 16#28>>, <<16#E2, 16#82>>, <<16#E2, 16#82, 16#28>>, <<16#E0, 16#80, 16#80>>, <<16#ED, 16#A0, 16#80>>,
              <<16#F0, 16#9F, 16#98>>, <<16#F0, 16#80, 16#80, 16#80>>, <<16#F4, 16#90, 16#80, 16#80>>, <<16#F8, 1, 1, 1>>, <<255>>, <<16#F4, 16#8F, 16#BF, 16#BF>>, <<16#C2, 16#80>>]),
    [?T(case B of <<C/utf8, _/bits>> -> C; _ -> no end) || B <- Bad],
    [?T(case B of <<_/utf8, R/bits>> -> R; _ -> no end) || B <- Bad],
    [?T(case B of <<C/utf16, _/bits>> -> C; _ -> no end) || B <- ?V([<<16#D8>>, <<16#D800:16>>, <<16#DC00:16>>, <<16#D800:16, 16#DC00:16>>, <<16#D800:16, 16#41:16>>, <<16#DBFF:16, 16#DFFF:16>>, <<$a:16, 1>>])],
    [?T(case B of <<C/utf16-little, _/bits>> -> C; _ -> no end) || B <- ?V([<<16#D800:16/little>>, <<16#D83D:16/little, 16#DE00:16/little>>])],
    [?T(case B of <<_/utf16, R/bits>> -> R; _ -> no end) || B <- ?V([<<16#D800:16>>, <<16#D83D:16, 16#DE00:16, 5>>])],
    %% Fetching an invalid UTF-32 character ends stock OTP 25.2.3 (JIT) with a segmentation fault: only skipped here.
    [?T(case B of <<C/utf32, _/bits>> -> C; _ -> no end) || B <- ?V([<<$a:32>>, <<16#10FFFF:32>>, <<1:31>>])],
    [?T(case B of <<_/utf32, _/bits>> -> yes; _ -> no end) || B <- ?V([<<16#D800:32>>, <<16#110000:32>>, <<16#10FFFF:32>>, <<1:31>>, <<16#FFFFFFFF:32>>])],
    [?T(case B of <<_/utf32-little, R/bits>> -> R; _ -> no end) || B <- ?V([<<16#D800:32/little>>, <<$a:32/little, 5>>])].

chars8(<<C/utf8, R/binary>>) -> [C | chars8(R)];
chars8(<<>>) -> [].
chars16(<<C/utf16, R/binary>>) -> [C | chars16(R)];
chars16(<<>>) -> [].
chars16l(<<C/utf16-little, R/binary>>) -> [C | chars16l(R)];
chars16l(<<>>) -> [].
chars32(<<C/utf32, R/binary>>) -> [C | chars32(R)];
chars32(<<>>) -> [].

packets() ->
    Ip = ?V(<<4:4, 5:4, 0, 84:16, 16#1c46:16, 0:1, 1:1, 0:1, 0:13, 64, 1, 16#b1e6:16, 192, 168, 0, 1, 10, 0, 0, 2, "payload">>),
    ?T(ip(Ip)),
    ?T(ip(binary:part(Ip, 0, 19))),
    ?T(ip(<<6:4, 0:4>>)),
    [?T(tlv(B, [])) || B <- ?V([<<1, 2:16, "ab", 2, 0:16, 3, 1:16, "x">>, <<1, 5:16, "ab">>, <<>>, <<1>>])].

ip(<<4:4, HLen:4, _Tos, Len:16, Id:16, Flags:3, Off:13, Ttl, Proto, _Sum:16, Src:4/binary, Dst:4/binary, Rest/binary>>) when HLen >= 5 ->
    {v4, HLen, Len, Id, Flags, Off, Ttl, Proto, Src, Dst, Rest};
ip(<<V:4, _/bits>>) -> {version, V};
ip(_) -> none.

tlv(<<T, L:16, V:L/binary, R/binary>>, Acc) -> tlv(R, [{T, V} | Acc]);
tlv(<<>>, Acc) -> {ok, Acc};
tlv(Rest, Acc) -> {rest, Rest, Acc}.

parsers() ->
    ?T(split(?V(<<"a,b,,cc">>), <<>>, [])),
    ?T(digits(?V(<<"12345xyz">>), 0)),
    ?T(digits(?V(<<"xyz">>), 0)),
    ?T(json_string(?V(<<"plain \\n esc \\u00e9 end\" rest">>), <<>>)),
    ?T(select(?V(<<1, 2, 3>>))),
    [?T(select(B)) || B <- ?V([<<1>>, <<2, 5>>, <<3:3>>, <<255, 255, 255>>, <<"GET /">>, <<"POST /">>, <<"PUT">>, <<>>])].

split(<<$,, R/binary>>, W, Acc) -> split(R, <<>>, [W | Acc]);
split(<<C, R/binary>>, W, Acc) -> split(R, <<W/binary, C>>, Acc);
split(<<>>, W, Acc) -> [W | Acc].

digits(<<C, R/binary>>, N) when C >= $0, C =< $9 -> digits(R, N * 10 + C - $0);
digits(R, N) -> {N, R}.

json_string(<<$", R/binary>>, Acc) -> {Acc, R};
json_string(<<"\\n", R/binary>>, Acc) -> json_string(R, <<Acc/binary, $\n>>);
json_string(<<"\\u", A, B, C, D, R/binary>>, Acc) ->
    json_string(R, <<Acc/binary, (list_to_integer([A, B, C, D], 16))/utf8>>);
json_string(<<C/utf8, R/binary>>, Acc) -> json_string(R, <<Acc/binary, C/utf8>>).

select(<<"GET ", R/binary>>) -> {get, R};
select(<<"POST ", R/binary>>) -> {post, R};
select(<<1>>) -> one;
select(<<2, X>>) -> {two, X};
select(<<1, 2, X:8>>) -> {onetwo, X};
select(<<X:3>>) -> {bits, X};
select(<<-1:16/signed, _/binary>>) -> minus;
select(<<>>) -> empty;
select(<<_/binary>>) -> other.

contexts() ->
    ?T(keep(?V(<<1, 2, 3, 4>>))),
    ?T(both(?V(<<1, 2, 3>>))),
    ?T(both(?V(<<9>>))),
    ?T(reuse(?V(<<"abcdef">>), [])),
    ?T(begin <<A, R/binary>> = ?V(<<1, 2, 3>>), <<B, S/binary>> = R, {A, B, R, S, byte_size(R)} end),
    ?T(begin F = fun(<<X, R/binary>>) -> {X, R}; (_) -> none end, [F(B) || B <- ?V([<<1, 2>>, <<>>, a])] end),
    ?T(with_gc(?V(<<"0123456789">>), [])).

keep(<<A, R/binary>> = Whole) when A < 10 -> {A, R, Whole};
keep(Whole) -> Whole.

both(<<1, R/binary>> = B) -> {one, both(R), B};
both(<<X, R/binary>>) -> {X, R};
both(B) -> {rest, B}.

reuse(<<C, R/binary>> = B, Acc) -> reuse(R, [{C, byte_size(B)} | Acc]);
reuse(<<>>, Acc) -> Acc.

with_gc(<<C, R/binary>>, Acc) ->
    erlang:garbage_collect(),
    _ = [X || X <- "some garbage to make" ++ Acc],
    with_gc(R, [C | Acc]);
with_gc(B, Acc) -> {B, Acc}.

failures() ->
    [?T(begin <<A:16>> = B, A end) || B <- ?V([<<1>>, <<1, 2, 3>>, a, "ab", <<1:15>>, 1, {}])],
    [?T(begin <<A/binary>> = B, A end) || B <- ?V([<<1:1>>, a])],
    ?T(only(?V(<<2>>))),
    ?T(only(?V(not_binary))),
    ?T(case ?V(<<1, 2>>) of <<3, _>> -> x; <<_, 3>> -> y end),
    ?T(try ?V(<<1>>) of <<2>> -> ok catch _:_ -> caught end),
    ?T(begin X = ?V(1), <<X, Y>> = ?V(<<1, 5>>), Y end),
    ?T(begin X = ?V(2), <<X, Y>> = ?V(<<1, 5>>), Y end),
    ?T(begin <<X, X>> = ?V(<<7, 7>>), X end),
    ?T(begin <<X, X>> = ?V(<<7, 8>>), X end).

only(<<1>>) -> ok.

large() ->
    B = << <<(N * 7):24>> || N <- seq(1, 50000) >>,
    ?T(byte_size(B)),
    ?T(sum(B, 0)),
    ?T(sum_bits(B, 0)),
    ?T(length([X || <<X:24>> <= B, X rem 2 =:= 0])),
    ?T(begin <<_:100000/binary, X:24, _/binary>> = B, X end),
    ?T(begin <<X:4700/unit:255, _/bits>> = B, X rem 1000003 end).

sum(<<X:24, R/binary>>, S) -> sum(R, S + X);
sum(<<>>, S) -> S.
sum_bits(<<X:7, R/bits>>, S) -> sum_bits(R, S + X);
sum_bits(<<R/bits>>, S) -> {S, R}.

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
