/* SPDX-License-Identifier: Apache-2.0 */
/* switch_server.c -- the process that introduces motes to each other; see switch.h. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "monitor/descriptor.h"
#include "monitor/devices/switch.h"
#include "monitor/machine.h"

enum { GRACE_MS = 2000, RECALL_MS = 300 };

static struct member {
    int fd;          /* -1: free */
    uint32_t number; /* 0: has not joined yet */
    uint8_t mac[6];
    bool recalled; /* it was here before us, and knows all others that were */
    bool silent;   /* and has not said yet who it is */
} member[SWITCH_MEMBERS_MOST];

static uint32_t mtu; /* of all that are here */
static const char *own_path;

/* --- messages ------------------------------------------------------------------------------- */

/* Where it would be found by the next switch. */
static void member_address(uint32_t number, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(address->sun_path, sizeof address->sun_path, "%s.%u", own_path, number);
}

static void leave(struct member *m)
{
    struct sockaddr_un address;
    close(m->fd);
    if (m->number) {
        member_address(m->number, &address);
        unlink(address.sun_path);
    }
    *m = (struct member){.fd = -1};
}

/* `fd` goes with it unless it is -1.  A member that does not take it is not one any more. */
static bool tell(struct member *to, const struct switch_message *message, int fd)
{
    return descriptor_send(to->fd, message, sizeof *message, fd, MSG_DONTWAIT | MSG_NOSIGNAL) ==
           (ssize_t)sizeof *message;
}

static struct switch_message message(enum switch_kind kind, const struct member *about)
{
    struct switch_message m = {
        .magic = SWITCH_MAGIC, .kind = kind, .number = about->number, .mtu = mtu};
    memcpy(m.mac, about->mac, 6);
    return m;
}

static void introduce(struct member *a, struct member *b)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) return;
    struct switch_message to_a = message(SWITCH_PEER, b), to_b = message(SWITCH_PEER, a);
    bool a_lives = tell(a, &to_a, pair[0]), b_lives = tell(b, &to_b, pair[1]);
    close(pair[0]), close(pair[1]);
    if (!a_lives) leave(a);
    if (!b_lives) leave(b);
}

/* --- joining ---------------------------------------------------------------------------------- */

static uint32_t free_number(void)
{
    for (uint32_t number = 1;; number++) {
        bool taken = false;
        for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++) taken |= member[i].number == number;
        if (!taken) return number;
    }
}

static bool mac_is_taken(const uint8_t *mac)
{
    for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++)
        if (member[i].number && memcmp(member[i].mac, mac, 6) == 0) return true;
    return false;
}

static unsigned joined(void)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++) n += member[i].number != 0;
    return n;
}

static void refuse(struct member *m, enum switch_refusal why)
{
    struct switch_message answer = message(SWITCH_REFUSED, m);
    answer.number = why;
    tell(m, &answer, -1);
    leave(m);
}

/* All others, but those that they know already. */
static void introduce_to_others(struct member *m)
{
    for (struct member *other = member; other < member + SWITCH_MEMBERS_MOST && m->number; other++)
        if (other != m && other->number && !other->silent && !(m->recalled && other->recalled))
            introduce(m, other);
}

static void join(struct member *m, const struct switch_message *want)
{
    static const uint8_t any[6];
    uint32_t number = free_number();
    const uint8_t own[6] = {0x02, 'm', 'o', 't', 0xff, (uint8_t)number};
    const uint8_t *mac = memcmp(want->mac, any, 6) ? want->mac : own;
    if (want->magic != SWITCH_MAGIC || want->kind != SWITCH_JOIN || m->number)
        return refuse(m, SWITCH_VERSION);
    if (!joined() || !mtu) mtu = want->mtu;
    if (want->number && want->mtu != mtu) return refuse(m, SWITCH_MTU); /* it insists on its own */
    if (mac_is_taken(mac)) return refuse(m, SWITCH_MAC);
    memcpy(m->mac, mac, 6);
    m->number = number;
    struct switch_message welcome = message(SWITCH_WELCOME, m);
    if (!tell(m, &welcome, -1)) return leave(m);
    introduce_to_others(m);
}

