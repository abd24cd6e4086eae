/* SPDX-License-Identifier: Apache-2.0 */
/* stream.c -- sockets of TCP. */
#include "net/socket_parts.h"
#include "heap/arena.h"
#include "net/lookup.h"
#include "net/lwip/hooks.h"
#include <lwip/priv/tcp_priv.h>
#include <string.h>

#define MOST_WAITING  4096  /* as Linux's somaxconn */
#define PIECE         32768 /* of what is written at a time */
#define POLL_INTERVAL 10    /* slow ticks of TCP: for what had no memory */

/* --- what lwIP tells ------------------------------------------------------------------------------ */

static void forget_calls(struct tcp_pcb *pcb)
{
    tcp_arg(pcb, NULL);
    if (pcb->state == LISTEN) return;
    tcp_recv(pcb, NULL);
    tcp_sent(pcb, NULL);
    tcp_err(pcb, NULL);
    tcp_poll(pcb, NULL, 0);
}

/* Both sides have said that they are done.  lwIP sees the rest through alone, and does not say when it frees the
 * pcb then. */
static void let_go(struct net_socket *s)
{
    forget_calls(s->tcp);
    s->tcp = NULL;
    s->state = SOCKET_OVER;
}

static err_t received(void *argument, struct tcp_pcb *pcb, struct pbuf *data, err_t error)
{
    struct net_socket *s = argument;
    (void)error;
    if (!data) {
        s->at_end = true;
        if (pcb->state == TIME_WAIT || pcb->state == CLOSING) let_go(s);
    } else if (s->no_read) {
        tcp_recved(pcb, data->tot_len);
        pbuf_free(data);
    } else if (!arrivals_add(&s->arrivals, &(struct arrival){.data = data})) {
        return ERR_MEM; /* lwIP keeps it and offers it again */
    }
    socket_event(s);
    return ERR_OK;
}

static err_t sent(void *argument, struct tcp_pcb *pcb, u16_t n)
{
    (void)pcb, (void)n;
    socket_event(argument);
    return ERR_OK;
}

/* Now and then: what had no memory may have it now. */
static err_t polled(void *argument, struct tcp_pcb *pcb)
{
    (void)pcb;
    socket_event(argument);
    return ERR_OK;
}

static bool breaking; /* net_streams_break() is at it */

/* lwIP has freed the pcb. */
static void failed(void *argument, err_t result)
{
    struct net_socket *s = argument;
    if (breaking) result = ERR_RST;
    s->tcp = NULL;
    if (s->state == SOCKET_CONNECTING) {
        s->error = result == ERR_RST ? NET_ECONNREFUSED : NET_ETIMEDOUT;
        s->state = SOCKET_FRESH; /* it may connect again */
    } else {
        if (result != ERR_CLSD)
            s->error = result != ERR_RST ? NET_ETIMEDOUT : s->at_end ? NET_EPIPE : NET_ECONNRESET;
        s->state = SOCKET_OVER;
    }
    socket_event(s);
}

static err_t connected(void *argument, struct tcp_pcb *pcb, err_t result)
{
    struct net_socket *s = argument;
    (void)result;
    s->state = SOCKET_CONNECTED;
    address_from_ip(s, &pcb->local_ip, pcb->local_port, &s->name);
    socket_event(s);
    return ERR_OK;
}

/* --- options in lwIP's hands ------------------------------------------------------------------------- */

void stream_apply(struct net_socket *s)
{
    struct tcp_pcb *pcb = s->tcp;
    if (!pcb) return;
    pcb->tos = (u8_t)(s->family == NET_INET6 && s->traffic_class ? s->traffic_class : s->tos);
    pcb->ttl = (u8_t)(s->family == NET_INET6 ? s->hops : s->ttl);
    pcb->keep_idle = (u32_t)s->keep_idle * 1000;
    pcb->keep_intvl = (u32_t)s->keep_interval * 1000;
    pcb->keep_cnt = (u32_t)s->keep_count;
    if (s->no_delay)
        tcp_nagle_disable(pcb);
    else
        tcp_nagle_enable(pcb);
    if (s->keep_alive)
        ip_set_option(pcb, SOF_KEEPALIVE);
    else
        ip_reset_option(pcb, SOF_KEEPALIVE);
    if (s->reuse)
        ip_set_option(pcb, SOF_REUSEADDR);
    else
        ip_reset_option(pcb, SOF_REUSEADDR);
}

