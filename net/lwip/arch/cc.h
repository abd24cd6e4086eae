/* SPDX-License-Identifier: Apache-2.0 */
/* cc.h -- what lwIP asks of compiler and machine. */
#ifndef NET_ARCH_CC_H
#define NET_ARCH_CC_H

#include <limits.h>
#include <stddef.h>
#include <stdint.h>
#include "heap/arena.h"
#include "platform/platform.h"

#ifndef SSIZE_MAX
#define SSIZE_MAX LONG_MAX
#endif
typedef long ssize_t;

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_PLATFORM_DIAG(x)
#define LWIP_PLATFORM_ASSERT(x) plat_panic(__FILE__, __LINE__, x)
#define LWIP_RAND()             net_random()

extern uint32_t net_tcp_window;
uint32_t net_random(void);
/* The Internet checksum of these bytes, not inverted. */
uint16_t net_checksum(const void *bytes, int n);

#endif
