/* SPDX-License-Identifier: Apache-2.0 */
/* network.c -- see network.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/memory.h"
#include "cli/network.h"

static struct monitor_net *add(struct network *n, enum monitor_net_kind kind, const char *name)
{
    struct monitor_net *net = &n->net[n->nets++];
    *net = (struct monitor_net){.kind = kind, .name = name};
    return net;
}

/* The one that options are about; without a --net, the default one. */
static struct monitor_net *current(struct network *n)
{
    return n->nets ? &n->net[n->nets - 1] : add(n, MONITOR_NET_USER, NULL);
}

/* --- values --------------------------------------------------------------------------------- */

/* Up to `most`; text ends behind it.  -1: no such number. */
static long read_number(const char *text, long most)
{
    char *end;
    errno = 0;
    long n = strtol(text, &end, 10);
    return *text < '0' || *text > '9' || *end || errno || n > most ? -1 : n;
}

/* An address of version 4 or 6, in network order; its version, or 0. */
static unsigned read_address(const char *text, uint8_t *out)
{
    if (inet_pton(AF_INET, text, out) == 1) return 4;
    return inet_pton(AF_INET6, text, out) == 1 ? 6 : 0;
}

static int set_net(struct network *n, const char *text, struct error *e)
{
    const char *name = strchr(text, ':');
    if (strcmp(text, "none") == 0) {
        n->none = true;
        return 0;
    }
    if (n->nets == MONITOR_NETS_MOST)
        return fail(e, 0, "--net: there can be %u interfaces", MONITOR_NETS_MOST);
    if (strcmp(text, "user") == 0 || strcmp(text, "user,loopback") == 0)
        add(n, MONITOR_NET_USER, NULL)->loopback = text[4] == ',';
    else if (strncmp(text, "tap:", 4) == 0 && name[1])
        add(n, MONITOR_NET_TAP, name + 1);
    else if (strncmp(text, "switch:", 7) == 0 && name[1])
        add(n, MONITOR_NET_SWITCH, name + 1);
    else
        return fail(e, 0, "--net %s: it is user, user,loopback, tap:NAME, switch:NAME or none",
                    text);
    return 0;
}

static int set_ip(struct network *n, const char *text, struct error *e)
{
    struct monitor_address a = {.given = true};
    const char *slash = strchr(text, '/');
    const char *address = slash ? memory_text(text, (size_t)(slash - text)) : text;
    unsigned version = read_address(address, a.bytes), most = version == 4 ? 32 : 128;
    long bits = slash ? read_number(slash + 1, (long)most) : -1;
    if (!version || bits < 1)
        return fail(e, 0, "--ip %s: write something like 10.0.0.2/24 or fd00::2/64", text);
    a.prefix = (uint8_t)bits;
    struct monitor_net *net = current(n);
    *(version == 4 ? &net->ipv4 : &net->ipv6) = a;
    return 0;
}

static int set_gateway(struct network *n, const char *text, struct error *e)
{
    struct monitor_address a = {.given = true};
    unsigned version = read_address(text, a.bytes);
    if (!version) return fail(e, 0, "--gateway %s is not an address", text);
    struct monitor_net *net = current(n);
    *(version == 4 ? &net->gateway4 : &net->gateway6) = a;
    return 0;
}

static int add_server(struct network *n, const char *text, struct error *e)
{
    uint8_t address[16] = {0};
    unsigned most = sizeof n->names.server / sizeof *n->names.server;
    unsigned version = read_address(text, address);
    if (!version) return fail(e, 0, "--dns %s is not an address", text);
    if (n->names.servers == most) return fail(e, 0, "--dns: there can be %u", most);
    n->names.server[n->names.servers].version = (uint8_t)version;
    memcpy(n->names.server[n->names.servers++].address, address, sizeof address);
    return 0;
}

static int set_mac(struct network *n, const char *text, struct error *e)
{
    unsigned b[6];
    int end = 0;
    if (sscanf(text, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &end) !=
            6 ||
        text[end])
        return fail(e, 0, "--mac %s: write something like 02:00:00:00:00:01", text);
    if (b[0] & 1) return fail(e, 0, "--mac %s is the address of many", text);
    struct monitor_net *net = current(n);
    for (unsigned i = 0; i < 6; i++) net->mac[i] = (uint8_t)b[i];
    net->mac_given = true;
    return 0;
}

static int set_mtu(struct network *n, const char *text, struct error *e)
{
    long bytes = read_number(text, 65521);
    if (bytes < 576) return fail(e, 0, "--mtu %s: it is 576 to 65521", text);
    current(n)->mtu = (uint16_t)bytes;
    return 0;
}

static int set_host(struct network *n, const char *text, struct error *e)
{
    static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    size_t bytes = strcspn(text, ".");
    if (!bytes || bytes > 63 || strspn(text, good) != bytes || strlen(text) > 255)
        return fail(e, 0, "--hostname %s: letters, digits and -, at most 63", text);
    n->names.host = memory_text(text, bytes);
    if (text[bytes]) n->names.search = text + bytes + 1;
    return 0;
}

/* --- forwarded ports ---------------------------------------------------------------------------- */

