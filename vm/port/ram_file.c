/* SPDX-License-Identifier: Apache-2.0 */
/* ram_file.c -- files in memory: the port "ram_file_drv" that kernel's ram_file and file:open(_, [ram | _]) use.
 *
 * Each command is an operation's number and its arguments, big-endian; each is answered by one message.  The
 * numbers are those of ram_file.erl.
 *
 * Always true: bytes[0 .. room) are ours, and zero from `end` on, so a file that is written to behind its
 * end has zeros in between.
 */
#include "heap/arena.h"
#include "port/port.h"

enum {
    OP_OPEN = 1,
    OP_READ,
    OP_SEEK,
    OP_WRITE,
    OP_SYNC = 9,
    OP_TRUNCATE = 14,
    OP_PREAD = 17,
    OP_PWRITE,
    OP_DATASYNC,
    OP_GET = 30,
    OP_SIZE = 37,
    OP_ADVISE,
    OP_ALLOCATE
};
enum { REPLY_OK, REPLY_ERROR, REPLY_DATA, REPLY_NUMBER };
enum { MODE_READ = 1, MODE_WRITE = 2 };
enum { SEEK_FROM_START, SEEK_FROM_HERE, SEEK_FROM_END };

struct ram_file {
    uint8_t *bytes;
    int64_t room, end, at;
    int32_t mode; /* 0: not open yet */
};

/* The arguments of a command, taken from the front. */
struct arguments {
    const uint8_t *at;
    size_t left;
};

/* --- answers ---------------------------------------------------------------------------------- */

/* Whoever waits for an answer that does not fit into memory sees the port end. */
static void tell(struct port *p, const uint8_t *bytes, size_t n)
{
    if (!port_reply(p, bytes, n, NULL, 0)) port_close(p, ATOM(enomem), false);
}

static void tell_ok(struct port *p) { tell(p, (const uint8_t[]){REPLY_OK}, 1); }

static void tell_error(struct port *p, const char *why)
{
    uint8_t text[16] = {REPLY_ERROR}; /* the longest reason has six letters */
    size_t n = strlen(why);
    memcpy(text + 1, why, n);
    tell(p, text, n + 1);
}

static void head_of(uint8_t head[5], uint8_t kind, int64_t number)
{
    head[0] = kind;
    for (int i = 0; i < 4; i++) head[1 + i] = (uint8_t)(number >> (24 - 8 * i));
}

static void tell_number(struct port *p, int64_t number)
{
    uint8_t head[5];
    head_of(head, REPLY_NUMBER, number);
    tell(p, head, sizeof head);
}

static bool tell_bytes(struct port *p, const uint8_t *bytes, int64_t n)
{
    uint8_t head[5];
    head_of(head, REPLY_DATA, n);
    return port_reply(p, head, sizeof head, bytes ? bytes : head, (size_t)n);
}

/* --- the file --------------------------------------------------------------------------------- */

/* Room for `size` bytes; a file that grows step by step is moved a few times only. */
static bool make_room(struct ram_file *f, int64_t size)
{
    if (size <= f->room) return true;
    int64_t room = size + f->room / 2 + 1024;
    uint8_t *fresh = arena_realloc(f->bytes, (size_t)room);
    if (!fresh) {
        room = size;
        fresh = arena_realloc(f->bytes, (size_t)room);
    }
    if (!fresh) return false;
    memset(fresh + f->room, 0, (size_t)(room - f->room));
    f->bytes = fresh;
    f->room = room;
    return true;
}

static void open_file(struct port *p, struct ram_file *f, int32_t mode, struct arguments data)
{
    if (f->end) memset(f->bytes, 0, (size_t)f->end);
    f->mode = mode;
    f->at = f->end = 0;
    if (!make_room(f, (int64_t)data.left)) {
        tell_error(p, "enomem");
        return;
    }
    if (data.left) memcpy(f->bytes, data.at, data.left);
    f->end = (int64_t)data.left;
    tell_number(p, 0);
}

/* `place` NULL: where the file stands, which moves on. */
static void write_file(struct port *p, struct ram_file *f, const int32_t *place,
                       struct arguments data)
{
    int64_t at = place ? *place : f->at, after = at + (int64_t)data.left;
    if (place && at < 0) {
        tell_error(p, "einval");
    } else if (!(f->mode & MODE_WRITE)) {
        tell_error(p, "ebadf");
    } else if (!make_room(f, after)) {
        tell_error(p, "enomem");
    } else {
        if (data.left) memcpy(f->bytes + at, data.at, data.left);
        if (after > f->end) f->end = after;
        if (!place) f->at = after;
        tell_number(p, (int64_t)data.left);
    }
}

