/* SPDX-License-Identifier: Apache-2.0 */
/* maps.c -- the functions of the maps module that are not written in Erlang. */
#include "heap/maps.h"
#include "bif/bif.h"
#include "heap/arena.h"
#include "process/pause.h"
#include "term/release.h"

static term bad_map(struct process *p, term t)
{
    return raise(p, make_tuple2(&p->heap, ATOM(badmap), t));
}
static term bad_key(struct process *p, term key)
{
    return raise(p, make_tuple2(&p->heap, ATOM(badkey), key));
}

term bif_maps_find_2(struct process *p, const term *arg)
{
    if (!is_map(arg[1])) return bad_map(p, arg[1]);
    term value = map_get(arg[1], arg[0]);
    return is_value(value) ? make_tuple2(&p->heap, ATOM(ok), value) : ATOM(error);
}

term bif_maps_get_2(struct process *p, const term *arg)
{
    if (!is_map(arg[1])) return bad_map(p, arg[1]);
    term value = map_get(arg[1], arg[0]);
    return is_value(value) ? value : bad_key(p, arg[0]);
}
term bif_erlang_map_get_2(struct process *p, const term *arg) { return bif_maps_get_2(p, arg); }

term bif_maps_is_key_2(struct process *p, const term *arg)
{
    if (!is_map(arg[1])) return bad_map(p, arg[1]);
    return atom_bool(is_value(map_get(arg[1], arg[0])));
}
term bif_erlang_is_map_key_2(struct process *p, const term *arg)
{
    return bif_maps_is_key_2(p, arg);
}

term bif_erlang_map_size_1(struct process *p, const term *arg)
{
    return is_map(arg[0]) ? small((int64_t)map_size(arg[0])) : bad_map(p, arg[0]);
}

term bif_maps_put_3(struct process *p, const term *arg)
{
    if (!is_map(arg[2])) return bad_map(p, arg[2]);
    return map_put(&p->heap, arg[2], arg[0], arg[1]);
}

term bif_maps_update_3(struct process *p, const term *arg)
{
    if (!is_map(arg[2])) return bad_map(p, arg[2]);
    term changed = map_update(&p->heap, arg[2], arg[0], arg[1]);
    return is_value(changed) ? changed : bad_key(p, arg[0]);
}

term bif_maps_remove_2(struct process *p, const term *arg)
{
    if (!is_map(arg[1])) return bad_map(p, arg[1]);
    return map_remove(&p->heap, arg[1], arg[0], NULL);
}

term bif_maps_take_2(struct process *p, const term *arg)
{
    if (!is_map(arg[1])) return bad_map(p, arg[1]);
    term value, rest = map_remove(&p->heap, arg[1], arg[0], &value);
    return is_value(value) ? make_tuple2(&p->heap, value, rest) : ATOM(error);
}

/* From so many pairs on it may pause. */
enum { LARGE = 1000 };

static term merge(struct process *p, const term *arg)
{
    return map_merge(&p->heap, arg[0], arg[1]);
}

term bif_maps_merge_2(struct process *p, const term *arg)
{
    if (!is_map(arg[0])) return bad_map(p, arg[0]);
    if (!is_map(arg[1])) return bad_map(p, arg[1]);
    size_t n = map_size(arg[0]) + map_size(arg[1]);
    if (n >= LARGE) return pausing(p, merge, 2, arg);
    bump(p, (int64_t)n / 12);
    return merge(p, arg);
}

static term of_map(struct process *p, const term *arg, pausing_body *body)
{
    if (!is_map(arg[0])) return bad_map(p, arg[0]);
    if (map_size(arg[0]) >= LARGE) return pausing(p, body, 1, arg);
    bump(p, (int64_t)map_size(arg[0]) / 15);
    return body(p, arg);
}

static term keys(struct process *p, const term *arg) { return map_keys_list(&p->heap, arg[0]); }
static term values(struct process *p, const term *arg) { return map_values_list(&p->heap, arg[0]); }

term bif_maps_keys_1(struct process *p, const term *arg) { return of_map(p, arg, keys); }
term bif_maps_values_1(struct process *p, const term *arg) { return of_map(p, arg, values); }

/* --- from lists ---------------------------------------------------------------------------- */

/* The pairs of a list of 2-tuples, or of keys that get `value`; false: another kind of list. */
static bool gather_pairs(term list, term value, term *pairs)
{
    for (; is_cons(list) && effort(1); list = tail(list)) {
        term t = head(list);
        if (is_value(value)) {
            *pairs++ = t, *pairs++ = value;
        } else {
            if (!is_tuple_of(t, 2)) return false;
            *pairs++ = element(t, 0), *pairs++ = element(t, 1);
        }
    }
    return is_nil(list);
}

/* arg[1]: the value of all keys, or NO_VALUE: the list has pairs. */
static term from_list(struct process *p, const term *arg)
{
    ptrdiff_t n = effort_list_length(arg[0]);
    if (n < 0) return raise_badarg(p);
    term few[2 * MAP_FLAT_LIMIT], *pairs = few;
    if (n > MAP_FLAT_LIMIT && !(pairs = arena_malloc(2 * (size_t)n * sizeof *pairs)))
        return raise(p, ATOM(system_limit));
    term map = NO_VALUE;
    if (gather_pairs(arg[0], arg[1], pairs))
        map = map_from_pairs(&p->heap, pairs, (size_t)n, false);
    if (pairs != few) arena_free(pairs);
    return is_value(map) ? map : raise_badarg(p);
}

