/* SPDX-License-Identifier: Apache-2.0 */
/* relation.h -- links, monitors and aliases: what ties processes and ports together.
 *
 * A link or monitor is one object that hangs in the lists of both its ends, and in a hash
 * table of its kind, so that making, finding and breaking one costs constant time however
 * many there are.  An alias is a monitor of nothing: a reference that messages can be sent to.
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
/* Takes one link off the list: the other end, and whether that wants to hear of it by a priority message.
 * NO_VALUE: none left. */
term link_take(struct relations *r, bool *priority);
/* Whether `own` wants to hear of the end of its link to `other`, which there is, by a priority message. */
void link_set_priority(term own, term other, bool priority);
/* Calls each() for all links, the newest first. */
void link_each(const struct relations *r, void (*each)(void *context, term other), void *context);

/* --- monitors and aliases --------------------------------------------------------------------- */

enum monitor_kind {
    MONITOR_PROCESS,
    MONITOR_PORT,
    MONITOR_TIME_OFFSET,
    MONITOR_NOTHING,
    MONITOR_RESOURCE /* made by native code for one of its resources: `resource`, no origin */
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
    term tag;                         /* what stands for 'DOWN'; NO_VALUE: 'DOWN' */
    struct fragment *tag_memory;
    enum monitor_kind kind;
    enum alias_mode alias;
    bool
        priority; /* its messages are priority messages: the one sent when it fires or, when it is but
                    * an alias, those sent through it that say so */
    void *resource;
    struct monitor *next_hash;
};

/* A new one with this reference; target lists NULL when it is dead or has none.  NULL: no memory. */
struct monitor *monitor_make(const uint64_t ids[2], struct process *origin, enum monitor_kind kind,
                             term target, struct relations *of_target, term name, term tag,
                             enum alias_mode alias);
/* One that hangs in `list` on the other side; when it fires, process_hooks.resource_down hears of it. */
struct monitor *monitor_make_for_resource(const uint64_t ids[2], void *resource, struct side *list,
                                          term target, struct relations *of_target);
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
