/* SPDX-License-Identifier: Apache-2.0 */
/* port.c -- see port.h: the table of ports, their life and their signals. */
#include "port/port.h"
#include "port/port_trace.h"
#include "binary/binary.h"
#include "heap/arena.h"
#include "process/hooks.h"
#include "process/message.h"
#include "platform/platform.h"
#include "process/registry.h"
#include "process/timer.h"
#include "process/trace.h"

#define BUCKETS 256
#define DRIVERS 32
#define LATE    256 /* messages that wait for memory */
#define LATE_NS 10000000

struct port_totals port_totals;

static struct port *buckets[BUCKETS], *oldest, *youngest;
static uint32_t alive;
static uint64_t next_data = 1; /* 0 is the stock machine's helper for starting programs */

static const struct port_driver *drivers[DRIVERS];

/* --- table -------------------------------------------------------------------------------------- */

struct port *port_find(term id)
{
    if (!is_local_port(id)) return NULL;
    struct port *p = buckets[id_data(id) % BUCKETS];
    while (p && !term_same(p->id, id)) p = p->next_hash;
    return p && !p->closing ? p : NULL;
}

uint32_t port_count(void) { return alive; }
uint64_t port_next_number(void)
{
    while (port_find(port_term(next_data))) next_data++;
    return next_data;
}
void port_set_next_number(uint64_t n) { next_data = n; }

void port_each(void (*each)(struct port *p, void *context), void *context)
{
    for (struct port *p = oldest, *next; p; p = next) {
        next = p->younger;
        each(p, context);
    }
}

static void enter(struct port *p)
{
    p->id = port_term(port_next_number());
    next_data++;
    struct port **at = &buckets[id_data(p->id) % BUCKETS];
    p->next_hash = *at;
    *at = p;
    p->older = youngest;
    if (youngest)
        youngest->younger = p;
    else
        oldest = p;
    youngest = p;
    alive++;
}

static void leave(struct port *p)
{
    struct port **at = &buckets[id_data(p->id) % BUCKETS];
    while (*at != p) at = &(*at)->next_hash;
    *at = p->next_hash;
    if (p->older)
        p->older->younger = p->younger;
    else
        oldest = p->younger;
    if (p->younger)
        p->younger->older = p->older;
    else
        youngest = p->older;
    alive--;
}

const struct port_driver *port_file_driver;

void port_driver_add(const struct port_driver *driver)
{
    for (int i = 0; i < DRIVERS; i++)
        if (!drivers[i]) {
            drivers[i] = driver;
            return;
        }
}

void port_driver_each(void (*each)(const struct port_driver *d, void *context), void *context)
{
    for (int i = 0; i < DRIVERS; i++)
        if (drivers[i]) each(drivers[i], context);
}

static const struct port_driver *find_driver(const char *name, size_t bytes, bool program)
{
    for (int i = 0; i < DRIVERS && drivers[i]; i++)
        if (drivers[i]->program == program && strlen(drivers[i]->name) == bytes &&
            memcmp(drivers[i]->name, name, bytes) == 0)
            return drivers[i];
    return NULL;
}

const struct port_driver *port_driver_find(const char *name, size_t bytes)
{
    return find_driver(name, bytes, false);
}

const struct port_driver *port_program_find(const char *path, size_t bytes)
{
    size_t from = bytes;
    while (from > 0 && path[from - 1] != '/') from--;
    return find_driver(path + from, bytes - from, true);
}

/* --- life ---------------------------------------------------------------------------------------- */

static void discard(struct port *p)
{
    leave(p);
    arena_free(p->partial);
    if (p->data_memory) fragment_free(p->data_memory);
    arena_free(p);
}

static const char *start(struct port *p, struct process *owner)
{
    if (!p->driver->start) return NULL;
    struct port_turn turn;
    port_turn_start(&turn, p, owner, ATOM(open));
    const char *problem = p->driver->start(p);
    port_turn_end(&turn);
    return problem;
}

