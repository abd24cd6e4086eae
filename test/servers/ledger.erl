%% SPDX-License-Identifier: Apache-2.0
%% ledger.erl -- what test/servers/mnesia starts, in motes and on stock: Mnesia with its tables on disc, in a folder.
%%
%%     main([Folder, Until])   makes the tables when there are none, looks whether all is there that was written before, and
%%                             writes further entries: up to number Until, or for ever when that is 0
%%
%% It prints `found N` for what was there, `synced N` when entry N and all before it are on disc, and `stopped` at the end.
%% An entry is a row in each of two tables, and a change of a total.  (Tables on disc alone, disc_only_copies, lose what a node that
%% is killed had not written yet, on stock, too: Mnesia empties its log while dets still has it in memory.)
-module(ledger).
-export([main/1]).

-record(entry, {number, text}).
-record(archived, {number, text}).
-record(total, {name, value}).

main([Folder, Until]) ->
    application:set_env(mnesia, dir, Folder),
    application:set_env(mnesia, dump_log_write_threshold, 150), % so that the log is dumped while entries are written
    new(Folder) andalso (ok = mnesia:create_schema([node()])),
    ok = application:start(mnesia),
    [{atomic, ok} = mnesia:create_table(Name, [{attributes, Fields}, {Kind, [node()]}])
     || {Name, Fields, Kind} <- tables(), not lists:member(Name, mnesia:system_info(tables))],
    ok = mnesia:wait_for_tables([Name || {Name, _, _} <- tables()], 60000),
    Last = check(),
    io:format("found ~w~n", [Last]),
    write(Last + 1, list_to_integer(Until)),
    stopped = mnesia:stop(),
    io:format("stopped~n").

new(Folder) -> not filelib:is_regular(filename:join(Folder, "schema.DAT")).

tables() ->
    [{entry, record_info(fields, entry), disc_copies}, {archived, record_info(fields, archived), disc_copies},
     {total, record_info(fields, total), disc_copies}].

%% Each entry, without a gap; in both tables; and they add up.
check() ->
    {atomic, {Entries, Archived, Total}} = mnesia:transaction(fun() ->
        {lists:sort(mnesia:match_object(#entry{_ = '_'})), lists:sort(mnesia:match_object(#archived{_ = '_'})), mnesia:read(total, sum)}
    end),
    Count = length(Entries),
    Entries =:= [#entry{number = N, text = text(N)} || N <- lists:seq(1, Count)] orelse exit({entries, Count}),
    Archived =:= [#archived{number = N, text = text(N)} || N <- lists:seq(1, Count)] orelse exit({archived, Count, length(Archived)}),
    Sum = Count * (Count + 1) div 2,
    case Total of
        [] when Count =:= 0 -> ok;
        [#total{value = Sum}] -> ok;
        _ -> exit({total, Total, Count})
    end,
    Count.

text(N) -> list_to_binary(io_lib:format("entry ~w ~s", [N, lists:duplicate(N rem 300, $x)])).

write(N, Until) when Until > 0, N > Until -> ok;
write(N, Until) ->
    {atomic, ok} = mnesia:transaction(fun() ->
        ok = mnesia:write(#entry{number = N, text = text(N)}),
        ok = mnesia:write(#archived{number = N, text = text(N)}),
        Sum = case mnesia:read(total, sum, write) of [#total{value = V}] -> V; [] -> 0 end,
        mnesia:write(#total{name = sum, value = Sum + N})
    end),
    case N rem 10 =:= 0 orelse N =:= Until of
        true ->
            ok = mnesia:sync_log(),
            io:format("synced ~w~n", [N]);
        false -> ok
    end,
    write(N + 1, Until).
