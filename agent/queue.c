/* SPDX-License-Identifier: Apache-2.0 */
/* queue.c -- bytes that wait for room in a ring. */
#include <string.h>
#include <sys/mman.h>

#include "agent/private.h"

static bool grow(struct queue *q, size_t n)
{
    size_t have = queue_bytes(q), room = q->room ? q->room : 4096;
    while (room < have + n) room *= 2;
    uint8_t *more = agent_memory(room);
    if (!more) return false;
    if (have) memcpy(more, q->at + q->from, have);
    if (q->at) munmap(q->at, q->room);
    *q = (struct queue){.at = more, .room = room, .to = have};
    return true;
}

bool queue_add(struct queue *q, const void *bytes, size_t n)
{
    if (n > q->room - q->to && !grow(q, n)) return false;
    if (n) memcpy(q->at + q->to, bytes, n);
    q->to += n;
    return true;
}

void queue_drop(struct queue *q)
{
    if (q->at) munmap(q->at, q->room);
    *q = (struct queue){0};
}

void queue_flush(struct queue *q, struct channel_end *end)
{
    int64_t room = channel_room(end);
    uint32_t n = (uint32_t)queue_bytes(q);
    if (room <= 0 || !n) return;
    if (n > room) n = (uint32_t)room;
    channel_put(end, 0, q->at + q->from, n);
    channel_publish(end, n);
    q->from += n;
    if (q->from == q->to) queue_drop(q);
}
