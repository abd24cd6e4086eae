/* SPDX-License-Identifier: Apache-2.0 */
/* terminal.c -- the port "tty_sl" that the shell's line editor drives (OTP 25's user_drv).
 *
 * Erlang sends an operation in the first byte of each command: characters to write or to
 * insert, a move, a deletion, a beep.  The driver knows what stands in the current line and how wide it is,
 * so that moves and deletions find their way across rows of the screen.
 *
 * Always true: `at` <= `length`; the cursor is where cell `at` is; the first cell stands in column 0.
 */
#include "base/utf8.h"
#include "heap/arena.h"
#include "port/console.h"
#include "platform/platform.h"
#include "port/width.h"

#define MAGIC 0x018b0900u
#define PIECE 1024 /* of input, at a time */

enum { OP_PUT, OP_MOVE, OP_INSERT, OP_DELETE, OP_BEEP, OP_PUT_SYNC };
enum { GET_SIZE = 100, GET_UNICODE = 101, SET_UNICODE = 102 };

struct cell {
    uint32_t
        code; /* what was written there; below 32 and 127: shown as ^X, but for tab and escape */
    uint32_t width;
};

struct terminal {
    struct cell *cells;
    size_t length, at, room;
    bool unicode;
    uint8_t out[4096];
    size_t out_bytes;
    uint8_t half[4]; /* the start of a character that has not come whole yet */
    size_t half_bytes;
};

/* --- output ------------------------------------------------------------------------------------ */

static void flush(struct terminal *t)
{
    plat_console_write(t->out, t->out_bytes);
    t->out_bytes = 0;
}

static void out(struct terminal *t, uint8_t byte)
{
    if (t->out_bytes == sizeof t->out) flush(t);
    t->out[t->out_bytes++] = byte;
}

static void out_text(struct terminal *t, const char *text)
{
    while (*text) out(t, (uint8_t)*text++);
}

static void out_code(struct terminal *t, uint32_t c)
{
    uint8_t b[4];
    const uint8_t *end = utf8_write(b, c);
    for (const uint8_t *at = b; at < end; at++) out(t, *at);
}

static void repeat(struct terminal *t, const char *text, size_t times)
{
    while (times-- > 0) out_text(t, text);
}

static void show(struct terminal *t, const struct cell *c)
{
    if (c->code == '\t') {
        repeat(t, " ", c->width);
    } else if (c->code == 27) {
        out(t, 27);
    } else if (c->code < 32 || c->code == 127) {
        out(t, '^');
        out(t, c->code == 127 ? '?' : (uint8_t)(c->code + '@'));
    } else {
        out_code(t, c->code);
    }
}

/* --- columns -------------------------------------------------------------------------------------- */

static size_t columns(void)
{
    struct plat_console info;
    plat_console_info(&info);
    return info.columns ? info.columns : 80;
}

/* Cells of an escape sequence for colours that begins at i: they take no room. */
static size_t escape_length(const struct terminal *t, size_t i)
{
    if (t->cells[i].code != 27) return 0;
    if (i + 1 >= t->length || t->cells[i + 1].code != '[') return i + 1 < t->length ? 2 : 1;
    size_t end = i + 2;
    while (end < t->length &&
           (t->cells[end].code == ';' || (t->cells[end].code >= '0' && t->cells[end].code <= '9')))
        end++;
    return end + 1 - i;
}

/* How many columns from the start of the line to cell `place`. */
static size_t column_of(const struct terminal *t, size_t place)
{
    size_t column = 0;
    for (size_t i = 0; i < place && i < t->length;) {
        size_t skip = escape_length(t, i);
        if (skip == 0) column += t->cells[i].width, skip = 1;
        i += skip;
    }
    return column;
}

