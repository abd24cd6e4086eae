%% SPDX-License-Identifier: Apache-2.0
%% Tracing: flags of processes, calls with all kinds of patterns, returns and exceptions, natives, messages, the
%% sequential trace, system_monitor and system_profile.
-module(e_trace_test).
-export([run/0, loop/0, f/1, g/1, raises/1, reverses/1, fails/1]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    calls(),
    exceptions(),
    natives(),
    global(),
    counters(),
    forms(),
    messages(),
    of_processes(),
    inheritance(),
    infos(),
    bad(),
    sequential(),
    watching().

%% --- the traced process -------------------------------------------------------------------

loop() ->
    receive
        {From, Fun} -> From ! {done, catch Fun()}, loop();
        stop -> ok
    end.

f(X) -> g(X) + 1.
g(X) -> X * 2.
raises(X) -> erlang:error(X).
reverses(L) -> lists:reverse(L).
fails(X) -> try raises(X) catch _:_ -> caught end.

%% What is traced with these flags and patterns while a new process runs Fun.
told(Flags, Patterns, Fun) ->
    P = spawn(?MODULE, loop, []),
    P ! {self(), fun() -> ok end}, % it is in its loop when it is traced
    receive {done, ok} -> ok end,
    receive after 5 -> ok end,
    [erlang:trace_pattern(MFA, Spec, How) || {MFA, Spec, How} <- Patterns],
    erlang:trace(P, true, Flags),
    P ! {self(), Fun},
    receive {done, _} -> ok end,
    catch erlang:trace(P, false, [all]),
    [erlang:trace_pattern(MFA, false, How) || {MFA, _, How} <- Patterns],
    P ! stop,
    [plain(M, P) || M <- expect:flush(), is_trace(M)].

is_trace(M) -> is_tuple(M) andalso lists:member(element(1, M), [trace, trace_ts]).

plain(P, P) -> tracee;
plain(X, _) when X =:= self() -> me;
plain(X, _) when is_pid(X) -> other;
plain(X, _) when is_function(X) -> a_fun;
plain(X, P) when is_tuple(X) -> list_to_tuple(plain(tuple_to_list(X), P));
plain([H | T], P) -> [plain(H, P) | plain(T, P)];
plain(X, _) -> X.

own(Name, Arity) -> {?MODULE, Name, Arity}.
returns() -> [{'_', [], [{return_trace}]}].
raising() -> [{'_', [], [{exception_trace}]}].

%% --- calls ------------------------------------------------------------------------------------

calls() ->
    Own = {?MODULE, '_', '_'},
    ?T(told([call], [{Own, true, [local]}], fun() -> f(3) end)),
    ?T(told([call, arity], [{Own, true, [local]}], fun() -> f(3) end)),
    ?T(told([call, return_to], [{Own, true, [local]}], fun() -> f(3) end)),
    ?T(told([call], [{Own, returns(), [local]}], fun() -> f(3) end)),
    ?T(told([call, return_to], [{Own, returns(), [local]}], fun() -> f(3) end)),
    ?T(told([call, silent], [{Own, returns(), [local]}], fun() -> f(3) end)),
    ?T(told([call], [{own(g, 1), [{[4], [], []}], [local]}], fun() -> f(3), f(4) end)),
    ?T(told([call], [{own(g, 1), [{['$1'], [{'>', '$1', 3}], [{message, {{x, '$1'}}}]}], [local]}],
            fun() -> f(3), f(4) end)),
    ?T(told([call], [{Own, [{'_', [], [{message, {caller}}]}], [local]}], fun() -> f(3) end)),
    ?T(told([call], [{own(g, 1), [{'_', [], [{message, false}]}], [local]}], fun() -> f(3) end)),
    ?T(told([send], [{Own, true, [local]}], fun() -> f(3) end)),
    ?T(told([call, scheduler_id], [{own(g, 1), true, [local]}], fun() -> length([f(3)]) end) =/= []).

exceptions() ->
    Own = {?MODULE, '_', '_'},
    ?T(told([call], [{Own, raising(), [local]}], fun() -> fails(foo) end)),
    ?T(told([call, return_to], [{Own, raising(), [local]}], fun() -> fails(foo) end)),
    ?T(told([call, return_to], [{Own, returns(), [local]}], fun() -> fails(foo) end)),
    ?T(told([call], [{{erlang, error, 1}, raising(), [local]}], fun() -> fails(foo) end)),
    ?T(told([call], [{Own, raising(), [local]}], fun() -> catch f(atom) end)).

natives() ->
    ToList = {erlang, integer_to_list, 1},
    ?T(told([call], [{ToList, returns(), [local]}], fun() -> integer_to_list(f(3)) end)),
    ?T(told([call], [{ToList, raising(), [local]}], fun() -> catch integer_to_list(hd([x])) end)),
    ?T(told([call, return_to], [{{lists, reverse, 2}, returns(), [local]}], fun() -> reverses([1, 2, 3]) end)),
    ?T(told([call, return_to], [{{lists, reverse, 1}, true, [local]}, {{lists, reverse, 2}, returns(), [local]}],
            fun() -> reverses([1, 2, 3]) end)),
    ?T(told([call], [{{lists, reverse, 1}, true, [local]}], fun() -> apply(lists, reverse, [[1]]) end)),
    ?T(told([call], [{{erlang, put, 2}, returns(), [global]}], fun() -> put(a, 1) end)).

global() ->
    ?T(told([call], [{{?MODULE, '_', '_'}, true, [global]}], fun() -> f(3) end)),
    ?T(told([call], [{{?MODULE, '_', '_'}, returns(), [global]}], fun() -> ?MODULE:f(3) end)),
    ?T(told([call, return_to], [{own(f, 1), returns(), [global]}], fun() -> ?MODULE:f(3) end)).

counters() ->
    MFA = own(g, 1),
    ?T(erlang:trace_pattern(MFA, true, [call_count])),
    ?T(begin f(1), f(2), f(3), erlang:trace_info(MFA, call_count) end),
    ?T(erlang:trace_pattern(MFA, pause, [call_count])),
    ?T(begin f(1), erlang:trace_info(MFA, call_count) end),
    ?T(erlang:trace_pattern(MFA, restart, [call_count])),
    ?T(begin f(1), erlang:trace_info(MFA, call_count) end),
    ?T(erlang:trace_info(MFA, all)),
    ?T(erlang:trace_pattern(MFA, false, [call_count])),
    ?T(erlang:trace_info(MFA, call_count)),
    ?T(begin told([call], [{MFA, true, [call_time]}], fun() -> f(1), f(2) end) end),
    ?T(begin
           erlang:trace_pattern(MFA, true, [call_time]),
           P = spawn(?MODULE, loop, []),
           erlang:trace(P, true, [call]),
           P ! {self(), fun() -> f(1), f(2) end},
           receive {done, _} -> ok end,
           {call_time, [{Who, Calls, 0, _}]} = erlang:trace_info(MFA, call_time),
           erlang:trace_pattern(MFA, false, [call_time]),
           P ! stop,
           {Who =:= P, Calls, erlang:trace_info(MFA, call_time)}
       end).

forms() ->
    Form = fun(Body) -> told([call], [{own(g, 1), [{['$1'], [], Body}], [local]}], fun() -> f(3), f(4) end) end,
    ?T(Form([{silent, true}])),
    ?T(Form([{disable_trace, call}])),
    ?T(Form([{message, {is_seq_trace}}])),
    ?T(Form([{message, {get_seq_token}}])),
    ?T(Form([{message, {{{self}, '$1', '$_', '$$'}}}])),
    ?T(Form([{trace, [call], [send]}])),
    ?T(Form([{message, {trace, [], [send]}}])),
    ?T([is_binary(element(5, M)) || M <- Form([{message, {process_dump}}])]).

%% --- messages and processes -----------------------------------------------------------------------

messages() ->
    Me = self(),
    ?T(told([send], [], fun() -> Me ! hello, self() ! to_itself end)),
    ?T(told(['receive'], [], fun() -> self() ! a, self() ! b, receive b -> receive a -> ok end end end)),
    ?T(told(['receive'], [], fun() -> receive nothing -> ok after 1 -> late end end)),
    ?T(told([send, 'receive'], [], fun() -> self() ! a, receive a -> ok end end)),
    ?T(told([send], [], fun() -> catch (no_such_name ! hello) end)),
    ?T(begin
           erlang:trace_pattern(send, [{['_', hello], [], []}], []),
           T = told([send], [], fun() -> Me ! hello, Me ! other end),
           Info = erlang:trace_info(send, match_spec),
           erlang:trace_pattern(send, true, []),
           {T, Info, erlang:trace_info(send, match_spec)}
       end),
    ?T(begin
           erlang:trace_pattern('receive', [{['_', '_', {x, '$1'}], [], [{message, '$1'}]}], []),
           T = told(['receive'], [], fun() -> self() ! {x, 1}, self() ! y, receive y -> ok end end),
           erlang:trace_pattern('receive', true, []),
           T
       end).

of_processes() ->
    Me = self(),
    ?T(told([procs], [], fun() -> spawn(fun() -> ok end) end)),
    ?T(told([procs], [], fun() -> register(e_trace_name, self()), unregister(e_trace_name) end)),
    ?T(told([procs], [], fun() -> link(Me), unlink(Me) end)),
    ?T(told([procs], [], fun() -> spawn_link(fun() -> ok end), receive after 20 -> ok end end)),
    ?T(told([running], [], fun() -> receive after 1 -> ok end end) =/= []),
    ?T(begin
           {P, R} = spawn_monitor(fun() -> receive go -> exit(reason) end end),
           erlang:trace(P, true, [procs]),
           P ! go,
           receive {'DOWN', R, _, _, _} -> ok end,
           [plain(M, P) || M <- expect:flush()]
       end),
    ?T([element(3, M) || M <- told([garbage_collection], [], fun() -> erlang:garbage_collect() end)]).

inheritance() ->
    Child = fun() -> P = spawn(fun() -> receive stop -> ok end end), P ! stop, receive after 10 -> ok end end,
    ?T(lists:sort(told([procs, set_on_spawn], [], Child))),
    ?T(lists:sort(told([procs, set_on_first_spawn], [], fun() -> Child(), Child() end))),
    ?T(lists:sort(told([procs, set_on_link], [], fun() -> spawn_link(fun() -> ok end), receive after 10 -> ok end end))).

infos() ->
    ?T(erlang:trace_info(self(), flags)),
    ?T(erlang:trace_info(self(), tracer)),
    ?T(erlang:trace_info(new, flags)),
    ?T(erlang:trace_info(on_load, all)),
    ?T(erlang:trace_info(own(f, 1), all)),
    ?T(erlang:trace_info(own(no_such, 1), traced)),
    ?T(begin erlang:trace_pattern(own(f, 1), returns(), [local, meta]), erlang:trace_info(own(f, 1), match_spec) end),
    ?T(begin {meta, T} = erlang:trace_info(own(f, 1), meta), T =:= self() end),
    ?T(erlang:trace_info(own(f, 1), traced)),
    ?T(begin erlang:trace_pattern(own(f, 1), false, [local, meta]), erlang:trace_info(own(f, 1), traced) end),
    ?T(begin P = spawn(?MODULE, loop, []), erlang:trace(P, true, [all]), I = erlang:trace_info(P, flags), P ! stop, I end),
    ?T(begin expect:flush(), ok end).

bad() ->
    ?T(catch erlang:trace(self(), 'maybe', [call])),
    ?T(catch erlang:trace(self(), true, [no_such_flag])),
    ?T(catch erlang:trace(nobody, true, [call])),
    ?T(catch erlang:trace_pattern({a, '_', 1}, true, [local])),
    ?T(catch erlang:trace_pattern({?MODULE, '_', '_'}, [x], [local])),
    ?T(catch erlang:trace_pattern({?MODULE, '_', '_'}, true, [local, global])),
    ?T(catch erlang:trace_pattern({?MODULE, '_', '_'}, returns(), [call_count])),
    ?T(catch erlang:trace_pattern('receive', [{'_', [], [{caller}]}], [])),
    ?T(catch erlang:trace_info(self(), no_such_item)),
    ?T(catch erlang:system_monitor(self(), [no_such_thing])),
    ?T(catch erlang:system_profile(self(), [no_such_thing])).

%% --- the sequential trace ------------------------------------------------------------------------------

sequential() ->
    ?T(begin
           Me = self(),
           Tracer = spawn(fun() -> collect(Me, []) end),
           seq_trace:set_system_tracer(Tracer),
           P = spawn(fun() -> receive {From, X} -> seq_trace:print(X), From ! X end end),
           seq_trace:set_token(label, 17),
           [seq_trace:set_token(F, true) || F <- [send, 'receive', print]],
           P ! {self(), hello},
           receive hello -> ok end,
           Serial = seq_trace:get_token(serial),
           seq_trace:set_token([]),
           seq_trace:set_system_tracer(false),
           Tracer ! {report, Me},
           receive {report, L} -> {Serial, [plain(M, P) || M <- L]} end
       end),
    ?T(seq_trace:get_token()),
    ?T(seq_trace:get_system_tracer()).

collect(To, L) ->
    receive
        {report, To} -> To ! {report, lists:reverse(L)};
        M -> collect(To, [M | L])
    end.

watching() ->
    ?T(erlang:system_monitor()),
    ?T(begin
           Me = self(),
           undefined = erlang:system_monitor(self(), [{large_heap, 20000}]),
           {M, [{large_heap, 20000}]} = erlang:system_monitor(),
           {P, R} = spawn_monitor(fun() -> length(lists:seq(1, 200000)) end),
           receive {'DOWN', R, _, _, _} -> ok end,
           erlang:system_monitor(undefined),
           {M =:= Me, lists:usort([{element(1, X), element(3, X), element(2, X) =:= P} || X <- expect:flush()])}
       end),
    ?T(begin erlang:system_profile(self(), [runnable_procs]), {_, L} = erlang:system_profile(), L end),
    ?T(begin erlang:system_profile(undefined, []), expect:flush(), erlang:system_profile() end).
