/* SPDX-License-Identifier: Apache-2.0 */
/* inet.h -- the ports "tcp_inet" and "udp_inet": what OTP's prim_inet expects of its driver.
 *
 *   inet_tcp.c      connections: open, connect, listen, accept, their ends, and the driver's functions
 *   inet_receive.c  bytes of a connection to packets        inet_send.c     and back, with backpressure
 *   inet_udp.c      datagrams                               inet_control.c  requests that both know
 *   inet_option_set.c, inet_option_get.c                    inet_message.c  terms that processes get
 *   inet_interface.c  links and their addresses             inet_service.c  names of services
 *
 * A port works on one socket (socket.h).  All functions here run to their end; a port may be closed inside of them,
 * by what its owner makes of a message about its end: inet_enter() keeps the memory, and `port` is NULL then.
 */
#ifndef NET_INET_H
#define NET_INET_H

#include "net/socket.h"
#include "binary/packet.h"
#include "heap/off_heap.h"
#include "port/port.h"
#include "process/timer.h"

extern const struct port_driver inet_tcp_driver, inet_udp_driver, inet_sctp_driver;

/* --- as inet_int.hrl says it ----------------------------------------------------------------------- */

#define INET_MAGIC 0x03f1a300u

enum {
    INET_REQ_OPEN = 1,
    INET_REQ_CLOSE,
    INET_REQ_CONNECT,
    INET_REQ_PEER,
    INET_REQ_NAME,
    INET_REQ_BIND,
    INET_REQ_SETOPTS,
    INET_REQ_GETOPTS,
    INET_REQ_GETSTAT = 11,
    INET_REQ_GETHOSTNAME,
    INET_REQ_FDOPEN,
    INET_REQ_GETFD,
    INET_REQ_GETTYPE,
    INET_REQ_GETSTATUS,
    INET_REQ_GETSERVBYNAME,
    INET_REQ_GETSERVBYPORT,
    INET_REQ_SETNAME,
    INET_REQ_SETPEER,
    INET_REQ_GETIFLIST,
    INET_REQ_IFGET,
    INET_REQ_IFSET,
    INET_REQ_SUBSCRIBE,
    INET_REQ_GETIFADDRS,
    INET_REQ_ACCEPT,
    INET_REQ_LISTEN,
    INET_REQ_IGNOREFD,
    INET_REQ_GETLADDRS,
    INET_REQ_GETPADDRS,
    TCP_REQ_RECV = 42,
    TCP_REQ_UNRECV,
    TCP_REQ_SHUTDOWN,
    TCP_REQ_SENDFILE,
    PACKET_REQ_RECV = 60
};
enum { INET_REP_ERROR, INET_REP_OK, INET_REP };
enum {
    INET_AF_UNSPEC,
    INET_AF_INET,
    INET_AF_INET6,
    INET_AF_ANY,
    INET_AF_LOOPBACK,
    INET_AF_LOCAL,
    INET_AF_UNDEFINED
};
enum { INET_TYPE_STREAM = 1, INET_TYPE_DGRAM, INET_TYPE_SEQPACKET };
enum { INET_PROTO_DEFAULT, INET_PROTO_TCP, INET_PROTO_UDP, INET_PROTO_SCTP, INET_PROTO_MPTCP };
enum { INET_MODE_LIST, INET_MODE_BINARY };
enum { INET_DELIVER_PORT, INET_DELIVER_TERM };
enum { INET_PASSIVE, INET_ACTIVE, INET_ONCE, INET_MULTI };
enum { INET_HTTP_BIN = PACKET_SSL_TLS + 1, INET_HTTPH_BIN };

enum {
    INET_F_OPEN = 0x0001,
    INET_F_ACTIVE = 0x0004,
    INET_F_LISTEN = 0x0008,
    INET_F_CON = 0x0010,
    INET_F_ACC = 0x0020,
    INET_F_BUSY = 0x0080
};
enum {
    INET_CLOSED = 0,
    INET_CONNECTED = INET_F_OPEN | INET_F_ACTIVE,
    INET_LISTENING = INET_F_OPEN | INET_F_LISTEN,
    INET_CONNECTING = INET_F_OPEN | INET_F_CON
};

#define INET_INFINITY    UINT32_MAX
#define INET_BUFFER      1460
#define INET_HIGH        8192
#define INET_LOW         4096
#define INET_MOST_PACKET 0x4000000 /* that a recv of a length may ask for */
#define INET_MOST_OPTION 65536     /* bytes of an answer to getopts */

