/* SPDX-License-Identifier: Apache-2.0 */
/* prim_socket.c -- see prim_socket.h: handles from open to close, and who waits for them. */
#include "net/prim_socket.h"
#include "heap/arena.h"
#include "heap/maps.h"
#include "net/inet.h"
#include "net/socket_option.h"
#include "platform/platform.h"
#include "process/registry.h"

static const struct native rows[] = {
#define BIF NATIVE_ROW
#include "net/prim_socket.def"
#undef BIF
};
const struct native_table net_natives = {rows, sizeof rows / sizeof *rows};

struct handle_settings handle_settings = {.use_registry = true};

#define DEFAULT_ROOM         8192
#define DEFAULT_CONTROL_ROOM 1024
#define FIRST_NUMBER         16 /* the first that looks like a descriptor of a socket */
#define LINGER_STEP          UINT64_C(10000000)
#define SECOND               UINT64_C(1000000000)

/* --- messages ---------------------------------------------------------------------------------- */

term handle_ref(struct heap *heap, struct handle *h)
{
    resource_keep(&h->resource);
    return make_magic_ref(heap, &h->resource);
}

static term socket_term(struct heap *heap, struct handle *h)
{
    return make_tuple2(heap, ATOM(dollar_socket), handle_ref(heap, h));
}

#define MESSAGE_WORDS 64

/* {'$socket', Socket, select, Ref} or {'$socket', Socket, abort, {Ref, Reason}}.  false: no memory. */
static bool tell(struct handle *h, const struct asker *a, term what, term reason)
{
    struct process *q = process_find(a->pid);
    if (!q) return true;
    struct heap *heap = inet_heap(MESSAGE_WORDS + copy_words(a->ref, false));
    if (!heap) return false;
    term socket = socket_term(heap, h), info = copy_to_heap(a->ref, heap);
    if (is_value(reason)) info = make_tuple2(heap, info, reason);
    bool sent = mailbox_send(NULL, q, make_tuple4(heap, ATOM(dollar_socket), socket, what, info));
    inet_heap_drop(heap);
    return sent;
}

/* {'$socket', add | del, Socket} */
static void tell_registry(struct handle *h, term what)
{
    term registry = registry_find(ATOM(socket_registry));
    struct process *q = is_value(registry) ? process_find(registry) : NULL;
    struct heap *heap = q ? inet_heap(MESSAGE_WORDS) : NULL;
    if (!heap) return;
    mailbox_send(NULL, q, make_tuple3(heap, ATOM(dollar_socket), what, socket_term(heap, h)));
    inet_heap_drop(heap);
}

void handle_register(struct handle *h) { tell_registry(h, ATOM(add)); }

/* --- lines ---------------------------------------------------------------------------------------- */

/* The last thing that is done with h: its last reference may be gone then. */
static void watch(struct handle *h)
{
    unsigned what = (h->in.asked ? NET_READ : 0) | (h->out.asked ? NET_WRITE : 0);
    if (h->socket) socket_watch(h->socket, what);
    if (what && !h->watched) {
        h->watched = true;
        resource_keep(&h->resource);
    } else if (!what && h->watched) {
        h->watched = false;
        resource_drop(&h->resource);
    }
}

static void tell_first(struct handle *h, struct line *l)
{
    if (!l->asked) return;
    if (!l->first || tell(h, l->first, ATOM(select), NO_VALUE)) l->asked = false;
}

static void ready(void *owner, unsigned what)
{
    struct handle *h = owner;
    if (what & NET_READ) tell_first(h, &h->in);
    if (what & NET_WRITE) tell_first(h, &h->out);
    watch(h);
}

static void stop_watching(const uint64_t ids[2])
{
    struct monitor *m = monitor_find(ids);
    if (m) monitor_free(m);
}

static bool watch_process(struct handle *h, struct process *p, uint64_t ids[2])
{
    ref_new_ids(ids);
    return monitor_make_for_resource(ids, h, &h->monitors, p->pid, &p->relations);
}

static void asker_free(struct asker *a)
{
    stop_watching(a->monitor);
    if (a->memory) fragment_free(a->memory);
    arena_free(a);
}

/* The ref of an asker, in place of what he had. */
static bool set_ref(struct asker *a, term ref)
{
    struct fragment *memory = NULL;
    if (!is_immediate(ref) && !copy_to_fragment(ref, &memory, &ref, false)) return false;
    if (a->memory) fragment_free(a->memory);
    a->memory = memory;
    a->ref = ref;
    return true;
}

