/* SPDX-License-Identifier: Apache-2.0 */
/* atom.c -- the atom table.
 *
 * `slots` is an open-addressed hash table of atom indexes plus one (0: empty), always at most
 * half full.  `pages` are blocks of struct atom_text, so that a pointer to one never moves.
 * Names lie one after the other in chunks and are never freed.
 */
#include "term/atom.h"
#include "base/utf8.h"
#include "heap/arena.h"

enum { PAGE_ATOMS = 1024, PAGES = ATOM_TABLE_LIMIT / PAGE_ATOMS, CHUNK_BYTES = 32768 };

static struct atom_text *pages[PAGES];
static uint32_t count;
static uint32_t *slots;
static uint32_t slots_room; /* a power of two */
static char *chunk;
static size_t chunk_left;
static size_t memory;

/* The stock machine's hash of a name (hashpjw): phash2 is made of it.  Characters U+0080 to U+00FF
 * count as one Latin-1 byte, as they did when names were Latin-1. */
static uint32_t stock_hash(const uint8_t *p, size_t n)
{
    uint32_t h = 0;
    while (n--) {
        uint8_t v = *p++;
        if (n && (v & 0xFE) == 0xC2 && (*p & 0xC0) == 0x80) {
            v = (uint8_t)(v << 6 | (*p++ & 0x3F));
            n--;
        }
        h = (h << 4) + v;
        uint32_t g = h & 0xF0000000;
        if (g) h ^= g >> 24, h ^= g;
    }
    return h;
}

ptrdiff_t atom_characters(const char *utf8, size_t bytes)
{
    size_t characters, valid = utf8_valid((const uint8_t *)utf8, bytes, &characters);
    return valid == bytes ? (ptrdiff_t)characters : -1;
}

static struct atom_text *text_at(uint32_t index)
{
    return &pages[index / PAGE_ATOMS][index % PAGE_ATOMS];
}

/* Spreads the stock hash, whose high bits are poor. */
static uint32_t first_slot(uint32_t hash) { return (hash * 2654435769u) >> 7 & (slots_room - 1); }

/* The slot that holds this name, or the empty one where it belongs. */
static uint32_t find_slot(const char *name, size_t bytes, uint32_t hash)
{
    uint32_t at = first_slot(hash);
    for (; slots[at]; at = (at + 1) & (slots_room - 1)) {
        const struct atom_text *a = text_at(slots[at] - 1);
        if (a->hash == hash && a->length == bytes && memcmp(a->bytes, name, bytes) == 0) break;
    }
    return at;
}

static bool grow_slots(void)
{
    uint32_t room = slots_room ? slots_room * 2 : 8192;
    uint32_t *bigger = arena_calloc(room * sizeof *bigger);
    if (!bigger) return false;
    arena_free(slots);
    memory += (room - slots_room) * sizeof *bigger;
    slots = bigger;
    slots_room = room;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = first_slot(text_at(i)->hash);
        while (slots[at]) at = (at + 1) & (slots_room - 1);
        slots[at] = i + 1;
    }
    return true;
}

static char *name_room(size_t bytes)
{
    if (chunk_left < bytes) {
        char *fresh = arena_malloc(CHUNK_BYTES);
        if (!fresh) return NULL;
        chunk = fresh;
        chunk_left = CHUNK_BYTES;
        memory += CHUNK_BYTES;
    }
    char *at = chunk;
    chunk += bytes;
    chunk_left -= bytes;
    return at;
}

static bool new_page(void)
{
    struct atom_text *page = arena_malloc(PAGE_ATOMS * sizeof *page);
    if (!page) return false;
    pages[count / PAGE_ATOMS] = page;
    memory += PAGE_ATOMS * sizeof *page;
    return true;
}