/* --- a port ------------------------------------------------------------------------------------------- */

/* Something that a process has asked for and will hear of by a message {inet_async, Port, Id, _}. */
struct inet_operation {
    struct inet_operation *next;
    struct inet *inet;
    struct timer timer;
    term caller;
    uint16_t id;
};

/* Since OTP 26 who writes puts a reference, in the external format, in front of the bytes, and wants it back in the answer. */
enum { INET_CALLER_REF_MOST = 80 };
struct inet_caller_ref {
    uint8_t size; /* 0: there is none */
    uint8_t bytes[INET_CALLER_REF_MOST];
};

/* What waits to be sent: a block from arena_malloc, of which [at, at + size) is left. */
struct inet_block {
    struct inet_block *next;
    uint8_t *block, *at;
    size_t size;
};

struct inet {
    struct port *port; /* NULL: closed */
    term id;
    struct net_socket *socket; /* NULL: none, or none any more */
    unsigned uses;             /* by functions on the stack */
    bool stream;
    bool drains; /* closed, but what was written still goes out */
    enum net_family family;
    unsigned state;

    /* Options that are the port's own. */
    uint32_t buffer, header, packet, packet_size;
    uint8_t mode, deliver, active, delimiter;
    int16_t active_count;
    bool exit_on_close, buffer_set, debug;
    uint32_t high_queue,
        low_queue; /* kept and told, nothing more: there is no queue of signals here */
    uint32_t high, low, send_timeout, read_packets;
    bool send_timeout_close, delay_send, show_reset, linger_zero;

    struct inet_operation *operations, **last_operation;
    uint16_t next_id;

    /* A connection's input: bytes [from, to) of the buffer; what is to come before that is a packet
     * (0: not known). */
    struct blob *input;
    size_t from, to, size, remains;
    bool in_header; /* of http */
    bool read_over; /* nothing is read any more: the end has been told */

    /* Its output. */
    struct inet_block *first_block, **last_block;
    size_t queued, left_queued; /* left_queued: when it was last looked at, of a closed port */
    struct inet_caller_ref caller_ref, busy_ref; /* who writes now; busy_caller's */
    term busy_caller;                            /* who waits for the queue to get shorter */
    struct timer send_timer, delay_timer;
    uint8_t shutdown_waits; /* 1 + how, when the queue is empty */
    bool shut_down;
    bool late_closed_receive, late_closed_send, late_reset; /* what the next who asks is told */
    bool close_told;

    struct net_address remote;
    bool has_name, has_peer; /* as setsockname and setpeername said */
    struct net_address name, peer;

    struct inet_subscriber {
        struct inet_subscriber *next;
        term pid;
    } * subscribers; /* of the queue's end */

    uint64_t received_bytes, received_count, received_most, sent_bytes, sent_count, sent_most;
    double received_average, received_deviation, sent_average;
};

/* --- inet_control.c ---------------------------------------------------------------------------------- */

struct inet *inet_make(struct port *p, bool stream);
/* The last thing that is done with it, unless it is in use or drains. */
void inet_free(struct inet *i);
static inline void inet_enter(struct inet *i) { i->uses++; }
/* Watches for what is of interest now, and frees what has been closed. */
void inet_leave(struct inet *i);

/* Answers to port_control; false: no memory. */
bool inet_reply(struct port_answer *out, const void *bytes, size_t n);
bool inet_reply_error(struct port_answer *out, int error);
bool inet_reply_text(struct port_answer *out, const char *reason);
bool inet_control(struct inet *i, unsigned request, const uint8_t *bytes, size_t n,
                  struct port_answer *out);
bool inet_open(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out);
/* An address as prim_inet writes it; how far it goes in *used.  NULL: fine, else the error. */
const char *inet_read_address(const struct inet *i, const uint8_t *bytes, size_t n,
                              struct net_address *a, size_t *used);
/* And as it reads it: at most 19 bytes. */
size_t inet_put_address(uint8_t *to, const struct net_address *a);
void inet_count_input(struct inet *i, size_t n);
void inet_count_output(struct inet *i, size_t n);

/* --- inet_message.c ------------------------------------------------------------------------------------- */

/* Operations: the answer's id is put in out.  NULL: no memory. */
struct inet_operation *inet_operation_add(struct inet *i, uint32_t timeout,
                                          void (*late)(struct timer *t));
