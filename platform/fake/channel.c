/* SPDX-License-Identifier: Apache-2.0 */
/* channel.c -- channels of a hosted program: a stream socket each, with whom a test likes at the other end. */
#define _GNU_SOURCE
#include "platform/fake/fake.h"
#include "platform/platform.h"
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

enum { FIRST_HANDLE = 8 }; /* behind the interfaces */

static struct fake_channel {
    int fd;
    int opened, ended, wants_room;
} channels[FAKE_CHANNELS_MOST];
static unsigned count;
const char *fake_channel_names[FAKE_CHANNELS_MOST + 1];

void fake_channel_add(const char *name, int fd)
{
    require(count < FAKE_CHANNELS_MOST);
    fake_channel_names[count] = name;
    channels[count++] = (struct fake_channel){.fd = fd};
}

static struct fake_channel *channel(unsigned handle)
{
    require(handle - FIRST_HANDLE < count && channels[handle - FIRST_HANDLE].opened);
    return &channels[handle - FIRST_HANDLE];
}

enum plat_result plat_channel_open(const char *name, unsigned *handle)
{
    for (unsigned i = 0; i < count; i++) {
        if (channels[i].opened || strcmp(fake_channel_names[i], name) != 0) continue;
        channels[i].opened = 1;
        *handle = FIRST_HANDLE + i;
        return PLAT_OK;
    }
    return PLAT_INVALID;
}

enum plat_result plat_channel_send(unsigned handle, const void *bytes, size_t n, size_t *sent)
{
    struct fake_channel *c = channel(handle);
    ssize_t done = send(c->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL);
    c->wants_room = done < (ssize_t)n;
    if (done < 0) return errno == EAGAIN || errno == EINTR ? PLAT_AGAIN : PLAT_CLOSED;
    *sent = (size_t)done;
    return PLAT_OK;
}

/* A socket does not say how much: what does not go at once is the caller's to keep. */
enum plat_result plat_channel_room(unsigned handle, size_t n)
{
    struct fake_channel *c = channel(handle);
    struct pollfd p = {.fd = c->fd, .events = POLLOUT};
    (void)n;
    c->wants_room = poll(&p, 1, 0) == 0;
    return c->wants_room ? PLAT_AGAIN : PLAT_OK;
}

void plat_channel_flush(unsigned handle) { channel(handle); }

enum plat_result plat_channel_receive(unsigned handle, void *bytes, size_t room, size_t *n)
{
    struct fake_channel *c = channel(handle);
    ssize_t got = recv(c->fd, bytes, room, MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return PLAT_AGAIN;
    if (got <= 0) c->ended = 1;
    if (got <= 0) return PLAT_CLOSED;
    *n = (size_t)got;
    return PLAT_OK;
}

/* --- waiting ------------------------------------------------------------------------------------- */

unsigned fake_channels_poll(struct pollfd *p)
{
    for (unsigned i = 0; i < count; i++) {
        const struct fake_channel *c = &channels[i];
        p[i] = (struct pollfd){.fd = c->opened && !c->ended ? c->fd : -1,
                               .events = POLLIN | (c->wants_room ? POLLOUT : 0)};
    }
    return count;
}

uint64_t fake_channels_ready(const struct pollfd *p)
{
    uint64_t r = 0;
    for (unsigned i = 0; i < count; i++)
        if (p[i].revents) r |= UINT64_C(1) << (FIRST_HANDLE + i);
    return r;
}
