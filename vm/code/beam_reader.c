/* SPDX-License-Identifier: Apache-2.0 */
/* beam_reader.c -- decodes the instructions of a .beam file, one at a time.
 *
 * Each operand is compared with the kind that its row in beam_ops.def wants, and with
 * the table that it points into.  What spans instructions is checked in beam_check.c.
 */
#include "big/big.h"
#include "code/beam_private.h"
#include "heap/arena.h"

_Static_assert(ROW_OPERANDS == BEAM_MAX_ARITY, "a row and an instruction hold as many operands");

#define LIST_MOST  (1u << 24)
#define FRAME_MOST 1023
#define FLOAT_ROOM 2 /* words of a float on the heap */
#define FUN_ROOM   FUN_WORDS(0)

/* What an operand turned out to be, and the sets that a row's letters allow. */
enum {
    IS_X = 1 << OPERAND_X,
    IS_Y = 1 << OPERAND_Y,
    IS_FLOAT_REGISTER = 1 << OPERAND_F,
    IS_CONSTANT = 1 << OPERAND_CONSTANT,
    IS_LABEL = 1 << OPERAND_LABEL,
    IS_NUMBER = 1 << OPERAND_UNSIGNED,
    IS_LIST = 1 << OPERAND_LIST,
    IS_ALLOC = 1 << OPERAND_ALLOC,
    IS_REGISTER = IS_X | IS_Y,
    IS_SOURCE = IS_REGISTER | IS_CONSTANT,
    IS_ENOUGH = 1 << 15 /* there is nothing more to check */
};
static const struct {
    uint16_t allowed;
    const char *text;
} kinds[128] = {
    ['s'] = {IS_ENOUGH | IS_SOURCE, "a register or a constant"},
    ['S'] = {IS_ENOUGH | IS_REGISTER, "a register"},
    ['d'] = {IS_ENOUGH | IS_REGISTER, "a register"},
    ['y'] = {IS_ENOUGH | IS_Y, "a Y register"},
    ['r'] = {IS_ENOUGH | IS_FLOAT_REGISTER, "a float register"},
    ['F'] = {IS_ENOUGH | IS_SOURCE | IS_FLOAT_REGISTER, "a register or a float"},
    ['D'] = {IS_ENOUGH | IS_REGISTER | IS_FLOAT_REGISTER, "a register"},
    ['c'] = {IS_ENOUGH | IS_CONSTANT, "a constant"},
    ['a'] = {IS_CONSTANT, "an atom"},
    ['u'] = {IS_NUMBER, "a number"},
    ['z'] = {IS_NUMBER | IS_ENOUGH, "a size"},
    ['n'] = {IS_NUMBER, "a number of X registers"},
    ['t'] = {IS_NUMBER | IS_ALLOC, "a number or an allocation list"},
    ['f'] = {IS_ENOUGH | IS_LABEL, "a label"},
    ['l'] = {IS_LABEL, "a label that is not 0"},
    ['k'] = {IS_LABEL | IS_CONSTANT, "a label or an atom"},
    ['m'] = {IS_NUMBER | IS_CONSTANT, "an atom or a number"},
    ['e'] = {IS_NUMBER, "the index of an import"},
    ['b'] = {IS_NUMBER, "the index of an import"},
    ['h'] = {IS_NUMBER, "the index of a lambda"},
    ['o'] = {IS_NUMBER, "the index of a location"},
    ['v'] = {IS_ENOUGH | IS_SOURCE | IS_NUMBER, "a register, a constant or a number"},
    ['['] = {IS_ENOUGH | IS_LIST, "a list"},
};

/* Where we are, for error texts. */
struct place {
    struct beam *b;
    const struct beam_row *row;
    uint32_t at;
    unsigned operand;
};

static bool fail(const struct place *p, const char *what)
{
    const char *name;
    int n = beam_operand_name(p->row, p->operand, &name);
    load_fail(p->b->private->why, "code at byte %u: %s, operand %u (%.*s): %s", p->at, p->row->name,
              p->operand + 1, n, name, what);
    return false;
}

static bool fail_kind(const struct place *p, char kind)
{
    char text[80] = "expected ";
    size_t n = strlen(kinds[(unsigned)kind].text);
    memcpy(text + 9, kinds[(unsigned)kind].text, n < 70 ? n + 1 : 70);
    return fail(p, text);
}

/* --- one operand -------------------------------------------------------------------------- */