static void move_columns(struct terminal *t, size_t from, size_t to)
{
    size_t wide = columns();
    size_t row = from / wide, new_row = to / wide, x = from % wide, new_x = to % wide;
    if (new_row > row) repeat(t, "\033[B", new_row - row); /* a line feed may go to column 0 */
    if (new_row < row) repeat(t, "\033[A", row - new_row);
    if (new_x > x) repeat(t, "\033[C", new_x - x);
    if (new_x < x) repeat(t, "\b", x - new_x);
}

/* After writing up to the edge the terminal holds its cursor there: push it to the next row. */
static void settle(struct terminal *t, size_t place)
{
    size_t column = column_of(t, place);
    if (column == 0 || column % columns() != 0) return;
    out_text(t, " \b");
    if (place < t->length) {
        show(t, &t->cells[place]);
        repeat(t, "\b", t->cells[place].width);
    }
}

static void write_cells(struct terminal *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) show(t, &t->cells[i]);
    settle(t, to);
}

/* --- editing -------------------------------------------------------------------------------------------- */

static bool make_room(struct terminal *t, size_t more)
{
    if (t->room - t->length >= more) return true;
    size_t room = (t->length + more) * 2;
    struct cell *fresh = arena_realloc(t->cells, room * sizeof *fresh);
    if (!fresh) return false;
    t->cells = fresh;
    t->room = room;
    return true;
}

static uint32_t width_of(const struct terminal *t, uint32_t c, size_t place)
{
    if (c == '\t') return (uint32_t)(8 - column_of(t, place) % 8);
    if (c == 27) return 0;
    return c < 32 || c == 127 ? 2 : code_point_width(c);
}

/* The line is over: what was before the cursor scrolls away. */
static void new_line(struct terminal *t, bool feed)
{
    out(t, '\r');
    if (feed) out(t, '\n');
    memmove(t->cells, t->cells + t->at, (t->length - t->at) * sizeof *t->cells);
    t->length -= t->at;
    t->at = 0;
}

/* Characters over or before what stands at the cursor; they are shown, the cursor goes behind them. */
static void put(struct terminal *t, const uint8_t *bytes, size_t n, bool insert)
{
    size_t shown = t->at;
    for (size_t i = 0; i < n;) {
        uint32_t c;
        i += utf8_decode(bytes + i, n - i, &c);
        if (c == '\n' || c == '\r') {
            for (; shown < t->at; shown++) show(t, &t->cells[shown]);
            new_line(t, c == '\n');
            shown = 0;
            continue;
        }
        if (!make_room(t, 1)) break;
        struct cell cell = {c, width_of(t, c, t->at)};
        if (insert && t->at < t->length)
            memmove(t->cells + t->at + 1, t->cells + t->at, (t->length - t->at) * sizeof *t->cells);
        if (insert || t->at == t->length) t->length++;
        t->cells[t->at++] = cell;
    }
    if (!insert) {
        if (shown < t->at) write_cells(t, shown, t->at);
        return;
    }
    write_cells(t, shown, t->length);
    move_columns(t, column_of(t, t->length), column_of(t, t->at));
}

static size_t step(const struct terminal *t, int n)
{
    if (n < 0) return (size_t)-n < t->at ? t->at - (size_t)-n : 0;
    return (size_t)n < t->length - t->at ? t->at + (size_t)n : t->length;
}

static void move(struct terminal *t, int n)
{
    size_t to = step(t, n);
    move_columns(t, column_of(t, t->at), column_of(t, to));
    t->at = to;
}

static void delete (struct terminal *t, int n)
{
    size_t other = step(t, n), from = other < t->at ? other : t->at,
           to = other < t->at ? t->at : other;
    if (from == to) return;
    move(t, n < 0 ? n : 0);
    size_t before = column_of(t, t->length);
    memmove(t->cells + from, t->cells + to, (t->length - to) * sizeof *t->cells);
    t->length -= to - from;
    t->at = from;
    size_t after = column_of(t, t->length), blank = before > after ? before - after : 0;
    write_cells(t, from, t->length);
    repeat(t, " ", blank);
    if (blank && before % columns() == 0) out_text(t, " \b");
    move_columns(t, after + blank, column_of(t, from));
}

