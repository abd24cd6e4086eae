/* SPDX-License-Identifier: Apache-2.0 */
/* lookup.c -- see lookup.h.  Packets are anybody's: what is not plain TCP is left to lwIP's own walk. */
#include "net/lookup.h"
#include "binary/bits.h"
#include "heap/arena.h"
#include "net/lwip/hooks.h"
#include "net/stack.h"
#include <lwip/priv/tcp_priv.h>
#include <string.h>

enum { LEAST_ROOM = 64, HEAD4 = 20, HEAD6 = 40, PORTS = 4, PROTOCOL_TCP = 6, EXTRA = 0 };

struct key {
    uint32_t remote[4], local[4]; /* of IPv4: the first words; the others are 0 */
    uint16_t remote_port, local_port;
};

struct entry {
    struct entry *next;
    struct tcp_pcb *pcb;
    uint64_t hash;
};

static struct entry **table;
static uint32_t room, count; /* room: a power of two, or 0 */
static uint32_t strangers;   /* connections that are not in the table; lwIP's walk finds them */
static uint64_t seed;

/* --- keys ---------------------------------------------------------------------------------------- */

/* Peers choose their ports, and would choose those that collide: the seed is nobody's. */
static uint64_t mix(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * UINT64_C(0xff51afd7ed558ccd) + seed;
    return sum ^ sum >> 32;
}

static uint64_t hash_of(const struct key *k)
{
    uint64_t sum = mix(seed, (uint64_t)k->remote_port << 16 | k->local_port);
    for (int i = 0; i < 4; i++) sum = mix(sum, (uint64_t)k->remote[i] << 32 | k->local[i]);
    return mix(sum, seed);
}

static void set_address(uint32_t to[4], const ip_addr_t *from)
{
    memset(to, 0, 16);
    if (IP_IS_V6_VAL(*from))
        memcpy(to, ip_2_ip6(from)->addr, 16);
    else
        to[0] = ip4_addr_get_u32(ip_2_ip4(from));
}

static struct key key_of(const struct tcp_pcb *pcb)
{
    struct key k = {.remote_port = pcb->remote_port, .local_port = pcb->local_port};
    set_address(k.remote, &pcb->remote_ip);
    set_address(k.local, &pcb->local_ip);
    return k;
}

/* false: it is for lwIP alone. */
static bool key_of_packet(const struct pbuf *p, int version, struct key *k)
{
    const uint8_t *at = p->payload, *ports;
    if (version == 4) {
        size_t head = (size_t)(at[0] & 15) * 4;
        if (p->len < HEAD4 || head < HEAD4 || p->len < head + PORTS) return false;
        if (at[9] != PROTOCOL_TCP || (load_u16(at + 6) & 0x3fff)) return false; /* a fragment */
        memcpy(k->remote, at + 12, 4);
        memcpy(k->local, at + 16, 4);
        ports = at + head;
    } else {
        if (p->len < HEAD6 + PORTS || at[6] != PROTOCOL_TCP) return false;
        if (at[8] == 0xfe || at[24] == 0xfe)
            return false; /* addresses of one link: they have zones */
        memcpy(k->remote, at + 8, 16);
        memcpy(k->local, at + 24, 16);
        ports = at + HEAD6;
    }
    k->remote_port = load_u16(ports);
    k->local_port = load_u16(ports + 2);
    return true;
}

/* --- the table -------------------------------------------------------------------------------------- */

static bool make_room(void)
{
    if (count < room) return true;
    uint32_t more = room ? 2 * room : LEAST_ROOM;
    struct entry **fresh = arena_calloc(more * sizeof(struct entry *));
    if (!fresh) return room != 0; /* the chains get longer */
    for (uint32_t i = 0; i < room; i++) {
        for (struct entry *e = table[i], *next; e; e = next) {
            next = e->next;
            struct entry **chain = &fresh[e->hash & (more - 1)];
            e->next = *chain;
            *chain = e;
        }
    }
    arena_free(table);
    table = fresh;
    room = more;
    return true;
}

static void give_back_room(void)
{
    if (count) return;
    arena_free(table);
    table = NULL;
    room = 0;
}

static bool enter(struct tcp_pcb *pcb, struct entry **made)
{
    while (!seed) seed = (uint64_t)net_random() << 32 | net_random();
    struct entry *e = make_room() ? arena_malloc(sizeof *e) : NULL;
    if (!e) return false;
    const struct key k = key_of(pcb);
    e->pcb = pcb;
    e->hash = hash_of(&k);
    struct entry **chain = &table[e->hash & (room - 1)];
    e->next = *chain;
    *chain = e;
    count++;
    *made = e;
    return true;
}

/* One that waits for nothing but the end of its time gives way to one that lives. */
static struct tcp_pcb *find(const struct key *k)
{
    struct tcp_pcb *found = NULL;
    uint64_t hash = hash_of(k);
    for (const struct entry *e = room ? table[hash & (room - 1)] : NULL; e; e = e->next) {
        if (e->hash != hash) continue;
        const struct key other = key_of(e->pcb);
        if (memcmp(&other, k, sizeof other) != 0) continue;
        found = e->pcb;
        if (found->state != TIME_WAIT) break;
    }
    return found;
}

/* --- lwIP says when pcbs are made and freed ------------------------------------------------------------ */

static void freed(u8_t id, void *data)
{
    struct entry *e = data;
    (void)id;
    if (!e) {
        strangers--;
        return;
    }
    struct entry **at = &table[e->hash & (room - 1)];
    while (*at != e) at = &(*at)->next;
    *at = e->next;
    arena_free(e);
    count--;
    give_back_room();
}

static err_t made(u8_t id, struct tcp_pcb_listen *listener, struct tcp_pcb *pcb)
{
    (void)id, (void)listener;
    lookup_enter(pcb);
    return ERR_OK;
}

static const struct tcp_ext_arg_callbacks of_listeners = {NULL, made}, of_others = {freed, NULL};

void lookup_listener(struct tcp_pcb *pcb) { tcp_ext_arg_set_callbacks(pcb, EXTRA, &of_listeners); }

void lookup_enter(struct tcp_pcb *pcb)
{
    struct entry *e = NULL;
    if (!enter(pcb, &e)) strangers++;
    tcp_ext_arg_set(pcb, EXTRA, e);
    tcp_ext_arg_set_callbacks(pcb, EXTRA, &of_others);
}

/* --- lwIP's lists ----------------------------------------------------------------------------------------- */

static struct tcp_pcb *all_active, *all_waiting;
static bool borrowed;

void net_lookup_over(void)
{
    if (!borrowed) return;
    tcp_active_pcbs = all_active;
    tcp_tw_pcbs = all_waiting;
    borrowed = false;
}

void net_lookup(const struct pbuf *p, int version)
{
    struct key k = {0};
    net_lookup_over();
    if (strangers || !key_of_packet(p, version, &k)) return;
    struct tcp_pcb *found = find(&k);
    if (found && (found->netif_idx != NETIF_NO_INDEX || found->state < SYN_SENT)) return;
    all_active = tcp_active_pcbs;
    all_waiting = tcp_tw_pcbs;
    borrowed = true;
    tcp_active_pcbs = found && found->state != TIME_WAIT ? found : NULL;
    tcp_tw_pcbs = found && found->state == TIME_WAIT ? found : NULL;
}
