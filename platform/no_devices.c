/* SPDX-License-Identifier: Apache-2.0 */
/* no_devices.c -- the blocks of a machine that has none.
 *
 * No image's manifest can name such a device yet, so every name is unknown, and no handle
 * exists that could be used.
 */
#include "platform/port.h"

#define NO_SUCH_HANDLE() plat_panic(__FILE__, __LINE__, "a device handle that was never opened")

enum plat_result plat_block_open(const char *name, unsigned *handle, struct plat_block *info)
{
    (void)name, (void)handle, (void)info;
    return PLAT_INVALID;
}

enum plat_result plat_block_start(unsigned handle, enum plat_block_op op, uint64_t at, void *bytes,
                                  size_t n, uintptr_t tag)
{
    (void)handle, (void)op, (void)at, (void)bytes, (void)n, (void)tag;
    NO_SUCH_HANDLE();
}

enum plat_result plat_block_done(unsigned handle, uintptr_t *tag, enum plat_result *outcome)
{
    (void)handle, (void)tag, (void)outcome;
    NO_SUCH_HANDLE();
}
