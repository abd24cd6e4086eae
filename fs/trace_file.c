/* SPDX-License-Identifier: Apache-2.0 */
/* trace_file.c -- the driver "trace_file_drv" behind dbg:trace_port(file, ...): traces in a file, or in a row of them.
 *
 * It is opened with "trace_file_drv [w Size Count Time Tail ]n Name".  Each message is written as a zero byte, its
 * length in four, and the bytes.  With `w` files are numbered from 0 to Count, the number standing at
 * Tail in the name: after Size bytes, or Time milliseconds, comes the next, and when there are more than Count, the
 * oldest is removed.
 *
 * Unlike stock's driver it keeps nothing back: what was written is in the file, and a flush does nothing.
 */
#include "fs/trace_file.h"
#include "fs/answer.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "port/port.h"
#include "process/timer.h"

#define HEAD 5

/* A name with a number in it: name[suffix .. tail) are its digits. */
struct numbered {
    char name[PATH_MOST + 16];
    size_t suffix, tail, length;
    uint64_t count, most; /* from "" or `most` it goes to 0 */
};

struct wrap {
    struct numbered current, oldest;
    uint64_t size, bytes, left; /* left: how many more files before the oldest goes */
    uint64_t time_ns;           /* 0: by size */
};

struct trace_file {
    struct timer timer; /* first: timer_set() hands it back */
    struct timer failed;
    term id, reason;
    struct node node; /* tree NULL: none is open */
    uint64_t at;
    struct wrap *wrap; /* NULL: one file */
};

/* --- names ---------------------------------------------------------------------------------- */

static void to_zero(struct numbered *n)
{
    n->count = 0;
    memmove(n->name + n->suffix + 1, n->name + n->tail, n->length + 1 - n->tail);
    n->name[n->suffix] = '0';
    n->length -= n->tail - n->suffix;
    n->length++;
    n->tail = n->suffix + 1;
}

static void next_name(struct numbered *n)
{
    if (n->count >= n->most) {
        to_zero(n);
        return;
    }
    n->count++;
    for (size_t i = n->tail; i-- > n->suffix;) {
        if (n->name[i] < '9') {
            n->name[i]++;
            return;
        }
        n->name[i] = '0';
    }
    /* One digit more. */
    memmove(n->name + n->tail + 1, n->name + n->tail, n->length + 1 - n->tail);
    n->name[n->tail++] = '0';
    n->name[n->suffix] = '1';
    n->length++;
}

/* --- the file ------------------------------------------------------------------------------- */

static void close_file(struct trace_file *f) { node_drop(&f->node); }

/* The file behind what was found, open and empty; held. */
static enum fs_error open_found(struct found *f, struct node *out)
{
    const unsigned modes = OPEN_WRITE | OPEN_CUT;
    bool is_new = !f->node.tree;
    if (is_new && f->slash) return FS_EISDIR;
    if (!is_new && node_kind(f->node) == NODE_FOLDER) return FS_EISDIR;
    if (node_is_read_only(is_new ? f->folder : f->node)) return FS_EROFS;
    if (is_new)
        return f->folder.tree->make(f->folder.object, f->name, f->name_bytes, NODE_FILE, NULL, 0,
                                    modes, out);
    node_drop(&f->folder);
    const struct tree *t = f->node.tree;
    if (t->open) return t->open(f->node.object, modes, out);
    *out = f->node;
    node_keep(*out);
    return t->cut(f->node.object, 0);
}

static enum fs_error open_file(struct trace_file *f, const char *name)
{
    struct found found;
    enum fs_error wrong = walk(name, strlen(name), WALK_FOLLOW, NEXT_CHANGE, &found);
    if (wrong) return wrong;
    wrong = open_found(&found, &f->node);
    found_drop(&found);
    f->at = 0;
    return wrong;
}

static void remove_file(const char *name)
{
    struct found found;
    if (walk(name, strlen(name), WALK_STAY, NEXT_CHANGE, &found)) return;
    if (found.node.tree && found.last == LAST_NAME && node_kind(found.node) != NODE_FOLDER &&
        !node_is_read_only(found.node))
        found.folder.tree->remove(found.folder.object, found.name, found.name_bytes, false);
    found_drop(&found);
}

static enum fs_error next_file(struct trace_file *f)
{
    struct wrap *w = f->wrap;
    close_file(f);
    w->bytes = 0;
    if (w->left > 0) w->left--;
    if (w->left == 0) {
        remove_file(w->oldest.name);
        next_name(&w->oldest);
    }
    next_name(&w->current);
    return open_file(f, w->current.name);
}

/* --- the end after a failure: not from within what is traced --------------------------------- */

static void end_failed(struct timer *t)
{
    struct trace_file *f = (struct trace_file *)((char *)t - offsetof(struct trace_file, failed));
    struct port *p = port_find(f->id);
    if (p) port_close(p, f->reason, false);
}

