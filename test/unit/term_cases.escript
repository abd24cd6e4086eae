#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%% term_cases.escript ROUNDS SEED FILE -- what the stock machine answers about terms, for term_test.c.
%%
%% The file holds cases one after the other, each a 32-bit length and an external term:
%%   {hash, Term, Phash2, Phash}         with a range of 2^32 (phash less one)
%%   {etf, Term, Bytes0, Bytes1, Bytes2, Deterministic, Compressed}
%%   {order, A, B, Arithmetic, Exact}    -1, 0, 1
%%   {walk, Keys, Order}                 Keys in a map, and as maps:keys/1 has them
%%   {bif, Module, Function, Arguments, {ok, Answer} | {error, Reason}}
%%
%% Keys of large maps have no atoms, pids or funs in them: their order is each machine's own.

-mode(compile).
-compile(nowarn_deprecated_function).

main([Rounds, Seed, File]) ->
    rand:seed(exsss, list_to_integer(Seed)),
    {ok, Fd} = file:open(File, [write, raw, binary, delayed_write]),
    put(fd, Fd),
    Fixed = fixed(),
    [about(T) || T <- Fixed],
    Small = [T || T <- Fixed, erlang:external_size(T) < 1500],
    [order(A, B) || A <- Small, B <- Small],
    [walk(N) || N <- lists:seq(0, 70) ++ [100, 1000, 5000, 20000]],
    bifs(),
    [round() || _ <- lists:seq(1, list_to_integer(Rounds))],
    ok = file:close(Fd).

case_(T) ->
    B = term_to_binary(T),
    ok = file:write(get(fd), [<<(byte_size(B)):32>>, B]).

round() ->
    T = term(rand:uniform(5)),
    about(T),
    order(T, term(rand:uniform(4))),
    order(T, change(T)),
    lists_round(),
    maps_round().

about(T) ->
    case_({hash, T, erlang:phash2(T, 1 bsl 32), erlang:phash(T, 1 bsl 32) - 1}),
    case_({etf, T, term_to_binary(T, [{minor_version, 0}]), term_to_binary(T),
           term_to_binary(T, [{minor_version, 2}]), term_to_binary(T, [deterministic]),
           term_to_binary(T, [compressed])}).

order(A, B) ->
    Cmp = if A < B -> -1; A == B -> 0; true -> 1 end,
    case_({order, A, B, Cmp, erts_internal:cmp_term(A, B)}).

walk(N) ->
    Keys = [key(3) || _ <- lists:seq(1, N)],
    case_({walk, Keys, maps:keys(maps:from_keys(Keys, 0))}).

%% --- terms ---------------------------------------------------------------------------------