/* Enters a name that is not there; `constant`: the bytes live for ever already. */
static term enter(const char *name, size_t bytes, size_t characters, uint32_t hash, bool constant)
{
    if (count >= ATOM_TABLE_LIMIT) return NO_VALUE;
    if (count >= slots_room / 2 && !grow_slots()) return NO_VALUE;
    if (count % PAGE_ATOMS == 0 && !pages[count / PAGE_ATOMS] && !new_page()) return NO_VALUE;
    if (!constant) {
        char *copy = name_room(bytes);
        if (!copy) return NO_VALUE;
        name = memcpy(copy, name, bytes);
    }
    *text_at(count) = (struct atom_text){
        .bytes = name, .length = (uint16_t)bytes, .characters = (uint16_t)characters, .hash = hash};
    slots[find_slot(name, bytes, hash)] = count + 1;
    return atom_term(count++);
}

term atom_make(const char *utf8, size_t bytes)
{
    if (bytes > ATOM_BYTES_MAX) return NO_VALUE;
    uint32_t hash = stock_hash((const uint8_t *)utf8, bytes);
    uint32_t found = slots[find_slot(utf8, bytes, hash)];
    if (found) return atom_term(found - 1);
    ptrdiff_t characters = atom_characters(utf8, bytes);
    if (characters < 0 || characters > ATOM_CHARACTERS_MAX) return NO_VALUE;
    return enter(utf8, bytes, (size_t)characters, hash, false);
}

/* Writes up to 2 * bytes; the count of bytes written. */
static size_t utf8_from_latin1(char *to, const char *latin1, size_t bytes)
{
    uint8_t *start = (uint8_t *)to, *end = start;
    for (size_t i = 0; i < bytes; i++) end = utf8_write(end, (uint8_t)latin1[i]);
    return (size_t)(end - start);
}

term atom_make_latin1(const char *latin1, size_t bytes)
{
    char utf8[2 * ATOM_CHARACTERS_MAX];
    if (bytes > ATOM_CHARACTERS_MAX) return NO_VALUE;
    return atom_make(utf8, utf8_from_latin1(utf8, latin1, bytes));
}

term atom_find(const char *utf8, size_t bytes)
{
    if (bytes > ATOM_BYTES_MAX) return NO_VALUE;
    uint32_t found = slots[find_slot(utf8, bytes, stock_hash((const uint8_t *)utf8, bytes))];
    return found ? atom_term(found - 1) : NO_VALUE;
}

term atom_find_latin1(const char *latin1, size_t bytes)
{
    char utf8[2 * ATOM_CHARACTERS_MAX];
    if (bytes > ATOM_CHARACTERS_MAX) return NO_VALUE;
    return atom_find(utf8, utf8_from_latin1(utf8, latin1, bytes));
}

const struct atom_text *atom_text(term atom) { return text_at(atom_index(atom)); }
uint32_t atom_count(void) { return count; }
size_t atom_memory(void) { return memory; }

int atom_compare(term a, term b)
{
    if (term_same(a, b)) return 0;
    const struct atom_text *x = atom_text(a), *y = atom_text(b);
    size_t shorter = x->length < y->length ? x->length : y->length;
    int d = memcmp(x->bytes, y->bytes, shorter); /* UTF-8 keeps the order of code points */
    if (d) return d < 0 ? -1 : 1;
    return x->length < y->length ? -1 : x->length > y->length;
}

bool atom_is(term atom, const char *text)
{
    const struct atom_text *a = atom_text(atom);
    return a->length == strlen(text) && memcmp(a->bytes, text, a->length) == 0;
}

void atom_start(void)
{
    static const char *const names[] = {
#define ATOM_ROW(name)          #name,
#define ATOM_ROW_AS(name, text) text,
#include "gen/atoms_plain.def"
#include "term/atoms.def"
#undef ATOM_ROW
#undef ATOM_ROW_AS
    };
    count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]);
        uint32_t hash = stock_hash((const uint8_t *)names[i], n);
        term t = enter(names[i], n, (size_t)atom_characters(names[i], n), hash, true);
        arena_must(is_value(t) ? &slots : NULL);
    }
}
