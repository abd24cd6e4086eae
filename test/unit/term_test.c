/* SPDX-License-Identifier: Apache-2.0 */
/* term_test.c -- terms as values against the answers of the stock machine: order, hashes, the
 * external format, the order of maps, and the BIFs about them.
 *
 *   term_test [CASES]      a file made by term_cases.escript; without one the script is run
 */
#define _GNU_SOURCE
#include "test/unit/check.h"
#include "test/unit/call.h"
#include "test/unit/vm_setup.h"
#include "bif/bif.h"
#include "bif/external.h"
#include "binary/binary.h"
#include "code/code.h"
#include "code/engine.h"
#include "etf/etf.h"
#include "etf/print.h"
#include "term/compare.h"
#include "term/hash.h"
#include "term/map.h"
#include "term/node.h"
#include <unistd.h>

/* What is not looked at here, when it is not linked. */
__attribute__((weak)) void plat_console_write(const void *bytes, size_t n)
{
    fwrite(bytes, 1, n, stdout);
}
__attribute__((weak)) void plat_console_write_error(const void *bytes, size_t n)
{
    fwrite(bytes, 1, n, stderr);
}
__attribute__((weak)) void engine_export_stub(struct export *e) { (void)e; }
__attribute__((weak)) const struct native *native_find(term module, term function, uint32_t arity)
{
    (void)module, (void)function, (void)arity;
    return NULL;
}

static const struct native rows[] = {
#define BIF(module, function, arity, flags, meaning)                                               \
    {#module, #function, arity, flags, bif_##module##_##function##_##arity},
#define BIF_AS(module, text, arity, c_name, flags, meaning)                                        \
    {#module, text, arity, flags, bif_##module##_##c_name##_##arity},
#include "bif/erlang_term.def"
#include "bif/lists.def"
#include "bif/maps.def"
#undef BIF
#undef BIF_AS
};

static struct process process;
static struct heap *const heap = &process.heap;
static int shown;

static const char *text_of(term t)
{
    static char text[4][300];
    static int turn;
    turn = (turn + 1) % 4;
    term_print_to(text[turn], sizeof text[turn], t, 60);
    return text[turn];
}

static void wrong(const char *what, term asked, term stock, term ours)
{
    checks_failed++;
    if (shown++ > 40) return;
    fprintf(stderr, "%s %s\n  stock %s\n  here  %s\n", what, text_of(asked), text_of(stock),
            text_of(ours));
}

static void expect(const char *what, term asked, term stock, term ours)
{
    if (is_value(ours) ? !term_same_value(stock, ours) : true) wrong(what, asked, stock, ours);
}

static uint64_t number(term t) { return is_small(t) ? (uint64_t)small_value(t) : 0; }

static void check_hashes(const term *e)
{
    expect("phash2", e[1], e[2], small(term_phash2(e[1])));
    expect("phash", e[1], e[3], small(term_phash(e[1])));
}

static void check_encoding(term t, term stock, const struct etf_options *o, int level)
{
    term ours;
    CHECK(etf_encode_versioned(heap, t, o, level, &ours) == ETF_OK);
    expect("encoded", t, stock, ours);
    size_t n, used = 0;
    const uint8_t *bytes = binary_bytes(stock, &n);
    term back = etf_decode_versioned(heap, bytes, n, 0, &used);
    expect("decoded", stock, t, back);
    CHECK(used == n);
}

static void check_format(const term *e)
{
    check_encoding(e[1], e[2], &(struct etf_options){.text_floats = true}, 0);
    check_encoding(e[1], e[3], &(struct etf_options){0}, 0);
    check_encoding(e[1], e[4], &(struct etf_options){.utf8_atoms = true}, 0);
    check_encoding(e[1], e[5], &(struct etf_options){.deterministic = true}, 0);
    check_encoding(e[1], e[6], &(struct etf_options){0}, -1);
}

static int sign(int r) { return r < 0 ? -1 : r > 0; }

static void check_order(const term *e)
{
    term a = e[1], b = e[2], both = make_tuple2(heap, a, b);
    int value = (int)(int64_t)number(e[3]), exact = (int)(int64_t)number(e[4]);
    expect("order", both, e[3], small(sign(term_compare(a, b))));
    expect("order", both, small(-value), small(sign(term_compare(b, a))));
    expect("exact order", both, e[4], small(sign(term_compare_exact(a, b))));
    expect("exact order", both, small(-exact), small(sign(term_compare_exact(b, a))));
    expect("==", both, atom_bool(value == 0), atom_bool(term_equal(a, b)));
    expect("=:=", both, atom_bool(exact == 0), atom_bool(term_same_value(a, b)));
    if (exact == 0) {
        CHECK(term_phash2(a) == term_phash2(b));
        CHECK(term_internal_hash(a, 7) == term_internal_hash(b, 7));
    }
}

static void check_walk(const term *e)
{
    term map = call_native(&process, bif_maps_from_keys_2, (const term[]){e[1], small(0)});
    expect("walk", e[1], e[2], call_native(&process, bif_maps_keys_1, &map));
}

static const struct native *find_row(term module, term function, size_t arity)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].arity == arity && atom_is(module, rows[i].module) &&
            atom_is(function, rows[i].function))
            return &rows[i];
    return NULL;
}

