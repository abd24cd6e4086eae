/* SPDX-License-Identifier: Apache-2.0 */
/* shares.c -- folders and interfaces that a mote hands on to its instances.
 *
 * A folder is named as the parent sees it.  It is the parent's mount or lies below it, on the host too: the way there
 * is gone step by step from the folder that the user has named, and no step is a link, for the parent may have
 * written there.  Whoever was given a folder to read only hands on that at most.  An interface is of a kind that the
 * parent has; forwarded ports and addresses that the user chose stay with the first mote.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/private.h"

static int no(char *why, size_t room, int refusal, struct wish_text t, const char *what)
{
    snprintf(why, room, "%.*s: %s", (int)t.n, t.at, what);
    return refusal;
}

/* --- folders -------------------------------------------------------------------------------------------- */

/* An absolute path without empty parts, "." and "..". */
static bool is_plain(const char *path)
{
    if (*path != '/') return false;
    while (*path) {
        size_t n = strcspn(++path, "/");
        if (!n || (n == 1 && *path == '.') || (n == 2 && path[0] == '.' && path[1] == '.'))
            return false;
        path += n;
    }
    return true;
}

/* What follows `folder` in `path`: "" or "/..."; NULL: it is not below. */
static const char *rest_below(const char *folder, const char *path)
{
    size_t n = strlen(folder);
    return strncmp(folder, path, n) == 0 && (!path[n] || path[n] == '/') ? path + n : NULL;
}

static int find_folder(const struct shares *parent, struct wish_text text, struct share *out,
                       char *why, size_t room)
{
    uint32_t n = text.n;
    bool read_only = n > 3 && memcmp(text.at + n - 3, ":ro", 3) == 0;
    if (read_only) n -= 3;
    if (n >= sizeof out->guest) return no(why, room, AGENT_BAD_OPTION, text, "it is too long");
    snprintf(out->guest, sizeof out->guest, "%.*s", (int)n, text.at);
    if (!is_plain(out->guest))
        return no(why, room, AGENT_BAD_OPTION, text, "it is not a plain absolute path");
    for (unsigned i = 0; parent && i < parent->mounts; i++) {
        const struct share *s = &parent->mount[i];
        const char *rest = rest_below(s->guest, out->guest);
        if (!rest) continue;
        out->root = s->root;
        out->read_only = read_only || s->read_only;
        size_t length = strlen(s->below);
        if (length + strlen(rest) >= sizeof out->below)
            return no(why, room, AGENT_BAD_OPTION, text, "it is too long");
        memcpy(out->below, s->below, length + 1);
        memcpy(out->below + length, rest, strlen(rest) + 1);
        return 0;
    }
    return no(why, room, AGENT_NOT_ALLOWED, text, "this mote has no such folder");
}

static bool overlap(const struct shares *s, const struct share *one)
{
    for (unsigned i = 0; i < s->mounts; i++)
        if (rest_below(s->mount[i].guest, one->guest) || rest_below(one->guest, s->mount[i].guest))
            return true;
    return false;
}

/* `below` is "" or "/...", and plain.  A descriptor (O_PATH) or -1. */
static int walk(int root, const char *below)
{
    char part[256];
    int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int at = openat(root, ".", flags);
    while (*below && at >= 0) {
        size_t n = strcspn(++below, "/");
        if (n >= sizeof part) break;
        memcpy(part, below, n);
        part[n] = 0;
        int next = openat(at, part, flags);
        close(at);
        at = next;
        below += n;
    }
    if (*below && at >= 0) close(at), at = -1;
    return at;
}

/* --- interfaces --------------------------------------------------------------------------------------------- */

static bool is_kind(const struct monitor_net *n, struct wish_text text)
{
    char name[80];
    if (n->kind == MONITOR_NET_TAP) return false; /* there is one end of it */
    snprintf(name, sizeof name, n->kind == MONITOR_NET_USER ? "user" : "switch:%s",
             n->name ? n->name : "");
    return text.n == strlen(name) && memcmp(text.at, name, text.n) == 0;
}

