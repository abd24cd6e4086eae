%% SPDX-License-Identifier: Apache-2.0
%% trouble_test -- a mote whose folder of the host gives it trouble; run says which, and what it should print.
-module(trouble_test).
-export([main/0]).

main() ->
    [Name | Args] = init:get_plain_arguments(),
    try run(list_to_atom(Name), Args) catch C:R:S -> show({C, R, S}) end,
    halt(0).

show(X) -> io:format("~tp~n", [X]).
wait() -> io:get_line("").

%% Everything that would change something.
run(read_only, [D]) ->
    ok = file:set_cwd(D),
    show([file:read_file("f"), file:write_file("f", "x"), file:write_file("new", "x"), file:delete("f"), file:delete("none")]),
    show([file:make_dir("n"), file:make_dir("d"), file:del_dir("d"), file:rename("f", "g"), file:make_symlink("f", "s")]),
    show([file:make_link("f", "h"), file:change_mode("f", 8#600), file:change_time("f", {{2000, 1, 1}, {0, 0, 0}})]),
    show([file:open("f", [append]), element(1, file:open("f", [read]))]),
    {ok, I} = file:read_file_info("f"),
    show(element(4, I));
%% Each number is said when its record has been synced.
run(sync, [D]) ->
    {ok, H} = file:open(filename:join(D, "records"), [write, raw, binary]),
    record(H, 1);
run(gone, [D]) ->
    ok = file:write_file(filename:join(D, "f"), "x"),
    {ok, H} = file:open(filename:join(D, "f"), [read, write, raw, binary]),
    io:format("ready~n"), wait(),
    show([file:read_file(filename:join(D, "f")), file:write_file(filename:join(D, "g"), "x"), file:list_dir(D)]),
    show([file:pwrite(H, 0, "y"), file:pread(H, 0, 1), file:close(H)]);
run(dead, [D]) ->
    {ok, H} = file:open(filename:join(D, "f"), [write, raw, binary]),
    io:format("ready~n"), wait(),
    show([file:write(H, "x"), file:close(H), file:read_file(filename:join(D, "f")), file:list_dir(D)]),
    show(file:write_file("/tmp/still", "here"));
%% Twenty write, and the server ends.
run(writers, [D]) ->
    Me = self(),
    Data = binary:copy(<<"x">>, 200000),
    Write = fun(N) ->
                    {ok, H} = file:open(filename:join(D, integer_to_list(N)), [write, raw, binary]),
                    Me ! {wrong, write_on(H, Data, Me)},
                    file:close(H)
            end,
    [spawn_link(fun() -> Write(N) end) || N <- lists:seq(1, 20)],
    [receive wrote -> ok end || _ <- lists:seq(1, 60)],
    io:format("ready~n"),
    show(lists:usort([receive {wrong, Why} -> Why end || _ <- lists:seq(1, 20)])),
    show([file:read_file(filename:join(D, "1")), file:write_file("/tmp/still", "here")]);
%% A log and a table in which each number has been synced before it is said.
run(crash, [D]) ->
    {ok, log} = disk_log:open([{name, log}, {file, filename:join(D, "log")}]),
    {ok, table} = dets:open_file(table, [{file, filename:join(D, "table")}, {auto_save, 50}]),
    spawn_link(fun() -> [ok = file:write_file(filename:join(D, "other"), <<N:800000>>) || N <- lists:seq(1, 1000000)] end),
    crash(1);
run(repair, [D, Last]) ->
    logger:set_primary_config(level, none),
    Numbers = lists:seq(1, list_to_integer(Last)),
    {repaired, log, {recovered, N}, {badbytes, _}} = disk_log:open([{name, log}, {file, filename:join(D, "log")}]),
    show(length(Numbers) =< N andalso lists:sublist(terms(start), length(Numbers)) =:= [{n, K} || K <- Numbers]),
    {ok, table} = dets:open_file(table, [{file, filename:join(D, "table")}]),
    show([K || K <- Numbers, dets:lookup(table, K) =/= [{K, -K}]]),
    show([disk_log:log(log, more), disk_log:close(log), dets:insert(table, {more, more}), dets:close(table)]);
%% More sync at a time than the server has going, and others read.
run(syncs, [D]) ->
    Sync = fun(N) ->
                   F = filename:join(D, integer_to_list(N)),
                   {ok, H} = file:open(F, [write, raw, binary]),
                   [{ok, ok} = {file:write(H, <<R>>), file:sync(H)} || R <- lists:seq(1, 5)],
                   ok = file:close(H),
                   file:read_file(F)
           end,
    Ps = [spawn_monitor(fun() -> exit(Sync(N)) end) || N <- lists:seq(1, 150)],
    show(lists:usort([receive {'DOWN', M, _, P, R} -> R end || {P, M} <- Ps]));
run(full, [D]) ->
    Bytes = binary:copy(<<"x">>, 700000),
    show([file:write_file(filename:join(D, integer_to_list(N)), Bytes) || N <- lists:seq(1, 3)]),
    show([file:delete(filename:join(D, integer_to_list(N))) || N <- lists:seq(1, 3)]),
    show(file:write_file(filename:join(D, "again"), Bytes));
run(walls, [D]) ->
    ok = file:set_cwd(D),
    show([{N, file:read_file(N)} || N <- ["out", "up", "far", "fifo", "socket", "device", "good"]]),
    show([{N, file:write_file(N, "x")} || N <- ["out", "up", "far"]]),
    show([{N, element(3, element(2, file:read_link_info(N)))} || N <- ["out", "fifo", "socket", "good"]]),
    show([file:read_file("../../../../etc/passwd"), file:list_dir(".."), file:read_file("folder/passwd")]);
run(tmp, []) ->
    show(file:write_file("/tmp/f", binary:copy(<<"x">>, 2000000))),
    show(file:write_file("/tmp/f", binary:copy(<<"x">>, 500000)));
run(mnesia_write, [D]) ->
    ok = file:set_cwd(D),
    application:set_env(mnesia, dir, filename:join(D, "db")),
    show([mnesia:create_schema([node()]), mnesia:start()]),
    show(mnesia:create_table(t, [{disc_copies, [node()]}, {attributes, [k, v]}])),
    show(mnesia:create_table(o, [{disc_only_copies, [node()]}, {attributes, [k, v]}])),
    Add = fun(N) -> mnesia:write({t, N, N * N}), mnesia:write({o, N, [N]}) end,
    show(lists:usort([mnesia:transaction(fun() -> Add(N) end) || N <- lists:seq(1, 1000)])),
    show([mnesia:sync_log(), io:format("written~n")]),
    wait(),
    show(mnesia:stop());
run(mnesia_read, [D]) ->
    ok = file:set_cwd(D),
    application:set_env(mnesia, dir, filename:join(D, "db")),
    show([mnesia:start(), mnesia:wait_for_tables([t, o], 20000)]),
    show([mnesia:table_info(T, size) || T <- [t, o]]),
    show(mnesia:transaction(fun() -> mnesia:foldl(fun({t, _, V}, S) -> V + S end, 0, t) end)),
    show([mnesia:dirty_read(t, 500), mnesia:dirty_read(o, 500)]),
    show(mnesia:dirty_write({t, 0, again})),
    show(mnesia:stop()).

write_on(H, Data, Me) ->
    case file:write(H, Data) of
        ok -> Me ! wrote, file:position(H, bof), write_on(H, Data, Me);
        {error, Why} -> Why
    end.

crash(N) ->
    ok = disk_log:log(log, {n, N}),
    ok = dets:insert(table, {N, -N}),
    ok = disk_log:sync(log),
    ok = dets:sync(table),
    io:format("~p~n", [N]),
    crash(N + 1).

terms(At) ->
    case disk_log:chunk(log, At) of
        eof -> [];
        {Next, Terms} -> Terms ++ terms(Next);
        {Next, Terms, _} -> Terms ++ terms(Next)
    end.

record(H, N) ->
    ok = file:write(H, [integer_to_binary(N), $\n]),
    ok = file:sync(H),
    io:format("~p~n", [N]),
    record(H, N + 1).
