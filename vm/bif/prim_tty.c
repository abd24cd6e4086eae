/* SPDX-License-Identifier: Apache-2.0 */
/* prim_tty.c -- bodies for prim_tty.def: the console behind a magic reference.
 *
 * Who has asked for input (tty_select) gets {select, TTY, Ref, ready_input} once, fetches with
 * read_nif, which asks for the next one.  The message is made when it is asked for, in a fragment of
 * its own, so that sending it needs no memory and no process of the machine.
 */
#include "bif/bif.h"
#include "bif/environment.h"
#include "big/big.h"
#include "binary/binary.h"
#include "heap/arena.h"
#include "heap/map_build.h"
#include "heap/maps.h"
#include "platform/platform.h"
#include "port/capability.h"
#include "port/console.h"
#include "port/width.h"
#include "process/mailbox.h"
#include "process/process.h"

#define READ_MOST       1024
#define TEXT_MOST       256 /* of a capability, and of its name */
#define PARAMETERS_MOST 9

struct tty {
    struct resource resource;
    bool to_error; /* writes to stderr */
    bool raw;      /* what tty_set/1 is to do */
    bool is_raw;
};

/* The message that waits for input. */
static struct {
    struct fragment *fragment; /* NULL: nobody waits */
    term body, receiver;
} waiting;

static void make_raw(struct tty *t, bool raw)
{
    if (t->is_raw == raw) return;
    t->is_raw = raw;
    plat_console_raw(raw);
}

static void release(void *resource)
{
    struct tty *t = resource;
    make_raw(t, false);
    arena_free(t);
}

static const struct resource_type tty_type = {.name = "prim_tty", .release = release};

static struct plat_console console(void)
{
    struct plat_console info;
    plat_console_info(&info);
    return info;
}

static term error(struct process *p, term why) { return make_tuple2(&p->heap, ATOM(error), why); }
static term ok(struct process *p, term value) { return make_tuple2(&p->heap, ATOM(ok), value); }

static bool is_standard(term t)
{
    return term_same(t, ATOM(stdin)) || term_same(t, ATOM(stdout)) || term_same(t, ATOM(stderr));
}

/* --- the handle ----------------------------------------------------------------------------------- */

term bif_prim_tty_isatty_1(struct process *p, const term *arg)
{
    if (!is_standard(arg[0])) return raise_badarg(p);
    return atom_bool(console().is_terminal);
}

static term create(struct process *p, bool to_error)
{
    struct tty *t = arena_calloc(sizeof *t);
    if (!t) return raise(p, ATOM(system_limit));
    t->resource.references = 1;
    t->resource.type = &tty_type;
    ref_new_ids(t->resource.ids);
    t->to_error = to_error;
    return ok(p, make_magic_ref(&p->heap, &t->resource));
}

term bif_prim_tty_tty_create_0(struct process *p, const term *arg)
{
    (void)arg;
    return create(p, false);
}

term bif_prim_tty_tty_create_1(struct process *p, const term *arg)
{
    bool to_error = term_same(arg[0], ATOM(stderr));
    if (!to_error && !term_same(arg[0], ATOM(stdout))) return raise_badarg(p);
    return create(p, to_error);
}

term bif_prim_tty_tty_init_2(struct process *p, const term *arg)
{
    struct tty *t = resource_of(arg[0], &tty_type);
    if (!t || !is_map(arg[1])) return raise_badarg(p);
    term input = map_get(arg[1], ATOM(input));
    if (!is_value(input)) return raise_badarg(p);
    bool raw = term_same(input, ATOM(raw));
    if (!console().is_terminal) return raw ? error(p, ATOM(enotsup)) : ATOM(ok);
    make_raw(t, raw);
    return ATOM(ok);
}

static term tty_failure(struct process *p)
{
    return error(p, make_tuple2(&p->heap, ATOM(tcgetattr), ATOM(enotty)));
}

term bif_prim_tty_tty_init_3(struct process *p, const term *arg)
{
    struct tty *t = resource_of(arg[0], &tty_type);
    if (!t || !is_standard(arg[1]) || !is_map(arg[2])) return raise_badarg(p);
    if (!console().is_terminal) return tty_failure(p);
    t->raw = term_same(map_get(arg[2], ATOM(canon)), ATOM(false));
    return ATOM(ok);
}

