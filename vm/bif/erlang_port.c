/* SPDX-License-Identifier: Apache-2.0 */
/* erlang_port.c -- ports as Erlang sees them; port/ has the rest.
 *
 * Everything is done at once: none of these answers a reference to wait for.
 */
#include "base/utf8.h"
#include "bif/bif.h"
#include "binary/binary.h"
#include "big/big.h"
#include "heap/arena.h"
#include "heap/list.h"
#include "port/port_trace.h"
#include "process/registry.h"
#include "process/watch.h"
#include "term/node.h"

/* A port, or the name of one. */
static struct port *find(term t)
{
    if (is_atom(t)) {
        term id = registry_find(t);
        return is_value(id) ? port_find(id) : NULL;
    }
    return port_find(t);
}

/* After something that may have ended the caller through a link. */
static term done(struct process *p, term result)
{
    return p->state == PROCESS_EXITING ? bif_again(p) : result;
}

/* --- open_port --------------------------------------------------------------------------------- */

/* What an open_port/2 asks for, beside what the port keeps. */
struct wishes {
    struct port_settings *settings;
    bool args, port_limits; /* {args, _} or {arg0, _}; {busy_limits_port, _} */
};

static bool is_text(term t)
{
    if (is_binary(t)) return binary_bits(t).size % 8 == 0;
    for (; is_cons(t); t = tail(t))
        if (!is_small(head(t)) || small_value(head(t)) < 0 || small_value(head(t)) > 0x10ffff)
            return false;
    return is_nil(t);
}

static bool is_name(term t) { return is_atom(t) || is_text(t); }

static bool are_texts(term list)
{
    for (; is_cons(list); list = tail(list))
        if (!is_name(head(list))) return false;
    return is_nil(list);
}

/* {Name, Value} each, with false or [] for a name to be taken away. */
static bool is_environment(term list)
{
    for (; is_cons(list); list = tail(list)) {
        term one = head(list);
        if (!is_tuple_of(one, 2) || !is_text(element(one, 0))) return false;
        if (!term_same(element(one, 1), ATOM(false)) && !is_text(element(one, 1))) return false;
    }
    return is_nil(list);
}

/* When a port is busy.  Drivers here that ever are have their own idea of it, so the limits have only to be some. */
static bool are_limits(term t)
{
    uint64_t low, high;
    if (term_same(t, ATOM(disabled))) return true;
    return is_tuple_of(t, 2) && integer_to_uint64(element(t, 0), &low) &&
           integer_to_uint64(element(t, 1), &high) && low > 0 && high > 0 && low < UINT64_MAX &&
           high < UINT64_MAX;
}

static bool pair_setting(term key, term value, struct wishes *w)
{
    struct port_settings *s = w->settings;
    if (!is_atom(key)) return false;
    switch (atom_index(key)) {
    case ATOM_packet:
        if (!is_small(value)) return false;
        s->packet = (unsigned)small_value(value);
        return small_value(value) == 1 || small_value(value) == 2 || small_value(value) == 4;
    case ATOM_line:
        if (!is_small(value) || small_value(value) <= 0) return false;
        s->line = (size_t)small_value(value);
        return true;
    case ATOM_args: w->args = true; return are_texts(value);
    case ATOM_arg0: w->args = true; return is_name(value);
    case ATOM_env: return is_environment(value);
    case ATOM_cd: return is_name(value);
    case ATOM_parallelism:
        s->parallelism = term_same(value, ATOM(true));
        return s->parallelism || term_same(value, ATOM(false));
    case ATOM_busy_limits_port: w->port_limits = true; return are_limits(value);
    case ATOM_busy_limits_msgq: return are_limits(value);
    default: return false;
    }
}

