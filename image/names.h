/* SPDX-License-Identifier: Apache-2.0 */
/* names.h -- whom the mote asks for the names of hosts: what the monitor says, as files that OTP's resolver reads. */
#ifndef IMAGE_NAMES_H
#define IMAGE_NAMES_H

struct plat_boot;
/* At start, behind the file system and the environment. */
void names_start(const struct plat_boot *boot);

#endif
