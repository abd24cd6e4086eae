/* SPDX-License-Identifier: Apache-2.0 */
/* checked.h -- files whose every byte was looked at before, and which nobody has touched since.
 *
 * To add an image up takes longer than to start it.  What is remembered is the file's identity with the time at which its
 * content or its attributes last changed, which nobody can set back: an empty file in the cache, with a name made from these.
 * Such a file is removed after thirty days, when another one is made.
 */
#ifndef CLI_CHECKED_H
#define CLI_CHECKED_H

#include <stdbool.h>

bool checked_before(int fd);
/* A file that has changed in the last seconds is not remembered: it could change again within one tick of its clock. */
void checked_now(int fd);

#endif
