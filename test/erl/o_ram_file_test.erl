%% SPDX-License-Identifier: Apache-2.0
%% Files in memory: ram_file, file:open/2 with ram, and erl_tar on binaries.
-module(o_ram_file_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    opening(),
    reading(),
    writing(),
    seeking(),
    ends(),
    generic(),
    archives().

modes() -> ?V([[], [read], [write], [read, write], [binary], [read, binary], [write, binary], [read, write, binary]]).

opening() ->
    [?T(with(<<"some data">>, M, fun(F) -> {ram_file:get_size(F), ram_file:get_file(F), ram_file:read(F, 4), ram_file:write(F, "X"), ram_file:get_file(F)} end)) || M <- modes()],
    [?T(with(D, [read, binary], fun(F) -> ram_file:get_file(F) end)) || D <- ?V([<<>>, "abc", [<<"a">>, [$b | <<"c">>]], [], [1, 300], a, <<1:3>>])],
    [?T(ram_file:open(<<"x">>, M)) || M <- ?V([[bad], [append], [raw], [compressed], x])],
    [?T(file:open(<<"x">>, M)) || M <- ?V([[ram, bad], [ram, append], [ram, raw]])].

reading() ->
    [?T(with("0123456789", [read | M], fun(F) -> {ram_file:read(F, N), ram_file:read(F, 3), ram_file:read(F, 100), ram_file:read(F, 1), ram_file:read(F, 0)} end)) || N <- ?V([0, 1, 5, 10, 11, 16#7fffffff]), M <- [[], [binary]]],
    [?T(with("0123456789", [read], fun(F) -> ram_file:read(F, N) end)) || N <- ?V([16#80000000, 1 bsl 64])],
    [?T(with("0123456789", [read, binary], fun(F) -> {ram_file:pread(F, At, N), ram_file:position(F, cur)} end)) || {At, N} <- ?V([{0, 3}, {8, 5}, {10, 1}, {10, 0}, {11, 1}, {-1, 1}, {16#7fffffff, 1}, {16#80000000, 1}, {a, 1}])],
    [?T(with("0123456789", [read], fun(F) -> ram_file:pread(F, L) end)) || L <- ?V([[], [{0, 1}, {5, 2}], [{9, 2}, {10, 1}, {12, 0}], [{-1, 1}], [{0, 1} | x], [x], [{0, -1}]])].

writing() ->
    [?T(with("abc", [read, write, binary], fun(F) -> {ram_file:write(F, B), ram_file:position(F, cur), ram_file:get_file(F)} end)) || B <- ?V([<<>>, "x", "xyzuv", [<<"1">>, [$2]], a, [300]])],
    [?T(with("abc", [read, write, binary], fun(F) -> {ram_file:pwrite(F, At, "XY"), ram_file:position(F, cur), ram_file:get_file(F), ram_file:get_size(F)} end)) || At <- ?V([0, 2, 3, 10, -1, a, 16#80000000])],
    [?T(with("abc", [read, write, binary], fun(F) -> {ram_file:pwrite(F, L), ram_file:get_file(F)} end)) || L <- ?V([[], [{0, "x"}, {5, <<"yz">>}], [{0, "x"}, {-1, "y"}], [{0, "x"}, {1 bsl 40, "y"}], [{0, a}], [x], [{0, [300]}]])],
    ?T(with("", [read, write, binary], fun(F) -> [ok = ram_file:write(F, integer_to_list(I)) || I <- lists:seq(1, 5000)], {ok, B} = ram_file:get_file(F), {byte_size(B), erlang:md5(B)} end)),
    ?T(with("", [read, write, binary], fun(F) -> ok = ram_file:write(F, binary:copy(<<"0123456789abcdef">>, 100000)), ok = ram_file:pwrite(F, 5000000, <<1>>), {ok, B} = ram_file:get_file(F), {byte_size(B), erlang:md5(B)} end)).

seeking() ->
    [?T(with("0123456789", [read, write, binary], fun(F) -> ram_file:position(F, 4), {ram_file:position(F, P), ram_file:read(F, 2), ram_file:write(F, "*"), ram_file:get_file(F)} end)) || P <- ?V([0, 3, bof, cur, eof, {bof, 2}, {cur, 1}, {cur, -1}, {cur, -5}, {eof, -1}, {eof, -11}, {eof, 3}, {bof, -1}, -1, {bof, 1 bsl 31}, {cur, -(1 bsl 31)}, x, {x, 1}, {cur, a}])],
    [?T(with("0123456789", M, fun(F) -> {ram_file:position(F, P), ram_file:truncate(F), ram_file:get_size(F), ram_file:get_file(F), ram_file:position(F, eof)} end)) || P <- ?V([0, 5, 10, 12, 1000]), M <- [[read, write, binary], [read], [write]]],
    ?T(with("0123456789", [read, write, binary], fun(F) -> ram_file:position(F, 3), ram_file:truncate(F), ram_file:pwrite(F, 6, "x"), ram_file:get_file(F) end)).

ends() ->
    ?T(with("x", [read], fun(F) -> [ram_file:sync(F), ram_file:datasync(F), ram_file:allocate(F, 0, 10), ram_file:get_size(F)] end)),
    [?T(with("x", [read], fun(F) -> ram_file:advise(F, 0, 1, A) end)) || A <- ?V([normal, random, sequential, will_need, dont_need, no_reuse, bad])],
    ?T(begin {ok, F} = ram_file:open("x", [read]), {ram_file:close(F), ram_file:close(F), ram_file:read(F, 1), ram_file:write(F, "x")} end),
    ?T(begin
           process_flag(trap_exit, true),
           {ok, {file_descriptor, _, P}} = ram_file:open("x", [read]),
           R = {erlang:port_info(P, name), is_port(P), [catch port_command(P, C) || C <- [<<>>]], port_close(P), [element(1, E) || E <- expect:flush()]},
           process_flag(trap_exit, false),
           R
       end).

generic() ->
    [?T(begin {ok, F} = file:open("line one\nline two\nand three", [ram | M]), R = {file:read(F, 4), file:position(F, {cur, 1}), file:read(F, 100), file:read(F, 1), file:position(F, bof), file:write(F, "LINE"), file:pread(F, 0, 8), file:sync(F)}, {R, file:close(F)} end) || M <- modes()],
    ?T(begin {ok, A} = file:open("0123456789", [ram, read, binary]), {ok, B} = file:open("", [ram, read, write, binary]), {file:copy(A, B), ram_file:get_file(B), file:position(A, 2), file:copy(A, B, 3), ram_file:get_file(B), file:truncate(B), file:datasync(A), file:advise(A, 0, 0, normal)} end),
    ?T(begin {ok, A} = file:open(<<0, 0, 0, 5, 0, 0, 0, 12, 1, 2, 3, 4, "hello world">>, [ram, read, binary]), {file:ipread_s32bu_p32bu(A, 0, 100), file:ipread_s32bu_p32bu(A, 2, 100), file:ipread_s32bu_p32bu(A, 100, 1)} end),
    ?T(begin {ok, A} = file:open("a", [ram]), {file:read_line(A), file:pread(A, [{0, 1}]), file:pwrite(A, 0, "x")} end).

archives() ->
    ?T(begin T = tar([]), {byte_size(T) rem 10240, erl_tar:table({binary, T})} end),
    ?T(begin {ok, Z} = erl_tar:table({binary, zlib:gzip(tar([]))}, [compressed]), Z end),
    ?T(begin {ok, L} = erl_tar:extract({binary, tar([])}, [memory]), [{N, byte_size(B), erlang:md5(B)} || {N, B} <- L] end),
    ?T(erl_tar:table({binary, <<"no archive">>})),
    ?T(erl_tar:extract({binary, binary:part(tar([]), 0, 700)}, [memory])).

%% An archive by hand: the one that writes them wants a file of the disk.
tar(_) ->
    Member = fun(Name, Data) ->
        Size = byte_size(Data),
        Head = fun(Sum) -> [pad(Name, 100), "0000644\0", "0000000\0", "0000000\0", io_lib:format("~11.8.0B\0", [Size]), "14000000000\0", Sum, "0", pad(<<>>, 100), "ustar\0", "00", pad(<<>>, 247)] end,
        Sum = lists:sum(binary_to_list(iolist_to_binary(Head("        ")))),
        [Head(io_lib:format("~6.8.0B\0 ", [Sum])), pad(Data, (Size + 511) div 512 * 512)]
    end,
    All = iolist_to_binary([Member(<<"one.txt">>, <<"first">>), Member(<<"dir/two">>, binary:copy(<<"second\n">>, 300)), Member(<<"empty">>, <<>>), pad(<<>>, 1024)]),
    pad(All, (byte_size(All) + 10239) div 10240 * 10240).

pad(B, N) -> <<B/binary, 0:((N - byte_size(B)) * 8)>>.

with(Data, Modes, Fun) ->
    case ram_file:open(Data, Modes) of
        {ok, F} -> try Fun(F) after ram_file:close(F) end;
        Error -> Error
    end.
