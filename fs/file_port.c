/* SPDX-License-Identifier: Apache-2.0 */
/* file_port.c -- open_port("name", ...): a port that is a file, as old as ports are.
 *
 * What is written to it goes to the file; what the file holds comes as {data, _}, then the end.  As in stock, a port
 * that only writes makes the file, or empties it, and one that does both begins at the start.
 */
#include "fs/file_port.h"
#include "fs/walk.h"
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

static bool open_node(struct port *p, struct node *out)
{
    struct found f;
    size_t n = strlen(p->name);
    if (walk(p->name, n, WALK_FOLLOW, &f)) return false;
    if (f.node.tree && node_kind(f.node) == NODE_FOLDER) return false;
    if (p->settings.out) {
        if (node_is_read_only(f.node.tree ? f.node : f.folder)) return false;
        const struct tree *t = f.folder.tree;
        if (!f.node.tree && (f.slash || t->make(f.folder.object, f.name, f.name_bytes, NODE_FILE,
                                                NULL, 0, &f.node)))
            return false;
        if (!p->settings.in) f.node.tree->cut(f.node.object, 0);
    }
    *out = f.node;
    return f.node.tree != NULL;
}

/* A piece for each turn, so that a long file does not fill the owner's mailbox at once. */
static void read_more(struct timer *t)
{
    struct file_port *f = (struct file_port *)t;
    struct port *p = port_find(f->id);
    if (!p) return;
    static uint8_t chunk[CHUNK];
    struct node_info info;
    f->node.tree->info(f->node.object, &info);
    uint64_t left = info.bytes > f->at ? info.bytes - f->at : 0;
    if (left == 0) {
        port_end_of_input(p);
        return;
    }
    size_t n = left < CHUNK ? (size_t)left : CHUNK;
    f->node.tree->read(f->node.object, f->at, chunk, n);
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
    f->node.tree->keep(f->node.object);
    p->state = f;
    if (p->settings.in) timer_set(&f->more, 0, read_more);
    return NULL;
}

static void stop(struct port *p)
{
    struct file_port *f = p->state;
    timer_cancel(&f->more);
    f->node.tree->drop(f->node.object);
    arena_free(f);
}

static void output(struct port *p, const uint8_t *bytes, size_t n)
{
    struct file_port *f = p->state;
    if (!p->settings.out) return;
    size_t written = f->node.tree->write(f->node.object, f->at, bytes, n);
    f->at += written;
    if (written < n) port_close(p, ATOM(enospc), false);
}

const struct port_driver file_port_driver = {
    .stream = true, .start = start, .stop = stop, .output = output};
