/* SPDX-License-Identifier: Apache-2.0 */
/* console.c -- moves bytes between the rings of abi/rings.h and descriptors 0 to 2.
 *
 * The guest may write anything into the shared memory at any time.  So: its indexes and
 * lengths are read once, into variables of ours, and checked; our own indexes are kept in
 * struct console, and what stands in shared memory is only a copy for the guest.
 *
 * When the reader of our output is slow we wait for it, the ring fills up, and the guest
 * sleeps: nothing is lost, nothing is buffered twice.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "monitor/devices/console.h"

enum { STDIN, STDOUT, STDERR };

/* --- the terminal ------------------------------------------------------------------- */

static void look_at_window(struct console *c)
{
    struct winsize size;
    if (ioctl(STDOUT, TIOCGWINSZ, &size) != 0) return;
    __atomic_store_n(&c->control->columns, size.ws_col, __ATOMIC_RELAXED);
    __atomic_store_n(&c->control->rows, size.ws_row, __ATOMIC_RELAXED);
}

/* As a shell's line editor wants it: every key at once, no echo, and what it writes as it is.  Signals
 * stay on, for Ctrl-C asks the mote to stop. */
static void set_raw(struct console *c, bool on, int when)
{
    if (!c->is_terminal) return;
    struct termios t = c->cooked;
    if (on) {
        t.c_lflag &= ~(tcflag_t)(ICANON | ECHO | IEXTEN);
        t.c_iflag &= ~(tcflag_t)(ISTRIP | ICRNL | IXON);
        t.c_oflag &= ~(tcflag_t)OPOST;
        t.c_cc[VMIN] = 1;
        t.c_cc[VTIME] = 0;
    }
    if (tcsetattr(STDIN, when, &t) == 0) c->raw = on;
}

void console_restore(struct console *c)
{
    if (c->raw) tcsetattr(STDIN, TCSADRAIN, &c->cooked);
    c->raw = false;
}

