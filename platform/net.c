/* SPDX-License-Identifier: Apache-2.0 */
/* net.c -- Ethernet interfaces, as two rings of frames each; abi/net.h draws them.
 *
 * Sent frames are copied into the ring and the monitor hears of it once for many: at net_flush().
 * Received ones are looked at where they lie, and what has been taken out is told in large pieces.
 *
 * The monitor is trusted with our life, but a mistake there should be found here: indexes and lengths that
 * cannot be are a panic.  They are read once; our own indexes are kept here.
 */
#include <string.h>

#include "abi/net.h"
#include "platform/port.h"

enum { LONG_FRAME_MOST = 65535 };

static struct interface {
    const struct boot_net *boot; /* set when it is opened */
    struct net_rings *rings;
    unsigned char *send, *receive;

    uint32_t send_head, send_tail_seen; /* ours, and the monitor's as we last saw it */
    uint32_t receive_tail, receive_head_seen;
    uint32_t receive_told; /* the tail that the monitor knows */
    uint32_t looked_at;    /* bytes of the record that was given out; 0: none */
    int refused;           /* a send was, and there has been no room since */
    int unflushed;         /* frames that the monitor may not know of */
} interfaces[NET_MOST];

static unsigned count(void)
{
    return boot_record->nets < NET_MOST ? (unsigned)boot_record->nets : NET_MOST;
}

static const struct boot_net *boot_net(unsigned i)
{
    return (const struct boot_net *)(uintptr_t)boot_record->net + i;
}

static struct interface *opened(unsigned handle)
{
    require(handle - HANDLE_NET < NET_MOST && interfaces[handle - HANDLE_NET].boot);
    return &interfaces[handle - HANDLE_NET];
}

/* --- what there is -------------------------------------------------------------------- */

unsigned plat_net_count(void) { return count(); }

enum plat_result plat_net_info(unsigned index, struct plat_net *info)
{
    if (index >= count()) return PLAT_INVALID;
    const struct boot_net *b = boot_net(index);
    *info = (struct plat_net){.mtu = b->mtu, .frame_most = b->frame_most, .flags = b->flags};
    memcpy(info->name, b->name, sizeof info->name - 1);
    memcpy(info->mac, b->mac, 6);
    memcpy(info->ipv4, b->ipv4, 4);
    memcpy(info->ipv4_gateway, b->ipv4_gateway, 4);
    memcpy(info->ipv6, b->ipv6, 16);
    memcpy(info->ipv6_gateway, b->ipv6_gateway, 16);
    info->ipv4_prefix = b->ipv4_prefix;
    info->ipv6_prefix = b->ipv6_prefix;
    return PLAT_OK;
}

void plat_names(struct plat_names *out)
{
    const struct boot_names *b = (const struct boot_names *)(uintptr_t)boot_record->names;
    *out = (struct plat_names){.host = ""};
    if (!b) return;
    memcpy(out->host, b->host, sizeof out->host - 1);
    memcpy(out->search, b->search, sizeof out->search - 1);
    for (; out->servers < b->servers && out->servers < PLAT_DNS_MOST; out->servers++) {
        out->server[out->servers].version = b->server[out->servers].version;
        memcpy(out->server[out->servers].address, b->server[out->servers].address, 16);
    }
}

static void check_boot_net(const struct boot_net *b)
{
    uint32_t s = b->send_bytes, r = b->receive_bytes;
    require(b->rings % LAYOUT_PAGE == 0 && b->rings >= LAYOUT_NETS);
    require(b->rings + LAYOUT_PAGE + s + r <= LAYOUT_NETS_END);
    require(s >= NET_RING_BYTES_LEAST && s <= NET_RING_BYTES_MOST && (s & (s - 1)) == 0);
    require(r >= NET_RING_BYTES_LEAST && r <= NET_RING_BYTES_MOST && (r & (r - 1)) == 0);
    require(b->frame_most <= NET_FRAME_MOST && b->frame_most >= b->mtu + NET_HEADER);
}

