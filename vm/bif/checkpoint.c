/* SPDX-License-Identifier: Apache-2.0 */
/* checkpoint.c -- the point of a boot at which its memory is kept, and from which others go on.
 *
 * Who goes on is another machine: everything that comes from outside is renewed here or by image_resumes[], before the
 * caller sees that it was resumed.  What OTP has read of it in the meantime is the caller's, otp/src/mote_main.erl: but for
 * the user's arguments, which only init knows, and nobody can tell it others.
 */
#include "bif/checkpoint.h"
#include "bif/bif.h"
#include "bif/persistent_term.h"
#include "binary/binary.h"
#include "code/code.h"
#include "heap/arena.h"
#include "heap/list.h"
#include "term/compare.h"
#include "process/clock.h"
#include "process/registry.h"
#include "process/unique.h"
#include "sched/start.h"

#include <string.h>

#define BIF NATIVE_BODY
#include "bif/checkpoint.def"
#undef BIF

static const struct native rows[] = {
#define BIF NATIVE_ROW
#include "bif/checkpoint.def"
#undef BIF
};
const struct native_table checkpoint_natives = {rows, sizeof rows / sizeof *rows};

term bif_mote_main_is_snapshot_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    return atom_bool(plat_wants_checkpoint());
}

/* Most processes never run again, and of those that do a start writes to both ends of the heap. */
static void tighten(struct process *p, void *context)
{
    (void)context;
    process_tighten(p);
}

/* What lies between a heap's terms and its stack is of no use to anybody. */
static void wipe_heap(struct process *p, void *running)
{
    struct heap *h = &p->heap;
    if (p == running || !h->start) return;
    memset(h->top, 0, (size_t)(h->stack - h->top) * sizeof *h->top);
    if (h->old_top) memset(h->old_top, 0, (size_t)(h->old_end - h->old_top) * sizeof *h->old_top);
}

/* Up to -extra. */
static int words_of_init(void)
{
    int n = 0;
    while (n < boot_arguments.count && strcmp(boot_arguments.list[n], "-extra") != 0) n++;
    return n;
}

/* How many of those this start has that the one whose memory this is did not have: cli/node.c. */
static int new_words;

term bif_mote_main_checkpoint_0(struct process *p, const term *arg)
{
    (void)arg;
    const int words = words_of_init();
    if (plat_wants_checkpoint()) {
        process_each(tighten, NULL);
        process_each(wipe_heap, p);
        arena_nursery_start();
    }
    arena_trim();
    const struct plat_boot *boot = plat_checkpoint();
    if (!boot) return ATOM(false);
    arena_resize(boot->heap_bytes);
    persistent_term_resume();
    clock_resume();
    unique_resume();
    boot_arguments_read(boot);
    new_words = words_of_init() - words;
    for (size_t i = 0; image_resumes[i]; i++) image_resumes[i](boot);
    plat_mark(PLAT_MARK_ERLANG);
    return ATOM(true);
}

term bif_mote_main_application_starts_0(struct process *p, const term *arg)
{
    (void)p, (void)arg;
    plat_mark(PLAT_MARK_APPLICATION);
    return ATOM(true);
}

static void touch(const void *from, size_t bytes)
{
    const volatile uint8_t *at = from;
    for (size_t i = 0; i < bytes; i += ARENA_PAGE) (void)at[i];
    if (bytes) (void)at[bytes - 1];
}

/* A large application has parts that nobody calls: those are better compressed. */
#define TOUCHED_MOST (64 << 10)

term bif_mote_main_touch_module_1(struct process *p, const term *arg)
{
    const struct module *m = is_atom(arg[0]) ? module_find(arg[0]) : NULL;
    const struct code_area *a = m ? m->current : NULL;
    if (!a) return raise_badarg(p);
    if (a->bytes > TOUCHED_MOST) return ATOM(true);
    touch(a->code, a->words * sizeof *a->code);
    touch(a->literal_memory, a->literal_words * sizeof(term));
    for (uint32_t i = 0; i < a->exports_count; i++)
        touch(a->exports[i].export, sizeof *a->exports[i].export);
    for (uint32_t i = 0; i < a->funs_count; i++) touch(a->funs[i], sizeof *a->funs[i]);
    return ATOM(true);
}

/* A list of binaries. */
static term argument_list(struct process *p, int from, int to)
{
    term list = NIL;
    for (int i = to; i-- > from;) {
        const char *text = boot_arguments.list[i];
        term bytes = binary_make(&p->heap, text, strlen(text));
        if (is_no_value(bytes)) return raise(p, ATOM(system_limit));
        list = make_cons(&p->heap, bytes, list);
    }
    return list;
}

term bif_mote_main_arguments_0(struct process *p, const term *arg)
{
    (void)arg;
    return argument_list(p, words_of_init() + 1, boot_arguments.count);
}

