%% SPDX-License-Identifier: Apache-2.0
%% Floats: the five outer bodies of the solar system.
-module(bench_nbody).
-export([run/0]).

run() ->
    Bodies = offset(bodies()),
    [energy(Bodies), energy(steps(450000, Bodies))].

%% {X, Y, Z, Vx, Vy, Vz, Mass}
bodies() ->
    Year = 365.24, Sun = 4 * math:pi() * math:pi(),
    [{0.0, 0.0, 0.0, 0.0, 0.0, 0.0, Sun} |
     [{X, Y, Z, A * Year, B * Year, C * Year, M * Sun} || {X, Y, Z, A, B, C, M} <- [
      {4.84143144246472090, -1.16032004402742839, -0.103622044471123109, 0.00166007664274403694, 0.00769901118419740425, -6.90460016972063023e-5, 9.54791938424326609e-4},
      {8.34336671824457987, 4.12479856412430479, -0.403523417114321381, -0.00276742510726411912, 0.00499852801234917238, 2.30417297573763929e-5, 2.85885980666130812e-4},
      {12.8943695621391310, -15.1111514016986312, -0.223307578892655734, 0.00296460137564761618, 0.00237847173959480950, -2.96589568540237556e-5, 4.36624404335156298e-5},
      {15.3796971148509165, -25.9193146099879641, 0.179258772950371181, 0.00268067772490389322, 0.00162824170038242295, -9.51592254519715870e-5, 5.15138902046611451e-5}]]].

offset([{X, Y, Z, _, _, _, M} | Rest] = All) ->
    {Px, Py, Pz} = lists:foldl(fun({_, _, _, A, B, C, N}, {P, Q, R}) -> {P + A * N, Q + B * N, R + C * N} end, {0.0, 0.0, 0.0}, All),
    [{X, Y, Z, -Px / M, -Py / M, -Pz / M, M} | Rest].

steps(0, Bodies) -> Bodies;
steps(N, Bodies) -> steps(N - 1, [move(B) || B <- pairs(Bodies)]).

pairs([]) -> [];
pairs([B | Rest]) ->
    {B1, Rest1} = pull(B, Rest, []),
    [B1 | pairs(Rest1)].

pull(B, [], Acc) -> {B, lists:reverse(Acc)};
pull({X, Y, Z, Vx, Vy, Vz, M}, [{X2, Y2, Z2, Wx, Wy, Wz, M2} | Rest], Acc) ->
    Dx = X - X2, Dy = Y - Y2, Dz = Z - Z2,
    D2 = Dx * Dx + Dy * Dy + Dz * Dz,
    Mag = 0.01 / (D2 * math:sqrt(D2)),
    Ma = M * Mag, Mb = M2 * Mag,
    pull({X, Y, Z, Vx - Dx * Mb, Vy - Dy * Mb, Vz - Dz * Mb, M}, Rest,
         [{X2, Y2, Z2, Wx + Dx * Ma, Wy + Dy * Ma, Wz + Dz * Ma, M2} | Acc]).

move({X, Y, Z, Vx, Vy, Vz, M}) -> {X + 0.01 * Vx, Y + 0.01 * Vy, Z + 0.01 * Vz, Vx, Vy, Vz, M}.

energy(Bodies) -> float_to_list(energy(Bodies, 0.0), [{decimals, 9}]).
energy([], E) -> E;
energy([{X, Y, Z, Vx, Vy, Vz, M} | Rest], E) ->
    Pair = lists:sum([M * N / math:sqrt((X - A) * (X - A) + (Y - B) * (Y - B) + (Z - C) * (Z - C)) || {A, B, C, _, _, _, N} <- Rest]),
    energy(Rest, E + 0.5 * M * (Vx * Vx + Vy * Vy + Vz * Vz) - Pair).
