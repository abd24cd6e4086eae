/* SPDX-License-Identifier: Apache-2.0 */
/* net.c -- interfaces of the fake port: each is a descriptor that a frame is read from or written to at once
 * (a tap device, a socket pair that keeps boundaries).  Tests sit at the other end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "platform/fake/fake.h"
#include "platform/platform.h"

enum { FRAME_ROOM = 1 << 16 };

static struct interface {
    struct plat_net info;
    int fd, refused;
    unsigned char frame[FRAME_ROOM];
    size_t there; /* bytes of it; 0: nothing */
} * interfaces[PLAT_NET_MOST];
static unsigned count;

struct plat_names fake_names = {.host = "fake"};

void fake_net_add(int fd, const struct plat_net *info)
{
    struct interface *n = calloc(1, sizeof *n);
    if (!n || count == PLAT_NET_MOST) abort();
    n->info = *info;
    n->fd = fd;
    n->info.name[0] = 'e', n->info.name[1] = 't', n->info.name[2] = 'h';
    n->info.name[3] = (char)('0' + count), n->info.name[4] = 0;
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    interfaces[count++] = n;
}

static struct interface *opened(unsigned handle)
{
    require(handle < count);
    return interfaces[handle];
}

unsigned plat_net_count(void) { return count; }
void plat_names(struct plat_names *names) { *names = fake_names; }

enum plat_result plat_net_info(unsigned index, struct plat_net *info)
{
    if (index >= count) return PLAT_INVALID;
    *info = interfaces[index]->info;
    return PLAT_OK;
}

enum plat_result plat_net_open(const char *name, unsigned *handle, struct plat_net *info)
{
    for (*handle = 0; *handle < count; ++*handle) {
        if (strcmp(interfaces[*handle]->info.name, name) != 0) continue;
        *info = interfaces[*handle]->info;
        return PLAT_OK;
    }
    return PLAT_INVALID;
}

enum plat_result plat_net_send(unsigned handle, const struct plat_piece *pieces, unsigned many)
{
    struct interface *n = opened(handle);
    struct iovec v[PLAT_NET_PIECES_MOST];
    size_t length = 0, most = n->info.mtu + PLAT_NET_HEADER;
    if (many > PLAT_NET_PIECES_MOST) return PLAT_INVALID;
    for (unsigned i = 0; i < many; i++) {
        if (pieces[i].n > most) return PLAT_INVALID;
        v[i] = (struct iovec){(void *)(uintptr_t)pieces[i].bytes, pieces[i].n};
        length += pieces[i].n;
    }
    if (length < PLAT_NET_HEADER || length > most) return PLAT_INVALID;
    n->refused = writev(n->fd, v, (int)many) < 0 && (errno == EAGAIN || errno == ENOBUFS);
    return n->refused ? PLAT_AGAIN : PLAT_OK;
}

enum plat_result plat_net_send_long(unsigned handle, const struct plat_piece *pieces, unsigned many,
                                    unsigned segment)
{
    return segment ? PLAT_INVALID : plat_net_send(handle, pieces, many);
}

void plat_net_flush(void) {}

static void fetch(struct interface *n)
{
    if (n->there) return;
    ssize_t got = read(n->fd, n->frame, sizeof n->frame);
    if (got >= (ssize_t)PLAT_NET_HEADER && got <= (ssize_t)n->info.frame_most)
        n->there = (size_t)got;
}

enum plat_result plat_net_look(unsigned handle, const void **frame, size_t *length)
{
    struct interface *n = opened(handle);
    fetch(n);
    *frame = n->frame;
    *length = n->there;
    return n->there ? PLAT_OK : PLAT_AGAIN;
}

void plat_net_done(unsigned handle)
{
    struct interface *n = opened(handle);
    require(n->there);
    n->there = 0;
}

enum plat_result plat_net_receive(unsigned handle, void *frame, size_t room, size_t *length)
{
    const void *at;
    enum plat_result result = plat_net_look(handle, &at, length);
    if (result != PLAT_OK) return result;
    if (*length > room) return PLAT_INVALID;
    memcpy(frame, at, *length);
    plat_net_done(handle);
    return PLAT_OK;
}

/* --- for fake.c ------------------------------------------------------------------------------ */

unsigned fake_net_poll(struct pollfd *p)
{
    for (unsigned i = 0; i < count; i++) {
        const struct interface *n = interfaces[i];
        p[i] = (struct pollfd){.fd = n->fd, .events = (short)(POLLIN | (n->refused ? POLLOUT : 0))};
    }
    return count;
}

uint64_t fake_net_ready(const struct pollfd *p)
{
    uint64_t ready = 0;
    for (unsigned i = 0; i < count; i++) {
        if (p[i].revents || interfaces[i]->there) ready |= UINT64_C(1) << i;
        if (p[i].revents & POLLOUT) interfaces[i]->refused = 0;
    }
    return ready;
}
