/* SPDX-License-Identifier: Apache-2.0 */
/* process_test.c -- links, monitors, aliases, exits, names, the dictionary, suspension. */
#include "test/unit/check.h"
#include "test/unit/process_setup.h"
#include "process/dictionary.h"
#include "process/registry.h"
#include "process/send.h"
#include "process/suspend.h"
#include "term/compare.h"

/* The next message of p, removed; NO_VALUE: none. */
static term next_message(struct process *p)
{
    struct message *m = mailbox_peek(p);
    if (!m) return NO_VALUE;
    term body = m->body;
    mailbox_remove(p);
    return body;
}

static bool is_exit(term t, term from, term reason)
{
    return is_value(t) && is_tuple_of(t, 3) && term_same(element(t, 0), ATOM(EXIT)) &&
           term_same(element(t, 1), from) && term_same_value(element(t, 2), reason);
}

static bool is_down(term t, term ref, term who, term reason)
{
    return is_value(t) && is_tuple_of(t, 5) && term_same(element(t, 0), ATOM(DOWN)) &&
           term_same_value(element(t, 1), ref) && term_same(element(t, 3), who) &&
           term_same_value(element(t, 4), reason);
}

static term watch(struct process *p, struct process *target, enum alias_mode alias)
{
    term ref = make_ref(&p->heap);
    CHECK(monitor_make(ref_ids(ref), p, MONITOR_PROCESS, target->pid, &target->relations, NIL,
                       NO_VALUE, alias));
    return ref;
}

static void end(struct process *p, term reason)
{
    process_exit(p, reason);
    while (process_next_ready()) {}
}

static void links(void)
{
    uint32_t before = process_count();
    struct process *p = make_process(NULL, false), *q = make_process(p, true);
    p->trap_exit = true;
    CHECK(link_exists(p->pid, q->pid) && link_exists(q->pid, p->pid));
    term qid = q->pid, reason = make_tuple2(&q->heap, ATOM(error), small(1));
    end(q, reason);
    CHECK(!process_find(qid));
    term expected = make_tuple2(&p->heap, ATOM(error), small(1));
    CHECK(is_exit(next_message(p), qid, expected));
    CHECK(!link_exists(p->pid, qid));

    struct process *r = make_process(p, true);
    term rid = r->pid;
    process_exit_signal(p->pid, r, ATOM(normal), false);
    CHECK(process_find(rid)); /* normal from somebody else is nothing */
    process_exit_signal(p->pid, r, ATOM(kill), false);
    while (process_next_ready()) {}
    CHECK(!process_find(rid) && is_exit(next_message(p), rid, ATOM(killed)));
    end(p, ATOM(normal));
    CHECK(process_count() == before);
}

/* A chain of 900 linked processes ends when one does. */
static void long_chain(void)
{
    uint32_t before = process_count();
    struct process *first = make_process(NULL, false), *last = first;
    for (int i = 0; i < 900; i++) last = make_process(last, true);
    end(first, ATOM(normal));
    CHECK(process_count() == before + 900);
    end(last, ATOM(badarg));
    CHECK(process_count() == before);
}

static void monitors(void)
{
    struct process *p = make_process(NULL, false), *q = make_process(NULL, false);
    term qid = q->pid;
    term plain = watch(p, q, ALIAS_NONE), kept = watch(p, q, ALIAS_EXPLICIT);
    term once = watch(p, q, ALIAS_REPLY_DEMONITOR);
    CHECK(send_message(q, plain, small(1)) == SEND_OK && is_no_value(next_message(p)));
    CHECK(send_message(q, kept, small(2)) == SEND_OK && term_same(next_message(p), small(2)));
    CHECK(send_message(q, once, small(3)) == SEND_OK && term_same(next_message(p), small(3)));
    CHECK(send_message(q, once, small(4)) == SEND_OK && is_no_value(next_message(p)));
    end(q, ATOM(noproc));
    CHECK(is_down(next_message(p), plain, qid, ATOM(noproc)));
    CHECK(is_down(next_message(p), kept, qid, ATOM(noproc)));
    CHECK(is_no_value(next_message(p)));
    CHECK(send_message(NULL, kept, small(5)) == SEND_OK && term_same(next_message(p), small(5)));
    struct monitor *m = monitor_find(ref_ids(kept));
    CHECK(m && m->kind == MONITOR_NOTHING);
    if (m) monitor_free(m);
    /* The watcher goes first: nothing is left behind. */
    struct process *r = make_process(NULL, false);
    term ref = watch(p, r, ALIAS_EXPLICIT);
    uint64_t ids[2] = {ref_ids(ref)[0], ref_ids(ref)[1]};
    end(p, ATOM(normal));
    CHECK(!monitor_find(ids));
    end(r, ATOM(normal));
}

