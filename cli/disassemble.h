/* SPDX-License-Identifier: Apache-2.0 */
/* disassemble.h -- the one door through which `mote inspect --disasm` reaches the loader's
 * disassembler, so that the command line includes no header of the runtime.
 *
 * Weak: a build without it links, and the command says that it is not there.
 */
#ifndef CLI_DISASSEMBLE_H
#define CLI_DISASSEMBLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Prints the code in the .beam file [beam, beam + n).  0, or -1 when it is malformed. */
__attribute__((weak)) int disasm_module(const uint8_t *beam, size_t n, FILE *to);

#endif
