%% SPDX-License-Identifier: Apache-2.0
%% suite_run - runs Common Test style suites without Common Test.
%%
%%   erl -noshell -pa RUNNER -pa SUITEDIR -s suite_run main -extra [options] Suite ...
%%
%% Needs only: processes, monitors, timers, one ETS table, code loading, standard output.  test/conformance/run starts it,
%% and reads what it prints: lines that begin with "@@" and a tab, with fields between tabs,
%%
%%   @@  RUN   Number  Suite  Group/Group  Case
%%   @@  PASS|FAIL|SKIP|AUTOSKIP  Number  Suite  Group/Group  Case  Microseconds  Reason
%%   @@  DONE  Suite
%%
%% AUTOSKIP is a case whose init_per_suite, _group or _testcase failed.  Number counts a suite's cases from 0 in the order in
%% which they run, so that a machine that died in case 17 can be started again with --from 18.
%%
%% Not as in Common Test: cases run one by one and once (no parallel, shuffle, repeat); hooks are ignored; each suite works
%% on a copy of its data folder, so that it may write there; SUITE_beside is copied, too, and goes first in the code path.
-module(suite_run).
-export([main/0, run/2, expand/1]).
-export([set_timetrap/1, opt/2]).

%%% ------------------------------------------------------------------ entry

