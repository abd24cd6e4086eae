%% SPDX-License-Identifier: Apache-2.0
%% Garbage of every kind while live data of every kind must stay whole.
-module(e_gc_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    ?T(churn(?V(30000), [], 0)),
    ?T(erlang:phash2(grow(?V(3000), []))),
    ?T(binaries(?V(3000), [])),
    ?T(subs(binary:copy(<<"0123456789">>, 5000), 0, [])),
    ?T(funs(?V(2000))),
    ?T(maps_live(?V(3000), #{})),
    ?T(messages(?V(3000))),
    ?T(processes(?V(300))),
    ?T(queue(?V(20000), [], [])),
    ?T(begin T = tree(14), erlang:garbage_collect(), sum(T) end),
    ?T(deep_stack(?V(100000))),
    ?T(bigs(?V(2000), 1)),
    ?T(floats(?V(30000), 0.0, [])),
    ?T(begin L = [make_ref() || _ <- seq(1, 3000)], erlang:garbage_collect(), length([R || R <- L, is_reference(R)]) end),
    ?T(begin put(live, tree(8)), churn(3000, [], 0), sum(erase(live)) end),
    ?T([begin erlang:garbage_collect(), sum(tree(N)) end || N <- seq(1, 10)]),
    ?T(minor_major(50, [])),
    ?T(small_heap()),
    ?T(match_contexts(binary:copy(<<1, 2, 3, 4, 5, 6, 7, 8>>, 2000), [])).

churn(0, L, S) -> {length(L), S};
churn(N, L, S) when length(L) > 100 -> churn(N, [{K, T, B} || {K, T, B} <- first(40, L)], S + length(L));
churn(N, L, S) -> churn(N - 1, [{N, integer_to_list(N * N), <<N:64>>} | L], S + erlang:phash2(N, 7)).

grow(0, L) -> L;
grow(N, L) -> grow(N - 1, [[N | integer_to_list(N)], {N, L == []} | L]).

binaries(0, L) -> {length(L), erlang:crc32(L)};
binaries(N, L) when length(L) > 200 -> binaries(N, first(50, L));
binaries(N, L) -> binaries(N - 1, [binary:copy(<<N:16>>, N rem 100) | L]).

first(0, _) -> [];
first(N, [H | T]) -> [H | first(N - 1, T)].

subs(B, N, L) when N >= byte_size(B) - 100 -> {length(L), erlang:adler32(L)};
subs(B, N, L) -> <<_:N/binary, S:77/binary, _/binary>> = B, subs(B, N + 31, [S | L]).

funs(N) ->
    Fs = [fun(Y) -> {X, Y, integer_to_list(X)} end || X <- seq(1, N)],
    erlang:garbage_collect(),
    erlang:phash2([F(1) || F <- Fs]).

maps_live(0, M) -> {map_size(M), erlang:phash2(M)};
maps_live(N, M) when N rem 500 =:= 0 -> erlang:garbage_collect(), maps_live(N - 1, M#{N => [N]});
maps_live(N, M) -> maps_live(N - 1, M#{{N rem 700, "key"} => {N, <<N:32>>}}).

messages(N) ->
    [self() ! {N, I, integer_to_list(I), binary:copy(<<"m">>, 70)} || I <- seq(1, N)],
    erlang:garbage_collect(),
    L = [begin {N, I, T, B} = M, {I, T, byte_size(B)} end || M <- expect:flush()],
    erlang:phash2(L).

processes(N) ->
    Me = self(),
    Ps = [spawn(fun() -> R = churn(200 + I, [], 0), Me ! {self(), R} end) || I <- seq(1, N)],
    erlang:phash2([receive {P, R} -> R after 10000 -> none end || P <- Ps]).

queue(0, In, Out) -> {length(In), length(Out)};
queue(N, In, []) -> queue(N - 1, [], lists:reverse([{N} | In]));
queue(N, In, [_ | Out]) -> queue(N - 1, [{N}, {N, N} | In], Out).

tree(0) -> {leaf, 1};
tree(N) -> {tree(N - 1), N, tree(N - 1)}.
sum({leaf, N}) -> N;
sum({L, N, R}) -> sum(L) + N + sum(R).

deep_stack(0) -> erlang:garbage_collect(), 0;
deep_stack(N) ->
    X = {N, [N]},
    R = deep_stack(N - 1),
    {M, [M]} = X,
    (R + M) rem 1000003.

bigs(0, B) -> B rem 1000000007;
bigs(N, B) -> bigs(N - 1, (B * 1234567891 + N) rem (1 bsl 3000)).

floats(0, S, L) -> {float_to_list(S, [{decimals, 6}]), length(L)};
floats(N, S, L) when length(L) > 20 -> floats(N, S, []);
floats(N, S, L) -> floats(N - 1, S + 1 / N, [N * 1.5 | L]).

minor_major(0, L) -> erlang:phash2(L);
minor_major(N, L) ->
    erlang:garbage_collect(self(), [{type, case N rem 3 of 0 -> major; _ -> minor end}]),
    minor_major(N - 1, [{N, tree(3), <<N:100>>} | L]).

small_heap() ->
    Me = self(),
    [begin
         spawn_opt(fun() -> Me ! {done, churn(2000, [], 0)} end, O),
         receive {done, R} -> R after 10000 -> none end
     end || O <- [[{min_heap_size, 1}], [{fullsweep_after, 0}], [{fullsweep_after, 1}], [{min_heap_size, 100000}], [{message_queue_data, off_heap}]]].

match_contexts(<<A:24, B:40/bits, Rest/binary>>, L) when length(L) < 500 -> match_contexts(Rest, [{A, B, byte_size(Rest)} | L]);
match_contexts(Rest, L) -> {byte_size(Rest), erlang:phash2(L)}.

seq(A, B) when A > B -> [];
seq(A, B) -> [A | seq(A + 1, B)].
