%% SPDX-License-Identifier: Apache-2.0
%% Version 1 of a module that o_code_test loads over itself.
-module(code_sample).
-export([version/0, loop/1, call_local/0, literal/0, stay/0]).
-vsn(1).

version() -> 1.

call_local() -> {local, version()}.
literal() -> {literal, "of version 1", [1], <<"a binary that is long enough to live outside of the heap: version 1 of it ........">>}.

loop(Owner) ->
    receive
        {version, Ref} -> Owner ! {Ref, version()}, loop(Owner);
        upgrade -> ?MODULE:loop(Owner)
    end.

stay() -> receive stop -> version() end.
