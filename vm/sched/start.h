/* SPDX-License-Identifier: Apache-2.0 */
/* start.h -- what a machine is put together from; image/natives.c fills it in.
 *
 * vm_main() (start.c) starts what it knows itself, then these in order, then loads the
 * preloaded modules and runs init.
 */
#ifndef VM_START_H
#define VM_START_H

#include "code/native.h"
#include "platform/platform.h"

/* Tables of native functions; NULL at the end. */
extern const struct native_table *const image_natives[];
/* What has to be started before any Erlang code runs; NULL at the end. */
extern void (*const image_starts[])(const struct plat_boot *boot);

/* What has to be done when this memory is out of a snapshot (plat_checkpoint()), before any more Erlang code runs:
 * the machine has other arguments, variables, interfaces and folders.  NULL at the end. */
extern void (*const image_resumes[])(const struct plat_boot *boot);
/* While they run: the memory is that of a mote that ran, with connections, files and the like (sched/copy.c). */
extern bool resumes_running;

/* Work that waits for a moment when no process runs: done in pieces between slices, more of it when
 * `idle`.  true: there is more.  NULL at the end. */
extern bool (*const image_chores[])(bool idle);

/* Is something of this kind that the mote has sent still on its way out?  NULL at the end. */
extern bool (*const image_sends[])(void);

/* The arguments for init: all but the emulator's own, which are before them in `all` (the program, and
 * those that begin with '+'). */
struct boot_arguments {
    int count;
    const char *const *list;
    int all_count;
    const char *const *all;
};
extern struct boot_arguments boot_arguments;
/* Fills boot_arguments in, and takes what the emulator's own say.  Returns the limit of processes. */
uint32_t boot_arguments_read(const struct plat_boot *boot);
/* +pc unicode: what io:printable_range/0 says. */
extern bool printable_unicode;

/* Reads which release of OTP the image holds (term/release.h); without a word of that it is the first. Ends
 * the mote with a message when it is none that is known. */
void release_start(const struct plat_boot *boot);
/* Loads the modules that init needs to load others, from the archive.  Ends the mote with a message
 * when one is missing or broken. */
void preload(const struct plat_boot *boot);
/* The flag +disasm MODULE: prints its internal code and ends the mote. */
noreturn void disassemble_module(const struct plat_boot *boot, const char *module);

#endif
