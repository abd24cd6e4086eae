/* SPDX-License-Identifier: Apache-2.0 */
/* platform.h -- everything the runtime may ask of the machine under it.
 *
 * vm/, net/ and fs/ include this header and nothing below it.  True for every
 * function here:
 *
 *   - only plat_wait() sleeps; all others return at once;
 *   - buffers stay the caller's and are not kept, except by plat_block_start();
 *   - any result but PLAT_OK means nothing was done;
 *   - a broken precondition is our bug and ends in plat_panic().
 *
 * One runtime carries every port that can run it; which one it is on is known
 * at start (see platform/port.h), so one image, and later one snapshot, runs on
 * all of them.
 */
#ifndef PLATFORM_H
#define PLATFORM_H

#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

enum plat_result {
    PLAT_OK,
    PLAT_AGAIN,   /* nothing there now: plat_wait(), then ask again */
    PLAT_INVALID, /* unknown name, wrong size or misaligned offset */
    PLAT_FAILED,  /* the host or the device refused */
    PLAT_CLOSED   /* the other side has hung up: end of file */
};

/* --- start and stop ------------------------------------------------------- */

/* What the port hands the runtime; lives until the mote ends. */
struct plat_boot {
    int argc; /* the emulator's arguments, argv[0] is the program's name */
    const char *const *argv;
    const char *const *environment; /* "NAME=value", NULL-terminated */
    void *heap; /* one zeroed, writable region, page aligned; never executable */
    size_t heap_bytes;
    const void *image; /* the archive of files (abi/archive.h), read only */
    size_t image_bytes;
    const char *const *channels; /* names for plat_channel_open(), NULL-terminated; or NULL */
};

int vm_main(const struct plat_boot *boot); /* the port calls up, once */
noreturn void plat_exit(int status);
noreturn void plat_panic(const char *file, int line, const char *why);

/* The port calls `describe` once while it reports a crash, so that the runtime
 * can say which Erlang process was running.  `describe` must not allocate. */
void plat_on_crash(void (*describe)(void (*put)(const char *text, size_t n)));

#define require(condition)                                                                         \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) plat_panic(__FILE__, __LINE__, #condition);         \
    } while (0)

/* --- time ------------------------------------------------------------------ */

uint64_t plat_monotonic_ns(void); /* never goes back; stands still while saved */
uint64_t plat_wall_ns(void);      /* UTC since 1970; may jump */
uint64_t plat_cpu_ns(void);       /* time this vCPU has run (not waited), for statistics */
uint64_t plat_restores(void);     /* goes up by one when a snapshot is resumed */

/* The point at which a snapshot is made, where one was asked for; no device may be open but the console.  NULL: go on,
 * nothing has happened.  Otherwise this is another machine, later, with the memory of the one that called: its arguments,
 * environment, interfaces, channels and the size of its heap (which begins where it did, and is at least what arena_resize()
 * takes) are the answer's, which lives until the mote ends. */
const struct plat_boot *plat_checkpoint(void);
int plat_wants_checkpoint(void); /* one is going to be made */
/* How low memory is to be laid out for it.  SPREAD: whatever has a place of its own gets pages of its own, so that it is found out what
 * starts touch.  PLANNED: that is known, as pages of a boot that was the same but for the places. */
enum plat_layout { PLAT_LAYOUT_USUAL, PLAT_LAYOUT_SPREAD, PLAT_LAYOUT_PLANNED };
enum plat_layout plat_layout(void);
/* PLANNED: what touches any page of these: a start; SELDOM, only what comes later, and in few motes. */
enum plat_touch { PLAT_UNTOUCHED, PLAT_SELDOM, PLAT_TOUCHED, PLAT_TOUCHES };
enum plat_touch plat_touch_of(uint64_t address, uint64_t bytes);
/* PLANNED: any of these bytes, which are high memory's, by the start of an instance; high memory is laid out alike in both. */
int plat_was_written(uint64_t address, uint64_t bytes);
/* The same for a machine that goes on while a copy of it starts elsewhere: when plat_wait() has said PLAT_READY_COPY.  Devices may
 * be open: in the copy (the answer is not NULL) none is.  All that was opened has to be opened anew. */
const struct plat_boot *plat_copy(void);

/* For the time line that the monitor prints: the machine got here.  The first time counts. */
enum plat_mark {
    PLAT_MARK_ERLANG,
    PLAT_MARK_APPLICATION
}; /* Erlang runs; the image's own starts */
void plat_mark(enum plat_mark mark);

