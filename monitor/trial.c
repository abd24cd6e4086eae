/* SPDX-License-Identifier: Apache-2.0 */
/* trial.c -- a start from a fresh snapshot, when an image is built, that finds out which pages a start touches.
 *
 * The guest of the process platform has none of its memory at first: each first access is a fault, whose handler (ours, in
 * the guest's process) writes down which page it is and lets the guest have it, first to read, and when it writes to write.
 * The guest's clock is virtual and it ends by itself (BOOT_TRIAL), so the list is the same each time.
 *
 * Where each write to the heap is wanted, a page that is written to may be for one instruction, behind which the processor traps.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "abi/boot.h"
#include "monitor/machine.h"
#include "monitor/trial.h"

/* As the guest's process has them; `memory` is shared with us, a byte for each page: enum snapshot_access, and the same LATER,
 * when what the image is for had begun. */
static struct areas touched;
enum { LATER = 2, ALL = 3 };

/* What was written to, a bit for so many bytes, shared with us; and the pages that may be for the present. */
enum { UNIT = 16, OPEN_MOST = 8, TRAP_FLAG = 0x100 };
static struct {
    uint8_t *units; /* NULL: it is not wanted */
    uint64_t address, bytes;
    uint64_t open[OPEN_MOST];
    unsigned opened;
} writes;

static int writes_start(const struct areas *areas, struct error *e)
{
    for (unsigned i = 0; i < areas->n; i++)
        if (areas->at[i].address == LAYOUT_HEAP) writes.bytes = areas->at[i].bytes;
    writes.address = LAYOUT_HEAP;
    void *p = mmap(NULL, writes.bytes / UNIT / 8, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED) return fail(e, errno, "make room for a list of writes");
    writes.units = p;
    return 0;
}

int trial_start(const struct areas *areas, uint64_t archive_bytes, bool with_writes,
                struct error *e)
{
    touched = (struct areas){0};
    if (with_writes && writes_start(areas, e) < 0) return -1;
    for (unsigned i = 0; i <= areas->n; i++) {
        struct area a = {LAYOUT_ARCHIVE, layout_pages_up(archive_bytes), NULL};
        if (i < areas->n) a = areas->at[i];
        if (!a.bytes) continue;
        void *p = mmap(NULL, a.bytes / LAYOUT_PAGE, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) return fail(e, errno, "make room for a list of pages");
        areas_add(&touched, a.address, a.bytes, p);
    }
    return 0;
}

/* --- in the guest's process ----------------------------------------------------------------- */

/* Without the C library and its stack protector: FS is the guest's. */
#define ALONE __attribute__((no_stack_protector))

ALONE static long call(long number, long a, long b, long c)
{
    long result;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c)
                     : "rcx", "r11", "memory");
    return result;
}

/* Writes down which bytes, and has the instruction executed alone.  false: it is not of interest. */
ALONE static bool write_alone(uint64_t address, ucontext_t *u)
{
    uint64_t unit = (address - writes.address) / UNIT;
    if (!writes.units || address - writes.address >= writes.bytes || writes.opened == OPEN_MOST)
        return false;
    writes.units[unit / 8] |= (uint8_t)(1 << unit % 8);
    writes.open[writes.opened++] = address & ~(LAYOUT_PAGE - 1);
    u->uc_mcontext.gregs[REG_EFL] |= TRAP_FLAG;
    return true;
}

ALONE static void written(int number, siginfo_t *info, void *context)
{
    ucontext_t *u = context;
    (void)number, (void)info;
    u->uc_mcontext.gregs[REG_EFL] &= ~TRAP_FLAG;
    while (writes.opened)
        call(SYS_mprotect, (long)writes.open[--writes.opened], (long)LAYOUT_PAGE, PROT_READ);
}

