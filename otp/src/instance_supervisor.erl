%% SPDX-License-Identifier: Apache-2.0
%% @doc A supervisor whose children are instances: the contract of OTP's supervisor(3), word for word.
%%
%% It is that supervisor: each instance has a process beside it (its *proxy*), which starts it, is linked to it, ends as it
%% ends, and when it is told to shut down stops the instance.  So strategies, intensity, order of shutdown, significant
%% children and reports are OTP's own.
%%
%% The callback module is written as for `supervisor'.  A child's `start' is {M, F, A}, of a function that returns
%% {ok, Instance} (or {ok, Instance, Info}, ignore, {error, Reason}); `{instance, spawn_link, [Run, Options]}' is one.
%%
%% ```
%% init([]) ->
%%     {ok, {#{strategy => one_for_one, intensity => 3, period => 10},
%%           [#{id => worker, start => {instance, spawn_link, [{worker, run, []}, #{memory => 32 bsl 20}]}}]}}.
%% '''
%%
%% What an instance sends to its parent comes to the receiver of this mote (instance:receiver/1).
%% An instance that is to be shut down gets as many milliseconds as its `shutdown' says (5000 unless it says so) after it was
%% asked; `brutal_kill' does not ask.
-module(instance_supervisor).

-export([start_link/2, start_link/3, start_child/2, create_child/2, terminate_child/2, restart_child/2, delete_child/2,
         which_children/1, count_children/1, get_childspec/2, check_childspecs/1, check_childspecs/2]).
-export([init/1, start_proxy/1, start_proxy/2]). % for supervisor

-export_type([child_spec/0, start/0, child_id/0, sup_ref/0]).

-type child_id() :: term().
-type sup_ref() :: supervisor:sup_ref().
-type start() :: {module(), atom(), [term()]}.
-type child_spec() :: #{id := child_id(), start := start(), restart => supervisor:restart(),
                        significant => supervisor:significant(), shutdown => supervisor:shutdown(), modules => [module()] | dynamic}
                    | {child_id(), start(), supervisor:restart(), supervisor:shutdown(), worker, [module()] | dynamic}.
-type child() :: instance:handle() | restarting | undefined.

-callback init(Args :: term()) -> {ok, {supervisor:sup_flags(), [child_spec()]}} | ignore.

%% --- as supervisor(3)

-spec start_link(module(), term()) -> supervisor:startlink_ret().
start_link(Module, Args) -> supervisor:start_link(?MODULE, {Module, Args}).

-spec start_link(supervisor:sup_name(), module(), term()) -> supervisor:startlink_ret().
start_link(Name, Module, Args) -> supervisor:start_link(Name, ?MODULE, {Module, Args}).

%% @doc With a child specification or, of a simple_one_for_one supervisor, a list of further arguments.
-spec start_child(sup_ref(), child_spec() | [term()]) ->
    {ok, child()} | {ok, child(), term()} | {error, already_present | {already_started, child()} | term()}.
start_child(Supervisor, More) when is_list(More) ->
    case supervisor:start_child(Supervisor, [More]) of % two arguments of start_proxy, however many there are
        {error, {invalid_child_spec, [More]}} -> {error, {invalid_child_spec, More}};
        Started -> of_instance(Started)
    end;
start_child(Supervisor, Spec) -> of_instance(supervisor:start_child(Supervisor, proxied(Spec))).

%% @doc Another name of start_child/2.
-spec create_child(sup_ref(), child_spec() | [term()]) ->
    {ok, child()} | {ok, child(), term()} | {error, already_present | {already_started, child()} | term()}.
create_child(Supervisor, Spec) -> start_child(Supervisor, Spec).

%% @doc The child is named by its id; of a simple_one_for_one supervisor by its handle.
-spec terminate_child(sup_ref(), child_id() | instance:handle()) -> ok | {error, not_found | simple_one_for_one}.
terminate_child(Supervisor, {'$instance', _, _} = Instance) ->
    case proxy_of(Supervisor, Instance) of
        undefined -> {error, not_found};
        {_, Proxy, dynamic} -> supervisor:terminate_child(Supervisor, Proxy);
        {_, _, static} -> {error, not_found}
    end;
terminate_child(Supervisor, Id) -> supervisor:terminate_child(Supervisor, Id).

-spec restart_child(sup_ref(), child_id()) ->
    {ok, child()} | {ok, child(), term()} | {error, running | restarting | not_found | simple_one_for_one | term()}.
restart_child(Supervisor, Id) -> of_instance(supervisor:restart_child(Supervisor, Id)).

-spec delete_child(sup_ref(), child_id()) -> ok | {error, running | restarting | not_found | simple_one_for_one}.
delete_child(Supervisor, Id) -> supervisor:delete_child(Supervisor, Id).

-spec which_children(sup_ref()) -> [{child_id() | undefined, child(), worker, [module()] | dynamic}].
which_children(Supervisor) ->
    [{Id, instance_of(Proxy), worker, Modules} || {Id, Proxy, _, Modules} <- supervisor:which_children(Supervisor)].

-spec count_children(sup_ref()) -> [{specs | active | supervisors | workers, non_neg_integer()}].
count_children(Supervisor) -> supervisor:count_children(Supervisor).

-spec get_childspec(sup_ref(), child_id() | instance:handle()) -> {ok, child_spec()} | {error, not_found}.
get_childspec(Supervisor, {'$instance', _, _} = Instance) ->
    case proxy_of(Supervisor, Instance) of
        undefined -> {error, not_found};
        {_, Proxy, _} -> plain(supervisor:get_childspec(Supervisor, Proxy))
    end;
get_childspec(Supervisor, Id) -> plain(supervisor:get_childspec(Supervisor, Id)).

-spec check_childspecs([child_spec()]) -> ok | {error, term()}.
check_childspecs(Specs) -> check_childspecs(Specs, undefined).

-spec check_childspecs([child_spec()], undefined | supervisor:auto_shutdown()) -> ok | {error, term()}.
check_childspecs(Specs, AutoShutdown) when is_list(Specs) ->
    supervisor:check_childspecs([proxied(S) || S <- Specs], AutoShutdown);
check_childspecs(Specs, _) -> {error, {badarg, Specs}}.

%% --- between instances and their proxies

%% A start that is none stays as it is, for supervisor to say so.
proxied(#{start := {M, F, A} = Start} = Spec) when is_atom(M), is_atom(F), is_list(A) ->
    maps:merge(#{modules => [M]}, Spec#{start := {?MODULE, start_proxy, [Start]}});
proxied({Id, {M, F, A} = Start, Restart, Shutdown, Type, Modules}) when is_atom(M), is_atom(F), is_list(A) ->
    {Id, {?MODULE, start_proxy, [Start]}, Restart, Shutdown, Type, Modules};
proxied(Other) -> Other.

plain({ok, #{start := {?MODULE, start_proxy, [Start]}} = Spec}) -> {ok, Spec#{start := Start}};
plain(Other) -> Other.

%% @private
init({Module, Args}) ->
    case Module:init(Args) of
        {ok, {Flags, Specs}} when is_list(Specs) -> {ok, {Flags, [proxied(S) || S <- Specs]}};
        Other -> Other
    end.

%% What supervisor says of a proxy, said of its instance.
of_instance({ok, Proxy}) when is_pid(Proxy) -> {ok, instance_of(Proxy)};
of_instance({ok, Proxy, {Instance, Info}}) when is_pid(Proxy) -> {ok, Instance, Info};
of_instance({ok, Proxy, Instance}) when is_pid(Proxy) -> {ok, Instance};
of_instance({error, {already_started, Proxy}}) when is_pid(Proxy) -> {error, {already_started, instance_of(Proxy)}};
of_instance(Other) -> Other.

%% One that has just ended is `undefined', as long as its supervisor does not know.
instance_of(Proxy) when is_pid(Proxy) ->
    Ref = monitor(process, Proxy),
    Proxy ! {instance_of, self(), Ref},
    receive
        {Ref, Instance} -> demonitor(Ref, [flush]), Instance;
        {'DOWN', Ref, _, _, _} -> undefined
    end;
instance_of(Other) -> Other.

proxy_of(Supervisor, Instance) ->
    {ok, Linked} = mote_instances:call({linked, element(2, Instance)}),
    case [{Id, P, kind(Id)} || {Id, P, _, _} <- supervisor:which_children(Supervisor), lists:member(P, Linked)] of
        [Found | _] -> Found;
        [] -> undefined
    end.

kind(undefined) -> dynamic; % a simple_one_for_one supervisor has no other ids
kind(_) -> static.

%% --- the proxy

%% @private
start_proxy(Start) -> start_proxy(Start, []).

%% @private With what start_child/2 of a simple_one_for_one supervisor adds.
start_proxy({M, F, A}, More) ->
    Me = self(),
    Proxy = spawn_link(fun() -> proxy_start(Me, M, F, A ++ More) end),
    receive
        {Proxy, started, Answer} -> Answer;
        {'EXIT', Proxy, Reason} -> {error, Reason}
    end.

%% No process of proc_lib's: what the end of an instance means is reported by its supervisor, and once.
proxy_start(Supervisor, M, F, A) ->
    process_flag(trap_exit, true),
    case catch apply(M, F, A) of
        {ok, Instance} -> proxy_ready(Supervisor, Instance, Instance);
        {ok, Instance, Info} -> proxy_ready(Supervisor, Instance, {Instance, Info});
        ignore -> started(Supervisor, ignore);
        {error, Reason} -> started(Supervisor, {error, Reason});
        Other -> started(Supervisor, {error, Other})
    end.

%% One that did not start ends unseen.
started(Supervisor, Answer) ->
    unlink(Supervisor),
    Supervisor ! {self(), started, Answer}.

proxy_ready(Supervisor, {'$instance', _, _} = Instance, Info) ->
    instance:link(Instance),
    {ok, _} = mote_instances:call({disown, element(2, Instance)}),
    pass_on(Instance),
    Supervisor ! {self(), started, {ok, self(), Info}},
    proxy(Supervisor, Instance);
proxy_ready(Supervisor, Other, _) -> started(Supervisor, {error, {no_instance, Other}}).

proxy(Supervisor, Instance) ->
    receive
        {instance_of, Pid, Ref} -> Pid ! {Ref, Instance}, proxy(Supervisor, Instance);
        {'EXIT', Instance, Reason} -> exit(Reason);
        {'EXIT', Supervisor, Reason} -> stop(Instance, Reason);
        _ -> proxy(Supervisor, Instance)
    end.

%% How long it may take is the supervisor's: it kills this process, and with it the instance.
stop(Instance, Reason) ->
    instance:stop(Instance, infinity),
    receive {'EXIT', Instance, Why} when Why =/= shutdown, Why =/= normal, Reason =:= shutdown -> exit(Why)
    after 0 -> exit(Reason)
    end.

%% What the instance has sent already, to the one that started it.
pass_on(Instance) ->
    receive
        {instance, Instance, _} = Message -> pass_on(Message, Instance);
        {instance_call, {Instance, _}, _} = Message -> pass_on(Message, Instance)
    after 0 -> ok
    end.

pass_on(Message, Instance) ->
    case mote_instances:call(receiver) of
        {ok, Pid} when is_pid(Pid) -> Pid ! Message;
        _ -> ok
    end,
    pass_on(Instance).
