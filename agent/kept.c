/* SPDX-License-Identifier: Apache-2.0 */
/* kept.c -- checkpoints: the memory of motes as it was when they asked for that, for others to go on from.
 *
 * A mote that may have instances has a connection to us beside its ring (monitor/copy.h).  When it asks, its monitor is handed a
 * file in memory that can have as much as the mote has left of its grant, and not grow; when it says that the file is
 * whole, that is cut, sealed, so that nobody changes it any more, and named.  Nobody waits: one is made at a time for
 * each mote, and a monitor that never answers has none.  What is in the file is looked at by the monitors that go on from it, each for
 * itself.
 *
 * Always true: `account` of a row that is taken is a place that is taken, and its mote's `kept` says how many rows
 * have it.  A row that is forgotten is there as long as `users` run from it: their memory is in it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/private.h"
#include "monitor/copy.h"
#include "monitor/descriptor.h"

bool kept_start(struct agent *a)
{
    a->kept_most = a->family.at[0].most;
    a->kept = agent_memory(a->kept_most * sizeof *a->kept);
    return a->kept;
}

/* --- rows ---------------------------------------------------------------------------------------------- */

/* Of those that were in use once, or one more. */
static uint32_t free_row(struct agent *a)
{
    uint32_t i = 0;
    while (i < a->kept_used && a->kept[i].taken) i++;
    if (i == a->kept_most) return KEPT_NONE;
    if (i == a->kept_used) a->kept_used++;
    return i;
}

static void drop_row(struct agent *a, uint32_t row)
{
    struct kept *k = &a->kept[row];
    family_checkpoint_remove(&a->family, k->account, k->bytes);
    a->mote[k->account].kept--;
    close(k->file);
    *k = (struct kept){0};
    while (a->kept_used && !a->kept[a->kept_used - 1].taken) a->kept_used--;
}

uint32_t kept_find(const struct agent *a, const struct agent_name *name)
{
    for (uint32_t i = 0; i < a->kept_used; i++) {
        const struct kept *k = &a->kept[i];
        if (k->taken && !k->forgotten && k->name.number == name->number && k->name.key == name->key)
            return i;
    }
    return KEPT_NONE;
}

static void forget_row(struct agent *a, uint32_t row)
{
    a->kept[row].forgotten = true;
    if (!a->kept[row].users) drop_row(a, row);
}

void kept_forget(struct agent *a, uint32_t place, const struct agent_name *name)
{
    uint32_t row = kept_find(a, name);
    if (row != KEPT_NONE && a->kept[row].account == place) forget_row(a, row);
}

void kept_use(struct agent *a, struct mote *m, uint32_t row)
{
    m->from = row + 1;
    a->kept[row].users++;
}

void kept_release(struct agent *a, struct mote *m)
{
    if (!m->from) return;
    struct kept *k = &a->kept[m->from - 1];
    if (!--k->users && k->forgotten) drop_row(a, m->from - 1);
    m->from = 0;
}

/* What others go on from is its parent's from now on, for nobody to start from. */
static void leave_rows(struct agent *a, uint32_t place)
{
    uint32_t above = a->family.at[place].parent;
    for (uint32_t i = a->kept_used; i-- > 0 && a->mote[place].kept;) {
        struct kept *k = &a->kept[i];
        if (!k->taken || k->account != place) continue;
        k->forgotten = true;
        if (!k->users) {
            drop_row(a, i);
            continue;
        }
        family_checkpoint_leave(&a->family, place, k->bytes);
        k->account = above;
        a->mote[place].kept--;
        a->mote[above].kept++;
    }
}

/* --- asked for --------------------------------------------------------------------------------------------- */

bool kept_open(struct agent *a, uint32_t place, int *other)
{
    int ends[2];
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = KEPT_WATCH | place};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) < 0)
        return false;
    if (a->epoll >= 0 && epoll_ctl(a->epoll, EPOLL_CTL_ADD, ends[0], &e) < 0) {
        close(ends[0]), close(ends[1]);
        return false;
    }
    a->mote[place].copies = ends[0];
    *other = ends[1];
    return true;
}

static void drop_file(struct mote *m)
{
    if (m->keeping >= 0) close(m->keeping);
    m->keeping = -1;
}

static void hang_up(struct agent *a, struct mote *m)
{
    if (m->copies < 0) return;
    epoll_ctl(a->epoll, EPOLL_CTL_DEL, m->copies, NULL); /* processes being born have it, too */
    close(m->copies);
    m->copies = -1;
}

void kept_close(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    drop_file(m);
    hang_up(a, m);
    kept_release(a, m);
    if (m->kept) leave_rows(a, place);
}

/* Grows and shrinks no more, so that its size says what it can have. */
static int make_file(uint64_t bytes)
{
    int fd = memfd_create("mote-checkpoint", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && ftruncate(fd, (off_t)bytes) == 0 && fcntl(fd, F_ADD_SEALS, F_SEAL_GROW) == 0)
        return fd;
    if (fd >= 0) close(fd);
    return -1;
}

