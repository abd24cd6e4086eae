/* SPDX-License-Identifier: Apache-2.0 */
/* launch.h -- from a runtime, an archive and arguments to a running mote.
 *
 * `run` and `erl` share this: the options that say where and how large, the emulator's
 * arguments, the cached tree of all of OTP, and the call of the monitor.
 */
#ifndef CLI_LAUNCH_H
#define CLI_LAUNCH_H

#include "agent/agent.h"
#include "cli/needs.h"
#include "cli/network.h"
#include "cli/otp.h"
#include "monitor/monitor.h"

/* Remembers when the program started, for --stats. */
void launch_started(void);

enum { LAUNCH_MOUNTS_MOST = 15 };

struct launch {
    struct monitor_options options;
    struct monitor_mount mounts[LAUNCH_MOUNTS_MOST];
    const char *servers; /* of 9P, by TCP: for MOTE_9P */
    struct names server_places;
    struct needs needs; /* of the image */
    bool platform_given;
    struct names argv, environment;
    struct network network;
    struct monitor_file snapshot; /* the image's, used or not; of instances, too */
    bool has_image;               /* the files are those of an image, all of one descriptor */
    bool is_copy;                 /* the image's snapshot is one of a mote that ran */
    const char *node, *cookie;    /* what that was as a node; NULL: it was none */
    struct agent_image *images;   /* of instances: the first is this one itself */
    struct agent_grant grant;     /* instances 0: none */
};

/* "kvm" or "process". */
int launch_set_platform(struct launch *l, const char *text, struct error *e);

void launch_argument(struct launch *l, const char *text);
void launch_environment(struct launch *l, const char *name, const char *value);

/* Passes a variable of this process on, when it is set. */
void launch_inherit(struct launch *l, const char *name);

/* What erl's start script sets, too. */
void launch_usual_environment(struct launch *l);

/* Where nobody has said it: kvm, if that can be had. */
void launch_choose_platform(struct launch *l);

/* Arguments and environment are complete. */
void launch_finish(struct launch *l);

/* Runs the guest to its end: its exit status, or COMMAND_FAILED. */
int launch_run(struct launch *l, struct error *e);

/* The folder of what can be made again: MOTE_CACHE, or the user's usual one; NULL: there is none.  It may not exist. */
const char *launch_cache(void);

/* The runtime that is built into this program. */
int launch_use_own_runtime(struct launch *l, struct error *e);

/* All of OTP at its own path in the guest's tree, from the cache of this host, under the
 * files of `t`.  The cache is made when it is missing or OTP has changed since. */
int launch_use_otp(struct launch *l, const struct otp *otp, struct tree *t, struct error *e);

#endif
