/* SPDX-License-Identifier: Apache-2.0 */
/* os.c -- module os: the environment. */
#include "bif/bif.h"
#include "bif/environment.h"
#include "binary/binary.h"
#include "heap/arena.h"
#include "platform/platform.h"
#include "term/code_point.h"
#include "term/release.h"

/* name, 0, value, 0 behind one another. */
struct variable {
    struct variable *next;
    size_t name_bytes, value_bytes;
    char text[];
};
static struct variable *variables;

static struct variable **find(const char *name, size_t bytes)
{
    struct variable **at = &variables;
    while (*at && ((*at)->name_bytes != bytes || memcmp((*at)->text, name, bytes) != 0))
        at = &(*at)->next;
    return at;
}

static bool unset(const char *name, size_t bytes)
{
    struct variable **at = find(name, bytes), *v = *at;
    if (!v) return false;
    *at = v->next;
    arena_free(v);
    return true;
}

static bool set(const char *name, size_t name_bytes, const char *value, size_t value_bytes)
{
    struct variable *v = arena_malloc(sizeof *v + name_bytes + value_bytes);
    if (!v) return false;
    v->name_bytes = name_bytes;
    v->value_bytes = value_bytes;
    memcpy(v->text, name, name_bytes);
    memcpy(v->text + name_bytes, value, value_bytes);
    unset(name, name_bytes);
    struct variable **last = &variables;
    while (*last) last = &(*last)->next;
    v->next = NULL;
    *last = v;
    return true;
}

static bool has(const char *name, size_t name_bytes, const char *value, size_t value_bytes)
{
    const struct variable *v = *find(name, name_bytes);
    return v && v->value_bytes == value_bytes &&
           memcmp(v->text + name_bytes, value, value_bytes) == 0;
}

/* What a snapshot has already is not written again: it would cost a copy of its pages. */
void environment_start(const struct plat_boot *boot)
{
    for (const char *const *list = boot->environment; list && *list; list++) {
        const char *equals = strchr(*list, '=');
        if (!equals) continue;
        size_t name_bytes = (size_t)(equals - *list), value_bytes = strlen(equals + 1);
        if (!has(*list, name_bytes, equals + 1, value_bytes))
            set(*list, name_bytes, equals + 1, value_bytes);
    }
}

void environment_set(const char *name, const char *value)
{
    set(name, strlen(name), value, strlen(value));
}

const char *environment_find(const char *name, size_t *bytes)
{
    const struct variable *v = *find(name, strlen(name));
    if (!v) return NULL;
    *bytes = v->value_bytes;
    return v->text + v->name_bytes;
}

/* --- names and values: lists of characters, binaries, or atoms --------------------------------- */

struct name {
    char *bytes; /* UTF-8, from the arena */
    size_t used;
};

static bool from_list(term t, struct name *out)
{
    ptrdiff_t n = list_length(t);
    if (n < 0 || !(out->bytes = arena_malloc(4 * (size_t)n + 1))) return false;
    uint8_t *end = (uint8_t *)out->bytes;
    for (; is_cons(t); t = tail(t)) {
        if (!is_code_point(head(t)) || small_value(head(t)) == 0) {
            arena_free(out->bytes);
            return false;
        }
        end = utf8_write(end, (uint32_t)small_value(head(t)));
    }
    out->used = (size_t)(end - (uint8_t *)out->bytes);
    return true;
}

static bool from_bytes(const void *bytes, size_t n, struct name *out)
{
    if (memchr(bytes, 0, n) || !(out->bytes = arena_malloc(n + 1))) return false;
    memcpy(out->bytes, bytes, n);
    out->used = n;
    return true;
}

/* false: it is no name; else out->bytes is to be freed. */
static bool parse(term t, struct name *out)
{
    *out = (struct name){0};
    if (is_list(t)) return from_list(t, out);
    if (is_atom(t)) return from_bytes(atom_text(t)->bytes, atom_text(t)->length, out);
    size_t n;
    const uint8_t *bytes = binary_bytes(t, &n);
    return bytes && from_bytes(bytes, n, out);
}

/* Characters; bytes when it is no UTF-8. */
static term text(struct heap *h, const char *s, size_t n)
{
    return is_utf8((const uint8_t *)s, n) ? make_string_utf8(h, s, n) : make_string(h, s, n);
}

/* A name that may be set has a '=' nowhere but in front. */
static bool is_settable(const struct name *name)
{
    return name->used > 0 && !memchr(name->bytes + 1, '=', name->used - 1) && name->bytes[0] != '=';
}

term bif_os_getenv_1(struct process *p, const term *arg)
{
    struct name name;
    if (!parse(arg[0], &name)) return raise_badarg(p);
    bool good = name.used == 0 || is_settable(&name);
    const struct variable *v = *find(name.bytes, name.used);
    arena_free(name.bytes);
    if (!good) return raise_badarg(p);
    return v ? text(&p->heap, v->text + v->name_bytes, v->value_bytes) : ATOM(false);
}

term bif_os_putenv_2(struct process *p, const term *arg)
{
    struct name name, value;
    if (!parse(arg[0], &name)) return raise_badarg(p);
    if (!parse(arg[1], &value)) {
        arena_free(name.bytes);
        return raise_badarg(p);
    }
    bool good = is_settable(&name);
    bool done = good && set(name.bytes, name.used, value.bytes, value.used);
    arena_free(name.bytes);
    arena_free(value.bytes);
    if (!good) return raise_badarg(p);
    return done ? ATOM(true) : raise(p, ATOM(system_limit));
}

term bif_os_unsetenv_1(struct process *p, const term *arg)
{
    struct name name;
    if (!parse(arg[0], &name)) return raise_badarg(p);
    bool good = is_settable(&name);
    if (good) unset(name.bytes, name.used);
    arena_free(name.bytes);
    return good ? ATOM(true) : raise_badarg(p);
}

term bif_os_env_0(struct process *p, const term *arg)
{
    (void)arg;
    struct heap *h = &p->heap;
    term list = NIL;
    for (const struct variable *v = variables; v; v = v->next) {
        term key = text(h, v->text, v->name_bytes);
        list = make_cons(h, make_tuple2(h, key, text(h, v->text + v->name_bytes, v->value_bytes)),
                         list);
    }
    return list;
}

term bif_os_getpid_0(struct process *p, const term *arg)
{
    (void)arg;
    return make_string(&p->heap, "1", 1);
}

term bif_os_set_signal_2(struct process *p, const term *arg)
{
    if (!is_atom(arg[0]) || !is_atom(arg[1])) return raise_badarg(p);
    switch (atom_index(arg[1])) {
    case ATOM_ignore:
    case ATOM_default:
    case ATOM_handle: break;
    default: return raise_badarg(p);
    }
    switch (atom_index(arg[0])) {
    case ATOM_sigcont:
    case ATOM_sigwinch:
    case ATOM_siginfo: return otp_release >= 28 ? ATOM(ok) : raise_badarg(p);
    case ATOM_sighup:
    case ATOM_sigquit:
    case ATOM_sigabrt:
    case ATOM_sigalrm:
    case ATOM_sigterm:
    case ATOM_sigusr1:
    case ATOM_sigusr2:
    case ATOM_sigchld:
    case ATOM_sigstop:
    case ATOM_sigtstp: return ATOM(ok);
    default: return raise_badarg(p);
    }
}
