%% SPDX-License-Identifier: Apache-2.0
%%
%% The maker: a process of stock Erlang that makes programs for test/random/run, and smaller ones of them.
%%
%%     erl -noshell -nouser -pa FOLDER -run random_maker main
%%
%% Requests are lines on standard input with their length in 4 bytes before it, answers lines on standard output; bytes
%% are in base64.
%%
%%     make SEED        @made SEED NAME BEAM, or @unmade SEED REASON (a mistake of the generator)
%%     shrink SEED      @ready: from now on the next two are about this program
%%     tries FROM       programs that are smaller than the present one, the smallest first, from number FROM:
%%                      @try NUMBER NAME BEAM..., then @tries NEXT, or @tries end
%%     accept NUMBER    @ready: this is the present one now
%%     source           @source TEXT of the present one
-module(random_maker).
-export([main/0, make/1]).

-define(TRIES, 40).      % programs for one request, or
-define(PATIENCE, 4000).  % milliseconds

main() ->
    spawn(fun() ->
        group_leader(spawn(fun random_run:quiet/0), self()),
        serve(open_port({fd, 0, 1}, [stream, binary, eof]), <<>>, none)
    end).

serve(Port, <<Size:32, Request:Size/binary, Rest/binary>>, State) ->
    Say = fun(Line) -> port_command(Port, [Line, $\n]) end,
    serve(Port, Rest, answer(binary:split(Request, <<" ">>), State, Say));
serve(Port, Part, State) ->
    receive
        {Port, {data, More}} -> serve(Port, <<Part/binary, More/binary>>, State);
        {Port, eof} -> halt(0)
    end.

answer([<<"make">>, Seed], State, Say) ->
    case make(binary_to_integer(Seed)) of
        {ok, Name, _, _, Beam} -> Say(["@made ", Seed, $\s, atom_to_list(Name), $\s, base64:encode(Beam)]);
        {error, Reason} -> Say(["@unmade ", Seed, $\s, io_lib:format("~0tP", [Reason, 60])])
    end,
    State;
answer([<<"shrink">>, Seed], _, Say) ->
    {Name, Forms, Options} = random_module:module(binary_to_integer(Seed)),
    Say("@ready"),
    {Name, Forms, Options, random_shrink:smaller(Forms), #{}};
answer([<<"tries">>, From], {Name, Forms, Options, Smaller, _}, Say) ->
    End = erlang:monotonic_time(millisecond) + ?PATIENCE,
    {Found, Next} = tries(binary_to_integer(From), Smaller, Options, End, #{}),
    maps:foreach(fun(N, {_, Beam}) -> Say(["@try ", integer_to_list(N), $\s, atom_to_list(Name), $\s, base64:encode(Beam)]) end, Found),
    Say(["@tries ", case Next of stop -> "end"; _ -> integer_to_list(Next) end]),
    {Name, Forms, Options, Smaller, Found};
answer([<<"accept">>, Number], {Name, _, Options, _, Found}, Say) ->
    {Forms, _} = maps:get(binary_to_integer(Number), Found),
    Say("@ready"),
    {Name, Forms, Options, random_shrink:smaller(Forms), #{}};
answer([<<"source">>], {_, Forms, Options, _, _} = State, Say) ->
    Text = [io_lib:format("%% compiler's options: ~w~n", [Options]), [erl_pp:form(F) || F <- Forms, element(1, F) =/= eof]],
    Say(["@source ", base64:encode(unicode:characters_to_binary(Text))]),
    State.

%% {ok, Name, Forms, Options, Beam}.
make(Seed) ->
    try
        {Name, Forms, Options} = random_module:module(Seed),
        case compile(Forms, Options) of
            {ok, Beam} -> {ok, Name, Forms, Options, Beam};
            {error, Reason} -> {error, Reason}
        end
    catch
        Class:Why:Stack -> {error, {Class, Why, Stack}}
    end.

compile(Forms, Options) ->
    case compile_once(Forms, Options) of
        %% A pass of OTP 25's compiler that has mistakes of its own.
        {error, [{_, [{none, compile, {crash, beam_ssa_recv, _, _}}]}]} -> compile_once(Forms, [no_recv_opt | Options]);
        Result -> Result
    end.

compile_once(Forms, Options) ->
    try compile:forms(Forms, [binary, return_errors | Options]) of
        {ok, _, Beam} -> {ok, Beam};
        {ok, _, Beam, _} -> {ok, Beam};
        {error, Errors, _} -> {error, Errors};
        error -> {error, unknown}
    catch
        Class:Why:_ -> {error, {Class, Why}}
    end.

%% The next programs that compile: as many as are asked for, or can be had until End.
tries(N, Smaller, Options, End, Found) ->
    Enough = map_size(Found) >= ?TRIES orelse erlang:monotonic_time(millisecond) > End,
    if
        N > tuple_size(Smaller) -> {Found, stop};
        Enough -> {Found, N};
        true ->
            Forms = (element(N, Smaller))(),
            case compile(Forms, Options) of
                {ok, Beam} -> tries(N + 1, Smaller, Options, End, Found#{N => {Forms, Beam}});
                {error, _} -> tries(N + 1, Smaller, Options, End, Found)
            end
    end.