term bif_prim_tty_tty_set_1(struct process *p, const term *arg)
{
    struct tty *t = resource_of(arg[0], &tty_type);
    if (!t) return raise_badarg(p);
    make_raw(t, t->raw);
    return ATOM(ok);
}

term bif_prim_tty_tty_is_open_2(struct process *p, const term *arg)
{
    if (!resource_of(arg[0], &tty_type) || !is_standard(arg[1])) return raise_badarg(p);
    if (term_same(arg[1], ATOM(stdin))) return atom_bool(!console_has_ended());
    return atom_bool(!term_same(arg[1], ATOM(stdout)) || !console().output_closed);
}

term bif_prim_tty_tty_read_signal_2(struct process *p, const term *arg)
{
    if (!resource_of(arg[0], &tty_type)) return raise_badarg(p);
    return error(p, ATOM(empty));
}

term bif_prim_tty_tty_window_size_1(struct process *p, const term *arg)
{
    if (!resource_of(arg[0], &tty_type)) return raise_badarg(p);
    struct plat_console info = console();
    if (!info.columns && !info.rows) return error(p, ATOM(enotsup));
    term columns = info.columns ? small(info.columns) : small(-1);
    term rows = info.rows ? small(info.rows) : small(-1);
    return ok(p, make_tuple2(&p->heap, columns, rows));
}

term bif_prim_tty_tty_encoding_1(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return ATOM(utf8);
}

static bool ends_in(const char *text, size_t n, const char *end)
{
    size_t m = strlen(end);
    if (n < m) return false;
    for (size_t i = 0; i < m; i++) {
        char c = text[n - m + i];
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        if (c != end[i]) return false;
    }
    return true;
}

/* The first variable that says something counts, as in setlocale(3). */
term bif_prim_tty_setlocale_1(struct process *p, const term *arg)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    if (!resource_of(arg[0], &tty_type)) return raise_badarg(p);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n;
        const char *value = environment_find(names[i], &n);
        if (value && n) return atom_bool(ends_in(value, n, ".UTF-8") || ends_in(value, n, ".UTF8"));
    }
    return ATOM(false);
}

/* --- input and output ------------------------------------------------------------------------------- */

static void tell(void)
{
    struct fragment *f = waiting.fragment;
    struct process *to = process_find(waiting.receiver);
    waiting.fragment = NULL;
    if (!f) return;
    if (to)
        mailbox_deliver(to, waiting.body, f);
    else
        fragment_free(f);
}

static bool ask(struct process *p, term tty, term ref)
{
    struct fragment *f;
    term body, message = make_tuple4(&p->heap, ATOM(select), tty, ref, ATOM(ready_input));
    if (!copy_to_fragment(message, &f, &body, true)) return false;
    if (waiting.fragment) fragment_free(waiting.fragment);
    waiting.fragment = f;
    waiting.body = body;
    waiting.receiver = p->pid;
    console_select(tell);
    return true;
}

static term select_input(struct process *p, term tty, term ref)
{
    if (!resource_of(tty, &tty_type) || !is_ref(ref)) return raise_badarg(p);
    return ask(p, tty, ref) ? ATOM(ok) : raise(p, ATOM(system_limit));
}

term bif_prim_tty_tty_select_2(struct process *p, const term *arg)
{
    return select_input(p, arg[0], arg[1]);
}

term bif_prim_tty_tty_select_3(struct process *p, const term *arg)
{
    return select_input(p, arg[0], arg[2]);
}

static term read_input(struct process *p, term tty, term ref, uint64_t most)
{
    uint8_t bytes[READ_MOST];
    bool ended;
    if (!resource_of(tty, &tty_type) || !is_ref(ref)) return raise_badarg(p);
    size_t n = console_fetch(bytes, most < READ_MOST ? (size_t)most : READ_MOST, &ended);
    if (ended) return error(p, ATOM(closed));
    term binary = binary_make(&p->heap, bytes, n);
    if (!is_value(binary) || !ask(p, tty, ref)) return raise(p, ATOM(system_limit));
    return ok(p, binary);
}

