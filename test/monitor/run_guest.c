/* SPDX-License-Identifier: Apache-2.0 */
/* run_guest.c -- runs a runtime ELF by the monitor, without the command line's help.
 *
 *   run_guest [-p kvm|process] [-m SIZE] [-a ARCHIVE] [-o OFFSET] [-N NET] [-s] [-n] [-k] [-l] [-x] [-I N[,MIB]] GUEST ARG...
 *
 *   -N  an interface: user[:HOSTPORT:GUESTPORT], UDP of 127.0.0.1; tap:NAME; switch:NAME; each with [,MTU]
 *   -o  offset of the runtime in its file   -s  statistics   -n  no input
 *   -k  keep privileges, -x  no sandbox (for gdb and perf)
 *   -l  as an instance that an agent has prepared: kvm, with its code in large pages
 *   -I  instances that it may have at once, and after a comma MiB for all of them
 *   -u  only say whether KVM is usable: status 0, or 1 and why not
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/boot.h"
#include "agent/agent.h"
#include "monitor/monitor.h"
#include "monitor/stats.h"

static struct monitor_file open_file(const char *path, uint64_t at)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0) {
        perror(path);
        exit(2);
    }
    return (struct monitor_file){fd, at, (uint64_t)st.st_size - at};
}

/* -N user[:HOSTPORT:GUESTPORT]|tap:NAME|switch:NAME[,mtu] */
static struct monitor_net nets[MONITOR_NETS_MOST];
static struct monitor_forward forward[MONITOR_NETS_MOST];

static void add_net(struct monitor_options *o, char *text)
{
    struct monitor_net *n = &nets[o->nets];
    char *mtu = strchr(text, ','), *name = strchr(text, ':');
    if (mtu) n->mtu = (uint16_t)atoi(mtu + 1), *mtu = 0;
    if (name) *name++ = 0;
    n->kind = !strcmp(text, "tap")      ? MONITOR_NET_TAP
              : !strcmp(text, "switch") ? MONITOR_NET_SWITCH
                                        : MONITOR_NET_USER;
    n->name = name ? strdup(name) : NULL;
    n->loopback = true;
    if (n->kind == MONITOR_NET_USER && name) {
        struct monitor_forward *f = &forward[o->nets];
        *f = (struct monitor_forward){.version = 4, .host = {127, 0, 0, 1}, .udp = true};
        f->host_port = (uint16_t)atoi(name);
        f->guest_port = (uint16_t)atoi(strchr(name, ':') + 1);
        n->forward = f, n->forwards = 1;
    }
    o->net = nets;
    o->nets++;
}

static int usable(void)
{
    const char *why;
    if (monitor_kvm_usable(&why)) return 0;
    puts(why);
    return 1;
}

/* -I N[,MIB] */
static struct agent_grant grant;
static struct agent_image self;

static void allow_instances(const char *text)
{
    const char *comma = strchr(text, ',');
    grant = (struct agent_grant){.instances = (unsigned)atoi(text), .image = &self, .images = 1};
    if (comma) grant.memory_bytes = strtoull(comma + 1, NULL, 10) << 20;
}

static bool prepared; /* -l */

static int run(struct monitor_options *o, struct error *e)
{
    if (prepared) {
        if (monitor_prepare(o, e) < 0) return -1;
        while (monitor_prepare_more(o)) continue;
    }
    self.options = *o;
    if (grant.instances && agent_start(o, &grant, &o->link, e) < 0) return -1;
    int status = monitor_run(o, e);
    agent_finish();
    return status;
}

int main(int argc, char **argv)
{
    struct monitor_options o = {.started_ns = stats_now_ns(), .archive = {.fd = -1}};
    static const char *const environment[] = {"HOME=/", "LANG=C.UTF-8", NULL};
    struct error e = {0};
    uint64_t at = 0;
    int option;
    while ((option = getopt(argc, argv, "+p:m:a:o:N:I:snklxu")) != -1) {
        switch (option) {
        case 'p': o.platform = strcmp(optarg, "process") ? MONITOR_KVM : MONITOR_PROCESS; break;
        case 'm':
            if (monitor_parse_memory(optarg, &o.memory_bytes, &e) < 0) goto failed;
            break;
        case 'a': o.archive = open_file(optarg, 0); break;
        case 'o': at = strtoull(optarg, NULL, 0); break;
        case 'I': allow_instances(optarg); break;
        case 'N': add_net(&o, optarg); break;
        case 's': o.stats = true; break;
        case 'n': o.no_input = true; break;
        case 'k': o.keep_privileges = true; break;
        case 'l': prepared = true; break;
        case 'x': o.no_sandbox = true; break;
        case 'u': return usable();
        default: return 2;
        }
    }
    if (optind == argc) return 2;
    o.runtime = open_file(argv[optind], at);
    o.argc = argc - optind;
    o.argv = (const char *const *)argv + optind;
    o.environment = environment;
    int status = run(&o, &e);
    if (status >= 0) return status;
failed:
    fprintf(stderr, "mote: %s\n", e.text);
    return BOOT_STATUS_MONITOR;
}