/* --- waiting ---------------------------------------------------------------- */

typedef uint64_t plat_ready; /* one bit per open device handle */

/* Bits that are not handles: a request from outside to stop (Ctrl-C, mote stop). */
#define PLAT_READY_STOP    (UINT64_C(1) << 63)
/* Bit of the console: input may be read. */
#define PLAT_READY_CONSOLE (UINT64_C(1) << 62)

/* A copy of this machine is wanted: plat_copy(), as soon as nothing is half done.  Said once. */
#define PLAT_READY_COPY (UINT64_C(1) << 61)

/* Sleeps until deadline_ns (monotonic) or until a device is ready.  A deadline in the
 * past polls.  Returns the handles that may have input. */
plat_ready plat_wait(uint64_t deadline_ns);

/* True when plat_wait would return something at once: cheap (reads shared memory). */
int plat_pending(void);

/* --- memory ----------------------------------------------------------------- */

enum plat_access { PLAT_NO_ACCESS, PLAT_READ, PLAT_READ_WRITE, PLAT_EXECUTE };
enum plat_result plat_protect(void *page, size_t bytes, enum plat_access access);
void plat_unused(void *page, size_t bytes); /* contents may vanish; host may take it */
void plat_stack_unused(void);               /* the same, of the C stack below the caller */
/* A hint: these pages are about to be written; the port may back them in one step. */
void plat_will_use(void *page, size_t bytes);

/* Nothing of the image will be read soon: the host may take the memory that holds its pages.
 * They stay readable, and come from the file again. */
void plat_image_rest(void);

/* --- console ------------------------------------------------------------------ */

void plat_console_write(const void *bytes, size_t n);       /* stdout, all of it, in order */
void plat_console_write_error(const void *bytes, size_t n); /* stderr */
/* PLAT_OK with *n > 0, PLAT_AGAIN, or PLAT_CLOSED at end of input. */
enum plat_result plat_console_read(void *bytes, size_t room, size_t *n);
/* Input waits outside: plat_wait() does not return for it before plat_console_read() is called
 * again.  So it is at the start, too. */
void plat_console_pause(void);
struct plat_console {
    int is_terminal;        /* stdin and stdout are a terminal */
    unsigned columns, rows; /* 0 when unknown */
    int output_closed;      /* nobody reads stdout any more: what is written goes nowhere */
};
void plat_console_info(struct plat_console *out);
/* Raw mode on a terminal: no echo, no line editing by the host. */
enum plat_result plat_console_raw(int on);

void plat_random(void *bytes, size_t n);

/* --- network: Ethernet interfaces eth0, eth1 ... ---------------------------------
 *
 * Which there are, their addresses and names' servers comes from outside at the start and stays so;
 * nothing has to be asked for on the wire.
 *
 *     for (unsigned i = 0; i < plat_net_count(); i++) plat_net_info(i, &info);
 *     plat_net_open(info.name, &handle, &info);
 *     while (plat_net_look(handle, &frame, &n) == PLAT_OK) { ...; plat_net_done(handle); }
 *     plat_net_send(handle, pieces, count); ... ; plat_net_flush();
 *
 * A handle is ready (plat_wait, plat_pending) while frames wait, and, after a send was refused with
 * PLAT_AGAIN, once there is room again. */
#define PLAT_NET_MOST        8u  /* interfaces */
#define PLAT_NET_HEADER      14u /* of a frame: to, from, type; no checksum behind the frame */
#define PLAT_NET_PIECES_MOST 128u
#define PLAT_DNS_MOST        4u

enum plat_net_flags {
    PLAT_NET_IPV4 = 1, /* ipv4, ipv4_prefix and, unless it is all zero, ipv4_gateway are set */
    PLAT_NET_IPV6 = 2,
    /* TCP's and UDP's checksums may be left out of what is sent (the fields may hold anything) where the
     * datagram is not in fragments.  IP's and ICMP's own have to be right. */
    PLAT_NET_SEND_UNSUMMED = 4,
    /* What arrives was not damaged on its way; TCP's and UDP's checksums may be anything. */
    PLAT_NET_RECEIVED_GOOD = 8,
    /* It takes plat_net_send_long(). */
    PLAT_NET_CUTS = 16,
    /* Nobody there wants to be told that the mote is. */
    PLAT_NET_ALONE = 32
};

