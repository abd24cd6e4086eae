/* SPDX-License-Identifier: Apache-2.0 */
/* system_text.c -- see system_text.h. */
#include "bif/system_text.h"
#include "bif/allocator_info.h"
#include "bif/system.h"
#include "code/load.h"
#include "port/port.h"
#include "process/hooks.h"
#include "term/node.h"

/* --- info ----------------------------------------------------------------------------------------- */

static void put_memory(const struct print_sink *sink, const struct machine_memory *m)
{
    print_text(sink, "=memory\n");
    print_line(sink, "total", m->total);
    print_line(sink, "processes", m->processes);
    print_line(sink, "processes_used", m->processes_used);
    print_line(sink, "system", m->total - m->processes);
    print_line(sink, "atom", m->atoms);
    print_line(sink, "atom_used", m->atoms_used);
    print_line(sink, "binary", m->binary);
    print_line(sink, "code", m->code);
    print_line(sink, "ets", m->tables);
}

static void count_module(struct module *m, void *context)
{
    (void)m;
    ++*(uint64_t *)context;
}

static void put_index(const struct print_sink *sink, const char *name, uint64_t limit,
                      uint64_t entries)
{
    print_text(sink, "=index_table:");
    print_text(sink, name);
    print_text(sink, "\n");
    print_line(sink, "size", entries);
    print_line(sink, "limit", limit);
    print_line(sink, "entries", entries);
}

static void put_allocator(void *context, const char *name, size_t bytes, size_t blocks)
{
    const struct print_sink *sink = context;
    print_text(sink, "=allocator:");
    print_text(sink, name);
    print_text(sink, "[0]\nversions: 0.9 3.0\noption e: true\noption t: false\n");
    print_text(sink, "mbcs blocks[");
    print_text(sink, name);
    print_text(sink, "] count: ");
    print_number(sink, blocks);
    print_text(sink, "\nmbcs blocks[");
    print_text(sink, name);
    print_text(sink, "] size: ");
    print_number(sink, bytes);
    print_text(sink, "\n");
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
    print_text(sink, "=allocated_areas\natom_space: ");
    print_number(sink, m.atoms);
    print_text(sink, " ");
    print_number(sink, m.atoms_used);
    print_text(sink, "\n");
    print_line(sink, "loaded_code", m.code);
    allocators_each(put_allocator, (void *)(uintptr_t)sink);
}

/* --- procs ------------------------------------------------------------------------------------------- */

static void put_process(struct process *p, void *context) { process_text(context, p); }

static void put_link(void *context, term other)
{
    const struct print_sink *sink = context;
    term_print(sink, other, PRINT_ALL);
    print_text(sink, " ");
}

static void put_port(struct port *port, void *context)
{
    const struct print_sink *sink = context;
    print_text(sink, "=port:");
    term_print(sink, port->id, PRINT_ALL);
    print_text(sink, "\nState: CONNECTED\nSlot: ");
    print_number(sink, id_data(port->id));
    print_text(sink, "\nConnected: ");
    term_print(sink, port->connected, PRINT_ALL);
    print_text(sink, "\nLinks: ");
    link_each(&port->relations, put_link, context);
    if (!is_nil(port->registered_name)) {
        print_text(sink, "\nRegistered as: ");
        term_print(sink, port->registered_name, PRINT_ALL);
    }
    print_text(sink, "\nPort controls linked-in driver: ");
    print_text(sink, port->name);
    print_text(sink, "\n");
    print_line(sink, "Input", port->input);
    print_line(sink, "Output", port->output);
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
    print_text(sink, " ");
    print_number(sink, m->current ? m->current->bytes : 0);
    if (m->old) {
        print_text(sink, " (");
        print_number(sink, m->old->bytes);
        print_text(sink, " old)");
    }
    print_text(sink, "\n");
}

void modules_text(const struct print_sink *sink)
{
    struct sizes s = {0};
    module_each(add_sizes, &s);
    print_line(sink, "Current code", s.current);
    print_line(sink, "Old code", s.old);
    module_each(put_module, (void *)(uintptr_t)sink);
}

/* --- dist ------------------------------------------------------------------------------------------------ */

void nodes_text(const struct print_sink *sink)
{
    print_text(sink, "=node:");
    term_print(sink, node_this->name, PRINT_ALL);
    print_text(sink, "\n=no_distribution\n");
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
