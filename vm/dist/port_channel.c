/* SPDX-License-Identifier: Apache-2.0 */
/* port_channel.c -- see port_channel.h.
 *
 * A packet is one output() of the driver, which puts its length before it (the carrier has set {packet, 4}), and
 * one input().
 */
#include "dist/port_channel.h"
#include "dist/input.h"
#include "dist/output.h"
#include "heap/arena.h"
#include "port/port.h"

static void input(struct port *port, const uint8_t *bytes, size_t n)
{
    struct peer *p = port->carried;
    p->received++;
    input_packet(p, bytes, n);
}

static void ready(struct port *port)
{
    struct peer *p = port->carried;
    port_channel_flush(p);
}

static void closed(struct port *port, term reason)
{
    port->carrier = NULL;
    dist_controller_ended(port->id, reason);
}

static const struct port_carrier carrier = {input, ready, closed};

bool port_channel_open(struct peer *p, term id, uint64_t flags, uint32_t creation)
{
    struct port *port = port_find(id);
    if (!port || port->carrier || !port->driver->output || !port->driver->carries) return false;
    port->carrier = &carrier;
    port->carried = p;
    if (peer_connected(p, id, flags, creation)) {
        port_channel_flush(p);
        return true;
    }
    port->carrier = NULL;
    return false;
}

static bool write_packet(struct port *port, const struct packet *k)
{
    const size_t n = k->head_size + k->size;
    port->output += n;
    port_totals.output += n;
    const unsigned room = port->driver->room;
    const bool keeps = port->driver->keeps;
    uint8_t *block = arena_malloc(room + n + 1);
    if (!block) return false;
    if (k->head_size) memcpy(block + room, k->head, k->head_size);
    memcpy(block + room + k->head_size, k->bytes, k->size);
    port->driver->output(port, block + room, n);
    if (!keeps) arena_free(block);
    return true;
}

void port_channel_flush(struct peer *p)
{
    struct port *port;
    while (p->first && !p->exiting && (port = port_find(p->controller)) && !port->busy) {
        struct packet *k = output_take(p);
        const bool good = write_packet(port, k);
        packet_free(k);
        if (!good) peer_kill(p);
    }
    output_eased(p);
}

void port_channel_kill(struct peer *p)
{
    struct port *port = port_find(p->controller);
    if (port) port_close(port, ATOM(killed), false);
}
