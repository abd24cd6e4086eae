/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_version.c -- `mote version`. */
#include <stdio.h>

#include "cli/command.h"
#include "cli/otp.h"
#include "cli/version.h"
#include "monitor/monitor.h"

int cmd_version(const struct command *self, int argc, char **argv, struct error *e)
{
    (void)self;
    if (argc > 0) {
        fail(e, 0, "%s is one argument too many", argv[0]);
        return COMMAND_MISUSED;
    }
    printf("mote %s\n", MOTE_VERSION);
    struct otp otp;
    if (otp_find(NULL, &otp, e) == 0)
        printf("otp  %s at %s\n", otp.version, otp.root);
    else
        printf("otp  none: %s\n", e->text);
    const char *why = NULL;
    if (monitor_kvm_usable(&why))
        puts("kvm  usable: motes run as virtual machines");
    else
        printf("kvm  not usable (%s): motes run as locked Linux processes\n", why);
    return 0;
}
