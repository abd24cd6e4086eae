/* SPDX-License-Identifier: Apache-2.0 */
/* registry.h -- registered names of processes and ports. */
#ifndef VM_REGISTRY_H
#define VM_REGISTRY_H

#include "process/process.h"

/* The pid or port, NO_VALUE when the name is not in use. */
term registry_find(term name);
enum registry_result {
    REGISTRY_OK,
    REGISTRY_NAME_IN_USE, /* the name, or what is to be named has one */
    REGISTRY_NOBODY,      /* dead */
    REGISTRY_NO_MEMORY
};
/* `id`: a local pid or port. */
enum registry_result registry_add(term name, term id);
/* false: no such name. */
bool registry_remove(term name);
void registry_each(void (*each)(void *context, term name), void *context);

#endif
