%% SPDX-License-Identifier: Apache-2.0
%% Natives over large data let other processes run meanwhile, and nothing that those do harms them.
-module(e_pause_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    others_run(),
    small_results(),
    killed(),
    collected(),
    literals(),
    many(),
    suspended(),
    traced(),
    messages(),
    failing(),
    too_large(),
    tables(),
    table_of_dead(),
    reductions().

%% --- others run meanwhile ---------------------------------------------------------------------------

%% A process that counts how often it runs.
counter() ->
    C = counters:new(1, []),
    {C, spawn(fun() -> count(C) end)}.
count(C) -> counters:add(C, 1, 1), erlang:yield(), count(C).

%% The hash of what F makes of Data, and whether another process ran while it did.
beside(Make, F) -> beside(Make, F, 20).
beside(Make, F, Tries) ->
    case beside_once(Make, F) of
        {_, false} when Tries > 0 -> beside(Make, F, Tries - 1);
        Answer -> Answer
    end.
beside_once(Make, F) ->
    {C, P} = counter(),
    Me = self(),
    spawn_link(fun() ->
                       Data = Make(),
                       erlang:yield(),
                       A = counters:get(C, 1),
                       R = F(Data),
                       B = counters:get(C, 1),
                       Me ! {self(), erlang:phash2(R), B > A}
               end),
    receive {_, Hash, Ran} -> exit(P, kill), {Hash, Ran} end.

numbers(N) -> fun() -> lists:seq(1, N) end.
pairs(N) -> fun() -> [{I, I * 3} || I <- lists:seq(1, N)] end.
map(N) -> fun() -> maps:from_keys(lists:seq(1, N), v) end.
bytes(N) -> fun() -> binary:copy(<<"0123456789abcdef">>, N div 16) end.
text(N) -> fun() -> unicode:characters_to_binary(lists:duplicate(N div 4, [$x, 960])) end.

others_run() ->
    N = 400000,
    [?T({Name, beside(Make, F)}) || {Name, Make, F} <-
        [{reverse, numbers(N), fun lists:reverse/1},
         {append, numbers(N), fun(L) -> L ++ [x] end},
         {subtract, numbers(N), fun(L) -> L -- lists:seq(1, N, 3) end},
         {from_list, pairs(N), fun maps:from_list/1},
         {from_keys, numbers(N), fun(L) -> maps:from_keys(L, 1) end},
         {keys, map(N), fun maps:keys/1},
         {values, map(N), fun maps:values/1},
         {to_list, map(N), fun maps:to_list/1},
         {merge, map(N), fun(M) -> maps:merge(M, #{a => 1}), maps:merge(M, maps:from_keys(lists:seq(N div 2, N * 2), w)) end},
         {term_to_binary, pairs(N), fun term_to_binary/1},
         {compressed, pairs(N), fun(L) -> byte_size(term_to_binary(L, [compressed])) > 1000 end},
         {of_map, map(N), fun term_to_binary/1},
         {external_size, pairs(2 * N), fun(L) -> [erlang:external_size(L) || _ <- [1, 2, 3]] end},
         {binary_to_term, fun() -> term_to_binary((pairs(N))()) end, fun binary_to_term/1},
         {of_compressed, fun() -> term_to_binary((pairs(N))(), [compressed]) end, fun binary_to_term/1},
         {map_from_binary, fun() -> term_to_binary((map(N))()) end, fun binary_to_term/1},
         {chars_to_binary, fun() -> lists:duplicate(N, [300, <<"abc">>]) end, fun unicode:characters_to_binary/1},
         {latin1_to_binary, bytes(16 * N), fun(B) -> unicode:characters_to_binary([B, 255], latin1) end},
         {chars_to_list, text(2 * N), fun unicode:characters_to_list/1},
         {matches, bytes(16 * N), fun(B) -> binary:matches(B, <<"7">>) end},
         {matches_of_several, bytes(16 * N), fun(B) -> binary:matches(B, [<<"7">>, <<"ab">>, <<"abc">>]) end},
         {match, bytes(64 * N), fun(B) -> binary:match(B, [<<"78a">>, <<"abd">>]) end},
         {split, bytes(16 * N), fun(B) -> length(binary:split(B, <<"7">>, [global])) end},
         {list_to_binary, fun() -> lists:duplicate(N, [1, <<"abc">>]) end, fun list_to_binary/1},
         {iolist_size, fun() -> lists:duplicate(2 * N, [1, <<"abc">>]) end, fun iolist_size/1},
         {list_to_bitstring, fun() -> lists:duplicate(N, [1, <<5:3>>]) end, fun list_to_bitstring/1},
         {binary_to_list, bytes(2 * N), fun binary_to_list/1},
         {bitstring_to_list, fun() -> <<((bytes(2 * N))())/binary, 5:3>> end, fun bitstring_to_list/1},
         {part_to_list, bytes(2 * N), fun(B) -> binary_to_list(B, 5, byte_size(B) - 5) end},
         {phash2, pairs(2 * N), fun erlang:phash2/1},
         {crc32, fun() -> lists:duplicate(100, (bytes(200000))()) end, fun erlang:crc32/1},
         {md5, bytes(8000000), fun erlang:md5/1},
         {prefix, fun() -> [(bytes(4000000))(), (bytes(4000000))()] end, fun binary:longest_common_prefix/1}]],
    ok.

%% --- short data -----------------------------------------------------------------------------------

small_results() ->
    [begin
         L = lists:seq(1, N),
         ?T({N, erlang:phash2(lists:reverse(L))}),
         ?T({N, L ++ [z] =:= lists:append([L, [z]])}),
         ?T({N, {lists:member(N, L), lists:member(N + 1, L), lists:keyfind(N, 1, [{I, x} || I <- L])}}),
         ?T({N, lists:member(1.0, L ++ [1.0])}),
         ?T({N, L -- lists:seq(1, N, 2) =:= lists:seq(2, N, 2)}),
         ?T({N, maps:to_list(maps:from_list([{I, I} || I <- L])) =:= [{I, I} || I <- maps:keys(maps:from_keys(L, 0))]}),
         ?T({N, binary_to_term(term_to_binary(L, [compressed])) =:= L}),
         ?T({N, binary_to_list(list_to_binary([I band 255 || I <- L])) =:= [I band 255 || I <- L]}),
         ?T({N, unicode:characters_to_list(unicode:characters_to_binary(L)) =:= L})
     end || N <- ?V([0, 1, 31, 32, 33, 511, 512, 999, 1000, 1001, 2047, 2048, 2049, 4095, 4096, 4097, 16384, 20000])].

%% --- what happens meanwhile -----------------------------------------------------------------------

%% A process in a long native, surely begun.
busy(F) ->
    Me = self(),
    P = spawn(fun() ->
                      L = lists:seq(1, 300000),
                      Me ! {self(), ready},
                      erlang:yield(),
                      R = F(L),
                      Me ! {self(), erlang:phash2(R)},
                      receive stop -> ok after 5000 -> ok end % others look at it yet
              end),
    receive {P, ready} -> ok end,
    erlang:yield(),
    P.
answer(P) -> receive {P, A} -> A after 30000 -> late end.

natives() ->
    [fun lists:reverse/1, fun(L) -> maps:from_keys(L, x) end, fun term_to_binary/1, fun(L) -> L -- lists:seq(2, 300000, 2) end,
     fun unicode:characters_to_binary/1, fun(L) -> binary_to_term(term_to_binary(L)) end,
     fun(L) -> T = term_to_binary(L), byte_size(term_to_binary(T, [compressed])) > 0 end].

killed() ->
    [?T(begin
            P = busy(F),
            M = monitor(process, P),
            exit(P, kill),
            receive {'DOWN', M, _, _, R} -> lists:member(R, [killed, normal, noproc]) end
        end) || F <- ?V(natives()), _ <- [1, 2]].

collected() ->
    [?T(begin
            P = busy(F),
            garbage_collect(P),
            process_info(P, [memory, total_heap_size, message_queue_len, current_function]),
            garbage_collect(P),
            answer(P)
        end) || F <- ?V(natives())].

literals() ->
    Put = fun(I) -> persistent_term:put({?MODULE, x}, [I, "a literal that goes away"]) end,
    Put(0),
    ?T(begin
           P = busy(fun(L) -> {lists:reverse(L, persistent_term:get({?MODULE, x})), persistent_term:get({?MODULE, y}, 1)} end),
           [begin Put(I), erlang:yield() end || I <- lists:seq(1, 100)],
           persistent_term:erase({?MODULE, x}),
           is_integer(answer(P))
       end),
    %% The list that is reversed ends in one.
    Put(1),
    ?T(begin
           T = persistent_term:get({?MODULE, x}),
           P = busy(fun(L) -> tl(lists:reverse(lists:reverse(L, T), T)) end),
           persistent_term:erase({?MODULE, x}),
           garbage_collect(),
           timer:sleep(20),
           answer(P)
       end).

many() ->
    Me = self(),
    ?T(begin
           Ps = [spawn(fun() -> L = lists:seq(1, 5000 + I), Me ! {self(), length(lists:reverse(L)) + maps:size(maps:from_keys(L, I))} end)
                 || I <- lists:seq(1, 600)],
           lists:sum([answer(P) || P <- Ps])
       end).

suspended() ->
    [?T(begin
            P = busy(F),
            erlang:suspend_process(P),
            timer:sleep(5),
            erlang:resume_process(P),
            answer(P)
        end) || F <- ?V(natives())].

traced() ->
    ?T(begin
           Me = self(),
           P = spawn(fun() -> receive L -> Me ! {self(), length(lists:reverse(L, []))} end end),
           erlang:trace(P, true, [call]),
           erlang:trace_pattern({lists, reverse, 2}, [{'_', [], [{return_trace}]}], []),
           P ! lists:seq(1, 200000),
           A = answer(P),
           R = receive {trace, P, return_from, F, V} -> {F, length(V)} after 5000 -> none end,
           C = receive {trace, P, call, {M, N, Args}} -> {M, N, length(Args)} after 5000 -> none end,
           erlang:trace_pattern({lists, reverse, 2}, false, []),
           {A, C, R, receive {trace, P, _, _} -> more after 10 -> none end}
       end).

messages() ->
    ?T(begin
           P = busy(fun(L) -> R = lists:reverse(term_to_list(L)), {length(R), got(0)} end),
           [P ! {message, lists:seq(1, I rem 50)} || I <- lists:seq(1, 1000)],
           is_integer(answer(P))
       end).
term_to_list(L) -> binary_to_list(term_to_binary(L)).
got(N) -> receive {message, _} -> got(N + 1) after 50 -> N end.

%% Faults that are found late.
failing() ->
    L = lists:seq(1, 50000),
    [?T(catch_all(F)) || F <- ?V(
        [fun() -> lists:reverse(L ++ x) end, fun() -> (L ++ x) ++ [y] end, fun() -> (L ++ x) -- [1] end,
         fun() -> maps:from_list(pair_up(L) ++ [x]) end, fun() -> maps:from_keys(L ++ x, 1) end,
         fun() -> list_to_binary(bytes_of(L) ++ [256]) end, fun() -> iolist_size(bytes_of(L) ++ [a]) end,
         fun() -> binary_to_term(<<(term_to_binary(L))/binary, 1>>) =:= L end,
         fun() -> binary_to_term(binary:part(term_to_binary(L), 0, 100000)) end,
         fun() -> element(1, unicode:characters_to_binary(L ++ [16#110000])) end,
         fun() -> unicode:characters_to_list(L ++ [a]) end,
         fun() -> lists:member(x, L ++ y) end, fun() -> lists:keyfind(x, 1, L ++ y) end,
         fun() -> ets:insert(ets:new(t, []), pair_up(L) ++ [x]) end,
         fun() -> ets:insert(ets:new(t, []), pair_up(L) ++ x) end,
         fun() -> erlang:crc32([binary:copy(<<"x">>, 1000000), a]) end,
         fun() -> binary:matches(binary:copy(<<"x">>, 1000000), [<<"a">>, <<>>]) end])].
catch_all(F) -> try F() catch C:R -> {C, R} end.
pair_up(L) -> [{I} || I <- L].
bytes_of(L) -> [I band 255 || I <- L].

%% The heap is too small for the result.
too_large() ->
    ?T(begin
           {P, M} = spawn_opt(fun() -> L = lists:seq(1, 100000), garbage_collect(), exit({done, length(maps:to_list(maps:from_keys(L, x)))}) end,
                              [monitor, {max_heap_size, #{size => 400000, kill => true, error_logger => false}}]),
           receive {'DOWN', M, process, P, R} -> R end
       end).

%% --- tables ----------------------------------------------------------------------------------------

%% Nobody sees a part of a list inserted.
tables() ->
    [?T(begin
            T = ets:new(t, [Type, public]),
            Me = self(),
            N = 100000,
            spawn(fun() -> Os = [{I, I} || I <- lists:seq(1, N)], Me ! ready, ets:F(T, Os), Me ! done end),
            receive ready -> ok end,
            Seen = watch(T, []),
            {Type, F, lists:usort(Seen) -- [0, N], ets:info(T, size)}
        end) || Type <- ?V([set, ordered_set, bag, duplicate_bag]), F <- [insert, insert_new]].
watch(T, Seen) ->
    erlang:yield(),
    N = case length(Seen) rem 2 of 0 -> ets:info(T, size); 1 -> ets:select_count(T, [{'_', [], [true]}]) end,
    receive done -> [N | Seen] after 0 -> watch(T, [N | Seen]) end.

table_of_dead() ->
    Objects = [{I, I} || I <- lists:seq(1, 100000)],
    %% The one that inserts dies: all of it or nothing.
    ?T(begin
           T = ets:new(t, [public]),
           P = spawn(fun() -> receive go -> ets:insert(T, Objects) end end),
           P ! go,
           erlang:yield(),
           exit(P, kill),
           timer:sleep(50),
           lists:member(ets:info(T, size), [0, 100000])
       end),
    %% The owner dies, or another deletes the table.
    [?T(begin
            Me = self(),
            O = spawn(fun() -> T = ets:new(t, [public]), Me ! {table, T}, receive die -> ok end end),
            T = receive {table, T0} -> T0 end,
            P = spawn(fun() -> Me ! {self(), catch_all(fun() -> ets:insert(T, Objects) end)} end),
            erlang:yield(),
            case How of owner -> exit(O, kill); delete -> ets:delete(T); self -> exit(P, kill), exit(O, kill) end,
            case How of self -> ok; _ -> lists:member(answer(P), [true, {error, badarg}]) end
        end) || How <- ?V([owner, delete, self])],
    ?T(begin
           Me = self(),
           P = spawn(fun() -> T = ets:new(t, [public, {heir, Me, x}]), Me ! ready, ets:insert(T, Objects) end),
           receive ready -> ok end,
           erlang:yield(),
           exit(P, kill),
           receive {'ETS-TRANSFER', T, P, x} -> lists:member(ets:info(T, size), [0, 100000]) end
       end).

%% --- reductions -------------------------------------------------------------------------------------

%% Work in natives counts.
reductions() ->
    [?T(begin
            L = lists:seq(1, 200000),
            {_, A} = process_info(self(), reductions),
            F(L),
            {_, B} = process_info(self(), reductions),
            B - A > 500
        end) || F <- ?V([fun lists:reverse/1, fun(L) -> maps:from_keys(L, x) end, fun term_to_binary/1,
                         fun unicode:characters_to_binary/1, fun(L) -> L ++ [x] end, fun(L) -> L -- [x | L] end])].
