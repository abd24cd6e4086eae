/* SPDX-License-Identifier: Apache-2.0 */
/* persistent_term.c -- terms that all processes share without copying.
 *
 * A key and its value are copied once, into one block of low memory; there they are literals, which
 * sending and collecting leave where they are, so get/1 costs no copy.
 *
 * Replacing or erasing one leaves its block behind, because processes may hold terms that point
 * into it.  Such blocks wait until the scheduler asks (persistent_term_release_some), when no
 * process runs and all roots are known.
 *
 * Always true: nothing but processes points into a block (tables, timers, and the like copy
 * literals), and a block points only into itself.
 */
#include "bif/persistent_term.h"
#include "bif/bif.h"
#include "ets/hash_table.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "heap/shared.h"
#include "process/pause.h"
#include "process/message.h"
#include "sched/sched.h"
#include "term/compare.h"

struct entry {
    struct entry *next; /* same chain, or the next that waits */
    struct off_heap off_heap;
    size_t bytes; /* of the block */
    uint32_t hash;
    term key, value;
    term words[];
};

static struct {
    struct entry **chains;
    uint32_t mask, count;
    size_t bytes;
} table;

static struct {
    struct entry *first;
    uint32_t count, kept; /* kept: of a snapshot */
    size_t bytes;         /* of blocks and of what they keep outside */
} waiting;

#define FIRST_CHAINS 64

/* --- the table -------------------------------------------------------------------------------- */

static struct entry **find(term key, uint32_t hash)
{
    struct entry **link = &table.chains[hash & table.mask];
    while (*link && ((*link)->hash != hash || !term_same_value((*link)->key, key)))
        link = &(*link)->next;
    return link;
}

/* Another number of chains; when there is no memory it stays as it was. */
static void resize(uint32_t mask)
{
    struct entry **fresh = arena_calloc(((size_t)mask + 1) * sizeof *fresh);
    if (!fresh) return;
    for (uint32_t i = 0; i <= table.mask; i++) {
        for (struct entry *e = table.chains[i], *next; e; e = next) {
            next = e->next;
            e->next = fresh[e->hash & mask];
            fresh[e->hash & mask] = e;
        }
    }
    arena_free(table.chains);
    table.chains = fresh;
    table.mask = mask;
}

/* Both are terms of one block; the value keeps what it shares. */
static struct entry *fill_entry(term key, term value, uint32_t hash, struct shared_copy *shared,
                                size_t value_words)
{
    size_t words = copy_words(key, false) + value_words;
    size_t bytes = sizeof(struct entry) + words * sizeof(term);
    struct entry *e = arena_low(bytes);
    if (!e) return NULL;
    *e = (struct entry){.bytes = bytes, .hash = hash, .key = key};
    term *to = e->words;
    if (!is_immediate(key)) e->key = copy_term(key, &to, &e->off_heap, false);
    e->value = shared_copy_finish(shared, value, &to, &e->off_heap);
    return e;
}

static struct entry *make_entry(term key, term value, uint32_t hash)
{
    struct shared_copy shared;
    size_t words;
    struct entry *e = NULL;
    if (shared_copy_start(&shared, value, false, &words))
        e = fill_entry(key, value, hash, &shared, words);
    shared_copy_end(&shared);
    return e;
}

static void free_entry(struct entry *e)
{
    off_heap_drop_all(&e->off_heap);
    arena_low_free(e, e->bytes);
}

/* It is out of the table; processes may still point into it. */
static void retire(struct entry *e)
{
    table.bytes -= e->bytes;
    if (is_immediate(e->key) && is_immediate(e->value)) {
        free_entry(e);
        return;
    }
    e->next = waiting.first;
    waiting.first = e;
    waiting.count++;
    waiting.bytes += e->bytes + e->off_heap.bytes;
}

size_t persistent_term_places(void) { return table.chains ? (size_t)table.mask + 1 : 0; }

size_t persistent_term_memory(void)
{
    return table.bytes + (table.chains ? ((size_t)table.mask + 1) * sizeof *table.chains : 0);
}

/* --- releasing ---------------------------------------------------------------------------------- */

#define WAITING_COUNT 64
#define WAITING_BYTES (256 << 10)

/* All that waits, and the range of memory that it lies in. */
struct sweep {
    const char *low, *high;
};

static void give_copies(struct process *p, void *context)
{
    const struct sweep *s = context;
    if (!process_refers_to(p, s->low, (size_t)(s->high - s->low))) return;
    for (struct message *m = p->mailbox.first; m; m = m->next)
        if (m->fragment) message_adopt(p, m);
    for (const struct entry *e = waiting.first; e; e = e->next)
        if (process_refers_to(p, e, e->bytes)) process_collect_area(p, NULL, 0, e, e->bytes);
}

