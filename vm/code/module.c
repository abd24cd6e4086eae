/* SPDX-License-Identifier: Apache-2.0 */
/* module.c -- the table of modules, and where in memory the code of each is.
 *
 * A struct module is made when a module is first loaded and never freed.  `places` has
 * all areas that code may run in, ordered by address.
 */
#include "code/load.h"
#include "code/nif.h"
#include "heap/arena.h"
#include "term/compare.h"
#include "term/record.h"

static struct module **buckets;
static uint32_t room, count; /* room is a power of two */
static struct module *first, **last = &first;

static struct code_area **places;
static uint32_t places_count, places_room;
static struct code_area *latest; /* found last: the next question is often about the same */

/* --- modules --------------------------------------------------------------------------------- */

static uint32_t bucket(term name)
{
    return (uint32_t)((name.bits * 0x9e3779b97f4a7c15u) >> 40) & (room - 1);
}

/* Modules are in two lists: of their bucket, and of all in order of their first loading. */
struct entry {
    struct module module;
    struct entry *next_hash;
};

static bool grow(void)
{
    struct module **old = buckets;
    uint32_t more = room ? room * 2 : 256;
    struct module **table = arena_calloc(more * sizeof *table);
    if (!table) return old != NULL;
    buckets = table;
    room = more;
    for (struct module *m = first; m; m = m->next) {
        uint32_t b = bucket(m->name);
        ((struct entry *)m)->next_hash = (struct entry *)buckets[b];
        buckets[b] = m;
    }
    arena_free(old);
    return true;
}

struct module *module_find(term name)
{
    if (!room) return NULL;
    for (struct entry *e = (struct entry *)buckets[bucket(name)]; e; e = e->next_hash)
        if (term_same(e->module.name, name)) return &e->module;
    return NULL;
}

struct module *module_make(term name)
{
    struct module *m = module_find(name);
    if (m) return m;
    if (count >= room && !grow()) return NULL;
    struct entry *e = arena_calloc(sizeof *e);
    if (!e) return NULL;
    uint32_t b = bucket(name);
    e->module.name = name;
    e->next_hash = (struct entry *)buckets[b];
    buckets[b] = &e->module;
    *last = &e->module;
    last = &e->module.next;
    count++;
    return &e->module;
}

void module_each(void (*each)(struct module *m, void *context), void *context)
{
    for (struct module *m = first; m; m = m->next) each(m, context);
}

/* --- native records ---------------------------------------------------------------------------- */

term record_entry(const term *records, uint32_t n, term name)
{
    uint32_t low = 0, high = n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        term found = boxed_words(head(records[middle]))[RECORD_NAME];
        if (term_same(found, name)) return records[middle];
        if (found.bits < name.bits)
            low = middle + 1;
        else
            high = middle;
    }
    return NO_VALUE;
}

term record_entry_of(term module, term name)
{
    const struct module *m = module_find(module);
    if (!m || !m->current) return NO_VALUE;
    return record_entry(m->current->records, m->current->records_count, name);
}

term record_known(term definition)
{
    const term *d = boxed_words(definition);
    term entry = record_entry_of(d[RECORD_MODULE], d[RECORD_NAME]);
    if (is_no_value(entry) || !term_same_value(head(entry), definition)) return definition;
    return head(entry);
}

/* --- areas -------------------------------------------------------------------------------------- */

/* How many areas start at or before pc. */
static uint32_t places_before(const code_word *pc)
{
    uint32_t low = 0, high = places_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (places[middle]->code <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool code_area_enter(struct code_area *area)
{
    if (places_count == places_room) {
        uint32_t more = places_room ? places_room * 2 : 256;
        struct code_area **grown = arena_realloc(places, more * sizeof *grown);
        if (!grown) return false;
        places = grown, places_room = more;
    }
    uint32_t at = places_before(area->code);
    memmove(places + at + 1, places + at, (places_count - at) * sizeof *places);
    places[at] = area;
    places_count++;
    return true;
}

static bool area_has(const struct code_area *a, const code_word *pc)
{
    return pc >= a->code && pc < a->code + a->words;
}

/* Funs that lead into the area lead to the same code in the current one, or nowhere. */
static void turn_funs(const struct code_area *area)
{
    const struct module *m = module_find(area->module);
    const struct code_area *now = m && m->current != area ? m->current : NULL;
    for (uint32_t i = 0; i < area->funs_count; i++) {
        struct fun_entry *f = area->funs[i];
        if (!f->code || !area_has(area, f->code)) continue;
        bool same = now && i < now->funs_count && now->funs[i] == f;
        f->code = same ? now->fun_code[i] : NULL;
        if (!same) f->name = NIL;
    }
}

void code_area_leave(struct code_area *area)
{
    turn_funs(area);
    uint32_t at = places_before(area->code);
    if (at == 0 || places[at - 1] != area) return;
    memmove(places + at - 1, places + at, (places_count - at) * sizeof *places);
    places_count--;
    latest = NULL;
}

struct code_area *code_area_of(const code_word *pc)
{
    if (latest && area_has(latest, pc)) return latest;
    uint32_t at = places_before(pc);
    if (at == 0 || !area_has(places[at - 1], pc)) return NULL;
    latest = places[at - 1];
    return latest;
}

void code_area_free(struct code_area *area)
{
    if (area->literal_memory) {
        off_heap_drop_all(&area->literal_off_heap);
        arena_low_free(area->literal_memory, area->literal_words * sizeof(term));
    }
    if (area->code) arena_low_free(area->code, area->words * sizeof(code_word));
    code_area_free_tables(area);
    arena_free(area->records);
    if (area->nif) nif_hooks.unload(area->nif);
    arena_free(area);
}
