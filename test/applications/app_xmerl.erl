%% SPDX-License-Identifier: Apache-2.0
%% xmerl: a document with name spaces, entities and a DTD, read, asked by XPath, and written; SAX events; what is wrong.
-module(app_xmerl).
-export([main/0]).
-include_lib("xmerl/include/xmerl.hrl").

main() ->
    {Doc, Rest} = xmerl_scan:string(document(), [{quiet, true}]),
    io:format("root ~p rest ~p~n", [Doc#xmlElement.name, Rest]),
    [io:format("~ts -> ~tp~n", [Path, found(Path, Doc)]) || Path <- paths()],
    io:format("~ts~n", [xmerl:export([Doc], xmerl_xml)]),
    io:format("~ts~n", [xmerl:export_simple([{p, [{class, "a<b&c"}], ["text & ", {b, ["bold"]}]}], xmerl_xml)]),
    io:format("~ts~n", [xmerl:export_simple([{html, [{body, [{h1, ["Title"]}, {p, ["x < y"]}]}]}], xmerl_html)]),
    {ok, Events, Tail} = xmerl_sax_parser:stream(unicode:characters_to_binary(document()),
                                                 [{event_fun, fun(E, _, S) -> [E | S] end}, {event_state, []}]),
    io:format("~tp~n~p~n", [lists:reverse(Events), Tail]),
    io:format("bad: ~p~n", [catch xmerl_scan:string("<a><b></a>", [{quiet, true}])]),
    io:format("bad: ~p~n", [xmerl_sax_parser:stream(<<"<a><b></a>">>, [])]),
    io:format("simple: ~p~n", [xmerl_lib:simplify_element(element(1, xmerl_scan:string("<r><i n='1'>x</i><i/></r>")))]).

document() ->
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    "<!DOCTYPE shop [<!ELEMENT shop (item*)><!ELEMENT item (#PCDATA|note)*><!ATTLIST item id ID #REQUIRED price CDATA '0'>"
    "<!ELEMENT note (#PCDATA)><!ENTITY co 'Company &amp; Sons'>]>\n"
    "<shop><!-- stock -->\n"
    "  <item id=\"a\" price=\"10\">Apple by &co;</item>\n"
    "  <item id=\"b\" price=\"25\">Bread <note>fresh</note></item>\n"
    "  <item id=\"c\"><![CDATA[1 < 2]]></item>\n"
    "  <?make it so?>\n"
    "</shop>".

paths() ->
    ["/shop/item", "//note/text()", "/shop/item[@id='b']/@price", "/shop/item[position()=2]", "count(//item)", "sum(//note)",
     "//item[@price > 5]/@id", "/shop/item[last()]/text()", "string(/shop/item[1])", "//comment()", "name(/*)"].

found(Path, Doc) ->
    try [value(V) || V <- results(xmerl_xpath:string(Path, Doc))]
    catch error:Reason -> Reason
    end.

results(L) when is_list(L) -> L;
results(One) -> [One].

value(#xmlElement{name = N, attributes = A}) -> {N, [{K, V} || #xmlAttribute{name = K, value = V} <- A]};
value(#xmlText{value = V}) -> {text, V};
value(#xmlAttribute{name = N, value = V}) -> {N, V};
value(#xmlComment{value = V}) -> {comment, V};
value(#xmlObj{type = T, value = V}) -> {T, V}.
