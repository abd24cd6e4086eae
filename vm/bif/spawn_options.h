/* SPDX-License-Identifier: Apache-2.0 */
/* spawn_options.h -- the options of spawn_opt and spawn_request. */
#ifndef VM_SPAWN_OPTIONS_H
#define VM_SPAWN_OPTIONS_H

#include "process/process.h"

struct spawn_request {
    struct spawn_options spawn;
    term tag;                    /* of the answer */
    bool on_success, on_failure; /* is there one? */
    bool is_request;
};

enum options_result { OPTIONS_OK, OPTIONS_BAD, OPTIONS_NO_LIST };
/* is_request: for spawn_request. */
enum options_result spawn_options_parse(term list, struct spawn_request *r, bool is_request);

#endif
