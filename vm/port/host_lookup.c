/* SPDX-License-Identifier: Apache-2.0 */
/* host_lookup.c -- the names of hosts, as stock's helper program "inet_gethost" answers for them.
 *
 * Erlang opens the program at its path in erts with packets of four bytes.  A request is a number of
 * 32 bits, an operation, a protocol, and a name or an address.  Only this host is known; whoever
 * asks for another hears notfound.  (Where there are name servers, OTP asks them itself: image/names.c.)
 */
#include "heap/arena.h"
#include "platform/platform.h"
#include "port/port.h"

#define HEAD    4 /* the length before each packet */
#define ANSWER  128
#define LONGEST 64 /* text of an address, leading zeros included */

enum { BY_NAME = 1, BY_ADDRESS };
enum { IPV4 = 1, IPV6 };
enum { UNIT_ERROR = 0, UNIT_IPV4 = 4, UNIT_IPV6 = 16 };

static const uint8_t loopback4[4] = {127, 0, 0, 1};
static const uint8_t loopback6[16] = {[15] = 1};

struct answer {
    uint8_t bytes[ANSWER];
    size_t n;
};

static void put(struct answer *a, const void *bytes, size_t n)
{
    memcpy(a->bytes + a->n, bytes, n);
    a->n += n;
}

static void put_number(struct answer *a, uint32_t n)
{
    put(a, (const uint8_t[]){(uint8_t)(n >> 24), (uint8_t)(n >> 16), (uint8_t)(n >> 8), (uint8_t)n},
        4);
}

/* One address and one name, which ends in a zero byte. */
static void put_host(struct answer *a, bool six, const uint8_t *address, const char *name)
{
    uint8_t unit = six ? UNIT_IPV6 : UNIT_IPV4;
    put(a, &unit, 1);
    put_number(a, 1);
    put(a, address, unit);
    put_number(a, 1);
    put(a, name, strlen(name) + 1);
}

static void put_unknown(struct answer *a)
{
    static const char why[] = "notfound";
    put(a, (const uint8_t[]){UNIT_ERROR}, 1);
    put(a, why, sizeof why);
}

static bool is_own_name(const char *name)
{
    struct plat_names names;
    plat_names(&names);
    return strcmp(name, "localhost") == 0 || strcmp(name, names.host[0] ? names.host : "mote") == 0;
}

/* Digits of the base, to a number of at most `most`; *at moves behind them. */
static bool read_digits(const char **at, unsigned base, unsigned most, unsigned *number)
{
    const char *from = *at;
    for (*number = 0;; ++*at) {
        char c = **at;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A' + 10)
                                                : 16;
        if (digit >= base) return *at > from;
        *number = *number * base + digit;
        if (*number > most) return false;
    }
}

static bool read_address4(const char *text, uint8_t address[4])
{
    for (int i = 0; i < 4; i++) {
        unsigned n;
        if (!read_digits(&text, 10, 255, &n) || *text != (i < 3 ? '.' : 0)) return false;
        address[i] = (uint8_t)n;
        text++;
    }
    return true;
}

/* Groups of four digits; one "::" stands for as many zeros as are missing. */
static bool read_address6(const char *text, uint8_t address[16])
{
    int groups = 0, gap = -1;
    memset(address, 0, 16);
    if (text[0] == ':' && text[1] == ':') gap = 0, text += 2;
    while (*text) {
        unsigned n;
        if (groups == 8 || !read_digits(&text, 16, 0xffff, &n)) return false;
        address[2 * groups] = (uint8_t)(n >> 8);
        address[2 * groups + 1] = (uint8_t)n;
        groups++;
        if (*text == 0) break;
        if (*text++ != ':') return false;
        if (*text == ':' && gap < 0)
            gap = groups, text++;
        else if (*text == 0)
            return false;
    }
    if (gap < 0) return groups == 8;
    if (groups == 8) return false;
    memmove(address + 16 - 2 * (groups - gap), address + 2 * gap, (size_t)(2 * (groups - gap)));
    memset(address + 2 * gap, 0, (size_t)(2 * (8 - groups)));
    return true;
}

static void find_name(struct answer *a, bool six, const char *name)
{
    uint8_t address[16];
    if (is_own_name(name))
        put_host(a, six, six ? loopback6 : loopback4, name);
    else if (six ? read_address6(name, address) : read_address4(name, address))
        put_host(a, six, address, name);
    else
        put_unknown(a);
}

static bool is_loopback(const uint8_t *at, size_t n)
{
    return (n == 4 && at[0] == 127) ||
           (n == sizeof loopback6 && memcmp(at, loopback6, sizeof loopback6) == 0);
}

static void output(struct port *p, const uint8_t *bytes, size_t n)
{
    if (n < HEAD + 6) return;
    const uint8_t *request = bytes + HEAD, *data = request + 6;
    size_t left = n - HEAD - 6;
    uint8_t operation = request[4];
    bool six = request[5] == IPV6;
    struct answer a = {.n = HEAD};
    put(&a, request, 4);
    if (operation == BY_NAME && left > 0 && data[left - 1] == 0) {
        /* No name that is known is longer than an address, nor is that by much. */
        left <= LONGEST ? find_name(&a, six, (const char *)data) : put_unknown(&a);
    } else if (operation == BY_ADDRESS) {
        if (is_loopback(data, left))
            put_host(&a, six, data, "localhost");
        else
            put_unknown(&a);
    } else {
        return; /* to cancel, or to say more: there is nothing to answer */
    }
    a.bytes[3] = (uint8_t)(a.n - HEAD);
    if (port_input(p, a.bytes, a.n) < a.n) port_close(p, ATOM(enomem), false);
}

static const char *start(struct port *p) { return p->settings.packet == HEAD ? NULL : "einval"; }

const struct port_driver host_lookup_driver = {
    .name = "inet_gethost", .program = true, .stream = true, .start = start, .output = output};
