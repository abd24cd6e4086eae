/* SPDX-License-Identifier: Apache-2.0 */
/* files.c -- see files.h. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cli/files.h"
#include "cli/memory.h"

/* --- files ------------------------------------------------------------------------- */

static int open_regular(const char *path, struct stat *status, struct error *e)
{
    /* O_NONBLOCK: opening a pipe must not wait for its writer; we refuse it just below. */
    closes_itself int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return fail(e, errno, "cannot open %s", path);
    if (fstat(fd, status) < 0) return fail(e, errno, "cannot look at %s", path);
    if (S_ISDIR(status->st_mode)) return fail(e, EISDIR, "cannot read %s", path);
    if (!S_ISREG(status->st_mode)) return fail(e, 0, "%s is not a regular file", path);
    return keep(&fd);
}

int file_read(const char *path, uint64_t most, struct bytes *out, struct stat *status,
              struct error *e)
{
    struct stat own;
    if (!status) status = &own;
    closes_itself int fd = open_regular(path, status, e);
    if (fd < 0) return -1;
    if ((uint64_t)status->st_size > most)
        return fail(e, 0, "%s is too large: %lld bytes, at most %llu are accepted", path,
                    (long long)status->st_size, (unsigned long long)most);
    size_t n = (size_t)status->st_size, done = 0;
    uint8_t *bytes = memory_take(n + 1);
    while (done < n) {
        ssize_t got = read(fd, bytes + done, n - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail(e, errno, "cannot read %s", path);
        if (got == 0) break; /* it has become shorter meanwhile */
        done += (size_t)got;
    }
    *out = (struct bytes){bytes, done};
    return 0;
}

int file_map(int fd, const char *path, struct bytes *out, struct error *e)
{
    struct stat status;
    if (fstat(fd, &status) < 0) return fail(e, errno, "cannot look at %s", path);
    if (S_ISDIR(status.st_mode)) return fail(e, EISDIR, "cannot read %s", path);
    if (!S_ISREG(status.st_mode)) return fail(e, 0, "%s is not a regular file", path);
    if (status.st_size == 0) return fail(e, 0, "%s is empty", path);
    void *at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (at == MAP_FAILED) return fail(e, errno, "cannot map %s", path);
    *out = (struct bytes){at, (size_t)status.st_size};
    return 0;
}

int file_write_all(int fd, const void *bytes, size_t n, const char *what, struct error *e)
{
    const uint8_t *at = bytes;
    while (n) {
        ssize_t put = write(fd, at, n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail(e, errno, "cannot write %s", what);
        at += put, n -= (size_t)put;
    }
    return 0;
}

int file_anonymous(const char *name, struct bytes content, struct error *e)
{
    closes_itself int fd = memfd_create(name, MFD_CLOEXEC);
    if (fd < 0) return fail(e, errno, "cannot make a file in memory");
    if (file_write_all(fd, content.at, content.n, "a file in memory", e) < 0) return -1;
    return keep(&fd);
}

/* A device or a pipe (/dev/full, /dev/stdout) cannot be replaced: it is written to. */
static int write_in_place(const char *path, const void *bytes, size_t n, struct error *e)
{
    closes_itself int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail(e, errno, "cannot write %s", path);
    return file_write_all(fd, bytes, n, path, e);
}

int file_replace(const char *path, const void *bytes, size_t n, unsigned mode, struct error *e)
{
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode)) {
        if (S_ISDIR(status.st_mode)) return fail(e, EISDIR, "cannot write %s", path);
        return write_in_place(path, bytes, n, e);
    }
    const char *fresh = memory_print("%s.%ld.new", path, (long)getpid());
    closes_itself int fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (fd < 0) return fail(e, errno, "cannot write %s", path);
    if (file_write_all(fd, bytes, n, path, e) < 0) {
        unlink(fresh);
        return -1;
    }
    /* close() is where some file systems first say that they are full. */
    if (close(keep(&fd)) < 0 || rename(fresh, path) < 0) {
        int code = errno;
        unlink(fresh);
        return fail(e, code, "cannot write %s", path);
    }
    return 0;
}

