/* SPDX-License-Identifier: Apache-2.0 */
/* registry.c -- see registry.h: a hash table with chains, by atom. */
#include "process/registry.h"
#include "heap/buckets.h"
#include "process/hooks.h"

struct entry {
    term name, id;
    struct entry *next;
};
BUCKETS(, struct entry, next, atom_index(item->name), 64)

static struct entry **bucket_of(term name) { return &buckets[atom_index(name) & mask]; }

term registry_find(term name)
{
    if (!buckets) return NO_VALUE;
    for (struct entry *e = *bucket_of(name); e; e = e->next)
        if (term_same(e->name, name)) return e->id;
    return NO_VALUE;
}

/* Where the process or port keeps its name; NULL when it is dead. */
static term *own_name(term id)
{
    struct process *p = process_find(id);
    if (p) return &p->registered_name;
    return is_local_port(id) && process_hooks.port_name ? process_hooks.port_name(id) : NULL;
}

enum registry_result registry_add(term name, term id)
{
    term *own = own_name(id);
    if (!own) return REGISTRY_NOBODY;
    if (!is_nil(*own) || is_value(registry_find(name))) return REGISTRY_NAME_IN_USE;
    if (!reserve()) return REGISTRY_NO_MEMORY;
    struct entry *e = arena_malloc(sizeof *e);
    if (!e) return REGISTRY_NO_MEMORY;
    struct entry **at = bucket_of(name);
    *e = (struct entry){name, id, *at};
    *at = e;
    total++;
    *own = name;
    return REGISTRY_OK;
}

bool registry_remove(term name)
{
    if (!buckets) return false;
    struct entry **at = bucket_of(name);
    while (*at && !term_same((*at)->name, name)) at = &(*at)->next;
    struct entry *e = *at;
    if (!e) return false;
    term *own = own_name(e->id);
    if (own) *own = NIL;
    *at = e->next;
    total--;
    arena_free(e);
    return true;
}

void registry_each(void (*each)(void *context, term name), void *context)
{
    for (size_t i = 0; buckets && i <= mask; i++)
        for (struct entry *e = buckets[i]; e; e = e->next) each(context, e->name);
}
