%% SPDX-License-Identifier: Apache-2.0
%% The stops: {Number, Title, Fun}; the fun does the work and returns the lines to show.
-module(tour_guide).
-export([stops/0, log/2]).

stops() ->
    [{1, "A message through a ring of processes", fun ring/0},
     {2, "Big integers: factorial of 1,000", fun big_integers/0},
     {3, "Maps: the letters of a text", fun letters/0},
     {4, "Bit syntax: the header of an IPv4 packet", fun packet/0},
     {5, "ETS: an ordered table and a match specification", fun table/0},
     {6, "A gen_server under a supervisor", fun bank/0},
     {7, "It crashes, and is back", fun crash/0},
     {8, "Unicode and sorting", fun unicode/0}].

ring() ->
    {ok, N} = application:get_env(tour, processes),
    {ok, Rounds} = application:get_env(tour, rounds),
    First = lists:foldl(fun(_, Next) -> spawn_link(fun() -> relay(Next) end) end, self(), lists:seq(1, N)),
    Hops = lists:sum([begin First ! {token, 0}, receive {token, Count} -> Count end end || _ <- lists:seq(1, Rounds)]),
    Alive = length(erlang:processes()),
    First ! stop,
    receive stop -> ok end,
    [format("~w processes alive, ~w hops, then all were told to stop", [Alive, Hops])].

relay(Next) ->
    receive
        {token, Count} -> Next ! {token, Count + 1}, relay(Next);
        stop -> Next ! stop
    end.

big_integers() ->
    Digits = integer_to_list(lists:foldl(fun(N, P) -> N * P end, 1, lists:seq(1, 1000))),
    [format("~s...~s, ~w digits", [lists:sublist(Digits, 24), lists:nthtail(length(Digits) - 12, Digits), length(Digits)])].

letters() ->
    Text = "let it crash and start again with what you know",
    Count = lists:foldl(fun(C, M) -> maps:update_with(C, fun(X) -> X + 1 end, 1, M) end, #{}, [C || C <- Text, C =/= $\s]),
    Most = lists:sublist(lists:sort(fun({A, X}, {B, Y}) -> {Y, A} =< {X, B} end, maps:to_list(Count)), 6),
    [lists:join("   ", [format("~c ~s", [C, lists:duplicate(N, $#)]) || {C, N} <- Most])].

packet() ->
    Packet = <<4:4, 5:4, 0, 40:16, 7:16, 2:3, 0:13, 64, 6, 0:16, 192, 168, 0, 7, 10, 0, 0, 1, "data">>,
    <<Version:4, Words:4, _, Length:16, _:16, _:3, _:13, Ttl, Protocol, _:16, A, B, C, D, E, F, G, H, Data/binary>> = Packet,
    [format("version ~w, ~w-byte header, length ~w, ttl ~w, protocol ~w, ~w.~w.~w.~w -> ~w.~w.~w.~w ~p",
            [Version, 4 * Words, Length, Ttl, Protocol, A, B, C, D, E, F, G, H, Data])].

table() ->
    T = ets:new(squares, [ordered_set]),
    true = ets:insert(T, [{N, N * N} || N <- lists:seq(1, 10000)]),
    Found = ets:select(T, [{{'$1', '$2'}, [{'=:=', {'rem', '$2', 1000}, 1}], ['$1']}]),
    Size = ets:info(T, size),
    ets:delete(T),
    [format("of ~w squares, ~w end in 001; the first: ~w", [Size, length(Found), lists:sublist(Found, 6)])].

bank() ->
    ok = tour_bank:deposit(ada, 100),
    ok = tour_bank:deposit(joe, 50),
    ok = tour_bank:deposit(ada, 20),
    [format("ada has ~w, joe has ~w", [tour_bank:balance(ada), tour_bank:balance(joe)])].

%% The report comes from the logger, through a handler that sends it here.
crash() ->
    Old = whereis(tour_bank),
    ok = logger:add_handler(tour, ?MODULE, #{config => self()}),
    {'EXIT', _} = (catch tour_bank:withdraw(joe, 70)),
    #{name := Name, last_message := Message, reason := {Reason, [{M, F, A, Where} | _]}} = receive {report, R} -> R end,
    New = restarted(Old),
    ok = logger:remove_handler(tour),
    [format("report: ~w terminated by ~0p: ~0p", [Name, Message, Reason]),
     format("        in ~w:~w/~w, ~s line ~w", [M, F, A, filename:basename(proplists:get_value(file, Where)), proplists:get_value(line, Where)]),
     format("restarted by its supervisor: ~w was, ~w is; joe still has ~w", [Old, New, tour_bank:balance(joe)])].

%% logger's callback; the other reports of the same crash are left out.
log(#{msg := {report, #{label := {gen_server, terminate}} = Report}}, #{config := Pid}) -> Pid ! {report, Report};
log(_Event, _Config) -> ok.

restarted(Old) ->
    case whereis(tour_bank) of
        Pid when is_pid(Pid), Pid =/= Old -> Pid;
        _ -> erlang:yield(), restarted(Old)
    end.

unicode() ->
    Words = ["żółw", "eel", "Ürün", "Ελλάδα", "zebra", "ähnlich"],
    [lists:join(" ", [string:titlecase(W) || W <- lists:sort(fun(A, B) -> string:casefold(A) =< string:casefold(B) end, Words)])].

format(Format, Args) -> io_lib:format(Format, Args).
