/* SPDX-License-Identifier: Apache-2.0 */
/* agent_test.c -- the guest's end of the channel to the agent (host/agent.c, platform/channel.c), with whom one likes at the other.
 *
 * Both are compiled into this file, on a ring that is memory of the test.  The other end is first as it should be, slow and in all sizes,
 * with indices that wrap; then it says what cannot be.  What is allowed then: a frame, `again`, `closed` for good, or a panic.
 */
#include "abi/channel.h"

#include <pthread.h>
#include <setjmp.h>
#include <string.h>

static _Alignas(4096) unsigned char ring_memory[CHANNEL_STRIDE];
#undef LAYOUT_CHANNEL
#define LAYOUT_CHANNEL ((uintptr_t)ring_memory)

/* Under names of their own: the machine that this is linked with has others. */
#define plat_channel_open          own_channel_open
#define plat_channel_send          own_channel_send
#define plat_channel_room          own_channel_room
#define plat_channel_flush         own_channel_flush
#define plat_channel_receive       own_channel_receive
#define sched_watch                own_watch
#define agent_natives              own_natives
#define agent_resume               own_resume
#define bif_mote_main_has_agent_0  own_has_agent
#define bif_mote_agent_open_0      own_open
#define bif_mote_agent_put_3       own_put
#define bif_mote_agent_is_out_0    own_is_out
#define bif_mote_agent_get_0       own_get
#define bif_mote_agent_exhausted_0 own_exhausted
#define plat_panic                 own_panic
#include "platform/channel.c"

#include "host/agent.c"
#undef plat_panic

#include "test/unit/check.h"
#include "test/unit/process_setup.h"

static struct channel *const c = (struct channel *)(ring_memory + CHANNEL_BEFORE);
static struct process *p;
static void (*watcher)(plat_ready which);
static jmp_buf panicked;

noreturn void own_panic(const char *file, int line, const char *why)
{
    (void)file, (void)line, (void)why;
    longjmp(panicked, 1);
}

void own_watch(plat_ready mask, void (*is_ready)(plat_ready which))
{
    CHECK(mask == UINT64_C(1) << HANDLE_CHANNEL);
    watcher = is_ready;
}

static unsigned knocks;
static void knock(unsigned number, const struct channel *at)
{
    CHECK(number == 0 && at == c);
    knocks++;
}

static const char *const names[] = {"agent", NULL};
static const struct boot_record record = {.channels = (uintptr_t)names};
static const struct port own_port = {.channel_doorbell = knock};
const struct boot_record *boot_record = &record;
const struct port *port = &own_port;

static uint64_t seed = 17;
static uint32_t random_below(uint32_t n)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(seed >> 33) % n;
}

/* What a collection does. */
static void empty_heap(void)
{
    heap_end(&p->heap);
    p->heap = (struct heap){.exhausted = p->heap.exhausted};
    CHECK(heap_start(&p->heap, 1 << 16));
}

/* As in a machine that has just begun; and an owner. */
static void forget(void)
{
    channels_resumed();
    own_resume(NULL);
    agent.owned = agent.restored = false;
    agent.wants_input = agent.wants_room = false;
    empty_heap();
    p->fault.class_ = FAULT_NONE;
    CHECK(term_same(own_open(p, NULL), ATOM(true)));
}

/* On a ring on which nothing has been said, whose indices stand so. */
static void begin(uint32_t index)
{
    memset(ring_memory, 0, sizeof ring_memory);
    c->out.head = c->out.tail = c->in.head = c->in.tail = index;
    forget();
}

/* What the machine's loop does. */
static void turn(void)
{
    if (channels_ready()) watcher(channels_ready());
    channels_before_sleep();
}

static bool is(term t, term atom) { return is_value(t) && term_same(t, atom); }

/* --- an agent as it should be ----------------------------------------------------------------------------- */

static uint8_t letter(uint32_t at) { return (uint8_t)(at * 7 + (at >> 9)); }

static size_t put_some(const void *bytes, size_t n)
{
    uint32_t room = CHANNEL_RING_BYTES - (c->in.head - c->in.tail);
    if (n > room) n = room;
    for (size_t i = 0; i < n; i++)
        CHANNEL_IN(c)[(c->in.head + i) & (CHANNEL_RING_BYTES - 1)] = ((const uint8_t *)bytes)[i];
    c->in.head += (uint32_t)n;
    return n;
}

