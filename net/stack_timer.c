/* SPDX-License-Identifier: Apache-2.0 */
/* stack_timer.c -- lwIP's timers on the machine's wheel.
 *
 * lwIP ticks: each of its protocols wants to be called every so often, forever.  A mote where nothing happens is to
 * sleep; so the ticks stop a while after the last frame came or went, and what they would have aged
 * is aged when they start again.  Connections that wait for nothing but their peer do not keep them going.
 */
#include "net/stack.h"
#include "platform/platform.h"
#include "process/timer.h"
#include <lwip/priv/tcp_priv.h>
#include <lwip/sys.h>
#include <lwip/timeouts.h>

#define NS_IN_MS     UINT64_C(1000000)
#define LINGER_NS    (90 * 1000 * NS_IN_MS) /* the ticks go on for so long */
#define MOST_MISSED  700                    /* ticks that are made up for */
#define MOST_CYCLICS 12

struct cyclic {
    struct timer timer;
    const struct lwip_cyclic_timer *what;
    uint64_t last_ns;
};
static struct cyclic cyclics[MOST_CYCLICS]; /* [0]: TCP */
static uint64_t touched_ns;

u32_t sys_now(void) { return (u32_t)(plat_monotonic_ns() / NS_IN_MS); }

/* There is nothing that TCP's clock could bring about. */
static bool tcp_rests(void)
{
    if (tcp_tw_pcbs) return false;
    for (const struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next) {
        bool open = p->state == ESTABLISHED || (p->state == CLOSE_WAIT && !(p->flags & TF_FIN));
        bool due = p->unacked || p->unsent || p->ooseq || p->refused_data || p->persist_backoff ||
                   (p->flags & (TF_ACK_DELAY | TF_ACK_NOW | TF_CLOSEPEND)) ||
                   ip_get_option(p, SOF_KEEPALIVE);
        if (!open || due) return false;
    }
    return true;
}

bool net_sends(void)
{
    for (const struct tcp_pcb *p = tcp_active_pcbs; p; p = p->next)
        if (p->state != SYN_SENT && (p->unacked || p->unsent)) return true;
    return false;
}

static void tick(struct timer *t);

static void arm(struct cyclic *c, uint64_t now)
{
    timer_set(&c->timer, now + c->what->interval_ms * NS_IN_MS, tick);
}

static void tick(struct timer *t)
{
    struct cyclic *c = (struct cyclic *)t;
    uint64_t now = plat_monotonic_ns();
    c->last_ns = now;
    c->what->handler();
    bool is_tcp = c == &cyclics[0];
    if (is_tcp ? !tcp_rests() : now - touched_ns < LINGER_NS) arm(c, now);
    net_turn_soon();
}

/* It has not ticked for a while: the ticks that are missing, as many as could matter. */
static void catch_up(struct cyclic *c, uint64_t now)
{
    uint64_t interval = c->what->interval_ms * NS_IN_MS, missed = (now - c->last_ns) / interval;
    if (missed > MOST_MISSED) missed = MOST_MISSED;
    c->last_ns = now;
    for (; missed > 1; missed--) c->what->handler();
    arm(c, now);
}

void net_timers_wake(void)
{
    uint64_t now = plat_monotonic_ns();
    touched_ns = now;
    if (!timer_is_set(&cyclics[0].timer) && !tcp_rests()) arm(&cyclics[0], now);
    if (plat_wants_checkpoint()) return; /* those who go on from it begin with their own frames */
    for (int i = 1; i < lwip_num_cyclic_timers; i++)
        if (!timer_is_set(&cyclics[i].timer)) catch_up(&cyclics[i], now);
}

/* lwIP: there is a connection. */
void tcp_timer_needed(void)
{
    if (!timer_is_set(&cyclics[0].timer)) arm(&cyclics[0], plat_monotonic_ns());
}

void net_timers_start(void)
{
    uint64_t now = plat_monotonic_ns();
    require(lwip_num_cyclic_timers <= MOST_CYCLICS);
    for (int i = 0; i < lwip_num_cyclic_timers; i++) {
        cyclics[i].what = &lwip_cyclic_timers[i];
        cyclics[i].last_ns = now;
    }
}

/* lwIP's own list of timeouts, which nothing that is compiled here uses. */
void sys_timeouts_init(void) {}
void sys_timeout(u32_t ms, sys_timeout_handler handler, void *argument)
{
    (void)ms, (void)handler, (void)argument;
    plat_panic(__FILE__, __LINE__, "a timeout of lwIP's");
}
void sys_untimeout(sys_timeout_handler handler, void *argument) { (void)handler, (void)argument; }
