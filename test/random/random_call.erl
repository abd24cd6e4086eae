%% SPDX-License-Identifier: Apache-2.0
%%
%% Which functions of OTP generated programs call: those whose answer depends on nothing but their arguments.
%%
%%   call(Type)   {M, F, ArgTypes} of one that returns Type, from the table below
%%   wild()       {M, F, ArgTypes} of any exported function of the pure modules, with any arguments
%%
%% A type `tame` has only small numbers: what takes time or memory in proportion to a number's value gets those.
-module(random_call).
-export([call/1, wild/0, guard/1, all/0]).

-import(random_pick, [n/1, chance/1, one/1]).

call(Type) ->
    case get({random_call, Type}) of
        undefined ->
            Found = list_to_tuple([{M, F, Args} || {M, Rows} <- table(), {Ret, F, Args} <- Rows, fits(Ret, Type)]),
            put({random_call, Type}, Found),
            pick(Found);
        Found -> pick(Found)
    end.

pick({}) -> none;
pick(Found) -> one(Found).

fits(Type, Type) -> true;
fits(_, any) -> true;
fits(list, {list, any}) -> true;
fits({list, any}, list) -> true;
fits({list, _}, list) -> true;
fits(string, {list, int}) -> true;
fits(int, num) -> true;
fits(float, num) -> true;
fits(small, int) -> true;
fits(utf8, bin) -> true;
fits(bin, bits) -> true;
fits(map_hash, map) -> true;
fits(bin, iolist) -> true;
fits(string, iolist) -> true;
fits(_, _) -> false.

%% {M, F, Arity} of everything that may be called.
all() -> lists:usort([{M, F, length(A)} || {M, Rows} <- table(), {_, F, A} <- Rows] ++ tuple_to_list(exports())).

wild() ->
    {M, F, A} = one(exports()),
    Known = [Args || {TM, Rows} <- table(), TM =:= M, {_, TF, Args} <- Rows, TF =:= F, length(Args) =:= A],
    Types = case Known of
        [] -> [wild_type(M, F) || _ <- lists:seq(1, A)];
        _ -> [case chance(20) of true -> wild_type(M, F); false -> T end || T <- one(Known)]
    end,
    {M, F, Types}.

wild_type(erlang, F) when F =:= make_tuple; F =:= 'bsl'; F =:= 'bsr'; F =:= float_to_list; F =:= float_to_binary; F =:= insert_element -> tame;
wild_type(erlang, _) -> random_value:type();
wild_type(M, _) when M =:= math; M =:= unicode -> one([int, float, any, string, bin, atom]);
wild_type(M, _) when M =:= lists; M =:= maps; M =:= string; M =:= binary ->
    one([tame, tame, tame, list, {list, small}, {list, {pair, small, any}}, string, bin, map, {fn, [any], any}, {fn, [any, any], any}, {fn, [any], bool}]);
wild_type(_, _) -> one([tame, tame, {list, tame}, string, bin, {list, {pair, atom, small}}, {fn, [any], any}, {fn, [any, any], any}]).

%% Modules whose exported functions are all called, and what is left out of them: what takes long, asks the clock or the file system.
exports() ->
    case get(random_exports) of
        undefined ->
            Found = [{M, F, A} || M <- modules(), {F, A} <- M:module_info(exports), F =/= module_info, F =/= behaviour_info,
                                  not lists:member(F, left_out(M)), not lists:member({F, A}, left_out(M))]
                ++ [{erlang, F, A} || {F, A} <- erlang_functions()],
            put(random_exports, list_to_tuple(lists:sort(Found))),
            get(random_exports);
        Found -> Found
    end.

modules() ->
    [lists, lists, maps, maps, binary, binary, string, unicode, math, sets, ordsets, orddict, gb_sets, gb_trees, dict, array, queue, proplists,
     base64, io_lib, calendar, uri_string, filename, re, erl_scan, erl_parse, sofs, unicode_util].

left_out(lists) -> [{seq, 3}];
left_out(unicode_util) -> [spec_version];
left_out(binary) -> [referenced_byte_size];   % how much room an append leaves behind its result is the machine's own
left_out(re) -> [compile, inspect, version];   % the compiled form is the machine's own
left_out(filename) -> [absname, absname_join, find_src, safe_relative_path, basedir, validate];
left_out(calendar) -> [local_time, universal_time, now_to_local_time, local_time_to_universal_time, local_time_to_universal_time_dst,
                       universal_time_to_local_time, system_time_to_local_time, system_time_to_rfc3339, now_to_datetime, time_difference];