static size_t take_some(uint8_t *bytes, size_t n)
{
    uint32_t there = c->out.head - c->out.tail;
    if (n > there) n = there;
    for (size_t i = 0; i < n; i++)
        bytes[i] = CHANNEL_OUT(c)[(c->out.tail + i) & (CHANNEL_RING_BYTES - 1)];
    c->out.tail += (uint32_t)n;
    return n;
}

static uint32_t size_of(uint32_t number)
{
    static const uint32_t sizes[] = {
        0, 1, 7, 63, 64, 65, 1000, 4096, 70000, AGENT_FRAME_MOST - sizeof(struct agent_frame)};
    return sizes[number * 7 % 10];
}

/* Frame N has size_of(N) bytes, of which the first is letter(N), and so on. */
static size_t make(uint32_t number, uint8_t *out)
{
    const struct agent_frame head = {
        .bytes = size_of(number), .kind = (uint8_t)(number % 9 + 1), .flags = number & 1};
    memcpy(out, &head, sizeof head);
    for (uint32_t i = 0; i < head.bytes; i++) out[sizeof head + i] = letter(number + i);
    return sizeof head + head.bytes;
}

static bool is_frame(uint32_t number, int64_t kind, int64_t flags, const uint8_t *bytes, size_t n)
{
    if (kind != number % 9 + 1 || flags != (number & 1) || n != size_of(number)) return false;
    for (uint32_t i = 0; i < n; i++)
        if (bytes[i] != letter(number + i)) return false;
    return true;
}

static uint32_t got_frames(uint32_t next)
{
    term list = own_get(p, NULL);
    for (; is_cons(list); list = tail(list), next++) {
        term frame = head(list);
        struct bits b = binary_bits(element(frame, 2));
        CHECK(is_frame(next, small_value(element(frame, 0)), small_value(element(frame, 1)), b.base,
                       b.size / 8));
    }
    CHECK(is_nil(list) || is(list, ATOM(again)));
    return next;
}

static bool put_frame(uint32_t number)
{
    static uint8_t bytes[AGENT_FRAME_MOST];
    make(number, bytes);
    const term args[] = {
        small(number % 9 + 1), small(number & 1),
        binary_make(&p->heap, bytes + sizeof(struct agent_frame), size_of(number))};
    term answer = own_put(p, args);
    CHECK(is(answer, ATOM(ok)) || is(answer, ATOM(again)));
    return is(answer, ATOM(ok));
}

/* What comes out of the guest's ring is frames, in order. */
static uint32_t taken_frames(uint32_t next)
{
    static uint8_t bytes[AGENT_FRAME_MOST];
    static size_t n;
    struct agent_frame head;
    if (next == 0) n = n && c->out.head == c->out.tail ? 0 : n;
    for (;;) {
        size_t wanted = sizeof head;
        if (n >= sizeof head) memcpy(&head, bytes, sizeof head), wanted += head.bytes;
        CHECK(wanted <= sizeof bytes);
        if (wanted > sizeof bytes) return next;
        size_t more = take_some(bytes + n, wanted - n < 5000 ? wanted - n : 5000);
        n += more;
        if (n == wanted && wanted > sizeof head) {
            CHECK(is_frame(next++, head.kind, head.flags, bytes + sizeof head, head.bytes));
            n = 0;
        } else if (n == wanted && n == sizeof head &&
                   (memcpy(&head, bytes, sizeof head), head.bytes == 0)) {
            CHECK(is_frame(next++, head.kind, head.flags, NULL, 0));
            n = 0;
        } else if (!more) {
            return next;
        }
    }
}

static void both_ways(uint32_t index)
{
    enum { FRAMES = 300, ROUNDS = 200000 };
    static uint8_t waiting[AGENT_FRAME_MOST];
    size_t at = 0, n = 0;
    uint32_t told = 0, heard = 0, said = 0, arrived = 0;
    begin(index);
    for (unsigned round = 0; round < ROUNDS && (heard < FRAMES || arrived < FRAMES); round++) {
        switch (random_below(5)) {
        case 0:
            if (at == n && told < FRAMES) n = make(told++, waiting), at = 0;
            at += put_some(waiting + at, n - at < 9000 ? n - at : 1 + random_below(9000));
            break;
        case 1: heard = got_frames(heard); break;
        case 2:
            if (said < FRAMES && put_frame(said)) said++;
            break;
        case 3: arrived = taken_frames(arrived); break;
        default: turn(); break;
        }
        if (random_below(50) == 0) empty_heap();
    }
    CHECK(heard == FRAMES && arrived == FRAMES);
    CHECK(agent.rest == NULL && agent.body == NULL);
}

