%% SPDX-License-Identifier: Apache-2.0
%% Stand-in: property based suites are skipped by the small runner.
-module(ct_property_test).
-export([init_per_suite/1, quickcheck/2]).
init_per_suite(_) -> {skip, "no property test tool in the small runner"}.
quickcheck(_, _) -> throw({skip, "no property test tool in the small runner"}).
