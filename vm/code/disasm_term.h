/* SPDX-License-Identifier: Apache-2.0 */
/* disasm_term.h -- atoms and external terms as text, for the disassembler alone: it runs where
 * there are no terms.  etf/print.h is for everybody else. */
#ifndef VM_DISASM_TERM_H
#define VM_DISASM_TERM_H

#include "code/beam_format.h"
#include "code/text_line.h"

/* The atom of this name, in quotes when it needs them. */
void text_atom(struct text_line *t, struct bytes name);
/* An external term with its version byte, cut where the line is full.  false: malformed. */
bool text_external(struct text_line *t, struct bytes term);

#endif
