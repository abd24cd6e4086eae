/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket_control.c -- flags of messages, and the control messages that go with their data. */
#include "net/prim_socket.h"
#include "binary/binary.h"
#include "heap/maps.h"
#include "net/socket_option.h"

/* --- flags -------------------------------------------------------------------------------------- */

static const struct {
    uint32_t atom, bit;
} flags_of[] = {
    {ATOM_cmsg_cloexec, 0x40000000},
    {ATOM_confirm, 0x800},
    {ATOM_ctrunc, MESSAGE_CTRUNC},
    {ATOM_dontroute, 4},
    {ATOM_eor, 0x80},
    {ATOM_errqueue, MESSAGE_ERRQUEUE},
    {ATOM_more, 0x8000},
    {ATOM_nosignal, 0x4000},
    {ATOM_oob, MESSAGE_OOB},
    {ATOM_peek, MESSAGE_PEEK},
    {ATOM_trunc, MESSAGE_TRUNC},
};
#define FLAGS (sizeof flags_of / sizeof *flags_of)

term message_flags(struct heap *h)
{
    term list = NIL;
    for (size_t i = 0; i < FLAGS; i++)
        list =
            make_cons(h, make_tuple2(h, atom_term(flags_of[i].atom), small(flags_of[i].bit)), list);
    return list;
}

term message_flags_term(struct heap *h, unsigned flags)
{
    term list = NIL;
    for (size_t i = FLAGS; i-- > 0;)
        if (flags & flags_of[i].bit) list = make_cons(h, atom_term(flags_of[i].atom), list);
    return list;
}

/* --- the kind of service --------------------------------------------------------------------------- */

enum {
    TOS_MASK = 0x1e,
    TOS_MINCOST = 2,
    TOS_RELIABILITY = 4,
    TOS_THROUGHPUT = 8,
    TOS_LOWDELAY = 16
};

bool tos_of(term t, int *tos)
{
    if (!is_atom(t)) return int_of(t, tos);
    switch (atom_index(t)) {
    case ATOM_lowdelay: *tos = TOS_LOWDELAY; return true;
    case ATOM_throughput: *tos = TOS_THROUGHPUT; return true;
    case ATOM_reliability: *tos = TOS_RELIABILITY; return true;
    case ATOM_mincost: *tos = TOS_MINCOST; return true;
    default: return false;
    }
}

term tos_term(int tos)
{
    switch (tos & TOS_MASK) {
    case TOS_LOWDELAY: return ATOM(lowdelay);
    case TOS_THROUGHPUT: return ATOM(throughput);
    case TOS_RELIABILITY: return ATOM(reliability);
    case TOS_MINCOST: return ATOM(mincost);
    default: return small(tos);
    }
}

/* --- control messages as Linux lays them out ------------------------------------------------------- */

#define HEAD 16 /* struct cmsghdr */
static size_t space_of(size_t data) { return HEAD + (data + 7) / 8 * 8; }

struct list {
    struct heap *heap;
    term list;
    size_t room;
    unsigned *flags;
};

/* In front of the list: what comes last is put first. */
static void put(struct list *l, int level, term type, int value, size_t size, term shown)
{
    struct heap *h = l->heap;
    if (value < 0) return;
    if (l->room < HEAD + size) {
        *l->flags |= MESSAGE_CTRUNC;
        return;
    }
    l->room -= l->room < space_of(size) ? l->room : space_of(size);
    const term pairs[] = {ATOM(level), level_term(level),
                          ATOM(type),  type,
                          ATOM(data),  binary_make(h, &value, size),
                          ATOM(value), shown};
    l->list = make_cons(h, map_from_pairs(h, pairs, 4, false), l->list);
}

static term reversed(struct heap *h, term list)
{
    term out = NIL;
    for (; is_cons(list); list = tail(list)) out = make_cons(h, head(list), out);
    return out;
}

term control_term(struct heap *h, const struct net_ancillary *with, size_t room, unsigned *flags)
{
    struct list l = {h, NIL, room, flags};
    put(&l, NET_IPPROTO_IP, ATOM(ttl), with->ttl, 4, small(with->ttl));
    put(&l, NET_IPPROTO_IP, ATOM(tos), with->tos, 1, with->tos < 0 ? NIL : tos_term(with->tos));
    put(&l, NET_IPPROTO_IPV6, ATOM(hoplimit), with->hops, 4, small(with->hops));
    put(&l, NET_IPPROTO_IPV6, ATOM(tclass), with->traffic_class, 4, small(with->traffic_class));
    return reversed(h, l.list);
}

