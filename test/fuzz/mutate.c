/* SPDX-License-Identifier: Apache-2.0 */
/* mutate.c -- a main for the fuzz targets: feeds them a fixed number of damaged files.
 *
 *   mutate_NAME COUNT FILE...
 *
 * One third of the mutants is cut short, one third has bits flipped or bytes set, one third has
 * numbers in it made huge, or more behind its end.  After these COUNT the shortest file and a few more are cut
 * at every length (CUTS).  The same COUNT and files make the same mutants.
 * They are tried in child processes, each for at most SECONDS of the processor, or WAIT of the clock: one that crashes or hangs is said by its
 * number and counts as failed, and the others go on.  `mutate_NAME -n NUMBER FILE...` tries just that
 * one, in this process, for a debugger.  Ends with "N passed, N failed".
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS  20
#define WAIT     200                 /* a busy host may take long for a file */
#define SPARE    64                  /* bytes that a mutant may be longer */
#define CUTS     (UINT64_C(1) << 32) /* mutants from this number on: cut at every length */
#define CUT_MOST 20000               /* bytes of files that are cut so, all in all; one at least */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

struct file {
    uint8_t *bytes;
    size_t n;
    int number; /* on the command line */
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

/* How many files are cut at every length, the shortest first (sort_files). */
static uint64_t count_cuts(const struct file *files, size_t count)
{
    uint64_t cuts = files[0].n;
    for (size_t i = 1; i < count && cuts + files[i].n <= CUT_MOST; i++) cuts += files[i].n;
    return cuts;
}

static uint8_t *cut(const struct file *files, uint64_t at, size_t *n)
{
    while (at >= files->n) at -= files->n, files++;
    *n = (size_t)at;
    uint8_t *exact = malloc(*n ? *n : 1);
    memcpy(exact, files->bytes, *n);
    return exact;
}

/* The mutant of this number; its memory ends where its bytes do. */
static uint8_t *mutant(const struct file *files, size_t count, uint64_t number, size_t *n)
{
    if (number >= CUTS) return cut(files, number - CUTS, n);
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
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = SECONDS}, NULL);
    alarm(WAIT);
    bool looked = LLVMFuzzerTestOneInput(bytes, n) == 0;
    alarm(0);
    setitimer(ITIMER_PROF, &(struct itimerval){.it_value.tv_sec = 0}, NULL);
    free(bytes);
    return looked;
}

/* Tries from *next on; when the target has seen enough, a fresh process goes on.  Returns how many failed. */
static unsigned try_all(const struct file *files, size_t count, uint64_t first, uint64_t total,
                        uint64_t *next)
{
    unsigned failed = 0;
    *next = first;
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
    struct file out = {malloc((size_t)n + 1), (size_t)n, 0};
    if (fread(out.bytes, 1, out.n, f) != out.n) {
        perror(path);
        exit(2);
    }
    fclose(f);
    return out;
}

static int by_length(const void *a, const void *b)
{
    const struct file *f = a, *g = b;
    return f->n != g->n ? (f->n > g->n) - (f->n < g->n) : f->number - g->number;
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
    for (size_t i = 0; i < count; i++) {
        files[i] = read_file(argv[at + (int)i]);
        files[i].number = (int)i;
    }
    qsort(files, count, sizeof *files, by_length);
    if (at == 3)
        return try_one(files, count, number), 0; /* -n: one, and leave the rest to the end */

    uint64_t *next =
        mmap(NULL, sizeof *next, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (next == MAP_FAILED) return perror("mmap"), 2;
    uint64_t cuts = count_cuts(files, count);
    unsigned failed =
        try_all(files, count, 0, number, next) + try_all(files, count, CUTS, CUTS + cuts, next);
    number += cuts;
    for (size_t i = 0; i < count; i++) free(files[i].bytes);
    free(files);
    printf("%lu passed, %u failed\n", (unsigned long)(number - failed), failed);
    return failed != 0;
}
