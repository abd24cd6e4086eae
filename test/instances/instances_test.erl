%% SPDX-License-Identifier: Apache-2.0
%% instances_test.erl -- what test/instances/run has a mote do that may start instances.  The argument says which group; each
%% case prints "ok NAME" or "FAILED NAME" and why.
-module(instances_test).
-export([main/1, echo/0, init/1, worker/1, start_worker/2, refuse/0, no_start/0]).

main([]) -> main(["main"]);
main([Group | Args]) ->
    Cases = group(Group, Args),
    [run(Name, Case) || {Name, Case} <- Cases],
    ok.

run(Name, Case) ->
    Me = self(),
    {Pid, Ref} = spawn_monitor(fun() -> Me ! {self(), Case()} end),
    receive
        {Pid, _} -> demonitor(Ref, [flush]), io:format("ok ~ts~n", [Name]);
        {'DOWN', Ref, _, _, Why} -> io:format("FAILED ~ts~n~p~n", [Name, Why])
    after 60000 ->
        io:format("FAILED ~ts~n~p~n", [Name, process_info(Pid, [current_stacktrace, messages])]),
        exit(Pid, kill)
    end,
    [begin instance:kill(I), instance:stop(I) end || Name =/= "none", I <- try instance:children() catch error:notsup -> [] end].

%% --- for all

echo() ->
    receive
        {instance_call, From, stop} -> instance:reply(From, ok);
        {instance_call, From, {eval, Fun}} -> instance:reply(From, Fun()), echo();
        {instance_call, From, What} -> instance:reply(From, What), echo();
        {instance, From, What} -> instance:send(From, What), echo()
    end.

