/* SPDX-License-Identifier: Apache-2.0 */
/* release.c -- reads which release of OTP the image holds. */
#include "base/archive.h"
#include "sched/start.h"
#include "term/release.h"

#define FILE_PATH "/otp/erts/release" /* "29 17.1.1\n" */

static bool is_part(char c) { return c > ' ' && c < 127; }

/* The next word of [*at, end), when it fits. */
static bool word(const char **at, const char *end, char *out, size_t room)
{
    size_t n = 0;
    while (*at < end && !is_part(**at)) ++*at;
    while (*at < end && is_part(**at) && n + 1 < room) out[n++] = *(*at)++;
    out[n] = 0;
    return n > 0 && (*at == end || !is_part(**at));
}

static unsigned number(const char *text)
{
    unsigned n = 0;
    for (; *text >= '0' && *text <= '9' && n < 1000; text++) n = n * 10 + (unsigned)(*text - '0');
    return *text ? 0 : n;
}

static void say(const char *text) { plat_console_write_error(text, strlen(text)); }

void release_start(const struct plat_boot *boot)
{
    struct archive files;
    if (archive_check(boot->image, boot->image_bytes, &files)) return; /* preload() says what */
    const struct archive_entry *file = archive_find(&files, FILE_PATH, sizeof FILE_PATH - 1);
    if (!file) return;
    const char *at = (const char *)archive_content(&files, file), *end = at + file->bytes;
    char release[sizeof otp_release_text] = "", erts[sizeof erts_version] = "";
    bool good = word(&at, end, release, sizeof release) && word(&at, end, erts, sizeof erts);
    unsigned n = good ? number(release) : 0;
    if (n < RELEASE_FIRST || n > RELEASE_LAST) {
        say("Cannot start: " FILE_PATH " names no release of OTP that this machine knows\n");
        plat_exit(1);
    }
    otp_release = n;
    memcpy(otp_release_text, release, sizeof release);
    memcpy(erts_version, erts, sizeof erts);
}
