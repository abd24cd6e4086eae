/* SPDX-License-Identifier: Apache-2.0 */
/* ninep.h -- the bytes of 9P2000.L, as both sides write and read them.
 *
 *   message   size[4] type[1] tag[2] and what its type says; size counts itself
 *   string    bytes[2] and as many bytes, no zero behind them
 *   qid       kind[1] version[4] path[8]
 *
 * All numbers are little endian.  Reading and writing go through cursors that never leave their bytes: once
 * something does not fit, `bad` is set, and reads give zeros from then on.
 */
#ifndef BASE_NINEP_H
#define BASE_NINEP_H

#include "base/bytes.h"

#define NINEP_VERSION "9P2000.L"
#define NINEP_NO_TAG  0xffffu
#define NINEP_NO_FID  0xffffffffu

/* MESSAGE(name, number of the request); its reply has the number behind that. */
#define NINEP_MESSAGES(MESSAGE)                                                                      \
    MESSAGE(ERROR, 6)                                                                                \
    MESSAGE(STATFS, 8)                                                                               \
    MESSAGE(OPEN, 12)                                                                                \
    MESSAGE(CREATE, 14)                                                                              \
    MESSAGE(SYMLINK, 16)                                                                             \
    MESSAGE(MKNOD, 18)                                                                               \
    MESSAGE(RENAME, 20)                                                                              \
    MESSAGE(READLINK, 22)                                                                            \
    MESSAGE(GETATTR, 24)                                                                             \
    MESSAGE(SETATTR, 26)                                                                             \
    MESSAGE(XATTRWALK, 30)                                                                           \
    MESSAGE(XATTRCREATE, 32)                                                                         \
    MESSAGE(READDIR, 40)                                                                             \
    MESSAGE(FSYNC, 50)                                                                               \
    MESSAGE(LOCK, 52)                                                                                \
    MESSAGE(GETLOCK, 54)                                                                             \
    MESSAGE(LINK, 70)                                                                                \
    MESSAGE(MKDIR, 72)                                                                               \
    MESSAGE(RENAMEAT, 74)                                                                            \
    MESSAGE(UNLINKAT, 76)                                                                            \
    MESSAGE(HELLO, 100) /* "version" */                                                              \
    MESSAGE(AUTH, 102)                                                                               \
    MESSAGE(ATTACH, 104)                                                                             \
    MESSAGE(FLUSH, 108)                                                                              \
    MESSAGE(WALK, 110)                                                                               \
    MESSAGE(READ, 116)                                                                               \
    MESSAGE(WRITE, 118)                                                                              \
    MESSAGE(CLUNK, 120)                                                                              \
    MESSAGE(REMOVE, 122)                                                                             \
    /* Not of the protocol; only between a mote and its own monitor:                               \
     * fid[4] offset[8] bytes[8]: reserve room on the disk, as posix_fallocate() */ \
    MESSAGE(ALLOCATE, 200)                                                                           \
    /* Another: fid[4]; the reply is a string, the way there from the root, as it is now. */         \
    MESSAGE(PATH, 202)

enum ninep_message {
#define MESSAGE(name, number) NINEP_##name = number,
    NINEP_MESSAGES(MESSAGE)
#undef MESSAGE
};

enum {
    NINEP_HEADER = 7,
    NINEP_READ_HEADER = 11,  /* of the reply to read and readdir: what follows are its bytes */
    NINEP_WRITE_HEADER = 23, /* the same of the request to write */
    NINEP_QID = 13,
    NINEP_NAMES_MOST = 16, /* in one walk */
    NINEP_NAME_MOST = 255,
    NINEP_ENTRY_MOST =
        512, /* more than an entry of a folder takes.  Our server fills a reply until less is left. */
    NINEP_MSIZE_LEAST = 4096,
};

/* Kinds, in a qid. */
enum { NINEP_IS_FOLDER = 0x80, NINEP_IS_LINK = 0x02, NINEP_IS_FILE = 0 };

/* Flags of open and create: those of Linux on most machines, whatever this one has. */
enum {
    NINEP_WRITE_ONLY = 01,
    NINEP_READ_WRITE = 02,
    NINEP_ACCESS = 03,
    NINEP_MAKE = 0100,
    NINEP_EXCLUSIVE = 0200,
    NINEP_TRUNCATE = 01000,
    NINEP_APPEND = 02000,
    NINEP_DATA_SYNC = 010000,
    NINEP_DIRECTORY = 0200000,
    NINEP_SYNC = 04000000,
};

enum { NINEP_UNLINK_FOLDER = 0x200 };

