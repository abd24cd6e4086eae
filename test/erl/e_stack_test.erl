%% SPDX-License-Identifier: Apache-2.0
%% Stack traces whole: every frame with its arity or arguments and its line, and the extra error information.
%% The functions here are kept apart and untouched by inlining; a line number is part of the answer.
-module(e_stack_test).
-export([run/0, g/1, not_local/1]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    ?T(own(fun() -> f(?V(1)) end)),
    ?T(own(fun() -> f(?V(a)) end)),
    ?T(own(fun() -> f(?V([])) end)),
    ?T(own(fun() -> f(?V({1})) end)),
    ?T(own(fun() -> tail(?V(3)) end)),
    ?T(own(fun() -> ?MODULE:g(?V(5)) end)),
    ?T(own(fun() -> ?MODULE:no_such_function(a, b) end)),
    ?T(own(fun() -> no_such_module:f(a) end)),
    ?T(own(fun() -> with_args(?V(x), [1, 2]) end)),
    ?T(own(fun() -> in_fun(?V(0)) end)),
    ?T(own(fun() -> in_comprehension(?V([1, 2, x])) end)),
    ?T(own(fun() -> binary_build(?V(a)) end)),
    ?T(own(fun() -> map_update(?V(a)) end)),
    ?T(own(fun() -> guard_bif(?V(a)) end)),
    ?T(own(fun() -> record(?V(a)) end)),
    ?T(own(fun() -> multi_line(?V(1), ?V(0)) end)),
    ?T(own(fun() -> badfun(?V(1)) end)),
    ?T(own(fun() -> badarity(fun(X) -> X end) end)),
    [?T(own(fun() -> apply_fun(F, A) end)) || F <- ?V([<<"x">>, foo, fun() -> ok end, fun ?MODULE:g/1, fun no_such_module:f/2]),
        A <- ?V([[], [1], [1 | 2], 3, [1, 2], lists:duplicate(255, 1)])],
    [?T(own(fun() -> apply(F, A) end)) || F <- ?V([<<"x">>, fun() -> ok end]), A <- ?V([[1], [1 | 2], 3])],
    %% More arguments than a function can have.
    [?T(try apply_fun(F, lists:duplicate(N, 1)) catch C:R:S -> {C, erts_debug:flat_size(R), element(2, hd(S))} end)
        || F <- ?V([foo, fun(_) -> ok end]), N <- ?V([256, 1000, 1022, 1023, 3000])],
    [?T(try by_apply(?V(no_such_module), f, lists:duplicate(N, 1)) catch C:R:S -> {C, R, element(2, hd(S)), erts_debug:flat_size(element(3, hd(S)))} end)
        || N <- ?V([255, 256, 1000, 1023, 1024, 3000])],
    [?T(own(fun() -> constant_first(Op, ?V(<<"a">>)) end)) || Op <- ?V([1, 2, 3, 4, 5, 6, 7, 8, 9])],
    %% The native fails behind two calls of one place: which is one frame.
    [?T(try lists:F(fun(X) -> apply(lists, F, [fun erlang:abs/1, X]) end, [[?V(<<255>>)]]) catch C:R:S -> {C, R, S} end)
        || F <- ?V([all, any, map, foreach, filter])],
    %% A native that has Erlang code called in its place.
    [?T(own(fun() -> trapping(N, ?V(<<1:3>>)) end)) || N <- ?V([1, 2, 3])],
    %% However deep a recursion is, who began it is seen.
    [?T(try deep(N, F), ok catch C:R:S -> {C, R, S} end) || N <- ?V([1, 7, 300, 5000]), F <- ?V([fun erlang:hd/1, fun erlang:exit/1])],
    [?T(deep(N, fun([]) -> process_info(self(), current_stacktrace) end)) || N <- ?V([1, 7, 300, 5000])],
    ?T(own(fun() -> by_apply(?V(lists), ?V(nth), ?V([0])) end)),
    ?T(own(fun() -> apply(?MODULE, not_local, [?V(1)]) end)),
    ?T(own(fun() -> apply(erlang, ?V(hd), [[]]) end)),
    ?T(own(fun() -> file_attribute(?V(x)) end)),
    ?T(length(deep_trace(50))),
    ?T(depth(3)),
    ?T(depth(20)),
    ?T(depth(0)), steps(),
    error_info(),
    across_processes().

%% Class, reason and the frames of this module and of BIFs, up to the harness.
own(F) ->
    try F() of V -> {value, V}
    catch C:R:S -> {C, R, until_own(expect:where(S))}
    end.

until_own([{?MODULE, own, _, _} | _]) -> [];
until_own([H | T]) -> [H | until_own(T)];
until_own([]) -> [].

f(X) ->
    Y = h(X),
    {f, Y}.

h(X) when is_integer(X) -> {h, X div (X - X)};
h(X) when is_atom(X) -> {h, atom_to_list(X) ++ hd(?V([]))};
h([]) ->
    R = hd([]),
    {h, R}.

tail(0) -> error(end_of_tail);
tail(N) -> tail(N - 1).

g(X) ->
    case X of
        1 -> one;
        2 -> two
    end.

not_local(X) ->
    {ok, _} = X.

with_args(A, B) ->
    R = erlang:error(my_reason, [A, B]),
    {R}.

in_fun(X) ->
    F = fun(Y) -> {10 div Y} end,
    {F(X)}.

in_comprehension(L) ->
    [{X + 1} || X <- L].

binary_build(X) ->
    B = <<1, X:16>>,
    {B}.

map_update(M) ->
    N = M#{a => 1},
    {N}.

guard_bif(X) ->
    N = length(X),
    {N}.

-record(rec, {a, b}).
record(X) ->
    V = X#rec.b,
    {V}.

multi_line(A, B) ->
    {A,
     A + 1,
     A div
         B}.

badfun(F) ->
    R = F(1),
    {R}.

badarity(F) ->
    R = F(1, 2, 3),
    {R}.

apply_fun(F, A) ->
    R = apply(F, A),
    {R}.

%% The arguments in the order of the source, but for small integers added, of which none are told.
constant_first(1, X) -> -1.5 + X;
constant_first(2, X) -> 1 + X;
constant_first(3, X) -> 1.5 * X;
constant_first(4, X) -> 3 * X;
constant_first(5, X) -> 1 band X;
constant_first(6, X) -> 1267650600228229401496703205376 + X;
constant_first(7, X) -> foo + X;
constant_first(8, X) -> 7 - X;
constant_first(9, X) -> 7 bor X.

trapping(1, X) -> re:run(X, "b", [global]);
trapping(2, X) -> Y = [X | X], _ = ?MODULE:g(1), re:run(hd(Y), "b", [global]);
trapping(3, X) -> R = re:run(X, "b", [global]), {R}.

deep(0, F) -> {_} = {F([])}, ok;
deep(N, F) -> {_} = {deep(N - 1, F)}, ok.

by_apply(M, F, A) ->
    R = apply(M, F, A),
    {R}.

-file("elsewhere.hrl", 5).
file_attribute(X) ->
    1 + X.
-file("e_stack_test.erl", 161).

deep_trace(N) ->
    try down(N) catch _:_:S -> S end.

down(0) -> error(bottom);
down(N) -> [down(N - 1)].

depth(N) ->
    Old = erlang:system_flag(backtrace_depth, N),
    Length = length(deep_trace(50)),
    erlang:system_flag(backtrace_depth, Old),
    Length.

%% The fourth element of the top frame, as the emulator leaves it for erl_erts_errors.
error_info() ->
    [?T(extra(F)) || F <- [fun() -> atom_to_list(?V(1)) end, fun() -> hd(?V([])) end, fun() -> element(?V(5), {a}) end, fun() -> ?V(1) + ?V(a) end,
                           fun() -> ?V(1) div ?V(0) end, fun() -> binary_to_term(?V(<<>>)) end, fun() -> ets:insert(?V(no_table), {a}) end,
                           fun() -> ets:lookup(?V(no_table), a) end, fun() -> ets:new(?V(1), []) end, fun() -> maps:get(a, ?V(#{})) end, fun() -> maps:put(a, b, ?V(x)) end,
                           fun() -> map_get(a, ?V(#{})) end, fun() -> length(?V(a)) end, fun() -> lists:keyfind(a, ?V(0), []) end, fun() -> binary:at(?V(<<>>), 1) end,
                           fun() -> persistent_term:get(?V(no_such)) end, fun() -> atomics:get(?V(x), 1) end, fun() -> unicode:characters_to_binary(?V(a)) end,
                           fun() -> register(?V(undefined), self()) end, fun() -> whereis(?V(1)) end, fun() -> link(?V(a)) end, fun() -> ?V(no_name) ! x end,
                           fun() -> re:run(?V("a"), "(") end, fun() -> math:sqrt(?V(-1)) end, fun() -> list_to_integer(?V("x")) end, fun() -> erlang:send_after(-1, self(), x) end,
                           fun() -> process_flag(?V(wrong), 1) end, fun() -> tuple_size(?V(a)) end, fun() -> <<(?V(a))>> end, fun() -> error(x, none, [{error_info, #{cause => c}}]) end]].

extra(F) ->
    try F()
    catch C:R:Stack ->
        [{M, N, _, Extra} | _] = Stack,
        {C, R, M, N, [I || I <- Extra, element(1, I) =:= error_info]}
    end.

across_processes() ->
    ?T(begin
           {_, Ref} = spawn_monitor(fun() -> f(?V(1)) end),
           {R, S} = expect:wait_down(Ref),
           {R, expect:where(S)}
       end),
    ?T(begin
           {_, Ref} = spawn_monitor(?MODULE, g, [3]),
           {R, S} = expect:wait_down(Ref),
           {R, expect:where(S)}
       end),
    ?T(begin
           {_, Ref} = spawn_monitor(?MODULE, none, [3]),
           {R, S} = expect:wait_down(Ref),
           {R, expect:where(S)}
       end),
    ?T(begin
           {_, Ref} = spawn_monitor(fun() -> throw(up) end),
           {R, S} = expect:wait_down(Ref),
           {R, expect:where(S)}
       end),
    ?T(begin
           Pid = spawn(fun() -> waits() end),
           timer_wait(Pid),
           {current_stacktrace, S} = process_info(Pid, current_stacktrace),
           exit(Pid, kill),
           expect:where(S)
       end),
    ?T(expect:where(element(2, process_info(self(), current_stacktrace)))).

waits() ->
    receive stop -> ok end,
    ok.

timer_wait(Pid) ->
    case process_info(Pid, status) of
        {status, waiting} -> ok;
        _ -> erlang:yield(), timer_wait(Pid)
    end.

%% Where a constant is added or subtracted, stock has no frame of its own for the operator; with some constants it has.
steps() ->
    [?T(own(fun() -> step(K, X) end)) || K <- ?V([plus, plus_negative, swapped, plus_large, minus, minus_negative, minus_large, minus_least, minus_zero, from]), X <- ?V([a, []])].

step(plus, X) -> [X + 18];
step(plus_negative, X) -> [X + -18];
step(swapped, X) -> [-67108864 + X];
step(plus_large, X) -> [X + 262892537076];
step(minus, X) -> [X - 18];
step(minus_negative, X) -> [X - (-67108864)];
step(minus_large, X) -> [X - 262892537076];
step(minus_least, X) -> [X - (-1 bsl 59)];
step(minus_zero, X) -> [X - 0];
step(from, X) -> [18 - X].
