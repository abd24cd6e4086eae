/* SPDX-License-Identifier: Apache-2.0 */
/* dispatch.c -- the calls of platform.h that a port answers itself, and waiting.
 *
 * What is not here: start.c, console.c, net.c, channel.c, random.c, crash.c, and no_devices.c.
 */
#include <string.h>

#include "platform/port.h"

/* --- time ------------------------------------------------------------------------ */

/* Monotonic time goes on where the snapshot was made. */
static uint64_t monotonic_base, last_told;
static uint64_t cpu_base, cpu_told;
static uint64_t restores;

/* While a snapshot is being made, each look takes a microsecond, and sleep no time at all. */
enum { TICK_NS = 1000 };
static int is_virtual(void)
{
    return __builtin_expect(boot_record->flags & (BOOT_SNAPSHOT | BOOT_TRIAL), 0) != 0;
}

/* A trial is over when nothing would happen for IDLE_NS, ACTIVE_NS after the first output, and in any case after LONG_NS. */
enum { IDLE_NS = 100000000, ACTIVE_NS = 5000000, LONG_NS = 1000000000 };
static uint64_t trial_end;
static enum { GOES_ON, IS_ASKED, STOPS } trial_stop; /* BOOT_TRIAL_STOP */

/* Of one that is also to stop: then it is asked to, and has as long as any for that. */
static void end_trial(void)
{
    if (!(boot_record->flags & BOOT_TRIAL_STOP) || trial_stop != GOES_ON) plat_exit(0);
    trial_stop = IS_ASKED;
    trial_end = last_told + LONG_NS;
}

static uint64_t virtual_now(void)
{
    last_told += TICK_NS;
    if (!(boot_record->flags & BOOT_TRIAL)) return last_told;
    uint64_t most = control()->output.head && trial_stop == GOES_ON ? ACTIVE_NS : LONG_NS;
    if (!trial_end || trial_end > last_told + most) trial_end = last_told + most;
    if (last_told >= trial_end) end_trial();
    return last_told;
}

uint64_t plat_monotonic_ns(void)
{
    if (is_virtual()) return virtual_now();
    return port->monotonic_ns() + monotonic_base;
}

uint64_t plat_wall_ns(void)
{
    return is_virtual() ? boot_record->snapshot_wall_ns + virtual_now() : port->wall_ns();
}

uint64_t plat_cpu_ns(void) { return is_virtual() ? last_told : port->cpu_ns() + cpu_base; }
uint64_t plat_restores(void) { return restores; }

void clock_saved(void)
{
    last_told = plat_monotonic_ns();
    cpu_told = plat_cpu_ns();
}

void clock_resumed(void)
{
    monotonic_base = last_told - port->monotonic_ns();
    cpu_base = cpu_told - port->cpu_ns();
    restores++;
}

void mark(enum ring_mark mark)
{
    uint64_t *at = &control()->mark_ns[mark];
    if (!*at) *at = is_virtual() ? 1 : port->monotonic_ns() | 1;
}

void plat_mark(enum plat_mark what)
{
    mark(what == PLAT_MARK_ERLANG ? RING_MARK_ERLANG : RING_MARK_APPLICATION);
}

/* --- waiting ----------------------------------------------------------------------- */

/* The number of the last request for a copy that was reported. */
static uint32_t copy_told;

void copy_resumed(void) { copy_told = 0; }

static uint32_t copy_wanted(void)
{
    uint32_t number = __atomic_load_n(&control()->copy_wanted, __ATOMIC_ACQUIRE);
    return number & 1 ? number : 0;
}

/* A stop request is reported once, and so is one for a copy; console input as long as there is some. */
static plat_ready ready(void)
{
    plat_ready r = 0;
    uint32_t requests = __atomic_load_n(&control()->stop_requests, __ATOMIC_ACQUIRE);
    if (requests != control()->stop_seen || trial_stop == IS_ASKED) r |= PLAT_READY_STOP;
    if (__builtin_expect(copy_wanted() > copy_told, 0)) r |= PLAT_READY_COPY;
    if (console_input_ready()) r |= PLAT_READY_CONSOLE;
    return r | net_ready() | channels_ready();
}

int plat_pending(void) { return ready() != 0; }

/* To fall asleep and be woken takes longer than the host needs for most of what it is asked.  Where it has no processor
 * to do it on while we look, it is left at a glance, and now and then tried again. */
