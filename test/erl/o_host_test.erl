%% SPDX-License-Identifier: Apache-2.0
%% Names and addresses of hosts, as far as they do not depend on a network.
-module(o_host_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    [?T(inet:getaddr(H, inet)) || H <- ?V(["localhost", localhost, "127.0.0.1", {10, 0, 0, 1}, "no-such-host.invalid", 'no-such-host.invalid', "", 1])],
    [?T(inet:getaddr(H, inet6)) || H <- ?V(["::1", "::", "1::", "fe80::1:2", "1:2:3:4:5:6:7:8", "1:2::7:FfFf", "no-such-host.invalid"])],
    [?T(inet:gethostbyname(H, inet6)) || H <- ?V(["::1", "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:8:9", "1::2::3", ":", "12345::", "::1:"])],
    [?T(inet:gethostbyname(H, inet)) || H <- ?V(["10.0.0.256", "1.2.3.4.5", "1.2.3.x"])],
    [?T(inet:getaddrs(H, inet)) || H <- ?V(["localhost", "no-such-host.invalid"])],
    [?T(inet:gethostbyname(H)) || H <- ?V(["localhost", "127.0.0.1", "no-such-host.invalid"])],
    [?T(inet_gethost_native:gethostbyname(H)) || H <- ?V(["no-such-host.invalid", "a23456789012345678901234"])],
    [?T(element(1, inet:gethostbyaddr(A))) || A <- ?V([{127, 0, 0, 1}, {1, 2}, x])],
    [?T(open_port({spawn_executable, P}, [])) || P <- ?V(["/no/such/program", "tty_sl", "/x/ram_file_drv"])],
    ?T(open_port({spawn_driver, ?V("inet_gethost")}, [])).
