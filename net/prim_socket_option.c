/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket_option.c -- setopt and getopt of prim_socket.
 *
 * Options of the stack are a table; those of level otp are the handle's own.
 */
#include "net/prim_socket.h"
#include "big/big.h"
#include "binary/binary.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "net/socket_option.h"
#include "term/release.h"

/* How a value is written in Erlang. */
enum form {
    NOTHING, /* it can not be set, or not be read */
    BOOLEAN,
    INTEGER,
    STRING,
    LINGER,
    TOS,
    ADDRESS,
    MEMBERSHIP,
    MEMBERSHIP6,
    HOPS,
    DOMAIN,
    TYPE,
    PROTOCOL
};

/* In the order of the table; number -1: MISSING, -2: LEVEL, with the level in set. */
static const struct option {
    const char *name;
    int number, set, get;
} options[] = {
#define LEVEL(level)                   {NULL, -2, level, 0},
#define OPTION(name, number, set, get) {#name, number, set, get},
#define MISSING(name)                  {#name, -1, 0, 0},
#include "net/prim_socket_option.def"
#undef LEVEL
#undef OPTION
#undef MISSING
};
#define OPTIONS (sizeof options / sizeof *options)

static const struct option *find(int level, int number)
{
    int at = -1;
    for (const struct option *o = options; o < options + OPTIONS; o++) {
        if (o->number == -2) at = o->set;
        if (at == level && o->number == number && number >= 0) return o;
    }
    return NULL;
}

static term level_name(int level)
{
    switch (level) {
    case NET_SOL_SOCKET: return ATOM(socket);
    case NET_IPPROTO_IP: return ATOM(ip);
    case NET_IPPROTO_IPV6: return ATOM(ipv6);
    case NET_IPPROTO_TCP: return ATOM(tcp);
    default: return ATOM(udp);
    }
}

/* [{Level, [Name | {Name, Number}]}]; from release 28 on [{Name of level, Number, ...}] */
term option_levels(struct heap *h)
{
    term levels = NIL, list = NIL;
    for (size_t i = OPTIONS; i-- > 0;) {
        const struct option *o = &options[i];
        if (o->number == -2) {
            term level = otp_release < 28 ? make_tuple2(h, level_term(o->set), list)
                                          : make_tuple3(h, level_name(o->set), small(o->set), list);
            levels = make_cons(h, level, levels);
            list = NIL;
            continue;
        }
        term name = atom_make(o->name, strlen(o->name));
        list = make_cons(h, o->number < 0 ? name : make_tuple2(h, name, small(o->number)), list);
    }
    return levels;
}

/* --- values to bytes ------------------------------------------------------------------------------------ */

struct value {
    uint8_t bytes[32];
    size_t n;
};

static bool put_int(struct value *v, int n)
{
    memcpy(v->bytes, &n, sizeof n);
    v->n = sizeof n;
    return true;
}

static bool linger_of(term t, struct value *v)
{
    int parts[2] = {1, 0};
    bool on;
    if (!term_same(t, ATOM(abort))) {
        term onoff = is_map(t) ? map_get(t, ATOM(onoff)) : NO_VALUE;
        term seconds = is_map(t) ? map_get(t, ATOM(linger)) : NO_VALUE;
        if (is_no_value(onoff) || is_no_value(seconds) || !bool_of(onoff, &on)) return false;
        if (!int_of(seconds, &parts[1]) || parts[1] < 0) return false;
        parts[0] = on;
    }
    memcpy(v->bytes, parts, v->n = sizeof parts);
    return true;
}

/* #{multiaddr, interface}: struct ip_mreq, struct ipv6_mreq */
static bool membership_of(term t, bool six, struct value *v)
{
    term group = is_map(t) ? map_get(t, ATOM(multiaddr)) : NO_VALUE;
    term link = is_map(t) ? map_get(t, ATOM(interface)) : NO_VALUE;
    unsigned number;
    if (is_no_value(group) || is_no_value(link)) return false;
    v->n = six ? 20 : 8;
    if (!six) return ipv4_of(group, v->bytes) && ipv4_of(link, v->bytes + 4);
    if (!ipv6_of(group, v->bytes) || !uint_of(link, &number)) return false;
    memcpy(v->bytes + 16, &number, sizeof number);
    return true;
}

static bool value_of(term t, int form, struct value *v)
{
    int n;
    bool b;
    ptrdiff_t length;
    switch (form) {
    case BOOLEAN: return bool_of(t, &b) && put_int(v, b);
    case INTEGER: return int_of(t, &n) && put_int(v, n);
    case TOS: return tos_of(t, &n) && put_int(v, n);
    case HOPS:
        if (term_same(t, ATOM(default))) return put_int(v, -1);
        return int_of(t, &n) && n >= 0 && n <= 255 && put_int(v, n);
    case LINGER: return linger_of(t, v);
    case ADDRESS: v->n = 4; return ipv4_of(t, v->bytes);
    case MEMBERSHIP: return membership_of(t, false, v);
    case MEMBERSHIP6: return membership_of(t, true, v);
    case STRING:
        length = text_of(t, (char *)v->bytes, 16);
        v->n = length > 0 ? (size_t)length : 0;
        return length >= 0;
    default: return false;
    }
}

