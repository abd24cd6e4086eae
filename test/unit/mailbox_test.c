/* SPDX-License-Identifier: Apache-2.0 */
/* mailbox_test.c -- order of messages, selective receive, markers, fragments, priority messages. */
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
        CHECK(list_length(m->body) == 50);
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

static void urgent(int64_t n) { CHECK(mailbox_send_priority(q, p, small(n))); }

/* The messages in the queue, in decimal digits. */
static int64_t queue(void)
{
    int64_t all = 0;
    for (const struct message *m = p->mailbox.first; m; m = m->next)
        all = all * 10 + small_value(m->body);
    return all;
}

/* Tries all that are left, which must be these. */
static void tries(int64_t expected)
{
    int64_t all = 0;
    for (struct message *m; (m = mailbox_peek(p)); mailbox_advance(&p->mailbox))
        all = all * 10 + small_value(m->body);
    CHECK(all == expected);
}

static void empty(void)
{
    struct mailbox *m = &p->mailbox;
    mailbox_reset(m);
    while (mailbox_peek(p)) mailbox_remove(p);
    CHECK(m->length == 0 && m->on_heap == 0 && m->last == &m->first);
    CHECK(m->priority_end == &m->first && !m->resume);
}

static void priority_order(void)
{
    urgent(1), send(3), urgent(2), send(4);
    CHECK(queue() == 1234 && p->mailbox.length == 4);
    CHECK(receive(2) && receive(3));
    send(6), urgent(5);
    CHECK(queue() == 1546 && receive(1) && receive(5) && queue() == 46);
    CHECK(p->mailbox.priority_end == &p->mailbox.first);
    urgent(7);
    CHECK(queue() == 746 && receive(6) && receive(7) && receive(4));
    empty();
}

/* Messages come while a receive has tried some already. */
static void priority_late(void)
{
    send(1), send(2);
    tries(12);
    urgent(3);
    tries(3); /* and then what has been tried is not tried again */
    urgent(4), urgent(5), send(6);
    tries(456);
    mailbox_reset(&p->mailbox);
    tries(345126);
    mailbox_reset(&p->mailbox);
    mailbox_advance(&p->mailbox); /* in the midst of the priority messages */
    urgent(7);
    tries(457126);
    mailbox_reset(&p->mailbox);
    CHECK(receive(2) && queue() == 345716);
    mailbox_reset(&p->mailbox);
    for (int i = 0; i < 4; i++) mailbox_advance(&p->mailbox); /* at the first ordinary one */
    urgent(8);
    tries(816);
    mailbox_reset(&p->mailbox);
    for (int i = 0; i < 6; i++) mailbox_advance(&p->mailbox); /* behind it */
    urgent(9);
    tries(96);
    urgent(2);
    mailbox_remove(p); /* the one that came late */
    CHECK(queue() == 34578916);
    tries(34578916);
    empty();
}

static void priority_markers(void)
{
    struct mailbox *m = &p->mailbox;
    term ref = make_ref(&p->heap);
    urgent(1), send(2);
    mailbox_marker_bind(m, mailbox_marker_reserve(m), ref);
    mailbox_marker_use(m, ref);
    CHECK(!mailbox_peek(p));
    urgent(3);
    tries(3);
    send(4);
    tries(4);
    mailbox_reset(m);
    mailbox_marker_use(m, ref);
    tries(34); /* neither of the old ones */
    mailbox_reset(m);
    CHECK(receive(1) && receive(3));
    mailbox_marker_use(m, ref);
    tries(4);
    urgent(5);
    tries(5);
    mailbox_reset(m);
    CHECK(receive(2) && receive(4));
    send(6);
    mailbox_marker_use(m, ref);
    tries(56);
    mailbox_reset(m);
    CHECK(receive(5));
    mailbox_marker_use(m, ref);
    tries(6);
    mailbox_marker_clear(m, ref);
    CHECK(!m->watched);
    empty();
    mailbox_marker_bind(m, mailbox_marker_reserve(m), ref); /* of an empty queue */
    send(1), urgent(2), send(3), urgent(4);
    mailbox_marker_use(m, ref);
    tries(2413);
    mailbox_marker_clear(m, ref);
    empty();
}

/* What the engine may be asked to do, at random, against a model that is a plain array. */
static void priority_random(void)
{
    static int64_t model[512];
    static bool is_urgent[512];
    int count = 0, tried = 0; /* model[0..tried) do not match */
    uint32_t seed = 1;
    for (int step = 0; step < 20000; step++) {
        seed = seed * 1664525 + 1013904223;
        unsigned what = seed >> 28;
        int at = count;
        if (what < 6 && count < 500) { /* one comes */
            bool first = what < 3;
            if (first)
                for (at = 0; at < count && is_urgent[at]; at++) {}
            for (int i = count++; i > at; i--)
                model[i] = model[i - 1], is_urgent[i] = is_urgent[i - 1];
            model[at] = step, is_urgent[at] = first;
            if (at < tried) { /* tried next, and the rest need not be tried again */
                urgent(step);
                CHECK(mailbox_peek(p) && term_same(mailbox_peek(p)->body, small(step)));
                mailbox_advance(&p->mailbox);
                tried++;
            } else {
                first ? urgent(step) : send(step);
            }
        } else if (what < 12) {
            struct message *m = mailbox_peek(p);
            CHECK(!m == (tried == count));
            if (!m) continue;
            CHECK(term_same(m->body, small(model[tried])));
            mailbox_advance(&p->mailbox);
            tried++;
        } else if (what < 15 && tried < count) {
            mailbox_remove(p);
            count--;
            for (int i = tried; i < count; i++)
                model[i] = model[i + 1], is_urgent[i] = is_urgent[i + 1];
            tried = 0;
        } else {
            mailbox_reset(&p->mailbox);
            tried = 0;
        }
    }
    empty();
}

static void priority_held(void)
{
    struct mailbox *m = &p->mailbox;
    send(1);
    tries(1);
    mailbox_hold(m);
    send(2), urgent(3);
    CHECK(queue() == 1 && m->length == 3 && mailbox_fetch(p) && queue() == 312);
    tries(32);
    urgent(4), send(5);
    mailbox_release(p);
    CHECK(queue() == 34125);
    tries(45);
    empty();
}

int main(void)
{
    setup_processes();
    p = make_process(NULL, false);
    q = make_process(NULL, false);
    in_order();
    selective();
    big_bodies();
    priority_order();
    priority_late();
    priority_markers();
    priority_random();
    priority_held();
    markers();
    flush_down();
    return check_result();
}