bool line_is_first(const struct line *l, const struct process *p)
{
    return l->first && term_same(l->first->pid, p->pid);
}

bool line_has(const struct line *l, const struct process *p)
{
    for (const struct asker *a = l->first; a; a = a->next)
        if (term_same(a->pid, p->pid)) return true;
    return false;
}

bool line_join(struct handle *h, struct line *l, struct process *p, term ref)
{
    if (line_is_first(l, p)) return set_ref(l->first, ref);
    struct asker *a = arena_calloc(sizeof *a), **at = &l->first;
    if (!a) return false;
    a->pid = p->pid;
    if (!set_ref(a, ref) || !watch_process(h, p, a->monitor)) {
        if (a->memory) fragment_free(a->memory);
        arena_free(a);
        return false;
    }
    while (*at) at = &(*at)->next;
    *at = a;
    return true;
}

void line_ask(struct handle *h, struct line *l)
{
    l->asked = true;
    *(l == &h->in ? &h->read_state : &h->write_state) |= HANDLE_SELECTED;
    watch(h);
}

static void drop_first(struct line *l)
{
    struct asker *a = l->first;
    l->first = a->next;
    asker_free(a);
}

/* Nobody is in it any more. */
static void line_is_empty(struct handle *h, struct line *l)
{
    l->asked = false;
    l->other = false;
    if (l == &h->in)
        h->read_state &= ~(unsigned)HANDLE_ACCEPTING;
    else
        h->write_state &= ~(unsigned)HANDLE_CONNECTING;
}

void line_next(struct handle *h, struct line *l)
{
    if (l->first) drop_first(l);
    if (!l->first)
        line_is_empty(h, l);
    else
        l->asked = true;
    watch(h);
}

void line_fail(struct handle *h, struct line *l, term reason)
{
    if (l->first) drop_first(l);
    for (; l->first; drop_first(l)) tell(h, l->first, ATOM(abort), reason);
    line_is_empty(h, l);
    watch(h);
}

bool line_turn(struct process *p, struct handle *h, struct line *l, term ref, bool poll,
               term *result)
{
    *result = NO_VALUE;
    if (!l->first || line_is_first(l, p)) return true;
    if (line_has(l, p)) {
        *result = socket_raise_invalid(p, ATOM(state));
        return false;
    }
    if (poll) return true;
    *result = line_join(h, l, p, ref) ? ATOM(select) : socket_errno(p, NET_ENOMEM);
    return false;
}

/* --- life ----------------------------------------------------------------------------------------------- */

static void count(const struct handle *h, uint64_t by)
{
    struct handle_settings *s = &handle_settings;
    s->all += by;
    *(h->type == TYPE_STREAM ? &s->streams : &s->datagrams) += by;
    *(h->domain == NET_INET ? &s->inet : &s->inet6) += by;
    if (h->protocol == NET_IPPROTO_TCP) s->tcp += by;
    if (h->protocol == NET_IPPROTO_UDP) s->udp += by;
}

static void clear_meta(struct handle *h)
{
    if (h->meta_memory) fragment_free(h->meta_memory);
    h->meta_memory = NULL;
    h->meta = ATOM(undefined);
}

/* The socket itself goes; the handle stays for as long as somebody has it. */
static void close_socket(struct handle *h)
{
    if (!h->socket) return;
    socket_close(h->socket);
    h->socket = NULL;
    h->read_state |= HANDLE_CLOSED;
    h->write_state |= HANDLE_CLOSED;
    timer_cancel(&h->linger_timer);
    clear_meta(h);
    count(h, (uint64_t)-1);
}

/* Nobody has the handle any more, so nobody waits for it. */
static void release(void *resource)
{
    struct handle *h = resource;
    close_socket(h);
    while (h->in.first) drop_first(&h->in);
    while (h->out.first) drop_first(&h->out);
    for (struct monitor *m; (m = monitor_first(&h->monitors));) monitor_free(m);
    arena_free(h);
}

static void down(void *resource, term pid, const uint64_t ids[2]);
static const struct resource_type handle_type = {
    .name = "socket", .release = release, .down = down};

struct handle *handle_of(term t) { return resource_of(t, &handle_type); }

