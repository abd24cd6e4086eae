/* SPDX-License-Identifier: Apache-2.0 */
/* kvm_server.c -- the second thread of a mote under KVM: makes the virtual machine, then serves the devices.
 *
 *   server    machine, CPUID   | where memory is | processor, registers, first entry |           devices
 *   the other options, image   | layout          | memory is filled                  | lock-down, guest
 *
 * The order is not free: KVM is told where memory is before there is a vCPU, for then it need not wait
 * for readers of the old layout (4 ms on a busy host).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/utsname.h>
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

/* A machine that was made before anybody knew what will run in it: to see whether one can be, or ahead of time.  It belongs to
 * the process that made it; the descriptor of KVM itself is good for all that are forked from it, too. */
static struct {
    pid_t owner;
    int kvm, vm;
    const char *why; /* there is none */
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

static void make_ready(void)
{
    forget_ready();
    ready.why = open_kvm(&ready.kvm);
    if (!ready.why && (ready.vm = ioctl(ready.kvm, KVM_CREATE_VM, 0)) < 0)
        ready.why = "KVM makes no virtual machines here";
    if (ready.why) forget_ready();
    ready.owner = getpid();
}

static int take_ready(struct vm *v, struct error *e)
{
    if (ready.owner != getpid()) forget_machine();
    v->kvm = ready.kvm, v->vm = ready.vm;
    const char *why = v->kvm < 0 ? open_kvm(&v->kvm) : NULL;
    return why ? fail(e, 0, "%s: try `--platform process`", why) : 0;
}

/* --- the machine ------------------------------------------------------------------------- */

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

static int set_processor(struct vm *v, struct error *e)
{
    if (kvm_cpuid_set(v->kvm, v->vcpu, e) < 0) return -1;
    v->tsc_khz = ioctl(v->vcpu, KVM_GET_TSC_KHZ, 0);
    return vcpu_prepare(v, e);
}

/* From Linux 6.14 on, the first entry starts a thread of KVM's: 0.1 ms, in which nothing else would happen if it were the guest's.  This one
 * comes back at once.  Older kernels have started that thread already, and mind when another one enters next: they wait a grace period. */
static void enter_for_nothing(const struct vm *v)
{
    struct utsname host;
    char *end;
    if (uname(&host) < 0) return;
    unsigned long major = strtoul(host.release, &end, 10);
    unsigned long minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
    if (major < 6 || (major == 6 && minor < 14)) return;
    v->run->immediate_exit = 1;
    ioctl(v->vcpu, KVM_RUN, 0);
    v->run->immediate_exit = 0;
}

static int make_machine(struct vm *v, struct error *e)
{
    if (take_ready(v, e) < 0 || create_machine(v, e) < 0 || create_processor(v, e) < 0 ||
        set_processor(v, e) < 0 || sandbox_drop_thread(v->machine, e) < 0)
        return -1;
    enter_for_nothing(v);
    return 0;
}

/* --- the thread ------------------------------------------------------------------------------ */

static void wait_for(sem_t *s)
{
    while (sem_wait(s) < 0) continue; /* a signal */
}

static void make_and_serve(struct vm *v)
{
    v->made_status = make_machine(v, &v->made_error);
    sem_post(&v->made);
    wait_for(&v->go);
    if (!v->cancelled && loop_run(&v->machine->loop, v->quit) < 0) {
        v->hostile = true;
        stop_kick();
    }
}

/* The one that was started before anybody knew what for. */
static struct {
    pid_t owner; /* 0: there is none */
    pthread_t thread;
    bool known;           /* we have waited for `looked` */
    const char *cache;    /* kvm_cpuid_learn() */
    sem_t looked, wanted; /* it has made the machine, or not; `vm` says what to do with it */
    struct vm *vm;        /* NULL: nothing */
} early;

static void *begin(void *unused)
{
    (void)unused;
    make_ready();
    sem_post(&early.looked);
    if (ready.kvm >= 0)
        kvm_cpuid_learn(ready.kvm, early.cache); /* if not, it is told when it is needed */
    wait_for(&early.wanted);
    if (early.vm) make_and_serve(early.vm);
    return NULL;
}

static void *begin_with(void *vm)
{
    make_and_serve(vm);
    return NULL;
}

/* libslirp puts a whole frame on it. */
enum { SERVER_STACK = 256 * 1024 };

/* The server has signals blocked: they come to the thread that runs the guest. */
static int start_thread(pthread_t *thread, void *(*run)(void *), void *with)
{
    sigset_t ours, before;
    stop_signal_set(&ours);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SERVER_STACK);
    int code = pthread_create(thread, &attributes, run, with);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}

void monitor_kvm_begin(const char *cache)
{
    if (early.owner) return;
    early.cache = cache;
    sem_init(&early.looked, 0, 0);
    sem_init(&early.wanted, 0, 0);
    if (start_thread(&early.thread, begin, NULL) == 0) early.owner = getpid();
}

static bool is_early(void) { return early.owner && early.owner == getpid(); }

static void set_early(struct vm *v)
{
    early.vm = v;
    early.owner = 0;
    sem_post(&early.wanted);
}

bool monitor_kvm_usable(const char **why)
{
    if (!is_early()) {
        make_ready();
    } else if (!early.known) {
        wait_for(&early.looked);
        early.known = true;
    }
    if (is_early() && ready.why) {
        set_early(NULL);
        pthread_join(early.thread, NULL);
    }
    *why = ready.why;
    return !ready.why;
}

int monitor_kvm_prepare(void)
{
    forget_machine();
    if ((ready.kvm < 0 && open_kvm(&ready.kvm)) || kvm_cpuid_learn(ready.kvm, NULL) < 0)
        forget_ready();
    return ready.kvm;
}

/* On a host with an idle processor, the machine is made while its memory is laid out; KVM wants only to know where that is. */
int kvm_start_server(struct vm *v, struct error *e)
{
    sem_init(&v->made, 0, 0);
    sem_init(&v->go, 0, 0);
    int code = 0;
    if (is_early()) {
        v->server = early.thread;
        set_early(v);
    } else {
        code = start_thread(&v->server, begin_with, v);
    }
    v->has_server = !code;
    return code ? fail(e, code, "start the thread that serves the devices") : 0;
}

int kvm_wait_made(struct vm *v, struct error *e)
{
    wait_for(&v->made);
    if (v->made_status < 0) *e = v->made_error;
    return v->made_status;
}

void kvm_cancel_server(struct vm *v)
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
