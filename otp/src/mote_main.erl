%% SPDX-License-Identifier: Apache-2.0
%% mote_main -- starts what an image is for, once OTP has booted.
%%
%% The image's arguments end in `-run mote_main boot Word...`, where the words are
%%
%%   start Application Type    start it and what it needs; `permanent` ends the mote with it
%%   main Module Function      call Function/0, or Function/1 with the user's arguments
%%   script Module             call main/0, main/1 or start/0, whichever comes first
%%
%% or in the same with the word `checkpoint' before them: then its snapshot is made where it calls instance:checkpoint/0, instead of
%% before it is started.
%% A mote that has a parent (doc/instances.md) runs what that wants instead, unless it wants just this.
%% A mote with a main ends when it returns, with status 0, or when it fails, with a report
%% on standard error and status 1.  A mote without one lives until somebody stops it.
-module(mote_main).

-export([boot/1, renewed/0, take_arguments_soon/1, application_checkpoint/0, flush_log/0, rehearse/0, stop/1, take_arguments/1, take_flags/1]).

%% Calls of which an instance that does them touches much: rehearse/1 does them.
-define(REHEARSED, [{instance, info}, {rand, uniform}, {erlang, memory}, {io_lib, format}, {gen_tcp, accept}]).

-define(DUE_SOON, 5). % ms

%% Marks in place of name servers and domains: resolver/0.
-define(SERVERS, [{{0, 0, 0, 0}, 0}]).
-define(DOMAINS, ["."]).
-define(NEVER, 1 bsl 50). % s

boot(Words) ->
    try start_up(Words)
    catch
        Class:Reason:Stack -> failed("the start of this mote", Class, Reason, Stack)
    end.

start_up(["checkpoint" | Words]) ->
    case is_snapshot() of
        true -> can_be_kept(), prepare(Words), run(Words);
        false -> play_role(fun() -> run(Words) end)
    end;
start_up(Words) ->
    Resolver = is_snapshot() andalso begin can_be_kept(), prepare(Words) end,
    checkpoint() andalso resumed(Resolver),
    play_role(fun() -> run(Words) end).

play_role(Applications) ->
    application_starts(),
    case has_agent() andalso mote_instances:role() of
        {child, Start} -> instance:boot(Start, Applications);
        _ -> Applications()
    end.

%% instance:checkpoint/0. A child that is to run something else than the application gets no further than this.
application_checkpoint() ->
    Taken = is_snapshot() andalso begin collect(), checkpoint() end,
    case Taken of
        false ->
            running_checkpoint();
        true ->
            resumed(false),
            play_role(fun() -> application end) =:= application orelse timer:sleep(infinity),
            whereis(?MODULE) =:= undefined orelse mote_instances:main_is_here(),
            {restored, instance:config()}
    end.

%% Of a mote that runs; the agent keeps it, and others are started from that.
running_checkpoint() ->
    case has_agent() andalso mote_instances:call(checkpoint) of
        false -> {checkpointed, none};
        restored -> {restored, instance:config()};
        Answer -> Answer
    end.

%% --- the snapshot: otp/README.md, doc/boot.md

%% Natives: vm/bif/checkpoint.c.
-spec is_snapshot() -> boolean().
is_snapshot() -> erlang:nif_error(undef).
-spec checkpoint() -> boolean().
checkpoint() -> erlang:nif_error(undef).
-spec arguments() -> [binary()].
arguments() -> erlang:nif_error(undef).
-spec take_arguments([binary()]) -> true.
take_arguments(_) -> erlang:nif_error(undef).
-spec new_flags() -> [binary()].
new_flags() -> erlang:nif_error(undef).
-spec take_flags([{atom(), [binary()]}]) -> true.
take_flags(_) -> erlang:nif_error(undef).

-spec name_servers() -> {[{inet:ip_address(), inet:port_number()}], [string()]}.
name_servers() -> erlang:nif_error(undef).

-spec touch_module(module()) -> true.
touch_module(_) -> erlang:nif_error(undef).
-spec application_starts() -> true.
application_starts() -> erlang:nif_error(undef).
%% Native: host/agent.c.
-spec has_agent() -> boolean().
has_agent() -> erlang:nif_error(undef).

%% Who the others are that share its applications, or are waited for, is asked while the kernel starts, as a node.
can_be_kept() ->
    case [Key || Key <- [distributed, sync_nodes_timeout], application:get_env(kernel, Key) =/= undefined] of
        [] -> ok;
        [Key | _] -> stop(io_lib:format("mote: {kernel, [{~s, ...}]}: this image boots at each start~n", [Key]))
    end.

%% What every start of this image does in the same way is done here: the modules that it will need are loaded, and those that
%% they call. Nothing of the application runs.
prepare(Words) ->
    Own = own_modules(Words),
    Imports = lists:usort([{M, F} || Module <- Own, {M, F, _} <- called_by(code:which(Module))]),
    persistent_term:put(?MODULE, {rehearsed(Own, Words), [Call || Call <- Imports, lists:member(Call, ?REHEARSED)]}), % for rehearse/0
    Called = [Module || {Module, _} <- Imports],
    Usual = [io, io_lib, io_lib_format, io_lib_pretty, erl_scan, epp, erl_error, inet_gethost_native, string, timer,
             instance, mote_instances, mote_agent] ++ distribution() ++ [M || {By, M} <- called_by_name(), lists:member(By, Called)],
    _ = code:ensure_modules_loaded(lists:usort(Own ++ Called ++ Usual)),
    Resolver = resolver(),
    collect(),
    Resolver.

%% Modules that others call by a name that stands nowhere.
called_by_name() -> [{gen_tcp, inet_tcp}, {gen_udp, inet_udp}].

%% What is due now is done before (the clock of such a boot takes no time): each start would do it. This process comes last, for what others answer
%% is garbage in it; and once more, for a block that was large lies on pages of its own.
collect() ->
    receive after ?DUE_SOON -> ok end,
    [erlang:garbage_collect(P) || P <- processes(), P =/= self()],
    [erlang:garbage_collect() || _ <- [1, 2]],
    ok.

called_by(File) when is_list(File) ->
    case beam_lib:chunks(File, [imports]) of
        {ok, {_, [{imports, Imports}]}} -> Imports;
        _ -> []
    end;
called_by(_) -> [].

tails([]) -> [];
tails([_ | T] = L) -> [L | tails(T)].

%% Of the applications, and of those that have to be started before them; and those with a main.
own_modules(Words) ->
    Applications = lists:append([application_modules(list_to_atom(Name)) || ["start", Name | _] <- tails(Words)]),
    Mains = [list_to_atom(Module) || [What, Module | _] <- tails(Words), What =:= "main" orelse What =:= "script"],
    lists:usort(Applications ++ Mains).

%% An application of many modules is a library, of which an instance runs little.
rehearsed(Own, Words) when length(Own) > 50 -> [M || M <- Own, ["main", Main | _] <- tails(Words), atom_to_list(M) =:= Main];
rehearsed(Own, _) -> Own.

application_modules(Name) ->
    ok_or_loaded(application:load(Name)),
    {ok, Modules} = application:get_key(Name, modules),
    {ok, Needs} = application:get_key(Name, applications),
    Modules ++ [M || Modules =:= [], M <- modules_of(code:lib_dir(Name))] ++ lists:append([application_modules(Need) || Need <- Needs, not is_running(Need)]).

%% A resource file need not list them.
modules_of(Folder) when is_list(Folder) ->
    [list_to_atom(filename:rootname(File)) || {ok, Files} <- [file:list_dir(Folder ++ "/ebin")], File <- lists:sort(Files),
                                              filename:extension(File) =:= ".beam"];
modules_of(_) -> [].

is_running(Name) -> lists:keymember(Name, 1, application:which_applications()).

%% Another machine goes on from here: what OTP has read of the one that made the snapshot is read again.
resumed(Resolver) ->
    take_arguments(arguments()),
    Flags = flags(new_flags()),
    Flags =:= [] orelse take_flags(Flags),
    case os:getenv("ERL_INETRC") of
        false -> ok;
        File -> configure(File, Resolver)
    end,
    Flags =:= [] orelse be_node().

%% -Flag Value...
flags([<<$-, Flag/binary>> | Words]) ->
    {Values, Rest} = lists:splitwith(fun(Word) -> binary:first(Word) =/= $- end, Words),
    [{binary_to_atom(Flag), Values} | flags(Rest)];
flags([]) -> [].

%% --- a node, `mote run --node'