/* --- who is told ---------------------------------------------------------------------------------------------- */

static unsigned messages(void)
{
    unsigned n = 0;
    for (struct message *m; (m = mailbox_peek(p)); n++) {
        CHECK(is(m->body, ATOM(mote_agent)));
        mailbox_remove(p);
    }
    return n;
}

/* One message for one `again`, when there is room; what is for the agent itself finds some in a ring full of messages. */
static void full(void)
{
    static uint8_t bytes[AGENT_FRAME_MOST];
    unsigned n = 0;
    begin(5);
    messages();
    const term large[] = {small(AGENT_SEND), small(0), binary_make(&p->heap, bytes, 100000)};
    const term own[] = {small(AGENT_STOP), small(0), binary_make(&p->heap, bytes, 8)};
    while (n < 100 && is(own_put(p, large), ATOM(ok))) n++;
    CHECK(n == (CHANNEL_RING_BYTES - RESERVE) / (100000 + sizeof(struct agent_frame)));
    CHECK(is(own_put(p, own), ATOM(ok)) && is(own_is_out(p, NULL), ATOM(true)));
    CHECK(is(own_put(p, large), ATOM(again)));
    turn();
    CHECK(messages() == 0);
    for (unsigned i = 0; i < 1000; i++) take_some(bytes, sizeof bytes), turn();
    CHECK(messages() == 1);
    CHECK(is(own_put(p, large), ATOM(ok)));
    turn();
    CHECK(messages() == 0);
}

static void wrong_calls(void)
{
    static uint8_t bytes[AGENT_FRAME_MOST];
    begin(0);
    term good = binary_make(&p->heap, bytes, 8),
         much = binary_make(&p->heap, bytes, AGENT_FRAME_MOST - 7);
    const term wrong[][3] = {{small(256), small(0), good},   {small(-1), small(0), good},
                             {small(1), ATOM(ok), good},     {small(1), small(0), much},
                             {small(1), small(0), small(3)}, {small(1), small(0), ATOM(ok)}};
    for (unsigned i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        p->fault.class_ = FAULT_NONE;
        CHECK(is_no_value(own_put(p, wrong[i])) && p->fault.class_ == FAULT_ERROR);
    }
    CHECK(agent.rest == NULL && c->out.head == c->out.tail);
}

/* --- an agent that breaks the rules ---------------------------------------------------------------------------- */

static void closed_for_good(void)
{
    const term own[] = {small(AGENT_STOP), small(0), NIL};
    for (unsigned i = 0; i < 3; i++)
        CHECK(is(own_get(p, NULL), ATOM(closed)) && is(own_put(p, own), ATOM(closed)));
}

static void lengths(void)
{
    static const uint32_t too_long[] = {AGENT_FRAME_MOST + 1, CHANNEL_RING_BYTES, 0x7fffffff,
                                        0x80000000,           UINT32_MAX,         UINT32_MAX - 7};
    for (unsigned i = 0; i < sizeof too_long / sizeof *too_long; i++) {
        const struct agent_frame wrong = {.bytes = too_long[i], .kind = 5};
        static uint8_t first[AGENT_FRAME_MOST];
        begin(UINT32_MAX - 3);
        put_some(first, make(3, first));
        for (unsigned k = 0; k < sizeof wrong; k++) { /* cut at each place */
            CHECK(k == 0 || !is(own_get(p, NULL), ATOM(closed)));
            put_some((const uint8_t *)&wrong + k, 1);
        }
        own_get(p, NULL);
        turn();
        closed_for_good();
    }
}

/* Closed in the middle of a frame, at each place of a small one. */
static void cut(void)
{
    static uint8_t frame[AGENT_FRAME_MOST];
    size_t n = make(2, frame);
    for (size_t k = 0; k < n; k++) {
        begin((uint32_t)(UINT32_MAX - k));
        put_some(frame, k);
        CHECK(is(own_get(p, NULL), ATOM(again)));
        c->closed = 1;
        turn();
        closed_for_good();
        turn();
        own_resume(NULL); /* what had come is no leak */
        CHECK(!agent.body && is(own_get(p, NULL), ATOM(restored)));
    }
}

/* Whether it came to an end without a panic. */
static bool survives(void (*what)(void))
{
    if (setjmp(panicked)) return false;
    what();
    return true;
}

static void get_one(void) { own_get(p, NULL); }

