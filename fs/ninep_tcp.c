/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_tcp.c -- see ninep_tcp.h. */
#include "fs/ninep_tcp.h"
#include "fs/waiting.h"
#include "heap/arena.h"
#include "net/socket.h"
#include <string.h>

enum { MSIZE = 65536 + 4096 };

struct ninep_tcp {
    struct ninep_mount mount; /* first */
    struct net_address address;
    const char *tree, *user;
    struct net_socket *socket;
    bool is_connected, wants_room;
};

/* --- the stream -------------------------------------------------------------------------------- */

static void watch(struct ninep_tcp *t)
{
    unsigned what = t->is_connected ? NET_READ : 0;
    if (!t->is_connected || t->wants_room) what |= NET_WRITE;
    socket_watch(t->socket, what);
}

static void hang_up(struct ninep_tcp *t)
{
    if (t->socket) socket_close(t->socket);
    t->socket = NULL;
}

static enum ninep_sent send(void *context, const void *bytes, size_t n, size_t *sent)
{
    struct ninep_tcp *t = context;
    if (!t->socket) return NINEP_GONE;
    if (!t->is_connected) return NINEP_LATER;
    int64_t done = socket_send(t->socket, bytes, n);
    t->wants_room = done >= 0 ? (size_t)done < n : done == -NET_EAGAIN;
    watch(t);
    if (done < 0 && done != -NET_EAGAIN) return NINEP_GONE;
    *sent = done > 0 ? (size_t)done : 0;
    return done > 0 ? NINEP_MOVED : NINEP_LATER;
}

static void flush(void *context) { (void)context; }

static enum ninep_sent receive(void *context, void *bytes, size_t room, size_t *n)
{
    struct ninep_tcp *t = context;
    if (!t->socket) return NINEP_GONE;
    if (!t->is_connected) return NINEP_LATER;
    int64_t got = socket_receive(t->socket, bytes, room);
    if (got == -NET_EAGAIN) return NINEP_LATER;
    if (got <= 0) return NINEP_GONE;
    *n = (size_t)got;
    return NINEP_MOVED;
}

static void ready(void *owner, unsigned what)
{
    struct ninep_tcp *t = owner;
    if (!t->is_connected && (what & NET_WRITE)) {
        if (socket_take_error(t->socket) == NET_OK)
            t->is_connected = true;
        else
            hang_up(t);
    }
    if (t->socket) {
        t->wants_room = false;
        watch(t);
    }
    ninep_pump(&t->mount.client);
    if (t->mount.client.broken) hang_up(t);
}

/* --- the mount ------------------------------------------------------------------------------------ */

static enum fs_error connect(struct ninep_tcp *t)
{
    t->socket = socket_open(NET_INET, true);
    if (!t->socket) return FS_ENOMEM;
    t->is_connected = t->wants_room = false;
    socket_own(t->socket, t, ready);
    int wrong = socket_connect(t->socket, &t->address);
    if (wrong == NET_OK) t->is_connected = true;
    if (wrong != NET_OK && wrong != NET_EINPROGRESS) {
        hang_up(t);
        return FS_EIO;
    }
    watch(t);
    return FS_OK;
}

static enum fs_error attach(struct ninep_mount *m, uint32_t *root)
{
    struct ninep_tcp *t = (struct ninep_tcp *)m;
    const struct ninep_stream stream = {t, send, flush, receive, true};
    struct ninep_qid qid;
    ninep_start(&m->client, &stream, MSIZE);
    enum fs_error wrong = connect(t);
    if (!wrong) wrong = ninep_attach(&m->client, t->tree, t->user, root, &qid);
    if (!wrong) return FS_OK;
    ninep_break(&m->client);
    hang_up(t);
    return wrong;
}

struct node ninep_tcp_mount(const uint8_t ipv4[4], uint16_t port, const char *tree,
                            const char *user, uint64_t device)
{
    struct ninep_tcp *t = arena_calloc(sizeof *t);
    if (!t) return (struct node){0};
    t->address = (struct net_address){.family = NET_INET, .port = port};
    memcpy(t->address.bytes, ipv4, 4);
    t->tree = tree;
    t->user = user;
    t->mount.attach = attach;
    return ninep_tree_start(&t->mount, device, NINEP_NO_FID);
}