/* --- the driver ---------------------------------------------------------------------------------------------- */

static int operand(const uint8_t *bytes, size_t n)
{
    return n < 3 ? 0 : (int16_t)(bytes[1] << 8 | bytes[2]);
}

static void output(struct port *p, const uint8_t *bytes, size_t n)
{
    struct terminal *t = p->state;
    if (n == 0) return;
    switch (bytes[0]) {
    case OP_PUT:
    case OP_PUT_SYNC: put(t, bytes + 1, n - 1, false); break;
    case OP_MOVE: move(t, operand(bytes, n)); break;
    case OP_INSERT: put(t, bytes + 1, n - 1, true); break;
    case OP_DELETE: delete (t, operand(bytes, n)); break;
    case OP_BEEP: out(t, '\a'); break;
    default: break;
    }
    flush(t);
    if (bytes[0] == OP_PUT_SYNC) port_tell(p, ATOM(ok));
}

/* Whole characters only; what is no UTF-8 is taken as Latin-1.  Each piece is given over whole or not at
 * all. */
static size_t take(struct port *p, const uint8_t *bytes, size_t n)
{
    struct terminal *t = p->state;
    uint8_t all[PIECE + sizeof t->half], clean[2 * sizeof all];
    if (n > PIECE) n = PIECE;
    memcpy(all, t->half, t->half_bytes);
    memcpy(all + t->half_bytes, bytes, n);
    size_t there = n + t->half_bytes, i = 0;
    uint8_t *end = clean;
    while (i < there && !utf8_is_half(all + i, there - i)) {
        uint32_t c;
        i += utf8_decode(all + i, there - i, &c);
        end = utf8_write(end, c);
    }
    if (end > clean && port_input(p, clean, (size_t)(end - clean)) == 0) return 0;
    t->half_bytes = there - i < sizeof t->half ? there - i : 0;
    memcpy(t->half, all + i, t->half_bytes);
    return n;
}

static const char *start(struct port *p)
{
    struct plat_console info;
    plat_console_info(&info);
    if (!info.is_terminal) return "einval";
    struct terminal *t = arena_calloc(sizeof *t);
    if (!t) return "enomem";
    if (plat_console_raw(1) != PLAT_OK) {
        arena_free(t);
        return "einval";
    }
    t->unicode = true;
    p->state = t;
    console_attach(p, take);
    return NULL;
}

static void stop(struct port *p)
{
    struct terminal *t = p->state;
    console_detach(p);
    plat_console_raw(0);
    arena_free(t->cells);
    arena_free(t);
}

static bool reply(struct port_answer *answer, const void *bytes, size_t n)
{
    answer->bytes = arena_malloc(n + 1);
    if (!answer->bytes) return false;
    memcpy(answer->bytes, bytes, n);
    answer->size = n;
    return true;
}

static bool control(struct port *p, unsigned op, const uint8_t *bytes, size_t n,
                    struct port_answer *answer)
{
    struct terminal *t = p->state;
    uint8_t unicode = t->unicode;
    switch (op - MAGIC) {
    case GET_SIZE: {
        struct plat_console info;
        plat_console_info(&info);
        uint32_t size[2] = {info.columns ? info.columns : 80, info.rows ? info.rows : 24};
        return reply(answer, size, sizeof size);
    }
    case GET_UNICODE: return reply(answer, &unicode, 1);
    case SET_UNICODE:
        if (n == 0) return reply(answer, "", 0);
        t->unicode = bytes[0] != 0;
        return reply(answer, &unicode, 1);
    default: return false;
    }
}

const struct port_driver terminal_driver = {
    .name = "tty_sl", .start = start, .stop = stop, .output = output, .control = control};
