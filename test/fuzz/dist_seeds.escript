#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%% dist_seeds.escript FOLDER -- messages of the distribution's protocol as a node would send them: what fuzz_dist.c reads.
%% The other node is them@there, creation 7; we are us@here, creation 5.

main([Folder]) ->
    Messages = messages(),
    [write(Folder, "plain", I, 3, [<<112, 131, C/binary, (payload(P, <<131>>))/binary>>]) || {I, {C, P}} <- lists:enumerate(Messages)],
    [write(Folder, "header", I, 1, [<<131, 68, 0, C/binary, (payload(P, <<>>))/binary>>]) || {I, {C, P}} <- lists:enumerate(Messages)],
    Cached = <<131, 68, 2, (16#88), 0, 1, 6, "victim", 2, 3, "foo">>,
    Again = <<131, 68, 2, 0, 0, 1, 2>>,
    Send = fun(H) -> <<H/binary, (tuple([6, them(1), {atom, 0}, {atom, 0}]))/binary, (tuple([{atom, 1}, {atom, 0}]))/binary>> end,
    write(Folder, "cache", 1, 0, [Send(Cached), Send(Again), <<>>, Send(Again)]),
    Long = <<131, 68, 1, 16#18, 0, 6:16, "victim">>,
    write(Folder, "cache", 2, 0, [<<Long/binary, (tuple([6, them(1), '', {atom, 0}]))/binary, (ext(ok))/binary>>]),
    Body = <<(tuple([6, them(1), '', victim]))/binary, (ext(lists:duplicate(40, <<"part of a message">>)))/binary>>,
    First = min(100, byte_size(Body)),
    <<A:First/binary, B:100/binary, C/binary>> = Body,
    write(Folder, "fragments", 1, 0, [<<131, 69, 9:64, 3:64, 0, A/binary>>, <<131, 70, 9:64, 2:64, B/binary>>,
                                      <<131, 68, 0, (tuple([22, them(2), us(1)]))/binary, 97, 1>>, <<131, 70, 9:64, 1:64, C/binary>>]).

messages() ->
    Token = {0, label, 1, 1, 0},
    [{tuple([1, them(5), us(4)]), none}, {tuple([2, '', us(4)]), {a, message}}, {tuple([3, them(1), us(4), reason]), none},
     {tuple([4, them(1), us(4)]), none}, {tuple([6, them(1), '', victim]), [1, 2, 3]}, {tuple([7, them(1), us(4)]), none},
     {tuple([8, them(1), us(4), kill]), none}, {tuple([12, '', us(4), token(Token)]), traced}, {tuple([13, them(1), us(4), token(Token), why]), none},
     {tuple([19, them(2), us(4), their_ref()]), none}, {tuple([19, them(2), victim, their_ref()]), none}, {tuple([20, them(2), us(4), their_ref()]), none},
     {tuple([21, them(3), us(4), our_ref(2), noproc]), none}, {tuple([22, them(1), us(4)]), #{map => <<"bytes">>}}, {tuple([24, them(1), us(4)]), {exit, reason}},
     {tuple([26, them(1), us(4)]), shutdown}, {tuple([28, them(3), us(4), our_ref(2)]), normal},
     {tuple([29, their_ref(), them(1), them(1), {lists, seq, 2}, [link, monitor]]), [1, 2]}, {tuple([31, our_ref(), us(4), 3, them(9)]), none},
     {tuple([31, our_ref(), us(4), 0, badopt]), none}, {tuple([33, them(1), our_ref()]), alias}, {tuple([35, 77, them(1), us(4)]), none},
     {tuple([36, 77, them(1), us(4)]), none}].

payload(none, _) -> <<>>;
payload(Term, Version) -> <<Version/binary, (ext(Term))/binary>>.

write(Folder, Name, I, Flags, Packets) ->
    Bytes = [Flags | [[<<(byte_size(P)):16>>, P] || P <- Packets]],
    ok = file:write_file(filename:join(Folder, lists:concat([Name, "-", I])), Bytes).

tuple(Parts) -> <<104, (length(Parts)), << <<(ext(P))/binary>> || P <- Parts >>/binary>>.

%% Without the version; what is a binary in a tuple of these is there as it is.
ext({atom, Number}) -> <<82, Number>>;
ext({raw, Bytes}) -> Bytes;
ext(Term) -> <<131, Bytes/binary>> = term_to_binary(Term, [{minor_version, 2}]), Bytes.

them(N) -> pid(<<"them@there">>, 7, N).
us(N) -> pid(<<"us@here">>, 5, N).
pid(Node, Creation, N) -> {raw, <<88, 119, (byte_size(Node)), Node/binary, N:32, 0:32, Creation:32>>}.
their_ref() -> {raw, <<90, 3:16, 119, 10, "them@there", 7:32, 1:32, 2:32, 3:32>>}.
our_ref() -> our_ref(1).
our_ref(N) -> {raw, <<90, 3:16, 119, 7, "us@here", 5:32, N:32, 0:32, 0:32>>}.
token({Flags, Label, Serial, _, Last}) -> {raw, tuple([Flags, Label, Serial, them(1), Last])}.
