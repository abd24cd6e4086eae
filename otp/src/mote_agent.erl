%% SPDX-License-Identifier: Apache-2.0
%% mote_agent -- what abi/agent.h says, in Erlang: frames to and from the agent of the host.
%%
%% The natives are those of host/agent.c; the process that uses them is mote_instances.
-module(mote_agent).

-export([open/0, put/3, get/0, is_out/0, exhausted/0]).
-export([request/1, event/1, options/1, down_reason/3]).
-export_type([name/0, request/0, event/0]).

-type name() :: {Number :: non_neg_integer(), Key :: non_neg_integer()}.

-type request() ::
    {spawn, Tag :: non_neg_integer(), Options :: iodata(), Start :: iodata()}
  | {send, name(), iodata()}
  | {stop | kill, Number :: non_neg_integer()}
  | {info, Tag :: non_neg_integer(), Number :: non_neg_integer()}
  | {last, iodata()}
  | {watch, Tag :: non_neg_integer(), name()}
  | {unwatch, Number :: non_neg_integer()}
  | {checkpoint, Tag :: non_neg_integer()}
  | {forget, name()}.

-type event() ::
    {hello, #{self := name(), parent := name(), children := non_neg_integer(), child_memory := non_neg_integer(),
              asked_ns := non_neg_integer(), forked_ns := non_neg_integer()}}
  | {start, binary()}
  | {spawned, Tag :: non_neg_integer(), name()}
  | {refused, Tag :: non_neg_integer(), {Kind :: atom(), Text :: binary()}}
  | {message, name(), binary()}
  | {down, Number :: non_neg_integer(), End :: non_neg_integer(), Status :: non_neg_integer(), Last :: binary()}
  | asked
  | {told, Tag :: non_neg_integer(), map()}
  | {nobody, Number :: non_neg_integer()}
  | {checkpointed, Tag :: non_neg_integer(), name()}
  | unknown.

%% --- natives

%% The calling process becomes the one that is told (by the message `mote_agent').  false: this mote has no agent.
-spec open() -> boolean().
open() -> erlang:nif_error(undef).
-spec put(byte(), byte(), iodata()) -> ok | again | closed.
put(_, _, _) -> erlang:nif_error(undef).
-spec get() -> [{byte(), byte(), binary()}] | again | closed | restored.
get() -> erlang:nif_error(undef).
-spec is_out() -> boolean().
is_out() -> erlang:nif_error(undef).
-spec exhausted() -> non_neg_integer().
exhausted() -> erlang:nif_error(undef).

%% --- to the agent: the kind and the rest of a frame

-spec request(request()) -> {byte(), iodata()}.
request({spawn, Tag, Options, Start}) -> {1, [<<Tag:64/little, (iolist_size(Options)):32/little, 0:32>>, Options, Start]};
request({send, {Number, Key}, Data}) -> {2, [<<Number:64/little, Key:64/little>> | Data]};
request({stop, Number}) -> {3, <<Number:64/little>>};
request({kill, Number}) -> {4, <<Number:64/little>>};
request({info, Tag, Number}) -> {5, <<Tag:64/little, Number:64/little>>};
request({last, Reason}) -> {6, Reason};
request({watch, Tag, {Number, Key}}) -> {7, <<Tag:64/little, Number:64/little, Key:64/little>>};
request({unwatch, Number}) -> {8, <<Number:64/little>>};
request({checkpoint, Tag}) -> {9, <<Tag:64/little>>};
request({forget, {Number, Key}}) -> {10, <<Number:64/little, Key:64/little>>}.

%% Those of instance:spawn/2 that are the agent's.
-spec options(#{atom() => term()}) -> iodata().
options(Options) ->
    [option(Name, maps:get(Name, Options))
     || Name <- [image, memory, cpu_weight, time_limit, network, mounts, console, children, child_memory, cold, images],
        is_map_key(Name, Options)].

option(image, self) -> [];
option(image, {'$checkpoint', Number, Key}) -> option_bytes(12, <<Number:64/little, Key:64/little>>);
option(image, Name) -> option_text(1, Name);
option(memory, N) -> option_bytes(2, <<N:64/little>>);
option(cpu_weight, N) -> option_bytes(3, <<N:32/little>>);
option(time_limit, infinity) -> [];
option(time_limit, Ms) -> option_bytes(4, <<Ms:64/little>>);
option(network, none) -> [];
option(network, Kinds) -> [option_text(5, Kind) || Kind <- Kinds];
option(mounts, Folders) -> [option_text(6, Folder) || Folder <- Folders];
option(console, Where) -> option_text(7, atom_to_list(Where));
option(children, N) -> option_bytes(8, <<N:32/little>>);
option(child_memory, N) -> option_bytes(9, <<N:64/little>>);
option(cold, true) -> option_bytes(10, <<>>);
option(cold, false) -> [];
option(images, Names) -> [option_text(11, Name) || Name <- Names].

option_text(Option, Text) -> option_bytes(Option, unicode:characters_to_binary(Text)).
option_bytes(Option, Bytes) -> <<Option:16/little, (byte_size(Bytes)):16/little, Bytes/binary>>.

%% --- from the agent

%% What is not as it should be, or of a kind that is newer than this, is `unknown'.
-spec event({byte(), byte(), binary()}) -> event().
event({1, _, <<N:64/little, K:64/little, PN:64/little, PK:64/little, Children:64/little, Memory:64/little,
               Asked:64/little, Forked:64/little, _/binary>>}) ->
    {hello, #{self => {N, K}, parent => {PN, PK}, children => Children, child_memory => Memory,
              asked_ns => Asked, forked_ns => Forked}};
