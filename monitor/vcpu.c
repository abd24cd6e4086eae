/* SPDX-License-Identifier: Apache-2.0 */
/* vcpu.c -- sets the processor to 64-bit ring 3 and runs it until the guest ends.
 *
 * Every exit is one of these: a call (calls.c), a signal of ours, or trouble.  A guest that
 * cannot take an exception any more ("shutdown": its handler's stack is gone, too) is
 * reported from here.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "abi/boot.h"
#include "monitor/kvm.h"

/* --- registers ---------------------------------------------------------------------------- */

#define CR0_BITS  0x80050033ull /* paging, alignment mask, write protect, FPU, protected mode */
#define CR4_BITS  0x00040620ull /* PAE, SSE, SSE exceptions, XSAVE */
#define EFER_BITS 0x00000d00ull /* long mode, active, no-execute */
#define FLAGS     0x00000002ull /* IOPL 0: the map of ports in the TSS says what is allowed */

static struct kvm_segment segment(uint16_t selector, unsigned type, bool code)
{
    return (struct kvm_segment){
        .limit = 0xffffffff,
        .selector = selector,
        .type = (uint8_t)type,
        .present = 1,
        .dpl = 3,
        .db = !code,
        .s = 1,
        .l = code,
        .g = 1,
    };
}

static int set_system_registers(struct vm *v, struct error *e)
{
    struct kvm_sregs s;
    if (ioctl(v->vcpu, KVM_GET_SREGS, &s) < 0) return fail(e, errno, "KVM: read system registers");
    s.cs = segment(TABLES_CODE, 11, true);
    s.ds = s.es = s.fs = s.gs = s.ss = segment(TABLES_DATA, 3, false);
    s.fs.base = LAYOUT_THREAD;
    s.tr = (struct kvm_segment){
        .base = LAYOUT_TABLES + TABLES_TASK_OFFSET,
        .limit = TABLES_TASK_LIMIT,
        .selector = TABLES_TASK,
        .type = 11,
        .present = 1,
    };
    s.gdt.base = LAYOUT_TABLES;
    s.gdt.limit = TABLES_GLOBAL_LIMIT;
    s.idt.base = LAYOUT_TABLES + LAYOUT_PAGE;
    s.idt.limit = TABLES_INTERRUPT_LIMIT;
    s.cr0 = CR0_BITS;
    s.cr3 = v->tables.physical;
    s.cr4 = CR4_BITS;
    s.efer = EFER_BITS;
    if (ioctl(v->vcpu, KVM_SET_SREGS, &s) < 0) return fail(e, errno, "KVM: set system registers");
    return 0;
}

/* AVX and AVX-512 state, as far as the processor has them. */
static int set_extended_state(struct vm *v, struct error *e)
{
    static const uint64_t wishes[] = {0xe7, 7, 3};
    struct kvm_xcrs x = {.nr_xcrs = 1};
    for (unsigned i = 0; i < sizeof wishes / sizeof *wishes; i++) {
        x.xcrs[0].value = wishes[i];
        if (ioctl(v->vcpu, KVM_SET_XCRS, &x) == 0) return 0;
    }
    return fail(e, errno, "KVM: set XCR0");
}

int vcpu_prepare(struct vm *v, struct error *e)
{
    const struct boot_header *h = &v->machine->runtime.header;
    struct kvm_regs r = {
        .rip = machine_resumes(v->machine) ? h->resume : h->entry,
        .rdi = LAYOUT_BOOT,
        .rsp = LAYOUT_THREAD - 8, /* as after a call; the return address is zero */
        .rflags = FLAGS,
    };
    if (set_system_registers(v, e) < 0 || set_extended_state(v, e) < 0) return -1;
    if (ioctl(v->vcpu, KVM_SET_REGS, &r) < 0) return fail(e, errno, "KVM: set registers");
    return 0;
}

/* --- trouble ------------------------------------------------------------------------------- */

