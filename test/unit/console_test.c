/* SPDX-License-Identifier: Apache-2.0 */
/* console_test.c -- the guest's end of the console (platform/console.c): when its monitor is knocked at, by a clock that the test turns.
 *
 * It is compiled into this file, on rings that are memory of the test.
 */
#include "abi/channel.h" /* while the layout is the true one */
#include "abi/rings.h"

#include <stdbool.h>
#include <string.h>

static _Alignas(4096) unsigned char ring_memory[RING_USED_BYTES];
#undef LAYOUT_RINGS
#define LAYOUT_RINGS ((uintptr_t)ring_memory)

/* Under names of their own: the machine that this is linked with has others. */
#define plat_console_write       own_console_write
#define plat_console_write_error own_console_write_error
#define plat_console_pause       own_console_pause
#define plat_console_read        own_console_read
#define plat_console_info        own_console_info
#define plat_console_raw         own_console_raw
#define plat_monotonic_ns        own_monotonic_ns
#define mark                     own_mark
#include "platform/console.c"

#include "test/unit/check.h"

static uint64_t now;
uint64_t own_monotonic_ns(void) { return now; }
void own_mark(enum ring_mark which) { (void)which; }

static unsigned knocks;
static void doorbell(void) { knocks++; }
static const struct port own_port = {.doorbell = doorbell};
static const struct boot_record record;
const struct boot_record *boot_record = &record;
const struct port *port = &own_port;

static bool knocked(unsigned times)
{
    bool good = knocks == times;
    knocks = 0;
    return good;
}

/* As a mote that had asked for input before its snapshot was made, at a monitor that sleeps, or is awake. */
static void resume(bool asleep)
{
    char byte;
    size_t n;
    memset(ring_memory, 0, sizeof ring_memory);
    knock_due = 0;
    CHECK(own_console_read(&byte, 1, &n) == PLAT_AGAIN && control()->input_wanted && knocked(1));
    memset(ring_memory, 0, sizeof ring_memory); /* the new monitor's */
    control()->output.consumer_sleeps = asleep;
    console_resumed();
    CHECK(control()->input_wanted && knocked(0));
}

/* That input is wanted is told with what is written, and else soon, or before a sleep; once. */
static void test_knock(void)
{
    resume(true);
    own_console_write("x", 1);
    CHECK(knocked(1) && !control()->output.consumer_sleeps);
    now += 5000000;
    CHECK(!console_input_ready() && knocked(0));
    console_before_sleep();
    CHECK(knocked(0));

    resume(false); /* one that is awake looks at both before it sleeps */
    own_console_write("x", 1);
    console_before_sleep();
    CHECK(knocked(0));

    resume(true);
    CHECK(!console_input_ready() && knocked(0));
    now += 999999;
    CHECK(!console_input_ready() && knocked(0));
    now += 1;
    CHECK(!console_input_ready() && knocked(1));
    now += 5000000;
    CHECK(!console_input_ready() && knocked(0));

    resume(true);
    console_before_sleep();
    CHECK(knocked(1));
    console_before_sleep();
    CHECK(knocked(0));

    resume(true); /* nothing has been told by writing nothing */
    own_console_write("", 0);
    console_before_sleep();
    CHECK(knocked(1));
}

/* A mote that never asked tells nothing. */
static void test_no_wish(void)
{
    input_wanted = 0;
    memset(ring_memory, 0, sizeof ring_memory);
    console_resumed();
    now += 5000000;
    CHECK(!console_input_ready() && !control()->input_wanted);
    console_before_sleep();
    CHECK(knocked(0));
}

int main(void)
{
    test_knock();
    test_no_wish();
    return check_result();
}
