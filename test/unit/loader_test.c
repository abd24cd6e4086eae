/* SPDX-License-Identifier: Apache-2.0 */
/* loader_test.c -- reads every .beam file of the Erlang installation, and some that are wrong.
 *
 *   loader_test [-v] [FOLDER...]     default: /usr/lib/erlang/lib; -v prints a count for each instruction
 */
#include <dirent.h>
#include <glob.h>
#include <sys/stat.h>

#include "check.h"
#include "vm_setup.h"

#include "bif/bif.h"
#include "big/big.h"
#include "code/beam_private.h"
#include "code/engine.h"
#include "code/load.h"
#include "etf/etf.h"
#include "term/node.h"

static uint64_t op_counts[BEAM_OPS];
static unsigned files_read, sums_checked;

static uint8_t *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    fseek(f, 0, SEEK_END);
    *n = (size_t)ftell(f);
    rewind(f);
    uint8_t *bytes = malloc(*n ? *n : 1);
    if (fread(bytes, 1, *n, f) != *n) *n = 0;
    fclose(f);
    return bytes;
}

/* --- whole installations ------------------------------------------------------------------- */

/* A module without a -vsn of its own has its sum there. */
static void check_sum(const struct beam *b)
{
    struct heap h = {0};
    size_t used;
    struct bytes attributes = b->private->chunk[CHUNK_ATTRIBUTES];
    if (!heap_start(&h, 1000) || !attributes.n) return;
    term list = etf_decode_versioned(&h, attributes.at, attributes.n, 0, &used);
    for (; is_value(list) && is_cons(list); list = tail(list)) {
        term pair = head(list);
        if (!is_tuple_of(pair, 2) || !atom_is(element(pair, 0), "vsn") ||
            !is_cons(element(pair, 1)))
            continue;
        term vsn = head(element(pair, 1));
        uint8_t sum[16], have[16] = {0};
        if (!is_integer(vsn) || integer_byte_length(vsn) < 13 || integer_byte_length(vsn) > 16)
            continue;
        beam_md5(b, sum);
        integer_to_bytes(vsn, have + 16 - integer_byte_length(vsn), INTEGER_BIG_ENDIAN);
        sums_checked += memcmp(sum, have, 16) == 0;
    }
    heap_end(&h);
}

static void count_ops(struct beam *b)
{
    struct load_error why;
    struct generic_op op;
    bool failed;
    beam_rewind(b);
    while (beam_next(b, &op, &failed, &why)) op_counts[op.op]++;
    CHECK(!failed);
    CHECK(b->private->at == b->private->code.n);
}

static void read_beam(const char *path)
{
    size_t n;
    uint8_t *bytes = read_file(path, &n);
    struct load_error why = {""};
    struct beam b;
    bool ok = beam_open(&b, bytes, n, &why) && beam_check(&b, &why);
    if (!ok) fprintf(stderr, "%s: %s\n", path, why.text);
    CHECK(ok);
    if (ok) {
        check_sum(&b);
        struct code_area area = {0};
        CHECK(beam_settle(&b, &area, &why));
        count_ops(&b);
        off_heap_drop_all(&area.literal_off_heap);
        if (area.literal_memory)
            arena_low_free(area.literal_memory, area.literal_words * sizeof(term));
        files_read++;
    }
    beam_close(&b);
    struct prepared *p = code_prepare(bytes, n, &why);
    if (!p) fprintf(stderr, "%s: %s\n", path, why.text);
    CHECK(p);
    if (p) prepared_free(p);
    free(bytes);
}

static void read_folder(const char *path)
{
    DIR *d = opendir(path);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));) {
        char name[4096];
        struct stat s;
        size_t length = strlen(e->d_name);
        if (e->d_name[0] == '.') continue;
        snprintf(name, sizeof name, "%s/%s", path, e->d_name);
        if (lstat(name, &s) < 0) continue;
        if (S_ISDIR(s.st_mode)) read_folder(name);
        if (S_ISREG(s.st_mode) && length > 5 && !strcmp(e->d_name + length - 5, ".beam"))
            read_beam(name);
    }
    closedir(d);
}

static void print_counts(void)
{
    for (uint32_t i = 1; i < BEAM_OPS; i++)
        if (op_counts[i])
            printf("%u\t%s\t%llu\n", i, beam_row(i)->name, (unsigned long long)op_counts[i]);
}

/* --- files made by hand ----------------------------------------------------------------------- */

