/* SPDX-License-Identifier: Apache-2.0 */
/* error.h -- errors of sockets, by their numbers on Linux, which programs may see. */
#ifndef NET_ERROR_H
#define NET_ERROR_H

#include "term/term.h"

enum net_error {
#define NET_ERROR(name, number, atom) NET_##name = number,
#include "net/error.def"
#undef NET_ERROR
    NET_OK = 0
};

/* econnrefused, ..: also the text that stock gives, "unknown" for a number that is none. */
const char *net_error_text(int error);
term net_error_atom(int error);
/* Of lwIP's results (err_t). */
int net_error_of(int lwip_result);

#endif
