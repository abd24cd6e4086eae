/* SPDX-License-Identifier: Apache-2.0 */
/* apps.c -- see apps.h. */
#include <stdlib.h>
#include <string.h>

#include "cli/apps.h"
#include "cli/files.h"
#include "cli/memory.h"
#include "cli/term_text.h"

#define APP_FILE_MOST (UINT64_C(4) << 20)

bool names_have(const struct names *list, const char *name)
{
    for (size_t i = 0; i < list->n; i++)
        if (strcmp(list->at[i], name) == 0) return true;
    return false;
}

void names_append(struct names *list, const char *name)
{
    list->at = memory_grow(list->at, list->n, &list->room, sizeof *list->at);
    list->at[list->n++] = name;
}

void names_add(struct names *list, const char *name)
{
    if (!names_have(list, name)) names_append(list, name);
}

int version_compare(const char *a, const char *b)
{
    while (*a || *b) {
        char *a_end, *b_end;
        unsigned long x = strtoul(a, &a_end, 10), y = strtoul(b, &b_end, 10);
        if (x != y) return x < y ? -1 : 1;
        if (*a_end != *b_end) return *a_end < *b_end ? -1 : 1;
        a = a_end + (*a_end != 0);
        b = b_end + (*b_end != 0);
    }
    return 0;
}

/* --- one application ----------------------------------------------------------------------- */

const char *app_name_in(const char *folder)
{
    struct error ignored;
    const char *const *names;
    size_t n;
    if (folder_list(memory_print("%s/ebin", folder), &names, &n, &ignored) < 0) return NULL;
    for (size_t i = 0; i < n; i++)
        if (text_ends_with(names[i], ".app") && names[i][0] != '.')
            return memory_text(names[i], strlen(names[i]) - 4);
    return NULL;
}

static struct app *make(const char *folder, const char *name, bool from_otp)
{
    struct app *a = memory_take(sizeof *a);
    const char *last = path_name(folder);
    size_t n = strlen(name);
    bool versioned = strncmp(last, name, n) == 0 && last[n] == '-';
    *a = (struct app){.name = name,
                      .version = versioned ? last + n + 1 : "",
                      .folder = folder,
                      .from_otp = from_otp};
    return a;
}

static void take_names(const struct text_term *list, struct names *out)
{
    if (!list || list->kind != TEXT_LIST) return;
    for (const struct text_term *name = list->first; name; name = name->next)
        if (name->kind == TEXT_ATOM) names_add(out, name->text);
}

int app_read(struct app *a, struct error *e)
{
    if (a->read) return 0;
    const char *path = memory_print("%s/ebin/%s.app", a->folder, a->name);
    struct bytes file;
    if (file_read(path, APP_FILE_MOST, &file, NULL, e) < 0) return -1;
    const struct text_term *t = text_read(file, path, e);
    if (!t) return -1;
    const struct text_term *name = text_element(t, 1), *properties = text_element(t, 2);
    if (t->kind != TEXT_TUPLE || !text_is_atom(text_element(t, 0), "application") || !name ||
        name->kind != TEXT_ATOM || !properties || properties->kind != TEXT_LIST)
        return fail(e, 0, "%s: wanted is {application, Name, [...]}.", path);
    if (strcmp(name->text, a->name) != 0)
        return fail(e, 0, "%s describes the application %s", path, name->text);

    const struct text_term *version = text_property(properties, "vsn");
    if (version && version->kind == TEXT_STRING) a->version = version->text;
    if (strchr(a->version, '/')) return fail(e, 0, "%s: a version cannot contain /", path);
    a->has_module = text_property(properties, "mod") != NULL;
    const struct text_term *environment = text_property(properties, "env");
    if (environment) a->mote = text_property(environment, "mote");
    take_names(text_property(properties, "applications"), &a->needs);
    take_names(text_property(properties, "included_applications"), &a->included);
    take_names(text_property(properties, "optional_applications"), &a->optional);
    a->read = true;
    return 0;
}

/* --- library --------------------------------------------------------------------------------- */

struct app *library_find(const struct library *l, const char *name)
{
    for (size_t i = 0; i < l->n; i++)
        if (strcmp(l->apps[i]->name, name) == 0) return l->apps[i];
    return NULL;
}