struct file {
    uint8_t bytes[8192];
    size_t n;
};
static void put(struct file *f, const void *bytes, size_t n)
{
    memcpy(f->bytes + f->n, bytes, n);
    f->n += n;
}
static void put32(struct file *f, uint32_t v)
{
    store_be32(f->bytes + f->n, v);
    f->n += 4;
}
static void start_file(struct file *f)
{
    f->n = 0;
    put(f, "FOR1\0\0\0\0BEAM", 12);
}
static void chunk(struct file *f, const char *name, const void *bytes, size_t n)
{
    put(f, name, 4);
    put32(f, (uint32_t)n);
    put(f, bytes, n);
    while (f->n % 4) f->bytes[f->n++] = 0;
    store_be32(f->bytes + 4, (uint32_t)(f->n - 8));
}

/* -module(m). f() -> Body.  Atoms: 1 m, 2 f, 3 erlang, 4 x.  `code` stands after the entry label. */
static void make_file(struct file *f, bool new_atoms, const void *code, size_t n)
{
    static const uint8_t old[] = "\0\0\0\4\1m\1f\6erlang\1x";
    static const uint8_t new[] = "\377\377\377\374\x10m\x10"
                                 "f\x60"
                                 "erlang\x10x";
    struct file c = {.n = 0};
    start_file(f);
    chunk(f, "AtU8", new_atoms ? new : old, sizeof old - 1);
    put32(&c, 16), put32(&c, 0), put32(&c, 177), put32(&c, 3), put32(&c, 1);
    put(&c, "\x01\x10\x02\x12\x22\x00\x01\x20", 8); /* label 1, func_info m f 0, label 2 */
    put(&c, code, n);
    put(&c, "\x03", 1);
    chunk(f, "Code", c.bytes, c.n);
    chunk(f, "ImpT", "\0\0\0\1\0\0\0\3\0\0\0\4\0\0\0\1", 16); /* erlang:x/1 */
    chunk(f, "ExpT", "\0\0\0\1\0\0\0\2\0\0\0\0\0\0\0\2", 16); /* f/0 at 2 */
    chunk(f, "StrT", "abc", 3);
}

static bool loads(const struct file *f, struct load_error *why)
{
    struct prepared *p = code_prepare(f->bytes, f->n, why);
    if (p) prepared_free(p);
    return p != NULL;
}

/* The code is refused, and the text says `reason`. */
static void refuse(const void *code, size_t n, const char *reason)
{
    struct file f;
    struct load_error why = {""};
    make_file(&f, false, code, n);
    bool ok = loads(&f, &why);
    if (ok || !strstr(why.text, reason))
        fprintf(stderr, "wanted \"%s\", got \"%s\"\n", reason, why.text);
    CHECK(!ok && strstr(why.text, reason));
}
static bool accept(bool new_atoms, const void *code, size_t n)
{
    struct file f;
    struct load_error why = {""};
    make_file(&f, new_atoms, code, n);
    bool ok = loads(&f, &why);
    if (!ok) fprintf(stderr, "%s\n", why.text);
    return ok;
}
#define REFUSE(code, reason) refuse(code, sizeof code - 1, reason)
#define ACCEPT(code)         CHECK(accept(false, code, sizeof code - 1))

static void test_code(void)
{
    ACCEPT("\x40\x42\x03\x13"); /* move x (atom 4) to x0, return */
    CHECK(accept(true, "\x40\x42\x03\x13", 4));
    REFUSE("\x40\x52\x03\x13", "no such atom");
    REFUSE("\x40\x42\x05\x13", "expected a register");
    REFUSE("\x40\x47\x00\x03\x13", "no such literal");
    REFUSE("\x46\x12\x12\x03\x13", "put_tuple");
    REFUSE("\x1b\x12\x12\x03\x13", "m_plus");
    REFUSE("\xff\x13", "no instruction 255");
    REFUSE("\x3d\x05", "expected a label that is not 0");
    ACCEPT("\x3d\x25"); /* jump to itself */
    REFUSE("\x3d\x35", "no such label");
    REFUSE("\x01\x20", "it is there already");   /* label 2 again */
    REFUSE("\x04\x10\x25\x13", "is called");     /* f/0 with one argument */
    ACCEPT("\x06\x00\x25");                      /* call_only f/0 */
    REFUSE("\x07\x00\x00\x13", "not the arity"); /* erlang:x/1 with none */
    REFUSE("\x07\x10\x10\x13", "no such import");
    REFUSE("\x40\x04\x03\x13", "Y registers"); /* y0 without a frame */
    ACCEPT("\x0c\x10\x00\x40\x42\x04\x12\x10\x13");
    REFUSE("\x12\x10\x13", "Y registers"); /* deallocate 1 */
    REFUSE("\x02\x12\x22\x00\x13", "more functions");
    REFUSE("\x40\x42\xeb\xff\x13", "no such register"); /* x(2047) */
    REFUSE("\x3b\x03\x25\x17\x10\x42", "odd length");
    REFUSE("\x3b\x03\x25\x17\xf8\x10", ""); /* a list of a long number */
    REFUSE("\x84\x05\x03\x80\x40\x13", "outside the string table");
    REFUSE("\x05\x00\x25", "");
    REFUSE("\x40", "");
    REFUSE("\x13\x03\x13", "more code after it");
}

