/* SPDX-License-Identifier: Apache-2.0 */
/* copy_ask.c -- the command's side of copy.h. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "abi/layout.h"
#include "monitor/copy.h"
#include "monitor/descriptor.h"

/* The file can grow, and not shrink: what is mapped of it stays. */
static int make_memory(struct error *e)
{
    int fd = memfd_create("mote-copy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0) {
        fail(e, errno, "make a file in memory");
        if (fd >= 0) close(fd);
        return -1;
    }
    return fd;
}

static int send_request(int socket, int memory, const char *name, struct error *e)
{
    const struct copy_message m = {.magic = COPY_MAGIC, .kind = COPY_ASK};
    if (descriptor_send(socket, &m, sizeof m, memory, MSG_NOSIGNAL) == (ssize_t)sizeof m) return 0;
    return fail(e, errno, "cannot ask %s for a copy", name);
}

/* The next message, and its descriptor or -1. */
static int receive(int socket, const char *name, int patience_ms, struct copy_message *m, int *fd,
                   struct error *e)
{
    struct pollfd wait = {.fd = socket, .events = POLLIN};
    int ready;
    while ((ready = poll(&wait, 1, patience_ms)) < 0 && errno == EINTR) continue;
    if (ready == 0)
        return fail(e, 0, "%s has not come to a point where it can be copied for %d seconds", name,
                    patience_ms / 1000);
    int came;
    ssize_t n = descriptor_receive(socket, m, sizeof *m, &came, 0);
    if (*fd >= 0) close(*fd);
    *fd = came;
    if (n == 0 || (n < 0 && errno == ECONNRESET))
        return fail(e, 0, "%s ended before the copy was there", name);
    if (n != sizeof *m || m->magic != COPY_MAGIC)
        return fail(e, n < 0 ? errno : 0, "%s runs under another version of this program", name);
    m->text[sizeof m->text - 1] = 0;
    for (char *c = m->text; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?'; /* it goes to a terminal */
    return m->kind == COPY_FAILED ? fail(e, 0, "%s cannot be copied: %s", name, m->text) : 0;
}

static int no_sense(struct error *e) { return fail(e, 0, "the copy makes no sense"); }

/* All of it lies in the file, which cannot shrink. */
static int map_areas(struct copy *c, const struct copy_message *m, struct error *e)
{
    uint64_t pages = 0, at = 0;
    struct stat st;
    if (m->areas > AREAS_MOST) return no_sense(e);
    for (uint32_t i = 0; i < m->areas; i++) {
        uint64_t bytes = m->area[i].bytes;
        if (!bytes || bytes % LAYOUT_PAGE || m->area[i].address % LAYOUT_PAGE ||
            bytes / LAYOUT_PAGE > COPY_PAGES_MOST - pages)
            return no_sense(e);
        pages += bytes / LAYOUT_PAGE;
    }
    uint64_t bits = (pages + 7) / 8;
    if (fstat(c->memory, &st) < 0 || (uint64_t)st.st_size != pages * LAYOUT_PAGE + bits)
        return no_sense(e);
    c->used = malloc(bits + 1);
    if (!c->used) return fail(e, ENOMEM, "map the copy");
    if (pread(c->memory, c->used, bits, (off_t)(pages * LAYOUT_PAGE)) != (ssize_t)bits)
        return fail(e, errno, "map the copy");
    for (uint32_t i = 0; i < m->areas; i++) {
        uint64_t bytes = m->area[i].bytes;
        void *p = mmap(NULL, bytes, PROT_READ, MAP_SHARED | MAP_NORESERVE, c->memory, (off_t)at);
        if (p == MAP_FAILED) return fail(e, errno, "map the copy");
        areas_add(&c->areas, m->area[i].address, bytes, p);
        at += bytes;
    }
    return 0;
}

int copy_ask(int socket, const char *name, int patience_ms, struct copy *c, struct error *e)
{
    struct copy_message m;
    *c = (struct copy){.memory = -1, .image = -1};
    c->memory = make_memory(e);
    if (c->memory < 0 || send_request(socket, c->memory, name, e) < 0) return -1;
    if (receive(socket, name, patience_ms, &m, &c->image, e) < 0) return -1;
    if (m.kind == COPY_BEGUN && receive(socket, name, -1, &m, &c->image, e) < 0) return -1;
    if (m.kind != COPY_TAKEN || c->image < 0) return no_sense(e);
    c->heap_bytes = m.heap_bytes;
    c->heap_room = m.heap_room;
    c->archive_bytes = m.archive_bytes;
    c->from_snapshot = m.from_snapshot;
    c->stood_ns = m.stood_ns;
    return map_areas(c, &m, e);
}

/* --- what the mote was started from ------------------------------------------------------------------- */

/* Of the page at this address: its number in the file, or -1. */
static int64_t number_of(const struct copy *c, uint64_t address)
{
    uint64_t before = 0;
    for (unsigned i = 0; i < c->areas.n; i++) {
        const struct area *a = &c->areas.at[i];
        if (address >= a->address && address - a->address < a->bytes)
            return (int64_t)(before + (address - a->address) / LAYOUT_PAGE);
        before += a->bytes / LAYOUT_PAGE;
    }
    return -1;
}

/* A page of the snapshot, unless the mote has changed it. */
static int fill_page(void *context, uint64_t address, const void *bytes, struct error *e)
{
    struct copy *c = context;
    int64_t n = number_of(c, address);
    if (n < 0) return no_sense(e);
    if (c->used[n / 8] >> n % 8 & 1) return 0;
    c->used[n / 8] |= (uint8_t)(1u << n % 8);
    if (pwrite(c->memory, bytes, LAYOUT_PAGE, (off_t)((uint64_t)n * LAYOUT_PAGE)) == LAYOUT_PAGE)
        return 0;
    return fail(e, errno, "write the copy");
}

int copy_fill(struct copy *c, struct monitor_options *o, struct error *e)
{
    return c->from_snapshot ? monitor_snapshot_pages(o, fill_page, c, e) : 0;
}

int copy_write(const struct copy *c, int fd, struct error *e)
{
    const struct snapshot_source source = {c->heap_room, c->archive_bytes, c->used};
    return snapshot_write(&c->areas, &source, fd, e);
}

void copy_drop(struct copy *c)
{
    for (unsigned i = 0; i < c->areas.n; i++) munmap(c->areas.at[i].memory, c->areas.at[i].bytes);
    c->areas.n = 0;
    free(c->used);
    c->used = NULL;
    if (c->memory >= 0) close(c->memory);
    if (c->image >= 0) close(c->image);
    c->memory = c->image = -1;
}
