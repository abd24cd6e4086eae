/* SPDX-License-Identifier: Apache-2.0 */
/* erl_drv_nif.h -- the types that erl_nif.h shares with drivers; included by it.
 *
 * Names, sizes and values are those of OTP 25, so that C sources written for it compile unchanged.
 */
#ifndef __ERL_DRV_NIF_H__
#define __ERL_DRV_NIF_H__

#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

typedef struct {
    int driver_major_version, driver_minor_version;
    char *erts_version, *otp_release;
    int thread_support, smp_support, async_threads, scheduler_threads;
    int nif_major_version, nif_minor_version;
    int dirty_scheduler_support;
} ErlDrvSysInfo;

typedef struct {
    int suggested_stack_size;
} ErlDrvThreadOpts;

typedef enum { ERL_DIRTY_JOB_CPU_BOUND = 1, ERL_DIRTY_JOB_IO_BOUND = 2 } ErlDirtyJobFlags;

enum ErlNifSelectFlags {
    ERL_NIF_SELECT_READ = (1 << 0),
    ERL_NIF_SELECT_WRITE = (1 << 1),
    ERL_NIF_SELECT_STOP = (1 << 2),
    ERL_NIF_SELECT_CANCEL = (1 << 3),
    ERL_NIF_SELECT_CUSTOM_MSG = (1 << 4),
    ERL_NIF_SELECT_ERROR = (1 << 5)
};

typedef struct {
    unsigned char data[sizeof(void *) * 4];
} ErlDrvMonitor;

typedef unsigned long ErlNapiUInt64;
typedef signed long ErlNapiSInt64;
typedef ErlNapiUInt64 ErlNapiUInt;
typedef ErlNapiSInt64 ErlNapiSInt;
#define ERL_NAPI_SINT64_MAX__ 9223372036854775807L
#define ERL_NAPI_SINT64_MIN__ (-ERL_NAPI_SINT64_MAX__ - 1L)

#define ERTS_NAPI_TIME_ERROR__ ERL_NAPI_SINT64_MIN__
#define ERTS_NAPI_SEC__        0
#define ERTS_NAPI_MSEC__       1
#define ERTS_NAPI_USEC__       2
#define ERTS_NAPI_NSEC__       3

typedef struct iovec SysIOVec;

#endif