/* A large integer in the code comes out the same in both readings. */
static void test_big(void)
{
    static const char code[] = "\x40\xf9\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\x03\x13";
    struct file f;
    struct load_error why = {""};
    struct beam b;
    struct generic_op op;
    bool failed;
    make_file(&f, false, code, sizeof code - 1);
    CHECK(beam_open(&b, f.bytes, f.n, &why) && beam_check(&b, &why));
    struct code_area area = {0};
    CHECK(beam_settle(&b, &area, &why));
    do CHECK(beam_next(&b, &op, &failed, &why));
    while (op.op != BEAM_move);
    char text[40];
    CHECK(op.a[0].kind == OPERAND_CONSTANT && is_big(op.a[0].value) &&
          arena_is_low(boxed_words(op.a[0].value)));
    CHECK(integer_to_text(op.a[0].value, 10, text) == 20 &&
          !memcmp(text, "18446744073709551615", 20));
    beam_close(&b);
}

static void check_constant(const struct file *f, const char *type)
{
    struct load_error why = {""};
    struct beam b;
    struct generic_op op;
    bool failed;
    CHECK(beam_open(&b, f->bytes, f->n, &why) && beam_check(&b, &why));
    if (why.text[0]) fprintf(stderr, "%s\n", why.text);
    struct code_area area = {0};
    CHECK(beam_settle(&b, &area, &why));
    do CHECK(beam_next(&b, &op, &failed, &why));
    while (!failed && op.op != BEAM_move);
    CHECK(op.a[0].kind == OPERAND_CONSTANT && is_tuple_of(op.a[0].value, 2) &&
          op.a[0].from_literal);
    CHECK(element(op.a[0].value, 0).bits == small(7).bits && op.a[1].types == 0);
    (void)type;
    beam_close(&b);
}

/* {7, []}, as OTP 28 writes literals. */
static void test_raw_literals(void)
{
    struct file f;
    make_file(&f, true, "\x40\x47\x00\x03\x13", 5);
    chunk(&f, "LitT", "\0\0\0\0\0\0\0\1\0\0\0\6\x83h\2a\7j", 18);
    check_constant(&f, "raw");
}

/* A typed register with each version of the table: an integer. */
static void test_types(void)
{
    static const struct {
        const char *table;
        size_t n;
    } versions[] = {
        {"\0\0\0\1\0\0\0\2\x1f\xff"
         "0000000011111111"
         "\0\x40"
         "0000000011111111",
         44},
        {"\0\0\0\2\0\0\0\2\x1f\xff\xa0\x40"
         "000000001",
         21},
        {"\0\0\0\3\0\0\0\2\x0f\xff\x70\x20"
         "00000000111111112",
         29},
        {"\0\0\0\4\0\0\0\2\x1f\xff\x20\x20"
         "00000000",
         20},
    };
    for (unsigned i = 0; i < 4; i++) {
        struct file f;
        struct load_error why = {""};
        struct beam b;
        struct generic_op op;
        bool failed;
        make_file(&f, false, "\x40\x57\x03\x10\x13\x13", 6); /* move x0 (type 1) to x1 */
        chunk(&f, "Type", versions[i].table, versions[i].n);
        CHECK(beam_open(&b, f.bytes, f.n, &why) && beam_check(&b, &why));
        if (why.text[0]) fprintf(stderr, "version %u: %s\n", i + 1, why.text);
        beam_rewind(&b);
        while (beam_next(&b, &op, &failed, &why) && op.op != BEAM_move) {}
        CHECK(op.a[0].kind == OPERAND_X && op.a[0].types == TYPE_INTEGER);
        beam_close(&b);
    }
}

/* --- modules --------------------------------------------------------------------------------------- */

