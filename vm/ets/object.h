/* SPDX-License-Identifier: Apache-2.0 */
/* object.h -- one object of a table: a tuple and all that it refers to, in one block.
 *
 * The words of the tuple come first, the rest behind them, so that copying an object out is one
 * memcpy() and, when it is no flat tuple, one pass that moves the pointers along.
 *
 * Always true: no term in an object points out of its block; literals are copied in too, so
 * that purging a module never has to look into tables.
 *
 * In a compressed table an object may be packed (packed.h).  Then its elements cannot be read in
 * place, but for immediates and the key: object_plain().
 */
#ifndef VM_OBJECT_H
#define VM_OBJECT_H

#include "heap/heap.h"

struct object {
    term *off_heap; /* chain of what owns something outside; NULL mostly */
    uint32_t words; /* of `tuple` and what follows it, unpacked; | OBJECT_PACKED */
    uint32_t mark;  /* the kind of table's: hash and a bit, or the height in a tree */
    term tuple[];
};

/* What stands before the object in its block is the kind of table's too. */
struct hash_node {
    struct hash_node *next;
    struct object object;
};
struct tree_node {
    struct tree_node *left, *right;
    struct object object;
};

#define OBJECT_PACKED (UINT32_C(1) << 31)
static inline bool object_is_packed(const struct object *o) { return o->words & OBJECT_PACKED; }
/* What a copy takes. */
static inline size_t object_words(const struct object *o) { return o->words & ~OBJECT_PACKED; }
/* Not of a packed one. */
static inline term object_term(const struct object *o) { return boxed_term(o->tuple); }
static inline term object_key(const struct object *o, uint32_t keypos) { return o->tuple[keypos]; }
static inline size_t object_arity(const struct object *o) { return header_arity(*o->tuple); }

/* A block of `prefix` bytes and an object with a copy of this tuple; NULL: no memory.  `mark` is not set.
 * packed_key: where its key is, when it may be packed; else 0. */
void *object_make(size_t prefix, term tuple, uint32_t packed_key);
/* Frees the block; `o` stands `prefix` bytes into it. */
void object_free(struct object *o, size_t prefix);
/* The object itself, or what it is unpacked: until the next call, and what it owns is not counted. */
const struct object *object_plain(const struct object *o);
/* Bytes of it, as ets:info(T, memory) counts them. */
size_t object_bytes(const struct object *o);
/* A copy of the tuple on this heap. */
term object_copy(const struct object *o, struct heap *h);
/* The same of one element. */
term object_element(const struct object *o, size_t position, struct heap *h);
/* The whole into `to`, room for object_words(o); *list gets what is off-heap. */
term object_copy_to(const struct object *o, term *to, struct off_heap *list);

#endif