/* --- and back ---------------------------------------------------------------------------------------------- */

static term value_term(struct heap *h, int form, const uint8_t *bytes, size_t size)
{
    int n[2] = {0, 0};
    memcpy(n, bytes, size < sizeof n ? size : sizeof n);
    switch (form) {
    case BOOLEAN: return atom_bool(n[0]);
    case TOS: return tos_term(n[0]);
    case ADDRESS: return ipv4_term(h, bytes);
    case DOMAIN: return domain_term(n[0]);
    case TYPE: return type_term(n[0]);
    case LINGER: return map_of2(h, ATOM(onoff), atom_bool(n[0]), ATOM(linger), small(n[1]));
    case STRING: return make_string(h, (const char *)bytes, size);
    default: return small(n[0]);
    }
}

/* --- the handle's own ----------------------------------------------------------------------------------------- */

enum {
    OTP_DEBUG = 1001,
    OTP_IOW,
    OTP_CTRL_PROC,
    OTP_RCVBUF,
    OTP_RCVCTRLBUF = 1006,
    OTP_SNDCTRLBUF,
    OTP_FD,
    OTP_META,
    OTP_USE_REGISTRY,
    OTP_DOMAIN = 1999
};

static bool room_of(term t, size_t otherwise, size_t *room)
{
    uint64_t n;
    *room = otherwise;
    if (term_same(t, ATOM(default))) return true;
    if (!is_integer(t) || !integer_to_uint64(t, &n) || n == 0 || n > INT64_MAX) return false;
    *room = n;
    return true;
}

static term set_owner(struct process *p, struct handle *h, term pid)
{
    if (!term_same(h->owner, p->pid)) return socket_error_invalid(p, ATOM(not_owner));
    if (!is_local_pid(pid)) return socket_invalid(p, ATOM(value));
    if (!handle_own(h, pid)) handle_abandon(h); /* as if he had ended now */
    return ATOM(ok);
}

static bool set_receive_room(struct handle *h, term t)
{
    size_t room;
    unsigned times = 0;
    if (is_tuple_of(t, 2)) {
        if (!uint_of(element(t, 0), &times) || times == 0) return false;
        t = element(t, 1);
    }
    if (!room_of(t, 8192, &room)) return false;
    h->receive_room = room;
    h->receive_count = times;
    return true;
}

static term set_meta(struct process *p, struct handle *h, term t)
{
    struct fragment *memory = NULL;
    if (!term_same(h->owner, p->pid)) return socket_error_invalid(p, ATOM(not_owner));
    if (!is_immediate(t) && !copy_to_fragment(t, &memory, &t, false))
        return socket_errno(p, NET_ENOMEM);
    if (h->meta_memory) fragment_free(h->meta_memory);
    h->meta_memory = memory;
    h->meta = t;
    return ATOM(ok);
}

/* It can only be turned on. */
static bool set_registry(struct handle *h, term t)
{
    bool on;
    if (!bool_of(t, &on) || !on) return false;
    if (!h->use_registry) {
        h->use_registry = true;
        handle_register(h);
    }
    return true;
}

static term set_own(struct process *p, struct handle *h, int option, term t)
{
    bool fine;
    if (option < OTP_DEBUG || option > OTP_USE_REGISTRY || option == OTP_FD ||
        option == OTP_RCVBUF + 1)
        return socket_raise_invalid(p,
                                    make_tuple2(&p->heap, ATOM(otp_socket_option), small(option)));
    if (!handle_is_open(h)) return socket_closed(p);
    switch (option) {
    case OTP_CTRL_PROC: return set_owner(p, h, t);
    case OTP_META: return set_meta(p, h, t);
    case OTP_DEBUG: fine = bool_of(t, &h->debug); break;
    case OTP_IOW: fine = bool_of(t, &h->wraps); break;
    case OTP_RCVBUF: fine = set_receive_room(h, t); break;
    case OTP_RCVCTRLBUF: fine = room_of(t, 1024, &h->control_receive_room); break;
    case OTP_SNDCTRLBUF: fine = room_of(t, 1024, &h->control_send_room); break;
    default: fine = set_registry(h, t); break;
    }
    return fine ? ATOM(ok) : socket_invalid(p, ATOM(value));
}

static term own_value(struct process *p, const struct handle *h, int option)
{
    struct heap *heap = &p->heap;
    switch (option) {
    case OTP_DEBUG: return atom_bool(h->debug);
    case OTP_IOW: return atom_bool(h->wraps);
    case OTP_CTRL_PROC: return is_nil(h->owner) ? ATOM(undefined) : h->owner;
    case OTP_RCVBUF: {
        term room = make_unsigned(heap, h->receive_room);
        return h->receive_count ? make_tuple2(heap, small(h->receive_count), room) : room;
    }
    case OTP_RCVCTRLBUF: return make_unsigned(heap, h->control_receive_room);
    case OTP_SNDCTRLBUF: return make_unsigned(heap, h->control_send_room);
    case OTP_FD: return small(h->number);
    case OTP_META: return copy_to_heap(h->meta, heap);
    case OTP_USE_REGISTRY: return atom_bool(h->use_registry);
    case OTP_DOMAIN: return domain_term(h->domain);
    default: return NO_VALUE;
    }
}

