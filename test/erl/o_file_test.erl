%% SPDX-License-Identifier: Apache-2.0
%% Files under /tmp: everything that `file` and `filelib` change, dets and disk_log on them, and the errors.
%%
%% Works in a folder of its own that is gone at the end; no answer may contain its name (see here/1).
-module(o_file_test).
-export([run/0]).
-include("expect.hrl").
-include_lib("kernel/include/file.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    Base = "/tmp/o_file_test_" ++ os:getpid() ++ "_" ++ integer_to_list(erlang:system_time()),
    put(base, Base),
    {ok, Before} = file:get_cwd(),
    ?T(file:make_dir(Base)),
    lists:foreach(
        fun(Part) ->
            ok = file:make_dir(p("w")),
            ?T(begin Part(), done end),
            ?T(file:set_cwd(Before)),
            ?T(file:del_dir_r(p("w")))
        end,
        [fun whole/0, fun modes/0, fun positions/0, fun holes/0, fun folders/0, fun renames/0, fun links/0,
         fun information/0, fun open_and_gone/0, fun current/0, fun copies/0, fun buffers/0, fun io_files/0,
         fun finding/0, fun terms/0, fun compiling/0, fun dets_/0, fun disk_logs/0, fun large/0, fun many/0,
         fun names/0, fun walking/0, fun handles/0, fun elsewhere/0]),
    ?T(file:list_dir(Base)),
    ?T(file:del_dir(Base)),
    ?T(file:read_file_info(Base)).

%% A path in the folder of the part.
p(Name) -> filename:join(get(base), Name).
w(Name) -> get(base) ++ "/w/" ++ Name.
here({ok, Path}) -> {ok, here(Path)};
here(Path) -> string:replace(Path, get(base), "BASE").
ls(Name) ->
    case file:list_dir(w(Name)) of {ok, L} -> lists:sort(L); E -> E end.
%% Open raw, do, close.
with(Name, Modes, Do) ->
    case file:open(w(Name), [raw, binary | Modes]) of
        {ok, F} -> R = (catch Do(F)), {R, file:close(F)};
        E -> E
    end.

whole() ->
    ?T(file:write_file(w("a"), <<"hello">>)),
    ?T(file:read_file(w("a"))),
    ?T(file:write_file(w("a"), ["io", [<<"list">>, $!]])),
    ?T(file:read_file(w("a"))),
    ?T(file:write_file(w("a"), "more", [append])),
    ?T(file:read_file(w("a"))),
    ?T(file:write_file(w("a"), "x", [exclusive])),
    ?T(file:write_file(w("b"), "x", [exclusive])),
    ?T(file:write_file(w("empty"), "")),
    ?T(file:read_file(w("empty"))),
    ?T(file:read_file(w("none"))),
    ?T(file:read_file(w(""))),
    ?T(file:read_file(w("a/b"))),
    ?T(file:read_file(w("a/"))),
    ?T(file:write_file(w("a/b"), "x")),
    ?T(file:write_file(w("none/b"), "x")),
    ?T(file:write_file(w("c/"), "x")),
    ?T(file:write_file(w(""), "x")),
    ?T(file:write_file(w("."), "x")),
    ?T(file:write_file(w("a"), [a])),
    ?T(file:write_file(w("a"), <<1:3>>)),
    ?T(file:read_file("")),
    ?T(file:read_file("/tmp/a\0b")),
    ?T(file:delete(w("a"))),
    ?T(file:delete(w("a"))),
    ?T(file:read_file(w("a"))),
    ?T(ls("")).

modes() ->
    ok = file:write_file(w("f"), "0123456789"),
    Show = fun(F) -> {file:read(F, 4), file:write(F, "ab"), file:position(F, cur), file:read(F, 3)} end,
    [?T({M, with("f", M, Show), file:read_file(w("f"))})
     || M <- [[read], [], [read, write], [append], [read, append], [exclusive], [read, exclusive], [directory],
              [directory, read], [write, directory], [append, directory], [sync, read, write], [write]]],
    [?T({M, with("new" ++ integer_to_list(erlang:phash2(M)), M, Show)})
     || M <- [[read], [read, write], [append], [read, append], [exclusive], [read, exclusive], [write], [directory]]],
    [?T({M, with("", M, fun(F) -> {file:read(F, 4), file:pread(F, 0, 3), file:position(F, eof) =/= x} end)})
     || M <- [[read], [directory], [directory, read], [write], [append], [read, write], [exclusive]]],
    ?T(with("f/", [read], Show)),
    ?T(with("f/", [write], Show)),
    ?T(with("no/", [write], Show)),
    ?T(file:open(w("f"), [bogus])),
    ?T(file:open(w("f"), read)),
    ?T(element(1, file:open(w("f"), [raw | read]))),
    ?T(ls("")).

positions() ->
    ok = file:write_file(w("f"), "0123456789"),
    ?T(with("f", [read, write], fun(F) ->
        [?T(file:position(F, P)) || P <- [0, 5, bof, eof, cur, {bof, 3}, {cur, 2}, {cur, -1}, {cur, -100}, {eof, -2}, {eof, 5},
                                          {bof, -1}, -1, 20, {bof, 1 bsl 70}, x]],
        ?T(file:position(F, 8)),
        ?T(file:read(F, 5)),
        ?T(file:read(F, 5)),
        ?T(file:read(F, 0)),
        ?T(file:position(F, 12)),
        ?T(file:read(F, 1)),
        ?T(file:write(F, "zz")),
        ?T(file:pread(F, 0, 100)),
        [?T(file:pread(F, At, N)) || At <- [0, 3, 13, 14, 100, -1, 1 bsl 64], N <- [0, 1, 5, -1]],
        ?T(file:pread(F, [{0, 2}, {13, 4}, {14, 1}])),
        ?T(file:pread(F, [{0, 2}, {-1, 4}])),
        ?T(file:pwrite(F, 2, "XY")),
        ?T(file:pwrite(F, [{0, "A"}, {16, <<"end">>}])),
        ?T(file:pwrite(F, -1, "XY")),
        ?T(file:pwrite(F, [{0, "B"}, {-1, "x"}, {1, "C"}])),
        ?T(file:pwrite(F, 1, "")),
        ?T(file:pwrite(F, 50, "")),
        ?T(file:position(F, cur)),
        ?T(file:position(F, 4)),
        ?T(file:truncate(F)),
        ?T(file:position(F, cur)),
        ?T(file:pread(F, 0, 100)),
        ?T(file:position(F, 8)),
        ?T(file:truncate(F)),
        ?T(file:pread(F, 0, 100)),
        ?T(file:read(F, x)),
        ?T(file:read(F, -1)),
        ?T(file:read_line(F)),
        ok
    end)),
    ?T(with("f", [append], fun(F) -> {file:position(F, 1), file:write(F, "+"), file:pwrite(F, 0, "*"), file:position(F, cur)} end)),
    ?T(file:read_file(w("f"))),
    ?T(with("f", [read], fun(F) -> {file:truncate(F), file:pwrite(F, 0, "x"), file:write(F, ""), file:allocate(F, 0, 10)} end)),
    ?T(with("f", [write], fun(F) -> {file:read(F, 1), file:pread(F, 0, 1), file:read(F, 0)} end)).

holes() ->
    ?T(with("h", [read, write], fun(F) ->
        ?T(file:pwrite(F, 10000, "x")),
        ?T(file:pread(F, 9990, 20)),
        ?T(begin {ok, B} = file:pread(F, 0, 10000), B =:= <<0:80000>> end),
        ?T(file:pwrite(F, 1 bsl 33, "far")),
        ?T(file:position(F, eof)),
        ?T(file:pread(F, (1 bsl 33) - 2, 10)),
        ?T(file:pread(F, 10000, 1)),
        ?T(file:position(F, 10001)),
        ?T(file:truncate(F)),
        ?T(file:position(F, eof)),
        ?T(file:position(F, 4097)),
        ?T(file:truncate(F)),
        ?T(file:pwrite(F, 0, binary:copy(<<"ab">>, 5000))),
        ?T(file:position(F, 4095)),
        ?T(file:truncate(F)),
        ?T(file:pwrite(F, 4100, "!")),
        ?T(file:pread(F, 4090, 20)),
        ?T(file:position(F, 0)),
        ?T(file:truncate(F)),
        ?T(file:position(F, eof)),
        ?T(file:allocate(F, 0, 5000)),
        ?T(file:allocate(F, 0, 0)),
        ?T(file:allocate(F, -1, 10)),
        ?T(file:sync(F)),
        ?T(file:datasync(F)),
        ?T(file:advise(F, 0, 0, sequential)),
        ?T(file:advise(F, 0, 0, bogus)),
        ?T(file:advise(F, -1, 0, normal)),
        ok
    end)),
    ?T(file:read_file_info(w("h")) =/= x).

folders() ->
    ?T(file:make_dir(w("d"))),
    ?T(file:make_dir(w("d"))),
    ?T(file:make_dir(w("d/"))),
    ?T(file:make_dir(w("e/"))),
    ?T(file:make_dir(w("x/y"))),
    ?T(file:make_dir(w("."))),
    ?T(file:make_dir(w("d/.."))),
    ?T(file:make_dir("/")),
    ?T(file:make_dir("")),
    ?T(file:write_file(w("f"), "")),
    ?T(file:make_dir(w("f"))),
    ?T(file:make_dir(w("f/g"))),
    ?T(file:list_dir(w("f"))),
    ?T(file:list_dir(w("none"))),
    ?T(file:make_dir(w("d/e"))),
    ?T(file:write_file(w("d/e/f"), "deep")),
    ?T(ls("")),
    ?T(ls("d")),
    ?T(file:del_dir(w("d"))),
    ?T(file:del_dir(w("f"))),
    ?T(file:del_dir(w("none"))),
    ?T(file:del_dir(w("d/e/."))),
    ?T(file:del_dir(w("d/e/.."))),
    ?T(file:delete(w("d"))),
    ?T(file:delete(w("d/."))),
    ?T(file:delete(w("f/"))),
    ?T(file:del_dir(w("e"))),
    ?T(file:del_dir(w("e/"))),
    ?T(file:del_dir_r(w("d"))),
    ?T(file:del_dir_r(w("d"))),
    ?T(ls("")).

renames() ->
    [ok = file:write_file(w(F), F) || F <- ["a", "b", "c"]],
    [ok = file:make_dir(w(D)) || D <- ["d", "e", "full", "full/sub"]],
    ok = file:write_file(w("full/x"), "x"),
    R = fun(From, To) -> {From, To, file:rename(w(From), w(To)), ls("")} end,
    ?T(R("a", "z")),
    ?T(R("a", "z")),
    ?T(R("z", "b")),
    ?T(file:read_file(w("b"))),
    ?T(R("b", "b")),
    ?T(R("b", "d")),
    ?T(R("b", "d/b")),
    ?T(R("d", "c")),
    ?T(R("d", "e")),
    ?T(ls("e")),
    ?T(R("e", "full")),
    ?T(R("full", "full/sub/in")),
    ?T(R("full/sub", "full")),
    ?T(R("full", "full")),
    ?T(R("none", "a")),
    ?T(R("c", "none/c")),
    ?T(R("c", "c/d")),
    ?T(R("c/", "q")),
    ?T(R("c", "q/")),
    ?T(R("full", "moved/")),
    ?T(ls("moved")),
    ?T(file:read_file(w("moved/x"))),
    ?T(R("moved/.", "m2")),
    ?T(R("moved", "e/..")),
    ?T(file:rename("/", w("r"))),
    ?T(file:rename(w("c"), "")),
    ?T(file:rename("", w("c"))).

links() ->
    ok = file:write_file(w("f"), "contents"),
    ok = file:make_dir(w("d")),
    ?T(file:make_symlink("f", w("s"))),
    ?T(file:make_symlink("f", w("s"))),
    ?T(file:read_link(w("s"))),
    ?T(file:read_link_all(w("s"))),
    ?T(file:read_link(w("f"))),
    ?T(file:read_link(w("none"))),
    ?T(file:read_file(w("s"))),
    ?T(file:make_symlink("../f", w("d/up"))),
    ?T(file:read_file(w("d/up"))),
    ?T(file:make_symlink("d", w("ld"))),
    ?T(file:read_file(w("ld/up"))),
    ?T(file:read_file(w("ld/../s"))),
    ?T(ls("ld")),
    ?T(ls("ld/")),
    ?T(file:make_symlink("loop", w("loop"))),
    ?T(file:read_file(w("loop"))),
    ?T(file:read_file(w("loop/x"))),
    ?T(file:make_symlink("nowhere", w("dangling"))),
    ?T(file:read_file(w("dangling"))),
    ?T(file:write_file(w("dangling"), "x", [exclusive])),
    ?T(file:make_dir(w("dangling"))),
    ?T(file:write_file(w("dangling"), "made")),
    ?T(file:read_file(w("nowhere"))),
    ?T(file:write_file(w("s"), "through")),
    ?T(file:read_file(w("f"))),
    [?T({L, kinds(L)}) || L <- ["s", "ld", "ld/", "dangling", "loop", "f", "d", "s/"]],
    ?T(file:del_dir(w("ld"))),
    ?T(file:del_dir(w("ld/"))),
    ?T(file:delete(w("ld/"))),
    ?T(file:rename(w("ld"), w("ld2"))),
    ?T(file:read_link(w("ld2"))),
    ?T(file:delete(w("ld2"))),
    ?T(ls("d")),
    ?T(file:make_symlink(here_is("f"), w("abs"))),
    ?T(file:read_file(w("abs"))),
    ?T(file:make_symlink("", w("nothing"))),
    ?T(file:make_symlink("x", w("none/x"))),
    ?T(file:make_link(w("f"), w("hard"))),
    ?T(file:make_link(w("f"), w("hard"))),
    ?T(file:make_link(w("none"), w("h2"))),
    ?T(file:make_link(w("d"), w("h2"))),
    ?T(file:make_link(w("f"), w("none/h2"))),
    ?T(links_of("f")),
    ?T(file:write_file(w("hard"), "both")),
    ?T(file:read_file(w("f"))),
    ?T(file:rename(w("f"), w("hard"))),
    ?T(file:delete(w("f"))),
    ?T(file:read_file(w("hard"))),
    ?T(links_of("hard")),
    ?T(file:make_link(w("loop"), w("loop2"))),
    ?T(file:read_link(w("loop2"))),
    ?T(ls("")).

here_is(Name) -> w(Name).
links_of(Name) ->
    {ok, I} = file:read_file_info(w(Name)),
    I#file_info.links.
kinds(Name) -> [kind(file:read_file_info(w(Name))), kind(file:read_link_info(w(Name)))].
kind({ok, I}) -> {I#file_info.type, I#file_info.access};
kind(E) -> E.

information() ->
    ok = file:write_file(w("f"), "12345"),
    ok = file:make_dir(w("d")),
    ok = file:make_dir(w("d/e")),
    Show = fun(Name) ->
        {ok, I} = file:read_file_info(w(Name)),
        {I#file_info.type, I#file_info.access, I#file_info.mode, I#file_info.uid, I#file_info.gid, I#file_info.minor_device}
    end,
    ?T(Show("f")),
    ?T(Show("d")),
    ?T(filelib:file_size(w("f"))),
    ?T(links_of("f")),
    ?T(file:change_mode(w("f"), 8#600)),
    ?T(Show("f")),
    ?T(file:change_mode(w("f"), 8#107777)),
    ?T(Show("f")),
    ?T(file:change_mode(w("none"), 8#600)),
    ?T(file:change_mode(w("d"), 8#700)),
    ?T(Show("d")),
    ?T(file:change_time(w("f"), {{2001, 2, 3}, {4, 5, 6}})),
    ?T(begin {ok, I} = file:read_file_info(w("f")), I#file_info.mtime end),
    ?T(file:change_time(w("f"), {{2001, 2, 3}, {4, 5, 6}}, {{2011, 2, 3}, {4, 5, 6}})),
    ?T(begin {ok, I} = file:read_file_info(w("f"), [{time, posix}]), {I#file_info.mtime, I#file_info.atime} end),
    ?T(begin {ok, I} = file:read_file_info(w("f"), [{time, universal}]), {I#file_info.mtime, I#file_info.atime} end),
    ?T(filelib:last_modified(w("f"))),
    ?T(file:write_file_info(w("f"), #file_info{mode = 8#640, uid = 7, gid = 8})),
    ?T(Show("f")),
    ?T(file:change_owner(w("f"), 3)),
    ?T(file:change_group(w("f"), 4)),
    ?T(Show("f")),
    ?T(file:write_file_info(w("none"), #file_info{mode = 8#640})),
    ?T(file:write_file_info(w("f"), #file_info{mode = x})),
    ?T(with("f", [read], fun(F) ->
        {ok, I} = file:read_file_info(F),
        {I#file_info.size, I#file_info.type, I#file_info.access, I#file_info.mode}
    end)),
    Now = erlang:system_time(second),
    ?T(file:write_file(w("g"), "")),
    ?T(begin
        {ok, I} = file:read_file_info(w("g"), [{time, posix}]),
        [abs(T - Now) =< 5 || T <- [I#file_info.mtime, I#file_info.atime, I#file_info.ctime]]
    end),
    ?T([F(w(N)) || F <- [fun filelib:is_file/1, fun filelib:is_dir/1, fun filelib:is_regular/1], N <- ["f", "d", "none", "f/x"]]),
    ?T(file:read_file_info(w("none"))),
    ?T(file:read_file_info(w("f/x"))),
    ?T(file:altname(w("f"))),
    ?T(inode(w("f")) =:= inode(w("./f"))),
    ?T(inode(w("f")) =:= inode(w("g"))).

inode(Path) ->
    {ok, I} = file:read_file_info(Path),
    I#file_info.inode.

open_and_gone() ->
    ?T(with("f", [read, write], fun(F) ->
        ?T(file:write(F, "still here")),
        ?T(file:delete(w("f"))),
        ?T(file:read_file(w("f"))),
        ?T(file:write_file(w("f"), "another")),
        ?T(file:pread(F, 0, 20)),
        ?T(file:write(F, " and growing")),
        ?T(file:pread(F, 0, 40)),
        ?T(begin {ok, I} = file:read_file_info(F), {I#file_info.size, I#file_info.links} end),
        ok
    end)),
    ?T(file:read_file(w("f"))),
    ?T(with("f", [read], fun(F) -> ?T(file:rename(w("f"), w("g"))), file:read(F, 10) end)),
    ?T(with("g", [read], fun(F) -> ?T(file:write_file(w("g"), "short")), file:read(F, 10) end)),
    ok.

current() ->
    ok = file:make_dir(w("d")),
    ?T(file:set_cwd(w("d"))),
    ?T(here(file:get_cwd())),
    ?T(file:write_file("rel", "relative")),
    ?T(file:read_file(w("d/rel"))),
    ?T(file:read_file("./rel")),
    ?T(file:read_file("../d/rel")),
    ?T(file:set_cwd("..")),
    ?T(here(file:get_cwd())),
    ?T(file:list_dir(".")),
    ?T(file:set_cwd("d/rel")),
    ?T(file:set_cwd("none")),
    ?T(file:set_cwd("")),
    ?T(file:make_symlink("d", "ld")),
    ?T(file:set_cwd("ld")),
    ?T(here(file:get_cwd())),
    ?T(file:rename(w("d"), w("renamed"))),
    ?T(here(file:get_cwd())),
    ?T(file:read_file("rel")),
    ?T(file:del_dir(w("renamed"))),
    ?T(file:delete("rel")),
    ?T(file:del_dir(w("renamed"))),
    ?T(file:get_cwd()),
    ?T(file:write_file("x", "")),
    ?T(file:list_dir(".")),
    ?T(file:set_cwd(w(""))),
    ?T(here(file:get_cwd())).

copies() ->
    ok = file:write_file(w("f"), lists:duplicate(100000, $q)),
    ?T(file:copy(w("f"), w("g"))),
    ?T(file:copy(w("f"), w("h"), 1000)),
    ?T(filelib:file_size(w("h"))),
    ?T(file:copy(w("none"), w("h"))),
    ?T(file:copy({w("f"), [read]}, {w("h"), [append]}, 10)),
    ?T(filelib:file_size(w("h"))),
    ?T(file:read_file(w("f")) =:= file:read_file(w("g"))),
    ?T(file:copy(w("f"), w("none/x"))).

buffers() ->
    ?T(with("f", [write, {delayed_write, 100, 10000}], fun(F) ->
        [ok = file:write(F, integer_to_list(N)) || N <- lists:seq(1, 30)],
        ?T(filelib:file_size(w("f"))),
        [ok = file:write(F, integer_to_list(N)) || N <- lists:seq(1, 100)],
        ok
    end)),
    ?T(filelib:file_size(w("f"))),
    ?T(with("f", [read, write, delayed_write], fun(F) ->
        {file:write(F, "xyz"), file:pread(F, 0, 5), file:position(F, cur), file:write(F, "!"), file:sync(F), file:pread(F, 0, 5)}
    end)),
    ok = file:write_file(w("l"), "one\ntwo\r\nthree"),
    ?T(with("l", [read, {read_ahead, 5}], fun(F) ->
        {file:read_line(F), file:read(F, 2), file:position(F, cur), file:read_line(F), file:read_line(F), file:read_line(F)}
    end)),
    ?T(with("l", [read, read_ahead, write], fun(F) ->
        {file:read(F, 2), file:write(F, "!!"), file:read(F, 3), file:pread(F, 0, 10), file:truncate(F)}
    end)),
    ?T(file:read_file(w("l"))),
    ?T(with("z", [write, compressed], fun(F) -> [file:write(F, lists:duplicate(1000, $a)), file:write(F, "end")] end)),
    ?T(with("z", [read, compressed], fun(F) -> {file:read(F, 3), file:position(F, 998), file:read(F, 10)} end)),
    ?T(begin {ok, <<A, B, _/binary>>} = file:read_file(w("z")), {A, B} end).

io_files() ->
    {ok, F} = file:open(w("f"), [read, write, {encoding, utf8}]),
    ?T(io:format(F, "~ts ~p~n", ["Wörld λ", {a, 1}])),
    ?T(io:put_chars(F, "line two\nthree")),
    ?T(file:position(F, 0)),
    ?T(io:get_line(F, "")),
    ?T(io:read(F, "")),
    ?T(io:get_chars(F, "", 3)),
    ?T(file:read_line(F)),
    ?T(file:read_line(F)),
    ?T(file:pread(F, 0, 3)),
    ?T(file:close(F)),
    ?T(file:close(F)),
    ?T(io:put_chars(F, "x")),
    ?T(file:read_file(w("f"))),
    {ok, R} = file:open(w("f"), [read]),
    ?T(file:write(R, "x")),
    ?T(file:read(R, 3)),
    ?T(file:close(R)),
    {ok, W} = file:open(w("g"), [write]),
    ?T(file:read(W, 3)),
    ?T(file:write(W, ["a", <<"b">>])),
    ?T(file:write(W, [300])),
    ?T(file:close(W)),
    ?T(file:read_file(w("g"))).

finding() ->
    ?T(filelib:ensure_dir(w("a/b/c/file"))),
    ?T(filelib:ensure_dir(w("a/b/c/file"))),
    ?T(filelib:ensure_path(w("a/b/d"))),
    [ok = file:write_file(w(F), F) || F <- ["x.erl", "a/y.erl", "a/b/z.erl", "a/b/c/q.txt", "a/.hidden"]],
    ?T(filelib:wildcard("*", w(""))),
    ?T(filelib:wildcard("**/*.erl", w(""))),
    ?T(filelib:wildcard("a/{b,c}/*", w(""))),
    ?T(filelib:wildcard("a/?.erl", w(""))),
    ?T(filelib:wildcard("[xyz].erl", w(""))),
    ?T(filelib:wildcard("none*", w(""))),
    ?T(filelib:wildcard("a/b/../*.erl", w(""))),
    ?T(lists:sort(filelib:fold_files(w(""), "\\.erl$", true, fun(F, A) -> [filename:basename(F) | A] end, []))),
    ?T(filelib:fold_files(w(""), "\\.erl$", false, fun(F, A) -> [filename:basename(F) | A] end, [])),
    ?T(filelib:ensure_dir(w("x.erl/y/z"))),
    ?T(filelib:is_dir(w("a/b/d"))),
    ?T(filelib:find_file("y.erl", w("a")) =/= {error, not_found}),
    ?T(filelib:safe_relative_path("a/../../b", w(""))).

terms() ->
    ok = file:write_file(w("t"), "{a, 1}.\n[b, \"c\"].\n"),
    ok = file:write_file(w("bad"), "{a, 1}.\n{b.\n"),
    ok = file:write_file(w("s"), "A = 1 + 1,\nA * 21.\n"),
    ok = file:write_file(w("crash"), "1 / X.\n"),
    ?T(file:consult(w("t"))),
    ?T(file:consult(w("bad"))),
    ?T(file:consult(w("none"))),
    ?T(file:script(w("s"))),
    ?T(file:script(w("s"), [{'B', 1}])),
    ?T(file:eval(w("s"))),
    ?T(element(1, file:script(w("crash")))),
    ?T(element(1, element(2, file:path_consult([w("none"), w("")], "t")))),
    ?T(begin {ok, F, Full} = file:path_open([w("none"), w("")], "t", [read]), {file:read(F, 4), file:close(F), here(Full)} end),
    ?T(file:path_open([w("")], "none", [read])),
    ?T(begin {ok, V, Full} = file:path_script([w("")], "s"), {V, here(Full)} end).

compiling() ->
    ok = file:write_file(w("made_here.erl"), "-module(made_here).\n-export([f/1]).\nf(X) -> {made, X}.\n"),
    ?T(compile:file(w("made_here.erl"), [{outdir, w("")}])),
    ?T(ls("")),
    ?T(code:add_patha(w(""))),
    ?T(made_here:f(1)),
    ?T(here(code:which(made_here))),
    ?T(begin code:purge(made_here), code:delete(made_here) end),
    ?T(code:purge(made_here)),
    ?T(code:del_path(w(""))),
    ok = file:write_file(w("broken.erl"), "-module(broken).\nf( -> x.\n"),
    ?T(compile:file(w("broken.erl"), [{outdir, w("")}])).

dets_() ->
    {ok, T} = dets:open_file(?MODULE, [{file, w("t.dets")}, {type, bag}, {auto_save, infinity}]),
    ?T(dets:insert(T, [{N rem 100, N} || N <- lists:seq(1, 2000)])),
    ?T(lists:sort(dets:lookup(T, 7))),
    ?T(dets:info(T, no_objects)),
    ?T(dets:delete(T, 7)),
    ?T(dets:lookup(T, 7)),
    ?T(dets:match_delete(T, {8, '_'})),
    ?T(dets:sync(T)),
    ?T(dets:close(T)),
    ?T(dets:is_dets_file(w("t.dets"))),
    {ok, T} = dets:open_file(?MODULE, [{file, w("t.dets")}, {type, bag}, {access, read}]),
    ?T(dets:info(T, no_objects)),
    ?T(lists:sum(dets:foldl(fun({_, V}, A) -> [V | A] end, [], T))),
    ?T(lists:sort(dets:match(T, {50, '$1'}))),
    ?T(element(1, element(2, dets:insert(T, {x, y})))),
    ?T(dets:close(T)),
    ?T(element(3, element(2, dets:is_dets_file(w("none"))))),
    ok = file:write_file(w("not.dets"), "no dets file at all, but long enough to be looked at closely, is it not"),
    ?T(dets:is_dets_file(w("not.dets"))),
    ?T(element(1, dets:open_file(y, [{file, w("not.dets")}]))).

disk_logs() ->
    Open = fun(Extra) -> disk_log:open([{name, l}, {file, w("log")} | Extra]) end,
    ?T(Open([])),
    ?T([disk_log:log(l, {entry, N}) || N <- [1, 2, 3]]),
    ?T(disk_log:log_terms(l, [a, "b", <<"c">>])),
    ?T(disk_log:sync(l)),
    ?T(begin {_, Terms} = disk_log:chunk(l, start), Terms end),
    ?T(disk_log:close(l)),
    ?T(Open([])),
    ?T(disk_log:log(l, again)),
    ?T(begin {_, Terms} = disk_log:chunk(l, start), Terms end),
    ?T(disk_log:truncate(l)),
    ?T(disk_log:chunk(l, start)),
    ?T(disk_log:close(l)),
    ?T(disk_log:open([{name, w}, {file, w("wrap")}, {type, wrap}, {size, {500, 3}}, {format, external}])),
    ?T([disk_log:blog(w, lists:duplicate(200, $x)) || _ <- lists:seq(1, 12)]),
    ?T(disk_log:close(w)),
    ?T(ls("")).

large() ->
    Block = list_to_binary(lists:duplicate(16, lists:seq(0, 255))),
    Big = binary:copy(Block, 2560),
    ?T(byte_size(Big)),
    ?T(file:write_file(w("big"), Big)),
    ?T(begin {ok, B} = file:read_file(w("big")), {byte_size(B), erlang:md5(B) =:= erlang:md5(Big)} end),
    ?T(with("big", [read], fun(F) ->
        {ok, P} = file:pread(F, 5000001, 300000),
        P =:= binary:part(Big, 5000001, 300000)
    end)),
    ?T(file:copy(w("big"), w("big2"))),
    ?T(file:write_file(w("big2"), [Big, "tail"])),
    ?T(filelib:file_size(w("big2"))),
    ?T(with("big2", [read], fun(F) -> file:pread(F, 10485750, 100) end)),
    ?T(with("iov", [write], fun(F) -> file:write(F, [binary:copy(<<N>>, 100) || N <- lists:seq(1, 255)]) end)),
    ?T(begin {ok, B} = file:read_file(w("iov")), B =:= list_to_binary([binary:copy(<<N>>, 100) || N <- lists:seq(1, 255)]) end),
    ?T(with("iov", [read, write], fun(F) -> file:pwrite(F, 10, [binary:copy(<<N>>, 100) || N <- lists:seq(1, 255)]) end)),
    ?T(begin {ok, B} = file:read_file(w("iov")), {byte_size(B), erlang:phash2(B)} end),
    [?T(file:delete(w(F))) || F <- ["big", "big2", "iov"]].

many() ->
    Names = [integer_to_list(N) || N <- lists:seq(1, 2000)],
    ?T(lists:usort([file:write_file(w(N), N) || N <- Names])),
    ?T(length(ls(""))),
    ?T(lists:usort([file:read_file(w(N)) =:= {ok, list_to_binary(N)} || N <- Names])),
    ?T(lists:usort([file:rename(w(N), w("r" ++ N)) || N <- Names])),
    ?T(ls("") =:= lists:sort(["r" ++ N || N <- Names])),
    ?T(lists:usort([file:delete(w("r" ++ N)) || N <- Names])),
    ?T(ls("")).

names() ->
    Long = lists:duplicate(255, $n),
    ?T(file:write_file(w(Long), "long")),
    ?T(file:write_file(w([$n | Long]), "too long")),
    ?T(file:make_dir(w([$n | Long]))),
    ?T(file:read_file(w([$n | Long]))),
    ?T(file:read_file(w(lists:duplicate(5000, $/) ++ Long))),
    ?T(file:read_file(w(lists:duplicate(2000, $/) ++ Long))),
    ?T(file:write_file(w("λ ö"), "unicode")),
    ?T(file:write_file(unicode:characters_to_binary(w("β")), "binary")),
    ?T(file:write_file(list_to_binary([w("raw"), 255]), "not utf8")),
    ?T(ls("") -- [Long]),
    ?T(begin {ok, L} = file:list_dir_all(w("")), lists:sort(L) -- [Long] end),
    ?T(file:read_file(list_to_binary([w("raw"), 255]))),
    ?T(file:write_file([get(base), "/w/", [$d, "eep"]], "deep list")),
    ?T(file:read_file(w("deep"))),
    ?T(file:read_file(list_to_atom(w("deep")))),
    ?T(file:read_file({x})),
    ?T(file:read_file([-1])),
    ?T(file:delete(list_to_binary([w("raw"), 255]))).

walking() ->
    ok = file:make_dir(w("d")),
    ok = file:write_file(w("f"), "f"),
    [?T({P, file:read_file(w(P))})
     || P <- ["d/../f", "d//..//f", "./f", "d/./../f", "none/../f", "f/../f", "f/.", "f/..", "d/../../w/f", "/f", "d/.././f"]],
    ?T(file:read_file("/../../.." ++ w("f"))),
    ?T(file:read_file("/tmp/.." ++ w("f"))),
    ?T(file:read_file("//" ++ w("f"))),
    ?T(filelib:is_dir("/tmp/")),
    ?T(lists:member("tmp", element(2, file:list_dir("/")))),
    ?T(lists:member(filename:basename(get(base)), element(2, file:list_dir("/tmp")))),
    [ok = file:make_symlink("l" ++ integer_to_list(N - 1), w("l" ++ integer_to_list(N))) || N <- lists:seq(1, 45)],
    ok = file:make_symlink("f", w("l0")),
    [?T({N, file:read_file(w("l" ++ integer_to_list(N)))}) || N <- [0, 1, 38, 39, 40, 41, 45]].

handles() ->
    ok = file:write_file(w("f"), "owned"),
    {ok, F} = file:open(w("f"), [raw, read, binary]),
    Other = fun(Do) ->
        Self = self(),
        {Pid, Ref} = spawn_monitor(fun() -> Self ! {self(), (catch Do())} end),
        R = receive {Pid, Result} -> Result after 5000 -> timeout end,
        receive {'DOWN', Ref, _, _, _} -> ok end,
        case R of {'EXIT', {Reason, _}} -> {'EXIT', Reason}; _ -> R end
    end,
    ?T(Other(fun() -> file:read(F, 2) end)),
    ?T(Other(fun() -> file:close(F) end)),
    ?T(file:read(F, 2)),
    ?T(file:close(F)),
    ?T(file:close(F)),
    ?T(file:read(F, 2)),
    ?T(file:write(F, "x")),
    ?T(file:position(F, 0)),
    {ok, G} = Other(fun() -> file:open(w("g"), [write]) end),
    receive after 50 -> ok end,
    ?T(file:write(G, "x")),
    ?T(Other(fun() -> {ok, H} = file:open(w("h"), [write, raw]), file:write(H, "left open") end)),
    ?T(file:read_file(w("h"))),
    ?T(prim_file:read_nif(make_ref(), 1)),
    ?T(prim_file:open_nif(<<"no zero">>, [read])),
    ?T(prim_file:open_nif(<<0>>, [read])),
    ?T(prim_file:open_nif(x, [read])),
    ?T(prim_file:open_nif(<<"x", 0>>, x)),
    ?T(prim_file:read_info_nif(<<"/tmp", 0>>, x)).

elsewhere() ->
    ?T(file:read_file_info("/none")),
    ?T(file:read_file("/tmp")),
    ?T(file:write_file("/tmp", "x")),
    ?T(file:delete("/tmp")),
    ?T(file:make_dir("/tmp")),
    ?T(file:make_dir("/tmp/")),
    ?T(file:delete("/none")),
    ?T(file:del_dir("/")),
    ?T(file:write_file("/none/x", "x")),
    ?T(kind(file:read_file_info("/tmp"))),
    ?T(begin {ok, I} = file:read_file_info("/tmp"), I#file_info.mode end).
