/* SPDX-License-Identifier: Apache-2.0 */
/* glib.h -- what libslirp uses of GLib, and no more.
 *
 * Debian has libslirp as a shared library only, and `mote` is one static file; so libslirp's own sources are
 * compiled (mk/slirp.mk), and these few definitions are enough for them.  Nothing here starts a program: of
 * libslirp's features, those that would are refused.  A failed assertion ends the monitor with a sentence.
 */
#ifndef MONITOR_SLIRP_GLIB_H
#define MONITOR_SLIRP_GLIB_H

#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef char gchar;
typedef int gint, gboolean, GPid, GSpawnFlags;
typedef unsigned guint;
typedef void *gpointer;
typedef char **GStrv;
typedef void (*GSpawnChildSetupFunc)(gpointer);
typedef struct {
    char *message;
} GError;
typedef struct {
    char *str;
    size_t len;
} GString;
typedef struct {
    const char *key;
    guint value;
} GDebugKey;
typedef struct GRand GRand;

#ifndef TRUE
#define TRUE  1
#define FALSE 0
#endif
#ifndef MIN
#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#endif

#define G_OS_UNIX                   1
#define GLIB_SIZEOF_VOID_P          8
#define G_LITTLE_ENDIAN             1234
#define G_BIG_ENDIAN                4321
#define G_BYTE_ORDER                G_LITTLE_ENDIAN
#define G_SPAWN_SEARCH_PATH         1
#define GLIB_CHECK_VERSION(a, b, c) 1
#define G_GNUC_PRINTF(a, b)         __attribute__((format(printf, a, b)))
#define G_UNLIKELY(x)               __builtin_expect(!!(x), 0)
#define G_LIKELY(x)                 __builtin_expect(!!(x), 1)
#define G_N_ELEMENTS(a)             (sizeof(a) / sizeof *(a))
#define G_STATIC_ASSERT(x)          _Static_assert(x, #x)
#define GINT_TO_POINTER(i)          ((gpointer)(intptr_t)(i))
#define GPOINTER_TO_INT(p)          ((gint)(intptr_t)(p))
#define GUINT16_FROM_BE(x)          __builtin_bswap16(x)
#define GINT16_FROM_BE(x)           ((int16_t)__builtin_bswap16((uint16_t)(x)))
#define GUINT32_FROM_BE(x)          __builtin_bswap32(x)
#define GINT32_FROM_BE(x)           ((int32_t)__builtin_bswap32((uint32_t)(x)))
#define GUINT16_TO_BE(x)            __builtin_bswap16(x)
#define GINT16_TO_BE(x)             ((int16_t)__builtin_bswap16((uint16_t)(x)))
#define GUINT32_TO_BE(x)            __builtin_bswap32(x)
#define GINT32_TO_BE(x)             ((int32_t)__builtin_bswap32((uint32_t)(x)))

/* Messages are about what the guest or a peer does: at its will, so they are not printed. */
#define g_debug(...)           ((void)0)
#define g_warning(...)         ((void)0)
#define g_critical(...)        ((void)0)
#define g_warn_if_fail(x)      ((void)(x))
#define g_warn_if_reached()    ((void)0)
#define g_error(...)           slirp_failed(__FILE__, __LINE__, "it cannot go on")
#define g_assert(x)            ((x) ? (void)0 : slirp_failed(__FILE__, __LINE__, #x))
#define g_assert_not_reached() slirp_failed(__FILE__, __LINE__, "not to be reached")
#define g_return_if_fail(x)                                                                        \
    do {                                                                                           \
        if (!(x)) return;                                                                          \
    } while (0)
#define g_return_val_if_fail(x, value)                                                             \
    do {                                                                                           \
        if (!(x)) return (value);                                                                  \
    } while (0)
__attribute__((noreturn)) void slirp_failed(const char *file, int line, const char *what);

/* Memory never comes back as NULL; the last three are libc's. */
void *g_malloc(size_t n);
void *g_malloc0(size_t n);
void *g_realloc(void *p, size_t n);
char *g_strdup(const char *s);
void g_free(void *p);
#define g_new(type, n)  ((type *)g_malloc(sizeof(type) * (size_t)(n)))
#define g_new0(type, n) ((type *)g_malloc0(sizeof(type) * (size_t)(n)))
#define g_snprintf      snprintf
#define g_vsnprintf     vsnprintf
#define g_strerror      strerror

size_t g_strlcpy(char *to, const char *from, size_t room);
const char *g_getenv(const char *name);
gboolean g_str_has_prefix(const char *s, const char *prefix);
char *g_strstr_len(const char *s, ptrdiff_t n, const char *what);
guint g_strv_length(char **v);
void g_strfreev(char **v);
guint g_parse_debug_string(const char *s, const GDebugKey *keys, guint n);

GString *g_string_new(const char *s);
void g_string_append_printf(GString *s, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *g_string_free(GString *s, gboolean with_text);

GRand *g_rand_new(void);
void g_rand_free(GRand *r);
gint g_rand_int_range(GRand *r, gint from, gint below);

/* Refused. */
gboolean g_shell_parse_argv(const char *line, int *argc, char ***argv, GError **error);
gboolean g_spawn_async_with_fds(const char *folder, char **argv, char **environment, int flags,
                                GSpawnChildSetupFunc setup, gpointer context, GPid *child, int in,
                                int out, int error_fd, GError **error);
void g_error_free(GError *error);

#endif
