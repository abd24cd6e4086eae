/* SPDX-License-Identifier: Apache-2.0 */
/* disassemble.c -- the other side of disassemble.h: the loader's disassembler, writing to a file. */
#include "cli/disassemble.h"

#include "cli/memory.h"
#include "vm/code/disasm.h"

static void print_line(void *context, const char *text)
{
    fputs(text, context);
    fputc('\n', context);
}

int disasm_module(const uint8_t *beam, size_t n, FILE *to)
{
    size_t room = beam_disassemble_room(beam, n);
    return beam_disassemble(beam, n, memory_take(room + 1), room, print_line, to) ? 0 : -1;
}
