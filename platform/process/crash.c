/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c -- what Linux tells us by signal when our code does something impossible, or touches what is still cold (thaw.c).
 *
 * Runs on crash_stack (sigaltstack); the monitor has set both up before it locked us in.
 * Linux hands on the processor's vector and error code, so the report is the same as on
 * the other platform.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "platform/process/process.h"

/* Those that the monitor has sent here. */
static const char *name_of(int number)
{
    switch (number) {
    case SIGSEGV: return "SIGSEGV";
    case SIGBUS: return "SIGBUS";
    case SIGILL: return "SIGILL";
    case SIGFPE: return "SIGFPE";
    default: return "SIGTRAP";
    }
}

/* What Linux calls.  It returns by a system call of its own, for what Linux would have us return through is the monitor's. */
/* clang-format off */
__asm__(
    ".pushsection .text.process_signal, \"ax\", @progbits\n"
    ".globl process_signal\n"
    ".type process_signal, @function\n"
    "process_signal:\n"
    "    add $8, %rsp\n"
    "    cld\n"
    "    call process_fault\n"
    "    mov $15, %eax\n" /* rt_sigreturn, with what Linux has saved on top of the stack */
    "    syscall\n"
    "    ud2\n"
    ".size process_signal, . - process_signal\n"
    ".popsection\n");
/* clang-format on */
_Static_assert(SYS_rt_sigreturn == 15, "as it stands above");

void process_fault(int number, const siginfo_t *what, const ucontext_t *context); /* by name */

void process_fault(int number, const siginfo_t *what, const ucontext_t *context)
{
    if (number == SIGSEGV && what->si_code == SEGV_ACCERR &&
        process_thaw((uint64_t)(uintptr_t)what->si_addr, 1))
        return;
    const greg_t *g = context->uc_mcontext.gregs;
    const struct crash_frame frame = {
        .r15 = (uint64_t)g[REG_R15],
        .r14 = (uint64_t)g[REG_R14],
        .r13 = (uint64_t)g[REG_R13],
        .r12 = (uint64_t)g[REG_R12],
        .r11 = (uint64_t)g[REG_R11],
        .r10 = (uint64_t)g[REG_R10],
        .r9 = (uint64_t)g[REG_R9],
        .r8 = (uint64_t)g[REG_R8],
        .rdi = (uint64_t)g[REG_RDI],
        .rsi = (uint64_t)g[REG_RSI],
        .rbp = (uint64_t)g[REG_RBP],
        .rbx = (uint64_t)g[REG_RBX],
        .rdx = (uint64_t)g[REG_RDX],
        .rcx = (uint64_t)g[REG_RCX],
        .rax = (uint64_t)g[REG_RAX],
        .vector = (uint64_t)g[REG_TRAPNO],
        .error = (uint64_t)g[REG_ERR],
        .rip = (uint64_t)g[REG_RIP],
        .cs = (uint64_t)g[REG_CSGSFS] & 0xffff,
        .flags = (uint64_t)g[REG_EFL],
        .rsp = (uint64_t)g[REG_RSP],
    };
    if (what->si_code <= 0) crash_signal(&frame, number, name_of(number)); /* kill(2) and its kin */
    crash_exception(&frame, (uint64_t)(uintptr_t)what->si_addr);
}
