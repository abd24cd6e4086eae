%% SPDX-License-Identifier: Apache-2.0
%% For app_common_test: cases of every outcome.
-module(sample_SUITE).
-compile([export_all, nowarn_export_all]).
-include_lib("common_test/include/ct.hrl").

suite() -> [{timetrap, {seconds, 20}}].
all() -> [passes, fails, skips, crashes, prints, trapped, {group, both}].
groups() -> [{both, [sequence], [first, second]}, {many, [parallel], [first, second]}].
init_per_suite(Config) -> [{shared, 42} | Config].
end_per_suite(_) -> ok.
init_per_testcase(_, Config) -> Config.
end_per_testcase(_, _) -> ok.

passes(Config) -> 42 = ?config(shared, Config).
fails(_) -> [1] = tl([1, 2]).
skips(_) -> {skip, "not today"}.
crashes(_) -> exit({gone, away}).
prints(Config) ->
    ct:pal("pal ~p", [pal]),
    ct:log("log ~p", [log]),
    Dir = ?config(priv_dir, Config),
    ok = file:write_file(filename:join(Dir, "note"), "x"),
    {comment, "a comment"}.
trapped() -> [{timetrap, 200}].
trapped(_) -> timer:sleep(5000).
first(_) -> ct:fail(because).
second(_) -> ok.
