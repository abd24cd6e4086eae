/* SPDX-License-Identifier: Apache-2.0 */
/* term.h -- what an Erlang term is: one 64-bit word, and how to look into it.
 *
 * A term is a word whose two low bits say what it is:
 *
 *   ...............00  header: the first word of a boxed object; never a value of its own
 *   pointer        01  cons: two words, head and tail
 *   pointer        10  boxed: a header word and what follows it
 *   ............0011  pid of this node      data in bits 63..4
 *   ............0111  port of this node     data in bits 63..4
 *   ..........001011  atom                  index in bits 63..6
 *   ..........011011  catch (stack only)    code address in bits 63..6
 *   ..........111011  []
 *   ............1111  small integer         60 bits, signed
 *
 * The same assignment as the stock machine, because the order in which large maps
 * are walked depends on hashes of these words and has to be the same.
 *
 * A header is   63..6 arity: words that follow | 5..2 kind | 00.
 * An address on a stack has low bits 00 and is told from a term by that.
 * The all-zero word is "no value": a failed BIF returns it, a moved cons starts with it.
 *
 * Nothing in this file allocates; see heap/ for making terms.
 */
#ifndef VM_TERM_H
#define VM_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
    uint64_t bits;
} term;

_Static_assert(sizeof(term) == 8, "one word");

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* --- tags ------------------------------------------------------------------- */

enum { TAG_HEADER = 0, TAG_CONS = 1, TAG_BOXED = 2, TAG_IMMEDIATE = 3, TAG_MASK = 3 };
enum { TAG_PID = 0x3, TAG_PORT = 0x7, TAG_SMALL = 0xF, TAG4_MASK = 0xF };
enum { TAG_ATOM = 0x0B, TAG_CATCH = 0x1B, TAG_NIL = 0x3B, TAG6_MASK = 0x3F };

/* Kinds of boxed object: bits 5..2 of the header. */
enum boxed_kind {
    KIND_TUPLE = 0,
    KIND_MATCH = 1, /* bit syntax match context: binary.h */
    KIND_BIG_POSITIVE = 2,
    KIND_BIG_NEGATIVE = 3,
    KIND_REF = 4,
    KIND_FUN = 5,
    KIND_FLOAT = 6,
    KIND_EXPORT = 7,      /* fun M:F/A */
    KIND_REFC_BINARY = 8, /* bytes in a counted blob outside the heap */
    KIND_HEAP_BINARY = 9, /* bytes follow the header */
    KIND_SUB_BINARY = 10, /* part of one of the two above */
    KIND_RECORD = 11,     /* native record of OTP 29: record.h */
    KIND_EXTERNAL_PID = 12,
    KIND_EXTERNAL_PORT = 13,
    KIND_EXTERNAL_REF = 14,
    KIND_MAP = 15 /* flat map, hash map root or inner node: map.h */
};

static inline term term_of(uint64_t bits) { return (term){bits}; }
static inline bool term_same(term a, term b) { return a.bits == b.bits; }

#define NO_VALUE ((term){0})
#define NIL      ((term){TAG_NIL})
static inline bool is_value(term t) { return t.bits != 0; }
static inline bool is_no_value(term t) { return t.bits == 0; }
static inline bool is_nil(term t) { return t.bits == TAG_NIL; }

static inline bool is_header(term t) { return (t.bits & TAG_MASK) == TAG_HEADER; }
static inline bool is_cons(term t) { return (t.bits & TAG_MASK) == TAG_CONS; }
static inline bool is_boxed(term t) { return (t.bits & TAG_MASK) == TAG_BOXED; }
static inline bool is_immediate(term t) { return (t.bits & TAG_MASK) == TAG_IMMEDIATE; }
static inline bool is_list(term t) { return is_cons(t) || is_nil(t); }

/* --- small integers ----------------------------------------------------------- */

#define SMALL_MAX ((INT64_C(1) << 59) - 1)
#define SMALL_MIN (-(INT64_C(1) << 59))

static inline bool is_small(term t) { return (t.bits & TAG4_MASK) == TAG_SMALL; }
static inline bool are_small(term a, term b) { return (a.bits & b.bits & TAG4_MASK) == TAG_SMALL; }
static inline int64_t small_value(term t) { return (int64_t)t.bits >> 4; }
static inline bool fits_small(int64_t v) { return v >= SMALL_MIN && v <= SMALL_MAX; }
static inline term small(int64_t v) { return term_of(((uint64_t)v << 4) | TAG_SMALL); }

/* --- atoms (text: atom.h) ------------------------------------------------------- */

static inline bool is_atom(term t) { return (t.bits & TAG6_MASK) == TAG_ATOM; }
static inline uint32_t atom_index(term t) { return (uint32_t)(t.bits >> 6); }
static inline term atom_term(uint32_t index) { return term_of(((uint64_t)index << 6) | TAG_ATOM); }

