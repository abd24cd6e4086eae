%% SPDX-License-Identifier: Apache-2.0
%% Records, choice between many atoms and integers, throw and catch: a stack machine that runs a loop.
-module(bench_dispatch).
-export([run/0]).
-record(m, {pc = 0, acc = 0, stack = [], steps = 0, flag = false, calls = 0}).

run() ->
    Code = {{push, 1400000}, dup, {jz, 14}, {push, 1}, swap_sub, {add, 3}, {mul, 5}, mask, odd, {jf, 12}, trap, nop, {call, 3}, {jump, 1}, stop},
    M = loop(Code, #m{}),
    {M#m.acc, M#m.steps, M#m.calls}.

loop(Code, #m{pc = Pc, steps = S} = M) ->
    case step(element(Pc + 1, Code), M#m{pc = Pc + 1, steps = S + 1}) of
        {stop, End} -> End;
        Next -> loop(Code, Next)
    end.

step({push, N}, #m{stack = S} = M) -> M#m{stack = [N | S]};
step(dup, #m{stack = [H | _] = S} = M) -> M#m{stack = [H | S]};
step(swap_sub, #m{stack = [A, B | T]} = M) -> M#m{stack = [B - A | T]};
step({add, N}, #m{acc = A} = M) -> M#m{acc = A + N};
step({mul, N}, #m{acc = A} = M) -> M#m{acc = A * N};
step(mask, #m{acc = A} = M) -> M#m{acc = A band 16#fffff};
step(odd, #m{acc = A} = M) -> M#m{flag = A band 1 =:= 1};
step({jz, To}, #m{stack = [0 | T]} = M) -> M#m{stack = T, pc = To};
step({jz, _}, #m{stack = [_ | T]} = M) -> M#m{stack = T};
step({jf, To}, #m{flag = false} = M) -> M#m{pc = To};
step({jf, _}, M) -> M;
step({jump, To}, M) -> M#m{pc = To};
step(nop, M) -> M;
step({call, N}, #m{calls = C} = M) -> M#m{calls = C + kind(N + C rem 13)};
step(trap, #m{acc = A} = M) -> try trap(A) catch throw:{trapped, B} -> M#m{acc = B} end;
step(stop, M) -> {stop, M}.

trap(A) when A rem 4 =:= 1 -> throw({trapped, A + 2});
trap(A) -> throw({trapped, A bsr 1}).

kind(3) -> 1;
kind(4) -> 2;
kind(5) -> 3;
kind(6) -> 5;
kind(7) -> 8;
kind(8) -> 13;
kind(9) -> 21;
kind(10) -> 34;
kind(100) -> 55;
kind(1000) -> 89;
kind(_) -> 0.
