%% SPDX-License-Identifier: Apache-2.0
%% files_test -- what OTP does with files, in one folder: printed line by line, for run to compare.
-module(files_test).
-export([main/0]).

main() ->
    [Folder | More] = init:get_plain_arguments(),
    ok = file:set_cwd(Folder),
    case More of
        [] -> [step(S) || S <- [handles, names, modes, many, large, dets, disk_log, concurrent, deep]];
        [Name | _] -> step(list_to_atom(Name))
    end,
    halt(0).

step(Name) ->
    io:format("-- ~s~n", [Name]),
    try run(Name) catch C:R:S -> show({C, R, S}) end.

show(X) -> io:format("~tp~n", [X]).

run(handles) ->
    show(file:write_file("f", <<"hello world">>)),
    {ok, H} = file:open("f", [read, write, raw, binary]),
    show([file:pread(H, 0, 5), file:pwrite(H, 6, "mote!"), file:position(H, eof)]),
    show(file:write(H, [<<"abc">>, <<"def">>, lists:seq($0, $9)])),
    show([file:position(H, bof), file:read(H, 1000), file:read(H, 1)]),
    show([file:sync(H), file:datasync(H), file:position(H, 5), file:truncate(H)]),
    show([file:allocate(H, 0, 100), file:position(H, eof), file:advise(H, 0, 0, normal)]),
    show([file:pread(H, [{0, 3}, {90, 20}, {200, 5}]), file:pwrite(H, [{0, "x"}, {300, "y"}])]),
    show([file:close(H), file:read(H, 1), file:close(H)]),
    {ok, R} = file:open("f", [read, raw]),
    show([file:write(R, "no"), file:truncate(R), file:pwrite(R, 0, "no"), file:close(R)]),
    {ok, W} = file:open("f", [write, raw]),
    show([file:read(W, 1), file:pread(W, 0, 1), file:close(W), filelib:file_size("f")]),
    {ok, D} = file:open("f", [write, raw, {delayed_write, 4096, 50}]),
    show([file:write(D, integer_to_list(N)) || N <- lists:seq(1, 5)]),
    show([file:position(D, cur), file:close(D), file:read_file("f")]),
    {ok, A} = file:open("f", [read, append, raw, binary]),
    show([file:write(A, "one"), file:position(A, cur), file:position(A, 2), file:read(A, 3)]),
    show([file:write(A, "two"), file:pwrite(A, 0, "three"), file:position(A, cur), file:close(A)]),
    show(file:read_file("f")),
    show(file:write_file("z", lists:duplicate(1000, "compressed "), [compressed])),
    {ok, Z} = file:open("z", [read, compressed, binary]),
    show([file:read(Z, 22), file:close(Z), filelib:file_size("z") < 200]),
    {ok, L} = file:open("lines", [write]),
    [io:format(L, "line ~p~n", [N]) || N <- lists:seq(1, 150)],
    show(file:close(L)),
    {ok, L2} = file:open("lines", [read, raw, read_ahead, binary]),
    show([file:read_line(L2), file:read_line(L2), count_lines(L2, 2), file:close(L2)]),
    {ok, S} = file:open("s", [write, sync]),
    show([file:write(S, "synchronous"), file:close(S), file:read_file("s")]),
    show(file:copy("lines", "copy")),
    show(file:read_file("copy") =:= file:read_file("lines"));
run(names) ->
    show([file:make_dir("d"), file:make_dir("d"), file:make_dir("no/d"), file:make_dir("f/d")]),
    show([file:make_symlink("f", "l"), file:make_symlink("f", "l"), file:read_link("l"), file:read_link("f")]),
    show([file:make_symlink("nowhere", "dangling"), file:read_file("dangling"), file:make_symlink("loop", "loop")]),
    show([file:read_file("loop"), file:read_file("l") =:= file:read_file("f")]),
    show([file:make_link("f", "h"), file:make_link("f", "h"), file:make_link("d", "h2"), file:rename("h", "d/h")]),
    show([file:del_dir("d"), file:list_dir("d"), file:rename("d", "f"), file:rename("f", "d")]),
    show([file:rename("d/h", "d/i"), file:rename("d/none", "d/i"), file:rename("d", "e"), file:list_dir("e")]),
    show([file:rename("e", "e/inside"), file:delete("e"), file:del_dir("f"), file:delete("none"), file:del_dir("none")]),
    show([file:delete("e/i"), file:del_dir("e"), file:delete("l"), file:delete("dangling"), file:delete("loop")]),
    show([file:open(N, M) || {N, M} <- [{"no/x", [write]}, {"no", [read]}, {"f/x", [read]}, {".", [read]}, {".", [write]},
                                        {"f", [write, exclusive]}, {lists:duplicate(256, $n), [write]}]]),
    show([file:write_file([1087, 1088, 1080], "utf8"), lists:member([1087, 1088, 1080], names("."))]),
    show(file:delete([1087, 1088, 1080])),
    show([file:write_file(<<255, 254>>, "raw"), file:read_file(<<255, 254>>), file:delete(<<255, 254>>)]),
    show([filelib:ensure_dir("a/b/c/file"), file:write_file("a/b/c/file", ""), filelib:wildcard("a/**")]),
    show([file:set_cwd("a/b/c"), filelib:is_file("file"), filelib:is_regular("../c/file"), file:list_dir("..")]),
    show([file:set_cwd("../../.."), file:del_dir_r("a"), filelib:is_dir("a")]);