fixed() ->
    Big = 1 bsl 59,
    Integers = [0, 1, -1, 255, 256, 1 bsl 27 - 1, 1 bsl 27, -(1 bsl 27), -(1 bsl 27) - 1, 1 bsl 31 - 1,
                1 bsl 31, -(1 bsl 31), -(1 bsl 31) - 1, 1 bsl 32, 1 bsl 53 - 1, 1 bsl 53, 1 bsl 53 + 1,
                Big - 1, Big, -Big, -Big - 1, 1 bsl 63, 1 bsl 64 - 1, 1 bsl 64, 1 bsl 64 + 1,
                -(1 bsl 64), 1 bsl 200, -(1 bsl 200) + 1, 1 bsl 1023, 1 bsl 1024, 1 bsl 3000],
    Floats = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.0e-300, 5.0e-324, 1.7976931348623157e308, 1.0e22, 1.0e23,
              9007199254740992.0, 9007199254740993.0, float(Big), -float(Big), float(1 bsl 64),
              float(1 bsl 200), float(1 bsl 1023)],
    Atoms = ['', a, b, ab, 'A', 'ü', 'é', [], true, false, nil, list_to_atom([8364]), list_to_atom([252, 8364]),
             list_to_atom([16#1F600, $x]), list_to_atom(lists:duplicate(255, 228)),
             list_to_atom(lists:duplicate(255, 8364)), list_to_atom(lists:duplicate(130, 228))],
    Bits = [<<>>, <<1>>, <<1:1>>, <<0:1>>, <<5:3>>, <<255, 1:1>>, <<255, 0:7>>, <<"abc">>, <<"abd">>, <<"ab">>,
            binary:copy(<<"x">>, 63), binary:copy(<<"x">>, 64), binary:copy(<<"x">>, 65),
            binary:copy(<<"y">>, 1000), <<(binary:copy(<<"z">>, 100))/binary, 3:3>>, unaligned(<<"hello">>),
            unaligned(binary:copy(<<"w">>, 100))],
    Lists = ["", "a", "abcd", "abcde", [1, 2, 3, 400], [a | b], [1 | 2], [[]], [[], []], [1, 2 | c], [256, 1],
             lists:seq(0, 255), lists:duplicate(70000, $a), [$a, $b, c], [[1], [2, [3]]]],
    Tuples = [{}, {a}, {1}, {1.0}, {1, 2}, {2, 1}, {a, b, c}, list_to_tuple(lists:seq(1, 300)), {{{}}}, {<<>>, []}],
    Maps = [#{}, #{a => 1}, #{a => 1.0}, #{1 => a}, #{1.0 => a}, #{a => 1, b => 2}, #{b => 1, a => 2}, #{0.0 => x},
            #{<<"k">> => "v"}, #{#{} => #{}}, large(33, 0), large(33, 1), large(40, 0), large(40, 0.0), large(500, x),
            (large(40, 0))#{17 := y}, maps:remove(5, large(41, 0))],
    Ids = [pid(0, 1, 0), pid(77, 3, 5), pid(16#FFFFFFF, 16#1FFF, 1), port(5, 1), port(1 bsl 40, 1), ref([1, 2, 3], 1),
           ref([1, 2, 4], 1), ref([2, 2, 3], 1), ref([7], 2), ref([1, 2, 3, 4, 5], 2), port(16#FFFFFFF, 3)],
    Funs = [fun lists:map/2, fun lists:map/3, fun lists:foldl/3, fun maps:map/2],
    Integers ++ Floats ++ Atoms ++ Bits ++ Lists ++ Tuples ++ Maps ++ Ids ++ Funs.

unaligned(B) -> <<_:3, R/bitstring>> = <<0:3, B/binary>>, R.
large(N, V) -> maps:from_keys(lists:seq(1, N), V).

%% Of another node, so that they mean the same everywhere.
pid(N, S, C) -> binary_to_term(<<131, 88, 119, 3, "x@y", N:32, S:32, C:32>>).
port(N, C) -> binary_to_term(<<131, 120, 119, 3, "x@z", N:64, C:32>>).
ref(Ns, C) -> binary_to_term(<<131, 90, (length(Ns)):16, 119, 3, "x@y", C:32, << <<N:32>> || N <- Ns >>/binary>>).

pick(L) -> lists:nth(rand:uniform(length(L)), L).
integer() ->
    case rand:uniform(4) of
        1 -> rand:uniform(256) - 1;
        2 -> rand:uniform(1 bsl 32) - (1 bsl 31);
        3 -> rand:uniform(1 bsl 62) - (1 bsl 61);
        4 -> pick([1, -1]) * rand:uniform(1 bsl (1 + rand:uniform(300)))
    end.
float_() ->
    case rand:uniform(3) of
        1 -> float(rand:uniform(100) - 50);
        2 -> float(integer());
        3 -> rand:normal() * math:pow(10, rand:uniform(40) - 20)
    end.
bits() ->
    N = pick([0, 1, 5, 30, 64, 70]),
    B = rand:bytes(rand:uniform(N + 1) - 1),
    case rand:uniform(4) of
        1 -> <<B/binary, (rand:uniform(128) - 1):7>>;
        2 -> unaligned(B);
        3 -> <<_:3, R/bitstring>> = <<B/binary, 77>>, R;
        4 -> B
    end.
string() -> [rand:uniform(256) - 1 || _ <- lists:seq(1, rand:uniform(10))].

%% A term whose hash is the same on every machine.
key(0) -> key_leaf();
key(D) ->
    case rand:uniform(10) of
        1 -> list_to_tuple([key(D - 1) || _ <- lists:seq(1, rand:uniform(4) - 1)]);
        2 -> [key(D - 1) || _ <- lists:seq(1, rand:uniform(4))];
        3 -> [key(D - 1) | key_leaf()];
        4 -> maps:from_list([{key(D - 1), key(D - 1)} || _ <- lists:seq(1, rand:uniform(3))]);
        _ -> key_leaf()
    end.
key_leaf() -> (pick([fun integer/0, fun integer/0, fun float_/0, fun bits/0, fun string/0, fun() -> [] end]))().

term(0) -> leaf();
term(D) ->
    case rand:uniform(8) of
        1 -> list_to_tuple([term(D - 1) || _ <- lists:seq(1, rand:uniform(5) - 1)]);
        2 -> [term(D - 1) || _ <- lists:seq(1, rand:uniform(5))];
        3 -> [term(D - 1), term(D - 1) | leaf()];
        4 -> maps:from_list([{term(D - 1), term(D - 1)} || _ <- lists:seq(1, rand:uniform(4))]);
        5 -> maps:from_list([{key(1), term(D - 1)} || _ <- lists:seq(1, 30 + rand:uniform(30))]);
        _ -> leaf()
    end.
leaf() ->
    case rand:uniform(10) of
        1 -> pick([a, b, c, true, false, undefined, 'ü', list_to_atom([8364])]);
        2 -> pick([pid(rand:uniform(100), rand:uniform(3), 1), port(rand:uniform(1 bsl 33), 1),
                   ref([rand:uniform(1 bsl 18) - 1, rand:uniform(1 bsl 32) - 1, rand:uniform(1 bsl 32) - 1], 1)]);
        3 -> pick([fun lists:map/2, fun lists:nth/2, fun io:format/2]);
        _ -> key_leaf()
    end.

%% The same term with something small changed, to compare with.
change(I) when is_integer(I), abs(I) < 1 bsl 1000 -> pick([float(I), I + 1, I]);
change(F) when is_float(F) -> pick([trunc(F), -F, F]);
change([H | T]) -> case rand:uniform(2) of 1 -> [change(H) | T]; 2 -> [H | change(T)] end;
change(T) when is_tuple(T), T =/= {} ->
    I = rand:uniform(tuple_size(T)), setelement(I, T, change(element(I, T)));
change(M) when is_map(M), map_size(M) > 0 ->
    K = pick(maps:keys(M)),
    case rand:uniform(4) of
        1 -> M#{K := change(maps:get(K, M))};
        2 -> V = maps:get(K, M), (maps:remove(K, M))#{change(K) => V};
        3 -> maps:remove(K, M);
        4 -> maps:map(fun(_, V) -> change(V) end, M)
    end;
change(B) when is_bitstring(B), bit_size(B) > 1 ->
    N = rand:uniform(bit_size(B)) - 1, <<X:N/bitstring, _/bitstring>> = B, X;
change(X) -> X.

%% --- functions --------------------------------------------------------------------------------

bif(M, F, A) ->
    R = try {ok, apply(M, F, A)} catch error:Why -> {error, Why} end,
    case_({bif, M, F, A, R}).

lists_round() ->
    L = [rand:uniform(30) || _ <- lists:seq(1, rand:uniform(60))],
    X = [rand:uniform(30) || _ <- lists:seq(1, rand:uniform(60))],
    bif(erlang, '--', [L, X]),
    bif(erlang, '--', [[float(E) || E <- L] ++ L, X]),
    bif(erlang, '++', [L, X]),
    bif(lists, reverse, [L, X]),
    E = leaf(),
    bif(lists, member, [E, [leaf(), E, x]]),
    bif(lists, member, [leaf(), [leaf(), leaf()]]),
    K = pick([rand:uniform(10), float(rand:uniform(10)), a, "k", 1 bsl 70]),
    Rows = [pick([{K}, {x, K}, {rand:uniform(10), y}, {float(rand:uniform(10))}, z]) || _ <- lists:seq(1, 6)],
    [bif(lists, F, [K, P, Rows]) || F <- [keyfind, keymember, keysearch], P <- [1, 2]].

maps_round() ->
    N = pick([1, 3, 20, 31, 32, 33, 34, 60, 300]),
    M = maps:from_list([{key(2), integer()} || _ <- lists:seq(1, N)]),
    M2 = maps:from_list([{key(1), integer()} || _ <- lists:seq(1, pick([1, 10, 31, 40, 200]))] ++
                        lists:sublist(maps:to_list(M), rand:uniform(N))),
    K = pick(maps:keys(M)),
    New = key(2),
    bif(maps, put, [New, v, M]), bif(maps, put, [K, v, M]),
    bif(maps, update, [K, v, M]), bif(maps, update, [New, v, M]),
    bif(maps, remove, [K, M]), bif(maps, remove, [New, M]),
    bif(maps, take, [K, M]), bif(maps, take, [New, M]),
    bif(maps, get, [K, M]), bif(maps, find, [K, M]), bif(maps, find, [New, M]),
    bif(erlang, map_get, [New, M]), bif(erlang, is_map_key, [K, M]), bif(erlang, map_size, [M]),
    bif(maps, merge, [M, M2]), bif(maps, merge, [M2, M]), bif(maps, merge, [M, #{}]),
    bif(maps, keys, [M]), bif(maps, values, [M]),
    L = maps:to_list(M),
    bif(maps, from_list, [L ++ maps:to_list(M2) ++ [{K, last}]]),
    bif(maps, from_keys, [[X || {X, _} <- L], 0]),
    bif(erts_internal, map_to_tuple_keys, [M]),
    [bif(erts_internal, map_next, [0, M, iterator]) || N =< 32].

bifs() ->
    A256 = lists:duplicate(256, $a),
    Bad = [a, 1, 1.5, <<1:3>>, [], [a | b], {}, #{}, "text", {a}, 1 bsl 70, <<"bin">>, fun lists:map/2],
    [bif(erlang, F, [T]) || T <- Bad,
        F <- [is_atom, is_boolean, is_float, is_function, is_integer, is_list, is_map, is_number, is_pid, is_port,
              is_reference, is_tuple, size, tuple_size, length, hd, tl, tuple_to_list, list_to_tuple, map_size,
              atom_to_list, list_to_atom, list_to_existing_atom, pid_to_list, fun_to_list, ref_to_list, port_to_list,
              list_to_pid, list_to_ref, list_to_port, external_size]],
    [bif(M, F, [T]) || T <- Bad, {M, F} <- [{maps, keys}, {maps, values}, {maps, from_list},
        {erts_internal, map_to_tuple_keys}]],
    [bif(M, F, [T, U]) || T <- Bad, U <- Bad,
        {M, F} <- [{erlang, element}, {erlang, append_element}, {erlang, delete_element}, {erlang, is_record},
                   {erlang, is_function}, {erlang, '++'}, {erlang, '--'}, {erlang, phash2}, {maps, get}, {maps, find},
                   {maps, merge}, {maps, remove}, {maps, take}, {maps, is_key}, {maps, from_keys}, {lists, member},
                   {lists, reverse}, {erlang, binary_to_atom}, {erlang, atom_to_binary}, {erlang, make_tuple}], U =/= 1 bsl 70],
    [bif(erlang, F, [P, {a, b}, x]) || F <- [setelement, insert_element], P <- [0, 1, 2, 3, 4, a]],
    [bif(erlang, element, [P, {a, b}]) || P <- [0, 1, 2, 3, 1.0]],
    [bif(erlang, delete_element, [P, {a, b}]) || P <- [0, 1, 2, 3]],
    [bif(erlang, make_tuple, [3, d, L]) || L <- [[], [{1, x}], [{3, x}, {3, y}], [{4, x}], [{0, x}], [a], [{1, x} | b]]],
    [bif(erlang, is_record, [T, a, N]) || T <- [{a}, {a, 1}, {}, a], N <- [0, 1, 2, -1, a]],
    [bif(erlang, list_to_atom, [L]) || L <- [A256, A256 ++ [foo], tl(A256) ++ foo, tl(A256), [8364], [16#110000], [16#D800],
                                             [foo | A256]]],
    [bif(erlang, F, [B, E]) || F <- [binary_to_atom, binary_to_existing_atom], E <- [latin1, utf8, unicode, x],
        B <- [list_to_binary(A256), list_to_binary(tl(A256)), <<255>>, <<"ok">>, <<195, 188>>, <<"no such atom at all">>,
              list_to_binary(tl(A256) ++ [255]), <<(list_to_binary(A256))/binary, 255>>, binary:copy(<<226, 130, 172>>, 255),
              binary:copy(<<226, 130, 172>>, 256), binary:copy(<<255>>, 2000), unaligned(<<"abc">>)]],
    [bif(erlang, atom_to_binary, [A, E]) || A <- ['', a, 'ü', list_to_atom([8364])], E <- [latin1, utf8, unicode, x]],
    [bif(erlang, list_to_ref, [L]) || L <- ["#Ref<0.1.2>", "#Ref<0.1.2.3", "#Ref<0.1.2.3>x", "#Ref<0.1.2.99999999999>", "#Ref<>"]],
    [bif(erlang, list_to_port, [L]) || L <- ["#Port<0>", "#Port<0.>", "#Port<0.5", "#Port<0.1152921504606846976>"]],
    [bif(erlang, list_to_pid, [L]) || L <- ["<0.1>", "<0.1.0", "<0.1.0>>", "<0.1.>", "<0.268435456.0>", "<0.-1.0>", "0.1.0"]],
    [bif(erlang, binary_to_term, [B, O]) || O <- [[], [used], [safe], [safe, used], [x], x],
        B <- [<<131, 97, 1>>, <<131, 97, 1, 2>>, <<131>>, <<>>, <<130, 97, 1>>, <<131, 100, 0, 5, "zzzqy">>,
              <<131, 104, 2, 97, 1>>, <<131, 105, 255, 255, 255, 255>>, <<131, 116, 0, 0, 0, 2, 97, 1, 97, 1, 97, 1, 97, 2>>,
              <<131, 99, "1.50000000000000000000e+00", 0, 0, 0, 0, 0>>, <<131, 70, 127, 240, 0, 0, 0, 0, 0, 0>>,
              <<131, 110, 3, 0, 5, 0, 0>>, <<131, 110, 0, 1>>, <<131, 77, 0, 0, 0, 1, 3, 255>>, <<131, 77, 0, 0, 0, 1, 9, 255>>,
              <<131, 77, 0, 0, 0, 0, 0>>, <<131, 77, 0, 0, 0, 1, 0, 7>>, <<131, 108, 0, 0, 0, 0, 97, 7>>, <<131, 115, 2, "ok">>,
              <<131, 107, 0, 2, 1, 2>>, <<131, 80, 0, 0, 0, 5, 1, 2, 3>>, (term_to_binary(lists:seq(1, 300), [compressed])),
              <<(term_to_binary(lists:seq(1, 300), [compressed]))/binary, 9, 9>>,
              <<131, 103, 119, 1, "n", 0:32, 5:32, 3>>, <<131, 103, 119, 1, "n", 0:32, 5:32, 4>>,
              <<131, 101, 119, 1, "n", 0:32, 1>>, <<131, 102, 119, 1, "n", 7:32, 1>>, <<131, 114, 0, 2, 119, 1, "n", 1, 1:32, 2:32>>]],
    [bif(erlang, term_to_binary, [{a, 1.5, "x"}, O]) ||
        O <- [[], [compressed], [{compressed, 9}], [{compressed, 10}], [{compressed, 0}], [{minor_version, 0}],
              [{minor_version, 3}], [deterministic], [x], x, [{minor_version, 2} | x]]],
    [bif(erlang, external_size, [{a, 1.5, 'ü'}, O]) || O <- [[], [{minor_version, 0}], [{minor_version, 2}], [x], x]],
    [bif(erlang, phash, [a, N]) || N <- [0, 1, 10, 1 bsl 32, 1 bsl 32 + 1, -1, a]],
    ok.
