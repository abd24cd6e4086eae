/* SPDX-License-Identifier: Apache-2.0 */
/* kvm.c -- makes the virtual machine: its memory, and everything around the one vCPU.
 *
 *   guest-physical   0010'0000  low: data, stack, boot record, rings, descriptors
 *                    1000'0000  the runtime's file pages, read only
 *                    2000'0000  page tables
 *                    4000'0000  heap, then (on the next GiB) the archive, read only
 *
 * What the guest sees of it is decided by the page tables alone: abi/layout.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "monitor/kvm.h"

static uint64_t pages_up(uint64_t n) { return (n + LAYOUT_PAGE - 1) & ~(LAYOUT_PAGE - 1); }

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

bool monitor_kvm_usable(const char **why)
{
    int kvm = -1;
    *why = open_kvm(&kvm);
    if (!*why) {
        int vm = ioctl(kvm, KVM_CREATE_VM, 0);
        if (vm < 0) *why = "KVM makes no virtual machines here";
        else close(vm);
    }
    if (kvm >= 0) close(kvm);
    return !*why;
}

/* --- the machine ------------------------------------------------------------------------- */

static int set_cpuid(struct vm *v, struct error *e)
{
    enum { MOST = 128 };
    static struct {
        struct kvm_cpuid2 head;
        struct kvm_cpuid_entry2 entry[MOST];
    } all;
    all.head.nent = MOST;
    if (ioctl(v->kvm, KVM_GET_SUPPORTED_CPUID, &all) < 0) return fail(e, errno, "KVM: ask for CPUID");
    if (ioctl(v->vcpu, KVM_SET_CPUID2, &all) < 0) return fail(e, errno, "KVM: set CPUID");
    return 0;
}

int vm_create(struct vm *v, struct error *e)
{
    const char *why = open_kvm(&v->kvm);
    if (why) return fail(e, 0, "%s: try `--platform process`", why);
    v->vm = ioctl(v->kvm, KVM_CREATE_VM, 0);
    if (v->vm < 0) return fail(e, errno, "KVM: create a machine (or try `--platform process`)");
    v->vcpu = ioctl(v->vm, KVM_CREATE_VCPU, 0);
    if (v->vcpu < 0) return fail(e, errno, "KVM: create a processor");
    int bytes = ioctl(v->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes < (int)sizeof(struct kvm_run)) return fail(e, errno, "KVM: processor state");
    v->run_bytes = (size_t)bytes;
    v->run = mmap(NULL, v->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, v->vcpu, 0);
    if (v->run == MAP_FAILED) return fail(e, errno, "KVM: map the processor state");
    if (set_cpuid(v, e) < 0) return -1;
    /* Old processors want a place for two helpers of theirs, below everything of ours. */
    uint64_t identity = 0x4000;
    ioctl(v->vm, KVM_SET_TSS_ADDR, 0x1000);
    ioctl(v->vm, KVM_SET_IDENTITY_MAP_ADDR, &identity);
    int khz = ioctl(v->vcpu, KVM_GET_TSC_KHZ, 0);
    v->clock.tsc_khz = khz > 0 ? (uint64_t)khz : 0;
    return 0;
}

/* --- memory ------------------------------------------------------------------------------ */

int vm_set_slot(struct vm *v, unsigned slot, uint64_t physical, void *memory, uint64_t bytes,
                bool read_only, struct error *e)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .flags = read_only ? KVM_MEM_READONLY : 0,
        .guest_phys_addr = physical,
        .memory_size = bytes,
        .userspace_addr = (uint64_t)(uintptr_t)memory,
    };
    if (ioctl(v->vm, KVM_SET_USER_MEMORY_REGION, &region) == 0) return 0;
    return fail(e, errno, "KVM: give the machine %llu KiB of memory",
                (unsigned long long)(bytes / 1024));
}

static void *reserve(uint64_t bytes, const char *what, struct error *e)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p != MAP_FAILED) return p;
    fail(e, errno, "reserve %llu MiB for %s", (unsigned long long)(bytes >> 20), what);
    return NULL;
}

static int no_room(struct error *e) { return fail(e, 0, "the page tables are full"); }

/* Maps `bytes` more of the low memory at `address`; returns them as we see them. */
static void *map_low(struct vm *v, uint64_t address, uint64_t bytes, unsigned access,
                     struct error *e)
{
    bytes = pages_up(bytes);
    unsigned char *here = v->low + v->low_used;
    if (bytes > v->low_bytes - v->low_used ||
        !tables_map(&v->tables, address, PHYSICAL_LOW + v->low_used, bytes, access)) {
        no_room(e);
        return NULL;
    }
    v->low_used += bytes;
    return here;
}

