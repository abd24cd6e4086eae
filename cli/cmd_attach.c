/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_attach.c -- `mote attach`: a shell in another node, from a mote of its own.
 *
 * That mote has OTP, a network that reaches the other node, and mote_attach (otp/src), which is told where it is.  A
 * mote of `mote ps` has left in the state folder how to get there (node.h); any other node is asked for by its host's
 * port mapper.  Interfaces are in user mode, where the host's own loopback is the gateway, or on the mote's switch.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/flags.h"
#include "cli/memory.h"
#include "cli/node.h"
#include "cli/state.h"

enum { COOKIE, OTP, PLATFORM, STATS };

const struct option attach_options[] = {
    [COOKIE] = {"--cookie", NULL, "COOKIE|@FILE",
                "with NODE@HOST: its cookie (default: ~/.erlang.cookie)"},
    [OTP] = {"--otp", NULL, "DIR", "take OTP from here (also: MOTE_OTP)"},
    [PLATFORM] = {"--platform", NULL, "kvm|process",
                  "what the shell's own mote runs on (default: kvm where it\nis usable)"},
    [STATS] = {"--stats", NULL, NULL, "say at the end what it took, on standard error"},
    {0},
};

const char attach_details[] =
    "NAME is one of `mote ps`, which was started with --node; NODE@HOST any node that the host\n"
    "reaches. The shell is the other node's, as with `erl -remsh`: Ctrl-G and q leave it, q()\n"
    "would stop the other node. Without a terminal, the expressions on standard input are "
    "evaluated\n"
    "there and their values printed, up to the first that fails:\n"
    "\n"
    "    $ echo 'erlang:memory(total).' | mote attach web\n"
    "\n"
    "The other node sees a hidden node, attach-NUMBER@mote.\n";

/* The gateway of an interface in user mode: the host's own loopback. */
#define HOST_LOOPBACK "10.0.2.2"

enum { PATIENCE_MOTE_S = 20, PATIENCE_NODE_S = 2 };

struct request {
    struct launch launch;
    struct node node;
    const char *whom, *otp;
    const char
        *address;  /* as the shell's mote sees it; a name is asked of the name servers there */
    unsigned port; /* 0: the port mapper knows */
    unsigned patience_s;
};

static int read_request(const struct command *self, int argc, char **argv, struct request *r,
                        struct error *e)
{
    struct arguments a = {argv, argv + argc, self};
    const char *value;
    for (int option; (option = arguments_next(&a, &value, e)) != ARGUMENT_END;) {
        int result = 0;
        switch (option) {
        case COOKIE: result = node_set_cookie(&r->node, value, e); break;
        case OTP: r->otp = value; break;
        case PLATFORM: result = launch_set_platform(&r->launch, value, e); break;
        case STATS: r->launch.options.stats = true; break;
        case ARGUMENT_OPERAND:
            if (r->whom) return fail(e, 0, "to one at a time: %s or %s?", r->whom, value);
            r->whom = value;
            break;
        case ARGUMENT_REST: return fail(e, 0, "attach takes no --");
        default: return -1;
        }
        if (result < 0) return -1;
    }
    return r->whom ? 0 : fail(e, 0, "attach to whom? give a NAME of `mote ps`, or NODE@HOST");
}

/* --- a mote of this host ------------------------------------------------------------------------------ */

/* An address in the subnet of one that was given by hand: from its upper half, where nobody else is, most likely. */
static const char *neighbour(const char *address, unsigned bits)
{
    uint32_t own, random = 0;
    struct in_addr in;
    if (bits < 2 || bits > 30 || inet_pton(AF_INET, address, &in) != 1) return NULL;
    own = ntohl(in.s_addr);
    if (getrandom(&random, sizeof random, 0) < 0) random = (uint32_t)getpid();
    uint32_t hosts = UINT32_MAX >> bits, half = hosts / 2 + 1;
    uint32_t host = half + random % (half - 1); /* without the last one: that is all of them */
    if (host == (own & hosts)) host = half + (host - half + 1) % (half - 1);
    in.s_addr = htonl((own & ~hosts) | host);
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &in, text, sizeof text);
    return memory_print("%s/%u", text, bits);
}

static int join_switch(struct request *r, char *text, struct error *e)
{
    char *name, *address = strtok_r(text, "/", &name), *bits = strtok_r(NULL, " ", &name);
    char *own = strtok_r(NULL, " ", &name);
    if (!own || !*name) return fail(e, 0, "what is known of %s makes no sense", r->whom);
    const char *net = memory_print("switch:%s", name);
    if (network_option(&r->launch.network, NETWORK_NET, net, e) < 0) return -1;
    r->address = address;
    if (*own == '0') return 0;
    const char *ours = neighbour(address, (unsigned)atoi(bits));
    if (!ours) return fail(e, 0, "no room for another one in the network of %s", r->whom);
    return network_option(&r->launch.network, NETWORK_IP, ours, e);
}

static int use_mote(struct request *r, const struct state_mote *m, struct error *e)
{
    if (!m->runs) return fail(e, 0, "%s is not running", m->name);
    if (!*m->node)
        return fail(e, 0, "%s is not a node: start it with --node NAME for a shell in it", m->name);
    if (r->node.cookie) return fail(e, 0, "--cookie: that of %s is known", m->name);
    r->node.name = m->node;
    r->node.cookie = m->cookie;
    r->patience_s = PATIENCE_MOTE_S;
    r->port = NODE_PORT;
    size_t n = strcspn(m->reach, " ");
    const char *kind = memory_text(m->reach, n);
    char *rest = memory_text(m->reach + n, strlen(m->reach + n));
    if (*rest) rest++;
    if (strcmp(kind, "switch") == 0) return join_switch(r, rest, e);
    if (strcmp(kind, "user") == 0) {
        r->address = HOST_LOOPBACK;
        r->port = (unsigned)atoi(rest);
    } else if (strcmp(kind, "address") == 0) {
        r->address = rest;
    } else {
        return fail(e, 0, "%s has no network that a shell could come by", m->name);
    }
    return network_option(&r->launch.network, NETWORK_NET, "user,loopback", e);
}

