/* SPDX-License-Identifier: Apache-2.0 */
/* identity.h -- the numbers inside pids, ports and references, local or external alike. */
#ifndef VM_IDENTITY_H
#define VM_IDENTITY_H

#include "term/node.h"

static inline uint32_t pid_number(term pid)
{
    return is_local_pid(pid) ? id_number(id_data(pid)) : (uint32_t)external_data(pid);
}
static inline uint32_t pid_serial(term pid)
{
    return is_local_pid(pid) ? id_serial(id_data(pid)) : (uint32_t)(external_data(pid) >> 32);
}
static inline uint64_t port_number(term port)
{
    return is_local_port(port) ? id_data(port) : external_data(port);
}

/* The 32-bit numbers of a reference, least significant first. */
#define REF_NUMBERS_MAX 5
static inline size_t ref_number_count(term ref)
{
    return is_local_ref(ref) ? 3 : boxed_words(ref)[2].bits;
}
static inline uint32_t ref_number(term ref, size_t i)
{
    const uint64_t *packed =
        is_local_ref(ref) ? ref_ids(ref) : (const uint64_t *)(boxed_words(ref) + 3);
    return (uint32_t)(packed[i / 2] >> (i % 2 * 32));
}
#define EXTERNAL_REF_WORDS(numbers) (3 + ((numbers) + 1) / 2)

#endif
