%% SPDX-License-Identifier: Apache-2.0
%%
%% What the Erlang tests stand on: evaluate, write the answer down, go on.
%%
%% A test module says `run() -> expect:run(?MODULE, fun cases/0).` and its cases say `?T(Expression)`
%% (expect.hrl).  Each writes one line: where it stands in the source, how often it has been there, and
%% the answer - a value, or class, reason, the function that failed and the line of the test:
%%
%%     e_arith_test:31.4 ok 18446744073709551616
%%     e_arith_test:32.1 error badarith in erlang:'+'(1,a) at 32
%%
%% The same .beam on another machine must write the same lines; test/oracle/run compares them.
%% So nothing may be written that differs between two runs: processes, references and ports are shown
%% as <pid>, <ref> and <port>, maps by key order.
%%
%% Needs only the emulator (no io, no lists): lines go out with erlang:display/1 unless main/1 was told
%% "io", which uses io:put_chars/1.  Always true: a line has at most ~1,000 characters and is ASCII.
-module(expect).
-export([main/1, run/2, t/2, v/1, note/1, show/1, error/1, where/1, text/1, wait_down/1, flush/0]).

%% Entry for `-run expect main MODE MODULE...`; MODE is display or io.  Modules run one after the other,
%% each in a process of its own with 200 s (they take few, but a busy host); the machine halts with 0 at the end whatever the answers were.
main([Mode | Modules]) ->
    put(expect_mode, list_to_atom(Mode)),
    each(Modules),
    line("=== done"),
    halt(0).

each([]) -> ok;
each([Name | Rest]) ->
    Module = list_to_atom(Name),
    Mode = get(expect_mode),
    {Pid, Ref} = spawn_monitor(fun() -> put(expect_mode, Mode), Module:run() end),
    receive
        {'DOWN', Ref, process, Pid, normal} -> ok;
        {'DOWN', Ref, process, Pid, Reason} -> line("!!! crash " ++ Name ++ " " ++ cut(show(Reason)))
    after 200000 ->
        exit(Pid, kill),
        line("!!! timeout " ++ Name)
    end,
    each(Rest).

%% Run the cases of a module between two marker lines.
run(Module, Cases) ->
    put(expect_module, Module),
    put(expect_count, 0),
    line("=== begin " ++ atom_to_list(Module)),
    Cases(),
    line("=== end " ++ atom_to_list(Module) ++ " " ++ integer_to_list(get(expect_count))),
    ok.

%% Evaluate one case that stands on line Line.  Returns its value, or failed.
t(Line, Fun) ->
    Key = {expect_line, Line},
    Nth = case get(Key) of undefined -> 1; N -> N + 1 end,
    put(Key, Nth),
    put(expect_count, get(expect_count) + 1),
    {Value, Text} =
        try Fun() of
            V -> {V, "ok " ++ cut(show(V))}
        catch
            Class:Reason:Stack ->
                {failed, atom_to_list(Class) ++ " " ++ cut(show(Reason)) ++ at(Class, Stack)}
        end,
    line(atom_to_list(get(expect_module)) ++ ":" ++ integer_to_list(Line) ++ "." ++
             integer_to_list(Nth) ++ " " ++ Text),
    Value.

%% A value that the compiler knows nothing about.
v(X) ->
    case get(expect_never) of
        undefined -> X;
        Y -> Y
    end.

%% A line for the reader; compared like any other.
note(Text) -> line("--- " ++ Text).

%% The reason of an error, for tests that state it themselves.
error(Fun) ->
    try Fun() of V -> {no_error, V} catch error:R -> R; C:R -> {C, R} end.

%% A stack trace without what may differ: [{M, F, Arity or Args, Line}].
where([{M, F, A, L} | Rest]) -> [{M, F, A, line_of(L)} | where(Rest)];
where([]) -> [].

%% Wait for the end of a process that we monitor: its reason.
wait_down(Ref) ->
    receive {'DOWN', Ref, _, _, Reason} -> Reason after 5000 -> no_down end.

%% Everything in the mailbox now, in order.
flush() ->
    receive M -> [M | flush()] after 0 -> [] end.

%% ---- lines

line(Text) ->
    case get(expect_mode) of
        io -> io:put_chars([Text, $\n]);
        _ -> erlang:display(Text)
    end.

cut(Text) when length(Text) =< 900 -> Text;
cut(Text) ->
    take(860, Text) ++ "... " ++ integer_to_list(length(Text)) ++ " characters, sum " ++
        integer_to_list(sum(Text, 0)).

take(0, _) -> [];
take(N, [H | T]) -> [H | take(N - 1, T)].

sum([C | T], S) -> sum(T, (S * 31 + C) rem 1000003);
sum([], S) -> S.

