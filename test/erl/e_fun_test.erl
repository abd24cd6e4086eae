%% SPDX-License-Identifier: Apache-2.0
%% Funs: closures, named, external, their information, apply in every form and its errors.
-module(e_fun_test).
-export([run/0, exported/2]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    calls(),
    errors(),
    info(),
    environments(),
    apply_forms(),
    guards().

exported(A, B) -> {exported, A, B}.

calls() ->
    A = ?V(10),
    Add = fun(X) -> X + A end,
    ?T(Add(5)),
    ?T((fun() -> A end)()),
    ?T((fun(X, Y, Z) -> {X, Y, Z, A} end)(1, 2, 3)),
    ?T((fun local/1)(7)),
    ?T((fun ?MODULE:exported/2)(1, 2)),
    ?T((fun erlang:abs/1)(?V(-3))),
    ?T((fun erlang:'+'/2)(?V(1), 2)),
    ?T((?V(fun lists:reverse/1))([1, 2])),
    ?T(begin M = ?V(?MODULE), F = ?V(exported), N = ?V(2), (fun M:F/N)(x, y) end),
    ?T((fun Fact(0) -> 1; Fact(N) -> N * Fact(N - 1) end)(?V(20))),
    ?T((fun ({a, X}) -> X; (X) when X > 3 -> big; (_) -> small end)(?V({a, 1}))),
    ?T([F(2) || F <- [fun(X) -> X * 2 end, fun(X) -> X + A end, fun local/1]]),
    ?T(compose([fun(X) -> X + 1 end, fun(X) -> X * 10 end, Add], 1)),
    ?T(((adder(1))(2))(3)),
    ?T(fold(fun(X, S) -> S + X end, 0, [1, 2, 3])),
    ?T(map(fun(X) -> {X, A} end, [a, b])).

local(X) -> {local, X}.
compose([], X) -> X;
compose([F | T], X) -> compose(T, F(X)).
adder(A) -> fun(B) -> fun(C) -> A + B + C end end.
fold(_, S, []) -> S;
fold(F, S, [H | T]) -> fold(F, F(H, S), T).
map(F, [H | T]) -> [F(H) | map(F, T)];
map(_, []) -> [].

errors() ->
    F = fun(X) -> {one, X} end,
    ?T((?V(F))(1, 2)),
    ?T((?V(F))()),
    ?T((?V(fun lists:reverse/1))(1, 2)),
    ?T((?V(fun erlang:abs/1))()),
    [?T(X(1)) || X <- ?V([a, 1, {m, f}, [], <<>>, #{}])],
    ?T((?V(fun no_such:thing/1))(1)),
    ?T((?V(fun e_fun_test:no_such/1))([1])),
    ?T((?V(fun({x}) -> ok end))(y)),
    ?T((fun(X) when X > 5 -> X end)(?V(1))),
    ?T(apply(F, ?V([1, 2]))),
    ?T(apply(F, ?V(a))),
    ?T(apply(F, ?V([1 | 2]))),
    ?T(apply(?V(x), [])),
    ?T(apply(?V(x), f, [])),
    ?T(apply(?V(1), f, [])),
    ?T(apply(lists, ?V(1), [])),
    ?T(apply(lists, reverse, ?V(a))),
    ?T(apply(lists, reverse, ?V([1 | 2]))),
    ?T(apply(lists, nothing, ?V([1, 2]))),
    ?T((?V(no_module)):f(1)),
    ?T((?V(1)):f(1)),
    ?T((?V(erlang)):(?V(no_such_function))(1)),
    ?T((?V({tuple, mod})):f(1)),
    ?T(no_module_at_all:call(a, "b")),
    ?T(?MODULE:not_exported(1)),
    ?T(erlang:make_fun(?V(a), b, 300)),
    ?T(erlang:make_fun(?V(1), b, 1)).

info() ->
    A = ?V(1),
    F = fun(X) -> X + A end,
    G = fun() -> ok end,
    E = fun lists:map/2,
    [?T(erlang:fun_info(Fun, Item)) || Fun <- [F, G, E, fun local/1], Item <- ?V([module, arity, type, env])],
    ?T(erlang:fun_info(E, name)),
    ?T(element(1, erlang:fun_info(F, name))),
    ?T(erlang:fun_info(E, index)),
    ?T(erlang:fun_info(E, uniq)),
    ?T(erlang:fun_info(E, pid)),
    ?T(erlang:fun_info(E)),
    ?T([K || {K, _} <- erlang:fun_info(F)]),
    ?T(erlang:fun_info(F, ?V(wrong))),
    ?T(erlang:fun_info(?V(x), module)),
    ?T(is_integer(element(2, erlang:fun_info(F, index)))),
    ?T(byte_size(element(2, erlang:fun_info(F, new_uniq)))),
    ?T(erlang:fun_info(F, pid) =:= {pid, self()}),
    ?T(erlang:fun_to_list(E)),
    ?T(lists_prefix("#Fun<e_fun_test.", erlang:fun_to_list(F))),
    ?T(erlang:fun_info_mfa(F) =/= x).

lists_prefix([H | T], [H | U]) -> lists_prefix(T, U);
lists_prefix([], _) -> true;
lists_prefix(_, _) -> false.

environments() ->
    Big = [{N, integer_to_list(N)} || N <- [1, 2, 3, 4, 5]],
    B = binary:copy(<<"x">>, 200),
    F = fun(K) -> {K, Big, byte_size(B)} end,
    ?T(F(1)),
    ?T(begin erlang:garbage_collect(), F(2) end),
    ?T(begin Self = self(), spawn(fun() -> Self ! F(3) end), receive R -> R end end),
    ?T(begin Self = self(), spawn(fun() -> Self ! {f, F} end), receive {f, G} -> {G(4), G =:= F} end end),
    ?T(begin Fs = [fun() -> N end || N <- [1, 2, 3]], [X() || X <- Fs] end),
    ?T(begin Fs = [fun() -> N end || N <- [1, 1, 2]], [X =:= Y || X <- Fs, Y <- Fs] end),
    ?T(many(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)).

many(A, B, C, D, E, F, G, H, I, J, K, L) ->
    Fun = fun(X) -> [X, A, B, C, D, E, F, G, H, I, J, K, L] end,
    Fun(0).

apply_forms() ->
    ?T(apply(fun erlang:abs/1, [?V(-5)])),
    ?T(apply(?V(erlang), abs, [?V(-5)])),
    ?T(apply(?V(erlang), ?V(apply), [erlang, ?V(abs), [-5]])),
    ?T(erlang:apply(?V(lists), reverse, [?V([1, 2])])),
    ?T((?V(erlang)):abs(-1)),
    ?T((?V(lists)):(?V(reverse))([1, 2, 3])),
    ?T(tail_apply(?V(1000000))),
    ?T(apply(?MODULE, exported, ?V([a, b]))),
    ?T(apply(fun(A, B, C, D, E, F, G, H) -> {H, G, F, E, D, C, B, A} end, ?V([1, 2, 3, 4, 5, 6, 7, 8]))),
    ?T(apply(erlang, list_to_tuple, [?V([x])])),
    ?T(apply(erlang, self, []) =:= self()),
    ?T(apply(erlang, spawn, [fun() -> ok end]) =/= self()),
    ?T(element(1, catch apply(erlang, throw, [{thrown, 1}]))),
    ?T(apply(erlang, hd, [?V([])])).

tail_apply(N) -> tail_apply(N, fun(M, F) -> case M of 0 -> done; _ -> F(M - 1, F) end end).
tail_apply(N, F) -> F(N, F).

guards() ->
    Fs = ?V([fun() -> ok end, fun(_) -> ok end, fun lists:map/2, fun no:no/0, a, {lists, map}]),
    [?T({is_function(F), is_function(F, 0), is_function(F, 1), is_function(F, 2)}) || F <- Fs],
    [?T(is_function(fun lists:map/2, N)) || N <- ?V([2, 3, -1, a, 1 bsl 64])],
    [?T(kind(F)) || F <- Fs].

kind(F) when is_function(F, 0) -> zero;
kind(F) when is_function(F, 1) -> one;
kind(F) when is_function(F) -> function;
kind(_) -> none.
