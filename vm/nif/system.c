/* SPDX-License-Identifier: Apache-2.0 */
/* system.c -- erl_nif.h: time, the system, other libraries. */
#include "nif/nif.h"
#include "bif/environment.h"
#include "platform/platform.h"
#include "process/clock.h"

#define SECOND INT64_C(1000000000)

/* --- time ---------------------------------------------------------------------------------------- */

static int64_t floor_divide(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return q * b > a ? q - 1 : q;
}

/* Parts of a second; 0: no unit. */
static int64_t parts_of(ErlNifTimeUnit unit)
{
    switch (unit) {
    case ERL_NIF_SEC: return 1;
    case ERL_NIF_MSEC: return 1000;
    case ERL_NIF_USEC: return 1000000;
    case ERL_NIF_NSEC: return SECOND;
    default: return 0;
    }
}

ErlNifTime enif_convert_time_unit(ErlNifTime value, ErlNifTimeUnit from, ErlNifTimeUnit to)
{
    int64_t a = parts_of(from), b = parts_of(to);
    if (!a || !b) return ERL_NIF_TIME_ERROR;
    return b >= a ? value * (b / a) : floor_divide(value, a / b);
}

ErlNifTime enif_monotonic_time(ErlNifTimeUnit unit)
{
    return enif_convert_time_unit(clock_monotonic(), ERL_NIF_NSEC, unit);
}

ErlNifTime enif_time_offset(ErlNifTimeUnit unit)
{
    return enif_convert_time_unit(clock_offset(), ERL_NIF_NSEC, unit);
}

static ERL_NIF_TERM timestamp(ErlNifEnv *env, int64_t us)
{
    int64_t seconds = us / 1000000;
    return to_nif(make_tuple3(env->heap, small(seconds / 1000000), small(seconds % 1000000),
                              small(us % 1000000)));
}

ERL_NIF_TERM enif_now_time(ErlNifEnv *env) { return timestamp(env, clock_now_us()); }

ERL_NIF_TERM enif_cpu_time(ErlNifEnv *env) { return timestamp(env, (int64_t)plat_cpu_ns() / 1000); }

/* --- the system ------------------------------------------------------------------------------------- */

void enif_system_info(ErlNifSysInfo *to, size_t size)
{
    static char erts[] = "13.1.5", release[] = "25";
    const ErlNifSysInfo info = {.driver_major_version = 3,
                                .driver_minor_version = 3,
                                .erts_version = erts,
                                .otp_release = release,
                                .scheduler_threads = 1,
                                .nif_major_version = ERL_NIF_MAJOR_VERSION,
                                .nif_minor_version = ERL_NIF_MINOR_VERSION,
                                .dirty_scheduler_support = 1};
    if (size > sizeof info) memset(to, 0, size);
    memcpy(to, &info, size < sizeof info ? size : sizeof info);
}

/* 0: there; -1: no such variable; 1: *room is too little, and says now what it takes. */
int enif_getenv(const char *key, char *value, size_t *room)
{
    size_t n, given = *room;
    const char *text = environment_find(key, &n);
    if (!text) return -1;
    *room = n < given ? n : n + 1;
    if (n >= given) return 1;
    memcpy(value, text, n);
    value[n] = 0;
    return 0;
}

/* --- libraries: all that there is was linked into the image ------------------------------------------ */

void *enif_dlopen(const char *lib, void (*failed)(void *, const char *), void *context)
{
    (void)lib;
    if (failed)
        failed(context, "a mote opens no libraries: what a NIF needs is linked into its image");
    return NULL;
}

void *enif_dlsym(void *handle, const char *symbol, void (*failed)(void *, const char *),
                 void *context)
{
    (void)handle, (void)symbol;
    if (failed)
        failed(context, "a mote opens no libraries: what a NIF needs is linked into its image");
    return NULL;
}
