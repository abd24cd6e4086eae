/* SPDX-License-Identifier: Apache-2.0 */
/* instances.h -- the options of `run` about instances: --allow-instances N[,mem=SIZE] and --instance-image NAME=FILE. */
#ifndef CLI_INSTANCES_H
#define CLI_INSTANCES_H

#include "cli/launch.h"

struct instances {
    unsigned allowed; /* 0: none, and there is no agent */
    uint64_t memory_bytes;
    struct names images; /* "NAME=FILE" */
};

int instances_allow(struct instances *n, const char *text, struct error *e);
int instances_add_image(struct instances *n, const char *text, struct error *e);

/* Says so to the launch, which then starts an agent: behind everything else that is said to it. */
int instances_prepare(const struct instances *n, struct launch *l, struct error *e);

/* Their rows in a command's list of options. */
#define INSTANCE_OPTIONS(ROW)                                                                      \
    ROW(INSTANCES, "--allow-instances", NULL, "N[,mem=SIZE]",                                      \
        "let it start up to N instances at once, which may\nhave so much memory together "         \
        "(default: N times its own)")                                                              \
    ROW(INSTANCE_IMAGE, "--instance-image", NULL, "NAME=FILE",                                     \
        "an image that instances may be started from,\nbesides its own; may be repeated")

#endif
