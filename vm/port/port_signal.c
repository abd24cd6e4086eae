/* SPDX-License-Identifier: Apache-2.0 */
/* port_signal.c -- what processes ask of ports: commands, a new owner, the end; by function, message or signal.
 *
 * A message that is no command, or comes in the name of somebody who is not the owner, ends the owner
 * with badsig, as in stock; so does data that is none, which the log hears of, too.
 */
#include "binary/binary.h"
#include "heap/arena.h"
#include "port/port_trace.h"
#include "process/accounting.h"
#include "process/log.h"
#include "process/trace.h"

term port_caller = {TAG_NIL};

/* --- commands --------------------------------------------------------------------------------- */

static void log_bad_value(const struct port *p)
{
    static const char before[] = "Bad value on output port '", after[] = "'\n";
    char text[300];
    size_t at = sizeof before - 1, n = strlen(p->name), most = sizeof text - at - sizeof after;
    if (n > most) n = most;
    memcpy(text, before, at);
    memcpy(text + at, p->name, n);
    memcpy(text + at + n, after, sizeof after);
    log_text(ATOM(error), NIL, text);
}

/* The data with its length in front, where the driver wants that; NULL: it is none. */
static uint8_t *framed(term iodata, unsigned room, unsigned head, size_t *n)
{
    if (iodata_size(iodata, n) != IODATA_OK) return NULL;
    if (head && head < 8 && *n >> (8 * head)) return NULL; /* its length does not fit */
    uint8_t *block = arena_malloc(room + *n + head + 1);
    if (!block) return NULL;
    port_put_head(block + room, head, *n);
    if (iodata_copy(iodata, block + room + head) == IODATA_OK) return block;
    arena_free(block);
    return NULL;
}

/* true: it was written. */
static bool write_data(struct port *p, term caller, term iodata)
{
    unsigned head = port_head_bytes(p), room = p->driver->room;
    bool keeps = p->driver->keeps;
    size_t n;
    uint8_t *block = framed(iodata, room, head, &n);
    if (!block) {
        log_bad_value(p);
        return false;
    }
    port_trace_bytes(p, caller, ATOM(command), NULL, block + room + head, n);
    p->output += n;
    port_totals.output += n;
    enum account before = account(ACCOUNT_PORT);
    port_caller = caller;
    p->driver->output(p, block + room, n + head);
    port_caller = NIL;
    account(before);
    if (!keeps) arena_free(block);
    return true;
}

static term id_of(const struct process *p) { return p ? p->pid : NIL; }

bool port_write(struct process *caller, struct port *p, term iodata)
{
    if (!p->driver->output) return false;
    struct port_turn turn;
    port_turn_start(&turn, p, caller, ATOM(command));
    bool good = write_data(p, id_of(caller), iodata);
    port_turn_end(&turn);
    return good;
}

bool port_control(struct process *caller, struct port *p, unsigned op, term iodata,
                  struct port_answer *out)
{
    uint8_t *in;
    size_t n;
    *out = (struct port_answer){0};
    if (iodata_to_block(iodata, 1, &in, &n) != IODATA_OK) return false;
    struct port_turn turn;
    term id = p->id;
    port_turn_start(&turn, p, caller, ATOM(control));
    bool good = p->driver->control;
    if (good) {
        port_trace_bytes(p, caller->pid, ATOM(control), &op, in, n);
        enum account before = account(ACCOUNT_PORT);
        port_caller = caller->pid;
        good = p->driver->control(p, op, in, n, out);
        port_caller = NIL;
        account(before);
        p = port_find(id);
        if (good && p) port_trace_answered(p, caller->pid, ATOM(control), out->bytes, out->size);
    }
    port_turn_end(&turn);
    arena_free(in);
    return good;
}

/* --- owners ----------------------------------------------------------------------------------- */

