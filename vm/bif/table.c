/* SPDX-License-Identifier: Apache-2.0 */
/* table.c -- all built-in functions in one array, made from the .def files. */
#include "bif/bif.h"

static const struct native rows[] = {
#define BIF NATIVE_ROW
#define BIF_AS(module, text, arity, c_name, flags, meaning)                                        \
    {#module, text, arity, flags, bif_##module##_##c_name##_##arity},
#include "bif/all.def"
#undef BIF
#undef BIF_AS
};

const struct native_table bif_table = {rows, sizeof rows / sizeof *rows};
