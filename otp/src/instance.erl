%% SPDX-License-Identifier: Apache-2.0
%% @doc Instances: motes that are started from Erlang, like processes.
%%
%% An instance is a mote of its own: its own memory, its own processes, walls of hardware around it.  It is started from
%% the snapshot of this mote's image, so that it runs Erlang in about a millisecond, and it has a parent, which gave it all
%% that it has.  Who is to start instances is run with `mote run IMAGE --allow-instances N'.
%%
%% A handle names an instance.  It is an ordinary term, can be compared, stored and sent, to other instances too; who has
%% it can send messages there, and monitor it.  To end an instance or to link to it is for its parent's processes.
%%
%% doc/instances.md tells the whole with an example.
-module(instance).

-export([spawn/1, spawn/2, spawn_link/1, spawn_link/2, spawn_monitor/1, spawn_monitor/2,
         stop/1, stop/2, kill/1, send/2, call/2, call/3, reply/2, receiver/1,
         info/0, info/1, children/0, self/0, parent/0, config/0, checkpoint/0, forget/1, connect/1,
         link/1, unlink/1, monitor/1, demonitor/1, demonitor/2]).
-export([boot/2, goes_on/1]). % for mote_main

-export_type([handle/0, checkpoint/0, run/0, options/0, error/0, from/0]).

-compile({no_auto_import, [spawn/1, spawn/2, spawn_link/1, spawn_link/2, spawn_monitor/1, spawn_monitor/2, self/0,
                           link/1, unlink/1, monitor/1, demonitor/1, demonitor/2]}).

-opaque handle() :: {'$instance', non_neg_integer(), non_neg_integer()}.

-opaque checkpoint() :: {'$checkpoint', pos_integer(), non_neg_integer()}.
%% The memory of a mote as it was when it called checkpoint/0. Who has this term, and may have instances, can start them from it.

-type run() :: fun(() -> term()) | {module(), atom(), [term()]} | application.
%% What the instance runs.  A function runs in a process of its own, the main process, and the instance ends with it.
%% `application' is what `mote run' does with the image: its applications, then its main function.

-type options() :: #{
    image => self | unicode:chardata() | checkpoint(), % the name of an image that was given; default: this mote's own
    memory => pos_integer(),                % bytes; default: as this mote
    cpu_weight => 1..10000,                 % 100 is usual
    time_limit => pos_integer() | infinity, % milliseconds that it may live
    network => none | unicode:chardata() | [unicode:chardata()], % "user", "switch:NAME"; default: none
    mounts => [unicode:chardata()],         % "FOLDER" or "FOLDER:ro", of this mote's mounts
    console => inherit | none,              % where its output goes; default: where this mote's goes
    config => term(),                       % what config/0 answers there
    children => non_neg_integer(),          % how many instances it may start in turn; default: 0
    child_memory => non_neg_integer(),      % bytes that those may have together
    images => [unicode:chardata()],         % names of images that it may use in turn, of this mote's own; default: none
    cold => boolean(),                      % boot, instead of going on from the snapshot
    arguments => [unicode:chardata()],      % of the user, for init:get_plain_arguments/0 and a main/1; default: none
    owner => pid()                          % who gets its messages; default: who spawns it
}.

-type error() :: {not_allowed | no_room | bad_option | not_yours | failed | notsup, Text :: unicode:chardata()}.
%% `not_allowed': more than this mote was granted.  `no_room': the host has nothing left.  `notsup': this mote may not have
%% instances at all.

-type from() :: {handle(), term()}.

%% --- start

