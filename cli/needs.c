/* SPDX-License-Identifier: Apache-2.0 */
/* needs.c -- see needs.h. */
#include <string.h>

#include "cli/files.h"
#include "cli/launch.h"
#include "cli/memory.h"
#include "cli/needs.h"

/* --- read ------------------------------------------------------------------------------------------ */

const char *needs_network_text(enum needs_network network)
{
    return network == NEEDS_NETWORK ? "any" : network == NEEDS_NO_NETWORK ? "none" : NULL;
}

enum needs_network needs_network_read(const char *text)
{
    if (strcmp(text, "any") == 0) return NEEDS_NETWORK;
    return strcmp(text, "none") == 0 ? NEEDS_NO_NETWORK : NEEDS_NOTHING_SAID;
}

static int add_memory(struct needs *n, const struct text_term *t, const char *path, struct error *e)
{
    uint64_t bytes;
    if ((t->kind != TEXT_STRING && t->kind != TEXT_NUMBER) ||
        monitor_parse_memory(t->text, &bytes, e) < 0)
        return fail(e, 0, "%s:%u: {memory, Size}: write it as \"64M\", \"2G\" or a number of bytes",
                    path, t->line);
    if (bytes > n->memory_bytes) n->memory_bytes = bytes;
    return 0;
}

static int add_network(struct needs *n, const struct text_term *t, const char *path,
                       struct error *e)
{
    enum needs_network said =
        t->kind == TEXT_ATOM ? needs_network_read(t->text) : NEEDS_NOTHING_SAID;
    if (said == NEEDS_NOTHING_SAID)
        return fail(e, 0, "%s:%u: {network, Which}: it is none or any", path, t->line);
    if (said > n->network) n->network = said;
    return 0;
}

/* The bytes of a place without its ":ro". */
static size_t place_bytes(const char *mount)
{
    return strlen(mount) - (text_ends_with(mount, ":ro") ? 3 : 0);
}

static void add_mount(struct names *mounts, const char *mount)
{
    size_t bytes = place_bytes(mount);
    for (size_t i = 0; i < mounts->n; i++) {
        if (place_bytes(mounts->at[i]) != bytes || memcmp(mounts->at[i], mount, bytes) != 0)
            continue;
        if (!mount[bytes]) mounts->at[i] = mount; /* who writes needs more */
        return;
    }
    names_append(mounts, mount);
}

static int add_mounts(struct needs *n, const struct text_term *t, const char *path, struct error *e)
{
    const struct text_term *place = t->kind == TEXT_LIST ? t->first : t;
    for (; place; place = place->next) {
        if (t->kind != TEXT_LIST || place->kind != TEXT_STRING || place->text[0] != '/' ||
            place_bytes(place->text) < 2)
            return fail(e, 0,
                        "%s:%u: {mounts, [Path]}: absolute paths in the guest, as in [\"/data\", "
                        "\"/etc/app:ro\"]",
                        path, place->line);
        const char *normal = path_normal(NULL, memory_text(place->text, place_bytes(place->text)));
        add_mount(&n->mounts,
                  text_ends_with(place->text, ":ro") ? memory_print("%s:ro", normal) : normal);
    }
    return 0;
}

int needs_add(struct needs *n, const struct text_term *said, const char *path, struct error *e)
{
    static const struct {
        const char *key;
        int (*add)(struct needs *, const struct text_term *, const char *, struct error *);
    } keys[] = {{"memory", add_memory}, {"network", add_network}, {"mounts", add_mounts}};
    if (!said) return 0;
    if (said->kind != TEXT_LIST)
        return fail(e, 0, "%s:%u: {mote, Needs}: wanted is a list", path, said->line);
    for (const struct text_term *pair = said->first; pair; pair = pair->next) {
        const struct text_term *key = text_element(pair, 0), *value = text_element(pair, 1);
        size_t i = 0;
        while (i < 3 && !(key && text_is_atom(key, keys[i].key))) i++;
        if (pair->kind != TEXT_TUPLE || pair->size != 2 || i == 3)
            return fail(e, 0, "%s:%u: what a mote can need is memory, network and mounts", path,
                        pair->line);
        if (keys[i].add(n, value, path, e) < 0) return -1;
    }
    return 0;
}

/* --- met ------------------------------------------------------------------------------------------- */

static int meet_mount(const char *need, const struct launch *l, struct error *e)
{
    size_t bytes = place_bytes(need);
    const char *place = memory_text(need, bytes);
    if (names_have(&l->server_places, place)) return 0;
    for (size_t i = 0; i < l->options.mounts_n; i++) {
        if (strcmp(l->mounts[i].guest, place) != 0) continue;
        if (!l->mounts[i].read_only || need[bytes]) return 0;
        return fail(e, 0, "the image's application writes at %s: give that without :ro", place);
    }
    return fail(e, 0, "the image's application needs a folder at %s: add -v HOSTDIR:%s", place,
                need);
}

int needs_meet(const struct needs *n, struct launch *l, struct error *e)
{
    if (n->network == NEEDS_NETWORK && l->network.none)
        return fail(e, 0, "the image's application needs a network, and --net none gives it none");
    if (n->network == NEEDS_NO_NETWORK && !l->network.nets && !l->network.forwards)
        l->network.none = true;
    for (size_t i = 0; i < n->mounts.n; i++)
        if (meet_mount(n->mounts.at[i], l, e) < 0) return -1;
    return 0;
}