struct port *port_open(struct process *owner, const struct port_driver *driver, const char *name,
                       const struct port_settings *settings, const char **why)
{
    size_t n = strlen(name) + 1;
    struct port *p = arena_calloc(sizeof *p + n);
    *why = "system_limit";
    if (!p) return NULL;
    memcpy(p->name, name, n);
    p->driver = driver;
    p->settings = *settings;
    p->connected = owner->pid;
    p->registered_name = NIL;
    p->data = ATOM(undefined);
    relations_start(&p->relations);
    enter(p);
    trace_new_check();
    p->trace = trace_new_ports;
    p->trace.id = p->id;
    if (!link_make(p->id, &p->relations, owner->pid, &owner->relations)) {
        discard(p);
        return NULL;
    }
    if (TRACED(&p->trace, TRACE_PORTS))
        trace_tell(&p->trace, ATOM(open), owner->pid, atom_make(name, n - 1), ATOM(true));
    const char *problem = start(p, owner);
    if (!problem) {
        port_trace_event(p, ATOM(getting_linked), owner->pid);
        if (TRACED(&owner->trace, TRACE_PROCS)) trace_procs(owner, ATOM(link), p->id);
        return p;
    }
    *why = problem;
    link_break(p->id, owner->pid);
    discard(p);
    return NULL;
}

void port_close(struct port *p, term reason, bool tell)
{
    if (p->closing) return;
    p->closing = true;
    port_trace_event(p, ATOM(closed), reason);
    if (term_same(reason, ATOM(kill))) reason = ATOM(killed);
    if (!is_nil(p->registered_name)) {
        port_trace_event(p, ATOM(unregister), p->registered_name);
        registry_remove(p->registered_name);
    }
    struct link_ends ends;
    while (link_take(&p->relations, &ends)) {
        const term other = ends.other;
        struct process *q = process_find(other);
        if (q && TRACED(&q->trace, TRACE_PROCS)) trace_linked(other, ATOM(getting_unlinked), p->id);
        if (q) process_exit_signal_as(p->id, q, reason, true, ends.priority);
    }
    monitors_end(&p->relations, reason);
    if (p->carrier) p->carrier->closed(p, reason);
    if (p->driver->stop) p->driver->stop(p);
    port_set_busy(p, false);
    if (tell) port_tell(p, ATOM(closed));
    discard(p);
}

/* --- busy ports ---------------------------------------------------------------------------------- */

struct port_waiter {
    struct port_waiter *next;
    term pid;
};

void port_set_busy(struct port *p, bool busy)
{
    if (p->busy == busy) return;
    p->busy = busy;
    if (busy) return;
    while (p->waiters) {
        struct port_waiter *w = p->waiters;
        struct process *q = process_find(w->pid);
        p->waiters = w->next;
        if (q) process_wake(q);
        arena_free(w);
    }
    if (p->carrier) p->carrier->ready(p);
}

bool port_wait(struct process *p, struct port *port)
{
    struct port_waiter **at = &port->waiters;
    for (; *at; at = &(*at)->next)
        if (term_same((*at)->pid, p->pid)) return true; /* woken by something else meanwhile */
    struct port_waiter *w = arena_malloc(sizeof *w);
    if (!w) return false;
    *w = (struct port_waiter){NULL, p->pid};
    *at = w;
    return true;
}

void port_exit(struct port *p, term reason)
{
    struct process *q = process_find(p->connected);
    bool linked = q && link_exists(p->id, q->pid);
    if (linked) {
        if (TRACED(&q->trace, TRACE_PROCS)) trace_linked(q->pid, ATOM(getting_unlinked), p->id);
        link_break(p->id, q->pid);
    }
    port_close(p, reason, false);
}

static struct relations *relations_of(term port)
{
    struct port *p = port_find(port);
    return p ? &p->relations : NULL;
}

static term *name_of(term port)
{
    struct port *p = port_find(port);
    return p ? &p->registered_name : NULL;
}

static bool lives(term port) { return port_find(port) != NULL; }

/* What a tracer that is a port gets. */
static void raw_output(term port, const uint8_t *bytes, size_t n)
{
    struct port *p = port_find(port);
    if (!p || !p->driver->output) return;
    unsigned head = port_head_bytes(p), room = p->driver->room;
    bool keeps = p->driver->keeps;
    uint8_t *block = arena_malloc(room + n + head + 1);
    if (!block) return;
    port_put_head(block + room, head, n);
    memcpy(block + room + head, bytes, n);
    p->driver->output(p, block + room, n + head);
    if (!keeps) arena_free(block);
}