static void names(void)
{
    struct process *p = make_process(NULL, false), *q = make_process(NULL, false);
    term pid = p->pid;
    CHECK(registry_add(ATOM(init), pid) == REGISTRY_OK);
    CHECK(registry_add(ATOM(logger), pid) == REGISTRY_NAME_IN_USE);
    CHECK(registry_add(ATOM(init), q->pid) == REGISTRY_NAME_IN_USE);
    CHECK(send_message(q, ATOM(init), small(1)) == SEND_OK && term_same(next_message(p), small(1)));
    CHECK(send_message(q, ATOM(undefined), small(1)) == SEND_BADARG);
    end(p, ATOM(normal));
    CHECK(is_no_value(registry_find(ATOM(init))));
    CHECK(registry_add(ATOM(init), pid) == REGISTRY_NOBODY);
    CHECK(registry_add(ATOM(init), q->pid) == REGISTRY_OK && registry_remove(ATOM(init)));
    CHECK(is_nil(q->registered_name));
    end(q, ATOM(normal));
}

static void dictionary(void)
{
    struct dictionary *d = NULL;
    term old;
    CHECK(is_no_value(dictionary_get(d, small(1))));
    for (int i = 0; i < 1000; i++)
        CHECK(dictionary_put(&d, small(i), small(-i), &old) && is_no_value(old));
    for (int i = 0; i < 1000; i += 3) CHECK(term_same(dictionary_erase(d, small(i)), small(-i)));
    for (int i = 0; i < 1000; i++) {
        term found = dictionary_get(d, small(i));
        CHECK(i % 3 == 0 ? is_no_value(found) : term_same(found, small(-i)));
    }
    CHECK(dictionary_count(d) == 666);
    CHECK(dictionary_put(&d, small(1), ATOM(ok), &old) && term_same(old, small(-1)));
    for (int i = 0; i < 1000; i++) dictionary_erase(d, small(i));
    CHECK(dictionary_count(d) == 0 && is_no_value(dictionary_get(d, small(1))));
    dictionary_free(d);
}

static void suspension(void)
{
    struct process *p = make_process(NULL, false), *q = make_process(NULL, false);
    bool added;
    CHECK(suspend(p, q, false, &added) && added && suspend(p, q, true, &added) && !added);
    CHECK(suspend(p, q, false, &added) && added && q->suspend_count == 2);
    CHECK(mailbox_send(p, q, small(1)));
    CHECK(!process_next_ready());
    CHECK(resume(p, q->pid) && !process_next_ready());
    CHECK(resume(p, q->pid) && process_next_ready() == q);
    q->state = PROCESS_WAITING;
    CHECK(!resume(p, q->pid));
    CHECK(suspend(p, q, false, &added) && mailbox_send(p, q, small(2)));
    end(p, ATOM(normal)); /* everybody it had suspended goes on */
    CHECK(q->suspend_count == 0);
    end(q, ATOM(normal));
}

static void priorities(void)
{
    struct process *low = make_process(NULL, false), *normal = make_process(NULL, false);
    struct process *high = make_process(NULL, false);
    low->priority = PRIORITY_LOW, high->priority = PRIORITY_HIGH;
    process_make_ready(low), process_make_ready(normal), process_make_ready(high);
    CHECK(process_next_ready() == high);
    int normals = 0;
    struct process *next;
    while ((next = process_next_ready()) == normal) normals++, process_make_ready(normal);
    CHECK(next == low && normals == 7);
    end(low, ATOM(normal)), end(normal, ATOM(normal)), end(high, ATOM(normal));
}

int main(void)
{
    setup_processes();
    links();
    long_chain();
    monitors();
    names();
    dictionary();
    suspension();
    priorities();
    CHECK(process_count() == 0);
    return check_result();
}
