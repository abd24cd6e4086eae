/* SPDX-License-Identifier: Apache-2.0 */
/* thread.c -- erl_nif.h: threads and what guards against them.
 *
 * There is one thread.  Locks count, so that a mistake is found: locking what is locked would wait for
 * ever, and so would waiting for a signal; both end the mote with a sentence.  Starting a
 * thread gives an error, which the log explains once.
 */
#include "nif/nif.h"
#include "heap/arena.h"
#include "process/log.h"

enum { NO_MEMORY = 12 /* ENOMEM */, BUSY = 16 /* EBUSY */, NOT_SUPPORTED = 95 /* EOPNOTSUPP */ };

struct named {
    char *name;
};

static char *copy_name(const char *name)
{
    size_t n = name ? strlen(name) : 0;
    char *copy = name ? arena_malloc(n + 1) : NULL;
    if (copy) memcpy(copy, name, n + 1);
    return copy;
}

static void *make(size_t bytes, const char *name)
{
    struct named *made = arena_calloc(bytes);
    if (made) made->name = copy_name(name);
    return made;
}

static void drop(void *object)
{
    struct named *n = object;
    if (!n) return;
    arena_free(n->name);
    arena_free(n);
}

int enif_thread_type(void)
{
    if (!nif_running.instance) return ERL_NIF_THR_UNDEFINED;
    if (nif_running.flags == ERL_NIF_DIRTY_JOB_CPU_BOUND) return ERL_NIF_THR_DIRTY_CPU_SCHEDULER;
    if (nif_running.flags == ERL_NIF_DIRTY_JOB_IO_BOUND) return ERL_NIF_THR_DIRTY_IO_SCHEDULER;
    return ERL_NIF_THR_NORMAL_SCHEDULER;
}

/* --- mutexes -------------------------------------------------------------------------------------- */

struct ErlDrvMutex_ {
    struct named named;
    bool locked;
};

ErlNifMutex *enif_mutex_create(char *name) { return make(sizeof(ErlNifMutex), name); }
char *enif_mutex_name(ErlNifMutex *m) { return m ? m->named.name : NULL; }
void enif_mutex_destroy(ErlNifMutex *m) { drop(m); }

int enif_mutex_trylock(ErlNifMutex *m)
{
    if (m->locked) return BUSY;
    m->locked = true;
    return 0;
}
void enif_mutex_lock(ErlNifMutex *m)
{
    if (enif_mutex_trylock(m)) nif_fatal("a mutex is locked a second time by the only thread");
}
void enif_mutex_unlock(ErlNifMutex *m)
{
    if (!m->locked) nif_fatal("a mutex is unlocked that was not locked");
    m->locked = false;
}

/* --- conditions --------------------------------------------------------------------------------------- */

struct ErlDrvCond_ {
    struct named named;
};

ErlNifCond *enif_cond_create(char *name) { return make(sizeof(ErlNifCond), name); }
char *enif_cond_name(ErlNifCond *c) { return c ? c->named.name : NULL; }
void enif_cond_destroy(ErlNifCond *c) { drop(c); }
void enif_cond_signal(ErlNifCond *c) { (void)c; }
void enif_cond_broadcast(ErlNifCond *c) { (void)c; }
void enif_cond_wait(ErlNifCond *c, ErlNifMutex *m)
{
    (void)c, (void)m;
    nif_fatal("it waits for another thread (enif_cond_wait), and there is only one");
}

/* --- readers and writers ---------------------------------------------------------------------------------- */

struct ErlDrvRWLock_ {
    struct named named;
    unsigned readers;
    bool writer;
};

ErlNifRWLock *enif_rwlock_create(char *name) { return make(sizeof(ErlNifRWLock), name); }
char *enif_rwlock_name(ErlNifRWLock *l) { return l ? l->named.name : NULL; }
void enif_rwlock_destroy(ErlNifRWLock *l) { drop(l); }

