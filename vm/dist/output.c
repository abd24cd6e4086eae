/* SPDX-License-Identifier: Apache-2.0 */
/* output.c -- see output.h.
 *
 * A message in one blob:   room for the header | control | payload
 * The header is written when the message is queued, right before the control message: only then is it known which of
 * its atoms the other side has already, for all that was queued before has been taken into account.
 * A large message is queued in pieces of DIST_FRAGMENT_BYTES, and its sender gives way between them.
 */
#include "dist/output.h"
#include "dist/port_channel.h"
#include "binary/bits.h"
#include "etf/etf.h"
#include "etf/tags.h"
#include "heap/arena.h"
#include "process/message.h"
#include "process/pause.h"
#include "process/suspend.h"
#include "process/watch.h"

enum {
    DIST_HEADER = 68,
    DIST_FRAGMENT_HEADER = 69,
    DIST_FRAGMENT = 70,
    PASS_THROUGH = 112,
    NEW_ENTRY = 8,
    FRAGMENT_HEAD = 18
};

/* One on its way into the queue. */
struct outgoing {
    struct etf_atoms atoms;
    struct blob *blob;
    size_t header_room, control_bytes, total; /* total: both terms, without the header */
};

/* --- the queue ---------------------------------------------------------------------------------- */

void packet_free(struct packet *k)
{
    blob_drop(k->blob);
    arena_free(k);
}

static void notify(struct peer *p)
{
    if (is_local_port(p->controller)) {
        port_channel_flush(p);
        return;
    }
    if (!p->wants_notice) return;
    p->wants_notice = false;
    struct process *q = process_find(p->controller);
    if (q) mailbox_deliver(q, ATOM(dist_data), NULL);
}

static bool queue(struct peer *p, struct blob *blob, const uint8_t *bytes, size_t size,
                  const uint8_t *head, size_t head_size)
{
    struct packet *k = arena_malloc(sizeof *k);
    if (!k) return false;
    *k = (struct packet){.blob = blob, .bytes = bytes, .size = size};
    k->head_size = (uint8_t)head_size;
    if (head_size) memcpy(k->head, head, head_size);
    blob->references++;
    *p->last = k;
    p->last = &k->next;
    p->waiting += size + head_size;
    if (p->waiting >= DIST_BUSY_BYTES) p->busy = true;
    return true;
}

struct packet *output_take(struct peer *p)
{
    struct packet *k = p->first;
    if (!k) return NULL;
    p->first = k->next;
    if (!p->first) p->last = &p->first;
    p->waiting -= k->size + k->head_size;
    p->sent++;
    return k;
}

void output_eased(struct peer *p)
{
    if (!p->busy || p->waiting >= DIST_BUSY_BYTES / 2) return;
    p->busy = false;
    size_t n = p->suspended_count;
    term *pids = p->suspended;
    p->suspended = NULL;
    p->suspended_count = p->suspended_room = 0;
    for (size_t i = 0; i < n; i++) {
        struct process *q = process_find(pids[i]);
        if (q) process_go_on(q);
    }
    arena_free(pids);
}

void output_drop(struct peer *p)
{
    while (p->first) {
        struct packet *k = p->first;
        p->first = k->next;
        packet_free(k);
    }
    p->last = &p->first;
    while (p->pending_first) {
        struct pending_message *m = p->pending_first;
        p->pending_first = m->next;
        fragment_free(m->memory);
        arena_free(m);
    }
    p->pending_last = &p->pending_first;
    p->waiting = 0;
    output_eased(p);
}

/* --- waiting ------------------------------------------------------------------------------------ */

/* {monitor, Pid, busy_dist_port, Controller} */
static void tell_busy(const struct peer *p, const struct process *from)
{
    struct process *q = system_monitor.busy_dist_port ? process_find(system_monitor.pid) : NULL;
    struct parts b;
    if (!q || !parts_start(&b, TUPLE_WORDS(4))) return;
    const term parts[] = {ATOM(monitor), from->pid, ATOM(busy_dist_port), p->controller};
    parts_deliver(&b, q, parts_tuple(&b, 4, parts));
}

static void suspend_sender(struct peer *p, struct process *from)
{
    if (p->suspended_count == p->suspended_room) {
        size_t room = p->suspended_room ? p->suspended_room * 2 : 8;
        term *more = arena_realloc(p->suspended, room * sizeof *more);
        if (!more) return; /* it goes on, then */
        p->suspended = more;
        p->suspended_room = room;
    }
    p->suspended[p->suspended_count++] = from->pid;
    process_stop(from);
    tell_busy(p, from);
}

/* Between fragments. */
static void give_way(struct peer *p, struct process *from)
{
    enum { REDUCTIONS_OF_FRAGMENT = 10 };
    if (!from || !pause_state()) return;
    if (p->busy && from->state == PROCESS_RUNNING) {
        suspend_sender(p, from);
        effort(effort_left); /* until it is resumed */
    } else {
        effort(REDUCTIONS_OF_FRAGMENT * STEPS_PER_REDUCTION);
    }
}

