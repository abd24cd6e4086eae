%% SPDX-License-Identifier: Apache-2.0
%% The tools that trace: dbg with files, one and a row of them, fprof, eprof, cprof.
-module(app_tracing).
-export([main/0, f/1, g/1]).

-define(FILE_NAME, "/tmp/mote_app_tracing").

f(X) -> g(X) + 1.
g(X) -> X * 2.

main() ->
    to_file(),
    to_row(),
    to_network(),
    fprof_files(),
    counting(),
    [file:delete(F) || F <- filelib:wildcard(?FILE_NAME ++ "*")].

collect() ->
    Me = self(),
    {fun(end_of_trace, L) -> Me ! {told, lists:reverse(L)}; (M, L) -> [M | L] end, []}.
told() -> receive {told, L} -> [plain(M) || M <- L] after 5000 -> nothing end.
plain(M) when element(1, M) =:= trace_ts -> erlang:delete_element(tuple_size(M), plain(setelement(1, M, trace)));
plain(M) -> setelement(2, M, pid).

say(What, Value) -> io:format("~s: ~tp~n", [What, Value]).

%% Ends dbg, and waits until it and its port are gone.
stop() ->
    Ref = monitor(process, whereis(dbg)),
    dbg:stop_clear(),
    receive {'DOWN', Ref, _, _, _} -> timer:sleep(50) end.

to_file() ->
    {ok, _} = dbg:tracer(port, dbg:trace_port(file, ?FILE_NAME)),
    {ok, Port} = dbg:get_tracer(),
    say("name", erlang:port_info(Port, name)),
    dbg:p(self(), [c, timestamp]),
    say("tpl", dbg:tpl(?MODULE, f, x)),
    say("tp", dbg:tp(?MODULE, g, cx)),
    [?MODULE:f(I) || I <- [1, 2, 3]],
    catch ?MODULE:g(a),
    say("flush", dbg:flush_trace_port()),
    stop(),
    dbg:trace_client(file, ?FILE_NAME, collect()),
    say("told", told()).

to_row() ->
    {ok, _} = dbg:tracer(port, dbg:trace_port(file, {?FILE_NAME, wrap, ".part", 100, 4})),
    dbg:p(self(), c),
    dbg:tp(?MODULE, f, 1, []),
    [?MODULE:f(I) || I <- lists:seq(1, 30)],
    dbg:flush_trace_port(),
    stop(),
    say("files", [{N, filelib:file_size(N)} || N <- filelib:wildcard(?FILE_NAME ++ "*.part")]),
    dbg:trace_client(file, {?FILE_NAME, wrap, ".part"}, collect()),
    say("told", told()).

%% Nobody connects; on stock there is a port that would wait.
to_network() ->
    say("a function", is_function(dbg:trace_port(ip, 0), 0)).

fprof_files() ->
    say("trace", fprof:trace([start, {file, ?FILE_NAME ++ ".fprof"}])),
    lists:foreach(fun(I) -> ?MODULE:f(I) end, lists:seq(1, 20)),
    say("stop", fprof:trace(stop)),
    say("profile", fprof:profile({file, ?FILE_NAME ++ ".fprof"})),
    say("analyse", fprof:analyse([{dest, ?FILE_NAME ++ ".analysis"}, {totals, true}])),
    {ok, Terms} = file:consult(?FILE_NAME ++ ".analysis"),
    Own = [{MFA, Count} || {_, {MFA = {?MODULE, _, _}, Count, _, _}, _} <- Terms],
    say("calls", lists:sort(Own)),
    say("apply", fprof:apply(fun() -> [?MODULE:f(I) || I <- [1, 2]] end, [], [{file, ?FILE_NAME ++ ".apply"}])),
    say("profile", fprof:profile({file, ?FILE_NAME ++ ".apply"})),
    say("analyse", fprof:analyse([{dest, ?FILE_NAME ++ ".again"}])),
    {ok, More} = file:consult(?FILE_NAME ++ ".again"),
    say("calls", lists:sort([{MFA, Count} || {_, {MFA = {?MODULE, F, _}, Count, _, _}, _} <- More, F =:= f orelse F =:= g])),
    fprof:stop().

counting() ->
    say("cprof", cprof:start(?MODULE)),
    [?MODULE:f(I) || I <- [1, 2, 3]],
    cprof:pause(),
    {?MODULE, _, Counts} = cprof:analyse(?MODULE),
    say("counts", [{F, N} || {{_, F, _}, N} <- Counts, F =:= f orelse F =:= g]),
    cprof:stop(),
    eprof:start(),
    say("eprof", eprof:profile([], fun() -> [?MODULE:f(I) || I <- [1, 2, 3]] end, {?MODULE, '_', '_'})),
    eprof:stop().
