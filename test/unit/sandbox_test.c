/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox_test.c -- what the filters of monitor/sandbox.def let through, asked call by call: no file for a monitor, a guest
 * or an instance; nothing is executed by anybody; no signals from one monitor to another. */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "monitor/machine.h"
#include "test/unit/check.h"

/* As sandbox.c needs them; no test gets there. */
void console_restore(struct console *c) { (void)c; }
int fail(struct error *e, int number, const char *format, ...)
{
    (void)e, (void)number, (void)format;
    return -1;
}

/* The few instructions that the filters are made of. */
static uint32_t run(const struct sock_filter *p, unsigned n, const struct seccomp_data *d)
{
    uint32_t a = 0;
    for (unsigned at = 0; at < n; at++) {
        const struct sock_filter *i = &p[at];
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS: memcpy(&a, (const char *)d + i->k, sizeof a); break;
        case BPF_JMP | BPF_JEQ | BPF_K: at += a == i->k ? i->jt : i->jf; break;
        case BPF_JMP | BPF_JGE | BPF_K: at += a >= i->k ? i->jt : i->jf; break;
        case BPF_JMP | BPF_JA: at += i->k; break;
        case BPF_RET | BPF_K: return i->k;
        default: return 0;
        }
    }
    return 0;
}

static bool allows(unsigned roles, int call)
{
    struct sock_filter program[SANDBOX_PROGRAM_MOST];
    unsigned n = sandbox_program(program, roles);
    struct seccomp_data d = {.nr = call, .arch = AUDIT_ARCH_X86_64};
    return run(program, n, &d) == SECCOMP_RET_ALLOW;
}

static bool allows_with(unsigned roles, int call, unsigned argument, uint64_t value)
{
    struct sock_filter program[SANDBOX_PROGRAM_MOST];
    unsigned n = sandbox_program(program, roles);
    struct seccomp_data d = {.nr = call, .arch = AUDIT_ARCH_X86_64};
    d.args[argument] = value;
    return run(program, n, &d) == SECCOMP_RET_ALLOW;
}

/* All monitors of a tree are the same user: who could name another could end it. */
static void test_signals(unsigned roles)
{
    static const int senders[] = {SYS_kill,
                                  SYS_tkill,
                                  SYS_rt_sigqueueinfo,
                                  SYS_rt_tgsigqueueinfo,
                                  SYS_pidfd_open,
                                  SYS_pidfd_getfd,
                                  SYS_process_madvise,
                                  SYS_setpriority,
                                  SYS_prlimit64,
                                  SYS_sched_setaffinity,
                                  SYS_sched_setscheduler,
                                  SYS_ioprio_set,
                                  SYS_timer_create,
                                  SYS_mq_notify,
                                  SYS_setpgid};
    for (unsigned i = 0; i < sizeof senders / sizeof *senders; i++)
        CHECK(!allows(roles, senders[i]));
    CHECK(allows_with(roles, SYS_tgkill, 0, (uint64_t)getpid()));
    CHECK(!allows_with(roles, SYS_tgkill, 0, (uint64_t)getppid()));
    CHECK(!allows_with(roles, SYS_tgkill, 0, 0) && !allows_with(roles, SYS_tgkill, 0, UINT32_MAX));
    static const int owners[] = {F_SETOWN, F_SETOWN_EX, F_SETSIG};
    for (unsigned i = 0; i < 3; i++) CHECK(!allows_with(roles, SYS_fcntl, 1, (uint64_t)owners[i]));
    CHECK(!allows_with(roles, SYS_ioctl, 1, FIOSETOWN) &&
          !allows_with(roles, SYS_ioctl, 1, SIOCSPGRP));
}

/* For real: a locked process that tries it is ended by it, and the other one is not. */
static void test_kill(void)
{
    int how;
    pid_t sibling = fork();
    if (sibling == 0) pause();
    pid_t pid = fork();
    if (pid == 0) {
        struct sock_filter program[SANDBOX_PROGRAM_MOST];
        struct sock_fprog whole = {.len = (unsigned short)sandbox_program(program, SANDBOX_MONITOR),
                                   .filter = program};
        signal(SIGSYS, SIG_DFL);
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
        if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) != 0)
            syscall(SYS_exit_group, 1);
        syscall(SYS_kill, sibling, SIGKILL);
        syscall(SYS_exit_group, 2);
    }
    CHECK(waitpid(pid, &how, 0) == pid && WIFSIGNALED(how) && WTERMSIG(how) == SIGSYS);
    CHECK(waitpid(sibling, &how, WNOHANG) == 0);
    kill(sibling, SIGKILL);
    CHECK(waitpid(sibling, &how, 0) == sibling);
}

