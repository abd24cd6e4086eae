/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c -- where a snapshot is made, and where its memory goes on: abi/snapshot.h.
 *
 * The way to both is one function in assembly: it saves the registers that belong to the caller on the stack and where the
 * stack stands in memory, both of which the snapshot keeps.  The mote that makes the snapshot of a boot ends there; one that
 * runs waits until its memory has been copied, and goes on.  One that is made
 * from it starts at platform_resume() on a stack that means nothing, takes the saved one, and returns from the same call.
 * Of the processor nothing else lasts over a call: MXCSR and the x87 control word are as at any start.
 */
#include "base/ranges.h"
#include "platform/port.h"

/* Both called by name from below. */
void checkpoint_here(void);
void checkpoint_resume(const struct boot_record *record);

void *checkpoint_stack; /* where the saved registers are */
enum { SECOND_NS = 1000000000 };

/* clang-format off */
void checkpoint_save(void);
__asm__(
    ".pushsection .text.platform_resume, \"ax\", @progbits\n"
    ".globl checkpoint_save, platform_resume\n"
    ".type checkpoint_save, @function\n"
    "checkpoint_save:\n"
    "    push %rbp\n    push %rbx\n    push %r12\n    push %r13\n    push %r14\n    push %r15\n"
    "    mov %rsp, checkpoint_stack(%rip)\n"
    "    sub $8, %rsp\n"
    "    call checkpoint_here\n"
    "    jmp checkpoint_return\n"
    ".size checkpoint_save, . - checkpoint_save\n"
    ".type platform_resume, @function\n"
    "platform_resume:\n"
    "    mov checkpoint_stack(%rip), %rsp\n"
    "    sub $8, %rsp\n"
    "    call checkpoint_resume\n"
    "checkpoint_return:\n"
    "    add $8, %rsp\n"
    "    pop %r15\n    pop %r14\n    pop %r13\n    pop %r12\n    pop %rbx\n    pop %rbp\n"
    "    ret\n"
    ".size platform_resume, . - platform_resume\n"
    ".popsection\n");
/* clang-format on */

/* A knock by anybody ends a sleep; what is written meanwhile is below the saved stack, or means nothing to the copy. */
static void wait_for_copy(void)
{
    uint32_t *wanted = &control()->copy_wanted, number = __atomic_load_n(wanted, __ATOMIC_ACQUIRE);
    if (!(number & 1)) return;
    clock_saved();
    __atomic_store_n(&control()->copy_here, number, __ATOMIC_SEQ_CST);
    port->doorbell();
    while (__atomic_load_n(wanted, __ATOMIC_ACQUIRE) == number) port->sleep(SECOND_NS);
}

void checkpoint_here(void)
{
    if (!plat_wants_checkpoint()) {
        wait_for_copy();
        return;
    }
    __atomic_store_n(&control()->snapshot, 1, __ATOMIC_RELEASE);
    plat_exit(0);
}

void checkpoint_resume(const struct boot_record *record)
{
    port_start(record);
    clock_resumed();
    copy_resumed();
    console_resumed();
    net_forget();
    channels_resumed();
}

int plat_wants_checkpoint(void) { return (boot_record->flags & BOOT_SNAPSHOT) != 0; }

enum plat_layout plat_layout(void)
{
    if (!plat_wants_checkpoint()) return PLAT_LAYOUT_USUAL;
    if (boot_record->flags & BOOT_SPREAD) return PLAT_LAYOUT_SPREAD;
    return boot_record->snapshot ? PLAT_LAYOUT_PLANNED : PLAT_LAYOUT_USUAL;
}

static const struct snapshot_header *last_boot(void)
{
    return (const struct snapshot_header *)boot_record->snapshot;
}

enum plat_touch plat_touch_of(uint64_t address, uint64_t bytes)
{
    const struct snapshot_touched *list = touched_of(last_boot());
    uint32_t n = last_boot()->touched, i = ranges_find(list, n, touched_end, address);
    enum plat_touch most = PLAT_UNTOUCHED;
    for (; i < n && list[i].address < address + bytes && most != PLAT_TOUCHED; i++)
        most = list[i].access == SNAPSHOT_SELDOM ? PLAT_SELDOM : PLAT_TOUCHED;
    return most;
}

int plat_was_written(uint64_t address, uint64_t bytes)
{
    return ranges_have(ranges_of(last_boot()), last_boot()->ranges, address, bytes);
}

const struct plat_boot *plat_checkpoint(void)
{
    static struct plat_boot boot;
    if (!plat_wants_checkpoint()) return NULL;
    checkpoint_save();
    boot = boot_of(boot_record);
    return &boot;
}

const struct plat_boot *plat_copy(void)
{
    static struct plat_boot boot;
    uint64_t before = plat_restores();
    checkpoint_save();
    if (plat_restores() == before) return NULL;
    boot = boot_of(boot_record);
    return &boot;
}
