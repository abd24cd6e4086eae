%% SPDX-License-Identifier: Apache-2.0
%% Module net: names, services, and the loopback link.  What else there is differs from host to host.
-module(o_net_test).
-export([run/0]).
-include("expect.hrl").

run() -> expect:run(?MODULE, fun cases/0).

cases() ->
    names(),
    infos(),
    links(),
    ioctl().

local(Port) -> #{family => inet, addr => {127, 0, 0, 1}, port => Port}.

names() ->
    ?T(begin {ok, Name} = net:gethostname(), {ok, Other} = inet:gethostname(), Name =:= Other end),
    ?T(net:getnameinfo(local(80))),
    ?T(net:getnameinfo(local(80), [])),
    ?T(net:getnameinfo(local(80), [numerichost])),
    ?T(net:getnameinfo(local(80), [numericserv])),
    ?T(net:getnameinfo(local(53), [dgram])),
    ?T(net:getnameinfo(local(64999))),
    ?T(net:getnameinfo(#{family => inet, addr => {203, 0, 113, 7}, port => 25}, [numerichost])),
    ?T(net:getnameinfo(#{family => inet6, addr => loopback, port => 53}, [numerichost, numericserv])),
    ?T(net:getnameinfo(#{family => inet6, addr => {16#fe80, 0, 0, 0, 0, 16#abcd, 0, 1}, port => 0}, [numerichost, numericserv])),
    ?T(net:getnameinfo(#{family => inet6, addr => {16#2001, 16#db8, 1, 2, 3, 4, 5, 6}, port => 0}, [numerichost, numericserv])),
    ?T(net:getnameinfo(#{family => inet, addr => any}, [numerichost])),
    ?T(net:getnameinfo(local(53), [nosuch])),
    ?T(net:getnameinfo(local(53), foo)),
    ?T(net:getnameinfo(#{family => inet, addr => foo}, [])),
    ?T(net:getnameinfo(#{family => inet, nosuch => 1}, [])),
    ?T(net:getnameinfo(#{}, [])),
    ?T(net:getnameinfo(foo, [])).

infos() ->
    ?T(net:getaddrinfo("localhost")),
    ?T(net:getaddrinfo("127.0.0.1")),
    ?T(net:getaddrinfo("10.1.2.3", undefined)),
    ?T(net:getaddrinfo("127.0.0.1", "http")),
    ?T(net:getaddrinfo("127.0.0.1", "domain")),
    ?T(net:getaddrinfo("127.0.0.1", "8080")),
    ?T(net:getaddrinfo("127.0.0.1", "nosuchservice")),
    ?T(net:getaddrinfo("::1")),
    ?T(net:getaddrinfo("fe80::abcd:0:1", "80")),
    ?T(net:getaddrinfo("1:2:3:4:5:6:7:8")),
    ?T(net:getaddrinfo(undefined, "http")),
    ?T(net:getaddrinfo("")),
    ?T(net:getaddrinfo("127.1")),
    ?T(net:getaddrinfo("localhost", [])),
    ?T(net:getaddrinfo(undefined, undefined)),
    ?T(net:getaddrinfo(foo)),
    ?T(net:getaddrinfo([foo])),
    ?T(net:getaddrinfo("localhost", foo)).

links() ->
    {ok, All} = net:getifaddrs(all),
    ?T([M || #{name := "lo"} = M <- All]),
    ?T(net:getifaddrs(loopback)),
    ?T([M || #{name := "lo"} = M <- element(2, net:getifaddrs(packet))]),
    ?T([M || #{name := "lo"} = M <- element(2, net:getifaddrs())]),
    ?T(net:getifaddrs(foo)),
    %% There may be links without an address.
    ?T(net:getifaddrs(fun(#{name := "lo", addr := #{family := F}}) -> F =:= inet6; (_) -> false end)),
    ?T(net:if_name2index("lo")),
    ?T(net:if_name2index("nosuch0")),
    ?T(net:if_name2index("")),
    ?T(net:if_name2index("a name that is much too long")),
    ?T(net:if_name2index(foo)),
    ?T(net:if_name2index([foo])),
    ?T(net:if_index2name(1)),
    ?T(net:if_index2name(9999)),
    ?T(net:if_index2name(-1)),
    ?T(net:if_index2name(foo)),
    ?T(hd(element(2, net:if_names()))),
    ?T(prim_net:info()),
    ?T([prim_net:command(C) || C <- [{debug, false}, {debug, foo}, foo, {foo, 1}]]).

ioctl() ->
    {ok, S} = socket:open(inet, dgram),
    ?T([{R, socket:ioctl(S, R, "lo")} || R <- [gifindex, gifflags, gifaddr, gifdstaddr, gifbrdaddr, gifnetmask, gifmtu, giftxqlen]]),
    ?T(begin {ok, #{family := F, addr := <<A:6/binary, _/binary>>}} = socket:ioctl(S, gifhwaddr, "lo"), {F, A} end),
    ?T(hd(element(2, socket:ioctl(S, gifconf)))),
    ?T(socket:ioctl(S, gifname, 1)),
    ?T(socket:ioctl(S, gifname, 9999)),
    ?T(socket:ioctl(S, gifaddr, "nosuch0")),
    ?T(socket:ioctl(S, gifaddr, foo)),
    ?T(socket:ioctl(S, gifname, foo)),
    ?T(socket:ioctl(S, nosuch)),
    ?T(socket:ioctl(S, nosuch, "lo")),
    socket:close(S),
    ?T(socket:ioctl(S, gifconf)),
    ?T(socket:ioctl(S, gifname, 1)).
