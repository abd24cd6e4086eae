/* SPDX-License-Identifier: Apache-2.0 */
/* sandbox.c -- gives up what we do not need: identity, descriptors, system calls.
 *
 * The filter is made from sandbox.def, row by row, in the classic BPF that seccomp takes:
 *
 *   A = the call's number, found by halves;  ALLOW: return "yes" if it is this one;  ALLOW_IF, ALLOW_OWN: look at
 *   the argument's low half, too.  The end: no.
 *
 * "No" kills the guest's process; in a monitor it is a bug or an intruder, who gets SIGSYS,
 * and the user a sentence and his terminal back.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/kvm.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "abi/boot.h"
#include "monitor/machine.h"

/* --- identity and descriptors --------------------------------------------------------- */

enum { NOBODY = 65534 };

/* A caller without privileges has none to lose.  Of this thread alone: the C library would stop all others for it. */
static int become_nobody(struct error *e)
{
    if (geteuid() != 0) return 0;
    if (syscall(SYS_setgroups, 0, NULL) < 0 || syscall(SYS_setresgid, NOBODY, NOBODY, NOBODY) < 0 ||
        syscall(SYS_setresuid, NOBODY, NOBODY, NOBODY) < 0) {
        /* A container may map no such user: root there is nobody outside. */
        if (errno == EINVAL || errno == EPERM) return 0;
        return fail(e, errno, "give up root's privileges");
    }
    return 0;
}

/* Whoever we are now; a container's root may still have some. */
static int drop_capabilities(struct error *e)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[2] = {{0}};
    return syscall(SYS_capset, &head, none) < 0 ? fail(e, errno, "give up capabilities") : 0;
}

static int close_all_but(const int *keep, unsigned keeps)
{
    int from = 3;
    for (;;) { /* the next descriptor to keep, at or above `from` */
        int next = -1;
        for (unsigned i = 0; i < keeps; i++)
            if (keep[i] >= from && (next < 0 || keep[i] < next)) next = keep[i];
        unsigned last = next < 0 ? ~0u : (unsigned)next - 1;
        if (next != from && syscall(SYS_close_range, from, last, 0) < 0) return -1;
        if (next < 0) return 0;
        from = next + 1;
    }
}

int sandbox_drop_thread(const struct machine *m, struct error *e)
{
    if (m->options->keep_privileges) return 0;
    return become_nobody(e) < 0 ? -1 : drop_capabilities(e);
}

int sandbox_drop(const struct machine *m, const int *keep, unsigned keeps, struct error *e)
{
    if (close_all_but(keep, keeps) < 0) return fail(e, errno, "close descriptors");
    if (sandbox_drop_thread(m, e) < 0) return -1;
    if (!m->options->keep_privileges) prctl(PR_SET_DUMPABLE, 0);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail(e, errno, "set no_new_privs");
    return 0;
}

int sandbox_die_with_parent(const struct machine *m, struct error *e)
{
    const struct monitor_link *link = m->options->link;
    if (!link || !link->parent) return 0;
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) return fail(e, errno, "ask for our parent's end");
    return getppid() == link->parent ? 0 : fail(e, 0, "our parent has ended");
}

/* Who runs as root serves files as root does, but can do nothing else that only root can. */
enum {
    FILES = 1 << CAP_CHOWN | 1 << CAP_DAC_OVERRIDE | 1 << CAP_DAC_READ_SEARCH | 1 << CAP_FOWNER,
    /* Its children become nobody, and it still ends them. */
    AGENT = FILES | 1 << CAP_KILL | 1 << CAP_SETUID | 1 << CAP_SETGID
};

static int keep_privileges(uint32_t which, struct error *e)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct have[2] = {{0}};
    if (syscall(SYS_capget, &head, have) < 0) return fail(e, errno, "look at capabilities");
    have[0].permitted &= which, have[1].permitted = 0;
    /* Not what is effective now: a change of identity has cleared that. */
    have[0].effective = have[0].permitted, have[1].effective = 0;
    have[0].inheritable = have[1].inheritable = 0;
    return syscall(SYS_capset, &head, have) < 0 ? fail(e, errno, "give up capabilities") : 0;
}

/* The filter of a process that is no monitor; it has one thread. */
static int lock(const struct monitor_options *o, unsigned roles, struct error *e)
{
    struct sock_filter program[SANDBOX_PROGRAM_MOST];
    struct sock_fprog whole = {.filter = program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail(e, errno, "set no_new_privs");
    if (o->no_sandbox) return 0;
    whole.len = (unsigned short)sandbox_program(program, roles);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &whole) != 0)
        return fail(e, errno, "enter the sandbox (seccomp)");
    return 0;
}

int sandbox_files(const struct monitor_options *o, const int *keep, unsigned keeps, struct error *e)
{
    if (close_all_but(keep, keeps) < 0) return fail(e, errno, "close descriptors");
    for (int fd = 0; fd <= 2; fd++) close(fd);
    if (!o->keep_privileges && keep_privileges(FILES, e) < 0) return -1;
    prctl(PR_SET_DUMPABLE, 0);
    return lock(o, SANDBOX_FILES, e);
}

