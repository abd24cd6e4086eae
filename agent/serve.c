/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c -- takes frames out of the motes' rings, and puts frames into them.
 *
 * Nothing here waits.  A mote whose next frame is for a ring without room stands in that ring's line of waiters until
 * its owner has read; meanwhile its own ring fills, and it alone is held up.  But what it asks of us goes past the frame that
 * waits, so that it can end who does not read: look_past().  What we say ourselves comes before
 * those who wait, and a mote that does not read our answers is not asked for more questions.  One that reads nothing for
 * PATIENCE while others wait is ended: it would hold its own parent up for ever.
 */
#include <string.h>

#include "agent/private.h"

/* In one go, so that others get their turn. */
enum { FRAMES_AT_ONCE = 32, ANSWERS_MOST = 64 << 10 };

/* --- lists --------------------------------------------------------------------------------------------- */

void serve_later(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    if (m->ready) return;
    m->ready = true;
    m->next_ready = FAMILY_NONE;
    if (a->first_ready == FAMILY_NONE)
        a->first_ready = place;
    else
        a->mote[a->last_ready].next_ready = place;
    a->last_ready = place;
}

static void stand_in_line(struct agent *a, uint32_t place, uint32_t at)
{
    struct mote *m = &a->mote[place], *owner = &a->mote[at];
    m->waits_for = at;
    if (at != place && !owner->stuck_ns) {
        owner->stuck_ns = agent_now_ns();
        motes_look_by(a, owner->stuck_ns + a->patience_ns);
    }
    m->next_waiter = FAMILY_NONE;
    if (owner->first_waiter == FAMILY_NONE)
        owner->first_waiter = place;
    else
        a->mote[owner->last_waiter].next_waiter = place;
    owner->last_waiter = place;
}

static void call_waiters(struct agent *a, uint32_t place)
{
    struct mote *owner = &a->mote[place];
    uint32_t at = owner->first_waiter;
    owner->stuck_ns = 0;
    owner->first_waiter = owner->last_waiter = FAMILY_NONE;
    while (at != FAMILY_NONE) {
        struct mote *m = &a->mote[at];
        uint32_t next = m->next_waiter;
        m->waits_for = FAMILY_NONE;
        serve_later(a, at);
        at = next;
    }
}

static void leave_line(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    if (m->waits_for == FAMILY_NONE) return;
    struct mote *owner = &a->mote[m->waits_for];
    uint32_t *at = &owner->first_waiter, before = FAMILY_NONE;
    while (*at != place) before = *at, at = &a->mote[*at].next_waiter;
    *at = m->next_waiter;
    if (owner->last_waiter == place) owner->last_waiter = before;
    m->waits_for = FAMILY_NONE;
}

void serve_forget(struct agent *a, uint32_t place, bool drains)
{
    if (!drains) leave_line(a, place);
    queue_drop(&a->mote[place].events);
    call_waiters(a, place);
}

/* --- room ------------------------------------------------------------------------------------------------ */

/* From now on it knocks when it has read.  true: it has, meanwhile. */
static bool ask_for_knock(struct mote *m)
{
    int64_t before = channel_room(&m->end);
    channel_wants_room(&m->end);
    return channel_room(&m->end) != before;
}

void serve_room(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    do {
        queue_flush(&m->events, &m->end);
    } while (queue_bytes(&m->events) && ask_for_knock(m));
    if (!queue_bytes(&m->events)) call_waiters(a, place);
}

/* Not now, for others are in the middle of something. */
static void end_soon(struct agent *a, uint32_t place)
{
    a->mote[place].broken = true;
    leave_line(a, place);
    serve_later(a, place);
}

/* Room for a whole frame in its ring, now and before everything that is to come; otherwise `who` waits for it. */
static bool has_room(struct agent *a, uint32_t place, uint32_t n, uint32_t who)
{
    struct mote *m = &a->mote[place];
    for (;;) {
        int64_t room = channel_room(&m->end);
        if (!queue_bytes(&m->events) && room >= n) return true;
        if (room < 0) break;
        if (!ask_for_knock(m)) break;
        queue_flush(&m->events, &m->end);
    }
    if (channel_room(&m->end) < 0) end_soon(a, place);
    stand_in_line(a, who, place);
    return false;
}

