/* SPDX-License-Identifier: Apache-2.0 */
/* floor.c -- what the least that an instance can be costs its host: floor STEP N makes N processes that have all up to
 * this step and wait, prints "ready", and ends them when its standard input does.  STEP:
 *
 *   0  a process that waits          3  a machine of KVM's          6  run to its first exit
 *   1  five eventfds                 4  2 MiB of memory for it
 *   2  a second thread               5  a processor for it
 *
 * bench/instances --floor reads what the host has left meanwhile.  Nothing of a mote is in it: what it tells is the
 * kernel's alone.
 */
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { STEP_EVENTFDS = 1, STEP_THREAD, STEP_MACHINE, STEP_MEMORY, STEP_PROCESSOR, STEP_RUN };
enum { CPUID_MOST = 128 };
#define MEMORY (2ull << 20)

static int kvm = -1;
static struct {
    struct kvm_cpuid2 head;
    struct kvm_cpuid_entry2 entry[CPUID_MOST];
} cpuid = {.head.nent = CPUID_MOST};

static int must(int result, const char *what)
{
    if (result >= 0) return result;
    perror(what);
    _exit(1);
}

static void *wait_for_ever(void *nothing)
{
    for (;;) pause();
    return nothing;
}

static void start_thread(void)
{
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 64 * 1024);
    must(-pthread_create(&thread, &attributes, wait_for_ever, NULL), "thread");
}

/* Page tables that map the memory to itself, and `out %eax, $0x10`. */
static void fill(unsigned char *memory)
{
    uint64_t *top = (uint64_t *)memory, *middle = top + 512, *bottom = top + 1024;
    top[0] = 0x1027, middle[0] = 0x2027, bottom[0] = 0xe7;
    memcpy(memory + 0x3000, (unsigned char[]){0xe7, 0x10, 0xeb, 0xfc}, 4);
}

static struct kvm_segment segment(uint16_t selector, unsigned char type, unsigned char code)
{
    return (struct kvm_segment){.limit = ~0u,
                                .selector = selector,
                                .type = type,
                                .present = 1,
                                .dpl = 3,
                                .db = !code,
                                .s = 1,
                                .l = code,
                                .g = 1};
}

static void enter(int vcpu, struct kvm_run *run)
{
    struct kvm_sregs s;
    must(ioctl(vcpu, KVM_GET_SREGS, &s), "registers");
    s.cs = segment(0x33, 11, 1);
    s.ds = s.es = s.fs = s.gs = s.ss = segment(0x2b, 3, 0);
    s.cr0 = 0x80050033, s.cr3 = 0, s.cr4 = 0x620, s.efer = 0xd00;
    must(ioctl(vcpu, KVM_SET_SREGS, &s), "registers");
    struct kvm_regs r = {.rip = 0x3000, .rflags = 0x3002};
    must(ioctl(vcpu, KVM_SET_REGS, &r), "registers");
    must(ioctl(vcpu, KVM_RUN, 0), "run");
    if (run->exit_reason != KVM_EXIT_IO) {
        fprintf(stderr, "floor: the machine did not run: %u\n", run->exit_reason);
        _exit(1);
    }
}

static void make_machine(int step)
{
    int vm = must(ioctl(kvm, KVM_CREATE_VM, 0), "machine");
    if (step < STEP_MEMORY) return;
    unsigned char *memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    madvise(memory, MEMORY, MADV_NOHUGEPAGE);
    struct kvm_userspace_memory_region region = {.memory_size = MEMORY,
                                                 .userspace_addr = (uintptr_t)memory};
    must(ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region), "memory");
    if (step < STEP_PROCESSOR) return;
    int vcpu = must(ioctl(vm, KVM_CREATE_VCPU, 0), "processor");
    size_t bytes = (size_t)must(ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0), "processor");
    struct kvm_run *run = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
    must(ioctl(vcpu, KVM_SET_CPUID2, &cpuid), "cpuid");
    if (step < STEP_RUN || run == MAP_FAILED) return;
    fill(memory);
    enter(vcpu, run);
}

static void be_one(int step, int done)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; step >= STEP_EVENTFDS && i < 5; i++) must(eventfd(0, 0), "eventfd");
    if (step >= STEP_THREAD) start_thread();
    if (step >= STEP_MACHINE) make_machine(step);
    must((int)write(done, "", 1), "tell");
    close(done);
    wait_for_ever(NULL);
}

int main(int argc, char **argv)
{
    int step = argc > 1 ? atoi(argv[1]) : 0, count = argc > 2 ? atoi(argv[2]) : 1, done[2];
    char byte;
    if (step >= STEP_MACHINE) {
        kvm = must(open("/dev/kvm", O_RDWR), "/dev/kvm");
        must(ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid), "cpuid");
    }
    must(pipe(done), "pipe");
    for (int i = 0; i < count; i++)
        if (must(fork(), "fork") == 0) be_one(step, done[1]);
    close(done[1]);
    int ready = 0;
    while (read(done[0], &byte, 1) == 1) ready++;
    if (ready < count) return 1;
    puts("ready");
    fflush(stdout);
    while (read(0, &byte, 1) > 0) continue;
    return 0;
}