term bif_prim_tty_read_nif_2(struct process *p, const term *arg)
{
    return read_input(p, arg[0], arg[1], READ_MOST);
}

term bif_prim_tty_read_nif_3(struct process *p, const term *arg)
{
    uint64_t most;
    if (!integer_to_uint64(arg[2], &most)) return raise_badarg(p);
    return read_input(p, arg[0], arg[1], most);
}

static bool write_piece(void *context, const uint8_t *bytes, size_t n)
{
    const struct tty *t = context;
    if (t->to_error)
        plat_console_write_error(bytes, n);
    else
        plat_console_write(bytes, n);
    return true;
}

term bif_prim_tty_write_nif_2(struct process *p, const term *arg)
{
    struct tty *t = resource_of(arg[0], &tty_type);
    size_t bytes;
    if (!t || iodata_size(arg[1], &bytes) != IODATA_OK) return raise_badarg(p);
    if (!t->to_error && console().output_closed) return error(p, ATOM(epipe));
    iodata_each(arg[1], write_piece, t);
    bump(p, (int64_t)(bytes / 64));
    return ATOM(ok);
}

/* --- characters --------------------------------------------------------------------------------------- */

/* As wcwidth(3): -1 for what cannot be printed. */
static int width(int64_t c)
{
    if (c == 0) return 0;
    if (c < 32 || (c >= 127 && c < 160) || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)) return -1;
    return (int)code_point_width((uint32_t)c);
}

term bif_prim_tty_isprint_1(struct process *p, const term *arg)
{
    if (!is_small(arg[0])) return raise_badarg(p);
    return atom_bool(small_value(arg[0]) >= 32 && small_value(arg[0]) < 127);
}

term bif_prim_tty_wcwidth_1(struct process *p, const term *arg)
{
    if (!is_small(arg[0])) return raise_badarg(p);
    int columns = width(small_value(arg[0]));
    return columns < 0 ? error(p, ATOM(not_printable)) : small(columns);
}

term bif_prim_tty_wcswidth_1(struct process *p, const term *arg)
{
    uint8_t *bytes;
    size_t n;
    int64_t sum = 0;
    if (iodata_to_block(arg[0], 0, &bytes, &n) != IODATA_OK) return raise_badarg(p);
    for (size_t i = 0; sum >= 0 && i + 4 <= n; i += 4) {
        int32_t c;
        memcpy(&c, bytes + i, sizeof c);
        if (c == 0) break;
        int columns = width(c);
        sum = columns < 0 ? -1 : sum + columns;
    }
    arena_free(bytes);
    return sum < 0 ? error(p, ATOM(not_printable)) : ok(p, small(sum));
}

term bif_prim_tty_sizeof_wchar_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return small(4);
}

/* --- what the terminal can do ---------------------------------------------------------------------------- */

/* Iodata that ends in a zero, as text; false: badarg. */
static bool text_of(term t, char text[TEXT_MOST])
{
    size_t n;
    if (iodata_size(t, &n) != IODATA_OK || n >= TEXT_MOST) return false;
    iodata_copy(t, (uint8_t *)text);
    text[n] = 0;
    return true;
}

term bif_prim_tty_tgetent_nif_1(struct process *p, const term *arg)
{
    char name[TEXT_MOST];
    if (!text_of(arg[0], name)) return raise_badarg(p);
    if (terminal_is_known(name, strlen(name))) return ATOM(ok);
    return error(p, make_tuple2(&p->heap, ATOM(tgetent), ATOM(enoent)));
}

term bif_prim_tty_setupterm_nif_0(struct process *p, const term *arg)
{
    size_t n;
    const char *name = environment_find("TERM", &n);
    (void)arg;
    if (name && terminal_is_known(name, n)) return ATOM(ok);
    return error(p, make_tuple2(&p->heap, ATOM(setupterm), ATOM(enoent)));
}

static term number_of(struct process *p, term name)
{
    char code[TEXT_MOST];
    if (!text_of(name, code)) return raise_badarg(p);
    const struct capability *c = capability_by_code(code, CAPABILITY_NUMBER);
    return c ? small(c->number) : small(-1);
}

