/* SPDX-License-Identifier: Apache-2.0 */
/* release.c -- see release.h; sched/release.c reads what the image says. */
#include "term/release.h"

unsigned otp_release = RELEASE_FIRST;
char otp_release_text[8] = "25", erts_version[32] = "13.1.5";
