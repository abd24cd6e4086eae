/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c -- a NIF library for test/nif/calls.erl: what it does is the same on stock and on Mote. */
#include <erl_nif.h>
#include <string.h>

struct box {
    ErlNifPid owner;
    int value;
};
static ErlNifResourceType *box_type;
static int loads, variable;

static void tell(ErlNifPid *to, const char *what, int value)
{
    ErlNifEnv *env = enif_alloc_env();
    enif_send(NULL, to, env,
              enif_make_tuple2(env, enif_make_atom(env, what), enif_make_int(env, value)));
    enif_free_env(env);
}

static void box_gone(ErlNifEnv *env, void *object)
{
    struct box *box = object;
    (void)env;
    tell(&box->owner, "gone", box->value);
}

static void box_down(ErlNifEnv *env, void *object, ErlNifPid *pid, ErlNifMonitor *monitor)
{
    struct box *box = object;
    (void)env, (void)pid, (void)monitor;
    tell(&box->owner, "down", box->value);
}

static int open_types(ErlNifEnv *env)
{
    ErlNifResourceTypeInit init = {.dtor = box_gone, .down = box_down};
    box_type =
        enif_open_resource_type_x(env, "box", &init, ERL_NIF_RT_CREATE | ERL_NIF_RT_TAKEOVER, NULL);
    return box_type ? 0 : 1;
}

static int load(ErlNifEnv *env, void **priv_data, ERL_NIF_TERM info)
{
    (void)info;
    *priv_data = enif_alloc(sizeof(int));
    *(int *)*priv_data = ++loads;
    return open_types(env);
}

static int upgrade(ErlNifEnv *env, void **priv_data, void **old, ERL_NIF_TERM info)
{
    (void)info;
    *priv_data = enif_alloc(sizeof(int));
    *(int *)*priv_data = *(int *)*old + 100;
    return open_types(env);
}

static void unload(ErlNifEnv *env, void *priv_data)
{
    (void)env;
    enif_free(priv_data);
}

/* --- terms ------------------------------------------------------------------------------------- */

static ERL_NIF_TERM describe(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    char text[1000];
    (void)argc;
    int n =
        enif_snprintf(text, sizeof text, "%d %T|%5d|%-5s|%.3f|%c|%lx",
                      (int)enif_term_type(env, argv[0]), argv[0], 42, "ab", 1.5, 'x', 0xabcdefL);
    return enif_make_tuple2(env, enif_make_int(env, n),
                            enif_make_string(env, text, ERL_NIF_LATIN1));
}

static ERL_NIF_TERM numbers(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    int i = 0;
    unsigned u = 0;
    long l = 0;
    unsigned long ul = 0;
    double d = 0;
    (void)argc;
    ERL_NIF_TERM ok[] = {enif_make_int(env, enif_get_int(env, argv[0], &i)),
                         enif_make_int(env, enif_get_uint(env, argv[0], &u)),
                         enif_make_int(env, enif_get_long(env, argv[0], &l)),
                         enif_make_int(env, enif_get_ulong(env, argv[0], &ul)),
                         enif_make_int(env, enif_get_double(env, argv[0], &d))};
    if (!enif_get_ulong(env, argv[0], &ul)) ul = 0; /* stock leaves something there */
    ERL_NIF_TERM values[] = {enif_make_int(env, i), enif_make_uint(env, u), enif_make_long(env, l),
                             enif_make_ulong(env, ul), enif_make_double(env, d)};
    return enif_make_tuple2(env, enif_make_list_from_array(env, ok, 5),
                            enif_make_list_from_array(env, values, 5));
}

static ERL_NIF_TERM pairs(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ErlNifMapIterator it;
    ERL_NIF_TERM list = enif_make_list(env, 0), key, value;
    (void)argc;
    if (!enif_map_iterator_create(env, argv[0], &it, ERL_NIF_MAP_ITERATOR_LAST))
        return enif_make_badarg(env);
    for (; enif_map_iterator_get_pair(env, &it, &key, &value); enif_map_iterator_prev(env, &it))
        list = enif_make_list_cell(env, enif_make_tuple2(env, key, value), list);
    enif_map_iterator_destroy(env, &it);
    return list;
}

static ERL_NIF_TERM map_of(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ERL_NIF_TERM list = argv[0], head, map = enif_make_new_map(env);
    const ERL_NIF_TERM *pair;
    int arity;
    (void)argc;
    for (; enif_get_list_cell(env, list, &head, &list);)
        if (!enif_get_tuple(env, head, &arity, &pair) || arity != 2 ||
            !enif_make_map_put(env, map, pair[0], pair[1], &map))
            return enif_make_badarg(env);
    return map;
}

static ERL_NIF_TERM through_bytes(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ErlNifBinary bytes;
    ERL_NIF_TERM term;
    (void)argc;
    if (!enif_term_to_binary(env, argv[0], &bytes)) return enif_make_badarg(env);
    size_t used = enif_binary_to_term(env, bytes.data, bytes.size, &term, 0);
    ERL_NIF_TERM all = enif_make_binary(env, &bytes);
    return enif_make_tuple3(env, enif_make_ulong(env, used), term, all);
}

