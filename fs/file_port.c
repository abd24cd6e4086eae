/* SPDX-License-Identifier: Apache-2.0 */
/* file_port.c -- open_port("name", ...): a port that is a file, as old as ports are.
 *
 * What is written to it goes to the file; what the file holds comes as {data, _}, then the end.  As in stock, a port
 * that only writes makes the file, or empties it, and one that does both begins at the start.
 */
#include "fs/file_port.h"
#include "fs/answer.h"
#include "heap/arena.h"
#include "port/port.h"
#include "process/timer.h"

#define CHUNK 16384

struct file_port {
    struct timer more; /* first: timer_set() hands it back */
    term id;
    struct node node;
    uint64_t at;
};

/* The file behind what was found, open; held. */
static bool open_found(const struct port *p, struct found *f, struct node *out)
{
    bool in = p->settings.in, to_write = p->settings.out;
    unsigned modes = (in ? OPEN_READ : 0) | (to_write ? OPEN_WRITE : 0) | (in ? 0 : OPEN_CUT);
    if (f->node.tree && node_kind(f->node) == NODE_FOLDER) return false;
    if (!f->node.tree && (!to_write || f->slash)) return false;
    if (to_write && node_is_read_only(f->node.tree ? f->node : f->folder)) return false;
    const struct tree *t = f->folder.tree;
    if (!f->node.tree)
        return !t->make(f->folder.object, f->name, f->name_bytes, NODE_FILE, NULL, 0, modes, out);
    node_drop(&f->folder);
    t = f->node.tree;
    if (t->open) return !t->open(f->node.object, modes, out);
    *out = f->node;
    node_keep(*out);
    return in || !t->cut(f->node.object, 0);
}

static bool open_node(struct port *p, struct node *out)
{
    struct found f;
    enum find_next next = p->settings.out ? NEXT_CHANGE : NEXT_READ;
    if (walk(p->name, strlen(p->name), WALK_FOLLOW, next, &f)) return false;
    bool ok = open_found(p, &f, out);
    found_drop(&f);
    return ok;
}

/* A piece for each turn, so that a long file does not fill the owner's mailbox at once. */
static void read_more(struct timer *t)
{
    struct file_port *f = (struct file_port *)t;
    struct port *p = port_find(f->id);
    if (!p) return;
    static uint8_t chunk[CHUNK];
    size_t n;
    if (f->node.tree->read(f->node.object, f->at, chunk, CHUNK, &n) || n == 0) {
        port_end_of_input(p);
        return;
    }
    f->at += n;
    timer_set(&f->more, 0, read_more);
    port_input(p, chunk, n);
}

static const char *start(struct port *p)
{
    struct file_port *f = arena_malloc(sizeof *f);
    if (!f) return "enomem";
    *f = (struct file_port){.id = p->id};
    if (!open_node(p, &f->node)) {
        arena_free(f);
        return "einval";
    }
    p->state = f;
    if (p->settings.in) timer_set(&f->more, 0, read_more);
    return NULL;
}

static void stop(struct port *p)
{
    struct file_port *f = p->state;
    timer_cancel(&f->more);
    node_drop(&f->node);
    arena_free(f);
}

static void output(struct port *p, const uint8_t *bytes, size_t n)
{
    struct file_port *f = p->state;
    if (!p->settings.out) return;
    size_t written;
    enum fs_error wrong = f->node.tree->write(f->node.object, f->at, bytes, n, &written);
    f->at += written;
    if (wrong) port_close(p, error_reason(wrong), false);
}

const struct port_driver file_port_driver = {
    .stream = true, .start = start, .stop = stop, .output = output};