static term from(struct process *p, term list, term value)
{
    const term args[2] = {list, value};
    if (unlikely(p->bif_state)) return pausing(p, from_list, 2, args);
    size_t n = list_cells(list, LARGE);
    if (n == LARGE) return pausing(p, from_list, 2, args);
    bump(p, (int64_t)n / 10);
    return from_list(p, args);
}

term bif_maps_from_list_1(struct process *p, const term *arg) { return from(p, arg[0], NO_VALUE); }
term bif_maps_from_keys_2(struct process *p, const term *arg) { return from(p, arg[0], arg[1]); }

/* --- looking inside ---------------------------------------------------------------------------- */

term bif_erts_internal_map_to_tuple_keys_1(struct process *p, const term *arg)
{
    if (!is_map(arg[0])) return bad_map(p, arg[0]);
    return is_flat_map(arg[0]) ? flat_map_keys(arg[0]) : raise_badarg(p);
}

term bif_erts_internal_map_hashmap_children_1(struct process *p, const term *arg)
{
    if (!is_map(arg[0])) return bad_map(p, arg[0]);
    if (is_flat_map(arg[0])) return raise_badarg(p);
    term *node = boxed_words(arg[0]);
    const term *children = map_node_children(node);
    term list = NIL;
    for (unsigned i = 0; i < map_node_count(*node); i++)
        list = make_cons(&p->heap, children[i], list);
    return list;
}

/* --- map_next ------------------------------------------------------------------------------------ */

/* Pairs that one call answers with: few at first, because many loops stop early. */
enum { FIRST_PAIRS = 32, MORE_PAIRS = 1000 };

static term next_of_flat(struct process *p, term map, term how)
{
    size_t n = map_size(map);
    const term *keys = flat_map_key_array(map), *values = flat_map_values(map);
    bool iterator = is_atom(how);
    term t = iterator ? ATOM(none) : how;
    while (n--)
        t = iterator ? make_tuple3(&p->heap, keys[n], values[n], t)
                     : make_cons(&p->heap, make_tuple2(&p->heap, keys[n], values[n]), t);
    return t;
}

/* {K1, V1, {K2, V2, ... [Path | Map]}} or, at the end, none. */
static term next_pairs(struct process *p, term map, struct map_iterator *it, size_t most)
{
    struct heap *h = &p->heap;
    term first = NO_VALUE, *link = &first;
    uint64_t path;
    for (size_t n = 0; map_iterator_next(it); n++) {
        term *tuple = heap_alloc(h, 4);
        tuple[0] = header(3, KIND_TUPLE), tuple[1] = it->key, tuple[2] = it->value;
        tuple[3] = ATOM(none);
        *link = boxed_term(tuple);
        link = tuple + 3;
        if (n + 1 >= most && map_iterator_path(it, &path)) {
            *link = make_cons(h, make_unsigned(h, path), map);
            break;
        }
    }
    return is_value(first) ? first : raise_badarg(p);
}

static term all_pairs(struct process *p, const term *arg)
{
    struct map_iterator it;
    term list = arg[2];
    if (!map_iterator_seek(&it, arg[1], (uint64_t)small_value(arg[0]))) return raise_badarg(p);
    while (map_iterator_next(&it) && effort(4))
        list = make_cons(&p->heap, make_tuple2(&p->heap, it.key, it.value), list);
    return list;
}

/* The keys of an ordered iterator, in a list. */
static term next_of_keys(struct process *p, term keys, term map)
{
    term first = ATOM(none), *link = &first;
    size_t n = 0;
    for (; is_cons(keys) && n < MORE_PAIRS; keys = tail(keys), n++) {
        term value = map_get(map, head(keys));
        if (is_no_value(value)) return raise_badarg(p);
        term *tuple = heap_alloc(&p->heap, 4);
        tuple[0] = header(3, KIND_TUPLE), tuple[1] = head(keys), tuple[2] = value;
        tuple[3] = ATOM(none);
        *link = boxed_term(tuple);
        link = tuple + 3;
    }
    bump(p, (int64_t)n);
    if (is_cons(keys)) *link = make_cons(&p->heap, keys, map);
    return is_list(keys) ? first : raise_badarg(p);
}

term bif_erts_internal_map_next_3(struct process *p, const term *arg)
{
    term map = arg[1], how = arg[2];
    struct map_iterator it;
    if (otp_release >= 26 && is_map(map) && is_list(arg[0]) && term_same(how, ATOM(iterator)))
        return next_of_keys(p, arg[0], map);
    if (!is_map(map) || !is_small(arg[0]) || small_value(arg[0]) < 0) return raise_badarg(p);
    if (!is_list(how) && !term_same(how, ATOM(iterator))) return raise_badarg(p);
    uint64_t path = (uint64_t)small_value(arg[0]);
    if (is_flat_map(map)) return path > map_size(map) ? raise_badarg(p) : next_of_flat(p, map, how);
    if (is_list(how)) return pausing(p, all_pairs, 3, arg);
    if (!map_iterator_seek(&it, map, path)) return raise_badarg(p);
    bump(p, (int64_t)map_size(map) / 30);
    return next_pairs(p, map, &it, path ? MORE_PAIRS : FIRST_PAIRS);
}