/* --- headers ---------------------------------------------------------------------------------------- */

static bool has_header(const struct peer *p)
{
    return p->flags & (DIST_FLAG(BIT_ATOM_CACHE) | DIST_FLAG(BIT_FRAGMENTS));
}

/* The most that it can take. */
static size_t header_room(const struct etf_atoms *a)
{
    size_t n = 4 + FRAGMENT_HEAD + a->count / 2 + 1;
    for (unsigned i = 0; i < a->count; i++) n += 3 + (size_t)atom_text(a->atom[i])->length;
    return n;
}

static bool has_long_atom(const struct etf_atoms *a)
{
    for (unsigned i = 0; i < a->count; i++)
        if (atom_text(a->atom[i])->length > 255) return true;
    return false;
}

static size_t header_size(const struct peer *p, const struct etf_atoms *a, bool fragmented,
                          bool long_atoms)
{
    size_t n = 3 + (fragmented ? 16 : 0) + (a->count ? a->count / 2 + 1 : 0);
    for (unsigned i = 0; i < a->count; i++) {
        n++;
        if (!term_same(p->cache->out[etf_atom_slot(a->atom[i])], a->atom[i]))
            n += (long_atoms ? 2 : 1) + (size_t)atom_text(a->atom[i])->length;
    }
    return n;
}

static uint8_t *put_new_atom(uint8_t *to, term atom, bool long_atoms)
{
    const struct atom_text *text = atom_text(atom);
    if (long_atoms)
        store_u16(to, text->length), to += 2;
    else
        *to++ = (uint8_t)text->length;
    memcpy(to, text->bytes, text->length);
    return to + text->length;
}

static uint8_t *put_atoms(struct peer *p, uint8_t *to, const struct etf_atoms *a, bool long_atoms)
{
    *to++ = (uint8_t)a->count;
    if (a->count == 0) return to;
    uint8_t *flags = to;
    memset(flags, 0, a->count / 2 + 1);
    to += a->count / 2 + 1;
    for (unsigned i = 0; i < a->count; i++) {
        unsigned slot = etf_atom_slot(a->atom[i]), bits = slot >> 8;
        *to++ = (uint8_t)slot;
        if (!term_same(p->cache->out[slot], a->atom[i])) {
            bits |= NEW_ENTRY;
            to = put_new_atom(to, a->atom[i], long_atoms);
            p->cache->out[slot] = a->atom[i];
        }
        flags[i / 2] |= (uint8_t)(bits << (i % 2 * 4));
    }
    if (long_atoms) flags[a->count / 2] |= (uint8_t)(1 << (a->count % 2 * 4));
    return to;
}

/* Writes it before the terms; returns where it begins. */
static uint8_t *put_header(struct peer *p, struct outgoing *o, uint64_t sequence, size_t fragments)
{
    uint8_t *terms = o->blob->data + o->header_room;
    if (!has_header(p)) {
        *--terms = PASS_THROUGH;
        return terms;
    }
    bool long_atoms = has_long_atom(&o->atoms);
    uint8_t *start = terms - header_size(p, &o->atoms, fragments > 1, long_atoms), *to = start;
    *to++ = ETF_VERSION;
    *to++ = fragments > 1 ? DIST_FRAGMENT_HEADER : DIST_HEADER;
    if (fragments > 1) {
        store_u64(to, sequence), to += 8;
        store_u64(to, fragments), to += 8;
    }
    put_atoms(p, to, &o->atoms, long_atoms);
    return start;
}

/* --- encoding ---------------------------------------------------------------------------------------- */

/* In part: the sender was ended meanwhile. */
enum encoded { ENCODED, ENCODED_IN_PART, ENCODED_TOO_LARGE, ENCODED_NO_MEMORY };

static enum encoded encode(const struct peer *p, struct outgoing *o, term control, term payload)
{
    o->atoms.count = 0;
    memset(o->atoms.at, 0, sizeof o->atoms.at);
    const bool plain = !has_header(p), cached = p->flags & DIST_FLAG(BIT_ATOM_CACHE);
    const struct etf_options options = {.utf8_atoms = true, .atoms = cached ? &o->atoms : NULL};
    size_t payload_bytes = 0;
    o->control_bytes = etf_size(control, &options);
    if (is_value(payload)) payload_bytes = etf_size(payload, &options);
    if (o->control_bytes == SIZE_MAX || payload_bytes == SIZE_MAX) return ENCODED_TOO_LARGE;
    o->header_room = header_room(&o->atoms);
    o->control_bytes += plain;
    o->total = o->control_bytes + payload_bytes + (plain && is_value(payload));
    o->blob = blob_make(o->header_room + o->total);
    if (!o->blob) return ENCODED_NO_MEMORY;
    uint8_t *to = o->blob->data + o->header_room;
    if (plain) *to++ = ETF_VERSION;
    to = etf_encode(to, control, &options);
    if (is_value(payload)) {
        if (plain) *to++ = ETF_VERSION;
        etf_encode(to, payload, &options);
    }
    return effort(0) ? ENCODED : ENCODED_IN_PART;
}

