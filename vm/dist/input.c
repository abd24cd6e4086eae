/* SPDX-License-Identifier: Apache-2.0 */
/* input.c -- see input.h.
 *
 *   131 'D' atoms | control | payload                       a whole message
 *   131 'E' sequence, number of fragments, atoms | ...      the first part of one
 *   131 'F' sequence, number | ...                          a further part; the numbers count down to 1
 *   'p' 131 control | 131 payload                           without atom cache and fragments
 *
 * atoms: how many, half a byte for each (8: new, 7..5: high bits of its slot) and one that says whether lengths have two
 * bytes, then for each its slot and, when it is new, length and name.
 */
#include "dist/input.h"
#include "binary/bits.h"
#include "etf/etf.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "process/log.h"
#include "process/memory.h"
#include "process/pause.h"

enum {
    DIST_HEADER = 68,
    DIST_FRAGMENT_HEADER = 69,
    DIST_FRAGMENT = 70,
    PASS_THROUGH = 112,
    NEW_ENTRY = 8,
    LONG_ATOMS = 1,
    SCRATCH_WORDS = 4096
};

/* A message of which only some fragments have come. */
struct sequence {
    struct sequence *next;
    uint64_t id, expected; /* number of the fragment that comes next */
    uint8_t *bytes;
    size_t used, room;
    size_t atom_count;
    term atoms[];
};

struct reader {
    const uint8_t *at, *end;
};

/* --- complaints --------------------------------------------------------------------------------- */

static void log_bad(const struct peer *p, const char *what, const uint8_t *bytes, size_t n)
{
    enum { SHOWN = 64 };
    term cells[2 * SHOWN], list = NIL;
    size_t shown = n < SHOWN ? n : SHOWN;
    for (size_t i = shown; i-- > 0;) {
        cells[2 * i] = small(bytes[i]);
        cells[2 * i + 1] = list;
        list = cons_term(cells + 2 * i);
    }
    const term args[] = {p->name, small((int64_t)n), list};
    log_terms(ATOM(warning), NIL, what, args, 3);
}

static bool bad_header(struct peer *p, const uint8_t *bytes, size_t n)
{
    log_bad(p, "Corrupted distribution header from ~p (~p bytes): ~w", bytes, n);
    peer_kill(p);
    return false;
}

/* --- the header ---------------------------------------------------------------------------------- */

static bool read_slot(struct reader *r, unsigned bits, unsigned *slot)
{
    if (r->at == r->end) return false;
    *slot = (bits & 7) << 8 | *r->at++;
    return true;
}

static bool read_new_atom(struct reader *r, bool long_atoms, term *atom)
{
    size_t n, left = (size_t)(r->end - r->at);
    if (left < (long_atoms ? 2 : 1)) return false;
    n = long_atoms ? load_u16(r->at) : *r->at;
    r->at += long_atoms ? 2 : 1;
    if ((size_t)(r->end - r->at) < n) return false;
    *atom = atom_make((const char *)r->at, n);
    r->at += n;
    return is_value(*atom);
}

/* Reads the table of atoms: at most 255. */
static bool read_atoms(struct peer *p, struct reader *r, term *atoms, size_t *count)
{
    if (r->at == r->end) return false;
    size_t n = *count = *r->at++;
    if (n == 0) return true;
    const uint8_t *flags = r->at;
    if (!p->cache || (size_t)(r->end - r->at) < n / 2 + 1) return false;
    r->at += n / 2 + 1;
    const bool long_atoms = flags[n / 2] >> (n % 2 * 4) & LONG_ATOMS;
    for (size_t i = 0; i < n; i++) {
        unsigned slot, bits = flags[i / 2] >> (i % 2 * 4);
        if (!read_slot(r, bits, &slot)) return false;
        term *cached = &p->cache->in[slot];
        if (bits & NEW_ENTRY && !read_new_atom(r, long_atoms, cached)) {
            *cached = NO_VALUE;
            return false;
        }
        if (is_no_value(*cached)) return false;
        atoms[i] = *cached;
    }
    return true;
}

/* --- whole messages ------------------------------------------------------------------------------- */

static void *way_out[5]; /* when memory runs out and no process is at fault */

static void no_memory(struct heap *h) __attribute__((__noreturn__));
static void no_memory(struct heap *h)
{
    (void)h;
    __builtin_longjmp(way_out, 1);
}

