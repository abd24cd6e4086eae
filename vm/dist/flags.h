/* SPDX-License-Identifier: Apache-2.0 */
/* flags.h -- the numbers of the distribution protocol: what nodes tell each other that they can do, and the
 * operations.  See "Distribution Protocol" in the ERTS manual.
 */
#ifndef VM_DIST_FLAGS_H
#define VM_DIST_FLAGS_H

#include <stdint.h>

#define DIST_FLAG(bit) (UINT64_C(1) << (bit))
enum dist_flag_bit {
    BIT_PUBLISHED = 0,
    BIT_EXTENDED_REFERENCES = 2,
    BIT_MONITOR = 3,
    BIT_FUN_TAGS = 4,
    BIT_MONITOR_NAME = 5,
    BIT_NEW_FUN_TAGS = 7,
    BIT_EXTENDED_PIDS_PORTS = 8,
    BIT_EXPORT_PTR_TAG = 9,
    BIT_BIT_BINARIES = 10,
    BIT_NEW_FLOATS = 11,
    BIT_UNICODE_IO = 12,
    BIT_ATOM_CACHE = 13, /* DIST_HDR_ATOM_CACHE */
    BIT_SMALL_ATOM_TAGS = 14,
    BIT_UTF8_ATOMS = 16,
    BIT_MAP_TAG = 17,
    BIT_BIG_CREATION = 18,
    BIT_SEND_SENDER = 19,
    BIT_BIG_SEQTRACE_LABELS = 20,
    BIT_EXIT_PAYLOAD = 22,
    BIT_FRAGMENTS = 23,
    BIT_HANDSHAKE_23 = 24,
    BIT_UNLINK_ID = 25,
    BIT_MANDATORY_25_DIGEST = 26,
    BIT_SPAWN = 32,
    BIT_V4_NC = 34,
    BIT_ALIAS = 35
};

#define DIST_MANDATORY_25                                                                          \
    (DIST_FLAG(BIT_EXTENDED_REFERENCES) | DIST_FLAG(BIT_FUN_TAGS) |                                \
     DIST_FLAG(BIT_EXTENDED_PIDS_PORTS) | DIST_FLAG(BIT_UTF8_ATOMS) |                              \
     DIST_FLAG(BIT_NEW_FUN_TAGS) | DIST_FLAG(BIT_BIG_CREATION) | DIST_FLAG(BIT_NEW_FLOATS) |       \
     DIST_FLAG(BIT_MAP_TAG) | DIST_FLAG(BIT_EXPORT_PTR_TAG) | DIST_FLAG(BIT_BIT_BINARIES) |        \
     DIST_FLAG(BIT_HANDSHAKE_23))
#define DIST_MANDATORY_26 (DIST_MANDATORY_25 | DIST_FLAG(BIT_V4_NC) | DIST_FLAG(BIT_UNLINK_ID))
#define DIST_DEFAULT                                                                               \
    (DIST_MANDATORY_26 | DIST_FLAG(BIT_MONITOR) | DIST_FLAG(BIT_MONITOR_NAME) |                    \
     DIST_FLAG(BIT_SPAWN) | DIST_FLAG(BIT_ALIAS) | DIST_FLAG(BIT_UNICODE_IO) |                     \
     DIST_FLAG(BIT_ATOM_CACHE) | DIST_FLAG(BIT_SMALL_ATOM_TAGS) | DIST_FLAG(BIT_SEND_SENDER) |     \
     DIST_FLAG(BIT_BIG_SEQTRACE_LABELS) | DIST_FLAG(BIT_EXIT_PAYLOAD) | DIST_FLAG(BIT_FRAGMENTS) | \
     DIST_FLAG(BIT_MANDATORY_25_DIGEST))
/* What a carrier may refuse, the old atom caches included, and what it must deliver in order for. */
#define DIST_REJECTABLE                                                                            \
    (DIST_FLAG(BIT_ATOM_CACHE) | DIST_FLAG(6) | DIST_FLAG(BIT_FRAGMENTS) | DIST_FLAG(1))
#define DIST_STRICT_ORDER DIST_FLAG(BIT_ATOM_CACHE)

enum dist_operation {
    DIST_LINK = 1,
    DIST_SEND = 2,
    DIST_EXIT = 3,
    DIST_UNLINK = 4,
    DIST_REG_SEND = 6,
    DIST_GROUP_LEADER = 7,
    DIST_EXIT2 = 8,
    DIST_SEND_TT = 12,
    DIST_EXIT_TT = 13,
    DIST_REG_SEND_TT = 16,
    DIST_EXIT2_TT = 18,
    DIST_MONITOR_P = 19,
    DIST_DEMONITOR_P = 20,
    DIST_MONITOR_P_EXIT = 21,
    DIST_SEND_SENDER = 22,
    DIST_SEND_SENDER_TT = 23,
    DIST_PAYLOAD_EXIT = 24,
    DIST_PAYLOAD_EXIT_TT = 25,
    DIST_PAYLOAD_EXIT2 = 26,
    DIST_PAYLOAD_EXIT2_TT = 27,
    DIST_PAYLOAD_MONITOR_P_EXIT = 28,
    DIST_SPAWN_REQUEST = 29,
    DIST_SPAWN_REQUEST_TT = 30,
    DIST_SPAWN_REPLY = 31,
    DIST_SPAWN_REPLY_TT = 32,
    DIST_ALIAS_SEND = 33,
    DIST_ALIAS_SEND_TT = 34,
    DIST_UNLINK_ID = 35,
    DIST_UNLINK_ID_ACK = 36
};
enum { DIST_SPAWN_LINK = 1, DIST_SPAWN_MONITOR = 2 }; /* flags of SPAWN_REPLY */

#define DIST_FRAGMENT_BYTES (64 << 10)
#define DIST_BUSY_BYTES     (1 << 20) /* so much waits to go out: senders are suspended */
#define DIST_CACHE_SLOTS    2048
#define DIST_ATOMS_MAX      255 /* of the cache, in one message */

#endif
