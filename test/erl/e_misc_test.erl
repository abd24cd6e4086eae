%% SPDX-License-Identifier: Apache-2.0
%% What is left of `erlang`, `math`, `os` and `erts_internal` that a program can see.
-module(e_misc_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    math_values(),
    math_errors(),
    environment(),
    system(),
    packets(),
    sizes(),
    modules(),
    guard_functions(),
    display(),
    halting().

%% Twelve digits: the last ones belong to the C library.
math_values() ->
    Xs = ?V([0.0, 0.5, 1.0, -0.75, 1, 0]),
    [?T({F, digits(math:F(X))}) || F <- [sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, exp, erf, erfc, ceil, floor], X <- Xs],
    [?T({F, digits(math:F(X))}) || F <- [log, log2, log10, sqrt, acosh], X <- ?V([1.0, 1.5, 2, 10, 100, 1 bsl 100])],
    [?T(digits(math:atanh(X))) || X <- ?V([0.0, 0.5, -0.9])],
    [?T(digits(math:pow(X, Y))) || X <- ?V([2, 2.5, 10]), Y <- ?V([0, 3, -1, 0.5])],
    [?T(digits(math:atan2(X, Y))) || X <- ?V([0.0, 1, -1]), Y <- ?V([1, -1, 0.0])],
    [?T(math:fmod(X, Y)) || X <- ?V([5.5, -5.5, 7]), Y <- ?V([2, -3.0])],
    ?T(digits(math:pi())),
    ?T([math:sqrt(X) || X <- ?V([4, 9.0, 2.25])]),
    ?T([math:ceil(X) || X <- ?V([1.2, -1.2, 3])]),
    ?T([math:floor(X) || X <- ?V([1.2, -1.2, 3])]).

digits(X) -> float_to_list(X, [{scientific, 11}]).

math_errors() ->
    [?T(math:F(X)) || {F, X} <- ?V([{sqrt, -1}, {log, 0}, {log, -1.0}, {acos, 2}, {asin, -2}, {atanh, 1}, {acosh, 0.5}, {acosh, -67108862}, {acosh, -1.0e300}, {acosh, -2.0}, {exp, 1000}, {log2, 0.0}, {log10, -5}, {sin, a}, {sqrt, "x"}, {floor, a}, {sqrt, 1 bsl 2000}])],
    [?T(math:F(X, Y)) || {F, X, Y} <- ?V([{pow, 0, -1}, {pow, -2, 0.5}, {pow, 10, 1000}, {pow, a, 1}, {fmod, 1, 0}, {fmod, 1.0, 0.0}, {atan2, a, 1}])].

environment() ->
    ?T(os:getenv("MOTE_NO_SUCH_VARIABLE")),
    ?T(os:getenv("MOTE_NO_SUCH_VARIABLE", "default")),
    ?T(os:putenv("MOTE_TEST_VARIABLE", "value é")),
    ?T(os:getenv("MOTE_TEST_VARIABLE")),
    ?T([X || "MOTE_TEST" ++ _ = X <- os:getenv()]),
    ?T(os:unsetenv("MOTE_TEST_VARIABLE")),
    ?T(os:getenv("MOTE_TEST_VARIABLE")),
    [?T(os:getenv(X)) || X <- ?V([1, "a=b", [0]])],
    ?T(os:putenv(?V("A=B"), "x")),
    ?T(os:putenv(?V(1), "x")),
    ?T(os:type()),
    ?T(tuple_size(os:version())),
    ?T(is_list(os:getpid())).

system() ->
    [?T(erlang:system_info(I)) || I <- ?V([otp_release, version, wordsize, {wordsize, internal}, {wordsize, external}, machine, compat_rel, threads, smp_support, heap_type, check_io_wrong, atom_limit, build_type, creation, delayed_node_table_gc, emu_type,
                                           break_ignored, backtrace_depth_wrong, end_time_wrong, ets_limit_wrong, fullsweep_after, os_type, info_wrong, tolerant_timeofday, modified_timing_level, debug_compiled, endian, max_heap_size, min_heap_size, min_bin_vheap_size, message_queue_data])],
    ?T([is_integer(erlang:system_info(I)) || I <- ?V([schedulers, schedulers_online, process_limit, process_count, port_limit, port_count, atom_count, logical_processors, thread_pool_size, dirty_cpu_schedulers, ets_count])]),
    ?T(erlang:system_info(?V(1))),
    ?T([K || {K, _} <- erlang:system_info(compile_info)]),
    %% The path of the program aside.
    ?T(begin [[_ | _] | Rest] = erlang:system_info(emu_args), [A || A <- Rest, lists:member(A, ["--", "-root", "-noshell"])] end),
    ?T([is_integer(erlang:memory(I)) || I <- ?V([total, processes, system, atom, binary, code, ets])]),
    ?T(erlang:memory(?V(wrong))),
    ?T(is_list(erlang:memory())),
    ?T(erlang:system_flag(?V(wrong), 1)),
    ?T(erlang:get_cookie()),
    ?T(is_list(erlang:loaded())),
    ?T(is_list(erlang:ports())),
    ?T(is_list(erlang:pre_loaded())),
    ?T(erlang:get_module_info(?V(no_such_module_here))),
    ?T(erlang:is_builtin(erlang, self, 0)),
    ?T([erlang:is_builtin(M, F, A) || {M, F, A} <- ?V([{erlang, abs, 1}, {lists, reverse, 2}, {lists, map, 2}, {ets, insert, 2}, {e_misc_test, run, 0}, {erlang, nothing, 0}])]),
    ?T(erlang:is_builtin(?V(1), a, 0)).

packets() ->
    [?T(erlang:decode_packet(T, B, O)) || {T, B, O} <- ?V([
        {raw, <<"abc">>, []}, {raw, <<>>, []}, {1, <<3, "abcd">>, []}, {1, <<3, "ab">>, []}, {2, <<0, 2, "abc">>, []}, {4, <<2:32, "abc">>, []}, {4, <<100:32, "abc">>, [{packet_size, 50}]},
        {line, <<"one\ntwo">>, []}, {line, <<"no end">>, []}, {line, <<"long line\n">>, [{line_length, 4}]}, {line, <<"a,b">>, [{line_delimiter, $,}]},
        {http, <<"GET /path?q=1 HTTP/1.1\r\nHost: x\r\n\r\n">>, []}, {http_bin, <<"HTTP/1.0 404 Not Found\r\n">>, []}, {httph, <<"Content-Length: 5\r\n\r\n">>, []}, {httph_bin, <<"X-Custom: v\r\nNext: 1\r\n\r\n">>, []}, {httph, <<"\r\nrest">>, []},
        {http, <<"GET http://host:80/p HTTP/1.1\r\n\r\n">>, []}, {http, <<"OPTIONS * HTTP/1.1\r\n">>, []}, {http, <<"nonsense\r\n">>, []}, {asn1, <<48, 3, 1, 2, 3, 9>>, []}, {cdr, <<"GIOP", 1, 0, 0, 0, 0, 0, 0, 2, "abX">>, []}, {tpkt, <<3, 0, 0, 6, "abX">>, []}, {sunrm, <<16#80, 0, 0, 2, "abX">>, []}, {fcgi, <<1, 1, 0, 1, 0, 2, 0, 0, "abX">>, []},
        {bad, <<>>, []}, {raw, a, []}, {raw, <<>>, [bad]}, {raw, <<1:3>>, []}])].

sizes() ->
    [?T(erts_debug:flat_size(X)) || X <- ?V([1, a, [], [1, 2], {a}, {a, [b]}, #{a => 1}, 1.5, 1 bsl 70, {}, #{}])],
    ?T(begin X = [1, 2, 3], erts_debug:size([X, X]) end),
    ?T(begin X = [1, 2, 3], erts_debug:flat_size([X, X]) end),
    ?T(erts_debug:same(a, a)).

modules() ->
    ?T(?MODULE:module_info(module)),
    ?T(lists_sort(?MODULE:module_info(exports))),
    ?T(?MODULE:module_info(attributes) =/= []),
    ?T([K || {K, _} <- ?MODULE:module_info()]),
    ?T(byte_size(?MODULE:module_info(md5))),
    ?T(?MODULE:module_info(native)),
    ?T(?MODULE:module_info(?V(wrong))),
    ?T([F || {F, A} <- ?MODULE:module_info(functions), A =:= 0, F =:= math_values]),
    ?T(erlang:function_exported(?MODULE, run, 0)),
    ?T(erlang:function_exported(?MODULE, cases, 0)),
    ?T(erlang:function_exported(erlang, abs, 1)),
    ?T(erlang:function_exported(no_such_module, f, 0)),
    [?T(erlang:function_exported(M, F, A)) || {M, F, A} <- ?V([{1, f, 0}, {m, 1, 0}, {m, f, -1}])],
    ?T(erlang:module_loaded(?MODULE)),
    ?T(erlang:module_loaded(no_such_module)),
    ?T(erlang:module_loaded(?V(1))),
    ?T(erlang:check_old_code(?MODULE)),
    ?T(erlang:delete_module(no_such_module)),
    ?T(is_list(erlang:get_module_info(?MODULE, exports))).

lists_sort([]) -> [];
lists_sort([P | T]) -> lists_sort([X || X <- T, X < P]) ++ [P] ++ lists_sort([X || X <- T, X >= P]).

guard_functions() ->
    [?T(guards(X)) || X <- ?V([0, 5, -5, 1.5, -2.5, a, [], [1, 2, 3], {}, {1, 2}, <<>>, <<"abc">>, <<1:3>>, #{a => 1}, self(), make_ref(), 1 bsl 64, fun guards/1])].

guards(X) ->
    [N || {N, true} <- [{abs, g_abs(X)}, {hd, g_hd(X)}, {tl, g_tl(X)}, {length, g_length(X)}, {size, g_size(X)}, {tuple_size, g_tuple_size(X)}, {byte_size, g_byte_size(X)}, {bit_size, g_bit_size(X)}, {map_size, g_map_size(X)},
                        {element, g_element(X)}, {trunc, g_trunc(X)}, {round, g_round(X)}, {float, g_float(X)}, {floor, g_floor(X)}, {ceil, g_ceil(X)}, {self, g_self(X)}, {node, g_node(X)}, {part, g_part(X)}, {record, g_record(X)}, {fn, g_fun(X)}, {map, g_map(X)}, {bnot_, g_bnot(X)}]].

g_abs(X) when abs(X) =:= 5 -> true; g_abs(_) -> false.
g_hd(X) when hd(X) =:= 1 -> true; g_hd(_) -> false.
g_tl(X) when tl(X) =:= [2, 3] -> true; g_tl(_) -> false.
g_length(X) when length(X) >= 0 -> true; g_length(_) -> false.
g_size(X) when size(X) > 1 -> true; g_size(_) -> false.
g_tuple_size(X) when tuple_size(X) =:= 2 -> true; g_tuple_size(_) -> false.
g_byte_size(X) when byte_size(X) > 0 -> true; g_byte_size(_) -> false.
g_bit_size(X) when bit_size(X) =:= 3 -> true; g_bit_size(_) -> false.
g_map_size(X) when map_size(X) =:= 1 -> true; g_map_size(_) -> false.
g_element(X) when element(2, X) =:= 2 -> true; g_element(_) -> false.
g_trunc(X) when trunc(X) =:= 1 -> true; g_trunc(_) -> false.
g_round(X) when round(X) =:= -3 -> true; g_round(_) -> false.
g_float(X) when float(X) > 4.5 -> true; g_float(_) -> false.
g_floor(X) when floor(X) =:= -3 -> true; g_floor(_) -> false.
g_ceil(X) when ceil(X) =:= 2 -> true; g_ceil(_) -> false.
g_self(X) when X =:= self() -> true; g_self(_) -> false.
g_node(X) when node(X) =:= node() -> true; g_node(_) -> false.
g_part(X) when binary_part(X, 1, 2) =:= <<"bc">> -> true; g_part(_) -> false.
g_record(X) when is_record(X, tag, 2) -> true; g_record(_) -> false.
g_fun(X) when is_function(X, 1) -> true; g_fun(_) -> false.
g_map(X) when is_map_key(a, X), map_get(a, X) =:= 1 -> true; g_map(_) -> false.
g_bnot(X) when bnot X < 0 -> true; g_bnot(_) -> false.

%% erlang:display/1 returns true; what it writes is in e_display_test.
display() ->
    ?T(erlang:display([])).

halting() ->
    [?T(halt(X)) || X <- ?V([-1, a, 1.0])],
    [?T(halt(0, O)) || O <- ?V([a, [bad], [{flush, x}]])].