/* --- any node --------------------------------------------------------------------------------------------- */

/* What the host's own table says of a name, or NULL. */
static const char *look_up(const char *name)
{
    static char line[1024];
    const char *found = NULL;
    FILE *f = fopen("/etc/hosts", "re");
    while (f && !found && fgets(line, sizeof line, f)) {
        char *rest, *address, *word;
        struct in_addr in;
        line[strcspn(line, "#\n")] = 0;
        address = strtok_r(line, " \t\r", &rest);
        if (!address || inet_pton(AF_INET, address, &in) != 1) continue;
        while (!found && (word = strtok_r(NULL, " \t\r", &rest)) != NULL)
            if (strcasecmp(word, name) == 0) found = address;
    }
    if (f) fclose(f);
    return found ? memory_text(found, strlen(found)) : NULL;
}

/* This host itself, by any of its names, is the gateway; the guest's resolver knows nothing of the host's table. */
static const char *address_of(const char *host)
{
    char own[256] = "";
    struct in_addr in;
    const char *address = inet_pton(AF_INET, host, &in) == 1 ? host : look_up(host);
    gethostname(own, sizeof own - 1);
    size_t stem = strcspn(own, ".");
    bool us = strcasecmp(host, "localhost") == 0 || strcasecmp(host, own) == 0 ||
              (strlen(host) == stem && strncasecmp(host, own, stem) == 0);
    if (us || (address && strncmp(address, "127.", 4) == 0)) return HOST_LOOPBACK;
    return address ? address : host;
}

static int use_node(struct request *r, struct error *e)
{
    const char *path;
    struct error ignored;
    if (node_set_name(&r->node, r->whom, &ignored) < 0)
        return fail(e, 0, "%s is no name of a node: write something like web@10.0.0.2", r->whom);
    if (!r->node.cookie) {
        int there = node_user_cookie(false, &path, e);
        if (there < 0) return -1;
        if (!there) return fail(e, 0, "which cookie? there is no ~/.erlang.cookie: give --cookie");
        if (!(r->node.cookie = node_read_cookie(path, e))) return -1;
    }
    r->address = address_of(strchr(r->whom, '@') + 1);
    r->patience_s = PATIENCE_NODE_S;
    return network_option(&r->launch.network, NETWORK_NET, "user,loopback", e);
}

/* A node's name may be that of a mote here. */
static int find(struct request *r, struct error *e)
{
    struct state_mote one, *motes;
    struct error ignored;
    size_t n;
    if (!strchr(r->whom, '@')) return state_find(r->whom, &one, e) < 0 ? -1 : use_mote(r, &one, e);
    if (!r->node.cookie && state_list(&motes, &n, &ignored) == 0)
        for (size_t i = 0; i < n; i++)
            if (motes[i].runs && strcmp(motes[i].node, r->whom) == 0)
                return use_mote(r, &motes[i], e);
    return use_node(r, e);
}

/* --- the start --------------------------------------------------------------------------------------------- */

static int prepare(struct request *r, struct error *e)
{
    struct launch *l = &r->launch;
    struct tree none = {0};
    struct flags f = {0};
    struct otp otp;
    if (otp_find(r->otp, &otp, e) < 0 || launch_use_own_runtime(l, e) < 0 ||
        launch_use_otp(l, &otp, &none, e) < 0)
        return -1;
    bool is_long = node_host_is_long(strchr(r->node.name, '@'));
    bool terminal = isatty(0) && isatty(1);
    const char *const init[] = {
        "-boot",
        memory_print("%s/bin/start_clean", otp.root),
        "-noshell",
        is_long ? "-name" : "-sname",
        memory_print("attach-%d@mote%s", (int)getpid(), is_long ? ".attach" : ""),
        "-setcookie",
        r->node.cookie,
        "-hidden",
        "-dist_listen",
        "false",
        "-kernel",
        "logger_level",
        "none",
        "-epmd_module",
        "mote_attach",
        "-mote_attach",
        r->node.name,
        r->address,
        memory_print("%u", r->port),
        memory_print("%u", r->patience_s),
        "-run",
        "mote_attach",
        "start",
        terminal ? "shell" : "text"};
    const char *port = getenv("ERL_EPMD_PORT");
    if (terminal) names_append(&f.init, "-noinput");
    if (port && *port) {
        names_append(&f.init, "-epmd_port");
        names_append(&f.init, port);
    }
    for (size_t i = 0; i < sizeof init / sizeof *init; i++) names_append(&f.init, init[i]);
    flags_build(&f, otp.root, otp.bindir, "/", &l->argv);
    launch_environment(l, "ROOTDIR", otp.root);
    launch_environment(l, "BINDIR", otp.bindir);
    launch_environment(l, "PROGNAME", "erl");
    launch_environment(l, "EMU", "beam");
    launch_environment(l, "PWD", "/");
    static const char *const inherited[] = {"TERM", "LANG", "LC_ALL", "LC_CTYPE", "TZ"};
    for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++)
        launch_inherit(l, inherited[i]);
    return 0;
}

int cmd_attach(const struct command *self, int argc, char **argv, struct error *e)
{
    struct request r = {0};
    if (read_request(self, argc, argv, &r, e) < 0) return COMMAND_MISUSED;
    if (find(&r, e) < 0 || prepare(&r, e) < 0) return COMMAND_FAILED;
    return launch_run(&r.launch, e);
}