static void fail(struct trace_file *f, enum fs_error wrong)
{
    f->reason = error_reason(wrong);
    timer_set(&f->failed, 0, end_failed);
}

static void write_bytes(struct trace_file *f, const uint8_t *bytes, size_t n)
{
    if (!f->node.tree) return; /* it is about to end */
    size_t written;
    enum fs_error wrong = f->node.tree->write(f->node.object, f->at, bytes, n, &written);
    f->at += written;
    if (wrong) {
        close_file(f);
        fail(f, wrong);
    }
}

/* --- the driver ------------------------------------------------------------------------------ */

static void turn_over(struct trace_file *f)
{
    enum fs_error wrong = next_file(f);
    if (wrong) fail(f, wrong);
}

static void time_is_up(struct timer *t)
{
    struct trace_file *f = (struct trace_file *)t;
    turn_over(f);
    timer_set(&f->timer, plat_monotonic_ns() + f->wrap->time_ns, time_is_up);
}

static void output(struct port *p, const uint8_t *bytes, size_t n)
{
    struct trace_file *f = p->state;
    const uint8_t head[HEAD] = {0, (uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8),
                                (uint8_t)n};
    if (n == 0) return;
    write_bytes(f, head, HEAD);
    write_bytes(f, bytes, n);
    struct wrap *w = f->wrap;
    if (!w || !f->node.tree) return;
    w->bytes += HEAD + n;
    if (!w->time_ns && w->bytes >= w->size) turn_over(f);
}

static bool control(struct port *p, unsigned op, const uint8_t *bytes, size_t n,
                    struct port_answer *out)
{
    (void)p, (void)bytes, (void)n;
    if (op != 'f') return false;
    out->bytes = arena_calloc(1);
    out->size = out->bytes ? 1 : 0;
    return true;
}

static void skip_spaces(const char **at)
{
    while (**at == ' ') ++*at;
}

static bool take_number(const char **at, uint64_t *n)
{
    skip_spaces(at);
    const char *from = *at;
    for (*n = 0; **at >= '0' && **at <= '9'; ++*at)
        *n = (*n * 10 + (uint64_t)(**at - '0')) & UINT32_MAX;
    return *at > from;
}

/* Size, count, milliseconds and where in the name the number stands. */
struct request {
    bool wraps;
    uint64_t size, count, ms, tail;
    const char *name;
};

static bool parse(const char *at, struct request *r)
{
    while (*at && *at != ' ') at++; /* the driver's name */
    if (!*at) return false;
    skip_spaces(&at);
    r->wraps = *at == 'w';
    if (r->wraps) {
        at++;
        if (!take_number(&at, &r->size) || !take_number(&at, &r->count) ||
            !take_number(&at, &r->ms) || !take_number(&at, &r->tail))
            return false;
        skip_spaces(&at);
    }
    if (at[0] != 'n' || at[1] != ' ') return false;
    r->name = at + 2;
    return r->tail < strlen(r->name);
}

static const char *text_of(enum fs_error e)
{
    static char text[16];
    const struct atom_text *t = atom_text(error_reason(e));
    require(t->length < sizeof text);
    memcpy(text, t->bytes, t->length);
    text[t->length] = 0;
    return text;
}

static bool start_wrap(struct trace_file *f, const struct request *r)
{
    struct wrap *w = f->wrap = arena_calloc(sizeof *w);
    if (!w) return false;
    struct numbered *n = &w->current;
    n->length = strlen(r->name);
    memcpy(n->name, r->name, n->length + 1);
    n->suffix = n->tail = r->tail;
    n->count = n->most = r->count;
    next_name(n);
    w->oldest = *n;
    w->size = r->size;
    w->left = r->count;
    w->time_ns = r->ms * 1000000;
    return true;
}

static const char *start(struct port *p)
{
    struct request r = {0};
    if (!parse(p->name, &r)) return "badarg";
    if (strlen(r.name) >= PATH_MOST) return text_of(FS_ENAMETOOLONG);
    struct trace_file *f = arena_calloc(sizeof *f);
    if (!f) return text_of(FS_ENOMEM);
    f->id = p->id;
    enum fs_error wrong = r.wraps && !start_wrap(f, &r) ? FS_ENOMEM : FS_OK;
    if (!wrong) wrong = open_file(f, f->wrap ? f->wrap->current.name : r.name);
    if (wrong) {
        arena_free(f->wrap);
        arena_free(f);
        return text_of(wrong);
    }
    p->state = f;
    if (r.ms) timer_set(&f->timer, plat_monotonic_ns() + f->wrap->time_ns, time_is_up);
    return NULL;
}

static void stop(struct port *p)
{
    struct trace_file *f = p->state;
    timer_cancel(&f->timer);
    timer_cancel(&f->failed);
    close_file(f);
    arena_free(f->wrap);
    arena_free(f);
}

const struct port_driver trace_file_driver = {
    .name = "trace_file_drv", .start = start, .stop = stop, .output = output, .control = control};
