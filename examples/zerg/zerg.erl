%% SPDX-License-Identifier: Apache-2.0
%% A web server that starts a machine for every request.
%%
%%   GET /          what the instance has to say     GET /crash    it fails: 500, and nobody else notices
%%   GET /anything  the same                         GET /loop     it never answers: 504
%%
%% The gateway reads a request and spawns an instance of this very image with it.  The instance answers and ends.  Under
%% the answer stands its time line, from the spawn to the moment when the gateway had the answer.
-module(zerg).
-export([main/1, serve/0]).

-define(PORT, 8080).
-define(ACCEPTORS, 16).
-define(MEMORY, 16 bsl 20).   % of an instance, in bytes
-define(PATIENCE, 2000).      % milliseconds that it may live
-define(IDLE, 30000).         % milliseconds that a connection may be silent

%% --- the gateway

main(_) ->
    Options = [binary, {active, false}, {packet, http_bin}, {backlog, 128}, {reuseaddr, true}, {nodelay, true}],
    {ok, Listening} = gen_tcp:listen(?PORT, Options),
    [spawn_link(fun() -> accept(Listening) end) || _ <- lists:seq(1, ?ACCEPTORS)],
    receive never -> ok end.

accept(Listening) ->
    {ok, Socket} = gen_tcp:accept(Listening),
    spawn_link(fun() -> accept(Listening) end),
    connection(Socket).

connection(Socket) ->
    case request(Socket, #{}) of
        {ok, Request} ->
            {Status, Text} = answer(Request),
            case gen_tcp:send(Socket, response(Status, Text)) of
                ok -> connection(Socket);
                {error, _} -> gen_tcp:close(Socket)
            end;
        closed -> gen_tcp:close(Socket)
    end.

request(Socket, Request) ->
    case gen_tcp:recv(Socket, 0, ?IDLE) of
        {ok, {http_request, Method, {abs_path, Path}, _}} -> request(Socket, Request#{method => Method, path => Path});
        {ok, {http_header, _, Name, _, Value}} when map_size(Request) < 100 -> request(Socket, Request#{Name => Value});
        {ok, http_eoh} when is_map_key(path, Request) -> {ok, Request};
        _ -> closed
    end.

%% A fresh instance for this request; its answer, with its time line.
answer(Request) ->
    Begun = os:system_time(nanosecond),
    Options = #{config => Request, memory => ?MEMORY, time_limit => ?PATIENCE},
    case instance:spawn_monitor({?MODULE, serve, []}, Options) of
        {ok, {Instance, Ref}} -> await(Instance, Ref, Begun);
        {error, {Why, Text}} -> {503, io_lib:format("~p: ~ts~n", [Why, Text])}
    end.

await(Instance, Ref, Begun) ->
    receive
        {instance, Instance, {Text, Times}} ->
            Ended = os:system_time(nanosecond),
            instance:demonitor(Ref, [flush]),
            {200, [Text, "\n", time_line([{"the gateway asks for an instance", Begun}] ++ Times ++
                                             [{"the gateway has the answer", Ended}])]};
        {'DOWN', Ref, instance, Instance, time_limit} -> {504, "The instance took too long.\n"};
        {'DOWN', Ref, instance, Instance, Reason} -> {500, io_lib:format("The instance ended: ~0p~n", [Reason])}
    end.

%% What happened, {Text, Time}.  The process of the instance is older than its clock: its time is known as {after_asked, Ns}.
time_line([{_, Begun} | _] = Times) ->
    [io_lib:format("~9.3f ms  ~s~n", [since(Time, Begun) / 1.0e6, Text]) || {Text, Time} <- Times].

since({after_asked, Ns}, _) -> Ns;
since(Time, Begun) -> Time - Begun.

response(Status, Text) ->
    ["HTTP/1.1 ", integer_to_list(Status), " ", reason(Status), "\r\nContent-Type: text/plain\r\nContent-Length: ",
     integer_to_list(iolist_size(Text)), "\r\n\r\n", Text].

reason(200) -> "OK";
reason(500) -> "Internal Server Error";
reason(503) -> "Service Unavailable";
reason(504) -> "Gateway Timeout".

%% --- an instance: all that it knows is its configuration

serve() ->
    Begun = os:system_time(nanosecond),
    #{method := Method, path := Path} = instance:config(),
    Text = text(Path),
    #{asked_ns := Asked, forked_ns := Forked, pid := Pid} = instance:info(),
    instance:send(instance:parent(),
                  {[io_lib:format("~s ~s, answered by process ~b of the host, which is only there for this.~n", [Method, Path, Pid]), Text],
                   [{"the host has a process for it", {after_asked, Forked - Asked}},
                    {"its first Erlang function runs", Begun},
                    {"it has its answer", os:system_time(nanosecond)}]}).

text(<<"/crash">>) -> error(on_demand);
text(<<"/loop">>) -> receive never -> ok end;
text(_) ->
    ["OTP ", erlang:system_info(otp_release), ", ", integer_to_list(length(processes())), " processes, ",
     integer_to_list(erlang:memory(total) div 1024), " KiB in use. By chance: ", integer_to_list(rand:uniform(1 bsl 64)), "\n"].