enum plat_result plat_net_open(const char *name, unsigned *handle, struct plat_net *info)
{
    for (unsigned i = 0; i < count(); i++) {
        struct plat_net found; /* `name` may lie in *info */
        plat_net_info(i, &found);
        if (strcmp(found.name, name) != 0) continue;
        *info = found;
        struct interface *n = &interfaces[i];
        if (!n->boot) {
            check_boot_net(boot_net(i));
            n->boot = boot_net(i);
            n->rings = (struct net_rings *)(uintptr_t)n->boot->rings;
            n->send = (unsigned char *)n->rings + LAYOUT_PAGE;
            n->receive = n->send + n->boot->send_bytes;
        }
        *handle = HANDLE_NET + i;
        return PLAT_OK;
    }
    return PLAT_INVALID;
}

/* --- sending ----------------------------------------------------------------------------- */

static uint32_t send_room(struct interface *n)
{
    n->send_tail_seen = __atomic_load_n(&n->rings->send.tail, __ATOMIC_ACQUIRE);
    uint32_t used = n->send_head - n->send_tail_seen;
    require(used <= n->boot->send_bytes);
    return n->boot->send_bytes - used;
}

/* True when `bytes` fit; otherwise the monitor knows that we wait for room. */
static int send_fits(struct interface *n, uint32_t bytes)
{
    if (n->boot->send_bytes - (n->send_head - n->send_tail_seen) >= bytes) return 1;
    if (send_room(n) >= bytes) return 1;
    __atomic_store_n(&n->rings->send.producer_sleeps, 1, __ATOMIC_SEQ_CST);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    return send_room(n) >= bytes;
}

static void put(unsigned char *to, const struct plat_piece *pieces, unsigned many,
                struct net_record record)
{
    memcpy(to, &record, sizeof record);
    to += sizeof record;
    for (unsigned i = 0; i < many; i++) {
        memcpy(to, pieces[i].bytes, pieces[i].n);
        to += pieces[i].n;
    }
}

enum plat_result plat_net_send(unsigned handle, const struct plat_piece *pieces, unsigned many)
{
    return plat_net_send_long(handle, pieces, many, 0);
}

enum plat_result plat_net_send_long(unsigned handle, const struct plat_piece *pieces, unsigned many,
                                    unsigned segment)
{
    struct interface *n = opened(handle);
    size_t length = 0, most = segment ? LONG_FRAME_MOST : n->boot->mtu + NET_HEADER;
    if (many > PLAT_NET_PIECES_MOST || segment > n->boot->mtu) return PLAT_INVALID;
    if (segment && !(n->boot->flags & NET_CUTS)) return PLAT_INVALID;
    for (unsigned i = 0; i < many; i++) {
        if (pieces[i].n > most) return PLAT_INVALID;
        length += pieces[i].n;
    }
    if (length < NET_HEADER || length > most) return PLAT_INVALID;

    uint32_t bytes = net_record_bytes((uint32_t)length), size = n->boot->send_bytes;
    uint32_t offset = n->send_head & (size - 1), to_end = size - offset;
    uint32_t filler = bytes > to_end ? to_end : 0;
    n->refused = !send_fits(n, bytes + filler);
    if (n->refused) {
        plat_net_flush();
        return PLAT_AGAIN;
    }
    if (filler) {
        const struct net_record record = {.length = NET_FILLER};
        memcpy(n->send + offset, &record, sizeof record);
        offset = 0;
    }
    put(n->send + offset, pieces, many,
        (struct net_record){.length = (uint32_t)length, .segment = segment});
    n->send_head += bytes + filler;
    __atomic_store_n(&n->rings->send.head, n->send_head, __ATOMIC_RELEASE);
    n->unflushed = 1;
    return PLAT_OK;
}

void plat_net_flush(void)
{
    for (unsigned i = 0; i < count(); i++) {
        struct interface *n = &interfaces[i];
        if (!n->unflushed) continue;
        n->unflushed = 0;
        __atomic_thread_fence(__ATOMIC_SEQ_CST);
        if (__atomic_load_n(&n->rings->send.consumer_sleeps, __ATOMIC_RELAXED) &&
            __atomic_exchange_n(&n->rings->send.consumer_sleeps, 0, __ATOMIC_SEQ_CST))
            port->doorbell();
    }
}

/* --- receiving ------------------------------------------------------------------------------ */

