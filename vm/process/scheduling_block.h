/* SPDX-License-Identifier: Apache-2.0 */
/* scheduling_block.h -- who has blocked multi-scheduling: system_flag(multi_scheduling, _).
 *
 * With one scheduler nothing is stopped by it; but who asks is told what holds, and a process that ends
 * takes its blocks with it.
 */
#ifndef VM_SCHEDULING_BLOCK_H
#define VM_SCHEDULING_BLOCK_H

#include "process/process.h"

enum blocked { BLOCKED_NOT, BLOCKED_NORMAL, BLOCKED_ALL };

/* One more block of p's; normal: of normal schedulers only.  false: no memory. */
bool scheduling_block(struct process *p, bool normal);
/* Takes one back; nothing when p has none. */
void scheduling_unblock(struct process *p, bool normal);
enum blocked scheduling_blocked(void);
/* p ends. */
void scheduling_blocks_end(struct process *p);
/* Everyone who blocks, once. */
void scheduling_blockers(bool normal, void (*each)(void *context, term pid), void *context);

#endif
