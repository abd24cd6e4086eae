/* SPDX-License-Identifier: Apache-2.0 */
/* http_packet.c -- lines of HTTP as terms. */
#include "binary/http_packet.h"
#include "binary/binary.h"
#include "term/atom.h"

#define NAME_MAX_LENGTH 50

struct line {
    struct heap *heap;
    bool binaries;
    const uint8_t *at, *end;
};

/* --- names that are given as atoms ---------------------------------------------------------------- */

static const char *const header_names[] = {"Cache-Control",
                                           "Connection",
                                           "Date",
                                           "Pragma",
                                           "Transfer-Encoding",
                                           "Upgrade",
                                           "Via",
                                           "Accept",
                                           "Accept-Charset",
                                           "Accept-Encoding",
                                           "Accept-Language",
                                           "Authorization",
                                           "From",
                                           "Host",
                                           "If-Modified-Since",
                                           "If-Match",
                                           "If-None-Match",
                                           "If-Range",
                                           "If-Unmodified-Since",
                                           "Max-Forwards",
                                           "Proxy-Authorization",
                                           "Range",
                                           "Referer",
                                           "User-Agent",
                                           "Age",
                                           "Location",
                                           "Proxy-Authenticate",
                                           "Public",
                                           "Retry-After",
                                           "Server",
                                           "Vary",
                                           "Warning",
                                           "Www-Authenticate",
                                           "Allow",
                                           "Content-Base",
                                           "Content-Encoding",
                                           "Content-Language",
                                           "Content-Length",
                                           "Content-Location",
                                           "Content-Md5",
                                           "Content-Range",
                                           "Content-Type",
                                           "Etag",
                                           "Expires",
                                           "Last-Modified",
                                           "Accept-Ranges",
                                           "Set-Cookie",
                                           "Set-Cookie2",
                                           "X-Forwarded-For",
                                           "Cookie",
                                           "Keep-Alive",
                                           "Proxy-Connection"};
static const char *const methods[] = {"OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE"};
enum {
    HEADER_NAMES = sizeof header_names / sizeof *header_names,
    METHODS = sizeof methods / sizeof *methods
};

/* Its place counted from 1; 0: not there. */
static size_t find_name(const char *const *names, size_t count, const void *text, size_t n)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(names[i]) == n && memcmp(names[i], text, n) == 0) return i + 1;
    return 0;
}

/* --- pieces ---------------------------------------------------------------------------------------- */

static term string(const struct line *l, const void *bytes, size_t n)
{
    return l->binaries ? binary_make(l->heap, bytes, n) : make_string(l->heap, bytes, n);
}

static bool is_digit(uint8_t c) { return c >= '0' && c <= '9'; }
static bool is_space(uint8_t c) { return c == ' ' || c == '\t'; }

/* What ends a method or a header's name. */
static bool is_special(uint8_t c)
{
    return c <= 32 || c > 127 || strchr("()<>@,;:\\\"/[]?={} \t", c);
}

static bool skip_spaces(struct line *l)
{
    const uint8_t *from = l->at;
    while (l->at < l->end && is_space(*l->at)) l->at++;
    return l->at > from;
}

static bool read_number(struct line *l, uint32_t *number)
{
    const uint8_t *from = l->at;
    *number = 0;
    for (; l->at < l->end && is_digit(*l->at); l->at++) *number = *number * 10 + (*l->at - '0');
    return l->at > from;
}

static bool read_version(struct line *l, term *version)
{
    uint32_t major, minor;
    if (!read_number(l, &major) || l->at == l->end || *l->at != '.') return false;
    l->at++;
    if (!read_number(l, &minor)) return false;
    *version = make_tuple2(l->heap, small((int32_t)major), small((int32_t)minor));
    return true;
}

static bool begins(const uint8_t *at, size_t n, const char *word)
{
    size_t length = strlen(word);
    if (n < length) return false;
    for (size_t i = 0; i < length; i++) {
        uint8_t c = at[i] >= 'A' && at[i] <= 'Z' ? at[i] | 0x20 : at[i];
        if (c != (uint8_t)word[i]) return false;
    }
    return true;
}

/* --- request and response ------------------------------------------------------------------------------ */

static term absolute_uri(const struct line *l, term scheme, const uint8_t *uri, size_t n)
{
    const uint8_t *path = memchr(uri, '/', n);
    size_t host = path ? (size_t)(path - uri) : n;
    term rest = path ? string(l, path, n - host) : string(l, "/", 1), port = ATOM(undefined);
    const uint8_t *colon = memchr(uri, ':', host);
    if (colon) {
        struct line digits = {.at = colon + 1, .end = uri + host};
        uint32_t number;
        bool any = read_number(&digits, &number);
        if (any && digits.at == digits.end && number) port = small((int32_t)number);
        host = (size_t)(colon - uri);
    }
    term elements[5] = {ATOM(absoluteURI), scheme, string(l, uri, host), port, rest};
    return make_tuple(l->heap, 5, elements);
}

