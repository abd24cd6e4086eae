/* SPDX-License-Identifier: Apache-2.0 */
/* number_test.c -- the number BIFs against the answers of the stock machine.
 *
 *   number_test [CASES]      a file made by number_cases.escript; without one the script is run
 */
#define _GNU_SOURCE
#include "test/unit/check.h"
#include "test/unit/call.h"
#include "test/unit/vm_setup.h"
#include "bif/bif.h"
#include "big/big.h"
#include "binary/binary.h"
#include "term/compare.h"
#include <stdlib.h>

static const struct native rows[] = {
#define BIF(module, function, arity, flags, meaning)                                               \
    {#module, #function, arity, flags, bif_##module##_##function##_##arity},
#define BIF_AS(module, text, arity, c_name, flags, meaning)                                        \
    {#module, text, arity, flags, bif_##module##_##c_name##_##arity},
#include "bif/erlang_number.def"
#include "bif/math.def"
#undef BIF
#undef BIF_AS
};

static struct process process;
static struct heap *const heap = &process.heap;

static const struct native *find_row(const char *name)
{
    char text[80];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(text, sizeof text, "%s:%s/%d", rows[i].module, rows[i].function, rows[i].arity);
        if (strcmp(text, name) == 0) return &rows[i];
    }
    return NULL;
}

/* --- reading terms: see the script for the form ------------------------------------------------ */

static unsigned hex_value(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
}

static term read_integer(const char *hex)
{
    static uint8_t bytes[1 << 16];
    bool negative = *hex == '-';
    if (negative) hex++;
    size_t n = strlen(hex), count = (n + 1) / 2;
    for (size_t i = 0; i < n; i++) {
        unsigned v = hex_value(hex[n - 1 - i]);
        bytes[i / 2] = (uint8_t)(i % 2 ? bytes[i / 2] | v << 4 : v);
    }
    enum number_fault why;
    return integer_from_bytes(heap, bytes, count, INTEGER_LITTLE_ENDIAN, negative, &why);
}

static term read_bytes(const char *hex, bool as_list)
{
    static uint8_t bytes[1 << 16];
    size_t n = strlen(hex) / 2;
    for (size_t i = 0; i < n; i++)
        bytes[i] = (uint8_t)(hex_value(hex[2 * i]) << 4 | hex_value(hex[2 * i + 1]));
    return as_list ? make_string(heap, (char *)bytes, n) : binary_make(heap, bytes, n);
}

static term read_term(char **rest)
{
    term elements[64];
    char *word = strsep(rest, " ");
    size_t n = (size_t)atoi(word + 1);
    switch (*word) {
    case 'i': return read_integer(word + 1);
    case 'f': {
        uint64_t bits = strtoull(word + 1, NULL, 16);
        double d;
        memcpy(&d, &bits, sizeof d);
        return make_float(heap, d);
    }
    case 's': return read_bytes(word + 1, true);
    case 'b': return read_bytes(word + 1, false);
    case 'a': return atom_make(word + 1, strlen(word + 1));
    case 't':
    case 'l':
        for (size_t i = 0; i < n; i++) elements[i] = read_term(rest);
        return *word == 't' ? make_tuple(heap, n, elements) : make_list(heap, n, elements, NIL);
    default: fprintf(stderr, "bad case: %s\n", word); exit(2);
    }
}

/* As term_same_value, but the sign of 0.0 counts; floats may be `apart` representable values apart. */
static bool is_same(term a, term b, uint64_t apart)
{
    if (is_no_value(a) || !is_float(a) || !is_float(b)) return is_value(a) && term_same_value(a, b);
    return boxed_words(a)[1].bits - boxed_words(b)[1].bits + apart <= 2 * apart;
}

/* --- cases ----------------------------------------------------------------------------------------- */

static void run_case(char *line)
{
    char *copy = strdup(line), *rest = line;
    const struct native *row = find_row(strsep(&rest, " "));
    term arg[3];
    if (!row) {
        fprintf(stderr, "no such BIF: %s\n", copy);
        exit(2);
    }
    for (int i = 0; i < row->arity; i++) arg[i] = read_term(&rest);
    strsep(&rest, " "); /* = */
    term answer = call_native(&process, row->body, arg);
    bool good;
    if (*rest == '!')
        good = is_no_value(answer) && process.fault.class_ == FAULT_ERROR &&
               atom_is(process.fault.reason, rest + 1);
    else
        /* C libraries differ in the last bit of sin and the like; see bif/math.c. */
        good = is_same(answer, read_term(&rest), strcmp(row->module, "math") == 0);
    if (!good && checks_failed++ < 40) fprintf(stderr, "wrong: %.300s\n", copy);
    free(copy);
}

int main(int argc, char **argv)
{
    setup_vm();
    FILE *cases =
        argc > 1 ? fopen(argv[1], "r") : popen("escript test/unit/number_cases.escript 40 1", "r");
    if (!cases) return perror("cases"), 2;
    char *line = NULL;
    size_t room = 0, count = 0;
    heap_start(heap, 1 << 16);
    for (ssize_t n; (n = getline(&line, &room, cases)) > 0; count++) {
        line[n - 1] = '\0';
        run_case(line);
        if (count % 256 == 0) {
            heap_check(heap);
            heap_end(heap);
            heap_start(heap, 1 << 16);
        }
    }
    if (count < 1000)
        fprintf(stderr, "only %zu cases: is stock Erlang installed?\n", count), checks_failed++;
    printf("%zu cases\n", count);
    free(line);
    return check_result();
}
