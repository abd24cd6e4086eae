/* SPDX-License-Identifier: Apache-2.0 */
/* process.h -- an Erlang process: its memory, its registers while it waits, its relations.
 *
 * The process table maps pids to processes.  A process is made by process_spawn(),
 * run by the engine, and ended by process_exit(); after that only its pid remains.
 * There is one thread: signals act on the receiver at once, in the order of sending.
 */
#ifndef VM_PROCESS_H
#define VM_PROCESS_H

#include "heap/heap.h"
#include "term/atom.h"
#include "process/mailbox.h"
#include "process/tracee.h"
#include "process/relation.h"

typedef uint32_t code_word; /* one word of engine code: see code/code.h */
struct export;
struct timer;
struct collection_hold;

#define MAX_X 1024 /* X registers; x[MAX_X] and up are the engine's own */

enum run_state {
    PROCESS_RUNNABLE, /* in a run queue */
    PROCESS_RUNNING,
    PROCESS_WAITING,   /* in receive, or in a BIF that waits */
    PROCESS_SUSPENDED, /* suspend_count > 0; state to return to is in `resume_state` */
    PROCESS_EXITING
};
enum priority { PRIORITY_LOW, PRIORITY_NORMAL, PRIORITY_HIGH, PRIORITY_MAX, PRIORITIES };

enum receive_state {
    RECEIVE_OPEN,
    RECEIVE_TIMED_OUT, /* its timer fired, and the engine has not seen it yet */
    RECEIVE_FOR_EVER,  /* the engine has found `after infinity` */
};

enum fault_class {
    FAULT_NONE,
    FAULT_ERROR,
    FAULT_EXIT,
    FAULT_THROW,
    FAULT_TRAP, /* not a fault: the BIF asks for a call of p->trap instead of its result */
    FAULT_AGAIN /* not a fault: the BIF wants to be called again with the same arguments, now or
                   (when the state is PROCESS_WAITING) after somebody woke the process */
};

/* What a failed BIF or instruction left behind: see bif/bif.h for how it is raised. */
struct fault {
    enum fault_class class_;
    bool has_args;  /* the trace's top frame shows `args` in place of the arity */
    bool has_trace; /* `trace` is complete (erlang:raise/3): do not build one */
    bool has_info;  /* `info` is an error_info map or list to put in the top frame */
    term reason;
    term trace; /* built or being built: engine only */
    term args;
    term info;
};

struct process {
    /* The engine, while this process runs. */
    struct heap heap;
    const code_word *pc; /* where to go on */
    const code_word *cp; /* where the running function returns to */
    int64_t reductions;  /* left in this slice; negative when a BIF overdrew */
    struct fault fault;
    int catches; /* catch and try blocks that are open on the stack */

    /* Live X registers while not running. */
    term *saved_x;
    uint32_t saved_live, saved_room;
    term saved_small[6]; /* saved_x points here when it fits */

    /* The call that FAULT_TRAP asks for. */
    struct {
        struct export *export;
        unsigned count;
        term args[6];
    } trap;
    /* What a BIF that returned FAULT_AGAIN keeps between its calls; freed at exit. */
    void *bif_state;
    void (*bif_state_free)(void *state);

    /* The scheduler, and whoever wakes us. */
    enum run_state state, resume_state;
    enum priority priority;
    uint8_t rounds_left; /* of the run queue until it runs, when its priority is low */
    bool bound;          /* process_flag(scheduler, 1), which nothing depends on */
    struct process *next_ready;
    bool queued; /* in a run queue; one that ends meanwhile is freed when it comes out */
    uint64_t total_reductions;
    bool hibernating;

    /* Any sender; see mailbox.h. */
    struct mailbox mailbox;

    /* Roots kept with the process; collected as one range: roots_first .. roots_end. */
    term roots_first[0];
    term group_leader;
    term exit_reason;
    term seq_token;
    term scratch[4]; /* for an instruction or BIF that must survive a collection */
    term roots_end[0];

    struct dictionary *dictionary; /* NULL when empty: dictionary.h */
    struct relations relations;    /* links, monitors both ways, aliases: relation.h */
    struct timer *receive_timer;
    struct message_timer *timers;            /* whose message goes to us: message_timer.h */
    struct ets_table *tables;                /* that we own: ets/ */
    struct suspension *suspends;             /* processes we have suspended: suspend.h */
    struct node_watch *node_watches;         /* process_flag(monitor_nodes, true): node_watch.h */
    struct saved_calls *saved_calls;         /* NULL: they are not saved: saved_calls.h */
    struct collection_hold *collection_hold; /* nobody may collect us now: collection_hold.h */

    bool trap_exit, is_system, message_off_heap, async_dist;
    bool serves_distance;  /* net_kernel, or the controller of a connection: distance.h */
    bool doomed;           /* to be ended by process_end_doomed */
    uint8_t receive_state; /* enum receive_state */
    unsigned suspend_count;
    struct tracee trace;
    struct call_clock *call_clock; /* of call_time tracing: code/call_time.h; NULL: not traced so */
    int64_t seq_clock, seq_last;   /* of the sequential trace: last serial given, last one seen */
    term error_handler;            /* atom */