static bool stays_who_it_is(const struct monitor_options *o,
                            const struct sandbox_agent_needs *needs)
{
    return o->keep_privileges || needs->folders || needs->switches;
}

uid_t sandbox_agent_owner(const struct monitor_options *o, const struct sandbox_agent_needs *needs)
{
    uid_t now = geteuid();
    return now || stays_who_it_is(o, needs) ? now : NOBODY;
}

int sandbox_cgroups(const struct monitor_options *o, const struct sandbox_agent_needs *needs,
                    int folder, const int *keep, unsigned keeps, struct error *e)
{
    if (close_all_but(keep, keeps) < 0) return fail(e, errno, "close descriptors");
    for (int fd = 0; fd <= 2; fd++) close(fd);
    /* Who has no privileges sees files, as ever, but the filter and its own rights are in front of them. */
    if (fchdir(folder) < 0 || (chroot(".") < 0 && errno != EPERM))
        return fail(e, errno, "leave the file system");
    /* What it opens for the agent is to open for that nothing but what is the agent's. */
    prctl(PR_SET_KEEPCAPS, 1);
    if (!stays_who_it_is(o, needs) && become_nobody(e) < 0) return -1;
    /* Folders of cgroups are read-only for their owner. */
    if (!o->keep_privileges && keep_privileges(1 << CAP_DAC_OVERRIDE, e) < 0) return -1;
    prctl(PR_SET_KEEPCAPS, 0);
    prctl(PR_SET_DUMPABLE, 0);
    return lock(o, SANDBOX_CGROUPS, e);
}

int sandbox_agent(const struct monitor_options *o, const struct sandbox_agent_needs *needs,
                  const int *keep, unsigned keeps, struct error *e)
{
    unsigned roles = SANDBOX_AGENT | SANDBOX_MONITOR | SANDBOX_GUEST | SANDBOX_COPIES;
    if (close_all_but(keep, keeps) < 0) return fail(e, errno, "close descriptors");
    /* Where that is permitted, not where it is not. */
    if (!o->keep_privileges)
        unshare(CLONE_NEWIPC | CLONE_NEWUTS | (needs->nets ? 0 : CLONE_NEWNET));
    if (needs->folders) roles |= SANDBOX_FILES;
    if (needs->nets) roles |= SANDBOX_USER_NET | SANDBOX_SWITCH | SANDBOX_SWITCH_SERVER;
    if (!stays_who_it_is(o, needs)) {
        if (become_nobody(e) < 0 || drop_capabilities(e) < 0) return -1;
    } else if (!o->keep_privileges && keep_privileges(AGENT, e) < 0) {
        return -1;
    }
    return lock(o, roles, e);
}

/* --- the filter ------------------------------------------------------------------------- */

enum { ANY_ARGUMENT = -1, OWN = 0x100 /* and the argument: our own number */ };

struct row {
    enum sandbox_role role;
    int number, argument;
    uint32_t value;
};

