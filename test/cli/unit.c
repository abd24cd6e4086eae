/* SPDX-License-Identifier: Apache-2.0 */
/* unit.c -- the command line's parts, one by one, under the sanitizers.
 *
 *   unit                     runs every test, prints a line for each that fails, then
 *                            "unit: N passed, N failed"
 *   unit small-image FILE    writes an image of a few kilobytes, for mutate_image
 */
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "abi/layout.h"
#include "base/archive.h"
#include "base/hash.h"
#include "cli/apps.h"
#include "cli/beam.h"
#include "cli/command.h"
#include "cli/files.h"
#include "cli/flags.h"
#include "cli/image_read.h"
#include "cli/image_write.h"
#include "cli/network.h"
#include "cli/term_text.h"
#include "cli/tree.h"
#include "monitor/devices/net.h"

static unsigned passed, failed;

#define expect(condition)                                                                          \
    do {                                                                                           \
        if (condition) {                                                                           \
            passed++;                                                                              \
        } else {                                                                                   \
            failed++;                                                                              \
            printf("%s:%d: %s\n", __FILE__, __LINE__, #condition);                                 \
        }                                                                                          \
    } while (0)

#define expect_text(found, wanted)                                                                 \
    do {                                                                                           \
        const char *is = (found);                                                                  \
        if (is && strcmp(is, wanted) == 0) {                                                       \
            passed++;                                                                              \
        } else {                                                                                   \
            failed++;                                                                              \
            printf("%s:%d: \"%s\", not \"%s\"\n", __FILE__, __LINE__, is ? is : "(null)", wanted); \
        }                                                                                          \
    } while (0)

static struct bytes text(const char *s) { return (struct bytes){(const uint8_t *)s, strlen(s)}; }

/* Referred to by cli/launch.c; main.c, which has the real one, has a main() of its own. */
const struct command commands[] = {{0}};

/* --- sums ------------------------------------------------------------------------------------- */

static const char *sha256_hex(const char *input, size_t n, size_t step)
{
    struct sha256 s;
    uint8_t out[SHA256_BYTES];
    static char hex[2 * SHA256_BYTES + 1];
    sha256_start(&s);
    for (size_t at = 0; at < n; at += step)
        sha256_add(&s, input + at, n - at < step ? n - at : step);
    sha256_end(&s, out);
    for (int i = 0; i < SHA256_BYTES; i++) snprintf(hex + 2 * i, 3, "%02x", out[i]);
    return hex;
}

static void test_sums(void)
{
    expect_text(sha256_hex("", 0, 1),
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect_text(sha256_hex("abc", 3, 3),
                "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    static const char long_one[] = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    static const char long_sum[] =
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1";
    for (size_t step = 1; step < 60; step++)
        expect_text(sha256_hex(long_one, sizeof long_one - 1, step), long_sum);
    static char million[1000000];
    memset(million, 'a', sizeof million);
    expect_text(sha256_hex(million, sizeof million, 977),
                "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");

    uint8_t block[200] = {0};
    uint64_t sum = hash_fast(block, sizeof block);
    bool all_differ = true;
    for (size_t i = 0; i < 8 * sizeof block; i++) {
        block[i / 8] ^= (uint8_t)(1u << i % 8);
        all_differ = all_differ && hash_fast(block, sizeof block) != sum;
        block[i / 8] ^= (uint8_t)(1u << i % 8);
    }
    expect(all_differ);
    expect(hash_fast(block, 100) != hash_fast(block, 101));
    expect(hash_fast("", 0) != hash_fast(block, 1));
}

/* --- paths and words ----------------------------------------------------------------------------- */

static void test_paths(void)
{
    expect_text(path_normal("/a/b", "c"), "/a/b/c");
    expect_text(path_normal("/a/b", "../c/./d//"), "/a/c/d");
    expect_text(path_normal("/a", "../../.."), "/");
    expect_text(path_normal("/a", "/x/../y"), "/y");
    expect_text(path_name("/a/b/"), "b");
    expect_text(path_name("b"), "b");
    expect_text(path_parent("/a/b/"), "/a");
    expect_text(path_parent("/a"), "/");
    expect_text(path_parent("a"), ".");
    expect(archive_path_is_good("/", 1) && archive_path_is_good("/a/.b/c..", 9));
    expect(!archive_path_is_good("", 0) && !archive_path_is_good("a", 1));
    expect(!archive_path_is_good("/a/", 3) && !archive_path_is_good("//a", 3));
    expect(!archive_path_is_good("/a/..", 5) && !archive_path_is_good("/./a", 4));
    expect(!archive_path_is_good("/a\0b", 4));
    expect(version_compare("4.2", "4.10") < 0 && version_compare("4.2", "4.2") == 0);
    expect(version_compare("5.0", "4.9.9") > 0 && version_compare("1.0.1", "1.0") > 0);
}

static void test_words(void)
{
    struct names words = {0};
    flags_split("  -a 'b c'  \"d\\\"e\" f\\ g\n''", &words);
    expect(words.n == 5);
    expect_text(words.at[1], "b c");
    expect_text(words.at[2], "d\"e");
    expect_text(words.at[3], "f g");
    expect_text(words.at[4], "");
}

static const char *joined(const struct names *list)
{
    struct buffer b = {0};
    for (size_t i = 0; i < list->n; i++) {
        if (i) buffer_add_text(&b, " ");
        buffer_add_text(&b, list->at[i]);
    }
    char *out = memory_text((const char *)b.at, b.n);
    buffer_drop(&b);
    return out;
}

static const char *erl_arguments(struct flags *f, const char *line)
{
    struct names words = {0}, argv = {0};
    struct error e;
    *f = (struct flags){0};
    flags_split(line, &words);
    if (flags_read(f, (int)words.n, (char **)(uintptr_t)words.at, &e) < 0)
        return memory_print("error: %s", e.text);
    flags_build(f, "/r", "/r/bin", "/h", &argv);
    return joined(&argv);
}

#define HEAD "beam"
#define ROOT "-- -root /r -bindir /r/bin -progname erl -- -home /h --"

/* The expected lines are what erlexec of OTP 25 was seen to pass on. */
static void test_flags(void)
{
    struct flags f;
    unsetenv("ERL_FLAGS"), unsetenv("ERL_AFLAGS"), unsetenv("ERL_ZFLAGS");
    expect_text(erl_arguments(&f, "-noshell -s erlang halt"),
                HEAD " " ROOT " -noshell -s erlang halt");
    expect_text(erl_arguments(&f, "-noshell +pc unicode +S 2:2 +hms 233 -pa a b -eval x +sbwt none "
                                  "-- foo -extra +z y"),
                HEAD " +pc unicode +S 2:2 +hms 233 +sbwt none " ROOT
                     " -noshell -pa a b -eval x -- foo -extra +z y");
    expect_text(joined(&f.folders), "a b");
    expect_text(joined(&f.plain), "+z y");
    expect_text(erl_arguments(&f, "+A4 +A 4 +c true +Bi +B +zdbbl 9 -x"),
                HEAD " +A4 +A 4 +c true +Bi +B +zdbbl 9 " ROOT " -x");
    expect_text(erl_arguments(&f, "-env A B -noinput -config c d"),
                HEAD " " ROOT " -noshell -noinput -config c d");
    expect_text(joined(&f.variables), "A B");
    expect_text(joined(&f.files), "c d");
    expect_text(erl_arguments(&f, "+S"), "error: +S wants a value behind it");
    expect_text(erl_arguments(&f, "-env A"), "error: -env wants a name and a value behind it");
    expect_text(erl_arguments(&f, "-detached"), "error: -detached has no meaning in a mote");
    setenv("ERL_AFLAGS", "-a b", 1);
    setenv("ERL_FLAGS", "-f 'x y'", 1);
    setenv("ERL_ZFLAGS", "-z", 1);
    expect_text(erl_arguments(&f, "-mode foo -extra e"),
                HEAD " " ROOT " -a b -- -mode foo -- -f x y -- -z -- -extra e");
    unsetenv("ERL_FLAGS"), unsetenv("ERL_AFLAGS");
    setenv("ERL_ZFLAGS", "+sbwt none", 1);
    expect_text(erl_arguments(&f, "-noshell"), HEAD " +sbwt none " ROOT " -noshell -- --");
    unsetenv("ERL_ZFLAGS");
}

static void test_suggestions(void)
{
    static const char *const names[] = {"build", "run", "inspect", "version", NULL};
    expect_text(nearest_name("biuld", names, sizeof *names), "build");
    expect_text(nearest_name("rn", names, sizeof *names), "run");
    expect_text(nearest_name("insp", names, sizeof *names), "inspect");
    expect(nearest_name("frobnicate", names, sizeof *names) == NULL);
    expect(nearest_name("", names, sizeof *names) == NULL);
}

/* --- Erlang terms ----------------------------------------------------------------------------------- */

static const char *term_error(const char *source)
{
    struct error e = {0};
    return text_read(text(source), "x.app", &e) ? "good" : memory_print("%s", e.text);
}

static void test_terms(void)
{
    struct error e;
    const struct text_term *t =
        text_read(text("%% a comment\n{application, 'my app', % more\n [{vsn, \"1.\" \"2\"},\n"
                       " {n, [-1, 2.5e-3, 16#ff, $a, $\\n]}, {b, <<\"x\", 1>>},\n"
                       " {m, #{k => [], {} => \"\\x{e9}\\101\"}}, {improper, [a|b]}]}.\n"),
                  "x.app", &e);
    expect(t && t->kind == TEXT_TUPLE && t->size == 3);
    expect(text_is_atom(text_element(t, 0), "application"));
    expect_text(text_element(t, 1)->text, "my app");
    const struct text_term *list = text_element(t, 2);
    expect_text(text_property(list, "vsn")->text, "1.2");
    expect(text_property(list, "n")->size == 5);
    expect_text(text_element(text_property(list, "n"), 1)->text, "2.5e-3");
    expect_text(text_element(text_property(list, "n"), 4)->text, "10");
    expect(text_property(list, "b")->text_bytes == 2);
    expect(text_property(list, "m")->kind == TEXT_MAP && text_property(list, "m")->size == 4);
    expect(text_property(list, "nothing") == NULL);

    expect_text(term_error("{a, b}"), "x.app, line 1: a full stop was expected behind the term");
    expect_text(term_error("{a,\n\n"), "x.app, line 3: the file ends where a term was expected");
    expect_text(term_error("{a b}."), "x.app, line 1: ',' or the end of a term was expected");
    expect_text(term_error("\"abc"), "x.app, line 1: a quote is not closed");
    expect_text(term_error("Var."), "x.app, line 1: this is not an Erlang term");
    expect_text(term_error(""), "x.app, line 1: the file ends where a term was expected");
    static char deep[5000];
    memset(deep, '[', sizeof deep - 1);
    expect_text(term_error(deep), "x.app, line 1: terms are nested too deeply");

    /* Every prefix of a good file is an error, never a crash. */
    static const char whole[] = "{a,[{b,\"c\\x{64}\"},<<1,\"2\">>,#{x=>$y},-12.5e+6,'q\\'r']}.";
    for (size_t n = 0; n < sizeof whole - 1; n++) {
        char *part = strndup(whole, n);
        expect(text_read((struct bytes){(uint8_t *)part, n}, "x", &e) == NULL);
        free(part);
    }
    expect(text_read(text(whole), "x", &e) != NULL);
}

/* --- trees and archives -------------------------------------------------------------------------------- */

static struct bytes write_tree(struct tree *t)
{
    struct buffer b = {0};
    tree_write(t, &b);
    uint8_t *kept = memory_take(b.n);
    memcpy(kept, b.at, b.n);
    struct bytes out = {kept, b.n};
    buffer_drop(&b);
    return out;
}

static void put(struct tree *t, const char *path, const char *content)
{
    struct error e = {0};
    if (tree_add_file(t, TREE_GIVEN, path, text(content), 0644, 1000, "test", &e) < 0)
        printf("%s\n", e.text);
}

static void test_archive(void)
{
    struct tree t = {0};
    struct archive a;
    struct error e;
    put(&t, "/b/c/d", "deep");
    put(&t, "/b-x", "sorts between /b and /b/c");
    put(&t, "/b/c.d", "");
    put(&t, "/a", "first");
    expect(tree_add_folder(&t, "/empty", "test", &e) == 0);
    struct bytes bytes = write_tree(&t);
    expect(archive_check(bytes.at, bytes.n, &a) == NULL);
    expect(a.count == 8);
    const struct archive_entry *entry = archive_find(&a, "/b/c/d", 6);
    expect(entry && entry->bytes == 4 && memcmp(archive_content(&a, entry), "deep", 4) == 0);
    expect(entry && entry->mode == 0444 && entry->modified_s == 1000);
    expect(!archive_find(&a, "/b/c/", 5) && !archive_find(&a, "/z", 2));

    struct names children = {0};
    for (entry = NULL; (entry = archive_next_child(&a, a.entries, entry));) {
        size_t n;
        names_append(&children, archive_name(&a, entry, &n));
    }
    expect_text(joined(&children), "a b b-x empty");
    children.n = 0;
    const struct archive_entry *b = archive_find(&a, "/b", 2);
    for (entry = NULL; (entry = archive_next_child(&a, b, entry));)
        names_append(&children, archive_path(&a, entry));
    expect_text(joined(&children), "/b/c /b/c.d");
    expect(archive_next_child(&a, archive_find(&a, "/empty", 6), NULL) == NULL);

    for (size_t n = 0; n < bytes.n; n++) { /* cut short anywhere */
        uint8_t *part = malloc(n + 1);
        memcpy(part, bytes.at, n);
        expect(archive_check(part, n, &a) != NULL);
        free(part);
    }
}

static void test_conflicts(void)
{
    struct tree t = {0};
    struct error e;
    put(&t, "/x/y", "1");
    expect(tree_add_file(&t, TREE_GIVEN, "/x/y", text("2"), 0644, 0, "second", &e) < 0);
    expect_text(e.text, "two things want to be /x/y: test and second");
    expect(tree_add_file(&t, TREE_GIVEN, "/x", text("2"), 0644, 0, "second", &e) < 0);
    expect(tree_add_file(&t, TREE_GIVEN, "/x/y/z", text("2"), 0644, 0, "second", &e) < 0);
    expect_text(e.text, "/x/y would be a folder because of second, but test is there as a file");
    expect(tree_add_file(&t, TREE_GIVEN, "x", text("2"), 0644, 0, "second", &e) < 0);
    expect(tree_add_file(&t, TREE_GIVEN, "/a/../b", text("2"), 0644, 0, "second", &e) < 0);
    expect(tree_add_file(&t, TREE_OURS, "/x/y", text("ours"), 0644, 0, "ours", &e) == 0);
    expect(tree_find(&t, "/x/y")->content.n == 4);
    expect(tree_add_option(&t, "nocolon", &e) < 0 && tree_add_option(&t, "a:b", &e) < 0);
    expect(tree_add_option(&t, "/no/such/file:/a", &e) < 0);
}

static void test_overlay(void)
{
    struct tree low = {0}, high = {0};
    struct archive base, a;
    struct error e;
    struct buffer out = {0};
    put(&low, "/lib/a", "from below");
    put(&low, "/lib/b", "covered");
    put(&high, "/lib/b", "from above");
    put(&high, "/home/c", "new");
    struct bytes bytes = write_tree(&low);
    expect(archive_check(bytes.at, bytes.n, &base) == NULL);
    expect(tree_write_over(&high, &base, &out, &e) == 0);
    expect(out.n % LAYOUT_PAGE == 0);
    buffer_add(&out, bytes.at, bytes.n); /* the monitor maps it there */
    expect(archive_check(out.at, out.n, &a) == NULL && a.size == out.n && a.count == 6);
    const struct archive_entry *entry = archive_find(&a, "/lib/a", 6);
    expect(entry && memcmp(archive_content(&a, entry), "from below", 10) == 0);
    entry = archive_find(&a, "/lib/b", 6);
    expect(entry && memcmp(archive_content(&a, entry), "from above", 10) == 0);
    expect(archive_find(&a, "/home/c", 7) != NULL);
    buffer_drop(&out);

    struct tree clash = {0};
    put(&clash, "/lib/a/x", "a folder over a file");
    expect(tree_write_over(&clash, &base, &out, &e) < 0);
    struct tree none = {0};
    expect(tree_write_over(&none, &base, &out, &e) == 0);
    buffer_drop(&out);
}

/* --- images --------------------------------------------------------------------------------------------- */

/* A linked executable of the least kind: one segment, no sections. */
static struct bytes small_runtime(void)
{
    static struct {
        Elf64_Ehdr header;
        Elf64_Phdr segment;
        uint8_t code[64];
    } file;
    file.header = (Elf64_Ehdr){
        .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = EM_X86_64,
        .e_version = EV_CURRENT,
        .e_phoff = sizeof file.header,
        .e_ehsize = sizeof file.header,
        .e_phentsize = sizeof file.segment,
        .e_phnum = 1,
    };
    file.segment = (Elf64_Phdr){.p_type = PT_LOAD,
                                .p_vaddr = LAYOUT_RUNTIME,
                                .p_filesz = sizeof file,
                                .p_memsz = sizeof file,
                                .p_flags = PF_R | PF_X};
    return (struct bytes){(const uint8_t *)&file, sizeof file};
}

static void make_small_image(struct buffer *out)
{
    struct tree t = {0};
    struct buffer manifest = {0};
    struct error e = {0};
    put(&t, "/otp/lib/a-1/ebin/a.beam", "a");
    put(&t, "/otp/lib/a-1/ebin/a.app", "{application, a, []}.");
    put(&t, "/otp/lib/b-1/ebin/b.beam", "bb");
    put(&t, "/app/ebin/c.beam", "ccc");
    manifest_add(&manifest, IMAGE_KEY_IMAGE, "1");
    manifest_add(&manifest, IMAGE_KEY_ARGUMENT, "two\nlines and a \\");
    struct bytes m = {manifest.at, manifest.n};
    if (image_write(small_runtime(), m, &t, (struct bytes){0}, out, &e) < 0) printf("%s\n", e.text);
    buffer_drop(&manifest);
}

static void test_image(void)
{
    struct buffer b = {0};
    struct image image;
    struct archive a;
    make_small_image(&b);
    struct bytes whole = {b.at, b.n};
    expect(image_read(whole, &image) == NULL);
    expect(image_sum_is_good(&image) && image_sha256_is_good(&image));
    expect(image.archive_at % LAYOUT_PAGE == 0);
    expect(archive_check(image.archive_bytes.at, image.archive_bytes.n, &a) == NULL);
    struct elf elf;
    expect(elf_read(image.runtime, &elf) == NULL); /* the monitor gets this part alone */

    struct bytes rest = image.manifest;
    struct manifest_line line;
    expect(manifest_next(&rest, &line) && line.key == IMAGE_KEY_IMAGE);
    expect(manifest_next(&rest, &line) && line.key == IMAGE_KEY_ARGUMENT);
    expect_text(manifest_value(line.value), "two\nlines and a \\");
    expect(!manifest_next(&rest, &line));

    bool refused = true; /* every bit of the file is under the sum */
    for (size_t i = 0; i < b.n; i += 1 + i % 7) {
        b.at[i] ^= (uint8_t)(1u << i % 8);
        refused = refused && (image_read(whole, &image) || !image_sum_is_good(&image));
        b.at[i] ^= (uint8_t)(1u << i % 8);
    }
    expect(refused);
    buffer_drop(&b);
    expect(manifest_check(text("mote-image 1\nx y\n")) == NULL);
    expect(manifest_check(text("mote-image 2\n")) != NULL);
    expect(manifest_check(text("mote-image 1\nx \\q\n")) != NULL);
    expect(manifest_check(text("mote-image 1\nx")) != NULL && manifest_check(text("")) != NULL);
}

static void test_beam(void)
{
    struct error e;
    struct bytes out;
    expect(beam_module(text("not a beam"), "x.beam", &e) == NULL);
    expect_text(e.text, "x.beam is not a .beam file");
    expect(beam_strip(text("FOR1"), "x.beam", &out, &e) < 0);
    static const char file[] = "FOR1\0\0\0\x20"
                               "BEAM"
                               "AtU8\0\0\0\x06\0\0\0\1\1m\0\0"
                               "Dbgi\0\0\0\2xx\0";
    struct bytes beam = {(const uint8_t *)file, 40};
    expect_text(beam_module(beam, "m.beam", &e), "m");
    expect(beam_strip(beam, "m.beam", &out, &e) == 0 && out.n == 28);
    expect_text(beam_module(out, "m.beam", &e), "m");
    expect(!beam_exports(beam, "m", 0));
    for (size_t n = 0; n < beam.n; n++) {
        uint8_t *part = malloc(n + 1);
        memcpy(part, beam.at, n);
        expect(beam_module((struct bytes){part, n}, "m.beam", &e) == NULL);
        free(part);
    }
}

/* --- the network ---------------------------------------------------------------------------------- */

static int option(struct network *n, enum network_option which, const char *value)
{
    struct error e;
    return network_option(n, which, value, &e);
}

static void test_forwards(void)
{
    static const char *const wrong[] = {
        "80",      "80:",           ":80",    "0:80",     "80:0",       "65536:80",  "80:65536",
        "x:80:80", "80:80/sctp",    "80:80/", "[::1]:80", "[::1:80:80", "::1:80:80", "1.2.3:1:1",
        "",        "[1.2.3.4]:1:1", "-1:80",  "1:2:3:4",  "80:80:",     " 80:80"};
    struct network n = {0};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect(option(&n, NETWORK_PUBLISH, wrong[i]) < 0);
    expect(n.forwards == 0);
    expect(option(&n, NETWORK_PUBLISH, "8080:80") == 0);
    expect(option(&n, NETWORK_PUBLISH, "127.0.0.2:53:5353/udp") == 0);
    expect(option(&n, NETWORK_PUBLISH, "[::1]:1:65535/tcp") == 0);
    const struct monitor_forward *f = n.forward;
    expect(f[0].version == 4 && f[0].host[0] == 0 && f[0].host_port == 8080 &&
           f[0].guest_port == 80);
    expect(!f[0].udp && f[1].udp && f[1].host[3] == 2 && f[1].host_port == 53);
    expect(f[2].version == 6 && f[2].host[15] == 1 && f[2].guest_port == 65535 && !f[2].udp);
}

static void test_interfaces(void)
{
    static const struct {
        enum network_option which;
        const char *value;
    } wrong[] = {{NETWORK_NET, "tap"},
                 {NETWORK_NET, "tap:"},
                 {NETWORK_NET, "bridge:x"},
                 {NETWORK_IP, "10.0.0.1"},
                 {NETWORK_IP, "10.0.0.1/33"},
                 {NETWORK_IP, "10.0.0/8"},
                 {NETWORK_IP, "fd00::1/129"},
                 {NETWORK_IP, "10.0.0.1/"},
                 {NETWORK_GATEWAY, "10.0.0.1/8"},
                 {NETWORK_DNS, "dns.example"},
                 {NETWORK_MAC, "02:00:00:00:00"},
                 {NETWORK_MAC, "01:00:00:00:00:01"},
                 {NETWORK_MAC, "02:00:00:00:00:01:"},
                 {NETWORK_MTU, "100"},
                 {NETWORK_MTU, "65522"},
                 {NETWORK_HOSTNAME, ""},
                 {NETWORK_HOSTNAME, "a b"}};
    struct network n = {0}, none = {0}, both = {.none = true};
    struct monitor_options o = {0};
    struct error e;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        expect(option(&n, wrong[i].which, wrong[i].value) < 0);
    expect(n.nets == 0);
    expect(option(&n, NETWORK_IP, "10.0.0.2/24") == 0); /* of the default one */
    expect(option(&n, NETWORK_NET, "switch:lab") == 0 && option(&n, NETWORK_MTU, "9000") == 0);
    expect(option(&n, NETWORK_MAC, "02:00:00:00:00:0a") == 0 &&
           option(&n, NETWORK_DNS, "fd00::1") == 0);
    expect(option(&n, NETWORK_IP, "fd00::2/64") == 0 &&
           option(&n, NETWORK_HOSTNAME, "one.lab.example") == 0);
    expect(option(&n, NETWORK_PUBLISH, "80:80") == 0 && network_finish(&n, &o, &e) == 0);
    expect(o.nets == 2 && o.net[0].kind == MONITOR_NET_USER && o.net[0].forwards == 1);
    expect(o.net[0].ipv4.given && o.net[0].ipv4.prefix == 24 && !o.net[0].ipv6.given);
    expect(o.net[1].kind == MONITOR_NET_SWITCH && o.net[1].mtu == 9000 && o.net[1].mac[5] == 10);
    expect(o.net[1].ipv6.prefix == 64 && o.names.servers == 1 && o.names.server[0].version == 6);
    expect_text(o.names.host, "one");
    expect_text(o.names.search, "lab.example");
    expect(option(&none, NETWORK_NET, "none") == 0 && network_finish(&none, &o, &e) == 0 &&
           o.nets == 0);
    expect(option(&both, NETWORK_NET, "user") == 0 && network_finish(&both, &o, &e) < 0);
}

/* What a kernel would do with the note that a frame gets is what its whole sum is. */
static void test_sums_left(void)
{
    uint8_t f[100] = {
        [12] = 8, [14] = 0x45, [17] = 60, [23] = 17, [26] = 10, [29] = 1, [30] = 192, [33] = 7};
    unsigned offset, at;
    for (unsigned i = 34; i < 74; i++) f[i] = (uint8_t)(i * 37);
    f[40] = f[41] = 0;
    uint32_t sum = 17 + 40 + 0x0a00 + 1 + 0xc000 + 7; /* by hand: protocol, length, addresses */
    for (unsigned i = 34; i < 74; i += 2) sum += (uint32_t)f[i] << 8 | f[i + 1];
    while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
    f[40] = 0xde, f[41] = 0xad; /* whatever was there */
    at = net_leave_sum(f, 80, &offset);
    expect(at == 34 && offset == 6);
    uint32_t left = 0;
    for (unsigned i = at; i < 74; i += 2) left += (uint32_t)f[i] << 8 | f[i + 1];
    while (left >> 16) left = (left & 0xffff) + (left >> 16);
    expect(left == sum);
    for (unsigned n = 0; n < 42; n++) expect(net_leave_sum(f, n, &offset) == 0);
    f[20] = 0x20; /* a fragment */
    expect(net_leave_sum(f, 80, &offset) == 0);
    f[20] = 0x40, f[23] = 6;
    expect(net_leave_sum(f, 80, &offset) == 34 && offset == 16);
    f[23] = 1;
    expect(net_leave_sum(f, 80, &offset) == 0);
    f[12] = 0x86, f[13] = 0xdd, f[14] = 0x60, f[20] = 6;
    expect(net_leave_sum(f, 80, &offset) == 54 && offset == 16);
    expect(net_leave_sum(f, 71, &offset) == 0);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "small-image") == 0) {
        struct buffer b = {0};
        struct error e;
        make_small_image(&b);
        int result = file_replace(argv[2], b.at, b.n, 0644, &e);
        buffer_drop(&b);
        return result < 0;
    }
    test_sums();
    test_paths();
    test_words();
    test_flags();
    test_suggestions();
    test_terms();
    test_archive();
    test_conflicts();
    test_overlay();
    test_image();
    test_beam();
    test_forwards();
    test_interfaces();
    test_sums_left();
    printf("unit: %u passed, %u failed\n", passed, failed);
    return failed != 0;
}
