/* SPDX-License-Identifier: Apache-2.0 */
/* packed.c -- see packed.h.
 *
 * Each term is one byte, what that byte needs, and the terms in it:
 *
 *   00..3F  small integer 0..63              60..6F  proper list of 1..16
 *   40..5F  tuple of 0..31                   80..BF  atom: six bits and a byte more
 *   and those of enum code.  Numbers are seven bits a byte, least first.
 */
#include "ets/packed.h"
#include "heap/arena.h"
#include "heap/layout.h"
#include "term/work.h"

enum code {
    CODE_TUPLE = 0x40,
    CODE_LIST = 0x60,
    CODE_NIL = 0x70,
    CODE_LONG_TUPLE, /* arity */
    CODE_LONG_LIST,  /* length */
    CODE_IMPROPER,   /* length; the tail comes behind the elements */
    CODE_STRING,     /* length, a byte for each */
    CODE_SMALL,      /* sign in the lowest bit */
    CODE_IMMEDIATE,  /* eight bytes: atoms of high number, pids, ports */
    CODE_RAW,        /* words, words as they are */
    CODE_BOXED,      /* words, of these as they are, those; terms for the others */
    CODE_LOOSE,      /* index */
    CODE_ATOM = 0x80
};
#define SHORT_TUPLES 32
#define SHORT_LISTS  16
#define SHORT_ATOMS  0x4000
#define STRING_LEAST 3

/* --- writing ------------------------------------------------------------------------------- */

/* Kept from one object to the next: inserting comes in crowds. */
static uint8_t *buffer;
static size_t buffer_room;
#define BUFFER_KEPT (256 * 1024)

struct packer {
    size_t used;
    size_t words;        /* of the element when unpacked */
    struct work loose;   /* terms */
    struct work pending; /* frames: elements that follow */
    size_t loose_words;
    bool failed;
};

static bool need_room(struct packer *p, size_t bytes)
{
    if (likely(buffer_room - p->used >= bytes)) return true;
    size_t room = (buffer_room + bytes) * 2 + 1024;
    uint8_t *more = arena_realloc(buffer, room);
    if (!more) {
        p->failed = true;
        return false;
    }
    buffer = more;
    buffer_room = room;
    return true;
}

static void put_byte(struct packer *p, unsigned byte) { buffer[p->used++] = (uint8_t)byte; }

static void put_number(struct packer *p, uint64_t n)
{
    for (; n >= 0x80; n >>= 7) put_byte(p, (unsigned)(n | 0x80) & 0xFF);
    put_byte(p, (unsigned)n);
}

static void put_bytes(struct packer *p, const void *bytes, size_t n)
{
    memcpy(buffer + p->used, bytes, n);
    p->used += n;
}

static void put_immediate(struct packer *p, term t)
{
    int64_t v = small_value(t);
    if (is_small(t) && v >= 0 && v < CODE_TUPLE) {
        put_byte(p, (unsigned)v);
    } else if (is_small(t)) {
        put_byte(p, CODE_SMALL);
        put_number(p, v < 0 ? ~(uint64_t)v << 1 | 1 : (uint64_t)v << 1);
    } else if (is_atom(t) && atom_index(t) < SHORT_ATOMS) {
        put_byte(p, CODE_ATOM | atom_index(t) >> 8);
        put_byte(p, atom_index(t) & 0xFF);
    } else if (is_nil(t)) {
        put_byte(p, CODE_NIL);
    } else {
        put_byte(p, CODE_IMMEDIATE);
        put_bytes(p, &t, sizeof t);
    }
}

/* A frame is where its elements stand, and how many come; of a list each time the rest of it. */
enum frame { FRAME_TUPLE, FRAME_LIST, FRAME_IMPROPER };
static void push_frame(struct packer *p, uint64_t where, size_t n, enum frame kind)
{
    if (unlikely(!work_try_need(&p->pending, 2))) {
        p->failed = true;
        return;
    }
    work_push2(&p->pending, where, (uint64_t)n << 2 | kind);
}

