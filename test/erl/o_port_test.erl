%% SPDX-License-Identifier: Apache-2.0
%% Ports: opening them, what is known of them, commands, owners, links, monitors; with files in memory as the driver.
-module(o_port_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    opening(),
    facts(),
    commands(),
    messages(),
    owners(),
    links(),
    monitors(),
    names(),
    data(),
    many().

driver() -> {spawn_driver, "ram_file_drv"}.
open() -> open([binary]).
open(Options) -> open_port(driver(), Options).

%% Opens a file in memory that has these bytes.
-define(OPEN(Bytes), <<1, 0, 0, 0, 3, Bytes/binary>>).
-define(READ, <<2, 0, 0, 0, 100>>).

flush() -> receive M -> [M | flush()] after 0 -> [] end.
later() -> receive after 20 -> flush() end.

opening() ->
    [?T(is_port(open(O))) || O <- ?V([[], [binary], [stream], [{packet, 1}], [{packet, 2}], [{packet, 4}], [{packet, 3}], [{packet, 8}], [{packet, a}], [{line, 10}], [{line, 0}], [{line, -1}], [{line, a}], [line],
        [in], [out], [in, out], [eof], [exit_status], [use_stdio], [nouse_stdio], [stderr_to_stdout], [hide], [overlapped_io], [{cd, "/"}], [{cd, 1}], [{env, []}], [{env, [{"A", "B"}]}], [{env, [{"A", false}]}],
        [{env, x}], [{env, [x]}], [{env, [{a, b}]}], [{args, []}], [{args, ["a"]}], [{arg0, "a"}], [{parallelism, true}], [{parallelism, false}], [{parallelism, a}], [bad], [{bad, 1}], [binary | x], x, [{packet, 2}, {line, 10}], [{line, 10}, {packet, 2}], [{line, 10}, stream]])],
    [?T(is_port(open([L]))) || L <- ?V([{busy_limits_port, disabled}, {busy_limits_msgq, disabled}, {busy_limits_port, {1, 2}}, {busy_limits_msgq, {1, 2}}, {busy_limits_msgq, {2, 1}}, {busy_limits_msgq, {0, 0}}, {busy_limits_msgq, {a, 1}}, {busy_limits_msgq, {1 bsl 70, 1}},
        {busy_limits_msgq, {4096, 8192}}, {busy_limits_msgq, a}, {busy_limits_port, a}, {busy_limits_port, {5, 1}}, {busy_limits_msgq, {-1, 1}}])],
    [?T(is_port(open_port(N, []))) || N <- ?V([{spawn_driver, ram_file_drv}, {spawn, "ram_file_drv"}, {spawn, ram_file_drv}, {spawn_driver, <<"ram_file_drv">>}, {spawn, <<"ram_file_drv">>}, {spawn_driver, "ram_file_drv and more"},
        {spawn_driver, "no_such_driver"}, {spawn_driver, ""}, {spawn_driver, []}, {spawn_driver, 1}, {spawn_driver, [a]}, {spawn_driver, "ram_file_drv\0x"}, {spawn_executable, "ram_file_drv"}, {fd, 0}, {fd, a, b}, {other, "x"}, 1, [], {spawn_driver, "x", 1}])],
    ?T(is_port(open_port({fd, 0, 1}, [{args, []}]))),
    ?T(length([port_close(P) || P <- owned()])),
    later().

owned() -> {links, L} = process_info(self(), links), [P || P <- L, is_port(P)].

facts() ->
    P = open([]),
    ?T([I || {K, _} = I <- erlang:port_info(P), K =/= id]),
    [?T(erlang:port_info(P, K)) || K <- ?V([registered_name, name, links, connected, input, output, os_pid, monitors, monitored_by, parallelism, locking, queue_size, bad, 1, "name", []])],
    [?T(begin {K, V} = erlang:port_info(P, K), is_integer(V) end) || K <- ?V([id, memory])],
    ?T(port_command(P, ?OPEN(<<"hello">>))),
    ?T(port_command(P, ?READ)),
    ?T(flush()),
    ?T(erlang:port_info(P, input)),
    ?T(erlang:port_info(P, output)),
    register(a_port_of_ours, P),
    ?T([I || {K, _} = I <- erlang:port_info(a_port_of_ours), K =/= id]),
    ?T(erlang:port_info(a_port_of_ours, registered_name)),
    ?T(lists:member(P, erlang:ports())),
    ?T(port_close(a_port_of_ours)),
    ?T(lists:member(P, erlang:ports())),
    [?T(erlang:port_info(W)) || W <- ?V([P, a_port_of_ours, self(), 1, "x", init])],
    [?T(erlang:port_info(W, I)) || W <- ?V([P, a_port_of_ours, self(), 1, init]), I <- ?V([name, bad, registered_name])],
    Q = open([{parallelism, true}]),
    ?T(erlang:port_info(Q, parallelism)),
    ?T(begin {{input, I}, {output, O}} = statistics(io), {is_integer(I), is_integer(O)} end),
    ?T(port_close(Q)),
    R = open_port({spawn_driver, "ram_file_drv with  words "}, []),
    ?T(erlang:port_info(R, name)),
    ?T(port_close(R)),
    later().

commands() ->
    P = open(),
    [?T(port_command(P, C)) || C <- ?V([[], <<>>, [?OPEN(<<"ab">>)], [1, [0, 0], <<0, 3>> | <<"abc">>], a, [a], [256], [1 | 2], 1, [-1]])],
    [?T(port_command(P, ?READ, O)) || O <- ?V([[], [nosuspend], [force], [force, nosuspend], [bad], [nosuspend | x], x])],
    ?T(later()),
    [?T(port_command(W, "x")) || W <- ?V([no_such_port, self(), 1, {a, node()}])],
    [?T(port_command(W, "x", [nosuspend])) || W <- ?V([no_such_port, self()])],
    [?T(port_control(P, O, D)) || {O, D} <- ?V([{0, ""}, {1, <<>>}, {-1, ""}, {1 bsl 32, ""}, {a, ""}, {1, a}])],
    [?T(erlang:port_call(P, O, D)) || {O, D} <- ?V([{0, ""}, {-1, ""}, {1 bsl 32, ""}, {a, ""}])],
    ?T(erlang:port_call(P, x)),
    [?T(port_control(W, 1, "")) || W <- ?V([no_such_port, self(), 1])],
    [?T(erlang:port_call(W, 1, "")) || W <- ?V([no_such_port, self(), 1])],
    ?T(port_close(P)),
    [?T(port_close(W)) || W <- ?V([P, no_such_port, self(), 1])],
    [?T(port_command(P, "x")) || _ <- ?V([1])],
    ?T(port_command(P, "x", [bad])),
    ?T(port_control(P, 1, "x")),
    ?T(later()).

messages() ->
    P = open(),
    ?T(P ! {self(), {command, ?OPEN(<<"abc">>)}}),
    ?T(P ! {self(), {command, [?READ]}}),
    ?T(later()),
    [?T(begin Q = open(), Q ! M, R = later(), catch port_close(Q), later(), R end) || M <- ?V([close, {self(), bad}, {self(), {bad, 1}}, {self(), {command, a}}, {self(), {connect, a}}, {whereis(init), close}, {whereis(init), {command, "x"}}, {a, close}, 1, {self(), {command, "x"}, 1}, {init, close}])],
    ?T(P ! {self(), {connect, self()}}),
    ?T(later()),
    register(a_port_of_ours, P),
    ?T(a_port_of_ours ! {self(), {command, ?READ}}),
    ?T({a_port_of_ours, node()} ! {self(), {command, ?READ}}),
    ?T(erlang:send(P, {self(), {command, ?READ}}, [nosuspend])),
    ?T(erlang:send_nosuspend(P, {self(), {command, ?READ}})),
    ?T(later()),
    ?T(P ! {self(), close}),
    ?T(later()),
    ?T(P ! {self(), close}),
    ?T(later()),
    ?T(a_port_of_ours ! {self(), close}).

owners() ->
    Me = self(),
    [?T(begin P = open(), R = (catch erlang:port_connect(P, W)), {connected, C} = erlang:port_info(P, connected), L = erlang:port_info(P, links), port_close(P), {R, C =:= Me, L, later()} end) || W <- ?V([self(), a, 1, init])],
    ?T(begin P = open(), D = spawn(fun() -> ok end), later(), R = (catch erlang:port_connect(P, D)), I = erlang:port_info(P, connected), port_close(P), {R, I, later()} end),
    P = open(),
    Other = spawn_link(fun F() -> receive {call, From, Fun} -> From ! {answer, Fun()}, F(); {'EXIT', _, _} = E -> exit(E); M -> Me ! {other, M}, F() end end),
    Call = fun(F) -> Other ! {call, self(), F}, receive {answer, A} -> A after 1000 -> none end end,
    ?T(port_connect(P, Other)),
    ?T(length(element(2, erlang:port_info(P, links)))),
    ?T(port_command(P, ?OPEN(<<"xyz">>))),
    ?T(later()),
    ?T(P ! {Me, {command, ?READ}}),
    ?T(later()),
    ?T(begin Q = open(), port_connect(Q, Other), Q ! {Other, {command, ?OPEN(<<"xyz">>)}}, R = later(), unlink(Q), catch port_close(Q), {R, later()} end),
    ?T(Call(fun() -> is_list(catch erlang:ports()) end)),
    ?T(is_process_alive(Other)),
    ?T(begin exit(Other, kill), later() end),
    ?T(erlang:port_info(P)).

links() ->
    ?T(begin P = open(), A = unlink(P), L1 = erlang:port_info(P, links), B = link(P), L2 = erlang:port_info(P, links), port_close(P), {A, B, L1, L2, later()} end),
    ?T(begin P = open(), unlink(P), port_close(P), later() end),
    ?T(begin P = open(), port_close(P), {catch link(P), later()} end),
    ?T(begin P = open(), port_close(P), later(), {unlink(P), later()} end),
    [?T(begin P = open(), R = exit(P, Why), {R, later(), erlang:port_info(P, name)} end) || Why <- ?V([normal, kill, other, {a, b}])],
    [?T(begin P = open(), S = spawn(fun() -> exit(P, Why) end), M = later(), I = erlang:port_info(P, name), catch port_close(P), later(), {is_pid(S), M, I} end) || Why <- ?V([normal, kill, other])],
    [?T(begin P = open(), spawn(fun() -> link(P), exit(Why) end), M = later(), I = erlang:port_info(P, name), catch port_close(P), later(), {M, I} end) || Why <- ?V([normal, kill, other])],
    [?T(begin Me = self(), S = spawn(fun() -> P = open(), Me ! P, receive after infinity -> ok end end), P = receive Q -> Q end, exit(S, Why), later(), erlang:port_info(P, name) end) || Why <- ?V([kill, other])],
    [?T(begin Me = self(), spawn(fun() -> P = open(), Me ! P, exit(Why) end), P = receive Q -> Q end, later(), erlang:port_info(P, name) end) || Why <- ?V([normal, other])],
    ?T(begin Me = self(), S = spawn(fun() -> P = open(), Me ! P, receive after infinity -> ok end end), P = receive Q -> Q end, R = monitor(process, S), exit(P, stopped), receive {'DOWN', R, _, _, Why} -> Why after 1000 -> none end end).

monitors() ->
    P = open(),
    R = monitor(port, P),
    ?T(erlang:port_info(P, monitored_by)),
    ?T(erlang:port_info(P, monitors)),
    ?T(process_info(self(), monitors)),
    ?T(demonitor(R)),
    ?T(erlang:port_info(P, monitored_by)),
    R2 = monitor(port, P),
    register(a_port_of_ours, P),
    R3 = monitor(port, a_port_of_ours),
    R4 = monitor(port, {a_port_of_ours, node()}),
    ?T(lists:sort(element(2, process_info(self(), monitors)))),
    ?T(length(element(2, erlang:port_info(P, monitored_by)))),
    ?T(port_close(P)),
    ?T([{case Ref of R2 -> 2; R3 -> 3; R4 -> 4 end, T, W, Y} || {_, Ref, T, W, Y} <- lists:keysort(2, [M || {'DOWN', _, _, _, _} = M <- later()])]),
    ?T(is_reference(monitor(port, P))),
    ?T(is_reference(monitor(port, a_port_of_ours))),
    ?T(is_reference(monitor(port, {a_port_of_ours, node()}))),
    ?T(later()),
    [?T(monitor(port, W)) || W <- ?V([self(), 1, "x", {a, b, c}, {1, node()}])],
    ?T(monitor(process, P)),
    [?T(begin Q = open(), unlink(Q), monitor(port, Q), exit(Q, Why), [{T, Y} || {'DOWN', _, T, _, Y} <- later()] end) || Why <- ?V([kill, other])],
    ?T(begin Q = open(), unlink(Q), Ref = monitor(port, Q), demonitor(Ref, [flush]), port_close(Q), {demonitor(Ref, [info]), later()} end),
    ?T(begin Q = open(), unlink(Q), monitor(port, Q, [{tag, mine}]), port_close(Q), [{A, T} || {A, _, T, _, _} <- later()] end).

names() ->
    P = open(),
    ?T(register(a_port_of_ours, P)),
    ?T(register(a_port_of_ours, P)),
    ?T(register(another_name, P)),
    ?T(whereis(a_port_of_ours)),
    ?T(erlang:port_info(P, registered_name)),
    ?T(unregister(a_port_of_ours)),
    ?T(erlang:port_info(P, registered_name)),
    ?T(register(another_name, P)),
    ?T(port_close(another_name)),
    ?T(whereis(another_name)),
    ?T(register(another_name, P)),
    ?T(later()).

data() ->
    P = open(),
    ?T(erlang:port_get_data(P)),
    [?T({erlang:port_set_data(P, D), erlang:port_get_data(P)}) || D <- ?V([a, {1, [2, <<3:5>>]}, lists:seq(1, 100), binary:copy(<<"x">>, 100)])],
    ?T(port_close(P)),
    ?T(erlang:port_get_data(P)),
    ?T(erlang:port_set_data(P, 1)),
    later().

many() ->
    ?T(begin L = [open() || _ <- lists:seq(1, 500)], N = length([P || P <- L, port_close(P)]), {N, length(lists:usort(L)), length(later())} end).