int enif_rwlock_tryrlock(ErlNifRWLock *l)
{
    if (l->writer) return BUSY;
    l->readers++;
    return 0;
}
void enif_rwlock_rlock(ErlNifRWLock *l)
{
    if (enif_rwlock_tryrlock(l))
        nif_fatal("a lock is taken to read that its only thread writes under");
}
void enif_rwlock_runlock(ErlNifRWLock *l)
{
    if (!l->readers) nif_fatal("a lock is left that nobody reads under");
    l->readers--;
}
int enif_rwlock_tryrwlock(ErlNifRWLock *l)
{
    if (l->writer || l->readers) return BUSY;
    l->writer = true;
    return 0;
}
void enif_rwlock_rwlock(ErlNifRWLock *l)
{
    if (enif_rwlock_tryrwlock(l)) nif_fatal("a lock is taken to write that the only thread has");
}
void enif_rwlock_rwunlock(ErlNifRWLock *l)
{
    if (!l->writer) nif_fatal("a lock is left that nobody writes under");
    l->writer = false;
}

/* --- data of a thread ------------------------------------------------------------------------------------------ */

static struct key {
    bool used;
    void *data;
} * keys;
static int keys_room;

int enif_tsd_key_create(char *name, ErlNifTSDKey *key)
{
    int i = 0;
    (void)name;
    while (i < keys_room && keys[i].used) i++;
    if (i == keys_room) {
        int room = keys_room ? keys_room * 2 : 8;
        struct key *more = arena_realloc(keys, (size_t)room * sizeof *more);
        if (!more) return NO_MEMORY;
        memset(more + keys_room, 0, (size_t)(room - keys_room) * sizeof *more);
        keys = more;
        keys_room = room;
    }
    keys[i] = (struct key){.used = true};
    *key = i;
    return 0;
}

static struct key *find_key(ErlNifTSDKey key)
{
    if (key < 0 || key >= keys_room || !keys[key].used)
        nif_fatal("a key of thread specific data is used that was not created");
    return &keys[key];
}

void enif_tsd_key_destroy(ErlNifTSDKey key) { find_key(key)->used = false; }
void enif_tsd_set(ErlNifTSDKey key, void *data) { find_key(key)->data = data; }
void *enif_tsd_get(ErlNifTSDKey key) { return find_key(key)->data; }

/* --- threads ----------------------------------------------------------------------------------------------------- */

struct ErlDrvTid_ {
    char *name;
};
static struct ErlDrvTid_ the_thread = {NULL};

ErlNifThreadOpts *enif_thread_opts_create(char *name)
{
    (void)name;
    ErlNifThreadOpts *o = arena_malloc(sizeof *o);
    if (o) o->suggested_stack_size = -1;
    return o;
}
void enif_thread_opts_destroy(ErlNifThreadOpts *o) { arena_free(o); }

int enif_thread_create(char *name, ErlNifTid *tid, void *(*body)(void *), void *argument,
                       ErlNifThreadOpts *options)
{
    static bool told;
    (void)name, (void)body, (void)argument, (void)options;
    *tid = NULL;
    if (!told)
        log_text(
            ATOM(warning), NIL,
            "Native code asks for a thread (enif_thread_create), and a mote has only one. It is "
            "told EOPNOTSUPP.\n");
    told = true;
    return NOT_SUPPORTED;
}

char *enif_thread_name(ErlNifTid tid) { return tid ? tid->name : NULL; }
ErlNifTid enif_thread_self(void) { return &the_thread; }
int enif_equal_tids(ErlNifTid a, ErlNifTid b) { return a == b; }
void enif_thread_exit(void *result)
{
    (void)result;
    nif_fatal("it ends its thread (enif_thread_exit), and there is only one");
}
int enif_thread_join(ErlNifTid tid, void **result)
{
    (void)tid, (void)result;
    return NOT_SUPPORTED;
}