static term uri_term(const struct line *l, const uint8_t *uri, size_t n)
{
    if (n == 1 && *uri == '*') return ATOM(times);
    if (n <= 1 || *uri == '/') return make_tuple2(l->heap, ATOM(abs_path), string(l, uri, n));
    if (begins(uri, n, "http://")) return absolute_uri(l, ATOM(http), uri + 7, n - 7);
    if (begins(uri, n, "https://")) return absolute_uri(l, ATOM(https), uri + 8, n - 8);
    const uint8_t *colon = memchr(uri, ':', n);
    if (!colon) return string(l, uri, n);
    size_t scheme = (size_t)(colon - uri);
    term name = string(l, uri, scheme);
    return make_tuple3(l->heap, ATOM(scheme), name, string(l, colon + 1, n - scheme - 1));
}

static term request(struct line *l)
{
    const uint8_t *method = l->at;
    while (l->at < l->end && !is_special(*l->at)) l->at++;
    size_t length = (size_t)(l->at - method);
    if (length == 0 || l->at == l->end || !skip_spaces(l)) return NO_VALUE;
    const uint8_t *uri = l->at;
    while (l->at < l->end && !is_space(*l->at)) l->at++;
    size_t uri_length = (size_t)(l->at - uri);
    if (uri_length == 0) return NO_VALUE;
    skip_spaces(l);
    term version;
    if (l->at == l->end) {
        version = make_tuple2(l->heap, small(0), small(9));
    } else {
        if (l->end - l->at < 8 || memcmp(l->at, "HTTP/", 5) != 0) return NO_VALUE;
        l->at += 5;
        if (!read_version(l, &version)) return NO_VALUE;
    }
    term name = find_name(methods, METHODS, method, length)
                    ? atom_make((const char *)method, length)
                    : string(l, method, length);
    return make_tuple4(l->heap, ATOM(http_request), name, uri_term(l, uri, uri_length), version);
}

static term response(struct line *l)
{
    term version;
    uint32_t status;
    if (!read_version(l, &version) || !skip_spaces(l)) return NO_VALUE;
    read_number(l, &status);
    if (!skip_spaces(l) && l->at < l->end) return NO_VALUE;
    term phrase = string(l, l->at, (size_t)(l->end - l->at));
    return make_tuple4(l->heap, ATOM(http_response), version, small((int32_t)status), phrase);
}

/* --- header ------------------------------------------------------------------------------------------------ */

/* "coNTENT-length" to "Content-Length". */
static void tidy(char *name, size_t n)
{
    bool up = true;
    for (size_t i = 0; i < n; i++) {
        char c = name[i];
        if (up && c >= 'a' && c <= 'z') name[i] = (char)(c - 32);
        if (!up && c >= 'A' && c <= 'Z') name[i] = (char)(c + 32);
        up = !up && c == '-';
    }
}

static term http_header(struct line *l)
{
    const uint8_t *name = l->at;
    char tidied[NAME_MAX_LENGTH];
    while (l->at < l->end && !is_special(*l->at)) l->at++;
    size_t n = (size_t)(l->at - name);
    if (l->at == l->end || *l->at != ':') return NO_VALUE;
    l->at++;
    skip_spaces(l);
    term key, original = string(l, name, n);
    size_t number = 0;
    if (n <= NAME_MAX_LENGTH) {
        memcpy(tidied, name, n);
        tidy(tidied, n);
        number = find_name(header_names, HEADER_NAMES, tidied, n);
        key = number ? atom_make(tidied, n) : string(l, tidied, n);
    } else {
        key = string(l, name, n);
    }
    term value = string(l, l->at, (size_t)(l->end - l->at));
    term elements[5] = {ATOM(http_header), small((int64_t)number), key, original, value};
    return make_tuple(l->heap, 5, elements);
}

/* --- all ------------------------------------------------------------------------------------------------------ */

term http_packet_term(struct heap *h, const uint8_t *bytes, size_t n, bool binaries,
                      bool *in_header)
{
    struct line l = {h, binaries, bytes, bytes + n};
    if (n >= 2 && bytes[n - 2] == '\r')
        l.end -= 2;
    else if (n >= 1 && bytes[n - 1] == '\n')
        l.end -= 1;
    term result;
    if (*in_header) {
        if (l.at == l.end) {
            *in_header = false;
            return ATOM(http_eoh);
        }
        result = http_header(&l);
    } else {
        bool is_response = l.end - l.at >= 5 && memcmp(l.at, "HTTP/", 5) == 0;
        if (is_response) l.at += 5;
        result = is_response ? response(&l) : request(&l);
        if (is_value(result)) *in_header = true;
    }
    if (is_value(result)) return result;
    return make_tuple2(h, ATOM(http_error), string(&l, bytes, n));
}