static bool plain_setting(term name, struct port_settings *s)
{
    if (!is_atom(name)) return false;
    switch (atom_index(name)) {
    case ATOM_stream: s->packet = 0; return true;
    case ATOM_line: s->line = 512; return true;
    case ATOM_binary: s->binary = true; return true;
    case ATOM_eof: s->eof = true; return true;
    case ATOM_exit_status: s->exit_status = true; return true;
    case ATOM_in: s->in = true; return true;
    case ATOM_out: s->out = true; return true;
    case ATOM_use_stdio:
    case ATOM_nouse_stdio:
    case ATOM_stderr_to_stdout:
    case ATOM_hide:
    case ATOM_overlapped_io: return true;
    default: return false;
    }
}

static bool parse_settings(term list, struct wishes *w)
{
    struct port_settings *s = w->settings;
    *s = (struct port_settings){.in_fd = -1, .out_fd = -1};
    for (; is_cons(list); list = tail(list)) {
        term one = head(list);
        bool good = is_tuple_of(one, 2) ? pair_setting(element(one, 0), element(one, 1), w)
                                        : plain_setting(one, s);
        if (!good) return false;
    }
    if (!s->in && !s->out) s->in = s->out = true;
    return is_nil(list) && !(s->line && s->packet);
}

#define NAME_ROOM 4096

/* A name as text: a list of characters (utf8: of Unicode; else bytes), an atom, or a binary.  false: none, or too
 * long. */
static bool name_text(term t, bool utf8, char *to, size_t *bytes)
{
    if (is_atom(t)) {
        *bytes = atom_text(t)->length;
        memcpy(to, atom_text(t)->bytes, *bytes);
        to[*bytes] = 0;
        return true;
    }
    size_t n = 0;
    const uint8_t *in = binary_bytes(t, &n);
    if (in) {
        if (n >= NAME_ROOM || memchr(in, 0, n)) return false;
        memcpy(to, in, n);
    } else {
        if (list_length(t) < 0) return false;
        for (; is_cons(t); t = tail(t)) {
            int64_t c = is_small(head(t)) ? small_value(head(t)) : 0;
            if (c <= 0 || c > (utf8 ? 0x10ffff : 255) || (c >= 0xd800 && c < 0xe000)) return false;
            if (n + 4 >= NAME_ROOM) return false;
            if (utf8)
                n = (size_t)(utf8_write((uint8_t *)to + n, (uint32_t)c) - (uint8_t *)to);
            else
                to[n++] = (char)c;
        }
    }
    to[n] = 0;
    *bytes = n;
    return true;
}

/* What {Kind, Name} or {fd, In, Out} opens; NULL with *why. */
static const struct port_driver *driver_for(term name, const struct wishes *w, char *text,
                                            const char **why)
{
    struct port_settings *s = w->settings;
    bool args = w->args;
    *why = "badarg";
    if (is_tuple_of(name, 3) && term_same(element(name, 0), ATOM(fd))) {
        if (!is_small(element(name, 1)) || !is_small(element(name, 2)) || args || s->exit_status)
            return NULL;
        int64_t in = small_value(element(name, 1)), out = small_value(element(name, 2));
        s->in_fd = in >= 0 && in <= 2 ? (int)in : 3;
        s->out_fd = out >= 0 && out <= 2 ? (int)out : 3;
        text[0] = (char)('0' + s->in_fd), text[1] = '/', text[2] = (char)('0' + s->out_fd),
        text[3] = 0;
        return &console_driver;
    }
    size_t n;
    if (is_atom(name) || is_cons(name))
        return !args && !s->exit_status && name_text(name, false, text, &n) ? port_file_driver
                                                                            : NULL;
    if (!is_tuple_of(name, 2) || !is_atom(element(name, 0))) return NULL;
    term kind = element(name, 0);
    bool executable = term_same(kind, ATOM(spawn_executable));
    bool only_driver = term_same(kind, ATOM(spawn_driver));
    if (!executable && !only_driver && !term_same(kind, ATOM(spawn))) return NULL;
    if (!name_text(element(name, 1), true, text, &n) || (args && !executable)) return NULL;
    size_t word = strcspn(text, " ");
    const struct port_driver *driver = executable ? NULL : port_driver_find(text, word);
    if (!driver && !only_driver) driver = port_program_find(text, executable ? n : word);
    /* There are no other programs here: it is as if the file were not there. */
    if (!driver && !only_driver) *why = "enoent";
    return driver;
}