int kept_ask(struct agent *a, uint32_t place, uint64_t tag, char *why, size_t room)
{
    struct mote *m = &a->mote[place];
    uint64_t most = family_checkpoint_most(&a->family, place, why, room);
    const struct copy_message ask = {.magic = COPY_MAGIC, .kind = COPY_ASK};
    if (!most) return AGENT_NOT_ALLOWED;
    if (m->keeping >= 0) {
        snprintf(why, room, "another checkpoint of this mote is being made");
        return AGENT_NO_ROOM;
    }
    if (m->copies < 0) {
        snprintf(why, room, "its monitor makes none");
        return AGENT_FAILED;
    }
    if (most > COPY_PAGES_MOST * LAYOUT_PAGE) most = COPY_PAGES_MOST * LAYOUT_PAGE;
    m->keeping = make_file(most);
    if (m->keeping < 0) {
        snprintf(why, room, "no file in memory can be made: %s", strerror(errno));
        return AGENT_NO_ROOM;
    }
    m->keeping_tag = tag;
    if (descriptor_send(m->copies, &ask, sizeof ask, m->keeping, MSG_DONTWAIT | MSG_NOSIGNAL) ==
        (ssize_t)sizeof ask)
        return 0;
    snprintf(why, room, "its monitor cannot be asked: %s", strerror(errno));
    drop_file(m);
    return AGENT_FAILED;
}

/* --- answered ------------------------------------------------------------------------------------------------ */

static int no(char *why, size_t room, int refusal, const char *what)
{
    snprintf(why, room, "%s", what);
    return refusal;
}

static const char too_much[] =
    "it takes more memory than is left of what was granted for instances";

/* The file is whole, says its monitor: of this many bytes. */
static int take_file(struct agent *a, uint32_t place, uint64_t bytes, struct agent_name *name,
                     char *why, size_t room)
{
    struct mote *m = &a->mote[place];
    const unsigned seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL;
    uint64_t most = family_checkpoint_most(&a->family, place, why, room);
    off_t there = lseek(m->keeping, 0, SEEK_END);
    if (there < 0 || bytes > (uint64_t)there || bytes < LAYOUT_PAGE || bytes % LAYOUT_PAGE)
        return no(why, room, AGENT_FAILED, "its monitor makes no sense");
    if (!most) return AGENT_NOT_ALLOWED;
    if (bytes > most) return no(why, room, AGENT_NOT_ALLOWED, too_much);
    uint32_t row = free_row(a);
    if (row == KEPT_NONE) return no(why, room, AGENT_NO_ROOM, "there are too many checkpoints");
    if (ftruncate(m->keeping, (off_t)bytes) < 0 || fcntl(m->keeping, F_ADD_SEALS, seals) < 0)
        return no(why, room, AGENT_FAILED, "its monitor has not finished it");
    a->kept[row] = (struct kept){.taken = true,
                                 .name = {++a->kept_births, agent_key(a)},
                                 .file = m->keeping,
                                 .bytes = bytes,
                                 .memory = a->family.at[place].memory,
                                 .image = m->image,
                                 .below = m->below,
                                 .account = place};
    m->keeping = -1;
    m->kept++;
    family_checkpoint_add(&a->family, place, bytes);
    *name = a->kept[row].name;
    return 0;
}

/* What it writes goes to a guest, and from there to people. */
static void plain(char *text, size_t room)
{
    text[room - 1] = 0;
    for (char *c = text; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
}

void kept_hear(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    struct copy_message answer;
    struct agent_name name;
    char why[400];
    int ignored, refusal;
    if (!a->family.at[place].taken || m->copies < 0) return;
    ssize_t n = descriptor_receive(m->copies, &answer, sizeof answer, &ignored, MSG_DONTWAIT);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (ignored >= 0) close(ignored);
    if (n <= 0) { /* its end is on its way */
        hang_up(a, m);
        return;
    }
    bool good =
        n == sizeof answer && answer.magic == COPY_MAGIC && m->keeping >= 0 &&
        (answer.kind == COPY_TAKEN || answer.kind == COPY_FAILED || answer.kind == COPY_FULL);
    if (!good) { /* not the one that we started */
        hang_up(a, m);
        if (!a->family.at[place].ending) mote_end(a, place, AGENT_END_HOSTILE);
        return;
    }
    uint64_t tag = m->keeping_tag;
    plain(answer.text, sizeof answer.text);
    if (answer.kind == COPY_TAKEN)
        refusal = take_file(a, place, answer.bytes, &name, why, sizeof why);
    else if (answer.kind == COPY_FULL)
        refusal = no(why, sizeof why, AGENT_NOT_ALLOWED, too_much);
    else
        refusal = no(why, sizeof why, AGENT_FAILED, answer.text);
    drop_file(m);
    if (refusal)
        serve_refuse(a, place, tag, (uint32_t)refusal, why);
    else
        serve_tell(a, place, AGENT_CHECKPOINTED, &tag, 8, &name, sizeof name);
}
