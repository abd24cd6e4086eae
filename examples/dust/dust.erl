%% SPDX-License-Identifier: Apache-2.0
%% Many machines, each as small as a grain of dust: dust:main([N, Rounds]).
%%
%% Starts N instances (100), brings them into a ring, lets a token go round in it (10 times), and prints what each costs
%% the host in memory.  All of them end with this mote.
-module(dust).
-export([main/1, grain/0]).

-define(MEMORY, 16 bsl 20). % of an instance's heap at most, in bytes

main(Arguments) ->
    [N, Rounds] = case [list_to_integer(A) || A <- Arguments] of
        [] -> [100, 10];
        [Number] -> [Number, 10];
        [_, _] = Both -> Both
    end,
    {Spawned, Grains} = timer:tc(fun() -> [start(K) || K <- lists:seq(1, N)] end),
    io:format("~b instances in ~.1f ms: ~.2f ms each~n", [N, Spawned / 1000, Spawned / 1000 / N]),
    %% The last one's neighbour is this mote.
    lists:zipwith(fun instance:send/2, Grains, [{next, Next} || Next <- tl(Grains) ++ [instance:self()]]),
    {Went, Hops} = timer:tc(fun() -> rounds(hd(Grains), Rounds, 0) end),
    io:format("a token through ~b of them, ~b times round: ~.1f us a hop~n", [N, Rounds, Went / Hops]),
    memory(Grains).

start(K) ->
    case instance:spawn_link({?MODULE, grain, []}, #{memory => ?MEMORY, config => K}) of
        {ok, Grain} -> Grain;
        {error, {Why, Text}} ->
            io:format("instance ~b: ~p: ~ts~n", [K, Why, Text]),
            halt(1)
    end.

rounds(_, 0, Hops) -> Hops;
rounds(First, Rounds, Hops) ->
    instance:send(First, {token, Hops + 1}),
    receive {instance, _, {token, Now}} -> rounds(First, Rounds - 1, Now) end.

memory(Grains) ->
    Bytes = lists:sort([maps:get(resident, instance:info(Grain)) || Grain <- Grains]),
    io:format("KiB of the host for each alone: ~b at least, ~b at the median, ~b at most, ~b together~n",
              [B div 1024 || B <- [hd(Bytes), lists:nth((length(Bytes) + 1) div 2, Bytes), lists:last(Bytes), lists:sum(Bytes)]]).

%% --- a grain

grain() ->
    receive {instance, _, {next, Next}} -> grain(Next) end.

grain(Next) ->
    receive {instance, _, {token, Hops}} -> instance:send(Next, {token, Hops + 1}) end,
    grain(Next).