static bool take(const struct place *p, struct compact *c)
{
    struct beam_private *b = p->b->private;
    struct bytes rest = {b->code.at + b->at, b->code.n - b->at};
    if (!take_compact(&rest, c)) return fail(p, "cut off");
    b->at = b->code.n - rest.n;
    return true;
}

/* The number after an extended tag. */
static bool take_number(const struct place *p, uint64_t *v)
{
    struct compact c;
    if (!take(p, &c)) return false;
    if (c.tag != TAG_U || !c.fits || c.value > UINT32_MAX)
        return fail(p, "expected a small number");
    *v = (uint64_t)c.value;
    return true;
}

static bool set_register(const struct place *p, struct operand *o, enum operand_kind kind,
                         uint64_t n)
{
    if (n >= (kind == OPERAND_Y ? FRAME_MOST : MAX_X)) return fail(p, "no such register");
    o->kind = kind;
    o->n = n;
    return true;
}

static bool set_integer(const struct place *p, struct operand *o, const struct compact *c)
{
    o->kind = OPERAND_CONSTANT;
    if (c->fits && fits_small(c->value)) {
        o->value = small(c->value);
        return true;
    }
    o->value = beam_big(p->b, c->bytes);
    o->from_literal = 1;
    return is_value(o->value) || fail(p, "too large an integer");
}

static bool take_alloc_list(const struct place *p, struct operand *o)
{
    uint64_t pairs, what, n, words = 0;
    if (!take_number(p, &pairs)) return false;
    while (pairs-- > 0) {
        if (!take_number(p, &what) || !take_number(p, &n)) return false;
        if (what > 2 || n > UINT32_MAX / 8) return fail(p, "malformed allocation list");
        words += n * (what == 0 ? 1 : what == 1 ? FLOAT_ROOM : FUN_ROOM);
        if (words > UINT32_MAX / 8) return fail(p, "too many words");
    }
    o->kind = OPERAND_ALLOC;
    o->n = words;
    return true;
}

static bool take_typed(const struct place *p, struct operand *o)
{
    struct compact c;
    uint64_t type;
    if (!take(p, &c)) return false;
    if ((c.tag != TAG_X && c.tag != TAG_Y) || !c.fits) return fail(p, "a type of no register");
    if (!set_register(p, o, c.tag == TAG_X ? OPERAND_X : OPERAND_Y, (uint64_t)c.value) ||
        !take_number(p, &type))
        return false;
    if (p->b->types && type >= p->b->types_count) return fail(p, "no such type");
    o->types = p->b->types ? p->b->types[type] : 0;
    return true;
}

static bool take_extended(const struct place *p, struct operand *o, uint64_t which)
{
    uint64_t n;
    switch (which) {
    case Z_LIST: o->kind = OPERAND_LIST; return take_number(p, &o->n);
    case Z_FLOAT_REGISTER: return take_number(p, &n) && set_register(p, o, OPERAND_F, n);
    case Z_ALLOC: return take_alloc_list(p, o);
    case Z_LITERAL:
        if (!take_number(p, &n)) return false;
        if (n >= p->b->literals_count) return fail(p, "no such literal");
        o->kind = OPERAND_CONSTANT;
        o->from_literal = 1;
        o->value = p->b->literals[n];
        return true;
    case Z_TYPED: return take_typed(p, o);
    default: return fail(p, "an operand of an unknown kind");
    }
}

/* A number of 64 bits has a zero byte before it, because numbers are signed. */
static bool unsigned_64(struct bytes bytes, uint64_t *n)
{
    if (bytes.n != 9 || bytes.at[0] != 0) return false;
    *n = 0;
    for (size_t i = 1; i < 9; i++) *n = *n << 8 | bytes.at[i];
    return true;
}

/* What any tag but i stands for. */
static inline bool set_operand(const struct place *p, struct operand *o, enum compact_tag tag,
                               uint64_t n)
{
    switch (tag) {
    case TAG_U:
        o->kind = OPERAND_UNSIGNED;
        o->n = n;
        return true;
    case TAG_I:
        o->kind = OPERAND_CONSTANT;
        o->value = small((int64_t)n);
        return true;
    case TAG_A:
        if (n >= p->b->atoms_count) return fail(p, "no such atom");
        o->kind = OPERAND_CONSTANT;
        o->value = p->b->atoms[n];
        return true;
    case TAG_X: return set_register(p, o, OPERAND_X, n);
    case TAG_Y: return set_register(p, o, OPERAND_Y, n);
    case TAG_F:
        if (n >= p->b->labels_count) return fail(p, "no such label");
        o->kind = OPERAND_LABEL;
        o->n = n;
        return true;
    case TAG_Z: return take_extended(p, o, n);
    default: return fail(p, "an operand of an unknown kind");
    }
}