static bool is_pipe_like(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 && (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
}

void console_open(struct console *c, void *rings, int wake, bool no_input)
{
    *c = (struct console){
        .control = rings,
        .output = (unsigned char *)rings + (RING_OUTPUT - LAYOUT_RINGS),
        .input = (unsigned char *)rings + (RING_INPUT - LAYOUT_RINGS),
        .wake = wake,
        .input_closed = no_input,
    };
    c->is_terminal =
        !no_input && isatty(STDIN) && isatty(STDOUT) && tcgetattr(STDIN, &c->cooked) == 0;
    c->error_is_terminal = isatty(STDERR);
    for (int fd = STDOUT; fd <= STDERR; fd++) c->pipe_like[fd] = is_pipe_like(fd);
    c->control->is_terminal = c->is_terminal;
    c->control->input_closed = no_input;
    look_at_window(c);
}

/* --- output ---------------------------------------------------------------------------- */

/* The most that a write takes at once without blocking, after poll() said it takes some. */
enum { PIPE_PIECE = 4096 };

/* Waits until `fd` takes bytes.  False: patience ran out. */
static bool wait_for_reader(const struct console *c, int fd, int patience_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    for (;;) {
        int n = poll(&p, 1, patience_ms);
        if (n < 0 && errno == EINTR && !c->leave) continue;
        return n > 0;
    }
}

/* What comes for `fd` is thrown away from now on; the guest is told, for it may want to end. */
static void close_output(struct console *c, int fd)
{
    c->closed[fd] = true;
    if (fd == STDOUT) __atomic_store_n(&c->control->output_closed, 1, __ATOMIC_RELAXED);
}

/* Writes all of it unless told to give up; returns the bytes that are dealt with. */
static uint32_t write_bytes(struct console *c, int fd, const unsigned char *bytes, uint32_t n,
                            int patience_ms)
{
    uint32_t done = 0;
    while (done < n && !c->closed[fd]) {
        uint32_t piece = n - done;
        if (c->pipe_like[fd] && piece > PIPE_PIECE) piece = PIPE_PIECE;
        if (c->pipe_like[fd] && !wait_for_reader(c, fd, patience_ms)) break;
        ssize_t wrote = write(fd, bytes + done, piece);
        if (wrote > 0)
            done += (uint32_t)wrote;
        else if (wrote < 0 && errno == EAGAIN && wait_for_reader(c, fd, patience_ms))
            continue;
        else if (wrote < 0 && errno == EAGAIN)
            break;
        else if (wrote < 0 && errno != EINTR)
            close_output(c, fd); /* EPIPE: nobody listens */
    }
    if (c->closed[fd]) done = n;
    c->bytes_out += done;
    return done;
}

/* Lines for a person, from the machine itself: on a raw terminal each has to begin at the left. */
static uint32_t write_lines(struct console *c, const unsigned char *bytes, uint32_t n,
                            int patience_ms)
{
    static const unsigned char new_line[] = "\r\n";
    uint32_t done = 0;
    while (done < n) {
        const unsigned char *end = memchr(bytes + done, '\n', n - done);
        uint32_t line = end ? (uint32_t)(end - bytes) - done : n - done;
        uint32_t wrote = write_bytes(c, STDERR, bytes + done, line, patience_ms);
        if (wrote) c->error_last = bytes[done + wrote - 1];
        done += wrote;
        if (wrote < line || !end) break;
        uint32_t skip = c->error_last == '\r'; /* it has one */
        if (!write_bytes(c, STDERR, new_line + skip, 2 - skip, patience_ms)) break;
        c->error_last = '\n';
        done++;
    }
    return done;
}

static uint32_t write_out(struct console *c, int fd, const unsigned char *bytes, uint32_t n,
                          int patience_ms)
{
    if (fd == STDERR && c->raw && c->error_is_terminal)
        return write_lines(c, bytes, n, patience_ms);
    return write_bytes(c, fd, bytes, n, patience_ms);
}

/* --- what the guest asks of the terminal ------------------------------------------------ */

/* `leaving`: nobody may be reading any more, so what was written is not waited for. */
static void follow_wishes(struct console *c, bool leaving)
{
    bool raw = __atomic_load_n(&c->control->raw_wanted, __ATOMIC_RELAXED) != 0;
    if (c->continued) {
        c->continued = 0;
        c->raw = !raw; /* the shell has changed it: set it again */
    }
    if (raw != c->raw) set_raw(c, raw, leaving ? TCSANOW : TCSADRAIN);
    if (c->window_changed) {
        c->window_changed = 0;
        look_at_window(c);
    }
}

/* Takes what the ring holds.  1: took some, 0: it is empty, -1: broken rules, 2: gave up.
 * `leaving`: it is the last we do. */
static int take_output(struct console *c, int patience_ms, bool leaving)
{
    struct ring *r = &c->control->output;
    uint32_t tail = c->output_tail;
    uint32_t there = __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) - tail;
    if (there > RING_OUTPUT_BYTES) return -1;
    if (!there) return 0;
    follow_wishes(c, leaving); /* the guest wished first and wrote then */
    if (!c->piece_left) {
        unsigned char raw[sizeof(struct output_piece)];
        struct output_piece piece;
        if (there < sizeof piece) return -1;
        for (uint32_t i = 0; i < sizeof piece; i++)
            raw[i] = c->output[(tail + i) & (RING_OUTPUT_BYTES - 1)];
        memcpy(&piece, raw, sizeof piece);
        c->piece_left = piece.length & ~OUTPUT_ERROR;
        c->piece_fd = piece.length & OUTPUT_ERROR ? STDERR : STDOUT;
        tail += (uint32_t)sizeof piece;
        there -= (uint32_t)sizeof piece;
        if (!c->piece_left || c->piece_left > there) return -1;
    }
    uint32_t offset = tail & (RING_OUTPUT_BYTES - 1), n = RING_OUTPUT_BYTES - offset;
    if (n > c->piece_left) n = c->piece_left;
    if (n > there) return -1; /* `head` went backwards */
    uint32_t done = write_out(c, c->piece_fd, c->output + offset, n, patience_ms);
    c->piece_left -= done;
    c->output_tail = tail + done;
    __atomic_store_n(&r->tail, c->output_tail, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return done == n ? 1 : 2;
}

static void knock(const struct console *c)
{
    uint64_t one = 1;
    ssize_t ignored = write(c->wake, &one, sizeof one);
    (void)ignored;
}

/* Some of what there is, without waiting for a reader: prepare() does. */
static int serve_output(struct console *c)
{
    enum { MOST = 16 };
    int result = 0;
    for (unsigned i = 0; i < MOST && (result = take_output(c, 0, false)) == 1; i++)
        if (__atomic_exchange_n(&c->control->output.producer_sleeps, 0, __ATOMIC_SEQ_CST)) knock(c);
    c->blocked = result == 2;
    return result;
}

void console_drain(struct console *c, int patience_ms)
{
    while (take_output(c, patience_ms, true) == 1) continue;
}

/* --- input ------------------------------------------------------------------------------ */

static void close_input(struct console *c)
{
    c->input_closed = true;
    __atomic_store_n(&c->control->input_closed, 1, __ATOMIC_RELEASE);
    knock(c);
}

/* Room for input, or -1 when the guest wrote an impossible index. */
static int64_t input_room(const struct console *c)
{
    const struct ring *r = &c->control->input;
    uint32_t used = c->input_head - __atomic_load_n(&r->tail, __ATOMIC_ACQUIRE);
    return used > RING_INPUT_BYTES ? -1 : (int64_t)(RING_INPUT_BYTES - used);
}

static int take_input(struct console *c)
{
    struct ring *r = &c->control->input;
    int64_t room = input_room(c);
    if (room <= 0) return (int)room;
    uint32_t offset = c->input_head & (RING_INPUT_BYTES - 1), n = RING_INPUT_BYTES - offset;
    if (n > (uint32_t)room) n = (uint32_t)room;
    ssize_t got = read(STDIN, c->input + offset, n);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return 0;
    if (got <= 0) {
        close_input(c);
        return 0;
    }
    c->bytes_in += (uint64_t)got;
    c->input_head += (uint32_t)got;
    __atomic_store_n(&r->head, c->input_head, __ATOMIC_RELEASE);
    knock(c);
    return 0;
}

/* --- the loop --------------------------------------------------------------------------- */

/* True when we may sleep: we said so, and then looked again. */
static bool nothing_to_write(struct console *c)
{
    struct ring *r = &c->control->output;
    __atomic_store_n(&r->consumer_sleeps, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return __atomic_load_n(&r->head, __ATOMIC_ACQUIRE) == c->output_tail;
}

/* Input is read while the guest wants it and has room; when it has none it rings. */
static int64_t may_read(struct console *c)
{
    if (c->input_closed || !__atomic_load_n(&c->control->input_wanted, __ATOMIC_ACQUIRE)) return 0;
    int64_t room = input_room(c);
    if (room) return room;
    __atomic_store_n(&c->control->input.producer_sleeps, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return input_room(c);
}

static int serve(void *state, struct loop *l)
{
    struct console *c = state;
    int wrote = 0;
    if (!c->blocked || loop_polled(l, c->polled_output)) wrote = serve_output(c);
    if (wrote < 0 || input_room(c) < 0) return -1;
    if (c->leave) return 0;
    follow_wishes(c, false);
    int came = loop_polled(l, c->polled_input) != 0;
    if (came && take_input(c) < 0) return -1;
    return wrote == 1 || came;
}

/* An impossible index of the input ring is found here first, and told by the next serve(). */
static bool prepare(void *state, struct loop *l, bool sleep)
{
    struct console *c = state;
    int64_t room = may_read(c);
    c->polled_input = loop_watch(l, room > 0 ? STDIN : -1, POLLIN);
    c->polled_output = loop_watch(l, c->blocked ? c->piece_fd : -1, POLLOUT);
    return sleep && !c->blocked && !nothing_to_write(c);
}

struct loop_device console_device(struct console *c)
{
    return (struct loop_device){c, serve, prepare};
}
