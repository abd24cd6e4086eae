%% SPDX-License-Identifier: Apache-2.0
%% Traces in files: the driver trace_file_drv behind dbg:trace_port(file, ...), one file or a row of them.
-module(o_trace_file_test).
-export([run/0, f/1]).
-include("expect.hrl").

%% Both builds of this module are run at the same time.
-define(FOLDER, ("/tmp/mote_trace_file_test_" ++ filename:basename(filename:dirname(code:which(?MODULE))))).
-define(NAME, (?FOLDER ++ "/trace")).

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    %% Where it is a file it has to be loaded; elsewhere it is there already.
    try erl_ddll:load_driver(filename:join(code:priv_dir(runtime_tools), "lib"), "trace_file_drv") catch _:_ -> ok end,
    empty(),
    file:make_dir(?FOLDER),
    plain(),
    rows(),
    times(),
    traces(),
    wrong(),
    empty(),
    file:del_dir(?FOLDER).

f(X) -> {X}.

open(Arguments) -> open_port({spawn, "trace_file_drv " ++ Arguments}, [eof]).
empty() -> {ok, Names} = case file:list_dir(?FOLDER) of {ok, N} -> {ok, N}; _ -> {ok, []} end, [file:delete(?FOLDER ++ "/" ++ F) || F <- Names], length(Names).
files() -> {ok, Names} = file:list_dir(?FOLDER), [{N, element(2, file:read_file(?FOLDER ++ "/" ++ N))} || N <- lists:sort(Names)].
sizes() -> [{N, byte_size(B)} || {N, B} <- files()].
flush() -> receive M -> [M | flush()] after 20 -> [] end.

plain() ->
    P = open("n " ++ ?NAME),
    ?T(port_command(P, "hello")),
    ?T(port_command(P, [<<"wor">>, "ld"])),
    ?T(port_command(P, [])),
    ?T(port_command(P, lists:duplicate(70000, $x))),
    ?T(port_control(P, $f, "")),
    ?T([{N, byte_size(B), erlang:md5(B)} || {N, B} <- files()]),
    ?T(port_control(P, $g, "")),
    ?T(erlang:port_info(P, name)),
    ?T(P ! {self(), {command, "x"}}),
    ?T(port_close(P)),
    ?T([{N, byte_size(B), erlang:md5(B)} || {N, B} <- files()]),
    ?T(flush()),
    ?T(begin Q = open("n " ++ ?NAME), port_close(Q), {files(), flush()} end),
    ?T(empty()).

%% Each message takes five bytes more.
rows() ->
    [?T(begin
            P = open("w " ++ Numbers ++ " n " ++ ?NAME ++ Tail),
            [port_command(P, integer_to_list(1000 + I)) || I <- lists:seq(1, N)],
            port_close(P),
            R = files(),
            flush(),
            empty(),
            R
        end) || {Numbers, Tail, N} <- ?V([{"20 3 0 " ++ at(), ".log", 3}, {"20 3 0 " ++ at(), ".log", 10}, {"20 3 0 " ++ at(), ".log", 40}, {"9 11 0 " ++ at(), ".x", 30}, {"9 11 0 " ++ at(), "", 5}, {"9 1 0 " ++ at(), ".x", 6}, {"0 2 0 " ++ at(), ".x", 5}, {"9 12 0 5", ".x", 1}])].

at() -> integer_to_list(length(?NAME) - 1).

%% The next file comes when the time is over; on a slow machine several have come.
times() ->
    ?T(begin
           P = open("w 0 50 100 " ++ at() ++ " n " ++ ?NAME ++ ".t"),
           port_command(P, lists:duplicate(1000, $x)),
           until_there(2),
           port_command(P, "second"),
           port_close(P),
           R = [Size || {_, Size} <- sizes(), Size > 0],
           flush(),
           empty(),
           R
       end).

until_there(N) ->
    case length(files()) >= N of
        true -> ok;
        false -> receive after 5 -> until_there(N) end
    end.

traces() ->
    Me = self(),
    Loop = fun F() -> receive {call, N} -> ?MODULE:f(N), Me ! done, F() end end,
    S = spawn_link(fun() -> Loop() end),
    P = open("n " ++ ?NAME),
    ?T(erlang:trace(S, true, [call, {tracer, P}])),
    ?T(begin {tracer, T} = erlang:trace_info(S, tracer), T =:= P end),
    ?T(erlang:trace_pattern({?MODULE, f, 1}, [{'_', [], [{return_trace}]}], [])),
    [begin S ! {call, N}, receive done -> ok end end || N <- [1, a_small_number(), {a, tuple}]],
    ?T(port_control(P, $f, "")),
    ?T([[setelement(2, T, pid) || T <- terms(B)] || {_, B} <- files()]),
    ?T(port_close(P)),
    ?T(begin S ! {call, 1}, receive done -> ok after 1000 -> none end end),
    ?T(erlang:trace_info(S, tracer)),
    ?T(erlang:trace_pattern({?MODULE, f, 1}, false, [])),
    unlink(S),
    exit(S, kill),
    ?T(flush()).

a_small_number() -> 2.

terms(<<0, N:32, B:N/binary, Rest/binary>>) -> [binary_to_term(B) | terms(Rest)];
terms(<<>>) -> [].

wrong() ->
    [?T(open(A)) || A <- ?V(["", "n", "n ", "x " ++ ?NAME, "w n " ++ ?NAME, "w 1 2 n " ++ ?NAME, "w 1 2 3 n " ++ ?NAME, "w 1 2 3 100 n " ++ ?NAME, "n /nonexistent/folder/x", "n " ++ ?FOLDER])],
    ?T(open_port({spawn_driver, "trace_file_drv"}, [])),
    ?T(flush()).