static bool take_long_operand(const struct place *p, struct operand *o)
{
    struct compact c;
    if (!take(p, &c)) return false;
    if (c.tag == TAG_I) return set_integer(p, o, &c);
    uint64_t n = (uint64_t)c.value;
    /* A size of which no bitstring is: the instruction sees it as the largest one. */
    if (!c.fits && !(c.tag == TAG_U && unsigned_64(c.bytes, &n))) {
        if (c.tag != TAG_U) return fail(p, "too large a number");
        n = UINT64_MAX;
    }
    if (n > UINT32_MAX && c.tag != TAG_U) return fail(p, "too large a number");
    return set_operand(p, o, c.tag, n);
}

/* Reads whatever comes; the elements of a list come after it.  Nearly all are of one byte. */
static inline bool take_operand(const struct place *p, struct operand *o)
{
    struct beam_private *b = p->b->private;
    *o = (struct operand){0};
    if (likely(b->at < b->code.n)) {
        uint8_t first = b->code.at[b->at];
        if (likely(!(first & 8))) {
            b->at++;
            return set_operand(p, o, first & 7, first >> 4);
        }
    }
    return take_long_operand(p, o);
}

/* --- is it what the row says? ------------------------------------------------------------------- */

static bool check_string(const struct place *p, uint64_t bytes, uint64_t offset)
{
    size_t all = p->b->strings_bytes;
    return (offset <= all && bytes <= all - offset) || fail(p, "outside the string table");
}

static bool check_meaning(const struct place *p, struct operand *o, char kind);

static inline bool check_operand(const struct place *p, struct operand *o, char kind)
{
    unsigned allowed = kinds[(unsigned)kind].allowed;
    if (unlikely(!(allowed >> o->kind & 1))) return fail_kind(p, kind);
    return allowed & IS_ENOUGH ? true : check_meaning(p, o, kind);
}

static bool check_meaning(const struct place *p, struct operand *o, char kind)
{
    const struct beam *b = p->b;
    switch (kind) {
    case 'a': return is_atom(o->value) || fail_kind(p, kind);
    case 'k':
    case 'm':
        return o->kind != OPERAND_CONSTANT ? o->n <= UINT32_MAX || fail(p, "too large a number")
                                           : is_atom(o->value) || fail_kind(p, kind);
    case 'n': return o->n <= MAX_X || fail_kind(p, kind);
    case 't': return o->n <= UINT32_MAX / 8 || fail(p, "too many words");
    case 'u': return o->n <= UINT32_MAX || fail(p, "too large a number");
    case 'l': return o->n != 0 || fail_kind(p, kind);
    case 'e':
    case 'b': return o->n < b->imports_count || fail(p, "no such import");
    case 'h': return o->n < b->lambdas_count || fail(p, "no such lambda");
    case 'o':
        if (!b->private->locations_known) o->n = 0;
        return o->n < b->locations_count || fail(p, "no such location");
    default: return true;
    }
}

static struct operand *list_room(struct beam *b, uint64_t n)
{
    struct beam_private *p = b->private;
    struct operand_list *list = &p->lists[p->turn];
    p->turn = p->turn == BEAM_WINDOW ? 0 : p->turn + 1;
    if (n > list->room || !list->elements) {
        uint32_t room = (uint32_t)n + 16;
        struct operand *more = arena_realloc(list->elements, room * sizeof *more);
        if (!more) return NULL;
        list->elements = more, list->room = room;
    }
    return list->elements;
}

static bool take_elements(const struct place *p, struct operand *o)
{
    const struct beam_private *b = p->b->private;
    const char *pattern = p->row->list;
    size_t period = strlen(pattern);
    /* An element takes at least a byte, so a long list of nothing is found before it costs memory. */
    if (o->n > b->code.n - b->at || o->n > LIST_MOST) return fail(p, "a list that is cut off");
    if (o->n % period) return fail(p, "a list of an odd length");
    o->list = list_room(p->b, o->n);
    if (!o->list) return fail(p, "out of memory");
    for (uint64_t i = 0; i < o->n; i++)
        if (!take_operand(p, &o->list[i]) || !check_operand(p, &o->list[i], pattern[i % period]))
            return false;
    return true;
}

