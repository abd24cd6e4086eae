%% SPDX-License-Identifier: Apache-2.0
%% Bit syntax: unaligned fields, packets, a checksum bit by bit.
-module(bench_bits).
-export([run/0]).

run() -> lists:last([once() || _ <- lists:seq(1, 25)]).

once() ->
    Data = << <<(N * 2654435761):32>> || N <- lists:seq(1, 40000) >>,
    {fields(Data, 0), fields(Data, 1), packets(pack(60000, <<>>), 0), sevens(<<Data/binary, Data/binary>>, 0), erlang:crc32(shuffle(Data, <<>>)), crc(binary:part(Data, 0, 50000), 16#ffff)}.

fields(<<A:3, B:11, C:5/signed, D:13/little, R/bits>>, S) -> fields(R, (S * 3 + A + B + C + D) band 16#ffffff);
fields(<<R/bits>>, S) -> {S, bit_size(R)}.

pack(0, B) -> B;
pack(N, B) -> pack(N - 1, <<B/binary, 1:4, 5:4, (N rem 7), N:16, (N bsr 3):13, 2:3, N:32/little>>).

packets(<<1:4, L:4, T, N:16, O:13, F:3, M:32/little, R/binary>>, S) when L >= 5 -> packets(R, (S + T + N * O + F + M) band 16#ffffff);
packets(<<>>, S) -> S.

sevens(<<X:7, R/bits>>, S) -> sevens(R, (S bsl 1 + X) band 16#ffffff);
sevens(<<_/bits>>, S) -> S.

shuffle(<<A:4, B:4, C:8, R/binary>>, Acc) -> shuffle(R, <<Acc/binary, B:4, C:8, A:4>>);
shuffle(<<>>, Acc) -> Acc.

crc(<<B:1, R/bits>>, C) when (C bsr 15) bxor B =:= 1 -> crc(R, ((C bsl 1) bxor 16#1021) band 16#ffff);
crc(<<_:1, R/bits>>, C) -> crc(R, (C bsl 1) band 16#ffff);
crc(<<>>, C) -> C.
