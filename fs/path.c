/* SPDX-License-Identifier: Apache-2.0 */
/* path.c -- see path.h. */
#include "fs/path.h"
#include <string.h>

static struct path current = {.text = "/", .bytes = 1};

/* Appends one component; ".." takes the last one away. */
static bool append(struct path *p, const char *component, size_t n)
{
    if (n == 0 || (n == 1 && component[0] == '.')) return true;
    if (n == 2 && component[0] == '.' && component[1] == '.') {
        while (p->bytes > 1 && p->text[p->bytes - 1] != '/') p->bytes--;
        if (p->bytes > 1) p->bytes--;
        return true;
    }
    bool slash = p->bytes > 1;
    if (p->bytes + slash + n > PATH_MOST - 1) return false;
    if (slash) p->text[p->bytes++] = '/';
    memcpy(p->text + p->bytes, component, n);
    p->bytes += n;
    return true;
}

bool path_resolve(struct path *out, const char *name, size_t bytes)
{
    if (bytes > 0 && name[0] == '/') {
        out->text[0] = '/';
        out->bytes = 1;
    } else {
        memcpy(out->text, current.text, current.bytes);
        out->bytes = current.bytes;
    }
    out->wants_folder = bytes > 0 && name[bytes - 1] == '/';
    for (size_t from = 0; from <= bytes;) {
        const char *slash = memchr(name + from, '/', bytes - from);
        size_t to = slash ? (size_t)(slash - name) : bytes;
        if (!append(out, name + from, to - from)) return false;
        from = to + 1;
    }
    return true;
}

const struct path *path_current(void) { return &current; }
void path_set_current(const struct path *p) { current = *p; }
