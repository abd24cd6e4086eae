%% SPDX-License-Identifier: Apache-2.0
%% In front of nothing: emulator's distribution_SUITE starts os_mon, and asks the stand-in memsup alone.
{application, os_mon, [{vsn, "0"}, {modules, [disksup, memsup]}, {registered, []}, {applications, [kernel, stdlib]}]}.
