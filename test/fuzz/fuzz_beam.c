/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_beam.c -- libFuzzer's entry for the .beam loader and the disassembler.
 *
 * The whole way to emitted code is taken with the real rewriting; nothing is run.  Atoms, exports
 * and fun entries that inputs mention stay for the life of the process.
 */
#include "../unit/vm_setup.h"

#include "bif/bif.h"
#include "code/disasm.h"
#include "code/engine.h"
#include "code/load.h"
#include "term/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void start(void)
{
    setup_vm();
    node_start();
    engine_start();
    natives_add(&bif_table);
    code_start();
}

static void drop_line(void *context, const char *text) { *(size_t *)context += text[0]; }

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static bool started;
    struct load_error why = {""};
    size_t sum = 0, room = beam_disassemble_room(bytes, n);
    if (!started) start();
    started = true;
    if (atom_count() > ATOM_TABLE_LIMIT / 8 * 7)
        return -1; /* or every input fails for want of atoms */

    struct prepared *p = code_prepare(bytes, n, &why);
    if (!p && !why.text[0]) abort(); /* a refusal has a reason */
    if (p) prepared_free(p);

    void *memory = room < (16u << 20) ? malloc(room + 1) : NULL;
    beam_disassemble(bytes, n, memory, memory ? room : 0, drop_line, &sum);
    free(memory);
    return 0;
}
