%% SPDX-License-Identifier: Apache-2.0
%% gen_server, gen_statem, gen_event, supervisor, proc_lib, sys, logger: the ordinary life and the crashes.
-module(o_behaviour_test).
-export([run/0, init/1, handle_call/3, handle_cast/2, handle_info/2, handle_continue/2, terminate/2, code_change/3]).
-export([handle_call/2, callback_mode/0, locked/3, open/3, handle_event/2, log/2]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    servers(),
    server_errors(),
    statem(),
    events(),
    supervisors(),
    plumbing(),
    reports(),
    applications().

%% ---- callbacks of all

init({server, S}) -> {ok, S};
init({server, S, Extra}) -> {ok, S, Extra};
init({stop, R}) -> {stop, R};
init(ignore) -> ignore;
init({crash, R}) -> error(R);
init({statem, Code}) -> {ok, locked, #{code => Code, typed => []}};
init({event, Owner, Name}) -> {ok, {Owner, Name}};
init({supervisor, Flags, Children}) -> {ok, {Flags, Children}}.

handle_call(get, _, S) -> {reply, S, S};
handle_call({set, X}, _, S) -> {reply, S, X};
handle_call({later, X}, From, S) -> self() ! {answer, From, X}, {noreply, S};
handle_call({crash, R}, _, _) -> error(R);
handle_call({exit, R}, _, _) -> exit(R);
handle_call({stop, R}, _, S) -> {stop, R, stopped, S};
handle_call({timeout, T}, _, S) -> {reply, ok, S, T};
handle_call({continue, X}, _, S) -> {reply, ok, S, {continue, X}};
handle_call(bad_return, _, _) -> nonsense;
handle_call(silent, _, S) -> {noreply, S};
handle_call(hibernate, _, S) -> {reply, ok, S, hibernate}.
handle_call(Event, {Owner, Name} = S) -> Owner ! {Name, call, Event}, {ok, {reply_from, Name}, S}.
handle_cast({set, X}, _) -> {noreply, X};
handle_cast({crash, R}, _) -> error(R);
handle_cast(stop, S) -> {stop, normal, S}.
handle_info({answer, From, X}, S) -> gen_server:reply(From, {late, X}), {noreply, S};
handle_info(timeout, S) -> {noreply, {timed_out, S}};
handle_info(M, {Pid, _} = S) when is_pid(Pid) -> Pid ! {info, M}, {ok, S};
handle_info(M, S) -> {noreply, {info, M, S}}.
handle_continue(X, S) -> {noreply, {continued, X, S}}.
terminate(R, {tell, Pid}) -> Pid ! {terminated, R};
terminate(_, _) -> ok.
code_change(_, S, Extra) -> {ok, {changed, S, Extra}}.

callback_mode() -> [state_functions, state_enter].
locked(enter, _, D) -> {keep_state, D#{typed := []}};
locked(cast, {button, B}, #{code := C, typed := T} = D) ->
    case [B | T] of
        N when length(N) < length(C) -> {keep_state, D#{typed := N}, [{state_timeout, 5000, reset}]};
        N -> case lists:reverse(N) of C -> {next_state, open, D}; _ -> {keep_state, D#{typed := []}} end
    end;
locked({call, From}, state, D) -> {keep_state, D, [{reply, From, locked}]};
locked(state_timeout, reset, D) -> {keep_state, D#{typed := []}};
locked(info, _, D) -> {keep_state, D, [postpone]}.
open(enter, _, _) -> {keep_state_and_data, [{state_timeout, 30, close}]};
open({call, From}, state, D) -> {keep_state, D, [{reply, From, open}]};
open({call, From}, {postpone, X}, _) -> {keep_state_and_data, [{reply, From, {open_answers, X}}]};
open(state_timeout, close, D) -> {next_state, locked, D};
open(cast, {button, _}, _) -> {keep_state_and_data, [postpone]};
open(info, _, _) -> keep_state_and_data;
open(cast, crash, _) -> error(crashed_open).

handle_event(stop, {Owner, Name}) -> Owner ! {Name, stopping}, remove_handler;
handle_event(crash, _) -> error(handler_crash);
handle_event(E, {Owner, Name} = S) -> Owner ! {Name, E}, {ok, S}.

%% ---- cases

start(Arg) -> gen_server:start(?MODULE, Arg, []).
server(S) -> {ok, P} = start({server, S}), P.

servers() ->
    P = server(1),
    ?T(gen_server:call(P, get)),
    ?T(gen_server:call(P, {set, 2})),
    ?T(gen_server:cast(P, {set, 3})),
    ?T(gen_server:call(P, get)),
    ?T(gen_server:call(P, {later, x})),
    ?T(begin P ! message, gen_server:call(P, get) end),
    ?T(gen_server:call(P, {continue, c})),
    ?T(gen_server:call(P, get)),
    ?T(begin gen_server:call(P, {timeout, 1}), timer:sleep(20), gen_server:call(P, get) end),
    ?T(gen_server:call(P, hibernate)),
    ?T(gen_server:call(P, {set, after_hibernation})),
    ?T(gen_server:call(P, silent, 10)),
    ?T(begin R = gen_server:send_request(P, get), gen_server:receive_response(R, 1000) end),
    ?T(begin R = gen_server:send_request(P, get), gen_server:wait_response(R, 1000) end),
    ?T(gen_server:multi_call([node()], no_such_name, x)),
    ?T(begin gen_server:call(P, {set, {tell, self()}}), gen_server:stop(P), receive {terminated, R} -> R after 1000 -> none end end),
    ?T(gen_server:call(P, get)),
    ?T(begin {ok, Q} = gen_server:start({local, behaviour_name}, ?MODULE, {server, named}, []), X = {gen_server:call(behaviour_name, get), whereis(behaviour_name) =:= Q, element(1, gen_server:start({local, behaviour_name}, ?MODULE, {server, x}, []))}, gen_server:stop(behaviour_name), X end),
    ?T(begin {ok, Q} = gen_server:start({global, behaviour_global}, ?MODULE, {server, g}, []), X = gen_server:call({global, behaviour_global}, get), gen_server:stop(Q), X end),
    ?T(begin {ok, Q} = gen_server:start(?MODULE, {server, s, {continue, from_init}}, []), gen_server:call(Q, get) end).

server_errors() ->
    ?T(start({stop, reason})),
    ?T(start(ignore)),
    ?T(element(1, element(2, start({crash, why})))),
    ?T(gen_server:call(no_such_server, x)),
    ?T(gen_server:call(?V({bad, name, here}), x)),
    ?T(begin P = server(1), try gen_server:call(P, {crash, oops}) catch exit:{{R, _}, {M, F, _}} -> {R, M, F} end end),
    ?T(begin P = server(1), try gen_server:call(P, {exit, oops}) catch exit:{R, {M, F, _}} -> {R, M, F} end end),
    ?T(begin P = server(1), R = monitor(process, P), {gen_server:call(P, {stop, normal}), receive {'DOWN', R, process, P, Why} -> Why end} end),
    ?T(begin P = server(1), try gen_server:call(P, bad_return) catch exit:{R, _} -> R end end),
    ?T(begin {ok, P} = gen_server:start_link(?MODULE, {server, 1}, []), gen_server:cast(P, {crash, linked}), receive {'EXIT', P, {R, [{M, F, A, _} | _]}} -> {R, M, F, A} after 1000 -> none end end),
    ?T(begin {ok, P} = gen_server:start_link(?MODULE, {server, 1}, []), gen_server:cast(P, stop), receive {'EXIT', P, R} -> R after 1000 -> none end end).

statem() ->
    {ok, P} = gen_statem:start_link(?MODULE, {statem, [1, 2, 3]}, []),
    Press = fun(B) -> gen_statem:cast(P, {button, B}) end,
    ?T(gen_statem:call(P, state)),
    ?T(begin [Press(B) || B <- [1, 2, 9]], gen_statem:call(P, state) end),
    ?T(begin [Press(B) || B <- [1, 2, 3]], gen_statem:call(P, state) end),
    ?T(gen_statem:call(P, {postpone, q})),
    ?T(begin timer:sleep(80), gen_statem:call(P, state) end),
    ?T(begin [Press(B) || B <- [1, 2, 3]], open = gen_statem:call(P, state), gen_statem:cast(P, crash), receive {'EXIT', P, {R, _}} -> R after 1000 -> none end end),
    ?T(gen_statem:call(P, state)).

events() ->
    {ok, M} = gen_event:start(),
    Me = self(),
    Get = fun() -> receive X -> X after 100 -> none end end,
    ?T(gen_event:add_handler(M, ?MODULE, {event, Me, one})),
    ?T(gen_event:add_handler(M, {?MODULE, two}, {event, Me, two})),
    ?T(gen_event:which_handlers(M)),
    ?T(begin gen_event:notify(M, hello), lists:sort([Get(), Get()]) end),
    ?T(begin gen_event:sync_notify(M, again), lists:sort([Get(), Get()]) end),
    ?T(begin M ! raw, [Get(), Get()] end),
    ?T(gen_event:delete_handler(M, {?MODULE, two}, x)),
    ?T(gen_event:delete_handler(M, nobody, x)),
    ?T(begin gen_event:sync_notify(M, crash), gen_event:which_handlers(M) end),
    ?T(begin gen_event:add_handler(M, ?MODULE, {event, Me, three}), gen_event:notify(M, stop), {Get(), gen_event:which_handlers(M)} end),
    ?T(gen_event:stop(M)),
    ?T(expect:flush()).

child(Id, Restart) ->
    #{id => Id, start => {gen_server, start_link, [{local, Id}, ?MODULE, {server, Id}, []]}, restart => Restart, shutdown => 1000}.

supervisors() ->
    Flags = fun(S) -> #{strategy => S, intensity => 3, period => 5} end,
    [begin
         {ok, S} = supervisor:start_link(?MODULE, {supervisor, Flags(Strategy), [child(c1, permanent), child(c2, transient), child(c3, temporary)]}),
         ?T({Strategy, [Id || {Id, _, _, _} <- supervisor:which_children(S)]}),
         ?T(supervisor:count_children(S)),
         Before = [whereis(C) || C <- [c1, c2, c3]],
         exit(whereis(c2), boom),
         timer:sleep(30),
         ?T([case whereis(C) of undefined -> gone; Old -> same; New when is_pid(New) -> new end || {C, Old} <- lists:zip([c1, c2, c3], Before)]),
         ?T(gen_server:call(c2, get)),
         ?T(begin gen_server:stop(c2), timer:sleep(10), whereis(c2) end),
         ?T(element(1, supervisor:restart_child(S, c2))),
         ?T(supervisor:terminate_child(S, c1)),
         ?T(supervisor:delete_child(S, c1)),
         ?T(element(1, supervisor:start_child(S, child(c4, permanent)))),
         ?T(element(1, supervisor:start_child(S, child(c4, permanent)))),
         ?T(supervisor:delete_child(S, nobody)),
         ?T(begin unlink(S), R = monitor(process, S), [begin catch exit(whereis(c4), again), timer:sleep(10) end || _ <- [1, 2, 3, 4, 5]], expect:wait_down(R) end),
         ?T([whereis(C) || C <- [c1, c2, c3, c4]])
     end || Strategy <- [one_for_one, one_for_all, rest_for_one]],
    {ok, S} = supervisor:start_link(?MODULE, {supervisor, Flags(simple_one_for_one), [#{id => x, start => {gen_server, start_link, [?MODULE]}, restart => temporary}]}),
    ?T([element(1, supervisor:start_child(S, [{server, N}, []])) || N <- [1, 2, 3]]),
    ?T(supervisor:count_children(S)),
    ?T(element(1, supervisor:start_child(S, [{stop, no}, []]))),
    ?T(begin unlink(S), R = monitor(process, S), exit(S, shutdown), expect:wait_down(R) end),
    ?T(supervisor:start_link(?MODULE, {supervisor, Flags(wrong), []})),
    ?T(element(1, element(2, supervisor:start_link(?MODULE, {supervisor, Flags(one_for_one), [#{id => a, start => {no_such_module, f, []}}]})))),
    ?T(supervisor:check_childspecs([child(a, permanent), #{id => b}])),
    ?T(begin timer:sleep(5), length(expect:flush()) >= 0 end).

plumbing() ->
    ?T(proc_lib:start(erlang, apply, [fun() -> proc_lib:init_ack({ok, fine}) end, []])),
    ?T(proc_lib:start(erlang, apply, [fun() -> exit(early) end, []])),
    ?T(proc_lib:start_link(erlang, apply, [fun() -> timer:sleep(1000) end, []], 10)),
    ?T(begin Self = self(), P = proc_lib:spawn(fun() -> Self ! up, receive x -> ok end end), receive up -> ok end, X = proc_lib:translate_initial_call(P), exit(P, kill), element(1, X) end),
    ?T(begin P = server(state), X = sys:get_state(P), gen_server:stop(P), X end),
    ?T(begin P = server(1), sys:replace_state(P, fun(S) -> S + 10 end), gen_server:call(P, get) end),
    ?T(begin P = server(1), sys:suspend(P), X = (catch gen_server:call(P, get, 20)), sys:resume(P), {element(1, element(2, X)), gen_server:call(P, get)} end),
    ?T(begin P = server(1), sys:suspend(P), R = sys:change_code(P, ?MODULE, old, extra), sys:resume(P), {R, gen_server:call(P, get)} end),
    ?T(begin P = server(1), sys:statistics(P, true), gen_server:call(P, get), {ok, L} = sys:statistics(P, get), [K || {K, _} <- L] end),
    ?T(element(1, sys:get_status(server(1)))),
    ?T(expect:flush() =/= x).

%% logger's callback
log(#{level := L, msg := {report, #{label := Label}}}, #{config := Pid}) -> Pid ! {L, Label};
log(#{level := L, msg := {string, S}}, #{config := Pid}) -> Pid ! {L, unicode:characters_to_list(S)};
log(#{level := L, msg := {F, A}}, #{config := Pid}) when is_list(F) -> Pid ! {L, lists:flatten(io_lib:format("~.40s", [lists:flatten(io_lib:format(F, [case X of _ when is_pid(X) -> pid; _ -> X end || X <- A]))]))};
log(_, _) -> ok.

reports() ->
    #{level := Old} = logger:get_primary_config(),
    ok = logger:set_primary_config(level, notice),
    _ = logger:set_handler_config(default, level, none),
    ?T(logger:add_handler(behaviour, ?MODULE, #{config => self()})),
    Get = fun() -> receive X -> X after 200 -> none end end,
    ?T(begin logger:error("a text"), Get() end),
    ?T(begin logger:warning("with ~w", [argument]), Get() end),
    ?T(begin logger:debug("not seen"), Get() end),
    ?T(begin logger:log(notice, #{label => mine}), Get() end),
    ?T(begin P = server(1), catch gen_server:call(P, {crash, reported}), lists:sort([Get(), Get()]) end),
    ?T(begin spawn(fun() -> error(plain_process) end), element(1, Get()) end),
    ?T(begin proc_lib:spawn(fun() -> error(proc_lib_process) end), Get() end),
    ?T(begin error_logger:error_msg("old ~s", ["way"]), Get() end),
    ?T(logger:remove_handler(behaviour)),
    ?T(logger:remove_handler(behaviour)),
    ?T(lists:flatten(logger_formatter:format(#{level => error, msg => {"x ~w", [1]}, meta => #{time => 0}}, #{template => [level, ": ", msg], single_line => true}))),
    ok = logger:set_primary_config(level, Old).

applications() ->
    ?T(application:load({application, behaviour_app, [{vsn, "1"}, {modules, []}, {registered, []}, {applications, [kernel]}, {env, [{k, v}]}]})),
    ?T(application:get_env(behaviour_app, k)),
    ?T(application:set_env(behaviour_app, k, w)),
    ?T(application:get_all_env(behaviour_app)),
    ?T(application:start(behaviour_app)),
    ?T([A || {A, _, _} <- application:which_applications(), A =:= behaviour_app]),
    ?T(application:stop(behaviour_app)),
    ?T(application:unload(behaviour_app)),
    ?T(application:unload(behaviour_app)).