struct plat_net {
    char name[8]; /* ends in 0 */
    uint8_t mac[6];
    uint16_t mtu; /* the longest IP packet that may be sent; the frame is PLAT_NET_HEADER longer */
    uint32_t frame_most; /* the longest frame that may arrive: at least mtu + PLAT_NET_HEADER */
    uint32_t flags;      /* enum plat_net_flags */
    uint8_t ipv4[4], ipv4_gateway[4];
    uint8_t ipv6[16], ipv6_gateway[16];
    uint8_t ipv4_prefix, ipv6_prefix; /* bits of the network's part */
};

unsigned plat_net_count(void);
/* PLAT_INVALID: index is not below the count. */
enum plat_result plat_net_info(unsigned index, struct plat_net *info);
/* PLAT_INVALID: there is no such interface.  May be opened again, and is the same one then. */
enum plat_result plat_net_open(const char *name, unsigned *handle, struct plat_net *info);

/* One frame, in up to PLAT_NET_PIECES_MOST pieces that follow each other: a chain of buffers goes out with one copy.
 * PLAT_AGAIN: no room now, see above.  PLAT_INVALID: shorter than a header, longer than allowed, or too many
 * pieces.  The other side is told by plat_net_flush(), and by each plat_wait(): a burst costs one knock. */
struct plat_piece {
    const void *bytes;
    size_t n;
};
enum plat_result plat_net_send(unsigned handle, const struct plat_piece *pieces, unsigned count);
/* Where the interface has PLAT_NET_CUTS: a frame of TCP, of up to 65535 bytes, which becomes frames with `segment` bytes of
 * the stream each, and the rest in the last.  Their headers are made from this one's.  Otherwise as above. */
enum plat_result plat_net_send_long(unsigned handle, const struct plat_piece *pieces,
                                    unsigned count, unsigned segment);
void plat_net_flush(void); /* of all interfaces; cheap when nothing was sent */

/* The next frame, where it lies, until plat_net_done(): read only, 16-byte aligned.  Again without
 * plat_net_done() it is the same frame.  PLAT_AGAIN: there is none. */
enum plat_result plat_net_look(unsigned handle, const void **frame, size_t *n);
void plat_net_done(unsigned handle);
/* Both in one, with a copy.  PLAT_INVALID: the frame is longer than `room`, and still there. */
enum plat_result plat_net_receive(unsigned handle, void *frame, size_t room, size_t *n);

/* What this machine is called, and who knows the names of others. */
struct plat_names {
    char host[64];    /* without a domain; ends in 0 */
    char search[256]; /* domains to try, with a space between; may be empty */
    unsigned servers;
    struct {
        uint8_t version; /* 4 or 6 */
        uint8_t address[16];
    } server[PLAT_DNS_MOST];
};
void plat_names(struct plat_names *names);

/* --- devices, opened by the name the image's manifest gives them -------------- */

struct plat_block {
    uint64_t bytes;
    uint32_t block_bytes;
};
enum plat_block_op { PLAT_BLOCK_READ, PLAT_BLOCK_WRITE, PLAT_BLOCK_FLUSH };
enum plat_result plat_block_open(const char *name, unsigned *handle, struct plat_block *info);

/* Starts a transfer; `bytes` is the port's until plat_block_done() returns `tag`. */
enum plat_result plat_block_start(unsigned handle, enum plat_block_op op, uint64_t at, void *bytes,
                                  size_t n, uintptr_t tag);
enum plat_result plat_block_done(unsigned handle, uintptr_t *tag, enum plat_result *outcome);

/* A stream of bytes to the host: 9P, the instance API, a debugger.  plat_boot has the names of those that
 * there are (abi/channel.h); each can be opened once, and stays.
 *
 * Sending takes as much as there is room for; PLAT_AGAIN: none, and plat_wait() returns the
 * handle's bit when there is some.  The host need not look before plat_channel_flush() or plat_wait().
 * Receiving gives what is there, and plat_wait() the bit as long as there is something, also the end:
 * PLAT_CLOSED.  The bit is 1 << handle. */
enum plat_result plat_channel_open(const char *name, unsigned *handle);
enum plat_result plat_channel_send(unsigned handle, const void *bytes, size_t n, size_t *sent);
/* For who sends all of n bytes or nothing: PLAT_OK, there is room for them; PLAT_AGAIN: the bit comes when there is. */
enum plat_result plat_channel_room(unsigned handle, size_t n);
void plat_channel_flush(unsigned handle);
enum plat_result plat_channel_receive(unsigned handle, void *bytes, size_t room, size_t *n);

#endif
