%% SPDX-License-Identifier: Apache-2.0
%% OTP's tools that count: cprof, eprof, cover, msacc; and what they load together.
-module(o_profile_test).
-export([run/0, up/1, down/1]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    cprof(),
    eprof(),
    cover(),
    msacc(),
    together().

scratch() ->
    Dir = "/tmp/o_profile_test_" ++ os:getpid(),
    ok = filelib:ensure_path(Dir),
    Dir.

up(0) -> 0;
up(N) -> 1 + ?MODULE:down(N - 1).

down(N) -> up(N).

cprof() ->
    cprof:start(?MODULE),
    up(100),
    cprof:pause(),
    ?T(cprof:analyse(?MODULE)),
    cprof:restart(?MODULE),
    up(3),
    ?T(cprof:analyse(?MODULE, 4)),
    ?T(is_integer(cprof:stop())).

%% The times differ from run to run; who was called and how often does not.
eprof() ->
    File = filename:join(scratch(), "eprof.log"),
    {ok, _} = eprof:start(),
    ?T(eprof:profile([], ?MODULE, up, [20], {?MODULE, '_', '_'})),
    ok = eprof:log(File),
    eprof:analyze(total, [{sort, calls}]),
    stopped = eprof:stop(),
    {ok, Text} = file:read_file(File),
    ?T(lists:sort(element(2, re:run(Text, "^(o_profile_test:\\S+) +(\\d+)",
                                    [global, multiline, {capture, all_but_first, list}])))).

cover() ->
    Source = filename:join(scratch(), "covered.erl"),
    ok = file:write_file(Source, "-module(covered).\n-export([f/1]).\n"
                                 "f(1) ->\n    one;\nf(2) ->\n    two;\nf(N) ->\n    N + 1.\n"),
    {ok, _} = cover:start(),
    ?T(cover:compile_module(Source)),
    ?T([covered:f(N) || N <- [1, 1, 7]]),
    ?T(element(1, cover:is_compiled(covered))),
    ?T(cover:analyse(covered, calls, line)),
    ?T(cover:analyse(covered, coverage, function)),
    Export = filename:join(scratch(), "covered.coverdata"),
    ?T(cover:export(Export, covered)),
    ?T(cover:reset(covered)),
    ?T(cover:analyse(covered, calls, clause)),
    ?T(cover:import(Export)),
    ?T(cover:analyse(covered, calls, clause)),
    ?T(cover:stop()),
    ?T(cover_compiled =:= code:which(covered)).

msacc() ->
    ?T(msacc:available()),
    msacc:start(20),
    [One | _] = Threads = msacc:stats(),
    msacc:stop(),
    ?T(lists:sort(maps:keys(One))),
    ?T(lists:sort(maps:keys(maps:get(counters, One)))),
    ?T([T || #{type := scheduler, id := 1} = T <- Threads] =/= []).

together() ->
    Make = fun(Name, Other) ->
        Forms = [{attribute, 1, module, Name}, {attribute, 2, export, [{f, 0}]},
                 {function, 3, f, 0, [{clause, 3, [], [], [{call, 3, {remote, 3, {atom, 3, Other}, {atom, 3, atom_to_list}},
                                                            [{atom, 3, Name}]}]}]}],
        {ok, Name, Code} = compile:forms(Forms),
        {Name, "none", Code}
    end,
    Modules = [Make(N, erlang) || N <- [together_a, together_b, together_c]],
    ?T(code:atomic_load(Modules)),
    ?T([N:f() || {N, _, _} <- Modules]),
    {ok, Prepared} = code:prepare_loading(Modules),
    ?T(code:finish_loading(Prepared)),
    [code:purge(N) || {N, _, _} <- Modules],
    {ok, Again} = code:prepare_loading(Modules),
    ?T(code:finish_loading(Again)),
    ?T(code:atomic_load([{together_a, "none", <<"no code">>}, hd(tl(Modules))])),
    ?T(code:atomic_load([hd(Modules), hd(Modules)])),
    ?T(code:ensure_modules_loaded([lists, no_such_module_at_all])).