static bool is_up(const struct peer *p, uint32_t connection)
{
    return p->state == PEER_CONNECTED && p->connection == connection && !p->exiting;
}

/* The rest of a large message.  The connection may go down at any pause. */
static bool queue_fragments(struct peer *p, struct process *from, struct outgoing *o,
                            uint64_t sequence, size_t fragments, const uint8_t *at)
{
    const uint32_t connection = p->connection;
    const uint8_t *end = o->blob->data + o->header_room + o->total;
    while (at < end) {
        uint8_t head[FRAGMENT_HEAD] = {ETF_VERSION, DIST_FRAGMENT};
        size_t n =
            (size_t)(end - at) < DIST_FRAGMENT_BYTES ? (size_t)(end - at) : DIST_FRAGMENT_BYTES;
        give_way(p, from);
        if (!is_up(p, connection)) return true;
        store_u64(head + 2, sequence);
        store_u64(head + 10, --fragments);
        if (!queue(p, o->blob, at, n, head, sizeof head)) return false;
        notify(p);
        at += n;
    }
    return true;
}

/* The first fragment has all of the control message. */
static bool queue_all(struct peer *p, struct process *from, struct outgoing *o, bool has_payload)
{
    size_t first = o->total, fragments = 1;
    if (has_payload && o->total > DIST_FRAGMENT_BYTES && p->flags & DIST_FLAG(BIT_FRAGMENTS)) {
        first = o->control_bytes > DIST_FRAGMENT_BYTES ? o->control_bytes : DIST_FRAGMENT_BYTES;
        fragments += (o->total - first + DIST_FRAGMENT_BYTES - 1) / DIST_FRAGMENT_BYTES;
    }
    uint64_t sequence = fragments > 1 ? ++p->next_sequence : 0;
    uint8_t *start = put_header(p, o, sequence, fragments);
    const uint8_t *end_of_first = o->blob->data + o->header_room + first;
    if (!queue(p, o->blob, start, (size_t)(end_of_first - start), NULL, 0)) return false;
    notify(p);
    return fragments == 1 || queue_fragments(p, from, o, sequence, fragments, end_of_first);
}

static bool send_encoded(struct peer *p, struct process *from, term control, term payload)
{
    struct outgoing o;
    const uint32_t connection = p->connection;
    switch (encode(p, &o, control, payload)) {
    case ENCODED_TOO_LARGE: return false;
    case ENCODED_NO_MEMORY: peer_kill(p); return true;
    case ENCODED_IN_PART: blob_drop(o.blob); return true;
    default: break;
    }
    if (is_up(p, connection) && !queue_all(p, from, &o, is_value(payload))) peer_kill(p);
    blob_drop(o.blob);
    if (from && p->busy && is_up(p, connection) && from->state == PROCESS_RUNNING)
        suspend_sender(p, from);
    return true;
}

/* --- before the connection stands ------------------------------------------------------------------- */

static void keep(struct peer *p, struct process *from, term control, term payload)
{
    size_t words = copy_words(control, false);
    if (is_value(payload)) words += copy_words(payload, false);
    struct pending_message *m = arena_malloc(sizeof *m);
    if (!m || !(m->memory = fragment_make(words))) {
        arena_free(m);
        peer_down(p, ATOM(system_limit));
        return;
    }
    term *at = m->memory->memory;
    m->next = NULL;
    m->control = copy_term(control, &at, &m->memory->off_heap, false);
    m->payload = NO_VALUE;
    if (is_value(payload)) m->payload = copy_term(payload, &at, &m->memory->off_heap, false);
    m->memory->used = (size_t)(at - m->memory->memory);
    m->bytes = words * sizeof(term) + m->memory->off_heap.bytes;
    *p->pending_last = m;
    p->pending_last = &m->next;
    p->waiting += m->bytes;
    if (p->waiting >= DIST_BUSY_BYTES) p->busy = true;
    if (from && p->busy && from->state == PROCESS_RUNNING) suspend_sender(p, from);
}

bool output_send_pending(struct peer *p)
{
    const uint32_t connection = p->connection;
    struct pending_message *m = p->pending_first;
    p->pending_first = NULL;
    p->pending_last = &p->pending_first;
    while (m) {
        struct pending_message *next = m->next;
        if (is_up(p, connection)) {
            p->waiting -= m->bytes;
            send_encoded(p, NULL, m->control, m->payload);
        }
        fragment_free(m->memory);
        arena_free(m);
        m = next;
    }
    output_eased(p);
    return is_up(p, connection);
}

bool output_send(struct peer *p, struct process *from, term control, term payload)
{
    if (from && (from != process_running || from->async_dist)) from = NULL;
    if (p->state == PEER_PENDING) {
        keep(p, from, control, payload);
        return true;
    }
    if (p->state != PEER_CONNECTED || p->exiting) return true;
    return send_encoded(p, from, control, payload);
}
