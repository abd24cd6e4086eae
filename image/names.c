/* SPDX-License-Identifier: Apache-2.0 */
/* names.c -- see names.h.
 *
 * Stock asks the system first, by a program of its own.  Here OTP's resolver asks the name servers itself: it is told so by
 * a file that ERL_INETRC names, unless the mote was started with another.  Without name servers all stays as it is:
 * vm/port/host_lookup.c knows this host.
 */
#include "image/names.h"
#include "bif/environment.h"
#include "fs/join_tree.h"
#include "fs/text_tree.h"
#include "platform/platform.h"
#include <string.h>

#define FOLDER "/etc/mote"

struct text {
    char bytes[2048]; /* all that plat_names can say fits */
    size_t n;
};

static void put(struct text *t, const char *s)
{
    size_t n = strlen(s);
    if (t->n + n > sizeof t->bytes) return;
    memcpy(t->bytes + t->n, s, n);
    t->n += n;
}

static void put_number(struct text *t, unsigned n, unsigned base)
{
    char digits[12];
    size_t at = sizeof digits - 1;
    digits[at] = 0;
    do digits[--at] = "0123456789abcdef"[n % base];
    while (n /= base);
    put(t, digits + at);
}

static void put_address(struct text *t, unsigned version, const uint8_t *address)
{
    for (unsigned k = 0; k < (version == 4 ? 4 : 8); k++) {
        if (k) put(t, version == 4 ? "." : ":");
        if (version == 4)
            put_number(t, address[k], 10);
        else
            put_number(t, (unsigned)address[2 * k] << 8 | address[2 * k + 1], 16);
    }
}

static void put_line(struct text *t, unsigned version, const uint8_t *address, const char *name)
{
    put_address(t, version, address);
    put(t, " ");
    put(t, name);
    put(t, "\n");
}

static void write_servers(struct text *t, const struct plat_names *names)
{
    if (names->search[0]) put(t, "search "), put(t, names->search), put(t, "\n");
    for (unsigned k = 0; k < names->servers; k++) {
        put(t, "nameserver ");
        put_address(t, names->server[k].version, names->server[k].address);
        put(t, "\n");
    }
}

static void write_hosts(struct text *t, const struct plat_names *names)
{
    struct plat_net net;
    put(t, "127.0.0.1 localhost\n::1 localhost\n");
    if (!names->host[0] || plat_net_count() == 0 || plat_net_info(0, &net) != PLAT_OK) return;
    if (net.flags & PLAT_NET_IPV4) put_line(t, 4, net.ipv4, names->host);
    if (net.flags & PLAT_NET_IPV6) put_line(t, 6, net.ipv6, names->host);
}

void names_start(const struct plat_boot *boot)
{
    static struct text servers, hosts;
    static const char rules[] = "{hosts_file, \"" FOLDER "/hosts\"}.\n"
                                "{resolv_conf, \"" FOLDER "/resolv.conf\"}.\n"
                                "{lookup, [file, dns]}.\n";
    struct plat_names names;
    size_t n;
    (void)boot;
    plat_names(&names);
    if (plat_net_count() == 0) names.servers = 0; /* nobody could be asked */
    if (names.servers == 0 && servers.n == 0) return;
    servers.n = hosts.n = 0; /* of the machine that this memory was */
    write_servers(&servers, &names);
    write_hosts(&hosts, &names);
    text_add("inetrc", rules, sizeof rules - 1);
    text_add("resolv.conf", servers.bytes, servers.n);
    text_add("hosts", hosts.bytes, hosts.n);
    if (!join_mount(FOLDER, sizeof FOLDER - 1, text_root())) return;
    if (!environment_find("ERL_INETRC", &n)) environment_set("ERL_INETRC", FOLDER "/inetrc");
}
