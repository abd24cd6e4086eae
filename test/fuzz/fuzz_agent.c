/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_agent.c -- frames that motes send to the agent (agent/frames.h), one after the other.
 *
 * What is accepted lies within the frame, every byte of it is read, and numbers are within their bounds.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool ok)
{
    if (!ok) abort();
}

static volatile uint32_t sum;

static void read_all(const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) sum += ((const uint8_t *)bytes)[i];
}

static void read_text(struct wish_text t)
{
    must(t.n == 0 || !memchr(t.at, 0, t.n));
    read_all(t.at, t.n);
}

static void read_spawn(const uint8_t *bytes, uint32_t n)
{
    struct wish w;
    const char *why = NULL;
    int result = frame_read_spawn(bytes, n, &w, &why);
    if (result < 0) return;
    must(result == 0 || (result == AGENT_BAD_OPTION && why));
    must(w.start >= bytes && w.start_bytes <= n && w.start + w.start_bytes == bytes + n);
    read_all(w.start, w.start_bytes);
    must(w.mounts <= WISH_MOUNTS_MOST && w.networks <= WISH_NETWORKS_MOST);
    if (result) return;
    must(w.cpu_weight <= 10000);
    read_text(w.image);
    for (unsigned i = 0; i < w.mounts; i++) read_text(w.mount[i]);
    for (unsigned i = 0; i < w.networks; i++) read_text(w.network[i]);
    must(!w.from_given || (!w.image.at && !w.cold));
    sum += (uint32_t)(w.from.number + w.from.key);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    while (n >= sizeof(struct agent_frame)) {
        struct agent_frame head;
        memcpy(&head, bytes, sizeof head);
        uint32_t size = frame_size(&head);
        must(size <= AGENT_FRAME_MOST);
        if (!size || size > n) break;
        must(size == sizeof head + head.bytes);
        /* A copy of its own: the sanitizer sees its end. */
        uint8_t *copy = malloc(head.bytes + 1);
        if (!copy) return 0;
        memcpy(copy, bytes + sizeof head, head.bytes);
        uint8_t *exact = realloc(copy, head.bytes ? head.bytes : 1);
        if (head.kind == AGENT_SPAWN) read_spawn(exact, head.bytes);
        must(head.kind != AGENT_CHECKPOINT || head.bytes == 8);
        must(head.kind != AGENT_FORGET || head.bytes == sizeof(struct agent_name));
        if (head.kind == AGENT_INFO || head.kind == AGENT_KILL || head.kind == AGENT_STOP)
            sum += (uint32_t)frame_u64(exact + head.bytes - 8);
        free(exact);
        bytes += size, n -= size;
    }
    return 0;
}