left_out(io_lib) -> [format_prompt, print, indentation, deep_char_list];
left_out(erl_parse) -> [parse_and_scan];
left_out(sets) -> [];
left_out(dict) -> [];
left_out(array) -> [];
left_out(_) -> [].

erlang_functions() ->
    [{abs, 1}, {adler32, 1}, {adler32, 2}, {adler32_combine, 3}, {atom_to_list, 1}, {atom_to_binary, 1}, {atom_to_binary, 2}, {binary_to_list, 1},
     {binary_to_list, 3}, {binary_to_term, 1}, {binary_to_term, 2}, {crc32, 1}, {crc32, 2}, {crc32_combine, 3}, {element, 2}, {exit, 1},
     {external_size, 1}, {external_size, 2}, {float, 1}, {float_to_list, 1}, {float_to_list, 2}, {fun_info, 2}, {hd, 1}, {integer_to_list, 1},
     {length, 1}, {list_to_atom, 1}, {list_to_binary, 1}, {list_to_float, 1}, {list_to_integer, 1}, {list_to_integer, 2}, {list_to_pid, 1},
     {list_to_ref, 1}, {list_to_port, 1}, {list_to_tuple, 1}, {phash, 2}, {phash2, 1}, {phash2, 2}, {md5, 1}, {function_exported, 3}, {node, 1},
     {round, 1}, {setelement, 3}, {size, 1}, {split_binary, 2}, {term_to_binary, 1}, {term_to_binary, 2}, {throw, 1}, {tl, 1},
     {trunc, 1}, {tuple_to_list, 1}, {make_tuple, 2}, {make_tuple, 3}, {append_element, 2}, {error, 1}, {error, 2}, {error, 3}, {raise, 3},
     {is_builtin, 3}, {'and', 2}, {'or', 2}, {'xor', 2}, {'not', 1}, {'>', 2}, {'>=', 2}, {'<', 2}, {'=<', 2}, {'=:=', 2}, {'==', 2}, {'=/=', 2},
     {'/=', 2}, {'+', 2}, {'-', 2}, {'*', 2}, {'/', 2}, {'div', 2}, {'rem', 2}, {'bor', 2}, {'band', 2}, {'bxor', 2}, {'bsl', 2}, {'bsr', 2},
     {'bnot', 1}, {'-', 1}, {'+', 1}, {'++', 2}, {'--', 2}, {append, 2}, {subtract, 2}, {is_atom, 1}, {is_list, 1}, {is_tuple, 1}, {is_float, 1},
     {is_integer, 1}, {is_number, 1}, {is_pid, 1}, {is_port, 1}, {is_reference, 1}, {is_binary, 1}, {is_bitstring, 1}, {is_function, 1},
     {is_function, 2}, {is_record, 2}, {is_record, 3}, {is_boolean, 1}, {is_map, 1}, {is_map_key, 2}, {map_get, 2}, {map_size, 1}, {make_fun, 3},
     {iolist_size, 1}, {iolist_to_binary, 1}, {iolist_to_iovec, 1}, {list_to_existing_atom, 1}, {tuple_size, 1}, {byte_size, 1}, {bit_size, 1},
     {list_to_bitstring, 1}, {bitstring_to_list, 1}, {decode_packet, 3}, {binary_to_atom, 1}, {binary_to_atom, 2}, {binary_to_existing_atom, 1},
     {binary_to_existing_atom, 2}, {binary_part, 2}, {binary_part, 3}, {insert_element, 3}, {delete_element, 2}, {binary_to_integer, 1},
     {binary_to_integer, 2}, {integer_to_binary, 1}, {integer_to_binary, 2}, {integer_to_list, 2}, {float_to_binary, 1}, {float_to_binary, 2},
     {binary_to_float, 1}, {floor, 1}, {ceil, 1}, {min, 2}, {max, 2}, {match_spec_test, 3}, {put, 2}, {get, 1}, {erase, 1}, {get_keys, 1},
     {process_flag, 2}, {convert_time_unit, 3}, {setelement, 3}, {universaltime_to_posixtime, 1}, {posixtime_to_universaltime, 1}, {nif_error, 1},
     {nif_error, 2}, {whereis, 1}, {unregister, 1}, {unlink, 1}, {demonitor, 1}, {demonitor, 2}, {cancel_timer, 1}, {read_timer, 1}, {unalias, 1},
     {link, 1}, {exit, 2}, {is_process_alive, 1}, {process_info, 1}, {process_info, 2}, {send, 2}, {'!', 2}, {send, 3}, {apply, 2}, {apply, 3},
     {spawn, 1}, {spawn, 2}, {spawn, 3}, {spawn_opt, 2}, {spawn_opt, 4}, {spawn_monitor, 1}, {monitor, 2}, {monitor, 3},
     {alias, 1}, {register, 2}, {pid_to_list, 1},
     {system_flag, 2}, {group_leader, 2}, {suspend_process, 1}, {resume_process, 1},
     {module_loaded, 1}, {get_module_info, 2}, {trace_info, 2}].

