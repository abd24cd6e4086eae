/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.c -- see mounts.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/files.h"
#include "cli/mounts.h"

static const char SERVER[] = "9p://";

/* A mount at `path` may stand beside those at `other`, and not below one or above it. */
static bool one_holds_other(const char *path, const char *other)
{
    size_t n = strlen(path), m = strlen(other), both = n < m ? n : m;
    return strncmp(path, other, both) == 0 && (path[both] == 0 || path[both] == '/') &&
           (other[both] == 0 || other[both] == '/');
}

static int check_place(const struct launch *l, const char *path, struct error *e)
{
    if (path[0] != '/' || !path[1])
        return fail(e, 0, "-v: %s is no place for a folder: give an absolute path", path);
    if (strcmp(path, "/tmp") != 0 && one_holds_other(path, "/tmp"))
        return fail(e, 0, "-v: %s is in /tmp, which lives in the guest's memory", path);
    for (unsigned i = 0; i < l->options.mounts_n; i++)
        if (one_holds_other(path, l->mounts[i].guest))
            return fail(e, 0, "-v: %s and %s: one is in the other", path, l->mounts[i].guest);
    if (l->options.mounts_n == LAUNCH_MOUNTS_MOST)
        return fail(e, 0, "-v: there can be %d", LAUNCH_MOUNTS_MOST);
    return 0;
}

/* 9p://A.B.C.D[:PORT][/TREE]:PATH: a server of 9P2000.L that the guest itself reaches by TCP. */
static int add_server(struct launch *l, const char *text, struct error *e)
{
    const char *whole = text + strlen(SERVER), *colon = strrchr(whole, ':');
    size_t n = strcspn(whole, ":/");
    const char *address = memory_text(whole, n), *port = "564", *tree = "/";
    struct in_addr ignored;
    if (!colon || colon[1] != '/' || strpbrk(whole, " ;") ||
        inet_pton(AF_INET, address, &ignored) != 1)
        return fail(e, 0, "-v %s: write %sADDRESS[:PORT][/TREE]:PATH, with a numeric IPv4 address",
                    text, SERVER);
    const char *rest = memory_text(whole + n, (size_t)(colon - whole) - n);
    if (*rest == ':') {
        size_t digits = strspn(rest + 1, "0123456789");
        port = memory_text(rest + 1, digits);
        rest += 1 + digits;
    }
    if (*rest == '/') tree = rest;
    const char *guest = path_normal(NULL, colon + 1), *user = getenv("USER");
    if (check_place(l, guest, e) < 0) return -1;
    const char *line =
        memory_print("%s %s %s %s %s", address, port, user && *user ? user : "root", tree, guest);
    l->servers = l->servers ? memory_print("%s;%s", l->servers, line) : line;
    launch_environment(l, "MOTE_9P", l->servers);
    names_append(&l->server_places, guest);
    return 0;
}

int mounts_add(struct launch *l, const char *text, struct error *e)
{
    if (strncmp(text, SERVER, strlen(SERVER)) == 0) return add_server(l, text, e);
    size_t n = strlen(text);
    bool read_only = n > 3 && strcmp(text + n - 3, ":ro") == 0;
    if (read_only || (n > 3 && strcmp(text + n - 3, ":rw") == 0)) n -= 3;
    const char *whole = memory_text(text, n), *colon = strrchr(whole, ':');
    if (!colon || colon == whole || !colon[1])
        return fail(e, 0, "-v %s: write a folder of this host, a colon, and where it is to be",
                    text);
    if (colon[1] != '/') return fail(e, 0, "-v %s: %s is no absolute path", text, colon + 1);
    const char *guest = path_normal(NULL, colon + 1);
    const char *host = memory_text(whole, (size_t)(colon - whole));
    if (check_place(l, guest, e) < 0) return -1;
    if (!path_is_folder(host)) {
        errno = 0;
        return fail(e, 0, "-v %s: %s is no folder of this host", text, host);
    }
    l->mounts[l->options.mounts_n++] =
        (struct monitor_mount){.host = host, .guest = guest, .read_only = read_only};
    l->options.mounts = l->mounts;
    return 0;
}

int mounts_limit_tmp(struct launch *l, const char *text, struct error *e)
{
    uint64_t n;
    if (monitor_parse_size(text, &n) < 0)
        return fail(e, 0, "--tmp %s: write something like 16M or 1G", text);
    launch_environment(l, "MOTE_TMP_LIMIT", memory_print("%llu", (unsigned long long)n));
    return 0;
}