struct handle *handle_make(struct process *owner, struct net_socket *s, int domain, int type,
                           int protocol, const struct handle *like)
{
    static int next_number = FIRST_NUMBER;
    struct handle *h = arena_calloc(sizeof *h);
    if (!h) {
        socket_close(s);
        return NULL;
    }
    if (like) {
        h->receive_room = like->receive_room, h->receive_count = like->receive_count;
        h->control_receive_room = like->control_receive_room;
        h->control_send_room = like->control_send_room;
        h->wraps = like->wraps, h->debug = like->debug, h->use_registry = like->use_registry;
    } else {
        h->receive_room = DEFAULT_ROOM;
        h->control_receive_room = h->control_send_room = DEFAULT_CONTROL_ROOM;
        h->debug = handle_settings.socket_debug, h->use_registry = handle_settings.use_registry;
    }
    h->resource.references = 1;
    h->resource.type = &handle_type;
    ref_new_ids(h->resource.ids);
    side_start(&h->monitors);
    h->socket = s;
    h->domain = domain, h->type = type, h->protocol = protocol;
    h->number = next_number;
    next_number = next_number == INT32_MAX ? FIRST_NUMBER : next_number + 1;
    h->owner = h->closer = NIL;
    h->meta = ATOM(undefined);
    count(h, 1);
    socket_own(s, h, ready);
    if (handle_own(h, owner->pid)) return h;
    resource_drop(&h->resource);
    return NULL;
}

bool handle_own(struct handle *h, term pid)
{
    struct process *p = process_find(pid);
    if (!is_nil(h->owner)) stop_watching(h->owner_monitor);
    h->owner = NIL;
    if (!p || p->state == PROCESS_EXITING || !watch_process(h, p, h->owner_monitor)) return false;
    h->owner = pid;
    return true;
}

/* --- the end ---------------------------------------------------------------------------------------------- */

/* Everybody who waits hears that it is closed; but for who has been told to ask again, and will see. */
static void end_line(struct handle *h, struct line *l)
{
    if (l->first && l->asked) tell(h, l->first, ATOM(abort), ATOM(closed));
    line_fail(h, l, ATOM(closed));
}

static void start_closing(struct handle *h)
{
    h->closing = true;
    h->read_state |= HANDLE_CLOSING;
    h->write_state |= HANDLE_CLOSING;
    end_line(h, &h->in);
    end_line(h, &h->out);
}

static void finish_closing(struct handle *h)
{
    if (!h->socket) return;
    if (!is_nil(h->owner)) stop_watching(h->owner_monitor);
    if (!is_nil(h->closer)) stop_watching(h->closer_monitor);
    h->owner = h->closer = NIL;
    close_socket(h);
    if (h->use_registry) tell_registry(h, ATOM(del));
}

void handle_abandon(struct handle *h)
{
    resource_keep(&h->resource);
    start_closing(h);
    finish_closing(h);
    resource_drop(&h->resource);
}

bool line_leave(struct handle *h, struct line *l, const uint64_t ids[2])
{
    for (struct asker **at = &l->first, *a; (a = *at); at = &a->next) {
        if (memcmp(a->monitor, ids, sizeof a->monitor) != 0) continue;
        if (at == &l->first) {
            line_next(h, l);
        } else {
            *at = a->next;
            asker_free(a);
        }
        return true;
    }
    return false;
}

/* A process that it watches has ended, which may be the one that has the last reference. */
static void down(void *resource, term pid, const uint64_t ids[2])
{
    struct handle *h = resource;
    resource_keep(&h->resource);
    if (term_same(h->closer, pid)) {
        h->closer = NIL;
        finish_closing(h);
    } else if (term_same(h->owner, pid) && memcmp(h->owner_monitor, ids, 16) == 0) {
        h->owner = NIL;
        if (handle_is_open(h)) handle_abandon(h);
    } else if (!line_leave(h, &h->in, ids)) {
        line_leave(h, &h->out, ids);
    }
    resource_drop(&h->resource);
}

term bif_prim_socket_nif_close_1(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    if (!h) return raise_badarg(p);
    if (!handle_is_open(h)) return socket_closed(p);
    h->closer = p->pid;
    if (!watch_process(h, p, h->closer_monitor)) return socket_errno(p, NET_ENOMEM);
    start_closing(h);
    return ATOM(ok);
}

