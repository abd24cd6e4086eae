/* SPDX-License-Identifier: Apache-2.0 */
/* leap.c -- see leap.h. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <asm/prctl.h>
#include <linux/seccomp.h>
#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#endif

#include "abi/boot.h"
#include "monitor/leap.h"

/* --- the page ------------------------------------------------------------------------------- */

/* No register tells where anything of ours lay, and none is used that a system call changes (rcx, r11).
 * leap_return is what a signal handler returns to. */
#define LEAP_THREAD 0x140fc00
#define LEAP_BOOT   0x15c0000
#define LEAP_FAILED 125
#define TEXT(x)     #x
#define NUMBER(x)   TEXT(x)
#define CALL(n)     "    mov $" NUMBER(n) ", %eax\n    syscall\n"
#define CLEAR(r)    "    xor %" r ", %" r "\n"
/* clang-format off */
__asm__(
    ".pushsection .text.leap, \"ax\", @progbits\n"
    "    .balign 4096\n"
    ".globl leap_page, leap_return\n"
    ".hidden leap_page, leap_return\n"
    "leap_page:\n"
    "    mov %rdi, %rbx\n"
    "    mov 8(%rbx), %rdi\n"
    "    mov 16(%rbx), %rsi\n"
    "    test %rsi, %rsi\n"
    "    jz 2f\n"
    CALL(SYS_munmap)
    "    test %rax, %rax\n"
    "    jnz 4f\n"
    "2:  lea 24(%rbx), %r12\n"
    "    mov $" NUMBER(ARCH_SET_FS) ", %edi\n"
    "    mov $" NUMBER(LEAP_THREAD) ", %esi\n"
    CALL(SYS_arch_prctl)
    "    test %rax, %rax\n"
    "    jnz 4f\n"
    "    cmpw $0, (%r12)\n"
    "    je 3f\n"
    "    mov $" NUMBER(SECCOMP_SET_MODE_FILTER) ", %edi\n"
    "    xor %esi, %esi\n"
    "    mov %r12, %rdx\n"
    CALL(SYS_seccomp)
    "    test %rax, %rax\n"
    "    jnz 4f\n"
    "3:  mov (%rbx), %rax\n"
    "    mov $" NUMBER(LEAP_THREAD) ", %esp\n"
    "    push $0\n"
    "    mov $" NUMBER(LEAP_BOOT) ", %edi\n"
    CLEAR("ebx") CLEAR("ecx") CLEAR("edx") CLEAR("esi") CLEAR("ebp") CLEAR("r8d") CLEAR("r9d") CLEAR("r10d")
    CLEAR("r11d") CLEAR("r12d") CLEAR("r13d") CLEAR("r14d") CLEAR("r15d")
    "    jmp *%rax\n"
    "4:  mov $" NUMBER(LEAP_FAILED) ", %edi\n"
    CALL(SYS_exit_group)
    "    hlt\n"
    "    .balign 16\n"
    "    nop\n" /* who unwinds the stack looks at the byte before */
    "leap_return:\n"
    CALL(SYS_rt_sigreturn)
    "    hlt\n"
    "    .balign 4096\n"
    ".popsection\n");
/* clang-format on */

extern const unsigned char leap_page[], leap_return[];

_Static_assert(LEAP_THREAD == LAYOUT_THREAD && LEAP_BOOT == LAYOUT_BOOT, "as the page has them");
_Static_assert(LEAP_FAILED == BOOT_STATUS_MONITOR, "the same");
_Static_assert(offsetof(struct leap, unmap) == 8 && offsetof(struct leap, filter) == 24,
               "the same");

/* --- where things are ----------------------------------------------------------------------- */

static struct {
    bool known;
    unsigned parts; /* the vDSO with the data before it */
    struct leap_range part[4];
    char command[1024]; /* what ps shows */
    size_t command_bytes;
} own __attribute__((section(".bss.stays"))); /* waits.ld */

static size_t read_own(const char *name, char *to, size_t room)
{
    size_t used = 0;
    ssize_t n = 0;
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && used < room && (n = read(fd, to + used, room - used)) > 0) used += (size_t)n;
    if (fd >= 0) close(fd);
    return used;
}

void leap_prepare(void)
{
    char text[16384], *line, *next = text;
    if (own.known) return;
    own.known = true;
    own.command_bytes = read_own("/proc/self/cmdline", own.command, sizeof own.command - 1);
    text[read_own("/proc/self/maps", text, sizeof text - 1)] = 0;
    while ((line = strsep(&next, "\n"))) {
        if (!strstr(line, "[vvar") && !strstr(line, "[vdso]")) continue;
        if (own.parts == sizeof own.part / sizeof *own.part) break;
        uint64_t from = strtoull(line, &line, 16), end = strtoull(line + 1, &line, 16);
        own.part[own.parts++] = (struct leap_range){from, end - from};
    }
}

