/* SPDX-License-Identifier: Apache-2.0 */
/* nif.h -- native code for an image: what --nif names, compiled and linked with the runtime. */
#ifndef CLI_NIF_H
#define CLI_NIF_H

#include "base/bytes.h"
#include "cli/apps.h"
#include "monitor/error.h"

/* What stock would have in one .so file. */
struct nif_library {
    const char *name;   /* what erlang:load_nif/2 finds it by: the last part of its path */
    const char *folder; /* that the sources were found in; also looked through for headers */
    struct names sources, c_flags, cxx_flags;
};
struct nifs {
    struct nif_library *at;
    size_t n, room;
};

/* Adds what one --nif says: [NAME=]PATH, a C file or a folder. */
int nifs_add(struct nifs *nifs, const char *option, struct error *e);

/* Compiles all and links a runtime with it.  What the compiler says goes to standard error; so do
 * file and line. */
int nifs_link(const struct nifs *nifs, struct bytes *runtime, struct error *e);

#endif
