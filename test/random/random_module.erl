%% SPDX-License-Identifier: Apache-2.0
%%
%% A whole module from a seed: a record, a handful of functions each of which calls those that follow it, and cases/0
%% with arguments for them.
-module(random_module).
-export([module/1, options/1]).

-include("random.hrl").
-import(random_pick, [n/1, between/2, chance/1, one/1, weighted/1, some/2, fresh/1, line/0]).
-import(random_expr, [literal/1, var/1]).

%% {Name, Forms, Options of the compiler}.
module(Seed) ->
    random_pick:start(Seed),
    Name = list_to_atom("random_" ++ integer_to_list(Seed)),
    Functions = functions(2 + n(6), []),
    Exported = [F || F <- Functions, chance(75)] ++ [hd(Functions)],
    Cases = lists:append([cases(F) || F <- lists:usort(Exported)]),
    Exports = lists:usort([{F, length(Types)} || {F, Types, _, _} <- Exported]),
    Options = options(Name),
    Forms =
        [{attribute, 1, file, {atom_to_list(Name) ++ ".erl", 1}}, {attribute, 1, module, Name}, {attribute, 1, export, [{cases, 0} | Exports]},
         {attribute, 1, record, {r, [{record_field, 1, {atom, 1, a}}, {record_field, 1, {atom, 1, b}, literal(one([1, x, [], 2.5]))}, {record_field, 1, {atom, 1, c}}]}},
         {function, line(), cases, 0, [{clause, line(), [], [], [list(Cases)]}]}]
        ++ [Form || {_, _, _, Form} <- Functions] ++ [{eof, line()}],
    {Name, Forms, Options}.

%% Other options give other instructions for the same statements.
options(_) ->
    Release = list_to_integer(erlang:system_info(otp_release)),
    one([[], [], [no_copt], [no_ssa_opt], [no_type_opt], [inline], [inline, {inline_size, 100}, {inline_effort, 500}], [no_bool_opt, no_bsm_opt],
         [no_copt, no_ssa_opt, no_bool_opt, no_share_opt, no_bsm_opt, no_recv_opt, no_type_opt, no_module_opt], [no_stack_trimming, no_share_opt],
         [no_fun_opt, no_module_opt], [no_recv_opt, no_postopt], [list_to_atom("r" ++ integer_to_list(Release - 1))], [list_to_atom("r" ++ integer_to_list(Release - 2))]]).

list([H | T]) -> {cons, line(), H, list(T)};
list([]) -> {nil, line()}.

%% The last function first: it can call nothing.
functions(0, Known) -> Known;
functions(N, Known) ->
    Name = list_to_atom("f" ++ integer_to_list(N)),
    E = #env{funs = [{F, Types, R} || {F, Types, R, _} <- Known], depth = one([2, 3, 3, 4])},
    Function = case chance(35) of
        true -> random_loop:recursive(Name, random_value:type(), E);
        false -> plain(Name, E)
    end,
    functions(N - 1, [Function | Known]).

plain(Name, E) ->
    Types = [parameter() || _ <- lists:seq(1, one([0, 1, 1, 2, 2, 3, 4, 6]))],
    Result = random_value:type(),
    Tick = [random_expr:remote(random_run, tick, []) || E#env.funs =/= []],
    Clauses = case chance(40) of
        true -> random_expr:clauses(Types, Result, E);
        false ->
            {Patterns, Vars} = random_pattern:variables(Types),
            [{clause, line(), Patterns, [], random_expr:body(Result, E#env{vars = Vars}, n(5))}]
    end,
    {Name, Types, Result, {function, line(), Name, length(Types), [setelement(5, C, Tick ++ element(5, C)) || C <- Clauses]}}.

parameter() ->
    case chance(10) of
        true -> T = random_value:type(), {fn, [T || _ <- lists:seq(1, n(2))], random_value:type()};
        false -> random_value:type()
    end.

%% Calls with arguments of the types, now and then of another.
cases({Name, Types, _, _}) ->
    Arity = length(Types),
    Options = one([[], [], [{min_heap_size, one([1, 100, 5000])}], [{fullsweep_after, one([0, 1])}], [{message_queue_data, off_heap}], [{min_bin_vheap_size, 1}], [{priority, low}]]),
    [{tuple, line(), [literal(Options), {'fun', line(), {function, Name, Arity}}, list([argument(T) || T <- Types])]}
     || _ <- lists:seq(1, case Arity of 0 -> 1; _ -> between(2, 5) end)].

argument(T) ->
    case chance(7) of
        true -> literal(random_value:value(any));
        false -> argument_of(T)
    end.

argument_of({fn, Types, Result}) -> random_expr:function(Types, Result, #env{depth = 1, effects = false});
argument_of(T) -> literal(random_value:value(T)).
