%% SPDX-License-Identifier: Apache-2.0
%% jiffy_test -- what jiffy makes of terms and of JSON, good and bad, one line each.
-module(jiffy_test).
-export([main/0]).

main() ->
    [show(encode, jiffy:encode(T)) || T <- terms()],
    [show(encode_bad, catch_all(fun() -> jiffy:encode(T) end)) || T <- [{a}, {a, b}, <<255>>, #{1.5 => 2}, #{1 => 2}, [1 | 2]]],
    [show(options, jiffy:encode(#{<<"a">> => [1, <<"é/"/utf8>>]}, O))
     || O <- [[pretty], [uescape], [force_utf8], [escape_forward_slashes]]],
    [show(decode, catch_all(fun() -> jiffy:decode(J) end)) || J <- texts()],
    [show(decode_maps, catch_all(fun() -> jiffy:decode(J, [return_maps, use_nil])end)) || J <- texts()],
    [show(floats, jiffy:decode(jiffy:encode(F)) =:= F) || F <- floats()],
    Large = [#{<<"id">> => N, <<"name">> => integer_to_binary(N), <<"on">> => N rem 2 =:= 0, <<"v">> => N / 7}
             || N <- lists:seq(1, 20000)],
    Text = iolist_to_binary(jiffy:encode(Large)),
    show(large, {byte_size(Text), erlang:phash2(Text), jiffy:decode(Text, [return_maps]) =:= Large}),
    Decoded = [begin Self = self(), spawn(fun() -> Self ! {N, erlang:phash2(jiffy:decode(Text))} end), N end
               || N <- lists:seq(1, 4)],
    show(parallel, [receive {N, Hash} -> Hash end || N <- Decoded]),
    show(deep, byte_size(iolist_to_binary(jiffy:encode(lists:foldl(fun(_, T) -> [T] end, [], lists:seq(1, 2000)))))).

show(What, T) -> io:format("~p ~0p~n", [What, T]).

catch_all(F) ->
    try F()
    catch C:R -> {C, R}
    end.

terms() ->
    [1, -1, 0, 1 bsl 62, 1 bsl 80, -(1 bsl 70), 1.5, -0.0, 1.0e300, 2.0e-10, true, false, null, <<>>, <<"text">>,
     <<"q\"\\/\b\f\n\r\t", 1, 31>>, <<"smörgås € 𐍈"/utf8>>, [], [1, [2, [3]]], {[]}, {[{<<"a">>, 1}, {b, [{[]}]}]},
     #{}, #{a => #{<<"b">> => [null]}}, an_atom].

texts() ->
    [<<"1">>, <<"-0">>, <<"1.5e3">>, <<"1E-2">>, <<"12345678901234567890123">>, <<"\"a\\u00e9\\ud834\\udd1e\"">>,
     <<"[]">>, <<" [1 , 2 ] ">>, <<"{}">>, <<"{\"a\":{\"b\":[true,false,null]},\"a\":1}">>, <<"">>, <<"[1,">>, <<"{\"a\"}">>,
     <<"01">>, <<"1.">>, <<"nul">>, <<"\"\\x\"">>, <<"\"\\ud834\"">>, <<"[1] 2">>, <<"\"", 255, "\"">>, <<"[1,]">>, ["[", <<"1">>, "]"]].

floats() -> [0.1, 1 / 3, 1.0e22, 1.0e23, 5.0e-324, 1.7976931348623157e308, 123456.789, 2.5e-5, -3.0].
