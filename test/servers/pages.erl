%% SPDX-License-Identifier: Apache-2.0
%% pages.erl -- what test/servers/run talks to: inets' httpd and mochiweb, as they are, serving /data of a mote (or, on
%% stock, the folder itself), and httpc asking the host.
%%
%%     main([Root, Logs, HttpdPort, MochiwebPort])
-module(pages).
-export([main/1]).
-export([echo/3, form/3, fetch/3, slow/3, crash/3]).

main([Root, Logs, Httpd, Mochiweb]) ->
    {ok, _} = application:ensure_all_started(inets),
    {ok, _} = inets:start(httpd, [
        {port, list_to_integer(Httpd)}, {bind_address, any}, {ipfamily, inet}, {server_name, "pages"}, {server_root, Logs}, {document_root, Root},
        {directory_index, ["index.html"]}, {transfer_log, "access"}, {error_log, "errors"}, {max_clients, 200}, {keep_alive_timeout, 30},
        {modules, [mod_alias, mod_auth, mod_esi, mod_actions, mod_dir, mod_get, mod_head, mod_log, mod_disk_log]},
        {erl_script_alias, {"/do", [pages]}}, {erl_script_nocache, true}, {alias, {"/also", Root}},
        {mime_types, [{"html", "text/html"}, {"txt", "text/plain"}, {"bin", "application/octet-stream"}]},
        {directory, {filename:join(Root, "locked"), [
            {auth_type, plain}, {auth_user_file, filename:join(Root, "users")}, {auth_group_file, filename:join(Root, "groups")},
            {auth_name, "locked"}, {require_user, ["joe"]}]}}]),
    {ok, _} = mochiweb_http:start([{name, pages_mochiweb}, {ip, any}, {port, list_to_integer(Mochiweb)}, {nodelay, true},
                                   {loop, fun(Request) -> answer(Request, Root) end}]),
    io:format("up~n"),
    timer:sleep(infinity).

%% --- httpd: /do/pages:Function ------------------------------------------------------------------------

echo(Session, Environment, Input) ->
    deliver(Session, "text/plain", io_lib:format("~s ~s", [proplists:get_value(request_method, Environment), Input])).

form(Session, _, Input) ->
    deliver(Session, "text/plain", io_lib:format("~p~n", [uri_string:dissect_query(Input)])).

%% A body in pieces: chunked.
slow(Session, _, Input) ->
    mod_esi:deliver(Session, "Content-Type: text/plain\r\n\r\n"),
    [begin timer:sleep(10), mod_esi:deliver(Session, io_lib:format("~w ", [N])) end || N <- lists:seq(1, list_to_integer(Input))].

crash(_, _, _) -> erlang:error(oops).

%% By httpc, what the URL says: from somebody else, or from here.
fetch(Session, _, Url) ->
    Text = case httpc:request(get, {uri_string:percent_decode(Url), [{"connection", "keep-alive"}]}, [{timeout, 30000}], [{body_format, binary}]) of
               {ok, {{_, Status, Phrase}, Headers, Body}} ->
                   io_lib:format("~w ~s ~s ~w ~w", [Status, Phrase, proplists:get_value("content-type", Headers, "-"), byte_size(Body), erlang:crc32(Body)]);
               {error, Why} -> io_lib:format("~w", [element(1, Why)])
           end,
    deliver(Session, "text/plain", Text).

deliver(Session, Type, Body) ->
    mod_esi:deliver(Session, ["Content-Type: ", Type, "\r\n\r\n", Body]).

%% --- mochiweb -----------------------------------------------------------------------------------------------

answer(Request, Root) ->
    case {mochiweb_request:get(method, Request), mochiweb_request:get(path, Request)} of
        {Get, "/files/" ++ Name} when Get =:= 'GET'; Get =:= 'HEAD' ->
            mochiweb_request:serve_file(Name, Root, Request);
        {'GET', "/query"} ->
            text(Request, io_lib:format("~p~n~p~n", [mochiweb_request:parse_qs(Request), mochiweb_request:parse_cookie(Request)]));
        {'GET', "/chunks"} ->
            Response = mochiweb_request:respond({200, [{"Content-Type", "text/plain"}], chunked}, Request),
            [mochiweb_response:write_chunk([integer_to_binary(N), $\n], Response) || N <- lists:seq(1, 50)],
            mochiweb_response:write_chunk(<<>>, Response);
        {'GET', "/cookie"} ->
            mochiweb_request:respond({200, [mochiweb_cookies:cookie("c", "one-two", [{path, "/"}])], "set"}, Request);
        {'POST', "/echo"} ->
            mochiweb_request:ok({"application/octet-stream", mochiweb_request:recv_body(1 bsl 23, Request)}, Request);
        {'POST', "/form"} ->
            text(Request, io_lib:format("~p~n", [mochiweb_request:parse_post(Request)]));
        {'POST', "/json"} ->
            Term = mochijson2:decode(mochiweb_request:recv_body(Request)),
            mochiweb_request:ok({"application/json", mochijson2:encode([Term, {struct, [{seen, true}]}])}, Request);
        {'POST', "/upload"} ->
            Parts = mochiweb_multipart:parse_form(Request),
            text(Request, io_lib:format("~p~n", [[{K, case V of {N, T, B} -> {N, T, byte_size(B), erlang:crc32(B)}; _ -> V end} || {K, V} <- Parts]]));
        {'POST', "/html"} ->
            Tree = mochiweb_html:parse(mochiweb_request:recv_body(Request)),
            mochiweb_request:ok({"text/html", mochiweb_html:to_html(Tree)}, Request);
        {'GET', "/crash"} -> erlang:error(oops);
        _ -> mochiweb_request:not_found(Request)
    end.

text(Request, Text) -> mochiweb_request:ok({"text/plain", Text}, Request).
