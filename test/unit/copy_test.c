/* SPDX-License-Identifier: Apache-2.0 */
/* copy_test.c -- a copy of a mote's memory: pages of every kind arrive as they were; the command against a monitor that lies, the
 * monitor against a command that does. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "monitor/descriptor.h"
#include "monitor/machine.h"
#include "test/unit/check.h"

/* Of the loop and of others that copy.c uses. */
int loop_polled(const struct loop *l, int number) { return (void)l, (void)number, 0; }
int loop_watch(struct loop *l, int fd, int events) { return (void)l, (void)events, fd; }
void loop_knock(const struct loop *l) { (void)l; }
uint64_t stats_now_ns(void) { return 1; }
bool cold_hides(const struct snapshot *s, uint64_t address)
{
    return (void)s, (void)address, false;
}
int monitor_snapshot_pages(const struct monitor_options *o,
                           int (*page)(void *context, uint64_t address, const void *bytes,
                                       struct error *e),
                           void *context, struct error *e)
{
    (void)o;
    uint8_t bytes[LAYOUT_PAGE];
    for (uint64_t i = 0; i < 8; i++) {
        memset(bytes, 'a' + (int)i, sizeof bytes);
        if (page(context, LAYOUT_HEAP + i * LAYOUT_PAGE, bytes, e) < 0) return -1;
    }
    return 0;
}

static uint64_t seed = 88172645463325252u;
static uint32_t chance(uint32_t n)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return (uint32_t)(seed >> 11) % n;
}

static int open_descriptors(void)
{
    int n = 0;
    for (int fd = 0; fd < 256; fd++) n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static void send_with(int socket, const void *bytes, size_t n, const int *fds, unsigned count)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(4 * sizeof(int))];
    } control = {0};
    struct iovec part = {(void *)(uintptr_t)bytes, n};
    struct msghdr whole = {.msg_iov = &part, .msg_iovlen = 1};
    if (count) {
        whole.msg_control = &control, whole.msg_controllen = CMSG_SPACE(count * sizeof(int));
        control.head.cmsg_len = CMSG_LEN(count * sizeof(int));
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        memcpy(CMSG_DATA(&control.head), fds, count * sizeof(int));
    }
    sendmsg(socket, &whole, MSG_NOSIGNAL);
}

/* --- what arrives ----------------------------------------------------------------------------------- */

enum { PAGES = 64 };
static struct monitor_options options = {.platform = MONITOR_KVM, .archive = {.bytes = 12345}};
static struct control control;
static struct machine machine = {.options = &options, .control = &control};