at(throw, _) -> "";
at(_, []) -> " nowhere";
at(_, [{M, F, A, _} | _] = Stack) ->
    " in " ++ show(M) ++ ":" ++ show(F) ++
        case is_list(A) of
            true -> "(" ++ show_elements(A) ++ ")";
            false -> "/" ++ show(A)
        end ++ " at " ++ show(own_line(Stack)).

own_line([{M, _, _, L} | Rest]) ->
    case get(expect_module) of
        M -> line_of(L);
        _ -> own_line(Rest)
    end;
own_line([]) -> none.

line_of([{line, N} | _]) -> N;
line_of([_ | T]) -> line_of(T);
line_of([]) -> none.

%% ---- terms to text: ~w, but the same on every run

%% Text of any list of characters or of a binary, as itself.
text(B) when is_binary(B) -> binary_to_list(B);
text(L) -> L.

show(T) when is_integer(T) -> integer_to_list(T);
show(T) when is_atom(T) -> show_atom(atom_to_list(T));
show(T) when is_float(T) -> float_to_list(T, [short]);
show([]) -> "[]";
show(T) when is_list(T) ->
    case printable(T) of
        true -> [$" | quote(T, $")];
        false -> "[" ++ show_elements(T) ++ "]"
    end;
show(T) when is_tuple(T) -> "{" ++ show_elements(tuple_to_list(T)) ++ "}";
show(T) when is_binary(T) ->
    L = binary_to_list(T),
    case printable(L) of
        true -> "<<" ++ [$" | quote(L, $")] ++ ">>";
        false -> "<<" ++ show_elements(L) ++ ">>"
    end;
show(T) when is_bitstring(T) ->
    Whole = byte_size(T) - 1,
    Bits = bit_size(T) rem 8,
    <<Head:Whole/binary, Last:Bits>> = T,
    Tail = integer_to_list(Last) ++ ":" ++ integer_to_list(Bits) ++ ">>",
    case Whole of
        0 -> "<<" ++ Tail;
        _ -> "<<" ++ show_elements(binary_to_list(Head)) ++ "," ++ Tail
    end;
show(T) when is_map(T) -> "#{" ++ show_pairs(sort(maps:keys(T)), T) ++ "}";
show(T) when is_function(T) ->
    {module, M} = erlang:fun_info(T, module),
    {arity, A} = erlang:fun_info(T, arity),
    case erlang:fun_info(T, type) of
        {type, external} ->
            {name, N} = erlang:fun_info(T, name),
            "fun " ++ show(M) ++ ":" ++ show(N) ++ "/" ++ show(A);
        _ -> "<fun " ++ show(M) ++ "/" ++ show(A) ++ ">"
    end;
show(T) when is_pid(T) -> "<pid>";
show(T) when is_reference(T) -> "<ref>";
show(T) when is_port(T) -> "<port>".

show_elements([]) -> "";
show_elements([H]) -> show(H);
show_elements([H | T]) when is_list(T) -> show(H) ++ "," ++ show_elements(T);
show_elements([H | T]) -> show(H) ++ "|" ++ show(T).

show_pairs([], _) -> "";
show_pairs([K], M) -> show(K) ++ "=>" ++ show(map_get(K, M));
show_pairs([K | T], M) -> show(K) ++ "=>" ++ show(map_get(K, M)) ++ "," ++ show_pairs(T, M).

show_atom([C | T] = L) when C >= $a, C =< $z ->
    case plain_atom(T) of
        true -> L;
        false -> [$' | quote(L, $')]
    end;
show_atom(L) -> [$' | quote(L, $')].

plain_atom([C | T]) when C >= $a, C =< $z; C >= $A, C =< $Z; C >= $0, C =< $9; C =:= $_; C =:= $@ ->
    plain_atom(T);
plain_atom([]) -> true;
plain_atom(_) -> false.

quote([Q | T], Q) -> [$\\, Q | quote(T, Q)];
quote([C | T], Q) when C >= 32, C < 127 -> [C | quote(T, Q)];
quote([C | T], Q) -> "\\x{" ++ integer_to_list(C, 16) ++ "}" ++ quote(T, Q);
quote([], Q) -> [Q].

printable([]) -> false;
printable(L) -> printable_all(L).

printable_all([C | T]) when is_integer(C), C >= 32, C < 127 -> printable_all(T);
printable_all([]) -> true;
printable_all(_) -> false.

%% Merge sort in the exact term order, integers before equal floats as in map keys.
sort([]) -> [];
sort([X]) -> [X];
sort(L) ->
    {A, B} = halves(L, [], []),
    merge(sort(A), sort(B)).

halves([X | T], A, B) -> halves(T, B, [X | A]);
halves([], A, B) -> {A, B}.

merge([], B) -> B;
merge(A, []) -> A;
merge([X | A], [Y | B]) ->
    case before(X, Y) of
        true -> [X | merge(A, [Y | B])];
        false -> [Y | merge([X | A], B)]
    end.

before(X, Y) when X < Y -> true;
before(X, Y) when X > Y -> false;
before(X, _) -> is_integer(X).
