%% SPDX-License-Identifier: Apache-2.0
%% What a program sees of the machine that it runs on: the same whether the image booted or went on from its snapshot.
%% test/snapshot/run compares; what is new at each start is printed by `fresh`, and has to differ.
-module(snapshot_test).
-export([main/1]).
-record(started, {at = erlang:monotonic_time()}).

main(["same" | Rest]) ->
    [io:format("~s ~p~n", [Name, catch F(Rest)]) || {Name, F} <- same()];
main(["fresh"]) ->
    [io:format("~s ~p~n", [Name, F()]) || {Name, F} <- fresh()];
main(["time", Seconds]) ->
    Now = list_to_integer(Seconds),
    Off = abs(erlang:system_time(second) - Now) + abs(os:system_time(second) - Now),
    io:format("~p ~p ~p~n", [Off < 60, calendar:universal_time() > {{2025, 1, 1}, {0, 0, 0}}, erlang:time_offset(second) + erlang:monotonic_time(second) - Now < 30]);
main(["input"]) ->
    io:format("~p ~p ~p~n", [io:get_line(""), io:get_line(""), io:get_line("")]);
main(["file", Path]) ->
    {ok, Old} = file:read_file(Path),
    ok = file:write_file(Path, [Old, "written\n"]),
    io:format("~p~n", [file:list_dir(filename:dirname(Path))]);
main(["large", Mib]) ->
    Bytes = list_to_integer(Mib) bsl 20,
    B = binary:copy(<<1:8>>, Bytes),
    io:format("~p~n", [{byte_size(B), binary:last(B)}]);
%% What no start touches is kept compressed: it is touched here.
main(["cold"]) ->
    {ok, Tokens, _} = erl_scan:string("lists:sum([X * X || X <- lists:seq(1, 10)])."),
    {ok, Forms} = erl_parse:parse_exprs(Tokens),
    {value, Sum, _} = erl_eval:exprs(Forms, []),
    io:format("~p ~p~n", [Sum, catch erl_lint:module(Forms)]),
    [io:format("~p ~p~n", [M, erlang:phash2([M:module_info(What) || What <- [exports, attributes, compile, md5, functions]])])
     || M <- element(2, application:get_key(kernel, modules))];
main(["wait"]) ->
    io:put_chars("waits\n"),
    io:get_line("");
%% Asked for, and not waited for, when the mote is stopped.
main(["stop", Lines]) ->
    [user ! {io_request, self(), N, {put_chars, unicode, [integer_to_list(N), $\n]}} || N <- lists:seq(1, list_to_integer(Lines))],
    stop();
main(["stop", "sending", Bytes]) ->
    {ok, Listening} = gen_tcp:listen(8000, [binary, {active, false}]),
    io:put_chars("listens\n"),
    {ok, S} = gen_tcp:accept(Listening),
    ok = gen_tcp:send(S, binary:copy(<<1>>, list_to_integer(Bytes))),
    gen_tcp:close(S),
    stop();
main(["receive", Address]) ->
    {ok, S} = gen_tcp:connect(Address, 8000, [binary, {active, false}, {buffer, 4096}]),
    io:format("~p~n", [received(S, 0)]);
