%% SPDX-License-Identifier: Apache-2.0
%% wordcount -- a module with a function in C: see README.md.
-module(wordcount).
-export([main/1, count/1]).
-nifs([count/1]).
-on_load(load/0).

load() -> erlang:load_nif("wordcount", 0).

-spec count(binary()) -> non_neg_integer().
count(_Text) -> erlang:nif_error(not_loaded).

main([]) ->
    Text = binary:copy(<<"the quick brown fox jumps over the lazy dog. ">>, 1000000),
    {Micros, Words} = timer:tc(fun() -> count(Text) end),
    io:format("~w words in ~w bytes, ~w ms~n", [Words, byte_size(Text), Micros div 1000]);
main(Args) ->
    io:format("~w~n", [count(unicode:characters_to_binary(lists:join($\s, Args)))]).