term bif_erts_internal_open_port_2(struct process *p, const term *arg)
{
    static char text[NAME_ROOM];
    struct port_settings settings;
    struct wishes wishes = {.settings = &settings};
    const char *why;
    if (!parse_settings(arg[1], &wishes)) return ATOM(badopt);
    const struct port_driver *driver = driver_for(arg[0], &wishes, text, &why);
    bool fits = driver && (driver->program || !settings.exit_status) &&
                (driver->stream || !wishes.port_limits);
    if (driver && !fits) return ATOM(badarg);
    struct port *made = driver ? port_open(p, driver, text, &settings, &why) : NULL;
    return made ? made->id : atom_make(why, strlen(why));
}

/* --- using it ---------------------------------------------------------------------------------------- */

term bif_erts_internal_port_command_3(struct process *p, const term *arg)
{
    bool force = false, suspend = true;
    term list = arg[2];
    for (; is_cons(list); list = tail(list)) {
        if (term_same(head(list), ATOM(force)))
            force = true;
        else if (term_same(head(list), ATOM(nosuspend)))
            suspend = false;
        else
            return ATOM(badopt);
    }
    if (!is_nil(list)) return ATOM(badopt);
    struct port *port = find(arg[0]);
    if (!port) return ATOM(badarg);
    if (force && !port->driver->carries) return ATOM(notsup);
    if (port->busy && !force) {
        if (!suspend) return ATOM(false);
        watch_busy_port(p, port->id);
        return port_wait(p, port) ? bif_wait(p) : ATOM(system_limit);
    }
    bump(p, 20);
    return done(p, port_write(p, port, arg[1]) ? ATOM(true) : ATOM(badarg));
}

term bif_erts_internal_port_close_1(struct process *p, const term *arg)
{
    struct port *port = find(arg[0]);
    if (!port) return ATOM(badarg);
    port_end_for(p, port, ATOM(normal));
    return done(p, ATOM(true));
}

term bif_erts_internal_port_connect_2(struct process *p, const term *arg)
{
    struct port *port = find(arg[0]);
    return port && port_connect(p, port, arg[1]) ? ATOM(true) : ATOM(badarg);
}

term bif_erts_internal_port_control_3(struct process *p, const term *arg)
{
    struct port *port = find(arg[0]);
    uint64_t op;
    if (!port || !integer_to_uint64(arg[1], &op) || op > UINT32_MAX) return ATOM(badarg);
    struct port_answer answer;
    bump(p, 20);
    bool good = port_control(p, port, (unsigned)op, arg[2], &answer);
    if (!good) return ATOM(badarg);
    term list = make_string(&p->heap, (const char *)answer.bytes, answer.size);
    arena_free(answer.bytes);
    return done(p, list);
}

/* No driver here takes terms. */
term bif_erts_internal_port_call_3(struct process *p, const term *arg)
{
    struct port *port = find(arg[0]);
    uint64_t op;
    if (!port || !integer_to_uint64(arg[1], &op) || op > UINT32_MAX) return ATOM(badarg);
    struct port_turn turn;
    port_turn_start(&turn, port, p, ATOM(call));
    port_turn_end(&turn);
    return done(p, ATOM(badarg));
}

/* --- about it ------------------------------------------------------------------------------------------- */

struct collected {
    struct heap *heap;
    term list;
};
static void add_link(void *context, term other)
{
    struct collected *c = context;
    c->list = make_cons(c->heap, other, c->list);
}
static void add_watcher(void *context, const struct monitor *m)
{
    struct collected *c = context;
    c->list = make_cons(c->heap, copy_to_heap(m->origin, c->heap), c->list);
}

