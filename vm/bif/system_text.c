/* SPDX-License-Identifier: Apache-2.0 */
/* system_text.c -- see system_text.h. */
#include "bif/system_text.h"
#include "bif/allocator_info.h"
#include "bif/system.h"
#include "code/load.h"
#include "port/port.h"
#include "process/hooks.h"
#include "term/node.h"

static void put(const struct print_sink *sink, const char *text)
{
    sink->write(sink->context, text, strlen(text));
}

static void put_number(const struct print_sink *sink, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    sink->write(sink->context, digits + at, sizeof digits - at);
}

static void put_line(const struct print_sink *sink, const char *name, uint64_t n)
{
    put(sink, name);
    put(sink, ": ");
    put_number(sink, n);
    put(sink, "\n");
}

/* --- info ----------------------------------------------------------------------------------------- */

static void put_memory(const struct print_sink *sink, const struct machine_memory *m)
{
    put(sink, "=memory\n");
    put_line(sink, "total", m->total);
    put_line(sink, "processes", m->processes);
    put_line(sink, "processes_used", m->processes_used);
    put_line(sink, "system", m->total - m->processes);
    put_line(sink, "atom", m->atoms);
    put_line(sink, "atom_used", m->atoms_used);
    put_line(sink, "binary", m->binary);
    put_line(sink, "code", m->code);
    put_line(sink, "ets", m->tables);
}

static void count_module(struct module *m, void *context)
{
    (void)m;
    ++*(uint64_t *)context;
}

static void put_index(const struct print_sink *sink, const char *name, uint64_t limit,
                      uint64_t entries)
{
    put(sink, "=index_table:");
    put(sink, name);
    put(sink, "\n");
    put_line(sink, "size", entries);
    put_line(sink, "limit", limit);
    put_line(sink, "entries", entries);
}

static void put_allocator(void *context, const char *name, size_t bytes, size_t blocks)
{
    const struct print_sink *sink = context;
    put(sink, "=allocator:");
    put(sink, name);
    put(sink, "[0]\nversions: 0.9 3.0\noption e: true\noption t: false\n");
    put(sink, "mbcs blocks[");
    put(sink, name);
    put(sink, "] count: ");
    put_number(sink, blocks);
    put(sink, "\nmbcs blocks[");
    put(sink, name);
    put(sink, "] size: ");
    put_number(sink, bytes);
    put(sink, "\n");
}

void system_text(const struct print_sink *sink)
{
    struct machine_memory m = machine_memory();
    uint64_t modules = 0;
    module_each(count_module, &modules);
    put_memory(sink, &m);
    put_index(sink, "atom_tab", ATOM_TABLE_LIMIT, atom_count());
    put_index(sink, "module_code", UINT32_MAX, modules);
    put_index(sink, "process_table", process_limit(), process_count());
    put(sink, "=allocated_areas\natom_space: ");
    put_number(sink, m.atoms);
    put(sink, " ");
    put_number(sink, m.atoms_used);
    put(sink, "\n");
    put_line(sink, "loaded_code", m.code);
    allocators_each(put_allocator, (void *)(uintptr_t)sink);
}

/* --- procs ------------------------------------------------------------------------------------------- */

static void put_process(struct process *p, void *context) { process_text(context, p); }

static void put_link(void *context, term other)
{
    const struct print_sink *sink = context;
    term_print(sink, other, PRINT_ALL);
    put(sink, " ");
}

static void put_port(struct port *port, void *context)
{
    const struct print_sink *sink = context;
    put(sink, "=port:");
    term_print(sink, port->id, PRINT_ALL);
    put(sink, "\nState: CONNECTED\nSlot: ");
    put_number(sink, id_data(port->id));
    put(sink, "\nConnected: ");
    term_print(sink, port->connected, PRINT_ALL);
    put(sink, "\nLinks: ");
    link_each(&port->relations, put_link, context);
    if (!is_nil(port->registered_name)) {
        put(sink, "\nRegistered as: ");
        term_print(sink, port->registered_name, PRINT_ALL);
    }
    put(sink, "\nPort controls linked-in driver: ");
    put(sink, port->name);
    put(sink, "\n");
    put_line(sink, "Input", port->input);
    put_line(sink, "Output", port->output);
}

void processes_text(const struct print_sink *sink)
{
    void *context = (void *)(uintptr_t)sink;
    process_each(put_process, context);
    port_each(put_port, context);
}

/* --- loaded -------------------------------------------------------------------------------------------- */

struct sizes {
    uint64_t current, old;
};
static void add_sizes(struct module *m, void *context)
{
    struct sizes *s = context;
    if (m->current) s->current += m->current->bytes;
    if (m->old) s->old += m->old->bytes;
}

static void put_module(struct module *m, void *context)
{
    const struct print_sink *sink = context;
    if (!m->current && !m->old) return;
    term_print(sink, m->name, PRINT_ALL);
    put(sink, " ");
    put_number(sink, m->current ? m->current->bytes : 0);
    if (m->old) {
        put(sink, " (");
        put_number(sink, m->old->bytes);
        put(sink, " old)");
    }
    put(sink, "\n");
}

void modules_text(const struct print_sink *sink)
{
    struct sizes s = {0};
    module_each(add_sizes, &s);
    put_line(sink, "Current code", s.current);
    put_line(sink, "Old code", s.old);
    module_each(put_module, (void *)(uintptr_t)sink);
}

/* --- dist ------------------------------------------------------------------------------------------------ */

void nodes_text(const struct print_sink *sink)
{
    put(sink, "=node:");
    term_print(sink, node_this->name, PRINT_ALL);
    put(sink, "\n=no_distribution\n");
}

/* --- built-in functions ------------------------------------------------------------------------------------ */

/* Functions that only later releases have: this one's modules do not export them, or are not there. */
static bool is_foreign(const struct native *n, term module, term function)
{
    const struct module *m = module_find(module);
    const struct export *e = export_find(module, function, n->arity);
    if (!m || !m->current) return !strcmp(n->module, "records");
    for (uint32_t i = 0; i < m->current->exports_count; i++)
        if (m->current->exports[i].export == e) return false;
    return true;
}

static term name_term(const char *text) { return atom_make(text, strlen(text)); }

static term add_builtin(struct heap *h, term list, term module, term function, int64_t arity)
{
    if (!is_builtin(module, function, arity) || is_instruction(module, function, arity))
        return list;
    return make_cons(h, make_tuple3(h, module, function, small(arity)), list);
}

term builtin_list(struct heap *h)
{
    /* Natives of other folders that stock has built in. */
    static const char *const files[] = {"internal_name2native", "internal_native2name",
                                        "internal_normalize_utf8", "is_translatable"};
    term list = NIL;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        list = add_builtin(h, list, ATOM(prim_file), name_term(files[i]), 1);
    list = add_builtin(h, list, ATOM(erlang), ATOM(call_on_load_function), 1);
    list = add_builtin(h, list, ATOM(erlang), ATOM(load_nif), 2);
    for (size_t i = bif_table.count; i-- > 0;) {
        const struct native *n = &bif_table.rows[i];
        term module = name_term(n->module), function = name_term(n->function);
        if (!is_foreign(n, module, function))
            list = add_builtin(h, list, module, function, n->arity);
    }
    return list;
}
