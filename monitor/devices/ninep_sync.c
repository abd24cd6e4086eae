/* SPDX-License-Identifier: Apache-2.0 */
/* ninep_sync.c -- the 9P server brings what was written onto the disk, and goes on serving meanwhile.
 *
 * The kernel does it on the side (io_submit), and the eventfd options.synced says when something is done.  What cannot be done
 * like that is waited for: too many at a time, no eventfd, a kernel that does not offer it.
 */
#include <errno.h>
#include <linux/aio_abi.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "monitor/devices/ninep_private.h"

void syncs_start(struct ninep_server *s)
{
    s->syncs = 0;
    if (s->options.synced >= 0 && syscall(SYS_io_setup, SYNCS_MOST, &s->syncs) < 0) s->syncs = 0;
}

void syncs_end(struct ninep_server *s)
{
    if (s->syncs) syscall(SYS_io_destroy, s->syncs);
}

void syncs_forget(struct ninep_server *s, int tag)
{
    for (unsigned i = 0; i < SYNCS_MOST; i++)
        if (tag < 0 || s->sync[i].tag == tag) s->sync[i].forgotten = true;
}

/* false: it has not begun. */
static bool begin(struct ninep_call *c, int io, bool data_only)
{
    struct ninep_server *s = c->s;
    unsigned i = 0;
    while (i < SYNCS_MOST && s->sync[i].under_way) i++;
    if (!s->syncs || i == SYNCS_MOST) return false;
    struct iocb what = {.aio_lio_opcode = data_only ? IOCB_CMD_FDSYNC : IOCB_CMD_FSYNC,
                        .aio_fildes = (uint32_t)io,
                        .aio_flags = IOCB_FLAG_RESFD,
                        .aio_resfd = (uint32_t)s->options.synced,
                        .aio_data = i};
    struct iocb *list[] = {&what};
    if (syscall(SYS_io_submit, s->syncs, 1, list) != 1) return false;
    s->sync[i] = (struct sync){.under_way = true, .tag = c->tag};
    s->syncing++;
    return true;
}

int op_fsync(struct ninep_call *c)
{
    struct fid *f = fid_take(c);
    uint32_t data_only = c->r.left >= 4 ? ninep_get32(&c->r) : 0; /* older clients do not say */
    if (!f || f->io < 0) return c->r.bad ? EINVAL : EBADF;
    c->later = begin(c, f->io, data_only);
    if (c->later) return 0;
    return (data_only ? fdatasync(f->io) : fsync(f->io)) < 0 ? errno : 0;
}

bool ninep_finished(struct ninep_server *s, struct ninep_reply *reply)
{
    struct io_event event;
    struct timespec none = {0};
    while (s->syncing && syscall(SYS_io_getevents, s->syncs, 0, 1, &event, &none) == 1) {
        struct sync *done = &s->sync[event.data % SYNCS_MOST];
        done->under_way = false;
        s->syncing--;
        if (done->forgotten) continue;
        struct ninep_writer w = {.bytes = reply->bytes, .room = sizeof reply->bytes};
        ninep_begin(&w, event.res ? NINEP_ERROR + 1 : NINEP_FSYNC + 1, done->tag);
        if (event.res) ninep_put32(&w, (uint32_t)-event.res);
        ninep_end(&w, 0);
        reply->n = (uint32_t)w.used;
        reply->payload = 0;
        return true;
    }
    return false;
}