static bool connect(struct process *caller, struct port *p, term pid)
{
    struct process *q = process_find(pid);
    if (!q) return false;
    bool old = link_exists(p->id, pid);
    if (!link_make(p->id, &p->relations, pid, &q->relations)) return false;
    if (!old && TRACED(&q->trace, TRACE_PROCS)) trace_linked(pid, ATOM(getting_linked), p->id);
    if (!old) port_trace_event(p, ATOM(getting_linked), pid);
    p->connected = pid;
    const term asked[3] = {header(2, KIND_TUPLE), ATOM(connect), pid};
    port_trace_received(p, caller->pid, boxed_term(asked));
    /* Nothing is sent, but stock tells it so. */
    const term answer[3] = {header(2, KIND_TUPLE), p->id, ATOM(connected)};
    port_trace_sent(p, boxed_term(answer), caller->pid);
    return true;
}

bool port_connect(struct process *caller, struct port *p, term pid)
{
    struct port_turn turn;
    port_turn_start(&turn, p, caller, ATOM(connect));
    bool good = connect(caller, p, pid);
    port_turn_end(&turn);
    return good;
}

/* {Owner, {connect, Pid}}: no link, and nobody asks whether it lives. */
static void hand_over(struct port *p, term owner, term what)
{
    port_trace_received(p, owner, what);
    port_tell(p, ATOM(connected)); /* the old one */
    p->connected = element(what, 1);
}

/* --- the end ----------------------------------------------------------------------------------- */

void port_end_for(struct process *caller, struct port *p, term reason)
{
    struct port_turn turn;
    port_turn_start(&turn, p, caller, ATOM(close));
    port_trace_received(p, caller->pid, ATOM(close));
    port_close(p, reason, false);
    port_turn_end(&turn);
}

void port_exit_signal(term from, term port, term reason, bool by_link)
{
    struct port *p = port_find(port);
    if (!p) return;
    struct process *caller = process_find(from);
    if (!by_link && caller) {
        port_end_for(caller, p, reason);
        return;
    }
    struct port_turn turn;
    port_turn_start(&turn, p, NULL, small(0));
    port_trace_received(p, from, ATOM(close));
    bool stays = by_link && term_same(reason, ATOM(normal)) && !term_same(from, p->connected);
    if (!stays) port_close(p, reason, false);
    port_turn_end(&turn);
}

/* --- messages ----------------------------------------------------------------------------------- */

static void bad_signal(const struct port *p)
{
    struct process *q = process_find(p->connected);
    if (q) process_exit_signal(p->id, q, ATOM(badsig), false);
}

/* The owner says so. */
static void command(struct port *p, term owner, term what)
{
    if (!is_tuple(what)) {
        port_trace_received(p, owner, ATOM(close));
        port_close(p, ATOM(normal), true);
    } else if (term_same(element(what, 0), ATOM(connect))) {
        is_local_pid(element(what, 1)) ? hand_over(p, owner, what) : bad_signal(p);
    } else if (!p->driver->output || !write_data(p, owner, element(what, 1))) {
        bad_signal(p);
    }
}

/* close, {command, _} or {connect, _}: its name; else NO_VALUE. */
static term verb_of(term what)
{
    if (term_same(what, ATOM(close))) return what;
    if (!is_tuple_of(what, 2)) return NO_VALUE;
    term verb = element(what, 0);
    return term_same(verb, ATOM(command)) || term_same(verb, ATOM(connect)) ? verb : NO_VALUE;
}

void port_receive(struct process *from, term port, term message)
{
    struct port *p = port_find(port);
    if (!p) return;
    term verb = NO_VALUE;
    if (is_tuple_of(message, 2) && is_local_pid(element(message, 0)))
        verb = verb_of(element(message, 1));
    struct port_turn turn;
    port_turn_start(&turn, p, from, is_value(verb) ? verb : ATOM(command));
    if (is_value(verb) && term_same(element(message, 0), p->connected))
        command(p, p->connected, element(message, 1));
    else
        bad_signal(p);
    port_turn_end(&turn);
}