static void wake_closer(struct timer *t)
{
    struct handle *h =
        (struct handle *)(void *)((uint8_t *)t - offsetof(struct handle, linger_timer));
    struct process *p = process_find(h->closer);
    if (p) process_wake(p);
}

/* There are bytes under way that it was told to wait for. */
static bool lingers(struct handle *h)
{
    int linger[2] = {0, 0};
    size_t n = sizeof linger;
    if (!socket_unsent(h->socket)) return false;
    if (socket_get(h->socket, NET_SOL_SOCKET, OPTION_LINGER, linger, &n)) return false;
    if (!linger[0] || linger[1] <= 0) return false;
    uint64_t now = plat_monotonic_ns();
    if (!h->lingers_until) {
        h->lingers_until = now + (uint64_t)linger[1] * SECOND;
        socket_shutdown(h->socket, NET_SHUT_WRITE);
    }
    if (now >= h->lingers_until) return false;
    timer_cancel(&h->linger_timer);
    timer_set(&h->linger_timer, now + LINGER_STEP, wake_closer);
    return true;
}

term bif_prim_socket_nif_finalize_close_1(struct process *p, const term *arg)
{
    struct handle *h = handle_of(arg[0]);
    if (!h) return raise_badarg(p);
    if (!h->socket) return socket_closed(p);
    if (!h->closing || !term_same(h->closer, p->pid)) return socket_raise_invalid(p, ATOM(state));
    if (lingers(h)) return bif_wait(p);
    finish_closing(h);
    return ATOM(ok);
}

/* --- open --------------------------------------------------------------------------------------------------- */

/* What socket(2) of Linux says of what there is not. */
static int check_kind(int domain, int type, int *protocol)
{
    if (domain != NET_INET && domain != NET_INET6) return NET_EAFNOSUPPORT;
    if (type == TYPE_RAW && *protocol != 0) return NET_EPERM; /* nobody may */
    if (type == TYPE_RAW) return NET_EPROTONOSUPPORT;
    if (type != TYPE_STREAM && type != TYPE_DGRAM)
        return type < TYPE_STREAM || type > 10 ? NET_EINVAL : NET_ESOCKTNOSUPPORT;
    int own = type == TYPE_STREAM ? NET_IPPROTO_TCP : NET_IPPROTO_UDP;
    if (*protocol != 0 && *protocol != own) return NET_EPROTONOSUPPORT;
    *protocol = own;
    return NET_OK;
}

static bool option_is(term options, term key, bool otherwise)
{
    term value = map_get(options, key);
    bool b;
    return is_value(value) && bool_of(value, &b) ? b : otherwise;
}

term bif_prim_socket_nif_open_4(struct process *p, const term *arg)
{
    int domain, type, protocol;
    if (!int_of(arg[2], &protocol)) return number_fault(p, arg[2]);
    if (!is_map(arg[3])) return raise_badarg(p);
    if (!domain_of(arg[0], &domain)) return socket_invalid(p, ATOM(domain));
    if (!type_of(arg[1], &type)) return socket_invalid(p, ATOM(type));
    int error = check_kind(domain, type, &protocol);
    if (error) return socket_errno(p, error);
    struct net_socket *s = socket_open((enum net_family)domain, type == TYPE_STREAM);
    if (!s) return socket_errno(p, NET_ENOBUFS);
    struct handle *h = handle_make(p, s, domain, type, protocol, NULL);
    if (!h) return socket_errno(p, NET_ENOMEM);
    h->debug = option_is(arg[3], ATOM(debug), h->debug);
    h->use_registry = option_is(arg[3], ATOM(use_registry), h->use_registry);
    if (h->use_registry) handle_register(h);
    return socket_ok(p, make_magic_ref(&p->heap, &h->resource));
}

/* There are no descriptors that a socket could be made of. */
term bif_prim_socket_nif_open_2(struct process *p, const term *arg)
{
    int number, domain, type;
    if (!int_of(arg[0], &number)) return number_fault(p, arg[0]);
    if (!is_map(arg[1])) return raise_badarg(p);
    term d = map_get(arg[1], ATOM(domain)), t = map_get(arg[1], ATOM(type));
    if (is_no_value(d) || !domain_of(d, &domain)) return socket_invalid(p, ATOM(domain));
    if (is_no_value(t) || !type_of(t, &type)) return socket_invalid(p, ATOM(type));
    return socket_errno(p, NET_EBADF);
}