static void put_list(struct packer *p, term t)
{
    size_t n = 0;
    bool is_string = true;
    term rest = t;
    for (; is_cons(rest); rest = tail(rest), n++)
        is_string &= is_small(head(rest)) && head(rest).bits >> 4 < 256;
    p->words += n * CONS_WORDS;
    if (is_nil(rest) && is_string && n >= STRING_LEAST) {
        put_byte(p, CODE_STRING);
        put_number(p, n);
        if (!need_room(p, n)) return;
        for (; is_cons(t); t = tail(t)) put_byte(p, (unsigned)small_value(head(t)));
        return;
    }
    if (is_nil(rest) && n <= SHORT_LISTS) {
        put_byte(p, CODE_LIST + (unsigned)n - 1);
    } else {
        put_byte(p, is_nil(rest) ? CODE_LONG_LIST : CODE_IMPROPER);
        put_number(p, n);
    }
    push_frame(p, t.bits, n, is_nil(rest) ? FRAME_LIST : FRAME_IMPROPER);
}

static void put_loose(struct packer *p, term t)
{
    put_byte(p, CODE_LOOSE);
    put_number(p, p->loose.used);
    size_t words = copy_words(t, false);
    p->words += words;
    p->loose_words += words + 1;
    if (work_try_need(&p->loose, 1))
        work_push(&p->loose, t.bits);
    else
        p->failed = true;
}

static void put_boxed(struct packer *p, term t)
{
    term *w = boxed_words(t), *lone;
    size_t arity = header_arity(*w);
    enum boxed_kind kind = header_kind(*w);
    if (kind == KIND_TUPLE) {
        p->words += TUPLE_WORDS(arity);
        put_byte(p, arity < SHORT_TUPLES ? CODE_TUPLE + (unsigned)arity : CODE_LONG_TUPLE);
        if (arity >= SHORT_TUPLES) put_number(p, arity);
        push_frame(p, (uintptr_t)(w + 1), arity, FRAME_TUPLE);
        return;
    }
    term *terms = layout_after_header(w, &lone);
    if (is_off_heap_header(*w) || lone) {
        put_loose(p, t);
        return;
    }
    size_t words = boxed_total_words(w), raw = (size_t)(terms - w);
    p->words += words;
    if (!need_room(p, raw * sizeof(term) + 32)) return;
    put_byte(p, raw == words ? CODE_RAW : CODE_BOXED);
    put_number(p, words);
    if (raw != words) put_number(p, raw);
    put_bytes(p, w, raw * sizeof(term));
    if (raw != words) push_frame(p, (uintptr_t)terms, words - raw, FRAME_TUPLE);
}

/* What the frame on top has next.  false: nothing is left of any. */
static bool next_of_frames(struct packer *p, term *t)
{
    while (!work_is_empty(&p->pending)) {
        uint64_t *f = p->pending.words + p->pending.used - 2;
        size_t n = f[1] >> 2;
        enum frame kind = (enum frame)(f[1] & 3);
        if (n == 0) { /* of an improper list the tail is still to come */
            *t = term_of(f[0]);
            p->pending.used -= 2;
            if (kind == FRAME_IMPROPER) return true;
            continue;
        }
        f[1] -= 1 << 2;
        if (kind == FRAME_TUPLE) {
            *t = *(term *)(uintptr_t)f[0];
            f[0] += sizeof(term);
        } else {
            *t = head(term_of(f[0]));
            f[0] = tail(term_of(f[0])).bits;
        }
        return true;
    }
    return false;
}

static void pack(struct packer *p, term t)
{
    do {
        if (!need_room(p, 16)) return;
        if (is_immediate(t))
            put_immediate(p, t);
        else if (is_cons(t))
            put_list(p, t);
        else
            put_boxed(p, t);
        if (p->failed) return;
    } while (next_of_frames(p, &t));
}

/* --- making --------------------------------------------------------------------------------- */

static term mark_of(size_t offset, size_t words)
{
    return term_of((uint64_t)words << 32 | (uint64_t)offset << 2);
}
static size_t mark_offset(term mark) { return (uint32_t)mark.bits >> 2; }
static size_t mark_words(term mark) { return mark.bits >> 32; }
#define OFFSET_LIMIT ((size_t)1 << 30)

/* Packs the elements behind one another; their marks to `marks`.  false: no memory, or too large. */
static bool pack_elements(struct packer *p, const term *tuple, uint32_t keypos, term *marks,
                          size_t *all_words)
{
    size_t n = header_arity(*tuple);
    marks[0] = tuple[0];
    for (size_t i = 1; i <= n; i++) {
        marks[i] = tuple[i];
        if (is_immediate(tuple[i]) || i == keypos) continue;
        size_t offset = p->used;
        p->words = 0;
        pack(p, tuple[i]);
        if (p->failed || p->used >= OFFSET_LIMIT || p->words > UINT32_MAX / 4) return false;
        marks[i] = mark_of(offset, p->words);
        *all_words += p->words;
    }
    return *all_words < OBJECT_PACKED;
}