start() -> start(#{}).
start(Options) ->
    {ok, I} = instance:spawn({?MODULE, echo, []}, Options),
    I.

ended(Run) -> ended(Run, #{}).
ended(Run, Options) ->
    {ok, {I, Ref}} = instance:spawn_monitor(Run, Options),
    receive {'DOWN', Ref, instance, I, Reason} -> Reason end.

%% What a process that does this ends with.
process_ended(Fun) ->
    {Pid, Ref} = spawn_monitor(Fun),
    receive {'DOWN', Ref, process, Pid, Reason} -> Reason end.

soon(Fun) -> soon(Fun, 500).
soon(Fun, 0) -> true = Fun();
soon(Fun, N) ->
    case Fun() of
        true -> true;
        _ -> timer:sleep(10), soon(Fun, N - 1)
    end.

%% --- groups

group("none", _) -> [{"none", fun none/0}];
group("all", _) ->
    [{atom_to_list(Name), Fun}
     || {Name, Fun} <- [{who, fun who/0}, {config, fun config/0}, {messages, fun messages/0}, {order, fun order/0},
                        {calls, fun calls/0}, {whole_memory, fun whole_memory/0}, {reasons, fun reasons/0}, {long_reason, fun long_reason/0},
                        {time_limit, fun time_limit/0}, {memory, fun memory/0}, {large_for_small, fun large_for_small/0}, {server_ends, fun server_ends/0},
                        {links, fun links/0}, {linked_process_ends, fun linked_process_ends/0},
                        {monitors, fun monitors/0}, {stop, fun stop/0}, {siblings, fun siblings/0}, {watches, fun watches/0},
                        {grandchildren, fun grandchildren/0}, {large, fun large/0}, {flood, fun flood/0},
                        {flood_back, fun flood_back/0}, {bad_terms, fun bad_terms/0}, {refused, fun refused/0},
                        {bad_options, fun bad_options/0}, {information, fun information/0},
                        {owner, fun owner/0}, {answer_before_end, fun answer_before_end/0},
                        {application, fun application/0}, {many, fun many/0}, {cold, fun cold/0}, {nodes, fun nodes/0}]]; % the last: from there on this mote is a node
group("images", _) -> [{"images", fun images/0}];
group("shares", _) -> [{"mounts", fun mounts/0}, {"networks", fun networks/0}];
group("supervisor", _) ->
    [{atom_to_list(Name), Fun}
     || {Name, Fun} <- [{one_for_one, fun one_for_one/0}, {one_for_all, fun one_for_all/0}, {rest_for_one, fun rest_for_one/0},
                        {simple_one_for_one, fun simple_one_for_one/0}, {intensity, fun intensity/0},
                        {restart_types, fun restart_types/0}, {shutdown_order, fun shutdown_order/0},
                        {brutal, fun brutal/0}, {auto_shutdown, fun auto_shutdown/0}, {start_errors, fun start_errors/0}]];
group("arguments", _) -> instance:send(instance:parent(), init:get_plain_arguments()), [];
group("main", []) -> exit(own_main). % what an instance that runs the image's own main does

%% --- instances

none() ->
    {error, {notsup, Text}} = instance:spawn(fun() -> ok end),
    true = string:find(Text, "--allow-instances") =/= nomatch,
    undefined = instance:parent(),
    undefined = instance:config(),
    {'EXIT', {notsup, _}} = catch instance:self(),
    {'EXIT', {notsup, _}} = catch instance:children().

who() ->
    undefined = instance:parent(),
    Me = instance:self(),
    I = start(),
    {I, Me, undefined} = instance:call(I, {eval, fun() -> {instance:self(), instance:parent(), instance:config()} end}),
    [I] = instance:children(),
    I = binary_to_term(term_to_binary(I)).

config() ->
    Config = #{name => "Jürgen", list => lists:seq(1, 100), f => 1.5},
    I = start(#{config => Config}),
    Config = instance:call(I, {eval, fun instance:config/0}),
    Large = crypto_free_bytes(1 bsl 20), % more than goes with the spawn
    L = start(#{config => Large}),
    Large = instance:call(L, {eval, fun instance:config/0}).

crypto_free_bytes(N) -> << <<(X * 7919):32>> || X <- lists:seq(1, N div 4) >>.

messages() ->
    I = start(),
    Terms = [a, 1, 1 bsl 100, -1.5, "text", <<1, 2, 3:3>>, {}, [], #{a => [b | c]}, fun lists:map/2, self(), make_ref(), {I, [I]}],
    [begin
         T = instance:send(I, T),
         receive {instance, I, T} -> ok end
     end || T <- Terms].

order() ->
    I = start(),
    L = lists:seq(1, 3000),
    spawn_link(fun() -> ok end),
    [instance:send(I, N) || N <- L],
    L = [receive {instance, I, N} -> N end || _ <- L].

%% What no start touches is in an instance all the same: what all modules say of themselves, and some that are seldom run.  The
%% first ones inflate it, later ones share it.
whole_memory() ->
    Modules = [M || {M, _} <- code:all_loaded(), M =/= ?MODULE],
    All = fun() -> erlang:md5(term_to_binary([{M, M:module_info(attributes), M:module_info(compile), M:module_info(exports)} || M <- Modules])) end,
    Run = fun() ->
        {ok, Tokens, _} = erl_scan:string("F = fun(X, _) when X < 2 -> X; (X, G) -> G(X - 1, G) + G(X - 2, G) end, [F(N, F) || N <- [1, 2, 3, 5, 8]]."),
        {ok, Expressions} = erl_parse:parse_exprs(Tokens),
        {value, Value, _} = erl_eval:exprs(Expressions, []),
        {Value, lists:flatten(io_lib:format("~p ~.3f ~s", [Expressions, 2 / 3, string:uppercase("text")])),
         calendar:gregorian_days_to_date(737000), sets:size(sets:from_list([1, 2, 2]))}
    end,
    Answers = [{instance:call(I, {eval, All}), instance:call(I, {eval, Run})} || I <- [start(), start(), start()]],
    [{All(), Run()}] =:= lists:usort(Answers) orelse error(Answers).

calls() ->
    I = start(),
    {echo, 1} = instance:call(I, {echo, 1}),
    Me = self(),
    Pids = [spawn_link(fun() -> {N, x} = instance:call(I, {N, x}), Me ! {done, N} end) || N <- lists:seq(1, 50)],
    50 = length(Pids),
    [receive {done, N} -> ok end || N <- lists:seq(1, 50)],
    {'EXIT', {timeout, {instance, call, [I, {eval, _}, 50]}}} = catch instance:call(I, {eval, fun() -> timer:sleep(200) end}, 50),
    ok = instance:call(I, stop),
    Why = (catch instance:call(I, x)),
    {'EXIT', {R, {instance, call, [I, x, 5000]}}} = Why,
    true = R =:= normal orelse R =:= noproc,
    {'EXIT', {badarg, _}} = catch instance:call(not_one, x),
    J = start(),
    spawn(fun() -> timer:sleep(100), instance:kill(J) end),
    {'EXIT', {killed, _}} = catch instance:call(J, {eval, fun() -> receive never -> ok end end}).

reasons() ->
    normal = ended(fun() -> ok end),
    normal = ended(fun() -> exit(normal) end),
    shutdown = ended(fun() -> exit(shutdown) end),
    {any, [term]} = ended(fun() -> exit({any, [term]}) end),
    {badarith, [{?MODULE, _, _, _} | _]} = ended(fun() -> 1 / (length(instance:children())) end),
    {{nocatch, ball}, [_ | _]} = ended(fun() -> throw(ball) end),
    {undef, [{no_module, f, [1], []} | _]} = ended({no_module, f, [1]}),
    {halt, 17} = ended(fun() -> halt(17) end),
    normal = ended(fun() -> halt(0) end),
    normal = ended(fun() -> init:stop(), receive never -> ok end end),
    killed = ended(fun() -> exit(self(), kill), receive never -> ok end end),
    {halt, 134} = ended(fun() -> halt(abort) end).

long_reason() ->
    {long_reason, [_ | _]} = ended(fun() -> exit(lists:seq(1, 100000)) end),
    {function_clause, [{lists, reverse, 1, _} | _]} =
        ended(fun() -> erlang:raise(error, function_clause, [{lists, reverse, [lists:seq(1, 100000)], []}]) end).

time_limit() ->
    time_limit = ended(fun() -> receive never -> ok end end, #{time_limit => 200}),
    time_limit = ended(fun Loop() -> Loop() end, #{time_limit => 200}),
    normal = ended(fun() -> ok end, #{time_limit => 60000}).

memory() ->
    out_of_memory = ended(fun() -> lists:seq(1, 100000000) end, #{memory => 32 bsl 20}),
    out_of_memory = ended(fun() -> grow([]) end, #{memory => 32 bsl 20}).

%% What would be more than it has can be sent to it, and then its end is not told as anything else.
large_for_small() ->
    {ok, {I, M}} = instance:spawn_monitor({?MODULE, echo, []}, #{memory => 32 bsl 20}),
    spawn(fun() -> instance:send(I, binary:copy(<<"x">>, 100000000)) end),
    receive {'DOWN', M, instance, I, Why} -> out_of_memory = Why end.

%% The process that speaks with the agent is as one of kernel's: without it the mote ends, and says so.
server_ends() ->
    {crashed, killed} = ended(fun() -> exit(whereis(mote_instances), kill), receive never -> ok end end),
    {crashed, killed} = ended(fun() -> instance:spawn(fun() -> receive never -> ok end end),
                                       exit(whereis(mote_instances), kill), receive never -> ok end end, #{children => 1}).

grow(L) -> grow([L | lists:seq(1, 1000)]).

links() ->
    Linked = fun(Run) -> process_ended(fun() -> {ok, _} = instance:spawn_link(Run), receive never -> ok end end) end,
    reason = Linked(fun() -> exit(reason) end),
    {badarg, [_ | _]} = Linked(fun() -> error(badarg) end),
    killed = Linked(fun() -> exit(self(), kill), receive never -> ok end end),
    killed = Linked(fun() -> exit(kill) end),
    {halt, 2} = Linked(fun() -> halt(2) end),
    unharmed = process_ended(fun() -> {ok, I} = instance:spawn_link(fun() -> ok end), M = instance:monitor(I),
                                      receive {'DOWN', M, _, _, _} -> timer:sleep(20), exit(unharmed) end end),
    {exit_of, I, why} = process_ended(fun() ->
        process_flag(trap_exit, true),
        {ok, J} = instance:spawn_link(fun() -> exit(why) end),
        receive {'EXIT', J, Reason} -> exit({exit_of, J, Reason}) end
    end),
    {'$instance', _, _} = I,
    noproc = process_ended(fun() -> instance:link(I), receive never -> ok end end),
    unlinked = process_ended(fun() ->
        {ok, J} = instance:spawn_link({?MODULE, echo, []}),
        instance:unlink(J),
        instance:kill(J),
        M = instance:monitor(J),
        receive {'DOWN', M, _, _, _} -> timer:sleep(20), exit(unlinked) end
    end).

linked_process_ends() ->
    Me = self(),
    End = fun(Reason) ->
              Pid = spawn(fun() -> {ok, I} = instance:spawn_link({?MODULE, echo, []}), Me ! I, receive {exit, R} -> exit(R) end end),
              I = receive X -> X end,
              M = instance:monitor(I),
              case Reason of
                  kill -> exit(Pid, kill);
                  _ -> Pid ! {exit, Reason}
              end,
              receive {'DOWN', M, instance, I, Why} -> Why after case Reason of normal -> 300; _ -> 10000 end -> {alive, I} end
          end,
    my_reason = End(my_reason),
    shutdown = End(shutdown),
    killed = End(kill),
    {alive, I} = End(normal),
    ok = instance:stop(I).

monitors() ->
    I = start(),
    M1 = instance:monitor(I),
    M2 = instance:monitor(I),
    M3 = instance:monitor(I),
    true = instance:demonitor(M2),
    instance:kill(I),
    receive {'DOWN', M1, instance, I, killed} -> ok end,
    receive {'DOWN', M3, instance, I, killed} -> ok end,
    receive {'DOWN', M2, _, _, _} -> exit(monitored) after 20 -> ok end,
    M4 = instance:monitor(I),
    receive {'DOWN', M4, instance, I, noproc} -> ok end,
    M5 = instance:monitor(I),
    timer:sleep(20),
    true = instance:demonitor(M5, [flush]),
    receive Any -> exit(Any) after 20 -> ok end,
    [] = instance:children().

stop() ->
    Stop = fun(Run, Timeout) ->
               {ok, {I, M}} = instance:spawn_monitor(Run),
               receive {instance, I, ready} -> ok end,
               ok = instance:stop(I, Timeout),
               receive {'DOWN', M, instance, I, Why} -> Why end
           end,
    Ready = fun() -> instance:send(instance:parent(), ready) end,
    shutdown = Stop(fun() -> Ready(), receive never -> ok end end, 10000),
    tidied = Stop(fun() -> process_flag(trap_exit, true), Ready(), receive {'EXIT', _, shutdown} -> exit(tidied) end end, infinity),
    killed = Stop(fun() -> process_flag(trap_exit, true), Ready(), receive never -> ok end end, 50),
    killed = Stop(fun() -> process_flag(trap_exit, true), Ready(), receive never -> ok end end, 0),
    I = start(),
    ok = instance:stop(I),
    ok = instance:stop(I),
    ok = instance:kill(I).

siblings() ->
    Me = instance:self(),
    [A, B, C] = [start() || _ <- [1, 2, 3]],
    {from, B} = instance:call(A, {eval, fun() -> {from, instance:call(B, {eval, fun instance:self/0})} end}),
    ok = instance:call(A, {eval, fun() -> instance:send(B, {for, C}), receive {instance, B, {for, C}} -> ok end end}),
    Me = instance:call(C, {eval, fun instance:parent/0}),
    instance:stop(B),
    {'EXIT', {noproc, _}} = instance:call(A, {eval, fun() -> catch instance:call(B, x) end}),
    ok = instance:call(A, {eval, fun() -> [instance:send(B, binary:copy(<<0>>, 100000)) || _ <- lists:seq(1, 50)], ok end}),
    noproc = instance:call(A, {eval, fun() -> P = spawn(fun() -> instance:link(C), receive never -> ok end end), R = monitor(process, P),
                                              receive {'DOWN', R, _, _, Why} -> Why end end}),
    undefined = instance:call(A, {eval, fun() -> instance:kill(C), timer:sleep(100), instance:info(C) end}),
    still = instance:call(C, still).

grandchildren() ->
    I = start(#{children => 2, child_memory => 512 bsl 20}),
    {ok, J} = instance:call(I, {eval, fun() -> instance:spawn({?MODULE, echo, []}, #{memory => 64 bsl 20}) end}),
    I = instance:call(J, {eval, fun instance:parent/0}),
    #{parent := I, self := J} = instance:info(J),
    #{alive := 1} = instance:info(I),
    instance:kill(I),
    soon(fun() -> instance:info(J) =:= undefined end),
    L = start(),
    {error, {not_allowed, _}} = instance:call(L, {eval, fun() -> instance:spawn({?MODULE, echo, []}) end}).

large() ->
    I = start(),
    Bytes = crypto_free_bytes(10000000),
    Bytes = instance:call(I, Bytes, 60000),
    instance:send(I, {Bytes, 1}),
    receive {instance, I, {Bytes, 1}} -> ok end.

%% A child that sends more than we read has to wait, and other children do not.
flood() ->
    Me = self(),
    {ok, I} = instance:spawn(fun() -> P = instance:parent(), flood(P, 0) end),
    J = start(),
    timer:sleep(300),
    {_, N} = process_info(Me, message_queue_len),
    true = N < 40000,
    timer:sleep(200),
    {_, N2} = process_info(Me, message_queue_len),
    true = N2 < 40000,
    here = instance:call(J, here),
    #{self := I} = instance:info(I),
    instance:kill(I),
    instance:stop(I),
    flush(I).

flood(P, N) -> instance:send(P, {N, <<0:800>>}), flood(P, N + 1).

flush(I) -> receive {instance, I, _} -> flush(I) after 0 -> ok end.

%% One that does not read is not filled, and can be ended all the same.
flood_back() ->
    {ok, I} = instance:spawn(fun Loop() -> Loop() end),
    Pid = spawn(fun() -> flood(I, 0) end),
    timer:sleep(300),
    #{self := I} = instance:info(I),
    true = is_process_alive(Pid),
    J = start(),
    here = instance:call(J, here),
    exit(Pid, kill),
    {ok, L} = instance:spawn(fun() -> receive never -> ok end end),
    Pid2 = spawn(fun() -> flood(L, 0) end),
    timer:sleep(1000),
    #{self := L} = instance:info(L),
    exit(Pid2, kill),
    ok = instance:stop(L).

%% What no mote of ours would send.
bad_terms() ->
    I = start(),
    {_, Number, Key} = instance:self(),
    Bad = [<<"e">>, <<"em">>, <<"em", 131>>, <<"em", 131, 104, 255>>, <<"ec", 1:64, 131, 97>>, <<"er", 1:64>>, <<"ex", 131>>,
           <<"ey">>, <<"es">>, <<"ex", (term_to_binary(kill))/binary>>,
           <<"em", 131, 80, 16#FFFFFFFF:32, 1, 2, 3>>],
    [ok = instance:call(I, {eval, fun() -> put_raw(Number, Key, B) end}) || B <- Bad],
    fine = instance:call(I, fine),
    [killed = ended(fun() -> put_raw(Number, Key, B), receive never -> ok end end) || B <- [<<"zz">>, <<"g">>, <<"g", 1:32, 2>>]],
    killed = ended(fun() -> put_many(Number, Key, <<"p", 0:400000>>) end),
    [receive {instance, I, _} = M -> exit(M) after 0 -> ok end].

put_many(Number, Key, Data) -> put_raw(Number, Key, Data), put_many(Number, Key, Data).

put_raw(Number, Key, Data) ->
    case mote_agent:put(2, 0, [<<Number:64/little, Key:64/little>>, Data]) of
        ok -> ok;
        again -> timer:sleep(1), put_raw(Number, Key, Data)
    end.

refused() ->
    Max = maps:get(children, instance:info()),
    All = [instance:spawn({?MODULE, echo, []}) || _ <- lists:seq(1, Max)],
    Max = length([I || {ok, I} <- All]),
    Refused = [instance:spawn({?MODULE, echo, []}) || _ <- lists:seq(1, 20)],
    20 = length([x || {error, {not_allowed, <<_, _/binary>>}} <- Refused]),
    [begin % one that was killed still counts until it is gone: who comes meanwhile waits
         {ok, I} = lists:last(All),
         instance:kill(I),
         {ok, J} = instance:spawn({?MODULE, echo, []}),
         instance:kill(J),
         {ok, K} = instance:spawn({?MODULE, echo, []}),
         instance:stop(K)
     end || _ <- [1]],
    [instance:stop(I) || {ok, I} <- All],
    [] = instance:children(),
    normal = ended(fun() -> ok end),
    {error, {not_allowed, _}} = instance:spawn(fun() -> ok end, #{memory => 50 bsl 30}),
    {error, {bad_option, _}} = instance:spawn(fun() -> ok end, #{memory => 1 bsl 50}),
    {error, {not_allowed, _}} = instance:spawn(fun() -> ok end, #{image => "no such image"}).

bad_options() ->
    [{'EXIT', {badarg, _}} = (catch instance:spawn(fun() -> ok end, O))
     || O <- [x, [], #{memory => 0}, #{memory => a}, #{cpu_weight => 0}, #{cpu_weight => 10001}, #{time_limit => -1}, #{console => x},
              #{children => -1}, #{cold => 1}, #{image => 1}, #{mounts => "x"}, #{mounts => [1]}, #{arguments => x}, #{arguments => [1]}, #{owner => me}, #{what => ever}]],
    [{'EXIT', {badarg, _}} = (catch instance:spawn(R, #{})) || R <- [x, fun(X) -> X end, {a, b}, {a, b, c}, {1, b, []}]],
    [{'EXIT', {badarg, _}} = (catch F(not_one))
     || F <- [fun instance:kill/1, fun instance:stop/1, fun instance:link/1, fun instance:unlink/1, fun instance:monitor/1,
              fun instance:info/1, fun instance:demonitor/1, fun instance:receiver/1]].

information() ->
    #{self := Me, parent := undefined, children := Max, pid := Pid, cgroup_weight := 0, asked_ns := _, forked_ns := _} = instance:info(),
    Me = instance:self(),
    true = is_integer(Pid) andalso is_integer(Max),
    I = start(#{memory => 48 bsl 20}),
    #{self := I, parent := Me, memory := 50331648, alive := 0, resident := R, age_ns := Age, cgroup_memory := Limit} = instance:info(I),
    true = Limit =:= 0 orelse Limit > 50331648,
    true = R > 0 andalso Age > 0,
    instance:stop(I),
    undefined = instance:info(I).

owner() ->
    Me = self(),
    Owner = spawn_link(fun() -> receive {instance, _, hello} -> Me ! owner_has_it end end),
    {ok, _} = instance:spawn(fun() -> instance:send(instance:parent(), hello) end, #{owner => Owner}),
    receive owner_has_it -> ok end,
    Receiver = spawn_link(fun() -> receive {instance, _, hi} -> Me ! receiver_has_it end end),
    instance:receiver(Receiver),
    {Gone, Ref} = spawn_monitor(fun() -> ok end),
    receive {'DOWN', Ref, _, _, _} -> ok end,
    {ok, _} = instance:spawn(fun() -> instance:send(instance:parent(), hi) end, #{owner => Gone}),
    receive receiver_has_it -> ok end.

answer_before_end() ->
    [begin
         {ok, {I, M}} = instance:spawn_monitor(fun() -> instance:send(instance:parent(), {answer, N}) end),
         receive
             {instance, I, {answer, N}} -> receive {'DOWN', M, _, _, normal} -> ok end;
             {'DOWN', M, _, _, _} -> exit(end_before_answer)
         end
     end || N <- lists:seq(1, 10)],
    Large = binary:copy(<<"x">>, 3000000),
    {ok, {I, M}} = instance:spawn_monitor(fun() -> instance:send(instance:parent(), Large) end),
    receive {'DOWN', M, instance, I, normal} -> ok end,
    receive {instance, I, Large} -> ok after 0 -> exit(no_answer) end.

%% It runs the image's main, without arguments of a user.
application() ->
    own_main = ended(application, #{console => none}),
    {ok, {I, M}} = instance:spawn_monitor(application, #{arguments => ["arguments", "zwö"]}),
    receive {instance, I, ["arguments", "zwö"]} -> ok end,
    receive {'DOWN', M, instance, I, normal} -> ok end,
    ["x"] = instance:call(start(#{arguments => [<<"x">>]}), {eval, fun init:get_plain_arguments/0}).

many() ->
    Me = self(),
    N = min(8, maps:get(children, instance:info())),
    [begin
         Pids = [spawn_link(fun() -> Me ! {self(), ended(fun() -> exit(K) end)} end) || K <- lists:seq(1, N)],
         L = [receive {P, R} -> R end || P <- Pids],
         true = L =:= lists:seq(1, N)
     end || _ <- lists:seq(1, 5)],
    [] = instance:children().

cold() -> {was, true} = ended(fun() -> exit({was, instance:parent() =/= undefined}) end, #{cold => true}).

nodes() ->
    [I, J] = [start(), start()],
    [] = erlang:nodes(),
    {ok, Node} = instance:connect(I),
    {ok, Node} = instance:connect(I),
    Me = node(),
    true = is_alive() andalso Me =/= Node,
    [Node] = erlang:nodes(hidden),
    pong = net_adm:ping(Node),
    {Node, [Me]} = erpc:call(Node, fun() -> {node(), erlang:nodes(hidden)} end),
    Echo = spawn(Node, fun Loop() -> receive {From, X} -> From ! {self(), X}, Loop() end end),
    Large = crypto_free_bytes(3000000),
    [begin Echo ! {self(), X}, receive {Echo, X} -> ok end end || X <- [1, self(), make_ref(), Large, lists:seq(1, 10000)]],
    here = instance:call(I, here),
    {ok, Other} = instance:connect(J),
    pong = net_adm:ping(Other),
    pang = erpc:call(Node, net_adm, ping, [Other]), % brought together they are not
    {error, noproc} = instance:call(J, {eval, fun() -> instance:connect(I) end}),
    link(Echo),
    process_flag(trap_exit, true),
    monitor_node(Node, true),
    instance:kill(I),
    receive {nodedown, Node} -> ok end,
    receive {'EXIT', Echo, noconnection} -> ok end,
    [Other] = erlang:nodes(hidden),
    instance:stop(J),
    soon(fun() -> erlang:nodes(hidden) =:= [] end).

%% Any instance whose handle one has is monitored; each of its ends is told, and of what it was.
watches() ->
    [I, J] = [start(), start()],
    Me = instance:self(),
    Watch = fun(Of) -> fun() ->
                M = instance:monitor(Of),
                Again = instance:monitor(Of),
                Gone = instance:monitor(Of),
                true = instance:demonitor(Gone),
                instance:send(Me, watching),
                receive {'DOWN', M, instance, Of, Why} -> receive {'DOWN', Again, instance, Of, Why} -> {told, Why} end end
            end end,
    Ends = [{fun(X) -> instance:kill(X) end, killed}, {fun(X) -> instance:stop(X) end, shutdown},
            {fun(X) -> catch instance:call(X, {eval, fun() -> exit({as, asked}) end}) end, {as, asked}}],
    [begin
         K = start(),
         {Pid, Ref} = spawn_monitor(fun() -> exit(instance:call(I, {eval, Watch(K)}, infinity)) end),
         receive {instance, I, watching} -> ok end,
         End(K),
         receive {'DOWN', Ref, process, Pid, {told, Why}} -> ok end
     end || {End, Why} <- Ends],
    %% One that has ended, one that never was, one whose key is wrong.
    Noproc = fun(X) -> fun() -> M = instance:monitor(X), receive {'DOWN', M, instance, X, R} -> R end end end,
    instance:stop(J),
    L = start(),
    {Tag, Number, Key} = L,
    [noproc = instance:call(I, {eval, Noproc(X)}) || X <- [J, {Tag, 12345678 bsl 16, 1}, {Tag, Number, Key bxor 1}]],
    %% A watcher that ends, and one that takes its watch back, are told nothing.
    instance:call(I, {eval, fun() -> true = instance:demonitor(instance:monitor(L)) end}),
    W = start(),
    instance:call(W, {eval, fun() -> instance:monitor(L) end}),
    instance:stop(W),
    instance:stop(L),
    ready = instance:call(I, ready).

%% This mote was given an image by two names; a child has those that it is handed.
images() ->
    Try = fun(Name) -> element(1, instance:spawn(fun() -> ok end, #{image => Name, console => none})) end,
    In = fun(Options, Fun) -> instance:call(start(Options#{children => 2, child_memory => 2 bsl 30}), {eval, Fun}) end,
    [ok, ok, error] = [Try(N) || N <- ["one", "two", "three"]],
    [error, error, ok] = In(#{}, fun() -> [Try(N) || N <- ["one", "two", "self"]] end),
    [ok, error] = In(#{images => ["one"]}, fun() -> [Try(N) || N <- ["one", "two"]] end),
    {error, {not_allowed, <<"this mote was not given the image two (option images)">>}} =
        In(#{images => ["one"]}, fun() -> instance:spawn(fun() -> ok end, #{images => ["one", "two"]}) end),
    {error, {not_allowed, _}} = instance:spawn(fun() -> ok end, #{images => ["three"]}),
    {'EXIT', {badarg, _}} = (catch instance:spawn(fun() -> ok end, #{images => "one"})).

%% This mote has a folder of the host at /data, with the file `file', and the network that it has without being told.
mounts() ->
    In = fun(Mounts, Fun) -> instance:call(start(#{mounts => Mounts}), {eval, Fun}) end,
    Read = fun() -> file:read_file("/data/file") end,
    {ok, <<"text">>} = Read(),
    {ok, <<"text">>} = In(["/data"], Read),
    {ok, <<"text">>} = In(["/data:ro"], Read),
    {error, enoent} = In([], Read),
    {error, _} = In(["/data:ro"], fun() -> file:write_file("/data/other", "x") end),
    ok = In(["/data"], fun() -> file:write_file("/data/other", "x") end),
    {ok, <<"x">>} = file:read_file("/data/other"),
    {error, {not_allowed, _}} = instance:spawn(fun() -> ok end, #{mounts => ["/nowhere"]}).

networks() ->
    Interfaces = fun() -> {ok, L} = inet:getifaddrs(), length([N || {"eth" ++ _ = N, _} <- L]) end,
    1 = Interfaces(),
    0 = instance:call(start(), {eval, Interfaces}),
    1 = instance:call(start(#{network => "user"}), {eval, Interfaces}),
    {error, {not_allowed, _}} = instance:spawn(fun() -> ok end, #{network => "switch:secret"}),
    {error, {not_allowed, _}} = instance:call(start(#{children => 1}), {eval, fun() -> instance:spawn(fun() -> ok end, #{network => "user"}) end}).

%% --- supervisors: each child tells the process registered as `log' what happens to it

init({Flags, Specs}) -> {ok, {Flags, Specs}};
init(Other) -> Other.

worker(Name) ->
    process_flag(trap_exit, true),
    instance:send(instance:parent(), {up, Name}),
    receive
        {'EXIT', _, shutdown} -> instance:send(instance:parent(), {down, Name}), exit(shutdown);
        {instance, _, {exit, Reason}} -> exit(Reason)
    end.

start_worker(Name, Options) -> instance:spawn_link({?MODULE, worker, [Name]}, Options).
refuse() -> {error, refused}.
no_start() -> error(no_start).

spec(Name) -> #{id => Name, start => {?MODULE, start_worker, [Name, #{}]}}.

with_supervisor(Flags, Specs, Use) ->
    process_flag(trap_exit, true),
    instance:receiver(self()),
    {ok, S} = instance_supervisor:start_link(?MODULE, {Flags, Specs}),
    Result = Use(S),
    exit(S, shutdown),
    receive {'EXIT', S, Why} -> true = Why =:= shutdown orelse {why, Why} end,
    Result.

up(Name) -> receive {instance, I, {up, Name}} -> I end.
down(Name) -> receive {instance, I, {down, Name}} -> I end.
quiet() -> receive {instance, _, _} = M -> exit(M) after 100 -> ok end.
next() -> receive {instance, _, M} -> M end.

kinds(S) -> maps:from_list([{Id, I} || {Id, I, worker, _} <- instance_supervisor:which_children(S)]).

one_for_one() ->
    with_supervisor(#{strategy => one_for_one}, [spec(a), spec(b)], fun(S) ->
        [A, B] = [up(N) || N <- [a, b]],
        #{a := A, b := B} = kinds(S),
        [{b, B, worker, [?MODULE]}, {a, A, worker, [?MODULE]}] = instance_supervisor:which_children(S),
        instance:send(A, {exit, broken}),
        A2 = up(a),
        true = A2 =/= A,
        soon(fun() -> #{a => A2, b => B} =:= kinds(S) end),
        {ok, C} = instance_supervisor:create_child(S, spec(c)),
        C = up(c),
        {error, {already_started, C}} = instance_supervisor:start_child(S, spec(c)),
        [{specs, 3}, {active, 3}, {supervisors, 0}, {workers, 3}] = instance_supervisor:count_children(S),
        ok = instance_supervisor:terminate_child(S, c),
        C = down(c),
        {error, already_present} = instance_supervisor:start_child(S, spec(c)),
        #{c := undefined} = kinds(S),
        {ok, C2} = instance_supervisor:restart_child(S, c),
        C2 = up(c),
        {error, running} = instance_supervisor:delete_child(S, c),
        {error, not_found} = instance_supervisor:terminate_child(S, zz),
        ok = instance_supervisor:terminate_child(S, c),
        ok = instance_supervisor:delete_child(S, c),
        {error, not_found} = instance_supervisor:restart_child(S, c),
        {ok, #{id := a, start := {?MODULE, start_worker, [a, #{}]}}} = instance_supervisor:get_childspec(S, a)
    end),
    [] = instance:children().

one_for_all() ->
    with_supervisor(#{strategy => one_for_all}, [spec(a), spec(b), spec(c)], fun(_) ->
        Up = [up(N) || N <- [a, b, c]],
        Up = instance:children(),
        instance:send(lists:nth(2, Up), {exit, broken}),
        [{down, c}, {down, a}] = [next() || _ <- [1, 2]],
        [{up, a}, {up, b}, {up, c}] = lists:sort([next() || _ <- [1, 2, 3]]) % they start at the same time
    end).

rest_for_one() ->
    with_supervisor(#{strategy => rest_for_one}, [spec(a), spec(b), spec(c)], fun(_) ->
        [_, B, _] = [up(N) || N <- [a, b, c]],
        instance:send(B, {exit, broken}),
        {down, c} = next(),
        [{up, b}, {up, c}] = lists:sort([next(), next()]),
        quiet()
    end).

simple_one_for_one() ->
    Spec = #{id => any, start => {?MODULE, start_worker, []}},
    with_supervisor(#{strategy => simple_one_for_one}, [Spec], fun(S) ->
        {ok, A} = instance_supervisor:start_child(S, [a, #{}]),
        {ok, B} = instance_supervisor:start_child(S, [b, #{config => 1}]),
        A = up(a), B = up(b),
        [A, B] = lists:sort([I || {undefined, I, worker, _} <- instance_supervisor:which_children(S)]),
        ok = instance_supervisor:terminate_child(S, A),
        A = down(a),
        {error, not_found} = instance_supervisor:terminate_child(S, A),
        instance:send(B, {exit, broken}),
        B2 = up(b),
        {ok, #{start := {?MODULE, start_worker, []}}} = instance_supervisor:get_childspec(S, B2),
        {error, simple_one_for_one} = instance_supervisor:terminate_child(S, b)
    end).

intensity() ->
    process_flag(trap_exit, true),
    instance:receiver(self()),
    {ok, S} = instance_supervisor:start_link({local, ?MODULE}, ?MODULE, {#{strategy => one_for_one, intensity => 2, period => 60}, [spec(a), spec(b)]}),
    S = whereis(?MODULE),
    _ = up(b),
    [begin instance:send(up(a), {exit, broken}) end || _ <- [1, 2, 3]],
    receive {'EXIT', S, shutdown} -> ok end,
    _ = down(b),
    soon(fun() -> instance:children() =:= [] end).

restart_types() ->
    Specs = [(spec(N))#{restart => N} || N <- [permanent, transient, temporary]],
    End = fun(Reason) ->
              with_supervisor(#{strategy => one_for_one, intensity => 5}, Specs, fun(S) ->
                  All = [up(N) || N <- [permanent, transient, temporary]],
                  [instance:send(I, {exit, Reason}) || I <- All],
                  soon(fun() -> not is_map_key(temporary, kinds(S)) end),
                  timer:sleep(200),
                  soon(fun() -> not lists:member(restarting, maps:values(kinds(S))) end),
                  [{K, I =:= undefined} || {K, I} <- lists:sort(maps:to_list(kinds(S)))]
              end)
          end,
    [{permanent, false}, {transient, true}] = End(normal),
    flush_all(),
    [{permanent, false}, {transient, false}] = End(broken),
    flush_all(),
    [{permanent, false}, {transient, true}] = End({shutdown, x}),
    flush_all().

flush_all() -> receive _ -> flush_all() after 0 -> ok end.

shutdown_order() ->
    with_supervisor(#{strategy => one_for_one}, [spec(a), spec(b), spec(c)], fun(_) -> [up(N) || N <- [a, b, c]] end),
    [{down, c}, {down, b}, {down, a}] = [next() || _ <- [1, 2, 3]],
    [] = instance:children().

brutal() ->
    Stubborn = fun() -> process_flag(trap_exit, true), instance:send(instance:parent(), {up, x}), receive never -> ok end end,
    Specs = [#{id => x, start => {instance, spawn_link, [Stubborn]}, shutdown => brutal_kill},
             #{id => y, start => {instance, spawn_link, [Stubborn, #{}]}, shutdown => 100}],
    with_supervisor(#{}, Specs, fun(_) -> up(x), up(x) end),
    soon(fun() -> instance:children() =:= [] end).

auto_shutdown() ->
    process_flag(trap_exit, true),
    instance:receiver(self()),
    Specs = [(spec(a))#{significant => true, restart => transient}, spec(b)],
    {ok, S} = instance_supervisor:start_link(?MODULE, {#{auto_shutdown => any_significant}, Specs}),
    A = up(a), _ = up(b),
    instance:send(A, {exit, normal}),
    receive {'EXIT', S, shutdown} -> ok end,
    _ = down(b),
    {error, {bad_combination, _}} = instance_supervisor:check_childspecs([(spec(a))#{significant => true}], any_significant),
    ok = instance_supervisor:check_childspecs(Specs, any_significant),
    {error, {invalid_mfa, x}} = instance_supervisor:check_childspecs([#{id => a, start => x}]).

start_errors() ->
    process_flag(trap_exit, true),
    instance:receiver(self()),
    Bad = fun(Start) -> instance_supervisor:start_link(?MODULE, {#{}, [spec(a), #{id => b, start => Start}]}) end,
    {error, {shutdown, {failed_to_start_child, b, refused}}} = Bad({?MODULE, refuse, []}),
    {error, {shutdown, {failed_to_start_child, b, {'EXIT', {no_start, _}}}}} = Bad({?MODULE, no_start, []}),
    {error, {shutdown, {failed_to_start_child, b, {not_allowed, _}}}} = Bad({instance, spawn_link, [{?MODULE, echo, []}, #{memory => 50 bsl 30}]}),
    ignore = instance_supervisor:start_link(?MODULE, ignore),
    {error, {bad_return, {?MODULE, init, x}}} =
        case instance_supervisor:start_link(?MODULE, x) of
            {error, {bad_return, {_, init, X}}} -> {error, {bad_return, {?MODULE, init, X}}};
            E -> E
        end,
    flush_all(),
    [] = instance:children().
