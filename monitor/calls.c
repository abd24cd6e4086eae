/* SPDX-License-Identifier: Apache-2.0 */
/* calls.c -- what a KVM guest may ask for; the list is enum call in abi/rings.h.
 *
 * Arguments come from shared memory: each is read once, into a local, and checked.
 */
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "monitor/kvm.h"

static uint64_t argument(const struct vm *v, unsigned i)
{
    return __atomic_load_n(&v->machine->control->argument[i], __ATOMIC_RELAXED);
}

static void answer(struct vm *v, uint64_t result)
{
    __atomic_store_n(&v->machine->control->result, result, __ATOMIC_RELEASE);
}

/* Are arguments 0 and 1 whole pages of the heap? */
static bool heap_range(const struct vm *v, uint64_t *address, uint64_t *bytes)
{
    *address = argument(v, 0), *bytes = argument(v, 1);
    uint64_t whole = v->machine->heap_room, at = *address - LAYOUT_HEAP;
    if (*address < LAYOUT_HEAP || at >= whole || !*bytes || *bytes > whole - at) return false;
    return at % LAYOUT_PAGE == 0 && *bytes % LAYOUT_PAGE == 0;
}

static bool advise_heap(const struct vm *v, uint64_t address, uint64_t bytes, int advice)
{
    return window_advise(&v->machine->snapshot, &v->machine->areas, address, bytes, advice);
}

/* The same for the archive, whose pages are those of a file. */
static void *archive_range(const struct vm *v, uint64_t address, uint64_t bytes)
{
    uint64_t whole = v->machine->archive_pages_bytes, at = address - LAYOUT_ARCHIVE;
    if (address < LAYOUT_ARCHIVE || at >= whole || !bytes || bytes > whole - at) return NULL;
    return (at | bytes) % LAYOUT_PAGE ? NULL : v->memory + v->archive_at + at;
}

static void renew_wall_clock(struct vm *v)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    v->machine->control->wall_ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Until the time is over, the server or a signal knocks.  Early is fine. */
static int serve_sleep(struct vm *v)
{
    uint64_t ns = argument(v, 0);
    struct pollfd wake = {.fd = v->machine->wake, .events = POLLIN};
    struct timespec time = {.tv_sec = (time_t)(ns / 1000000000),
                            .tv_nsec = (long)(ns % 1000000000)};
    int n = ppoll(&wake, 1, &time, NULL);
    if (n == 1) {
        uint64_t count;
        ssize_t ignored = read(v->machine->wake, &count, sizeof count);
        (void)ignored;
    }
    renew_wall_clock(v);
    v->machine->stats.count[STATS_SLEEPS]++;
    return 0;
}

static int serve_populate(struct vm *v)
{
    uint64_t address, bytes;
    if (!heap_range(v, &address, &bytes)) return -1;
    answer(v, slots_back(v, address, bytes) && advise_heap(v, address, bytes, MADV_POPULATE_WRITE));
    v->machine->stats.count[STATS_POPULATES]++;
    v->machine->stats.count[STATS_POPULATED] += bytes / 1024;
    return 0;
}

static int serve_unused(struct vm *v)
{
    uint64_t address, bytes;
    bool heap = heap_range(v, &address, &bytes);
    void *archive = heap ? NULL : archive_range(v, address, bytes);
    if (!heap && !archive) return -1;
    if (heap)
        advise_heap(v, address, bytes, MADV_DONTNEED);
    else
        madvise(archive, bytes, MADV_DONTNEED);
    v->machine->stats.count[STATS_UNUSEDS]++;
    return 0;
}

/* A KVM that shadows page tables does not see us change them: taking the memory away
 * and giving it back makes it forget all it has derived from them, and any KVM flush its
 * TLB.  It is slow, and the guest is told so. */
static int serve_protect(struct vm *v)
{
    uint64_t address, bytes, access = argument(v, 2);
    if (!heap_range(v, &address, &bytes) || access > RING_READ_WRITE) return -1;
    if (cold_thaw(v, address, bytes) < 0) return CALL_DAMAGED;
    bool done = slots_back(v, address, bytes) &&
                tables_protect(&v->tables, address, bytes, access != RING_NO_ACCESS,
                               access == RING_READ_WRITE);
    if (!slots_renew(v)) return -1;
    answer(v, done);
    v->machine->stats.count[STATS_PROTECTS]++;
    return 0;
}

/* The processor knows where the last page fault was; the guest does not. */
static int serve_fault(struct vm *v, bool back)
{
    struct kvm_sregs s;
    if (ioctl(v->vcpu, KVM_GET_SREGS, &s) < 0) return -1;
    if (!back) {
        answer(v, s.cr2);
        return 0;
    }
    bool backed = slots_back_fault(v, s.cr2);
    int thawed = cold_thaw(v, s.cr2, 1);
    answer(v, backed || thawed > 0);
    return thawed < 0 ? CALL_DAMAGED : 0;
}

static int serve_other(struct vm *v, uint32_t number)
{
    struct control *control = v->machine->control;
    v->machine->stats.count[STATS_OTHERS]++;
    switch (number) {
    case CALL_EXIT: return 1;
    case CALL_SEED: return getrandom(control->seed, sizeof control->seed, 0) == 64 ? 0 : -1;
    case CALL_CLOCK: answer(v, stats_now_ns() - v->started_ns); return 0;
    case CALL_FAULT: return serve_fault(v, false);
    case CALL_BACK: return serve_fault(v, true);
    default: return -1;
    }
}

int call_serve(struct vm *v, uint32_t number)
{
    switch (number) {
    case CALL_SLEEP: return serve_sleep(v);
    case CALL_POPULATE: return serve_populate(v);
    case CALL_UNUSED: return serve_unused(v);
    case CALL_PROTECT: return serve_protect(v);
    default: return serve_other(v, number);
    }
}