/* The block: marks and bytes are ready, the key and the loose terms are copied now. */
static void *build(size_t prefix, const struct packer *p, const term *tuple, uint32_t keypos,
                   const term *marks, size_t all_words, bool *plain)
{
    size_t own = 1 + header_arity(*tuple);
    size_t bytes = sizeof(struct object) +
                   (own + 1 + p->loose_words + copy_words(tuple[keypos], false)) * sizeof(term) +
                   p->used;
    *plain = bytes >= sizeof(struct object) + all_words * sizeof(term) || bytes > UINT32_MAX;
    char *block = *plain ? NULL : arena_malloc(prefix + bytes);
    if (!block) return NULL;
    struct object *o = (struct object *)(void *)(block + prefix);
    o->words = (uint32_t)all_words | OBJECT_PACKED;
    memcpy(o->tuple, marks, own * sizeof(term));
    o->tuple[own] = term_of((uint64_t)bytes << 32 | p->used);
    struct off_heap list = {0};
    term *loose = o->tuple + own + 1, *to = loose + p->loose.used;
    for (size_t i = 0; i < p->loose.used; i++)
        loose[i] = copy_term(term_of(p->loose.words[i]), &to, &list, false);
    o->tuple[keypos] = copy_term(tuple[keypos], &to, &list, false);
    memcpy(to, buffer, p->used);
    o->off_heap = list.first;
    return block;
}

static void forget_large_buffer(void)
{
    if (buffer_room <= BUFFER_KEPT) return;
    arena_free(buffer);
    buffer = NULL;
    buffer_room = 0;
}

void *packed_make(size_t prefix, term tuple, uint32_t keypos, bool *plain)
{
    const term *from = boxed_words(tuple);
    size_t own = 1 + header_arity(*from);
    term few[32], *marks = own <= 32 ? few : arena_malloc(own * sizeof(term));
    *plain = false;
    if (!marks) return NULL;
    struct packer p;
    p.used = p.loose_words = 0;
    p.failed = false;
    work_start(&p.loose);
    work_start(&p.pending);
    void *block = NULL;
    size_t all_words = own + copy_words(from[keypos], false);
    if (pack_elements(&p, from, keypos, marks, &all_words))
        block = build(prefix, &p, from, keypos, marks, all_words, plain);
    else
        *plain = !p.failed;
    work_end(&p.loose);
    work_end(&p.pending);
    if (marks != few) arena_free(marks);
    forget_large_buffer();
    return block;
}

/* --- reading --------------------------------------------------------------------------------- */

static uint64_t sizes_of(const struct object *o) { return o->tuple[1 + object_arity(o)].bits; }

size_t packed_bytes(const struct object *o) { return sizes_of(o) >> 32; }

static const uint8_t *bytes_of(const struct object *o)
{
    return (const uint8_t *)o + packed_bytes(o) - (uint32_t)sizes_of(o);
}

struct unpacker {
    const uint8_t *at;
    const term *loose;
    term *to;
    struct off_heap *list;
    struct work pending; /* slots to fill: first, how many and how far apart */
};

static inline uint64_t get_number(struct unpacker *u)
{
    uint64_t n = *u->at & 0x7F;
    for (unsigned shift = 7; *u->at++ & 0x80; shift += 7) n |= (uint64_t)(*u->at & 0x7F) << shift;
    return n;
}

static inline void fill_later(struct unpacker *u, term *slot, size_t n, unsigned stride)
{
    if (n) work_push2(&u->pending, (uintptr_t)slot, (uint64_t)n << 2 | stride);
}

static term *cells(struct unpacker *u, size_t n)
{
    term *first = u->to, *last = first + (n - 1) * CONS_WORDS;
    for (term *p = first; p < last; p += CONS_WORDS) p[1] = cons_term(p + CONS_WORDS);
    last[1] = NIL;
    u->to = last + CONS_WORDS;
    return first;
}

static term get_list(struct unpacker *u, size_t n, bool improper)
{
    term *first = cells(u, n);
    if (improper) fill_later(u, first + n * CONS_WORDS - 1, 1, 1);
    fill_later(u, first, n, CONS_WORDS);
    return cons_term(first);
}