run(modes) ->
    show([file:write_file("m", "12345"), file:change_mode("m", 8#640), mode("m"), file:change_mode("none", 8#600)]),
    show([file:change_time("m", {{2001, 2, 3}, {4, 5, 6}}, {{2002, 3, 4}, {5, 6, 7}})]),
    {ok, I} = file:read_file_info("m", [{time, universal}]),
    show([element(N, I) || N <- [2, 3, 4, 5, 6, 8, 9, 13, 14]]),
    {ok, D} = file:read_file_info("."),
    show([element(N, D) || N <- [3, 4]]),
    show(file:make_symlink("m", "ml")),
    {ok, L} = file:read_link_info("ml"),
    show([element(N, L) || N <- [2, 3, 4, 8, 9]]),
    {ok, H} = file:open("m", [read, raw]),
    show(file:write_file_info("m", I, [{time, universal}])),
    show([file:change_mode("m", 8#400), mode("m"), file:close(H), file:delete("ml"), file:delete("m")]);
run(many) ->
    show(lists:usort([file:write_file("many" ++ integer_to_list(N), integer_to_list(N)) || N <- lists:seq(1, 150)])),
    show(length([N || "many" ++ N <- names(".")])),
    show(lists:usort([file:read_file("many" ++ integer_to_list(N)) =:= {ok, integer_to_binary(N)} || N <- lists:seq(1, 150)])),
    show(lists:usort([file:delete("many" ++ integer_to_list(N)) || N <- lists:seq(1, 150)]));
run(large) ->
    Bytes = binary:copy(<<"0123456789abcdef">>, 200 * 1024 + 3),
    show([file:write_file("large", Bytes), filelib:file_size("large"), file:read_file("large") =:= {ok, Bytes}]),
    {ok, H} = file:open("large", [read, write, raw, binary]),
    {ok, Middle} = file:pread(H, 1000001, 700000),
    show([byte_size(Middle), Middle =:= binary:part(Bytes, 1000001, 700000)]),
    show([file:pwrite(H, 1500000, binary:copy(<<"x">>, 300000)), file:pread(H, 1499999, 3), file:pread(H, 1799999, 3)]),
    show([file:position(H, 5000000000), file:write(H, "far"), file:position(H, cur), file:close(H), filelib:file_size("large")]),
    show(file:delete("large"));
run(dets) ->
    {ok, T} = dets:open_file(t, [{file, "t.dets"}, {auto_save, 100}]),
    [ok = dets:insert(T, {N, N * N, lists:duplicate(N rem 50, $x)}) || N <- lists:seq(1, 300)],
    show([dets:info(T, size), dets:lookup(T, 77), dets:delete(T, 77), dets:sync(T), dets:lookup(T, 77)]),
    show([dets:close(T), dets:is_dets_file("t.dets")]),
    {ok, T} = dets:open_file(t, [{file, "t.dets"}]),
    show([dets:info(T, size), lists:sum([element(2, O) || O <- dets:match_object(T, '_')]), dets:close(T)]),
    show(file:delete("t.dets"));
run(disk_log) ->
    {ok, Log} = disk_log:open([{name, log}, {file, "log"}, {type, wrap}, {size, {4000, 3}}]),
    show(lists:usort([disk_log:log(Log, {entry, N, lists:duplicate(N rem 20, $e)}) || N <- lists:seq(1, 300)])),
    show([disk_log:sync(Log), disk_log:close(Log), [N || "log" ++ _ = N <- lists:sort(names("."))]]),
    Opened = disk_log:open([{name, log}, {file, "log"}, {type, wrap}, {size, {4000, 3}}]),
    show([element(1, Opened), length(chunks(Log, start)), disk_log:close(Log)]),
    show([file:delete(N) || "log" ++ _ = N <- names(".")]);
run(concurrent) ->
    Work = fun(I) ->
        N = "c" ++ integer_to_list(I),
        [begin ok = file:write_file(N, integer_to_list(J)), {ok, _} = file:read_file(N), ok = file:delete(N) end
         || J <- [1]]
    end,
    Started = [spawn_monitor(fun() -> Work(I) end) || I <- lists:seq(1, 300)],
    show(lists:usort([receive {'DOWN', R, process, P, Why} -> Why end || {P, R} <- Started])),
    %% Some end in the middle of what they do; the others must not notice.
    Doomed = [spawn(fun() -> forever("x" ++ integer_to_list(I)) end) || I <- lists:seq(1, 20)],
    timer:sleep(200),
    [exit(P, kill) || P <- Doomed],
    show([file:write_file("after", "kill"), file:read_file("after")]),
    [file:delete(N) || "x" ++ _ = N <- names(".")],
    show([N || "x" ++ _ = N <- names(".")]);
run(deep) ->
    Deep = lists:flatten(lists:duplicate(40, "abcdefgh/")),
    show([filelib:ensure_dir(Deep), file:write_file(Deep ++ "f", "deep"), file:read_file(Deep ++ "f")]),
    show([file:read_file(lists:flatten(lists:duplicate(40, "abcdefgh/./../abcdefgh/")) ++ "f")]),
    show([file:del_dir_r("abcdefgh"), filelib:is_dir("abcdefgh")]).

names(Folder) -> {ok, Names} = file:list_dir(Folder), Names.

mode(Name) -> {ok, I} = file:read_file_info(Name), element(8, I).

count_lines(H, N) ->
    case file:read_line(H) of
        {ok, _} -> count_lines(H, N + 1);
        eof -> N
    end.

chunks(Log, At) ->
    case disk_log:chunk(Log, At) of
        {Next, Terms} -> Terms ++ chunks(Log, Next);
        eof -> []
    end.

forever(Name) ->
    file:write_file(Name, lists:duplicate(100000, $x)),
    file:read_file(Name),
    file:delete(Name), % to write over a file makes some file systems wait for the disk
    forever(Name).