main(["crash"]) ->
    error({crash, #started{} =/= nothing});
main(["halt", Status]) ->
    halt(list_to_integer(Status)).

stop() ->
    init:stop(),
    receive never -> ok end.

received(S, Bytes) ->
    case gen_tcp:recv(S, 0, 5000) of
        {ok, More} -> timer:sleep(20), received(S, Bytes + byte_size(More));
        {error, Why} -> {Bytes, Why}
    end.

same() ->
    [{arguments, fun(_) -> init:get_plain_arguments() end},
     {flags, fun(_) -> [F || {F, _} <- init:get_arguments()] end},
     {variables, fun(_) -> lists:sort(os:getenv()) end},
     {status, fun(_) -> element(1, init:get_status()) end},
     {current, fun(_) -> file:get_cwd() end},
     {top, fun(_) -> {ok, L} = file:list_dir("/"), lists:sort(L) end},
     {registered, fun(_) -> lists:sort(registered()) end},
     {applications, fun(_) -> lists:sort(application:which_applications()) end},
     {path, fun(_) -> code:get_path() end},
     {where, fun(_) -> [code:which(M) || M <- [lists, ?MODULE, mote_main, erl_eval]] end},
     {node, fun(_) -> {node(), is_alive(), nodes()} end},
     {host, fun(_) -> {ok, H} = inet:gethostname(), {H, inet:gethostbyname(H), inet:getaddr("localhost", inet)} end},
     {servers, fun(_) -> {inet_db:res_option(nameservers), inet_db:res_option(lookup), inet_db:res_option(search)} end},
     {interfaces, fun(_) -> {ok, L} = inet:getifaddrs(), lists:sort([{N, proplists:get_all_values(addr, O)} || {N, O} <- L]) end},
     {loopback, fun loopback/1},
     {memory, fun(_) -> erlang:system_info(wordsize) end},
     {timers, fun timers/1},
     {monotonic, fun(_) -> A = erlang:monotonic_time(), timer:sleep(2), erlang:monotonic_time() > A end},
     {processes, fun processes/1},
     {tables, fun(_) -> T = ets:new(t, [ordered_set]), ets:insert(T, [{N, N * N} || N <- lists:seq(1, 1000)]), ets:foldl(fun({_, S}, A) -> A + S end, 0, T) end},
     {temporary, fun(_) -> ok = file:write_file("/tmp/x", "1"), R = file:read_file("/tmp/x"), {R, file:list_dir("/tmp")} end},
     {compiled, fun compiled/1},
     {stack, fun(_) -> try erl_scan:string(1) catch C:R:S -> {C, R, [{M, F, is_list(A), Line} || {M, F, A, Line} <- S]} end end},
     {logged, fun(_) -> logger:error("said ~p", [1]), logger_std_h:filesync(default) end},
     {encoding, fun(_) -> {proplists:get_value(encoding, io:getopts()), file:native_name_encoding(), io:printable_range()} end},
     {unicode, fun(_) -> io:format("~ts~n", [[228, 8364, 16#1F600]]) end},
     {own_servers, fun own_servers/1}].

%% Those that a program has set stay when OTP has its resolver look whether the file of servers has changed.
own_servers(_) ->
    ok = inet_db:res_option(nameservers, [{{192, 0, 2, 1}, 5353}]),
    ok = inet_db:res_update_conf(),
    {inet_db:res_option(nameservers), inet_db:res_option(resolv_conf), inet_db:res_option(hosts_file)}.

fresh() ->
    [{reference, fun() -> make_ref() end},
     {unique, fun() -> erlang:unique_integer() end},
     {monotonic, fun() -> erlang:unique_integer([monotonic]) end},
     {positive, fun() -> erlang:unique_integer([monotonic, positive]) end},
     {random, fun() -> rand:uniform(1 bsl 58) end},
     {seed, fun() -> element(2, rand:export_seed_s(rand:seed(exsss))) end},
     {wall, fun() -> erlang:system_time() end},
     {hashed, fun() -> erlang:phash2({erlang:monotonic_time(), make_ref()}) end}].

loopback(_) ->
    {ok, L} = gen_tcp:listen(0, [binary, {active, false}]),
    {ok, Port} = inet:port(L),
    spawn_link(fun() -> {ok, S} = gen_tcp:accept(L), gen_tcp:send(S, <<"hello">>), gen_tcp:close(S) end),
    {ok, C} = gen_tcp:connect("localhost", Port, [binary, {active, false}]),
    gen_tcp:recv(C, 5).

timers(_) ->
    Me = self(),
    [erlang:send_after(T, Me, T) || T <- [30, 10, 20]],
    {ok, _} = timer:send_after(40, 40),
    [receive N -> N after 5000 -> none end || _ <- "1234"].

processes(_) ->
    Me = self(),
    Ring = lists:foldl(fun(_, Next) -> spawn(fun() -> receive M -> Next ! M + 1 end end) end, Me, lists:seq(1, 5000)),
    Ring ! 0,
    receive N when is_integer(N) -> N after 10000 -> none end.

compiled(_) ->
    {ok, Tokens, _} = erl_scan:string("lists:sum([X * X || X <- lists:seq(1, 10)])."),
    {ok, Forms} = erl_parse:parse_exprs(Tokens),
    element(2, erl_eval:exprs(Forms, [])).
