/* SPDX-License-Identifier: Apache-2.0 */
/* kvm_cpuid.c -- what CPUID says in a machine of KVM's: the same in all of them.
 *
 * To answer, KVM asks the processor some fifty times; where that is virtual itself, 5 us each, it takes longer than to make a machine.  So
 * the answer is kept in a file, with what says that it is this KVM's: the boot of this kernel, /dev/kvm, which its module
 * makes anew whenever it is loaded, and the processor, for a host that is a machine itself may go on on another.  Everything else makes us ask, and write the file again.  Nobody but its user has the file, and a
 * wrong answer in it is one that the user could have given to KVM himself.
 */
#include <cpuid.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/hash.h"
#include "monitor/kvm.h"

enum { MOST = 128 };
#define KEPT_MAGIC 0x3144495550434b4dull /* the bytes "MKCPUID1" */

static struct {
    struct kvm_cpuid2 head; /* nent 0: not known yet */
    struct kvm_cpuid_entry2 entry[MOST];
} cpuid;

/* --- the file --------------------------------------------------------------------------------- */

struct kept {
    uint64_t magic;
    char boot[40];
    uint64_t device[5];
    uint32_t processor[6];
    uint64_t entries, sum;
};

/* Which one it is, and what it can; of leaf 1 without ebx, which says which of several we run on. */
static void ask_processor(uint32_t is[static 6])
{
    uint32_t ignored;
    __cpuid(1, is[0], ignored, is[1], is[2]);
    __cpuid_count(7, 0, ignored, is[3], is[4], is[5]);
}

static bool this_kvm(int kvm, struct kept *k)
{
    struct stat st;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, k->boot, sizeof k->boot);
    if (fd >= 0) close(fd);
    if (n <= 0 || fstat(kvm, &st) < 0) return false;
    k->magic = KEPT_MAGIC;
    k->device[0] = st.st_dev, k->device[1] = st.st_ino, k->device[2] = st.st_rdev;
    k->device[3] = (uint64_t)st.st_ctim.tv_sec, k->device[4] = (uint64_t)st.st_ctim.tv_nsec;
    ask_processor(k->processor);
    return true;
}

static uint64_t sum_of(uint64_t entries)
{
    return hash_fast(cpuid.entry, entries * sizeof *cpuid.entry);
}

static bool read_kept(const char *path, const struct kept *want)
{
    struct kept k;
    struct iovec parts[] = {{&k, sizeof k}, {cpuid.entry, sizeof cpuid.entry}};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    ssize_t n = fd < 0 ? -1 : readv(fd, parts, 2);
    if (fd >= 0) close(fd);
    if (n < (ssize_t)sizeof k || memcmp(&k, want, offsetof(struct kept, entries)) != 0)
        return false;
    if (!k.entries || k.entries > MOST || k.sum != sum_of(k.entries) ||
        (size_t)n != sizeof k + k.entries * sizeof *cpuid.entry)
        return false;
    cpuid.head.nent = (uint32_t)k.entries;
    return true;
}

/* Two that do so at once write the same. */
static void keep(const char *path, struct kept *k)
{
    char fresh[4096];
    int length = snprintf(fresh, sizeof fresh, "%s.%d", path, (int)getpid());
    if (length < 0 || (size_t)length >= sizeof fresh) return;
    int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return;
    k->entries = cpuid.head.nent;
    k->sum = sum_of(k->entries);
    size_t bytes = k->entries * sizeof *cpuid.entry;
    struct iovec parts[] = {{k, sizeof *k}, {cpuid.entry, bytes}};
    bool whole = writev(fd, parts, 2) == (ssize_t)(sizeof *k + bytes);
    if (close(fd) < 0 || !whole || rename(fresh, path) < 0) unlink(fresh);
}

/* --- asking ------------------------------------------------------------------------------------- */

static int ask(int kvm)
{
    cpuid.head.nent = MOST;
    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) == 0) return 0;
    cpuid.head.nent = 0;
    return -1;
}

int kvm_cpuid_learn(int kvm, const char *folder)
{
    struct kept k = {0};
    char path[4096];
    if (cpuid.head.nent) return 0;
    int length = folder ? snprintf(path, sizeof path, "%s/cpuid", folder) : -1;
    bool may_keep = length > 0 && (size_t)length < sizeof path && this_kvm(kvm, &k);
    if (may_keep && read_kept(path, &k)) return 0;
    if (ask(kvm) < 0) return -1;
    if (may_keep) keep(path, &k);
    return 0;
}

int kvm_cpuid_set(int kvm, int vcpu, struct error *e)
{
    if (kvm_cpuid_learn(kvm, NULL) < 0) return fail(e, errno, "KVM: ask for CPUID");
    if (ioctl(vcpu, KVM_SET_CPUID2, &cpuid) == 0) return 0;
    /* What was kept is not what it says: it is asked once more. */
    if (ask(kvm) == 0 && ioctl(vcpu, KVM_SET_CPUID2, &cpuid) == 0) return 0;
    return fail(e, errno, "KVM: set CPUID");
}
