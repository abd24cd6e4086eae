/* SPDX-License-Identifier: Apache-2.0 */
/* map.c -- erl_nif.h: maps.
 *
 * An iterator stands before the first pair, on one, or behind the last.  For a large map it has an
 * array of addresses of the pairs in the order of walking, made when the iterator is, so that it
 * goes both ways.
 */
#include "nif/nif.h"
#include "heap/arena.h"
#include "heap/maps.h"

int enif_get_map_size(ErlNifEnv *env, ERL_NIF_TERM t, size_t *size)
{
    (void)env;
    if (!is_map(of_nif(t))) return 0;
    *size = map_size(of_nif(t));
    return 1;
}

int enif_get_map_value(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM *value)
{
    (void)env;
    term found = is_map(of_nif(map)) ? map_get(of_nif(map), of_nif(key)) : NO_VALUE;
    if (is_no_value(found)) return 0;
    *value = to_nif(found);
    return 1;
}

ERL_NIF_TERM enif_make_new_map(ErlNifEnv *env) { return to_nif(map_empty(env->heap)); }

int enif_make_map_put(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM value,
                      ERL_NIF_TERM *to)
{
    if (!is_map(of_nif(map))) return 0;
    *to = to_nif(map_put(env->heap, of_nif(map), of_nif(key), of_nif(value)));
    return 1;
}

int enif_make_map_update(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM value,
                         ERL_NIF_TERM *to)
{
    if (!is_map(of_nif(map))) return 0;
    term made = map_update(env->heap, of_nif(map), of_nif(key), of_nif(value));
    if (is_no_value(made)) return 0;
    *to = to_nif(made);
    return 1;
}

int enif_make_map_remove(ErlNifEnv *env, ERL_NIF_TERM map, ERL_NIF_TERM key, ERL_NIF_TERM *to)
{
    if (!is_map(of_nif(map))) return 0;
    *to = to_nif(map_remove(env->heap, of_nif(map), of_nif(key), NULL));
    return 1;
}

int enif_make_map_from_arrays(ErlNifEnv *env, ERL_NIF_TERM keys[], ERL_NIF_TERM values[], size_t n,
                              ERL_NIF_TERM *to)
{
    if (n > SIZE_MAX / 64) return 0;
    term *pairs = arena_malloc((2 * n + 1) * sizeof *pairs);
    if (!pairs) nif_no_memory();
    for (size_t i = 0; i < n; i++) {
        pairs[2 * i] = of_nif(keys[i]);
        pairs[2 * i + 1] = of_nif(values[i]);
    }
    term made = map_from_pairs(env->heap, pairs, n, true);
    arena_free(pairs);
    if (is_no_value(made)) return 0;
    *to = to_nif(made);
    return 1;
}

/* --- iterators ----------------------------------------------------------------------------------- */

static bool has_array(const ErlNifMapIterator *it) { return !is_flat_map(of_nif(it->map)); }

static const term **pairs_of(const ErlNifMapIterator *it)
{
    return (const term **)(void *)it->u.hash.wstack;
}

static bool list_pairs(ErlNifMapIterator *it)
{
    const term **pairs = arena_malloc((it->size + 1) * sizeof *pairs);
    struct map_iterator walk;
    size_t n = 0;
    if (!pairs) return false;
    map_iterator_start(&walk, of_nif(it->map));
    while (map_iterator_next(&walk)) pairs[n++] = walk.pair;
    it->u.hash.wstack = (void *)pairs;
    return true;
}

int enif_map_iterator_create(ErlNifEnv *env, ERL_NIF_TERM map, ErlNifMapIterator *it,
                             ErlNifMapIteratorEntry entry)
{
    (void)env;
    if (!is_map(of_nif(map))) return 0;
    if (entry != ERL_NIF_MAP_ITERATOR_FIRST && entry != ERL_NIF_MAP_ITERATOR_LAST) return 0;
    *it = (ErlNifMapIterator){.map = map, .size = map_size(of_nif(map))};
    it->idx = entry == ERL_NIF_MAP_ITERATOR_FIRST ? 1 : it->size;
    return !has_array(it) || list_pairs(it);
}

void enif_map_iterator_destroy(ErlNifEnv *env, ErlNifMapIterator *it)
{
    (void)env;
    if (has_array(it)) arena_free(pairs_of(it));
}

int enif_map_iterator_is_head(ErlNifEnv *env, ErlNifMapIterator *it)
{
    (void)env;
    return it->size == 0 || it->idx == 0;
}

int enif_map_iterator_is_tail(ErlNifEnv *env, ErlNifMapIterator *it)
{
    (void)env;
    return it->size == 0 || it->idx > it->size;
}

int enif_map_iterator_next(ErlNifEnv *env, ErlNifMapIterator *it)
{
    (void)env;
    if (it->idx <= it->size) it->idx++;
    return it->idx <= it->size;
}

int enif_map_iterator_prev(ErlNifEnv *env, ErlNifMapIterator *it)
{
    (void)env;
    if (it->idx > 0) it->idx--;
    return it->idx > 0;
}

int enif_map_iterator_get_pair(ErlNifEnv *env, ErlNifMapIterator *it, ERL_NIF_TERM *key,
                               ERL_NIF_TERM *value)
{
    (void)env;
    if (it->idx == 0 || it->idx > it->size) return 0;
    size_t i = it->idx - 1;
    term map = of_nif(it->map);
    *key = to_nif(has_array(it) ? pairs_of(it)[i][0] : flat_map_key_array(map)[i]);
    *value = to_nif(has_array(it) ? pairs_of(it)[i][1] : flat_map_values(map)[i]);
    return 1;
}
