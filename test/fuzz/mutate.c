/* SPDX-License-Identifier: Apache-2.0 */
/* mutate.c -- a main for the fuzz targets: feeds them a fixed number of damaged files.
 *
 *   mutate_NAME COUNT FILE...
 *
 * One third of the mutants is cut short, one third has bits flipped or bytes set, one third has
 * numbers in it made huge, or more behind its end.  The same COUNT and files make the same mutants.
 * They are tried in child processes, each for at most SECONDS: one that crashes or hangs is said by its
 * number and counts as failed, and the others go on.  `mutate_NAME -n NUMBER FILE...` tries just that
 * one, in this process, for a debugger.  Ends with "N passed, N failed".
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS 20
#define SPARE   64 /* bytes that a mutant may be longer */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct file {
    uint8_t *bytes;
    size_t n;
};

static uint64_t seed;

static uint64_t any(void)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed;
}
static size_t below(size_t n) { return n ? (size_t)(any() % n) : 0; }

static void flip(uint8_t *bytes, size_t n)
{
    for (size_t times = 1 + below(4); times > 0 && n > 0; times--) {
        size_t at = below(n);
        if (any() & 1)
            bytes[at] ^= (uint8_t)(1u << below(8));
        else
            bytes[at] = (uint8_t)any();
    }
}

/* A length that lies, of one to eight bytes, or bytes after the last. */
static size_t oversize(uint8_t *bytes, size_t n)
{
    if (any() % 4 == 0) {
        size_t more = 1 + below(SPARE);
        memset(bytes + n, (int)any(), more);
        return n + more;
    }
    size_t width = (size_t)1 << below(4);
    if (n >= width) memset(bytes + below(n - width + 1), any() & 1 ? 0xff : 0x7f, width);
    return n;
}

/* The mutant of this number; its memory ends where its bytes do. */
static uint8_t *mutant(const struct file *files, size_t count, uint64_t number, size_t *n)
{
    seed = (number + 1) * 0x9e3779b97f4a7c15u;
    for (int i = 0; i < 4; i++) any();
    const struct file *f = &files[below(count)];
    uint8_t *room = malloc(f->n + SPARE + 1);
    memcpy(room, f->bytes, f->n);
    switch (number % 3) {
    case 0: *n = below(f->n); break;
    case 1: flip(room, *n = f->n); break;
    default: *n = oversize(room, f->n);
    }
    uint8_t *exact = malloc(*n ? *n : 1);
    memcpy(exact, room, *n);
    free(room);
    return exact;
}

/* false: the target has seen enough for one process, and did not look at it. */
static bool try_one(const struct file *files, size_t count, uint64_t number)
{
    size_t n;
    uint8_t *bytes = mutant(files, count, number, &n);
    alarm(SECONDS);
    bool looked = LLVMFuzzerTestOneInput(bytes, n) == 0;
    alarm(0);
    free(bytes);
    return looked;
}

/* Tries from *next on; when the target has seen enough, a fresh process goes on.  Returns how many failed. */
static unsigned try_all(const struct file *files, size_t count, uint64_t total, uint64_t *next)
{
    unsigned failed = 0;
    while (*next < total) {
        pid_t child = fork();
        if (child < 0) return perror("fork"), failed + 1;
        if (child == 0) {
            while (*next < total) {
                uint64_t number = (*next)++;
                if (try_one(files, count, number)) continue;
                *next = number;
                break;
            }
            _exit(0);
        }
        int status;
        if (waitpid(child, &status, 0) < 0) return perror("waitpid"), failed + 1;
        if (status == 0) continue;
        failed++;
        printf("mutant %lu: %s %d\n", (unsigned long)(*next - 1),
               WIFSIGNALED(status) ? "signal" : "status",
               WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
        fflush(stdout);
    }
    return failed;
}

static struct file read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        perror(path);
        exit(2);
    }
    fseek(f, 0, SEEK_END);
    long n = ftell(f);
    rewind(f);
    struct file out = {malloc((size_t)n + 1), (size_t)n};
    if (fread(out.bytes, 1, out.n, f) != out.n) {
        perror(path);
        exit(2);
    }
    fclose(f);
    return out;
}

int main(int argc, char **argv)
{
    int at = 1;
    if (argc > 2 && strcmp(argv[1], "-n") == 0) at = 2;
    if (argc < at + 2) {
        fprintf(stderr, "usage: %s COUNT FILE... | -n NUMBER FILE...\n", argv[0]);
        return 2;
    }
    uint64_t number = strtoull(argv[at++], NULL, 10);
    size_t count = (size_t)(argc - at);
    struct file *files = calloc(count, sizeof *files);
    for (size_t i = 0; i < count; i++) files[i] = read_file(argv[at + (int)i]);
    if (at == 3)
        return try_one(files, count, number), 0; /* -n: one, and leave the rest to the end */

    uint64_t *next =
        mmap(NULL, sizeof *next, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (next == MAP_FAILED) return perror("mmap"), 2;
    unsigned failed = try_all(files, count, number, next);
    for (size_t i = 0; i < count; i++) free(files[i].bytes);
    free(files);
    printf("%lu passed, %u failed\n", (unsigned long)(number - failed), failed);
    return failed != 0;
}
