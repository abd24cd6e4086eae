/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ninep_client.c -- the 9P client and its tree with a hostile server: any bytes come back.
 *
 * The input is what the server says, as it is, but for the size, the tag and sometimes the type of each reply, which
 * are made to fit when its first byte is even: otherwise nothing would get past the first check.
 */
#include "fs/join_tree.h"
#include "fs/ninep_tree.h"
#include "fs/waiting.h"
#include "heap/arena.h"
#include "platform/fake/fake.h"
#include "process/process.h"
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const uint8_t *script;
static size_t script_left;
static uint8_t reply[65536], asked[65536];
static size_t reply_at, reply_n, asked_n;

/* A whole request is there: so is what the script answers. */
static void answer(void)
{
    bool mend = script_left > 0 && script[0] % 2 == 0;
    size_t n = script_left > 3 ? script[1] | (size_t)(script[2] & 0x0f) << 8 : 0;
    if (script_left <= 3) return;
    script += 3, script_left -= 3;
    if (n > script_left) n = script_left;
    if (reply_at == reply_n) reply_at = reply_n = 0;
    if (reply_n + n + NINEP_READ_HEADER > sizeof reply) return;
    uint8_t *to = reply + reply_n;
    size_t head = mend ? NINEP_HEADER : 0;
    memcpy(to + head, script, n);
    script += n, script_left -= n;
    if (mend) {
        uint32_t size = (uint32_t)(n + head);
        memcpy(to, &size, sizeof size);
        to[4] = (uint8_t)(asked[4] + 1);
        memcpy(to + 5, asked + 5, 2);
        /* Of what is counted, the count. */
        if ((asked[4] == NINEP_READ || asked[4] == NINEP_READDIR) && n >= 4) {
            uint32_t count = (uint32_t)n - 4;
            memcpy(to + head, &count, sizeof count);
        }
    }
    reply_n += n + head;
}

static enum ninep_sent send(void *context, const void *bytes, size_t n, size_t *sent)
{
    (void)context;
    if (n > sizeof asked - asked_n) n = sizeof asked - asked_n;
    memcpy(asked + asked_n, bytes, n);
    asked_n += n;
    *sent = n;
    uint32_t size;
    while (asked_n >= NINEP_HEADER && (size = load_le32(asked)) <= asked_n) {
        if (size < NINEP_HEADER) abort();
        answer();
        asked_n -= size;
        memmove(asked, asked + size, asked_n);
    }
    return n ? NINEP_MOVED : NINEP_LATER;
}

static void flush(void *context) { (void)context; }

static enum ninep_sent receive(void *context, void *to, size_t room, size_t *n)
{
    (void)context;
    size_t there = reply_n - reply_at;
    if (!there) return NINEP_GONE; /* it hangs up when it has nothing more to say */
    *n = room < there ? room : there;
    memcpy(to, reply + reply_at, *n);
    reply_at += *n;
    return NINEP_MOVED;
}

static void visit(void *context, const char *name, size_t n)
{
    if (!n || n > NAME_MOST || memchr(name, '/', n)) abort();
    ++*(unsigned *)context;
}

static void use_file(struct node found)
{
    struct node open;
    uint8_t *room = malloc(300000);
    size_t n = 0;
    const struct tree *t = found.tree;
    memset(room, 1, 300000);
    if (!t->open(found.object, OPEN_READ | OPEN_WRITE, &open)) {
        if (!t->read(open.object, 0, room, 300000, &n) && n > 300000) abort();
        if (!t->write(open.object, 10, room, 200000, &n) && n > 200000) abort();
        t->sync(open.object, false);
        t->cut(open.object, 5);
        t->reserve(open.object, 0, 10);
        node_drop(&open);
    }
    free(room);
}

static void use_tree(struct node root)
{
    static const char *const names[] = {"a", "bb", "ccc"};
    static const size_t lengths[] = {1, 2, 3};
    struct node nodes[3], one;
    struct node_info info;
    unsigned found, count = 0;
    char target[PATH_MOST];
    size_t n;
    const struct tree *t = root.tree;
    if (!t->find_ahead(root.object, names, lengths, 3, NEXT_ANY, nodes, &found)) {
        if (found > 3) abort();
        for (unsigned i = 0; i < found; i++) {
            t->info(nodes[i].object, &info);
            if (!t->target(nodes[i].object, target, &n) && n > PATH_MOST) abort();
            if (t->kind(nodes[i].object) == NODE_FILE) use_file(nodes[i]);
        }
        while (found) node_drop(&nodes[--found]);
    }
    t->each(root.object, visit, &count);
    if (!t->path(root.object, target, &n) && n > PATH_MOST) abort();
    if (!t->make(root.object, "n", 1, NODE_FILE, NULL, 0, OPEN_WRITE, &one)) node_drop(&one);
    if (!t->make(root.object, "l", 1, NODE_LINK, "to", 2, 0, &one)) node_drop(&one);
    t->rename(root.object, "a", 1, root.object, "b", 1);
    t->remove(root.object, "a", 1, false);
    if (!t->find(root.object, "x", 1, &one) && one.tree) {
        t->set(one.object, &(struct node_change){.mode = true, .times = true});
        t->link(root.object, "y", 1, one.object);
        node_drop(&one);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static bool started;
    static uint64_t now = 1;
    if (!started) {
        fake_time = &now;
        void *heap = fake_heap(UINT64_C(64) << 20);
        arena_start(heap, UINT64_C(64) << 20);
        timer_start(now);
        started = true;
    }
    script = bytes, script_left = n;
    reply_at = reply_n = asked_n = 0;
    struct ninep_mount *m = arena_calloc(sizeof *m);
    const struct ninep_stream stream = {NULL, send, flush, receive, false};
    uint32_t root;
    struct ninep_qid qid;
    ninep_start(&m->client, &stream, 131072);
    m->client.is_ours = true;
    if (!ninep_attach(&m->client, "", "x", &root, &qid)) {
        struct node top = ninep_tree_start(m, 1, root);
        if (top.tree) use_tree(top);
        node_drop(&top);
    }
    while (m->client.first && !m->client.broken) ninep_pump(&m->client);
    timer_cancel(&m->client.soon);
    ninep_break(&m->client);
    arena_free(m->client.fid_free);
    arena_free(m);
    return 0;
}
