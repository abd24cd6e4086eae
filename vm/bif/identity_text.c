/* SPDX-License-Identifier: Apache-2.0 */
/* identity_text.c -- pids, ports, references and funs as text, and back.
 *
 * The first number names the node; only 0, this one, is read back: the others mean something
 * while a connection lasts.
 */
#include "bif/bif.h"
#include "etf/etf.h"
#include "etf/print.h"
#include "term/identity.h"

/* The longest is a fun with two quoted names, each byte of which may take four. */
enum { TEXT_ROOM = 2 * 4 * ATOM_BYTES_MAX + 64 };

static term to_list(struct process *p, term t)
{
    char text[TEXT_ROOM];
    size_t n = term_print_to(text, sizeof text, t, PRINT_ALL);
    return make_string(&p->heap, text, n);
}

term bif_erlang_pid_to_list_1(struct process *p, const term *arg)
{
    return is_pid(arg[0]) ? to_list(p, arg[0]) : raise_badarg(p);
}
term bif_erlang_port_to_list_1(struct process *p, const term *arg)
{
    return is_port(arg[0]) ? to_list(p, arg[0]) : raise_badarg(p);
}
term bif_erlang_ref_to_list_1(struct process *p, const term *arg)
{
    return is_ref(arg[0]) ? to_list(p, arg[0]) : raise_badarg(p);
}
term bif_erlang_fun_to_list_1(struct process *p, const term *arg)
{
    return is_fun(arg[0]) ? to_list(p, arg[0]) : raise_badarg(p);
}

/* --- back ------------------------------------------------------------------------------------ */

/* Reads PREFIX number . number ... > from a list of characters; the count of numbers, 0 when it is
 * another text.  No number may pass `most`. */
static size_t read_numbers(term list, const char *prefix, uint64_t *numbers, size_t room,
                           uint64_t most)
{
    for (; *prefix; prefix++, list = tail(list))
        if (!is_cons(list) || !term_same(head(list), small(*prefix))) return 0;
    for (size_t n = 0; n < room;) {
        bool digits = false;
        numbers[n] = 0;
        for (; is_cons(list) && is_small(head(list)); list = tail(list)) {
            int64_t digit = small_value(head(list)) - '0';
            if (digit < 0 || digit > 9) break;
            if (numbers[n] > most / 10) return 0;
            numbers[n] = numbers[n] * 10 + (uint64_t)digit;
            digits = true;
        }
        if (!digits || numbers[n] > most || !is_cons(list)) return 0;
        n++;
        term after = head(list);
        list = tail(list);
        if (term_same(after, small('>'))) return is_nil(list) ? n : 0;
        if (!term_same(after, small('.'))) return 0;
    }
    return 0;
}

term bif_erlang_list_to_pid_1(struct process *p, const term *arg)
{
    uint64_t n[3];
    if (read_numbers(arg[0], "<", n, 3, UINT32_MAX) != 3 || n[0] != 0) return raise_badarg(p);
    if (n[1] >> ID_NUMBER_BITS) return raise_badarg(p);
    return pid_term(n[1] | n[2] << ID_NUMBER_BITS);
}

term bif_erlang_list_to_port_1(struct process *p, const term *arg)
{
    uint64_t n[2];
    if (read_numbers(arg[0], "#Port<", n, 2, (UINT64_C(1) << 60) - 1) != 2 || n[0] != 0)
        return raise_badarg(p);
    return port_term(n[1]);
}

term bif_erlang_list_to_ref_1(struct process *p, const term *arg)
{
    uint64_t n[1 + REF_NUMBERS_MAX];
    if (read_numbers(arg[0], "#Ref<", n, 1 + REF_NUMBERS_MAX, UINT32_MAX) != 4 || n[0] != 0)
        return raise_badarg(p);
    uint64_t ids[2] = {n[3] | n[2] << 32, n[1]};
    struct resource *r = etf_hooks.resource ? etf_hooks.resource(ids) : NULL;
    if (r) return make_magic_ref(&p->heap, r);
    term *ref = heap_alloc(&p->heap, REF_WORDS);
    ref[0] = header(2, KIND_REF), ref[1] = term_of(ids[0]), ref[2] = term_of(ids[1]);
    return boxed_term(ref);
}
