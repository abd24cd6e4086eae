/* SPDX-License-Identifier: Apache-2.0 */
/* natives.c -- what a guest is put together from: all tables of natives, all starters. */
#include "bif/bif.h"
#include "bif/environment.h"
#include "bif/external.h"
#include "fs/fs.h"
#include "port/port.h"
#include "sched/start.h"

const struct native_table *const image_natives[] = {&bif_table, &fs_natives, NULL};

void (*const image_starts[])(const struct plat_boot *boot) = {external_start, environment_start,
                                                              ports_start, fs_start, NULL};
