/* SPDX-License-Identifier: Apache-2.0 */
/* arguments.c -- reads options by the command's table; see command.h. */
#include <string.h>

#include "cli/command.h"
#include "cli/memory.h"

/* --- suggestions ------------------------------------------------------------------------------ */

#define NAME_MOST 40

/* Insertions, deletions, replacements and swaps of neighbours that lead from a to b. */
static unsigned distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b);
    unsigned row[NAME_MOST + 1][NAME_MOST + 1];
    if (n > NAME_MOST || m > NAME_MOST) return NAME_MOST;
    for (size_t i = 0; i <= n; i++) row[i][0] = (unsigned)i;
    for (size_t j = 0; j <= m; j++) row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++) {
        for (size_t j = 1; j <= m; j++) {
            unsigned best = row[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (row[i - 1][j] + 1 < best) best = row[i - 1][j] + 1;
            if (row[i][j - 1] + 1 < best) best = row[i][j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && row[i - 2][j - 2] + 1 < best) best = row[i - 2][j - 2] + 1;
            row[i][j] = best;
        }
    }
    return row[n][m];
}

const char *nearest_name(const char *text, const void *candidates, size_t stride)
{
    const char *nearest = NULL;
    size_t n = strlen(text);
    unsigned best = n <= 3 ? 2 : 3; /* one, or two, mistakes are forgiven */
    for (const char *at = candidates;; at += stride) {
        const char *name;
        memcpy(&name, at, sizeof name);
        if (!name) return nearest;
        unsigned d = distance(text, name);
        if (n >= 4 && strncmp(text, name, n) == 0) d = 1; /* an abbreviation */
        if (d >= best) continue;
        best = d;
        nearest = name;
    }
}

/* --- options ------------------------------------------------------------------------------------ */

static int unknown(const struct arguments *a, const char *text, struct error *e)
{
    const char *near = nearest_name(text, a->command->options, sizeof *a->command->options);
    if (near)
        fail(e, 0, "there is no option %s; did you mean %s?", text, near);
    else
        fail(e, 0, "there is no option %s", text);
    return ARGUMENT_BAD;
}

/* The option that `text` names; *attached is the value that came with it, or NULL. */
static const struct option *find_option(const struct option *options, const char *text,
                                        const char **attached)
{
    *attached = NULL;
    for (const struct option *o = options; o->name; o++) {
        size_t n = strlen(o->name);
        if (strcmp(text, o->name) == 0 || (o->letter && strcmp(text, o->letter) == 0)) return o;
        if (strncmp(text, o->name, n) == 0 && text[n] == '=') {
            *attached = text + n + 1;
            return o;
        }
        if (o->letter && o->value && strncmp(text, o->letter, 2) == 0) {
            *attached = text + 2;
            return o;
        }
    }
    return NULL;
}

int arguments_next(struct arguments *a, const char **value, struct error *e)
{
    if (a->at == a->end) return ARGUMENT_END;
    const char *text = *a->at++;
    if (strcmp(text, "--") == 0) return ARGUMENT_REST;
    if (text[0] != '-' || text[1] == 0) {
        *value = text;
        return ARGUMENT_OPERAND;
    }
    const char *attached;
    const struct option *o = find_option(a->command->options, text, &attached);
    if (!o) return unknown(a, text, e);
    if (!o->value && attached) {
        fail(e, 0, "%s takes no value", o->name);
        return ARGUMENT_BAD;
    }
    *value = attached;
    if (o->value && !attached) {
        if (a->at == a->end) {
            fail(e, 0, "%s wants %s behind it", text, o->value);
            return ARGUMENT_BAD;
        }
        *value = *a->at++;
    }
    return (int)(o - a->command->options);
}