static plat_ready look(uint64_t now, uint64_t deadline_ns)
{
    enum { LOOK_NS = 25000, GLANCE = 6, AGAIN = 64 };
    static unsigned misses;
    plat_ready r;
    uint64_t end = now + (LOOK_NS >> (misses % AGAIN < GLANCE ? misses % AGAIN : GLANCE));
    if (end > deadline_ns) end = deadline_ns;
    while (!(r = ready()) && plat_monotonic_ns() < end) __builtin_ia32_pause();
    misses = r ? 0 : misses + 1;
    return r;
}

plat_ready plat_wait(uint64_t deadline_ns)
{
    plat_ready r;
    plat_net_flush();
    channels_flush(); /* who has always something else to do never gets to sleep, either */
    while (!(r = ready())) {
        uint64_t now = plat_monotonic_ns();
        if (now >= deadline_ns) return 0;
        if (is_virtual()) {
            if (boot_record->flags & BOOT_TRIAL && deadline_ns - now > IDLE_NS) {
                end_trial();
                continue;
            }
            require(deadline_ns !=
                    UINT64_MAX); /* a boot that waits for ever, for nobody: no snapshot */
            last_told = deadline_ns;
            return 0;
        }
        if (channels_expect()) {
            channels_flush();
            if ((r = look(now, deadline_ns))) break;
        }
        console_before_sleep();
        net_before_sleep(); /* from here on the monitor knocks, so: once more */
        channels_before_sleep();
        if (!ready()) port->sleep(deadline_ns - now);
        net_after_sleep();
    }
    net_reported(r);
    if (r & PLAT_READY_STOP && trial_stop == IS_ASKED) trial_stop = STOPS;
    if (r & PLAT_READY_STOP)
        control()->stop_seen = __atomic_load_n(&control()->stop_requests, __ATOMIC_ACQUIRE);
    if (r & PLAT_READY_COPY) copy_told = copy_wanted();
    return r;
}

/* --- memory ------------------------------------------------------------------------ */

static void check_heap_range(const void *page, size_t bytes)
{
    uint64_t at = (uint64_t)(uintptr_t)page, from = at - boot_record->heap;
    require(at % LAYOUT_PAGE == 0 && bytes % LAYOUT_PAGE == 0);
    require(at >= boot_record->heap && from <= boot_record->heap_room);
    require(bytes <= boot_record->heap_room - from);
}

/* Nothing may become executable as long as no code is generated: it is one wall more. */
enum plat_result plat_protect(void *page, size_t bytes, enum plat_access access)
{
    check_heap_range(page, bytes);
    if (access == PLAT_EXECUTE) return PLAT_FAILED;
    require(access == PLAT_NO_ACCESS || access == PLAT_READ || access == PLAT_READ_WRITE);
    return bytes ? port->protect(page, bytes, access) : PLAT_OK;
}

void plat_unused(void *page, size_t bytes)
{
    check_heap_range(page, bytes);
    if (boot_record->flags & BOOT_SNAPSHOT)
        memset(page, 0, bytes); /* it has no use for what was in it */
    if (bytes) port->unused(page, bytes);
}

/* What calls that went deep have left there, but for the page that this call needs.  On kvm three pages are not worth
 * an exit, and the monitor takes none but the heap's. */
__attribute__((noinline)) void plat_stack_unused(void)
{
    enum { MOST = 256 << 10, NEAR = 1024 };
    if (boot_record->platform != BOOT_PROCESS) return;
    uint64_t end = ((uint64_t)__builtin_frame_address(0) - NEAR) & ~(LAYOUT_PAGE - 1);
    uint64_t from = end - LAYOUT_STACK > MOST ? end - MOST : LAYOUT_STACK;
    if (end > LAYOUT_STACK && end <= LAYOUT_THREAD) port->unused((void *)from, end - from);
}

void plat_image_rest(void)
{
    uint64_t from = boot_record->archive & ~(LAYOUT_PAGE - 1);
    uint64_t end = layout_pages_up(boot_record->archive + boot_record->archive_bytes);
    if (end > from) port->unused((void *)from, end - from);
}

void plat_will_use(void *page, size_t bytes)
{
    check_heap_range(page, bytes);
    if (bytes) port->populate(page, bytes);
}