/* The snapshot of the stub above has the first eight; the guest has written to some of them, and to others. */
static uint8_t *make_memory(void)
{
    uint8_t *m =
        mmap(NULL, PAGES * LAYOUT_PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    static struct snapshot_header header = {.ranges = 1};
    static const struct snapshot_range range = {LAYOUT_HEAP, 8 * LAYOUT_PAGE};
    machine.snapshot = (struct snapshot){.header = &header, .range = &range};
    memset(m + 2 * LAYOUT_PAGE, 'X', LAYOUT_PAGE); /* changed */
    memset(m + 3 * LAYOUT_PAGE, 0, LAYOUT_PAGE);   /* made zero: not as it was in the snapshot */
    m[20 * LAYOUT_PAGE + 77] = 'Y';
    m[21 * LAYOUT_PAGE] = 0; /* touched, and zero */
    memset(m + 40 * LAYOUT_PAGE, 'Z', 20 * LAYOUT_PAGE);
    machine.areas = (struct areas){0};
    areas_add(&machine.areas, LAYOUT_HEAP, PAGES * LAYOUT_PAGE, m);
    machine.heap_bytes = machine.heap_room = PAGES * LAYOUT_PAGE;
    return m;
}

static void *command(void *argument)
{
    int *socket = argument;
    static struct copy copy;
    struct error e;
    return copy_ask(*socket, "it", 10000, &copy, &e) == 0 ? &copy : NULL;
}

/* As the loop does, until the connection is over. */
static void serve(void)
{
    struct loop_device d = copier_device(&machine.copier);
    for (int i = 0; i < 1000 && machine.copier.connection >= 0; i++) {
        struct pollfd wait = {.fd = machine.copier.connection, .events = POLLIN};
        control.copy_here = control.copy_wanted;
        if (!d.prepare(d.state, &machine.loop, true)) poll(&wait, 1, 100);
        d.serve(d.state, &machine.loop);
    }
}

static void start(int connection)
{
    copier_open(&machine.copier, &machine);
    machine.copier.connection = connection;
    machine.copier.number = control.copy_wanted;
}

static void test_pages(void)
{
    int pair[2];
    pthread_t thread;
    void *result = NULL;
    make_memory();
    CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    options.copies.image = open("/dev/null", O_RDONLY);
    start(pair[0]);
    pthread_create(&thread, NULL, command, &pair[1]);
    serve();
    pthread_join(thread, &result);
    CHECK(result != NULL && control.copy_wanted % 2 == 0);
    if (!result) return;
    struct copy *c = result;
    struct error e;
    CHECK(c->heap_bytes == PAGES * LAYOUT_PAGE && c->archive_bytes == 12345 && c->from_snapshot);
    CHECK(c->areas.n == 1 && copy_fill(c, &options, &e) == 0);
    const uint8_t *p = c->areas.at[0].memory;
    for (uint64_t i = 0; i < PAGES; i++) {
        int first = p[i * LAYOUT_PAGE], wanted = 0;
        if (i < 8) wanted = i == 2 ? 'X' : i == 3 ? 0 : 'a' + (int)i;
        if (i >= 40 && i < 60) wanted = 'Z';
        if (first != wanted) printf("page %d is '%c'\n", (int)i, first);
        CHECK(first == wanted && p[i * LAYOUT_PAGE + 77] == (i == 20 ? 'Y' : wanted));
    }
    int file = memfd_create("snapshot", 0);
    CHECK(copy_write(c, file, &e) == 0 && lseek(file, 0, SEEK_END) > 28 * (off_t)LAYOUT_PAGE);
    close(file);
    close(pair[1]);
    copy_drop(c);
}

/* --- who lies --------------------------------------------------------------------------------------- */

/* Answers with something like an answer. */
static void *liar(void *argument)
{
    int socket = *(int *)argument, file = -1;
    struct copy_message m = {.magic = COPY_MAGIC, .kind = COPY_TAKEN, .areas = 1 + chance(3)};
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } room = {0};
    struct iovec part = {&m.text, sizeof m.text};
    struct msghdr whole = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &room, .msg_controllen = sizeof room};
    uint64_t pages = 0;
    uint8_t bits[64];
    recvmsg(socket, &whole, 0);
    memcpy(&file, CMSG_DATA(&room.head), sizeof file);
    memset(m.text, 'x', sizeof m.text);
    for (uint32_t i = 0; i < m.areas; i++) {
        m.area[i].address = LAYOUT_HEAP + i * 100 * LAYOUT_PAGE;
        m.area[i].bytes = (1 + chance(60)) * LAYOUT_PAGE;
        pages += m.area[i].bytes / LAYOUT_PAGE;
    }
    for (unsigned i = 0; i < sizeof bits; i++) bits[i] = (uint8_t)chance(256);
    if (pwrite(file, bits, (pages + 7) / 8, (off_t)(pages * LAYOUT_PAGE)) < 0) pages = 0;
    if (chance(4) == 0 && pwrite(file, bits, 64, chance(1u << 20)) < 0) pages = 0;
    close(file);
    for (uint32_t n = chance(4); n; n--) {
        uint32_t at = chance(2) ? chance(100) : chance(sizeof m);
        ((uint8_t *)&m)[at] = (uint8_t)(chance(2) ? chance(256) : 255);
    }
    const int fds[] = {0, 1, 2, 0};
    if (chance(3) == 0) {
        struct copy_message begun = {.magic = COPY_MAGIC, .kind = COPY_BEGUN};
        send_with(socket, &begun, sizeof begun, fds, chance(2));
    }
    if (chance(8))
        send_with(socket, &m, chance(10) ? sizeof m : chance(sizeof m), fds,
                  chance(5) ? 1 : chance(4));
    shutdown(socket, SHUT_RDWR);
    return NULL;
}

