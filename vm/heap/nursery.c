/* SPDX-License-Identifier: Apache-2.0 */
/* nursery.c -- see nursery.h. */
#include "heap/nursery.h"

#include <string.h>

#include "platform/platform.h"

/* Before each block; what was freed is chained, and taken by the next of its class. */
struct cell {
    uint64_t class_;
    struct cell *next;
};
enum { HOMES_MOST = 1024 };

bool nursery_is_open, nursery_has_homes;
static uint8_t *nursery, *nursery_end; /* what was never handed out */
static struct cell *nursery_free[SIZE_CLASSES];

bool nursery_is_started(void) { return nursery != NULL; }

void nursery_start(uint8_t *memory)
{
    nursery = memory;
    nursery_end = memory + NURSERY_HOMES_BYTES;
    nursery_has_homes = plat_layout() == PLAT_LAYOUT_PLANNED;
}

static struct cell *make(unsigned class_, size_t bytes)
{
    if ((size_t)(nursery_end - nursery) < sizeof(struct cell) + bytes) return NULL;
    struct cell *c = (struct cell *)nursery;
    c->class_ = class_;
    nursery += sizeof *c + bytes;
    return c;
}

void *nursery_take(unsigned class_, size_t bytes)
{
    struct cell *c = nursery_free[class_];
    if (c)
        nursery_free[class_] = c->next;
    else
        c = make(class_, bytes);
    return c ? c + 1 : NULL;
}

void nursery_give(void *block)
{
    struct cell *c = (struct cell *)block - 1;
    c->next = nursery_free[c->class_];
    nursery_free[c->class_] = c;
}

unsigned nursery_class(const void *block)
{
    return (unsigned)((const struct cell *)block)[-1].class_;
}

/* --- homes ---------------------------------------------------------------------------------- */

/* A place has one for each class of blocks that were there. */
static struct home {
    void *place;
    struct cell *cell;
    size_t bytes;
    bool lived_in;
} homes[HOMES_MOST];
static unsigned homes_count;

static struct home *home_at(const void *place, unsigned class_)
{
    for (struct home *h = homes; h < homes + homes_count; h++)
        if (h->place == place && h->cell->class_ == class_) return h;
    return NULL;
}

void *nursery_home(void *block, unsigned class_, size_t bytes)
{
    if (!plat_was_written((uint64_t)(uintptr_t)block, bytes)) return block;
    struct home *h = home_at(block, class_);
    if (!h) {
        struct cell *c = homes_count < HOMES_MOST ? make(class_, bytes) : NULL;
        if (!c) return block;
        h = &homes[homes_count++];
        *h = (struct home){.place = block, .cell = c, .bytes = bytes};
    }
    h->lived_in = true;
    return h->cell + 1;
}

void *nursery_leave(void *home)
{
    struct home *h = homes;
    while (h->cell + 1 != home) h++;
    h->lived_in = false;
    return h->place;
}

void nursery_open(void (*give)(void *place))
{
    nursery_end += NURSERY_BYTES - NURSERY_HOMES_BYTES;
    nursery_is_open = true;
    nursery_has_homes = false;
    for (struct home *h = homes; h < homes + homes_count; h++) {
        if (h->lived_in) {
            give(h->place);
        } else {
            memset(h->cell + 1, 0, h->bytes);
            nursery_give(h->cell + 1);
        }
    }
    memset(homes, 0, sizeof homes); /* it would be in the image */
    homes_count = 0;
}
