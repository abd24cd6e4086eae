%% SPDX-License-Identifier: Apache-2.0
%% files -- what bench/files measures, in one folder: prints a line "name value" for each.
-module(files).
-export([main/0]).

main() ->
    [Folder] = init:get_plain_arguments(),
    Large = filename:join(Folder, "large"),
    Piece = binary:copy(<<"0123456789abcdef">>, 4096),
    Pieces = 1024,
    say(write_mb_s, rate(Pieces * 65536, fun() -> write(Large, Piece, Pieces) end)),
    say(read_mb_s, rate(Pieces * 65536, fun() -> read(Large) end)),
    say(read_file_mb_s, rate(Pieces * 65536, fun() -> {ok, _} = file:read_file(Large) end)),
    ok = file:delete(Large),
    say(small_s, small(Folder, 1, 3000)),
    say(small_parallel_s, small(Folder, 16, 3000)),
    ok = file:write_file(filename:join(Folder, "one"), <<"one">>),
    {ok, H} = file:open(filename:join(Folder, "one"), [read, write, raw, binary]),
    say(pread_us, each(5000, fun() -> {ok, _} = file:pread(H, 0, 3) end)),
    say(info_us, each(3000, fun() -> {ok, _} = file:read_file_info(filename:join(Folder, "one")) end)),
    halt(0).

say(Name, Value) -> io:format("~s ~.1f~n", [Name, float(Value)]).

micros(F) -> {T, _} = timer:tc(F), max(T, 1).
rate(Bytes, F) -> Bytes / micros(F).
each(N, F) -> micros(fun() -> times(N, F) end) / N.

times(0, _) -> ok;
times(N, F) -> F(), times(N - 1, F).

write(Name, Piece, Pieces) ->
    {ok, H} = file:open(Name, [write, raw, binary]),
    times(Pieces, fun() -> ok = file:write(H, Piece) end),
    ok = file:close(H).

read(Name) ->
    {ok, H} = file:open(Name, [read, raw, binary]),
    read_all(H),
    ok = file:close(H).

read_all(H) ->
    case file:read(H, 65536) of
        {ok, _} -> read_all(H);
        eof -> ok
    end.

%% Files made, read and deleted in a second, by some processes at a time.
small(Folder, Processes, Files) ->
    T = micros(fun() ->
        Started = [spawn_monitor(fun() -> some(Folder, I, Files div Processes) end) || I <- lists:seq(1, Processes)],
        [receive {'DOWN', R, process, P, normal} -> ok end || {P, R} <- Started]
    end),
    Files * 1000000 / T.

some(_, _, 0) -> ok;
some(Folder, I, N) ->
    Name = filename:join(Folder, integer_to_list(I) ++ "-" ++ integer_to_list(N)),
    ok = file:write_file(Name, <<"some bytes, not many">>),
    {ok, _} = file:read_file(Name),
    ok = file:delete(Name),
    some(Folder, I, N - 1).
