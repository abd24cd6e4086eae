/* SPDX-License-Identifier: Apache-2.0 */
/* family_test.c -- motes below motes: grants, names, the order of ends (agent/family.h). */
#include "agent/family.h"
#include "check.h"
#include <stdlib.h>
#include <string.h>

#define MIB (1ull << 20)
enum { PLACES = 40 };

static struct family_place places[PLACES];
static struct family f;
static char why[200];

/* The checkpoints of each. */
static struct {
    uint32_t n;
    uint64_t bytes;
} kept[PLACES];

static void start(uint32_t most, uint64_t memory)
{
    memset(places, 0, sizeof places);
    memset(kept, 0, sizeof kept);
    family_start(&f, places, PLACES, &(struct family_wish){64 * MIB, most, memory}, 7);
}

static int refusal(uint32_t parent, uint64_t memory, uint32_t most, uint64_t memory_most)
{
    return family_refusal(&f, parent, &(struct family_wish){memory, most, memory_most}, why,
                          sizeof why);
}

static uint32_t add(uint32_t parent, uint64_t memory, uint32_t most, uint64_t memory_most)
{
    CHECK(refusal(parent, memory, most, memory_most) == 0);
    return family_add(&f, parent, &(struct family_wish){memory, most, memory_most}, 1);
}

/* What every sum has to be, reckoned from nothing. */
static void check_sums(void)
{
    uint32_t alive[PLACES] = {0}, taken = 0;
    uint64_t memory[PLACES] = {0};
    uint32_t checkpoints[PLACES] = {0};
    for (uint32_t i = 0; i < PLACES; i++) {
        taken += places[i].taken;
        if (!places[i].taken) continue;
        for (uint32_t at = places[i].parent; at != FAMILY_NONE; at = places[at].parent)
            alive[at]++, memory[at] += places[i].memory;
        for (uint32_t at = i; at != FAMILY_NONE; at = places[at].parent)
            memory[at] += kept[i].bytes, checkpoints[at] += kept[i].n;
    }
    CHECK(taken == f.taken);
    for (uint32_t i = 0; i < PLACES; i++) {
        CHECK(!places[i].taken || places[i].alive == alive[i]);
        CHECK(!places[i].taken || places[i].memory_below == memory[i]);
        CHECK(alive[i] <= places[i].most || !places[i].taken);
        CHECK(memory[i] <= places[i].memory_most || !places[i].taken);
        CHECK(!places[i].taken || places[i].checkpoints == checkpoints[i]);
        CHECK(checkpoints[i] <= places[i].most || !places[i].taken);
    }
}

static bool keep(uint32_t place, uint64_t bytes)
{
    if (family_checkpoint_most(&f, place, why, sizeof why) < bytes) return false;
    family_checkpoint_add(&f, place, bytes);
    kept[place].n++, kept[place].bytes += bytes;
    return true;
}

static void forget(uint32_t place)
{
    if (!kept[place].n) return;
    for (; kept[place].n > 1; kept[place].n--) family_checkpoint_remove(&f, place, 0);
    family_checkpoint_remove(&f, place, kept[place].bytes);
    kept[place].n = 0, kept[place].bytes = 0;
}

static void leave(uint32_t place)
{
    uint32_t parent = places[place].parent;
    for (uint32_t i = 0; i < kept[place].n; i++)
        family_checkpoint_leave(&f, place, i ? 0 : kept[place].bytes);
    kept[parent].n += kept[place].n, kept[parent].bytes += kept[place].bytes;
    kept[place].n = 0, kept[place].bytes = 0;
    family_remove(&f, place);
}

static void grants(void)
{
    start(3, 300 * MIB);
    uint32_t a = add(0, 100 * MIB, 3, 300 * MIB);
    CHECK(refusal(0, 201 * MIB, 0, 0) == AGENT_NOT_ALLOWED);
    CHECK(strstr(why, "201 MiB are wanted, and 200 MiB are left"));
    CHECK(refusal(0, 16 * MIB, 4, 0) == AGENT_NOT_ALLOWED);
    CHECK(refusal(0, 16 * MIB, 1, 301 * MIB) == AGENT_NOT_ALLOWED);
    uint32_t b = add(a, 100 * MIB, 0, 0);
    CHECK(refusal(b, 16 * MIB, 0, 0) == AGENT_NOT_ALLOWED);
    /* It is within its own grant, and not within its parent's. */
    CHECK(refusal(a, 101 * MIB, 0, 0) == AGENT_NOT_ALLOWED);
    CHECK(strstr(why, "an ancestor"));
    add(a, 16 * MIB, 0, 0);
    CHECK(refusal(a, 16 * MIB, 0, 0) == AGENT_NOT_ALLOWED);
    CHECK(refusal(0, 16 * MIB, 0, 0) == AGENT_NOT_ALLOWED);
    check_sums();
    CHECK(refusal(0, UINT64_MAX, 0, 0) == AGENT_NOT_ALLOWED);
    family_remove(&f, b);
    CHECK(refusal(0, 16 * MIB, 0, 0) == 0);
    check_sums();
}

