/* SPDX-License-Identifier: Apache-2.0 */
/* erl_nif.h -- native functions for Erlang modules: what their C or C++ code may use in a mote.
 *
 * The interface is that of OTP 25 (version 2.16): the same names, types, values and meanings, as
 * erl_nif(3) of OTP describes them.  What a mote does differently is in doc/nif.md.  Code that
 * includes this header is linked into an image by `mote build --nif`; nothing is opened at run time.
 *
 * A mote has one thread: no function here may be called from anywhere but a NIF or a callback.
 */
#ifndef __ERL_NIF_H__
#define __ERL_NIF_H__

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "erl_drv_nif.h"

#define ERL_NIF_MAJOR_VERSION                      2
#define ERL_NIF_MINOR_VERSION                      16
#define ERL_NIF_MIN_REQUIRED_MAJOR_VERSION_ON_LOAD 2
#define ERL_NIF_MIN_ERTS_VERSION                   "erts-12.0"
#define ERL_NIF_VM_VARIANT                         "beam.vanilla"

#ifdef __cplusplus
extern "C" {
#endif

/* --- types ------------------------------------------------------------------------------------ */

typedef ErlNapiUInt64 ErlNifUInt64;
typedef ErlNapiSInt64 ErlNifSInt64;
typedef ErlNapiUInt ErlNifUInt;
typedef ErlNapiSInt ErlNifSInt;
typedef ErlNifUInt ERL_NIF_TERM;
typedef ERL_NIF_TERM ERL_NIF_UINT;

struct enif_environment_t;
typedef struct enif_environment_t ErlNifEnv;

typedef struct enif_func_t {
    const char *name;
    unsigned arity;
    ERL_NIF_TERM (*fptr)(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[]);
    unsigned flags;
} ErlNifFunc;

typedef struct enif_entry_t {
    int major, minor;
    const char *name;
    int num_of_funcs;
    ErlNifFunc *funcs;
    int (*load)(ErlNifEnv *, void **priv_data, ERL_NIF_TERM load_info);
    int (*reload)(ErlNifEnv *, void **priv_data, ERL_NIF_TERM load_info);
    int (*upgrade)(ErlNifEnv *, void **priv_data, void **old_priv_data, ERL_NIF_TERM load_info);
    void (*unload)(ErlNifEnv *, void *priv_data);
    const char *vm_variant;
    unsigned options;
    size_t sizeof_ErlNifResourceTypeInit;
    const char *min_erts;
} ErlNifEntry;

typedef struct {
    size_t size;
    unsigned char *data;
    void *ref_bin; /* from here on: not for users */
    void *__spare__[2];
} ErlNifBinary;

typedef int ErlNifEvent;

#define ERL_NIF_SELECT_STOP_CALLED     (1 << 0)
#define ERL_NIF_SELECT_STOP_SCHEDULED  (1 << 1)
#define ERL_NIF_SELECT_INVALID_EVENT   (1 << 2)
#define ERL_NIF_SELECT_FAILED          (1 << 3)
#define ERL_NIF_SELECT_READ_CANCELLED  (1 << 4)
#define ERL_NIF_SELECT_WRITE_CANCELLED (1 << 5)
#define ERL_NIF_SELECT_ERROR_CANCELLED (1 << 6)
#define ERL_NIF_SELECT_NOTSUP          (1 << 7)

typedef enum { ERL_NIF_RT_CREATE = 1, ERL_NIF_RT_TAKEOVER = 2 } ErlNifResourceFlags;
typedef enum { ERL_NIF_LATIN1 = 1 } ErlNifCharEncoding;

typedef struct {
    ERL_NIF_TERM pid;
} ErlNifPid;
typedef struct {
    ERL_NIF_TERM port_id;
} ErlNifPort;
typedef ErlDrvMonitor ErlNifMonitor;

typedef struct enif_resource_type_t ErlNifResourceType;
typedef void ErlNifResourceDtor(ErlNifEnv *, void *);
typedef void ErlNifResourceStop(ErlNifEnv *, void *, ErlNifEvent, int is_direct_call);
typedef void ErlNifResourceDown(ErlNifEnv *, void *, ErlNifPid *, ErlNifMonitor *);
typedef void ErlNifResourceDynCall(ErlNifEnv *, void *obj, void *call_data);
typedef struct {
    ErlNifResourceDtor *dtor;
    ErlNifResourceStop *stop;
    ErlNifResourceDown *down;
    int members;
    ErlNifResourceDynCall *dyncall;
} ErlNifResourceTypeInit;

typedef ErlDrvSysInfo ErlNifSysInfo;
typedef struct ErlDrvTid_ *ErlNifTid;
typedef struct ErlDrvMutex_ ErlNifMutex;
typedef struct ErlDrvCond_ ErlNifCond;
typedef struct ErlDrvRWLock_ ErlNifRWLock;
typedef int ErlNifTSDKey;
typedef ErlDrvThreadOpts ErlNifThreadOpts;

#define ERL_NIF_THR_UNDEFINED           0
#define ERL_NIF_THR_NORMAL_SCHEDULER    1
#define ERL_NIF_THR_DIRTY_CPU_SCHEDULER 2
#define ERL_NIF_THR_DIRTY_IO_SCHEDULER  3

/* Flags of an ErlNifFunc.  Such a function runs like any other here: there is one thread. */
typedef enum {
    ERL_NIF_DIRTY_JOB_CPU_BOUND = ERL_DIRTY_JOB_CPU_BOUND,
    ERL_NIF_DIRTY_JOB_IO_BOUND = ERL_DIRTY_JOB_IO_BOUND
} ErlNifDirtyTaskFlags;

typedef struct { /* not for users */
    ERL_NIF_TERM map;
    ERL_NIF_UINT size, idx;
    union {
        struct {
            ERL_NIF_TERM *ks, *vs;
        } flat;
        struct {
            struct ErtsDynamicWStack_ *wstack;
            ERL_NIF_TERM *kv;
        } hash;
    } u;
    void *__spare__[2];
} ErlNifMapIterator;
typedef enum {
    ERL_NIF_MAP_ITERATOR_FIRST = 1,
    ERL_NIF_MAP_ITERATOR_LAST = 2,
    ERL_NIF_MAP_ITERATOR_HEAD = ERL_NIF_MAP_ITERATOR_FIRST,
    ERL_NIF_MAP_ITERATOR_TAIL = ERL_NIF_MAP_ITERATOR_LAST
} ErlNifMapIteratorEntry;

typedef enum {
    ERL_NIF_UNIQUE_POSITIVE = (1 << 0),
    ERL_NIF_UNIQUE_MONOTONIC = (1 << 1)
} ErlNifUniqueInteger;
typedef enum { ERL_NIF_BIN2TERM_SAFE = 0x20000000 } ErlNifBinaryToTerm;
typedef enum { ERL_NIF_INTERNAL_HASH = 1, ERL_NIF_PHASH2 = 2 } ErlNifHash;

typedef ErlNifSInt64 ErlNifTime;
#define ERL_NIF_TIME_ERROR ((ErlNifSInt64)ERTS_NAPI_TIME_ERROR__)
typedef enum {
    ERL_NIF_SEC = ERTS_NAPI_SEC__,
    ERL_NIF_MSEC = ERTS_NAPI_MSEC__,
    ERL_NIF_USEC = ERTS_NAPI_USEC__,
    ERL_NIF_NSEC = ERTS_NAPI_NSEC__
} ErlNifTimeUnit;

#define ERL_NIF_IOVEC_SIZE 16
typedef struct erl_nif_io_vec {
    int iovcnt;
    size_t size; /* bytes in all */
    SysIOVec *iov;
    void **ref_bins; /* from here on: not for users */
    int flags;
    SysIOVec small_iov[ERL_NIF_IOVEC_SIZE];
    void *small_ref_bin[ERL_NIF_IOVEC_SIZE];
} ErlNifIOVec;
typedef struct erts_io_queue ErlNifIOQueue;
typedef enum { ERL_NIF_IOQ_NORMAL = 1 } ErlNifIOQueueOpts;

typedef enum {
    ERL_NIF_TERM_TYPE_ATOM = 1,
    ERL_NIF_TERM_TYPE_BITSTRING = 2,
    ERL_NIF_TERM_TYPE_FLOAT = 3,
    ERL_NIF_TERM_TYPE_FUN = 4,
    ERL_NIF_TERM_TYPE_INTEGER = 5,
    ERL_NIF_TERM_TYPE_LIST = 6,
    ERL_NIF_TERM_TYPE_MAP = 7,
    ERL_NIF_TERM_TYPE_PID = 8,
    ERL_NIF_TERM_TYPE_PORT = 9,
    ERL_NIF_TERM_TYPE_REFERENCE = 10,
    ERL_NIF_TERM_TYPE_TUPLE = 11,
    ERL_NIF_TERM_TYPE__MISSING_DEFAULT_CASE__READ_THE_MANUAL = -1
} ErlNifTermType;

/* --- memory, environments ------------------------------------------------------------------------ */

void *enif_priv_data(ErlNifEnv *);
void *enif_alloc(size_t size);
void *enif_realloc(void *ptr, size_t size);
void enif_free(void *ptr);
ErlNifEnv *enif_alloc_env(void);
void enif_free_env(ErlNifEnv *env);
void enif_clear_env(ErlNifEnv *env);
ERL_NIF_TERM enif_make_copy(ErlNifEnv *dst_env, ERL_NIF_TERM src_term);

/* --- what a term is --------------------------------------------------------------------------------- */

int enif_is_atom(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_binary(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_empty_list(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_exception(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_fun(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_list(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_map(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_number(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_pid(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_port(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_ref(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_tuple(ErlNifEnv *, ERL_NIF_TERM term);
ErlNifTermType enif_term_type(ErlNifEnv *, ERL_NIF_TERM term);
int enif_is_identical(ERL_NIF_TERM lhs, ERL_NIF_TERM rhs);
int enif_compare(ERL_NIF_TERM lhs, ERL_NIF_TERM rhs);
ErlNifUInt64 enif_hash(ErlNifHash type, ERL_NIF_TERM term, ErlNifUInt64 salt);

/* --- numbers, atoms, strings -------------------------------------------------------------------------- */

int enif_get_int(ErlNifEnv *, ERL_NIF_TERM term, int *ip);
int enif_get_uint(ErlNifEnv *, ERL_NIF_TERM term, unsigned *ip);
int enif_get_long(ErlNifEnv *, ERL_NIF_TERM term, long *ip);
int enif_get_ulong(ErlNifEnv *, ERL_NIF_TERM term, unsigned long *ip);
int enif_get_double(ErlNifEnv *, ERL_NIF_TERM term, double *dp);
ERL_NIF_TERM enif_make_int(ErlNifEnv *, int i);
ERL_NIF_TERM enif_make_uint(ErlNifEnv *, unsigned i);
ERL_NIF_TERM enif_make_long(ErlNifEnv *, long i);
ERL_NIF_TERM enif_make_ulong(ErlNifEnv *, unsigned long i);
ERL_NIF_TERM enif_make_double(ErlNifEnv *, double d);
#define enif_get_int64   enif_get_long
#define enif_get_uint64  enif_get_ulong
#define enif_make_int64  enif_make_long
#define enif_make_uint64 enif_make_ulong

int enif_get_atom(ErlNifEnv *, ERL_NIF_TERM atom, char *buf, unsigned len, ErlNifCharEncoding);
int enif_get_atom_length(ErlNifEnv *, ERL_NIF_TERM atom, unsigned *len, ErlNifCharEncoding);
ERL_NIF_TERM enif_make_atom(ErlNifEnv *, const char *name);
ERL_NIF_TERM enif_make_atom_len(ErlNifEnv *, const char *name, size_t len);
int enif_make_existing_atom(ErlNifEnv *, const char *name, ERL_NIF_TERM *atom, ErlNifCharEncoding);
int enif_make_existing_atom_len(ErlNifEnv *, const char *name, size_t len, ERL_NIF_TERM *atom,
                                ErlNifCharEncoding);
int enif_get_string(ErlNifEnv *, ERL_NIF_TERM list, char *buf, unsigned len, ErlNifCharEncoding);
ERL_NIF_TERM enif_make_string(ErlNifEnv *, const char *string, ErlNifCharEncoding);
ERL_NIF_TERM enif_make_string_len(ErlNifEnv *, const char *string, size_t len, ErlNifCharEncoding);
ERL_NIF_TERM enif_make_ref(ErlNifEnv *);
ERL_NIF_TERM enif_make_unique_integer(ErlNifEnv *, ErlNifUniqueInteger properties);

/* --- lists and tuples ----------------------------------------------------------------------------------- */

int enif_get_list_cell(ErlNifEnv *, ERL_NIF_TERM term, ERL_NIF_TERM *head, ERL_NIF_TERM *tail);
int enif_get_list_length(ErlNifEnv *, ERL_NIF_TERM term, unsigned *len);
int enif_get_tuple(ErlNifEnv *, ERL_NIF_TERM tpl, int *arity, const ERL_NIF_TERM **array);
ERL_NIF_TERM enif_make_list(ErlNifEnv *, unsigned cnt, ...);
ERL_NIF_TERM enif_make_list_cell(ErlNifEnv *, ERL_NIF_TERM car, ERL_NIF_TERM cdr);
ERL_NIF_TERM enif_make_list_from_array(ErlNifEnv *, const ERL_NIF_TERM arr[], unsigned cnt);
int enif_make_reverse_list(ErlNifEnv *, ERL_NIF_TERM term, ERL_NIF_TERM *list);
ERL_NIF_TERM enif_make_tuple(ErlNifEnv *, unsigned cnt, ...);
ERL_NIF_TERM enif_make_tuple_from_array(ErlNifEnv *, const ERL_NIF_TERM arr[], unsigned cnt);

#define enif_make_tuple1(env, ...) enif_make_tuple(env, 1, __VA_ARGS__)
#define enif_make_tuple2(env, ...) enif_make_tuple(env, 2, __VA_ARGS__)
#define enif_make_tuple3(env, ...) enif_make_tuple(env, 3, __VA_ARGS__)
#define enif_make_tuple4(env, ...) enif_make_tuple(env, 4, __VA_ARGS__)
#define enif_make_tuple5(env, ...) enif_make_tuple(env, 5, __VA_ARGS__)
#define enif_make_tuple6(env, ...) enif_make_tuple(env, 6, __VA_ARGS__)
#define enif_make_tuple7(env, ...) enif_make_tuple(env, 7, __VA_ARGS__)
#define enif_make_tuple8(env, ...) enif_make_tuple(env, 8, __VA_ARGS__)
#define enif_make_tuple9(env, ...) enif_make_tuple(env, 9, __VA_ARGS__)
#define enif_make_list1(env, ...)  enif_make_list(env, 1, __VA_ARGS__)
#define enif_make_list2(env, ...)  enif_make_list(env, 2, __VA_ARGS__)
#define enif_make_list3(env, ...)  enif_make_list(env, 3, __VA_ARGS__)
#define enif_make_list4(env, ...)  enif_make_list(env, 4, __VA_ARGS__)
#define enif_make_list5(env, ...)  enif_make_list(env, 5, __VA_ARGS__)
#define enif_make_list6(env, ...)  enif_make_list(env, 6, __VA_ARGS__)
#define enif_make_list7(env, ...)  enif_make_list(env, 7, __VA_ARGS__)
#define enif_make_list8(env, ...)  enif_make_list(env, 8, __VA_ARGS__)
#define enif_make_list9(env, ...)  enif_make_list(env, 9, __VA_ARGS__)

/* --- maps ---------------------------------------------------------------------------------------------- */

int enif_get_map_size(ErlNifEnv *, ERL_NIF_TERM term, size_t *size);
int enif_get_map_value(ErlNifEnv *, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM *value);
ERL_NIF_TERM enif_make_new_map(ErlNifEnv *);
int enif_make_map_put(ErlNifEnv *, ERL_NIF_TERM map_in, ERL_NIF_TERM key, ERL_NIF_TERM value,
                      ERL_NIF_TERM *map_out);
int enif_make_map_update(ErlNifEnv *, ERL_NIF_TERM map_in, ERL_NIF_TERM key, ERL_NIF_TERM value,
                         ERL_NIF_TERM *map_out);
int enif_make_map_remove(ErlNifEnv *, ERL_NIF_TERM map_in, ERL_NIF_TERM key, ERL_NIF_TERM *map_out);
int enif_make_map_from_arrays(ErlNifEnv *, ERL_NIF_TERM keys[], ERL_NIF_TERM values[], size_t cnt,
                              ERL_NIF_TERM *map_out);
int enif_map_iterator_create(ErlNifEnv *, ERL_NIF_TERM map, ErlNifMapIterator *iter,
                             ErlNifMapIteratorEntry entry);
void enif_map_iterator_destroy(ErlNifEnv *, ErlNifMapIterator *iter);
int enif_map_iterator_is_head(ErlNifEnv *, ErlNifMapIterator *iter);
int enif_map_iterator_is_tail(ErlNifEnv *, ErlNifMapIterator *iter);
int enif_map_iterator_next(ErlNifEnv *, ErlNifMapIterator *iter);
int enif_map_iterator_prev(ErlNifEnv *, ErlNifMapIterator *iter);
int enif_map_iterator_get_pair(ErlNifEnv *, ErlNifMapIterator *iter, ERL_NIF_TERM *key,
                               ERL_NIF_TERM *value);

/* --- binaries -------------------------------------------------------------------------------------------- */

int enif_inspect_binary(ErlNifEnv *, ERL_NIF_TERM bin_term, ErlNifBinary *bin);
int enif_inspect_iolist_as_binary(ErlNifEnv *, ERL_NIF_TERM term, ErlNifBinary *bin);
int enif_alloc_binary(size_t size, ErlNifBinary *bin);
int enif_realloc_binary(ErlNifBinary *bin, size_t size);
void enif_release_binary(ErlNifBinary *bin);
ERL_NIF_TERM enif_make_binary(ErlNifEnv *, ErlNifBinary *bin);
unsigned char *enif_make_new_binary(ErlNifEnv *, size_t size, ERL_NIF_TERM *termp);
ERL_NIF_TERM enif_make_sub_binary(ErlNifEnv *, ERL_NIF_TERM bin_term, size_t pos, size_t size);
int enif_term_to_binary(ErlNifEnv *, ERL_NIF_TERM term, ErlNifBinary *bin);
size_t enif_binary_to_term(ErlNifEnv *, const unsigned char *data, size_t sz, ERL_NIF_TERM *term,
                           unsigned int opts);

/* --- queues of bytes --------------------------------------------------------------------------------------- */

ErlNifIOQueue *enif_ioq_create(ErlNifIOQueueOpts opts);
void enif_ioq_destroy(ErlNifIOQueue *q);
int enif_ioq_enq_binary(ErlNifIOQueue *q, ErlNifBinary *bin, size_t skip);
int enif_ioq_enqv(ErlNifIOQueue *q, ErlNifIOVec *iov, size_t skip);
size_t enif_ioq_size(ErlNifIOQueue *q);
int enif_ioq_deq(ErlNifIOQueue *q, size_t count, size_t *size);
SysIOVec *enif_ioq_peek(ErlNifIOQueue *q, int *iovlen);
int enif_ioq_peek_head(ErlNifEnv *, ErlNifIOQueue *q, size_t *size, ERL_NIF_TERM *head);
int enif_inspect_iovec(ErlNifEnv *, size_t max_length, ERL_NIF_TERM iovec_term, ERL_NIF_TERM *tail,
                       ErlNifIOVec **iovec);
void enif_free_iovec(ErlNifIOVec *iov);

/* --- resources ------------------------------------------------------------------------------------------------ */

ErlNifResourceType *enif_open_resource_type(ErlNifEnv *, const char *module_str,
                                            const char *name_str, void (*dtor)(ErlNifEnv *, void *),
                                            ErlNifResourceFlags flags, ErlNifResourceFlags *tried);
ErlNifResourceType *enif_open_resource_type_x(ErlNifEnv *, const char *name_str,
                                              const ErlNifResourceTypeInit *,
                                              ErlNifResourceFlags flags,
                                              ErlNifResourceFlags *tried);
ErlNifResourceType *enif_init_resource_type(ErlNifEnv *, const char *name_str,
                                            const ErlNifResourceTypeInit *,
                                            ErlNifResourceFlags flags, ErlNifResourceFlags *tried);
void *enif_alloc_resource(ErlNifResourceType *type, size_t size);
void enif_release_resource(void *obj);
void enif_keep_resource(void *obj);
ERL_NIF_TERM enif_make_resource(ErlNifEnv *, void *obj);
ERL_NIF_TERM enif_make_resource_binary(ErlNifEnv *, void *obj, const void *data, size_t size);
int enif_get_resource(ErlNifEnv *, ERL_NIF_TERM term, ErlNifResourceType *type, void **objp);
size_t enif_sizeof_resource(void *obj);
int enif_dynamic_resource_call(ErlNifEnv *, ERL_NIF_TERM mod, ERL_NIF_TERM name, ERL_NIF_TERM rsrc,
                               void *call_data);
int enif_monitor_process(ErlNifEnv *, void *obj, const ErlNifPid *, ErlNifMonitor *monitor);
int enif_demonitor_process(ErlNifEnv *, void *obj, const ErlNifMonitor *monitor);
int enif_compare_monitors(const ErlNifMonitor *, const ErlNifMonitor *);
ERL_NIF_TERM enif_make_monitor_term(ErlNifEnv *, const ErlNifMonitor *);
int enif_select(ErlNifEnv *, ErlNifEvent e, enum ErlNifSelectFlags flags, void *obj,
                const ErlNifPid *pid, ERL_NIF_TERM ref);
int enif_select_x(ErlNifEnv *, ErlNifEvent e, enum ErlNifSelectFlags flags, void *obj,
                  const ErlNifPid *pid, ERL_NIF_TERM msg, ErlNifEnv *msg_env);
#define enif_select_read(env, e, obj, pid, msg, msg_env)                                           \
    enif_select_x(env, e,                                                                          \
                  (enum ErlNifSelectFlags)(ERL_NIF_SELECT_READ | ERL_NIF_SELECT_CUSTOM_MSG), obj,  \
                  pid, msg, msg_env)
#define enif_select_write(env, e, obj, pid, msg, msg_env)                                          \
    enif_select_x(env, e,                                                                          \
                  (enum ErlNifSelectFlags)(ERL_NIF_SELECT_WRITE | ERL_NIF_SELECT_CUSTOM_MSG), obj, \
                  pid, msg, msg_env)
#define enif_select_error(env, e, obj, pid, msg, msg_env)                                          \
    enif_select_x(env, e,                                                                          \
                  (enum ErlNifSelectFlags)(ERL_NIF_SELECT_ERROR | ERL_NIF_SELECT_CUSTOM_MSG), obj, \
                  pid, msg, msg_env)

/* --- processes and ports ------------------------------------------------------------------------------------------ */

ErlNifPid *enif_self(ErlNifEnv *caller_env, ErlNifPid *pid);
int enif_get_local_pid(ErlNifEnv *, ERL_NIF_TERM, ErlNifPid *pid);
int enif_get_local_port(ErlNifEnv *, ERL_NIF_TERM, ErlNifPort *port_id);
int enif_whereis_pid(ErlNifEnv *, ERL_NIF_TERM name, ErlNifPid *pid);
int enif_whereis_port(ErlNifEnv *, ERL_NIF_TERM name, ErlNifPort *port);
int enif_is_current_process_alive(ErlNifEnv *);
int enif_is_process_alive(ErlNifEnv *, ErlNifPid *pid);
int enif_is_port_alive(ErlNifEnv *, ErlNifPort *port_id);
void enif_set_pid_undefined(ErlNifPid *pid);
int enif_is_pid_undefined(const ErlNifPid *pid);
int enif_send(ErlNifEnv *, const ErlNifPid *to_pid, ErlNifEnv *msg_env, ERL_NIF_TERM msg);
int enif_port_command(ErlNifEnv *, const ErlNifPort *to_port, ErlNifEnv *msg_env, ERL_NIF_TERM msg);
#define enif_make_pid(ENV, PID) ((void)(ENV), (const ERL_NIF_TERM)((PID)->pid))
#define enif_compare_pids(A, B) (enif_compare((A)->pid, (B)->pid))

/* --- failing, taking long ------------------------------------------------------------------------------------------- */

ERL_NIF_TERM enif_make_badarg(ErlNifEnv *);
ERL_NIF_TERM enif_raise_exception(ErlNifEnv *, ERL_NIF_TERM reason);
int enif_has_pending_exception(ErlNifEnv *, ERL_NIF_TERM *reason);
int enif_consume_timeslice(ErlNifEnv *, int percent);
ERL_NIF_TERM enif_schedule_nif(ErlNifEnv *, const char *fun_name, int flags,
                               ERL_NIF_TERM (*fp)(ErlNifEnv *, int, const ERL_NIF_TERM[]), int argc,
                               const ERL_NIF_TERM argv[]);

/* --- time, the system, text -------------------------------------------------------------------------------------------- */

ErlNifTime enif_monotonic_time(ErlNifTimeUnit);
ErlNifTime enif_time_offset(ErlNifTimeUnit);
ErlNifTime enif_convert_time_unit(ErlNifTime, ErlNifTimeUnit from, ErlNifTimeUnit to);
ERL_NIF_TERM enif_now_time(ErlNifEnv *);
ERL_NIF_TERM enif_cpu_time(ErlNifEnv *);
void enif_system_info(ErlNifSysInfo *sip, size_t si_size);
int enif_getenv(const char *key, char *value, size_t *value_size);
void *enif_dlopen(const char *lib, void (*err_handler)(void *, const char *), void *err_arg);
void *enif_dlsym(void *handle, const char *symbol, void (*err_handler)(void *, const char *),
                 void *err_arg);
int enif_fprintf(FILE *filep, const char *format, ...);
int enif_vfprintf(FILE *filep, const char *format, va_list);
int enif_snprintf(char *buffer, size_t size, const char *format, ...);
int enif_vsnprintf(char *buffer, size_t size, const char *format, va_list);

/* --- threads: there is one ------------------------------------------------------------------------------------------------ */

int enif_thread_type(void);
ErlNifMutex *enif_mutex_create(char *name);
char *enif_mutex_name(ErlNifMutex *);
void enif_mutex_destroy(ErlNifMutex *mtx);
int enif_mutex_trylock(ErlNifMutex *mtx);
void enif_mutex_lock(ErlNifMutex *mtx);
void enif_mutex_unlock(ErlNifMutex *mtx);
ErlNifCond *enif_cond_create(char *name);
char *enif_cond_name(ErlNifCond *);
void enif_cond_destroy(ErlNifCond *cnd);
void enif_cond_signal(ErlNifCond *cnd);
void enif_cond_broadcast(ErlNifCond *cnd);
void enif_cond_wait(ErlNifCond *cnd, ErlNifMutex *mtx);
ErlNifRWLock *enif_rwlock_create(char *name);
char *enif_rwlock_name(ErlNifRWLock *);
void enif_rwlock_destroy(ErlNifRWLock *rwlck);
int enif_rwlock_tryrlock(ErlNifRWLock *rwlck);
void enif_rwlock_rlock(ErlNifRWLock *rwlck);
void enif_rwlock_runlock(ErlNifRWLock *rwlck);
int enif_rwlock_tryrwlock(ErlNifRWLock *rwlck);
void enif_rwlock_rwlock(ErlNifRWLock *rwlck);
void enif_rwlock_rwunlock(ErlNifRWLock *rwlck);
int enif_tsd_key_create(char *name, ErlNifTSDKey *key);
void enif_tsd_key_destroy(ErlNifTSDKey key);
void enif_tsd_set(ErlNifTSDKey key, void *data);
void *enif_tsd_get(ErlNifTSDKey key);
ErlNifThreadOpts *enif_thread_opts_create(char *name);
void enif_thread_opts_destroy(ErlNifThreadOpts *opts);
int enif_thread_create(char *name, ErlNifTid *tid, void *(*func)(void *), void *args,
                       ErlNifThreadOpts *opts);
char *enif_thread_name(ErlNifTid);
ErlNifTid enif_thread_self(void);
int enif_equal_tids(ErlNifTid tid1, ErlNifTid tid2);
void enif_thread_exit(void *resp);
int enif_thread_join(ErlNifTid, void **respp);

#ifdef __cplusplus
}
#define ERL_NIF_INIT_PROLOGUE extern "C" {
#define ERL_NIF_INIT_EPILOGUE }
#else
#define ERL_NIF_INIT_PROLOGUE
#define ERL_NIF_INIT_EPILOGUE
#endif

/* --- the one name that the linker has to see ---------------------------------------------------------------------------------- */

/* `mote build --nif` gives each library's nif_init a name of its own. */
#define ERL_NIF_INIT_EXPORT __attribute__((visibility("default")))
#ifdef STATIC_ERLANG_NIF_LIBNAME
#define STATIC_ERLANG_NIF
#define ERL_NIF_INIT_NAME(MODNAME) ERL_NIF_INIT_NAME2(STATIC_ERLANG_NIF_LIBNAME)
#define ERL_NIF_INIT_NAME2(LIB)    ERL_NIF_INIT_NAME3(LIB)
#define ERL_NIF_INIT_NAME3(LIB)    LIB##_nif_init
#elif defined(STATIC_ERLANG_NIF)
#define ERL_NIF_INIT_NAME(MODNAME) MODNAME##_nif_init
#else
#define ERL_NIF_INIT_NAME(MODNAME) nif_init
#endif
#define ERL_NIF_INIT_GLOB
#define ERL_NIF_INIT_BODY
#define ERL_NIF_INIT_ARGS          void
#define ERL_NIF_INIT_DECL(MODNAME) ERL_NIF_INIT_EXPORT ErlNifEntry *ERL_NIF_INIT_NAME(MODNAME)(void)

#define ERL_NIF_INIT(NAME, FUNCS, LOAD, RELOAD, UPGRADE, UNLOAD)                                   \
    ERL_NIF_INIT_PROLOGUE                                                                          \
    ERL_NIF_INIT_DECL(NAME);                                                                       \
    ERL_NIF_INIT_DECL(NAME)                                                                        \
    {                                                                                              \
        static ErlNifEntry entry = {ERL_NIF_MAJOR_VERSION,                                         \
                                    ERL_NIF_MINOR_VERSION,                                         \
                                    #NAME,                                                         \
                                    sizeof(FUNCS) / sizeof(*FUNCS),                                \
                                    FUNCS,                                                         \
                                    LOAD,                                                          \
                                    RELOAD,                                                        \
                                    UPGRADE,                                                       \
                                    UNLOAD,                                                        \
                                    ERL_NIF_VM_VARIANT,                                            \
                                    1,                                                             \
                                    sizeof(ErlNifResourceTypeInit),                                \
                                    ERL_NIF_MIN_ERTS_VERSION};                                     \
        return &entry;                                                                             \
    }                                                                                              \
    ERL_NIF_INIT_EPILOGUE

#endif