%% What its start calls.
distribution() -> [auth, dist_util, erl_distribution, erl_epmd, gen_tcp, inet_tcp, inet_tcp_dist, mote_epmd, net_kernel, re].

%% The kernel has a child that makes a node of the system; without a name it was started in vain. Where that stands among the children, and what
%% comes of it, is as in a boot.
be_node() ->
    case supervisor:restart_child(kernel_sup, net_sup) of
        {ok, Pid} when is_pid(Pid) ->
            application:get_env(kernel, global_groups) =:= undefined orelse restart(global_group);
        {error, not_found} -> ok; % {start_distribution, false}
        {error, {already_started, _}} ->
            stop(io_lib:format("mote: --node: this image has made itself a node, ~ts, before its checkpoint~n", [node()]));
        {error, Why} ->
            stop(io_lib:format("mote: --node: the distribution did not start~n  ~tp~n", [Why]))
    end.

%% It comes behind the distribution.
restart(Child) ->
    ok = supervisor:terminate_child(kernel_sup, Child),
    {ok, _} = supervisor:restart_child(kernel_sup, Child).

%% The same in a copy of a mote that ran (vm/sched/copy.c), where init may be about anything.
renewed() ->
    soon(fun() -> resumed(false) end, 1000),
    mote_dist:forget(),
    has_agent() andalso whereis(mote_instances) =/= undefined andalso is_renewed().

