%% SPDX-License-Identifier: Apache-2.0
%% Building binaries and bitstrings: every segment type, size, unit, sign and byte order; appending.
-module(e_bits_build_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    integers(),
    floats(),
    binaries(),
    utf(),
    strings(),
    errors(),
    appending(),
    comprehensions(),
    sizes().

values() -> ?V([0, 1, -1, 127, 128, 255, 256, -128, -129, 16#1234, -16#1234, (1 bsl 59) - 1, 1 bsl 59, (1 bsl 63) + 5, -(1 bsl 63), (1 bsl 64) - 1, 1 bsl 64, (1 bsl 100) + 12345, -(1 bsl 100) - 1]).

integers() ->
    [?T({<<V:S>>, <<V:S/little>>, <<V:S/native>>}) || V <- values(), S <- ?V([0, 1, 3, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 48, 60, 63, 64, 65, 72, 100, 128, 130])],
    [?T({<<V:4>>, <<V:8>>, <<V:12>>, <<V:16>>, <<V:32>>, <<V:64>>, <<V:80>>}) || V <- values()],
    [?T({<<V:16/little>>, <<V:24/little>>, <<V:32/little>>, <<V:64/little>>, <<V:20/little>>, <<V:90/little>>}) || V <- values()],
    [?T(<<5:3, V:S, 1:2>>) || V <- ?V([0, -1, 16#ABCD, 1 bsl 70]), S <- ?V([1, 5, 8, 13, 16, 32, 61, 64, 77])],
    [?T(<<5:3, V:S/little, 1:2>>) || V <- ?V([0, -1, 16#ABCD, 1 bsl 70]), S <- ?V([1, 5, 8, 13, 16, 32, 61, 64, 77])],
    [?T(<<V:S/unit:8>>) || V <- ?V([1, -2]), S <- ?V([0, 1, 2, 9])],
    [?T(<<V:S/little-signed-integer-unit:4>>) || V <- ?V([1, -2]), S <- ?V([0, 1, 2, 9])],
    ?T(<<?V(1), ?V(2):4, ?V(3):12, ?V(255)>>),
    ?T(<<?V(300)>>),
    ?T(<<?V(-1):7, ?V(0):1>>),
    ?T(<<?V(1):?V(1000)>> =:= <<0:999, 1:1>>).

floats() ->
    [?T({<<F/float>>, <<F:32/float>>, <<F:16/float>>, <<F/float-little>>, <<F:32/float-little>>}) || F <- ?V([0.0, -0.0, 1.0, -1.5, 0.1, 1.0e30, 65504.0, 5, -7, 5.0e-324, 1.0e-40])],
    [?T(<<3:3, F:S/float, 1:1>>) || F <- ?V([1.5, -2]), S <- ?V([16, 32, 64])],
    ?T(<<(?V(1.0e300)):32/float>>),
    ?T(<<(?V(1.0e10)):16/float>>),
    ?T(<<(?V(1 bsl 2000)):64/float>>),
    ?T(<<(?V(1.0)):(?V(8))/float>>),
    ?T(<<(?V(1.0)):(?V(63))/float>>),
    ?T(<<(?V(a))/float>>).

binaries() ->
    B = ?V(<<"hello world">>),
    ?T(<<B/binary>>),
    ?T(<<B/binary, B/binary>>),
    ?T(<<B:5/binary>>),
    ?T(<<B:(?V(5))/binary, "!">>),
    ?T(<<B:12/binary>>),
    ?T(<<B:(?V(-1))/binary>>),
    ?T(<<1:1, B/binary>>),
    ?T(<<1:1, B/bits, 0:7>>),
    ?T(<<B:13/bits>>),
    ?T(<<B:(?V(13))/bitstring, 1:3>>),
    ?T(<<B:3/binary-unit:3>>),
    ?T(<<(?V(<<1:3>>))/bits, (?V(<<2:3>>))/bits>>),
    ?T(<<(?V(<<1:3>>))/binary>>),
    ?T(<<(?V(<<1:24>>))/binary-unit:12>>),
    ?T(<<(?V(<<1:24>>))/binary-unit:7>>),
    ?T(<<(?V(<<>>))/binary>>),
    ?T(begin <<_:3, R/bits>> = B, <<R/bits, R/bits>> end),
    ?T(begin <<_:3, R:16/bits, _/bits>> = B, <<0:5, R/bits, R/binary>> end),
    [?T(<<(slice(Skip, Size))/bits, (slice(Size, Skip))/bits>>) || Skip <- [0, 1, 5, 8, 11], Size <- [1, 7, 8, 9, 40, 77]].

slice(Skip, Size) ->
    <<_:Skip, R:Size/bits, _/bits>> = ?V(<<"abcdefghijklmnopqrstuvwxyz0123456789">>),
    R.

utf() ->
    Chars = ?V([0, $a, 127, 128, 233, 16#7FF, 16#800, 955, 16#D7FF, 16#E000, 16#FFFE, 16#FFFF, 16#10000, 16#1F600, 16#10FFFF]),
    [?T({<<C/utf8>>, <<C/utf16>>, <<C/utf16-little>>, <<C/utf32>>, <<C/utf32-little>>}) || C <- Chars],
    [?T(<<1:3, C/utf8, 2:5>>) || C <- Chars],
    Bad = ?V([16#D800, 16#DFFF, 16#110000, -1, a, 1.0, 1 bsl 64]),
    [?T(<<C/utf8>>) || C <- Bad],
    [?T(<<C/utf16>>) || C <- Bad],
    [?T(<<C/utf32>>) || C <- Bad],
    ?T(<<"héλ€😀"/utf8>>),
    ?T(<<"héλ€😀"/utf16>>),
    ?T(<<"héλ€😀"/utf32-little>>).

strings() ->
    ?T(<<"abc", (?V($d))>>),
    ?T(<<"abc":16, (?V($d))>>),
    ?T(<<"abc":4, (?V($d)):4>>),
    ?T(<<(?V(1)), "long literal text in the middle", (?V(2))>>),
    ?T(<<(?V(1)):3, "unaligned", (?V(2)):5>>).

errors() ->
    [?T(<<X>>) || X <- ?V([a, 1.0, "x", <<1>>, [], {}])],
    [?T(<<X:16>>) || X <- ?V([a, 1.0, "x", <<1>>, [], {}])],
    [?T(<<X/float>>) || X <- ?V([a, "x", <<1>>])],
    [?T(<<X/binary>>) || X <- ?V([a, 1, "x", {}, <<1:7>>])],
    [?T(<<X/bits>>) || X <- ?V([a, 1, "x", {}])],
    [?T(<<1:S>>) || S <- ?V([-1, a, 1.0, -(1 bsl 64), 1 bsl 64])],
    [?T(<<1:S/unit:8>>) || S <- ?V([-1, a, 1 bsl 62])],
    [?T(<<(<<"abc">>):S/binary>>) || S <- ?V([-1, 4, a, 1 bsl 64])].

appending() ->
    ?T(begin B = append(1000, <<>>), {byte_size(B), erlang:crc32(B)} end),
    ?T(begin B = append_bits(1001, <<>>), {bit_size(B), erlang:phash2(B)} end),
    ?T(begin
           A = append(10, <<>>),
           B = <<A/binary, "b">>,
           C = <<A/binary, "c">>,
           D = <<B/binary, "d">>,
           {A, B, C, D}
       end),
    ?T(begin
           Base = append(300, <<>>),
           L = [<<Base/binary, N:16>> || N <- seq(1, 20)],
           {[erlang:crc32(X) || X <- L], byte_size(Base)}
       end),
    ?T(append_many(200)),
    ?T(begin
           A = append(100, <<>>),
           <<Head:50/binary, _/binary>> = A,
           {<<Head/binary, 1>> =:= <<Head/binary, (?V(1))>>, A =:= append(100, <<>>)}
       end),
    ?T(begin
           Self = self(),
           A = append(100, <<>>),
           spawn(fun() -> Self ! {one, <<A/binary, "child">>} end),
           R1 = receive {one, X} -> X end,
           {byte_size(R1), <<A/binary, "parent">> =/= R1}
       end).

append(0, B) -> B;
append(N, B) -> append(N - 1, <<B/binary, N:16>>).

append_bits(0, B) -> B;
append_bits(N, B) -> append_bits(N - 1, <<B/bits, N:3>>).

append_many(N) -> append_many(N, [<<>> || _ <- seq(1, 10)]).
append_many(0, L) -> [erlang:adler32(B) || B <- L];
append_many(N, L) -> append_many(N - 1, [<<B/binary, N, "text">> || B <- L]).

comprehensions() ->
    ?T(<< <<X>> || X <- ?V([1, 2, 3]) >>),
    ?T(<< <<X:3>> || X <- ?V([1, 2, 3]) >>),
    ?T(<< <<X:16/little>> || <<X:16>> <= ?V(<<1, 2, 3, 4, 5>>) >>),
    ?T(<< <<(X + 1):4>> || <<X:4>> <= ?V(<<16#1234:16>>), X > 1 >>),
    ?T(<< <<X/utf8>> || <<X/utf16>> <= ?V(<<"aλ😀"/utf16>>) >>),
    ?T(<< B || B <- ?V([<<1>>, <<2:3>>, <<>>]) >>),
    ?T(<< B || B <- ?V([<<1>>, x]) >>),
    ?T(<< <<X, Y>> || X <- ?V([1, 2]), Y <- ?V([3, 4]) >>),
    ?T(<< <<X>> || X <- ?V([1, a]) >>),
    ?T(<< <<X>> || <<X>> <= ?V(x) >>),
    ?T(byte_size(<< <<X:32>> || X <- seq(1, 10000) >>)).

sizes() ->
    [?T({bit_size(B), byte_size(B), is_binary(B), is_bitstring(B)}) || B <- ?V([<<>>, <<1>>, <<1:1>>, <<1:9>>, <<0:1000>>])],
    [?T(bit_size(X)) || X <- ?V([a, [], 1])],
    [?T(byte_size(X)) || X <- ?V([a, [], 1])],
    ?T(byte_size(<<0:(?V(8000000))>>)).

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
