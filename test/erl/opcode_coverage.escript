#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%% Which instructions of opcodes_otp25.txt no compiled test contains:
%%
%%     escript test/erl/opcode_coverage.escript build/test/opt build/test/plain
%%
%% Prints the missing ones and the rarest; status 1 when one is missing.
-mode(compile).

main(Folders) when Folders =/= [] ->
    Here = filename:dirname(escript:script_name()),
    {ok, Text} = file:read_file(filename:join(Here, "opcodes_otp25.txt")),
    Wanted = [binary_to_list(hd(binary:split(L, <<"/">>))) || L <- binary:split(Text, <<"\n">>, [global, trim_all]), binary:first(L) =/= $#],
    Counts = lists:foldl(fun count_file/2, #{}, [F || D <- Folders, F <- filelib:wildcard(filename:join(D, "*.beam"))]),
    Missing = [W || W <- Wanted, not is_map_key(W, Counts)],
    Rare = lists:sublist(lists:keysort(2, [{W, C} || W <- Wanted, C <- [maps:get(W, Counts, 0)], C > 0]), 8),
    io:format("~w of ~w instructions occur; rarest: ~s~n", [length(Wanted) - length(Missing), length(Wanted), lists:join(", ", [io_lib:format("~s ~w", [W, C]) || {W, C} <- Rare])]),
    [io:format("missing: ~s~n", [M]) || M <- Missing],
    halt(case Missing of [] -> 0; _ -> 1 end);
main([]) ->
    io:format("usage: opcode_coverage.escript FOLDER...~n"),
    halt(2).

count_file(File, Counts) ->
    {ok, {_, [{"Code", Code}]}} = beam_lib:chunks(File, ["Code"]),
    <<Size:32, _:(Size * 8), Instructions/binary>> = Code,
    code(Instructions, Counts).

code(<<>>, Counts) -> Counts;
code(<<Op, Rest/binary>>, Counts) ->
    {Name, Arity} = beam_opcodes:opname(Op),
    code(operands(Arity, Rest), maps:update_with(atom_to_list(Name), fun(N) -> N + 1 end, 1, Counts)).

operands(0, B) -> B;
operands(N, B) -> operands(N - 1, operand(B)).

%% One operand skipped: tag in the three lowest bits, value as the compact term encoding has it.
operand(<<_:5, 7:3, _/binary>> = B) -> extended(B);
operand(<<_:4, 0:1, _:3, Rest/binary>>) -> Rest;
operand(<<_:3, 1:2, _:3, _, Rest/binary>>) -> Rest;
operand(<<7:3, 3:2, _:3, Rest/binary>>) -> {Size, Rest1} = number(Rest), skip(Size + 9, Rest1);
operand(<<Size:3, 3:2, _:3, Rest/binary>>) -> skip(Size + 2, Rest).

number(<<N:4, 0:1, _:3, Rest/binary>>) -> {N, Rest};
number(<<H:3, 1:2, _:3, L, Rest/binary>>) -> {H * 256 + L, Rest}.

skip(N, B) -> <<_:N/binary, Rest/binary>> = B, Rest.

%% 1 list, 2 floating point register, 3 allocation list, 4 literal, 5 register with type
extended(<<1:4, 7:4, B/binary>>) -> {N, Rest} = number(B), operands(N, Rest);
extended(<<2:4, 7:4, B/binary>>) -> operand(B);
extended(<<3:4, 7:4, B/binary>>) -> {N, Rest} = number(B), operands(2 * N, Rest);
extended(<<4:4, 7:4, B/binary>>) -> operand(B);
extended(<<5:4, 7:4, B/binary>>) -> operand(operand(B)).