static struct tracee *tracee_of(term port)
{
    struct port *p = port_find(port);
    return p ? &p->trace : NULL;
}

static void mark_tracers(void (*mark)(term tracer))
{
    for (const struct port *p = oldest; p; p = p->younger) mark(p->trace.tracer);
}

void ports_start(const struct plat_boot *boot)
{
    (void)boot;
    process_hooks.port_relations = relations_of;
    process_hooks.port_name = name_of;
    process_hooks.port_exit_signal = port_exit_signal;
    process_hooks.port_message = port_receive;
    trace_hooks.port_lives = lives;
    trace_hooks.port_output = raw_output;
    trace_hooks.port_tracee = tracee_of;
    trace_hooks.mark_port_tracers = mark_tracers;
    port_driver_add(&terminal_driver);
    port_driver_add(&ram_file_driver);
    port_driver_add(&host_lookup_driver);
    port_driver_add(&trace_ip_driver);
}

/* --- to Erlang ----------------------------------------------------------------------------------------- */

static bool tell(term port, term owner, term message)
{
    struct process *q = process_find(owner);
    struct parts b;
    if (!q) return true;
    if (!parts_start(&b, TUPLE_WORDS(2))) return false;
    return parts_deliver(&b, q, parts_tuple(&b, 2, (const term[]){port, message}));
}

/* What could not be sent for want of memory: the oldest first, and then tried again. */
static struct {
    term port, owner, message;
} late[LATE];
static unsigned late_count;
static struct timer late_timer;

static void tell_late(struct timer *t)
{
    unsigned done = 0;
    while (done < late_count && tell(late[done].port, late[done].owner, late[done].message)) done++;
    late_count -= done;
    memmove(late, late + done, late_count * sizeof *late);
    if (late_count) timer_set(t, plat_monotonic_ns() + LATE_NS, tell_late);
}

void port_tell(struct port *p, term message)
{
    const term words[3] = {header(2, KIND_TUPLE), p->id, message};
    /* Of the last message stock tells this much. */
    bool last = term_same(message, ATOM(closed));
    port_trace_sent(p, last ? message : boxed_term(words), p->connected);
    if (late_count == 0 && tell(p->id, p->connected, message)) return;
    require(late_count < LATE);
    late[late_count].port = p->id;
    late[late_count].owner = p->connected;
    late[late_count++].message = message;
    if (late_count == 1) timer_set(&late_timer, plat_monotonic_ns() + LATE_NS, tell_late);
}

static void heap_full(struct heap *h) __attribute__((__noreturn__));
static void heap_full(struct heap *h)
{
    (void)h;
    plat_panic(__FILE__, __LINE__, "out of memory for a port's message");
}

/* {Port, {data, Data}} to the owner, which lives. */
static bool send_data(struct port *p, struct process *owner, struct heap *h, term data)
{
    term message = make_tuple2(h, p->id, make_tuple2(h, ATOM(data), data));
    port_trace_sent(p, message, owner->pid);
    return mailbox_send(NULL, owner, message);
}

static term bytes_term(const struct port *p, struct heap *h, const uint8_t *bytes, size_t n)
{
    return p->settings.binary ? binary_make(h, bytes, n) : make_string(h, (const char *)bytes, n);
}

/* A heap that holds the data of a message. */
static bool data_heap(const struct port *p, struct heap *h, size_t head, size_t n)
{
    *h = (struct heap){.exhausted = heap_full};
    return heap_start(h, 2 * head + (p->settings.binary ? 64 : 2 * n + 64));
}

/* {Port, {data, Bytes}}, or with a tag (eol, noeol) {Port, {data, {Tag, Bytes}}}.  false: no memory. */
static bool deliver(struct port *p, term tag, const uint8_t *bytes, size_t n)
{
    struct process *owner = process_find(p->connected);
    struct heap h;
    if (!owner) return true;
    if (!data_heap(p, &h, 0, n)) return false;
    term data = bytes_term(p, &h, bytes, n);
    bool sent = is_value(data) &&
                send_data(p, owner, &h, is_value(tag) ? make_tuple2(&h, tag, data) : data);
    heap_end(&h);
    return sent;
}