static void put_one(void)
{
    const term own[] = {small(AGENT_STOP), small(0), NIL};
    own_put(p, own);
}

/* Indices that cannot be: no byte outside the ring is touched, the machine stops. */
static void indices(void)
{
    for (unsigned i = 0; i < 2000; i++) {
        uint32_t index = random_below(3) ? random_below(UINT32_MAX) : UINT32_MAX - random_below(9);
        uint32_t most = UINT32_MAX - 2 * CHANNEL_RING_BYTES;
        uint32_t off = CHANNEL_RING_BYTES + 1 + random_below(random_below(2) ? 9 : most);
        begin(index);
        if (i % 2) {
            c->in.head = index + off;
            CHECK(!survives(random_below(2) ? turn : get_one));
        } else {
            c->out.tail = index + off;
            CHECK(!survives(put_one));
        }
    }
}

/* Another processor writes into all that is shared, while the guest reads and writes. */
static volatile bool scribbling;

static void *scribble(void *nothing)
{
    uint64_t own_seed = 99;
    for (uint64_t i = 0; scribbling; i++) {
        own_seed = own_seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        uint32_t r = (uint32_t)(own_seed >> 33);
        uint32_t head = __atomic_load_n(&c->in.head, __ATOMIC_RELAXED);
        switch (r & 7) {
        case 0:
            __atomic_store_n(&c->in.head,
                             __atomic_load_n(&c->in.tail, __ATOMIC_RELAXED) +
                                 r % CHANNEL_RING_BYTES,
                             __ATOMIC_RELAXED);
            break;
        case 1: __atomic_store_n(&c->in.head, head + r % 64, __ATOMIC_RELAXED); break;
        case 2:
            __atomic_store_n(&c->out.tail, __atomic_load_n(&c->out.head, __ATOMIC_RELAXED),
                             __ATOMIC_RELAXED);
            break;
        case 3:
            __atomic_store_n(&c->out.tail,
                             __atomic_load_n(&c->out.head, __ATOMIC_RELAXED) -
                                 r % CHANNEL_RING_BYTES,
                             __ATOMIC_RELAXED);
            break;
        case 4:
            __atomic_store_n((uint32_t *)CHANNEL_IN(c) + (r >> 3) % (CHANNEL_RING_BYTES / 4),
                             r % 3 ? r % 100 : r, __ATOMIC_RELAXED);
            break;
        case 5: __atomic_store_n(&c->in.producer_sleeps, r >> 5, __ATOMIC_RELAXED); break;
        case 6: __atomic_store_n(&c->out.consumer_sleeps, r >> 5, __ATOMIC_RELAXED); break;
        default:
            if (i % 1000 == 0)
                __atomic_store_n(i % 2000 ? &c->in.head : &c->out.tail, r, __ATOMIC_RELAXED);
            break;
        }
    }
    return nothing;
}

static unsigned round_number;

static void one_round(void)
{
    static uint8_t bytes[1000];
    const size_t n = round_number % sizeof bytes;
    const term args[] = {small(AGENT_SEND + (round_number & 1)), small(0),
                         binary_make(&p->heap, bytes, n)};
    CHECK(is_value(round_number % 3 ? own_put(p, args) : own_get(p, NULL)));
    turn();
    messages();
}

static void scribbled(void)
{
    pthread_t thread;
    begin(7);
    scribbling = true;
    CHECK(pthread_create(&thread, NULL, scribble, NULL) == 0);
    for (round_number = 0; round_number < 5000; round_number++)
        if (!survives(one_round) || agent.closed || round_number % 16 == 0) forget();
    scribbling = false;
    pthread_join(thread, NULL);
}

/* Its owner has ended: what comes is taken away, a part at a time, and nobody is told. */
static void nobody(void)
{
    static uint8_t bytes[4000];
    begin(UINT32_MAX - 10);
    messages();
    agent.owner = NO_VALUE;
    while (put_some(bytes, sizeof bytes)) continue;
    for (unsigned i = 0; i < 10 && c->in.head != c->in.tail; i++) turn();
    CHECK(c->in.head == c->in.tail && !channels_ready());
    CHECK(messages() == 0);
}

int main(void)
{
    setup_processes();
    p = make_process(NULL, false);
    both_ways(0);
    both_ways(UINT32_MAX - 1000);
    both_ways(0x7fffffff - 100000);
    full();
    wrong_calls();
    lengths();
    cut();
    indices();
    scribbled();
    nobody();
    CHECK(knocks < UINT32_MAX);
    return check_result();
}
