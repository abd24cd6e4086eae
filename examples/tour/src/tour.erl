%% SPDX-License-Identifier: Apache-2.0
%% A tour of Erlang that fits on one screen: starts the application tour, makes eight stops, leaves with status 0.
%%
%%     erlc -o ebin src/*.erl && erl -noshell -pa ebin -run tour main
-module(tour).
-export([main/0, main/1]).

main(_Args) -> main().

main() ->
    Begun = erlang:monotonic_time(),
    ok = io:setopts([{encoding, unicode}]),
    io:format("~n  A tour of Erlang/OTP ~s  (~s, ~w-bit words)~n~n", [erlang:system_info(otp_release), node(), 8 * erlang:system_info(wordsize)]),
    ok = logger:remove_handler(default),
    {ok, _} = application:ensure_all_started(tour),
    _ = [stop(Number, Title, Fun) || {Number, Title, Fun} <- tour_guide:stops()],
    ok = application:stop(tour),
    io:format("~n  ~ts stops, ~ts. Goodbye.~n~n", [integer_to_list(length(tour_guide:stops())), elapsed(erlang:monotonic_time() - Begun)]),
    halt(0).

%% One line: number, title, how long it took; under it what was seen.
stop(Number, Title, Fun) ->
    Start = erlang:monotonic_time(),
    Lines = Fun(),
    Time = elapsed(erlang:monotonic_time() - Start),
    io:format("  ~w  ~-58ts~9ts~n", [Number, Title, Time]),
    _ = [io:format("     ~ts~n", [Line]) || Line <- Lines],
    ok.

elapsed(Native) ->
    case erlang:convert_time_unit(Native, native, microsecond) of
        Us when Us < 10000 -> io_lib:format("~w us", [Us]);
        Us -> io_lib:format("~w ms", [Us div 1000])
    end.
