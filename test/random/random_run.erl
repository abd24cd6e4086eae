%% SPDX-License-Identifier: Apache-2.0
%%
%% Runs generated programs on any machine and writes what they answer: the side that is compared.
%%
%%     erl -noshell -nouser -pa FOLDER -run random_run main
%%
%% reads requests from standard input, each with its length in 4 bytes before it: a line of text
%% "ID MODULE MILLISECONDS", then the .beam.  Answers are lines on standard output:
%%
%%     @case ID NUMBER TEXT          as soon as the case has ended, so whoever dies says where
%%     @done ID MILLISECONDS         the module is unloaded again
%%
%% A module has cases/0: a list of {Options of spawn, Function, Arguments}.  Each case runs in a process of its own.
%% The text is ASCII without line breaks and the same on every machine: no numbers of processes, keys of
%% maps in order.
-module(random_run).
-export([main/0, quiet/0, v/1, tick/0, amount/1, about/1, show/1]).

-define(SHOWN, 20000).   % characters of an answer that are written; of the rest, length and sum
-define(FUEL, 3000).    % calls of generated functions in a process of a case

main() ->
    %% The order of a large map depends on the numbers of its atoms.  What differs between two orders is left out.
    case init:get_argument(random_reversed) of
        {ok, _} -> [list_to_atom("key_" ++ [C]) || C <- "dcba"];
        error -> [list_to_atom("key_" ++ [C]) || C <- "abcd"]
    end,
    spawn(fun() ->
        process_flag(trap_exit, true),
        group_leader(spawn(fun quiet/0), self()),
        serve(open_port({fd, 0, 1}, [stream, binary, eof]), <<>>)
    end).

%% Whoever prints finds nobody to read it: standard output is ours.
quiet() ->
    receive {io_request, From, As, _} -> From ! {io_reply, As, ok} end,
    quiet().

serve(Port, <<Size:32, Request:Size/binary, Rest/binary>>) ->
    [Line, Beam] = binary:split(Request, <<"\n">>),
    [Id, Name, Limit] = binary:split(Line, <<" ">>, [global]),
    Started = erlang:monotonic_time(millisecond),
    Module = binary_to_atom(Name),
    case code:load_binary(Module, binary_to_list(Name) ++ ".erl", Beam) of
        {module, Module} ->
            Say = fun(N, Text) -> write(Port, ["@case ", Id, $\s, integer_to_list(N), $\s, Text]) end,
            try Module:cases() of
                Cases -> cases(Cases, 1, binary_to_integer(Limit), Say)
            catch
                Class:Reason -> Say(0, ["no cases: ", show({Class, Reason})])
            end;
        {error, What} ->
            write(Port, ["@case ", Id, " 0 not loaded: ", show(What)])
    end,
    code:purge(Module),
    code:delete(Module),
    code:purge(Module),
    write(Port, ["@done ", Id, $\s, integer_to_list(erlang:monotonic_time(millisecond) - Started)]),
    serve(Port, Rest);
serve(Port, Part) ->
    receive
        {Port, {data, More}} -> serve(Port, <<Part/binary, More/binary>>);
        {Port, eof} -> halt(0);
        _ -> serve(Port, Part)
    end.

write(Port, Text) -> port_command(Port, [Text, $\n]).

cases([{Options, Function, Args} | Rest], N, Limit, Say) ->
    Self = self(),
    {Pid, Monitor} = spawn_opt(fun() -> Self ! {self(), evaluate(Function, Args, N)} end, [monitor | Options]),
    Text = receive
        {Pid, Answer} ->
            receive {'DOWN', Monitor, _, _, _} -> Answer end;
        {'DOWN', Monitor, _, _, Reason} ->
            %% Ended from outside: by a link, or by what it had done to itself.
            receive {Pid, Answer} -> Answer after 0 -> ["ended ", show(Reason)] end
    after Limit ->
        exit(Pid, kill),
        receive {'DOWN', Monitor, _, _, _} -> "timeout" end
    end,
    Say(N, Text),
    flush(),
    cases(Rest, N + 1, Limit, Say);
cases([], _, _, _) -> ok.

flush() -> receive {Port, {data, _}} = M when is_port(Port) -> self() ! M, ok; {_, {data, _}} -> flush() after 0 -> ok end.

%% In the process of the case.
evaluate(Function, Args, N) ->
    put('$fuel', ?FUEL),
    try apply(Function, Args) of
        Value -> cut(["ok ", show(Value)])
    catch
        Class:Reason:Stack ->
            cut([atom_to_list(Class), $\s, show(Reason), " at ", show(behind(line_behind, Stack)),
                 explain(N rem 3, Class, Reason, behind(line, Stack))])
    end.

%% The line of whoever called a function in C, by another name: the other side looks at it with indulgence.  Where a
%% text is made of it, the line is no line at all.
behind(As, [{_, _, Args, _} = Top, {M, F, A, Info} | Rest]) when is_list(Args) ->
    [Top, {M, F, A, lists:append([about(As, I) || I <- Info])} | Rest];