ALONE static void note(int number, siginfo_t *info, void *context)
{
    enum { PAGE_FAULT_WRITE = 2 };
    ucontext_t *u = context;
    bool write = u->uc_mcontext.gregs[REG_ERR] & PAGE_FAULT_WRITE;
    uint64_t at = (uint64_t)(uintptr_t)info->si_addr & ~(LAYOUT_PAGE - 1);
    uint8_t *had = NULL;
    (void)number;
    for (unsigned i = 0; i < touched.n; i++)
        if (at >= touched.at[i].address && at - touched.at[i].address < touched.at[i].bytes)
            had = (uint8_t *)touched.at[i].memory + (at - touched.at[i].address) / LAYOUT_PAGE;
    unsigned before = had ? (*had | *had >> LATER) & ALL : 0;
    bool alone = write && write_alone((uint64_t)(uintptr_t)info->si_addr, u);
    bool known = !had || (before & SNAPSHOT_WRITTEN && !alone) ||
                 (before && !write); /* a fault like any other */
    if (known || (write && at >= LAYOUT_ARCHIVE)) call(SYS_exit_group, BOOT_STATUS_EXCEPTION, 0, 0);
    unsigned now = write ? SNAPSHOT_WRITTEN : SNAPSHOT_READ;
    const struct control *control = (const struct control *)LAYOUT_RINGS;
    *had |= (uint8_t)(control->mark_ns[RING_MARK_APPLICATION] ? now << LATER : now);
    call(SYS_mprotect, (long)at, (long)LAYOUT_PAGE, write ? PROT_READ | PROT_WRITE : PROT_READ);
}

int trial_watch(struct error *e)
{
    static unsigned char stack[65536];
    const stack_t s = {.ss_sp = stack, .ss_size = sizeof stack};
    struct sigaction action = {.sa_sigaction = note, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&action.sa_mask);
    struct sigaction trap = {.sa_sigaction = written, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigfillset(&trap.sa_mask);
    if (sigaltstack(&s, NULL) < 0 || sigaction(SIGSEGV, &action, NULL) < 0 ||
        sigaction(SIGTRAP, &trap, NULL) < 0)
        return fail(e, errno, "watch the guest's memory");
    for (unsigned i = 0; i < touched.n; i++)
        if (mprotect((void *)touched.at[i].address, touched.at[i].bytes, PROT_NONE) < 0)
            return fail(e, errno, "take the guest's memory away");
    return 0;
}

/* --- afterwards ------------------------------------------------------------------------------- */

static uint8_t access_to(uint8_t page, bool whole)
{
    unsigned before = page & ALL, after = whole ? page >> LATER : 0;
    if (before & SNAPSHOT_WRITTEN) return SNAPSHOT_WRITTEN;
    if (after & SNAPSHOT_WRITTEN) return SNAPSHOT_WRITTEN | SNAPSHOT_LATER;
    if (before || !after) return (uint8_t)before;
    return SNAPSHOT_READ | SNAPSHOT_LATER;
}

static int write_ranges(int fd, struct error *e)
{
    static struct snapshot_range list[SNAPSHOT_RANGES_MOST];
    uint32_t n = 0;
    for (uint64_t i = 0; i < writes.bytes / UNIT; i++) {
        if (i % 64 == 0 && !((const uint64_t *)(const void *)writes.units)[i / 64]) {
            i += 63;
            continue;
        }
        if (!(writes.units[i / 8] >> i % 8 & 1)) continue;
        uint64_t address = writes.address + i * UNIT;
        if (n && list[n - 1].address + list[n - 1].bytes == address)
            list[n - 1].bytes += UNIT;
        else if (n < SNAPSHOT_RANGES_MOST)
            list[n++] = (struct snapshot_range){address, UNIT};
    }
    return write_all(fd, list, n * sizeof *list, "the snapshot", e);
}

int trial_write(const struct snapshot *s, const struct monitor_file *file, bool whole, int fd,
                struct error *e)
{
    static struct snapshot_touched list[SNAPSHOT_TOUCHED_MOST];
    uint32_t n = 0;
    for (unsigned i = 0; i < touched.n; i++) {
        const uint8_t *page = touched.at[i].memory;
        for (uint64_t k = 0; k < touched.at[i].bytes / LAYOUT_PAGE; k++) {
            uint64_t address = touched.at[i].address + k * LAYOUT_PAGE;
            uint8_t access = access_to(page[k], whole);
            if (!access) continue;
            if (k && access_to(page[k - 1], whole) == access) {
                list[n - 1].pages++;
                continue;
            }
            if (n == SNAPSHOT_TOUCHED_MOST)
                return fail(e, 0, "a start touches more than %u runs of pages", n);
            list[n++] = (struct snapshot_touched){address, 1, access};
        }
    }
    if (snapshot_write_touched(s, file, list, n, fd, e) < 0) return -1;
    return writes.units ? write_ranges(fd, e) : 0;
}
