/* SPDX-License-Identifier: Apache-2.0 */
/* inet_service.c -- names of well known services: what a program asks /etc/services for elsewhere. */
#include "net/inet.h"
#include "binary/bits.h"
#include "net/prim_socket.h"

enum { TCP = SERVICE_TCP, UDP = SERVICE_UDP, BOTH = TCP | UDP };

static const struct service {
    const char *name, *alias;
    uint16_t port;
    uint8_t protocols;
} services[] = {
    {"tcpmux", NULL, 1, TCP},
    {"echo", NULL, 7, BOTH},
    {"discard", "sink", 9, BOTH},
    {"systat", "users", 11, TCP},
    {"daytime", NULL, 13, BOTH},
    {"netstat", NULL, 15, TCP},
    {"chargen", "ttytst", 19, BOTH},
    {"ftp-data", NULL, 20, TCP},
    {"ftp", NULL, 21, TCP},
    {"ssh", NULL, 22, TCP},
    {"telnet", NULL, 23, TCP},
    {"smtp", "mail", 25, TCP},
    {"time", "timserver", 37, BOTH},
    {"whois", "nicname", 43, TCP},
    {"tacacs", NULL, 49, BOTH},
    {"domain", NULL, 53, BOTH},
    {"bootps", NULL, 67, UDP},
    {"bootpc", NULL, 68, UDP},
    {"tftp", NULL, 69, UDP},
    {"gopher", NULL, 70, TCP},
    {"finger", NULL, 79, TCP},
    {"http", "www", 80, TCP},
    {"kerberos", "krb5", 88, BOTH},
    {"pop3", "pop-3", 110, TCP},
    {"sunrpc", "portmapper", 111, BOTH},
    {"auth", "authentication", 113, TCP},
    {"nntp", "readnews", 119, TCP},
    {"ntp", NULL, 123, UDP},
    {"netbios-ns", NULL, 137, UDP},
    {"netbios-dgm", NULL, 138, UDP},
    {"netbios-ssn", NULL, 139, TCP},
    {"imap2", "imap", 143, TCP},
    {"snmp", NULL, 161, BOTH},
    {"snmp-trap", "snmptrap", 162, BOTH},
    {"bgp", NULL, 179, TCP},
    {"irc", NULL, 194, BOTH},
    {"ldap", NULL, 389, BOTH},
    {"https", NULL, 443, BOTH},
    {"microsoft-ds", NULL, 445, BOTH},
    {"submissions", "ssmtp", 465, TCP},
    {"syslog", NULL, 514, UDP},
    {"submission", NULL, 587, TCP},
    {"ldaps", NULL, 636, BOTH},
    {"domain-s", NULL, 853, BOTH},
    {"rsync", NULL, 873, TCP},
    {"imaps", NULL, 993, TCP},
    {"pop3s", NULL, 995, TCP},
    {"socks", NULL, 1080, TCP},
    {"openvpn", NULL, 1194, BOTH},
    {"ms-sql-s", NULL, 1433, TCP},
    {"radius", NULL, 1812, BOTH},
    {"nfs", NULL, 2049, BOTH},
    {"mysql", NULL, 3306, TCP},
    {"ms-wbt-server", NULL, 3389, TCP},
    {"svn", "subversion", 3690, TCP},
    {"epmd", NULL, 4369, TCP},
    {"sip", NULL, 5060, BOTH},
    {"sip-tls", NULL, 5061, BOTH},
    {"xmpp-client", NULL, 5222, TCP},
    {"xmpp-server", NULL, 5269, TCP},
    {"postgresql", "postgres", 5432, TCP},
    {"amqps", NULL, 5671, TCP},
    {"amqp", NULL, 5672, TCP},
    {"redis", NULL, 6379, TCP},
    {"http-alt", "webcache", 8080, BOTH},
    {"git", NULL, 9418, TCP},
};

static bool is(const char *name, const uint8_t *bytes, size_t n)
{
    return name && strlen(name) == n && memcmp(name, bytes, n) == 0;
}

static unsigned protocol_of(const uint8_t *bytes, size_t n)
{
    return is("tcp", bytes, n) ? TCP : is("udp", bytes, n) ? UDP : 0;
}

/* Each with its length before it: the service and the protocol. */
bool inet_service_by_name(const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (n < 2 || bytes[0] > n - 2) return inet_reply_error(out, NET_EINVAL);
    size_t size = bytes[0], left = n - 2 - size;
    const uint8_t *name = bytes + 1, *wanted = name + size;
    if (wanted[0] > left) return inet_reply_error(out, NET_EINVAL);
    unsigned by = protocol_of(wanted + 1, wanted[0]);
    for (const struct service *s = services; s < services + sizeof services / sizeof *s; s++) {
        if (!(s->protocols & by) || (!is(s->name, name, size) && !is(s->alias, name, size)))
            continue;
        uint8_t port[2];
        store_u16(port, s->port);
        return inet_reply(out, port, sizeof port);
    }
    return inet_reply_error(out, NET_EINVAL);
}

bool inet_service_by_port(const uint8_t *bytes, size_t n, struct port_answer *out)
{
    if (n < 3 || bytes[2] > n - 3) return inet_reply_error(out, NET_EINVAL);
    unsigned by = protocol_of(bytes + 3, bytes[2]);
    for (const struct service *s = services; s < services + sizeof services / sizeof *s; s++)
        if (s->port == load_u16(bytes) && (s->protocols & by))
            return inet_reply(out, s->name, strlen(s->name));
    return inet_reply_error(out, NET_EINVAL);
}

unsigned service_find(const char *name, uint16_t *port)
{
    unsigned by = 0;
    for (const struct service *s = services; s < services + sizeof services / sizeof *s; s++) {
        const uint8_t *bytes = (const uint8_t *)name;
        if (!is(s->name, bytes, strlen(name)) && !is(s->alias, bytes, strlen(name))) continue;
        *port = s->port;
        by |= s->protocols;
    }
    return by;
}

const char *service_name(uint16_t port, unsigned protocol)
{
    for (const struct service *s = services; s < services + sizeof services / sizeof *s; s++)
        if (s->port == port && (s->protocols & protocol)) return s->name;
    return NULL;
}
