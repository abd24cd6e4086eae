/* SPDX-License-Identifier: Apache-2.0 */
/* disasm.h -- code as text: generic, from a .beam file, and internal, from a loaded area.
 *
 * The generic half (disasm.c, with beam_format.c) stands alone: no terms, no arena, so that the
 * command line links it.
 */
#ifndef VM_DISASM_H
#define VM_DISASM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Gets one line, without its end; the text is good until it returns. */
typedef void disasm_line(void *context, const char *text);

/* Bytes of memory that beam_disassemble() wants for this file; 0 when its literals are not packed. */
size_t beam_disassemble_room(const uint8_t *beam, size_t n);
/* Prints every function with its instructions and what they mean.  memory: room bytes, or NULL (then
 * literals are shown by number only).  false: the file is malformed; the last line says where. */
bool beam_disassemble(const uint8_t *beam, size_t n, void *memory, size_t room, disasm_line *line,
                      void *context);

struct code_area;
/* Prints the internal code of a loaded module.  (disasm_engine.c) */
void engine_disassemble(const struct code_area *area, disasm_line *line, void *context);
/* The same of its function number `i`; returns the word behind it. */
uint32_t engine_disassemble_function(const struct code_area *area, uint32_t i, disasm_line *line,
                                     void *context);

#endif