/* --- local pids and ports --------------------------------------------------------
 * data counts up from 0 for each new process or port, so order of age is order of
 * terms.  Printed <0.Number.Serial>: number = low 15 bits, serial = the rest. */

static inline bool is_local_pid(term t) { return (t.bits & TAG4_MASK) == TAG_PID; }
static inline bool is_local_port(term t) { return (t.bits & TAG4_MASK) == TAG_PORT; }
static inline uint64_t id_data(term t) { return t.bits >> 4; } /* of a local pid or port */
static inline term pid_term(uint64_t data) { return term_of((data << 4) | TAG_PID); }
static inline term port_term(uint64_t data) { return term_of((data << 4) | TAG_PORT); }
#define ID_NUMBER_BITS 15
static inline uint32_t id_number(uint64_t data) { return data & ((1u << ID_NUMBER_BITS) - 1); }
static inline uint32_t id_serial(uint64_t data) { return (uint32_t)(data >> ID_NUMBER_BITS); }

/* --- catch marks: engine only ------------------------------------------------------ */

static inline bool is_catch(term t) { return (t.bits & TAG6_MASK) == TAG_CATCH; }
static inline term catch_term(uint32_t address)
{
    return term_of(((uint64_t)address << 6) | TAG_CATCH);
}
static inline uint32_t catch_address(term t) { return (uint32_t)(t.bits >> 6); }

/* --- pointers ------------------------------------------------------------------------ */

static inline term *cons_words(term t) { return (term *)(uintptr_t)(t.bits - TAG_CONS); }
static inline term *boxed_words(term t) { return (term *)(uintptr_t)(t.bits - TAG_BOXED); }
static inline term cons_term(const term *words) { return term_of((uintptr_t)words + TAG_CONS); }
static inline term boxed_term(const term *words) { return term_of((uintptr_t)words + TAG_BOXED); }

static inline term head(term cons) { return cons_words(cons)[0]; }
static inline term tail(term cons) { return cons_words(cons)[1]; }

static inline term header(size_t arity, enum boxed_kind kind)
{
    return term_of(((uint64_t)arity << 6) | ((uint64_t)kind << 2));
}
static inline size_t header_arity(term h) { return h.bits >> 6; }
static inline enum boxed_kind header_kind(term h) { return (enum boxed_kind)((h.bits >> 2) & 15); }
static inline enum boxed_kind boxed_kind(term t) { return header_kind(*boxed_words(t)); }
static inline bool is_boxed_kind(term t, enum boxed_kind kind)
{
    return is_boxed(t) && (boxed_words(t)->bits & 0x3F) == (uint64_t)kind << 2;
}

/* --- tuples: header, elements ----------------------------------------------------------- */

#define TUPLE_WORDS(n) ((n) + 1)
#define CONS_WORDS     2
static inline bool is_tuple(term t) { return is_boxed_kind(t, KIND_TUPLE); }
static inline bool is_tuple_of(term t, size_t n)
{
    return is_boxed(t) && boxed_words(t)->bits == header(n, KIND_TUPLE).bits;
}
static inline size_t tuple_size(term t) { return header_arity(*boxed_words(t)); }
static inline term *tuple_elements(term t) { return boxed_words(t) + 1; }
static inline term element(term tuple, size_t index_from_0)
{
    return boxed_words(tuple)[1 + index_from_0];
}

/* --- floats: header, IEEE double ----------------------------------------------------------- */

#define FLOAT_WORDS 2
static inline bool is_float(term t) { return is_boxed_kind(t, KIND_FLOAT); }
static inline double float_value(term t)
{
    double d;
    memcpy(&d, boxed_words(t) + 1, sizeof d);
    return d;
}

/* --- big integers: header (arity = limbs, sign in the kind), limbs least first -------------- */

static inline bool is_big(term t)
{
    return is_boxed(t) && ((boxed_words(t)->bits >> 2 & 15) | 1) == KIND_BIG_NEGATIVE;
}
static inline bool big_is_negative(term t) { return boxed_kind(t) == KIND_BIG_NEGATIVE; }
static inline size_t big_limbs(term t) { return header_arity(*boxed_words(t)); }
static inline const uint64_t *big_limb(term t) { return (const uint64_t *)(boxed_words(t) + 1); }
static inline bool is_integer(term t) { return is_small(t) || is_big(t); }
static inline bool is_number(term t) { return is_integer(t) || is_float(t); }

/* --- references -------------------------------------------------------------------------------
 * plain:  header(2), id0, id1                 id0 = number0 | number1 << 32, id1 = number2
 * magic:  header(4), next, resource, id0, id1  off-heap object: see heap/off_heap.h
 * Printed #Ref<0.number2.number1.number0>; compared by number2, then 1, then 0. */

#define REF_WORDS       3
#define MAGIC_REF_WORDS 5
static inline bool is_local_ref(term t) { return is_boxed_kind(t, KIND_REF); }
static inline bool is_magic_ref(term t)
{
    return is_boxed(t) && boxed_words(t)->bits == header(4, KIND_REF).bits;
}
static inline const uint64_t *ref_ids(term t)
{
    return (const uint64_t *)(boxed_words(t) + (is_magic_ref(t) ? 3 : 1));
}