/* lwIP gives a connection its whole window when it is made, and a second time when both sides turn out to know of large
 * ones.  A socket may want a smaller one, of which the peer has to hear from the start: for these two moments the
 * window is as small. */
uint32_t net_tcp_window = NET_TCP_WINDOW;

static void window_of(const struct net_socket *s)
{
    net_tcp_window =
        s && s->window && s->window < NET_TCP_WINDOW ? (uint32_t)s->window : NET_TCP_WINDOW;
}

static void set_calls(struct net_socket *s)
{
    tcp_arg(s->tcp, s);
    tcp_recv(s->tcp, received);
    tcp_sent(s->tcp, sent);
    tcp_err(s->tcp, failed);
    tcp_poll(s->tcp, polled, POLL_INTERVAL);
}

bool stream_open(struct net_socket *s)
{
    s->tcp = tcp_new_ip_type(s->family == NET_INET6 ? IPADDR_TYPE_ANY : IPADDR_TYPE_V4);
    if (!s->tcp) return false;
    set_calls(s);
    return true;
}

/* --- binding ---------------------------------------------------------------------------------------------- */

static bool is_in_way(const struct net_socket *s, const ip_addr_t *ip, uint16_t port,
                      const struct tcp_pcb *list, bool reusable)
{
    for (; list; list = list->next) {
        if (list == s->tcp || list->local_port != port) continue;
        if (reusable && s->reuse && ip_get_option(list, SOF_REUSEADDR)) continue;
        const struct net_socket *other =
            list->state == LISTEN || list->state == CLOSED ? list->callback_arg : NULL;
        if (address_overlaps(ip, s->v6_only, &list->local_ip, other && other->v6_only)) return true;
    }
    return false;
}

int stream_bind(struct net_socket *s, const ip_addr_t *ip, uint16_t port)
{
    if (s->state != SOCKET_FRESH || !s->tcp || s->tcp->local_port) return NET_EINVAL;
    stream_apply(s);
    if (port && (is_in_way(s, ip, port, (struct tcp_pcb *)tcp_listen_pcbs.listen_pcbs, false) ||
                 is_in_way(s, ip, port, tcp_bound_pcbs, true) ||
                 is_in_way(s, ip, port, tcp_active_pcbs, true) ||
                 is_in_way(s, ip, port, tcp_tw_pcbs, true)))
        return NET_EADDRINUSE;
    return net_error_of(tcp_bind(s->tcp, ip, port));
}

/* --- connecting ------------------------------------------------------------------------------------------ */

int stream_connect(struct net_socket *s, const ip_addr_t *ip, uint16_t port)
{
    switch (s->state) {
    case SOCKET_CONNECTED: return NET_EISCONN;
    case SOCKET_CONNECTING: return NET_EALREADY;
    case SOCKET_FRESH: break;
    default: return s->state == SOCKET_LISTENING ? NET_EISCONN : NET_ECONNABORTED;
    }
    if (!s->tcp && !stream_open(s)) return NET_ENOBUFS;
    if (ip_addr_ismulticast(ip)) return NET_ENETUNREACH;
    if (s->v6_only && IP_IS_V4_VAL(*ip)) return NET_ENETUNREACH;
    stream_apply(s);
    window_of(s);
    err_t result = tcp_connect(s->tcp, ip, port, connected);
    window_of(NULL);
    if (result == ERR_USE) return NET_EADDRNOTAVAIL;
    if (result == ERR_VAL || result == ERR_BUF) return NET_EADDRNOTAVAIL;
    if (result != ERR_OK) return net_error_of(result);
    lookup_enter(s->tcp);
    s->state = SOCKET_CONNECTING;
    net_touch();
    return NET_EINPROGRESS;
}