behind(_, Stack) -> Stack.

about(line, {line, _}) -> [];
about(As, {line, N}) -> [{As, N}];
about(_, Info) -> [Info].

%% What the shell would say, from the causes of error_info; not always, because it takes time.
explain(0, error, Reason, [{_, _, _, Info} | _] = Stack) ->
    %% A trace that is an argument has lines of its own; the order of a large map is the machine's own.
    What = {Reason, hd(Stack)},
    case lists:keymember(error_info, 1, Info) andalso nomatch =:= string:find(show(What), "{line,")
        andalso not has_large_map([What]) of
        true ->
            Text = erl_error:format_exception(error, Reason, Stack),
            [" says ", show(unicode:characters_to_list(Text))];
        false -> ""
    end;
explain(_, _, _, _) -> "".

cut(Text) ->
    Whole = iolist_to_binary(Text),
    case Whole of
        <<Head:?SHOWN/binary, _/binary>> ->
            [Head, "... ", integer_to_list(byte_size(Whole)), " characters, sum ", integer_to_list(erlang:adler32(Whole))];
        _ -> Whole
    end.

%% ---- what generated programs call

%% A value that the compiler knows nothing about.
v(X) -> X.

%% Called by generated functions that call others: an end for what would go on and on, the same on every machine.
tick() ->
    case get('$fuel') of
        undefined -> put('$fuel', ?FUEL div 10);
        0 -> exit(out_of_fuel);
        N -> put('$fuel', N - 1)
    end.

%% A number of things to make: what would take all memory becomes less, what cannot be stays.
amount(N) when is_integer(N), N > 300, N < 1 bsl 62 -> N rem 300;
amount(N) -> N.

%% What C libraries round to different last bits; stock's own takes other steps on a processor that multiplies and adds at once.
about(X) when is_float(X) -> binary_to_float(float_to_binary(X, [{scientific, 11}]));
about(X) -> X.

has_large_map([T | Rest]) -> has_large_map(T) orelse has_large_map(Rest);
has_large_map(T) when is_tuple(T) -> has_large_map(tuple_to_list(T));
has_large_map(M) when is_map(M) -> map_size(M) > 32 orelse has_large_map(maps:to_list(M));
has_large_map(_) -> false.

%% ---- terms to text, as ~w, but the same on every run

show(T) when is_integer(T) -> integer_to_list(T);
show(T) when is_atom(T) -> io_lib:write_atom_as_latin1(T);
show(T) when is_float(T) -> float_to_list(T, [short]);
show([]) -> "[]";
show(T) when is_list(T) ->
    case printable(T) of
        true -> [$", quote(T), $"];
        false -> [$[, elements(T), $]]
    end;
show(T) when is_tuple(T) -> [${, elements(tuple_to_list(T)), $}];
show(T) when is_binary(T) ->
    L = binary_to_list(T),
    case printable(L) of
        true -> ["<<\"", quote(L), "\">>"];
        false -> ["<<", elements(L), ">>"]
    end;
show(T) when is_bitstring(T) ->
    Bits = bit_size(T) rem 8,
    Whole = bit_size(T) div 8,
    <<Head:Whole/binary, Last:Bits>> = T,
    ["<<", [[integer_to_list(B), $,] || B <- binary_to_list(Head)], integer_to_list(Last), $:, integer_to_list(Bits), ">>"];
show(T) when is_map(T) ->
    Pairs = lists:sort(fun before/2, maps:to_list(T)),
    ["#{", lists:join($,, [[show(K), "=>", show(V)] || {K, V} <- Pairs]), "}"];
show(T) when is_function(T) ->
    {module, M} = erlang:fun_info(T, module),
    {arity, A} = erlang:fun_info(T, arity),
    {name, N} = erlang:fun_info(T, name),
    case erlang:fun_info(T, type) of
        {type, external} -> ["fun ", show(M), $:, show(N), $/, integer_to_list(A)];
        {type, local} ->
            {env, Env} = erlang:fun_info(T, env),
            ["<fun ", show(M), $:, show(N), $/, integer_to_list(A), [[$\s, show(E)] || E <- Env], $>]
    end;
show(T) when is_pid(T) -> "<pid>";
show(T) when is_reference(T) -> "<ref>";
show(T) when is_port(T) -> "<port>".

elements([]) -> "";
elements([H]) -> show(H);
elements([H | T]) when is_list(T) -> [show(H), $, | elements(T)];
elements([H | T]) -> [show(H), $|, show(T)].

printable([C]) -> is_integer(C) andalso C >= 32 andalso C < 127;
printable([C | T]) when is_integer(C), C >= 32, C < 127 -> printable(T);
printable(_) -> false.

quote(L) -> [case C of $" -> "\\\""; $\\ -> "\\\\"; _ -> C end || C <- L].

%% The exact order of keys: an integer before the float that it equals.
before({A, _}, {B, _}) when A == B, is_integer(A) -> true;
before({A, _}, {B, _}) when A == B, is_integer(B) -> false;
before({A, _}, {B, _}) -> A =< B.