/* The table itself, row by row. */
static const struct {
    unsigned role;
    int number, argument;
    uint32_t value;
    bool own;
} table[] = {
#define ALLOW(role, call, why) {SANDBOX_##role, SYS_##call, -1, 0, false},
#define ALLOW_IF(role, call, argument, value, why)                                                 \
    {SANDBOX_##role, SYS_##call, argument, (uint32_t)(value), false},
#define ALLOW_OWN(role, call, argument, why) {SANDBOX_##role, SYS_##call, argument, 0, true},
#include "monitor/sandbox.def"
};
enum { ROWS = sizeof table / sizeof *table };

static bool says(unsigned roles, const struct seccomp_data *d)
{
    for (unsigned i = 0; i < ROWS; i++) {
        if (!(table[i].role & roles) || table[i].number != d->nr) continue;
        if (table[i].argument < 0 || (table[i].own && roles & SANDBOX_AGENT)) return true;
        uint32_t value = table[i].own ? (uint32_t)getpid() : table[i].value;
        if ((uint32_t)d->args[table[i].argument] == value) return true;
    }
    return false;
}

/* The filter lets through what the table has, and nothing else: all calls, with no argument and with each one of the table. */
static void test_table(unsigned roles)
{
    struct sock_filter program[SANDBOX_PROGRAM_MOST];
    unsigned n = sandbox_program(program, roles);
    CHECK(n <= SANDBOX_PROGRAM_MOST);
    for (int call = -1; call < 600; call++) {
        struct seccomp_data d = {.nr = call, .arch = AUDIT_ARCH_X86_64};
        CHECK((run(program, n, &d) == SECCOMP_RET_ALLOW) == says(roles, &d));
        for (unsigned i = 0; i < ROWS; i++) {
            if (table[i].argument < 0) continue;
            d.args[table[i].argument] = table[i].own ? (uint64_t)getpid() : table[i].value;
            CHECK((run(program, n, &d) == SECCOMP_RET_ALLOW) == says(roles, &d));
            d.args[table[i].argument] = 0;
        }
        d = (struct seccomp_data){.nr = call | 0x40000000, .arch = AUDIT_ARCH_X86_64}; /* x32 */
        CHECK(run(program, n, &d) != SECCOMP_RET_ALLOW);
        d = (struct seccomp_data){.nr = call, .arch = AUDIT_ARCH_I386};
        CHECK(run(program, n, &d) != SECCOMP_RET_ALLOW);
    }
}

int main(void)
{
    static const unsigned sets[] = {SANDBOX_MONITOR,
                                    SANDBOX_GUEST,
                                    SANDBOX_FILES,
                                    SANDBOX_CGROUPS,
                                    SANDBOX_SWITCH_SERVER,
                                    SANDBOX_MONITOR | SANDBOX_USER_NET,
                                    SANDBOX_MONITOR | SANDBOX_TAP | SANDBOX_SWITCH,
                                    SANDBOX_MONITOR | SANDBOX_COPIES,
                                    SANDBOX_AGENT | SANDBOX_MONITOR | SANDBOX_GUEST |
                                        SANDBOX_COPIES,
                                    ~0u};
    for (unsigned i = 0; i < sizeof sets / sizeof *sets; i++) test_table(sets[i]);
    const unsigned netted = SANDBOX_MONITOR | SANDBOX_USER_NET | SANDBOX_TAP | SANDBOX_SWITCH;
    test_signals(SANDBOX_MONITOR);
    test_signals(netted);
    CHECK(allows_with(netted, SYS_fcntl, 1, F_SETFL));
    CHECK(allows_with(SANDBOX_AGENT | SANDBOX_MONITOR, SYS_tgkill, 0, 1)); /* around others */
    test_kill();
    static const int files[] = {SYS_open,
                                SYS_openat,
                                SYS_openat2,
                                SYS_creat,
                                SYS_unlink,
                                SYS_unlinkat,
                                SYS_rename,
                                SYS_renameat2,
                                SYS_mkdir,
                                SYS_mkdirat,
                                SYS_link,
                                SYS_symlink,
                                SYS_chmod,
                                SYS_chown,
                                SYS_truncate,
                                SYS_name_to_handle_at,
                                SYS_open_by_handle_at};
    static const int nobody[] = {
        SYS_execve,         SYS_execveat,    SYS_ptrace,     SYS_process_vm_readv,
        SYS_mount,          SYS_pivot_root,  SYS_setns,      SYS_bpf,
        SYS_io_uring_setup, SYS_init_module, SYS_kexec_load, SYS_reboot};
    static const unsigned closed[] = {
        SANDBOX_MONITOR, SANDBOX_GUEST, SANDBOX_MONITOR | SANDBOX_COPIES | SANDBOX_LISTENER,
        SANDBOX_MONITOR | SANDBOX_USER_NET | SANDBOX_TAP | SANDBOX_SWITCH};
    for (unsigned i = 0; i < sizeof closed / sizeof *closed; i++)
        for (unsigned j = 0; j < sizeof files / sizeof *files; j++)
            CHECK(!allows(closed[i], files[j]));
    const unsigned all = 2 * SANDBOX_LISTENER - 1;
    for (unsigned j = 0; j < sizeof nobody / sizeof *nobody; j++) CHECK(!allows(all, nobody[j]));
    CHECK(allows(SANDBOX_MONITOR, SYS_read) && allows(SANDBOX_CGROUPS, SYS_mkdirat));
    CHECK(allows(SANDBOX_COPIES, SYS_recvmsg) && !allows(SANDBOX_MONITOR, SYS_recvmsg));
    CHECK(!allows(SANDBOX_COPIES, SYS_accept4) && allows(SANDBOX_LISTENER, SYS_accept4));
    CHECK(!allows(SANDBOX_COPIES, SYS_connect) && !allows(SANDBOX_COPIES, SYS_memfd_create));
    CHECK(!allows(SANDBOX_CGROUPS, SYS_chroot) && !allows(SANDBOX_CGROUPS, SYS_kill));
    struct sock_filter program[SANDBOX_PROGRAM_MOST];
    unsigned n = sandbox_program(program, all);
    struct seccomp_data foreign = {.nr = SYS_read, .arch = AUDIT_ARCH_I386};
    CHECK(run(program, n, &foreign) == SECCOMP_RET_KILL_PROCESS);
    return check_result();
}
