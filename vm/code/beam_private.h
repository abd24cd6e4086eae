/* SPDX-License-Identifier: Apache-2.0 */
/* beam_private.h -- what beam_file.c, beam_literals.c, beam_reader.c and beam_check.c share.
 *
 * The life of a struct beam: beam_open() reads every table; beam_settle() moves the literals to low
 * memory; beam_check_begin() makes beam_next() show every instruction to a checker while
 * emit_code() reads them; beam_check_end() says whether all of it is code that the engine can
 * survive; beam_close() frees the tables, not the literals.
 */
#ifndef VM_BEAM_PRIVATE_H
#define VM_BEAM_PRIVATE_H

#include "code/beam.h"
#include "code/beam_format.h"

enum beam_chunk {
    CHUNK_ATOMS,
    CHUNK_OLD_ATOMS,
    CHUNK_CODE,
    CHUNK_STRINGS,
    CHUNK_IMPORTS,
    CHUNK_EXPORTS,
    CHUNK_LAMBDAS,
    CHUNK_LITERALS,
    CHUNK_LINES,
    CHUNK_TYPES,
    CHUNK_ATTRIBUTES,
    CHUNK_COMPILE_INFO,
    CHUNK_META,
    CHUNK_RECORDS,
    BEAM_CHUNKS
};

struct operand_list {
    struct operand *elements;
    uint32_t room;
};

struct beam_private {
    struct bytes chunk[BEAM_CHUNKS];
    struct bytes code;    /* the instructions */
    size_t at;            /* where the reader is in them */
    bool ended;           /* int_code_end was read */
    bool locations_known; /* there is a Line chunk that we understand */
    struct load_error *why;

    /* Literals before beam_settle(). */
    struct heap scratch;
    bool scratch_used;
    uint8_t *unpacked;      /* LitT, while it is read */
    void *out_of_memory[5]; /* where beam_guarded() goes on when the scratch heap has no room */

    /* Big integers that stand in the code, in order.  They are few, so code is emitted as if there were none;
     * when one is met after beam_settle(), `big_met` is set and reading fails: beam_collect_bigs(). */
    term *bigs;
    uint32_t bigs_count, bigs_room, bigs_next;
    bool settled, big_met;

    struct checker *checker; /* beam_next() shows it each instruction; NULL: nobody looks */

    term *files;
    uint32_t files_count;

    struct operand_list lists[BEAM_WINDOW + 1];
    uint32_t turn; /* the list to use next */
};

/* Reads and checks all tables; false with *why.  Call beam_close() in any case. */
bool beam_open(struct beam *b, const uint8_t *bytes, size_t n, struct load_error *why);
void beam_close(struct beam *b);
/* See beam_check.c for what is refused.  Between begin and end all code is to be read. */
bool beam_check_begin(struct beam *b, struct load_error *why);
bool beam_check_op(struct checker *c, const struct generic_op *op, struct load_error *why);
bool beam_check_end(struct beam *b, struct load_error *why);
void beam_check_free(struct beam *b);
/* All of that at once, by reading the code for nothing else. */
bool beam_check(struct beam *b, struct load_error *why);
/* The sum that module_info(md5) gives. */
void beam_md5(const struct beam *b, uint8_t md5[16]);

/* beam_records.c: reads Recs into b->records, on the scratch heap. */
bool beam_read_records(struct beam *b);

/* beam_literals.c: reads LitT into b->literals, on the scratch heap. */
bool beam_read_literals(struct beam *b);
/* Moves literals, big integers and file names to `area` and starts the reader again. */
bool beam_settle(struct beam *b, struct code_area *area, struct load_error *why);
/* Reads all code for its big integers; beam_settle() is to be called again after this. */
bool beam_collect_bigs(struct beam *b, struct load_error *why);
/* The heap that literals are made on until then; NULL: no memory. */
struct heap *beam_scratch(struct beam *b, size_t words);

/* Runs step(b); false with "out of memory" when the scratch heap ends it. */
bool beam_guarded(struct beam *b, bool (*step)(struct beam *b));

/* beam_reader.c */
void beam_rewind(struct beam *b);
/* The next definition of the Recs chunk, which stands in p->code meanwhile: op->a[] is its name, true or false,
 * and a list of fields and their defaults (or the number 0). */
bool beam_next_record(struct beam *b, struct generic_op *op);
/* An integer that stands in the code and is too large for a small. */
term beam_big(struct beam *b, struct bytes number);

#endif