void serve_tell(struct agent *a, uint32_t place, enum agent_event kind, const void *first,
                uint32_t first_bytes, const void *second, uint32_t second_bytes)
{
    struct mote *m = &a->mote[place];
    struct agent_frame head = {.bytes = first_bytes + second_bytes, .kind = (uint8_t)kind};
    uint32_t n = (uint32_t)sizeof head + head.bytes;
    if (a->family.at[place].ending) return;
    if (!queue_bytes(&m->events) && channel_room(&m->end) >= n) {
        channel_put(&m->end, 0, &head, sizeof head);
        channel_put(&m->end, sizeof head, first, first_bytes);
        channel_put(&m->end, (uint32_t)sizeof head + first_bytes, second, second_bytes);
        channel_publish(&m->end, n);
        return;
    }
    if (!queue_add(&m->events, &head, sizeof head) || !queue_add(&m->events, first, first_bytes) ||
        !queue_add(&m->events, second, second_bytes))
        end_soon(a, place); /* there is no memory, and half of a frame would be worse */
    else if (channel_room(&m->end) < 0)
        end_soon(a, place);
    else if (ask_for_knock(m))
        serve_room(a, place);
}

/* --- what is asked for -------------------------------------------------------------------------------------- */

enum done { DONE, WAITS, BROKEN };

static enum done send(struct agent *a, uint32_t place, const struct agent_frame *head,
                      uint32_t size)
{
    struct mote *m = &a->mote[place];
    struct agent_name to;
    channel_peek(&m->end, sizeof *head, &to, sizeof to);
    uint32_t at = family_find(&a->family, to.number);
    if (at == FAMILY_NONE || a->family.at[at].name.key != to.key || a->family.at[at].ending) {
        if (!(head->flags & AGENT_MORE)) serve_tell(a, place, AGENT_NOBODY, &to.number, 8, NULL, 0);
        return DONE;
    }
    if (!has_room(a, at, size, place)) return WAITS;
    struct mote *receiver = &a->mote[at];
    struct agent_frame out = {head->bytes, AGENT_MESSAGE, head->flags, 0};
    uint32_t part = size - (uint32_t)(sizeof out + sizeof to);
    channel_peek(&m->end, sizeof out + sizeof to, a->frame, part);
    channel_put(&receiver->end, 0, &out, sizeof out);
    channel_put(&receiver->end, sizeof out, &a->family.at[place].name, sizeof to);
    channel_put(&receiver->end, sizeof out + sizeof to, a->frame, part);
    channel_publish(&receiver->end, size);
    return DONE;
}

void serve_refuse(struct agent *a, uint32_t place, uint64_t tag, uint32_t refusal, const char *why)
{
    uint8_t first[12];
    memcpy(first, &tag, 8);
    memcpy(first + 8, &refusal, 4);
    serve_tell(a, place, AGENT_REFUSED, first, sizeof first, why, (uint32_t)strlen(why));
}

static enum done spawn(struct agent *a, uint32_t place, uint32_t n)
{
    struct wish w;
    const char *sentence = "";
    char why[400];
    uint64_t now = agent_now_ns();
    uint32_t child;
    int refusal = frame_read_spawn(a->frame, n, &w, &sentence);
    if (refusal < 0) return BROKEN;
    if (refusal) {
        serve_refuse(a, place, w.tag, (uint32_t)refusal, sentence);
        return DONE;
    }
    refusal = spawn_instance(a, place, &w, now, &child, why, sizeof why);
    if (refusal) {
        serve_refuse(a, place, w.tag, (uint32_t)refusal, why);
        return DONE;
    }
    const struct agent_name *name = &a->family.at[child].name;
    serve_tell(a, place, AGENT_SPAWNED, &w.tag, 8, name, sizeof *name);
    return DONE;
}