bool port_reply(struct port *p, const uint8_t *head, size_t head_bytes, const uint8_t *bytes,
                size_t n)
{
    struct process *owner = process_find(p->connected);
    struct heap h;
    if (!owner) return true;
    if (!data_heap(p, &h, head_bytes, n)) return false;
    term data = bytes ? bytes_term(p, &h, bytes, n) : NIL;
    for (size_t i = head_bytes; is_value(data) && i-- > 0;)
        data = make_cons(&h, small(head[i]), data);
    bool sent = is_value(data) && send_data(p, owner, &h, data);
    heap_end(&h);
    if (!sent) return false;
    p->input += head_bytes + n;
    port_totals.input += head_bytes + n;
    return true;
}

static bool keep(struct port *p, const uint8_t *bytes, size_t n)
{
    if (p->partial_room - p->partial_bytes < n) {
        size_t room = (p->partial_bytes + n) * 2;
        uint8_t *fresh = arena_realloc(p->partial, room);
        if (!fresh) return false;
        p->partial = fresh;
        p->partial_room = room;
    }
    memcpy(p->partial + p->partial_bytes, bytes, n);
    p->partial_bytes += n;
    return true;
}

/* The whole of `partial` is a message. */
static bool deliver_partial(struct port *p, term tag)
{
    if (!deliver(p, tag, p->partial, p->partial_bytes)) return false;
    p->partial_bytes = 0;
    return true;
}

static size_t input_lines(struct port *p, const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < n && !p->closing; i++) {
        if (bytes[i] == '\n') {
            if (!deliver_partial(p, ATOM(eol))) return i;
            continue;
        }
        if (!keep(p, bytes + i, 1)) return i;
        if (p->partial_bytes < p->settings.line || deliver_partial(p, ATOM(noeol))) continue;
        p->partial_bytes--;
        return i;
    }
    return n;
}

/* How many bytes the packet that has begun in `partial` still lacks, as far as it is known. */
static size_t packet_lacks(const struct port *p)
{
    size_t head = p->settings.packet, length = 0;
    if (p->partial_bytes < head) return head - p->partial_bytes;
    for (size_t i = 0; i < head; i++) length = length << 8 | p->partial[i];
    return head + length - p->partial_bytes;
}

static size_t input_packets(struct port *p, const uint8_t *bytes, size_t n)
{
    size_t head = p->settings.packet, at = 0;
    while (at < n && !p->closing) {
        size_t part = packet_lacks(p);
        if (part > n - at) part = n - at;
        if (!keep(p, bytes + at, part)) return at;
        if (p->partial_bytes >= head && packet_lacks(p) == 0) {
            if (!deliver(p, NO_VALUE, p->partial + head, p->partial_bytes - head)) {
                p->partial_bytes -= part;
                return at;
            }
            p->partial_bytes = 0;
        }
        at += part;
    }
    return n;
}

static size_t input(struct port *p, const uint8_t *bytes, size_t n)
{
    if (p->settings.line) return input_lines(p, bytes, n);
    if (p->settings.packet) return input_packets(p, bytes, n);
    return deliver(p, NO_VALUE, bytes, n) ? n : 0;
}

size_t port_input(struct port *p, const uint8_t *bytes, size_t n)
{
    struct port_turn turn;
    port_turn_start(&turn, p, NULL, small(0));
    size_t taken = input(p, bytes, n);
    p->input += taken;
    port_totals.input += taken;
    port_turn_end(&turn);
    return taken;
}

static bool end_of_input(struct port *p)
{
    if (p->settings.line && p->partial_bytes && !deliver_partial(p, ATOM(noeol))) return false;
    if (p->settings.eof)
        port_tell(p, ATOM(eof));
    else
        port_close(p, ATOM(normal), false);
    return true;
}

bool port_end_of_input(struct port *p)
{
    struct port_turn turn;
    port_turn_start(&turn, p, NULL, small(0));
    bool told = end_of_input(p);
    port_turn_end(&turn);
    return told;
}
