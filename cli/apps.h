/* SPDX-License-Identifier: Apache-2.0 */
/* apps.h -- OTP applications on the host: where they are, what they need, which to take. */
#ifndef CLI_APPS_H
#define CLI_APPS_H

#include <stdbool.h>
#include <stddef.h>

#include "monitor/error.h"

struct names {
    const char **at;
    size_t n, room;
};

void names_append(struct names *list, const char *name);
void names_add(struct names *list, const char *name); /* unless it is there already */
bool names_have(const struct names *list, const char *name);

struct app {
    const char *name, *version; /* of the .app file once it is read, else of the folder */
    const char *folder;         /* the host's; ebin/ is in it */
    bool from_otp;              /* belongs to the OTP installation */
    bool read;                  /* the fields below are filled in */
    bool has_module;            /* {mod, _}: there is something to start */
    struct names needs, included, optional;
    const struct text_term *mote; /* what it wants of a mote (needs.h), or NULL */
    int state;                    /* of the closure: 0 not visited, 1 being visited, 2 chosen */
};

struct library {
    struct app **apps;
    size_t n, room;
    struct names folders; /* where was looked, for messages */
};

/* Adds every application in a folder like /usr/lib/erlang/lib.  An application that is in
 * the library already stays; of two versions in one folder the higher one is taken. */
int library_add_folder(struct library *l, const char *folder, bool from_otp, struct error *e);

/* Adds one application by its folder, in front of what has its name so far.  NULL after
 * fail(). */
struct app *library_add_app(struct library *l, const char *folder, struct error *e);

/* Adds all of `other` whose names are not there yet. */
void library_merge(struct library *l, const struct library *other);

struct app *library_find(const struct library *l, const char *name);

/* The name of the application in `folder`, from ebin/NAME.app; NULL when it is none. */
const char *app_name_in(const char *folder);

/* Reads the .app file. */
int app_read(struct app *a, struct error *e);

/* `roots` and all that they need, in the order in which they can be started.  Optional
 * applications are taken when the library has them. */
int library_closure(const struct library *l, const struct names *roots, struct app ***chosen,
                    size_t *n, struct error *e);

/* Less than, equal to or greater than 0, number by number: "1.10" is above "1.9". */
int version_compare(const char *a, const char *b);

#endif
