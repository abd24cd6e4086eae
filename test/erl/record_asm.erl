%% SPDX-License-Identifier: Apache-2.0
%%
%% Writes .beam files with native records (OTP 29), for a compiler that does not know them: OTP 25's.
%%
%% module(Name, Records, Functions) is the file.  Records: {Name, Exported, [{Field, Default} | Field]}.
%% Functions: {Name, Arity, Instructions}, all exported; their labels count up from 100, and function number
%% N (from 0) has 2*N+1 for its head and 2*N+2 for its entry.
%% Operands: {x, N}, {f, Label}, {atom, A}, {integer, I}, {literal, Term}, nil, {list, L}, or a number.
-module(record_asm).
-export([module/3]).

module(Module, Records, Functions) ->
    D0 = atom(Module, #{atoms => [], literals => []}),
    {Code, Exports, D1} = functions(Functions, Module, 1, [], [], D0),
    {Recs, D2} = records(Records, D1),
    #{atoms := Atoms, literals := Literals} = D2,
    Labels = 1 + lists:max([2 * length(Functions) | [L || {_, _, Body} <- Functions, {label, L} <- Body]]),
    form([{"AtU8", [<<(-length(Atoms)):32>>, [text(A) || A <- Atoms]]},
          {"Code", [<<16:32, 0:32, 191:32, Labels:32, (length(Functions)):32>>, Code, 3]},
          {"StrT", []},
          {"ImpT", <<0:32>>},
          {"ExpT", [<<(length(Exports)):32>> | Exports]},
          {"LitT", [<<0:32, (length(Literals)):32>> |
                    [begin B = term_to_binary(L), [<<(byte_size(B)):32>>, B] end || L <- Literals]]}
          | Recs]).

form(Chunks) ->
    Body = iolist_to_binary(["BEAM" | [chunk(Name, iolist_to_binary(Data)) || {Name, Data} <- Chunks]]),
    <<"FOR1", (byte_size(Body)):32, Body/binary>>.

chunk(Name, Data) ->
    Size = byte_size(Data),
    [Name, <<Size:32>>, Data, <<0:((-Size band 3) * 8)>>].

text(A) ->
    Text = atom_to_binary(A, utf8),
    [encode(0, byte_size(Text)), Text].

functions([], _, _, Code, Exports, D) -> {lists:reverse(Code), lists:reverse(Exports), D};
functions([{Name, Arity, Body} | Rest], Module, Label, Code, Exports, D0) ->
    Head = [{label, Label}, {func_info, {atom, Module}, {atom, Name}, Arity}, {label, Label + 1}],
    {Bytes, D1} = lists:mapfoldl(fun instruction/2, D0, Head ++ Body),
    {Index, D2} = index(atoms, Name, D1),
    Export = <<(Index + 1):32, Arity:32, (Label + 1):32>>,
    functions(Rest, Module, Label + 2, [Bytes | Code], [Export | Exports], D2).

records([], D) -> {[], D};
records(Records, D0) ->
    {Bytes, D} = lists:mapfoldl(
        fun({Name, Exported, Fields}, Dict) ->
            List = lists:append([case F of {K, V} -> [{atom, K}, {literal, V}]; K -> [{atom, K}, 0] end || F <- Fields]),
            instruction({call_last, {atom, Name}, {atom, Exported}, {list, List}}, Dict)
        end, D0, Records),
    Count = lists:sum([length(Fields) || {_, _, Fields} <- Records]),
    {[{"Recs", [<<0:32, (length(Records)):32, Count:32>> | Bytes]}], D}.

instruction(I, D0) when is_tuple(I) ->
    [Name | Args] = tuple_to_list(I),
    {Bytes, D} = lists:mapfoldl(fun operand/2, D0, Args),
    {[op(Name) | Bytes], D};
instruction(Name, D) -> {[op(Name)], D}.

op(label) -> 1; op(func_info) -> 2; op(call_last) -> 5; op(test_heap) -> 16; op(return) -> 19; op(is_eq_exact) -> 43;
op(move) -> 64; op(put_tuple2) -> 164; op(badrecord) -> 180; op(is_any_native_record) -> 186;
op(is_native_record) -> 187; op(get_record_elements) -> 188; op(put_record) -> 189;
op(is_record_accessible) -> 190; op(get_record_field) -> 191.

operand(N, D) when is_integer(N) -> {encode(0, N), D};
operand({integer, N}, D) -> {encode(1, N), D};
operand({atom, A}, D0) -> {I, D} = index(atoms, A, D0), {encode(2, I + 1), D};
operand(nil, D) -> {encode(2, 0), D};
operand({x, N}, D) -> {encode(3, N), D};
operand({f, N}, D) -> {encode(5, N), D};
operand({literal, L}, D0) -> {I, D} = index(literals, L, D0), {[encode(7, 4), encode(0, I)], D};
operand({list, L}, D0) ->
    {Bytes, D} = lists:mapfoldl(fun operand/2, D0, L),
    {[encode(7, 1), encode(0, length(L)) | Bytes], D}.

atom(A, D0) -> {_, D} = index(atoms, A, D0), D.

index(Table, Term, D) ->
    L = maps:get(Table, D),
    case find(Term, L, 0) of
        none -> {length(L), D#{Table := L ++ [Term]}};
        I -> {I, D}
    end.

find(_, [], _) -> none;
find(T, [T1 | _], I) when T =:= T1 -> I;
find(T, [_ | L], I) -> find(T, L, I + 1).

encode(Tag, N) when N >= 0, N < 16 -> <<N:4, 0:1, Tag:3>>;
encode(Tag, N) when N >= 0, N < 2048 -> <<(N bsr 8):3, 1:2, Tag:3, N:8>>;
encode(Tag, N) ->
    Bytes = bytes(N, 2),
    <<(Bytes - 2):3, 3:2, Tag:3, N:(Bytes * 8)>>.

bytes(N, B) when N >= -(1 bsl (B * 8 - 1)), N < 1 bsl (B * 8 - 1) -> B;
bytes(N, B) -> bytes(N, B + 1).