#define NINEP_GETATTR_BASIC  UINT64_C(0x7ff)
/* Of our own, in the mask of getattr and of its reply: data_version has what the server's user may do, 4 for
 * reading and 2 for writing, as access(2) says it, and 16 times that what the mode says to him. */
#define NINEP_GETATTR_ACCESS (UINT64_C(1) << 63)

/* What setattr changes. */
enum {
    NINEP_SET_MODE = 1,
    NINEP_SET_USER = 2,
    NINEP_SET_GROUP = 4,
    NINEP_SET_SIZE = 8,
    NINEP_SET_ATIME = 16,
    NINEP_SET_MTIME = 32,
    NINEP_SET_CTIME = 64,
    NINEP_SET_ATIME_TO = 128,
    NINEP_SET_MTIME_TO = 256,
};

struct ninep_qid {
    uint8_t kind;
    uint32_t version;
    uint64_t path;
};

/* --- reading ------------------------------------------------------------------------------ */

struct ninep_reader {
    const uint8_t *at;
    size_t left;
    bool bad;
};

static inline uint64_t ninep_get(struct ninep_reader *r, unsigned bytes)
{
    uint64_t v = 0;
    if (r->bad || r->left < bytes) {
        r->bad = true;
        return 0;
    }
    memcpy(&v, r->at, bytes);
    r->at += bytes;
    r->left -= bytes;
    return v;
}
static inline uint8_t ninep_get8(struct ninep_reader *r) { return (uint8_t)ninep_get(r, 1); }
static inline uint16_t ninep_get16(struct ninep_reader *r) { return (uint16_t)ninep_get(r, 2); }
static inline uint32_t ninep_get32(struct ninep_reader *r) { return (uint32_t)ninep_get(r, 4); }
static inline uint64_t ninep_get64(struct ninep_reader *r) { return ninep_get(r, 8); }

static inline struct bytes ninep_get_bytes(struct ninep_reader *r, size_t n)
{
    struct bytes b = {r->at, n};
    if (r->bad || r->left < n) {
        r->bad = true;
        return (struct bytes){0};
    }
    r->at += n;
    r->left -= n;
    return b;
}
static inline struct bytes ninep_get_string(struct ninep_reader *r)
{
    return ninep_get_bytes(r, ninep_get16(r));
}
static inline struct ninep_qid ninep_get_qid(struct ninep_reader *r)
{
    struct ninep_qid q;
    q.kind = ninep_get8(r);
    q.version = ninep_get32(r);
    q.path = ninep_get64(r);
    return q;
}

/* --- writing -------------------------------------------------------------------------------- */

struct ninep_writer {
    uint8_t *bytes;
    size_t used, room;
    bool bad;
};

static inline void ninep_put(struct ninep_writer *w, uint64_t v, unsigned bytes)
{
    if (w->bad || w->room - w->used < bytes) {
        w->bad = true;
        return;
    }
    memcpy(w->bytes + w->used, &v, bytes);
    w->used += bytes;
}
static inline void ninep_put8(struct ninep_writer *w, uint8_t v) { ninep_put(w, v, 1); }
static inline void ninep_put16(struct ninep_writer *w, uint16_t v) { ninep_put(w, v, 2); }
static inline void ninep_put32(struct ninep_writer *w, uint32_t v) { ninep_put(w, v, 4); }
static inline void ninep_put64(struct ninep_writer *w, uint64_t v) { ninep_put(w, v, 8); }

static inline void ninep_put_string(struct ninep_writer *w, const void *text, size_t n)
{
    if (n > UINT16_MAX || w->bad || w->room - w->used < n + 2) {
        w->bad = true;
        return;
    }
    ninep_put16(w, (uint16_t)n);
    if (n) memcpy(w->bytes + w->used, text, n);
    w->used += n;
}
static inline void ninep_put_qid(struct ninep_writer *w, struct ninep_qid q)
{
    ninep_put8(w, q.kind);
    ninep_put32(w, q.version);
    ninep_put64(w, q.path);
}

/* A message begins; `extra` bytes follow it that are not written here.  ninep_end() says whether all fitted. */
static inline void ninep_begin(struct ninep_writer *w, unsigned type, uint16_t tag)
{
    w->used = 0;
    w->bad = false;
    ninep_put32(w, 0);
    ninep_put8(w, (uint8_t)type);
    ninep_put16(w, tag);
}
static inline bool ninep_end(struct ninep_writer *w, size_t extra)
{
    if (w->bad || w->used + extra > UINT32_MAX) return false;
    uint32_t size = (uint32_t)(w->used + extra);
    memcpy(w->bytes, &size, sizeof size);
    return true;
}

#endif
