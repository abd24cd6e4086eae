/* SPDX-License-Identifier: Apache-2.0 */
/* otp.h -- the Erlang/OTP installation whose libraries go into a guest.
 *
 * Found by, in this order: --otp DIR, $MOTE_OTP, `erl` in the PATH, the usual places.
 */
#ifndef CLI_OTP_H
#define CLI_OTP_H

#include "cli/apps.h"
#include "cli/tree.h"

struct otp {
    const char *root;      /* what code:root_dir/0 says on stock */
    const char *release;   /* "25" */
    const char *version;   /* "25.2.3", or the release when that is not written down */
    const char *bindir;    /* where the emulator and its helpers are: only said, never used */
    const char *preloaded; /* the folder with erlang.beam and the others of erts */
    const char *boot;      /* start_clean.boot */
    struct library library;
};

/* `given` is what --otp says, or NULL.  0, or -1 after fail() with what to install. */
int otp_find(const char *given, struct otp *out, struct error *e);

/* Where the guest finds the modules that are loaded before any Erlang runs, whatever its
 * root is. */
#define OTP_GUEST_PRELOADED "/otp/erts/ebin"
/* And where it reads which release this is: "29 17.1.1\n". */
#define OTP_GUEST_RELEASE   "/otp/erts/release"

/* Each has what is in the one before. */
enum otp_files {
    OTP_TO_RUN,  /* .beam files without the chunks of tools, .app, priv */
    OTP_ALL,     /* .beam files byte for byte, .app, priv, include */
    OTP_SOURCES, /* src, too, where the host has it */
};

/* Boot scripts, releases/ and preloaded modules, with `root` as the guest's root of OTP. */
int otp_add_system(const struct otp *otp, struct tree *t, const char *root, enum otp_files files,
                   struct error *e);

/* Mote's own modules, once everything of OTP is in the tree: they replace those of the same
 * name; the others are an application `mote`. */
int otp_add_own_modules(const struct otp *otp, struct tree *t, const char *root, struct error *e);

/* What is in an ebin folder, and in a priv folder but for the host's native code; a file whose
 * place in the tree is taken is left out. */
int otp_add_ebin(struct tree *t, const char *host, const char *path, enum otp_files files,
                 struct error *e);
int otp_add_priv(struct tree *t, const char *host, const char *path, struct error *e);

/* One application at `folder` in the guest. */
int otp_add_app(const struct app *a, struct tree *t, const char *folder, enum otp_files files,
                struct error *e);

/* A .beam file of the host at `path` in the guest, stripped or not. */
int otp_add_beam(struct tree *t, enum tree_layer layer, const char *host, const char *path,
                 enum otp_files files, struct error *e);

/* --- Mote's own modules, built into this program (embedded.S, made by mk/cli.mk) ------------ */

struct embedded_module {
    const char *name;
    const uint8_t *bytes, *end;
};

extern const struct embedded_module embedded_modules[]; /* ends with a NULL name */
extern const struct embedded_module embedded_files[];   /* the same: what nif.c links with */
extern const uint8_t embedded_runtime[], embedded_runtime_end[];

#endif