static term flag_of(struct process *p, term name)
{
    char code[TEXT_MOST];
    if (!text_of(name, code)) return raise_badarg(p);
    const struct capability *c = capability_by_code(code, CAPABILITY_FLAG);
    return atom_bool(c && c->number);
}

static term string_of(struct process *p, const struct capability *c)
{
    if (!c) return ATOM(false);
    term text = binary_make(&p->heap, c->text, strlen(c->text));
    return is_value(text) ? ok(p, text) : raise(p, ATOM(system_limit));
}

term bif_prim_tty_tgetnum_nif_1(struct process *p, const term *arg) { return number_of(p, arg[0]); }

term bif_prim_tty_tigetnum_nif_1(struct process *p, const term *arg)
{
    return number_of(p, arg[0]);
}

term bif_prim_tty_tgetflag_nif_1(struct process *p, const term *arg) { return flag_of(p, arg[0]); }
term bif_prim_tty_tigetflag_nif_1(struct process *p, const term *arg) { return flag_of(p, arg[0]); }

term bif_prim_tty_tgetstr_nif_1(struct process *p, const term *arg)
{
    char code[TEXT_MOST];
    if (!text_of(arg[0], code)) return raise_badarg(p);
    return string_of(p, capability_by_code(code, CAPABILITY_STRING));
}

term bif_prim_tty_tigetstr_nif_1(struct process *p, const term *arg)
{
    char name[TEXT_MOST];
    if (!text_of(arg[0], name)) return raise_badarg(p);
    return string_of(p, capability_by_name(name, CAPABILITY_STRING));
}

static term expand(struct process *p, term text, const long *parameters, size_t count)
{
    char from[TEXT_MOST], to[2 * TEXT_MOST];
    if (!text_of(text, from)) return raise_badarg(p);
    size_t n = capability_expand(from, parameters, count, to, sizeof to);
    term out = binary_make(&p->heap, to, n);
    return is_value(out) ? ok(p, out) : raise(p, ATOM(system_limit));
}

static term go_to(struct process *p, const term *arg, size_t count)
{
    long parameters[2] = {0};
    for (size_t i = 0; i < count; i++) {
        if (!is_small(arg[1 + i])) return raise_badarg(p);
        parameters[i] = (long)small_value(arg[1 + i]);
    }
    return expand(p, arg[0], parameters, 2);
}

term bif_prim_tty_tgoto_nif_1(struct process *p, const term *arg) { return go_to(p, arg, 0); }
term bif_prim_tty_tgoto_nif_2(struct process *p, const term *arg) { return go_to(p, arg, 1); }
term bif_prim_tty_tgoto_nif_3(struct process *p, const term *arg) { return go_to(p, arg, 2); }

term bif_prim_tty_tputs_nif_2(struct process *p, const term *arg)
{
    long parameters[PARAMETERS_MOST] = {0};
    size_t n = 0;
    term list = arg[1];
    for (; is_cons(list); list = tail(list)) {
        if (n == PARAMETERS_MOST || !is_small(head(list))) return raise_badarg(p);
        parameters[n++] = (long)small_value(head(list));
    }
    return expand(p, arg[0], parameters, PARAMETERS_MOST);
}

static term string(struct heap *h, const char *text) { return make_string(h, text, strlen(text)); }

/* Newest first, as stock's list. */
static term names_of(struct heap *h, enum capability_kind kind)
{
    term list = NIL;
    for (const struct capability *c = NULL; (c = capability_next(c, kind));) {
        term pairs[] = {ATOM(name_),        string(h, c->name), ATOM(code),
                        string(h, c->code), ATOM(full_name),    string(h, c->full_name)};
        list = make_cons(h, map_from_pairs(h, pairs, 3, false), list);
    }
    return list;
}

term bif_prim_tty_tinfo_nif_0(struct process *p, const term *arg)
{
    struct heap *h = &p->heap;
    (void)arg;
    term pairs[] = {ATOM(bool), names_of(h, CAPABILITY_FLAG),
                    ATOM(num),  names_of(h, CAPABILITY_NUMBER),
                    ATOM(str),  names_of(h, CAPABILITY_STRING)};
    return map_from_pairs(h, pairs, 3, false);
}
