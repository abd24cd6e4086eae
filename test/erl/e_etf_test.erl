%% SPDX-License-Identifier: Apache-2.0
%% The external term format, both ways: every tag, options, and input that is cut or wrong.
-module(e_etf_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    encode(),
    options(),
    decode_tags(),
    local_terms(),
    truncated(),
    flipped(),
    wrong(),
    large(), pieces().

terms() ->
    ?V([0, 1, 255, 256, -1, (1 bsl 31) - 1, 1 bsl 31, -(1 bsl 31), -(1 bsl 31) - 1, (1 bsl 59), 1 bsl 63, -(1 bsl 63), 1 bsl 64, 1 bsl 100, -(1 bsl 100), 1 bsl 2039, 1 bsl 2040, -(1 bsl 2100),
        0.0, -0.0, 1.5, -1.0e300, 5.0e-324,
        a, '', 'hello world', 'é', 'λ', dup(255, $x), list_to_atom(dup(255, $x)), list_to_atom(dup(200, 955)),
        [], [a], [1, 2, 3], "string", [256], [a | b], [1, 2 | 3], dup(300, $a), [[], [[]]], dup(65535, 1), [1000 | "tail"],
        {}, {a}, {1, 2.0, "3"}, list_to_tuple(dup(255, x)), list_to_tuple(dup(256, x)),
        <<>>, <<"bin">>, <<1:1>>, <<5:7>>, <<"abc", 3:2>>, binary:copy(<<"b">>, 100),
        #{}, #{a => 1}, #{1 => #{2 => 3}}, #{"k" => <<"v">>},
        fun lists:map/2, fun erlang:'+'/2]).

encode() ->
    [?T(term_to_binary(X)) || X <- terms()],
    [?T(binary_to_term(term_to_binary(X)) =:= X) || X <- terms()],
    [?T(erlang:external_size(X)) || X <- terms()],
    [?T(iolist_to_binary(erlang:term_to_iovec(X)) =:= term_to_binary(X)) || X <- terms()],
    [?T(erlang:external_size(X, [{minor_version, 0}])) || X <- ?V([1.5, a, [1.0]])].

options() ->
    [?T(term_to_binary(X, [{minor_version, V}])) || X <- ?V([1.5, -0.0, a, 'é', 'λ', [1.0e100], 3.0e-10]), V <- ?V([0, 1, 2])],
    Text = [dup(500, $a), binary:copy(<<"compressible ">>, 50)],
    [?T(binary_to_term(term_to_binary(Text, O)) =:= Text) || O <- ?V([[compressed], [{compressed, 0}], [{compressed, 1}], [{compressed, 9}], [compressed, {minor_version, 1}], [deterministic], []])],
    [?T(binary:part(term_to_binary(Text, O), 0, 2)) || O <- ?V([[compressed], [{compressed, 0}], [{compressed, 6}], []])],
    [?T(byte_size(term_to_binary(Text, O)) < 200) || O <- ?V([[compressed], [{compressed, 1}], [{compressed, 0}]])],
    ?T(term_to_binary(?V("x"), [compressed])),
    [?T(term_to_binary(a, O)) || O <- ?V([[bad], [{minor_version, 3}], [{compressed, 10}], [{compressed, -1}], a, [compressed | x]])],
    [?T(binary_to_term(?V(<<131, 97, 5>>), O)) || O <- ?V([[], [safe], [used], [safe, used], [bad], a])],
    ?T(binary_to_term(?V(<<131, 97, 5, "rest">>), [used])),
    ?T(binary_to_term(?V(<<131, 97, 5, "rest">>))),
    ?T(binary_to_term(?V(<<131, 119, 20, "an atom never seen  .">>), [safe])),
    ?T(binary_to_term(?V(<<131, 119, 3, "run">>), [safe])),
    ?T(binary_to_term(?V(<<131, 104, 2, 119, 3, "run", 119, 16, "another new one!">>), [safe])),
    ?T(binary_to_term(term_to_binary(fun e_etf_test:run/0), [safe])).

%% Tags by hand, also those that we never write.
decode_tags() ->
    [?T(binary_to_term(B)) || B <- ?V([
        <<131, 97, 200>>, <<131, 98, -5:32>>, <<131, 98, 16#7fffffff:32>>,
        <<131, 99, "1.50000000000000000000e+00", 0:40>>, <<131, 99, "-2.5", 0:216>>, <<131, 99, "garbage", 0:192>>, <<131, 99, "1.0e400", 0:192>>,
        <<131, 70, 1.25/float>>, <<131, 70, 16#7FF0000000000000:64>>, <<131, 70, -1:64>>,
        <<131, 100, 3:16, "abc">>, <<131, 100, 1:16, 233>>, <<131, 100, 0:16>>, <<131, 115, 2, "hi">>, <<131, 118, 2:16, 16#CE, 16#BB>>, <<131, 119, 2, 16#CE, 16#BB>>,
        <<131, 119, 1, 16#CE>>, <<131, 118, 2:16, 255, 255>>, <<131, 100, 256:16, 0:2048>>, <<131, 118, 256:16, (binary:copy(<<"x">>, 256))/binary>>,
        <<131, 104, 0>>, <<131, 104, 2, 97, 1, 97, 2>>, <<131, 105, 2:32, 97, 1, 97, 2>>, <<131, 105, 0:32>>,
        <<131, 106>>, <<131, 107, 3:16, 1, 2, 3>>, <<131, 107, 0:16>>, <<131, 108, 1:32, 97, 1, 106>>, <<131, 108, 1:32, 97, 1, 97, 2>>, <<131, 108, 0:32, 106>>, <<131, 108, 0:32, 97, 7>>,
        <<131, 109, 3:32, "bin">>, <<131, 109, 0:32>>, <<131, 77, 2:32, 3, 255, 255>>, <<131, 77, 1:32, 8, 255>>, <<131, 77, 1:32, 0, 255>>, <<131, 77, 1:32, 9, 255>>, <<131, 77, 0:32, 0>>, <<131, 77, 0:32, 3>>,
        <<131, 110, 1, 0, 5>>, <<131, 110, 1, 1, 5>>, <<131, 110, 8, 0, -1:64>>, <<131, 110, 9, 1, 0:64, 1>>, <<131, 110, 0, 0>>, <<131, 110, 3, 0, 5, 0, 0>>, <<131, 110, 1, 2, 5>>, <<131, 111, 2:32, 0, 1, 2>>, <<131, 111, 2:32, 1, 0, 0>>, <<131, 110, 10, 0, 5, 0:72>>,
        <<131, 116, 0:32>>, <<131, 116, 1:32, 97, 1, 97, 2>>, <<131, 116, 2:32, 97, 1, 97, 2, 97, 1, 97, 3>>, <<131, 116, 2:32, 97, 2, 106, 97, 1, 106>>,
        <<131, 113, 119, 5, "lists", 119, 3, "map", 97, 2>>, <<131, 113, 119, 5, "lists", 119, 3, "map", 98, 2:32>>, <<131, 113, 97, 1, 119, 3, "map", 97, 2>>, <<131, 113, 119, 1, "a", 119, 1, "b", 98, 256:32>>,
        <<131, 80, 3:32, (zlib_of(<<97, 5>>))/binary>>, <<131, 80, 2:32, (zlib_of(<<97, 5>>))/binary>>, <<131, 80, 100:32, (zlib_of(<<97, 5>>))/binary>>, <<131, 80, 2:32, "not zlib">>, <<131, 80, 2:32>>])],
    ?T(is_pid(binary_to_term(?V(<<131, 103, 119, 3, "x@y", 5:32, 0:32, 1>>)))),
    ?T(is_pid(binary_to_term(?V(<<131, 88, 119, 3, "x@y", 5:32, 0:32, 1:32>>)))),
    ?T(node(binary_to_term(?V(<<131, 88, 119, 3, "x@y", 5:32, 0:32, 1:32>>)))),
    ?T(is_port(binary_to_term(?V(<<131, 102, 119, 3, "x@y", 5:32, 1>>)))),
    ?T(is_port(binary_to_term(?V(<<131, 89, 119, 3, "x@y", 5:32, 1:32>>)))),
    ?T(is_port(binary_to_term(?V(<<131, 120, 119, 3, "x@y", 5:64, 1:32>>)))),
    ?T(is_reference(binary_to_term(?V(<<131, 90, 3:16, 119, 3, "x@y", 1:32, 5:32, 6:32, 7:32>>)))),
    ?T(is_reference(binary_to_term(?V(<<131, 114, 3:16, 119, 3, "x@y", 1, 5:32, 6:32, 7:32>>)))),
    ?T(is_reference(binary_to_term(?V(<<131, 101, 119, 3, "x@y", 5:32, 1>>)))),
    ?T(binary_to_term(?V(<<131, 103, 119, 3, "x@y", 5:32, 0:32, 1>>)) =:= binary_to_term(?V(<<131, 88, 119, 3, "x@y", 5:32, 0:32, 1:32>>))),
    ?T(term_to_binary(binary_to_term(?V(<<131, 88, 119, 3, "x@y", 5:32, 0:32, 1:32>>)))),
    ?T(term_to_binary(binary_to_term(?V(<<131, 90, 3:16, 119, 3, "x@y", 1:32, 5:32, 6:32, 7:32>>)))),
    ?T(term_to_binary(binary_to_term(?V(<<131, 120, 119, 3, "x@y", (1 bsl 40):64, 1:32>>)))),
    ?T(pid_to_list(binary_to_term(?V(<<131, 88, 119, 3, "x@y", 5:32, 7:32, 1:32>>))) =/= []),
    ?T(is_pid(binary_to_term(?V(<<131, 88, 119, 8, "no_at_in", 5:32, 0:32, 1:32>>)))),
    ?T(is_reference(binary_to_term(?V(<<131, 90, 6:16, 119, 3, "x@y", 1:32, 0:192>>)))),
    ?T(is_pid(binary_to_term(?V(<<131, 88, 97, 3, 5:32, 0:32, 1:32>>)))).

%% A zlib stream with one stored block, so that no compressor is needed.
zlib_of(B) ->
    N = byte_size(B),
    <<16#78, 16#01, 1, N:16/little, (bnot N):16/little, B/binary, (erlang:adler32(B)):32>>.

local_terms() ->
    Self = self(),
    Ref = make_ref(),
    Alias = alias(),
    X = ?V(17),
    F = fun(Y) -> X + Y end,
    G = fun named/1,
    ?T(binary_to_term(term_to_binary(Self)) =:= Self),
    ?T(binary_to_term(term_to_binary(Ref)) =:= Ref),
    ?T(binary_to_term(term_to_binary(Alias)) =:= Alias),
    ?T(begin H = binary_to_term(term_to_binary(F)), {H =:= F, H(3)} end),
    ?T(begin H = binary_to_term(term_to_binary(G)), {H =:= G, H(3)} end),
    ?T(begin Name = fun Loop(0) -> done; Loop(N) -> Loop(N - 1) end, (binary_to_term(term_to_binary(Name)))(5) end),
    ?T(binary:part(term_to_binary(F), 0, 2)),
    ?T(binary:part(term_to_binary(Self), 0, 2)),
    ?T(binary:part(term_to_binary(Ref), 0, 2)).

named(X) -> {named, X}.

truncated() ->
    Whole = term_to_binary(?V({a, [1, 2 | b], "str", <<"bin">>, <<1:3>>, #{k => v, 1 => 2.5}, 1 bsl 70, fun lists:map/2, 300, -5})),
    [?T(binary_to_term(binary:part(Whole, 0, N))) || N <- seq(0, byte_size(Whole) - 1)],
    ?T(binary_to_term(Whole)),
    [?T(binary_to_term(X)) || X <- ?V([a, "x", <<131:7>>, <<>>, <<130, 97, 1>>, <<131>>, <<131, 0>>, <<131, 255>>])],
    Compressed = <<131, 80, 3:32, (zlib_of(<<107, 0>>))/binary>>,
    [?T(binary_to_term(binary:part(Compressed, 0, N))) || N <- seq(0, byte_size(Compressed) - 1)].

%% Every byte of an encoding changed in turn: an answer or badarg, never a crash.
flipped() ->
    Whole = term_to_binary(?V({a, [1, 2 | b], "str", <<"bin">>, <<1:3>>, #{k => v}, 1 bsl 70, 300, 1.5})),
    [?T(flip(Whole, N, 1)) || N <- seq(1, byte_size(Whole) - 1)],
    [?T(flip(Whole, N, 128)) || N <- seq(1, byte_size(Whole) - 1)].

flip(B, N, Mask) ->
    <<H:N/binary, X, T/binary>> = B,
    binary_to_term(<<H/binary, (X bxor Mask), T/binary>>).

wrong() ->
    [?T(binary_to_term(B)) || B <- ?V([
        <<131, 108, 16#FFFFFFFF:32, 97, 1, 106>>, <<131, 105, 16#FFFFFFFF:32, 97, 1>>, <<131, 109, 16#FFFFFFFF:32, 1>>, <<131, 116, 16#FFFFFFFF:32, 1>>, <<131, 111, 16#FFFFFFFF:32, 0, 1>>,
        <<131, 104, 255, 97, 1>>, <<131, 107, 65535:16, 1>>, <<131, 77, 16#FFFFFFFF:32, 1, 1>>, <<131, 131, 97, 1>>, <<131, 104, 1, 131, 97, 1>>, <<131, 82, 0>>, <<131, 68, 0, 97, 1>>,
        <<131, 112, 5:32, 0, 0:128>>, <<131, 117, 0:32>>, <<131, 88, 119, 1, "a", 0:64>>, <<131, 90, 0:16, 119, 1, "a", 0:32>>, <<131, 80, 16#FFFFFFFF:32, 1, 2, 3>>])].

large() ->
    L = [{N, integer_to_list(N), <<N:32>>, N / 3} || N <- seq(1, 5000)],
    ?T(binary_to_term(term_to_binary(L)) =:= L),
    ?T(byte_size(term_to_binary(L))),
    ?T(erlang:crc32(term_to_binary(L))),
    ?T(binary_to_term(term_to_binary(L, [compressed])) =:= L),
    Deep = nest(200000, []),
    ?T(binary_to_term(term_to_binary(Deep)) =:= Deep),
    ?T(byte_size(term_to_binary(tower(100000, {})))),
    M = maps:from_list([{N, N} || N <- seq(1, 2000)]),
    ?T(binary_to_term(term_to_binary(M)) =:= M),
    ?T(erlang:crc32(term_to_binary(M))),
    ?T(erlang:crc32(term_to_binary(maps:from_list([{N, N} || N <- seq(1, 33)])))).

nest(0, X) -> X;
nest(N, X) -> nest(N - 1, [X]).
tower(0, X) -> X;
tower(N, X) -> tower(N - 1, {X}).
dup(0, _) -> [];
dup(N, X) -> [X | dup(N - 1, X)].
seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].

%% What is off the heap is an element of its own.
pieces() ->
    Large = binary:copy(?V(<<"0123456789">>), 20),
    <<_, Part:64/binary, Part65:65/binary, _/binary>> = Large,
    <<_:3, Within:80/binary, _/bits>> = Large,
    <<Bits:643/bits, _/bits>> = Large,
    <<Few:519/bits, _/bits>> = Large,
    Grown = grow(70, <<>>),
    Fun = fun() -> {Large, Part65, Grown} end,
    Terms = ?V([Large, binary:copy(<<"x">>, 64), binary:copy(<<"x">>, 65), Part, Part65, Within, Bits, Few, Grown,
        [Large], [Large | Large], {Large, Part, Part65, Bits, Large}, #{Large => Part65}, [Large, a, b, Bits], {dup(300, $a), Large, dup(300, 3000)}]),
    [?T(erlang:term_to_iovec(X)) || X <- Terms],
    [?T(erlang:term_to_iovec(X, O)) || X <- [[Large | Large]], O <- ?V([[], [{minor_version, 1}], [{minor_version, 2}], [{compressed, 0}], [{compressed, 9}], [compressed], [bad]])],
    [?T(iolist_to_binary(erlang:term_to_iovec(X)) =:= term_to_binary(X)) || X <- [Fun | Terms]],
    [?T(byte_size(B)) || B <- erlang:term_to_iovec(Fun), byte_size(B) =/= byte_size(hd(erlang:term_to_iovec(Fun)))],
    ?T((binary_to_term(iolist_to_binary(erlang:term_to_iovec(Fun))))()),
    %% The size of a fun is more than it needs.
    [?T(erlang:external_size(F) - byte_size(term_to_binary(F))) || F <- ?V([fun() -> ok end, [fun(X) -> {X, node()} end, 300]])].

grow(0, B) -> B;
grow(N, B) -> grow(N - 1, <<B/binary, N>>).
