#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%% binary_cases.escript ROUNDS SEED FILE -- what the stock machine answers about binaries.
%%
%% Writes one external term for binary_test.c, a list of
%%   {bif, Module, Function, Args, {ok, Value} | {error, Reason}}
%%   {create, [{Type, Value, Size | all, Unit, Flags}], {ok, Bits} | {error, Reason, Cause}}
%%   {match, Bits, [{Type, Size | all, Unit, Flags}], {ok, [Value]} | nomatch}
%% Flags: 2 little, 4 signed.

main([Rounds0, Seed0, File]) ->
    Rounds = list_to_integer(Rounds0),
    rand:seed(exsss, list_to_integer(Seed0)),
    Bifs = bifs() ++ lists:append([random_bifs() || _ <- lists:seq(1, Rounds)]),
    Creates = creates(Rounds * 10),
    Matches = matches(Rounds * 10),
    ok = file:write_file(File, term_to_binary(Bifs ++ Creates ++ Matches)).

ask(M, F, A) ->
    Answer = try {ok, apply(M, F, A)} catch error:R -> {error, R} end,
    {bif, M, F, A, Answer}.

%% --- functions: cases by hand -------------------------------------------------------------------

odd() -> [<<>>, <<1>>, <<1:1>>, <<5:3>>, <<1,2,3>>, <<1,2,3:4>>, binary:copy(<<7>>, 64), binary:copy(<<"abc">>, 40),
          a, 1, [], {}, -1, 1.5, 1 bsl 70, -(1 bsl 70)].

iolists() ->
    odd() ++ [[1], [256], [-1], [1|<<2>>], [1|2], [<<1:1>>], [[[[]]]], [[1,[2,[3|<<4>>]]],5], [a], [1.0],
              [<<1,2>>, "abc", [<<3>>|<<4>>], []], [1 bsl 70], lists:seq(1, 255), [binary:copy(<<9>>, 300), 1, 2],
              [<<1>>, binary:copy(<<9>>, 100), <<2>>], [[1|a]], lists:duplicate(300, <<"xy">>)].

