/* SPDX-License-Identifier: Apache-2.0 */
/* seq_trace.h -- the sequential trace: a token that travels with messages, and who hears of its way.
 *
 * The token of a process is p->seq_token: NIL, or {Flags, Label, Serial, Sender, Last}.  It is
 * never changed in place: messages may share it.
 */
#ifndef VM_SEQ_TRACE_H
#define VM_SEQ_TRACE_H

#include "process/tracer.h"

enum seq_part { SEQ_FLAGS, SEQ_LABEL, SEQ_SERIAL, SEQ_SENDER, SEQ_LAST, SEQ_PARTS };
enum seq_flag {
    SEQ_SEND = 1,
    SEQ_RECEIVE = 2,
    SEQ_PRINT = 4,
    SEQ_NOW = 8, /* time stamps: TRACE_NOW .. shifted by SEQ_STAMP_SHIFT */
    SEQ_STRICT = 16,
    SEQ_MONOTONIC = 32,
    SEQ_STAMP_SHIFT = 3
};

/* Who hears of it: see tracer.h. */
term seq_tracer(void);
term seq_trace_kept_tracer(void); /* who does not ask whether he is still there */
/* false: it is dead. */
bool seq_tracer_set(term tracer);

/* p has a token (a new one when it had none) with this part changed. */
void seq_trace_put(struct process *p, enum seq_part which, term value);
/* A new serial, before something is sent. */
void seq_trace_step(struct process *p);
/* {seq_trace, Label, {Type, {Last, Serial}, Sender, Receiver, Message} [, Time]} */
void seq_trace_tell(term token, term message, enum seq_flag type, term receiver,
                    const struct process *p);

/* from, who has a token, sends to `receiver`. */
void seq_trace_sent(struct process *from, term message, term receiver);
/* The alias that a message is being sent to, which is then shown as the receiver; NO_VALUE: none. */
extern term seq_trace_alias;
/* p has received a message whose token is not p's. */
void seq_trace_received(struct process *p, const struct message *message);
/* The exit signal of `from`: the token that goes along. */
term seq_trace_exit(term from, struct process *to, term reason);
/* Whose exit signals and monitor messages are being sent; NULL: nobody's. */
extern struct process *seq_trace_ending;
/* The parent has a token. */
void seq_trace_spawned(struct process *parent, struct process *child, const struct spawn_options *o,
                       term args);

#endif