static ERL_NIF_TERM twice(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ErlNifBinary from, to;
    (void)argc;
    if (!enif_inspect_iolist_as_binary(env, argv[0], &from) || !enif_alloc_binary(1, &to) ||
        !enif_realloc_binary(&to, 2 * from.size))
        return enif_make_badarg(env);
    memcpy(to.data, from.data, from.size);
    memcpy(to.data + from.size, from.data, from.size);
    return enif_make_binary(env, &to);
}

static ERL_NIF_TERM queue(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ErlNifIOVec vec, *v = &vec;
    ErlNifIOQueue *q = enif_ioq_create(ERL_NIF_IOQ_NORMAL);
    ERL_NIF_TERM rest, head = enif_make_atom(env, "none");
    size_t left = 0, size = 0;
    int count;
    (void)argc;
    if (!enif_inspect_iovec(env, 100, argv[0], &rest, &v)) return enif_make_badarg(env);
    enif_ioq_enqv(q, v, 1);
    enif_ioq_deq(q, 2, &left);
    enif_ioq_peek(q, &count);
    enif_ioq_peek_head(env, q, &size, &head);
    enif_ioq_destroy(q);
    return enif_make_tuple4(env, enif_make_ulong(env, left), enif_make_int(env, count),
                            enif_make_ulong(env, size), head);
}

/* --- failing and going on ---------------------------------------------------------------------------- */

static ERL_NIF_TERM fail(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    (void)argc;
    return enif_is_atom(env, argv[0]) ? enif_make_badarg(env) : enif_raise_exception(env, argv[0]);
}

static ERL_NIF_TERM sum_to(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    long n, sum;
    (void)argc;
    if (!enif_get_long(env, argv[0], &n) || !enif_get_long(env, argv[1], &sum))
        return enif_make_badarg(env);
    if (n == 0) return enif_make_long(env, sum);
    enif_consume_timeslice(env, 30);
    ERL_NIF_TERM next[] = {enif_make_long(env, n - 1), enif_make_long(env, sum + n)};
    return enif_schedule_nif(env, "sum_to", 0, sum_to, 2, next);
}

static ERL_NIF_TERM sum(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ERL_NIF_TERM first[] = {argv[0], enif_make_int(env, 0)};
    (void)argc;
    return enif_schedule_nif(env, "sum_to", 0, sum_to, 2, first);
}

static ERL_NIF_TERM state(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    (void)argc, (void)argv;
    return enif_make_tuple2(env, enif_make_int(env, *(int *)enif_priv_data(env)),
                            enif_make_int(env, ++variable));
}

/* --- resources -------------------------------------------------------------------------------------------- */

static ERL_NIF_TERM make_box(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    struct box *box = enif_alloc_resource(box_type, sizeof *box);
    ErlNifPid watched;
    (void)argc;
    enif_self(env, &box->owner);
    if (!enif_get_int(env, argv[0], &box->value)) box->value = -1;
    if (enif_get_local_pid(env, argv[1], &watched)) enif_monitor_process(env, box, &watched, NULL);
    ERL_NIF_TERM term = enif_make_resource(env, box);
    enif_release_resource(box);
    return term;
}

static ERL_NIF_TERM open_box(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    struct box *box;
    (void)argc;
    if (!enif_get_resource(env, argv[0], box_type, (void **)&box)) return enif_make_badarg(env);
    return enif_make_tuple2(env, enif_make_int(env, box->value),
                            enif_make_resource_binary(env, box, "bytes of a box", 14));
}

static ERL_NIF_TERM crash(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    volatile int *nowhere = (volatile int *)8;
    (void)env, (void)argc, (void)argv;
    *nowhere = 1;
    return argv[0];
}

static ERL_NIF_TERM wait_for_ever(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    static char name[] = "a lock";
    ErlNifMutex *m = enif_mutex_create(name);
    (void)env, (void)argc, (void)argv;
    enif_mutex_lock(m);
    enif_mutex_lock(m);
    return argv[0];
}

static ErlNifFunc functions[] = {
    {"describe", 1, describe, 0},
    {"numbers", 1, numbers, 0},
    {"pairs", 1, pairs, 0},
    {"map_of", 1, map_of, 0},
    {"through_bytes", 1, through_bytes, 0},
    {"twice", 1, twice, 0},
    {"queue", 1, queue, 0},
    {"fail", 1, fail, 0},
    {"sum", 1, sum, ERL_NIF_DIRTY_JOB_CPU_BOUND},
    {"state", 0, state, 0},
    {"make_box", 2, make_box, 0},
    {"open_box", 1, open_box, 0},
    {"crash", 1, crash, 0},
    {"wait_for_ever", 1, wait_for_ever, 0},
};

ERL_NIF_INIT(calls, functions, load, NULL, upgrade, unload)
