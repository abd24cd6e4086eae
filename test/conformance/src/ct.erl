%% SPDX-License-Identifier: Apache-2.0
%% Stand-in for common_test's ct module: just what OTP's erts/stdlib/kernel/compiler suites call.
-module(ct).
-export([pal/1, pal/2, pal/3, pal/4, pal/5, log/1, log/2, log/3, log/4, log/5, print/1, print/2, print/3, print/4, print/5]).
-export([fail/1, fail/2, error/1, error/2, comment/1, comment/2, sleep/1, timetrap/1, get_timetrap_info/0]).
-export([get_config/1, get_config/2, get_config/3, require/1, require/2, get_progname/0, get_status/0]).
-export([capture_start/0, capture_stop/0, capture_get/0, capture_get/1, notify/2, add_config/2, get_target_name/1]).

pal(F) -> p(F, []).
pal(F, A) when is_list(A) -> p(F, A);
pal(_, F) -> p(F, []).
pal(C, F, A) when is_atom(C); is_integer(C) -> p(F, A);
pal(F, A, _Opts) -> p(F, A).
pal(_, X, F, A) when is_list(F), is_list(A), not is_list(X) -> p(F, A);
pal(_, F, A, _) -> p(F, A).
pal(_, _, F, A, _) -> p(F, A).
log(F) -> p(F, []).
log(F, A) when is_list(A) -> p(F, A);
log(_, F) -> p(F, []).
log(A, B, C) -> pal(A, B, C).
log(A, B, C, D) -> pal(A, B, C, D).
log(A, B, C, D, E) -> pal(A, B, C, D, E).
print(F) -> p(F, []).
print(F, A) -> pal(F, A).
print(A, B, C) -> pal(A, B, C).
print(A, B, C, D) -> pal(A, B, C, D).
print(A, B, C, D, E) -> pal(A, B, C, D, E).
%% Log text is dropped unless --verbose style printing is wanted: set VERBOSE=1.
p(F, A) ->
    case os:getenv("SUITE_RUN_VERBOSE") of
        false -> ok;
        _ -> catch io:format(user, unicode:characters_to_list([F, "~n"]), A), ok
    end.

fail(R) -> erlang:exit({test_case_failed, R}).
fail(F, A) ->
    S = try lists:flatten(io_lib:format(F, A)) catch _:_ -> {F, A} end,
    erlang:exit({test_case_failed, S}).
error(R) -> fail(R).
error(F, A) -> fail(F, A).
comment(_) -> ok.
comment(_, _) -> ok.
sleep(infinity) -> receive after infinity -> ok end;
sleep({hours, N}) -> sleep(N * 3600000);
sleep({minutes, N}) -> sleep(N * 60000);
sleep({seconds, N}) -> sleep(N * 1000);
sleep(N) -> receive after round(N) -> ok end.
timetrap(T) -> suite_run:set_timetrap(T).
get_timetrap_info() -> {60000, {true, 1}}.
get_config(_) -> undefined.
get_config(_, D) -> D.
get_config(_, D, _) -> D.
require(_) -> {error, not_available}.
require(_, _) -> {error, not_available}.
add_config(_, _) -> ok.
get_target_name(_) -> {error, not_available}.
get_progname() -> case init:get_argument(progname) of {ok, [[P]]} -> P; _ -> "erl" end.
get_status() -> no_tests_running.
notify(_, _) -> ok.
capture_start() -> suite_run_io:capture(true).
capture_stop() -> suite_run_io:capture(false).
capture_get() -> capture_get([]).
capture_get(_) -> suite_run_io:get().