/* Says what and where, after all that the guest has printed. */
static int trouble(struct vm *v, enum boot_status status, const char *what, struct error *e)
{
    struct kvm_regs r = {0};
    char where[200], text[400];
    ioctl(v->vcpu, KVM_GET_REGS, &r);
    runtime_symbol(&v->machine->runtime, r.rip, where, sizeof where);
    kvm_end_server(v);
    console_drain(&v->machine->console, 200);
    int n = snprintf(text, sizeof text, "\nmote: %s, at %s, stack pointer 0x%llx\n", what, where,
                     (unsigned long long)r.rsp);
    if (n > 0 && write(2, text, (size_t)n) < 0) return fail(e, errno, "%s", what);
    return (int)status;
}

/* KVM_RUN failed: most often there is no memory behind a page that the guest touched. */
static int run_failed(struct vm *v, int code, struct error *e)
{
    if (code == EFAULT || code == ENOMEM)
        return trouble(v, BOOT_STATUS_MEMORY,
                       "out of memory: the host has none behind a page that the guest touched", e);
    return fail(e, code, "KVM: run the guest");
}

static int unexpected(struct vm *v, struct error *e)
{
    const struct kvm_run *run = v->run;
    switch (run->exit_reason) {
    case KVM_EXIT_SHUTDOWN:
        return trouble(v, BOOT_STATUS_EXCEPTION,
                       "guest exception: the processor could not even start the handler", e);
    case KVM_EXIT_MMIO:
        return trouble(v, BOOT_STATUS_EXCEPTION,
                       "guest exception: access to memory that is not there", e);
    case KVM_EXIT_FAIL_ENTRY:
        return fail(e, 0, "KVM refused to enter the guest, reason 0x%llx",
                    (unsigned long long)run->fail_entry.hardware_entry_failure_reason);
    case KVM_EXIT_INTERNAL_ERROR:
        return trouble(v, BOOT_STATUS_EXCEPTION,
                       "guest exception: KVM could not execute an instruction", e);
    default:
        return fail(e, 0, "KVM left the guest for reason %u, which cannot be", run->exit_reason);
    }
}

/* --- running ------------------------------------------------------------------------------- */

/* A port access.  As call_serve(). */
static int serve_port(struct vm *v)
{
    const struct kvm_run *run = v->run;
    uint32_t number;
    if (run->io.direction != KVM_EXIT_IO_OUT || run->io.size != 4 || run->io.count != 1) return -1;
    memcpy(&number, (const char *)run + run->io.data_offset, sizeof number);
    if (run->io.port == PORT_DOORBELL || run->io.port == PORT_CHANNEL)
        return kvm_ring(v, run->io.port, number) ? 0 : -1;
    if (run->io.port != PORT_CALL) return -1;
    return call_serve(v, number);
}

int vcpu_run(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    for (;;) {
        int result = ioctl(v->vcpu, KVM_RUN, 0);
        int code = errno;
        v->run->immediate_exit = 0; /* before we look: a signal from now on sets it again */
        if (v->hostile || machine_is_hostile(m))
            return trouble(v, BOOT_STATUS_HOSTILE, "ended: the guest wrote nonsense into its rings",
                           e);
        if (stop_now()) return BOOT_STATUS_STOPPED;
        if (result < 0) {
            if (code != EINTR && code != EAGAIN) return run_failed(v, code, e);
            m->stats.count[STATS_INTERRUPTED]++;
            continue;
        }
        m->stats.count[STATS_EXITS]++;
        if (v->run->exit_reason == KVM_EXIT_INTR) continue;
        if (v->run->exit_reason != KVM_EXIT_IO) return unexpected(v, e);
        int served = serve_port(v);
        if (served == CALL_DAMAGED)
            return trouble(v, BOOT_STATUS_MONITOR,
                           "ended: a page of the image's snapshot is damaged", e);
        if (served < 0)
            return trouble(v, BOOT_STATUS_HOSTILE,
                           "ended: the guest made a call that does not exist", e);
        if (served > 0) return m->control->exit_status & 0xff;
    }
}