soon(Fun, Tries) ->
    try Fun()
    catch error:badarg when Tries > 0 ->
        timer:sleep(10),
        soon(Fun, Tries - 1)
    end.

take_arguments_soon(Arguments) -> soon(fun() -> take_arguments(Arguments) end, 1000).

is_renewed() ->
    ok = mote_instances:call(renewed),
    goes_on(mote_instances:role()).

%% What is the first mote of its tree goes on as it is.
goes_on({child, Start}) -> instance:goes_on(Start);
goes_on(first) -> ok.

%% Our own file says these three things in each mote (image/names.c). To read it, and the names of hosts at once, would load a
%% megabyte of code; as a system's own file they are read when they are asked for.
configure("/etc/mote/inetrc", Resolver) ->
    case Resolver =/= false orelse application:get_env(kernel, inetrc) =:= undefined of
        true ->
            is_called_the_same() orelse configure_without("/etc/mote/inetrc"),
            ask_servers(Resolver);
        false ->
            configure_anew()
    end;
configure(_, _) -> configure_anew().

ask_servers(false) ->
    inet_db:res_option(hosts_file_name, "/etc/mote/hosts"),
    inet_db:set_resolv_conf("/etc/mote/resolv.conf"),
    inet_db:set_lookup([file, dns]);
ask_servers(Rows) ->
    {Servers, Domains} = name_servers(),
    ets:insert(inet_db, [{Key, case Value of ?SERVERS -> Servers; ?DOMAINS -> Domains; _ -> Value end} || {Key, Value} <- Rows]).

%% To tell inet_db these things takes half of the time that a start has: three messages, and a file that is read and parsed. So it is told them before
%% the checkpoint, with marks for what each start has of its own; what comes of that in its table are the rows that a start puts there. The table is
%% public, and the image does not say itself what OTP is to be told, or none of this is done. The file of servers never changes: that it was read NEVER
%% keeps inet_db from reading it again.
resolver() ->
    case {ets:info(inet_db, protection), application:get_env(kernel, inetrc)} of
        {public, undefined} ->
            Before = ets:tab2list(inet_db),
            ask_servers(false),
            [ok = inet_db:res_option(Option, Mark) || {Option, Mark} <- [{nameservers, ?SERVERS}, {search, ?DOMAINS}]],
            Rows = ets:tab2list(inet_db) -- Before,
            [ets:delete(inet_db, Key) || {Key, _} <- Rows],
            ets:insert(inet_db, Before),
            lists:keystore(res_resolv_conf_tm, 1, Rows, {res_resolv_conf_tm, ?NEVER});
        _ -> false
    end.

configure_anew() ->
    inet_db:reset(),
    inet_config:init().

configure_without(File) ->
    os:unsetenv("ERL_INETRC"),
    configure_anew(),
    os:putenv("ERL_INETRC", File).