/* One that was here before us says who it is. */
static void join_again(struct member *m, const struct switch_message *is)
{
    if (is->magic != SWITCH_MAGIC || is->kind != SWITCH_AGAIN || is->number != m->number) {
        leave(m);
        return;
    }
    memcpy(m->mac, is->mac, 6);
    m->silent = false;
    if (!mtu) mtu = is->mtu;
    introduce_to_others(m);
}

static void listen_to(struct member *m)
{
    struct switch_message want;
    ssize_t n = recv(m->fd, &want, sizeof want, MSG_DONTWAIT);
    if (n == (ssize_t)sizeof want && m->silent)
        join_again(m, &want);
    else if (n == (ssize_t)sizeof want)
        join(m, &want);
    else if (n >= 0 || (errno != EAGAIN && errno != EINTR))
        leave(m);
}

static void let_in(int listener)
{
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) return;
    for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++) {
        if (member[i].fd >= 0) continue;
        member[i].fd = fd;
        return;
    }
    struct member full = {.fd = fd};
    refuse(&full, SWITCH_FULL);
}

/* --- members of a switch that was killed ------------------------------------------------------- */

/* Goes to all that listen; those that are dead are forgotten. */
static void recall(void)
{
    struct sockaddr_un address;
    for (uint32_t i = 0; i < SWITCH_MEMBERS_MOST; i++) {
        member_address(i + 1, &address);
        int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (fd < 0) return;
        if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0) {
            member[i] =
                (struct member){.fd = fd, .number = i + 1, .recalled = true, .silent = true};
            continue;
        }
        if (errno == ECONNREFUSED) unlink(address.sun_path);
        close(fd);
    }
}

/* They are listened to before newcomers are: what they use is what newcomers get. */
static void hear_recalled(void)
{
    struct pollfd p[SWITCH_MEMBERS_MOST];
    for (int waited = 0; waited < RECALL_MS; waited += RECALL_MS / 10) {
        unsigned silent = 0;
        for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++) {
            silent += member[i].silent;
            p[i] = (struct pollfd){.fd = member[i].silent ? member[i].fd : -1, .events = POLLIN};
        }
        if (!silent) return;
        poll(p, SWITCH_MEMBERS_MOST, RECALL_MS / 10);
        for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++)
            if (p[i].revents) listen_to(&member[i]);
    }
}

/* --- the process -------------------------------------------------------------------------------- */

static void lock_down(void)
{
    static struct sock_filter program[SANDBOX_PROGRAM_MOST];
    struct sock_fprog filter = {.filter = program};
    filter.len = (unsigned short)sandbox_program(program, SANDBOX_SWITCH_SERVER);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return;
    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}

/* Nobody is here any more, and under the lock nobody comes: whoever is at the door after all sees the end
 * of his connection, and starts anew. */
static void end(int listener, int lock, const char *path)
{
    struct pollfd door = {.fd = listener, .events = POLLIN};
    if (flock(lock, LOCK_EX | LOCK_NB) < 0) return;
    if (poll(&door, 1, 0) == 0) {
        unlink(path);
        _exit(0);
    }
    flock(lock, LOCK_UN);
}

void switch_serve(int listener, int lock, const char *path)
{
    static struct pollfd p[1 + SWITCH_MEMBERS_MOST];
    for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++) member[i].fd = -1;
    prctl(PR_SET_NAME, "mote-switch");
    own_path = path;
    recall();
    lock_down();
    hear_recalled();
    for (;;) {
        p[0] = (struct pollfd){.fd = listener, .events = POLLIN};
        for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++)
            p[1 + i] = (struct pollfd){.fd = member[i].fd, .events = POLLIN};
        if (poll(p, 1 + SWITCH_MEMBERS_MOST, joined() ? -1 : GRACE_MS) == 0)
            end(listener, lock, path);
        for (unsigned i = 0; i < SWITCH_MEMBERS_MOST; i++)
            if (p[1 + i].revents && member[i].fd == p[1 + i].fd) listen_to(&member[i]);
        if (p[0].revents) let_in(listener);
    }
}
