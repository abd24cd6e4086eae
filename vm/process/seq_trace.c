/* SPDX-License-Identifier: Apache-2.0 */
/* seq_trace.c -- see seq_trace.h. */
#include "process/seq_trace.h"
#include "process/trace.h"

struct process *seq_trace_ending;
term seq_trace_alias;
static term tracer = {TAG_NIL};

term seq_tracer(void)
{
    if (!is_nil(tracer) && !tracer_lives(tracer)) tracer = NIL;
    return tracer;
}

term seq_trace_kept_tracer(void) { return tracer; }

bool seq_tracer_set(term to)
{
    if (!is_nil(to) && !tracer_lives(to)) return false;
    tracer = to;
    return true;
}

/* --- tokens ----------------------------------------------------------------------------------- */

void seq_trace_put(struct process *p, enum seq_part which, term value)
{
    term parts[SEQ_PARTS] = {small(0), small(0), small(0), p->pid, small(p->seq_last)};
    if (!is_nil(p->seq_token)) memcpy(parts, tuple_elements(p->seq_token), sizeof parts);
    parts[which] = value;
    p->seq_token = make_tuple(&p->heap, SEQ_PARTS, parts);
}

void seq_trace_step(struct process *p)
{
    if (is_nil(p->seq_token) || (!is_nil(seq_tracer()) && term_same(tracer, p->pid))) return;
    term parts[SEQ_PARTS];
    memcpy(parts, tuple_elements(p->seq_token), sizeof parts);
    parts[SEQ_SENDER] = p->pid;
    parts[SEQ_SERIAL] = small(++p->seq_clock);
    parts[SEQ_LAST] = small(p->seq_last);
    p->seq_token = make_tuple(&p->heap, SEQ_PARTS, parts);
}

void seq_trace_tell(term token, term message, enum seq_flag type, term receiver,
                    const struct process *p)
{
    if (is_nil(token) || is_nil(seq_tracer())) return;
    if (p && (p->trace.flags & TRACE_SENSITIVE || term_same(p->pid, tracer))) return;
    const term *t = tuple_elements(token);
    unsigned flags = (unsigned)small_value(t[SEQ_FLAGS]);
    bool over;
    if (!(flags & type)) return;
    if (tracer_is_module(tracer) &&
        !tracer_wants(tracer, ATOM(seq_trace), p ? p->pid : ATOM(undefined), &over))
        return;
    term counts[3] = {header(2, KIND_TUPLE), t[SEQ_LAST], t[SEQ_SERIAL]};
    term name = type == SEQ_SEND ? ATOM(send) : type == SEQ_RECEIVE ? ATOM(receive) : ATOM(print);
    term what[6] = {header(5, KIND_TUPLE), name,     boxed_term(counts),
                    t[SEQ_SENDER],         receiver, message};
    trace_tell_to(tracer, flags >> SEQ_STAMP_SHIFT & TRACE_STAMPS, t[SEQ_LABEL], ATOM(seq_trace),
                  boxed_term(what), NO_VALUE, ATOM(true));
}

/* --- messages and signals ----------------------------------------------------------------------- */

void seq_trace_sent(struct process *from, term message, term receiver)
{
    seq_trace_step(from);
    if (is_value(seq_trace_alias)) receiver = seq_trace_alias;
    seq_trace_tell(from->seq_token, message, SEQ_SEND, receiver, from);
}

void seq_trace_received(struct process *p, const struct message *message)
{
    if (term_same(message->token, ATOM(undefined))) return;
    p->seq_token = message->token;
    if (is_nil(p->seq_token)) return;
    int64_t serial = small_value(element(p->seq_token, SEQ_SERIAL));
    p->seq_last = serial;
    if (p->seq_clock < serial) p->seq_clock = serial;
    seq_trace_tell(p->seq_token, message->body, SEQ_RECEIVE, p->pid, p);
}

term seq_trace_exit(term from, struct process *to, term reason)
{
    struct process *p = process_find(from);
    if (!p && seq_trace_ending && term_same(seq_trace_ending->pid, from)) p = seq_trace_ending;
    if (!p) return ATOM(undefined);
    if (is_nil(p->seq_token)) return NIL;
    seq_trace_step(p);
    term message[4] = {header(3, KIND_TUPLE), ATOM(EXIT), from, reason};
    seq_trace_tell(p->seq_token, boxed_term(message), SEQ_SEND, to->pid, to);
    return p->seq_token;
}

/* --- spawning ------------------------------------------------------------------------------------- */

static void give_copy(struct process *child, term token)
{
    struct fragment *f = NULL;
    if (!copy_to_fragment(token, &f, &child->seq_token, true)) child->seq_token = NIL;
    if (f) heap_adopt(&child->heap, f);
}

/* As if the child were asked for, and answered for, by messages. */
void seq_trace_spawned(struct process *parent, struct process *child, const struct spawn_options *o,
                       term args)
{
    seq_trace_step(parent);
    give_copy(child, parent->seq_token);
    if (is_nil(child->seq_token)) return;
    term call[4] = {header(3, KIND_TUPLE), child->initial_module, child->initial_function,
                    small(child->initial_arity)};
    term request[9] = {header(8, KIND_TUPLE),
                       ATOM(spawn_request),
                       NIL,
                       parent->pid,
                       parent->group_leader,
                       boxed_term(call),
                       NIL,
                       is_value(o->reply_tag) ? o->reply_tag : ATOM(spawn_reply),
                       args};
    if (is_value(o->reference)) request[2] = o->reference;
    if (is_value(o->list)) request[6] = o->list;
    seq_trace_tell(parent->seq_token, boxed_term(request), SEQ_SEND, child->pid, parent);
    seq_trace_tell(parent->seq_token, boxed_term(request), SEQ_RECEIVE, child->pid, parent);
    child->seq_clock = child->seq_last = small_value(element(child->seq_token, SEQ_SERIAL));
    if (o->asynchronous) return;
    seq_trace_step(child);
    term reply[5] = {header(4, KIND_TUPLE), request[7], request[2], ATOM(ok), child->pid};
    seq_trace_tell(child->seq_token, boxed_term(reply), SEQ_SEND, parent->pid, parent);
    parent->seq_last = parent->seq_clock = child->seq_clock;
    seq_trace_tell(child->seq_token, boxed_term(reply), SEQ_RECEIVE, parent->pid, parent);
}
