/* SPDX-License-Identifier: Apache-2.0 */
/* descriptor.c -- see descriptor.h. */
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include "monitor/descriptor.h"

union control {
    struct cmsghdr head;
    char room[CMSG_SPACE(sizeof(int))];
};

ssize_t descriptor_send(int socket, const void *bytes, size_t n, int fd, int flags)
{
    union control control = {0};
    struct iovec part = {(void *)(uintptr_t)bytes, n};
    struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof control;
        control.head.cmsg_level = SOL_SOCKET;
        control.head.cmsg_type = SCM_RIGHTS;
        control.head.cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    }
    return sendmsg(socket, &m, flags);
}

ssize_t descriptor_receive(int socket, void *bytes, size_t n, int *fd, int flags)
{
    union control control = {0};
    struct iovec part = {bytes, n};
    struct msghdr m = {.msg_iov = &part,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = CMSG_LEN(sizeof *fd)}; /* for one */
    *fd = -1;
    ssize_t got = recvmsg(socket, &m, flags | MSG_CMSG_CLOEXEC);
    const struct cmsghdr *head = got >= 0 ? CMSG_FIRSTHDR(&m) : NULL; /* of an empty one, too */
    if (head && head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS &&
        head->cmsg_len == CMSG_LEN(sizeof *fd))
        memcpy(fd, CMSG_DATA(head), sizeof *fd);
    return got;
}