%% @equiv spawn(Run, #{})
-spec spawn(run()) -> {ok, handle()} | {error, error()}.
spawn(Run) -> spawn(Run, #{}).

%% @doc Starts an instance that runs this; returns when it has been started.
%% Options that cannot be are an error `badarg'; what is not granted, or not there, is returned.
-spec spawn(run(), options()) -> {ok, handle()} | {error, error()}.
spawn(Run, Options) -> start(Run, Options, #{}).

%% @equiv spawn_link(Run, #{})
-spec spawn_link(run()) -> {ok, handle()} | {error, error()}.
spawn_link(Run) -> spawn_link(Run, #{}).

%% @doc The same, linked to the calling process, as link/1 does.
-spec spawn_link(run(), options()) -> {ok, handle()} | {error, error()}.
spawn_link(Run, Options) -> start(Run, Options, #{link => true}).

%% @equiv spawn_monitor(Run, #{})
-spec spawn_monitor(run()) -> {ok, {handle(), reference()}} | {error, error()}.
spawn_monitor(Run) -> spawn_monitor(Run, #{}).

%% @doc The same, monitored by the calling process, as monitor/1 does.
-spec spawn_monitor(run(), options()) -> {ok, {handle(), reference()}} | {error, error()}.
spawn_monitor(Run, Options) -> start(Run, Options, #{monitor => true}).

start(Run, Options0, How) ->
    is_run(Run) andalso is_map(Options0) orelse erlang:error(badarg, [Run, Options0]),
    Options = maps:map(fun(Name, Value) -> option(Name, Value, Run, Options0) end, Options0),
    Start = term_to_binary({Run, maps:get(config, Options, undefined), maps:get(arguments, Options, [])}),
    Whose = maps:merge(How, maps:with([owner], Options)),
    mote_instances:call({spawn, iolist_to_binary(mote_agent:options(Options)), Start, Whose}).

is_run(application) -> true;
is_run({M, F, A}) -> is_atom(M) andalso is_atom(F) andalso is_list(A);
is_run(Fun) -> is_function(Fun, 0).

option(image, self, _, _) -> self;
option(image, {'$checkpoint', Number, Key} = Id, _, _) when is_integer(Number), is_integer(Key) -> Id;
option(network, none, _, _) -> none;
option(time_limit, infinity, _, _) -> infinity;
option(config, Term, _, _) -> Term;
option(Name, Value, Run, Options) ->
    try checked(Name, Value)
    catch _:_ -> erlang:error(badarg, [Run, Options])
    end.

checked(image, Name) -> text(Name);
checked(memory, N) when is_integer(N), N > 0, N < 1 bsl 64 -> N;
checked(cpu_weight, N) when is_integer(N), N >= 1, N =< 10000 -> N;
checked(time_limit, N) when is_integer(N), N > 0, N < 1 bsl 64 -> N;
checked(network, [H | _] = Kinds) when not is_integer(H) -> [text(Kind) || Kind <- Kinds];
checked(network, []) -> [];
checked(network, Kind) -> [text(Kind)];
checked(mounts, Folders) when is_list(Folders) -> [text(Folder) || Folder <- Folders];
checked(images, Names) when is_list(Names) -> [text(Name) || Name <- Names];
checked(console, inherit) -> inherit;
checked(console, none) -> none;
checked(children, N) when is_integer(N), N >= 0, N < 1 bsl 32 -> N;
checked(child_memory, N) when is_integer(N), N >= 0, N < 1 bsl 64 -> N;
checked(arguments, Arguments) -> [<<_/binary>> = unicode:characters_to_binary(A) || A <- Arguments];
checked(cold, Cold) when is_boolean(Cold) -> Cold;
checked(owner, Pid) when node(Pid) =:= node() -> Pid.

text(Chars) ->
    case unicode:characters_to_binary(Chars) of
        Text when is_binary(Text), byte_size(Text) > 0, byte_size(Text) < 4096 -> Text
    end.

%% --- end

%% @equiv stop(Instance, 5000)
-spec stop(handle()) -> ok.
stop(Instance) -> stop(Instance, 5000).

%% @doc Asks the instance to end, and ends it when it has not after so many milliseconds; returns when it has ended.
%% Its main process gets the exit signal `shutdown'; one that runs applications stops them, as init:stop/0 does.
-spec stop(handle(), timeout()) -> ok.
stop({'$instance', Number, _} = Instance, Timeout) ->
    case mote_instances:call({stop, Number}, Timeout) of
        ok -> ok;
        timeout -> kill_and_wait(Number);
        {error, _} -> erlang:error(notsup, [Instance, Timeout])
    end;
stop(Instance, Timeout) -> erlang:error(badarg, [Instance, Timeout]).

kill_and_wait(Number) ->
    ok = mote_instances:call({kill, Number}),
    ok = mote_instances:call({wait, Number}).

%% @doc Ends the instance now, and its own children; it is not asked.  Returns at once, as exit(Pid, kill) does.
-spec kill(handle()) -> ok.
kill({'$instance', Number, _} = Instance) -> must(mote_instances:call({kill, Number}), [Instance]);
kill(Instance) -> erlang:error(badarg, [Instance]).

must(ok, _) -> ok;
must({ok, Value}, _) -> Value;
must({error, {notsup, _}}, Arguments) -> erlang:error(notsup, Arguments).

%% --- messages

%% @doc Sends a message, which arrives as `{instance, From, Message}'; returns it.
%% It goes to the main process of an instance; from a child it comes to the process that spawned it.  Waits while the receiver has
%% too much to read already.  To one that has ended it is no error.
-spec send(handle(), Message) -> Message.
send({'$instance', Number, Key} = Instance, Message) ->
    case mote_instances:call({send, {Number, Key}, term_to_binary(Message)}) of
        ok -> Message;
        {error, _} -> erlang:error(notsup, [Instance, Message])
    end;
send(Instance, Message) -> erlang:error(badarg, [Instance, Message]).

%% @equiv call(Instance, Request, 5000)
-spec call(handle(), term()) -> term().
call(Instance, Request) -> call(Instance, Request, 5000).

%% @doc Sends a request, which arrives as `{instance_call, From, Request}', and returns what is given to reply/2 there.
%% Exits with `{Reason, {instance, call, [Instance, Request]}}' when the instance ends, or with `{timeout, ...}'.
-spec call(handle(), term(), timeout()) -> term().
call({'$instance', Number, Key} = Instance, Request, Timeout) ->
    Call = erlang:unique_integer([positive]),
    case mote_instances:call({call, {Number, Key}, Call, term_to_binary(Request)}, Timeout) of
        {ok, Answer} -> Answer;
        timeout ->
            mote_instances:call({cancel, Call}),
            exit({timeout, {?MODULE, call, [Instance, Request, Timeout]}});
        {error, {notsup, _}} -> erlang:error(notsup, [Instance, Request, Timeout]);
        {error, Reason} -> exit({Reason, {?MODULE, call, [Instance, Request, Timeout]}})
    end;
call(Instance, Request, Timeout) -> erlang:error(badarg, [Instance, Request, Timeout]).

%% @doc Answers a request.
-spec reply(from(), term()) -> ok.
reply({{'$instance', Number, Key}, Call} = From, Answer) ->
    must(mote_instances:call({reply, {Number, Key}, Call, term_to_binary(Answer)}), [From, Answer]).

%% @doc From now on this process gets what is sent to this mote and is for nobody else.
%% Without it, that is the main process.
-spec receiver(pid()) -> ok.
receiver(Pid) when node(Pid) =:= node() -> must(mote_instances:call({receiver, Pid}), [Pid]);
receiver(Pid) -> erlang:error(badarg, [Pid]).

%% --- links and monitors

%% @doc Links the calling process to a child of this mote: an end of the instance is an exit signal to the process, and the process's
%% end, but for the reason `normal', is one to the main process there.  A process that traps exits gets
%% `{'EXIT', Instance, Reason}'.  Of one that has ended, or is no child, the signal is `noproc'.
-spec link(handle()) -> true.
link({'$instance', Number, _} = Instance) ->
    case mote_instances:call({link, Number}) of
        ok -> true;
        noproc -> no_link(Instance);
        {error, _} -> erlang:error(notsup, [Instance])
    end;
link(Instance) -> erlang:error(badarg, [Instance]).

no_link(Instance) ->
    case process_info(erlang:self(), trap_exit) of
        {trap_exit, true} -> erlang:self() ! {'EXIT', Instance, noproc};
        _ -> exit(erlang:self(), noproc)
    end,
    true.

%% @doc Takes a link away.
-spec unlink(handle()) -> true.
unlink({'$instance', Number, _} = Instance) ->
    must(mote_instances:call({unlink, Number}), [Instance]),
    receive {'EXIT', Instance, _} -> true after 0 -> true end;
unlink(Instance) -> erlang:error(badarg, [Instance]).

%% @doc The end of an instance will be told by `{'DOWN', Ref, instance, Instance, Reason}', of any whose handle one has: a child of
%% this mote or not.  Of one that has ended, or never was, the reason is `noproc'; of one too many, `{not_watched, Why}'.
-spec monitor(handle()) -> reference().
monitor({'$instance', Number, _} = Instance) -> must(mote_instances:call({monitor, Number, Instance}), [Instance]);
monitor(Instance) -> erlang:error(badarg, [Instance]).

%% @equiv demonitor(Ref, [])
-spec demonitor(reference()) -> true.
demonitor(Ref) -> demonitor(Ref, []).

%% @doc Takes a monitor away; with `flush' also its message, if that is there already.
-spec demonitor(reference(), [flush]) -> true.
demonitor(Ref, Options) when is_reference(Ref), Options =:= [] orelse Options =:= [flush] ->
    must(mote_instances:call({demonitor, Ref}), [Ref, Options]),
    [receive {'DOWN', Ref, instance, _, _} -> ok after 0 -> ok end || flush <- Options],
    true;
demonitor(Ref, Options) -> erlang:error(badarg, [Ref, Options]).

%% --- as nodes

%% @doc Makes this mote and a child of it nodes (unless they are), and connects them; returns the child's node. What goes between them goes the
%% way of messages of instances, not by a network. They are hidden nodes to each other, `nodes(hidden)'. From then on each can do with the other what nodes can do with each other: a child that
%% is not to be trusted is no node.
-spec connect(handle()) -> {ok, node()} | {error, term()}.
connect({'$instance', Number, Key} = Instance) ->
    Call = erlang:unique_integer([positive]),
    case mote_dist:start() of
        {ok, _} ->
            case mote_instances:call({be_node, {Number, Key}, Call}) of
                {ok, {ok, Node}} ->
                    case net_kernel:hidden_connect_node(Node) of % global would want all children to know each other
                        true -> {ok, Node};
                        _ -> {error, no_connection}
                    end;
                {ok, Error} -> Error;
                {error, {notsup, _}} -> erlang:error(notsup, [Instance]);
                {error, _} = Error -> Error
            end;
        Error -> Error
    end;
connect(Instance) -> erlang:error(badarg, [Instance]).

%% --- what is known

%% @doc What the host knows of this mote, as info/1.
-spec info() -> map().
info() ->
    Info = must(mote_instances:call({info, 0}), []),
    maps:merge(Info, maps:with([asked_ns, forked_ns], mote_instances:hello())).

%% @doc What the host knows of an instance below this mote:
%% `self', `parent' (handles), `alive' (instances below it), `children' (how many there may be), `memory' (bytes of its heap at most),
%% `child_memory' (bytes for its children together), `resident' (bytes of the host's memory that are its alone), `cpu_ns', `age_ns',
%% `pid' (of its monitor on the host), `cgroup_weight' (of the cgroup that holds it, or 0: none does),
%% `cgroup_memory' (bytes: the limit of the cgroup that it is in, alone or with the others of its tree, or 0).  undefined: it has ended, or is not below this mote.
-spec info(handle()) -> map() | undefined.
info({'$instance', Number, _} = Instance) ->
    case mote_instances:call({info, Number}) of
        {error, {notsup, _}} -> erlang:error(notsup, [Instance]);
        {error, _} -> undefined;
        {ok, Info} -> Info
    end;
info(Instance) -> erlang:error(badarg, [Instance]).

%% @doc The children of this mote that are alive, the oldest first.
-spec children() -> [handle()].
children() -> must(mote_instances:call(children), []).

%% @doc The handle of this mote.
-spec self() -> handle().
self() ->
    must(mote_instances:call(here), []),
    #{self := {Number, Key}} = mote_instances:hello(),
    {'$instance', Number, Key}.

%% @doc The handle of its parent; undefined in the first mote of a tree, and without instances.
-spec parent() -> handle() | undefined.
parent() ->
    case mote_instances:hello() of
        #{parent := {Number, Key}} when Number =/= 0 -> {'$instance', Number, Key};
        _ -> undefined
    end.

%% @doc What the parent gave as `config'; undefined in the first mote of a tree.
-spec config() -> term().
config() ->
    case mote_instances:hello() of
        #{config := Config} -> Config;
        _ -> undefined
    end.

%% @doc Keeps this mote's memory as it is now, for others to go on from; this one goes on, too.
%%
%% `{checkpointed, Id}': this is the mote that called. Instances are started from there by `spawn(Run, #{image => Id})', as many as you like, by
%% each mote that has the Id and may have instances, until this mote ends or calls forget/1.
%%
%% `{restored, Config}': this is such an instance, which is to run `application'. It has all the memory that the mote had that called: processes, tables, timers,
%% loaded code; Config is what config/0 says. One that is to run a function runs it in this memory, beside all else, and the call does not return there.
%% What is new in it is in doc/boot.md: clocks, references, random seeds, arguments; children and connections stay with who called.
%%
%% `{checkpointed, none}': this mote may not have instances, so there is nobody to keep anything for.
%%
%% `{error, {not_allowed, _}}': what it takes, the pages that this mote has changed since its start, is more than what this mote and all above
%% it have left of the memory for instances (it counts there, as long as it is kept), or there are as many checkpoints already as there may be instances. `no_room': the host has
%% nothing left. `failed': this host does not let it be done. `notsup': the agent has ended.
%%
%% In an image that was built with `mote build --checkpoint', the first call is where its snapshot is made: its motes go on from there with `{restored, Config}'. What
%% the application did before it did when the image was built: without a network and without folders of the host,
%% with a clock that was nobody's and random numbers that all motes of the image share.
%%
%% In both cases sockets, files and ports should not be open, and `rand' seeds that a process has already are the same in all.
-spec checkpoint() -> {checkpointed, checkpoint() | none} | {restored, Config :: term()} | {error, error()}.
checkpoint() -> mote_main:application_checkpoint().

%% @doc Gives up a checkpoint of this mote's own: nothing is started from it any more. Its memory is given back when all that were started from it have ended.
%% Of others, and of what is none any more, nothing happens.
-spec forget(checkpoint()) -> ok.
forget({'$checkpoint', Number, Key} = Id) when is_integer(Number), is_integer(Key) -> must(mote_instances:call({forget, {Number, Key}}), [Id]);
forget(Id) -> erlang:error(badarg, [Id]).

%% --- the child's side

%% @private What the parent wants to have run begins; `application': that is for the caller.
-spec boot(binary(), fun(() -> Result)) -> Result | ok.
boot(Start, Applications) ->
    {Run, Config, Arguments} = binary_to_term(Start),
    mote_main:take_arguments(Arguments), % those of the first mote are not its
    mote_instances:call({config, Config}),
    case Run of
        application ->
            mote_instances:call(start_applications),
            Applications();
        {M, F, A} -> mote_instances:start_main(fun() -> apply(M, F, A) end);
        Fun -> mote_instances:start_main(Fun)
    end.

%% @private The same in a mote that goes on from a checkpoint of one that ran.
-spec goes_on(binary()) -> ok.
goes_on(Start) ->
    {Run, Config, Arguments} = binary_to_term(Start),
    mote_main:take_arguments_soon(Arguments),
    case Run of
        application -> mote_instances:call({goes_on, Config});
        {M, F, A} -> go_on_with(fun() -> apply(M, F, A) end, Config);
        Fun -> go_on_with(Fun, Config)
    end.

go_on_with(Fun, Config) ->
    mote_instances:call({config, Config}),
    mote_instances:start_main(Fun).