%% As the machine that made the snapshot: then all else has been done.
is_called_the_same() -> prim_net:gethostname() =:= {ok, inet_db:gethostname()}.

%% What an instance runs of which `mote build` wants to know what it touches: what most do, and what the application's own modules
%% call. The call is from nobody, cli/snapshot.c; init is told nothing of the first mote's arguments there.
-spec rehearse() -> ok.
rehearse() ->
    {Own, Calls} = persistent_term:get(?MODULE),
    [touch(M) || M <- Own, erlang:module_loaded(M)],
    [rehearse(Call) || Call <- Calls],
    receive {instance_call, From, Request} -> instance:reply(From, Request) end,
    Message = {instance:self(), instance:config(), os:system_time(nanosecond), erlang:monotonic_time()},
    instance:send(instance:parent(), Message),
    {_, Ref} = spawn_monitor(fun() -> exit(rehearsed) end),
    receive {'DOWN', Ref, process, _, rehearsed} -> ok end,
    io:format("~p~n", [ok]).

rehearse({instance, info}) -> spawn(fun() -> instance:info() end); % nobody will answer
rehearse({rand, uniform}) -> rand:uniform(1 bsl 64);
rehearse({erlang, memory}) -> erlang:memory(total);
rehearse({io_lib, format}) ->
    iolist_size(io_lib:format("~s ~b ~9.3f ~ts ~w ~0p~n", ["ok", 1 bsl 64, 0.5, <<"ok">>, [ok], {ok}]));
rehearse({gen_tcp, accept}) -> catch serve_oneself().

%% No trial has a peer.
serve_oneself() ->
    Options = [binary, {active, false}, {nodelay, true}],
    {ok, Listening} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}, {reuseaddr, true} | Options]),
    {ok, Port} = inet:port(Listening),
    {ok, Client} = gen_tcp:connect({127, 0, 0, 1}, Port, Options, 1000),
    {ok, Server} = gen_tcp:accept(Listening, 1000),
    ok = gen_tcp:send(Client, <<"ok">>),
    {ok, _} = gen_tcp:recv(Server, 0, 1000),
    ok = inet:setopts(Server, [{active, once}]),
    ok = gen_tcp:send(Client, <<"ok">>),
    receive {tcp, Server, _} -> ok after 1000 -> ok end,
    ok = gen_tcp:close(Client),
    {error, closed} = gen_tcp:recv(Server, 0, 1000),
    [gen_tcp:close(S) || S <- [Server, Listening]].

%% A function of the application's own is what most run: found by its name, which is read out of bytes.
touch(Module) ->
    touch_module(Module),
    [binary_to_existing_atom(atom_to_binary(Name)) || {Function, _} <- Module:module_info(exports), Name <- [Module, Function]].

%% --- the start

run(["start", Name, Type | Words]) ->
    start(list_to_atom(Name), list_to_atom(Type)),
    run(Words);
run(["main", Module, Function | Words]) ->
    [] = Words,
    M = list_to_atom(Module),
    F = list_to_atom(Function),
    call(M, [{F, 0}, {F, 1}]);
run(["script", Module]) ->
    call(list_to_atom(Module), [{main, 0}, {main, 1}, {start, 0}]);
run([]) ->
    ok.

%% `load` and `none` are what a release may ask for instead of a start.
start(Name, load) -> ok_or_loaded(application:load(Name));
start(_, none) -> ok;
start(Name, Type) ->
    is_child() andalso needs_met(Name),
    case application:ensure_all_started(Name, Type) of
        {ok, _} -> ok;
        {error, {Culprit, Reason}} ->
            stop([io_lib:format("mote: application ~ts did not start, because of ~ts~n  ~tp~n",
                                [Name, Culprit, Reason])])
    end.

is_child() -> whereis(mote_instances) =/= undefined andalso instance:parent() =/= undefined.

