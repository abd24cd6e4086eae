/* SPDX-License-Identifier: Apache-2.0 */
/* memory.c -- see memory.h. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "cli/memory.h"

struct piece {
    struct piece *next, *before;
    _Alignas(max_align_t) uint8_t bytes[];
};

static struct piece *pieces;

static struct piece *piece_of(void *bytes)
{
    return (struct piece *)((uint8_t *)bytes - offsetof(struct piece, bytes));
}

static void link_piece(struct piece *p)
{
    p->next = pieces;
    p->before = NULL;
    if (pieces) pieces->before = p;
    pieces = p;
}

static void unlink_piece(struct piece *p)
{
    if (p->next) p->next->before = p->before;
    if (p->before)
        p->before->next = p->next;
    else
        pieces = p->next;
}

static void *or_end(void *p)
{
    if (p) return p;
    fputs("mote: out of memory\n", stderr);
    exit(1);
}

void *memory_take(size_t n)
{
    uint64_t bytes;
    struct piece *p = checked_add(sizeof *p, n, &bytes) ? calloc(1, bytes) : NULL;
    or_end(p);
    link_piece(p);
    return p->bytes;
}

char *memory_text(const char *bytes, size_t n)
{
    char *text = memory_take(n + 1);
    if (n) memcpy(text, bytes, n);
    return text;
}

char *memory_print(const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int n = vsnprintf(NULL, 0, format, arguments);
    char *text = memory_take((size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}

void *memory_grow(void *array, size_t count, size_t *room, size_t size)
{
    if (count < *room) return array;
    size_t larger = *room ? *room * 2 : 16;
    uint64_t bytes;
    if (!checked_multiply(larger, size, &bytes)) or_end(NULL);
    void *fresh = memory_take(bytes);
    if (count) memcpy(fresh, array, count * size);
    *room = larger;
    return fresh;
}

/* Buffers may be large and grow often, so they alone are moved and given back. */
static uint8_t *resize(uint8_t *bytes, uint64_t room)
{
    uint64_t whole;
    struct piece *p = bytes ? piece_of(bytes) : NULL;
    if (p) unlink_piece(p);
    if (!checked_add(sizeof *p, room, &whole)) or_end(NULL);
    p = or_end(realloc(p, whole));
    link_piece(p);
    return p->bytes;
}

uint8_t *buffer_extend(struct buffer *b, size_t n)
{
    uint64_t needed;
    if (!checked_add(b->n, n, &needed)) or_end(NULL);
    if (needed > b->room) {
        uint64_t room = b->room + b->room / 2 + 256;
        if (room < needed) room = needed;
        b->at = resize(b->at, room);
        b->room = room;
    }
    uint8_t *fresh = b->at + b->n;
    if (n) memset(fresh, 0, n);
    b->n = needed;
    return fresh;
}

void buffer_add(struct buffer *b, const void *bytes, size_t n)
{
    uint8_t *to = buffer_extend(b, n);
    if (n) memcpy(to, bytes, n);
}

void buffer_add_text(struct buffer *b, const char *text) { buffer_add(b, text, strlen(text)); }

void buffer_align(struct buffer *b, size_t to) { buffer_extend(b, round_up(b->n, to) - b->n); }

void buffer_drop(struct buffer *b)
{
    if (b->at) {
        unlink_piece(piece_of(b->at));
        free(piece_of(b->at));
    }
    *b = (struct buffer){0};
}
