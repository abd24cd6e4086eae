%% SPDX-License-Identifier: Apache-2.0
%% The order of all terms, equality and exact equality, in guards, as values and through apply.
-module(e_compare_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    [?T({A < B, A =< B, A == B, A =:= B, A /= B, A =/= B, A >= B, A > B}) || A <- terms(), B <- terms()],
    [?T(guards(A, B)) || A <- few(), B <- few()],
    kinds(),
    maps(),
    identities(),
    deep().

%% One of each kind, ascending in the standard order, with near twins.
terms() ->
    ?V([-(1 bsl 70), -1, 0, 0.0, 1, 1.0, 1.5, 1 bsl 59, 1 bsl 64, 1.0e300,
        '', 'A', a, aa, b, 'é', 'λ',
        make_ref_name(),
        fun erlang:abs/1, fun erlang:abs/2, fun lists:map/2,
        {}, {a}, {b}, {1, 2}, {1.0, 2}, {1, 2.0}, {a, b, c},
        #{}, #{a => 1}, #{a => 1.0}, #{b => 0}, #{1 => a}, #{1.0 => a}, #{a => 1, b => 2},
        [], [a], [1], [1.0], [a | b], [a, b], "ab", [[]],
        <<>>, <<0>>, <<0:1>>, <<1:1>>, <<128>>, <<"a">>, <<"a", 1:2>>, <<"ab">>, <<255, 255>>]).

%% A reference differs on every run, so its place in the order is taken by an atom.
make_ref_name() -> ref.

few() -> ?V([1, 1.0, 2, a, {1}, {1.0}, [1], [], <<"x">>, #{a => 1}, #{a => 1.0}, 1 bsl 64, 18446744073709551616.0]).

guards(A, B) -> {lt(A, B), le(A, B), eq(A, B), xeq(A, B), ne(A, B), xne(A, B)}.
lt(A, B) when A < B -> true;
lt(_, _) -> false.
le(A, B) when A =< B -> true;
le(_, _) -> false.
eq(A, B) when A == B -> true;
eq(_, _) -> false.
xeq(A, B) when A =:= B -> true;
xeq(_, _) -> false.
ne(A, B) when A /= B -> true;
ne(_, _) -> false.
xne(A, B) when A =/= B -> true;
xne(_, _) -> false.

kinds() ->
    Pid = self(),
    Ref = make_ref(),
    Fun = fun(X) -> X end,
    Ordered = [1, a, Ref, Fun, Pid, {}, #{}, [], [x], <<>>],
    ?T([{A < B, A > B, A == B} || A <- Ordered, B <- Ordered]),
    ?T(Pid =:= self()),
    ?T(Ref =:= Ref),
    ?T(Ref == make_ref()),
    ?T(make_ref() < make_ref()),
    ?T(Fun =:= Fun),
    ?T(Fun == fun(X) -> X end),
    ?T(spawn(fun() -> ok end) == self()),
    ?T(whereis(init) < self()).

maps() ->
    Large = large(1, 50, #{}),
    ?T(Large =:= large(1, 50, #{})),
    ?T(Large == Large#{1 => 1.0}),
    ?T(Large =:= Large#{1 => 1.0}),
    ?T(Large < large(1, 51, #{})),
    ?T(Large < large(2, 51, #{})),
    ?T(large(2, 51, #{}) > Large),
    ?T(Large < Large#{20 => 1000}),
    ?T(Large < Large#{20 => a, 21 => -5}),
    ?T(Large == maps:remove(extra, Large#{extra => 1})),
    ?T(#{1 => a, 2 => b} < #{1.0 => a, 2 => b}),
    ?T(#{1 => a, 2 => b} == #{1.0 => a, 2 => b}),
    ?T(#{a => 2, b => 1} < #{a => 1, b => 2}),
    ?T(#{a => 1, c => 1} < #{b => 1, c => 1}),
    ?T(#{x => #{y => 1}} < #{x => #{y => 2}}).

large(N, Max, M) when N > Max -> M;
large(N, Max, M) -> large(N + 1, Max, M#{N => N}).

identities() ->
    ?T(?V(0.0) =:= ?V(-0.0)),
    ?T(?V(0.0) == ?V(-0.0)),
    ?T(?V(0.0) < ?V(-0.0)),
    ?T(?V({0.0}) =:= ?V({-0.0})),
    ?T(?V([0]) == ?V([0.0])),
    ?T(?V(<<1, 2, 3>>) =:= binary:part(?V(<<0, 1, 2, 3, 4>>), 1, 3)),
    ?T(begin <<_:3, B:16/bits, _/bits>> = ?V(<<16#12345678:32>>), B =:= <<16#91A2:16>> end),
    ?T(begin <<_:3, B:13/bits, _/bits>> = ?V(<<16#12345678:32>>), {B, B < <<16#91A2:16>>, B > <<0>>} end),
    ?T(list_to_atom("abc") =:= abc),
    ?T(fun erlang:abs/1 =:= fun erlang:abs/1),
    ?T([max(A, B) || A <- ?V([1, 1.0, a]), B <- ?V([1, 1.0, a])]),
    ?T(match(1, 1.0)),
    ?T(match({1, [2 | <<3>>]}, {1, [2 | <<3>>]})).

match(A, A) -> same;
match(_, _) -> different.

deep() ->
    L = nest(100000, []),
    ?T(L =:= nest(100000, [])),
    ?T(L < nest(100000, a)),
    ?T(L < nest(100001, [])),
    T = tower(100000, {}),
    ?T(T =:= tower(100000, {})),
    ?T(T == tower(99999, {1})),
    ?T(long(100000) == long(100000)),
    ?T(long(100000) < long(100001)).

nest(0, X) -> X;
nest(N, X) -> nest(N - 1, [X]).
tower(0, X) -> X;
tower(N, X) -> tower(N - 1, {X}).
long(0) -> [];
long(N) -> [N | long(N - 1)].
