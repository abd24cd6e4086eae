%% SPDX-License-Identifier: Apache-2.0
%% Appending to binaries byte by byte and piece by piece, and lists of them joined.
-module(bench_append).
-export([run/0]).

run() ->
    A = bytes(12000000, <<>>),
    B = pieces(1500000, <<>>),
    C = [lines(100, N, <<>>) || N <- lists:seq(1, 10000)],
    D = iolist_to_binary(C),
    {erlang:adler32(A), erlang:adler32(B), erlang:adler32(D), length(binary:matches(D, <<"line 77">>)), length(binary:split(D, <<"\n">>, [global]))}.

bytes(0, B) -> B;
bytes(N, B) -> bytes(N - 1, <<B/binary, N>>).

pieces(0, B) -> B;
pieces(N, B) -> pieces(N - 1, <<B/binary, "key=", N:32, (N band 7):4, 15:4>>).

lines(0, _, B) -> B;
lines(K, N, B) -> lines(K - 1, N, <<B/binary, "line ", (integer_to_binary(K))/binary, "\n">>).
