/* SPDX-License-Identifier: Apache-2.0 */
/* packed.h -- objects of compressed tables: what is no immediate stands in them as bytes.
 *
 * The words of a packed object:
 *
 *   tuple: its header; each element that is immediate, and the key, as in any object; for any
 *          other a mark: where its bytes begin, and how many words it takes when unpacked
 *   one word: bytes of the block behind the struct
 *   the key's words, and loose terms: those that own something outside the block, or point into
 *          what does; first a word for each, then what they refer to
 *   bytes
 *
 * Bytes are written once and read often, by nobody else; so they follow our terms, not the
 * external format.  Terms of any depth cost no C stack.
 */
#ifndef VM_PACKED_H
#define VM_PACKED_H

#include "ets/object.h"

/* As object_make(), packed; NULL: no memory, or not worth it (*plain is set then). */
void *packed_make(size_t prefix, term tuple, uint32_t keypos, bool *plain);
/* The tuple, written to `to`, room for object_words(o); as object_copy_to(). */
term packed_copy_to(const struct object *o, term *to, struct off_heap *list);
/* One element of it: words it takes, and a copy. */
size_t packed_element_words(const struct object *o, size_t position);
term packed_element(const struct object *o, size_t position, term *to, struct off_heap *list);
/* Bytes of the block from the struct on. */
size_t packed_bytes(const struct object *o);

#endif
