/* SPDX-License-Identifier: Apache-2.0 */
/* host_name.c -- as much of the port "udp_inet" as inet:gethostname/0 needs.
 *
 * There is no network yet: a socket can be opened, bound and asked for the name of the
 * host; everything else is {error, enotsup}.
 */
#include "heap/arena.h"
#include "port/port.h"

#define MAGIC 0x03f1a300u

enum { REQ_OPEN = 1, REQ_BIND = 6, REQ_SETOPTS = 7, REQ_GETHOSTNAME = 12 };
enum { REPLY_ERROR = 0, REPLY_OK = 1 };

static bool answer(struct port_answer *out, uint8_t code, const char *bytes, size_t n)
{
    out->bytes = arena_malloc(n + 1);
    if (!out->bytes) return false;
    out->bytes[0] = code;
    memcpy(out->bytes + 1, bytes, n);
    out->size = n + 1;
    return true;
}

static bool control(struct port *p, unsigned op, const uint8_t *bytes, size_t n,
                    struct port_answer *out)
{
    static const char name[] = "mote", unsupported[] = "enotsup";
    (void)p, (void)bytes, (void)n;
    switch (op - MAGIC) {
    case REQ_OPEN:
    case REQ_SETOPTS: return answer(out, REPLY_OK, "", 0);
    case REQ_BIND: return answer(out, REPLY_OK, "\0\1", 2); /* the port that it got */
    case REQ_GETHOSTNAME: return answer(out, REPLY_OK, name, sizeof name - 1);
    default: return answer(out, REPLY_ERROR, unsupported, sizeof unsupported - 1);
    }
}

const struct port_driver host_name_driver = {.name = "udp_inet", .control = control};
