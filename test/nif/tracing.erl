%% SPDX-License-Identifier: Apache-2.0
%% Tracers that are modules of native code (tracing.c): what they are asked and told.
-module(tracing).
-export([main/1, enabled/3, trace/5, trace_ports/5, enabled_ports/3, trace_garbage_collection/5, f/1, g/1]).
-on_load(load/0).

load() -> erlang:load_nif("./tracing", 0).
enabled(_, _, _) -> erlang:nif_error(not_loaded).
trace(_, _, _, _, _) -> erlang:nif_error(not_loaded).
trace_ports(_, _, _, _, _) -> erlang:nif_error(not_loaded).
enabled_ports(_, _, _) -> erlang:nif_error(not_loaded).
trace_garbage_collection(_, _, _, _, _) -> erlang:nif_error(not_loaded).

f(X) -> g(X).
g(raise) -> error(raised);
g(X) -> [X].

main(_) ->
    process_flag(trap_exit, true),
    setting(),
    events(),
    returns(),
    over(),
    meta(),
    match_specs(),
    ports(),
    sequential(),
    many().

say(What, Value) -> io:format("~s: ~0tp~n", [What, plain(Value)]).

plain(T) when is_tuple(T) -> list_to_tuple(plain(tuple_to_list(T)));
plain([H | T]) -> [plain(H) | plain(T)];
plain(M) when is_map(M) -> maps:map(fun(_, V) -> plain(V) end, M);
plain(P) when is_pid(P) -> pid;
plain(P) when is_port(P) -> port;
plain(R) when is_reference(R) -> ref;
plain(F) when is_function(F) -> function;
plain(T) -> T.

flush() -> receive M -> [M | flush()] after 20 -> [] end.

state(Asked) -> {Asked, self(), {more, [fun() -> ok end, binary:copy(<<"x">>, 70)]}}.

%% A process that does what it is told to, traced with these flags.
traced(Flags, Asked, Fun) ->
    Me = self(),
    P = spawn(fun F() -> receive {do, G} -> catch G(), Me ! did, F(); stop -> ok end end),
    State = state(Asked),
    erlang:trace(P, true, [{tracer, ?MODULE, State} | Flags]),
    P ! {do, Fun},
    receive did -> ok after 1000 -> none end,
    R = flush(),
    Info = {erlang:trace_info(P, flags), erlang:trace_info(P, tracer) =:= {tracer, {?MODULE, State}}},
    exit(P, kill),
    flush(),
    %% The state is told with each; where a process was is not the same everywhere.
    {[case M of {W, T, {more, [_, _]}, Id, _, O} when T =:= in; T =:= out -> {W, T, Id, place, O}; {W, T, {more, [_, _]}, Id, X, O} -> {W, T, Id, X, O}; _ -> M end || M <- R], Info}.

