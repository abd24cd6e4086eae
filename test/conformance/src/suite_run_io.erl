%% SPDX-License-Identifier: Apache-2.0
%% Group leader for test cases: passes io requests on, or captures output.
-module(suite_run_io).
-export([start/0, stop/1, capture/1, get/0]).

start() ->
    Real = group_leader(),
    spawn(fun() -> loop(Real, false, []) end).
stop(P) -> P ! stop_leader.
capture(OnOff) -> call({capture, OnOff}).
get() -> call(get).

call(Req) ->
    G = group_leader(), R = make_ref(),
    G ! {suite_run_io, self(), R, Req},
    receive {R, X} -> X after 1000 -> [] end.

loop(Real, Cap, Acc) ->
    receive
        {suite_run_io, P, R, {capture, true}} -> P ! {R, ok}, loop(Real, true, []);
        {suite_run_io, P, R, {capture, false}} -> P ! {R, ok}, loop(Real, false, Acc);
        {suite_run_io, P, R, get} -> P ! {R, lists:reverse(Acc)}, loop(Real, Cap, []);
        {io_request, From, As, Req} = M ->
            case Cap of
                false -> Real ! M, loop(Real, Cap, Acc);
                true ->
                    case chars(Req) of
                        none -> Real ! M, loop(Real, Cap, Acc);
                        S -> From ! {io_reply, As, ok}, loop(Real, Cap, [S | Acc])
                    end
            end;
        stop_leader -> linger(Real);
        _ -> loop(Real, Cap, Acc)
    end.
%% Leftover processes of a case may still print.
linger(Real) ->
    receive {io_request, _, _, _} = M -> Real ! M, linger(Real); _ -> linger(Real) after 300000 -> ok end.

chars({put_chars, _Enc, M, F, A}) -> str(apply(M, F, A));
chars({put_chars, _Enc, C}) -> str(C);
chars({put_chars, M, F, A}) -> str(apply(M, F, A));
chars({put_chars, C}) -> str(C);
chars(_) -> none.
str(C) -> unicode:characters_to_list(C).
