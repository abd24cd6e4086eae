/* SPDX-License-Identifier: Apache-2.0 */
/* network.h -- the options about the network that `run` and `erl` share.
 *
 * Each --net adds an interface; --ip, --gateway, --mac and --mtu are about the last one named before them, -p
 * about the first in user mode.  Without any --net there is one in user mode.
 */
#ifndef CLI_NETWORK_H
#define CLI_NETWORK_H

#include "cli/command.h"
#include "monitor/monitor.h"

/* In a command's table and in its switch: each row X(name, letter, value, meaning). */
#define NETWORK_OPTIONS(X)                                                                         \
    X(NET, "--net", NULL, "KIND",                                                                  \
      "an interface: user (the default), user,loopback, tap:NAME,\n"                               \
      "switch:NAME or none; more than one may be given")                                           \
    X(PUBLISH, "--publish", "-p", "[HOSTIP:]HOST:GUEST[/udp]",                                     \
      "forward a port of the host (user mode)")                                                    \
    X(IP, "--ip", NULL, "ADDRESS/BITS", "the interface's address")                                 \
    X(GATEWAY, "--gateway", NULL, "ADDRESS", "the way to other networks")                          \
    X(DNS, "--dns", NULL, "ADDRESS", "who knows names (default: the host's)")                      \
    X(MAC, "--mac", NULL, "ADDRESS", "the interface's hardware address")                           \
    X(MTU, "--mtu", NULL, "BYTES", "the largest IP packet")                                        \
    X(HOSTNAME, "--hostname", NULL, "NAME", "what the guest is called (default: mote)")

/* In a table where they begin at NETWORK. */
#define NETWORK_ROW(name, option, letter, value, meaning)                                          \
    [NETWORK + NETWORK_##name] = {option, letter, value, meaning},

enum network_option {
#define ROW(name, option, letter, value, meaning) NETWORK_##name,
    NETWORK_OPTIONS(ROW)
#undef ROW
        NETWORK_OPTION_COUNT
};

struct network {
    struct monitor_net net[MONITOR_NETS_MOST];
    unsigned nets;
    struct monitor_forward forward[MONITOR_FORWARDS_MOST];
    unsigned forwards;
    bool none;
    struct monitor_names names;
};

/* Reads one option.  0, or -1 with `e`. */
int network_option(struct network *n, enum network_option option, const char *value,
                   struct error *e);

/* Forwards a port of the host's loopback that is free then to the guest's `port`, if there is an interface in user
 * mode: its number in struct monitor_opened, or -1. */
int network_forward(struct network *n, uint16_t port);

/* Once all options are read: defaults, and what they mean together.  `n` has to live on. */
int network_finish(struct network *n, struct monitor_options *o, struct error *e);

#endif