/* A bif that is called in place is native here, as in stock. */
static bool check_bif(const struct place *p, uint64_t import, uint32_t arity)
{
    const struct export *e = p->b->imports[import];
    if (e->arity != arity) return fail(p, "a bif of another arity");
    if (e->native) return true;
    const struct atom_text *module = atom_text(e->module), *name = atom_text(e->function);
    load_fail(p->b->private->why, "code at byte %u: unsupported guard BIF %.*s:%.*s/%u", p->at,
              (int)module->length, module->bytes, (int)name->length, name->bytes, arity);
    return false;
}

/* Operands that mean something only together. */
static bool check_together(const struct place *p, const struct generic_op *op)
{
    const struct beam *b = p->b;
    switch (op->op) {
    case BEAM_call_ext:
    case BEAM_call_ext_last:
    case BEAM_call_ext_only:
        return op->a[0].n == b->imports[op->a[1].n]->arity ||
               fail(p, "not the arity of the import");
    case BEAM_bif0: return check_bif(p, op->a[0].n, 0);
    case BEAM_bif1: return check_bif(p, op->a[1].n, 1);
    case BEAM_bif2: return check_bif(p, op->a[1].n, 2);
    case BEAM_bif3: return check_bif(p, op->a[1].n, 3);
    case BEAM_gc_bif1: return check_bif(p, op->a[2].n, 1);
    case BEAM_gc_bif2: return check_bif(p, op->a[2].n, 2);
    case BEAM_gc_bif3: return check_bif(p, op->a[2].n, 3);
    case BEAM_make_fun3:
        return op->a[2].n == b->lambdas[op->a[0].n].free_count ||
               fail(p, "not the number of free variables of the lambda");
    case BEAM_bs_put_string: return check_string(p, op->a[0].n, op->a[1].n);
    case BEAM_bs_match_string: return check_string(p, (op->a[2].n + 7) / 8, op->a[3].n);
    default: return true;
    }
}

/* --- instructions ------------------------------------------------------------------------------------ */

void beam_rewind(struct beam *b)
{
    b->private->at = 0;
    b->private->ended = false;
    b->private->bigs_next = 0;
}

static bool read_row(struct place *p, uint32_t number)
{
    struct load_error *why = p->b->private->why;
    p->row = beam_row(number);
    if (!p->row) {
        load_fail(why, "code at byte %u: there is no instruction %u", p->at, number);
        return false;
    }
    if (p->row->status == OBSOLETE) {
        load_fail(why,
                  "code at byte %u: instruction %s (%u) is obsolete: the module was compiled by a "
                  "release before OTP 22; compile it again",
                  p->at, p->row->name, number);
        return false;
    }
    return true;
}

static bool take_operands(struct place *p, struct generic_op *op)
{
    op->arity = p->row->arity;
    op->at = p->at;
    for (p->operand = 0; p->operand < p->row->arity; p->operand++) {
        struct operand *o = &op->a[p->operand];
        char kind = p->row->kinds[p->operand];
        if (!take_operand(p, o) || !check_operand(p, o, kind)) return false;
        if (kind == '[' && !take_elements(p, o)) return false;
    }
    p->operand = p->row->arity ? p->row->arity - 1u : 0;
    return true;
}

bool beam_next_record(struct beam *b, struct generic_op *op)
{
    static const struct beam_row row = {.name = "record definition",
                                        .operands = "Name:a Exported:a Fields:[av]",
                                        .arity = 3,
                                        .kinds = "aa[",
                                        .list = "av",
                                        .name_at = {0, 7, 18}};
    struct beam_private *private = b->private;
    struct place p = {.b = b, .row = &row, .at = (uint32_t) private->at};
    /* Written by the compiler's assembler as the operands of this instruction. */
    if (private->at >= private->code.n || private->code.at[private->at++] != BEAM_call_last) {
        load_fail(private->why, "chunk Recs: a definition is cut off or malformed");
        return false;
    }
    return take_operands(&p, op);
}

bool beam_next(struct beam *b, struct generic_op *op, bool *failed, struct load_error *why)
{
    struct beam_private *private = b->private;
    private->why = why;
    struct place p = {.b = b, .at = (uint32_t) private->at};
    *failed = false;
    if (private->ended) return false;
    *failed = true;
    if (private->at >= private->code.n) {
        load_fail(why, "chunk Code: it does not end with int_code_end");
        return false;
    }
    uint32_t number = private->code.at[private->at++];
    if (!read_row(&p, number)) return false;
    op->op = (uint16_t)number;
    if (!take_operands(&p, op) || !check_together(&p, op)) return false;
    if (private->checker && !beam_check_op(private->checker, op, why)) return false;
    private->ended = number == BEAM_int_code_end;
    *failed = false;
    return true;
}
