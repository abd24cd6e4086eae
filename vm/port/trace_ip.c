/* SPDX-License-Identifier: Apache-2.0 */
/* trace_ip.c -- the driver "trace_ip_drv" behind dbg:trace_port(ip, ...), which would send traces to who
 * connects.  There is no network here, and whoever opens it is told so.
 */
#include "port/port.h"

static const char *start(struct port *p)
{
    (void)p;
    return "eprotonosupport";
}

const struct port_driver trace_ip_driver = {.name = "trace_ip_drv", .start = start};
