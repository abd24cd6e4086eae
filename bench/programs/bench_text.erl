%% SPDX-License-Identifier: Apache-2.0
%% Strings and Unicode: lengths in graphemes, case, splitting, formatting.
-module(bench_text).
-export([run/0]).

run() ->
    Words = [<<"Stra\303\237e">>, <<"na\303\257ve caf\303\251">>, <<"\316\232\316\261\316\273\316\267\316\274\316\255\317\201\316\261">>, <<"plain ascii words here">>, <<"e\314\201galite\314\201">>],
    Text = unicode:characters_to_binary([[W, $\s] || _ <- lists:seq(1, 400), W <- Words]),
    lists:last([once(Text, N) || N <- lists:seq(1, 20)]).

once(Text, N) ->
    Lower = string:lowercase(Text),
    Parts = string:lexemes(Lower, " "),
    Upper = [string:uppercase(P) || P <- Parts],
    Titles = [string:titlecase(unicode:characters_to_list(P)) || P <- Parts],
    Line = [io_lib:format("~4w|~-10ts|~8.3f|~p~n", [I, P, I / 7, {I, "s"}]) || {I, P} <- lists:zip(lists:seq(1, 400), lists:sublist(Upper, 400))],
    {N, string:length(Text), length(Parts), erlang:crc32(unicode:characters_to_binary(Titles)), erlang:crc32(unicode:characters_to_binary(Line)),
     string:find(Text, "ascii") =/= nomatch, length(string:split(Text, " ", all)), byte_size(unicode:characters_to_nfc_binary(Text))}.