    /* Set at spawn, then constant. */
    term pid, parent;                      /* parent: also a distant pid, see distance.h, or NIL */
    term initial_module, initial_function; /* of the spawn */
    unsigned initial_arity;
    term registered_name; /* NIL, or the atom */
    uint64_t started_ns;
    struct process *older, *younger; /* all live ones in order of pid */
    struct process *next_dying;
};

/* --- table ------------------------------------------------------------------------------ */

/* Once, at start; `limit` is the most processes alive at a time (a power of two). */
void process_table_start(uint32_t limit);
/* The live process with this local pid; NULL when dead or no local pid.  An exiting one is dead. */
extern struct process **process_slots;
extern uint32_t process_slot_mask;
static inline struct process *process_find(term pid)
{
    if (!is_local_pid(pid)) return NULL;
    struct process *p = process_slots[id_data(pid) & process_slot_mask];
    return p && term_same(p->pid, pid) ? p : NULL;
}
uint32_t process_count(void);
uint32_t process_limit(void);
/* Calls each(p, context) for every live process in order of pid; it may end p but start none. */
void process_each(void (*each)(struct process *p, void *context), void *context);
/* The number that the next process will have; set: one as close after n as is free. */
uint64_t process_next_number(void);
void process_set_next_number(uint64_t n);
/* The one that runs now, NULL in the scheduler. */
extern struct process *process_running;

/* --- start ------------------------------------------------------------------------------- */

struct spawn_options {
    bool link, monitor, system, bound;
    bool off_heap_messages, async_dist;
    enum priority priority; /* set to PRIORITY_NORMAL by spawn_options_default */
    size_t min_heap_words, max_heap_words, min_binary_bytes;
    bool max_heap_kill, max_heap_log;
    uint16_t fullsweep_after;
    term monitor_tag; /* NO_VALUE: 'DOWN' */
    enum alias_mode monitor_alias;
    bool monitor_priority, link_priority; /* the spawner hears of the end by priority messages */
    /* For the sequential trace, which shows a spawn as a request and a reply. */
    bool asynchronous;               /* spawn_request: there is a real reply */
    term list, reply_tag, reference; /* NO_VALUE: the default */
};
void spawn_options_default(struct spawn_options *o);

/* A new runnable process that calls module:function(args...); args is a proper list on any heap and is
 * copied.  parent may be NULL.  With monitor, *ref is the reference, on the parent's heap.  NULL with
 * *why = system_limit when the table or memory is full. */
struct process *process_spawn(struct process *parent, term module, term function, term args,
                              const struct spawn_options *options, term *ref, term *why);

/* --- end ----------------------------------------------------------------------------------- */

/* Ends `p` with this reason (on p's heap or an immediate): unregisters, breaks links and monitors with
 * signals, gives up tables and timers, frees all.  When p is running the engine must be told: the
 * function then only marks it PROCESS_EXITING and the engine calls process_finish() on leaving it. */
void process_exit(struct process *p, term reason);
void process_finish(struct process *p);

/* An exit signal from `from` (a pid or port, any node) to local `to`: what exit/2 and broken links send.
 * `by_link`: through a link (kill is then an ordinary reason). */
void process_exit_signal(term from, struct process *to, term reason, bool by_link);
/* The same; priority: the message that it may become is a priority message. */
void process_exit_signal_as(term from, struct process *to, term reason, bool by_link,
                            bool priority);

/* --- running ----------------------------------------------------------------------------------- */

/* Puts a waiting process into its run queue; nothing when it is runnable, suspended or exiting. */
void process_wake(struct process *p);
/* Next to run, by priority, removed from its queue; NULL when none. */
struct process *process_next_ready(void);
size_t process_ready_count(void);
/* The highest that a process in a run queue has, at least PRIORITY_NORMAL. */
enum priority process_ready_priority(void);
void process_make_ready(struct process *p); /* at the end of its queue */
/* The running process runs next when all had a turn that are ready now, also those of lower priority. */
void process_give_way(struct process *p);

/* Keeps X registers 0..live-1 (at x) in saved_x, and brings them back. */
void process_save_registers(struct process *p, const term *x, uint32_t live);
void process_load_registers(struct process *p, term *x);

/* Collects p's heap: x[0..live-1] are roots too (NULL, 0 when p is not running). */
void process_collect(struct process *p, size_t need, term *x, uint32_t live, bool full);
/* A full collection into the smallest block; the stack is empty (hibernate). */
void process_shrink(struct process *p, term *x, uint32_t live);
/* One that waits, for long: its heap becomes small, and half empty. */
void process_tighten(struct process *p);
/* As process_collect in full, copying in what lies in a literal area about to be freed.
 * A process, not the running one, that cannot have the memory still points into the area
 * afterwards: process_end_doomed() ends all of those, and is due before the area is freed. */
void process_collect_area(struct process *p, term *x, uint32_t live, const void *area,
                          size_t bytes);
void process_end_doomed(void);
/* Does any term of p (heap, stack, roots, messages) point into this area? */
bool process_refers_to(struct process *p, const void *area, size_t bytes);

/* The machine-wide unique number behind make_ref/0 and unique_integer/1; a local reference on h. */
void ref_new_ids(uint64_t ids[2]);
term make_ref(struct heap *h);

#endif
