%% SPDX-License-Identifier: Apache-2.0
%% What engine_test.c has the engine run.  Each function sends its answer to Test; no module but this one is loaded.
-module(engine_sample).
-export([count/2, factorial/2, sleep/2, caught/2, ring/2, relay/1, keep/2, bits/2]).

count(Test, N) -> Test ! count(N, 0, 0).

count(0, _, Sum) -> Sum;
count(N, I, Sum) -> count(N - 1, I + 1, Sum + I band 3).

factorial(Test, N) -> Test ! product(N) div product(N - 2).

product(0) -> 1;
product(N) -> N * product(N - 1).

sleep(Test, Milliseconds) ->
    receive never -> ok
    after Milliseconds -> Test ! Milliseconds
    end.

caught(Test, N) ->
    Test ! try divide(N, N - N) catch error:badarith:Stack -> element(3, hd(tl(Stack))) - 1 end % divide/2, below div
        + case catch throw(N) of N -> 10; _ -> 20 end
        + try exit(N) of _ -> 100 catch exit:N -> 200 after put(after_, 1) end
        + get(after_).

divide(A, B) -> A div B.

%% N processes, a number goes around once and comes back with how many hands it went through.
ring(Test, N) ->
    First = link_up(self(), N),
    First ! 0,
    receive Hops -> Test ! Hops end.

link_up(Next, 0) -> Next;
link_up(Next, N) -> link_up(spawn(?MODULE, relay, [Next]), N - 1).

relay(Next) -> receive I -> Next ! I + 1 end.

%% Much garbage, and a map that lives through it.
keep(Test, N) -> Test ! keep(N, #{}, 0).

keep(0, Map, Garbage) -> map_size(Map) + Garbage;
keep(N, Map, _) ->
    Waste = [{N, <<N:800>>}, [N | <<"some bytes that nobody keeps">>]],
    keep(N - 1, Map#{N rem 100 => integer_to_binary(N)}, length(Waste) - 2).

bits(Test, N) ->
    Bits = << <<I:5/little, (I * 1.0):64/float>> || I <- seq(N) >>,
    Test ! sum(Bits, 0).

seq(0) -> [];
seq(N) -> [N rem 31 | seq(N - 1)].

sum(<<I:5/little, F:64/float, Rest/bits>>, Sum) when I == F -> sum(Rest, Sum + I);
sum(<<>>, Sum) -> Sum.