static void test_liars(void)
{
    int before = open_descriptors(), nothing = open("/dev/null", O_WRONLY);
    unsigned good = 0;
    for (int i = 0; i < 2000; i++) {
        int pair[2];
        pthread_t thread;
        struct copy c;
        struct error e;
        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0) abort();
        pthread_create(&thread, NULL, liar, &pair[0]);
        bool taken = copy_ask(pair[1], "it", 10000, &c, &e) == 0;
        pthread_join(thread, NULL);
        if (taken && c.areas.n && copy_fill(&c, &options, &e) == 0) good++;
        if (taken) copy_write(&c, nothing, &e);
        copy_drop(&c);
        close(pair[0]), close(pair[1]);
    }
    close(nothing);
    printf("copy_test: %u of 2000 answers made sense\n", good);
    CHECK(good > 100 && good < 1900 && open_descriptors() == before);
}

/* The monitor: requests that are none are hung up on, and the guest is left alone. */
static void test_requests(void)
{
    int before = open_descriptors();
    for (int i = 0; i < 2000; i++) {
        int pair[2], fds[4];
        struct copy_message m = {.magic = COPY_MAGIC, .kind = COPY_ASK};
        unsigned count = chance(3) ? 1 : chance(4);
        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) < 0) abort();
        for (unsigned k = 0; k < 4; k++)
            fds[k] = chance(2) ? 1 : pair[1]; /* nothing that could be written to */
        start(pair[0]);
        for (uint32_t n = chance(3); n; n--) ((uint8_t *)&m)[chance(16)] = (uint8_t)chance(256);
        fds[0] = options.copies.image;
        send_with(pair[1], &m, chance(4) ? sizeof m : chance(sizeof m), fds, count);
        if (chance(4) == 0) send_with(pair[1], &m, sizeof m, fds, 1);
        if (chance(2)) shutdown(pair[1], SHUT_RDWR);
        serve();
        CHECK(control.copy_wanted % 2 == 0);
        if (machine.copier.connection >= 0) close(pair[0]);
        if (machine.copier.file >= 0) close(machine.copier.file);
        close(machine.copier.pagemap);
        close(pair[1]);
    }
    CHECK(open_descriptors() == before);
}

/* The agent's connection stays, also when something is refused, and a command's goes besides. */
static void test_checkpoints(void)
{
    int pair[2], came;
    const struct copy_message ask = {.magic = COPY_MAGIC, .kind = COPY_ASK};
    struct copy_message m;
    struct loop_device d = copier_device(&machine.copier);
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, pair) < 0) abort();
    start(-1);
    machine.copier.agent = pair[0];
    for (uint64_t i = 0; i < 6; i++) {
        int file = memfd_create("checkpoint", MFD_ALLOW_SEALING);
        uint64_t room = i % 2 ? OVERLAY_HEAD : OVERLAY_HEAD + PAGES * LAYOUT_PAGE;
        if (ftruncate(file, (off_t)room) < 0 || fcntl(file, F_ADD_SEALS, F_SEAL_GROW) < 0) abort();
        CHECK(descriptor_send(pair[1], &ask, sizeof ask, file, 0) == sizeof ask);
        machine.copier.connection = pair[0]; /* as if poll() had said so */
        for (int n = 0; n < 4 && machine.copier.connection >= 0; n++) {
            d.serve(d.state, &machine.loop);
            control.copy_here = control.copy_wanted;
        }
        CHECK(machine.copier.connection < 0 && machine.copier.agent == pair[0]);
        CHECK(descriptor_receive(pair[1], &m, sizeof m, &came, 0) == sizeof m && came < 0);
        CHECK(m.kind == (i % 2 ? COPY_FULL : COPY_TAKEN) && control.copy_wanted % 2 == 0);
        CHECK(i % 2 || (m.bytes > OVERLAY_HEAD && m.bytes < room));
        CHECK(machine.copier.file < 0);
        close(file);
    }
    /* What is no request, with or without bytes: nobody asks any more. */
    CHECK(descriptor_send(pair[1], &m, 0, pair[1], 0) == 0);
    machine.copier.connection = pair[0];
    d.serve(d.state, &machine.loop);
    CHECK(machine.copier.agent < 0 && fcntl(pair[0], F_GETFD) < 0);
    close(pair[1]);
    close(machine.copier.pagemap);
}

int main(void)
{
    test_pages();
    test_liars();
    test_requests();
    int before = open_descriptors();
    test_checkpoints();
    CHECK(open_descriptors() == before);
    return check_result();
}
