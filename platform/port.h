/* SPDX-License-Identifier: Apache-2.0 */
/* port.h -- what is left to a port once everything common is taken out.
 *
 * platform/<*.c> implements platform.h once, on top of the shared rings and of this table;
 * platform/kvm and platform/process fill the table in, each in a file `port.c` that ends
 * in it.  start.c picks one by what the boot record says and it stays the same to the end.
 *
 * True for every function here: it does not allocate, only `sleep` sleeps, and none is
 * called before `start`.
 */
#ifndef PLATFORM_PORT_H
#define PLATFORM_PORT_H

#include "abi/boot.h"
#include "abi/channel.h"
#include "abi/rings.h"
#include "platform/platform.h"

struct port {
    const char *name;

    void (*start)(const struct boot_record *record);

    /* Leaves; control->ended and exit_status are set. */
    void (*exit)(int status) __attribute__((__noreturn__));

    /* Until `nanoseconds` have passed or the monitor knocked; may return early. */
    void (*sleep)(uint64_t nanoseconds);
    void (*doorbell)(void); /* knocks at the monitor's */
    void (*channel_doorbell)(unsigned number, const struct channel *c); /* at who serves it */

    uint64_t (*monotonic_ns)(void);
    uint64_t (*wall_ns)(void);
    uint64_t (*cpu_ns)(void);

    /* All three: whole pages of the heap, checked by the caller; `unused` also of the archive. */
    void (*populate)(void *page, size_t bytes);
    void (*unused)(void *page, size_t bytes);
    enum plat_result (*protect)(void *page, size_t bytes, enum plat_access access);

    void (*seed)(uint8_t out[64]); /* fresh entropy */
};

extern const struct port kvm_port, process_port;

/* --- shared by the files of this folder; set once in start.c ---------------------- */

extern const struct port *port;
extern const struct boot_record *boot_record;

static inline struct control *control(void) { return (struct control *)LAYOUT_RINGS; }

/* The runtime's entries; boot_header names them. */
noreturn void platform_start(const struct boot_record *record);
void platform_resume(const struct boot_record
                         *record); /* checkpoint.c: on whatever stack, changes to the saved one */

/* start.c: what the record says, for the runtime. */
struct plat_boot boot_of(const struct boot_record *record);
/* start.c: the port that the record names, started. */
void port_start(const struct boot_record *record);

/* What the other files have to do when memory is out of a snapshot: everything shared with a monitor is new. */
void clock_resumed(void);
void clock_saved(void); /* before that: where it goes on */
void copy_resumed(void);
void console_resumed(void);
void channels_resumed(void);

/* Handles are the bits of plat_ready: which kind of device has which. */
enum { HANDLE_NET = 0, HANDLE_CHANNEL = 8 };

/* net.c: the interfaces that are ready; what has to be said before, and after, port->sleep(). */
plat_ready net_ready(void);
void net_reported(plat_ready ready); /* the runtime has been told */
void net_before_sleep(void);
void net_after_sleep(void);
void net_forget(void); /* as before any was opened; the rings have to be empty */

/* True while input may be read or the end of it has not been reported; console.c.  Before a sleep: a knock that is due. */
int console_input_ready(void);
void console_before_sleep(void);

/* channel.c: the bits of channels that have something; knocks due, and "wake me" written down, before a sleep. */
plat_ready channels_ready(void);
void channels_before_sleep(void);
/* Something was sent, nothing has come since, and this has not been asked since either: an answer may be near. */
int channels_expect(void);
void channels_flush(void);

/* dispatch.c: writes down when, unless it is written down. */
void mark(enum ring_mark mark);

void random_start(void); /* takes the first seed, and wipes it */

/* --- crashes: crash.c -------------------------------------------------------------- */

/* The registers as they were; both ports bring them into this form. */
struct crash_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, flags, rsp, ss;
};

/* Prints the report of a processor exception and leaves with BOOT_STATUS_EXCEPTION.
 * `address` is what a page fault was about. */
noreturn void crash_exception(const struct crash_frame *frame, uint64_t address);

/* The same for a signal that somebody sent, and that is no exception of the processor. */
noreturn void crash_signal(const struct crash_frame *frame, int number, const char *name);

/* Stack that both ports run crash_exception on. */
#define CRASH_STACK_BYTES 16384
extern unsigned char crash_stack[CRASH_STACK_BYTES];

#endif