static void checkpoint(struct agent *a, uint32_t place)
{
    char why[400];
    uint64_t tag = frame_u64(a->frame);
    int refusal = kept_ask(a, place, tag, why, sizeof why);
    if (refusal) serve_refuse(a, place, tag, (uint32_t)refusal, why);
}

/* One of those below; FAMILY_NONE: it is none, or not any more. */
static uint32_t own(const struct agent *a, uint32_t place, uint64_t number)
{
    uint32_t at = family_find(&a->family, number);
    if (at == FAMILY_NONE || at == place || a->family.at[at].ending) return FAMILY_NONE;
    return family_is_below(&a->family, at, place) ? at : FAMILY_NONE;
}

static void tell_info(struct agent *a, uint32_t place)
{
    uint64_t tag = frame_u64(a->frame), number = frame_u64(a->frame + 8);
    struct agent_info info;
    uint32_t at = own(a, place, number);
    if (!number || number == a->family.at[place].name.number) at = place;
    if (at == FAMILY_NONE) {
        serve_refuse(a, place, tag, AGENT_NOT_YOURS, "there is no such instance below this mote");
        return;
    }
    info_read(a, at, &info);
    serve_tell(a, place, AGENT_TOLD, &tag, 8, &info, sizeof info);
}

/* Of any mote whose name is known. */
static void watch(struct agent *a, uint32_t place)
{
    struct agent_name name;
    memcpy(&name, a->frame + 8, sizeof name);
    uint32_t at = family_find(&a->family, name.number);
    if (at == FAMILY_NONE || a->family.at[at].name.key != name.key)
        serve_refuse(a, place, frame_u64(a->frame), AGENT_NOT_YOURS, "there is no such instance");
    else if (watch_add(a, place, at) != 0)
        serve_refuse(a, place, frame_u64(a->frame), AGENT_NO_ROOM, "too many are watched");
}

static void forget(struct agent *a, uint32_t place)
{
    struct agent_name name;
    memcpy(&name, a->frame, sizeof name);
    kept_forget(a, place, &name);
}

/* Neither for others nor its last words. */
static bool is_for_us(const struct agent_frame *head)
{
    return head->kind != AGENT_SEND && head->kind != AGENT_LAST;
}

/* Its contents are in a->frame. */
static enum done obey(struct agent *a, uint32_t place, const struct agent_frame *head)
{
    uint32_t at;
    switch (head->kind) {
    case AGENT_SPAWN: return spawn(a, place, head->bytes);
    case AGENT_STOP:
        at = own(a, place, frame_u64(a->frame));
        if (at != FAMILY_NONE) serve_tell(a, at, AGENT_ASKED, NULL, 0, NULL, 0);
        return DONE;
    case AGENT_KILL:
        at = own(a, place, frame_u64(a->frame));
        if (at != FAMILY_NONE) mote_end(a, at, AGENT_END_KILLED);
        return DONE;
    case AGENT_WATCH: watch(a, place); return DONE;
    case AGENT_CHECKPOINT: checkpoint(a, place); return DONE;
    case AGENT_FORGET: forget(a, place); return DONE;
    case AGENT_UNWATCH:
        at = family_find(&a->family, frame_u64(a->frame));
        if (at != FAMILY_NONE) watch_remove(a, place, at);
        return DONE;
    default: tell_info(a, place); return DONE;
    }
}

static enum done answer(struct agent *a, uint32_t place, const struct agent_frame *head)
{
    struct mote *m = &a->mote[place];
    if (m->passed && is_for_us(head)) return DONE; /* it has been done */
    channel_peek(&m->end, sizeof *head, a->frame, head->bytes);
    if (head->kind == AGENT_LAST) {
        queue_drop(&m->last);
        queue_add(&m->last, a->frame, head->bytes);
        return DONE;
    }
    if (a->family.at[place].ending) return DONE; /* these were its last words */
    return obey(a, place, head);
}

/* --- turns ---------------------------------------------------------------------------------------------- */