static void names(void)
{
    start(PLACES, UINT64_MAX);
    uint32_t a = add(0, MIB, 0, 0);
    uint64_t number = places[a].name.number;
    CHECK(family_find(&f, number) == a);
    CHECK(family_find(&f, number + 0x10000) == FAMILY_NONE);
    CHECK(family_find(&f, 0xffff) == FAMILY_NONE && family_find(&f, UINT64_MAX) == FAMILY_NONE);
    family_remove(&f, a);
    CHECK(family_find(&f, number) == FAMILY_NONE);
    uint32_t b = add(0, MIB, 0, 0);
    CHECK(b == a && places[b].name.number != number);
    CHECK(family_find(&f, places[0].name.number) == 0);
}

static void order(void)
{
    start(PLACES, UINT64_MAX);
    uint32_t a = add(0, MIB, 9, MIB * 99), b = add(0, MIB, 9, MIB * 99);
    uint32_t a1 = add(a, MIB, 9, MIB * 99), a2 = add(a, MIB, 0, 0), b1 = add(b, MIB, 0, 0);
    uint32_t a11 = add(a1, MIB, 0, 0);
    const uint32_t want[] = {b1, b, a2, a11, a1, a, 0};
    uint32_t at = FAMILY_NONE;
    for (unsigned i = 0; i < sizeof want / sizeof *want; i++) {
        at = family_next_end(&f, 0, at);
        CHECK(at == want[i]);
    }
    CHECK(family_next_end(&f, a11, FAMILY_NONE) == a11);
    CHECK(family_is_below(&f, a11, a) && family_is_below(&f, a11, 0) &&
          !family_is_below(&f, a11, b));
    /* Who is passed may be removed. */
    unsigned n = 0;
    for (uint32_t next, i = family_next_end(&f, a, FAMILY_NONE); i != a; i = next, n++) {
        next = family_next_end(&f, a, i);
        family_remove(&f, i);
    }
    CHECK(n == 3 && places[a].youngest == FAMILY_NONE && places[0].alive == 3);
    check_sums();
}

/* Anything in any order, and the sums are right all the time. */
static void anything(void)
{
    start(30, 2000 * MIB);
    srand(1);
    for (unsigned i = 0; i < 100000; i++) {
        uint32_t at = (uint32_t)rand() % PLACES;
        if (!places[at].taken) continue;
        uint64_t memory = (uint64_t)(rand() % 200) * MIB;
        uint32_t most = (uint32_t)rand() % 12;
        uint64_t memory_most = (uint64_t)(rand() % 1000) * MIB;
        if (rand() % 3 && refusal(at, memory, most, memory_most) == 0)
            family_add(&f, at, &(struct family_wish){memory, most, memory_most}, 1);
        else if (rand() % 2)
            keep(at, memory + 1);
        else if (rand() % 2)
            forget(at);
        else if (at && places[at].youngest == FAMILY_NONE)
            leave(at);
        if (i % 64 == 0) check_sums();
    }
    check_sums();
}

static void checkpoints(void)
{
    start(2, 100 * MIB);
    uint32_t a = add(0, 20 * MIB, 2, 60 * MIB), b = add(a, 16 * MIB, 0, 0);
    CHECK(family_checkpoint_most(&f, b, why, sizeof why) == 0 && strstr(why, "no instances"));
    CHECK(family_checkpoint_most(&f, a, why, sizeof why) == 44 * MIB);
    CHECK(keep(a, 40 * MIB) && !keep(a, 5 * MIB));
    CHECK(family_checkpoint_most(&f, a, why, sizeof why) == 4 * MIB);
    CHECK(family_checkpoint_most(&f, 0, why, sizeof why) == 24 * MIB);
    /* Instances and checkpoints share the memory, and each have their number. */
    family_remove(&f, b);
    CHECK(refusal(a, 21 * MIB, 0, 0) == AGENT_NOT_ALLOWED && refusal(a, 20 * MIB, 0, 0) == 0);
    CHECK(keep(0, MIB));
    CHECK(family_checkpoint_most(&f, 0, why, sizeof why) == 0 && strstr(why, "there are 2"));
    CHECK(family_checkpoint_most(&f, a, why, sizeof why) == 0 && strstr(why, "an ancestor"));
    check_sums();
    /* One that others go on from outlives its maker. */
    leave(a);
    CHECK(kept[0].n == 2 && refusal(0, 60 * MIB, 0, 0) == AGENT_NOT_ALLOWED);
    forget(0);
    CHECK(refusal(0, 100 * MIB, 0, 0) == 0);
    CHECK(keep(0, 100 * MIB));
    forget(0);
    uint32_t c = add(0, 100 * MIB, 1, MIB);
    CHECK(!keep(c, MIB) && strstr(why, "no memory is left"));
    check_sums();
}

static void full(void)
{
    start(1000, UINT64_MAX);
    /* One that is put aside is nobody's and counts for nobody, and is the next when it is back. */
    uint32_t aside = family_keep(&f);
    CHECK(aside != FAMILY_NONE && f.taken == 1 && places[0].alive == 0);
    CHECK(add(0, MIB, 0, 0) != aside);
    family_return(&f, aside);
    CHECK(add(0, MIB, 0, 0) == aside);
    for (unsigned i = 3; i < PLACES; i++) add(0, MIB, 0, 0);
    CHECK(family_keep(&f) == FAMILY_NONE);
    CHECK(refusal(0, MIB, 0, 0) == AGENT_NO_ROOM);
    family_remove(&f, 5);
    CHECK(add(0, MIB, 0, 0) == 5);
}

int main(void)
{
    grants();
    names();
    order();
    anything();
    checkpoints();
    full();
    return check_result();
}
