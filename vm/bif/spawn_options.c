/* SPDX-License-Identifier: Apache-2.0 */
/* spawn_options.c -- see spawn_options.h and process_options.h. */
#include "bif/spawn_options.h"
#include "bif/process_options.h"
#include "process/defaults.h"
#include "term/map.h"
#include "term/release.h"

static bool size_option(term value, size_t *to, size_t least)
{
    if (!is_small(value) || small_value(value) < 0) return false;
    size_t n = (size_t)small_value(value);
    *to = n <= least ? least : heap_next_size(n);
    return true;
}

static bool flag_option(term map, term key, bool *to)
{
    term v = map_get(map, key);
    if (is_no_value(v)) return true;
    if (!term_same(v, ATOM(true)) && !term_same(v, ATOM(false))) return false;
    *to = term_same(v, ATOM(true));
    return true;
}

bool max_heap_option(term value, size_t *size, bool *kill, bool *log)
{
    *kill = process_defaults.max_heap_kill;
    *log = process_defaults.max_heap_log;
    if (is_map(value)) {
        term words = map_get(value, ATOM(size));
        if (is_no_value(words)) return false;
        if (!flag_option(value, ATOM(kill), kill)) return false;
        if (!flag_option(value, ATOM(error_logger), log)) return false;
        bool shared = false; /* counting what is outside the heap: not there */
        if (!flag_option(value, ATOM(include_shared_binaries), &shared) || shared) return false;
        value = words;
    }
    if (!is_small(value) || small_value(value) < 0) return false;
    *size = (size_t)small_value(value);
    return true;
}

bool priority_option(term value, enum priority *to)
{
    if (term_same(value, ATOM(max)))
        *to = PRIORITY_MAX;
    else if (term_same(value, ATOM(high)))
        *to = PRIORITY_HIGH;
    else if (term_same(value, ATOM(normal)))
        *to = PRIORITY_NORMAL;
    else if (term_same(value, ATOM(low)))
        *to = PRIORITY_LOW;
    else
        return false;
    return true;
}

bool priority_options(term list, bool *priority)
{
    *priority = is_cons(list);
    while (is_cons(list) && is_priority_option(head(list))) list = tail(list);
    return is_nil(list);
}

/* One of them. */
static bool monitor_option(term option, struct monitor_options *o)
{
    if (is_priority_option(option)) {
        o->priority = true;
        return true;
    }
    if (!is_tuple_of(option, 2)) return false;
    term value = element(option, 1);
    if (term_same(element(option, 0), ATOM(tag))) {
        o->tag = value;
        return true;
    }
    if (!term_same(element(option, 0), ATOM(alias))) return false;
    if (term_same(value, ATOM(explicit_unalias)))
        o->alias = ALIAS_EXPLICIT;
    else if (term_same(value, ATOM(demonitor)))
        o->alias = ALIAS_DEMONITOR;
    else if (term_same(value, ATOM(reply_demonitor)))
        o->alias = ALIAS_REPLY_DEMONITOR;
    else
        return false;
    return true;
}

bool monitor_options(term list, struct monitor_options *o)
{
    *o = (struct monitor_options){.alias = ALIAS_NONE, .tag = NO_VALUE};
    for (; is_cons(list); list = tail(list))
        if (!monitor_option(head(list), o)) return false;
    return is_nil(list);
}

static bool spawn_monitor_option(term value, struct spawn_options *to)
{
    struct monitor_options o;
    bool good = monitor_options(value, &o);
    to->monitor = true;
    to->monitor_alias = o.alias, to->monitor_tag = o.tag, to->monitor_priority = o.priority;
    return good;
}

static bool reply_option(term value, struct spawn_request *r)
{
    if (!r->is_request) return false;
    bool only_errors = term_same(value, ATOM(error_only)), no = term_same(value, ATOM(no));
    bool only_success = term_same(value, ATOM(success_only));
    if (!only_errors && !no && !only_success && !term_same(value, ATOM(yes))) return false;
    r->on_success = !only_errors && !no;
    r->on_failure = !only_success && !no;
    return true;
}

static bool pair_option(term key, term value, struct spawn_request *r)
{
    struct spawn_options *o = &r->spawn;
    if (!is_atom(key)) return false;
    switch (atom_index(key)) {
    case ATOM_priority: return priority_option(value, &o->priority);
    case ATOM_message_queue_data:
        o->off_heap_messages = term_same(value, ATOM(off_heap));
        return o->off_heap_messages || term_same(value, ATOM(on_heap));
    case ATOM_min_heap_size:
        return size_option(value, &o->min_heap_words, process_defaults.min_heap_words);
    case ATOM_max_heap_size:
        return max_heap_option(value, &o->max_heap_words, &o->max_heap_kill, &o->max_heap_log);
    case ATOM_min_bin_vheap_size: {
        size_t words;
        if (!size_option(value, &words, process_defaults.min_binary_bytes / sizeof(term)))
            return false;
        o->min_binary_bytes = words * sizeof(term);
        return true;
    }
    case ATOM_fullsweep_after:
        if (!is_small(value) || small_value(value) < 0) return false;
        o->fullsweep_after = (uint16_t)small_value(value);
        return true;
    case ATOM_async_dist:
        o->async_dist = term_same(value, ATOM(true));
        return otp_release >= 26 && (o->async_dist || term_same(value, ATOM(false)));
    case ATOM_scheduler:
        o->bound = term_same(value, small(1));
        return o->bound || term_same(value, small(0));
    case ATOM_link:
        o->link = true;
        return otp_release >= 28 && priority_options(value, &o->link_priority);
    case ATOM_monitor: return spawn_monitor_option(value, o);
    case ATOM_reply: return reply_option(value, r);
    case ATOM_reply_tag: r->tag = value; return r->is_request;
    default: return false;
    }
}

enum options_result spawn_options_parse(term list, struct spawn_request *r, bool is_request)
{
    *r = (struct spawn_request){
        .tag = ATOM(spawn_reply), .on_success = true, .on_failure = true, .is_request = is_request};
    spawn_options_default(&r->spawn);
    bool good = true;
    for (; is_cons(list); list = tail(list)) {
        term option = head(list);
        if (term_same(option, ATOM(link))) {
            r->spawn.link = true;
        } else if (term_same(option, ATOM(monitor))) {
            spawn_monitor_option(NIL, &r->spawn);
        } else if (!is_tuple_of(option, 2) ||
                   !pair_option(element(option, 0), element(option, 1), r)) {
            good = false;
        }
    }
    if (!is_nil(list)) return OPTIONS_NO_LIST;
    const struct spawn_options *o = &r->spawn;
    if (o->max_heap_words && o->max_heap_words < o->min_heap_words) good = false;
    return good ? OPTIONS_OK : OPTIONS_BAD;
}
