/* SPDX-License-Identifier: Apache-2.0 */
/* natives.c -- what a guest is put together from: all tables of natives, all starters. */
#include "bif/bif.h"
#include "bif/checkpoint.h"
#include "bif/dist_spawn.h"
#include "bif/environment.h"
#include "bif/external.h"
#include "bif/persistent_term.h"
#include "bif/trace_start.h"
#include "dist/dist.h"
#include "ets/table.h"
#include "fs/fs.h"
#include "host/agent.h"
#include "image/names.h"
#include "net/prim_socket.h"
#include "net/stack.h"
#include "nif/nif.h"
#include "port/port.h"
#include "sched/start.h"

const struct native_table *const image_natives[] = {
    &bif_table, &checkpoint_natives, &fs_natives, &net_natives, &agent_natives, &nif_natives, NULL};

void (*const image_starts[])(const struct plat_boot *boot) = {
    external_start,   environment_start, trace_start, ports_start, dist_start, net_start,
    dist_spawn_start, fs_start,          names_start, nif_start,   NULL};

/* In the order of the starts above.  The clock and counters are the caller's (bif/checkpoint.c). */
void (*const image_resumes[])(const struct plat_boot *boot) = {
    environment_start, dist_resume, net_resume, fs_resume, names_start, agent_resume, NULL};

bool (*const image_sends[])(void) = {net_sends, NULL};

/* Memory of large deleted tables comes back piece by piece. */
static bool release_tables(bool idle)
{
    (void)idle;
    return ets_release_some();
}

bool (*const image_chores[])(bool idle) = {release_tables, persistent_term_release_some, NULL};