static void check_bif(const term *e)
{
    term arg[4];
    size_t n = 0;
    for (term list = e[3]; is_cons(list); list = tail(list)) arg[n++] = head(list);
    const struct native *row = find_row(e[1], e[2], n);
    if (!row) {
        wrong("no such function", make_tuple2(heap, e[1], e[2]), e[4], NIL);
        return;
    }
    term answer = call_native(&process, row->body, arg);
    term ours = is_value(answer) ? make_tuple2(heap, ATOM(ok), answer)
                                 : make_tuple2(heap, ATOM(error), process.fault.reason);
    if (!term_same_value(e[4], ours)) wrong(row->function, e[3], e[4], ours);
}

static void check_case(term t)
{
    const term *e = tuple_elements(t);
    static const struct {
        const char *name;
        void (*check)(const term *e);
    } kinds[] = {{"hash", check_hashes},
                 {"etf", check_format},
                 {"order", check_order},
                 {"walk", check_walk},
                 {"bif", check_bif}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (atom_is(e[0], kinds[i].name)) {
            kinds[i].check(e);
            return;
        }
    wrong("unknown case", e[0], NIL, NIL);
}

static size_t check_file(FILE *f)
{
    size_t count = 0;
    uint8_t length[4];
    while (fread(length, 1, 4, f) == 4) {
        size_t n = load_u32(length), used;
        uint8_t *bytes = malloc(n);
        if (fread(bytes, 1, n, f) != n) break;
        fresh_heap(heap, 1 << 16);
        term t = etf_decode_versioned(heap, bytes, n, 0, &used);
        CHECK(is_tuple(t) && used == n);
        if (is_tuple(t)) check_case(t);
        heap_end(heap);
        free(bytes);
        count++;
    }
    return count;
}

int main(int argc, char **argv)
{
    char path[] = P_tmpdir "/term_cases.XXXXXX", command[200];
    setup_vm();
    node_start();
    external_start(NULL);
    if (argc < 2) {
        int fd = mkstemp(path);
        close(fd);
        snprintf(command, sizeof command, "escript test/unit/term_cases.escript 60 %d %s",
                 (int)getpid(), path);
        if (system(command) != 0) return 2;
    }
    FILE *f = fopen(argc < 2 ? path : argv[1], "rb");
    if (!f) return perror("cases"), 2;
    size_t count = check_file(f);
    fclose(f);
    if (argc < 2) unlink(path);
    CHECK(count > 1000);
    fprintf(stderr, "%zu cases, %d wrong\n", count, checks_failed);
    return check_result();
}
