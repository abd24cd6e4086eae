/* SPDX-License-Identifier: Apache-2.0 */
/* relation.h -- links, monitors and aliases: what ties processes and ports together.
 *
 * A link or monitor is one object that hangs in the lists of both its ends, and in a hash
 * table of its kind, so that making, finding and breaking one costs constant time however
 * many there are.  An alias is a monitor of nothing: a reference that messages can be sent to.
 * One end may be on another node: see distance.h.
 *
 * Always true: an object is in the lists of those of its ends that are alive.
 */
#ifndef VM_RELATION_H
#define VM_RELATION_H

#include "heap/heap.h"

struct process;

/* A place in a circular list; the head of an empty one points to itself. */
struct side {
    struct side *next, *previous;
};

/* Every process and port has one. */
struct relations {
    struct side links;
    struct side monitors; /* that we made, aliases included */
    struct side watchers; /* monitors of us */
};
void relations_start(struct relations *r);

/* --- links --------------------------------------------------------------------------------- */

/* false: no memory.  Nothing happens when they are linked already. */
bool link_make(term a, struct relations *of_a, term b, struct relations *of_b);
/* true when there was one. */
bool link_break(term a, term b);
bool link_exists(term a, term b);
/* Takes one link off the list, with both its ends; false: none left.  Of a distant end the caller gets the
 * reference, to be given to distance.drop(). */
struct link_ends {
    term own, other;
    bool priority;  /* the other end wants to hear of it by a priority message */
    bool unlinking; /* it is no link any more, see link_unlinking() */
};
bool link_take(struct relations *r, struct link_ends *ends);
/* The end that is distant, of the two. */
static inline term link_distant_end(const struct link_ends *e)
{
    return is_boxed(e->own) ? e->own : e->other;
}
/* Where a link with a distant end keeps the number of the unlink signal that the other node has not
 * acknowledged yet; 0: it is a link.  NULL: there is none at all. */
uint64_t *link_unlinking(term a, term b);
/* Whether `own` wants to hear of the end of its link to `other`, which there is, by a priority message. */
void link_set_priority(term own, term other, bool priority);
/* Calls each() for all links but those being unlinked, the newest first. */
void link_each(const struct relations *r, void (*each)(void *context, term other), void *context);

/* --- monitors and aliases --------------------------------------------------------------------- */

enum monitor_kind {
    MONITOR_PROCESS,
    MONITOR_PORT,
    MONITOR_TIME_OFFSET,
    MONITOR_NOTHING,
    MONITOR_RESOURCE, /* made for a struct resource: `resource`, no origin */
    MONITOR_SPAWN, /* a spawn_request to another node whose answer is still to come; dist/'s `resource` */
    MONITOR_DISTANT /* made by a process of another node, the origin; dist/'s `resource` */
};
enum alias_mode {
    ALIAS_NONE,
    ALIAS_EXPLICIT,        /* until unalias/1 */
    ALIAS_DEMONITOR,       /* until unalias/1, demonitor/1 or 'DOWN' */
    ALIAS_REPLY_DEMONITOR, /* ... or the first message through it, which also demonitors */
};

struct monitor {
    struct side by_origin, of_target; /* of_target.next NULL: not in a list */
    uint64_t ids[2];                  /* of the reference */
    term origin;                      /* local pid */
    term target;                      /* pid, port, or clock_service */
    term name;                        /* the registered name it was made by, or NIL */
    term node;                        /* ... at this node; NO_VALUE: here */
    term tag;                         /* what stands for 'DOWN'; NO_VALUE: 'DOWN' */
    struct fragment *tag_memory;
    enum monitor_kind kind;
    enum alias_mode alias;
    bool
        priority; /* its messages are priority messages: the one sent when it fires or, when it is but
                    * an alias, those sent through it that say so */
    bool distant; /* one end is on another node */
    bool fired;   /* the target has ended, so that nobody need be told of the end of the monitor */
    void *resource;
    struct monitor *next_hash;
};

/* A new one with this reference; target lists NULL when it is dead or has none.  NULL: no memory. */
struct monitor *monitor_make(const uint64_t ids[2], struct process *origin, enum monitor_kind kind,
                             term target, struct relations *of_target, term name, term tag,
                             enum alias_mode alias);
/* One that hangs in `list` on the other side; when it fires, down() of the resource's type hears of it. */
struct monitor *monitor_make_for_resource(const uint64_t ids[2], void *resource, struct side *list,
                                          term target, struct relations *of_target);
/* One of kind MONITOR_DISTANT: origin is a distant pid, of which the reference is taken over. */
struct monitor *monitor_make_distant(term origin, struct relations *of_origin, term target,
                                     struct relations *of_target, void *resource);
/* The target is on another node, known by its distant pid (the reference is taken over) or by name and node. */
struct monitor *monitor_make_to_distant(const uint64_t ids[2], struct process *origin,
                                        enum monitor_kind kind, term target,
                                        struct relations *of_target, term name, term node, term tag,
                                        enum alias_mode alias);
struct monitor *monitor_find(const uint64_t ids[2]);
/* The first monitor of a resource's list; NULL: none. */
struct monitor *monitor_first(const struct side *list);
void side_start(struct side *head);   /* an empty list */
void monitor_free(struct monitor *m); /* unlinks it first */
/* Its target is gone or was never there: sends the message and frees it (or leaves an explicit
 * alias).  `who` is what the message names when there is no name. */
void monitor_fire(struct monitor *m, term reason);
/* The monitor part ends quietly: frees it, or leaves an explicit alias. */
void monitor_stop(struct monitor *m);

/* All monitors of a dying process or port fire; those it made vanish. */
void monitors_end(struct relations *r, term reason);

/* Is there a monitor, alias or link of this side that takes priority messages? */
bool relations_take_priority(const struct relations *r);

/* Calls each() for all monitors in r->monitors (made by us), the newest first, or r->watchers, the oldest first. */
void monitor_each(const struct relations *r, bool watchers,
                  void (*each)(void *context, const struct monitor *m), void *context);

#endif
