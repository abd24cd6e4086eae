/* SPDX-License-Identifier: Apache-2.0 */
/* monitor.h -- runs one mote; all that cli/ and agent/ need to know of the monitor.
 *
 * monitor_run() sets the machine up, locks this whole process down (no privileges, no
 * new system calls, see sandbox.def) and runs the guest to its end.  It returns once;
 * afterwards the process is good for printing a message and leaving, nothing more: it is
 * nobody, and of its descriptors only 0 to 2 are open.
 */
#ifndef MONITOR_MONITOR_H
#define MONITOR_MONITOR_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include "monitor/error.h"

enum monitor_platform {
    MONITOR_KVM,     /* a ring-3 guest of KVM */
    MONITOR_PROCESS, /* the same guest as a locked Linux process */
};

/* A run of bytes in a file that is open for reading. */
struct monitor_file {
    int fd;         /* -1: none, then `bytes` must be 0 */
    uint64_t at;    /* offset of the first byte; a multiple of 4096 lets pages be shared, */
    uint64_t bytes; /* anything else costs a copy */
};

/* --- network: one of these for each interface --------------------------------------------- */

#define MONITOR_NETS_MOST     8u
#define MONITOR_FORWARDS_MOST 64u

enum monitor_net_kind {
    MONITOR_NET_USER,   /* the host's network, as any program has it */
    MONITOR_NET_TAP,    /* a tap device of the host */
    MONITOR_NET_SWITCH, /* a private segment with other motes of this user */
    MONITOR_NET_NOBODY, /* as user mode looks, and nobody is there: for a trial */
};

struct monitor_address {
    bool given; /* otherwise it is chosen */
    uint8_t bytes[16];
    uint8_t prefix;
};

struct monitor_forward {
    uint8_t version;                /* 4 or 6 */
    uint8_t host[16];               /* the host's address that listens */
    uint16_t host_port, guest_port; /* of the host: 0 takes one that is free */
    bool udp;
};

struct monitor_net {
    enum monitor_net_kind kind;
    const char *name;         /* of the device, or of the switch */
    bool mac_given, loopback; /* user: the gateway's address is the host's own loopback */
    uint8_t mac[6];
    uint16_t mtu; /* 0: chosen */
    struct monitor_address ipv4, ipv6, gateway4, gateway6;
    const struct monitor_forward *forward; /* user */
    unsigned forwards;
};

struct monitor_names {         /* as struct boot_names */
    const char *host, *search; /* NULL: none */
    struct {
        uint8_t version, address[16];
    } server[4];
    unsigned servers;
};

/* A folder of the host that the guest sees. */
struct monitor_mount {
    const char *host;  /* its path here */
    const char *guest; /* the absolute path there */
    bool read_only;
    bool folder_is_open; /* then `folder` is it, opened with O_PATH; it is taken over */
    int folder;
};

/* How far a start has come. */
enum monitor_stage {
    MONITOR_BORN, /* the process is there */
    MONITOR_CHECKED,
    MONITOR_LAID_OUT, /* its memory */
    MONITOR_CREATED,  /* the machine, or the process for the guest */
    MONITOR_LOCKED,   /* privileges and system calls are given up */
    MONITOR_STARTED,  /* the guest runs */
    MONITOR_ENDED,
    MONITOR_STAGES
};

enum monitor_held { MONITOR_WEIGHED = 1, MONITOR_LIMITED = 2 };

/* What a monitor and the process that started it tell each other; one page of shared memory, which no guest sees.  The
 * reader trusts neither a compromised monitor nor the numbers that it writes. */
struct monitor_note {
    uint32_t stage;      /* enum monitor_stage; the monitor's, and so are the next two */
    int32_t guest;       /* process: the guest's process; or 0 */
    uint64_t started_ns; /* CLOCK_MONOTONIC of the first guest instruction; or 0 */
    /* The other's: with a SIGTERM, the guest is to be ended for breaking the rules of its channel. */
    uint32_t hostile;
    /* The monitor's: bits of enum monitor_held, where it could not enter the cgroup that was made for that. */
    uint32_t outside;
    /* The other's, kvm: until it is 0 and `wake` was knocked at, no guest instruction is executed. */
    uint32_t spare;
    uint32_t guest_killed; /* process: by SIGKILL, and not by its monitor; the monitor's */
    /* The monitor's, process: it has left the table of descriptors that it shared with the other. */
    uint32_t own_files;
    uint32_t die_at; /* for tests: an enum monitor_stage + 1 at which the monitor kills itself */
};

struct channel;
/* A channel of the guest whose host end is in another process, the agent (agent/agent.h). */
struct monitor_link {
    const char *name;
    /* In memory that is shared with it (abi/channel.h); moved to where the guest wants it. */
    struct channel *channel;
    int doorbell, wake; /* eventfds: guest to server; and to guest, for all of its devices */
    struct monitor_note *note;
    int server_pid; /* a child of ours: the channel is closed when it ends; or 0 */
    int alive;      /* a descriptor that is kept open until we end; or -1 */
    int parent;     /* we end when this process, which has started us, ends; or 0 */
    int copies;     /* a connection on which the server asks for checkpoints: copy.h; or -1 */
};

/* What came of the options, once devices are open and before the guest runs. */
struct monitor_opened {
    struct {
        uint8_t ipv4[4], ipv4_prefix; /* of the guest; zeros: none */
    } net[MONITOR_NETS_MOST];
    uint16_t host_port[MONITOR_FORWARDS_MOST]; /* of the forwarded ports, in order */
};

struct monitor_options {
    enum monitor_platform platform;

