/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket.h -- sockets as OTP's module `socket` has them: the natives of prim_socket and what they share.
 *
 *   prim_socket.c          the table, open, close, who owns a socket and who waits for it
 *   prim_socket_connect.c  bind, connect, listen, accept, names          prim_socket_send.c, prim_socket_receive.c
 *   prim_socket_option.c   setopt, getopt                                prim_socket_control.c  control messages
 *   prim_socket_info.c     info, supports                                prim_socket_link.c     ioctl
 *   socket_term.c          addresses and numbers as terms                prim_net.c             module prim_net
 *
 * A handle is a magic reference to one socket (socket.h).  Nothing blocks: who has to wait is put into a line, one for
 * each direction, and is sent {'$socket', Socket, select, Ref} once the socket can; he asks again then, and is
 * the first in line until he has got what he wants, gives up (cancel), or ends.
 *
 * Always true: a line is watched (`asked`) only while somebody is in it and the handle has a socket; a handle of
 * which a line is watched has one reference more.
 */
#ifndef NET_PRIM_SOCKET_H
#define NET_PRIM_SOCKET_H

#include "code/native.h"
#include "net/socket.h"
#include "process/timer.h"

#define BIF NATIVE_BODY
#include "net/prim_socket.def"
#undef BIF

extern const struct native_table net_natives;

/* One who waits. */
struct asker {
    struct asker *next;
    term pid;
    uint64_t monitor[2];
    struct fragment *memory; /* of ref; NULL: it is an immediate */
    term ref;
};

struct line {
    struct asker *first; /* whose turn it is */
    bool asked;          /* he is to be told */
    bool other;          /* they accept, rather than receive; it connects, rather than send */
};

/* As stock's info tells them. */
enum handle_state {
    HANDLE_BOUND = 1,
    HANDLE_LISTENING = 2,
    HANDLE_ACCEPTING = 4,
    HANDLE_CONNECTING = 8,
    HANDLE_CONNECTED = 16,
    HANDLE_SELECTED = 32,
    HANDLE_CLOSING = 64,
    HANDLE_CLOSED = 128
};

enum handle_counter {
    READ_BYTE,
    READ_FAILS,
    READ_PKG,
    READ_PKG_MAX,
    READ_TRIES,
    READ_WAITS,
    WRITE_BYTE,
    WRITE_FAILS,
    WRITE_PKG,
    WRITE_PKG_MAX,
    WRITE_TRIES,
    WRITE_WAITS,
    ACC_SUCCESS,
    ACC_FAILS,
    ACC_TRIES,
    ACC_WAITS,
    HANDLE_COUNTERS
};

enum { TYPE_STREAM = 1, TYPE_DGRAM, TYPE_RAW, TYPE_RDM, TYPE_SEQPACKET };

struct handle {
    struct resource resource;
    struct net_socket *socket; /* NULL: closed */
    struct side monitors;      /* of its owner, its closer and those who wait */
    int number;                /* where others have a descriptor */
    int domain, type, protocol;
    term owner, closer; /* NIL: none */
    uint64_t owner_monitor[2], closer_monitor[2];
    struct line in, out;
    bool closing, watched;
    unsigned read_state, write_state;

    /* Options of level otp. */
    bool debug, wraps, use_registry;
    size_t receive_room, control_receive_room, control_send_room;
    unsigned receive_count, received_count; /* how often a recv of no length reads, and has read */
    struct fragment *meta_memory;
    term meta;

    uint64_t counters[HANDLE_COUNTERS], receiving_bytes, sending_bytes;
    uint64_t lingers_until; /* 0: not yet */
    struct timer linger_timer;
};

/* Settings for all sockets, and how many there are. */
extern struct handle_settings {
    bool debug, socket_debug, use_registry;
    uint64_t all, streams, datagrams, inet, inet6, ip, tcp, udp;
} handle_settings;

/* --- prim_socket.c ---------------------------------------------------------------------------------------- */

/* NULL: no socket. */
struct handle *handle_of(term t);
static inline bool handle_is_open(const struct handle *h) { return h->socket && !h->closing; }
/* A handle of this process for the socket, which it takes over, with settings as those of `like` has (NULL: the
 * default).  NULL: no memory; the socket is closed. */
struct handle *handle_make(struct process *owner, struct net_socket *s, int domain, int type,
                           int protocol, const struct handle *like);
/* The reference that programs have. */
term handle_ref(struct heap *heap, struct handle *h);
/* The registry hears of a new one. */
void handle_register(struct handle *h);
/* Watches its owner from now on; false: he has ended. */
bool handle_own(struct handle *h, term pid);
/* Nobody waits any more: they are told so.  Closes it. */
void handle_abandon(struct handle *h);