/* true: `n` bytes are there.  Otherwise it knocks when it has sent more, or has broken the rules. */
static bool has_bytes(struct mote *m, uint32_t n, bool *broken)
{
    int64_t there = channel_bytes(&m->end);
    if (there >= 0 && there < n) {
        channel_wants_bytes(&m->end, true);
        there = channel_bytes(&m->end);
        if (there >= n) channel_wants_bytes(&m->end, false);
    }
    *broken |= there < 0;
    return there >= n;
}

static enum done serve_frame(struct agent *a, uint32_t place, bool *there)
{
    struct mote *m = &a->mote[place];
    struct agent_frame head;
    bool broken = false;
    *there = has_bytes(m, sizeof head, &broken);
    if (broken) return BROKEN;
    if (!*there) return DONE;
    channel_peek(&m->end, 0, &head, sizeof head);
    uint32_t size = frame_size(&head);
    if (!size) return BROKEN;
    *there = has_bytes(m, size, &broken);
    if (broken) return BROKEN;
    if (!*there) return DONE;
    if (queue_bytes(&m->events) > ANSWERS_MOST && !a->family.at[place].ending) {
        stand_in_line(a, place, place);
        return WAITS;
    }
    enum done done =
        head.kind == AGENT_SEND ? send(a, place, &head, size) : answer(a, place, &head);
    if (done == DONE && a->family.at[place].taken) {
        channel_take(&m->end, size);
        m->passed -= m->passed < size ? m->passed : size;
    }
    return done;
}

/* The next frame behind those that were looked through while the first one waits.  false: there is none, or no use in it. */
static bool look_past(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    struct agent_frame head;
    bool broken = false;
    if (m->waits_for == FAMILY_NONE || m->waits_for == place || a->family.at[place].ending)
        return false;
    /* A guest that writes to what it has sent already harms itself only: all this is done again, or left out. */
    if (has_bytes(m, m->passed + (uint32_t)sizeof head, &broken)) {
        channel_peek(&m->end, m->passed, &head, sizeof head);
        uint32_t size = frame_size(&head);
        broken = !size;
        if (size && has_bytes(m, m->passed + size, &broken)) {
            if (is_for_us(&head) && queue_bytes(&m->events) > ANSWERS_MOST) return false;
            channel_peek(&m->end, m->passed + (uint32_t)sizeof head, a->frame, head.bytes);
            m->passed += size;
            if (!is_for_us(&head) || obey(a, place, &head) == DONE) return true;
            broken = true;
        }
    }
    if (broken) end_soon(a, place);
    return false;
}

static void serve_one(struct agent *a, uint32_t place)
{
    struct mote *m = &a->mote[place];
    bool there = true;
    if (!a->family.at[place].taken || (a->family.at[place].ending && !m->looked)) return;
    if (m->broken) {
        m->drained = true;
        mote_end(a, place, AGENT_END_HOSTILE);
        mote_bury(a, place);
        return;
    }
    if (m->waits_for != FAMILY_NONE) {
        int left = FRAMES_AT_ONCE;
        while (left && look_past(a, place)) left--;
        if (!left) serve_later(a, place);
        return;
    }
    for (int i = 0; i < FRAMES_AT_ONCE; i++) {
        switch (serve_frame(a, place, &there)) {
        case WAITS: serve_later(a, place); return; /* for what is behind it */
        case BROKEN:
            m->drained = true;
            mote_end(a, place, AGENT_END_HOSTILE);
            mote_bury(a, place);
            return;
        case DONE: break;
        }
        if (!a->family.at[place].taken || (a->family.at[place].ending && !m->looked)) return;
        if (there) continue;
        if (m->looked) {
            m->drained = true;
            mote_bury(a, place);
        }
        return;
    }
    serve_later(a, place);
}

void serve_ready(struct agent *a)
{
    uint32_t last = a->last_ready;
    while (a->first_ready != FAMILY_NONE) {
        uint32_t place = a->first_ready;
        a->first_ready = a->mote[place].next_ready;
        if (a->first_ready == FAMILY_NONE) a->last_ready = FAMILY_NONE;
        a->mote[place].ready = false;
        serve_one(a, place);
        if (place == last) return;
    }
}
