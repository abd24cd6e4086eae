%% SPDX-License-Identifier: Apache-2.0
%% Native records of OTP 29.  Stock OTP 25 has none: there each case gives the answer that is written down in
%% o_record_test.hrl, which is what stock OTP 29.1.2 gave for the same code (expected/0 makes that file's text).
-module(o_record_test).
-export([run/0, expected/0]).
-include("expect.hrl").
-include("o_record_test.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    Native = erlang:is_builtin(records, create, 4),
    [load() || Native],
    [?T(case Native of true -> answer(F); false -> maps:get(Name, ?EXPECTED) end) || {Name, F} <- all()].

%% On OTP 29: the text of o_record_test.hrl.
expected() ->
    load(),
    io:format("-define(EXPECTED, #{~n"),
    [io:format("    ~w => ~w,~n", [Name, answer(F)]) || {Name, F} <- all()],
    io:format("    0 => end_of_list}).~n").

answer(F) ->
    show(try F() catch Class:Reason:Stack -> {Class, Reason, place(hd(Stack))} end).

place({M, F, Args, _}) when is_list(Args) -> {M, F, Args};
place({M, F, Arity, _}) -> {M, F, Arity}.

is_native(T) -> erlang:apply(erlang, is_record, [T]).
call(F, Args) -> erlang:apply(records, F, Args).

%% A native record as a tuple, anywhere in a term.
show([H | T]) -> [show(H) | show(T)];
show(T) when is_tuple(T) -> list_to_tuple(show(tuple_to_list(T)));
show(T) when is_map(T) -> {map, [{show(K), show(V)} || {K, V} <- lists:sort(maps:to_list(T))]};
show(T) when is_atom(T); is_number(T); is_binary(T); T =:= [] -> T;
show(T) ->
    case is_native(T) of
        true ->
            {'#', call(get_module, [T]), call(get_name, [T]), call(is_exported, [T]),
             [{K, show(call(get, [K, T]))} || K <- call(get_field_names, [T])]};
        false -> other
    end.

%% --- the code under test ---

load() -> load(nra, nra(1)), load(nrb, nrb()).
load(Name, Beam) -> code:purge(Name), {module, Name} = code:load_binary(Name, "none", Beam).

nra(Version) ->
    X0 = {x, 0},
    Is = fun(Label) -> [{is_any_native_record, {f, Label}, X0}, {is_native_record, {f, Label}, X0, {atom, nra}, {atom, pub}}] end,
    Put = fun(Name, From, Fields) -> {put_record, {f, 0}, {atom, Name}, From, X0, 2, {list, Fields}} end,
    No = fun(Label) -> [{label, Label}, {move, {atom, no}, X0}, return] end,
    Yes = [{move, {atom, yes}, X0}, return],
    record_asm:module(nra,
        [{pub, true, [{z, Version}, a, {b, [x, {y}]}]}, {priv, false, [f, {g, 7}]}, {empty, false, []},
         {defaults, true, [{i, 1 bsl 100}, {s, "text"}, {n, -5}, {m, #{k => [v]}}, {t, {}}, {e, []}, {l, 2000000000000}, {bin, <<"b">>}]},
         {wide, true, [list_to_atom("w" ++ integer_to_list(I)) || I <- lists:seq(1, 12)]}],
        [{mk, 2, [Put(pub, nil, [{atom, z}, {x, 1}, {atom, a}, X0]), return]},
         {mk0, 0, [Put(pub, nil, [{atom, a}, {integer, 3}]), return]},
         {priv, 0, [Put(priv, nil, [{atom, f}, {atom, own}]), return]},
         {empty, 0, [Put(empty, nil, []), return]},
         {defaults, 0, [Put(defaults, nil, []), return]},
         {wide, 1, [Put(wide, nil, lists:append([[{atom, list_to_atom("w" ++ integer_to_list(I))}, case I of 5 -> X0; _ -> {integer, 1000000000 * I} end]
                                                 || I <- lists:seq(12, 1, -1)])), return]},
         {novalue, 0, [Put(pub, nil, []), return]},
         {badfield, 0, [Put(pub, nil, [{atom, nope}, {integer, 1}, {atom, a}, {integer, 2}]), return]},
         {badfield2, 0, [Put(pub, nil, [{atom, nope}, {integer, 1}]), return]},
         {up, 1, Is(100) ++ [Put(pub, X0, [{atom, a}, {atom, new}, {atom, z}, X0]), return, {label, 100}, {badrecord, X0}]},
         {upbad, 1, Is(101) ++ [Put(pub, X0, [{atom, zz}, {atom, new}]), return, {label, 101}, {badrecord, X0}]},
         {upany, 1, [{is_any_native_record, {f, 102}, X0}, {is_record_accessible, {f, 102}, X0, {atom, auto_local}},
                     Put('_', X0, [{atom, a}, {integer, 9}]), return, {label, 102}, {badrecord, X0}]},
         {get, 1, [{get_record_field, {f, 0}, X0, {atom, pub}, {atom, a}, X0}, return]},
         {getz, 1, [{get_record_field, {f, 0}, X0, {atom, pub}, {atom, zz}, X0}, return]},
         {getany, 1, [{get_record_field, {f, 0}, X0, {atom, '_'}, {atom, a}, X0}, return]},
         {guard, 1, [{get_record_field, {f, 103}, X0, {atom, pub}, {atom, a}, {x, 1}}, {is_eq_exact, {f, 103}, {x, 1}, {integer, 3}}] ++ Yes ++ No(103)},
         {is, 1, Is(104) ++ Yes ++ No(104)},
         {any, 1, [{is_any_native_record, {f, 105}, X0}] ++ Yes ++ No(105)},
         {open, 1, [{is_any_native_record, {f, 106}, X0}, {is_record_accessible, {f, 106}, X0, {atom, auto_local}}] ++ Yes ++ No(106)},
         {parts, 1, [{is_any_native_record, {f, 107}, X0}, {get_record_elements, {f, 107}, X0, {list, [{atom, z}, {x, 1}, {atom, a}, {x, 2}, {atom, b}, {x, 3}]}},
                     {test_heap, 4, 4}, {put_tuple2, X0, {list, [{x, 1}, {x, 2}, {x, 3}]}}, return] ++ No(107)},
         {part, 1, [{is_any_native_record, {f, 108}, X0}, {get_record_elements, {f, 108}, X0, {list, [{atom, b}, X0]}}, return] ++ No(108)}]).

nrb() ->
    X0 = {x, 0},
    Put = fun(Id, From, Fields) -> {put_record, {f, 0}, {literal, Id}, From, X0, 2, {list, Fields}} end,
    Yes = [{move, {atom, yes}, X0}, return],
    No = fun(Label) -> [{label, Label}, {move, {atom, no}, X0}, return] end,
    record_asm:module(nrb, [],
        [{mk, 1, [Put({nra, pub}, nil, [{atom, a}, X0]), return]},
         {novalue, 1, [Put({nra, pub}, nil, [{atom, b}, X0]), return]},
         {badfield, 1, [Put({nra, pub}, nil, [{atom, a}, X0, {atom, c}, X0]), return]},
         {priv, 1, [Put({nra, priv}, nil, [{atom, f}, X0]), return]},
         {none, 1, [Put({nra, none}, nil, [{atom, f}, X0]), return]},
         {nowhere, 1, [Put({nr_nowhere, none}, nil, [{atom, f}, X0]), return]},
         {up, 1, [{is_any_native_record, {f, 100}, X0}, {is_native_record, {f, 100}, X0, {atom, nra}, {atom, pub}},
                  {is_record_accessible, {f, 100}, X0, {atom, external}},
                  Put({nra, pub}, X0, [{atom, b}, {integer, 6}]), return, {label, 100}, {badrecord, X0}]},
         {get, 1, [{get_record_field, {f, 0}, X0, {literal, {nra, pub}}, {atom, a}, X0}, return]},
         {getpriv, 1, [{get_record_field, {f, 0}, X0, {literal, {nra, priv}}, {atom, f}, X0}, return]},
         {getz, 1, [{get_record_field, {f, 0}, X0, {literal, {nra, pub}}, {atom, zz}, X0}, return]},
         {getany, 1, [{get_record_field, {f, 0}, X0, {atom, '_'}, {atom, f}, X0}, return]},
         {open, 1, [{is_any_native_record, {f, 101}, X0}, {is_record_accessible, {f, 101}, X0, {atom, external}}] ++ Yes ++ No(101)},
         {openany, 1, [{is_any_native_record, {f, 102}, X0}, {is_record_accessible, {f, 102}, X0, {atom, auto_local}}] ++ Yes ++ No(102)}]).

%% --- the cases ---

c(M, N, F, E) -> call(create, [M, N, F, #{is_exported => E}]).
cmp(A, B) -> if A < B -> lt; A > B -> gt; A == B -> eq end.
in(Module, F, Args) -> erlang:apply(Module, F, Args).

values() ->
    [fun() -> in(nra, mk0, []) end, fun() -> in(nra, mk, [p, q]) end, fun() -> in(nra, priv, []) end, fun() -> in(nra, empty, []) end,
     fun() -> in(nrb, mk, [3]) end, fun() -> c(nra, pub, [{a, 5}], true) end, fun() -> c(nra, pub, [{a, 5}], false) end,
     fun() -> c(other, pub, [{a, 5}, {z, 1}, {b, 2}], false) end, fun() -> c(other, priv, [{f, 1}], true) end,
     fun() -> {pub, 1, 2, 3} end, fun() -> x end, fun() -> #{a => 1} end].

all() ->
    Lone = [{F, fun() -> in(nra, F, []) end} || F <- [mk0, priv, empty, defaults, novalue, badfield, badfield2]] ++
        [{wide, fun() -> in(nra, wide, [five]) end}] ++
        [{{nrb, F}, fun() -> in(nrb, F, [1]) end} || F <- [mk, novalue, badfield, priv, none, nowhere]],
    Numbered = lists:zip(lists:seq(1, length(values())), values()),
    On = [{{M, F, I}, fun() -> in(M, F, [V()]) end} || {I, V} <- Numbered,
             {M, F} <- [{nra, F} || F <- [up, upbad, upany, get, getz, getany, guard, is, any, open, parts, part]] ++
                       [{nrb, F} || F <- [up, get, getpriv, getz, getany, open, openany]]],
    Is = [{{is_record, I}, fun() -> V0 = V(), {is_native(V0), is_record(V0, ?V(pub)), is_native(V0) andalso is_record(V0, ?V(nra), ?V(pub)),
                                               is_record(V0, ?V(pub), ?V(4)), is_tuple(V0), is_map(V0)} end} || {I, V} <- Numbered],
    Lone ++ On ++ Is ++ module_cases() ++ term_cases() ++ code_cases().

module_cases() ->
    A = fun() -> c(m, n, [{zz, 1}, {aa, 2}], true) end,
    Wide = fun() -> c(m, n, [{list_to_atom("f" ++ integer_to_list(K)), K} || K <- lists:seq(1, 100)], true) end,
    Create = [[m, n, [{b, 1}, {a, 2}], #{is_exported => true}], [m, n, [], #{is_exported => false}], [1, n, [], #{is_exported => true}],
              [m, 1, [], #{is_exported => true}], [m, n, [x], #{is_exported => true}], [m, n, [{1, x}], #{is_exported => true}],
              [m, n, [{x, x}, {x, y}], #{is_exported => true}], [m, n, [{x, x} | y], #{is_exported => true}],
              [m, n, [], #{is_exported => maybe_not}], [m, n, [], x], [m, n, [], #{}], [m, n, a, #{is_exported => true}], [1, n, a, #{}]],
    Update = [[m, n, #{zz => 7}], [m, n, #{zy => 7}], [m, o, #{zy => 7}], ['_', '_', #{aa => 7}], [1, '_', #{aa => 7}], ['_', n, #{aa => 7}],
              [m, 1, #{aa => 7}], [m, n, []], [m, n, #{}], [m, n, #{1 => 2}], [m, n, #{zz => 7, aa => 8}]],
    [{{create, I}, fun() -> call(create, Args) end} || {I, Args} <- lists:zip(lists:seq(1, length(Create)), Create)] ++
    [{{update, I}, fun() -> call(update, [A() | Args]) end} || {I, Args} <- lists:zip(lists:seq(1, length(Update)), Update)] ++
    [{update_many, fun() -> call(update, [Wide(), m, n, maps:from_list([{list_to_atom("f" ++ integer_to_list(K)), -K} || K <- lists:seq(1, 100, 2)])]) end},
     {update_none, fun() -> call(update, [x, m, n, #{}]) end}] ++
    [{{F, V}, fun() -> call(F, [V]) end} || F <- [get_module, get_name, get_field_names, is_exported], V <- [a, {a}]] ++
    [{get_field_names, fun() -> call(get_field_names, [Wide()]) end}] ++
    [{{get, K}, fun() -> call(get, [K, A()]) end} || K <- [zz, aa, no, 1]] ++
    [{{definition, M, N}, fun() -> call(get_definition, [M, N]) end} ||
        {M, N} <- [{nra, pub}, {nra, priv}, {nra, empty}, {nra, defaults}, {nra, none}, {nowhere, x}, {1, x}, {nra, '_'}]].

term_cases() ->
    A = fun() -> c(m, n, [{aa, 1}, {zz, 2}], true) end,
    Order = [{c_(m, n, [aa, zz], true), c_(l, n, [aa, zz], true)}, {c_(m, n, [aa], true), c_(m, o, [aa], true)}, {c_(m, n, [aa], true), c_(m, n, [aa], false)},
             {c_(m, n, [zz], true), c_(m, n, [aa, bb], true)}, {c_(m, n, [zz, aa], true), c_(m, n, [aa, zz], true)},
             {c_(m, n, [zz], false), c_(m, n, [aa, bb], true)}, {c_(b, n, [zz], true), c_(a, n, [zz, aa], true)}],
    Bytes = [[0, 0, 0, 0, 0, "w\1m", "w\1n"], [0, 0, 0, 0, 2, "w\1m", "w\1n"], [0, 0, 0, 1, 1, "w\1m", "w\1n", "w\1a", 97, 1],
             [0, 0, 0, 2, 1, "w\1m", "w\1n", "w\1b", "w\1a", 104, 0, 97, 2], [0, 0, 0, 2, 1, "w\1m", "w\1n", "w\1a", "w\1a", 97, 1, 97, 2],
             [0, 0, 0, 1, 1, "w\1m", "w\1n", 97, 1, 97, 1], [0, 0, 0, 1, 1, 97, 1, "w\1n", "w\1a", 97, 1],
             [255, 255, 255, 255, 1, "w\1m", "w\1n", "w\1a", 97, 1], [0, 0, 0, 1, 1, "w\1m", "w\1n", "w\1a"], [0, 0, 0, 1], [],
             [0, 0, 0, 3, 1, "w\3nra", "w\3pub", "w\1z", "w\1a", "w\1b", 97, 1, 97, 2, 106]],
    [{{order, I}, fun() -> cmp(X(), Y()) end} || {I, {X, Y}} <- lists:zip(lists:seq(1, length(Order)), Order)] ++
    [{order_values, fun() -> [cmp(c(a, n, [{zz, 1}, {aa, 2}], true), c(a, n, [{zz, 2}, {aa, 1}], true)), cmp(c(a, n, [{aa, 1}], true), c(a, n, [{aa, 1.0}], true)),
                              cmp(#{c(a, n, [{aa, 1}], true) => 1}, #{c(a, n, [{aa, 1.0}], true) => 1}), c(a, n, [{aa, 1}], true) =:= c(a, n, [{aa, 1.0}], true)] end},
     {order_kinds, fun() -> lists:sort([1, a, {}, {a, b}, A(), #{}, [], [1], <<>>, in(nra, priv, [])]) end},
     {hashes, fun() -> [erlang:phash2(T) || T <- [c(m, n, [], true), c(m, n, [], false), c(m, n, [{x, 1.0}], true), c(m, n, [{x, [1, {2}]}], false)]] end},
     {sizes, fun() -> [erts_debug:flat_size(T) || T <- [A(), c(m, n, [], false), [A(), A()], in(nra, mk0, []), in(nra, defaults, [])]] end},
     {encode, fun() -> [term_to_binary(T, [{minor_version, V}]) || T <- [A(), in(nra, mk0, []), in(nra, empty, [])], V <- [1, 2]] end},
     {external_size, fun() -> erlang:external_size(A(), [{minor_version, 1}]) end},
     {back, fun() -> [binary_to_term(term_to_binary(T)) =:= T || T <- [V() || V <- values()] ++ [A(), [A() | A()], #{A() => A()}, c(z, y, [{c, 1}, {b, 2}, {a, 3}], true)]] end},
     {ets, fun() -> T = ets:new(t, [ordered_set]), ets:insert(T, [{V(), 1} || V <- values()]), R = {ets:tab2list(T), ets:lookup(T, in(nra, mk0, []))}, ets:delete(T), R end},
     {match_spec, fun() -> T = ets:new(t, []), ets:insert(T, {A(), 1}),
                           [ets:select(T, [{{'$1', '_'}, [{is_record, '$1', m, n}], ['$1']}]), ets:match(T, {A(), '$1'}), ets:select(T, [{{'$1', 1}, [{'==', '$1', A()}], [A()]}])] end},
     {pattern, fun() -> C = c(m, n, [{zz, '$1'}, {aa, '_'}], true), T = ets:new(t, []), ets:insert(T, {C, 1}),
                        [ets:match(T, {C, '$2'}), ets:match(T, {c(m, n, [{zz, 1}, {aa, '_'}], true), '$2'})] end},
     {message, fun() -> Self = self(), spawn(fun() -> Self ! {r, A(), in(nra, defaults, [])} end), receive {r, X, Y} -> {X, Y} after 5000 -> none end end},
     {persistent, fun() -> persistent_term:put(record_test, A()), X = persistent_term:get(record_test), persistent_term:erase(record_test), X end},
     {collected, fun() -> L = [c(m, n, [{y, [K]}, {x, K}], K rem 2 =:= 0) || K <- lists:seq(1, 2000)], erlang:garbage_collect(),
                          lists:sum([call(get, [x, R]) + hd(call(get, [y, R])) || R <- L]) end},
     {not_tuples, fun() -> [begin {'EXIT', {Reason, _}} = catch F(?V(A())), Reason end || F <- [fun tuple_size/1, fun map_size/1, fun hd/1, fun tuple_to_list/1, fun(X) -> X() end]] end}] ++
    [{{decode, I}, fun() -> binary_to_term(iolist_to_binary([131, 67 | B])) end} || {I, B} <- lists:zip(lists:seq(1, length(Bytes)), Bytes)].

c_(M, N, Keys, E) -> fun() -> c(M, N, [{K, 1} || K <- Keys], E) end.

%% Other code comes and goes while records of it live on.
code_cases() ->
    [{reload, fun() ->
         Old = in(nra, mk0, []),
         load(nra, nra(2)),
         New = in(nra, mk0, []),
         R = [Old, New, Old =:= New, in(nra, is, [Old]), in(nra, get, [Old]), in(nra, up, [Old]), call(get_definition, [nra, pub])],
         Self = self(),
         Holder = spawn(fun() -> receive go -> Self ! {held, Old} end end),
         Self ! {held, Old},
         code:purge(nra), code:delete(nra), code:purge(nra),
         Holder ! go,
         Held = [receive {held, H} -> H after 5000 -> none end || _ <- [1, 2]],
         Gone = in(nrb, none, [catch in(nrb, mk, [1])]),
         [R, Held, Gone]
     end},
     {unloaded, fun() -> in(nrb, mk, [1]) end},
     {literal, fun() ->
         load(nra, nra(1)),
         Beam = record_asm:module(nrc, [], [{f, 0, [{move, {literal, {in(nra, mk0, []), c(m, n, [{b, 1}, {a, 2}], true)}}, {x, 0}}, return]}]),
         load(nrc, Beam),
         X = in(nrc, f, []), code:delete(nrc), code:purge(nrc), erlang:garbage_collect(), X
     end},
     {damaged, fun() -> damage(nra(1)), survived end}].

%% Every bit of the chunk Recs, and the chunk cut at every length: loads or not.  (Not on stock OTP 29, which does not
%% check and may die.)
damage(Beam) ->
    case erlang:system_info(version) of
        "17" ++ _ -> ok;
        _ ->
            {Start, _} = binary:match(Beam, <<"Recs">>),
            <<Before:Start/binary, "Recs", Size:32, Data:Size/binary, _/binary>> = Beam,
            Try = fun(D) ->
                      Chunk = <<"Recs", (byte_size(D)):32, D/binary, 0:((-byte_size(D) band 3) * 8)>>,
                      Body = <<(binary:part(Before, 8, Start - 8))/binary, Chunk/binary>>,
                      catch erlang:prepare_loading(nra, <<"FOR1", (byte_size(Body)):32, Body/binary>>)
                  end,
            [Try(binary:part(Data, 0, N)) || N <- lists:seq(0, Size)],
            [begin
                 <<L:I/bits, Bit:1, R/bits>> = Data,
                 Try(<<L/bits, (1 - Bit):1, R/bits>>)
             end || I <- lists:seq(0, Size * 8 - 1)]
    end.
