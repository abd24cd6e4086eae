%% SPDX-License-Identifier: Apache-2.0
%%
%% Smaller programs from a program: elements of lists left out, expressions replaced by a part of themselves or by a
%% constant.  It knows next to nothing about Erlang: what does not compile is no candidate, the compiler says so.
-module(random_shrink).
-export([smaller/1, weight/1]).

%% A tuple of funs, each of which gives forms; the smallest forms first.
smaller(Forms) ->
    {Head, Functions} = lists:splitwith(fun(F) -> element(1, F) =/= function end, Forms),
    Edits = edits(Functions),
    list_to_tuple([fun() -> Head ++ apply_edit(Functions, Path, Edit) end || {_, Path, Edit} <- lists:sort(fun({A, _, _}, {B, _, _}) -> A >= B end, Edits)]).

%% [{Size that is saved, Path, {put, New} | drop}]; a path is the list of positions from the top.
edits(Term) -> edits(Term, [], []).

edits(Term, Path, Found) when is_list(Term) ->
    Proper = is_list(Term) andalso length_of(Term) > 0,
    case Proper of
        true ->
            Dropped = [{weight(T), lists:reverse([N | Path]), drop} || {N, T} <- lists:enumerate(Term), is_tuple(T)],
            Halves = case length(Term) > 3 of
                true -> H = length(Term) div 2, {A, B} = lists:split(H, Term),
                        [{weight(B), lists:reverse(Path), {put, A}}, {weight(A), lists:reverse(Path), {put, B}}];
                false -> []
            end,
            lists:foldl(fun({N, T}, F) -> edits(T, [N | Path], F) end, Dropped ++ Halves ++ Found, lists:enumerate(Term));
        false -> Found
    end;
edits(Term, Path, Found) when is_tuple(Term) ->
    Own = case is_expression(Term) of
        true ->
            Size = weight(Term),
            L = element(2, Term),
            Parts = lists:sublist(lists:usort(parts(tl(tl(tuple_to_list(Term))), 2)), 12),
            Constants = [C || C <- [{atom, L, ok}, {integer, L, 0}, {nil, L}], element(1, Term) =/= element(1, C), Size > 1],
            [{Size - weight(P), lists:reverse(Path), {put, P}} || P <- Parts ++ Constants, Size >= weight(P), P =/= Term];
        false -> []
    end,
    lists:foldl(fun({N, T}, F) -> edits(T, [N | Path], F) end, Own ++ Found, lists:enumerate(tuple_to_list(Term)));
edits(_, _, Found) -> Found.

is_expression(T) -> tuple_size(T) >= 2 andalso is_atom(element(1, T)) andalso is_integer(element(2, T)) andalso not lists:member(element(1, T), [function, clause, bin_element, attribute]).

%% Expressions inside, at most Depth levels down.
parts(_, 0) -> [];
parts(T, Depth) when is_tuple(T) ->
    case is_expression(T) of
        true -> [T | parts(tuple_to_list(T), Depth - 1)];
        false -> parts(tuple_to_list(T), Depth)
    end;
parts([H | T], Depth) -> parts(H, Depth) ++ parts(T, Depth);
parts(_, _) -> [].

weight(T) when is_tuple(T) -> 1 + weight(tuple_to_list(T));
weight([H | T]) -> weight(H) + weight(T);
weight(_) -> 0.

length_of([_ | T]) -> 1 + length_of(T);
length_of(_) -> 0.

apply_edit(_, [], {put, New}) -> New;
apply_edit(List, [N], drop) when is_list(List) -> {A, [_ | B]} = lists:split(N - 1, List), A ++ B;
apply_edit(List, [N | Path], Edit) when is_list(List) -> {A, [X | B]} = lists:split(N - 1, List), A ++ [apply_edit(X, Path, Edit) | B];
apply_edit(Tuple, [N | Path], Edit) -> setelement(N, Tuple, apply_edit(element(N, Tuple), Path, Edit)).
