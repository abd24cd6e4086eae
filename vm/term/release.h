/* SPDX-License-Identifier: Apache-2.0 */
/* release.h -- which release of OTP stands above this machine.
 *
 * The image says so; what is answered differently from release to release asks here.  Natives that only
 * some releases have say it in their row (code/native.h).
 */
#ifndef VM_RELEASE_H
#define VM_RELEASE_H

#define RELEASE_FIRST 25
#define RELEASE_LAST  29

/* 25 .. 29. */
extern unsigned otp_release;
/* The same as text, and the version of its emulator: "25", "13.1.5". */
extern char otp_release_text[8], erts_version[32];

#endif
