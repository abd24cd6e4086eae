/* SPDX-License-Identifier: Apache-2.0 */
/* kvm.c -- makes the virtual machine, and takes it from there to its end.
 *
 * The order is not free: KVM is told where memory is before there is a vCPU, for then it need not wait
 * for readers of the old layout (4 ms on a busy host).  What is in that memory comes at the same time, from another thread.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "monitor/kvm.h"

/* --- is there KVM? ---------------------------------------------------------------------- */

static const char *open_kvm(int *kvm)
{
    *kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (*kvm < 0) {
        if (errno == ENOENT) return "this machine has no /dev/kvm";
        if (errno == EACCES || errno == EPERM)
            return "no permission for /dev/kvm (be in group kvm, or root)";
        return "/dev/kvm cannot be opened";
    }
    if (ioctl(*kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION) return "/dev/kvm is not KVM";
    static const int needed[] = {KVM_CAP_USER_MEMORY, KVM_CAP_IOEVENTFD, KVM_CAP_IMMEDIATE_EXIT};
    for (unsigned i = 0; i < sizeof needed / sizeof *needed; i++)
        if (ioctl(*kvm, KVM_CHECK_EXTENSION, needed[i]) <= 0) return "this KVM is too old";
    return NULL;
}

/* The machine that was made to see whether one can be: kvm_run_machine() takes it.  It belongs to the process that made
 * it; the descriptor of KVM itself is good for all that are forked from it, too. */
static struct {
    pid_t owner;
    int kvm, vm;
} ready = {.kvm = -1, .vm = -1};

static void forget_machine(void)
{
    if (ready.vm >= 0) close(ready.vm);
    ready.vm = -1;
}

static void forget_ready(void)
{
    forget_machine();
    if (ready.kvm >= 0) close(ready.kvm);
    ready.kvm = -1;
}

bool monitor_kvm_usable(const char **why)
{
    forget_ready();
    *why = open_kvm(&ready.kvm);
    if (!*why && (ready.vm = ioctl(ready.kvm, KVM_CREATE_VM, 0)) < 0)
        *why = "KVM makes no virtual machines here";
    if (*why) forget_ready();
    ready.owner = getpid();
    return !*why;
}

/* --- the machine ------------------------------------------------------------------------- */

/* What CPUID says in a machine: the same in all of them. */
enum { CPUID_MOST = 128 };
static struct {
    struct kvm_cpuid2 head; /* nent 0: not asked yet */
    struct kvm_cpuid_entry2 entry[CPUID_MOST];
} cpuid;

static int ask_cpuid(int kvm)
{
    if (cpuid.head.nent) return 0;
    cpuid.head.nent = CPUID_MOST;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) == 0) return 0;
    cpuid.head.nent = 0;
    return -1;
}

int monitor_kvm_prepare(void)
{
    forget_machine();
    if ((ready.kvm < 0 && open_kvm(&ready.kvm)) || ask_cpuid(ready.kvm) < 0) forget_ready();
    return ready.kvm;
}

static int take_ready(struct vm *v, struct error *e)
{
    if (ready.owner != getpid()) forget_machine();
    v->kvm = ready.kvm, v->vm = ready.vm;
    const char *why = v->kvm < 0 ? open_kvm(&v->kvm) : NULL;
    return why ? fail(e, 0, "%s: try `--platform process`", why) : 0;
}

static int create_machine(struct vm *v, struct error *e)
{
    if (v->vm < 0) v->vm = ioctl(v->kvm, KVM_CREATE_VM, 0);
    if (v->vm < 0) return fail(e, errno, "KVM: create a machine (or try `--platform process`)");
    int code = slots_give(v);
    if (code)
        return fail(e, code, "KVM: give the machine %llu MiB of memory",
                    (unsigned long long)(v->bytes >> 20));
    /* Old processors want a place for two helpers of theirs, below everything of ours. */
    uint64_t identity = 0x4000;
    ioctl(v->vm, KVM_SET_TSS_ADDR, 0x1000);
    ioctl(v->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity);
    return 0;
}

