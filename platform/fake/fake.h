/* SPDX-License-Identifier: Apache-2.0 */
/* fake.h -- what tests can do to the machine under them. */
#ifndef PLATFORM_FAKE_H
#define PLATFORM_FAKE_H

#include <stddef.h>
#include <stdint.h>

#define FAKE_HEAP 0x40000000ul /* as LAYOUT_HEAP */

/* Zeroed memory for plat_boot.heap, where a mote has it.  Ends the program when that is not free. */
void *fake_heap(size_t bytes);

/* When set: the clock.  plat_wait moves it to its deadline. */
extern uint64_t *fake_time;
/* When set: the next plat_wait reports a request to stop. */
extern volatile int fake_stop_requested;

/* A channel of that name: a stream socket, from now on this file's.  At most FAKE_CHANNELS_MOST. */
#define FAKE_CHANNELS_MOST 8
void fake_channel_add(const char *name, int fd);
extern const char *fake_channel_names[FAKE_CHANNELS_MOST + 1]; /* for plat_boot */

/* channel.c, for fake.c's waiting. */
struct pollfd;
unsigned fake_channels_poll(struct pollfd *p); /* as many as it has filled in */
uint64_t fake_channels_ready(const struct pollfd *p);

/* When set: called by plat_exit(). */
extern void (*fake_before_exit)(void);

/* One more interface, eth0, eth1 ...: frames are read from and written to `fd`, whole.  The name in `info`
 * is set here.  Before the machine starts. */
struct plat_net;
void fake_net_add(int fd, const struct plat_net *info);
extern struct plat_names fake_names; /* what plat_names() answers */

/* Between fake.c and net.c: what to wait for, PLAT_NET_MOST at most, and what that means. */
struct pollfd;
unsigned fake_net_poll(struct pollfd *p);
uint64_t fake_net_ready(const struct pollfd *p);

/* The arena's small blocks in sanitizer builds. */
void *fake_malloc(size_t bytes);
void *fake_realloc(void *block, size_t bytes);
void fake_free(void *block);

#endif