bifs() ->
    [ask(erlang, F, [X]) || F <- [byte_size, bit_size, is_binary, is_bitstring, list_to_binary, iolist_to_binary,
                                  iolist_size, list_to_bitstring, bitstring_to_list, binary_to_list, md5,
                                  crc32, adler32], X <- iolists()]
    ++ [ask(erlang, F, [S, X]) || F <- [crc32, adler32], S <- [0, 1, 16#ffffffff, 1 bsl 32, -1, a, 77777],
                                  X <- [<<"hello">>, [], a]]
    ++ [ask(erlang, F, [A, B, C]) || F <- [crc32_combine, adler32_combine], A <- [0, 1, 123456789],
                                     B <- [0, 987654321, a, -1], C <- [0, 5, 100000, -1, a]]
    ++ [ask(erlang, split_binary, [X, N]) || X <- odd(), N <- [0, 1, 2, 3, 4, 64, -1, a, 1 bsl 70]]
    ++ [ask(erlang, binary_to_list, [X, A, B]) || X <- odd(), A <- [0, 1, 2, 3, 4, a], B <- [0, 1, 2, 3, 4, 1.0]]
    ++ [ask(M, F, [X, A, B]) || {M, F} <- [{erlang, binary_part}, {binary, part}], X <- odd(),
                                A <- [0, 1, 2, 3, 4, 64, -1, a], B <- [0, 1, 3, -1, -3, 4, 64, 1 bsl 70]]
    ++ [ask(M, F, [X, P]) || {M, F} <- [{erlang, binary_part}, {binary, part}], X <- odd(),
                             P <- [{0, 1}, {1, -1}, {3, -4}, {0, 0, 0}, a, {a, 1}]]
    ++ [ask(binary, F, [X]) || F <- [first, last, list_to_bin, copy, decode_unsigned, encode_unsigned,
                                     longest_common_prefix, longest_common_suffix, compile_pattern],
                               X <- odd(), not (F =:= compile_pattern andalso is_binary(X))]
    ++ [ask(binary, F, [X, N]) || F <- [at, copy], X <- odd(), N <- [0, 1, 2, 3, -1, a, 5]]
    ++ [ask(binary, F, [X, E]) || F <- [decode_unsigned, encode_unsigned], E <- [big, little, a],
                                  X <- [0, 1, 255, 256, -1, a, 1 bsl 63, 1 bsl 64, (1 bsl 300) + 7, <<>>, <<0,0>>,
                                        <<1,2,3,4,5,6,7,8,9>>, <<1:3>>, <<0,0,0,0,0,0,0,0,1,2>>]]
    ++ [ask(binary, F, [L]) || F <- [longest_common_prefix, longest_common_suffix],
                               L <- [[<<"abc">>, <<"abd">>], [<<"xbc">>, <<"ybc">>, <<"bc">>], [<<>>], [<<"a">>|b], [<<1:1>>],
                                     [], [<<"same">>, <<"same">>], [a]]]
    ++ searches() ++ texts() ++ expressions() ++ packets().

patterns() -> [<<>>, <<"a">>, <<"ab">>, <<"b">>, <<"aa">>, <<"abcab">>, [<<"a">>, <<"ab">>, <<"abc">>], [<<"b">>],
               [<<"bc">>, <<"abd">>, <<"c">>], [], [<<>>], a, [a], [<<"a">>|<<"b">>], <<1:3>>, {bm, a}, "ab",
               [<<"aaab">>, <<"aa">>], [<<"bab">>, <<"ab">>, <<"ba">>]].
subjects() -> [<<>>, <<"a">>, <<"aaa">>, <<"abcabcab">>, <<"xxabdxxbcx">>, <<"bbbbb">>, <<"aaaaaab">>, <<"ababab">>,
               <<1:4>>, a, <<"aXbXXc">>, <<"abababcabcabab">>].

searches() ->
    [ask(binary, F, [S, P]) || F <- [match, matches, split], S <- subjects(), P <- patterns()]
    ++ [ask(binary, F, [S, P, O]) || F <- [match, matches], S <- subjects(), P <- patterns(),
                                     O <- [[], [{scope, {1, 2}}], [{scope, {3, -2}}], [{scope, {0, 0}}], [a],
                                           [{scope, {0, 100}}], [{scope, a}], a, [{scope, {2, 0}}], [global]]]
    ++ [ask(binary, split, [S, P, O]) || S <- subjects(), P <- patterns(),
                                         O <- [[], [global], [trim], [global, trim], [trim_all], [global, trim_all],
                                               [{scope, {1, 3}}, global], [x], a, [global|a], [{scope, {0, 0}}]]].

chardata() ->
    [<<>>, [], "abc", <<"abc">>, [<<"a">>, $b], [228, 246], [1024], [16#10ffff], [16#110000], [16#d800], [-1],
     [1 bsl 70], [a], a, <<228>>, <<195,164>>, [<<195>>, <<164>>], [<<195>>, 164], [<<195>>], [<<226,130>>],
     [<<226>>, <<130>>, <<172>>], <<226,130>>, <<226,40>>, [<<226,40>>], <<240,159,152,128>>, <<237,160,128>>,
     <<192,128>>, [<<240>>, <<159,152>>, <<128>>, "x"], [[228], [1024|<<228>>]], [["ab", [300]], "c"],
     ["ab"|<<255>>], [<<"ok">>, <<255>>, "rest"], [[<<"ok">>, <<255>>], "rest"], <<"abc",255,"def">>,
     [[[<<"abc",255,"def">>], 1], 2], <<1:1>>, [<<1:1>>], [a, 1 bsl 70], [1 bsl 70, a], ["abc", <<200>>|<<1>>],
     lists:duplicate(200, [228, <<195,164>>]), [<<240,159>>, <<152>>], [<<240,40>>], [<<248>>], <<255>>, <<195>>,
     [<<195>>, <<195>>, <<164>>], [[], [<<>>], [[]]], <<224,128,128>>, [<<224,128>>], <<244,144,128,128>>, <<0>>].

texts() ->
    [ask(unicode, F, [C, E]) || F <- [characters_to_binary, characters_to_list], C <- chardata(),
                                E <- [latin1, unicode, utf8]]
    ++ [ask(unicode, bin_is_7bit, [C]) || C <- chardata()].

%% --- re: only what depends on the library; global and unicode lists are done in Erlang ---------------

expressions() ->
    Runs = [{"abc", "b"}, {"abc", "(b)(x)?"}, {"abc", "(x)?(b)"}, {<<"abcabc">>, <<"c(.)b">>}, {"aXb", "x"}, {"", ""},
            {"foo123bar", "(?<letters>[a-z]+)(?<digits>\\d+)"}, {"aaa", "a{2}"}, {"ab\ncd", "^c"}, {"ab\r\ncd", "b$"},
            {[228,246], "\\w+"}, {[196], [228]}, {[160], "\\s"}, {[133], "\\s"}, {"abc", "(?i)B"}, {"a.b", "\\Qa.b\\E"},
            {"abab", "(ab)\\1"}, {"foobar", "foo(?=bar)"}, {"foobar", "(?<=foo)bar"}, {"aaa", "a+?"}, {"x", "\\i"},
            {"a{,3}", "a{,3}"}, {"abc", "a(b"}, {"tabc", "\\x74\\o{141}"}, {"ab", "(?|(a)|(b))"}, {"aab", "(?>a+)b"},
            {"abc", a}, {"i", "[\\i]\\y*"}, {"ABC", "[[:upper:]]+"}, {[0,1,2], <<1>>}, {"((()))", "(\\((?1)*\\))"}, {"a\nb", "a.b"}, {"b", "a|b|c"},
            {lists:duplicate(40, $a) ++ "!", "(a+)+[b-z]"}],
    Options = [[], [caseless], [{capture, none}], [{capture, all, list}], [{capture, all, binary}], [{capture, first}],
               [{capture, all_but_first, binary}], [{capture, [0, 1, 5]}], [{capture, [letters, "digits", <<"x">>], list}],
               [{capture, all_names, binary}], [multiline], [dotall], [{newline, crlf}], [{newline, any}, multiline],
               [{offset, 1}], [anchored], [notempty], [ungreedy], [extended], [foo], [{offset, -1}], [{capture, a}],
               [{capture, [-1]}], [report_errors], [no_auto_capture], [dollar_endonly], [notbol], [noteol], [firstline],
               [bsr_anycrlf], [{match_limit, 1000}, report_errors], [{capture, all, foo}], a, [dupnames]],
    [ask(re, run, [S, E, O]) || {S, E} <- Runs, O <- Options, not (O =:= [{offset, 1}] andalso S =:= "")]
    ++ [ask(re, run, [S, E]) || {S, E} <- Runs]
    ++ [ask(re, run, [S, E, O]) || {S, E} <- [{<<"ab"/utf8>>, <<"b">>}, {<<"äöü"/utf8>>, <<"ö"/utf8>>}, {<<255>>, <<"a">>},
                                              {<<"äÖü"/utf8>>, <<"ö(.)"/utf8>>}],
                                   O <- [[unicode], [unicode, caseless], [unicode, ucp], [unicode, {offset, 1}],
                                         [unicode, {capture, all, binary}]]]
    ++ [bad_expression(E, []) || E <- ["a(b", "*", "[z-a]", "(?<n>a)(?<n>b)", "[[:foo:]]", "\\", "(?z)", "[a", "a)", "(?<1>a)",
                                       "a{3,2}", "a{99999}", "(?P", "(?#", "x{2}{", "[[.a.]]", "\\p{Foo}", "(?(1)a|b|c)",
                                       "(?<=a+)b", "(?1)", "(?<ab", "+a", "a**", "(", "(?", "(?<", "\\c", "\\k", "[:a:]",
                                       "(*FOO)", "(?R", "(?(", "[b-\\d]", "(?P<a", "(?=", "\\x{110000}", "(?C256)", "\\N{", "[\\N]"]]
    ++ [ask(re, run, [S, Compiled, O]) || {S, Compiled, O} <- []]
    ++ [ask(re, compile, [E, O]) || E <- [<<"a">>], O <- [[foo], [{capture, all}], [notempty], a]].

bad_expression(E, O) -> ask(re, compile, [E, O]).

packets() ->
    Data = [<<>>, <<1>>, <<0>>, <<3,1,2,3,4>>, <<0,3,1,2,3,4,5>>, <<0,0,0,2,9,8,7>>, <<255,255,255,255,1>>, <<128,0,0,1,5,6>>,
            <<"GIOP",1,0,0,0,0,0,0,2,7,8,9>>, <<"GIOP",1,0,1,0,2,0,0,0,7,8,9>>, <<1,2,0,1,0,2,1,0,7,8,9,10>>, <<"line\nrest">>, <<"no line">>,
            <<3,0,0,6,1,2,3>>, <<3,0,0,1>>, <<48,3,1,2,3,4>>, <<48,130,0,2,1,2,3>>, <<31,129,1,2,7,8>>, <<48,133,1,1,1,1,1,1>>,
            <<22,3,1,0,2,1,2,3>>, <<128,5,1,3,1,9,9,9>>, <<23,3,3,0>>, <<1,2,3:4>>, <<128,1,1,3,1,9,9,9>>,
            <<"GET /index.html HTTP/1.1\r\nHost: x\r\n\r\n">>, <<"HTTP/1.0 200 OK\r\n">>, <<"HTTP/1.1 404\r\n">>, <<"HTTP/x\r\n">>,
            <<"FOO * HTTP/1.1\r\n">>, <<"GET http://host:8080/path HTTP/1.0\n">>, <<"GET https://host HTTP/1.0\n">>, <<"GET a:b\n">>,
            <<"GET foo HTTP/1.\n">>, <<"POST / \n">>, <<"GET\n">>, <<"get x:y HTTP/1.1\r\nmore">>, <<"Content-Length: 5\r\nX">>,
            <<"content-lENGTH:5\r\n\r\n">>, <<"X-Foo-bar: a\r\n b\r\nY">>, <<"\r\n">>, <<"\n">>, <<"\r\nx">>, <<"Bad Header: x\r\ny">>,
            <<"Host\r\ny">>, <<"a: b\r\n">>, <<"GET http://host:0/ HTTP/1.1\n">>, <<"GET HTTP://h:1x/ HTTP/1.1\n">>,
            <<(binary:copy(<<"x">>, 60))/binary, ": y\r\nz">>],
    Types = [0, 1, 2, 4, 3, raw, asn1, sunrm, cdr, fcgi, line, tpkt, http, httph, http_bin, httph_bin, ssl_tls, a],
    Options = [[], [{packet_size, 2}], [{line_length, 3}], [{line_delimiter, $e}], [{packet_size, 100}], a, [a], [{packet_size, -1}]],
    [ask(erlang, decode_packet, [T, D, O]) || T <- Types, D <- Data, O <- Options].

%% --- functions: random cases ---------------------------------------------------------------------------

random_bifs() ->
    B = few_letters(rand:uniform(60)),
    P = [few_letters(rand:uniform(4)) || _ <- lists:seq(1, rand:uniform(4))],
    I = random_integer(300),
    D = random_bytes(rand:uniform(200)),
    L = random_iolist(4),
    C = random_chardata(3),
    [ask(binary, matches, [B, P]), ask(binary, match, [B, hd(P)]), ask(binary, split, [B, P, [global]]),
     ask(binary, split, [B, hd(P), [global, trim]]), ask(binary, matches, [B, hd(P)]),
     ask(binary, encode_unsigned, [abs(I)]), ask(binary, encode_unsigned, [abs(I), little]),
     ask(binary, decode_unsigned, [D]), ask(binary, decode_unsigned, [D, little]),
     ask(erlang, md5, [D]), ask(erlang, crc32, [D]), ask(erlang, adler32, [D]), ask(erlang, binary_to_list, [D]),
     ask(erlang, iolist_to_binary, [L]), ask(erlang, iolist_size, [L]), ask(erlang, list_to_bitstring, [[L|random_bits(9)]]),
     ask(erlang, bitstring_to_list, [random_bits(80)]), ask(erlang, md5, [L]), ask(erlang, crc32, [L]),
     ask(unicode, characters_to_list, [C, unicode]), ask(unicode, characters_to_binary, [C, unicode]),
     ask(unicode, characters_to_binary, [C, latin1]), ask(unicode, characters_to_list, [C, latin1])].

few_letters(N) -> << <<($a + rand:uniform(2))>> || _ <- lists:seq(1, N) >>.
random_bytes(N) -> rand:bytes(N).
random_bits(N) -> Bytes = rand:bytes(N), Size = rand:uniform(N * 8), <<Bits:Size/bitstring, _/bitstring>> = Bytes, Bits.
random_integer(Bits) ->
    N = rand:uniform(Bits), <<I:N>> = <<(rand:uniform(1 bsl N) - 1):N>>,
    case rand:uniform(2) of 1 -> I; 2 -> -I end.
random_iolist(0) -> [rand:uniform(256) - 1];
random_iolist(D) ->
    [case rand:uniform(4) of
         1 -> rand:uniform(256) - 1;
         2 -> random_bytes(rand:uniform(20));
         _ -> random_iolist(D - 1)
     end || _ <- lists:seq(1, rand:uniform(4))].
random_chardata(0) -> unicode:characters_to_binary([rand:uniform(16#800), rand:uniform(16#20000) band 16#1ffff]);
random_chardata(D) ->
    [case rand:uniform(12) of
         1 -> rand:uniform(256) - 1;
         2 -> rand:uniform(16#110000);
         3 -> random_bytes(2);
         4 -> <<226, 130>>;
         5 -> <<172>>;
         N when N < 9 -> "plain";
         _ -> case random_chardata(D - 1) of {error, _, _} -> []; Data -> Data end
     end || _ <- lists:seq(1, rand:uniform(4))].

%% --- bit syntax: modules with a function for each case are compiled ---------------------------------------

creates(N) ->
    Cases = [random_segments() || _ <- lists:seq(1, N)],
    Functions = [create_function(I, S) || {I, S} <- lists:enumerate(Cases)],
    Module = load(created, Functions),
    [{create, S, answer(Module, I, [V || {_, V, _, _, _} <- S] ++ [Z || {_, _, Z, _, _} <- S])}
     || {I, S} <- lists:enumerate(Cases)].

answer(Module, I, Args) ->
    try {ok, apply(Module, name(I), Args)}
    catch error:R:Trace ->
            [{_, _, _, Info}|_] = Trace,
            case lists:keyfind(error_info, 1, Info) of
                {_, #{cause := Cause}} -> {error, R, Cause};
                false -> {error, R, none}
            end
    end.

random_segments() -> [random_segment() || _ <- lists:seq(1, rand:uniform(5))].

random_segment() ->
    Flags = lists:nth(rand:uniform(4), [0, 2, 4, 6]),
    case rand:uniform(10) of
        1 -> {utf8, code_point(), all, 1, 0};
        2 -> {utf16, code_point(), all, 1, Flags band 2};
        3 -> {utf32, code_point(), all, 1, Flags band 2};
        4 -> {float, number(), pick([16, 32, 64, 64, 64, 8, -1]), 1, Flags band 2};
        5 -> {binary, bits(), all, pick([1, 8, 8]), 0};
        6 -> {binary, bits(), pick([0, 1, 2, 3, 8, 9, -1, a]), pick([1, 8]), 0};
        7 -> {integer, pick([random_integer(200), a, 1.5]), pick([0, 7, 100, -3, 1 bsl 70, a]), pick([1, 8]), Flags};
        _ -> {integer, random_integer(rand:uniform(140)), rand:uniform(140) - 1, 1, Flags}
    end.

code_point() -> pick([$a, 228, 1024, 16#ffff, 16#10000, 16#10ffff, 16#110000, 16#d800, -1, a, 1 bsl 64, rand:uniform(16#110000)]).
number() -> pick([1.5, -0.0, 1, -7, 1 bsl 100, 1 bsl 2000, a, 65504.0, 1.0e-7, 6.1e-5, 3.0e-8, 1.0e10, rand:uniform(), 100000.0,
                  2049, 5.960464477539063e-8, 0.333333333]).
bits() -> pick([<<>>, <<1>>, <<1:1>>, <<1:7>>, random_bits(20), random_bytes(9), random_bytes(100), a, 17]).
pick(L) -> lists:nth(rand:uniform(length(L)), L).

create_function(I, Segments) ->
    Numbered = lists:enumerate(Segments),
    [name(I), "(", join([["V", $0 + K] || {K, _} <- Numbered] ++ [["S", $0 + K] || {K, _} <- Numbered]), ") ->\n",
     [["_ = S", $0 + K, ", "] || {K, _} <- Numbered],
     " <<", join([segment_text(K, S) || {K, S} <- Numbered]), ">>.\n"].

segment_text(K, {Type, _, Size, Unit, Flags}) ->
    Colon = case Size of all -> ""; _ -> [":S", $0 + K] end,
    ["V", $0 + K, Colon, "/", atom_to_list(Type),
     case lists:member(Type, [binary, integer]) of true -> ["-unit:", integer_to_list(Unit)]; false -> "" end,
     case Flags band 2 of 0 -> ""; _ -> "-little" end,
     case Flags band 4 of 4 when Type =:= integer -> "-signed"; _ -> "" end].

matches(N) ->
    Cases = [{random_bits(40), [random_field() || _ <- lists:seq(1, rand:uniform(4))] ++ last_field()} || _ <- lists:seq(1, N)]
        ++ [{element(2, random_utf()), [random_utf_field() || _ <- lists:seq(1, 3)] ++ last_field()} || _ <- lists:seq(1, N)],
    Functions = [match_function(I, Fs) || {I, {_, Fs}} <- lists:enumerate(Cases)],
    Module = load(matched, Functions),
    [{match, B, Fs, apply(Module, name(I), [B | [Z || {_, Z, _, _} <- Fs]])} || {I, {B, Fs}} <- lists:enumerate(Cases)].

random_utf() -> {ok, iolist_to_binary([pick([<<C/utf8>>, <<C/utf16>>, <<C/utf16-little>>, <<C/utf32>>, <<C/utf32-little>>, <<C/utf8>>,
                                              random_bytes(3)])
                                       || C <- [pick([$a, 228, 1024, 16#ffff, 16#10000, 16#10ffff]) || _ <- [1, 2, 3, 4]]])}.
random_utf_field() -> {pick([utf8, utf8, utf16, utf32]), all, 1, pick([0, 0, 2])}.
random_field() ->
    Flags = lists:nth(rand:uniform(4), [0, 2, 4, 6]),
    case rand:uniform(6) of
        1 -> {float, pick([16, 32, 64, 64, 0]), 1, Flags band 2};
        2 -> {binary, pick([0, 1, 5, 8, 17]), pick([1, 8]), 0};
        3 -> {integer, pick([a, -1, 1 bsl 70, 3]), pick([1, 8]), Flags};
        _ -> {integer, rand:uniform(90) - 1, 1, Flags}
    end.
last_field() -> pick([[], [{binary, all, 1, 0}], [{binary, all, 1, 0}], [{binary, all, 8, 0}]]).

match_function(I, Fields) ->
    Numbered = lists:enumerate(Fields),
    Sizes = [["S", $0 + K] || {K, _} <- Numbered],
    Flow = fun({K, {Type, Size, Unit, Flags}}) -> segment_text(K, {Type, v, Size, Unit, Flags}) end,
    [name(I), "(", join(["Bits" | Sizes]), ") ->\n", [["_ = ", S, ", "] || S <- Sizes],
     "case Bits of\n<<", join([Flow(F) || F <- Numbered]), ">> -> {ok, [",
     join([["V", $0 + K] || {K, _} <- Numbered]), "]};\n_ -> nomatch end.\n"].

name(I) when is_integer(I) -> list_to_atom("f" ++ integer_to_list(I)).

join([]) -> [];
join([A]) -> [text(A)];
join([A|B]) -> [text(A), ", " | join(B)].
text(A) when is_atom(A) -> atom_to_list(A);
text(T) -> T.

load(Name, Functions) ->
    Text = lists:flatten([["-module(", atom_to_list(Name), ").\n-compile([export_all, nowarn_export_all]).\n"],
                          [[text(Part) || Part <- F] || F <- Functions]]),
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, _, Code} = compile:forms(forms(Tokens, []), [binary, return_errors]),
    {module, Name} = code:load_binary(Name, "none", Code),
    Name.

forms([], []) -> [];
forms([{dot, _} = Dot | Rest], Form) ->
    {ok, F} = erl_parse:parse_form(lists:reverse([Dot | Form])),
    [F | forms(Rest, [])];
forms([T | Rest], Form) -> forms(Rest, [T | Form]).