static void owner_exhausted(struct heap *h) __attribute__((__noreturn__));
static void owner_exhausted(struct heap *h)
{
    heap_end(h);
    require(process_running);
    process_exhausted(&process_running->heap);
}

/* Emptied for the next message. */
static void scratch_clear(struct heap *h)
{
    off_heap_drop_all(&h->off_heap);
    h->off_heap.bytes = 0;
    while (h->fragments) {
        struct fragment *f = h->fragments;
        h->fragments = f->next;
        arena_free(f);
    }
    h->fragment_words = 0;
    h->top = h->start;
}

/* The process whose turn it was has ended, or the connection has. */
static bool is_over(const struct incoming *m)
{
    return !effort(0) || m->peer->state != PEER_CONNECTED || m->peer->connection != m->connection;
}

term incoming_payload(struct incoming *m)
{
    term t = m->payload ? etf_decode_numbered(m->heap, m->payload, m->payload_bytes, m->atoms,
                                              m->atom_count, NULL)
                        : NO_VALUE;
    m->is_over = is_over(m);
    m->is_broken = is_no_value(t) && !m->is_over;
    return m->is_over ? NO_VALUE : t;
}

/* `plain`: each term has the version byte before it. */
static bool deal_with(struct peer *p, struct heap *h, const uint8_t *bytes, size_t n,
                      const term *atoms, size_t count, bool plain)
{
    size_t used = 0;
    struct incoming m = {
        .peer = p, .connection = p->connection, .heap = h, .atoms = atoms, .atom_count = count};
    if (plain && (n < 1 || *bytes != ETF_VERSION)) return bad_header(p, bytes, n);
    m.control = etf_decode_numbered(h, bytes + plain, n - plain, atoms, count, &used);
    used += plain;
    if (is_over(&m)) return true;
    if (is_no_value(m.control)) {
        log_bad(p, "Corrupted control message from ~p (~p bytes): ~w", bytes, n);
        peer_kill(p);
        return false;
    }
    if (used < n) {
        m.payload = bytes + used;
        m.payload_bytes = n - used;
        if (plain && *m.payload == ETF_VERSION) m.payload++, m.payload_bytes--;
    }
    bool good = control_act(&m);
    if (m.is_over) return true;
    if (m.is_broken) {
        log_bad(p, "Corrupted external term from ~p (~p bytes): ~w", m.payload, m.payload_bytes);
    } else if (!good) {
        log_terms(ATOM(error), NIL, "Invalid distribution message from ~p: ~P",
                  (term[]){p->name, m.control, small(30)}, 3);
    }
    if (m.is_broken || !good) peer_kill(p);
    return good && !m.is_broken;
}

/* Nothing that pauses: there is one such message at a time. */
static bool deal_with_short(struct peer *p, const uint8_t *bytes, size_t n, const term *atoms,
                            size_t count, bool plain)
{
    static struct heap scratch;
    bool good = false;
    scratch.exhausted = no_memory;
    if (!scratch.start && !heap_start(&scratch, SCRATCH_WORDS)) {
        peer_kill(p);
        return false;
    }
    if (__builtin_setjmp(way_out) == 0) {
        good = deal_with(p, &scratch, bytes, n, atoms, count, plain);
    } else {
        log_bad(p, "No memory for a message from ~p (~p bytes): ~w", bytes, n);
        peer_kill(p);
    }
    scratch_clear(&scratch);
    return good;
}

static bool deal_with_long(struct peer *p, const uint8_t *bytes, size_t n, const term *atoms,
                           size_t count, bool plain)
{
    struct heap h = {.exhausted = owner_exhausted};
    if (!heap_start(&h, SCRATCH_WORDS)) {
        peer_kill(p);
        return false;
    }
    bool good = deal_with(p, &h, bytes, n, atoms, count, plain);
    heap_end(&h);
    return good;
}

static bool whole(struct peer *p, const uint8_t *bytes, size_t n, const term *atoms, size_t count,
                  bool plain)
{
    return (pause_state() ? deal_with_long : deal_with_short)(p, bytes, n, atoms, count, plain);
}

/* --- fragments --------------------------------------------------------------------------------------- */

static struct sequence **sequence_find(struct peer *p, uint64_t id)
{
    struct sequence **at = &p->sequences;
    while (*at && (*at)->id != id) at = &(*at)->next;
    return at;
}

static void sequence_free(struct sequence *s)
{
    arena_free(s->bytes);
    arena_free(s);
}