static int map_runtime(struct vm *v, struct error *e)
{
    const struct runtime *r = &v->machine->runtime;
    for (unsigned i = 0; i < r->segments; i++) {
        const struct runtime_segment *s = &r->segment[i];
        if (s->writable) {
            void *data = map_low(v, s->address, s->memory_bytes, TABLES_WRITE, e);
            if (!data) return -1;
            madvise(data, s->memory_bytes, MADV_POPULATE_WRITE);
            memcpy(data, r->bytes + s->at, s->file_bytes);
        } else if (!tables_map(&v->tables, s->address, PHYSICAL_RUNTIME + s->at, s->memory_bytes,
                               s->executable ? TABLES_EXECUTE : TABLES_READ)) {
            return no_room(e);
        } else {
            madvise((char *)r->map + s->at, s->memory_bytes, MADV_POPULATE_READ);
        }
    }
    if (r->window_bytes && !tables_map(&v->tables, LAYOUT_SYMBOLS, PHYSICAL_RUNTIME + r->window_at,
                                       r->window_bytes, TABLES_READ))
        return no_room(e);
    return vm_set_slot(v, v->slots++, PHYSICAL_RUNTIME, r->map, pages_up(r->map_bytes), true, e);
}

static int map_stack(struct vm *v, struct error *e)
{
    unsigned char *stack = map_low(v, LAYOUT_STACK, LAYOUT_STACK_BYTES, TABLES_WRITE, e);
    if (!stack) return -1;
    enum { FIRST = 32768 }; /* what any guest touches of it */
    madvise(stack + LAYOUT_STACK_BYTES - FIRST, FIRST, MADV_POPULATE_WRITE);
    record_thread(stack + (LAYOUT_THREAD - LAYOUT_STACK));
    return 0;
}

/* The record is written where it will lie; only the pages that it takes are mapped. */
static int map_record(struct vm *v, struct error *e)
{
    uint64_t room = LAYOUT_SYMBOLS - LAYOUT_BOOT;
    if (room > v->low_bytes - v->low_used) return no_room(e);
    int64_t bytes = record_write(v->machine, &v->clock, v->low + v->low_used, room, e);
    if (bytes < 0) return -1;
    return map_low(v, LAYOUT_BOOT, (uint64_t)bytes, TABLES_READ, e) ? 0 : -1;
}

static int map_archive(struct vm *v, struct error *e)
{
    const struct machine *m = v->machine;
    if (!m->archive_pages_bytes) return 0;
    uint64_t gib = 1ull << 30, physical = (PHYSICAL_HEAP + m->heap_bytes + gib - 1) & ~(gib - 1);
    if (!tables_map(&v->tables, LAYOUT_ARCHIVE, physical, m->archive_pages_bytes, TABLES_READ))
        return no_room(e);
    return vm_set_slot(v, v->slots++, physical, m->archive, m->archive_pages_bytes, true, e);
}

static int map_heap(struct vm *v, struct error *e)
{
    uint64_t bytes = v->machine->heap_bytes;
    if (!(v->heap = reserve(bytes, "the heap", e))) return -1;
    if (!tables_map(&v->tables, LAYOUT_HEAP, PHYSICAL_HEAP, bytes, TABLES_WRITE)) return no_room(e);
    return vm_set_slot(v, v->slots++, PHYSICAL_HEAP, v->heap, bytes, false, e);
}

static int map_descriptors(struct vm *v, struct error *e)
{
    void *two = map_low(v, LAYOUT_TABLES, 2 * LAYOUT_PAGE, TABLES_PROCESSOR, e);
    if (!two) return -1;
    tables_descriptors(two, &v->machine->runtime.header);
    return 0;
}

static int map_tables(struct vm *v, struct error *e)
{
    const struct machine *m = v->machine;
    v->tables.bytes = tables_room(m->heap_bytes, m->archive_pages_bytes + LAYOUT_HEAP);
    v->tables.physical = PHYSICAL_TABLES;
    v->tables.memory = reserve(v->tables.bytes, "page tables", e);
    if (!v->tables.memory) return -1;
    v->tables_slot = v->slots++;
    return vm_set_slot(v, (unsigned)v->tables_slot, PHYSICAL_TABLES, v->tables.memory,
                       v->tables.bytes, false, e);
}