/* --- listening ------------------------------------------------------------------------------------------- */

/* A connection has been made to a listener. */
static err_t accepted(void *argument, struct tcp_pcb *pcb, err_t result)
{
    struct net_socket *l = argument;
    if (result != ERR_OK || !pcb || !l) return ERR_VAL;
    struct net_socket *s = arena_calloc(sizeof *s);
    if (!s) return ERR_MEM;
    *s = *l;
    s->arrivals = (struct arrivals){0};
    s->waiting = s->next_waiting = s->next_told = NULL;
    s->told = NULL;
    s->last_waiting = &s->waiting;
    s->owner = NULL, s->ready = NULL;
    s->watched = 0, s->waiting_count = 0, s->half_open = 0, s->error = 0;
    s->state = SOCKET_CONNECTED;
    s->listener = l;
    s->tcp = pcb;
    address_from_ip(s, &pcb->remote_ip, pcb->remote_port, &s->from);
    address_from_ip(s, &pcb->local_ip, pcb->local_port, &s->name);
    set_calls(s);
    stream_apply(s);
    *l->last_waiting = s;
    l->last_waiting = &s->next_waiting;
    l->waiting_count++;
    if (l->half_open) l->half_open--;
    socket_event(l);
    return ERR_OK;
}

static uint32_t count_half_open(const struct tcp_pcb *listener)
{
    uint32_t n = 0;
    for (const struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next)
        n += p->state == SYN_RCVD && (const struct tcp_pcb *)p->listener == listener;
    return n;
}

/* lwIP asks before it looks at a segment.  A listener has room for as many connections as its backlog says, and one
 * more, as Linux; those that are not complete yet count. */
int net_accepts_segment(struct tcp_pcb *pcb, const struct tcp_hdr *header)
{
    net_lookup_over();
    window_of(pcb->state == SYN_SENT ? pcb->callback_arg : NULL);
    if (pcb->state != LISTEN || (TCPH_FLAGS(header) & (TCP_SYN | TCP_ACK | TCP_RST)) != TCP_SYN)
        return 1;
    struct net_socket *l = pcb->callback_arg;
    window_of(l);
    if (l->waiting_count + l->half_open > l->backlog) l->half_open = count_half_open(pcb);
    if (l->waiting_count + l->half_open > l->backlog) return 0;
    l->half_open++;
    return 1;
}

int socket_listen(struct net_socket *s, int backlog)
{
    if (!s->stream) return NET_ENOTSUP;
    if (s->state != SOCKET_FRESH && s->state != SOCKET_LISTENING) return NET_EINVAL;
    s->backlog = backlog < 0 || backlog > MOST_WAITING ? MOST_WAITING : (uint32_t)backlog;
    if (s->state == SOCKET_LISTENING) return NET_OK;
    if (!s->tcp->local_port) {
        const ip_addr_t *any = s->family == NET_INET ? IP4_ADDR_ANY
                               : s->v6_only          ? IP6_ADDR_ANY
                                                     : IP_ANY_TYPE;
        int error = stream_bind(s, any, 0);
        if (error) return error;
    }
    const struct tcp_pcb *bound = s->tcp;
    if (is_in_way(s, &bound->local_ip, bound->local_port,
                  (struct tcp_pcb *)tcp_listen_pcbs.listen_pcbs, false))
        return NET_EADDRINUSE;
    err_t result;
    lookup_listener(s->tcp);
    struct tcp_pcb *listening = tcp_listen_with_backlog_and_err(s->tcp, 0xff, &result);
    if (!listening) return net_error_of(result);
    s->tcp = listening;
    s->state = SOCKET_LISTENING;
    tcp_arg(s->tcp, s);
    tcp_accept(s->tcp, accepted);
    return NET_OK;
}