/* To release them looks at every process, and so brings all of a snapshot's memory back: they wait for the next one. */
void persistent_term_resume(void) { waiting.kept = waiting.count; }

bool persistent_term_release_some(bool idle)
{
    if (!waiting.first || paused_count()) return false;
    if (idle && waiting.count == waiting.kept) return false;
    if (!idle && waiting.count < WAITING_COUNT && waiting.bytes < WAITING_BYTES) return false;
    struct sweep s = {(const char *)UINTPTR_MAX, NULL};
    for (const struct entry *e = waiting.first; e; e = e->next) {
        const char *at = (const char *)e;
        if (at < s.low) s.low = at;
        if (at + e->bytes > s.high) s.high = at + e->bytes;
    }
    process_each(give_copies, &s);
    process_end_doomed();
    for (struct entry *e = waiting.first, *next; e; e = next) {
        next = e->next;
        free_entry(e);
    }
    waiting.first = NULL;
    waiting.count = waiting.kept = 0;
    waiting.bytes = 0;
    return false;
}

/* --- the functions ---------------------------------------------------------------------------------- */

term bif_persistent_term_put_2(struct process *p, const term *arg)
{
    if (!table.chains) {
        table.chains = arena_calloc(FIRST_CHAINS * sizeof *table.chains);
        if (!table.chains) return raise(p, ATOM(system_limit));
        table.mask = FIRST_CHAINS - 1;
    }
    uint32_t hash = key_hash(arg[0]);
    struct entry **link = find(arg[0], hash), *old = *link;
    if (old && term_same_value(old->value, arg[1])) return ATOM(ok);
    struct entry *e = make_entry(arg[0], arg[1], hash);
    if (!e) return raise(p, ATOM(system_limit));
    bump(p, (int64_t)(e->bytes / 512));
    e->next = old ? old->next : NULL;
    *link = e;
    table.bytes += e->bytes;
    if (old)
        retire(old);
    else if (++table.count * 2 > table.mask + 1)
        resize(table.mask * 2 + 1);
    return ATOM(ok);
}

/* Only when there is none, or it is the same. */
term bif_persistent_term_put_new_2(struct process *p, const term *arg)
{
    struct entry *old = table.chains ? *find(arg[0], key_hash(arg[0])) : NULL;
    if (!old) return bif_persistent_term_put_2(p, arg);
    return term_same_value(old->value, arg[1]) ? ATOM(ok) : raise_badarg(p);
}

static term get(term key)
{
    if (!table.chains) return NO_VALUE;
    struct entry *e = *find(key, key_hash(key));
    return e ? e->value : NO_VALUE;
}

term bif_persistent_term_get_1(struct process *p, const term *arg)
{
    term value = get(arg[0]);
    return is_value(value) ? value : raise_badarg(p);
}

term bif_persistent_term_get_2(struct process *p, const term *arg)
{
    (void)p;
    term value = get(arg[0]);
    return is_value(value) ? value : arg[1];
}

term bif_persistent_term_get_0(struct process *p, const term *arg)
{
    (void)arg;
    struct heap *h = &p->heap;
    term list = NIL;
    if (!table.chains) return list;
    for (uint32_t i = 0; i <= table.mask; i++) {
        for (const struct entry *e = table.chains[i]; e; e = e->next) {
            term pair = make_tuple2(h, e->key, e->value);
            list = make_cons(h, pair, list);
        }
    }
    bump(p, table.count / 8);
    return list;
}

term bif_persistent_term_erase_1(struct process *p, const term *arg)
{
    (void)p;
    if (!table.chains) return ATOM(false);
    struct entry **link = find(arg[0], key_hash(arg[0])), *e = *link;
    if (!e) return ATOM(false);
    *link = e->next;
    table.count--;
    retire(e);
    if (table.mask >= FIRST_CHAINS && table.count < (table.mask + 1) / 4) resize(table.mask / 2);
    return ATOM(true);
}

/* erl_init:restart/0 calls it, and nobody else. */
term bif_erts_internal_erase_persistent_terms_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    sched_restarts();
    for (uint32_t i = 0; table.chains && i <= table.mask; i++) {
        for (struct entry *e = table.chains[i], *next; e; e = next) {
            next = e->next;
            retire(e);
        }
        table.chains[i] = NULL;
    }
    table.count = 0;
    return ATOM(true);
}

term bif_persistent_term_info_0(struct process *p, const term *arg)
{
    (void)arg;
    struct heap *h = &p->heap;
    return map_of2(h, ATOM(count), make_unsigned(h, table.count), ATOM(memory),
                   make_unsigned(h, persistent_term_memory()));
}