static const struct row rows[] = {
#define ALLOW(role, call, why) {SANDBOX_##role, SYS_##call, ANY_ARGUMENT, 0},
#define ALLOW_IF(role, call, argument, value, why)                                                 \
    {SANDBOX_##role, SYS_##call, argument, (uint32_t)(value)},
#define ALLOW_OWN(role, call, argument, why) {SANDBOX_##role, SYS_##call, (argument) | OWN, 0},
#include "monitor/sandbox.def"
#undef ALLOW
#undef ALLOW_IF
#undef ALLOW_OWN
};
enum { ROWS = sizeof rows / sizeof *rows, LEAF_MOST = 3 };
/* Each row: three of its own, two of its call, two of a branch above it, one of a leaf's end. */
_Static_assert(4 + 8 * ROWS + 1 <= SANDBOX_PROGRAM_MOST, "make it longer");

/* A filter that is made: the rows that count, those of a call next to each other. */
struct maker {
    struct sock_filter *program;
    unsigned n, rows;
    const struct row *row[ROWS];
    unsigned roles;
    uint32_t no;
};

#define LOAD(field)           (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(field))
#define SKIP_UNLESS(value, n) (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, n)
#define SKIP_BELOW(value, n)  (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, value, 0, n)
#define SKIP(n)               (struct sock_filter) BPF_STMT(BPF_JMP | BPF_JA, n)
#define RETURN(what)          (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, what)

static unsigned add(struct maker *m, struct sock_filter one)
{
    m->program[m->n] = one;
    return m->n++;
}

static void take_rows(struct maker *m)
{
    for (unsigned i = 0; i < ROWS; i++) {
        if (!(rows[i].role & m->roles)) continue;
        unsigned at = m->rows++; /* behind those of the same call, which keep their order */
        for (; at && m->row[at - 1]->number > rows[i].number; at--) m->row[at] = m->row[at - 1];
        m->row[at] = &rows[i];
    }
}

static unsigned end_of_call(const struct maker *m, unsigned from)
{
    unsigned end = from;
    while (end < m->rows && m->row[end]->number == m->row[from]->number) end++;
    return end;
}

static bool is_own(const struct row *r) { return r->argument != ANY_ARGUMENT && r->argument & OWN; }

static bool with_any_argument(const struct maker *m, const struct row *r)
{
    return r->argument == ANY_ARGUMENT || (is_own(r) && m->roles & SANDBOX_AGENT);
}

/* What one call is let through with. */
static void add_call(struct maker *m, unsigned from, unsigned end)
{
    unsigned skip = add(m, SKIP_UNLESS((uint32_t)m->row[from]->number, 0));
    bool any = false;
    for (unsigned i = from; i < end; i++) any = any || with_any_argument(m, m->row[i]);
    for (unsigned i = from; i < end && !any; i++) {
        const struct row *r = m->row[i];
        /* The low half: the kernel looks at no more of these. */
        add(m, LOAD(offsetof(struct seccomp_data, args) + 8 * (size_t)(r->argument & ~OWN)));
        add(m, SKIP_UNLESS(is_own(r) ? (uint32_t)getpid() : r->value, 1));
        add(m, RETURN(SECCOMP_RET_ALLOW));
    }
    add(m, RETURN(any ? SECCOMP_RET_ALLOW : m->no));
    m->program[skip].jf = (uint8_t)(m->n - skip - 1);
}

/* A search by halves: when a filter is set, the kernel asks it for each system call that there is. */
static void add_calls(struct maker *m, unsigned from, unsigned end)
{
    unsigned calls = 0, middle = from;
    for (unsigned i = from; i < end; i = end_of_call(m, i)) calls++;
    if (calls <= LEAF_MOST) {
        for (unsigned i = from, next; i < end; i = next) add_call(m, i, next = end_of_call(m, i));
        add(m, RETURN(m->no));
        return;
    }
    for (unsigned i = 0; i < calls / 2; i++) middle = end_of_call(m, middle);
    add(m, SKIP_BELOW((uint32_t)m->row[middle]->number, 1));
    unsigned far = add(m, SKIP(0));
    add_calls(m, from, middle);
    m->program[far].k = m->n - far - 1;
    add_calls(m, middle, end);
}

unsigned sandbox_program(struct sock_filter *p, unsigned roles)
{
    /* The agent's holds for all that it starts, around filters of their own. */
    uint32_t no = roles & SANDBOX_AGENT ? SECCOMP_RET_ERRNO | EPERM
                  : roles & (SANDBOX_GUEST | SANDBOX_FILES | SANDBOX_CGROUPS)
                      ? SECCOMP_RET_KILL_PROCESS
                      : SECCOMP_RET_TRAP;
    struct maker m = {.program = p, .roles = roles, .no = no};
    take_rows(&m);
    add(&m, LOAD(offsetof(struct seccomp_data, arch)));
    add(&m, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
    add(&m, RETURN(SECCOMP_RET_KILL_PROCESS));
    add(&m, LOAD(offsetof(struct seccomp_data, nr)));
    add_calls(&m, 0, m.rows);
    return m.n;
}

/* --- what happens to a monitor that does something else ---------------------------------- */

static struct console *console_to_restore MACHINE_WAITS;

static void refused(int number, siginfo_t *info, void *context)
{
    (void)number, (void)context;
    char text[160];
    console_restore(console_to_restore);
    int n = snprintf(text, sizeof text,
                     "\nmote: the monitor tried system call %d, which monitor/sandbox.def does not "
                     "allow\n",
                     info->si_syscall);
    if (n > 0 && write(2, text, (size_t)n) < 0) _exit(BOOT_STATUS_MONITOR);
    _exit(BOOT_STATUS_MONITOR);
}

static unsigned monitor_roles(const struct machine *m)
{
    static const enum sandbox_role net_role[] = {
        [MONITOR_NET_USER] = SANDBOX_USER_NET,
        [MONITOR_NET_TAP] = SANDBOX_TAP,
        [MONITOR_NET_SWITCH] = SANDBOX_SWITCH,
        [MONITOR_NET_NOBODY] = 0,
    };
    unsigned roles = SANDBOX_MONITOR;
    if (machine_is_copied(m)) roles |= SANDBOX_COPIES;
    if (m->options->copies.wanted) roles |= SANDBOX_LISTENER;
    for (unsigned i = 0; i < m->options->nets; i++) roles |= net_role[m->options->net[i].kind];
    return roles;
}

int sandbox_enter(const struct machine *m, struct error *e)
{
    if (m->options->no_sandbox) return 0;
    struct sock_filter program[SANDBOX_PROGRAM_MOST];
    struct sock_fprog whole = {.filter = program};
    whole.len = (unsigned short)sandbox_program(program, monitor_roles(m));
    console_to_restore = (struct console *)&m->console;
    struct sigaction action = {.sa_sigaction = refused, .sa_flags = SA_SIGINFO};
    sigaction(SIGSYS, &action, NULL);
    long n = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &whole);
    if (n != 0) return fail(e, n < 0 ? errno : 0, "enter the sandbox (seccomp)");
    return 0;
}
