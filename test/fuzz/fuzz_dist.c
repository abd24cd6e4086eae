/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_dist.c -- libFuzzer's door to what other nodes send.
 *
 * The first byte says what was negotiated; packets follow, each behind two bytes of length.  A process is linked,
 * watched and an alias's owner, so that messages about it mean something.  Whatever came: the connection
 * can be ended, then nothing hangs in it any more, and another one can be made.
 */
#include <stdlib.h>

#include "binary/bits.h"
#include "dist/dist.h"
#include "dist/identity.h"
#include "dist/input.h"
#include "dist/output.h"
#include "dist/signal.h"
#include "process/registry.h"
#include "test/unit/process_setup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct process *kernel, *logger, *controller, *victim;
/* Numbers that the seeds know: of an alias, and of a monitor of ours. */
static const uint64_t alias_ids[2] = {1, 0}, monitor_ids[2] = {2, 0};

static void must(bool condition)
{
    if (!condition) abort();
}

static void start(void)
{
    static bool started;
    if (started) return;
    started = true;
    setup_processes();
    dist_start(NULL);
}

/* Also these two may have been ended by a signal. */
static void make_services(void)
{
    if (is_no_value(registry_find(ATOM(net_kernel)))) {
        kernel = make_process(NULL, false);
        registry_add(ATOM(net_kernel), kernel->pid);
        must(dist_set_node(atom_make("us@here", 7), 5));
    }
    if (is_no_value(registry_find(ATOM(logger)))) {
        logger = make_process(NULL, false);
        registry_add(ATOM(logger), logger->pid);
    }
}

/* A pid of the other node, in words of the caller's. */
static term their_pid(term words[EXTERNAL_ID_WORDS], uint64_t number)
{
    words[0] = header(2, KIND_EXTERNAL_PID);
    words[1] = term_of((uintptr_t)node_make(atom_make("them@there", 10), 7));
    words[2] = term_of(number);
    return boxed_term(words);
}

/* Linked to <1>, watched by <2> and watching <3>. */
static void relate(struct peer *p)
{
    term words[EXTERNAL_ID_WORDS];
    term one = distant_keep(their_pid(words, 1));
    must(link_make(victim->pid, &victim->relations, one, &p->relations));
    must(monitor_make_to_distant(monitor_ids, victim, MONITOR_PROCESS,
                                 distant_keep(their_pid(words, 3)), &p->relations, NIL, NO_VALUE,
                                 NO_VALUE, ALIAS_NONE) != NULL);
    monitor_find(monitor_ids)->resource = p;
    must(monitor_make(alias_ids, victim, MONITOR_NOTHING, NIL, NULL, NIL, NO_VALUE,
                      ALIAS_EXPLICIT) != NULL);
}

static void make_victim(struct peer *p)
{
    if (victim) process_exit(victim, ATOM(killed));
    victim = make_process(NULL, false);
    victim->trap_exit = true;
    registry_add(atom_make("victim", 6), victim->pid);
    relate(p);
}

static void drain(struct peer *p)
{
    struct packet *k;
    while ((k = output_take(p))) packet_free(k);
    output_eased(p);
}

static void forget_messages(struct process *p) { mailbox_end(&p->mailbox); }

static const uint64_t negotiated[] = {
    DIST_DEFAULT,
    DIST_DEFAULT & ~DIST_FLAG(BIT_FRAGMENTS),
    DIST_DEFAULT & ~DIST_FLAG(BIT_ATOM_CACHE),
    DIST_DEFAULT & ~(DIST_FLAG(BIT_FRAGMENTS) | DIST_FLAG(BIT_ATOM_CACHE)),
    DIST_MANDATORY_25,
};

static void packets(struct peer *p, const uint8_t *at, const uint8_t *end)
{
    while (end - at >= 2) {
        size_t size = load_u16(at), left = (size_t)(end - at) - 2;
        if (size > left) size = left;
        uint8_t *own = malloc(size); /* of its own, so that reading beyond it is seen */
        memcpy(own, at + 2, size);
        input_packet(p, own, size);
        free(own);
        drain(p);
        at += 2 + size;
    }
}

static void no_process_is_left(struct process *p, void *context)
{
    (void)context;
    if (p != kernel && p != logger) process_exit(p, ATOM(killed));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    start();
    make_services();
    if (n == 0) return 0;
    struct peer *p = peer_make(atom_make("them@there", 10));
    process_set_next_number(3); /* the victim is <0.4.0> */
    controller = make_process(NULL, false);
    controller->serves_distance = true;
    must(peer_begin(p));
    const uint64_t flags = negotiated[data[0] % (sizeof negotiated / sizeof *negotiated)];
    must(peer_connected(p, controller->pid, flags, 7));
    victim = NULL;
    make_victim(p);
    packets(p, data + 1, data + n);
    process_each(no_process_is_left, NULL); /* the controller, too */
    must(p->state == PEER_IDLE);
    must(p->relations.links.next == &p->relations.links);
    must(p->relations.monitors.next == &p->relations.monitors);
    must(p->relations.watchers.next == &p->relations.watchers);
    must(!p->sequences && !p->cache && !p->first && !p->pending_first && p->waiting == 0);
    make_services();
    forget_messages(kernel);
    forget_messages(logger);
    struct process *next;
    while ((next = process_next_ready())) next->state = PROCESS_WAITING;
    return 0;
}