void inet_operation_drop(struct inet *i, struct inet_operation *o);
/* late() is called once that many milliseconds are over, unless they are INET_INFINITY. */
void inet_operation_limit(struct inet_operation *o, uint32_t timeout,
                          void (*late)(struct timer *t));
/* What a late() does: the operation has ended with a timeout. */
void inet_operation_late(struct timer *t);
static inline struct inet_operation *inet_operation_of(struct timer *t)
{
    return (struct inet_operation *)((char *)t - offsetof(struct inet_operation, timer));
}
/* The oldest whose caller lives; those before it are gone.  NULL: there is none. */
struct inet_operation *inet_first_living(struct inet *i);
bool inet_reply_id(struct port_answer *out, uint16_t id);

/* A heap with room for a message of so many words; NULL: no memory.  Then inet_send() ends it. */
struct heap *inet_heap(size_t words);
bool inet_send(const struct inet *i, struct heap *h, term to, term message);
void inet_heap_drop(struct heap *h);

/* {inet_async, Port, Id, Result} of the oldest operation, or that one, which is over then. */
void inet_async_done(struct inet *i, struct inet_operation *o, struct heap *h, term result);
void inet_async_ok(struct inet *i);
void inet_async_error(struct inet *i, struct inet_operation *o, term reason);
void inet_async_error_all(struct inet *i, term reason);
/* Takes the reference off what a process has written.  false: there is none where one has to be, and the port is closed. */
bool inet_take_caller_ref(struct inet *i, const uint8_t **bytes, size_t *n);
/* {inet_reply, Port, ok | {error, Reason}}, with caller_ref behind it when there is one. */
void inet_told(struct inet *i, term caller, term reason); /* reason: ok or of an error */
/* {tcp_closed, Port}, once; {tcp_error, Port, Reason}; {tcp_passive, Port} .. */
void inet_tell_closed(struct inet *i);
void inet_tell_error(struct inet *i, term reason);
void inet_tell_passive(struct inet *i);
void inet_tell_drained(struct inet *i);
/* After a message of an active port: once, or so many times. */
void inet_count_active(struct inet *i);
/* The bytes as programs want them, with so many in front as a list: a binary or list.  `whole`: they are
 * in this blob, and may stay there.  NO_VALUE: no memory. */
term inet_data(const struct inet *i, struct heap *h, struct blob *whole, const uint8_t *bytes,
               size_t n, size_t listed);
size_t inet_data_words(const struct inet *i, size_t n, size_t listed);

/* --- inet_receive.c -------------------------------------------------------------------------------------- */

/* Reads and hands on, once.  `wanted`: so many bytes, 0: a packet.  0: nothing was there; negative: an end. */
int inet_receive(struct inet *i, size_t wanted);
/* Hands on what is there already. */
int inet_deliver(struct inet *i, size_t n);
void inet_clear_input(struct inet *i);
bool inet_push_input(struct inet *i, const uint8_t *bytes, size_t n);

/* --- inet_send.c ------------------------------------------------------------------------------------------ */

void inet_tcp_output(struct port *p, const uint8_t *bytes, size_t n);
/* The socket takes more. */
void inet_send_more(struct inet *i);
void inet_clear_output(struct inet *i);
/* A writer that waits hears this. */
void inet_end_busy(struct inet *i, term reason);

/* --- inet_tcp.c --------------------------------------------------------------------------------------------- */

/* The socket goes, the port stays. */
void inet_close_socket(struct inet *i);
/* Whoever waits for something hears that there is nothing more to come. */
void inet_end_operations(struct inet *i);
void inet_ready(void *owner, unsigned what);

/* --- the others ------------------------------------------------------------------------------------------------ */

/* -1: no such option or value; 0: done; 1: hand on what is there; 2: read */
int inet_set_options(struct inet *i, const uint8_t *bytes, size_t n);
bool inet_get_options(struct inet *i, const uint8_t *bytes, size_t n, struct port_answer *out);
bool inet_interfaces(struct inet *i, unsigned request, const uint8_t *bytes, size_t n,
                     struct port_answer *out);
bool inet_service_by_name(const uint8_t *bytes, size_t n, struct port_answer *out);
bool inet_service_by_port(const uint8_t *bytes, size_t n, struct port_answer *out);
int inet_udp_receive(struct inet *i);

#endif