/* --- folders ------------------------------------------------------------------------ */

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int folder_list(const char *path, const char *const **names, size_t *count, struct error *e)
{
    DIR *d = opendir(path);
    if (!d) return fail(e, errno, "cannot list %s", path);
    const char **list = NULL;
    size_t n = 0, room = 0;
    for (struct dirent *entry; (entry = readdir(d));) {
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        list = memory_grow(list, n, &room, sizeof *list);
        list[n++] = memory_text(name, strlen(name));
    }
    closedir(d);
    if (n) qsort(list, n, sizeof *list, by_name);
    *names = list;
    *count = n;
    return 0;
}

int folder_make(const char *path, struct error *e)
{
    if (path_is_folder(path)) return 0;
    const char *parent = path_parent(path);
    if (strcmp(parent, path) != 0 && folder_make(parent, e) < 0) return -1;
    if (mkdir(path, 0777) < 0 && errno != EEXIST) return fail(e, errno, "cannot create %s", path);
    return 0;
}

static const char *temporary;

void folder_temporary_remove(void)
{
    if (!temporary) return;
    struct error ignored;
    const char *const *names;
    size_t n;
    if (folder_list(temporary, &names, &n, &ignored) == 0)
        for (size_t i = 0; i < n; i++) unlink(memory_print("%s/%s", temporary, names[i]));
    rmdir(temporary);
    temporary = NULL;
}

const char *folder_temporary(struct error *e)
{
    if (temporary) return temporary;
    const char *where = getenv("TMPDIR");
    char *path = memory_print("%s/mote-XXXXXX", where && *where ? where : "/tmp");
    if (!mkdtemp(path)) {
        fail(e, errno, "cannot create a temporary folder %s", path);
        return NULL;
    }
    temporary = path;
    atexit(folder_temporary_remove);
    return path;
}

/* --- paths ---------------------------------------------------------------------------- */

bool path_is_file(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISREG(status.st_mode);
}

bool path_is_folder(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

const char *path_normal(const char *base, const char *path)
{
    if (path[0] != '/' && !base) {
        char *here = getcwd(NULL, 0);
        base = here ? memory_text(here, strlen(here)) : "/";
        free(here);
    }
    const char *from = path[0] == '/' ? path : memory_print("%s/%s", base, path);
    char *to = memory_take(strlen(from) + 2);
    size_t n = 0;
    while (*from) {
        size_t length = strcspn(from, "/");
        if (length == 2 && from[0] == '.' && from[1] == '.') {
            while (n > 0 && to[--n] != '/') {}
        } else if (length > 0 && !(length == 1 && from[0] == '.')) {
            to[n++] = '/';
            memcpy(to + n, from, length);
            n += length;
        }
        from += length + (from[length] == '/');
    }
    if (n == 0) to[n++] = '/';
    to[n] = 0;
    return to;
}

const char *path_name(const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/') start--;
    return memory_text(path + start, end - start);
}

const char *path_parent(const char *path)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') end--;
    while (end > 0 && path[end - 1] != '/') end--;
    if (end == 0) return ".";
    while (end > 1 && path[end - 1] == '/') end--;
    return memory_text(path, end);
}

const char *path_real(const char *path)
{
    char *real = realpath(path, NULL);
    if (!real) return path;
    const char *kept = memory_text(real, strlen(real));
    free(real);
    return kept;
}

const char *path_of_program(const char *name)
{
    const char *path = getenv("PATH");
    while (path && *path) {
        size_t n = strcspn(path, ":");
        const char *file = memory_print("%.*s/%s", n ? (int)n : 1, n ? path : ".", name);
        if (path_is_file(file) && access(file, X_OK) == 0) return file;
        path += n + (path[n] == ':');
    }
    return NULL;
}

bool text_ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && memcmp(text + n - m, end, m) == 0;
}
