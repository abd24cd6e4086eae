/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_net_guest.c -- the guest's side of an interface's rings, with a monitor that writes anything anywhere.
 *
 * What cannot be is a panic, and nothing else: no access outside of the rings, no frame that is longer than was
 * agreed upon.  Behind the rings there is nothing: an access there ends the program.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "abi/net.h"
#include "platform/port.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { RING = 0x40000, MTU = 9000, FRAME_MOST = 65535, ACTS_MOST = 256 };
#define RINGS LAYOUT_NETS

static jmp_buf panicked;
static struct net_rings *rings;
static uint32_t seen;

static struct boot_net net = {.name = "eth0",
                              .mtu = MTU,
                              .frame_most = FRAME_MOST,
                              .rings = RINGS,
                              .send_bytes = RING,
                              .receive_bytes = RING};
static struct boot_record record = {.nets = 1};
const struct boot_record *boot_record = &record;

static void doorbell(void) {}
static const struct port quiet = {.doorbell = doorbell};
const struct port *port = &quiet;

noreturn void plat_panic(const char *file, int line, const char *why)
{
    (void)file, (void)line, (void)why;
    longjmp(panicked, 1);
}

static void must(int condition)
{
    if (!condition) abort();
}

static uint32_t sent_tail;    /* how far the monitor has taken what was sent, of what can be */
static uint32_t base_receive; /* where the guest reads, as far as it has told */
static uint32_t furthest;     /* the head that was furthest ahead of that, of those that can be */

static void start(void)
{
    size_t bytes = LAYOUT_PAGE + 2 * RING;
    if (!rings) {
        rings = mmap((void *)RINGS, bytes + LAYOUT_PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        must(rings == (void *)RINGS);
        must(mprotect((char *)rings + bytes, LAYOUT_PAGE, PROT_NONE) == 0);
        record.net = (uint64_t)(uintptr_t)&net;
    }
    memset(rings, 0, sizeof *rings);
    memset((char *)rings + LAYOUT_PAGE + RING, 1, RING);
    base_receive = furthest = sent_tail = 0;
    net_forget();
}

static void act(uint32_t what, uint32_t word)
{
    unsigned char *bytes = (unsigned char *)rings + LAYOUT_PAGE + RING;
    /* Where the next record is; not far behind that; anywhere. */
    static const uint32_t reach[4] = {1, 4096, RING, 1};
    uint32_t at = (base_receive + (what >> 10) % reach[what >> 8 & 3]) & (RING - 1) & ~15u;
    switch (what & 7) {
    case 0: rings->receive.head = base_receive + word % 0x60000; break;
    case 1: rings->receive.head = word; break;
    case 2: rings->send.tail = word; break;
    case 3: rings->send.tail = rings->send.head - word % 0x60000; break;
    case 4: rings->send.tail = rings->send.head; break;
    case 5: /* a record that is good, unless it goes over the end, is too long or too short, or not all there */
        word %= FRAME_MOST + 16;
        memcpy(bytes + (base_receive & (RING - 1)), &word, 4);
        rings->receive.head =
            base_receive + net_record_bytes(word) - (what >> 8 & 7 ? 0 : what >> 11 & 0xff0);
        break;
    case 6: word = NET_FILLER; /* fall through */
    default: memcpy(bytes + at, &word, 4);
    }
    uint32_t used = rings->send.head - rings->send.tail;
    if (used <= RING && used < rings->send.head - sent_tail) sent_tail = rings->send.tail;
    uint32_t ahead = rings->receive.head - base_receive, most = furthest - base_receive;
    if (ahead <= RING && (ahead > most || most > RING)) furthest = rings->receive.head;
}

/* A frame lies in what the guest may have been told of, all of it. */
static void check_place(const void *frame, size_t n)
{
    const unsigned char *bytes = (const unsigned char *)rings + LAYOUT_PAGE + RING;
    size_t at = (size_t)((const unsigned char *)frame - bytes) - sizeof(struct net_record);
    must(at < RING && at % NET_ALIGN == 0);
    must(((at - base_receive) & (RING - 1)) + net_record_bytes((uint32_t)n) <=
         furthest - base_receive);
}

static void use(unsigned handle, uint32_t what, uint32_t word)
{
    static unsigned char frame[MTU + NET_HEADER];
    const struct plat_piece pieces[] = {{frame, NET_HEADER}, {frame, word % (MTU + 100)}};
    const void *got;
    size_t n;
    net_ready();
    for (unsigned i = 0; i < 100 && plat_net_look(handle, &got, &n) == PLAT_OK; i++) {
        must(n >= NET_HEADER && n <= FRAME_MOST);
        base_receive = rings->receive.tail;
        check_place(got, n);
        seen += ((const unsigned char *)got)[0] + ((const unsigned char *)got)[n - 1];
        plat_net_done(handle);
    }
    enum plat_result result = plat_net_send(handle, pieces, 2);
    must(result == PLAT_OK || result == PLAT_AGAIN || word % (MTU + 100) > MTU);
    must(result != PLAT_OK || rings->send.head - sent_tail <= RING); /* nothing is overwritten */
    if (what & 16) net_before_sleep();
    if (what & 32) plat_net_flush();
    base_receive = rings->receive.tail;
}

static void play(const uint8_t *data, size_t bytes)
{
    unsigned handle;
    struct plat_net info;
    must(plat_net_open("eth0", &handle, &info) == PLAT_OK && info.mtu == MTU);
    for (unsigned i = bytes ? data[0] % 32 : 0; i; i--) { /* anywhere in the ring */
        act(5, MTU);
        use(handle, 0, MTU);
    }
    for (unsigned i = 0; bytes >= 8 && i < ACTS_MOST; i++, data += 8, bytes -= 8) {
        uint32_t what, word;
        memcpy(&what, data, 4), memcpy(&word, data + 4, 4);
        act(what, word);
        if (what & 8) use(handle, what, word);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    start();
    if (!setjmp(panicked)) play(data, bytes); /* otherwise the mote has ended, and said why */
    return 0;
}
