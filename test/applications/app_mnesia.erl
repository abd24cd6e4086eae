%% SPDX-License-Identifier: Apache-2.0
%% Mnesia in memory: transactions, nested and aborted ones, indexes, dirty operations, events, queries, a bag.
-module(app_mnesia).
-export([main/0]).
-include_lib("stdlib/include/qlc.hrl").

-record(person, {name, age, city}).
-record(visit, {name, place}).

main() ->
    say(start, mnesia:start()),
    say(create, mnesia:create_table(person, [{ram_copies, [node()]}, {attributes, record_info(fields, person)}, {index, [city]}])),
    say(create, mnesia:create_table(visit, [{type, bag}, {attributes, record_info(fields, visit)}])),
    say(create_again, mnesia:create_table(person, [])),
    say(wait, mnesia:wait_for_tables([person, visit], 5000)),
    say(subscribe, mnesia:subscribe({table, person, detailed})),
    People = [#person{name = N, age = A, city = C} || {N, A, C} <- [{ann, 30, oslo}, {bob, 41, rome}, {cid, 25, oslo}, {dan, 77, bonn}]],
    say(write, mnesia:transaction(fun() -> lists:foreach(fun mnesia:write/1, People) end)),
    %% A transaction's writes come in the order of an ETS bag, which is nobody's.
    say(events, lists:sort([receive {mnesia_table_event, {Op, T, New, Old, _}} -> {Op, T, New, Old} after 1000 -> none end || _ <- People])),
    say(read, mnesia:transaction(fun() -> mnesia:read(person, bob) end)),
    say(index_read, lists:sort(mnesia:dirty_index_read(person, oslo, #person.city))),
    say(abort, mnesia:transaction(fun() -> mnesia:delete({person, ann}), mnesia:abort(changed_my_mind) end)),
    say(crash, begin {aborted, {oops, [_ | _]}} = mnesia:transaction(fun() -> mnesia:write(#person{name = zoe}), error(oops) end) end =/= x),
    say(kept, mnesia:dirty_read(person, ann)),
    say(zoe, mnesia:dirty_read({person, zoe})),
    say(nested, mnesia:transaction(fun() ->
        mnesia:write(#person{name = eve, age = 1, city = rome}),
        Inner = mnesia:transaction(fun() -> mnesia:write(#person{name = fay, age = 2, city = rome}), mnesia:abort(inner) end),
        {Inner, length(mnesia:match_object(#person{city = rome, _ = '_'}))}
    end)),
    say(match, lists:sort(mnesia:dirty_match_object(#person{city = rome, _ = '_'}))),
    say(select, lists:sort(mnesia:dirty_select(person, [{#person{name = '$1', age = '$2', _ = '_'}, [{'>', '$2', 28}], ['$1']}]))),
    say(qlc, mnesia:transaction(fun() ->
        lists:sort(qlc:e(qlc:q([{P#person.name, P#person.age} || P <- mnesia:table(person), P#person.age < 40])))
    end)),
    say(bag, [mnesia:dirty_write(#visit{name = N, place = P}) || {N, P} <- [{ann, paris}, {ann, rome}, {bob, oslo}]]),
    say(bag_read, lists:sort(mnesia:dirty_read(visit, ann))),
    say(counter, begin
        {atomic, ok} = mnesia:create_table(counter, [{attributes, [key, value]}]),
        [mnesia:dirty_update_counter(counter, hits, N) || N <- [1, 2, 3]]
    end),
    say(concurrent, concurrent()),
    say(add_index, mnesia:add_table_index(person, age)),
    say(by_age, mnesia:dirty_index_read(person, 77, #person.age)),
    say(transform, mnesia:transform_table(visit, fun({visit, N, P}) -> {visit, N, {place, P}} end, [name, place])),
    say(transformed, lists:sort(mnesia:dirty_match_object({visit, '_', '_'}))),
    say(foldl, mnesia:transaction(fun() -> mnesia:foldl(fun(#person{age = A}, S) -> A + S end, 0, person) end)),
    say(info, [{K, mnesia:table_info(person, K)} || K <- [size, type, index, attributes, ram_copies, storage_type]]),
    say(system, [{K, mnesia:system_info(K)} || K <- [is_running, use_dir, tables, db_nodes, version]]),
    say(no_table, catch mnesia:dirty_read(nobody, 1)),
    say(clear, mnesia:clear_table(visit)),
    say(delete, mnesia:delete_table(visit)),
    %% The report of its end comes when it comes: before or behind our line.
    ok = logger:set_primary_config(level, warning),
    say(stop, mnesia:stop()).

%% 20 processes add to one record, each in a transaction of its own.
concurrent() ->
    {atomic, ok} = mnesia:transaction(fun() -> mnesia:write({counter, sum, 0}) end),
    Workers = [spawn_monitor(fun() ->
        [{atomic, ok} = mnesia:transaction(fun() ->
            [{counter, sum, N}] = mnesia:read(counter, sum, write),
            mnesia:write({counter, sum, N + 1})
        end) || _ <- lists:seq(1, 20)]
    end) || _ <- lists:seq(1, 20)],
    [receive {'DOWN', Ref, process, Pid, Why} -> normal = Why end || {Pid, Ref} <- Workers],
    mnesia:dirty_read(counter, sum).

say(What, Answer) -> io:format("~w: ~p~n", [What, Answer]).