/* p comes into line, or, being its first, waits again, to be told of `ref`.  false: no memory. */
bool line_join(struct handle *h, struct line *l, struct process *p, term ref);
/* The first in line shall be told. */
void line_ask(struct handle *h, struct line *l);
/* Is p the first?  Is he anywhere? */
bool line_is_first(const struct line *l, const struct process *p);
bool line_has(const struct line *l, const struct process *p);
/* The first has what he wanted: it is the next one's turn. */
void line_next(struct handle *h, struct line *l);
/* Who is watched by this monitor leaves it; false: he is not in it. */
bool line_leave(struct handle *h, struct line *l, const uint64_t ids[2]);
/* Nobody waits any more; those behind the first hear {abort, {Ref, reason}}. */
void line_fail(struct handle *h, struct line *l, term reason);
/* p must stand in line, or it is his turn (*result NO_VALUE).  poll: he does not wait.  false: *result. */
bool line_turn(struct process *p, struct handle *h, struct line *l, term ref, bool poll,
               term *result);

/* --- results ------------------------------------------------------------------------------------------------- */

static inline term socket_ok(struct process *p, term value)
{
    return make_tuple2(&p->heap, ATOM(ok), value);
}
static inline term socket_error(struct process *p, term reason)
{
    return make_tuple2(&p->heap, ATOM(error), reason);
}
static inline term socket_errno(struct process *p, int error)
{
    return socket_error(p, net_error_atom(error));
}
static inline term socket_closed(struct process *p) { return socket_error(p, ATOM(closed)); }
/* {invalid, What}: prim_socket makes the error of it */
static inline term socket_invalid(struct process *p, term what)
{
    return make_tuple2(&p->heap, ATOM(invalid), what);
}
static inline term socket_error_invalid(struct process *p, term what)
{
    return socket_error(p, socket_invalid(p, what));
}
static inline term socket_raise_invalid(struct process *p, term what)
{
    return raise(p, socket_invalid(p, what));
}

/* --- socket_term.c --------------------------------------------------------------------------------------------- */

bool int_of(term t, int *n); /* what fits into an int of C */
bool uint_of(term t, unsigned *n);
bool bool_of(term t, bool *b);
/* After int_of() or another has failed: badarg, or what is said of an integer out of range. */
term number_fault(struct process *p, term t);
/* inet, inet6, local, unspec: 1; a number: -1; nothing of that: 0. */
int domain_of(term t, int *domain);
term domain_term(int domain);
bool type_of(term t, int *type);
term type_term(int type);
bool level_of(term t, int *level);
term level_term(int level);
/* The bytes of {A, B, C, D}, or of any, loopback and broadcast. */
bool ipv4_of(term t, uint8_t bytes[4]);
bool ipv6_of(term t, uint8_t bytes[16]);
term ipv4_term(struct heap *h, const uint8_t *bytes);
term ipv6_term(struct heap *h, const uint8_t *bytes);
/* false: no address at all.  Of a family that the stack does not know only that is set, and in `scope` how long the
 * address is. */
bool sockaddr_of(term t, struct net_address *a);
/* #{family, port, addr, ..} */
term sockaddr_term(struct heap *h, const struct net_address *a);
/* A list of Latin-1 characters as text that ends in a zero: its length, or -1. */
ptrdiff_t text_of(term t, char *text, size_t room);

/* --- prim_socket_control.c ---------------------------------------------------------------------------------------- */

enum { MESSAGE_OOB = 1, MESSAGE_PEEK = 2, MESSAGE_CTRUNC = 8, MESSAGE_TRUNC = 0x20 };
enum { MESSAGE_ERRQUEUE = 0x2000 };

/* prim_socket:nif_supports(msg_flags). */
term message_flags(struct heap *h);
/* Flags of a message as atoms. */
term message_flags_term(struct heap *h, unsigned flags);
/* What came with a datagram, as control messages that fit into `room`; what does not sets MESSAGE_CTRUNC. */
term control_term(struct heap *h, const struct net_ancillary *with, size_t room, unsigned *flags);
/* false: nothing that can be sent.  An error in *error: the stack would not take it. */
bool control_of(term list, size_t room, struct net_ancillary *with, int *error);
/* low_delay, .. or a number */
bool tos_of(term t, int *tos);
term tos_term(int tos);

/* --- prim_socket_option.c, prim_socket_link.c ------------------------------------------------------------------------ */

term option_levels(struct heap *h);
term link_requests(struct heap *h);
term link_flag_numbers(struct heap *h);

/* --- inet_service.c ------------------------------------------------------------------------------------------------------ */

enum { SERVICE_TCP = 1, SERVICE_UDP = 2 };
/* By name or by its other name: the port, and the protocols that have it.  0: none. */
unsigned service_find(const char *name, uint16_t *port);
/* NULL: none. */
const char *service_name(uint16_t port, unsigned protocol);

#endif