static int create_processor(struct vm *v, struct error *e)
{
    v->vcpu = ioctl(v->vm, KVM_CREATE_VCPU, 0);
    if (v->vcpu < 0) return fail(e, errno, "KVM: create a processor");
    int bytes = ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes < (int)sizeof(struct kvm_run)) return fail(e, errno, "KVM: processor state");
    v->run_bytes = (size_t)bytes;
    v->run = mmap(NULL, v->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->vcpu, 0);
    if (v->run == MAP_FAILED) return fail(e, errno, "KVM: map the processor state");
    return 0;
}

/* --- the whole run ------------------------------------------------------------------------ */

static int make_machine(struct vm *v, struct error *e)
{
    if (create_machine(v, e) < 0 || create_processor(v, e) < 0) return -1;
    return sandbox_drop_thread(v->machine, e);
}

static void wait_for(sem_t *s)
{
    while (sem_wait(s) < 0) continue; /* a signal */
}

/* On a host with an idle processor, the machine is made while its memory is laid out; KVM wants only to know where that is. */
static void *make_and_serve(void *arg)
{
    struct vm *v = arg;
    v->made_status = make_machine(v, &v->made_error);
    sem_post(&v->made);
    wait_for(&v->go);
    if (!v->cancelled && loop_run(&v->machine->loop, v->quit) < 0) {
        v->hostile = true;
        stop_kick();
    }
    return NULL;
}

/* libslirp puts a whole frame on it. */
enum { SERVER_STACK = 256 * 1024 };

/* The server has signals blocked: they come to the thread that runs the guest. */
static int start_server(struct vm *v, struct error *e)
{
    sigset_t ours, before;
    if (take_ready(v, e) < 0) return -1;
    sem_init(&v->made, 0, 0);
    sem_init(&v->go, 0, 0);
    stop_signal_set(&ours);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SERVER_STACK);
    int code = pthread_create(&v->server, &attributes, make_and_serve, v);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    v->has_server = !code;
    return code ? fail(e, code, "start the thread that serves the devices") : 0;
}

/* To ask KVM for CPUID takes as long as to make a machine: this thread has the time for it. */
static int prepare_machine(struct vm *v, struct error *e)
{
    int asked = ask_cpuid(v->kvm);
    wait_for(&v->made);
    if (v->made_status < 0) *e = v->made_error;
    if (v->made_status < 0) return -1;
    if (asked < 0) return fail(e, errno, "KVM: ask for CPUID");
    if (ioctl(v->vcpu, KVM_SET_CPUID2, &cpuid) < 0) return fail(e, errno, "KVM: set CPUID");
    return vcpu_prepare(v, e);
}

/* Where something failed before it was told to serve. */
static void cancel_server(struct vm *v)
{
    if (!v->has_server) return;
    v->cancelled = true;
    sem_post(&v->go);
    pthread_join(v->server, NULL);
}

void kvm_end_server(struct vm *v)
{
    uint64_t one = 1;
    if (v->server_left || write(v->quit, &one, sizeof one) != sizeof one) return;
    pthread_join(v->server, NULL);
    v->server_left = true;
}

static int make_quit(struct vm *v, struct error *e)
{
    v->quit = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return v->quit < 0 ? fail(e, errno, "make an eventfd") : 0;
}

/* To bind the doorbells makes KVM wait at the machine's end for readers of what was before: 13 ms, unless they have passed
 * in the meantime.  A mote that lives for less does without. */
enum { RUNG_OFTEN = 16 };

static int bind_doorbells(const struct vm *v)
{
    struct kvm_ioeventfd bind = {.addr = PORT_DOORBELL,
                                 .len = 4,
                                 .fd = v->machine->doorbell,
                                 .flags = KVM_IOEVENTFD_FLAG_PIO};
    if (ioctl(v->vm, KVM_IOEVENTFD, &bind) < 0) return -1;
    const struct channels *channels = &v->machine->channels;
    bind.addr = PORT_CHANNEL;
    bind.flags |= KVM_IOEVENTFD_FLAG_DATAMATCH;
    for (unsigned i = 0; i < channels->n; i++) {
        bind.fd = channels->doorbell[i];
        bind.datamatch = i;
        if (ioctl(v->vm, KVM_IOEVENTFD, &bind) < 0) return -1;
    }
    return 0;
}

