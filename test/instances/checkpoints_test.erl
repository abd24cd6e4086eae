%% SPDX-License-Identifier: Apache-2.0
%% checkpoints_test -- instance:checkpoint/0 in motes that run: test/instances/checkpoints says with what.
%%
%% In each instance that goes on from a checkpoint all of this is there, too: the case that made it tells its parent what it sees, and
%% ends the mote.
-module(checkpoints_test).
-export([main/1, counter/1, maker/0, told/0, small/0, none/0, ballast/0, holder/0, child_node/0]).

-define(PATIENCE, 120000).

main(["all"]) -> cases([state, functions, again, from_a_child, limits, unknown, others, forgotten, together, killed, large, joined]); % the last: from there on this mote is a node
main(["state"]) -> cases([state]);
main(["named"]) -> cases([named]);
main(["kept"]) ->
    io:format("ready~n"),
    copied();
main(["rounds", Count]) ->
    io:format("round 0~n"),
    [begin round(), io:format("round ~b~n", [N]) end || N <- lists:seq(1, list_to_integer(Count))],
    receive never -> ok end.

%% A copy of this mote (`mote snapshot') is started with other arguments.
copied() ->
    case init:get_plain_arguments() of
        ["kept"] -> timer:sleep(20), copied();
        _ -> cases([state])
    end.

cases(Names) -> [one(Name) || Name <- Names].

one(Name) ->
    {Pid, Ref} = spawn_monitor(fun() -> run(Name) end),
    receive
        {'DOWN', Ref, process, Pid, normal} -> io:format("ok ~s~n", [Name]);
        {'DOWN', Ref, process, Pid, Why} -> io:format("FAILED ~s~n~p~n", [Name, Why])
    end.

%% All that was started is gone before the next one.
run(Name) ->
    case Name of
        state -> state();
        functions -> functions();
        again -> again();
        from_a_child -> from_a_child();
        limits -> limits();
        unknown -> unknown();
        others -> others();
        forgotten -> forgotten();
        together -> together();
        killed -> killed();
        large -> large();
        joined -> joined();
        named -> named()
    end,
    quiet().

quiet() ->
    case instance:info() of
        #{alive := 0} -> ok;
        _ -> timer:sleep(10), quiet()
    end.

%% What one that goes on from there tells.
go(Id, Config) -> go(application, Id, #{config => Config}).

go(Run, Id, Options) ->
    {ok, {Instance, Ref}} = instance:spawn_monitor(Run, Options#{image => Id}),
    Told = told_by(Instance, Ref),
    receive {'DOWN', Ref, instance, Instance, normal} -> Told after ?PATIENCE -> exit({no_end, Told}) end.

told_by(Instance, Ref) ->
    receive
        {instance, Instance, Told} -> Told;
        {'DOWN', Ref, instance, Instance, Why} -> exit({ended, Why})
    after ?PATIENCE -> exit({said_nothing, process_info(self(), messages)})
    end.

tell(What) ->
    instance:send(instance:parent(), What),
    halt(0).

refused(Kind, Answer) ->
    {Kind, {error, {Kind, Text}}} = {Kind, Answer},
    true = is_binary(Text) andalso byte_size(Text) > 10.

%% --- what goes along, and what is new

counter(N) ->
    receive
        add -> counter(N + 1);
        {get, Pid} -> Pid ! {count, N}, counter(N)
    end.

count() ->
    counter ! {get, self()},
    receive {count, N} -> N after ?PATIENCE -> none end.

fresh() ->
    Me = self(),
    spawn(fun() -> Me ! {random, rand:uniform(1 bsl 58), rand:uniform(1 bsl 58)} end),
    Random = receive {random, A, B} -> {A, B} end,
    [make_ref(), erlang:unique_integer(), erlang:unique_integer([monotonic]), Random, instance:self()].

state() ->
    put(word, 17),
    ets:new(table, [named_table, public]),
    ets:insert(table, {key, "value"}),
    persistent_term:put(?MODULE, kept),
    file:write_file("/tmp/file", "written"),
    os:putenv("OWN", "set"),
    register(counter, spawn(?MODULE, counter, [0])),
    counter ! add,
    Trapping = spawn(fun() -> process_flag(trap_exit, true), receive {get, P} -> P ! process_info(self(), trap_exit) end end),
    {ok, {Child, Monitor}} = instance:spawn_monitor({?MODULE, holder, []}, #{console => none}),
    Before = {os:system_time(second), erlang:monotonic_time(), erlang:unique_integer([monotonic])},
    Timer = erlang:start_timer(400, self(), late),
    Ref = make_ref(),
    case instance:checkpoint() of
        {checkpointed, Id} ->
            true = instance:children() =:= [Child],
            Options = [#{config => {number, N}, arguments => [integer_to_list(N), "x"]} || N <- [1, 2, 3]],
            Answers = [go(application, Id, O) || O <- Options],
            Wanted = [{{number, N}, [integer_to_list(N), "x"]} || N <- [1, 2, 3]],
            {Wanted, Wanted} = {Wanted, [{Config, Arguments} || {Config, Arguments, _, _, _, _} <- Answers]},
            [[{key, "value"}, {own, N}] = lists:sort(T) || {{number, N}, _, T, _, _, _} <- Answers],
            [{2, 17, kept, {ok, <<"written">>}, "set", {trap_exit, true}, Ref, late, restored, [], true} = Rest || {_, _, _, Rest, _, _} <- Answers],
            Fresh = [fresh() | [Many || {_, _, _, _, Many, _} <- Answers]],
            [{true, At, All} = {length(lists:usort(All)) =:= 4, At, All} || At <- [1, 2, 3, 4, 5], All <- [[lists:nth(At, F) || F <- Fresh]]],
            [true = Parent =:= instance:self() || {_, _, _, _, _, Parent} <- Answers],
            [{key, "value"}] = ets:tab2list(table),
            1 = count(),
            instance:send(Child, stop),
            receive {'DOWN', Monitor, instance, Child, normal} -> ok end,
            ok = instance:forget(Id),
            [ets:delete(table), exit(whereis(counter), kill)];
        {restored, Config} ->
            {number, N} = Config = instance:config(),
            ets:insert(table, {own, N}),
            counter ! add,
            Trapping ! {get, self()},
            Traps = receive {trap_exit, _} = T -> T end,
            Late = receive {timeout, Timer, What} -> What after ?PATIENCE -> never end,
            Gone = receive {'DOWN', Monitor, instance, Child, Why} -> Why after ?PATIENCE -> never end,
            {Wall, Monotonic, Unique} = Before,
            Times = abs(os:system_time(second) - Wall) < 600 andalso erlang:monotonic_time() > Monotonic andalso erlang:unique_integer([monotonic]) > Unique,
            tell({Config, init:get_plain_arguments(), ets:tab2list(table),
                  {count(), get(word), persistent_term:get(?MODULE), file:read_file("/tmp/file"), os:getenv("OWN"), Traps, Ref, Late, Gone,
                   instance:children(), Times},
                  fresh(), instance:parent()})
    end.

holder() -> receive {instance, _, stop} -> ok end.

%% --- what runs there

functions() ->
    ets:new(table, [named_table, public]),
    ets:insert(table, {key, 1}),
    case instance:checkpoint() of
        {checkpointed, Id} -> functions(Id);
        {restored, asked} -> receive never -> ok end % and nowhere else: in those that run a function it does not return
    end.

functions(Id) ->
    One = 1,
    {fun_there, 1, [{key, 1}], one} =
        go(fun() -> instance:send(instance:parent(), {fun_there, One, ets:tab2list(table), instance:config()}) end, Id, #{config => one}),
    {told, [{key, 1}], undefined} = go({?MODULE, told, []}, Id, #{}),
    {ok, {_, Ref}} = instance:spawn_monitor(fun() -> exit(as_usual) end, #{image => Id}),
    receive {'DOWN', Ref, _, _, as_usual} -> ok end,
    {ok, Asked} = instance:spawn({?MODULE, holder, []}, #{image => Id, memory => 64 bsl 20}),
    #{memory := 16#4000000} = instance:info(Asked),
    ok = instance:stop(Asked, ?PATIENCE),
    %% One that runs the application is asked, too.
    {ok, {Stopped, Ref2}} = instance:spawn_monitor(application, #{image => Id, config => asked}),
    ok = instance:stop(Stopped, ?PATIENCE),
    receive {'DOWN', Ref2, _, _, Why} -> shutdown = Why end,
    ets:delete(table),
    ok = instance:forget(Id).

told() -> instance:send(instance:parent(), {told, ets:tab2list(table), instance:config()}).

%% --- a checkpoint of one that goes on from one

again() ->
    put(trace, [first]),
    case instance:checkpoint() of
        {checkpointed, Id} ->
            {third, [restored, again, restored, first], One} = go(application, Id, #{config => second, children => 2, console => none}),
            {third, [restored, again, restored, first], Two} = go(application, Id, #{config => second, children => 2, console => none}),
            true = One =/= Two,
            ok = instance:forget(Id);
        {restored, second} ->
            put(trace, [again, restored | get(trace)]),
            put(large, lists:seq(1, 100000)),
            case instance:checkpoint() of
                {checkpointed, Again} -> tell(go(Again, third));
                {restored, third} -> tell({third, [restored | get(trace)], {make_ref(), length(get(large))}})
            end
    end.

%% --- one that an instance has made, used by others; its maker's end

from_a_child() ->
    {ok, {Maker, Ref}} = instance:spawn_monitor({?MODULE, maker, []}, #{children => 1, child_memory => 512 bsl 20, console => none}),
    {id, Id} = told_by(Maker, Ref),
    {made, 42, here} = go(Id, here),
    {ok, {Lives, Ref2}} = instance:spawn_monitor({?MODULE, holder, []}, #{image => Id}),
    instance:forget(Id), % it is not ours
    {made, 42, again} = go(Id, again),
    instance:send(Maker, stop),
    receive {'DOWN', Ref, instance, Maker, normal} -> ok after ?PATIENCE -> exit(late) end,
    refused(not_allowed, instance:spawn(application, #{image => Id})),
    instance:send(Lives, stop),
    receive {'DOWN', Ref2, instance, Lives, normal} -> ok after ?PATIENCE -> exit(late) end.

maker() ->
    put(number, 42),
    case instance:checkpoint() of
        {checkpointed, Id} ->
            instance:send(instance:parent(), {id, Id}),
            holder();
        {restored, Config} -> instance:send(instance:parent(), {made, get(number), Config})
    end.

%% --- limits

limits() ->
    {checkpointed, none} = in_instance(none, #{}),
    {ok, Kinds} = in_instance(small, #{children => 2, child_memory => 64 bsl 20}),
    {Kinds, Kinds} = {Kinds, [not_allowed, ok, not_allowed, ok]}.

in_instance(Function, Options) ->
    {ok, {Instance, Ref}} = instance:spawn_monitor({?MODULE, Function, []}, Options),
    Told = told_by(Instance, Ref),
    receive {'DOWN', Ref, instance, Instance, normal} -> Told after ?PATIENCE -> exit(late) end.

none() -> instance:send(instance:parent(), instance:checkpoint()).

%% Two may be there; what 64 MiB have no room for is refused, and nothing of it stays.
small() ->
    {checkpointed, _} = instance:checkpoint(),
    {checkpointed, Second} = instance:checkpoint(),
    {error, {Third, _}} = instance:checkpoint(),
    ok = instance:forget(Second),
    {checkpointed, Fourth} = instance:checkpoint(),
    ok = instance:forget(Fourth),
    Keeper = spawn_link(fun() -> ballast() end),
    Keeper ! {grow, self(), 80 bsl 20},
    receive grown -> ok end,
    {error, {Fifth, _}} = instance:checkpoint(),
    Keeper ! {shrink, self()},
    receive shrunk -> ok end,
    {checkpointed, Sixth} = instance:checkpoint(),
    {ok, {Instance, Ref}} = instance:spawn_monitor(fun() -> ok end, #{memory => 16 bsl 20}), % what is left is for instances
    receive {'DOWN', Ref, instance, Instance, normal} -> ok end,
    ok = instance:forget(Sixth),
    instance:send(instance:parent(), {ok, [Third, ok, Fifth, ok]}).

ballast() ->
    receive
        {grow, Pid, Bytes} -> put(ballast, binary:copy(<<1, 2, 3, 4, 5, 6, 7, 8>>, Bytes div 8)), Pid ! grown, ballast();
        {shrink, Pid} -> erase(ballast), erlang:garbage_collect(), Pid ! shrunk, ballast()
    end.

unknown() ->
    refused(not_allowed, instance:spawn(application, #{image => {'$checkpoint', 1, 2}})),
    {checkpointed, {'$checkpoint', Number, Key} = Id} = instance:checkpoint(),
    refused(not_allowed, instance:spawn(application, #{image => {'$checkpoint', Number, Key + 1}})),
    refused(not_allowed, instance:spawn(application, #{image => {'$checkpoint', Number + 1, Key}})),
    refused(bad_option, instance:spawn(application, #{image => Id, cold => true})),
    [{'EXIT', {badarg, _}} = (catch instance:spawn(application, #{image => Bad})) || Bad <- [{'$checkpoint', a, b}, {'$checkpoint', 1}, 7]],
    [{'EXIT', {badarg, _}} = (catch instance:forget(Bad)) || Bad <- [Number, none, {'$checkpoint', a, b}]],
    ok = instance:forget({'$checkpoint', Number, Key + 1}),
    {ok, Instance} = instance:spawn({?MODULE, holder, []}, #{image => Id}),
    ok = instance:stop(Instance),
    ok = instance:forget(Id),
    ok = instance:forget(Id),
    refused(not_allowed, instance:spawn(application, #{image => Id})).

%% What is only this mote's: an instance's own checkpoints end with it, and ours do not.
others() ->
    {checkpointed, Id} = instance:checkpoint(),
    {checkpointed, _} = in_instance(none, #{children => 1, child_memory => 64 bsl 20}),
    {here, undefined} = go(fun() -> instance:send(instance:parent(), {here, instance:config()}) end, Id, #{}),
    ok = instance:forget(Id).

%% Who goes on from a checkpoint that is forgotten goes on.
forgotten() ->
    ets:new(table, [named_table, public]),
    ets:insert(table, [{N, lists:duplicate(10, N)} || N <- lists:seq(1, 2000)]),
    case instance:checkpoint() of
        {checkpointed, Id} ->
            {ok, {Instance, Ref}} = instance:spawn_monitor(application, #{image => Id}),
            ok = instance:forget(Id),
            refused(not_allowed, instance:spawn(application, #{image => Id})),
            2000 = told_by(Instance, Ref),
            receive {'DOWN', Ref, _, _, normal} -> ok end,
            ets:delete(table);
        {restored, undefined} ->
            tell(length([N || {N, L} <- ets:tab2list(table), L =:= lists:duplicate(10, N)]))
    end.

%% Many processes at once: each has its own.
together() ->
    Me = self(),
    Pids = [spawn_link(fun() -> Me ! {self(), instance:checkpoint()} end) || _ <- lists:seq(1, 8)],
    Ids = [receive {Pid, {checkpointed, Id}} -> Id after ?PATIENCE -> none end || Pid <- Pids],
    8 = length(lists:usort(Ids)),
    [ok = instance:forget(Id) || Id <- Ids].

%% --- ends in the middle

%% Killed while its memory is copied, or a little before or behind.
killed() ->
    [begin
         {ok, {Instance, Ref}} = instance:spawn_monitor(fun() -> busy(20 bsl 20) end, #{children => 3, child_memory => 128 bsl 20, console => none}),
         begins = told_by(Instance, Ref),
         timer:sleep(Ms),
         instance:kill(Instance),
         receive {'DOWN', Ref, instance, Instance, killed} -> ok after ?PATIENCE -> exit(late) end
     end || Ms <- [0, 3, 10, 30]],
    {checkpointed, Id} = instance:checkpoint(),
    ok = instance:forget(Id).

busy(Bytes) ->
    put(ballast, binary:copy(<<1, 2, 3, 4, 5, 6, 7, 8>>, Bytes div 8)),
    instance:send(instance:parent(), begins),
    over_and_over().

over_and_over() ->
    {checkpointed, Id} = instance:checkpoint(),
    ok = instance:forget(Id),
    over_and_over().

%% Much memory, which each child has without copying it.
large() ->
    Large = binary:copy(<<"0123456789abcdef">>, 2 bsl 20),
    List = lists:seq(1, 200000),
    case instance:checkpoint() of
        {checkpointed, Id} ->
            {ok, {A, RefA}} = instance:spawn_monitor(application, #{image => Id}),
            {ok, {B, RefB}} = instance:spawn_monitor(application, #{image => Id}),
            {ok, Small} = instance:spawn({?MODULE, holder, []}, #{image => Id, memory => 16 bsl 20}),
            #{memory := Bytes} = instance:info(Small), % all that it could make its own
            true = Bytes > byte_size(Large),
            ok = instance:stop(Small, ?PATIENCE),
            Sum = erlang:md5([Large, term_to_binary(List)]),
            [Sum = told_by(I, R) || {I, R} <- [{A, RefA}, {B, RefB}]],
            [receive {'DOWN', R, _, _, normal} -> ok end || R <- [RefA, RefB]],
            ok = instance:forget(Id);
        {restored, undefined} -> tell(erlang:md5([Large, term_to_binary(List)]))
    end.

%% --- nodes

%% A name given by instance:connect/1 is the address of one instance: who goes on from its memory is no node, and can become one.
joined() ->
    {ok, Child} = instance:spawn({?MODULE, child_node, []}, #{children => 3, child_memory => 2 bsl 30}),
    {ok, Node} = instance:connect(Child),
    monitor_node(Node, true),
    Far = rpc:call(Node, erlang, whereis, [init]),
    Me = node(),
    case instance:checkpoint() of
        {checkpointed, Id} ->
            {Me, [Node]} = {node(), nodes(hidden)},
            {nonode@nohost, [], nodedown, noproc, {true, true, pong, Far}} = go(application, Id, #{children => 1, child_memory => 2 bsl 30}),
            {id, Own} = instance:call(Child, checkpoint, ?PATIENCE),
            {Node, pong} = {instance:call(Child, name), net_adm:ping(Node)},
            Copies = [Copy || {ok, Copy} <- [instance:spawn(application, #{image => I}) || I <- [Own, Own, Id]]],
            [nonode@nohost = instance:call(Copy, name, ?PATIENCE) || Copy <- lists:droplast(Copies)], % whose main process answers
            Names = [Name || {ok, Name} <- [instance:connect(Copy) || Copy <- Copies]],
            5 = length(lists:usort([Me, Node | Names])),
            [N = erpc:call(N, erlang, node, []) || N <- Names],
            [ok = instance:stop(I, ?PATIENCE) || I <- [Child | Copies]],
            %% Asked at once, before it has had time to forget whose copy it is.
            [begin
                 {ok, Copy} = instance:spawn(application, #{image => Id}),
                 {ok, Name} = instance:connect(Copy),
                 {Name, true} = {erpc:call(Name, erlang, node, []), Name =/= Me},
                 ok = instance:stop(Copy, ?PATIENCE)
             end || _ <- lists:seq(1, 10)],
            ok = instance:forget(Id);
        {restored, undefined} ->
            Name = node(),
            Down = receive {nodedown, Node} -> nodedown end,
            Gone = receive {'DOWN', _, process, _, Why} -> Why after 0 -> noproc end,
            case instance:info() of
                #{children := 1} ->
                    {ok, Grandchild} = instance:spawn({?MODULE, child_node, []}, #{console => none}),
                    {ok, Other} = instance:connect(Grandchild),
                    tell({Name, nodes(), Down, Gone, {Other =/= Node, node() =/= Me, net_adm:ping(Other), Far}});
                _ -> child_node()
            end
    end.

%% Tells its name, and makes checkpoints.
child_node() ->
    receive
        {instance_call, From, name} -> instance:reply(From, node());
        {instance_call, From, checkpoint} ->
            case instance:checkpoint() of
                {checkpointed, Id} -> instance:reply(From, {id, Id});
                {restored, undefined} -> ok
            end
    end,
    child_node().

%% A mote that runs with --node is that node in all that go on from it, each with a creation of its own, and has no other way to be one.
named() ->
    Me = node(),
    Creation = erts_internal:get_creation(),
    Pid = self(),
    case instance:checkpoint() of
        {checkpointed, Id} ->
            {ok, {Instance, Ref}} = instance:spawn_monitor(application, #{image => Id}),
            {Me, Other, true} = told_by(Instance, Ref),
            true = Other =/= Creation,
            receive {'DOWN', Ref, instance, Instance, normal} -> ok after ?PATIENCE -> exit(late) end,
            {ok, Copy} = instance:spawn({?MODULE, child_node, []}, #{image => Id}),
            {ok, Plain} = instance:spawn({?MODULE, child_node, []}),
            [{error, {node_of_another_kind, Me}} = instance:connect(I) || I <- [Copy, Plain]],
            [ok = instance:stop(I, ?PATIENCE) || I <- [Copy, Plain]],
            ok = instance:forget(Id);
        {restored, undefined} -> tell({node(), erts_internal:get_creation(), Pid =:= self()})
    end.

%% --- over and over: the host looks what stays

round() ->
    {Pid, Ref} = spawn_monitor(fun() -> [run(Name) || Name <- [again, from_a_child, forgotten, killed]] end),
    receive {'DOWN', Ref, process, Pid, normal} -> ok; {'DOWN', Ref, process, Pid, Why} -> io:format("FAILED ~p~n", [Why]) end.