uint64_t leap_take_vdso(uint64_t function)
{
    uint64_t first = own.part[0].from;
    const struct leap_range *last = &own.part[own.parts ? own.parts - 1 : 0];
    if (!own.parts || last->from + last->bytes - first > LAYOUT_TABLES - LAYOUT_VDSO) return 0;
    for (unsigned i = 0; i < own.parts; i++) {
        const struct leap_range *r = &own.part[i];
        void *to = (void *)(LAYOUT_VDSO + r->from - first);
        if (mremap((void *)r->from, r->bytes, r->bytes, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
            return 0; /* this kernel does not let go of it */
    }
    return function ? function - first + LAYOUT_VDSO : 0;
}

/* --- the steps before it ------------------------------------------------------------------------ */

/* As the kernel wants it: a handler returns to a place that the guest has. */
struct kernel_action {
    uint64_t handler, flags, restorer, mask;
};
#define RESTORER 0x04000000u

static int handle_faults(const struct boot_header *h, struct error *e)
{
    static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    stack_t stack = {.ss_sp = (void *)h->crash_stack, .ss_size = h->crash_stack_bytes};
    if (sigaltstack(&stack, NULL) < 0) return fail(e, errno, "set the signal stack");
    const struct kernel_action action = {
        .handler = h->signal,
        .flags = SA_SIGINFO | SA_ONSTACK | RESTORER,
        .restorer = LAYOUT_LEAP + (uint64_t)(leap_return - leap_page),
        .mask = ~0ull,
    };
    for (unsigned i = 0; i < sizeof faults / sizeof *faults; i++)
        if (syscall(SYS_rt_sigaction, faults[i], &action, NULL, sizeof action.mask) < 0)
            return fail(e, errno, "handle faults");
    return 0;
}

int leap_start(const struct boot_header *h, struct error *e)
{
    void *to = (void *)LAYOUT_LEAP;
    if (mremap((void *)(uintptr_t)leap_page, LAYOUT_PAGE, LAYOUT_PAGE,
               MREMAP_MAYMOVE | MREMAP_FIXED, to) != to)
        return fail(e, errno, "move the page that the guest is entered from");
    return handle_faults(h, e);
}

/* The kernel writes into the C library's thread block each time that the guest is scheduled, until it is told not to. */
static bool forget_rseq(void)
{
#ifdef RSEQ_SIG
    enum { UNREGISTER = 1, ORIGINAL_BYTES = 32 };
    char *area = (char *)__builtin_thread_pointer() + __rseq_offset;
    if (!__rseq_size) return true;
    return syscall(SYS_rseq, area, ORIGINAL_BYTES, UNREGISTER, RSEQ_SIG) == 0 ||
           syscall(SYS_rseq, area, __rseq_size, UNREGISTER, RSEQ_SIG) == 0;
#else
    return true;
#endif
}

/* ps, and whoever looks for a mote by its arguments, find them there: they lay on the kernel's stack.  A kernel without this shows
 * the name alone. */
static void show_command(const char *command, struct leap_range program, uint64_t stack)
{
    uint64_t at = (uint64_t)(uintptr_t)command, end = at + own.command_bytes;
    struct prctl_mm_map map = {.start_code = program.from,
                               .end_code = program.from + program.bytes,
                               .start_data = program.from,
                               .end_data = program.from,
                               .start_brk = program.from + program.bytes,
                               .brk = program.from + program.bytes,
                               .start_stack = stack,
                               .arg_start = at,
                               .arg_end = end,
                               .env_start = end,
                               .env_end = end,
                               .exe_fd = (uint32_t)-1};
    prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof map, 0);
}

void leap_show_command(uint64_t from, uint64_t end)
{
    show_command(own.command, (struct leap_range){from, end - from}, end);
}

struct leap *leap_write(void *at, uint64_t room, uint64_t entry, uint64_t guest_end, unsigned roles)
{
    static struct sock_filter program[SANDBOX_PROGRAM_MOST];
    unsigned n = roles ? sandbox_program(program, roles) : 0;
    struct leap *p = at;
    if (room < sizeof *p + n * sizeof *program + own.command_bytes) return NULL;
    *p = (struct leap){.entry = entry, .filter = {.len = (unsigned short)n, .filter = p->program}};
    memcpy(p->program, program, n * sizeof *program);
    if (!guest_end || !forget_rseq()) return p;
    p->unmap = (struct leap_range){guest_end, LEAP_ADDRESSES_END - guest_end};
    memcpy(p->program + n, own.command, own.command_bytes);
    show_command((const char *)(p->program + n),
                 (struct leap_range){LAYOUT_RUNTIME, LAYOUT_RUNTIME_END - LAYOUT_RUNTIME},
                 LAYOUT_THREAD);
    return p;
}

_Noreturn void leap_into(const struct leap *order)
{
    void (*page)(const struct leap *);
    const uint64_t at = LAYOUT_LEAP;
    memcpy(&page, &at, sizeof page);
    page(order);
    __builtin_unreachable();
}
