%% SPDX-License-Identifier: Apache-2.0
%% sasl, runtime_tools, observer_backend, tools; and what is not there: crypto and ssl.
-module(app_system).
-export([main/0]).

main() ->
    logger:set_primary_config(level, none), % reports come when they come
    say(sasl, application:ensure_all_started(sasl)),
    say(alarm, begin alarm_handler:set_alarm({hot, 90}), alarm_handler:get_alarms() end),
    say(no_alarm, begin alarm_handler:clear_alarm(hot), alarm_handler:get_alarms() end),
    say(runtime_tools, application:ensure_all_started(runtime_tools)),
    Info = observer_backend:sys_info(),
    say(sys_info, lists:sort([K || {K, _} <- Info])),
    say(values, [{K, proplists:get_value(K, Info)} || K <- [otp_release, version, smp_support, kernel_poll, wordsize_internal]]),
    say(tables, [is_list(observer_backend:get_table_list(ets, [{sys_hidden, B}, {unread_hidden, B}])) || B <- [true, false]]),
    say(ports, is_list(observer_backend:get_port_list())),
    Self = self(),
    Pid = spawn_link(fun() -> observer_backend:procs_info(Self) end),
    say(procs, receive {procs_info, Pid, L} -> [tuple_size(element(1, list_to_tuple(L))), element(1, hd(L))] after 5000 -> none end),
    say(etop, try etop_txt:module_info(module) catch _:_ -> none end),
    say(scheduler, [is_list(scheduler:sample()), is_list(scheduler:utilization(1))]).

say(What, Answer) -> io:format("~w: ~p~n", [What, Answer]).