/* The value; NO_VALUE: there is no such item. */
static term about(struct heap *h, const struct port *port, uint32_t item)
{
    struct collected c = {h, NIL};
    switch (item) {
    case ATOM_registered_name: return port->registered_name;
    case ATOM_name_: return make_string(h, port->name, strlen(port->name));
    case ATOM_links: link_each(&port->relations, add_link, &c); return c.list;
    case ATOM_id: return make_unsigned(h, id_data(port->id));
    case ATOM_connected: return port->connected;
    case ATOM_input: return make_unsigned(h, port->input);
    case ATOM_output: return make_unsigned(h, port->output);
    case ATOM_os_pid: return ATOM(undefined);
    case ATOM_monitors: return NIL;
    case ATOM_monitored_by: monitor_each(&port->relations, true, add_watcher, &c); return c.list;
    case ATOM_memory: return make_unsigned(h, sizeof *port + port->partial_room);
    case ATOM_queue_size:
        return make_unsigned(h, port->driver->queued ? port->driver->queued(port) : 0);
    case ATOM_parallelism: return port->settings.parallelism ? ATOM(true) : ATOM(false);
    case ATOM_locking: return ATOM(driver_level);
    default: return NO_VALUE;
    }
}

/* What port_info/1,2 answer for something that is no open port. */
static term nobody(term t, term otherwise)
{
    bool own = is_local_port(t) || is_atom(t) ||
               (is_external_port(t) && term_same(node_of(t)->name, node_this->name));
    return own ? ATOM(undefined) : otherwise;
}

static void look(struct process *p, struct port *port)
{
    struct port_turn turn;
    port_turn_start(&turn, port, p, ATOM(info));
    port_turn_end(&turn);
}

term bif_erts_internal_port_info_1(struct process *p, const term *arg)
{
    static const term items[] = {ATOM(name_), ATOM(links),  ATOM(id),    ATOM(connected),
                                 ATOM(input), ATOM(output), ATOM(os_pid)};
    struct heap *h = &p->heap;
    struct port *port = find(arg[0]);
    if (!port) return nobody(arg[0], ATOM(badarg));
    term list = NIL;
    look(p, port);
    for (size_t i = sizeof items / sizeof *items; i-- > 0;)
        list = make_cons(h, make_tuple2(h, items[i], about(h, port, atom_index(items[i]))), list);
    if (is_nil(port->registered_name)) return list;
    return make_cons(h, make_tuple2(h, ATOM(registered_name), port->registered_name), list);
}

term bif_erts_internal_port_info_2(struct process *p, const term *arg)
{
    struct port *port = find(arg[0]);
    if (!port) return nobody(arg[0], ATOM(badtype));
    if (!is_atom(arg[1])) return ATOM(badarg);
    term value = about(&p->heap, port, atom_index(arg[1]));
    if (is_no_value(value)) return ATOM(badarg);
    look(p, port);
    if (is_nil(value) && term_same(arg[1], ATOM(registered_name))) return NIL;
    return make_tuple2(&p->heap, arg[1], value);
}

struct listing {
    struct heap *heap;
    term *last;
};
static void list_one(struct port *port, void *context)
{
    struct listing *l = context;
    l->last = list_append(l->heap, l->last, port->id);
}

term bif_erlang_ports_0(struct process *p, const term *arg)
{
    (void)arg;
    term list = NIL;
    struct listing l = {&p->heap, &list};
    port_each(list_one, &l);
    return list;
}

/* --- a term kept with it ------------------------------------------------------------------------------------ */

term bif_erlang_port_set_data_2(struct process *p, const term *arg)
{
    struct port *port = find(arg[0]);
    struct fragment *f = NULL;
    term copy;
    if (!port) return raise_badarg(p);
    /* Literals are copied too: their module may be purged. */
    if (!copy_to_fragment(arg[1], &f, &copy, false)) return raise(p, ATOM(system_limit));
    if (port->data_memory) fragment_free(port->data_memory);
    port->data_memory = f;
    port->data = copy;
    return ATOM(true);
}

term bif_erlang_port_get_data_1(struct process *p, const term *arg)
{
    struct port *port = find(arg[0]);
    return port ? copy_to_heap(port->data, &p->heap) : raise_badarg(p);
}
