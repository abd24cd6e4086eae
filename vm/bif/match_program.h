/* SPDX-License-Identifier: Apache-2.0 */
/* match_program.h -- the instructions of a compiled match specification: match_compile.c makes
 * them, match_run.c runs them; others use match_spec.h.
 *
 * An instruction is one word (operation, count or index, jump or slot), and for some a term behind it.
 */
#ifndef VM_MATCH_PROGRAM_H
#define VM_MATCH_PROGRAM_H

#include "bif/match_spec.h"

enum match_op {
    /* Heads.  `t` is the term being looked at, `at` its parts. */
    HEAD_TUPLE,          /* t is a tuple of n: at its elements */
    HEAD_ARGUMENTS,      /* there are n arguments: at them */
    HEAD_LIST,           /* t is a cell: at its two parts */
    HEAD_MAP,            /* t is a map of at least n keys: look there */
    HEAD_KEY,            /* +term: the map has this key: at its value */
    HEAD_EQUAL,          /* +term: part n is this immediate */
    HEAD_SAME,           /* +term: part n =:= this */
    HEAD_BIND,           /* variable b is part n */
    HEAD_BOUND,          /* part n =:= variable b */
    HEAD_PUSH,           /* part n is for later */
    HEAD_POP,            /* t is what was pushed last */
    HEAD_BIND_ARGUMENTS, /* variable b is the list of arguments */
    /* Guards and bodies, on the stack. */
    PUSH,          /* +term */
    PUSH_COPY,     /* +term, to the heap */
    PUSH_VARIABLE, /* b */
    PUSH_VARIABLE_COPY,
    PUSH_OBJECT,
    PUSH_OBJECT_COPY,
    PUSH_SELF,
    MAKE_LIST,  /* n elements and the tail */
    MAKE_TUPLE, /* n elements */
    MAKE_MAP,   /* n keys and values */
    CALL,       /* +native, n arguments */
    COPY,       /* the top, to the heap */
    COMPARE,    /* b: enum comparison */
    ADD,
    SUBTRACT,
    ALL,      /* 'and' of n */
    ANY,      /* 'or' of n */
    AND_ALSO, /* false: go to b; true: pop and on */
    OR_ELSE,
    JUMP,         /* to b */
    IS_TRUE,      /* pop; anything else fails */
    DROP,         /* pop */
    BODY,         /* from here on a failed function has the value 'EXIT' */
    RESULT,       /* pop: what the match says */
    SET_FLAG,     /* b: enum match_flags; pushes true */
    PUSH_CONTROL, /* the trace control word */
    SET_CONTROL,  /* pops its new value, pushes the old one; when b only looks */
    DISPLAY,      /* pops and prints, pushes true */
    /* Of n arguments, see match_trace.h. */
    IS_SEQ_TRACE,
    GET_SEQ_TOKEN,
    SET_SEQ_TOKEN,
    ENABLE_TRACE,
    DISABLE_TRACE,
    CHANGE_TRACE,
    CALLER,
    CALLER_LINE,
    PROCESS_DUMP,
    SILENT,
    DONE
};
enum comparison {
    IS_EQUAL,
    IS_NOT_EQUAL,
    IS_SAME,
    IS_NOT_SAME,
    IS_LESS,
    IS_GREATER,
    IS_AT_MOST,
    IS_AT_LEAST
};

union match_word {
    struct {
        uint32_t op : 8, n : 24;
        uint32_t b;
    };
    term term;
    const struct native *native;
};

struct match_clause {
    uint32_t start; /* of its code */
    term head, guards, body;
};

struct match_program {
    struct resource resource;
    struct fragment *terms; /* a copy of the specification: what terms in the code point into */
    term source;            /* ... itself */
    union match_word *code;
    uint32_t used, room;
    uint32_t variables, stack; /* most of them in use at a time */
    uint32_t clause_count;
    struct match_clause clauses[];
};

#endif
