/* SPDX-License-Identifier: Apache-2.0 */
/* wordcount.c -- native code for the module wordcount: counts the words of a binary.
 *
 * A long text is counted in pieces, so that other processes run in between: a piece that has used up its
 * slice schedules the next one.
 */
#include <ctype.h>
#include <erl_nif.h>

enum { PIECE = 20000 }; /* bytes: about a hundredth of a slice for each thousand */

static ERL_NIF_TERM count_from(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    ErlNifBinary text;
    unsigned long at, words;
    int in_word;
    if (argc != 4 || !enif_inspect_binary(env, argv[0], &text) ||
        !enif_get_ulong(env, argv[1], &at) || !enif_get_ulong(env, argv[2], &words) ||
        !enif_get_int(env, argv[3], &in_word))
        return enif_make_badarg(env);
    while (at < text.size) {
        unsigned long end = text.size - at > PIECE ? at + PIECE : text.size;
        for (; at < end; at++) {
            int letter = isalnum(text.data[at]);
            words += letter && !in_word;
            in_word = letter != 0;
        }
        if (at == text.size || !enif_consume_timeslice(env, 10)) continue;
        ERL_NIF_TERM next[] = {argv[0], enif_make_ulong(env, at), enif_make_ulong(env, words),
                               enif_make_int(env, in_word)};
        return enif_schedule_nif(env, "count", 0, count_from, 4, next);
    }
    return enif_make_ulong(env, words);
}

static ERL_NIF_TERM count(ErlNifEnv *env, int argc, const ERL_NIF_TERM argv[])
{
    const ERL_NIF_TERM zero = enif_make_int(env, 0);
    const ERL_NIF_TERM first[] = {argv[0], zero, zero, zero};
    (void)argc;
    return count_from(env, 4, first);
}

static ErlNifFunc functions[] = {{"count", 1, count, 0}};

ERL_NIF_INIT(wordcount, functions, NULL, NULL, NULL, NULL)