int socket_accept(struct net_socket *l, struct net_socket **made)
{
    struct net_socket *s = l->waiting;
    if (l->state != SOCKET_LISTENING) return NET_EINVAL;
    if (!s) return NET_EAGAIN;
    l->waiting = s->next_waiting;
    if (!l->waiting) l->last_waiting = &l->waiting;
    l->waiting_count--;
    s->next_waiting = s->listener = NULL;
    *made = s;
    return NET_OK;
}

/* --- data --------------------------------------------------------------------------------------------------- */

/* Bytes that may be given to lwIP now. */
static size_t send_room(const struct net_socket *s)
{
    size_t room = s->tcp->snd_buf, used = TCP_SND_BUF - room;
    size_t most = (size_t)s->send_room / 2;
    if (s->tcp->snd_queuelen >= TCP_SND_QUEUELEN - 64 || used >= most) return 0;
    return most - used < room ? most - used : room;
}

/* true: there is something that a write tells at once, be it that nothing can be written any more. */
static bool can_write(const struct net_socket *s)
{
    if (s->state == SOCKET_CONNECTING) return false;
    if (s->state != SOCKET_CONNECTED || s->error || s->no_write || !s->tcp) return true;
    return send_room(s) > (size_t)s->send_room / 6;
}

unsigned stream_can(const struct net_socket *s)
{
    if (s->state == SOCKET_LISTENING) return s->waiting ? NET_READ : 0;
    bool over = s->state == SOCKET_OVER || s->error;
    bool readable = s->arrivals.count || s->at_end || s->no_read || over;
    return (readable ? NET_READ : 0) | (can_write(s) ? NET_WRITE : 0);
}

static void push(struct net_socket *s)
{
    const struct tcp_seg *unsent = s->tcp->unsent;
    if (s->cork && unsent && !unsent->next && unsent->len < tcp_mss(s->tcp)) return;
    tcp_output(s->tcp);
    net_touch();
}

int64_t socket_send(struct net_socket *s, const uint8_t *bytes, size_t n)
{
    if (s->error) return -socket_take_error(s);
    if (s->state == SOCKET_CONNECTING) return -NET_EAGAIN;
    if (s->state != SOCKET_CONNECTED || s->no_write || !s->tcp) return -NET_EPIPE;
    size_t room = send_room(s), done = 0;
    if (n == 0) return 0;
    if (n > room) n = room;
    while (done < n) {
        size_t piece = n - done < PIECE ? n - done : PIECE;
        uint8_t flags = TCP_WRITE_FLAG_COPY | (done + piece < n ? TCP_WRITE_FLAG_MORE : 0);
        if (tcp_write(s->tcp, bytes + done, (u16_t)piece, flags) != ERR_OK) break;
        done += piece;
    }
    if (done == 0) return -NET_EAGAIN;
    push(s);
    return (int64_t)done;
}

/* The peer hears of room that it had not known of when that is a good part of a small window; lwIP
 * itself thinks in parts of its own large one. */
static void tell_window(struct net_socket *s)
{
    struct tcp_pcb *pcb = s->tcp;
    size_t known = pcb->rcv_ann_right_edge - pcb->rcv_nxt;
    if (s->window && pcb->rcv_wnd > known && pcb->rcv_wnd - known >= s->window / 2) {
        pcb->rcv_ann_wnd = pcb->rcv_wnd;
        tcp_ack_now(pcb);
        tcp_output(pcb);
    }
}

static void make_room(struct net_socket *s, size_t n)
{
    if (!s->tcp) return;
    window_of(NULL);
    for (; n > 0xffff; n -= 0xffff) tcp_recved(s->tcp, 0xffff);
    tcp_recved(s->tcp, (u16_t)n);
    tell_window(s);
    net_touch();
}

size_t socket_unsent(const struct net_socket *s)
{
    if (!s->stream || s->state != SOCKET_CONNECTED || !s->tcp) return 0;
    return (size_t)TCP_SND_BUF - s->tcp->snd_buf;
}