%% What the resource files of the application, and of those that it needs, ask for (cli/needs.h). In the first mote `mote run' has seen to it; here
%% the parent has to have given it.
needs_met(Name) ->
    case [Need || Need <- needs(Name), is_missing(Need)] of
        [] -> ok;
        Missing ->
            mote_instances:last({needs, Missing}),
            stop(io_lib:format("mote: application ~ts needs what its parent did not give: ~0tp~n", [Name, Missing]))
    end.

needs(Name) ->
    ok_or_loaded(application:load(Name)),
    {ok, Applications} = application:get_key(Name, applications),
    Below = [needs(A) || A <- Applications, not is_running(A)],
    lists:usort(lists:append([own_needs(application:get_env(Name, mote, [])) | Below])).

own_needs(Wanted) ->
    [{mount, Path} || {mounts, Paths} <- Wanted, Path <- Paths] ++ [network || {network, any} <- Wanted].

is_missing({mount, Path}) ->
    case lists:suffix(":ro", Path) of
        true -> not filelib:is_dir(lists:sublist(Path, length(Path) - 3));
        false -> not is_writable(Path)
    end;
is_missing(network) ->
    {ok, Interfaces} = inet:getifaddrs(),
    [Name || {Name, _} <- Interfaces, Name =/= "lo"] =:= [].

is_writable(Path) ->
    case file:read_file_info(Path) of
        {ok, Info} -> element(3, Info) =:= directory andalso lists:member(element(4, Info), [write, read_write]);
        _ -> false
    end.

ok_or_loaded(ok) -> ok;
ok_or_loaded({error, {already_loaded, _}}) -> ok;
ok_or_loaded({error, Reason}) -> erlang:error(Reason).

%% A process of its own, for the one that we are in belongs to init, which waits for us
%% before it says that the system has started.
call(Module, Candidates) ->
    spawn(fun() -> watch(Module, Candidates) end),
    ok.

%% main/2 ends the mote itself, unless an exit signal or the lack of memory ends it.
watch(Module, Candidates) ->
    {Pid, Monitor} = spawn_monitor(fun() -> main(Module, Candidates) end),
    receive
        {'DOWN', Monitor, process, Pid, Reason} ->
            flush_log(),
            stop(io_lib:format("mote: the main process of ~ts got the exit signal ~tp~n", [Module, Reason]))
    end.

%% What the machine has said of it, that memory ran out for one, is on its way: through the process that reports of the
%% machine go to, and the handler's.
flush_log() ->
    catch sys:get_state(erlang:system_info(system_logger), 1000),
    catch logger_std_h:filesync(default).

%% By its name others find it that have messages for this mote: mote_instances.
main(Module, Candidates) ->
    register(?MODULE, self()),
    whereis(mote_instances) =:= undefined orelse mote_instances:main_is_here(),
    case code:ensure_loaded(Module) of
        {module, Module} -> ok;
        {error, Why} -> stop(io_lib:format("mote: cannot load module ~ts: ~tp~n", [Module, Why]))
    end,
    case [C || C = {F, A} <- Candidates, erlang:function_exported(Module, F, A)] of
        [] ->
            stop(io_lib:format("mote: module ~ts exports none of~ts~n",
                               [Module, [io_lib:format(" ~ts/~w", [F, A]) || {F, A} <- Candidates]]));
        [{Function, Arity} | _] ->
            Arguments = [init:get_plain_arguments() || Arity =:= 1],
            try apply(Module, Function, Arguments) of
                _ -> erlang:halt(0)
            catch
                exit:normal -> erlang:halt(0);
                Class:Reason:Stack ->
                    Name = io_lib:format("~ts:~ts/~w", [Module, Function, Arity]),
                    failed(Name, Class, Reason, Stack)
            end
    end.

%% Our own frames, and those below, say nothing to the user.
failed(Name, Class, Reason, Stack0) ->
    Stack = lists:takewhile(fun(Frame) -> element(1, Frame) =/= ?MODULE end, Stack0),
    Options = #{column => 1},
    Report = try erl_error:format_exception(Class, Reason, Stack, Options)
             catch _:_ -> io_lib:format("~tp: ~tp~n~tp", [Class, Reason, Stack])
             end,
    _ = whereis(mote_instances) =:= undefined orelse mote_instances:last(exit_reason(Class, Reason, Stack)),
    stop(["mote: ", Name, " failed\n", Report, $\n]).

%% As of a process that ends so.
exit_reason(exit, Reason, _) -> Reason;
exit_reason(error, Reason, Stack) -> {Reason, Stack};
exit_reason(throw, Thrown, Stack) -> {{nocatch, Thrown}, Stack}.

stop(Text) ->
    io:put_chars(standard_error, unicode:characters_to_list(Text)),
    erlang:halt(1).