/* Says how far we are; the monitor may be waiting for room. */
static void tell_taken(struct interface *n)
{
    struct ring *r = &n->rings->receive;
    if (n->receive_told == n->receive_tail) return;
    n->receive_told = n->receive_tail;
    __atomic_store_n(&r->tail, n->receive_tail, __ATOMIC_RELEASE);
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (__atomic_load_n(&r->producer_sleeps, __ATOMIC_RELAXED) &&
        __atomic_exchange_n(&r->producer_sleeps, 0, __ATOMIC_SEQ_CST))
        port->doorbell();
}

static uint32_t waiting(struct interface *n)
{
    if (n->receive_head_seen == n->receive_tail)
        n->receive_head_seen = __atomic_load_n(&n->rings->receive.head, __ATOMIC_ACQUIRE);
    uint32_t there = n->receive_head_seen - n->receive_tail;
    require(there <= n->boot->receive_bytes);
    return there;
}

enum plat_result plat_net_look(unsigned handle, const void **frame, size_t *length)
{
    struct interface *n = opened(handle);
    for (;;) {
        uint32_t there = waiting(n), size = n->boot->receive_bytes;
        if (!there) {
            tell_taken(n);
            return PLAT_AGAIN;
        }
        uint32_t offset = n->receive_tail & (size - 1), to_end = size - offset;
        struct net_record record;
        require(offset % NET_ALIGN == 0 && there >= sizeof record);
        memcpy(&record, n->receive + offset, sizeof record);
        if (record.length == NET_FILLER) {
            require(to_end <= there);
            n->receive_tail += to_end;
            continue;
        }
        require(record.length >= NET_HEADER && record.length <= n->boot->frame_most);
        uint32_t bytes = net_record_bytes(record.length);
        require(bytes <= there && bytes <= to_end);
        n->looked_at = bytes;
        *frame = n->receive + offset + sizeof record;
        *length = record.length;
        return PLAT_OK;
    }
}

void plat_net_done(unsigned handle)
{
    struct interface *n = opened(handle);
    require(n->looked_at);
    n->receive_tail += n->looked_at;
    n->looked_at = 0;
    if (n->receive_tail - n->receive_told >= n->boot->receive_bytes / 4) tell_taken(n);
}

enum plat_result plat_net_receive(unsigned handle, void *frame, size_t room, size_t *length)
{
    const void *at;
    size_t n;
    enum plat_result result = plat_net_look(handle, &at, &n);
    if (result != PLAT_OK) return result;
    if (n > room) return PLAT_INVALID;
    memcpy(frame, at, n);
    *length = n;
    plat_net_done(handle);
    return PLAT_OK;
}

/* --- waiting ----------------------------------------------------------------------------------- */

plat_ready net_ready(void)
{
    plat_ready ready = 0;
    for (unsigned i = 0; i < count(); i++) {
        struct interface *n = &interfaces[i];
        if (!n->boot) continue;
        if (waiting(n) || (n->refused && send_room(n) >= n->boot->send_bytes / 2))
            ready |= UINT64_C(1) << (HANDLE_NET + i);
    }
    return ready;
}

/* Room is reported once for each refusal. */
void net_reported(plat_ready ready)
{
    for (unsigned i = 0; i < count(); i++) {
        struct interface *n = &interfaces[i];
        if (ready >> (HANDLE_NET + i) & 1 && n->refused)
            n->refused = send_room(n) < n->boot->send_bytes / 2;
    }
}

void net_before_sleep(void)
{
    plat_net_flush();
    for (unsigned i = 0; i < count(); i++) {
        struct interface *n = &interfaces[i];
        if (!n->boot) continue;
        tell_taken(n);
        __atomic_store_n(&n->rings->receive.consumer_sleeps, 1, __ATOMIC_SEQ_CST);
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

void net_after_sleep(void)
{
    for (unsigned i = 0; i < count(); i++)
        if (interfaces[i].boot)
            __atomic_store_n(&interfaces[i].rings->receive.consumer_sleeps, 0, __ATOMIC_RELAXED);
}

/* What was never opened is not written to. */
void net_forget(void)
{
    for (unsigned i = 0; i < NET_MOST; i++)
        if (interfaces[i].boot) interfaces[i] = (struct interface){0};
}