bool kvm_ring(struct vm *v, uint16_t port, uint32_t number)
{
    const struct channels *channels = &v->machine->channels;
    uint64_t one = 1;
    if (port == PORT_CHANNEL && number >= channels->n) return false;
    int door = port == PORT_CHANNEL ? channels->doorbell[number] : v->machine->doorbell;
    ssize_t ignored = write(door, &one, sizeof one);
    (void)ignored;
    if (++v->rung == RUNG_OFTEN) v->bound = bind_doorbells(v) == 0;
    return true;
}

static int set_up(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    v->laid_out = start_server;
    if (vm_map(v, e) < 0 || make_quit(v, e) < 0) return -1;
    stats_step(&m->stats, STATS_MAPPED);
    machine_stage(m, MONITOR_LAID_OUT);
    if (prepare_machine(v, e) < 0) return -1;
    int khz = ioctl(v->vcpu, KVM_GET_TSC_KHZ, 0);
    struct record_clock clock = {monitor_tsc_is_even() && khz > 0, khz > 0 ? (uint64_t)khz : 0};
    if (vm_write_record(v, &clock, e) < 0) return -1;
    stats_step(&m->stats, STATS_CREATED);
    machine_stage(m, MONITOR_CREATED);
    machine_open_devices(m);
    if (getrandom(m->control->seed, sizeof m->control->seed, 0) != sizeof m->control->seed)
        return fail(e, errno, "ask the host for entropy");
    return 0;
}

static int lock_down(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    int keep[MACHINE_KEEP_MOST + CHANNELS_MOST] = {v->vm,   v->vcpu, m->doorbell,
                                                   m->wake, v->quit, m->stats.status_fd};
    unsigned keeps = 6;
    for (unsigned i = 0; i < m->channels.n; i++) keep[keeps++] = m->channels.doorbell[i];
    if (stop_start(m, &v->run->immediate_exit, e) < 0) return -1;
    if (sandbox_drop(m, keep, machine_keep(m, keep, keeps), e) < 0) return -1;
    if (sandbox_die_with_parent(m, e) < 0) return -1;
    if (sandbox_enter(m, e) < 0) return -1;
    sem_post(&v->go);
    stats_step(&m->stats, STATS_LOCKED);
    machine_stage(m, MONITOR_LOCKED);
    return 0;
}

/* A spare is asked for (or is killed).  Nobody else knocks before the guest runs, but our own signals. */
static void wait_for_use(const struct machine *m)
{
    if (!m->options->link) return;
    const uint32_t *spare = &m->options->link->note->spare;
    struct pollfd wake = {.fd = m->wake, .events = POLLIN};
    uint64_t ignored;
    while (__atomic_load_n(spare, __ATOMIC_ACQUIRE) && !stop_now())
        if (poll(&wake, 1, -1) > 0 && __atomic_load_n(spare, __ATOMIC_ACQUIRE) &&
            read(m->wake, &ignored, sizeof ignored) < 0)
            continue;
}

int kvm_run_machine(struct machine *m, struct error *e)
{
    struct vm v = {.machine = m, .kvm = -1, .vm = -1, .vcpu = -1};
    if (set_up(&v, e) < 0 || lock_down(&v, e) < 0) {
        cancel_server(&v);
        return -1;
    }
    wait_for_use(m);
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    m->control->wall_ns = (uint64_t)wall.tv_sec * 1000000000 + (uint64_t)wall.tv_nsec;
    stats_step(&m->stats, STATS_STARTED);
    v.started_ns = stats_now_ns();
    if (m->options->link) m->options->link->note->started_ns = v.started_ns;
    machine_stage(m, MONITOR_STARTED);

    int status = vcpu_run(&v, e);
    stats_step(&m->stats, STATS_ENDED);
    kvm_end_server(&v);
    console_drain(&m->console, stop_now() ? 200 : -1);
    stats_step(&m->stats, STATS_FLUSHED);
    return status;
}