/* The host's address in front, when there is one: [::1] has colons of its own.  Returns what is behind it. */
static const char *read_host(const char *text, struct monitor_forward *f)
{
    const char *end = *text == '[' ? strchr(text, ']') : strchr(text, ':');
    if (*text == '[') {
        if (!end || end[1] != ':') return NULL;
        f->version =
            (uint8_t)read_address(memory_text(text + 1, (size_t)(end - text - 1)), f->host);
        return f->version == 6 ? end + 2 : NULL;
    }
    if (!end || !strchr(end + 1, ':')) return text;
    f->version = (uint8_t)read_address(memory_text(text, (size_t)(end - text)), f->host);
    return f->version == 4 ? end + 1 : NULL;
}

static int add_forward(struct network *n, const char *text, struct error *e)
{
    struct monitor_forward f = {.version = 4};
    const char *slash = strchr(text, '/'), *protocol = slash ? slash + 1 : "tcp";
    const char *ports = read_host(slash ? memory_text(text, (size_t)(slash - text)) : text, &f);
    const char *colon = ports ? strchr(ports, ':') : NULL;
    long host = -1, guest = -1;
    if (colon) {
        host = read_number(memory_text(ports, (size_t)(colon - ports)), 65535);
        guest = read_number(colon + 1, 65535);
    }
    f.udp = strcmp(protocol, "udp") == 0;
    if (host < 1 || guest < 1 || (!f.udp && strcmp(protocol, "tcp") != 0))
        return fail(
            e, 0,
            "-p %s: write something like 8080:80, 127.0.0.1:8080:80, [::1]:8080:80 or 53:53/udp",
            text);
    if (n->forwards == MONITOR_FORWARDS_MOST)
        return fail(e, 0, "-p: %u ports can be forwarded", MONITOR_FORWARDS_MOST);
    f.host_port = (uint16_t)host;
    f.guest_port = (uint16_t)guest;
    n->forward[n->forwards++] = f;
    return 0;
}

int network_forward(struct network *n, uint16_t port)
{
    bool user = !n->none && !n->nets;
    for (unsigned i = 0; i < n->nets; i++) user = user || n->net[i].kind == MONITOR_NET_USER;
    if (!user || n->forwards == MONITOR_FORWARDS_MOST) return -1;
    n->forward[n->forwards] =
        (struct monitor_forward){.version = 4, .host = {127, 0, 0, 1}, .guest_port = port};
    return (int)n->forwards++;
}

int network_option(struct network *n, enum network_option option, const char *value,
                   struct error *e)
{
    switch (option) {
    case NETWORK_NET: return set_net(n, value, e);
    case NETWORK_PUBLISH: return add_forward(n, value, e);
    case NETWORK_IP: return set_ip(n, value, e);
    case NETWORK_GATEWAY: return set_gateway(n, value, e);
    case NETWORK_DNS: return add_server(n, value, e);
    case NETWORK_MAC: return set_mac(n, value, e);
    case NETWORK_MTU: return set_mtu(n, value, e);
    case NETWORK_HOSTNAME: return set_host(n, value, e);
    case NETWORK_OPTION_COUNT: break;
    }
    return 0;
}

/* --- the host's servers of names --------------------------------------------------------------------- */

static bool is_loopback(const uint8_t *address, unsigned version)
{
    return version == 4 ? address[0] == 127 : memcmp(address, &in6addr_loopback, 16) == 0;
}

/* Takes what a file in the form of resolv.conf says; servers that only the host itself reaches are left out,
 * and so is what has a zone. */
static void read_resolv_conf(const char *path, struct network *n)
{
    char text[16384], *next = text;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t bytes = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
    if (fd >= 0) close(fd);
    text[bytes > 0 ? bytes : 0] = 0;
    for (char *line; (line = strsep(&next, "\n")) != NULL;) {
        uint8_t address[16];
        struct error ignored;
        char *rest, *word = strtok_r(line, " \t\r\n", &rest), *value = rest;
        if (!word) continue;
        if (!strcmp(word, "nameserver") && (value = strtok_r(NULL, " \t\r\n", &rest)) != NULL) {
            unsigned version = read_address(value, address);
            if (version && !is_loopback(address, version)) add_server(n, value, &ignored);
        } else if ((!strcmp(word, "search") || !strcmp(word, "domain")) && !n->names.search) {
            value[strcspn(value, "\r\n")] = 0;
            if (strlen(value) < 256) n->names.search = memory_text(value, strlen(value));
        }
    }
}

/* systemd's resolver listens on the host's loopback; it writes down whom it asks itself. */
static void find_servers(struct network *n)
{
    if (n->names.servers) return;
    read_resolv_conf("/etc/resolv.conf", n);
    if (!n->names.servers) read_resolv_conf("/run/systemd/resolve/resolv.conf", n);
}

int network_finish(struct network *n, struct monitor_options *o, struct error *e)
{
    if (n->none && (n->nets || n->forwards))
        return fail(e, 0, "--net none, and another option about the network: which one?");
    if (!n->none && !n->nets) add(n, MONITOR_NET_USER, NULL);
    if (n->forwards) {
        unsigned i = 0;
        while (i < n->nets && n->net[i].kind != MONITOR_NET_USER) i++;
        if (i == n->nets) return fail(e, 0, "-p needs an interface in user mode: add --net user");
        n->net[i].forward = n->forward;
        n->net[i].forwards = n->forwards;
    }
    if (n->nets) find_servers(n);
    o->net = n->net;
    o->nets = n->nets;
    o->names = n->names;
    return 0;
}
