/* SPDX-License-Identifier: Apache-2.0 */
/* nif.h -- native libraries that were linked into the image, and what of them is loaded.
 *
 * A library is a row of image_nifs.  erlang:load_nif/2 makes an *instance* of it for the code area
 * that called; the instance lives until its code is purged and its last resource is gone.
 * The functions of erl_nif.h stand in this folder by subject:
 *
 *   load.c      load_nif/2, unloading          call.c      calling, scheduling, exceptions
 *   env.c       environments, messages         terms.c     looking into terms, making them
 *   map.c       maps                           bytes.c     binaries
 *   queue.c     queues of bytes, iovecs        resource.c  types, resources, monitors
 *   thread.c    what there is of threads       print.c     printf with %T
 *   system.c    time, the system                       tracer.c    modules that trace
 */
#ifndef VM_NIF_H
#define VM_NIF_H

#include "code/nif.h"
#include "include/erl_nif.h"

/* --- libraries: the table that `mote build` links in ----------------------------------------- */

struct nif_library {
    const char *name; /* base name of the path that load_nif/2 is given; NULL: end of the table */
    ErlNifEntry *(*init)(void);
    void *data, *data_end; /* its variables: as new when it is loaded again; NULL: unknown */
};
extern const struct nif_library image_nifs[];

/* --- instances ------------------------------------------------------------------------------------ */

struct nif_instance {
    const struct nif_library *library;
    struct code_area *area; /* NULL when purged */
    term module;
    void *priv_data;
    unsigned functions_count, holds; /* holds: code, and resource types with callbacks */
    struct nif_function *functions;  /* low memory */
    ErlNifEntry entry;
};
/* One fewer who needs its code; the last one unloads. */
void nif_release(struct nif_instance *i);

/* --- environments ------------------------------------------------------------------------------------ */

enum env_kind { ENV_CALL, ENV_CALLBACK, ENV_OWN };

struct enif_environment_t {
    enum env_kind kind;
    struct heap *heap;      /* where terms are made */
    struct process *caller; /* NULL but in a call */
    struct nif_instance *instance;
    struct temporary *temporaries; /* blocks that last as long as the terms */
    bool failed;
    term reason;
    /* What enif_schedule_nif() asked for. */
    ERL_NIF_TERM (*next)(ErlNifEnv *, int, const ERL_NIF_TERM *);
    term next_name;
    uint32_t next_count, next_flags;
    struct heap own; /* of ENV_CALLBACK and ENV_OWN */
};

void env_start(ErlNifEnv *env, enum env_kind kind, struct process *p, struct nif_instance *i);
void env_end(ErlNifEnv *env);
/* A block that is freed with the environment's terms; ends the process when there is no memory. */
void *env_block(ErlNifEnv *env, size_t bytes);
/* There is no memory: the process that runs ends, and the C code of the NIF goes no further. */
void nif_no_memory(void) __attribute__((__noreturn__));

/* What native code is running: for crash reports. */
struct nif_running {
    struct nif_instance *instance;
    const char *what; /* "callback load", or NULL: the function below */
    term name;
    uint32_t arity, flags;
};
extern struct nif_running nif_running;

static inline term of_nif(ERL_NIF_TERM t) { return term_of(t); }
static inline ERL_NIF_TERM to_nif(term t) { return t.bits; }

/* --- calls and resources ---------------------------------------------------------------------------------- */

term nif_call(struct process *p, const struct nif_function *f, term *x);

/* While an instance is loading, types are opened for it and come into being when it is loaded. */
void resource_types_commit(struct nif_instance *i);
void resource_types_roll_back(void);
/* The module's code is gone: so are its types, when their resources are. */
void resource_types_leave(struct nif_instance *i);
void nif_tracer_start(void);
/* Runs the destructors and the callbacks about processes that are due. */
void nif_resources_release(void);

/* The modules that have ever loaded one. */
term nif_modules(struct heap *h);
void nif_unload_area(struct nif_instance *i);

struct plat_boot;
/* image/ lists these. */
void nif_start(const struct plat_boot *boot);
extern const struct native_table nif_natives;

/* For thread.c and its like: ends the mote with a sentence that names the NIF. */
void nif_fatal(const char *why) __attribute__((__noreturn__));

#endif