static term get_own(struct process *p, const struct handle *h, int option)
{
    bool always = option == OTP_USE_REGISTRY;
    term value = own_value(p, h, option);
    if (is_no_value(value))
        return socket_raise_invalid(p,
                                    make_tuple2(&p->heap, ATOM(otp_socket_option), small(option)));
    return always || handle_is_open(h) ? socket_ok(p, value) : socket_closed(p);
}

/* --- setopt ------------------------------------------------------------------------------------------------------ */

static term set(struct process *p, struct handle *h, int level, int option, const void *bytes,
                size_t n)
{
    int error = socket_set(h->socket, level, option, bytes, n);
    return error ? socket_errno(p, error) : ATOM(ok);
}

static term set_native(struct process *p, struct handle *h, int level, int option, term t)
{
    int n;
    bool b;
    if (is_binary(t)) {
        size_t size;
        uint8_t *copy;
        const uint8_t *bytes = binary_bytes_or_copy(t, &size, &copy);
        if (!bytes) return socket_errno(p, NET_ENOMEM);
        term result = set(p, h, level, option, bytes, size);
        arena_free(copy);
        return result;
    }
    if (int_of(t, &n)) return set(p, h, level, option, &n, sizeof n);
    if (!bool_of(t, &b)) return socket_error_invalid(p, ATOM(value));
    n = b;
    return set(p, h, level, option, &n, sizeof n);
}

term bif_prim_socket_nif_setopt_5(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    struct value v;
    int level, option, native;
    if (!h || !int_of(arg[4], &native)) return raise_badarg(p);
    if (!int_of(arg[2], &option)) return number_fault(p, arg[2]);
    if (term_same(arg[1], ATOM(otp)))
        return native ? raise_badarg(p) : set_own(p, h, option, arg[3]);
    if (!level_of(arg[1], &level)) return number_fault(p, arg[1]);
    if (!handle_is_open(h)) return socket_closed(p);
    if (native) return set_native(p, h, level, option, arg[3]);
    const struct option *o = find(level, option);
    if (!o || o->set == NOTHING) return socket_invalid(p, ATOM(socket_option));
    if (!value_of(arg[3], o->set, &v)) return socket_invalid(p, ATOM(value));
    return set(p, h, level, option, v.bytes, v.n);
}

/* --- getopt ------------------------------------------------------------------------------------------------------- */

#define MOST_BYTES 4096 /* no option has more */

static term get_bytes(struct process *p, struct handle *h, int level, int option, size_t n)
{
    uint8_t bytes[MOST_BYTES];
    if (n > MOST_BYTES) n = MOST_BYTES;
    memset(bytes, 0, n);
    int error = socket_get(h->socket, level, option, bytes, &n);
    return error ? socket_errno(p, error) : socket_ok(p, binary_make(&p->heap, bytes, n));
}

static term get(struct process *p, struct handle *h, int level, int option, int form)
{
    uint8_t bytes[16] = {0};
    size_t n = form == LINGER ? 8 : form == STRING ? sizeof bytes : 4;
    int error = socket_get(h->socket, level, option, bytes, &n);
    if (error) return socket_errno(p, error);
    return socket_ok(p, value_term(&p->heap, form, bytes, n));
}

static term get_native(struct process *p, struct handle *h, int level, int option, term spec)
{
    int n;
    if (int_of(spec, &n) && n >= 0) {
        if (n) return get_bytes(p, h, level, option, (size_t)n);
        uint8_t nothing;
        int error = socket_get(h->socket, level, option, &nothing, &(size_t){0});
        return error ? socket_errno(p, error) : ATOM(ok);
    }
    if (term_same(spec, ATOM(integer))) return get(p, h, level, option, INTEGER);
    if (term_same(spec, ATOM(boolean))) return get(p, h, level, option, BOOLEAN);
    if (is_binary(spec)) return get_bytes(p, h, level, option, binary_size(spec));
    return socket_invalid(p, ATOM(value));
}

static term getopt(struct process *p, const term *arg, bool native)
{
    struct handle *h = handle_of(arg[0]);
    int level, option;
    if (!h) return raise_badarg(p);
    if (!int_of(arg[2], &option)) return number_fault(p, arg[2]);
    if (!level_of(arg[1], &level)) {
        if (term_same(arg[1], ATOM(otp)) && !native) return get_own(p, h, option);
        return number_fault(p, arg[1]);
    }
    if (!handle_is_open(h)) return socket_closed(p);
    if (native) return get_native(p, h, level, option, arg[3]);
    const struct option *o = find(level, option);
    if (!o || o->get == NOTHING) return socket_invalid(p, ATOM(socket_option));
    return get(p, h, level, option, o->get);
}

term bif_prim_socket_nif_getopt_3(struct process *p, const term *arg)
{
    return getopt(p, arg, false);
}
term bif_prim_socket_nif_getopt_4(struct process *p, const term *arg)
{
    return getopt(p, arg, true);
}
