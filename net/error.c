/* SPDX-License-Identifier: Apache-2.0 */
/* error.c -- see error.h. */
#include "net/error.h"
#include "term/atom.h"
#include <lwip/err.h>

const char *net_error_text(int error)
{
    switch (error) {
#define NET_ERROR(name, number, atom)                                                              \
    case number:                                                                                   \
        return #atom;
#include "net/error.def"
#undef NET_ERROR
    default: return "unknown";
    }
}

term net_error_atom(int error)
{
    const char *text = net_error_text(error);
    return atom_make(text, strlen(text));
}

int net_error_of(int lwip_result)
{
    switch (lwip_result) {
    case ERR_OK: return NET_OK;
    case ERR_MEM: return NET_ENOBUFS;
    case ERR_BUF: return NET_ENOBUFS;
    case ERR_TIMEOUT: return NET_ETIMEDOUT;
    case ERR_RTE: return NET_ENETUNREACH;
    case ERR_INPROGRESS: return NET_EINPROGRESS;
    case ERR_VAL: return NET_EINVAL;
    case ERR_WOULDBLOCK: return NET_EAGAIN;
    case ERR_USE: return NET_EADDRINUSE;
    case ERR_ALREADY: return NET_EALREADY;
    case ERR_ISCONN: return NET_EISCONN;
    case ERR_CONN: return NET_ENOTCONN;
    case ERR_IF: return NET_ENETDOWN;
    case ERR_ABRT: return NET_ETIMEDOUT;
    case ERR_RST: return NET_ECONNRESET;
    case ERR_CLSD: return NET_EPIPE;
    default: return NET_EINVAL;
    }
}
