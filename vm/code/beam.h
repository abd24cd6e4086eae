/* SPDX-License-Identifier: Apache-2.0 */
/* beam.h -- the .beam file as the loader sees it: chunks, tables, and generic instructions
 * one at a time.
 *
 * beam_open() reads and checks every table; beam_next() decodes one instruction and checks its
 * operands against beam_ops.def and the tables (an atom, literal, label, import or type index
 * that does not exist is an error, not a surprise for whoever emits code).
 */
#ifndef VM_BEAM_H
#define VM_BEAM_H

#include "code/code.h"

enum beam_op {
#define BEAM_OP(number, name, arity, since, status, operands, meaning) BEAM_##name = number,
#include "code/beam_ops.def"
#undef BEAM_OP
    BEAM_OPS
};

enum operand_kind {
    OPERAND_NONE,
    OPERAND_CONSTANT, /* value: small integer, atom, [], or a literal */
    OPERAND_X,        /* n: register */
    OPERAND_Y,
    OPERAND_F,        /* floating point register */
    OPERAND_LABEL,    /* n: label, 0 means "no label" (fail: raise) */
    OPERAND_UNSIGNED, /* n */
    OPERAND_LIST,     /* n elements at list */
    OPERAND_ALLOC     /* n: heap words that an allocation list asks for, all included */
};
struct operand {
    uint8_t kind;
    uint8_t from_literal; /* a constant that is a literal of the module */
    uint16_t
        types; /* what the compiler knows of a typed register: enum operand_types; 0: nothing known */
    uint64_t n;
    term value;
    struct operand *list;
};
/* Bits of operand.types: the register holds one of these. */
enum operand_types {
    TYPE_ATOM = 1,
    TYPE_BITSTRING = 2,
    TYPE_CONS = 4,
    TYPE_FLOAT = 8,
    TYPE_FUN = 16,
    TYPE_INTEGER = 32,
    TYPE_MAP = 64,
    TYPE_NIL = 128,
    TYPE_PID = 256,
    TYPE_PORT = 512,
    TYPE_REF = 1024,
    TYPE_TUPLE = 2048,
    TYPE_OTHER = 4096
};

#define BEAM_MAX_ARITY 8
struct generic_op {
    uint16_t op; /* enum beam_op */
    uint16_t arity;
    uint32_t at; /* offset in the code chunk, for error texts */
    struct operand a[BEAM_MAX_ARITY];
};

struct beam_lambda {
    term function;
    uint32_t arity, label, index, free_count, old_uniq;
    struct fun_entry *entry; /* filled by code_prepare */
};
struct beam_export {
    term function;
    uint32_t arity, label;
};

/* A file being read.  The tables live until beam_close(). */
struct beam {
    term module;
    uint32_t atoms_count, imports_count, exports_count, lambdas_count, literals_count, labels_count,
        functions_count, locations_count, types_count, records_count;
    term *atoms;
    struct export **imports;
    struct beam_export *exports;
    struct beam_lambda *lambdas;
    term *literals;      /* in literal memory of the area being made */
    term *records;       /* the same: definitions of native records, see code_area */
    uint32_t *locations; /* file index << 24 | line, by index of `line` instructions */
    uint16_t *types;
    const uint8_t *strings;
    size_t strings_bytes;
    /* private to beam_*.c */
    struct beam_private *private;
};

/* Decodes the next instruction; op->a[].list points into memory that the call after next reuses, so an
 * instruction stays valid while BEAM_WINDOW later ones are read.  false at the end of the code (with
 * *failed false) or on bad code (*failed true, `why` set). */
#define BEAM_WINDOW 4
bool beam_next(struct beam *b, struct generic_op *op, bool *failed, struct load_error *why);

/* code/emit.c: turns the instructions of `b` into the code, functions, lines and on_load of `area`, and
 * sets the code of its exports and fun entries (in area->exports[].code and lambda_code[i]). */
bool emit_code(struct beam *b, struct code_area *area, const code_word **lambda_code,
               struct load_error *why);

#endif
