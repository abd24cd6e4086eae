%% SPDX-License-Identifier: Apache-2.0
%% Ports that are files: open_port("name", ...).
-module(o_file_port_test).
-export([run/0]).
-include("expect.hrl").

%% Both builds of this module are run at the same time.
-define(FILE_NAME, ("/tmp/mote_file_port_test_" ++ filename:basename(filename:dirname(code:which(?MODULE))))).

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    process_flag(trap_exit, true),
    Out = open_port(?FILE_NAME, [out]),
    ?T(is_port(Out)),
    ?T(begin Out ! {self(), {command, "hello\nworld\n"}}, port_command(Out, [<<"x">>, "y"]) end),
    ?T(erlang:port_info(Out, name)),
    ?T(erlang:port_info(Out, output)),
    ?T(port_close(Out)),
    ?T(file:read_file(?FILE_NAME)),
    ?T(all_of(open_port(?FILE_NAME, [in, eof]))),
    ?T(all_of(open_port(list_to_atom(?FILE_NAME), [in, {line, 4}, binary]))),
    ?T(all_of(open_port(?FILE_NAME, [in, stream, binary]))),
    ?T(begin P = open_port(?FILE_NAME, [out]), port_close(P), file:read_file(?FILE_NAME) end),
    ?T(open_port("/nonexistent/file", [out])),
    ?T(open_port("/nonexistent_file", [in])),
    ?T(open_port("/tmp", [in, out])),
    ?T(open_port(list_to_binary(?FILE_NAME), [out])),
    ?T(open_port(?FILE_NAME, [out, exit_status])),
    ?T(open_port("", [out])),
    ?T(open_port([256, 257], [out])),
    ?T(file:delete(?FILE_NAME)).

all_of(Port) ->
    receive
        {Port, Message} -> [Message | all_of(Port)];
        {'EXIT', Port, Reason} -> [{exit, Reason}]
    after 300 -> catch port_close(Port), []
    end.