/* Sizes are small and known: data, stack, record (with room), rings, descriptors. */
static int map_low_memory(struct vm *v, struct error *e)
{
    v->low_bytes = (LAYOUT_RUNTIME_END - LAYOUT_RUNTIME) + LAYOUT_STACK_BYTES + LAYOUT_BOOT_BYTES +
                   RING_USED_BYTES + 16 * LAYOUT_PAGE;
    if (!(v->low = reserve(v->low_bytes, "the runtime", e))) return -1;
    return vm_set_slot(v, v->slots++, PHYSICAL_LOW, v->low, v->low_bytes, false, e);
}

int vm_map(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    if (map_tables(v, e) < 0 || map_low_memory(v, e) < 0) return -1;
    if (map_runtime(v, e) < 0 || map_stack(v, e) < 0 || map_heap(v, e) < 0) return -1;
    if (map_archive(v, e) < 0 || map_descriptors(v, e) < 0) return -1;
    m->control = map_low(v, LAYOUT_RINGS, RING_USED_BYTES, TABLES_WRITE, e);
    if (!m->control) return -1;
    return map_record(v, e);
}

/* --- the whole run ------------------------------------------------------------------------ */

static void *serve_console(void *arg)
{
    struct vm *v = arg;
    struct machine *m = v->machine;
    if (console_serve(&m->console, v->quit) < 0) {
        v->hostile = true;
        stop_kick();
    }
    return NULL;
}

/* The server has signals blocked: they come to the thread that runs the guest. */
static int start_server(struct vm *v, struct error *e)
{
    sigset_t ours, before;
    stop_signal_set(&ours);
    pthread_sigmask(SIG_BLOCK, &ours, &before);
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    int code = pthread_create(&v->server, &attributes, serve_console, v);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code ? fail(e, code, "start the console's thread") : 0;
}

void kvm_end_server(struct vm *v)
{
    uint64_t one = 1;
    if (v->server_left || write(v->quit, &one, sizeof one) != sizeof one) return;
    pthread_join(v->server, NULL);
    v->server_left = true;
}

static int bind_doorbell(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    m->doorbell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    m->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    v->quit = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (m->doorbell < 0 || m->wake < 0 || v->quit < 0) return fail(e, errno, "make an eventfd");
    struct kvm_ioeventfd bind = {
        .addr = PORT_DOORBELL, .len = 4, .fd = m->doorbell, .flags = KVM_IOEVENTFD_FLAG_PIO};
    if (ioctl(v->vm, KVM_IOEVENTFD, &bind) < 0) return fail(e, errno, "KVM: bind the doorbell");
    return 0;
}

static int set_up(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    if (vm_create(v, e) < 0 || bind_doorbell(v, e) < 0) return -1;
    stats_step(&m->stats, STATS_CREATED);
    if (vm_map(v, e) < 0 || vcpu_prepare(v, e) < 0) return -1;
    if (console_open(&m->console, m->control, m->doorbell, m->wake, m->options->no_input, e) < 0)
        return -1;
    if (getrandom(m->control->seed, sizeof m->control->seed, 0) != sizeof m->control->seed)
        return fail(e, errno, "ask the host for entropy");
    stats_step(&m->stats, STATS_MAPPED);
    return 0;
}

static int lock_down(struct vm *v, struct error *e)
{
    struct machine *m = v->machine;
    int keep[] = {v->vm, v->vcpu, m->doorbell, m->wake, v->quit, m->stats.status_fd};
    if (stop_start(m, &v->run->immediate_exit, e) < 0) return -1;
    if (sandbox_drop(m, keep, sizeof keep / sizeof *keep, e) < 0) return -1;
    if (start_server(v, e) < 0) return -1;
    if (sandbox_enter(m, SANDBOX_MONITOR, e) < 0) return -1;
    stats_step(&m->stats, STATS_LOCKED);
    return 0;
}

int kvm_run_machine(struct machine *m, struct error *e)
{
    struct vm v = {.machine = m, .kvm = -1, .vm = -1, .vcpu = -1};
    v.clock.even = monitor_tsc_is_even();
    if (set_up(&v, e) < 0 || lock_down(&v, e) < 0) return -1;
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    m->control->wall_ns = (uint64_t)wall.tv_sec * 1000000000 + (uint64_t)wall.tv_nsec;
    stats_step(&m->stats, STATS_STARTED);
    v.started_ns = stats_now_ns();

    int status = vcpu_run(&v, e);
    stats_step(&m->stats, STATS_ENDED);
    kvm_end_server(&v);
    console_drain(&m->console, stop_now() ? 200 : -1);
    stats_step(&m->stats, STATS_FLUSHED);
    return status;
}
