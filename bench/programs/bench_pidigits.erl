%% SPDX-License-Identifier: Apache-2.0
%% Big integers: digits of pi by Gibbons' spigot.
-module(bench_pidigits).
-export([run/0]).

run() -> digits(1, 0, 1, 1, 2200, []).

digits(_, _, _, _, 0, Acc) -> Acc;
digits(Q, R, T, K, N, Acc) ->
    D = (Q * 3 + R) div T,
    case (Q * 4 + R) div T of
        D -> digits(Q * 10, (R - D * T) * 10, T, K, N - 1, [D | Acc]);
        _ -> L = 2 * K + 1, digits(Q * K, (2 * Q + R) * L, T * L, K + 1, N, Acc)
    end.
