/* SPDX-License-Identifier: Apache-2.0 */
/* frames.c -- see frames.h. */
#include <string.h>

#include "agent/frames.h"

uint64_t frame_u64(const uint8_t *bytes)
{
    uint64_t n;
    memcpy(&n, bytes, sizeof n);
    return n;
}

uint32_t frame_size(const struct agent_frame *head)
{
    if (head->bytes > AGENT_FRAME_MOST - sizeof *head || head->zero) return 0;
    if (head->kind < AGENT_SPAWN || head->kind > AGENT_FORGET) return 0;
    if (head->flags & ~(head->kind == AGENT_SEND ? AGENT_MORE : 0)) return 0;
    return frame_is_whole(head) ? (uint32_t)sizeof *head + head->bytes : 0;
}

bool frame_is_whole(const struct agent_frame *head)
{
    switch (head->kind) {
    case AGENT_SPAWN: return head->bytes >= sizeof(struct agent_spawn);
    case AGENT_SEND: return head->bytes >= sizeof(struct agent_name);
    case AGENT_STOP:
    case AGENT_UNWATCH:
    case AGENT_CHECKPOINT:
    case AGENT_KILL: return head->bytes == 8;
    case AGENT_WATCH: return head->bytes == 8 + sizeof(struct agent_name);
    case AGENT_FORGET: return head->bytes == sizeof(struct agent_name);
    case AGENT_INFO: return head->bytes == 16;
    default: return true;
    }
}

/* --- the options of a spawn ------------------------------------------------------------------------ */

struct value {
    const uint8_t *at;
    uint16_t n;
};

static bool take_u64(struct value v, uint64_t *out)
{
    if (v.n != sizeof *out) return false;
    memcpy(out, v.at, sizeof *out);
    return true;
}

static bool take_u32(struct value v, uint32_t *out)
{
    if (v.n != sizeof *out) return false;
    memcpy(out, v.at, sizeof *out);
    return true;
}

static bool take_text(struct value v, struct wish_text *out)
{
    if (!v.n || memchr(v.at, 0, v.n)) return false;
    *out = (struct wish_text){(const char *)v.at, v.n};
    return true;
}

static bool is_text(struct value v, const char *text)
{
    return v.n == strlen(text) && memcmp(v.at, text, v.n) == 0;
}

static const char *take_console(struct value v, struct wish *w)
{
    w->quiet = is_text(v, "none");
    return w->quiet || is_text(v, "inherit") ? NULL : "console: it is inherit or none";
}

static const char *take_network(struct value v, struct wish *w)
{
    if (w->networks == WISH_NETWORKS_MOST) return "network: there are too many";
    return take_text(v, &w->network[w->networks++]) ? NULL : "network: it is no text";
}

static const char *take_mount(struct value v, struct wish *w)
{
    if (w->mounts == WISH_MOUNTS_MOST) return "mounts: there are too many";
    return take_text(v, &w->mount[w->mounts++]) ? NULL : "mounts: it is no text";
}

static const char *take_from(struct value v, struct wish *w)
{
    w->from_given = true;
    if (v.n != sizeof w->from) return "image: it is no checkpoint";
    memcpy(&w->from, v.at, sizeof w->from);
    return NULL;
}

static const char *take_give(struct value v, struct wish *w)
{
    if (w->gives == WISH_IMAGES_MOST) return "images: there are too many";
    return take_text(v, &w->give[w->gives++]) ? NULL : "images: it is no text";
}

/* NULL, or what is wrong with it. */
static const char *take_option(enum agent_option_name name, struct value v, struct wish *w)
{
    switch (name) {
    case AGENT_IMAGE: return take_text(v, &w->image) ? NULL : "image: it is no text";
    case AGENT_MEMORY:
        return take_u64(v, &w->memory) && w->memory ? NULL : "memory: it is no number of bytes";
    case AGENT_CPU_WEIGHT:
        return take_u32(v, &w->cpu_weight) && w->cpu_weight && w->cpu_weight <= 10000
                   ? NULL
                   : "cpu_weight: it is from 1 to 10000";
    case AGENT_TIME_LIMIT:
        return take_u64(v, &w->time_limit_ms) && w->time_limit_ms &&
                       w->time_limit_ms < UINT64_MAX / 4000000
                   ? NULL
                   : "time_limit: it is no number of milliseconds";
    case AGENT_NETWORK: return take_network(v, w);
    case AGENT_MOUNT: return take_mount(v, w);
    case AGENT_CONSOLE: return take_console(v, w);
    case AGENT_CHILDREN: return take_u32(v, &w->children) ? NULL : "children: it is no number";
    case AGENT_CHILD_MEMORY:
        w->child_memory_given = true;
        return take_u64(v, &w->child_memory) ? NULL : "child_memory: it is no number";
    case AGENT_COLD: w->cold = true; return v.n ? "cold: it has no value" : NULL;
    case AGENT_GIVE_IMAGE: return take_give(v, w);
    case AGENT_FROM: return take_from(v, w);
    }
    return "there is no such option";
}

static int read_options(const uint8_t *at, uint32_t n, struct wish *w, const char **why)
{
    uint64_t seen = 0;
    int result = 0;
    while (n) {
        struct agent_option o;
        if (n < sizeof o) return -1;
        memcpy(&o, at, sizeof o);
        if (o.bytes > n - sizeof o) return -1;
        bool repeats =
            o.option == AGENT_NETWORK || o.option == AGENT_MOUNT || o.option == AGENT_GIVE_IMAGE;
        const char *wrong = take_option(o.option, (struct value){at + sizeof o, o.bytes}, w);
        if (o.option < 64 && seen >> o.option & 1 && !repeats) wrong = "an option is there twice";
        if (o.option < 64) seen |= UINT64_C(1) << o.option;
        if (wrong && !result) *why = wrong, result = AGENT_BAD_OPTION;
        at += sizeof o + o.bytes;
        n -= (uint32_t)sizeof o + o.bytes;
    }
    if (!result && w->from_given && (w->image.at || w->cold)) {
        *why = "a checkpoint is of one image, and not cold";
        result = AGENT_BAD_OPTION;
    }
    return result;
}

int frame_read_spawn(const uint8_t *bytes, uint32_t n, struct wish *w, const char **why)
{
    struct agent_spawn head;
    *w = (struct wish){0};
    if (n < sizeof head) return -1;
    memcpy(&head, bytes, sizeof head);
    n -= (uint32_t)sizeof head;
    if (head.zero || head.options_bytes > n) return -1;
    w->tag = head.tag;
    w->start = bytes + sizeof head + head.options_bytes;
    w->start_bytes = n - head.options_bytes;
    return read_options(bytes + sizeof head, head.options_bytes, w, why);
}