setting() ->
    say("none", erlang:trace_info(self(), tracer)),
    [say("refused", catch_reason(fun() -> erlang:trace(self(), true, [call, T]) end)) || T <- [{tracer, no_such_module, []}, {tracer, lists, []}, {tracer, ?MODULE}, {tracer, 1, []}, {tracer, ?MODULE, 1, 2}]],
    P = spawn(fun() -> receive stop -> ok end end),
    say("set", erlang:trace(P, true, [call, {tracer, ?MODULE, state(#{})}])),
    say("known", erlang:trace_info(P, tracer)),
    say("the same", erlang:trace(P, true, [send, {tracer, ?MODULE, state(#{})}])),
    say("flags", erlang:trace_info(P, flags)),
    say("off", erlang:trace(P, false, [call, send])),
    say("none", erlang:trace_info(P, tracer)),
    say("erl_tracer", erlang:trace(P, true, [call, {tracer, erl_tracer, self()}])),
    say("erl_tracer", erlang:trace_info(P, tracer)),
    erlang:trace(P, false, [all]),
    say("new", erlang:trace(new_processes, true, [procs, {tracer, ?MODULE, a}])),
    say("new", erlang:trace_info(new_processes, tracer)),
    erlang:trace(new_processes, false, [procs]),
    exit(P, kill),
    flush().

catch_reason(F) -> try F() catch _:R -> R end.

events() ->
    All = maps:from_list([{T, trace} || T <- [send, 'receive', send_to_non_existing_process, call, spawn, link, unlink, register, unregister, exit]]),
    Me = self(),
    say("send", traced([send], All, fun() -> Me ! {a, message} end)),
    say("discarded", traced([send], #{}, fun() -> Me ! {a, message} end)),
    say("nobody", traced([send], All, fun() -> spawn(fun() -> ok end) ! x, receive after 10 -> ok end end)),
    say("receive", traced(['receive'], All, fun() -> self() ! hello, receive hello -> ok end end)),
    say("procs", traced([procs], All, fun() -> register(a_traced_one, self()), unregister(a_traced_one) end)),
    say("spawn", traced([procs], #{spawn => trace}, fun() -> spawn(lists, seq, [1, 3]) end)),
    say("stamps", [begin {[{_, _, _, _, #{timestamp := T}} | _], _} = traced(['receive', S], All, fun() -> ok end), T end || S <- [timestamp, monotonic_timestamp, strict_monotonic_timestamp]]),
    {Gc, _} = traced([garbage_collection], #{gc_major_start => trace, gc_major_end => trace}, fun() -> erlang:garbage_collect() end),
    say("garbage", [{W, T} || {W, T, _, _, _} <- Gc]),
    {Run, _} = traced([running], #{in => trace}, fun() -> receive after 5 -> ok end end),
    say("running", lists:usort([{W, T} || {W, T, _, _, _} <- Run])).

returns() ->
    erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{exception_trace}]}], [local]),
    erlang:trace_pattern({?MODULE, g, 1}, true, [local]),
    C = #{call => trace},
    say("call", traced([call], C, fun() -> ?MODULE:f(1) end)),
    say("exception", traced([call], C, fun() -> ?MODULE:f(raise) end)),
    say("arity", traced([call, arity], C, fun() -> ?MODULE:f(1) end)),
    say("return_to", element(2, traced([call, return_to], C, fun() -> ?MODULE:f(1) end))),
    say("discarded", traced([call], #{}, fun() -> ?MODULE:f(1) end)),
    erlang:trace_pattern({?MODULE, '_', '_'}, false, [local]).

%% A tracer that does not want any more.
over() ->
    erlang:trace_pattern({?MODULE, f, 1}, true, [local]),
    say("status", traced([call], #{trace_status => remove}, fun() -> ?MODULE:f(1) end)),
    say("status", traced([send, procs], #{trace_status => remove, send => trace}, fun() -> ok end)),
    say("wrong state", begin P = spawn(fun() -> receive go -> ?MODULE:f(1) end end), erlang:trace(P, true, [call, {tracer, ?MODULE, none}]), P ! go, [catch erlang:trace_info(P, tracer), flush()] end),
    erlang:trace_pattern({?MODULE, '_', '_'}, false, [local]).

meta() ->
    State = state(#{call => trace}),
    say("meta", erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{return_trace}]}], [{meta, ?MODULE, State}])),
    say("info", element(2, erlang:trace_info({?MODULE, f, 1}, meta)) =:= {?MODULE, State}),
    ?MODULE:f(1),
    say("told", flush()),
    erlang:trace_pattern({?MODULE, f, 1}, true, [{meta, ?MODULE, state(#{trace_status => remove})}]),
    ?MODULE:f(1),
    say("over", {flush(), erlang:trace_info({?MODULE, f, 1}, meta)}),
    erlang:trace_pattern({?MODULE, f, 1}, false, [meta]).

match_specs() ->
    Me = self(),
    C = #{call => trace},
    erlang:trace_pattern({?MODULE, f, 1}, [{['$1'], [], [{message, {{got, '$1'}}}]}], [local]),
    say("message", traced([call], C, fun() -> ?MODULE:f(7) end)),
    Set = {tracer, ?MODULE, state(C)},
    erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{trace, [], [call, {const, Set}]}]}], [{meta, Me}]),
    P = spawn(fun() -> receive go -> ?MODULE:f(1), ?MODULE:f(2), receive stop -> ok end end end),
    P ! go,
    receive after 20 -> ok end,
    say("info", {erlang:trace_info(P, flags), [element(1, M) || M <- flush()]}),
    erlang:trace_pattern({?MODULE, f, 1}, false, [meta, local]),
    exit(P, kill).

ports() ->
    P = open_port({spawn_driver, "ram_file_drv"}, [binary]),
    erlang:trace(P, true, [ports, {tracer, ?MODULE, state(#{})}]),
    unlink(P),
    link(P),
    register(a_port, P),
    port_close(P),
    say("ports", [setelement(3, M, more) || M <- flush(), element(1, M) =/= 'EXIT']).

sequential() ->
    State = state(#{seq_trace => trace}),
    say("set", seq_trace:set_system_tracer({?MODULE, State})),
    say("get", seq_trace:get_system_tracer() =:= {?MODULE, State}),
    seq_trace:set_token(label, 17),
    seq_trace:set_token(print, true),
    seq_trace:print(17, "text"),
    seq_trace:set_token([]),
    say("told", [setelement(3, M, more) || M <- flush()]),
    say("off", seq_trace:set_system_tracer(false) =:= {?MODULE, State}),
    say("bad", catch_reason(fun() -> seq_trace:set_system_tracer({lists, []}) end)).

%% States that nobody has any more are forgotten, those in use are not.
many() ->
    Kept = spawn(fun() -> receive stop -> ok end end),
    State = state(#{kept => trace}),
    erlang:trace(Kept, true, [call, {tracer, ?MODULE, State}]),
    P = spawn(fun() -> receive stop -> ok end end),
    [begin erlang:trace(P, true, [call, {tracer, ?MODULE, {#{}, self(), {I, lists:seq(1, 100)}}}]), erlang:trace(P, false, [all]) end || I <- lists:seq(1, 20000)],
    say("kept", erlang:trace_info(Kept, tracer) =:= {tracer, {?MODULE, State}}).
