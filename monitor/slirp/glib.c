/* SPDX-License-Identifier: Apache-2.0 */
/* glib.c -- see glib.h. */
#include <stdlib.h>
#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "abi/boot.h"
#include "monitor/slirp/glib.h"

void slirp_failed(const char *file, int line, const char *what)
{
    char text[256];
    const char *name = strrchr(file, '/');
    int n = snprintf(text, sizeof text, "\nmote: libslirp failed at %s:%d: %s\n",
                     name ? name + 1 : file, line, what);
    if (n > 0 && write(2, text, (size_t)n) < 0) _exit(BOOT_STATUS_MONITOR);
    _exit(BOOT_STATUS_MONITOR);
}

/* --- memory and text ---------------------------------------------------------------------- */

static void *must(void *p)
{
    if (!p) slirp_failed(__FILE__, __LINE__, "the host has no memory left");
    return p;
}

void *g_malloc(size_t n) { return must(malloc(n ? n : 1)); }
void *g_malloc0(size_t n) { return must(calloc(1, n ? n : 1)); }
void *g_realloc(void *p, size_t n) { return must(realloc(p, n ? n : 1)); }
char *g_strdup(const char *s) { return s ? must(strdup(s)) : NULL; }
void g_free(void *p) { free(p); }

size_t g_strlcpy(char *to, const char *from, size_t room)
{
    size_t n = strlen(from);
    if (room) {
        size_t fits = n < room ? n : room - 1;
        memcpy(to, from, fits);
        to[fits] = 0;
    }
    return n;
}

/* Its debug switches are not ours. */
const char *g_getenv(const char *name) { return (void)name, NULL; }
guint g_parse_debug_string(const char *s, const GDebugKey *keys, guint n)
{
    return (void)s, (void)keys, (void)n, 0;
}

gboolean g_str_has_prefix(const char *s, const char *prefix)
{
    return strncmp(s, prefix, strlen(prefix)) == 0;
}

char *g_strstr_len(const char *s, ptrdiff_t n, const char *what)
{
    return memmem(s, n < 0 ? strlen(s) : strnlen(s, (size_t)n), what, strlen(what));
}

guint g_strv_length(char **v)
{
    guint n = 0;
    while (v && v[n]) n++;
    return n;
}

void g_strfreev(char **v)
{
    for (char **s = v; s && *s; s++) free(*s);
    free(v);
}

/* --- strings that grow: for descriptions that we never ask for --------------------------------- */

GString *g_string_new(const char *s)
{
    GString *string = g_new0(GString, 1);
    string->str = g_strdup(s ? s : "");
    string->len = strlen(string->str);
    return string;
}

void g_string_append_printf(GString *s, const char *format, ...)
{
    va_list list;
    char text[512];
    va_start(list, format);
    int n = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (n < 0) return;
    size_t more = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    s->str = g_realloc(s->str, s->len + more + 1);
    memcpy(s->str + s->len, text, more + 1);
    s->len += more;
}

char *g_string_free(GString *s, gboolean with_text)
{
    char *text = s->str;
    free(s);
    if (!with_text) return text;
    free(text);
    return NULL;
}

/* --- random numbers ------------------------------------------------------------------------------ */

struct GRand {
    uint64_t state;
};

GRand *g_rand_new(void)
{
    GRand *r = g_new0(GRand, 1);
    if (getrandom(&r->state, sizeof r->state, 0) != sizeof r->state || !r->state) r->state = 1;
    return r;
}

void g_rand_free(GRand *r) { free(r); }

/* For times of announcements and for ports; nothing has to be unguessable. */
gint g_rand_int_range(GRand *r, gint from, gint below)
{
    r->state ^= r->state << 13, r->state ^= r->state >> 7, r->state ^= r->state << 17;
    return from + (gint)((r->state >> 11) % (uint64_t)(below - from));
}

/* --- programs --------------------------------------------------------------------------------------- */

gboolean g_shell_parse_argv(const char *line, int *argc, char ***argv, GError **error)
{
    (void)line, (void)argc, (void)argv;
    *error = NULL;
    return FALSE;
}

gboolean g_spawn_async_with_fds(const char *folder, char **argv, char **environment, int flags,
                                GSpawnChildSetupFunc setup, gpointer context, GPid *child, int in,
                                int out, int error_fd, GError **error)
{
    (void)folder, (void)argv, (void)environment, (void)flags, (void)setup, (void)context;
    (void)child, (void)in, (void)out, (void)error_fd;
    *error = NULL;
    return FALSE;
}

/* A router that knows no server of names. */
int slirp_no_server(struct in6_addr *address, uint32_t *zone);
int slirp_no_server(struct in6_addr *address, uint32_t *zone)
{
    (void)address, (void)zone;
    return -1;
}

/* For descriptions that we never ask for; it has to succeed. */
int slirp_getnameinfo(const struct sockaddr *address, socklen_t bytes, char *host,
                      socklen_t host_room, char *service, socklen_t service_room, int flags);
int slirp_getnameinfo(const struct sockaddr *address, socklen_t bytes, char *host,
                      socklen_t host_room, char *service, socklen_t service_room, int flags)
{
    (void)address, (void)bytes, (void)flags;
    if (host_room) *host = 0;
    if (service_room) *service = 0;
    return 0;
}

void g_error_free(GError *error) { free(error); }
