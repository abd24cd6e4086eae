%% SPDX-License-Identifier: Apache-2.0
%% mote_instances -- the process that speaks with the agent of the host for all others: doc/instances.md.
%%
%% It is started by the first that wants something of it, or by mote_main in a mote that has a parent, and is
%% registered as mote_instances.  It never waits for anybody: whoever asks for something gets the answer when it is there.
%%
%% Between two motes go *pieces* of messages (AGENT_SEND), the first byte of which says what it is:
%%
%%     p  a piece of a message, others follow        g  room for so many more bytes (32 bits)
%%     e  the last piece, or the only one
%%
%% A sender may have ?WINDOW bytes under way to one receiver; the receiver gives them back as the messages reach
%% the process that they are for, unless that has ?CROWD messages waiting.  So what one mote can be made to keep by another is
%% bounded, the ring of a mote that does not read is never full with one sender's pieces, and the word of the agent comes through.
%% Whole messages begin with what they are:
%%
%%     m  a message              c  a call: its number (64 bits), the request     x  an exit signal, from a parent
%%     s  what the parent's spawn had no room for                                 r  the answer to a call: number, answer
%%     n  a call of a parent: be a node                                           d  of a connection between nodes: below
%%
%% and go on in external term format, but for `d': o (it is opened), d (a packet) or c (it is closed); m or y, for one that the
%% sender has opened (mine) or the receiver (yours); its number among those, 32 bits; the packet.
-module(mote_instances).

-export([call/1, call/2, role/0, start_main/1, main_is_here/0, last/1, hello/0]).

-define(WINDOW, 16#40000).
-define(PIECE, 16#10000).        % bytes of a piece
-define(OVERHEAD, 64).           % a piece's own cost: small ones are not for nothing
-define(CROWD, 10000).           % messages that may wait in the mailbox of a process before senders have to
-define(MESSAGE_MOST, (256 bsl 20)).
-define(START_MOST, 16#18000).   % of a start that goes with the spawn
-define(LAST_MOST, 16#10000).
-define(PEERS_MOST, 4096).       % known at a time, beside parent and children
-define(LOOK_AGAIN, 10).         % ms: at a crowded mailbox
-define(WATCH, (1 bsl 63)).      % and a number: the tag of a watch, which no other has
-define(GRACE, 5000).            % ms: for what is asked to end, and for the last words

-record(peer, {key,
               credit = ?WINDOW,       % bytes that we may send
               waiting = queue:new(),  % of {Bytes, Data, Notify}: pieces for which there is none
               got = 0,                % bytes that came and are not given back
               pieces = [], bytes = 0}). % of a message that is not whole

-record(child, {handle, owner,
                born,           % which child of ours it is
                links = [],     % {Pid, MonitorOfIt}
                monitors = [],  % {Ref, Pid}
                killed = false, % by us, and not gone yet
                stops = [],     % {Pid, Ref} of who waits for its end
                more = <<>>}).  % of its start, when that was too long

-record(state, {hello, children = #{}, peers = #{},
                tag = 1, asked = #{},   % what was asked of the agent: Tag => what to do with the answer
                dist = #{},             % {Number, mine | theirs, N} => process of that connection, and the other way round
                late = [],              % {Ref, How} of spawns that are tried again when one that was killed has gone
                watches = #{},          % number of an instance that is no child => {Handle, [{Ref, Pid}]}: monitors
                joined = [],            % numbers of those that may connect to us as nodes
                linkers = #{},          % monitor of a linked process => number of the child
                calls = #{},            % number of a call => {Number of the instance, Ref of who waits}
                urgent = queue:new(),   % of {Kind, Data, Notify}: frames for which there is no room; first these,
                out = queue:new(),      % then messages, spawns and last words
                held = [],              % {From, Message} that came while there was nobody for them, the newest first
                receiver,               % who gets messages that are for nobody else
                main = none,            % {Pid, Monitor} of what the parent wants to have run; undefined: applications; none: nobody has
                                        % said yet; {end, Reason}: none, and it is to end
                keeps = [],             % Refs of who waits for a checkpoint; the first one's has been asked for
                renewing = done,        % Refs of who waits for mote_main:renewed/0, which has to forget whose copy this mote is
                before = decided,       % {Main}: what was the main process in the mote that this is a copy of; nobody has said yet what is here
                last = none, closed = false}).

%% --- for other modules

%% What the server answers; {error, {notsup, Text}} when this mote has no agent.
-spec call(term()) -> term().
call(Request) -> call(Request, infinity).

%% The same; `timeout` when there is none after so many milliseconds.
-spec call(term(), timeout()) -> term().
call(Request, Timeout) ->
    case server() of
        {error, _} = Error -> Error;
        Server ->
            Ref = monitor(process, Server, [{alias, reply_demonitor}]),
            Server ! {call, self(), Ref, Request},
            receive
                {Ref, Answer} -> Answer;
                {'DOWN', Ref, _, _, _} -> not_here()
            after Timeout ->
                demonitor(Ref, [flush]),
                receive {Ref, Answer} -> Answer after 0 -> timeout end
            end
    end.

not_here() ->
    {error, {notsup, <<"this mote may not start instances: give `mote run` the option --allow-instances N">>}}.

server() ->
    case whereis(?MODULE) of
        undefined -> server_start();
        Pid -> Pid
    end.

server_start() ->
    Me = self(),
    {Pid, Monitor} = spawn_opt(fun() -> start(Me) end, [monitor, {priority, high}]),
    receive
        {Pid, started} -> demonitor(Monitor, [flush]), Pid;
        {'DOWN', Monitor, _, _, registered} -> server();
        {'DOWN', Monitor, _, _, _} -> not_here()
    end.

%% Has this mote a parent, and what does that want?  The first mote of a tree does not even look whether it may have children.
-spec role() -> first | {child, binary()}.
role() ->
    case server() of
        {error, _} -> first;
        _ -> call(role)
    end.

%% Runs this as what the parent wants to have run.
-spec start_main(fun(() -> term())) -> ok.
start_main(Main) -> call({start_main, Main}).

%% The process that is registered as mote_main has just been.
-spec main_is_here() -> ok.
main_is_here() ->
    case whereis(?MODULE) of
        undefined -> ok;
        Server -> Server ! main_is_there, ok
    end.

%% This mote is about to end, and why; when the agent knows it, or after some time.
-spec last(term()) -> term().
last(Reason) ->
    case whereis(?MODULE) of
        undefined -> ok;
        _ -> call({last, Reason}, ?GRACE)
    end.

%% What is known of this mote and does not change.  undefined: it has no agent, or did not look yet.
-spec hello() -> map() | undefined.
hello() -> persistent_term:get(?MODULE, undefined).

%% --- the start

start(Starter) ->
    try register(?MODULE, self())
    catch error:_ -> exit(registered)
    end,
    mote_agent:open() orelse exit(notsup),
    [{hello, Hello} | Events] = first_events(),
    #{parent := Parent} = Hello,
    {Start, Rest} = case Parent of
                        {0, _} -> {none, Events};
                        _ -> first_start(Events)
                    end,
    Start =/= none orelse persistent_term:put(?MODULE, Hello), % in a child once, with its configuration: put again, it costs a look at all processes
    Me = self(),
    spawn(fun() -> guard(monitor(process, Me)) end),
    Starter ! {self(), started},
    State = lists:foldl(fun event/2, #state{hello = Hello#{start => Start}}, Rest),
    loop(input(State)).

%% Without us nobody would hear of the ends of instances: as with a process of kernel, that is the end of the mote.
guard(Server) ->
    receive {'DOWN', Server, _, _, Why} -> ok end,
    Reason = case {Why, mote_agent:exhausted()} of
                 {{system_limit, _}, _} -> out_of_memory;
                 {_, 0} -> {crashed, Why};
                 _ -> out_of_memory
             end,
    mote_agent:open(),
    say_last(last_bytes(Reason), 100),
    mote_main:stop(io_lib:format("mote: the process that speaks with the agent has ended: ~0tp~n", [Why])).

say_last(Bytes, Tries) ->
    case mote_agent:is_out() of
        true when Bytes =/= said ->
            mote_agent:put(6, 0, Bytes),
            say_last(said, Tries);
        false when Tries > 0 ->
            timer:sleep(10),
            say_last(Bytes, Tries - 1);
        _ -> ok
    end.

first_events() ->
    case mote_agent:get() of
        again -> receive mote_agent -> first_events() end;
        closed -> exit(notsup);
        Frames -> [mote_agent:event(F) || F <- Frames]
    end.

first_start([{start, Start} | Rest]) -> {Start, Rest};
first_start([]) -> first_start(first_events()).

%% --- the loop

loop(#state{last = none} = S) -> wait(S);
loop(S) -> wait(finish(S)).

wait(S) ->
    receive
        mote_agent -> loop(input(output(S)));
        {call, Pid, Ref, Request} -> loop(request(Request, Pid, Ref, S));
        {'DOWN', Monitor, process, Pid, Reason} -> loop(process_down(Monitor, Pid, Reason, S));
        main_is_there -> loop(tell_held(S));
        {look_again, Number} -> loop(give_back(Number, S));
        {grace_over, Number} -> loop(kill(Number, none, S));
        last_now -> finish_now(element(2, S#state.last));
        _ -> loop(S)
    end.

input(#state{closed = true} = S) ->
    case mote_agent:get() of
        restored -> restored(S, []);
        _ -> S
    end;
input(S) ->
    case mote_agent:get() of
        again -> S;
        closed -> agent_gone(S);
        restored -> restored(agent_gone(restored, S#state{keeps = []}), S#state.keeps);
        Frames ->
            More = lists:foldl(fun(F, S0) -> event(mote_agent:event(F), S0) end, S, Frames),
            self() ! mote_agent, % requests that came meanwhile have their turn
            More
    end.

%% Nothing will come any more, of whomever.
agent_gone(S) -> agent_gone({crashed, agent}, S).

agent_gone(Reason, S) ->
    persistent_term:put(?MODULE, (hello())#{closed => true}),
    Waiting = [element(2, What) || What <- maps:values(S#state.asked), What =/= keep] ++ [Ref || {Ref, _} <- S#state.late] ++ S#state.keeps,
    [Ref ! {Ref, gone_error()} || Ref <- Waiting],
    Numbers = maps:keys(S#state.children) ++ maps:keys(S#state.watches),
    Down = lists:foldl(fun(N, S0) -> child_down(N, Reason, S0) end, S#state{late = [], keeps = []}, Numbers),
    Out = lists:foldl(fun(N, S0) -> forget(N, noproc, S0) end, Down, maps:keys(Down#state.peers)),
    [notify(Notify) || {_, _, Notify} <- queue:to_list(Out#state.urgent) ++ queue:to_list(Out#state.out)],
    Out#state{closed = true, urgent = queue:new(), out = queue:new(), asked = #{}}.

%% This mote is a copy of one that ran (`mote snapshot', instance:checkpoint/0): the children of that one are not its own. It may have an
%% agent, and a parent: mote_main:renewed/0 asks what that wants. Until then those who wait for a checkpoint wait.
restored(#state{main = Main, receiver = Receiver, held = Held, tag = Tag} = S, Keeps) ->
    case mote_agent:open() of
        true ->
            [{hello, #{parent := {Parent, _}} = Hello} | Events] = first_events(),
            persistent_term:put(?MODULE, Hello),
            {Start, Rest} = case Parent of
                                0 -> {none, Events};
                                _ -> first_start(Events)
                            end,
            Waiting = case Start of
                          none -> not_kept(Keeps);
                          _ -> Keeps
                      end,
            State0 = #state{hello = Hello#{start => Start}, main = Main, receiver = Receiver, held = Held, tag = Tag, keeps = Waiting, renewing = []},
            State = case Start of
                        none -> State0;
                        _ -> State0#state{main = none, before = {Main}}
                    end,
            self() ! mote_agent,
            lists:foldl(fun event/2, State, Rest);
        false ->
            not_kept(Keeps),
            S
    end.

not_kept(Keeps) ->
    [Ref ! {Ref, {checkpointed, none}} || Ref <- Keeps],
    [].

gone_error() -> {error, {notsup, <<"the agent of this host, which speaks with instances, has ended">>}}.

%% --- frames out

to_agent(Request, S) -> to_agent(Request, none, S).

to_agent(_, Notify, #state{closed = true} = S) -> notify(Notify), S;
to_agent(Request, Notify, S) ->
    {Kind, Data} = mote_agent:request(Request),
    Frame = {Kind, Data, Notify},
    output(case is_urgent(Request) of
               true -> S#state{urgent = queue:in(Frame, S#state.urgent)};
               false -> S#state{out = queue:in(Frame, S#state.out)}
           end).

%% What is for the agent itself does not wait for those who do not read their messages.
is_urgent({stop, _}) -> true;
is_urgent({kill, _}) -> true;
is_urgent({info, _, _}) -> true;
is_urgent({watch, _, _}) -> true;
is_urgent({unwatch, _}) -> true;
is_urgent({checkpoint, _}) -> true;
is_urgent({forget, _}) -> true;
is_urgent(_) -> false.

output(S) ->
    case queue:peek(S#state.urgent) of
        {value, Frame} -> output(Frame, S#state{urgent = queue:drop(S#state.urgent)}, S);
        empty ->
            case queue:peek(S#state.out) of
                {value, Frame} -> output(Frame, S#state{out = queue:drop(S#state.out)}, S);
                empty -> S
            end
    end.

output({Kind, Data, Notify}, Without, S) ->
    case mote_agent:put(Kind, 0, Data) of
        ok -> notify(Notify), output(Without);
        again -> S;
        closed -> agent_gone(S)
    end.

notify(none) -> ok;
notify(Ref) -> Ref ! {Ref, ok}, ok.

%% --- messages out

%% Head and bytes, in pieces; who is to be told is told when the last one is out.
send(Name, Head, Bytes, Notify, #state{hello = #{self := Name}} = S) -> % to itself: no way round the host
    notify(Notify),
    message_came(<<Head/binary, Bytes/binary>>, Name, S);
send({Number, Key}, Head, Bytes, Notify, S) ->
    Peer = maps:get(Number, S#state.peers, #peer{key = Key}),
    Pieces = pieces(Head, Bytes, Notify),
    pump(Number, Peer#peer{waiting = lists:foldl(fun queue:in/2, Peer#peer.waiting, Pieces)}, S).

pieces(Head, Bytes, Notify) when byte_size(Bytes) =< ?PIECE -> [piece($e, Head, Bytes, Notify)];
pieces(Head, Bytes, Notify) ->
    <<First:?PIECE/binary, Rest/binary>> = Bytes,
    [piece($p, Head, First, none) | pieces([], Rest, Notify)].

piece(What, Head, Bytes, Notify) -> {iolist_size(Head) + byte_size(Bytes) + ?OVERHEAD, [What, Head, Bytes], Notify}.

pump(Number, #peer{credit = Credit} = Peer, S) when Credit > 0 ->
    case queue:out(Peer#peer.waiting) of
        {empty, _} -> keep(Number, Peer, S);
        {{value, {Bytes, Data, Notify}}, Rest} ->
            More = to_agent({send, {Number, Peer#peer.key}, Data}, Notify, S),
            pump(Number, Peer#peer{credit = Credit - Bytes, waiting = Rest}, More)
    end;
pump(Number, Peer, S) -> keep(Number, Peer, S).

keep(Number, Peer, #state{peers = Peers} = S) when map_size(Peers) < ?PEERS_MOST ->
    S#state{peers = Peers#{Number => Peer}};
keep(Number, Peer, #state{peers = Peers} = S) ->
    Kept = maps:filter(fun(N, P) -> is_relative(N, S) orelse is_busy(P) end, Peers),
    S#state{peers = Kept#{Number => Peer}}.

is_busy(P) -> not queue:is_empty(P#peer.waiting) orelse P#peer.pieces =/= [] orelse P#peer.got > 0.

is_relative(Number, #state{children = Children, hello = #{parent := {Parent, _}}}) ->
    Number =:= Parent orelse is_map_key(Number, Children).

%% It has ended: what is for it is for nobody, and who waits for it is told.
forget(Number, Reason, S) ->
    case S#state.peers of
        #{Number := Peer} -> [notify(Notify) || {_, _, Notify} <- queue:to_list(Peer#peer.waiting)];
        #{} -> ok
    end,
    Calls = maps:filter(fun(_, {N, Ref}) when N =:= Number -> Ref ! {Ref, {error, Reason}}, false;
                           (_, _) -> true
                        end, S#state.calls),
    S1 = S#state{peers = maps:remove(Number, S#state.peers), calls = Calls, joined = lists:delete(Number, S#state.joined)},
    lists:foldl(fun dist_closed/2, S1, [Key || {N, _, _} = Key <- maps:keys(S#state.dist), N =:= Number]).

%% --- what the agent says

event({message, {Number, Key}, <<What, Data/binary>>}, S) ->
    Peer = maps:get(Number, S#state.peers, #peer{key = Key}),
    piece_came(What, Data, Number, Peer, S);
event({down, Number, End, Status, Last}, S) ->
    child_down(Number, mote_agent:down_reason(End, Status, Last), S);
event({nobody, Number}, S) ->
    case is_map_key(Number, S#state.children) of
        true -> S; % the word of its end is on its way, and says more
        false -> forget(Number, noproc, S)
    end;
event(asked, S) -> end_main(shutdown, S);
event({spawned, Tag, Name}, S) -> answered(Tag, {ok, Name}, S);
event({refused, Tag, Why}, S) when Tag >= ?WATCH -> not_watched(Tag - ?WATCH, Why, S);
event({refused, Tag, Why}, S) -> answered(Tag, {error, Why}, S);
event({told, Tag, Info}, S) -> answered(Tag, {ok, Info}, S);
event({checkpointed, Tag, Name}, S) -> answered(Tag, {checkpointed, Name}, S);
event(_, S) -> S.

answered(Tag, Answer, #state{asked = Asked} = S) ->
    case maps:take(Tag, Asked) of
        {keep, Rest} -> kept(Answer, S#state{asked = Rest});
        {{info, Ref}, Rest} -> Ref ! {Ref, info_answer(Answer, S)}, S#state{asked = Rest};
        {{spawn, Ref, How}, Rest} -> spawned(Answer, Ref, How, S#state{asked = Rest});
        error -> S
    end.

info_answer({ok, #{self := Self, parent := Parent} = Info}, S) ->
    {ok, Info#{self := handle(Self), parent := parent_handle(Parent, S)}};
info_answer(Error, _) -> Error.

%% Of parents farther away the key is not known.
parent_handle(0, _) -> undefined;
parent_handle(Number, #state{hello = Hello, children = Children}) ->
    case {Hello, Children} of
        {#{parent := {Number, _} = Name}, _} -> handle(Name);
        {#{self := {Number, _} = Name}, _} -> handle(Name);
        {_, #{Number := C}} -> C#child.handle;
        _ -> Number
    end.

handle({Number, Key}) -> {'$instance', Number, Key}.

%% --- messages in

piece_came($g, <<Bytes:32>>, Number, Peer, S) -> pump(Number, Peer#peer{credit = Peer#peer.credit + Bytes}, S);
piece_came(What, Data, Number, Peer, S) when What =:= $e; What =:= $p ->
    Got = Peer#peer.got + byte_size(Data) + ?OVERHEAD,
    Size = Peer#peer.bytes + byte_size(Data),
    if
        Got > 2 * ?WINDOW; Size > ?MESSAGE_MOST -> breaks_rules(Number, S);
        What =:= $p ->
            More = Peer#peer{got = Got, pieces = [Data | Peer#peer.pieces], bytes = Size},
            give_back(Number, S#state{peers = (S#state.peers)#{Number => More}});
        true ->
            Whole = whole(Data, Peer#peer.pieces),
            Name = {Number, Peer#peer.key},
            Kept = keep(Number, Peer#peer{got = Got, pieces = [], bytes = 0}, S),
            give_back(Number, message_came(Whole, Name, Kept))
    end;
piece_came(_, _, Number, _, S) -> breaks_rules(Number, S).

whole(Data, []) -> Data;
whole(Data, Pieces) -> iolist_to_binary(lists:reverse(Pieces, [Data])).

%% A child that sends more than it may is ended; of others nothing more is taken than what they had been given room for.
breaks_rules(Number, S) ->
    case is_map_key(Number, S#state.children) of
        true -> kill(Number, none, S);
        false -> S
    end.

message_came(<<$m, Bytes/binary>>, From, S) ->
    with_term(Bytes, S, fun(Message) -> tell(From, {instance, handle(From), Message}, S) end);
message_came(<<$c, Call:64, Bytes/binary>>, From, S) ->
    with_term(Bytes, S, fun(Request) -> tell(From, {instance_call, {handle(From), Call}, Request}, S) end);
message_came(<<$r, Call:64, Bytes/binary>>, {Number, _}, #state{calls = Calls} = S) ->
    case Calls of
        #{Call := {Number, Ref}} ->
            with_term(Bytes, S, fun(Answer) ->
                Ref ! {Ref, {ok, Answer}},
                S#state{calls = maps:remove(Call, Calls)}
            end);
        #{} -> S
    end;
message_came(<<$x, Bytes/binary>>, Name, #state{hello = #{parent := Name}} = S) ->
    with_term(Bytes, S, fun(Reason) -> end_main(Reason, S) end);
message_came(<<$n, Call:64>>, Name, #state{hello = #{parent := Name}} = S) ->
    spawn(fun() -> be_node(Name, Call) end),
    join(Name, S);
message_came(<<$d, What, Whose, N:32, Data/binary>>, {Number, _} = Name, S) ->
    dist_came(What, {Number, case Whose of $m -> theirs; _ -> mine end, N}, Data, Name, S);
message_came(<<$s, Start/binary>>, Name, #state{hello = #{parent := Name} = Hello} = S) ->
    [Ref ! {Ref, {child, Start}} || {role, Ref} <- [maps:get(waits, Hello, none)]],
    S#state{hello = (maps:remove(waits, Hello))#{start := Start}};
message_came(_, _, S) -> S.

%% --- connections between nodes: mote_dist

be_node(Name, Call) -> call({reply, Name, Call, term_to_binary(mote_dist:start())}).

join({Number, _}, S) -> S#state{joined = lists:usort([Number | S#state.joined])}.

dist_came($o, {Number, theirs, _} = Key, _, _, #state{joined = Joined, dist = Dist} = S) when not is_map_key(Key, Dist) ->
    case lists:member(Number, Joined) andalso mote_dist:incoming() of
        Pid when is_pid(Pid) -> dist_use(Key, Pid, S);
        _ -> S
    end;
dist_came($d, Key, Data, _, #state{dist = Dist} = S) ->
    [Pid ! {mote_dist, {data, Data}} || #{Key := Pid} <- [Dist]],
    S;
dist_came($c, Key, _, _, S) -> dist_closed(Key, S);
dist_came(_, _, _, _, S) -> S.

dist_use(Key, Pid, S) ->
    monitor(process, Pid),
    Pid ! {mote_dist, opened},
    S#state{dist = (S#state.dist)#{Key => Pid, Pid => Key}}.

dist_closed(Key, #state{dist = Dist} = S) ->
    case Dist of
        #{Key := Pid} -> Pid ! {mote_dist, closed}, S#state{dist = maps:without([Key, Pid], Dist)};
        #{} -> S
    end.

dist_send(What, {Number, Whose, N}, Key, Data, Notify, S) ->
    Head = <<$d, What, (case Whose of mine -> $m; theirs -> $y end), N:32>>,
    send({Number, Key}, Head, Data, Notify, S).

%% What a mote has sent is no more than a mistake of it when it is no term.
with_term(Bytes, S, Use) ->
    try binary_to_term(Bytes) of
        Term -> Use(Term)
    catch error:_ -> S
    end.

tell(From, Message, S) ->
    case target(From, S) of
        undefined -> S#state{held = [{From, Message} | S#state.held]};
        Pid -> Pid ! Message, S
    end.

%% There may be somebody now.
tell_held(S) ->
    Told = lists:foldr(fun({From, Message}, S0) -> tell(From, Message, S0) end, S#state{held = []}, S#state.held),
    lists:foldl(fun give_back/2, Told, maps:keys(Told#state.peers)).

%% For whom is what comes from there?
target({Number, _}, #state{children = Children} = S) ->
    case Children of
        #{Number := #child{owner = Owner}} when is_pid(Owner) ->
            case is_process_alive(Owner) of
                true -> Owner;
                false -> receiver(S)
            end;
        #{} -> receiver(S)
    end.

receiver(#state{before = {_}}) -> undefined;
receiver(#state{receiver = Pid}) when is_pid(Pid) -> Pid;
receiver(#state{main = {Pid, _}}) when is_pid(Pid) -> Pid;
receiver(_) -> whereis(mote_main).

%% The bytes that came from there may be sent again, in half windows.
give_back(Number, #state{peers = Peers} = S) ->
    case Peers of
        #{Number := #peer{got = Got} = Peer} when Got >= ?WINDOW div 2 ->
            case is_crowded(target({Number, Peer#peer.key}, S)) of
                undefined when S#state.held =/= [] -> S; % tell_held() looks again
                true ->
                    erlang:send_after(?LOOK_AGAIN, self(), {look_again, Number}),
                    S;
                _ ->
                    S1 = S#state{peers = Peers#{Number := Peer#peer{got = 0}}},
                    to_agent({send, {Number, Peer#peer.key}, <<$g, Got:32>>}, S1)
            end;
        #{} -> S
    end.

is_crowded(undefined) -> undefined;
is_crowded(Pid) ->
    case process_info(Pid, message_queue_len) of
        {_, N} -> N >= ?CROWD;
        undefined -> false
    end.

%% --- requests

request(_, _, Ref, #state{closed = true} = S) -> Ref ! {Ref, gone_error()}, S;
request({spawn, Options, Start, How}, Pid, Ref, S) ->
    {Now, Later} = case byte_size(Start) > ?START_MOST of
                       true -> {<<>>, Start};
                       false -> {Start, <<>>}
                   end,
    Owner = maps:get(owner, How, Pid),
    spawn_by_agent(Ref, How#{owner => Owner, spawner => Pid, more => Later, frame => {Options, Now}}, S);
request({send, Name, Bytes}, _, Ref, S) -> send(Name, <<$m>>, Bytes, Ref, S);
request({call, {Number, _} = Name, Call, Bytes}, _, Ref, S) ->
    S1 = S#state{calls = (S#state.calls)#{Call => {Number, Ref}}},
    send(Name, <<$c, Call:64>>, Bytes, none, S1);
request({cancel, Call}, _, Ref, S) -> reply(Ref, ok, S#state{calls = maps:remove(Call, S#state.calls)});
request({reply, Name, Call, Bytes}, _, Ref, S) -> send(Name, <<$r, Call:64>>, Bytes, Ref, S);
request({stop, Number}, Pid, Ref, S) ->
    with_child(Number, Ref, ok, S, fun(C) ->
        to_agent({stop, Number}, put_child(Number, C#child{stops = [{Pid, Ref} | C#child.stops]}, S))
    end);
request({wait, Number}, Pid, Ref, S) ->
    with_child(Number, Ref, ok, S, fun(C) -> put_child(Number, C#child{stops = [{Pid, Ref} | C#child.stops]}, S) end);
request(here, _, Ref, S) -> reply(Ref, ok, S);
request({kill, Number}, _, Ref, S) -> kill(Number, Ref, S);
request({info, Number}, _, Ref, S) ->
    {Tag, S1} = ask({info, Ref}, S),
    to_agent({info, Tag, Number}, S1);
request(checkpoint, _, Ref, #state{hello = #{children := 0}} = S) -> reply(Ref, {checkpointed, none}, S);
request(checkpoint, _, Ref, #state{keeps = Keeps} = S) ->
    More = S#state{keeps = Keeps ++ [Ref]},
    case Keeps of
        [] -> keep(More);
        _ -> More
    end;
%% What the parent wants is this application, in a mote that goes on from a checkpoint.
request({goes_on, Config}, _, Ref, #state{keeps = Keeps, before = {Before}} = S) ->
    S1 = configured(Config, S),
    [Keep ! {Keep, restored} || Keep <- Keeps],
    reply(Ref, ok, main_goes_on(Before, S1#state{keeps = [], before = decided}));
%% Who asks is answered when this mote is no copy of a node any more.
request(is_renewed, _, Ref, #state{renewing = done} = S) -> reply(Ref, ok, S);
request(is_renewed, _, Ref, #state{renewing = Waiting} = S) -> S#state{renewing = [Ref | Waiting]};
request(renewed, _, Ref, #state{renewing = Waiting} = S) ->
    [Who ! {Who, ok} || Waiting =/= done, Who <- Waiting],
    reply(Ref, ok, S#state{renewing = done});
request({forget, Name}, _, Ref, S) -> to_agent({forget, Name}, Ref, S);
request(children, _, Ref, S) ->
    reply(Ref, {ok, [C#child.handle || C <- lists:keysort(#child.born, maps:values(S#state.children))]}, S);
request({link, Number}, Pid, Ref, S) ->
    with_child(Number, Ref, noproc, S, fun(C) -> reply(Ref, ok, link_to(Number, C, Pid, S)) end);
request({unlink, Number}, Pid, Ref, S) ->
    with_child(Number, Ref, ok, S, fun(C) -> reply(Ref, ok, unlink_from(Number, C, Pid, S)) end);
request({monitor, Number, Handle}, Pid, Ref, S) ->
    Monitor = make_ref(),
    Ref ! {Ref, {ok, Monitor}},
    case S#state.children of
        #{Number := C} -> put_child(Number, C#child{monitors = [{Monitor, Pid} | C#child.monitors]}, S);
        #{} -> watch(Number, Handle, {Monitor, Pid}, S)
    end;
request({demonitor, Monitor}, _, Ref, S) ->
    Without = fun(_, C) -> C#child{monitors = lists:keydelete(Monitor, 1, C#child.monitors)} end,
    reply(Ref, ok, unwatch(Monitor, S#state{children = maps:map(Without, S#state.children)}));
request({receiver, Pid}, _, Ref, S) -> reply(Ref, ok, tell_held(S#state{receiver = Pid}));
request(receiver, _, Ref, S) -> reply(Ref, {ok, receiver(S)}, S);
request({disown, Number}, Pid, Ref, S) ->
    with_child(Number, Ref, {ok, false}, S, fun
        (#child{owner = Owner} = C) when Owner =:= Pid -> reply(Ref, {ok, true}, put_child(Number, C#child{owner = undefined}, S));
        (_) -> reply(Ref, {ok, false}, S)
    end);
request({linked, Number}, _, Ref, S) ->
    with_child(Number, Ref, {ok, []}, S, fun(C) -> reply(Ref, {ok, [P || {P, _} <- C#child.links]}, S) end);
request({be_node, {Number, _} = Name, Call}, _, Ref, S) ->
    with_child(Number, Ref, {error, noproc}, S, fun(_) ->
        S1 = join(Name, S#state{calls = (S#state.calls)#{Call => {Number, Ref}}}),
        send(Name, <<$n, Call:64>>, <<>>, none, S1)
    end);
request({dist_open, {Number, Key}}, Pid, Ref, S) ->
    N = erlang:unique_integer([positive]) band 16#FFFFFFFF,
    S1 = dist_use({Number, mine, N}, Pid, S),
    dist_send($o, {Number, mine, N}, Key, <<>>, Ref, S1);
request({dist_send, Data}, Pid, Ref, #state{dist = Dist, peers = Peers} = S) ->
    case Dist of
        #{Pid := {Number, _, _} = Connection} when is_map_key(Number, Peers) ->
            dist_send($d, Connection, (maps:get(Number, Peers))#peer.key, Data, Ref, S);
        #{} -> reply(Ref, closed, S)
    end;
request(role, _, Ref, #state{hello = #{start := none}} = S) -> reply(Ref, first, S);
request(role, _, Ref, #state{hello = #{start := <<>>} = Hello} = S) -> S#state{hello = Hello#{waits => {role, Ref}}};
request(role, _, Ref, #state{hello = #{start := Start}} = S) -> reply(Ref, {child, Start}, S);
request({config, Config}, _, Ref, S) -> reply(Ref, ok, configured(Config, S));
request({start_main, Main}, _, Ref, #state{before = {_}} = S) ->
    reply(Ref, ok, main_is(spawn_monitor(Main), S#state{before = decided, receiver = undefined}));
request({start_main, Main}, _, Ref, S) ->
    reply(Ref, ok, main_is(spawn_monitor(Main), S));
request(start_applications, _, Ref, S) -> reply(Ref, ok, main_is(undefined, S));
request({last, Reason}, _, Ref, S) -> to_agent({last, last_bytes(Reason)}, Ref, S).

configured(Config, S) ->
    persistent_term:put(?MODULE, (maps:remove(start, S#state.hello))#{config => Config}),
    S.

%% One checkpoint after the other: each is for who has asked for it.
keep(S) ->
    {Tag, S1} = ask(keep, S),
    to_agent({checkpoint, Tag}, S1).

kept(Answer, #state{keeps = [Ref | Rest]} = S) ->
    S1 = reply(Ref, case Answer of
                        {checkpointed, {Number, Key}} -> {checkpointed, {'$checkpoint', Number, Key}};
                        _ -> Answer
                    end, S#state{keeps = Rest}),
    case Rest of
        [] -> S1;
        _ -> keep(S1)
    end.

spawn_by_agent(Ref, #{frame := {Options, Start}} = How, S) ->
    {Tag, S1} = ask({spawn, Ref, How}, S),
    to_agent({spawn, Tag, Options, Start}, S1).

reply(Ref, Answer, S) -> Ref ! {Ref, Answer}, S.

ask(What, #state{tag = Tag, asked = Asked} = S) -> {Tag, S#state{tag = Tag + 1, asked = Asked#{Tag => What}}}.

with_child(Number, Ref, Else, S, Use) ->
    case S#state.children of
        #{Number := C} -> Use(C);
        #{} -> reply(Ref, Else, S)
    end.

put_child(Number, C, S) -> S#state{children = (S#state.children)#{Number => C}}.

%% --- children

spawned({error, Why}, Ref, How, S) ->
    case refused(Why, S, Ref, How) of
        {later, Later} -> Later;
        refused -> reply(Ref, {error, Why}, S)
    end;
spawned({ok, {Number, _} = Name}, Ref, #{owner := Owner, spawner := Pid, more := More} = How, S) ->
    Handle = handle(Name),
    Child = #child{handle = Handle, owner = Owner, born = erlang:unique_integer([monotonic])},
    S1 = put_child(Number, Child, S),
    S2 = case More of
             <<>> -> S1;
             _ -> send(Name, <<$s>>, More, none, S1)
         end,
    case How of
        #{link := true} -> reply(Ref, {ok, Handle}, link_to(Number, Child, Pid, S2));
        #{monitor := true} ->
            Monitor = make_ref(),
            reply(Ref, {ok, {Handle, Monitor}}, put_child(Number, Child#child{monitors = [{Monitor, Pid}]}, S2));
        #{} -> reply(Ref, {ok, Handle}, S2)
    end.

link_to(Number, C, Pid, S) ->
    case lists:keymember(Pid, 1, C#child.links) of
        true -> S;
        false ->
            Monitor = monitor(process, Pid),
            S1 = put_child(Number, C#child{links = [{Pid, Monitor} | C#child.links]}, S),
            S1#state{linkers = (S1#state.linkers)#{Monitor => Number}}
    end.

unlink_from(Number, C, Pid, S) ->
    case lists:keytake(Pid, 1, C#child.links) of
        false -> S;
        {value, {_, Monitor}, Rest} ->
            demonitor(Monitor, [flush]),
            S1 = put_child(Number, C#child{links = Rest}, S),
            S1#state{linkers = maps:remove(Monitor, S1#state.linkers)}
    end.

%% Those that were killed are counted until they are gone: who is refused for that is tried again then.
kill(Number, Notify, #state{children = Children} = S) ->
    case Children of
        #{Number := C} -> to_agent({kill, Number}, Notify, put_child(Number, C#child{killed = true}, S));
        #{} -> to_agent({kill, Number}, Notify, S)
    end.

refused({not_allowed, _}, #state{children = Children, late = Late} = S, Ref, How) ->
    case lists:any(fun(C) -> C#child.killed end, maps:values(Children)) of
        true -> {later, S#state{late = [{Ref, How} | Late]}};
        false -> refused
    end;
refused(_, _, _, _) -> refused.

try_again(#state{late = Late} = S) ->
    lists:foldr(fun({Ref, How}, S0) -> spawn_by_agent(Ref, How, S0) end, S#state{late = []}, Late).

child_down(Number, Reason, S) ->
    case maps:take(Number, S#state.children) of
        error -> forget(Number, Reason, watched_down(Number, Reason, S));
        {C, Rest} ->
            [Pid ! {'DOWN', Monitor, instance, C#child.handle, Reason} || {Monitor, Pid} <- C#child.monitors],
            [Ref ! {Ref, ok} || {_, Ref} <- C#child.stops],
            Linkers = lists:foldl(fun({Pid, Monitor}, L) ->
                                      demonitor(Monitor, [flush]),
                                      exit_signal(Pid, C#child.handle, Reason),
                                      maps:remove(Monitor, L)
                                  end, S#state.linkers, C#child.links),
            try_again(forget(Number, Reason, S#state{children = Rest, linkers = Linkers}))
    end.

%% --- others that are monitored: once for all processes, the agent tells us of an end

watch(Number, {_, _, Key} = Handle, Monitor, #state{watches = Watches} = S) ->
    case Watches of
        #{Number := {_, Monitors}} -> S#state{watches = Watches#{Number := {Handle, [Monitor | Monitors]}}};
        #{} -> to_agent({watch, ?WATCH + Number, {Number, Key}}, S#state{watches = Watches#{Number => {Handle, [Monitor]}}})
    end.

unwatch(Monitor, #state{watches = Watches} = S) ->
    case [{N, Handle, L} || {N, {Handle, L}} <- maps:to_list(Watches), lists:keymember(Monitor, 1, L)] of
        [] -> S;
        [{Number, _, [_]}] -> to_agent({unwatch, Number}, S#state{watches = maps:remove(Number, Watches)});
        [{Number, Handle, Monitors}] -> S#state{watches = Watches#{Number := {Handle, lists:keydelete(Monitor, 1, Monitors)}}}
    end.

watched_down(Number, Reason, #state{watches = Watches} = S) ->
    case maps:take(Number, Watches) of
        error -> S;
        {{Handle, Monitors}, Rest} ->
            [Pid ! {'DOWN', Ref, instance, Handle, Reason} || {Ref, Pid} <- Monitors],
            S#state{watches = Rest}
    end.

not_watched(Number, {not_yours, _}, S) -> watched_down(Number, noproc, S);
not_watched(Number, Why, S) -> watched_down(Number, {not_watched, Why}, S).

%% As of a link: exit/2 would do but for the sender, and for the reason kill.
exit_signal(Pid, Handle, Reason) ->
    case process_info(Pid, trap_exit) of
        {trap_exit, true} -> Pid ! {'EXIT', Handle, Reason};
        {trap_exit, false} when Reason =:= kill -> exit(Pid, killed);
        {trap_exit, false} -> exit(Pid, Reason);
        undefined -> ok
    end.

%% A process that is linked to a child has ended, or our main process has.
process_down(Monitor, _, Reason, #state{main = {_, Monitor}} = S) -> main_ended(Reason, S);
process_down(Monitor, _, Reason, #state{before = {{_, Monitor}}} = S) -> S#state{before = {{ended, Reason}}};
process_down(_, Pid, _, #state{dist = Dist, peers = Peers} = S) when is_map_key(Pid, Dist) ->
    #{Pid := {Number, _, _} = Connection} = Dist,
    S1 = S#state{dist = maps:without([Pid, Connection], Dist)},
    case Peers of
        #{Number := #peer{key = Key}} -> dist_send($c, Connection, Key, <<>>, none, S1);
        #{} -> S1
    end;
process_down(Monitor, Pid, Reason, #state{linkers = Linkers} = S) ->
    case maps:take(Monitor, Linkers) of
        error -> S;
        {Number, Rest} ->
            #{Number := C} = S#state.children,
            S1 = put_child(Number, C#child{links = lists:keydelete(Pid, 1, C#child.links)}, S#state{linkers = Rest}),
            end_with(Reason, Number, C, S1)
    end.

end_with(normal, _, _, S) -> S;
end_with(killed, Number, _, S) -> kill(Number, none, S);
end_with(Reason, Number, #child{handle = {_, Number, Key}}, S) ->
    erlang:send_after(?GRACE, self(), {grace_over, Number}),
    send({Number, Key}, <<$x>>, term_to_binary(Reason), none, S).

%% --- the end of this mote

end_main(Reason, #state{main = {Pid, _}} = S) when is_pid(Pid) -> exit(Pid, Reason), S;
end_main(Reason, #state{main = none} = S) -> S#state{main = {'end', Reason}}; % as soon as there is something to end
end_main(_, #state{main = {'end', _}} = S) -> S;
end_main(_, #state{last = Last} = S) when Last =/= none -> S;
end_main(Reason, #state{main = undefined} = S) ->
    S1 = to_agent({last, last_bytes(Reason)}, S),
    init:stop(),
    S1.

%% What the parent wants to have run is known now; undefined: the applications.
main_is(Main, #state{main = {'end', Reason}} = S) -> end_main(Reason, main_is(Main, S#state{main = none}));
main_is(Main, S) -> tell_held(S#state{main = Main}).

%% It is what it was; of a first mote, which has none, its applications.
main_goes_on({ended, Reason}, S) -> main_ended(Reason, S);
main_goes_on({Pid, _} = Main, S) when is_pid(Pid) -> main_is(Main, S);
main_goes_on(_, S) -> main_is(undefined, S).

main_ended(Reason0, S) ->
    Reason = case Reason0 of
                 killed -> case mote_agent:exhausted() of 0 -> killed; _ -> out_of_memory end;
                 _ -> Reason0
             end,
    erlang:send_after(?GRACE, self(), last_now),
    S#state{last = {due, Reason}, main = undefined}.

%% All that was sent before goes ahead of the last words.
finish(#state{last = {due, Reason}} = S) ->
    case [N || {N, P} <- maps:to_list(S#state.peers), not queue:is_empty(P#peer.waiting)] of
        [] -> finish(to_agent({last, last_bytes(Reason)}, S#state{last = {said, Reason}}));
        _ -> S
    end;
finish(#state{last = {said, Reason}, out = Out, urgent = Urgent} = S) ->
    case queue:is_empty(Out) andalso queue:is_empty(Urgent) andalso mote_agent:is_out() of
        true -> finish_now(Reason);
        false -> S
    end.

finish_now(Reason) ->
    is_quiet(Reason) orelse mote_main:flush_log(),
    erlang:halt(0, [{flush, false}]).

is_quiet(normal) -> true;
is_quiet(shutdown) -> true;
is_quiet({shutdown, _}) -> true;
is_quiet(_) -> false.

%% As the agent has room for: without the arguments in the stack, or as text.
last_bytes(normal) -> <<>>;
last_bytes(Reason) ->
    Bytes = term_to_binary(Reason),
    case Reason of
        _ when byte_size(Bytes) =< ?LAST_MOST -> Bytes;
        {Error, [_ | _] = Stack} -> last_or_text({Error, [short(Frame) || Frame <- Stack]}, Reason);
        _ -> last_or_text({long, []}, Reason)
    end.

last_or_text(Short, Reason) ->
    Bytes = term_to_binary(Short),
    if
        byte_size(Bytes) =< ?LAST_MOST, Short =/= {long, []} -> Bytes;
        true -> term_to_binary({long_reason, unicode:characters_to_list(io_lib:format("~0tP", [Reason, 100]))})
    end.

short({M, F, A, Where}) when is_list(A) -> {M, F, length(A), Where};
short(Frame) -> Frame.
