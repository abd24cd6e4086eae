%% SPDX-License-Identifier: Apache-2.0
%% HTTP/1.1 on one connection: requests one after the other, kept alive as long as both sides want.
%%
%%   GET /            a greeting          GET /bytes/N     that many bytes
%%   GET /node        who answers         POST /echo       what was sent
-module(http_connection).
-export([serve/1]).

-define(IDLE, 30000).
-define(LARGEST, 1048576).

serve(Socket) ->
    loop(Socket),
    gen_tcp:close(Socket).

loop(Socket) ->
    case request(Socket) of
        {ok, Method, Path, Version, Headers} -> answer(Socket, Method, Path, Version, Headers);
        {bad, Status} -> gen_tcp:send(Socket, response(Status, <<"text/plain">>, [reason(Status), $\n], close));
        closed -> ok
    end.

%% The head of a request: the emulator reads it line by line.
request(Socket) ->
    ok = inet:setopts(Socket, [{packet, http_bin}]),
    case gen_tcp:recv(Socket, 0, ?IDLE) of
        {ok, {http_request, Method, {abs_path, Path}, Version}} -> headers(Socket, Method, Path, Version, #{});
        {ok, {http_request, _, _, _}} -> {bad, 400};
        {ok, {http_error, _}} -> {bad, 400};
        {error, emsgsize} -> {bad, 400};
        {error, _} -> closed
    end.

headers(Socket, Method, Path, Version, Headers) when map_size(Headers) < 100 ->
    case gen_tcp:recv(Socket, 0, ?IDLE) of
        {ok, {http_header, _, Name, _, Value}} -> headers(Socket, Method, Path, Version, Headers#{Name => Value});
        {ok, http_eoh} -> {ok, Method, Path, Version, Headers};
        {ok, {http_error, _}} -> {bad, 400};
        {error, emsgsize} -> {bad, 400};
        {error, _} -> closed
    end;
headers(_, _, _, _, _) -> {bad, 400}.

answer(Socket, Method, Path, Version, Headers) ->
    ok = inet:setopts(Socket, [{packet, raw}]),
    Keep = keep(Version, maps:get('Connection', Headers, <<>>)),
    case body(Socket, Headers) of
        {ok, Body} ->
            {Status, Type, Content} = page(Method, Path, Body),
            case gen_tcp:send(Socket, response(Status, Type, Content, Keep)) of
                ok when Keep =:= keep -> loop(Socket);
                _ -> ok
            end;
        {bad, Status} -> gen_tcp:send(Socket, response(Status, <<"text/plain">>, [reason(Status), $\n], close));
        closed -> ok
    end.

keep(Version, Connection) ->
    case {Version, string:lowercase(Connection)} of
        {{1, 1}, <<"close">>} -> close;
        {{1, 1}, _} -> keep;
        {_, <<"keep-alive">>} -> keep;
        _ -> close
    end.

body(Socket, Headers) ->
    try binary_to_integer(maps:get('Content-Length', Headers, <<"0">>)) of
        0 -> {ok, <<>>};
        N when N > ?LARGEST -> {bad, 413};
        N when N > 0 ->
            case gen_tcp:recv(Socket, N, ?IDLE) of
                {ok, Body} -> {ok, Body};
                {error, _} -> closed
            end;
        _ -> {bad, 400}
    catch error:badarg -> {bad, 400}
    end.

page('GET', <<"/">>, _) -> {200, <<"text/plain">>, <<"Hello from a mote.\n">>};
page('GET', <<"/node">>, _) -> {200, <<"text/plain">>, [atom_to_list(node()), " ", erlang:system_info(otp_release), $\n]};
page('GET', <<"/bytes/", Number/binary>>, _) ->
    try binary_to_integer(Number) of
        N when N >= 0, N =< ?LARGEST * 64 -> {200, <<"application/octet-stream">>, binary:copy(<<"x">>, N)};
        _ -> {404, <<"text/plain">>, <<"Not Found\n">>}
    catch error:badarg -> {404, <<"text/plain">>, <<"Not Found\n">>}
    end;
page('POST', <<"/echo">>, Body) -> {200, <<"application/octet-stream">>, Body};
page(_, _, _) -> {404, <<"text/plain">>, <<"Not Found\n">>}.

response(Status, Type, Content, Keep) ->
    Connection = case Keep of keep -> <<"keep-alive">>; close -> <<"close">> end,
    [<<"HTTP/1.1 ">>, integer_to_binary(Status), $\s, reason(Status), <<"\r\nContent-Type: ">>, Type, <<"\r\nContent-Length: ">>,
     integer_to_binary(iolist_size(Content)), <<"\r\nConnection: ">>, Connection, <<"\r\n\r\n">>, Content].

reason(200) -> <<"OK">>;
reason(400) -> <<"Bad Request">>;
reason(404) -> <<"Not Found">>;
reason(413) -> <<"Content Too Large">>.