static void read_file(struct port *p, struct ram_file *f, const int32_t *place, int32_t most)
{
    int64_t at = place ? *place : f->at, n = most;
    if (place && at < 0) {
        tell_error(p, "einval");
    } else if (!(f->mode & MODE_READ)) {
        tell_error(p, "ebadf");
    } else if (most < 0) {
        tell_error(p, "einval");
    } else {
        int64_t there = at < f->end ? f->end - at : 0;
        if (n > there) n = there;
        if (!tell_bytes(p, n ? f->bytes + at : NULL, n))
            tell_error(p, "enomem");
        else if (!place)
            f->at = at + n;
    }
}

static void seek(struct port *p, struct ram_file *f, int32_t offset, int32_t from)
{
    int64_t at = from == SEEK_FROM_START  ? offset
                 : from == SEEK_FROM_HERE ? f->at + offset
                 : from == SEEK_FROM_END  ? f->end + offset
                                          : -1;
    if (f->mode == 0) {
        tell_error(p, "ebadf");
    } else if (at < 0) {
        tell_error(p, "einval");
    } else {
        f->at = at;
        tell_number(p, at);
    }
}

/* The file ends where it stands, also when that is behind its end. */
static void truncate(struct port *p, struct ram_file *f)
{
    if (!(f->mode & MODE_WRITE)) {
        tell_error(p, "eacces");
    } else if (!make_room(f, f->at)) {
        tell_error(p, "enomem");
    } else {
        if (f->end > f->at) memset(f->bytes + f->at, 0, (size_t)(f->end - f->at));
        f->end = f->at;
        tell_ok(p);
    }
}

/* --- the driver ------------------------------------------------------------------------------- */

static int32_t take_number(struct arguments *a)
{
    uint32_t n =
        (uint32_t)a->at[0] << 24 | (uint32_t)a->at[1] << 16 | (uint32_t)a->at[2] << 8 | a->at[3];
    a->at += 4;
    a->left -= 4;
    return (int32_t)n;
}

/* How many numbers the arguments of an operation begin with. */
static unsigned numbers_of(uint8_t op)
{
    switch (op) {
    case OP_SEEK:
    case OP_PREAD: return 2;
    case OP_OPEN:
    case OP_READ:
    case OP_PWRITE: return 1;
    default: return 0;
    }
}

static void output(struct port *p, const uint8_t *bytes, size_t n)
{
    struct ram_file *f = p->state;
    if (n == 0) return;
    struct arguments a = {bytes + 1, n - 1};
    int32_t number[2] = {0};
    unsigned numbers = numbers_of(bytes[0]);
    if (a.left < 4 * numbers) {
        tell_error(p, "einval");
        return;
    }
    for (unsigned i = 0; i < numbers; i++) number[i] = take_number(&a);
    switch (bytes[0]) {
    case OP_OPEN: open_file(p, f, number[0], a); break;
    case OP_READ: read_file(p, f, NULL, number[0]); break;
    case OP_PREAD: read_file(p, f, &number[0], number[1]); break;
    case OP_WRITE: write_file(p, f, NULL, a); break;
    case OP_PWRITE: write_file(p, f, &number[0], a); break;
    case OP_SEEK: seek(p, f, number[0], number[1]); break;
    case OP_TRUNCATE: truncate(p, f); break;
    case OP_SIZE: tell_number(p, f->end); break;
    case OP_GET:
        if (!tell_bytes(p, f->bytes, f->end)) tell_error(p, "enomem");
        break;
    case OP_SYNC:
    case OP_DATASYNC:
    case OP_ADVISE:
    case OP_ALLOCATE: f->mode ? tell_ok(p) : tell_error(p, "ebadf"); break;
    default: tell_error(p, "einval"); break;
    }
}

static const char *start(struct port *p)
{
    p->state = arena_calloc(sizeof(struct ram_file));
    return p->state ? NULL : "enomem";
}

static void stop(struct port *p)
{
    struct ram_file *f = p->state;
    arena_free(f->bytes);
    arena_free(f);
}

const struct port_driver ram_file_driver = {
    .name = "ram_file_drv", .start = start, .stop = stop, .output = output};
