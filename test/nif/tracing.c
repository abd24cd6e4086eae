/* SPDX-License-Identifier: Apache-2.0 */
/* tracing.c -- a module that traces: its state is {What enabled says by tag, To, More}; To is sent all that trace is
 * given.  Some groups of events have functions of their own.
 */
#include <erl_nif.h>
#include <string.h>

static ERL_NIF_TERM enabled(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    const ERL_NIF_TERM *state;
    ERL_NIF_TERM answer;
    int arity;
    (void)argc;
    if (!enif_get_tuple(env, argv[1], &arity, &state) || arity != 3)
        return enif_make_atom(env, "remove");
    if (enif_get_map_value(env, state[0], argv[0], &answer)) return answer;
    if (enif_is_identical(argv[0], enif_make_atom(env, "trace_status")))
        return enif_make_atom(env, "trace");
    return enif_make_atom(env, "discard");
}

static void tell(ErlNifEnv *env, const char *who, const ERL_NIF_TERM argv[])
{
    const ERL_NIF_TERM *state;
    ErlNifPid to;
    int arity;
    if (!enif_get_tuple(env, argv[1], &arity, &state) || !enif_get_local_pid(env, state[1], &to))
        return;
    ERL_NIF_TERM message = enif_make_tuple6(env, enif_make_atom(env, who), argv[0], state[2],
                                            argv[2], argv[3], argv[4]);
    enif_send(env, &to, NULL, message);
}

static ERL_NIF_TERM trace(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    (void)argc;
    tell(env, "any", argv);
    return enif_make_atom(env, "ok");
}
static ERL_NIF_TERM trace_ports(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    (void)argc;
    tell(env, "ports", argv);
    return enif_make_atom(env, "ok");
}
static ERL_NIF_TERM trace_garbage(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    (void)argc;
    tell(env, "garbage", argv);
    return enif_make_badarg(env);
}
static ERL_NIF_TERM enabled_ports(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    (void)argc, (void)argv;
    return enif_make_atom(env, "trace");
}

static ErlNifFunc functions[] = {
    {"enabled", 3, enabled, 0},
    {"trace", 5, trace, 0},
    {"trace_ports", 5, trace_ports, 0},
    {"enabled_ports", 3, enabled_ports, 0},
    {"trace_garbage_collection", 5, trace_garbage, 0},
};
ERL_NIF_INIT(tracing, functions, NULL, NULL, NULL, NULL)
