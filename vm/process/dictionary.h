/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary.h -- the process dictionary: put/2, get/1, erase/1.
 *
 * Keys and values stay on the process's heap; `pairs` is a range of roots for its collector.
 */
#ifndef VM_DICTIONARY_H
#define VM_DICTIONARY_H

#include "heap/heap.h"

struct dictionary {
    uint32_t count, room;
    uint32_t mask;    /* of index */
    uint32_t *index;  /* open addressing: place in pairs + 1, or 0 */
    uint32_t *hashes; /* of the keys, by place */
    term *pairs;      /* key, value, key, value ... */
};

/* NO_VALUE when the key is not there.  `d` may be NULL. */
term dictionary_get(const struct dictionary *d, term key);
/* Makes *d when it is NULL.  *old: what the key had, or NO_VALUE.  false: no memory. */
bool dictionary_put(struct dictionary **d, term key, term value, term *old);
/* What the key had, or NO_VALUE. */
term dictionary_erase(struct dictionary *d, term key);
void dictionary_free(struct dictionary *d);
static inline uint32_t dictionary_count(const struct dictionary *d) { return d ? d->count : 0; }
/* [{Key, Value}] on h; the terms themselves are not copied. */
term dictionary_list(struct heap *h, const struct dictionary *d);
size_t dictionary_bytes(const struct dictionary *d);

#endif
