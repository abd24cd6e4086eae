/* SPDX-License-Identifier: Apache-2.0 */
/* compile.c -- see compile.h. */
#include <errno.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/compile.h"
#include "cli/files.h"

/* One flat folder receives all modules, so no two sources may be called the same. */
static int check_names(const struct names *sources, struct error *e)
{
    for (size_t i = 0; i < sources->n; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(path_name(sources->at[i]), path_name(sources->at[j])) == 0)
                return fail(e, 0, "%s and %s make the same module", sources->at[j], sources->at[i]);
    return 0;
}

static int run(const char *program, const char *const *argv, struct error *e)
{
    pid_t child = fork();
    if (child < 0) return fail(e, errno, "cannot start %s", program);
    if (child == 0) {
        dup2(2, 1); /* erlc reports errors on standard output */
        execv(program, (char *const *)argv);
        _exit(127);
    }
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) return fail(e, errno, "cannot wait for %s", program);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return 0;
    if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
        return fail(e, 0, "cannot start %s", program);
    return fail(e, 0, "the source does not compile; the compiler has said why");
}

const char *compile_sources(const struct otp *otp, const struct names *sources, bool debug_info,
                            struct error *e)
{
    const char *erlc = memory_print("%s/bin/erlc", otp->root), *folder;
    for (size_t i = 0; i < sources->n; i++) {
        if (access(sources->at[i], R_OK) == 0) continue;
        fail(e, errno, "cannot read %s", sources->at[i]);
        return NULL;
    }
    if (!path_is_file(erlc) && !(erlc = path_of_program("erlc"))) {
        fail(e, 0, "there is no erlc: install it (on Debian: apt-get install erlang-base)");
        return NULL;
    }
    if (check_names(sources, e) < 0 || !(folder = folder_temporary(e))) return NULL;

    struct names argv = {0};
    const char *const first[] = {"erlc", "-o", folder, "-pa", folder, "+deterministic"};
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) names_append(&argv, first[i]);
    if (debug_info) names_append(&argv, "+debug_info");
    for (size_t i = 0; i < sources->n; i++) {
        const char *source = sources->at[i];
        names_append(&argv, source[0] == '-' ? memory_print("./%s", source) : source);
    }
    names_append(&argv, NULL);
    return run(erlc, argv.at, e) < 0 ? NULL : folder;
}
