/* SPDX-License-Identifier: Apache-2.0 */
/* port.h -- ports: what looks to Erlang like a process, and is a driver written in C.
 *
 * A driver is a struct of functions; port_open() makes a port of one.  Data that a driver
 * has for Erlang goes through port_input(), which cuts it as the port was opened: as it comes, in packets,
 * or in lines.  A port ends by port_close(), from either side; its links and monitors then
 * see its exit.
 */
#ifndef VM_PORT_H
#define VM_PORT_H

#include "process/process.h"

struct port;
struct plat_boot;

/* What a control or call gives back: bytes from arena_malloc, freed by the caller. */
struct port_answer {
    uint8_t *bytes;
    size_t size;
};

struct port_settings {
    bool binary, eof, exit_status, in, out, parallelism;
    unsigned packet;   /* bytes of the length before each message; 0: a stream */
    size_t line;       /* longest line; 0: no lines */
    int in_fd, out_fd; /* of {fd, In, Out} */
};

struct port_driver {
    const char
        *name; /* what {spawn, Name} and {spawn_driver, Name} say; NULL: not opened by name */
    bool
        program; /* stands for a program: its name is the last part of a path, or the command's first word */
    bool
        stream; /* reads and writes files or pipes: framed by {packet, N}, and may have busy_limits_port */
    bool
        carries; /* its ports may carry the distribution: output() is one packet, and so is port_carry(); it may
                    be told to take more though it is busy (force) */
    /* NULL: fine; else the reason for open_port to fail with. */
    const char *(*start)(struct port *p);
    void (*stop)(struct port *p); /* frees p->state; may be NULL */
    /* NULL: nobody may write.  Before the bytes there is room for `room` more. */
    void (*output)(struct port *p, const uint8_t *bytes, size_t n);
    unsigned room;
    bool keeps; /* output owns what it gets: the block, for arena_free(), begins at bytes - room */
    size_t (*queued)(const struct port *p); /* bytes that wait to go out; NULL: never any */
    /* false: badarg. */
    bool (*control)(struct port *p, unsigned op, const uint8_t *bytes, size_t n,
                    struct port_answer *out);
};

/* Who has taken a port over to carry something else than data for Erlang: the distribution. */
struct port_carrier {
    void (*input)(struct port *p, const uint8_t *bytes, size_t n); /* one packet; it may close p */
    void (*ready)(struct port *p);                                 /* p is not busy any more */
    void (*closed)(struct port *p, term reason);
};

struct port {
    term id, connected; /* connected: the pid of the owner */
    struct tracee trace;
    term registered_name;
    const struct port_driver *driver;
    void *state; /* the driver's */
    struct port_settings settings;
    struct relations relations;
    uint64_t input, output; /* bytes */
    uint8_t *partial;       /* a line or packet that is not complete yet */
    size_t partial_bytes, partial_room;
    struct fragment *data_memory; /* of port_set_data/2 */
    term data;
    bool closing, works; /* works: see port_trace.h */
    bool busy;           /* see port_set_busy() */
    struct port_waiter *waiters;
    const struct port_carrier *carrier; /* NULL: it works for its owner */
    void *carried;                      /* the carrier's */
    struct port *next_hash, *older, *younger;
    char name[];
};

extern struct port_totals {
    uint64_t input, output;
} port_totals;

/* Once, at start: hooks for links, names and messages; the drivers that are part of vm/port. */
void ports_start(const struct plat_boot *boot);
/* Makes a driver known by its name; `driver` is kept. */
void port_driver_add(const struct port_driver *driver);
void port_driver_each(void (*each)(const struct port_driver *d, void *context), void *context);
const struct port_driver *port_driver_find(const char *name, size_t bytes);
/* The one that stands for the program at this path; NULL: there is no such program. */
const struct port_driver *port_program_find(const char *path, size_t bytes);

/* A port owned by and linked to `owner`.  NULL with *why (an atom's text). */
struct port *port_open(struct process *owner, const struct port_driver *driver, const char *name,
                       const struct port_settings *settings, const char **why);
/* The open port; NULL: closed, or no port. */
struct port *port_find(term id);
uint32_t port_count(void);
/* The number that the next port will have; another one, for tests. */
uint64_t port_next_number(void);
void port_set_next_number(uint64_t n);
void port_each(void (*each)(struct port *p, void *context), void *context);

/* Ends it: exit signals to links, messages to monitors; with `tell`, {Port, closed} to the owner. */
void port_close(struct port *p, term reason, bool tell);
/* The same from the driver's side: the owner, who has been told by other means, is no longer linked to it. */
void port_exit(struct port *p, term reason);
/* How many bytes of its length stand before what is written to it, and they. */
static inline unsigned port_head_bytes(const struct port *p)
{
    return p->driver->stream ? p->settings.packet : 0;
}
static inline void port_put_head(uint8_t *to, unsigned head, size_t n)
{
    for (unsigned i = 0; i < head; i++) to[i] = (uint8_t)(n >> (8 * (head - 1 - i)));
}
/* One packet for the carrier, as the driver does in place of any message to the owner when there is one. */
static inline void port_carry(struct port *p, const uint8_t *bytes, size_t n)
{
    p->input += n;
    port_totals.input += n;
    p->carrier->input(p, bytes, n);
}
/* {Port, {data, ..}} to the owner.  Returns how many bytes it took: fewer than n when memory ran out; the
 * caller keeps the rest and tries again.  A stream takes all or nothing. */
size_t port_input(struct port *p, const uint8_t *bytes, size_t n);
/* {Port, {data, [Head.. | Bytes]}} to the owner, as one message whatever the packet mode: Bytes is a binary or
 * a list as the port was opened, and [] when `bytes` is NULL.  false: no memory. */
bool port_reply(struct port *p, const uint8_t *head, size_t head_bytes, const uint8_t *bytes,
                size_t n);
/* {Port, eof}, or the end.  false: no memory, to be tried again. */
bool port_end_of_input(struct port *p);
/* {Port, message} to the owner; message is an atom.  Without memory it is sent later. */
void port_tell(struct port *p, term message);
/* The driver has as much to write as it wants, or can take more again.  A busy port suspends who writes to it, unless he
 * says otherwise; he goes on when it no longer is, or ends. */
void port_set_busy(struct port *p, bool busy);
/* p waits until then: it is to call again.  false: no memory. */
bool port_wait(struct process *p, struct port *port);

/* --- what processes ask for: port_signal.c ------------------------------------------------- */

/* In a driver's output and control: for whom it works, a pid; NIL: for the machine. */
extern term port_caller;

/* port_command/2 of `caller`.  false: badarg. */
bool port_write(struct process *caller, struct port *p, term iodata);
/* port_control/3.  The answer's bytes are the caller's.  false: badarg. */
bool port_control(struct process *caller, struct port *p, unsigned op, term iodata,
                  struct port_answer *out);
/* port_connect/2: a new owner, linked to it.  false: it is dead. */
bool port_connect(struct process *caller, struct port *p, term pid);
/* port_close/1, and exit/2 */
void port_end_for(struct process *caller, struct port *p, term reason);
/* Port ! Message */
void port_receive(struct process *from, term port, term message);
/* A signal of exit/2 or of a broken link. */
void port_exit_signal(term from, term port, term reason, bool by_link);

/* Opens open_port("name", ...); NULL: there are no files.  Set once at start. */
extern const struct port_driver *port_file_driver;

extern const struct port_driver console_driver, terminal_driver, ram_file_driver,
    host_lookup_driver, trace_ip_driver;

#endif
