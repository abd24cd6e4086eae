%% SPDX-License-Identifier: Apache-2.0
%% @doc edoc on this module, syntax_tools on its forms.
%% @author Nobody
%% @version 1.2
-module(app_edoc).
-export([main/0, area/1]).
-export_type([shape/0]).

-type shape() :: {circle, Radius :: number()} | {square, number()}.
%% What has an area.

%% @doc Its area. <b>Never</b> negative; see {@link main/0} and `lists:sum/1'.
%% @throws badarg
-spec area(shape()) -> float().
area({circle, R}) -> math:pi() * R * R;
area({square, A}) -> float(A * A);
area(_) -> throw(badarg).

%% @doc Does it all.
%% @end
-spec main() -> ok.
main() ->
    Source = filename:join(filename:dirname(code:which(?MODULE)), "app_edoc.erl"),
    {Module, Doc} = edoc:get_doc(Source, [{private, false}]),
    io:format("~p~n~ts~n", [Module, edoc:layout(Doc, [{xml_export, xmerl_xml}])]),
    edoc:files([Source], [{dir, "/tmp/app_edoc"}]),
    edoc:files([Source], [{dir, "/tmp/app_edoc"}, {doclet, edoc_doclet_chunks}, {layout, edoc_layout_chunks}]),
    {ok, Names} = file:list_dir("/tmp/app_edoc"),
    [begin {ok, B} = file:read_file("/tmp/app_edoc/" ++ N), io:format("~s ~p~n", [N, byte_size(B)]) end 
     || N <- lists:sort(Names), filelib:is_regular("/tmp/app_edoc/" ++ N)],
    {ok, Chunk} = file:read_file("/tmp/app_edoc/chunks/app_edoc.chunk"),
    io:format("~tP~n", [binary_to_term(Chunk), 400]),
    {ok, Forms} = epp_dodger:parse_file(Source),
    io:format("~ts~n", [erl_prettypr:format(erl_syntax:form_list(Forms), [{paper, 70}])]),
    {ok, Comments} = {ok, erl_comment_scan:file(Source)},
    io:format("~p comments, ~p~n", [length(Comments), hd(Comments)]),
    io:format("~p~n", [erl_syntax_lib:analyze_forms(Forms)]),
    ok.
