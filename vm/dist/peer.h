/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h -- other nodes by name, and the connection to each.
 *
 *     IDLE --new_connection, or somebody sends--> PENDING --create_dist_channel--> CONNECTED
 *      ^------- aborted, or the controller has ended ---------'----------------------'
 *
 * What is sent while a connection is PENDING is kept as terms, and encoded when it stands, with what the
 * other side can do.  Setting up a connection, the handshake, and ticks are net_kernel's and the carrier's.
 *
 * Always true: a peer is never freed; its connection has another number (`connection`) each time; in a
 * state other than PENDING and CONNECTED nothing hangs in its lists.
 */
#ifndef VM_DIST_PEER_H
#define VM_DIST_PEER_H

#include "dist/flags.h"
#include "heap/off_heap.h"
#include "process/process.h"

enum peer_state { PEER_IDLE, PEER_PENDING, PEER_CONNECTED };

/* Part of a message, or a whole one, ready to go out: head, then bytes of the blob. */
struct packet {
    struct packet *next;
    struct blob *blob;
    const uint8_t *bytes;
    size_t size;
    uint8_t head[18];
    uint8_t head_size;
};

/* A message that waits for its connection. */
struct pending_message {
    struct pending_message *next;
    struct fragment *memory;
    term control, payload; /* payload NO_VALUE: there is none */
    size_t bytes;
};

struct atom_cache {
    term out[DIST_CACHE_SLOTS], in[DIST_CACHE_SLOTS]; /* all zero: empty */
};

struct peer {
    struct peer *next;
    term name;
    enum peer_state state;
    uint32_t connection;
    uint32_t creation;
    uint64_t flags;
    term controller;    /* pid or port, when CONNECTED; else NIL */
    term input_handler; /* pid: who may put_data */
    bool get_size;      /* dist_ctrl_set_opt */
    bool wants_notice;  /* the controller has asked for dist_data */
    bool exiting;       /* CONNECTED, but the controller is to be ended: nothing goes in or out */
    bool held;          /* the port that is the controller is busy */
    struct resource *handle;

    struct packet *first, **last;
    struct pending_message *pending_first, **pending_last;
    size_t waiting; /* bytes in both */
    bool busy;
    term *suspended; /* pids */
    size_t suspended_count, suspended_room;
    uint64_t received, sent; /* packets */
    uint64_t next_sequence;
    struct atom_cache *cache; /* NULL: not negotiated */
    struct sequence *sequences;

    struct relations relations; /* links, monitors of theirs, and (watchers) of ours */
    struct node_monitor *node_monitors;
};

extern struct peer *peers;
/* net_kernel runs as the one that setnode/2 has made us alive for. */
extern bool dist_alive;
extern unsigned peer_count;

struct peer *peer_find(term name);
/* ... or a new one; NULL: no memory, or the name is no node's. */
struct peer *peer_make(term name);
/* name@host with both parts, and no second @. */
bool is_node_name(term atom);

/* IDLE to PENDING. false: no memory. */
bool peer_begin(struct peer *p);
/* A magic reference to this connection of p, on h. */
term peer_handle(struct heap *h, struct peer *p);
/* The peer and connection that a handle is of; NULL: it is no handle. */
struct peer *peer_of_handle(term handle, uint32_t *connection);

/* Starts setting up the connection: net_kernel is asked.  false: there is no net_kernel. */
bool peer_auto_connect(struct peer *p);
/* PENDING to CONNECTED; pending messages are encoded.  false: no memory. */
bool peer_connected(struct peer *p, term controller, uint64_t flags, uint32_t creation);
/* PENDING or CONNECTED to IDLE: all links and monitors fire, who is suspended goes on; with `told`,
 * processes that want to know of nodes hear of it. */
void peer_down(struct peer *p, term reason);
/* It has misbehaved, or is not wanted any more: its controller is ended. */
void peer_kill(struct peer *p);

#endif