static int find_net(const struct agent *a, const struct shares *parent, struct wish_text text,
                    uint8_t *net, char *why, size_t room)
{
    for (unsigned i = 0; parent && i < parent->nets; i++) {
        if (!is_kind(&a->first->net[parent->net[i]], text)) continue;
        *net = parent->net[i];
        return 0;
    }
    return no(why, room, AGENT_NOT_ALLOWED, text, "this mote has no such interface");
}

/* --- all ------------------------------------------------------------------------------------------------------ */

int shares_find(const struct agent *a, const struct shares *parent, const struct wish *w,
                struct shares **out, char *why, size_t room)
{
    int refusal = 0;
    *out = NULL;
    if (!w->mounts && !w->networks) return 0;
    struct shares *s = agent_memory(sizeof *s);
    if (!s) return no(why, room, AGENT_NO_ROOM, (struct wish_text){"", 0}, "no memory");
    for (unsigned i = 0; i < w->mounts && !refusal; i++) {
        struct share one;
        refusal = find_folder(parent, w->mount[i], &one, why, room);
        if (!refusal && overlap(s, &one))
            refusal = no(why, room, AGENT_BAD_OPTION, w->mount[i], "it is in another one");
        if (!refusal) s->mount[s->mounts++] = one;
    }
    for (unsigned i = 0; i < w->networks && !refusal; i++)
        refusal = find_net(a, parent, w->network[i], &s->net[s->nets++], why, room);
    if (refusal)
        shares_drop(s);
    else
        *out = s;
    return refusal;
}

void shares_drop(struct shares *s)
{
    if (s) munmap(s, sizeof *s);
}

int shares_open(const struct agent *a, const struct shares *s, struct shares_opened *o, char *why,
                size_t room)
{
    o->mounts = o->nets = 0; /* all of it is more than a page */
    for (unsigned i = 0; s && i < s->mounts; i++) {
        const struct share *one = &s->mount[i];
        int folder = walk(a->root[one->root], one->below);
        if (folder < 0) {
            shares_close(o);
            return no(why, room, AGENT_FAILED,
                      (struct wish_text){one->guest, (uint32_t)strlen(one->guest)},
                      "there is no such folder on the host, or a link is on the way");
        }
        snprintf(o->guest[i], sizeof o->guest[i], "%s", one->guest);
        o->mount[o->mounts++] = (struct monitor_mount){.host = o->guest[i],
                                                       .guest = o->guest[i],
                                                       .read_only = one->read_only,
                                                       .folder_is_open = true,
                                                       .folder = folder};
    }
    for (unsigned i = 0; s && i < s->nets; i++) {
        const struct monitor_net *n = &a->first->net[s->net[i]];
        o->net[o->nets++] = (struct monitor_net){
            .kind = n->kind, .name = n->name, .loopback = n->loopback, .mtu = n->mtu};
    }
    return 0;
}

void shares_close(struct shares_opened *o)
{
    for (unsigned i = 0; i < o->mounts; i++) close(o->mount[i].folder);
    o->mounts = 0;
}

/* The first mote has all of its own. */
int shares_start(struct agent *a)
{
    const struct monitor_options *o = a->first;
    struct shares *s = agent_memory(sizeof *s);
    if (!s) return -1;
    for (unsigned i = 0; i < o->mounts_n && i < WISH_MOUNTS_MOST; i++) {
        struct share *one = &s->mount[i];
        a->root[i] = open(o->mounts[i].host, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (a->root[i] < 0 || strlen(o->mounts[i].guest) >= sizeof one->guest) break;
        snprintf(one->guest, sizeof one->guest, "%s", o->mounts[i].guest);
        one->root = i;
        one->read_only = o->mounts[i].read_only;
        s->mounts++;
    }
    for (unsigned i = 0; i < o->nets; i++) s->net[s->nets++] = (uint8_t)i;
    a->roots = s->mounts;
    a->mote[0].shares = s;
    return 0;
}
