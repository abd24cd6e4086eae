%% SPDX-License-Identifier: Apache-2.0
%% Loading code: two versions, purge, delete, on_load, undefined functions, damaged files.
-module(o_code_test).
-export([run/0, '$handle_undefined_function'/2]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

'$handle_undefined_function'(Name, Args) -> {handled, Name, Args}.

cases() ->
    versions(),
    purging(),
    on_load(),
    damaged(),
    server(),
    undefined(),
    limited().

beam(Name) ->
    {ok, Binary} = file:read_file(filename:join(filename:dirname(code:which(?MODULE)), Name ++ ".beam")),
    Binary.

load(Name) -> code:load_binary(code_sample, Name, beam(Name)).

versions() ->
    ?T(code:is_loaded(code_sample)),
    ?T(code_sample:version()),
    ?T(load("code_sample_v1")),
    ?T(code:is_loaded(code_sample)),
    ?T(code_sample:version()),
    ?T(code_sample:call_local()),
    ?T(code_sample:only_new()),
    ?T(code_sample:module_info(attributes)),
    Me = self(),
    Old = spawn(fun() -> code_sample:loop(Me) end),
    Fun = fun code_sample:version/0,
    Literal = code_sample:literal(),
    ?T(ask(Old)),
    ?T(erlang:check_old_code(code_sample)),
    ?T(load("code_sample_v2")),
    ?T(erlang:check_old_code(code_sample)),
    ?T(code_sample:version()),
    ?T(code_sample:only_new()),
    ?T(Fun()),
    ?T(ask(Old)),
    ?T(erlang:check_process_code(Old, code_sample)),
    ?T(begin Old ! upgrade, ask(Old) end),
    ?T(erlang:check_process_code(Old, code_sample)),
    ?T(code:soft_purge(code_sample)),
    ?T(erlang:check_old_code(code_sample)),
    ?T(Literal),
    ?T(begin erlang:garbage_collect(), Literal end),
    ?T(is_process_alive(Old)),
    ?T(code_sample:literal()),
    ?T(erlang:function_exported(code_sample, only_new, 0)),
    ?T(begin exit(Old, kill), ok end).

ask(Pid) ->
    Ref = make_ref(),
    Pid ! {version, Ref},
    receive {Ref, V} -> V after 2000 -> none end.

purging() ->
    P = spawn(fun() -> code_sample:stay() end),
    M = monitor(process, P),
    receive after 20 -> ok end,
    ?T(load("code_sample_v1")),
    ?T(code:soft_purge(code_sample)),
    ?T(load("code_sample_v2")),
    ?T(is_process_alive(P)),
    ?T(code:purge(code_sample)),
    ?T(expect:wait_down(M)),
    ?T(code_sample:version()),
    ?T(code:purge(code_sample)),
    ?T(code:delete(code_sample)),
    ?T(code_sample:version()),
    ?T(code:is_loaded(code_sample)),
    ?T(code:delete(code_sample)),
    ?T(code:purge(code_sample)),
    ?T(code:delete(no_such_module)),
    ?T(code:purge(no_such_module)),
    ?T(erlang:purge_module(no_such_module)),
    ?T(erlang:load_module(code_sample, beam("code_sample_v1"))),
    ?T(erlang:load_module(code_sample, beam("code_sample_v2"))),
    ?T(erlang:load_module(code_sample, beam("code_sample_v1"))),
    ?T(code_sample:version()),
    ?T(erlang:purge_module(code_sample)),
    ?T(erlang:delete_module(code_sample)),
    ?T(erlang:delete_module(code_sample)),
    ?T(erlang:purge_module(code_sample)),
    ?T(begin Prepared = erlang:prepare_loading(code_sample, beam("code_sample_v2")), {erlang:has_prepared_code_on_load(Prepared), erlang:finish_loading([Prepared]), code_sample:version()} end),
    ?T(many(200)),
    ?T(literals_kept()),
    ?T(literals_waiting(on_heap)),
    ?T(literals_waiting(off_heap)).

%% Processes that hold literals of code which goes, behind objects that have raw words in them.
literals_kept() ->
    load("code_sample_v1"),
    Whole = list_to_binary(lists:duplicate(300, $x)),
    Holders = [hold(Skip, Whole) || Skip <- lists:seq(0, 255)],
    [receive {P, ready} -> ok end || P <- Holders],
    load("code_sample_v2"),
    code:purge(code_sample),
    load("code_sample_v1"),
    code:purge(code_sample),
    %% The literals' memory is not told to be free; whatever is loaded now may take it.
    many(20),
    lists:usort([begin P ! {self(), give}, receive {P, X} -> X end end || P <- Holders]).

%% The same in messages that nobody has looked at.
literals_waiting(Where) ->
    load("code_sample_v1"),
    Me = self(),
    P = spawn_opt(fun() -> receive go -> ok end, Me ! {self(), [receive {N, X} -> X end || N <- lists:seq(1, 500)]} end,
                  [link, {message_queue_data, Where}]),
    [P ! {N, {N, [code_sample:literal()]}} || N <- lists:seq(1, 500)],
    load("code_sample_v2"),
    code:purge(code_sample),
    load("code_sample_v1"),
    code:purge(code_sample),
    many(20),
    P ! go,
    receive {P, All} -> lists:usort([L || {_, [L]} <- All]) end.

hold(Skip, Whole) ->
    Me = self(),
    spawn_link(fun() ->
                       <<_:Skip/bits, Rest/bits>> = Whole,
                       Map = maps:from_list([{N, Skip} || N <- lists:seq(1, Skip rem 40)]),
                       Fun = fun() -> {Skip, Map} end,
                       held(Me, {Rest, Fun, Map, code_sample:literal()})
               end).

held(To, {Rest, Fun, Map, Literal}) ->
    To ! {self(), ready},
    receive {To, give} -> To ! {self(), Literal} end,
    {Rest, Fun, Map}.

many(0) -> code_sample:version();
many(N) ->
    code:purge(code_sample),
    {module, _} = load(case N rem 2 of 0 -> "code_sample_v1"; 1 -> "code_sample_v2" end),
    many(N - 1).

on_load() ->
    ?T(code:load_file(code_on_load_ok)),
    ?T(code_on_load_ok:state()),
    ?T(code:load_file(code_on_load_bad)),
    ?T(code:is_loaded(code_on_load_bad)),
    ?T(code_on_load_bad:state()),
    %% Code that may follow, and then does not, ends the tracing of what stays.
    ?T(erlang:trace_pattern({code_on_load_ok, state, 0}, true)),
    ?T(persistent_term:put(code_on_load_answer, refused)),
    ?T(code:load_file(code_on_load_ok)),
    ?T(erlang:trace_info({code_on_load_ok, state, 0}, traced)),
    ?T(code_on_load_ok:state()),
    ?T(code:load_file(no_such_module_at_all)),
    ?T(code:ensure_loaded(lists)),
    ?T(code:ensure_loaded(no_such_module_at_all)).

damaged() ->
    B = beam("code_sample_v1"),
    [?T(erlang:load_module(code_sample_x, X)) || X <- [<<>>, <<"FOR1">>, <<"garbage">>, B, binary:part(B, 0, 100), binary:part(B, 0, byte_size(B) - 50)]],
    ?T(erlang:load_module(?V(1), B)),
    ?T(erlang:load_module(a, ?V(a))),
    ?T(erlang:prepare_loading(a, ?V(x))),
    ?T(erlang:finish_loading(?V([x]))),
    ?T(element(1, hd([erlang:prepare_loading(code_sample, <<"FOR1">>)]))),
    ?T(code_sample:version()).

server() ->
    ?T(code:which(no_such_module)),
    ?T(filename:basename(code:which(?MODULE))),
    ?T(code:which(erlang)),
    ?T(code:is_loaded(erlang)),
    ?T(filename:basename(filename:dirname(code:which(lists)))),
    ?T(element(1, code:get_object_code(lists))),
    ?T(code:get_object_code(no_such_module)),
    ?T(code:lib_dir(no_such_application)),
    ?T(filename:basename(code:lib_dir(stdlib))),
    ?T(code:get_mode()),
    ?T(code:module_md5(beam("code_sample_v1")) =:= begin {module, _} = load("code_sample_v1"), code_sample:module_info(md5) end),
    ?T(code:is_sticky(lists)),
    ?T(is_list(code:get_path())),
    ?T(code:add_patha("/no/such/dir")),
    ?T(code:del_path("/no/such/dir")),
    ?T(code:load_binary(lists, "x", <<>>)).

undefined() ->
    ?T(?MODULE:nothing_here(1, 2)),
    ?T(apply(?MODULE, also_nothing, [])),
    ?T(spawn_result(fun() -> ?MODULE:in_process() end)),
    ?T(lists:no_such_function(1)),
    ?T(error_handler:undefined_function(no_such_mod, f, [1])),
    ?T((fun no_such_mod:f/1)(1)).

spawn_result(F) ->
    Me = self(),
    spawn(fun() -> Me ! {r, F()} end),
    receive {r, X} -> X after 2000 -> none end.

%% A process whose heap may not hold the literal that it has when the module is purged.
limited() ->
    List = erl_parse:abstract(lists:seq(1, 5000)),
    {ok, code_list, Beam} = compile:forms([{attribute, 1, module, code_list}, {attribute, 1, export, [{list, 0}]},
                                           {function, 1, list, 0, [{clause, 1, [], [], [List]}]}]),
    {module, code_list} = code:load_binary(code_list, "code_list", Beam),
    Me = self(),
    Limit = {max_heap_size, #{size => 1024, kill => true, error_logger => false}},
    Holder = fun() -> L = code_list:list(), Me ! ready, receive stop -> exit(length(L)) end end,
    {Small, M1} = spawn_opt(Holder, [monitor, Limit]),
    {Free, M2} = spawn_opt(Holder, [monitor]),
    {Linked, M3} = spawn_opt(fun() -> link(Small), Me ! ready, receive stop -> ok end end, [monitor]),
    [receive ready -> ok end || _ <- [1, 2, 3]],
    ?T(code:delete(code_list)),
    ?T(code:purge(code_list)),
    ?T(receive {'DOWN', M1, process, Small, R} -> R after 5000 -> alive end),
    ?T(receive {'DOWN', M3, process, Linked, R} -> R after 5000 -> alive end),
    Free ! stop,
    ?T(receive {'DOWN', M2, process, Free, R} -> R after 5000 -> alive end).
