%% SPDX-License-Identifier: Apache-2.0
%% Sends back what it gets, each connection in a process of its own.
%%
%%     mote run examples/echo/echo.erl -p 127.0.0.1:7007:7007
%%     python3 -c "import socket; s = socket.create_connection(('127.0.0.1', 7007)); s.send(b'hello'); print(s.recv(99))"
-module(echo).
-export([main/1]).

main([]) -> main(["7007"]);
main([Port]) ->
    {ok, Listening} = gen_tcp:listen(list_to_integer(Port), [binary, {active, false}, {reuseaddr, true}, {backlog, 1024}]),
    {ok, Number} = inet:port(Listening),
    io:format("echo: port ~w~n", [Number]),
    accept(Listening).

accept(Listening) ->
    {ok, Socket} = gen_tcp:accept(Listening),
    Pid = spawn(fun() -> receive go -> inet:setopts(Socket, [{active, once}]), serve(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listening).

%% As fast as the other side reads, and no faster: the next bytes are asked for when these are gone.
serve(Socket) ->
    receive
        {tcp, Socket, Bytes} ->
            case gen_tcp:send(Socket, Bytes) of
                ok -> inet:setopts(Socket, [{active, once}]), serve(Socket);
                {error, _} -> gen_tcp:close(Socket)
            end;
        {tcp_closed, Socket} -> ok;
        {tcp_error, Socket, _} -> gen_tcp:close(Socket)
    end.