static void test_modules(void)
{
    struct file f;
    struct load_error why = {""};
    make_file(&f, false, "\x40\x42\x03\x13", 4);
    term m = atom_make("m", 1), name = atom_make("f", 1);
    CHECK(!module_find(m));
    struct prepared *p = code_prepare(f.bytes, f.n, &why);
    CHECK(p && term_same(prepared_module(p), m) && !prepared_has_on_load(p));
    struct export *e = export_find(m, name, 0);
    CHECK(e && !export_is_defined(e));
    CHECK(code_commit(p) && is_nil(prepared_module(p)));
    prepared_free(p);
    CHECK(export_is_defined(e) && module_find(m)->current && !module_find(m)->old);
    struct code_area *area = module_find(m)->current;
    CHECK(code_area_of(area->code) == area && code_area_of(area->code + area->words) != area);
    p = code_prepare(f.bytes, f.n, &why);
    CHECK(code_commit(p) && module_find(m)->old == area);
    prepared_free(p);
    p = code_prepare(f.bytes, f.n, &why);
    CHECK(!code_commit(p)); /* old code is there */
    prepared_free(p);
    code_area_leave(area);
    CHECK(code_area_of(area->code) == NULL);
    code_area_free(area);
    module_find(m)->old = NULL;
    module_delete(module_find(m));
    CHECK(!export_is_defined(e) && e->code != NULL);
}

static void test_natives(void)
{
    static const struct native row = {"lists_of_natives", "one", 2, 0, NULL};
    static const struct native_table table = {&row, 1};
    term m = atom_make("lists_of_natives", 16), one = atom_make("one", 3);
    struct export *before = export_get(m, one, 2);
    CHECK(!export_is_defined(before) && !native_module(m));
    natives_add(&table);
    CHECK(native_find(m, one, 2) == &row && !native_find(m, one, 1) && native_module(m));
    CHECK(before->native == &row && export_is_defined(before));
}

/* --- broken files -------------------------------------------------------------------------------------- */

static uint32_t random_state = 12345;
static uint32_t random_below(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (uint32_t)((uint64_t)random_state * n >> 32);
}

/* Cut, flipped and overwritten copies of a file: refused or accepted, never a crash. */
static void mutate(const char *path, unsigned times)
{
    size_t n;
    uint8_t *bytes = read_file(path, &n);
    if (!bytes) return;
    unsigned refused = 0;
    for (unsigned i = 0; i < times; i++) {
        struct load_error why = {""};
        size_t m = random_below(4) ? n : random_below((uint32_t)n);
        uint8_t *copy = malloc(m ? m : 1);
        memcpy(copy, bytes, m);
        for (uint32_t k = random_below(4) + (m == n); k > 0 && m; k--) {
            size_t at = random_below((uint32_t)m);
            copy[at] = random_below(2) ? (uint8_t)(copy[at] ^ 1u << random_below(8))
                                       : (uint8_t)random_below(256);
        }
        struct prepared *p = code_prepare(copy, m, &why);
        refused += !p;
        CHECK(p || why.text[0]);
        if (p) prepared_free(p);
        free(copy);
    }
    CHECK(refused > times / 10);
    free(bytes);
}

/* Fails each allocation of a load in turn. */
static void test_no_memory(const char *path)
{
    size_t n;
    uint8_t *bytes = read_file(path, &n);
    if (!bytes) return;
    for (int64_t i = 1; i < 2000; i++) {
        struct load_error why = {""};
        arena_fail_countdown = i;
        struct prepared *p = code_prepare(bytes, n, &why);
        bool reached = arena_fail_countdown <= 0;
        arena_fail_countdown = 0;
        if (p) prepared_free(p);
        if (p && !reached) break;
        CHECK(p || strstr(why.text, "memory"));
    }
    free(bytes);
}

static void break_files(void)
{
    static const char *const names[] = {"stdlib-*/ebin/lists.beam", "stdlib-*/ebin/calendar.beam",
                                        "kernel-*/ebin/application_starter.beam"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
        char pattern[200];
        glob_t found;
        snprintf(pattern, sizeof pattern, "/usr/lib/erlang/lib/%s", names[i]);
        if (glob(pattern, 0, NULL, &found) == 0) {
            mutate(found.gl_pathv[0], 4000);
            if (i == 2) test_no_memory(found.gl_pathv[0]);
        }
        globfree(&found);
    }
}

int main(int argc, char **argv)
{
    bool verbose = argc > 1 && !strcmp(argv[1], "-v");
    setup_vm();
    node_start();
    engine_start();
    natives_add(&bif_table);
    code_start();
    test_code();
    test_big();
    test_raw_literals();
    test_types();
    test_modules();
    test_natives();
    for (int i = 1 + verbose; i < argc; i++) read_folder(argv[i]);
    if (argc == 1 + verbose) read_folder("/usr/lib/erlang/lib");
    if (argc == 1) break_files();
    if (verbose) print_counts();
    printf("%u files, %u sums\n", files_read, sums_checked);
    CHECK(sums_checked >= files_read / 2);
    return check_result();
}
