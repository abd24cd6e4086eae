/* SPDX-License-Identifier: Apache-2.0 */
/* node.c -- see node.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "cli/files.h"
#include "cli/memory.h"
#include "cli/node.h"

enum { COOKIE_LETTERS = 20, COOKIE_MOST = 255, NAME_MOST = 255 };

static const char name_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/* --- options -------------------------------------------------------------------------------------- */

int node_set_name(struct node *n, const char *text, struct error *e)
{
    size_t stem = strspn(text, name_letters);
    const char *host = text[stem] == '@' ? text + stem + 1 : NULL;
    bool good = stem > 0 && strlen(text) <= NAME_MOST && (host ? *host != 0 : text[stem] == 0);
    if (good && host) good = host[strcspn(host, " \t\r\n@'\"")] == 0;
    if (!good) return fail(e, 0, "--node %s: write something like web, or web@10.0.0.2", text);
    n->name = text;
    return 0;
}

/* What stands in it up to the first blank; auth.erl takes off line ends, too. */
const char *node_read_cookie(const char *path, struct error *e)
{
    struct bytes file;
    if (file_read(path, 4096, &file, NULL, e) < 0) return NULL;
    const char *text = memory_text((const char *)file.at, file.n);
    size_t n = strcspn(text, " \t\r\n");
    if (n > 0 && n <= COOKIE_MOST) return memory_text(text, n);
    fail(e, 0, "there is no cookie in %s", path);
    return NULL;
}

int node_set_cookie(struct node *n, const char *text, struct error *e)
{
    if (*text == '@') {
        n->cookie = node_read_cookie(text + 1, e);
        return n->cookie ? 0 : -1;
    }
    if (!*text || strlen(text) > COOKIE_MOST)
        return fail(e, 0, "--cookie: 1 to %d characters, or @ and the name of a file", COOKIE_MOST);
    if (*text == '-') return fail(e, 0, "--cookie %s: init would take that for an option", text);
    n->cookie = text;
    return 0;
}

/* --- cookies ---------------------------------------------------------------------------------------- */

const char *node_new_cookie(struct error *e)
{
    char text[COOKIE_LETTERS + 1] = "";
    uint16_t random[COOKIE_LETTERS];
    if (getrandom(random, sizeof random, 0) != sizeof random) {
        fail(e, errno, "no random numbers for a cookie");
        return NULL;
    }
    for (unsigned i = 0; i < COOKIE_LETTERS; i++) text[i] = (char)('A' + random[i] % 26);
    return memory_text(text, COOKIE_LETTERS);
}

int node_user_cookie(bool make, const char **path, struct error *e)
{
    const char *home = getenv("HOME");
    if (!home || home[0] != '/')
        return make ? fail(e, 0, "HOME is not set: no place for a cookie") : 0;
    *path = path_normal(home, ".erlang.cookie");
    if (path_is_file(*path)) return 1;
    if (!make) return 0;
    const char *cookie = node_new_cookie(e);
    if (!cookie) return -1;
    /* Another one may make it at the same time: then that is it. */
    closes_itself int fd = open(*path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0400);
    if (fd < 0) return errno == EEXIST ? 1 : fail(e, errno, "cannot make %s", *path);
    return file_write_all(fd, cookie, strlen(cookie), *path, e) < 0 ? -1 : 1;
}

/* --- the guest's arguments ------------------------------------------------------------------------------ */

bool node_host_is_long(const char *host) { return strpbrk(host, ".:") != NULL; }

/* Behind the third "--", where those for init begin. */
static void insert(struct launch *l, const char *const *words, size_t n)
{
    struct names old = l->argv;
    size_t at = 0;
    for (unsigned dashes = 0; at < old.n && dashes < 3; at++) dashes += !strcmp(old.at[at], "--");
    l->argv = (struct names){0};
    for (size_t i = 0; i < at; i++) names_append(&l->argv, old.at[i]);
    for (size_t i = 0; i < n; i++) names_append(&l->argv, words[i]);
    for (size_t i = at; i < old.n; i++) names_append(&l->argv, old.at[i]);
}

int node_keep(struct node *n, const struct launch *l, const char *path, struct error *e)
{
    if (n->name || n->cookie)
        return fail(e, 0, "%s: %s goes on as the mote that it was (--cold boots its image)",
                    n->name ? "--node" : "--cookie", path);
    n->name = l->node;
    n->cookie = l->cookie;
    n->is_kept = true;
    return 0;
}

int node_prepare(struct node *n, struct launch *l, bool attach, struct error *e)
{
    n->forward = -1;
    if (!n->name) return n->cookie ? fail(e, 0, "--cookie is a node's: give --node NAME, too") : 0;
    if (!strchr(n->name, '@'))
        n->name =
            memory_print("%s@%s", n->name, l->network.names.host ? l->network.names.host : "mote");
    if (!n->cookie && !(n->cookie = node_new_cookie(e))) return -1;
    const char *const words[] = {
        node_host_is_long(strchr(n->name, '@')) ? "-name" : "-sname",
        n->name,
        "-setcookie",
        n->cookie,
        "-epmd_module",
        "mote_epmd",
    };
    if (!n->is_kept) insert(l, words, sizeof words / sizeof *words);
    if (attach) n->forward = network_forward(&l->network, NODE_PORT);
    return 0;
}

/* --- how to get there --------------------------------------------------------------------------------- */

static const char *address_text(const uint8_t *address)
{
    static const uint8_t none[4];
    char text[INET_ADDRSTRLEN];
    if (memcmp(address, none, 4) == 0) return NULL;
    inet_ntop(AF_INET, address, text, sizeof text);
    return memory_text(text, strlen(text));
}

/* The distribution is on IPv4.  A port of the host is best, for it takes nothing but this program to get there. */
static const char *way(const struct node *n, const struct network *network,
                       const struct monitor_opened *opened)
{
    if (n->forward >= 0) return memory_print("user %u", opened->host_port[n->forward]);
    for (unsigned i = 0; i < network->nets; i++) {
        const struct monitor_net *net = &network->net[i];
        const char *address = address_text(opened->net[i].ipv4);
        if (!address || net->kind == MONITOR_NET_USER) continue;
        if (net->kind == MONITOR_NET_TAP) return memory_print("address %s", address);
        return memory_print("switch %s/%u %d %s", address, opened->net[i].ipv4_prefix,
                            net->ipv4.given, net->name);
    }
    return "";
}

const char *node_lines(const struct node *n, const struct network *network,
                       const struct monitor_opened *opened)
{
    if (!n || !n->name) return "";
    return memory_print("node %s\ncookie %s\nreach %s\n", n->name, n->cookie,
                        way(n, network, opened));
}
