%% SPDX-License-Identifier: Apache-2.0
%% Sends back what it gets.
-module(echo_connection).
-export([serve/1]).

serve(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Bytes} ->
            case gen_tcp:send(Socket, Bytes) of
                ok -> serve(Socket);
                {error, _} -> gen_tcp:close(Socket)
            end;
        {error, _} -> gen_tcp:close(Socket)
    end.
