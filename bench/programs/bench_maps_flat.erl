%% SPDX-License-Identifier: Apache-2.0
%% Small maps: match, update, build; the state of a little machine.
-module(bench_maps_flat).
-export([run/0]).

run() -> loop(20000000, #{pc => 0, acc => 1, sp => 0, mode => run, stack => [], ticks => 0, name => <<"m">>}).

loop(0, #{acc := A, ticks := T, sp := S}) -> {A, T, S};
loop(N, #{mode := run, acc := A, ticks := T} = M) when N rem 3 =:= 0 -> loop(N - 1, M#{acc := (A * 7 + N) band 16#ffffff, ticks := T + 1});
loop(N, #{mode := run, sp := S} = M) when N rem 7 =:= 0 -> loop(N - 1, M#{mode := wait, sp := S + 1});
loop(N, #{mode := wait, pc := P} = M) -> loop(N - 1, M#{mode := run, pc := P + map_size(M)});
loop(N, #{acc := A} = M) -> loop(N - 1, maps:put(acc, A bxor maps:get(pc, M), M)).
