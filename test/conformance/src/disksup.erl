%% SPDX-License-Identifier: Apache-2.0
%% Stand-in for os_mon's disksup: one small, nearly full disk.
-module(disksup).
-export([get_disk_data/0]).
get_disk_data() -> [{"/", 1000000, 90}, {"none", 0, 0}].
