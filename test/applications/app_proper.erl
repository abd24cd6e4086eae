%% SPDX-License-Identifier: Apache-2.0
%% PropEr's own test suite: its modules compiled as its rebar.config says (build/1, on the host), then run by EUnit (main/0, long/0).
%% The current folder is PropEr's top folder: a test looks at all modules in ebin/, which must be PropEr's own.
-module(app_proper).
-export([build/1, main/0, long/0]).

-define(TRIES, 5).
-define(PATIENCE, 200).  % seconds for a test: EUnit's 5 are too few on a busy host

%% The three that take two thirds of the suite's time: shrinking of 58 types, machines with faults, a long run on queues.
-define(LONG, [native_shrinks_to_test_, false_stateful_test_, adts2_test_]).

main() -> run(fun(F) -> not lists:member(F, ?LONG) end).

long() -> run(fun(F) -> lists:member(F, ?LONG) end).

run(Wanted) ->
    Tests = [{F, patient(tests(F))} || {F, 0} <- proper_tests:module_info(exports), lists:member(kind(F), ["_test", "test_"]), Wanted(F)],
    [io:put_chars(lucky(F, Test, ?TRIES)) || {F, Test} <- Tests].

%% The properties are tried with random values, and now and then one of the suite's fails for that: on stock, too.
lucky(F, Test, Tries) ->
    Sink = spawn_link(fun() -> sink([]) end),
    Own = group_leader(),
    group_leader(Sink, self()),
    Result = eunit:test({atom_to_list(F), Test}, [verbose]),
    group_leader(Own, self()),
    Sink ! {self(), stop},
    Text = receive {Sink, T} -> T end,
    case Result of
        error when Tries > 1 -> lucky(F, Test, Tries - 1);
        _ -> Text
    end.

%% A group leader that keeps what is printed.
sink(Text) ->
    receive
        {io_request, From, As, Request} ->
            {Answer, New} = printed(Request),
            From ! {io_reply, As, Answer},
            sink([Text | New]);
        {From, stop} -> From ! {self(), Text}
    end.

printed({put_chars, Encoding, Chars}) -> {ok, unicode:characters_to_list(Chars, Encoding)};
printed({put_chars, Encoding, M, F, A}) -> printed({put_chars, Encoding, apply(M, F, A)});
printed({requests, Requests}) -> {ok, [element(2, printed(R)) || R <- Requests]};
printed(_) -> {{error, enotsup}, []}.

kind(F) -> lists:nthtail(max(0, length(atom_to_list(F)) - 5), atom_to_list(F)).

tests(F) ->
    case kind(F) of
        "_test" -> {proper_tests, F};
        "test_" -> proper_tests:F()
    end.

patient(Tests) when is_list(Tests) -> [patient(Test) || Test <- Tests];
patient({timeout, _, Test}) -> patient(Test);
patient({setup, Start, Stop, Test}) -> {setup, Start, Stop, patient(Test)};
patient(Test) -> {timeout, ?PATIENCE, Test}.

%% Modules into ebin/, tests and examples into test_ebin/.  The parse transforms come first; proper_tests is translated with
%% what the other tests define at hand.
build([Top]) ->
    ok = file:set_cwd(Top),
    true = lists:all(fun code:add_patha/1, ["test", "test_ebin", "ebin"]),
    First = ["src/" ++ Name ++ ".erl" || Name <- ["vararg", "proper_transformer", "proper_prop_remover", "proper_typeserver",
                                                  "proper_unused_imports_remover"]],
    compile(First ++ (filelib:wildcard("src/*.erl") -- First), "ebin"),
    Last = ["test/proper_tests.erl"],
    compile((filelib:wildcard("{test,examples}/*.erl") -- Last) ++ Last, "test_ebin").

compile(Files, Out) ->
    [case compile:file(File, [debug_info, warn_unused_import, return_errors, {i, "include"}, {outdir, Out}]) of
         {ok, _} -> ok;
         Error -> io:format("~ts: ~p~n", [File, Error]), halt(1)
     end || File <- Files].