void input_drop(struct peer *p)
{
    while (p->sequences) {
        struct sequence *s = p->sequences;
        p->sequences = s->next;
        sequence_free(s);
    }
}

static bool sequence_add(struct sequence *s, const uint8_t *bytes, size_t n)
{
    if (s->room - s->used < n) {
        size_t room = s->room + s->room / 2 + n;
        if (s->expected < 1024 && s->expected * n + s->used > room)
            room = s->used + s->expected * n;
        uint8_t *more = arena_realloc(s->bytes, room);
        if (!more) return false;
        s->bytes = more;
        s->room = room;
    }
    if (n) memcpy(s->bytes + s->used, bytes, n);
    s->used += n;
    return true;
}

/* The last one has come. */
static bool complete(struct peer *p, struct sequence **at)
{
    struct sequence *s = *at;
    *at = s->next;
    bool good = whole(p, s->bytes, s->used, s->atoms, s->atom_count, false);
    sequence_free(s);
    return good;
}

static bool first_fragment(struct peer *p, uint64_t id, uint64_t number, const struct reader *r,
                           const term *atoms, size_t count)
{
    if (number == 1) return whole(p, r->at, (size_t)(r->end - r->at), atoms, count, false);
    if (number == 0 || *sequence_find(p, id)) return bad_header(p, r->at, (size_t)(r->end - r->at));
    struct sequence *s = arena_malloc(sizeof *s + count * sizeof *atoms);
    if (!s) {
        peer_kill(p);
        return false;
    }
    *s = (struct sequence){.id = id, .expected = number, .next = p->sequences, .atom_count = count};
    if (count) memcpy(s->atoms, atoms, count * sizeof *atoms);
    p->sequences = s;
    if (!sequence_add(s, r->at, (size_t)(r->end - r->at))) {
        peer_kill(p);
        return false;
    }
    s->expected--;
    return true;
}

static bool next_fragment(struct peer *p, uint64_t id, uint64_t number, const struct reader *r)
{
    struct sequence **at = sequence_find(p, id), *s = *at;
    if (!s || s->expected != number) return bad_header(p, r->at, (size_t)(r->end - r->at));
    if (!sequence_add(s, r->at, (size_t)(r->end - r->at))) {
        peer_kill(p);
        return false;
    }
    s->expected--;
    return number > 1 || complete(p, at);
}

/* --- packets ----------------------------------------------------------------------------------------- */

static bool with_header(struct peer *p, const uint8_t *bytes, size_t n)
{
    struct reader r = {bytes + 2, bytes + n};
    uint64_t id = 0, number = 0;
    const bool fragments = p->flags & DIST_FLAG(BIT_FRAGMENTS);
    if (n < 3 || bytes[0] != ETF_VERSION) return bad_header(p, bytes, n);
    const uint8_t kind = bytes[1];
    if (kind == DIST_FRAGMENT_HEADER || kind == DIST_FRAGMENT) {
        if (!fragments || n < 18) return bad_header(p, bytes, n);
        id = load_u64(bytes + 2), number = load_u64(bytes + 10);
        r.at += 16;
    }
    if (kind == DIST_FRAGMENT) return next_fragment(p, id, number, &r);
    if (kind != DIST_HEADER && kind != DIST_FRAGMENT_HEADER) return bad_header(p, bytes, n);
    term atoms[DIST_ATOMS_MAX];
    size_t count;
    if (!read_atoms(p, &r, atoms, &count)) return bad_header(p, bytes, n);
    if (kind == DIST_FRAGMENT_HEADER) return first_fragment(p, id, number, &r, atoms, count);
    return whole(p, r.at, (size_t)(r.end - r.at), atoms, count, false);
}

bool input_takes_long(const uint8_t *bytes, size_t n)
{
    enum { LONG = 8 << 10 };
    return n > LONG || (n > 1 && bytes[1] == DIST_FRAGMENT);
}

bool input_packet(struct peer *p, const uint8_t *bytes, size_t n)
{
    if (p->state != PEER_CONNECTED || p->exiting) return true;
    if (n == 0) return true; /* a tick */
    if (p->flags & (DIST_FLAG(BIT_ATOM_CACHE) | DIST_FLAG(BIT_FRAGMENTS)))
        return with_header(p, bytes, n);
    if (*bytes != PASS_THROUGH) return bad_header(p, bytes, n);
    return whole(p, bytes + 1, n - 1, NULL, 0, true);
}