static void append(struct library *l, struct app *a)
{
    l->apps = memory_grow(l->apps, l->n, &l->room, sizeof *l->apps);
    l->apps[l->n++] = a;
}

int library_add_folder(struct library *l, const char *folder, bool from_otp, struct error *e)
{
    const char *const *names;
    size_t n, before = l->n;
    if (folder_list(folder, &names, &n, e) < 0) return -1;
    names_add(&l->folders, folder);
    for (size_t i = 0; i < n; i++) {
        const char *path = memory_print("%s/%s", folder, names[i]);
        const char *name = app_name_in(path);
        if (!name) continue;
        struct app *fresh = make(path, name, from_otp);
        size_t same = 0;
        while (same < l->n && strcmp(l->apps[same]->name, name) != 0) same++;
        if (same == l->n)
            append(l, fresh);
        else if (same >= before && version_compare(fresh->version, l->apps[same]->version) > 0)
            l->apps[same] = fresh;
    }
    return 0;
}

struct app *library_add_app(struct library *l, const char *folder, struct error *e)
{
    const char *name = app_name_in(folder);
    if (!name) {
        fail(e, 0, "%s is not an application: it has no ebin/NAME.app", folder);
        return NULL;
    }
    struct app *a = make(folder, name, false);
    for (size_t i = 0; i < l->n; i++) {
        if (strcmp(l->apps[i]->name, name) != 0) continue;
        l->apps[i] = a;
        return a;
    }
    append(l, a);
    return a;
}

void library_merge(struct library *l, const struct library *other)
{
    for (size_t i = 0; i < other->folders.n; i++) names_add(&l->folders, other->folders.at[i]);
    for (size_t i = 0; i < other->n; i++)
        if (!library_find(l, other->apps[i]->name)) append(l, other->apps[i]);
}

/* --- closure ----------------------------------------------------------------------------------- */

struct closure {
    const struct library *library;
    struct app **chosen;
    size_t n, room;
    struct error *e;
};

static int visit(struct closure *c, const char *name, const char *needed_by);

static int visit_all(struct closure *c, const struct names *list, const struct app *a)
{
    for (size_t i = 0; i < list->n; i++) {
        const char *name = list->at[i];
        if (names_have(&a->optional, name) && !library_find(c->library, name)) continue;
        if (visit(c, name, a->name) < 0) return -1;
    }
    return 0;
}

static int say_missing(struct closure *c, const char *name, const char *needed_by)
{
    struct buffer where = {0};
    for (size_t i = 0; i < c->library->folders.n; i++) {
        if (i) buffer_add_text(&where, ", ");
        buffer_add_text(&where, c->library->folders.at[i]);
    }
    buffer_add(&where, "", 1);
    if (needed_by)
        fail(c->e, 0, "application %s needs application %s, which is not in %s", needed_by, name,
             (const char *)where.at);
    else
        fail(c->e, 0, "there is no application %s in %s", name, (const char *)where.at);
    buffer_drop(&where);
    return -1;
}

static int visit(struct closure *c, const char *name, const char *needed_by)
{
    struct app *a = library_find(c->library, name);
    if (!a) return say_missing(c, name, needed_by);
    if (a->state == 2) return 0;
    if (a->state == 1)
        return fail(c->e, 0, "application %s needs itself, by way of %s", name, needed_by);
    a->state = 1;
    if (app_read(a, c->e) < 0) return -1;
    if (visit_all(c, &a->needs, a) < 0 || visit_all(c, &a->optional, a) < 0 ||
        visit_all(c, &a->included, a) < 0)
        return -1;
    a->state = 2;
    c->chosen = memory_grow(c->chosen, c->n, &c->room, sizeof(struct app *));
    c->chosen[c->n++] = a;
    return 0;
}

int library_closure(const struct library *l, const struct names *roots, struct app ***chosen,
                    size_t *n, struct error *e)
{
    struct closure c = {.library = l, .e = e};
    for (size_t i = 0; i < l->n; i++) l->apps[i]->state = 0;
    for (size_t i = 0; i < roots->n; i++)
        if (visit(&c, roots->at[i], NULL) < 0) return -1;
    *chosen = c.chosen;
    *n = c.n;
    return 0;
}