-spec main() -> no_return().
main() ->
    {Opts, Suites} = parse(init:get_plain_arguments(), #{}, []),
    run(Suites, Opts),
    erlang:halt(0, [{flush, true}]).

parse(["--dir", D | T], O, S) -> parse(T, O#{dir => D}, S);
parse(["--priv", D | T], O, S) -> parse(T, O#{priv => D}, S);
parse(["--timetrap", N | T], O, S) -> parse(T, O#{timetrap => list_to_integer(N) * 1000}, S);
parse(["--max", N | T], O, S) -> parse(T, O#{max => list_to_integer(N) * 1000}, S);
parse(["--case", C | T], O, S) -> parse(T, O#{cases => [list_to_atom(C) | maps:get(cases, O, [])]}, S);
parse(["--but", C | T], O, S) -> parse(T, O#{but => [list_to_atom(C) | maps:get(but, O, [])]}, S);
parse(["--from", N | T], O, S) -> parse(T, O#{from => list_to_integer(N)}, S);
parse(["--starter", A | T], O, S) -> parse(T, O#{starter => A}, S);
parse(["--no-nodes" | T], O, S) -> parse(T, O#{nodes => false}, S);
parse(["--list" | T], O, S) -> parse(T, O#{list => true}, S);
parse([X | T], O, S) -> parse(T, O, [list_to_atom(X) | S]);
parse([], O, S) -> {O, lists:reverse(S)}.

%% An option of the command line, for the stand-ins of Common Test's modules.
-spec opt(atom(), term()) -> term().
opt(K, D) ->
    case ets:lookup(suite_run, opts) of
        [{_, #{K := V}}] -> V;
        _ -> D
    end.

%%% ------------------------------------------------------------------ running

-spec run([module()], map()) -> ok.
run(Suites, Opts) ->
    ets:new(suite_run, [named_table, public, set]),
    ets:insert(suite_run, {opts, Opts}),
    lists:foreach(fun(S) -> suite(S, Opts) end, Suites).

%% The cases of a numbered tree: [{GroupPath, Number, Case}].
flat([{group, N, _, Sub} | T], P) -> flat(Sub, P ++ [N]) ++ flat(T, P);
flat([{Number, C} | T], P) -> [{P, Number, C} | flat(T, P)];
flat([], _) -> [].

number([{group, N, Props, Sub} | T], I) ->
    {Sub1, I1} = number(Sub, I),
    {T1, I2} = number(T, I1),
    {[{group, N, Props, Sub1} | T1], I2};
number([C | T], I) ->
    {T1, I1} = number(T, I + 1),
    {[{I, C} | T1], I1};
number([], I) -> {[], I}.

%% Tree of cases: Case | {group, Name, Props, [Tree]}
expand(S) ->
    case S:all() of
        L when is_list(L) -> Gs = groups(S), expand(L, Gs);
        Other -> throw({skip_all, Other})
    end.
groups(S) -> case erlang:function_exported(S, groups, 0) of true -> S:groups(); false -> [] end.
expand([], _) -> [];
expand([X | T], Gs) ->
    E = case X of
            {group, N} -> [grp(lists:keyfind(N, 1, Gs), Gs, default)];
            {group, _M, N} when is_atom(N) -> [grp(lists:keyfind(N, 1, Gs), Gs, default)];
            {group, N, P} -> [grp(lists:keyfind(N, 1, Gs), Gs, P)];
            {group, N, P, _Sub} -> [grp(lists:keyfind(N, 1, Gs), Gs, P)];
            {testcase, C, _} -> [C];
            {_N, P, Sub} when is_list(P), is_list(Sub) -> [grp(X, Gs, default)];
            {_N, Sub} when is_list(Sub) -> [grp(X, Gs, default)];
            C when is_atom(C) -> [C];
            L when is_list(L) -> expand(L, Gs);            % all/0 may return nested lists
            _ -> []
        end,
    E ++ expand(T, Gs).
grp(false, _, _) -> {group, undefined_group, [], []};
grp({N, P, Sub}, Gs, default) -> {group, N, P, expand(Sub, Gs)};
grp({N, _, Sub}, Gs, P) -> {group, N, P, expand(Sub, Gs)};
grp({N, Sub}, Gs, _) -> {group, N, [], expand(Sub, Gs)}.

suite(S, Opts) ->
    Dir = maps:get(dir, Opts, "."),
    Priv = maps:get(priv, Opts, "suite_run_priv") ++ "/" ++ atom_to_list(S) ++ "/",
    ok = filelib:ensure_dir(Priv ++ "x"),
    Data = Priv ++ "data/",
    copy(Dir ++ "/" ++ atom_to_list(S) ++ "_data", Priv ++ "data"),
    Beside = Priv ++ "beside",
    copy(Dir ++ "/" ++ atom_to_list(S) ++ "_beside", Beside),
    code:add_patha(Beside),
    Conf0 = [{data_dir, Data}, {priv_dir, Priv}, {suite, S}],
    code:ensure_loaded(S),
    code:ensure_loaded(timer), % a case that keeps others from loading code sleeps
    Default = maps:get(timetrap, Opts, 60000),
    put(default_trap, Default),
    try
        Info = try S:suite() catch _:_ -> [] end,
        put(suite_trap, info_trap(Info, Default)),
        {Tree, _} = number(expand(S), 0),
        case maps:get(list, Opts, false) orelse hook(S, init_per_suite, [Conf0], get(suite_trap) * 2) of
            true -> [say("LIST", [S, path(P), C]) || {P, _, C} <- flat(Tree, [])];
            {ok, Conf} when is_list(Conf) ->
                tree(S, Tree, [], Conf, Opts),
                hook(S, end_per_suite, [Conf], get(suite_trap) * 2);
            {ok, {skip, R}} -> all_skipped(S, Tree, [], {init_per_suite, R});
            {ok, {skipped, R}} -> all_skipped(S, Tree, [], {init_per_suite, R});
            {ok, {skip_and_save, R, _}} -> all_skipped(S, Tree, [], {init_per_suite, R});
            {skip, R} -> all_skipped(S, Tree, [], {init_per_suite, R});
            {ok, Bad} -> auto_skipped(S, Tree, [], {init_per_suite, bad_return, Bad});
            {fail, R} -> auto_skipped(S, Tree, [], {init_per_suite, R})
        end
    catch
        throw:{skip_all, R0} -> result(S, [], 0, all, skip, 0, R0);
        C:E:St -> result(S, [], 0, all, fail, 0, {C, E, St})
    end,
    say("DONE", [S]).

tree(_, [], _, _, _) -> ok;
tree(S, [{group, N, Props, Sub} | T], Path, Conf, Opts) ->
    P1 = Path ++ [N],
    GConf = [{tc_group_properties, [{name, N} | Props]}, {tc_group_path, []} | Conf],
    case wanted_any(Sub, Opts) of
        false -> ok;
        true ->
            case hook(S, init_per_group, [N, GConf], get(suite_trap) * 2) of
                {ok, C1} when is_list(C1) ->
                    case lists:member(sequence, Props) of
                        true -> sequence(S, Sub, P1, C1, Opts);
                        false -> tree(S, Sub, P1, C1, Opts)
                    end,
                    hook(S, end_per_group, [N, C1], get(suite_trap) * 2);
                {ok, {skip, R}} -> all_skipped(S, Sub, P1, {init_per_group, R});
                {ok, {skipped, R}} -> all_skipped(S, Sub, P1, {init_per_group, R});
                {skip, R} -> all_skipped(S, Sub, P1, {init_per_group, R});
                {ok, Bad} -> auto_skipped(S, Sub, P1, {init_per_group, bad_return, Bad});
                {fail, R} -> auto_skipped(S, Sub, P1, {init_per_group, R})
            end
    end,
    tree(S, T, Path, Conf, Opts);
tree(S, [C | T], Path, Conf, Opts) ->
    case wanted(C, Opts) of true -> 'case'(S, C, Path, Conf, Opts); false -> ok end,
    tree(S, T, Path, Conf, Opts).

sequence(_, [], _, _, _) -> ok;
sequence(S, [{_, _} = C | T], Path, Conf, Opts) ->
    case wanted(C, Opts) andalso 'case'(S, C, Path, Conf, Opts) of
        fail -> all_skipped(S, T, Path, {sequence, element(2, C)});
        _ -> sequence(S, T, Path, Conf, Opts)
    end;
sequence(S, [G | T], Path, Conf, Opts) -> tree(S, [G], Path, Conf, Opts), sequence(S, T, Path, Conf, Opts).

wanted({I, C}, Opts) ->
    I >= maps:get(from, Opts, 0) andalso not lists:member(C, maps:get(but, Opts, [])) andalso
        case Opts of
            #{cases := Cs} -> lists:member(C, Cs);
            _ -> true
        end.
wanted_any(Sub, Opts) -> lists:any(fun({_, I, C}) -> wanted({I, C}, Opts) end, flat(Sub, [])).

all_skipped(S, Tree, Path, R) -> skipped(S, Tree, Path, skip, R).
auto_skipped(S, Tree, Path, R) -> skipped(S, Tree, Path, autoskip, R).

skipped(S, Tree, Path, Kind, R) ->
    [{_, Opts}] = ets:lookup(suite_run, opts),
    [result(S, Path ++ P, I, C, Kind, 0, R) || {P, I, C} <- flat(Tree, []), wanted({I, C}, Opts)].

%% One test case: init, body and end run in one fresh process.
'case'(S, {Number, C}, Path, Conf0, Opts) ->
    Trap0 = get(suite_trap),
    Info = try S:C() catch _:_ -> [] end,
    Trap = info_trap(Info, Trap0),
    say("RUN", [Number, S, path(Path), C]),
    Conf = [{tc_name, C} | Conf0],
    T0 = erlang:monotonic_time(microsecond),
    R = supervise(
          fun() ->
                  put(suite_run_case, {S, C}),
                  case call_init(S, C, Conf) of
                      {skip, _} = K -> K;
                      {fail, X} -> {autoskip, {init_per_testcase, X}};
                      {auto, X} -> {autoskip, {init_per_testcase, X}};
                      {ok, Conf1} ->
                          Res = try verdict(S:C(Conf1))
                                catch throw:{skip, X} -> {skip, X};
                                      throw:{skipped, X} -> {skip, X};
                                      exit:{skip, X} -> {skip, X};
                                      exit:{skipped, X} -> {skip, X};
                                      K:E:St -> {fail, {K, E, St}}
                                end,
                          St1 = case Res of pass -> ok; {fail, Y} -> {failed, Y}; {skip, Y} -> {skipped, Y} end,
                          case call_end(S, C, [{tc_status, St1} | Conf1]) of
                              {fail, Y1} when Res =:= pass -> {fail, {end_per_testcase, Y1}};
                              _ -> Res
                          end
                  end
          end, Trap, maps:get(max, Opts, infinity)),
    R1 = case R of
             {timetrap, _} = TT -> supervise(fun() -> call_end(S, C, [{tc_status, {failed, TT}} | Conf]) end, 10000, 10000), {fail, TT};
             {died, X} -> supervise(fun() -> call_end(S, C, [{tc_status, {failed, X}} | Conf]) end, 10000, 10000),
                          case X of {skip, Y} -> {skip, Y}; {skipped, Y} -> {skip, Y}; _ -> {fail, {exit, X}} end;
             _ -> R
         end,
    Us = erlang:monotonic_time(microsecond) - T0,
    case R1 of
        pass -> result(S, Path, Number, C, pass, Us, ok), pass;
        {V, Why} -> result(S, Path, Number, C, V, Us, Why), V
    end.

verdict({skip, X}) -> {skip, X};
verdict({skipped, X}) -> {skip, X};
verdict({skip_and_save, X, _}) -> {skip, X};
verdict({fail, X}) -> {fail, X};
verdict({failed, X}) -> {fail, X};
verdict(_) -> pass.

call_init(S, C, Conf) ->
    case erlang:function_exported(S, init_per_testcase, 2) of
        false -> {ok, Conf};
        true ->
            try S:init_per_testcase(C, Conf) of
                {skip, X} -> {skip, X};
                {skipped, X} -> {skip, X};
                {fail, X} -> {fail, X};
                L when is_list(L) -> {ok, L};
                Bad -> {auto, {bad_return, Bad}}
            catch throw:{skip, X} -> {skip, X};
                  throw:{skipped, X} -> {skip, X};
                  K:E:St -> {auto, {K, E, St}}
            end
    end.
call_end(S, C, Conf) ->
    case erlang:function_exported(S, end_per_testcase, 2) of
        false -> ok;
        true -> try S:end_per_testcase(C, Conf) catch K:E:St -> {warn, {K, E, St}} end
    end.

%% Suite and group hooks, each in a process of its own.
hook(S, F, Args, Trap) ->
    case erlang:function_exported(S, F, length(Args)) of
        false -> {ok, lists:last(Args)};
        true ->
            R = supervise(fun() ->
                    try {ok, apply(S, F, Args)}
                    catch throw:{skip, X} -> {skip, X}; throw:{skipped, X} -> {skip, X};
                          K:E:St -> {fail, {K, E, St}} end end, Trap, infinity),
            case R of
                {timetrap, T} -> {fail, {timetrap, T}};
                {died, X} -> {fail, X};
                _ -> R
            end
    end.

%% Run F in a new process under a timetrap. The process may change it with set_timetrap/1.
supervise(F, Trap, Max) ->
    Me = self(), Tag = make_ref(),
    GL = suite_run_io:start(),
    {Pid, Mon} = spawn_monitor(fun() -> group_leader(GL, self()), Me ! {Tag, F()} end),
    catch unregister(suite_run_ctl),
    register(suite_run_ctl, Me),
    Now = erlang:monotonic_time(millisecond),
    Hard = case Max of infinity -> infinity; _ -> Now + Max end,
    R = wait(Pid, Mon, Tag, deadline(Trap), Hard, Trap),
    catch unregister(suite_run_ctl),
    suite_run_io:stop(GL),
    flush_traps(),
    R.
wait(Pid, Mon, Tag, Soft, Hard, Trap) ->
    Now = erlang:monotonic_time(millisecond),
    Left = case {Soft, Hard} of
               {infinity, infinity} -> infinity;
               {infinity, H} -> max(0, H - Now);
               {S, infinity} -> max(0, S - Now);
               {S, H} -> max(0, min(S, H) - Now)
           end,
    receive
        {Tag, R} -> erlang:demonitor(Mon, [flush]), R;
        {'DOWN', Mon, process, Pid, Why} -> receive {Tag, R} -> R after 0 -> {died, Why} end;
        {suite_run_timetrap, T} -> wait(Pid, Mon, Tag, deadline(T), Hard, T)
    after Left ->
            Where = (catch process_info(Pid, current_stacktrace)),
            exit(Pid, kill),
            receive {'DOWN', Mon, process, Pid, _} -> ok after 5000 -> ok end,
            receive {Tag, _} -> ok after 0 -> ok end,
            {timetrap, {Trap, Where}}
    end.
flush_traps() -> receive {suite_run_timetrap, _} -> flush_traps() after 0 -> ok end.
deadline(infinity) -> infinity;
deadline(T) -> erlang:monotonic_time(millisecond) + T.

set_timetrap(T) ->
    case whereis(suite_run_ctl) of undefined -> ok; P -> P ! {suite_run_timetrap, ms(T)}, ok end.
info_trap(L, D) when is_list(L) ->
    case lists:keyfind(timetrap, 1, L) of {_, T} -> ms(T); false -> D end;
info_trap(_, D) -> D.
ms(infinity) -> 3600000;
ms({hours, H}) -> round(H * 3600000);
ms({minutes, M}) -> round(M * 60000);
ms({seconds, S}) -> round(S * 1000);
ms(N) when is_number(N) -> round(N);
ms(F) when is_function(F, 0) -> ms(F());
ms(_) -> 60000.

%%% ------------------------------------------------------------------ output

result(S, Path, Number, C, V, Us, Why) ->
    say(tag(V), [Number, S, path(Path), C, Us, reason(V, Why)]).
tag(pass) -> "PASS"; tag(fail) -> "FAIL"; tag(skip) -> "SKIP"; tag(autoskip) -> "AUTOSKIP".

reason(pass, _) -> "";
reason(_, Why) ->
    Flat = lists:flatten(io_lib:format("~tP", [Why, 30])),
    OneLine = [case C < $\s of true -> $\s; false -> C end || C <- Flat],
    lists:sublist(squeeze(OneLine), 400).
squeeze([$\s, $\s | T]) -> squeeze([$\s | T]);
squeeze([H | T]) -> [H | squeeze(T)];
squeeze([]) -> [].
path([]) -> "-";
path(L) -> lists:append(lists:join("/", [atom_to_list(A) || A <- L])).

%% What a case left on the line before does not spoil ours.
say(Kind, Fields) ->
    Texts = [case F of
                 _ when is_atom(F) -> atom_to_list(F);
                 _ when is_integer(F) -> integer_to_list(F);
                 _ -> F
             end || F <- Fields],
    io:put_chars(user, ["\n@@\t", Kind, [["\t", T] || T <- Texts], "\n"]).

%%% ------------------------------------------------------------------ files

copy(From, To) ->
    case file:list_dir_all(From) of
        {ok, Names} ->
            ok = filelib:ensure_dir(filename:join(To, "x")),
            [copy(filename:join(From, N), filename:join(To, N)) || N <- Names];
        {error, enotdir} ->
            {ok, _} = file:copy(From, To),
            {ok, Info} = file:read_file_info(From),
            file:change_mode(To, element(8, Info));
        {error, enoent} -> ok
    end.
