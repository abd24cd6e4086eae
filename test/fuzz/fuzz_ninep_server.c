/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_ninep_server.c -- the 9P server with a hostile client: any messages, one after the other.
 *
 * The folder that it serves is one of the host's, with links that lead out, a fifo and a folder; beside it lies
 * a secret, which no reply may hold and nobody may change.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/ninep.h"
#include "monitor/devices/ninep.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const char secret[] = "TheSecretThatStaysOutside";
static char base[128];
static int proc;

static void must(bool ok, const char *what)
{
    if (ok) return;
    perror(what);
    abort();
}

static void put_file(int folder, const char *name, const char *text)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), name);
    close(fd);
}

static void remove_base(void)
{
    char command[200];
    snprintf(command, sizeof command, "rm -rf %s", base);
    must(system(command) == 0, "rm");
}

/* What is there is made good again each time; what else a client has made stays, up to a point. */
static int open_folder(void)
{
    static unsigned uses;
    if (!base[0]) {
        bool memory = access("/dev/shm", W_OK) == 0;
        snprintf(base, sizeof base, "%s/mote-fuzz-XXXXXX", memory ? "/dev/shm" : "/tmp");
        must(mkdtemp(base) != NULL, "mkdtemp");
        atexit(remove_base);
        proc = open("/proc/self/fd", O_PATH | O_DIRECTORY);
    }
    char inside[160];
    snprintf(inside, sizeof inside, "%s/inside", base);
    if (uses++ % 256 == 0) {
        remove_base();
        mkdir(base, 0700);
        mkdir(inside, 0755);
    }
    int outer = open(base, O_RDONLY | O_DIRECTORY), folder = open(inside, O_RDONLY | O_DIRECTORY);
    must(outer >= 0 && folder >= 0 && proc >= 0, "open");
    put_file(outer, "secret", secret);
    fchmodat(folder, "f", 0644, 0);
    unlinkat(folder, "f", 0);
    unlinkat(folder, "f", AT_REMOVEDIR);
    int fd = openat(folder, "f", O_WRONLY | O_CREAT, 0644);
    if (fd >= 0) close(fd);
    mkdirat(folder, "d", 0755);
    if (symlinkat("../secret", folder, "l") < 0) errno = 0;
    if (symlinkat("..", folder, "up") < 0) errno = 0;
    if (mkfifoat(folder, "p", 0644) < 0) errno = 0;
    close(outer);
    close(folder);
    folder = open(inside, O_PATH | O_DIRECTORY);
    must(folder >= 0, "inside");
    return folder;
}

static void check_secret(void)
{
    char path[160], text[64] = "";
    struct stat st;
    snprintf(path, sizeof path, "%s/secret", base);
    int fd = open(path, O_RDONLY);
    must(fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 1 && (st.st_mode & 07777) == 0644,
         "secret");
    must(read(fd, text, sizeof text) == (ssize_t)sizeof secret - 1 && !strcmp(text, secret),
         "text");
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static uint8_t room[8192], data[70000];
    static struct ninep_reply r;
    static int synced = -1;
    if (synced < 0) synced = eventfd(0, EFD_NONBLOCK);
    struct ninep_options o = {.folder = open_folder(), .proc = proc, .msize = 8192, .synced = -1};
    /* Syncing on the side is for one in 64: the kernel takes 30 ms to end it with its server. */
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) sum += bytes[i];
    if (sum % 64 == 0) o.synced = synced;
    o.read_only = n > 0 && bytes[0] == 'r';
    o.plain_walk = n > 0 && bytes[0] == 'p';
    struct ninep_server *s = ninep_server_make(&o);
    must(s != NULL, "server");
    for (size_t at = n > 0; at + 2 < n;) {
        size_t size = bytes[at] | (size_t)(bytes[at + 1] & 0x1f) << 8, left = n - at - 2;
        at += 2;
        if (size > left) size = left;
        bool is_write = size > 4 && bytes[at + 4] == NINEP_WRITE && size > NINEP_WRITE_HEADER;
        uint32_t head = (uint32_t)(is_write ? NINEP_WRITE_HEADER : size);
        uint8_t *exact = malloc(head + !head); /* so that a read behind its end is seen */
        memcpy(exact, bytes + at, head);
        memcpy(data, bytes + at + head, size - head);
        struct ninep_request q = {.bytes = exact, .n = head, .data_bytes = (uint32_t)size - head};
        q.data[0] = (struct iovec){data, q.data_bytes / 2};
        q.data[1] = (struct iovec){data + q.data_bytes / 2, q.data_bytes - q.data_bytes / 2};
        r.room[0] = (struct iovec){room, 1000};
        r.room[1] = (struct iovec){room + 1000, sizeof room - NINEP_READ_HEADER - 1000};
        r.room_bytes = sizeof room - NINEP_READ_HEADER;
        ninep_serve(s, &q, &r);
        if (!r.n) must(!r.payload && bytes[at + 4] == NINEP_FSYNC, "what comes later");
        if (!r.n && !ninep_finished(s, &r)) r.n = 0;
        must(!r.n || (r.n >= NINEP_HEADER && r.n <= sizeof r.bytes &&
                      load_le32(r.bytes) == r.n + r.payload),
             "a reply's size");
        must(r.payload <= r.room_bytes, "its payload");
        must(!memmem(room, sizeof room, secret, sizeof secret - 1), "the secret is inside");
        free(exact);
        at += size;
    }
    ninep_server_free(s);
    check_secret();
    return 0;
}