%% Guard functions of a type: {F, ArgTypes}.
guard(bool) ->
    one([{is_atom, [any]}, {is_list, [any]}, {is_tuple, [any]}, {is_float, [any]}, {is_integer, [any]}, {is_number, [any]}, {is_pid, [any]},
         {is_binary, [any]}, {is_bitstring, [any]}, {is_boolean, [any]}, {is_map, [any]}, {is_function, [any]}, {is_function, [any, small]},
         {is_map_key, [key, map]}, {is_reference, [any]}, {is_port, [any]}]);
guard(int) ->
    one([{abs, [int]}, {length, [list]}, {tuple_size, [tuple]}, {byte_size, [bin]}, {bit_size, [bits]}, {map_size, [map]}, {round, [float]},
         {trunc, [num]}, {floor, [num]}, {ceil, [num]}, {size, [tuple]}, {size, [bin]}]);
guard(float) -> {float, [num]};
guard(list) -> {tl, [list]};
guard(bin) -> {binary_part, [bin, small, small]};
guard(atom) -> {node, []};
guard(_) -> one([{hd, [list]}, {element, [small, tuple]}, {map_get, [key, map]}]).

table() ->
    case get(random_table) of
        undefined -> put(random_table, rows()), table();
        Rows -> Rows
    end.

