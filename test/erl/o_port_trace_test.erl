%% SPDX-License-Identifier: Apache-2.0
%% Tracing of ports: flags ports, send, receive, running_ports; who is meant; tracers that are ports.
-module(o_port_trace_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    which(),
    lives(),
    commands(),
    owners(),
    scheduling(),
    stamps(),
    tracers().

-define(OPEN(Bytes), <<1, 0, 0, 0, 3, Bytes/binary>>).
-define(READ, <<2, 0, 0, 0, 100>>).

open() -> open([binary]).
open(Options) -> open_port({spawn_driver, "ram_file_drv"}, Options).

flush() -> receive M -> [M | flush()] after 0 -> [] end.
later() -> receive after 20 -> ok end, R = erlang:trace_delivered(all), receive {trace_delivered, all, R} -> ok end, flush().

%% What is told of Fun(Port), with these flags for the port alone.
traced(Flags, Fun) -> traced([binary], Flags, Fun).
traced(Options, Flags, Fun) ->
    P = open(Options),
    later(),
    erlang:trace(P, true, Flags),
    R = (catch Fun(P)),
    M = later(),
    catch port_close(P),
    later(),
    {R, M}.

%% What is told when Fun opens ports.
opened(Flags, Fun) ->
    erlang:trace(new_ports, true, Flags),
    R = (catch Fun()),
    erlang:trace(new_ports, false, [all]),
    M = later(),
    [catch port_close(P) || P <- owned()],
    later(),
    {R, M}.

owned() -> {links, L} = process_info(self(), links), [P || P <- L, is_port(P)].

which() ->
    P = open(),
    [?T(begin N1 = erlang:trace(W, true, [F]), Q = open(), R = [{erlang:trace_info(X, flags), erlang:trace_info(X, tracer)} || X <- [P, Q]], I = [catch erlang:trace_info(X, flags) || X <- [new, new_ports, new_processes]],
              erlang:trace(all, false, [all]), port_close(Q), later(), {N1 > 0, R, I} end) || W <- ?V([ports, existing_ports, new_ports, all, existing, new]), F <- ?V([ports, running_ports, send])],
    [?T({erlang:trace(P, true, [F]), erlang:trace_info(P, flags), erlang:trace(P, false, [F]), erlang:trace_info(P, flags)}) || F <- ?V([ports, send, 'receive', running_ports, running, procs, call, all, timestamp, set_on_spawn, garbage_collection, silent, exiting])],
    later(),
    [?T(erlang:trace(W, true, [ports])) || W <- ?V([no_port, 1, "x"])],
    ?T(begin erlang:trace(P, true, [ports]), port_close(P), later(), {erlang:trace_info(P, flags), erlang:trace_info(P, tracer), erlang:trace_info(P, bad)} end),
    ?T(erlang:trace(P, true, [ports])).

lives() ->
    ?T(opened([ports], fun() -> open() end)),
    ?T(opened([ports], fun() -> open_port({spawn_driver, "ram_file_drv with words"}, []) end)),
    ?T(opened([ports, send, 'receive'], fun() -> P = open(), port_close(P) end)),
    ?T(opened([ports, send, 'receive'], fun() -> P = open(), P ! {self(), close} end)),
    ?T(opened([ports], fun() -> catch open_port({spawn_driver, "ram_file_drv"}, [exit_status]) end)),
    ?T(traced([ports], fun(P) -> register(a_traced_port, P), unregister(a_traced_port), register(a_traced_port, P) end)),
    ?T(traced([ports], fun(P) -> register(a_traced_port, P), port_close(P) end)),
    ?T(traced([ports], fun(P) -> unlink(P), link(P), unlink(P), unlink(P) end)),
    ?T(traced([ports], fun(P) -> link(P), link(P) end)),
    ?T(traced([ports], fun(P) -> S = spawn(fun() -> link(P), receive stop -> ok end end), later(), S ! stop, later() end)),
    ?T(traced([ports], fun(P) -> spawn(fun() -> link(P), exit(oops) end), later() end)),
    [?T(traced([ports, send, 'receive'], fun(P) -> exit(P, Why) end)) || Why <- ?V([normal, kill, other])],
    [?T(traced([ports, 'receive'], fun(P) -> spawn(fun() -> exit(P, Why) end), later() end)) || Why <- ?V([normal, kill, other])],
    ?T(traced([ports, send, 'receive'], fun(P) -> R = monitor(port, P), demonitor(R), monitor(port, P), port_close(P) end)).

commands() ->
    F = [send, 'receive'],
    ?T(traced(F, fun(P) -> port_command(P, ?OPEN(<<"abc">>)) end)),
    ?T(traced(F, fun(P) -> port_command(P, [1, 0, 0, [0, 3], <<"abc">>]) end)),
    ?T(traced(F, fun(P) -> port_command(P, [?OPEN(<<"abc">>), binary:copy(<<"x">>, 100)]) end)),
    ?T(traced(F, fun(P) -> port_command(P, []) end)),
    ?T(traced(F, fun(P) -> P ! {self(), {command, ?OPEN(<<"abc">>)}} end)),
    ?T(traced(F, fun(P) -> P ! {self(), {command, [?OPEN(<<"abc">>), "d"]}}, P ! {self(), {command, ?READ}} end)),
    ?T(traced([{packet, 2}, binary], F, fun(P) -> port_command(P, [?OPEN(<<"abc">>), "d"]) end)),
    ?T(traced([], F, fun(P) -> port_command(P, ?OPEN(<<"abc">>)), port_command(P, ?READ) end)),
    ?T(traced([send], fun(P) -> port_command(P, ?OPEN(<<"abc">>)), port_command(P, ?READ) end)),
    ?T(traced(['receive'], fun(P) -> port_command(P, ?OPEN(<<"abc">>)), port_command(P, ?READ) end)),
    ?T(traced(F, fun(P) -> port_command(P, a) end)),
    ?T(traced(F, fun(P) -> port_control(P, 1, "x") end)),
    ?T(traced(F, fun(P) -> erlang:port_call(P, 1, x) end)),
    [?T(traced(F, fun(P) -> P ! M, later() end)) || M <- ?V([{self(), close}, {self(), bad}, {self(), {bad, 1}}, {self(), {command, a}}, {whereis(init), close}, {whereis(init), {command, "x"}}, {a, close}, 1])],
    ?T(traced(F, fun(P) -> port_close(P) end)),
    ?T(traced(F, fun(P) -> erlang:port_info(P, name), erlang:port_info(P), erlang:port_set_data(P, 1) end)).

owners() ->
    F = [send, 'receive', ports],
    Wait = fun() -> spawn(fun() -> receive stop -> ok end end) end,
    ?T(traced(F, fun(P) -> erlang:port_connect(P, Wait()), unlink(P), port_close(P) end)),
    ?T(traced(F, fun(P) -> P ! {self(), {connect, Wait()}}, later() end)),
    ?T(traced(F, fun(P) -> P ! {self(), {connect, self()}}, later() end)),
    ?T(traced(F, fun(P) -> erlang:port_connect(P, self()) end)),
    ?T(traced(F, fun(P) -> P ! {self(), {connect, a}}, later() end)),
    ?T(traced(F, fun(P) -> catch erlang:port_connect(P, a) end)),
    ?T(traced(F, fun(P) -> S = Wait(), erlang:port_connect(P, S), unlink(P), port_command(P, ?OPEN(<<"x">>)), later() end)),
    ?T(traced(F, fun(P) -> S = Wait(), erlang:port_connect(P, S), unlink(P), exit(S, kill), later() end)).

scheduling() ->
    ?T(opened([running_ports], fun() -> P = open(), port_close(P) end)),
    ?T(traced([running_ports], fun(P) -> port_command(P, ?OPEN(<<"abc">>)) end)),
    ?T(traced([running_ports], fun(P) -> catch port_control(P, 1, "x") end)),
    ?T(traced([running_ports], fun(P) -> catch erlang:port_call(P, 1, x) end)),
    ?T(traced([running_ports], fun(P) -> erlang:port_info(P, name) end)),
    ?T(traced([running_ports], fun(P) -> erlang:port_connect(P, self()) end)),
    ?T(traced([running_ports, ports], fun(P) -> unlink(P), later(), link(P), link(P) end)),
    ?T(traced([running_ports, ports], fun(P) -> unlink(P), unlink(P), later() end)),
    ?T(traced([running_ports], fun(P) -> demonitor(monitor(port, P)), later() end)),
    ?T(traced([running_ports], fun(P) -> P ! {self(), {command, ?OPEN(<<"abc">>)}}, later() end)),
    [?T(traced([running_ports], fun(P) -> P ! M, later() end)) || M <- ?V([bad, {self(), bad}, {self(), close}, {self(), {connect, self()}}, {whereis(init), close}, {self(), {command, a}}])],
    ?T(traced([running_ports], fun(P) -> catch port_command(P, a), later() end)),
    ?T(traced([running_ports], fun(P) -> exit(P, other), later() end)),
    ?T(traced([running_ports], fun(P) -> spawn(fun() -> link(P), exit(other) end), later() end)),
    ?T(traced([running_ports], fun(P) -> register(a_traced_port, P), erlang:port_set_data(P, 1) end)),
    [?T(by_another(F)) || F <- [fun(P) -> port_command(P, ?OPEN(<<"abc">>)) end, fun(P) -> catch port_command(P, a) end, fun(P) -> catch port_control(P, 1, "") end, fun(P) -> erlang:port_info(P, name) end,
        fun(P) -> link(P), unlink(P) end, fun(P) -> demonitor(monitor(port, P)) end, fun(P) -> exit(P, kill) end, fun(P) -> port_close(P) end, fun(P) -> P ! bad end, fun(P) -> erlang:port_set_data(P, 1) end]],
    ?T(begin erlang:system_profile(self(), [runnable_ports]), P = open(), port_command(P, ?OPEN(<<"abc">>)), port_close(P), R = later(), erlang:system_profile(undefined, []), [setelement(5, M, time) || {profile, _, _, _, _} = M <- R] end),
    ?T(traced([running_ports], fun(P) -> port_close(P) end)),
    ?T(traced([running_ports, send, 'receive'], fun(P) -> port_command(P, ?OPEN(<<"abc">>)) end)).

%% Another process asks something of the port: both are traced.  Where the other one was is left out.
by_another(F) ->
    Me = self(),
    P = open(),
    S = spawn(fun() -> receive go -> F(P), Me ! done, receive stop -> ok end end end),
    later(),
    erlang:trace(S, true, [running_procs]),
    erlang:trace(P, true, [running_ports]),
    S ! go,
    receive done -> ok end,
    R = later(),
    erlang:trace(S, false, [all]),
    S ! stop,
    catch port_close(P),
    later(),
    [case M of {trace, S, T, _} -> {process, T}; _ -> M end || M <- R].

stamps() ->
    [?T(begin {_, [M | _]} = traced(['receive', S], fun(P) -> port_command(P, ?OPEN(<<"abc">>)) end), {element(1, M), tuple_size(M), shape(element(tuple_size(M), M))} end) || S <- ?V([timestamp, monotonic_timestamp, strict_monotonic_timestamp, scheduler_id])].

shape(T) when is_tuple(T) -> list_to_tuple([is_integer(E) || E <- tuple_to_list(T)]);
shape(T) -> is_integer(T).

%% A port is told in the external format.
tracers() ->
    ?T(begin P = open(), T = open(), port_command(T, ?OPEN(<<>>)), later(), R = {erlang:trace(P, true, [ports, {tracer, T}]), element(1, erlang:trace_info(P, tracer))}, port_close(T), I = erlang:trace_info(P, tracer), port_close(P), later(), {R, I} end),
    ?T(begin P = open(), erlang:trace(P, true, [ports, {tracer, P}]) end),
    ?T(erlang:trace(self(), true, [call, {tracer, no_port}])),
    later().