event({2, _, Start}) -> {start, Start};
event({3, _, <<Tag:64/little, N:64/little, K:64/little>>}) -> {spawned, Tag, {N, K}};
event({4, _, <<Tag:64/little, Why:32/little, Text/binary>>}) -> {refused, Tag, {refusal(Why), Text}};
event({5, _, <<N:64/little, K:64/little, Data/binary>>}) -> {message, {N, K}, Data};
event({6, _, <<N:64/little, End:32/little, Status:32/little, Last/binary>>}) -> {down, N, End, Status, Last};
event({7, _, <<>>}) -> asked;
event({8, _, <<Tag:64/little, N:64/little, K:64/little, Parent:64/little, Alive:64/little, Granted:64/little,
               Memory:64/little, ChildMemory:64/little, Resident:64/little, Cpu:64/little, Age:64/little,
               Pid:64/little, More/binary>>}) ->
    {told, Tag, #{self => {N, K}, parent => Parent, alive => Alive, children => Granted, memory => Memory,
                  child_memory => ChildMemory, resident => Resident, cpu_ns => Cpu, age_ns => Age, pid => Pid,
                  cgroup_weight => cgroup(0, More), cgroup_memory => cgroup(8, More)}};
event({9, _, <<N:64/little, _/binary>>}) -> {nobody, N};
event({10, _, <<Tag:64/little, N:64/little, K:64/little>>}) -> {checkpointed, Tag, {N, K}};
event({_, _, _}) -> unknown.

%% Of the cgroups that hold it, 0: there is none.  An older host does not say.
cgroup(At, More) ->
    case More of
        <<_:At/binary, N:64/little, _/binary>> -> N;
        _ -> 0
    end.

refusal(1) -> not_allowed;
refusal(2) -> no_room;
refusal(3) -> bad_option;
refusal(4) -> not_yours;
refusal(_) -> failed.

%% Why an instance has ended, as Erlang says it: doc/instances.md.  What it said itself is believed when it came to its end by itself.
-spec down_reason(End :: non_neg_integer(), Status :: non_neg_integer(), Last :: binary()) -> term().
down_reason(1, 0, <<>>) -> normal;
down_reason(1, Status, <<>>) -> {halt, Status};
down_reason(1, _, Last) ->
    try binary_to_term(Last)
    catch error:_ -> {crashed, bad_reason}
    end;
down_reason(2, _, _) -> killed;
down_reason(3, _, _) -> time_limit;
down_reason(4, _, _) -> out_of_memory;
down_reason(5, Status, _) -> crash(Status);
down_reason(6, _, _) -> {crashed, hostile};
down_reason(7, _, _) -> {crashed, start};
down_reason(8, _, _) -> parent_ended;
down_reason(End, Status, _) -> {crashed, {End, Status}}.

%% enum boot_status, abi/boot.h; or 128 and a signal.
crash(120) -> out_of_memory;
crash(121) -> {crashed, panic};
crash(122) -> {crashed, exception};
crash(123) -> out_of_memory;
crash(124) -> {crashed, stopped};
crash(125) -> {crashed, monitor};
crash(126) -> {crashed, hostile};
crash(Status) when Status > 128, Status < 193 -> {crashed, {signal, Status - 128}};
crash(Status) -> {crashed, {status, Status}}.
