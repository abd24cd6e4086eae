%% SPDX-License-Identifier: Apache-2.0
%% Integers of every size and floats under every operator, at the borders where the representation changes.
-module(e_arith_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

%% Taken away by a constant, and by a number that is only known then.
minus_nothing(X) ->
    Nothing = ?V(0),
    [catch float_to_list(X - 0, [short]), catch float_to_list(X - Nothing, [short]), catch X - 0, catch {X - 0, X - 1}, catch 0 - X, catch X + 0].

cases() ->
    [?T(step(K, [X])) || K <- ?V([plus, minus, swapped, large, less, least, big, from, saved]), X <- ?V([1, a, 1 bsl 59, 1.5])],
    pairs(),
    unary(),
    shifts(),
    borders(),
    big(),
    floats(),
    mixed(),
    conversions(),
    errors(),
    guards().

numbers() ->
    [0, 1, -1, 2, -2, 7, -7, 255, 1 bsl 27, (1 bsl 59) - 1, 1 bsl 59, -(1 bsl 59), -(1 bsl 59) - 1,
     (1 bsl 63) - 1, 1 bsl 63, -(1 bsl 63), (1 bsl 64) - 1, 1 bsl 64, -(1 bsl 64), 123456789012345678901234567890].

pairs() ->
    [?T({A + B, A - B, A * B, A band B, A bor B, A bxor B}) || A <- numbers(), B <- numbers()],
    [?T({A div B, A rem B}) || A <- numbers(), B <- [1, -1, 3, -3, 1 bsl 59, (1 bsl 64) - 1, -(1 bsl 70)]],
    [?T({A =:= B, A == B, A < B, A >= B}) || A <- [1 bsl 59, 1 bsl 64, -(1 bsl 64)], B <- numbers()].

unary() ->
    [?T({-A, +A, bnot A, abs(A)}) || A <- numbers()],
    [?T({-A, +A, abs(A)}) || A <- ?V([0.0, -0.0, 1.5, -1.5, 1.0e308, -5.0e-324])].

shifts() ->
    [?T({A bsl S, A bsr S}) || A <- [0, 1, -1, 5, -5, 1 bsl 58, -(1 bsl 59), 1 bsl 64, -(1 bsl 64), 1 bsl 100],
                               S <- [0, 1, 3, 58, 59, 60, 63, 64, 65, 127, 128, -1, -4, -59, -64, -200]],
    ?T(?V(1) bsr (1 bsl 70)),
    ?T(?V(-1) bsr (1 bsl 70)),
    ?T(?V(-(1 bsl 80)) bsr (1 bsl 70)),
    ?T(?V(0) bsl (1 bsl 70)),
    ?T(?V(1) bsl -(1 bsl 70)),
    ?T(?V(-1) bsl -(1 bsl 70)),
    ?T(?V(1) bsl (1 bsl 70)),
    ?T(?V(1) bsl (1 bsl 40)),
    ?T(?V(-3) bsr -(1 bsl 70)).

borders() ->
    [?T({(1 bsl N) - 1, 1 bsl N, (1 bsl N) + 1}) || N <- [27, 28, 31, 32, 58, 59, 60, 61, 62, 63, 64, 65, 127, 128, 129]],
    [?T({-(1 bsl N) - 1, -(1 bsl N), -(1 bsl N) + 1}) || N <- [27, 28, 58, 59, 60, 63, 64, 128]],
    [?T((1 bsl N) * (1 bsl N)) || N <- [29, 30, 31, 32, 58, 59, 60, 63, 64]],
    [?T(((1 bsl N) - 1) * ((1 bsl N) - 1)) || N <- [29, 30, 31, 32, 59, 60, 63, 64]],
    [?T(-(1 bsl N) * (1 bsl M)) || N <- [29, 30, 59], M <- [29, 30, 59]],
    ?T(?V(-(1 bsl 59)) div ?V(-1)),
    ?T(?V(-(1 bsl 63)) div ?V(-1)),
    ?T(?V(-(1 bsl 59)) rem ?V(-1)),
    ?T(?V((1 bsl 59) - 1) + 1),
    ?T(?V(-(1 bsl 59)) - 1),
    ?T(?V(1 bsl 59) - 1),
    ?T(-(?V(-(1 bsl 59)))),
    ?T(abs(?V(-(1 bsl 59)))),
    ?T(bnot ?V((1 bsl 59) - 1)),
    ?T(?V(1 bsl 64) - ?V(1 bsl 64)),
    ?T(?V(1 bsl 64) - ?V((1 bsl 64) - 5)).

big() ->
    F = fact(?V(120)),
    ?T(F),
    ?T(F div fact(118)),
    ?T(F rem 1000000007),
    ?T(F rem fact(40)),
    ?T((F * F) div F =:= F),
    ?T((-F) div fact(90)),
    ?T((-F - 1) rem fact(90)),
    ?T(F band (F bsr 13)),
    ?T((-F) band F),
    ?T((-F) bor 12345),
    ?T((-F) bxor F),
    ?T((-F) band (-F - 77)),
    ?T(bnot F),
    ?T(power(7, 333) rem power(10, 40)),
    ?T(power(3, 2000) rem power(10, 60)),
    ?T(power(12345, 600) rem (1 bsl 89 - 1)),
    ?T(fib(1500, 0, 1)),
    ?T(isqrt(power(10, 120))),
    ?T(gcd(fact(60), power(6, 100))),
    ?T(sum_bits(power(17, 500), 0)),
    ?T((power(2, 4000) - 1) rem (power(2, 61) - 1)),
    ?T(power(2, 20000) rem 997),
    [?T(power(-3, N)) || N <- [37, 38, 39, 40, 41, 80, 81]],
    [?T((power(10, N) + 1) * (power(10, N) - 1) =:= power(10, 2 * N) - 1) || N <- [5, 9, 10, 18, 19, 20, 50, 200, 1000]],
    [?T({D, power(10, 50) div D, power(10, 50) rem D}) || D <- [3, 10, 1 bsl 32, (1 bsl 64) - 1, 1 bsl 64, (1 bsl 64) + 1, power(10, 49), power(10, 50), power(10, 51)]].

floats() ->
    Fs = ?V([0.0, -0.0, 1.0, -1.5, 3.14, 1.0e10, 1.0e-10, 1.0e100, -2.5e-300, 4.5e15]),
    [?T({A + B, A - B}) || A <- Fs, B <- Fs],
    [?T(A * B) || A <- Fs, B <- Fs],
    [?T(A / B) || A <- Fs, B <- Fs],
    ?T(?V(1.0e308) * 10),
    ?T(?V(1.0e308) + ?V(1.0e308)),
    ?T(-?V(1.0e308) - ?V(1.0e308)),
    ?T(?V(1.0e-320) / 1.0e10),
    ?T(?V(0.1) + ?V(0.2)),
    ?T(loop_float(1000, 0.0)),
    ?T(horner([1.5, -2.0, 0.25, 8.0], ?V(3.0))).

mixed() ->
    [?T({A + B, B - A, A * B}) || A <- ?V([1.5, -2.0, 1.0e20]), B <- [0, 3, -3, 1 bsl 60, 1 bsl 64, -(1 bsl 90)]],
    [?T(A / B) || A <- [0, 1, -7, 1 bsl 60, 1 bsl 1000], B <- [1, 3, -2, 0.5, 1 bsl 60, 1 bsl 999]],
    ?T(?V(1 bsl 1024) / 2),
    ?T(?V(1 bsl 1024) * 1.0),
    ?T(?V(1 bsl 1023) * 1.0),
    ?T(?V(1) / ?V(0)),
    ?T(?V(1) / ?V(0.0)),
    ?T(?V(0.0) / ?V(0.0)),
    ?T(?V(5) / ?V(a)),
    [?T({A == B, A =:= B, A < B, A > B}) || {A, B} <- ?V([{1, 1.0}, {0, -0.0}, {1 bsl 53, 9007199254740992.0},
        {(1 bsl 53) + 1, 9007199254740992.0}, {1 bsl 64, 18446744073709551616.0}, {(1 bsl 64) + 1, 18446744073709551616.0},
        {1 bsl 1030, 1.0e308}, {-(1 bsl 1030), -1.0e308}, {(1 bsl 59) - 1, 576460752303423488.0}])].

conversions() ->
    Fs = ?V([0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -1.5, -2.5, 0.49999999999999994, 4503599627370497.5, 9007199254740993.0,
             576460752303423487.0, 1.0e18, -1.0e18, 9.3e18, 1.0e19, 1.0e22, 1.0e100, -1.0e100, 1.0e308, 5.0e-324]),
    [?T({trunc(F), round(F), floor(F), ceil(F)}) || F <- Fs],
    [?T({trunc(I), round(I), floor(I), ceil(I)}) || I <- [0, -3, 1 bsl 59, 1 bsl 70]],
    [?T(float(I)) || I <- numbers() ++ [1 bsl 1000, (1 bsl 54) + 1, (1 bsl 54) + 3, (1 bsl 64) + (1 bsl 11), (1 bsl 64) + (1 bsl 11) + 1,
                                        (1 bsl 1024) - (1 bsl 970), -((1 bsl 1024) - (1 bsl 970))]],
    ?T(float(?V(1 bsl 1024))),
    ?T(float(?V(-(1 bsl 1024)))),
    [?T(F(X)) || F <- [fun erlang:float/1, fun erlang:trunc/1, fun erlang:round/1, fun erlang:floor/1, fun erlang:ceil/1, fun erlang:abs/1],
                 X <- [a, "1", {}, <<1>>]],
    [?T({max(A, B), min(A, B)}) || {A, B} <- [{1, 2}, {2.0, 2}, {2, 2.0}, {a, 1}, {[], {}}, {"b", "a"}]].

errors() ->
    Bad = [a, [], {}, <<>>, "x", #{}],
    [?T(A + 1) || A <- Bad],
    [?T(1 + A) || A <- Bad],
    [?T(A - 1) || A <- Bad],
    [?T(A * 2) || A <- Bad],
    [?T(A / 2) || A <- Bad],
    [?T(A div 2) || A <- Bad ++ [1.0]],
    [?T(A rem 2) || A <- Bad ++ [1.0]],
    [?T(A band 2) || A <- Bad ++ [1.0]],
    [?T(A bor 2) || A <- Bad ++ [1.0]],
    [?T(A bxor 2) || A <- Bad ++ [1.0]],
    [?T(A bsl 2) || A <- Bad ++ [1.0]],
    [?T(1 bsr A) || A <- Bad ++ [1.0]],
    [?T(bnot A) || A <- Bad ++ [1.0]],
    [?T(-A) || A <- Bad],
    [?T(+A) || A <- Bad],
    ?T(?V(1) div ?V(0)),
    ?T(?V(1 bsl 70) rem ?V(0)),
    ?T(?V(1 bsl 70) div ?V(0)),
    ?T(?V(1) rem ?V(0)),
    ?T(?V(1.0) div ?V(0)),
    [?T(minus_nothing(X)) || X <- ?V([-0.0, 0.0, 1, -1 bsl 70, a, <<>>])],
    ?T(apply(erlang, '+', [1, a])),
    ?T(apply(erlang, 'div', [1, 0])),
    ?T(apply(erlang, '/', [1, 0])),
    [?T(apply(erlang, Op, [17, 5])) || Op <- ['+', '-', '*', '/', 'div', 'rem', 'band', 'bor', 'bxor', 'bsl', 'bsr', '<', '>=', '=/=', '==']],
    [?T(apply(erlang, Op, [17])) || Op <- ['+', '-', 'bnot', 'abs', 'float']],
    [?T(apply(erlang, Op, [A, B])) || Op <- ['and', 'or', 'xor'], A <- [true, false], B <- [true, false, maybe_not]],
    [?T(not A) || A <- [true, false, 1]].

guards() ->
    [?T(guard(A)) || A <- [1, 0, 5, 5.0, a, 1 bsl 64, -1]],
    [?T(guard2(A, B)) || A <- [1, 10, 1.5, x], B <- [0, 2, 1 bsl 65, y]],
    [?T(guard3(A, B)) || A <- [1, -1, 6, 1 bsl 58, -(1 bsl 59), 1 bsl 64, 3.0, a], B <- [0, 1, 2, 58, 59, 63, 64, -1, -70, b]].

guard(A) when A + 1 > 5 -> plus;
guard(A) when 10 div A =:= 10 -> divides;
guard(A) when A rem 2 =:= 0; A =:= a -> even_or_a;
guard(_) -> other.

guard2(A, B) when A div B > 3 -> big;
guard2(A, B) when A * B < 0; A bsl B =:= 4 -> shifted;
guard2(A, B) when abs(A) =:= A, B =/= y -> absolute;
guard2(_, _) -> none.

%% The sum or difference has to outlive a call, so it goes into the frame; the step is small, or larger than an operand.
step(plus, [X | T]) -> Y = X + 18, {erlang:phash2(T), Y, T};
step(minus, [X | T]) -> Y = X - 18, {erlang:phash2(T), Y, T};
step(swapped, [X | T]) -> Y = 18 + X, {erlang:phash2(T), Y, T};
step(large, [X | T]) -> Y = X + 262892537076, {erlang:phash2(T), Y, T};
step(less, [X | T]) -> X - 262892537076 - length(T);
step(least, [X | T]) -> X - (-1 bsl 59) - length(T);
step(big, [X | T]) -> X + (1 bsl 59) + length(T);
step(from, [X | T]) -> Y = 18 - X, {erlang:phash2(T), Y, T};
step(saved, [X | T]) -> Z = erlang:phash2(T), Y = X + 7, {erlang:phash2(Z), Y, T}.

guard3(A, B) when A bsl B =:= 12 -> twelve;
guard3(A, B) when A bsl B > 1 bsl 59 -> large;
guard3(A, B) when A bsl B < -1 -> negative;
guard3(A, B) when A bsl B =:= A -> same;
guard3(A, B) when A bsl B =:= 0 -> zero;
guard3(_, _) -> none.

fact(0) -> 1;
fact(N) -> N * fact(N - 1).

power(_, 0) -> 1;
power(B, N) when N rem 2 =:= 0 -> power(B * B, N div 2);
power(B, N) -> B * power(B, N - 1).

fib(0, A, _) -> A;
fib(N, A, B) -> fib(N - 1, B, A + B).

isqrt(N) -> isqrt(N, N).
isqrt(N, X) ->
    case (X + N div X) div 2 of
        Y when Y >= X -> X;
        Y -> isqrt(N, Y)
    end.

gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).

sum_bits(0, S) -> S;
sum_bits(N, S) -> sum_bits(N bsr 1, S + (N band 1)).

loop_float(0, S) -> S;
loop_float(N, S) -> loop_float(N - 1, S + 1.0 / N).

horner(Cs, X) -> horner(Cs, X, 0.0).
horner([C | T], X, S) when is_float(C) -> horner(T, X, S * X + C);
horner([], _, S) -> S.