rows() ->
    P1 = {fn, [any], bool},
    F1 = {fn, [any], any},
    F2 = {fn, [any, any], any},
    C2 = {fn, [any, any], bool},
    KV = {list, {pair, key, any}},
    Opts = fun(Values) -> {literal, fun(_) -> random_pick:some(2, fun() -> one(Values) end) end} end,
    Enc = {pick, [latin1, unicode, utf8, utf16, {utf16, little}, utf32, {utf32, little}]},
    Where = {pick, [leading, trailing, both, all]},
    [{erlang,
      [{num, abs, [num]}, {int, adler32, [iolist]}, {int, adler32, [int, iolist]}, {int, crc32, [iolist]}, {int, crc32, [int, iolist]},
       {string, atom_to_list, [atom]}, {utf8, atom_to_binary, [atom]}, {utf8, atom_to_binary, [atom, {pick, [utf8, latin1, unicode]}]},
       {string, binary_to_list, [bin]}, {string, binary_to_list, [bin, small, small]}, {any, binary_to_term, [bin]}, {any, element, [small, tuple]},
       {int, external_size, [any]}, {float, float, [num]}, {string, float_to_list, [float]},
       {string, float_to_list, [float, {literal, fun(_) -> [one([{decimals, n(20)}, {scientific, n(20)}, short, compact]) || _ <- lists:seq(1, n(2))] end}]},
       {utf8, float_to_binary, [float]}, {any, hd, [list]}, {string, integer_to_list, [int]}, {string, integer_to_list, [int, {int, 1, 37}]},
       {utf8, integer_to_binary, [int]}, {utf8, integer_to_binary, [int, {int, 2, 36}]}, {int, length, [list]}, {atom, list_to_atom, [string]},
       {bin, list_to_binary, [iolist]}, {float, list_to_float, [string]}, {int, list_to_integer, [string]}, {int, list_to_integer, [string, {int, 2, 36}]},
       {int, binary_to_integer, [utf8]}, {int, binary_to_integer, [utf8, {int, 2, 36}]}, {float, binary_to_float, [utf8]}, {tuple, list_to_tuple, [list]},
       {int, phash2, [map_hash]}, {int, phash2, [any]}, {int, phash2, [any, {int, 1, 1000}]}, {bin, md5, [iolist]}, {int, round, [num]}, {int, trunc, [num]},
       {int, floor, [num]}, {int, ceil, [num]}, {tuple, setelement, [small, tuple, any]}, {small, size, [tuple]}, {tuple, split_binary, [bin, small]},
       {bin, term_to_binary, [any]}, {bin, term_to_binary, [any, {literal, fun(_) -> random_pick:some(2, fun() -> one([deterministic, {minor_version, n(3) - 1}]) end) end}]},
       {list, tl, [list]}, {list, tuple_to_list, [tuple]}, {tuple, make_tuple, [count, any]},
       {tuple, make_tuple, [count, any, {list, {pair, small, any}}]}, {tuple, append_element, [tuple, any]}, {int, iolist_size, [iolist]},
       {bin, iolist_to_binary, [iolist]}, {list, iolist_to_iovec, [iolist]}, {small, tuple_size, [tuple]}, {small, byte_size, [bits]}, {small, bit_size, [bits]},
       {bits, list_to_bitstring, [iolist]}, {list, bitstring_to_list, [bits]}, {atom, binary_to_atom, [utf8]}, {bin, binary_part, [bin, small, small]},
       {bin, binary_part, [bin, {pair, small, small}]}, {tuple, insert_element, [small, tuple, any]}, {tuple, delete_element, [small, tuple]},
       {any, min, [any, any]}, {any, max, [any, any]}, {any, map_get, [key, map]}, {small, map_size, [map]}, {bool, is_map_key, [key, map]},
       {list, '++', [list, list]}, {list, '--', [list, list]}, {any, put, [key, any]}, {any, get, [key]}, {any, erase, [key]}, {list, get_keys, [any]},
       {any, make_fun, [atom, atom, small]}, {bool, function_exported, [{pick, [lists, maps, erlang]}, {pick, [map, new, abs]}, small]},
       {tuple, decode_packet, [{pick, [raw, 0, 1, 2, 4, asn1, cdr, sunrm, fcgi, tpkt, line, http, httph, http_bin, httph_bin]}, bin, Opts([{packet_size, 5}, {line_length, 3}, {line_delimiter, $b}])]},
       {any, match_spec_test, [tuple, {pick, [[{'$1', [], ['$1']}], [{{'$1', '$2'}, [{'<', '$1', '$2'}], [{{'$2', '$1'}}]}], [{'_', [], [true]}]]}, {pick, [table, trace]}]},
       {int, convert_time_unit, [int, {pick, [second, native, 1000]}, {pick, [millisecond, nanosecond, 77]}]}]},
     {lists,
      [{bool, all, [P1, list]}, {bool, any, [P1, list]}, {list, append, [{list, list}]}, {list, append, [list, list]}, {string, concat, [{list, tame}]},
       {list, delete, [any, list]}, {list, droplast, [list]}, {list, dropwhile, [P1, list]}, {list, duplicate, [count, any]}, {list, filter, [P1, list]},
       {list, filtermap, [P1, list]}, {list, flatlength, [list]}, {list, flatmap, [{fn, [any], list}, list]}, {list, flatten, [{list, list}]},
       {list, flatten, [list, list]}, {any, foldl, [F2, any, list]}, {any, foldr, [F2, any, list]}, {any, foreach, [F1, list]}, {list, join, [any, list]},
       {list, keydelete, [any, small, KV]}, {any, keyfind, [key, small, KV]}, {list, keymap, [F1, small, KV]}, {bool, keymember, [key, small, KV]},
       {list, keymerge, [small, KV, KV]}, {list, keyreplace, [key, small, KV, {pair, key, any}]}, {any, keysearch, [key, small, KV]},
       {list, keysort, [small, KV]}, {list, keystore, [key, small, KV, {pair, key, any}]}, {any, keytake, [key, small, KV]}, {any, last, [list]},
       {list, map, [F1, list]}, {tuple, mapfoldl, [{fn, [any, any], tuple}, any, list]}, {tuple, mapfoldr, [{fn, [any, any], tuple}, any, list]}, {any, max, [list]},
       {bool, member, [any, list]}, {list, merge, [{list, list}]}, {list, merge, [list, list]}, {list, merge, [C2, list, list]}, {list, merge3, [list, list, list]},
       {any, min, [list]}, {any, nth, [small, list]}, {list, nthtail, [small, list]}, {tuple, partition, [P1, list]}, {bool, prefix, [list, list]},
       {list, reverse, [list]}, {list, reverse, [list, any]}, {any, search, [P1, list]}, {{list, int}, seq, [count, count]}, {{list, int}, seq, [count, count, small]},
       {list, sort, [list]}, {list, sort, [C2, list]}, {list, sort, [list]}, {tuple, split, [small, list]}, {tuple, splitwith, [P1, list]}, {list, sublist, [list, small]},
       {list, sublist, [list, small, small]}, {list, subtract, [list, list]}, {bool, suffix, [list, list]}, {num, sum, [{list, num}]}, {num, sum, [{list, int}]},
       {list, takewhile, [P1, list]}, {list, ukeymerge, [small, KV, KV]}, {list, ukeysort, [small, KV]}, {list, umerge, [{list, list}]}, {list, umerge, [list, list]},
       {list, uniq, [list]}, {list, uniq, [F1, list]}, {tuple, unzip, [{list, {pair, any, any}}]}, {list, usort, [list]}, {list, usort, [C2, list]},
       {list, zip, [list, list]}, {list, zip3, [list, list, list]}, {list, zipwith, [F2, list, list]}, {list, enumerate, [list]}, {list, enumerate, [int, list]}]},
     {maps,
      [{map, filter, [C2, map]}, {map, filtermap, [C2, map]}, {any, find, [key, map]}, {map, from_keys, [list, any]}, {map, from_list, [KV]}, {any, get, [key, map]},
       {any, get, [key, map, any]}, {map, intersect, [map, map]}, {map, intersect_with, [{fn, [any, any, any], any}, map, map]}, {bool, is_key, [key, map]},
       {map, map, [F2, map]}, {map, merge, [map, map]}, {map, merge, [map_hash, map]}, {map, merge_with, [{fn, [any, any, any], any}, map, map]}, {map, put, [key, any, map]},
       {map, put, [key, any, map_hash]}, {map, remove, [key, map]}, {map, remove, [key, map_hash]}, {int, size, [map]}, {any, take, [key, map]}, {map, update, [key, any, map]},
       {map, update_with, [key, F1, map]}, {map, update_with, [key, F1, any, map]}, {map, with, [list, map]}, {map, without, [list, map]},
       {map, groups_from_list, [F1, list]}, {list, to_list, [map_hash]}, {list, keys, [map_hash]}, {list, values, [map_hash]}]},
     {binary,
      [{int, at, [bin, small]}, {list, bin_to_list, [bin]}, {list, bin_to_list, [bin, small, small]}, {bin, copy, [bin]}, {bin, copy, [bin, count]},
       {int, decode_unsigned, [bin]}, {int, decode_unsigned, [bin, {pick, [big, little]}]}, {bin, encode_unsigned, [int]},
       {bin, encode_unsigned, [int, {pick, [big, little]}]}, {int, first, [bin]}, {int, last, [bin]}, {bin, list_to_bin, [iolist]},
       {int, longest_common_prefix, [{list, bin}]}, {int, longest_common_suffix, [{list, bin}]}, {any, match, [bin, bin]}, {any, match, [bin, {list, bin}]},
       {any, match, [bin, bin, {pick, [[], [{scope, {0, 3}}], [{scope, {2, -2}}]]}]}, {list, matches, [bin, bin]}, {list, matches, [bin, {list, bin}]},
       {bin, part, [bin, small, small]}, {bin, part, [bin, {pair, small, small}]}, {bin, replace, [bin, bin, bin]},
       {bin, replace, [bin, bin, bin, {pick, [[], [global], [{insert_replaced, 0}], [global, {insert_replaced, [0, 1]}]]}]}, {list, split, [bin, bin]},
       {list, split, [bin, bin, {pick, [[], [global], [trim], [trim_all], [global, trim_all]]}]}, {list, split, [bin, {list, bin}, {pick, [[global], [global, trim]]}]},
       {bin, encode_hex, [bin]}, {bin, decode_hex, [bin]}]},
     {string,
      [{string, casefold, [string]}, {utf8, casefold, [utf8]}, {string, chomp, [string]}, {bool, equal, [string, string]}, {bool, equal, [string, utf8, bool, {pick, [nfc, nfd, nfkc, nfkd, none]}]},
       {any, find, [string, string]}, {any, find, [utf8, string, Where]}, {bool, is_empty, [string]}, {int, length, [string]}, {int, length, [utf8]}, {list, lexemes, [string, string]},
       {list, lexemes, [utf8, string]}, {string, lowercase, [string]}, {utf8, lowercase, [utf8]}, {any, next_codepoint, [utf8]}, {any, next_grapheme, [utf8]},
       {any, next_grapheme, [string]}, {any, nth_lexeme, [string, small, string]}, {iolist, pad, [string, count]}, {iolist, pad, [utf8, count, Where]}, {any, prefix, [string, string]},
       {list, replace, [string, string, string]}, {list, replace, [utf8, string, utf8, Where]}, {string, reverse, [string]}, {iolist, reverse, [utf8]},
       {string, slice, [string, small]}, {utf8, slice, [utf8, small, small]}, {list, split, [string, string]}, {list, split, [utf8, utf8, Where]}, {any, take, [string, string]},
       {any, take, [utf8, string, bool, Where]}, {string, titlecase, [string]}, {tuple, to_float, [string]}, {tuple, to_integer, [string]}, {list, to_graphemes, [string]},
       {list, to_graphemes, [utf8]}, {string, trim, [string]}, {utf8, trim, [utf8, Where]}, {string, trim, [string, Where, string]}, {string, uppercase, [string]}, {utf8, uppercase, [utf8]},
       {list, tokens, [string, string]}, {int, str, [string, string]}, {int, rstr, [string, string]}, {string, substr, [string, small, small]}, {string, strip, [string]},
       {string, centre, [string, count]}, {string, left, [string, count, char]}, {string, right, [string, count]}, {int, span, [string, string]}, {int, cspan, [string, string]},
       {string, to_lower, [string]}, {string, to_upper, [string]}, {string, join, [{list, string}, string]}, {int, words, [string]}]},
     {unicode,
      [{any, characters_to_binary, [string]}, {any, characters_to_binary, [bin, Enc, Enc]}, {any, characters_to_binary, [{list, string}, Enc, Enc]}, {any, characters_to_list, [bin]},
       {any, characters_to_list, [bin, Enc]}, {any, characters_to_list, [iolist, Enc]}, {any, characters_to_nfc_list, [string]}, {any, characters_to_nfd_binary, [string]},
       {any, characters_to_nfkc_list, [utf8]}, {any, characters_to_nfkd_list, [string]}, {tuple, bom_to_encoding, [bin]}, {bin, encoding_to_bom, [Enc]}]},
     {math,
      [{float, sqrt, [num]}, {float, floor, [num]}, {float, ceil, [num]}, {float, fmod, [num, num]}, {float, pi, []}, {float, pow, [float, small]}, {float, log2, [num]},
       {float, exp, [{int, -5, 20}]}, {float, log, [num]}, {float, log10, [num]}, {float, sin, [num]}, {float, cos, [num]}, {float, tan, [num]}, {float, atan, [num]}, {float, atan2, [num, num]}, {float, tanh, [num]}, {float, acos, [float]}, {float, asin, [float]}, {float, erf, [num]}, {float, sinh, [{int, -9, 9}]}, {float, cosh, [{int, -9, 9}]}, {float, asinh, [num]}, {float, acosh, [num]}, {float, atanh, [float]}, {float, erfc, [num]}]},
     {io_lib,
      [{string, format, [string, list]}, {iolist, format, [{pick, ["~p", "~w", "~tp", "~tw", "~10p", "~-20w|", "~P", "~s", "~ts", "~c", "~b", "~.16b", "~.8#", "~e", "~f", "~g", "~.3f", "~.10e", "~10.4f", "~i~n", "~x", "~lp", "~60p", "~0p", "~k"]}, {list, any}]},
       {iolist, format, [{pick, ["~p", "~w", "~tp", "~tw", "~0p", "~12p"]}, {literal, fun(_) -> [random_value:value(any)] end}]},
       {iolist, format, [{pick, ["~P", "~W", "~tP"]}, {literal, fun(_) -> [random_value:value(any), n(20)] end}]},
       {iolist, format, [{pick, ["~.3f", "~e", "~g", "~.12g", "~20.5f", "~f", "~w", "~p"]}, {literal, fun(_) -> [random_value:value(float)] end}]},
       {iolist, format, [{pick, ["~b", "~B", "~.16b", "~.36B", "~+.2#", "~20b", "~.2x", "~20..*b", "~c", "~5c"]}, {literal, fun(_) -> [random_value:value(int)] end}]},
       {iolist, format, [{pick, ["~s", "~ts", "~10s", "~-10.3ts|", "~20.5.xs", "~p", "~tp"]}, {literal, fun(_) -> [random_value:value(one([string, utf8, iolist]))] end}]},
       {iolist, write, [any]}, {iolist, write_string, [string]}, {iolist, write_atom, [atom]}, {iolist, write_char, [char]}, {bool, printable_list, [any]}, {bool, char_list, [any]},
       {any, fread, [{pick, ["~d", "~f ~a", "~s", "~c", "~u ~#", "a~db", "~16u"]}, string]}]},
     {sets, [{any, from_list, [list]}, {list, to_list, [{set}]}, {bool, is_element, [any, {set}]}, {any, union, [{set}, {set}]}, {any, subtract, [{set}, {set}]}]},
     {ordsets, [{list, from_list, [list]}, {list, union, [list, list]}, {list, subtract, [list, list]}, {list, intersection, [list, list]}]},
     {gb_sets, [{tuple, from_list, [list]}, {tuple, add, [any, {gb_set}]}, {list, to_list, [{gb_set}]}, {tuple, balance, [{gb_set}]}, {any, take_smallest, [{gb_set}]}]},
     {gb_trees, [{tuple, from_orddict, [{list, {pair, small, any}}]}]},
     {orddict, [{list, from_list, [KV]}, {list, store, [key, any, KV]}, {any, find, [key, KV]}]},
     {queue, [{tuple, from_list, [list]}, {tuple, in, [any, {queue}]}, {tuple, out, [{queue}]}, {list, to_list, [{queue}]}, {tuple, reverse, [{queue}]}]},
     {array, [{tuple, from_list, [list]}, {any, get, [small, {array}]}, {tuple, set, [count, any, {array}]}, {list, to_list, [{array}]}, {list, sparse_to_orddict, [{array}]}]},
     {proplists, [{any, get_value, [key, KV]}, {any, get_value, [key, KV, any]}, {list, compact, [KV]}, {list, unfold, [list]}, {list, delete, [key, KV]}, {map, to_map, [KV]}]},
     {base64, [{bin, encode, [bin]}, {bin, decode, [utf8]}, {string, encode_to_string, [iolist]}, {bin, mime_decode, [utf8]}]},
     {calendar, [{int, day_of_the_week, [{pair3, {int, 0, 3000}, {int, 1, 12}, {int, 1, 31}}]}, {int, date_to_gregorian_days, [{int, 0, 3000}, {int, 1, 12}, {int, 1, 31}]}, {tuple, gregorian_days_to_date, [{int, 0, 1000000}]}]},
     {uri_string, [{any, parse, [string]}, {any, normalize, [string]}, {any, quote, [string]}, {any, dissect_query, [string]}]},
     {filename, [{string, basename, [string]}, {string, dirname, [string]}, {string, join, [string, string]}, {list, split, [string]}, {string, extension, [string]}]},
     {re,
      [{any, run, [string, {regex}]}, {any, run, [bin, {regex}, {pick, [[global], [{capture, all, list}], [{capture, all, binary}, global], [{offset, 0}], [{capture, first, index}], [notempty]]}]},
       {any, replace, [string, {regex}, {pick, ["[&]", "\\1", "x\\0y", ""]}, {pick, [[], [global], [global, {return, list}], [{return, binary}]]}]},
       {any, split, [string, {regex}, {pick, [[], [{return, list}], [{return, list}, group], [{parts, 2}], [trim]]}]}]},
     {erl_scan, [{any, string, [string]}]},
     {zlib, [{bin, compress, [bin]}, {bin, uncompress, [bin]}, {bin, zip, [bin]}]}].
