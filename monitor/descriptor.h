/* SPDX-License-Identifier: Apache-2.0 */
/* descriptor.h -- messages between processes that take a descriptor along: SCM_RIGHTS, unix(7). */
#ifndef MONITOR_DESCRIPTOR_H
#define MONITOR_DESCRIPTOR_H

#include <stddef.h>
#include <sys/types.h>

/* As send(); and with it `fd`, which stays ours, unless it is -1. */
ssize_t descriptor_send(int socket, const void *bytes, size_t n, int fd, int flags);

/* As recv(); *fd becomes the descriptor that came with it, the caller's, or -1.  It is closed on exec.  Of several only the first
 * comes through. */
ssize_t descriptor_receive(int socket, void *bytes, size_t n, int *fd, int flags);

#endif