/* --- external pids, ports, references ------------------------------------------------------------
 * header(arity), struct node *, then for a pid or port: data (number | serial << 32; a port: 64 bits),
 * for a reference: count of 32-bit numbers, then the numbers packed two to a word. */

struct node; /* term/node.h: interned (name, creation), never freed */
#define EXTERNAL_ID_WORDS 3
static inline bool is_external_pid(term t) { return is_boxed_kind(t, KIND_EXTERNAL_PID); }
static inline bool is_external_port(term t) { return is_boxed_kind(t, KIND_EXTERNAL_PORT); }
static inline bool is_external_ref(term t) { return is_boxed_kind(t, KIND_EXTERNAL_REF); }
static inline struct node *external_node(term t)
{
    return (struct node *)(uintptr_t)boxed_words(t)[1].bits;
}
static inline uint64_t external_data(term t) { return boxed_words(t)[2].bits; }
static inline bool is_pid(term t) { return is_local_pid(t) || is_external_pid(t); }
static inline bool is_port(term t) { return is_local_port(t) || is_external_port(t); }
static inline bool is_ref(term t) { return is_local_ref(t) || is_external_ref(t); }

/* --- funs --------------------------------------------------------------------------------------------
 * local:   header(2 + free), struct fun_entry *, creator pid (a term), free variables
 * export:  header(1), struct export * */

struct fun_entry; /* code/code.h */
struct export;
#define FUN_WORDS(free) (3 + (free))
#define EXPORT_WORDS    2
static inline bool is_local_fun(term t) { return is_boxed_kind(t, KIND_FUN); }
static inline bool is_export_fun(term t) { return is_boxed_kind(t, KIND_EXPORT); }
static inline bool is_fun(term t) { return is_local_fun(t) || is_export_fun(t); }
static inline struct fun_entry *fun_entry_of(term t)
{
    return (struct fun_entry *)(uintptr_t)boxed_words(t)[1].bits;
}
static inline size_t fun_free_count(term t) { return header_arity(*boxed_words(t)) - 2; }
static inline term *fun_free(term t) { return boxed_words(t) + 3; }
static inline struct export *fun_export(term t)
{
    return (struct export *)(uintptr_t)boxed_words(t)[1].bits;
}

/* --- maps: see map.h for making and walking -------------------------------------------------------------
 * The arity field of the header carries: bits 1..0 form, 9..2 unused, 25..10 bitmap.
 *   flat:   header, size, keys (a tuple in term order), values
 *   root:   header(bitmap), total size, one word for each bit set   } hashed maps,
 *   node:   header(bitmap), one word for each bit set               } more than 32 keys  */

enum map_form { MAP_FLAT = 0, MAP_HASH_NODE = 1, MAP_HASH_ROOT = 2 };
static inline bool is_map(term t) { return is_boxed_kind(t, KIND_MAP); }
static inline enum map_form map_form(term h) { return (enum map_form)((h.bits >> 6) & 3); }
static inline uint32_t map_bitmap(term h) { return (h.bits >> 16) & 0xFFFF; }
static inline term map_header(enum map_form form, uint32_t bitmap)
{
    return term_of(((uint64_t)bitmap << 16) | ((uint64_t)form << 6) | ((uint64_t)KIND_MAP << 2));
}
#define MAP_FLAT_LIMIT 32
static inline bool is_flat_map(term t)
{
    return is_boxed(t) && boxed_words(t)->bits == map_header(MAP_FLAT, 0).bits;
}
/* Of a flat map or a root: a raw count. */
static inline size_t map_size(term t) { return boxed_words(t)[1].bits; }

/* --- binaries: see binary/binary.h for everything else ------------------------------------------------------
 * heap:  header(words of bytes + 1), size in bytes, bytes
 * refc:  header(4), next, struct blob *, data, size in bytes                     off-heap object
 * sub:   header(5), original (a heap or refc binary), byte offset, size in bytes (whole),
 *        bit offset (0..7) | extra bits (0..7) << 8 , flags (BINARY_WRITABLE)
 * match: header(5), original, base, offset in bits, size in bits, reserved       `base` follows the bytes */

#define SUB_BINARY_WORDS         6
#define REFC_BINARY_WORDS        5
#define MATCH_WORDS              6
#define HEAP_BINARY_LIMIT        64 /* bytes; larger ones live outside the heap */
#define HEAP_BINARY_WORDS(bytes) (2 + ((bytes) + 7) / 8)
#define BINARY_WRITABLE          1
static inline bool is_bitstring(term t)
{
    if (!is_boxed(t)) return false;
    enum boxed_kind k = boxed_kind(t);
    return k >= KIND_REFC_BINARY && k <= KIND_SUB_BINARY;
}

/* Words of a boxed object with this header, itself included. */
size_t boxed_total_words(const term *words);

#endif