/* Nothing has come: why. */
static int64_t receive_nothing(struct net_socket *s)
{
    if (s->at_end) return 0; /* whatever went wrong later */
    if (s->error) return -socket_take_error(s);
    if (s->no_read || s->state == SOCKET_OVER) return 0;
    return s->state == SOCKET_CONNECTED ? -NET_EAGAIN : -NET_ENOTCONN;
}

int64_t socket_peek(struct net_socket *s, uint8_t *bytes, size_t room)
{
    const struct arrivals *a = &s->arrivals;
    size_t done = 0, offset = a->offset;
    for (uint32_t i = 0; i < a->count && done < room; i++, offset = 0) {
        struct pbuf *one = a->ring[(a->first + i) & (a->room - 1)].data;
        size_t left = one->tot_len - offset, n = left < room - done ? left : room - done;
        pbuf_copy_partial(one, bytes + done, (u16_t)n, (u16_t)offset);
        done += n;
    }
    return done ? (int64_t)done : receive_nothing(s);
}

int64_t socket_receive(struct net_socket *s, uint8_t *bytes, size_t room)
{
    struct arrivals *a = &s->arrivals;
    struct arrival *one;
    size_t done = 0;
    while (done < room && (one = arrivals_first(a))) {
        size_t left = one->data->tot_len - a->offset, n = left < room - done ? left : room - done;
        pbuf_copy_partial(one->data, bytes + done, (u16_t)n, (u16_t)a->offset);
        done += n;
        a->offset += n;
        if (n == left) arrivals_drop_first(a);
    }
    if (done) {
        make_room(s, done);
        return (int64_t)done;
    }
    return receive_nothing(s);
}

/* --- another machine ------------------------------------------------------------------------------------- */

static bool is_our_own(const struct tcp_pcb *p)
{
    return ip_addr_isloopback(&p->local_ip) || ip_addr_cmp(&p->local_ip, &p->remote_ip);
}

/* Nobody is told of it by a frame. */
static void break_list(struct tcp_pcb *const *list)
{
    for (struct tcp_pcb *p = *list, *next; p; p = next) {
        next = p->next;
        if (!is_our_own(p)) tcp_abandon(p, 0);
    }
}

void net_streams_break(void (*change)(void))
{
    net_lookup_over();
    breaking = true;
    break_list(&tcp_active_pcbs);
    break_list(&tcp_tw_pcbs);
    change();
    breaking = false;
}

/* --- the end --------------------------------------------------------------------------------------------- */

int socket_shutdown(struct net_socket *s, enum net_shutdown how)
{
    if (s->state != SOCKET_CONNECTED) return NET_ENOTCONN;
    if (!s->stream) return NET_OK;
    if (how != NET_SHUT_WRITE) s->no_read = true;
    if (how != NET_SHUT_READ && !s->no_write) {
        s->no_write = true;
        if (s->tcp) tcp_shutdown(s->tcp, 0, 1);
        net_touch();
    }
    socket_event(s);
    return NET_OK;
}

static void close_listener(struct net_socket *s)
{
    while (s->waiting) {
        struct net_socket *one = s->waiting;
        s->waiting = one->next_waiting;
        one->lingers = true, one->linger = 0;
        socket_close(one);
    }
    /* Those that are only half made find no listener when they are complete, and end. */
    tcp_accept(s->tcp, NULL);
    tcp_close(s->tcp);
}

void stream_close(struct net_socket *s)
{
    struct tcp_pcb *pcb = s->tcp;
    if (!pcb) return;
    if (s->state == SOCKET_LISTENING) {
        close_listener(s);
        return;
    }
    forget_calls(pcb);
    if ((s->lingers && s->linger == 0) || s->arrivals.count || pcb->refused_data) {
        tcp_abort(pcb);
        return;
    }
    window_of(NULL);
    /* For lwIP a window that is not its own largest one means that something was left unread. */
    pcb->rcv_wnd = TCP_WND_MAX(pcb);
    if (tcp_close(pcb) != ERR_OK) tcp_abort(pcb);
}
