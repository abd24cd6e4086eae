%% SPDX-License-Identifier: Apache-2.0
%% suite_compile - compiles test suites, as many at a time as there are processors.
%%
%%   erl -noshell -pa RUNNER -s suite_compile main -extra SOURCEFOLDER OUT INCLUDE... -- MODULE...
%%
%% MODULE is NAME.erl or NAME.S in SOURCEFOLDER, which becomes the current folder: several cases look for file names in stack
%% traces.  What cannot be compiled leaves NAME.failed in OUT with the reason, and is no error here: some files are made to
%% be refused, and others need modules that only OTP's own build makes.
-module(suite_compile).
-export([main/0]).

-spec main() -> no_return().
main() ->
    [Folder, Out | Rest] = init:get_plain_arguments(),
    {Includes, ["--" | Files]} = lists:splitwith(fun(A) -> A =/= "--" end, Rest),
    ok = file:set_cwd(Folder),
    Options = [debug_info, nowarn_deprecated_function, nowarn_export_all, return, {outdir, Out} |
               [{i, I} || I <- Includes]],
    Queue = lists:reverse(lists:sort(fun(A, B) -> filelib:file_size(A) =< filelib:file_size(B) end, Files)),
    each(Queue, [], erlang:system_info(schedulers_online), fun(F) -> compile(F, Out, Options) end),
    halt(0).

%% The largest files first, so that no processor is idle at the end.
each([], [], _, _) -> ok;
each([F | T], Running, Most, Do) when length(Running) < Most ->
    {_, Monitor} = spawn_monitor(fun() -> Do(F) end),
    each(T, [Monitor | Running], Most, Do);
each(Files, Running, Most, Do) ->
    receive
        {'DOWN', Monitor, process, _, _} -> each(Files, lists:delete(Monitor, Running), Most, Do)
    end.

compile(File, Out, Options) ->
    Base = filename:rootname(File),
    Form = case filename:extension(File) of
               ".S" -> [from_asm];
               _ -> []
           end,
    case compile:file(Base, Form ++ Options) of
        {error, Errors, _} ->
            file:write_file(filename:join(Out, Base ++ ".failed"), io_lib:format("~tp~n", [Errors]));
        _ -> ok
    end.