    struct monitor_file runtime; /* the runtime ELF; it is verified here, segment by segment */
    struct monitor_file archive; /* handed to the guest as it is (abi/archive.h) */
    /* Nothing when `bytes` is 0; otherwise it stands in the guest directly behind `archive`, whose size is
     * then a multiple of 4096: an index made for this run in front of shared contents. */
    struct monitor_file archive_rest;

    uint64_t memory_bytes; /* the guest's heap; 0 means MONITOR_MEMORY_DEFAULT */

    /* Nothing when `bytes` is 0; otherwise the guest goes on from it (abi/snapshot.h).  It was made with this runtime
     * and this archive, the caller knows. */
    struct monitor_file snapshot;
    /* Nothing when `bytes` is 0; otherwise what a guest that ran has changed since, over the snapshot or what there is without: overlay.h. */
    struct monitor_file overlay;
    /* Makes one: on MONITOR_PROCESS, without interfaces and mounts.  The guest ends at its checkpoint, and its memory is
     * written to this open file.  Its clock begins at wall_ns and is not the host's. */
    struct {
        bool wanted;
        int fd;
        uint64_t wall_ns;
        bool spread;                 /* BOOT_SPREAD */
        struct monitor_file touched; /* or with what was found out by that: BOOT_SNAPSHOT */
    } make_snapshot;
    /* A trial start from `snapshot`, on MONITOR_PROCESS: the snapshot with a list of what was touched is written to this
     * file, and behind that each range of the heap that was written to.  The guest ends by itself; make_snapshot.wall_ns is where its
     * clock begins. */
    struct {
        bool wanted;
        bool stops; /* BOOT_TRIAL_STOP */
        int fd;
        bool writes;
    } trial;

    int argc; /* for the guest: argv[0] is the program's name */
    const char *const *argv;
    const char *const *environment; /* "NAME=value", NULL-terminated; NULL: none */

    const struct monitor_net *net;
    unsigned nets;
    struct monitor_names names;
    const struct monitor_mount *mounts;
    unsigned mounts_n;

    /* Told of it while we are still who we were; -1 with `e` ends the run.  NULL: nobody wants to know. */
    int (*opened)(void *context, const struct monitor_opened *opened, struct error *e);
    void *opened_context;

    const struct monitor_link *link;   /* or NULL */
    struct monitor_prepared *prepared; /* of monitor_prepare(); or NULL */

    /* Whoever connects to this socket, which listens (SOCK_SEQPACKET), may ask for a copy of the mote while it runs: copy.h.  He
     * gets `image`, too, the open file that all of the above are in; -1: there is none, and he is told so. */
    struct {
        bool wanted;
        int listener, image;
    } copies;

    const int *keep; /* descriptors of the caller's that stay open to the end of the process */
    unsigned keeps;

    bool stats;           /* print the time line and the counts to stderr at the end */
    uint64_t started_ns;  /* CLOCK_MONOTONIC at the start of main(), or 0: where the line begins */
    bool keep_privileges; /* do not become `nobody` (for debuggers) */
    bool no_sandbox;      /* no seccomp (for debuggers and profilers) */
    bool no_input;        /* the guest sees end of file on its console */
};

#define MONITOR_MEMORY_DEFAULT (UINT64_C(1) << 30)
#define MONITOR_MEMORY_LEAST   (UINT64_C(16) << 20)
#define MONITOR_MEMORY_MOST    (UINT64_C(60) << 30)

/* Returns the guest's exit status (0 to 255; abi/boot.h names those that are ours), or -1
 * with `e` filled in when the machine could not be set up or the monitor itself failed;
 * the caller then prints e->text and leaves with BOOT_STATUS_MONITOR.
 *
 * Writes the guest's output to descriptors 1 and 2, reads descriptor 0 once the guest asks
 * for input, takes over SIGINT, SIGTERM, SIGHUP, SIGWINCH and SIGALRM, and puts the terminal
 * back as it was. */
int monitor_run(const struct monitor_options *options, struct error *e);

/* True when a mote can run under KVM here.  If not, *why is a sentence (static storage). */
bool monitor_kvm_usable(const char **why);

/* There will be one run, under KVM if that is usable, and no fork before: what does not depend on what will run is made from now on, by
 * a thread of its own.  In the folder (or NULL) it keeps what KVM always answers; the text stays the caller's. */
void monitor_kvm_begin(const char *cache);

/* Does what is the same in each run of these options: opens, maps and checks their files.  For a process that will fork
 * those that run them; they have to have o->prepared, and the same files, or none for the snapshot.  0, or -1 with `e`. */
int monitor_prepare(struct monitor_options *o, struct error *e);

/* The descriptor that these prepared options need besides, or -1. */
int monitor_prepared_file(const struct monitor_options *o);
/* Does some more of what makes later runs cheaper, for half a millisecond or so; not in a process that has other threads.
 * false: there is no more to do. */
bool monitor_prepare_more(const struct monitor_options *o);

/* Gives out each page of the snapshot of these files, when it has been checked: by address.  -1 when that, or `page`, fails. */
int monitor_snapshot_pages(const struct monitor_options *o,
                           int (*page)(void *context, uint64_t address, const void *bytes,
                                       struct error *e),
                           void *context, struct error *e);

/* For a process that will fork those that run motes: opens KVM, and asks it for what takes half a millisecond and is the
 * same in all machines.  The descriptor, which they need; or -1. */
int monitor_kvm_prepare(void);

/* Reads "16m", "2G" or a number of bytes.  -1: it is none. */
int monitor_parse_size(const char *text, uint64_t *bytes);
/* "64M", "1G", "512k" or a plain number of bytes, within the limits above. */
int monitor_parse_memory(const char *text, uint64_t *bytes, struct error *e);

#endif
