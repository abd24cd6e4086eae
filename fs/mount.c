/* SPDX-License-Identifier: Apache-2.0 */
/* mount.c -- see mount.h.  A channel is the stream of a 9P client, whose tree is joined to the others. */
#include "fs/mount.h"
#include "fs/join_tree.h"
#include "fs/ninep_tcp.h"
#include "fs/waiting.h"
#include "heap/arena.h"
#include "sched/sched.h"
#include <string.h>

/* As the monitor offers; it may say less. */
enum { MSIZE = 128 * 1024 + 4096, MOUNTS_MOST = 15, FIRST_DEVICE = 16 };

static struct {
    struct ninep_mount *mount;
    unsigned handle;
} mounts[MOUNTS_MOST];
static unsigned count;
static uint64_t last_device = FIRST_DEVICE;

/* --- a channel as a stream -------------------------------------------------------------------- */

static unsigned handle_of(void *context) { return (unsigned)(uintptr_t)context; }

static enum ninep_sent outcome(enum plat_result r)
{
    return r == PLAT_OK ? NINEP_MOVED : r == PLAT_AGAIN ? NINEP_LATER : NINEP_GONE;
}

static enum ninep_sent send(void *context, const void *bytes, size_t n, size_t *sent)
{
    return outcome(plat_channel_send(handle_of(context), bytes, n, sent));
}

static void flush(void *context) { plat_channel_flush(handle_of(context)); }

static enum ninep_sent receive(void *context, void *bytes, size_t room, size_t *n)
{
    return outcome(plat_channel_receive(handle_of(context), bytes, room, n));
}

static void channel_ready(plat_ready which)
{
    for (unsigned i = 0; i < count; i++)
        if (which >> mounts[i].handle & 1) ninep_pump(&mounts[i].mount->client);
}

/* --- the mounts ---------------------------------------------------------------------------------- */

static const char *mount_one(const char *channel, const char *path)
{
    unsigned handle;
    uint32_t root;
    struct ninep_qid qid;
    if (count == MOUNTS_MOST) return "there are too many";
    if (plat_channel_open(channel, &handle) != PLAT_OK) return "its channel cannot be opened";
    struct ninep_mount *m = arena_calloc(sizeof *m);
    if (!m) return "out of memory";
    const struct ninep_stream stream = {(void *)(uintptr_t)handle, send, flush, receive, false};
    ninep_start(&m->client, &stream, MSIZE);
    m->client.is_ours = true;
    mounts[count].mount = m;
    mounts[count].handle = handle;
    count++;
    sched_watch(UINT64_C(1) << handle, channel_ready);
    if (ninep_attach(&m->client, "", "mote", &root, &qid)) return "its server does not answer";
    struct node node = ninep_tree_start(m, ++last_device, root);
    if (!node.tree || !join_mount(path, strlen(path), node))
        return "there cannot be a folder at that place";
    files_may_wait = true;
    return NULL;
}

static void put(const char *text) { plat_console_write_error(text, strlen(text)); }

/* --- by TCP --------------------------------------------------------------------------------------- */

/* MOTE_9P: "A.B.C.D PORT USER TREE PATH", as the command line has made it of -v 9p://..; several with ';' between. */
static const char *number(const char *at, unsigned most, unsigned *n)
{
    if (!at || *at < '0' || *at > '9') return NULL;
    for (*n = 0; *at >= '0' && *at <= '9' && *n <= most; at++) *n = *n * 10 + (unsigned)(*at - '0');
    return *n <= most ? at : NULL;
}

static const char *word(const char *at, char **out)
{
    size_t n = strcspn(at, " ;");
    *out = arena_malloc(n + 1);
    if (!*out) return NULL;
    memcpy(*out, at, n);
    (*out)[n] = 0;
    return at + n + (at[n] == ' ');
}

static const char *mount_by_tcp(const char *at)
{
    uint8_t ipv4[4];
    unsigned n = 0, port = 0;
    char *user = NULL, *tree = NULL, *path = NULL;
    for (int i = 0; i < 4 && at; i++) {
        at = number(at, 255, &n);
        ipv4[i] = (uint8_t)n;
        if (at && *at == (i < 3 ? '.' : ' ')) at++;
    }
    if (at) at = number(at, 65535, &port);
    if (at && *at == ' ') at = word(at + 1, &user);
    if (at) at = word(at, &tree);
    if (at) at = word(at, &path);
    if (!at || !path) return NULL;
    struct node root = ninep_tcp_mount(ipv4, (uint16_t)port, tree, user, ++last_device);
    if (root.tree) files_may_wait |= join_mount(path, strlen(path), root);
    return *at == ';' ? at + 1 : NULL;
}

/* Of the machine that this memory was: nobody answers any more.  The folders stay, until others are mounted there. */
static void break_all(void)
{
    for (unsigned i = 0; i < count; i++) ninep_break(&mounts[i].mount->client);
    count = 0;
}

void mount_all(const struct plat_boot *boot)
{
    static const char variable[] = "MOTE_9P=";
    break_all();
    for (const char *const *e = boot->environment; e && *e; e++)
        if (strncmp(*e, variable, sizeof variable - 1) == 0)
            for (const char *at = *e + sizeof variable - 1; at && *at;) at = mount_by_tcp(at);
    for (const char *const *name = boot->channels; name && *name; name++) {
        if (strncmp(*name, "mount:", 6) != 0 || strlen(*name) < sizeof "mount:rw:") continue;
        const char *path = *name + sizeof "mount:rw:" - 1, *wrong = mount_one(*name, path);
        if (!wrong) continue;
        put("mote: ");
        put(path);
        put(" is not mounted: ");
        put(wrong);
        put("\n");
    }
}
