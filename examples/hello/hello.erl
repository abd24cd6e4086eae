%% SPDX-License-Identifier: Apache-2.0
%% The smallest program: mote run examples/hello/hello.erl
-module(hello).
-export([main/0]).

main() ->
    io:format("Hello from Erlang/OTP ~s, process ~w.~n", [erlang:system_info(otp_release), self()]).