/* --- and those of programs ------------------------------------------------------------------------------- */

/* The number of a type, and how its value is read; 0: there is none of this name.  ip has ttl and tos .. */
static int type_number(int level, term type, bool has_value)
{
    if (!is_atom(type)) return 0;
    switch (atom_index(type)) {
    case ATOM_tos: return level == NET_IPPROTO_IP ? OPTION_IP_TOS : 0;
    case ATOM_ttl: return level == NET_IPPROTO_IP ? OPTION_IP_TTL : 0;
    case ATOM_hoplimit: return level == NET_IPPROTO_IPV6 ? OPTION_IPV6_HOPLIMIT : 0;
    case ATOM_tclass: return level == NET_IPPROTO_IPV6 ? OPTION_IPV6_TCLASS : 0;
    case ATOM_recvtos: return level == NET_IPPROTO_IP && !has_value ? OPTION_IP_RECVTOS : 0;
    case ATOM_recvttl: return level == NET_IPPROTO_IP && !has_value ? OPTION_IP_RECVTTL : 0;
    case ATOM_recvtclass:
        return level == NET_IPPROTO_IPV6 && !has_value ? OPTION_IPV6_RECVTCLASS : 0;
    default: return 0;
    }
}

/* What the stack makes of it; NET_OK or an error. */
static int apply(int level, int type, int value, struct net_ancillary *with)
{
    if (level == NET_IPPROTO_IP && type == OPTION_IP_TOS && value >= 0 && value <= 255)
        with->tos = value;
    else if (level == NET_IPPROTO_IP && type == OPTION_IP_TTL && value >= 1 && value <= 255)
        with->ttl = value;
    else if (level == NET_IPPROTO_IPV6 && type == OPTION_IPV6_TCLASS && value >= -1 && value <= 255)
        with->traffic_class = value;
    else if (level == NET_IPPROTO_IPV6 && type == OPTION_IPV6_HOPLIMIT && value >= -1 &&
             value <= 255)
        with->hops = value;
    else
        return level == NET_SOL_SOCKET || level == NET_IPPROTO_IP || level == NET_IPPROTO_IPV6
                   ? NET_EINVAL
                   : NET_OK;
    return NET_OK;
}

/* `data`: bytes as the stack has them, an integer or a boolean. */
static bool data_of(term t, int *value, size_t *size)
{
    bool b;
    *size = sizeof *value;
    *value = 0;
    if (is_binary(t)) {
        uint8_t first[4] = {0};
        struct bits bits = binary_bits(t);
        *size = bits_bytes(bits.size);
        bits_copy(first, 0, bits.base, bits.offset, bits.size < 32 ? bits.size : 32);
        memcpy(value, first, sizeof first);
        return true;
    }
    if (int_of(t, value)) return true;
    if (!bool_of(t, &b)) return false;
    *value = b;
    return true;
}

/* One message; *space: of the room that all have. */
static bool read_one(term t, size_t *space, struct net_ancillary *with, int *error)
{
    int level, type, value = 0;
    size_t size = sizeof value;
    if (!is_map(t)) return false;
    term l = map_get(t, ATOM(level)), k = map_get(t, ATOM(type));
    term d = map_get(t, ATOM(data)), v = map_get(t, ATOM(value));
    if (is_no_value(l) || is_no_value(k) || !level_of(l, &level)) return false;
    if (is_value(d) == is_value(v)) return false;
    if (is_value(v)) {
        type = type_number(level, k, true);
        bool tos = level == NET_IPPROTO_IP && type == OPTION_IP_TOS;
        if (!type || !(tos ? tos_of(v, &value) : int_of(v, &value))) return false;
    } else {
        if (!int_of(k, &type) && !(type = type_number(level, k, false))) return false;
        if (!data_of(d, &value, &size)) return false;
    }
    if (*space < space_of(size)) return false;
    *space -= space_of(size);
    if (!*error) *error = apply(level, type, value, with);
    return true;
}

bool control_of(term list, size_t room, struct net_ancillary *with, int *error)
{
    for (; is_cons(list); list = tail(list))
        if (!read_one(head(list), &room, with, error)) return false;
    return is_nil(list);
}
