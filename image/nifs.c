/* SPDX-License-Identifier: Apache-2.0 */
/* nifs.c -- the native libraries of an image: none, unless `mote build --nif` links a table of its own. */
#include "nif/nif.h"

__attribute__((weak)) const struct nif_library image_nifs[1] = {{.name = NULL}};