/* They stand behind -home and a "--", where those for init begin.  Told once: a copy of this mote is what it is already. */
term bif_mote_main_new_flags_0(struct process *p, const term *arg)
{
    (void)arg;
    int from = 0, n = new_words;
    new_words = 0;
    if (n <= 0) return NIL;
    for (int dashes = 0; from < boot_arguments.count && dashes < 2; from++)
        dashes += strcmp(boot_arguments.list[from], "--") == 0;
    return argument_list(p, from,
                         n < boot_arguments.count - from ? from + n : boot_arguments.count);
}

/* --- name servers -------------------------------------------------------------------------------- */

/* As inet_db has them: {Address, Port}. */
static term server_term(struct heap *h, unsigned version, const uint8_t *address)
{
    enum { DNS_PORT = 53 };
    const size_t n = version == 4 ? 4 : 8;
    term parts[8];
    for (size_t i = 0; i < n; i++)
        parts[i] = small(n == 4 ? address[i] : address[2 * i] << 8 | address[2 * i + 1]);
    return make_tuple2(h, make_tuple(h, n, parts), small(DNS_PORT));
}

/* Words with spaces between. */
static term words_term(struct heap *h, const char *text)
{
    term list = NIL, *last = &list;
    while (*text) {
        size_t n = strcspn(text, " ");
        if (n) last = list_append(h, last, make_string(h, text, n));
        text += n + (text[n] == ' ');
    }
    return list;
}

term bif_mote_main_name_servers_0(struct process *p, const term *arg)
{
    struct plat_names names;
    term list = NIL;
    (void)arg;
    plat_names(&names);
    for (unsigned i = names.servers; i-- > 0;)
        list = make_cons(&p->heap,
                         server_term(&p->heap, names.server[i].version, names.server[i].address),
                         list);
    return make_tuple2(&p->heap, list, words_term(&p->heap, names.search));
}

/* --- what init knows ------------------------------------------------------------------------------ */

/* What init goes round with, in all releases from 25 on: {state, Flags, Arguments, ...}, ten elements or more. */
static bool is_state_of_init(term t)
{
    return is_tuple(t) && tuple_size(t) >= 10 && term_same(element(t, 0), ATOM(state));
}

/* The state with more flags, or other arguments. */
enum part { FLAGS = 1, ARGUMENTS = 2 };

static bool is_home(term flag)
{
    return is_tuple_of(flag, 2) && term_same(element(flag, 0), ATOM(home));
}

/* Behind -home, where the boot would have them of the words that are new. */
static term with_flags(struct heap *h, term old, term more)
{
    term first = NIL, *last = &first, at = old;
    while (is_cons(at) && !is_home(head(at))) at = tail(at);
    const term rest = is_cons(at) ? tail(at) : old;
    if (is_cons(at))
        for (; !term_same(old, rest); old = tail(old)) last = list_append(h, last, head(old));
    for (; is_cons(more); more = tail(more)) last = list_append(h, last, head(more));
    *last = rest;
    return first;
}

static term with_part(struct heap *h, term state, enum part which, term value)
{
    size_t words = tuple_size(state) + 1;
    term *w = heap_alloc(h, words);
    memcpy(w, boxed_words(state), words * sizeof *w);
    w[1 + which] = which == FLAGS ? with_flags(h, element(state, FLAGS), value) : value;
    return boxed_term(w);
}

/* init waits in a receive: its state lies on its stack. */
static bool give(struct process *init, enum part which, term value)
{
    term *end = init->heap.end, found = NIL;
    for (const term *at = init->heap.stack; at < end; at++) {
        if (!is_state_of_init(*at)) continue;
        if (!is_nil(found) && !term_same(found, *at)) return false;
        found = *at;
    }
    if (is_nil(found)) return false;
    /* Nothing new is not written: a page that is written to is one that this mote has to itself. */
    if (which == FLAGS ? is_nil(value) : term_equal(element(found, ARGUMENTS), value)) return true;
    term renewed = with_part(&init->heap, found, which, copy_to_heap(value, &init->heap));
    for (term *at = init->heap.stack; at < end; at++)
        if (term_same(*at, found)) *at = renewed;
    return true;
}

static term give_to_init(struct process *p, enum part which, term value)
{
    term pid = registry_find(ATOM(init));
    struct process *init = term_same(pid, NO_VALUE) ? NULL : process_find(pid);
    if (!init || init == p || list_length(value) < 0 || !give(init, which, value))
        return raise_badarg(p);
    return ATOM(true);
}

term bif_mote_main_take_arguments_1(struct process *p, const term *arg)
{
    return give_to_init(p, ARGUMENTS, arg[0]);
}

term bif_mote_main_take_flags_1(struct process *p, const term *arg)
{
    return give_to_init(p, FLAGS, arg[0]);
}
