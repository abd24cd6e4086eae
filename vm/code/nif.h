/* SPDX-License-Identifier: Apache-2.0 */
/* nif.h -- what the engine and the loader know of native functions that an image brought along.
 *
 * vm/nif/ has all the rest and fills in the hooks.  A function of a module becomes a NIF when
 * erlang:load_nif/2 says so: the first word of its code is replaced by the instruction nif_body,
 * and the module's name in its func_info, which nobody reads any more, by the address of a
 * struct nif_function.
 */
#ifndef VM_CODE_NIF_H
#define VM_CODE_NIF_H

#include "code/code.h"

struct nif_instance; /* a library as one code area has loaded it: vm/nif/nif.h */

/* In low memory. */
struct nif_function {
    struct nif_instance *instance;
    void *body; /* ERL_NIF_TERM (*)(ErlNifEnv *, int, const ERL_NIF_TERM *) */
    term name;
    uint32_t arity;
    uint32_t flags; /* of ErlNifFunc */
};

struct nif_hooks {
    /* Calls it with the X registers.  NO_VALUE: a fault is set.  FAULT_AGAIN: nif_live registers are live;
     * else they hold the arguments of nif_name/nif_live. */
    term (*call)(struct process *p, const struct nif_function *f, term *x);
    /* The code area that had loaded it is gone. */
    void (*unload)(struct nif_instance *instance);
    /* The modules with native libraries, as a list. */
    term (*modules)(struct heap *h);
    /* Callbacks of resources that are due run now: between two slices. */
    void (*settle)(void);
    bool due;
    /* For crash reports: what native code is running, if any. */
    void (*describe)(void (*put)(void *context, const char *text), void *context);
};
extern struct nif_hooks nif_hooks;
extern uint32_t nif_live;
extern term nif_name;

/* Index in area->functions, -1 when the module has no such function. */
ptrdiff_t code_function_find(const struct code_area *area, term name, uint32_t arity);
/* From now on calls of this function are calls of f. */
void code_make_nif(struct code_area *area, uint32_t index, struct nif_function *f);
/* NULL when this function is no NIF. */
const struct nif_function *code_nif_of(const struct code_area *area, uint32_t index);

#endif