static term get_tuple(struct unpacker *u, size_t arity)
{
    term *w = u->to;
    u->to += TUPLE_WORDS(arity);
    w[0] = header(arity, KIND_TUPLE);
    fill_later(u, w + 1, arity, 1);
    return boxed_term(w);
}

static term get_string(struct unpacker *u)
{
    size_t n = get_number(u);
    term *first = cells(u, n);
    for (size_t i = 0; i < n; i++) first[i * CONS_WORDS] = small(*u->at++);
    return cons_term(first);
}

static term get_boxed(struct unpacker *u, bool has_terms)
{
    size_t words = get_number(u), raw = has_terms ? get_number(u) : words;
    term *w = u->to;
    u->to += words;
    memcpy(w, u->at, raw * sizeof(term));
    u->at += raw * sizeof(term);
    fill_later(u, w + raw, words - raw, 1);
    return boxed_term(w);
}

static term get_small(struct unpacker *u)
{
    uint64_t n = get_number(u);
    return small((int64_t)(n & 1 ? ~(n >> 1) : n >> 1));
}

static term get_immediate(struct unpacker *u)
{
    term t;
    memcpy(&t, u->at, sizeof t);
    u->at += sizeof t;
    return t;
}

static inline term get(struct unpacker *u)
{
    unsigned code = *u->at++;
    if (code < CODE_TUPLE) return small(code);
    if (code >= CODE_ATOM) return atom_term((code & 0x3F) << 8 | *u->at++);
    if (code < CODE_LIST) return get_tuple(u, code - CODE_TUPLE);
    if (code < CODE_NIL) return get_list(u, code - CODE_LIST + 1, false);
    switch ((enum code)code) {
    case CODE_NIL: return NIL;
    case CODE_LONG_TUPLE: return get_tuple(u, get_number(u));
    case CODE_LONG_LIST: return get_list(u, get_number(u), false);
    case CODE_IMPROPER: return get_list(u, get_number(u), true);
    case CODE_STRING: return get_string(u);
    case CODE_SMALL: return get_small(u);
    case CODE_IMMEDIATE: return get_immediate(u);
    case CODE_RAW: return get_boxed(u, false);
    case CODE_BOXED: return get_boxed(u, true);
    default: return copy_term(u->loose[get_number(u)], &u->to, u->list, false);
    }
}

static void unpack(struct unpacker *u, term *slot)
{
    for (;;) {
        *slot = get(u);
        if (work_is_empty(&u->pending)) return;
        uint64_t *f = u->pending.words + u->pending.used - 2;
        slot = (term *)(uintptr_t)f[0];
        f[0] += (f[1] & 3) * sizeof(term);
        f[1] -= 1 << 2;
        if (f[1] < 1 << 2) u->pending.used -= 2; /* its last one is on the way */
    }
}

static void start_unpacker(struct unpacker *u, const struct object *o, term *to,
                           struct off_heap *list)
{
    u->loose = o->tuple + 1 + object_arity(o) + 1;
    u->to = to;
    u->list = list;
    work_start(&u->pending);
}

static void get_element(struct unpacker *u, const struct object *o, term mark, term *slot)
{
    if (!is_header(mark)) { /* an immediate, or the key */
        *slot = is_immediate(mark) ? mark : copy_term(mark, &u->to, u->list, false);
        return;
    }
    u->at = bytes_of(o) + mark_offset(mark);
    unpack(u, slot);
}

term packed_copy_to(const struct object *o, term *to, struct off_heap *list)
{
    struct unpacker u;
    size_t own = 1 + object_arity(o);
    start_unpacker(&u, o, to + own, list);
    to[0] = o->tuple[0];
    for (size_t i = 1; i < own; i++) get_element(&u, o, o->tuple[i], to + i);
    work_end(&u.pending);
    return boxed_term(to);
}

size_t packed_element_words(const struct object *o, size_t position)
{
    term mark = o->tuple[position];
    return is_header(mark) ? mark_words(mark) : copy_words(mark, false);
}

term packed_element(const struct object *o, size_t position, term *to, struct off_heap *list)
{
    struct unpacker u;
    term t;
    start_unpacker(&u, o, to, list);
    get_element(&u, o, o->tuple[position], &t);
    work_end(&u.pending);
    return t;
}
