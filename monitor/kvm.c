/* SPDX-License-Identifier: Apache-2.0 */
/* kvm.c -- takes a virtual machine from its options to its end; kvm_server.c makes it. */
#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "monitor/kvm.h"

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

/* What can be done before the machine is there, for it takes longer to make than memory to fill. */
static int prepare_rest(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    machine_open_devices(m);
    if (getrandom(m->control->seed, sizeof m->control->seed, 0) != sizeof m->control->seed)
        return fail(e, errno, "ask the host for entropy");
    return sandbox_drop_thread(m, e);
}

static int set_up(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    v->laid_out = kvm_start_server;
    if (vm_map(v, e) < 0 || make_quit(v, e) < 0) return -1;
    stats_step(&m->stats, STATS_MAPPED);
    machine_stage(m, MONITOR_LAID_OUT);
    bool even = monitor_tsc_is_even();
    if (prepare_rest(v, e) < 0 || kvm_wait_made(v, e) < 0) return -1;
    struct record_clock clock = {even && v->tsc_khz > 0, v->tsc_khz > 0 ? (uint64_t)v->tsc_khz : 0};
    if (vm_write_record(v, &clock, e) < 0) return -1;
    stats_step(&m->stats, STATS_CREATED);
    machine_stage(m, MONITOR_CREATED);
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
        kvm_cancel_server(&v);
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
