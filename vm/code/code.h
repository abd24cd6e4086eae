/* SPDX-License-Identifier: Apache-2.0 */
/* code.h -- loaded modules: where their code is, how functions are found.
 *
 * A module has at most two code areas, current and old.  Code is a stream of 32-bit words:
 * the address of an instruction's body in the engine, then its operands (engine_ops.def).
 * Everything that an operand points to (code, literals, exports, fun entries) is in low
 * memory (arena_low), so an address is one word.
 */
#ifndef VM_CODE_H
#define VM_CODE_H

#include "process/process.h"
#include "code/native.h"

static inline code_word low_word(const void *p) { return (code_word)(uintptr_t)p; }
static inline void *low_pointer(code_word w) { return (void *)(uintptr_t)w; }

/* --- functions by name ------------------------------------------------------------------ */

/* module:function/arity as others refer to it; made at the first mention, never freed.  In low memory. */
struct export
{
    const code_word *code; /* what a call runs: the function, or the stub below */
    term module, function;
    uint32_t arity;
    uint32_t flags;              /* enum export_flags */
    const struct native *native; /* NULL when it is no native function */
    native_function
        *light; /* what calls of the native run: its body, or what leads here when it is traced */
    struct breakpoint *global, *local; /* breakpoint.h; local: of the function in current code */
    code_word *trace_stub;
    code_word stub[4]; /* engine_export_stub(): calls the native, or error_handler when undefined */
    struct export *next; /* same hash */
};
enum export_flags { EXPORT_DEFINED = 1 /* current code exports it, or it is native */ };

/* Finds or makes; NULL: no memory. */
struct export *export_get(term module, term function, uint32_t arity);
/* NULL when nobody has mentioned it. */
struct export *export_find(term module, term function, uint32_t arity);
/* No export is made meanwhile. */
void export_each(void (*each)(struct export *e, void *context), void *context);
static inline bool export_is_defined(const struct export *e)
{
    return e && (e->flags & EXPORT_DEFINED);
}

/* The native for this name, NULL when there is none. */
const struct native *native_find(term module, term function, uint32_t arity);
/* Once for each table at start (image/natives.c lists them). */
void natives_add(const struct native_table *table);

/* What a fun made by a module's `make_fun` refers to; made at the first mention (loading, or decoding
 * a fun of a module that is not there), found again by the same key after a reload.  In low memory. */
struct fun_entry {
    const code_word *code; /* NULL while no loaded code defines it */
    term module;
    uint32_t old_index, old_uniq;
    uint32_t index, arity; /* arity of the fun, without free variables */
    uint32_t free_count;
    uint8_t uniq[16]; /* MD5 of the module's code */
    term name; /* of the function that is its body, like '-f/1-fun-0-'; NIL when not loaded */
    struct fun_entry *next;
};
struct fun_entry *fun_entry_get(term module, uint32_t old_uniq, uint32_t index,
                                const uint8_t uniq[16], uint32_t arity);

/* --- modules --------------------------------------------------------------------------------- */

struct function_info {
    uint32_t offset; /* of its func_info instruction, in words from code_area.code */
    uint32_t arity : 9;
    uint32_t declared_nif : 1; /* the compiler says that it may become one: nif_start */
    uint32_t number : 22; /* in the file: in what order they lie is another matter, code/parts.h */
    term name;
};
struct line_entry {
    uint32_t offset; /* the first word it covers; up to the next entry or the end of the function */
    uint32_t location; /* file index << 24 | line; 0: unknown */
};
struct code_area {
    term module;
    struct code_area *next; /* all areas: see code_area_of() */
    code_word *code;
    uint32_t words, padding; /* padding: how many of them are none, parts.h */
    uint32_t functions_count, lines_count, exports_count, funs_count, files_count, literals_count,
        records_count;
    struct function_info *functions; /* ascending */
    struct line_entry *lines;        /* ascending */
    term *files;                     /* file names: literals (strings); [0] is MODULE.erl */
    struct export_entry {
        struct export *export;
        const code_word *code;
    } * exports;
    struct fun_entry **funs;
    const code_word **fun_code; /* of each */
    /* Native records that the module defines, ascending by name: [Definition | tuple of defaults], literals.  See
     * term/record.h and heap/records.h. */
    term *records;
    term *literal_memory; /* low: all literals of the module */
    size_t literal_words;
    struct off_heap literal_off_heap;
    const code_word *on_load; /* NULL: none */
    struct nif_instance *nif; /* native functions that it has loaded: code/nif.h */
    uint8_t md5[16];
    uint8_t *attributes, *compile_info; /* external term format, as in the file */
    uint32_t attributes_bytes, compile_info_bytes;
    size_t bytes; /* all memory of this area */
    /* Low, once it is whole: what functions, lines, files, exports, funs, fun_code, attributes and compile_info point to.  NULL: each is a
     * block of its own. */
    void *tables;
    size_t tables_bytes;
};
struct module {
    term name;
    struct code_area *current, *old;
    struct code_area *pending; /* loaded, its on_load function has not returned yet */
    bool preloaded;            /* erlang:pre_loaded/0 names it */
    struct module *next;
};
struct module *module_find(term name);
void module_each(void (*each)(struct module *m, void *context), void *context);

/* One of `n` entries like code_area.records by the name of the record, or of the current code of a module;
 * NO_VALUE when there is none. */
term record_entry(const term *records, uint32_t n, term name);
term record_entry_of(term module, term name);
/* The definition that current code has, when it is equal to this one; else this one. */
term record_known(term definition);

/* The area that this address is in, NULL when in none. */
struct code_area *code_area_of(const code_word *pc);
/* The function and line of the instruction that the word at `pc` is part of; for a return address, pass
 * one less. */
struct code_place {
    term module, function;
    uint32_t arity;
    term file; /* NO_VALUE when the line is unknown */
    uint32_t line;
};
bool code_place_of(const code_word *pc, struct code_place *out);

/* --- loading ------------------------------------------------------------------------------------ */

/* Once, before anything is loaded. */
void code_start(void);

/* Why a module was refused: for the badfile error and for the log. */
struct load_error {
    char text[200];
};
void load_fail(struct load_error *e, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A module that is decoded and emitted, and not yet visible. */
struct prepared;
struct prepared *code_prepare(const uint8_t *beam, size_t bytes, struct load_error *why);
term prepared_module(const struct prepared *p);
bool prepared_has_on_load(const struct prepared *p);
void prepared_free(struct prepared *p);
/* Makes it the current code (without on_load handling); what was current becomes old.
 * false: there is old code already. */
bool code_commit(struct prepared *p);
/* Both, at start: for modules that are there before there is Erlang code to load others. */
bool code_load_preloaded(const char *module, const uint8_t *beam, size_t bytes,
                         struct load_error *why);

#endif
