%% SPDX-License-Identifier: Apache-2.0
%% The OTP compiler on a large module, from forms that do not depend on the machine that runs it.
-module(bench_compile).
-export([run/0]).

run() ->
    Forms = [{attribute, 1, module, big}, {attribute, 1, export, [{top, 2}]}, top(24) | lists:append([functions(N) || N <- lists:seq(1, 24)])],
    {ok, big, Binary} = compile:forms(Forms, [deterministic, binary, no_spawn_compiler_process]),
    erlang:crc32(Binary).

top(Max) -> form("top(N, X) -> [" ++ lists:append(lists:join(", ", [lists:concat(["a", N, "(N, X)"]) || N <- lists:seq(1, Max)])) ++ "].").

functions(N) ->
    S = integer_to_list(N),
    [form("a" ++ S ++ "(N, X) when N > " ++ S ++ " -> case X of {a, [H | T]} when is_list(T) -> b" ++ S ++ "(H, T, #{k => N, " ++ S ++ " => X}); {b, Y} -> {Y, N + " ++ S ++ "}; #{key := V} -> [E || E <- V, E =/= N]; _ -> try b" ++ S ++ "(X, [N], #{}) catch error:R when R =/= x -> {error, R}; throw:T -> T after put(k, N) end end; "
          "a" ++ S ++ "(0, _) -> none; a" ++ S ++ "(N, X) -> a" ++ S ++ "(N + 1, {b, X})."),
     form("b" ++ S ++ "(<<A:8, B:16/little, C/binary>>, L, M) -> F = fun(Z) -> {Z, A, maps:size(M)} end, lists:map(F, [B, C | L]); b" ++ S ++ "([A, B | T], L, M) when A =:= B; is_atom(A) -> b" ++ S ++ "(T, [A | L], M#{A => B}); "
          "b" ++ S ++ "({X, Y}, _, M) -> if X > Y -> X * 2 - Y; X < Y, is_integer(X) -> (X bsl 3) bor Y; true -> {M, float(X) / 3.5} end; b" ++ S ++ "(X, L, _) -> receive {X, R} -> [R | L]; stop -> L after 10 -> <<X/binary, 1, \"text\", (length(L)):32>> end.")].

form(Text) ->
    {ok, Tokens, _} = erl_scan:string(Text),
    {ok, Form} = erl_parse:parse_form(Tokens),
    Form.
