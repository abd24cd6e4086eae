/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox_test.c -- order of messages, selective receive, markers, fragments. */
#include "test/unit/check.h"
#include "test/unit/process_setup.h"
#include "process/message.h"

static struct process *p, *q;

/* Receives the first message that is this small; false: there is none. */
static bool receive(int64_t wanted)
{
    struct message *m;
    while ((m = mailbox_peek(p))) {
        if (term_same(m->body, small(wanted))) {
            mailbox_remove(p);
            return true;
        }
        mailbox_advance(&p->mailbox);
    }
    mailbox_reset(&p->mailbox);
    return false;
}

static void send(int64_t n) { CHECK(mailbox_send(q, p, small(n))); }

static void in_order(void)
{
    for (int i = 0; i < 100; i++) send(i);
    CHECK(p->mailbox.length == 100);
    for (int i = 0; i < 100; i++) CHECK(receive(i));
    CHECK(p->mailbox.length == 0 && !mailbox_peek(p));
}

static void selective(void)
{
    for (int i = 0; i < 10; i++) send(i);
    CHECK(receive(9) && receive(0) && receive(5) && !receive(5));
    send(77); /* behind one that was the last and is gone */
    CHECK(receive(77) && receive(1) && receive(8));
    static const int rest[] = {2, 3, 4, 6, 7};
    for (int i = 0; i < 5; i++) {
        CHECK(mailbox_peek(p) && term_same(mailbox_peek(p)->body, small(rest[i])));
        mailbox_remove(p);
    }
    CHECK(!p->mailbox.first && p->mailbox.last == &p->mailbox.first);
}

static void big_bodies(void)
{
    struct heap *h = &q->heap;
    for (int round = 0; round < 200; round++) {
        term t = NIL;
        for (int i = 0; i < 50; i++) t = make_cons(h, small(i), t);
        CHECK(mailbox_send(q, p, t));
    }
    int seen = 0;
    for (struct message *m; (m = mailbox_peek(p)); seen++) {
        CHECK(!m->fragment && list_length(m->body) == 50);
        mailbox_remove(p);
    }
    CHECK(seen == 200);
}

static void markers(void)
{
    struct mailbox *m = &p->mailbox;
    send(1), send(2);
    term marker = mailbox_marker_reserve(m);
    term ref = make_ref(&p->heap);
    mailbox_marker_bind(m, marker, ref);
    mailbox_marker_use(m, ref);
    CHECK(!mailbox_peek(p)); /* older messages are not looked at */
    mailbox_reset(m);
    send(3);
    mailbox_marker_use(m, ref);
    CHECK(mailbox_peek(p) && term_same(mailbox_peek(p)->body, small(3)));
    /* The message that the marker stands behind goes away. */
    mailbox_reset(m);
    CHECK(receive(2));
    mailbox_marker_use(m, ref);
    CHECK(mailbox_peek(p) && term_same(mailbox_peek(p)->body, small(3)));
    mailbox_remove(p);
    mailbox_marker_clear(m, ref);
    mailbox_marker_use(m, ref);
    CHECK(mailbox_peek(p) && term_same(mailbox_peek(p)->body, small(1)));
    mailbox_remove(p);
    /* More markers than there is room for: the oldest is given up. */
    for (int i = 0; i < 10; i++) {
        term k = mailbox_marker_reserve(m);
        mailbox_marker_bind(m, k, make_ref(&p->heap));
    }
    send(4);
    CHECK(receive(4));
}

static void flush_down(void)
{
    struct heap *h = &q->heap;
    term ref = make_ref(h);
    for (int i = 0; i < 3; i++) {
        term parts[5] = {ATOM(DOWN), ref, ATOM(process), q->pid, small(i)};
        send(i);
        CHECK(mailbox_send(q, p, make_tuple(h, 5, parts)));
    }
    CHECK(mailbox_flush_down(p, ref, false) && p->mailbox.length == 5);
    CHECK(mailbox_flush_down(p, ref, true) && p->mailbox.length == 3);
    CHECK(!mailbox_flush_down(p, ref, true));
    send(9);
    CHECK(receive(0) && receive(1) && receive(2) && receive(9));
}

int main(void)
{
    setup_processes();
    p = make_process(NULL, false);
    q = make_process(NULL, false);
    in_order();
    selective();
    big_bodies();
    markers();
    flush_down();
    return check_result();
}
