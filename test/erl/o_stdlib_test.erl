%% SPDX-License-Identifier: Apache-2.0
%% The libraries as consumers of the machine: lists, maps, string, sets, trees, queues, calendar, base64, uri_string ...
-module(o_stdlib_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    lists_(),
    maps_(),
    strings(),
    containers(),
    texts(),
    calendar_(),
    parsing(),
    random(),
    binaries(),
    unicode_(),
    misc().

lists_() ->
    L = ?V([3, 1, 2.0, 2, a, "s", {1}, 1]),
    [?T(lists:F(L)) || F <- [sort, usort, reverse, last, droplast, concat, flatlength, flatten, max, min]],
    [?T(lists:F(fun(X) -> is_integer(X) end, L)) || F <- [filter, partition, all, any, takewhile, dropwhile, splitwith, map, search, filtermap]],
    [?T(lists:F(N, L)) || F <- [nth, nthtail, split, sublist_dummy], F =/= sublist_dummy, N <- ?V([0, 1, 3, 8, 9, a])],
    ?T(lists:foldl(fun(X, A) -> [X | A] end, [], L)),
    ?T(lists:foldr(fun(X, A) -> [X | A] end, [], L)),
    ?T(lists:mapfoldl(fun(X, A) -> {{X, A}, A + 1} end, 0, L)),
    ?T(lists:zip([1, 2], [a, b])),
    ?T(lists:zip([1, 2], ?V([a]))),
    ?T(lists:zipwith3(fun(A, B, C) -> A + B + C end, [1, 2], [3, 4], [5, 6])),
    ?T(lists:unzip3([{1, a, x}, {2, b, y}])),
    ?T(lists:seq(1, 10, 3)),
    ?T(lists:seq(5, 1, -2)),
    ?T(lists:seq(?V(1), ?V(0))),
    ?T(lists:seq(?V(1), ?V(-5))),
    ?T(lists:sum([1, 2.5, 3])),
    ?T(lists:sublist("hello world", 3, 4)),
    ?T(lists:keysort(1, [{b, 1}, {a, 2}, {b, 0}])),
    ?T(lists:ukeysort(1, [{b, 1}, {a, 2}, {b, 0}])),
    ?T(lists:keymerge(1, [{a, 1}, {c, 1}], [{b, 2}])),
    ?T(lists:keyreplace(a, 1, [{a, 1}, {b, 2}], {c, 3})),
    ?T(lists:keystore(z, 1, [{a, 1}], {z, 3})),
    ?T(lists:keydelete(a, 1, [{a, 1}, {a, 2}])),
    ?T(lists:keytake(a, 1, [{b, 1}, {a, 2}])),
    ?T(lists:merge([1, 3], [2, 4])),
    ?T(lists:prefix("ab", "abc")),
    ?T(lists:suffix("bc", "abc")),
    ?T(lists:join(", ", ["a", "b", "c"])),
    ?T(lists:enumerate([a, b])),
    ?T(lists:uniq([1, 2, 1, 3, 2])),
    ?T(lists:duplicate(3, x)),
    ?T(lists:subtract([1, 2, 3], [2])),
    ?T(lists:append([[1], [2, 3], []])),
    ?T(lists:sort(fun(A, B) -> A > B end, [3, 1, 2, 5, 4])),
    ?T(lists:nth(?V(5), [1])),
    ?T(erlang:phash2(lists:sort([(N * 7919) rem 10007 || N <- lists:seq(1, 10000)]))),
    ?T(lists:sort([1, 1.0, 1, 1.0])).

maps_() ->
    M = maps:from_list([{N, N * N} || N <- lists:seq(1, 40)]),
    ?T(lists:sum(maps:values(maps:map(fun(_, V) -> V + 1 end, M)))),
    ?T(maps:fold(fun(K, V, A) -> K + V + A end, 0, M)),
    ?T(map_size(maps:filter(fun(K, _) -> K rem 2 =:= 0 end, M))),
    ?T(maps:with([1, 2, 99], M)),
    ?T(map_size(maps:without([1, 2, 99], M))),
    ?T(maps:groups_from_list(fun(X) -> X rem 3 end, lists:seq(1, 9))),
    ?T(maps:update_with(1, fun(V) -> V * 100 end, #{1 => 5})),
    ?T(maps:update_with(2, fun(V) -> V end, #{1 => 5})),
    ?T(maps:update_with(2, fun(V) -> V end, init, #{1 => 5})),
    ?T(maps:get(x, #{}, default)),
    ?T(maps:merge_with(fun(_, A, B) -> {A, B} end, #{a => 1, b => 2}, #{b => 3})),
    ?T(maps:intersect(#{a => 1, b => 2}, #{b => 3, c => 4})),
    ?T(maps:filtermap(fun(_, V) when V > 1 -> {true, -V}; (_, _) -> false end, #{a => 1, b => 2})),
    ?T(maps:foreach(fun(_, _) -> ok end, M)),
    ?T(lists:sort(maps:to_list(#{c => 1, a => 2}))),
    ?T(maps:fold(x, 0, M)),
    ?T(maps:map(fun(_, _) -> ok end, ?V(x))),
    ?T(maps:to_list(maps:iterator(#{a => 1}))).

strings() ->
    S = ?V("  Hello, Wörld λ  "),
    [?T(string:F(S)) || F <- [length, uppercase, lowercase, titlecase, casefold, trim, reverse, to_graphemes, is_empty, chomp, to_upper, strip]],
    [?T(string:F(unicode:characters_to_binary(S))) || F <- [length, uppercase, lowercase, titlecase, casefold, trim, is_empty]],
    ?T(string:split("a,b,c", ",")),
    ?T(string:split("a,b,c", ",", trailing)),
    ?T(string:split(<<"a,b,c">>, ",", all)),
    ?T(string:lexemes("a b  c,d", " ,")),
    ?T(string:tokens("a b  c,d", " ,")),
    ?T(string:find("hello", "l")),
    ?T(string:find("hello", "l", trailing)),
    ?T(string:find("hello", "z")),
    ?T(string:replace("aXbXc", "X", "-", all)),
    ?T(string:pad("ab", 5)),
    ?T(string:pad("ab", 5, leading, $0)),
    ?T(lists:flatten(string:pad("ab", 7, both, $*))),
    ?T(string:slice("hello", 1, 3)),
    ?T(string:slice(<<"héllo"/utf8>>, 1, 3)),
    ?T(string:equal("Straße", "STRASSE", true)),
    ?T(string:equal("é", "e\x{301}", false, nfc)),
    ?T(string:prefix("prefix-x", "prefix")),
    ?T(string:take("aabbc", "ab")),
    ?T(string:nth_lexeme("a.b.c", 2, ".")),
    ?T(string:next_grapheme("e\x{301}x")),
    ?T(string:next_codepoint("abc")),
    ?T(string:length("🇸🇪👨‍👩‍👧e\x{301}")),
    ?T(string:to_float("1.5abc")),
    ?T(string:to_integer("x")),
    ?T(string:join(["a", "b"], "-")),
    ?T(string:chr("hello", $l)),
    ?T(string:substr("hello", 2, 3)),
    ?T(string:centre("ab", 6)),
    ?T(string:copies("ab", 3)).

containers() ->
    D = dict:from_list([{N, N} || N <- lists:seq(1, 100)]),
    ?T(lists:sort(dict:fetch_keys(dict:filter(fun(K, _) -> K > 95 end, D)))),
    ?T(dict:fold(fun(_, V, A) -> V + A end, 0, dict:update_counter(1, 10, D))),
    ?T(orddict:to_list(orddict:store(b, 2, orddict:from_list([{c, 3}, {a, 1}])))),
    ?T(lists:sort(sets:to_list(sets:union(sets:from_list([1, 2]), sets:from_list([2, 3]))))),
    ?T(lists:sort(sets:to_list(sets:subtract(sets:from_list([1, 2, 3], [{version, 2}]), sets:from_list([2], [{version, 2}]))))),
    ?T(ordsets:union([1, 3], [2, 3])),
    T = gb_trees:from_orddict([{N, N * N} || N <- lists:seq(1, 50)]),
    ?T(gb_trees:lookup(7, T)),
    ?T(gb_trees:smallest(gb_trees:delete(1, T))),
    ?T(gb_trees:to_list(gb_trees:insert(0.5, x, gb_trees:from_orddict([{1, a}])))),
    ?T(gb_trees:insert(1, x, T)),
    ?T(gb_sets:to_list(gb_sets:intersection(gb_sets:from_list([1, 2, 3]), gb_sets:from_list([2, 3, 4])))),
    ?T(queue:to_list(queue:in(3, queue:from_list([1, 2])))),
    ?T(queue:out(queue:from_list([a]))),
    ?T(queue:len(queue:join(queue:from_list([1]), queue:from_list([2, 3])))),
    ?T(array:to_list(array:set(3, x, array:new(5, {default, 0})))),
    ?T(array:sparse_to_orddict(array:set(100, y, array:new()))),
    ?T(array:get(7, array:fix(array:new(5)))),
    ?T(proplists:get_value(b, [a, {b, 2}, {b, 3}])),
    ?T(proplists:get_all_values(b, [a, {b, 2}, {b, 3}])),
    ?T(proplists:get_bool(a, [a])),
    ?T(proplists:to_map([a, {b, 2}])),
    ?T(begin G = digraph:new(), [digraph:add_vertex(G, V) || V <- [a, b, c]], digraph:add_edge(G, a, b), digraph:add_edge(G, b, c), {digraph:get_path(G, a, c), digraph_utils:topsort(G)} end),
    ?T(sofs:to_external(sofs:domain(sofs:relation([{1, a}, {2, b}])))).

texts() ->
    [?T(base64:encode(B)) || B <- ?V([<<>>, <<"a">>, <<"ab">>, <<"abc">>, <<0, 255, 254>>, "list"])],
    [?T(base64:decode(B)) || B <- ?V([<<>>, <<"YQ==">>, <<"YWI=">>, <<"YWJj">>, "YWJj", <<"Y W J j">>, <<"YQ=">>, <<"!!!!">>])],
    ?T(base64:mime_decode(<<"Y!W\nJj">>)),
    [?T(uri_string:parse(U)) || U <- ?V(["http://user@host:8080/p/a?q=1&r=%20#frag", <<"mailto:a@b">>, "//x", "/just/path", "http://[::1]/", "bad uri", ""])],
    ?T(uri_string:normalize("HTTP://Host/a/../b/./c%7e")),
    ?T(uri_string:recompose(#{scheme => "http", host => "h", path => "/p", query => "a=b"})),
    ?T(uri_string:resolve("../x", "http://h/a/b/c")),
    ?T(uri_string:compose_query([{"a b", "c&d"}, {"e", true}])),
    ?T(uri_string:dissect_query("a=1&b=%C3%A9")),
    ?T(uri_string:quote("a b/ü")),
    ?T(uri_string:unquote("a%20b")),
    [?T(filename:F(X)) || F <- [basename, dirname, extension, rootname, split, flatten, nativename, pathtype], X <- ?V(["/a/b.c", "a/b/", "", "x.y.z", <<"/bin/x">>])],
    ?T(filename:join(["a", "b", "/c", "d"])),
    ?T(filename:absname("x", "/base")),
    ?T(filelib:wildcard("*.no_such_extension_here")),
    ?T(erl_tar:table({binary, <<0:8192>>})).

calendar_() ->
    [?T(calendar:gregorian_seconds_to_datetime(calendar:datetime_to_gregorian_seconds(D))) || D <- ?V([{{2024, 2, 29}, {23, 59, 59}}, {{1970, 1, 1}, {0, 0, 0}}, {{0, 1, 1}, {0, 0, 0}}])],
    ?T(calendar:day_of_the_week(2026, 11, 21)),
    ?T(calendar:iso_week_number({2024, 12, 31})),
    ?T([calendar:is_leap_year(Y) || Y <- [1900, 2000, 2023, 2024]]),
    ?T(calendar:valid_date(2023, 2, 29)),
    ?T(calendar:last_day_of_the_month(2024, 2)),
    ?T(calendar:seconds_to_daystime(100000)),
    ?T(calendar:time_difference({{2020, 1, 1}, {0, 0, 0}}, {{2021, 1, 1}, {0, 0, 1}})),
    ?T(calendar:system_time_to_rfc3339(1700000000, [{offset, "Z"}])),
    ?T(calendar:system_time_to_rfc3339(1700000000123, [{unit, millisecond}, {offset, 3600}])),
    ?T(calendar:rfc3339_to_system_time("2023-11-14T22:13:20.5+01:00", [{unit, millisecond}])),
    ?T(calendar:rfc3339_to_system_time("nonsense")).

parsing() ->
    ?T(erl_scan:string("foo(X, 1.5, \"s\", $a, <<1:2>>) -> 'A b'.")),
    ?T(erl_scan:string("\"unterminated")),
    ?T(erl_scan:string("16#FF 2#101 1_000 1.0e3 λ 'λ' \"é\" ?MACRO %comment\n end")),
    ?T(parse_exprs("case X of {ok, [H | _]} when H > 1 -> H; _ -> fun(Y) -> Y * 2 end end.")),
    ?T(parse_exprs("[X || X <- L, X > 1], <<X:8>>, #r{a = 1}, M#{k := v}, try f() catch _:_ -> x after y end.")),
    ?T(parse_exprs("1 + .")),
    [?T(eval(E)) || E <- ["1 + 2 * 3.", "lists:map(fun(X) -> X * X end, [1, 2, 3]).", "A = 5, B = A + 1, {A, B}.", "[X || X <- [1, 2, 3], X > 1].", "<< <<X>> || X <- [1, 2] >>.", "case {a, 1} of {a, N} when N > 0 -> N; _ -> no end.", "try error(x) catch error:R -> {caught, R} end.",
                          "(fun F(0) -> 1; F(N) -> N * F(N - 1) end)(10).", "#{a => 1, b => #{c => 2}}.", "<<A:4, B:4>> = <<16#12>>, {A, B}.", "1 / 0.", "undefined_function_here().", "receive x -> y after 0 -> none end.", "begin self() ! m, receive M -> M end end.", "if true -> yes end.", "maps:get(k, #{}).", "X."]],
    ?T(erl_pp_text("f(X) when X > 0, is_integer(X) -> case X of 1 -> one; _ -> {other, [X | tl([a])], <<X:8/little>>, #{k => v}} end.")),
    ?T(element(1, erl_lint:module([{attribute, 1, module, m}, {function, 2, f, 0, [{clause, 2, [], [], [{var, 2, 'X'}]}]}]))),
    ?T(erl_anno:line(erl_anno:new(5))),
    ?T(erl_internal:bif(abs, 1)).

parse_exprs(S) ->
    {ok, T, _} = erl_scan:string(S),
    erl_parse:parse_exprs(T).

eval(S) ->
    {ok, E} = parse_exprs(S),
    {value, V, _} = erl_eval:exprs(E, []),
    V.

erl_pp_text(S) ->
    {ok, T, _} = erl_scan:string(S),
    {ok, F} = erl_parse:parse_form(T),
    lists:flatten(erl_pp:form(F)).

random() ->
    [?T(begin S = rand:seed_s(A, {1, 2, 3}), {L, _} = lists:mapfoldl(fun(_, T) -> rand:uniform_s(1000000, T) end, S, lists:seq(1, 10)), L end) || A <- [exsss, exro928ss, exrop, exs1024s, exsp, mwc59_dummy], A =/= mwc59_dummy],
    ?T(begin S = rand:seed_s(exsss, 42), {F, _} = rand:uniform_s(S), F end),
    ?T(begin S = rand:seed_s(exsss, 42), {F, _} = rand:normal_s(S), float_to_list(F, [{decimals, 10}]) end),
    ?T(begin rand:seed(exsss, {1, 2, 3}), [rand:uniform(100) || _ <- lists:seq(1, 5)] end),
    ?T(begin {B, _} = rand:bytes_s(10, rand:seed_s(exsss, 7)), B end),
    ?T(begin S = rand:seed_s(exsss, 42), J = rand:jump(S), {V, _} = rand:uniform_s(1000, J), V end).

binaries() ->
    ?T(binary:split(<<"a,b,c">>, <<",">>)),
    ?T(binary:split(<<"a,b,c">>, <<",">>, [global])),
    ?T(binary:split(<<",a,,b,">>, <<",">>, [global, trim_all])),
    ?T(binary:split(<<",a,,b,">>, <<",">>, [global, trim])),
    ?T(binary:split(<<"a1b22c">>, [<<"1">>, <<"22">>], [global])),
    ?T(binary:replace(<<"a,b,c">>, <<",">>, <<"--">>, [global])),
    ?T(binary:replace(<<"a,b,c">>, <<",">>, <<"[]">>, [global, {insert_replaced, 1}])),
    ?T(binary:replace(<<"abc">>, <<"b">>, <<"X">>, [{scope, {0, 1}}])),
    ?T(binary:split(<<"abc">>, <<>>)),
    ?T(binary:encode_hex(<<1, 171, 255>>)),
    ?T(binary:decode_hex(<<"01abFF">>)),
    ?T(binary:decode_hex(<<"0g">>)),
    ?T(zlib:uncompress(zlib:compress(binary:copy(<<"text ">>, 1000))) =:= binary:copy(<<"text ">>, 1000)),
    ?T(zlib:gunzip(zlib:gzip(<<"hello">>))),
    ?T(zlib:unzip(zlib:zip(<<"hello">>))),
    ?T(zlib:crc32(<<"hello">>)),
    ?T(zlib:uncompress(<<"garbage">>)).

unicode_() ->
    Ss = ?V(["é", "e\x{301}", "ﬁ", "Å", "가", [16#1E9B, 16#0323], "abc"]),
    [?T({unicode:characters_to_nfc_list(S), unicode:characters_to_nfd_list(S), unicode:characters_to_nfkc_list(S), unicode:characters_to_nfkd_list(S)}) || S <- Ss],
    ?T(unicode:characters_to_nfc_binary(<<"e\x{301}"/utf8>>)),
    ?T(unicode:bom_to_encoding(<<16#EF, 16#BB, 16#BF, "x">>)),
    ?T(unicode:encoding_to_bom({utf16, little})).

misc() ->
    ?T(ets:test_ms({1, 2}, [{{'$1', '$2'}, [{'>', '$2', 1}], [{{'$2', '$1'}}]}])),
    ?T(ets:test_ms({1, 2}, [{{'$1'}, [], [x]}])),
    ?T(begin T = ets:new(t, [ordered_set]), ets:insert(T, [{N, N * N} || N <- lists:seq(1, 9)]), {ets:foldl(fun({_, V}, A) -> V + A end, 0, T), ets:foldr(fun({K, _}, A) -> [K | A] end, [], T), ets:tab2list(T)} end),
    ?T(timer:seconds(5)),
    ?T(timer:hms(1, 2, 3)),
    ?T(element(1, timer:tc(fun() -> ok end)) >= 0),
    ?T(begin {ok, _} = timer:send_after(10, hello), receive M -> M after 2000 -> none end end),
    ?T(begin {ok, R} = timer:apply_interval(10, erlang, send, [self(), tick]), X = [receive tick -> tick after 2000 -> none end || _ <- [1, 2, 3]], timer:cancel(R), X end),
    ?T(timer:sleep(5)),
    ?T(erl_posix_msg:message(enoent)),
    ?T(file:format_error(enoent)),
    ?T(file:read_file("/no/such/file/here")),
    ?T(file:consult("/no/such/file")),
    ?T(application:get_application(lists)),
    ?T(application:get_key(stdlib, vsn)),
    ?T([A || {A, _, _} <- lists:sort(application:which_applications())]),
    ?T(application:start(no_such_application)),
    ?T(beam_lib:info(<<"x">>)),
    ?T(element(1, beam_lib:version(code:which(lists)))),
    ?T(erl_features:all()),
    ?T(erlang:phash2(erl_parse:abstract({a, [1, "s", <<"b">>, #{k => 1.5}]}))),
    ?T(lists:flatten(erl_error_text())),
    ?T(erl_error_format(fun() -> atom_to_list(?V(1)) end)),
    ?T(erl_error_format(fun() -> element(?V(3), {a}) end)),
    ?T(erl_error_format(fun() -> ets:lookup(?V(nope), 1) end)),
    ?T(erl_error_format(fun() -> maps:get(k, ?V(#{})) end)),
    ?T(erl_error_format(fun() -> <<(?V(a)):8>> end)),
    ?T(erl_error_format(fun() -> lists:nth(?V(0), [1]) end)),
    ?T(erl_error_format(fun() -> ?V(1) + ?V(a) end)).

erl_error_text() -> erl_error:format_exception(error, {badmatch, 1}, [{m, f, 1, [{file, "m.erl"}, {line, 5}]}]).

erl_error_format(F) ->
    try F() of V -> V
    catch C:R:S -> lists:flatten(erl_error:format_exception(C, R, [hd(S)]))
    end.
