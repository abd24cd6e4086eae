/* SPDX-License-Identifier: Apache-2.0 */
/* stdio.c -- output to the console, for libraries and for native code.
 *
 * stdout and stderr are all the streams there are, neither is buffered, and nothing can be read or opened.
 * Text is put together by musl's snprintf.
 */
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include "platform/platform.h"

typedef struct stream FILE;
struct stream {
    int number;
};
static struct stream out = {1}, err = {2};

extern FILE *const stdin, *const stdout, *const stderr;
FILE *const stdin = NULL, *const stdout = &out, *const stderr = &err;

void *malloc(size_t bytes);
void free(void *block);
int vsnprintf(char *to, size_t room, const char *format, va_list list);

size_t fwrite(const void *bytes, size_t size, size_t n, FILE *stream);
size_t fwrite(const void *bytes, size_t size, size_t n, FILE *stream)
{
    if (stream == stdout)
        plat_console_write(bytes, size * n);
    else
        plat_console_write_error(bytes, size * n);
    return n;
}

/* --- characters and lines --------------------------------------------------------------------- */

int fputs(const char *text, FILE *stream);
int fputs(const char *text, FILE *stream)
{
    fwrite(text, 1, strlen(text), stream);
    return 0;
}

int puts(const char *text);
int puts(const char *text)
{
    fputs(text, stdout);
    return fputs("\n", stdout);
}

int fputc(int c, FILE *stream);
int fputc(int c, FILE *stream)
{
    const char byte = (char)c;
    fwrite(&byte, 1, 1, stream);
    return (unsigned char)byte;
}
int putc(int c, FILE *stream) __attribute__((alias("fputc")));

int putchar(int c);
int putchar(int c) { return fputc(c, stdout); }

int fflush(FILE *stream);
int fflush(FILE *stream)
{
    (void)stream;
    return 0;
}

/* --- printf ------------------------------------------------------------------------------------------ */

int vfprintf(FILE *stream, const char *format, va_list list);
int vfprintf(FILE *stream, const char *format, va_list list)
{
    char small_text[256], *text = small_text;
    va_list again;
    va_copy(again, list);
    int n = vsnprintf(small_text, sizeof small_text, format, list);
    if (n >= (int)sizeof small_text && (text = malloc((size_t)n + 1)))
        vsnprintf(text, (size_t)n + 1, format, again);
    va_end(again);
    if (n < 0 || !text) return -1;
    fwrite(text, 1, (size_t)n, stream);
    if (text != small_text) free(text);
    return n;
}

int vprintf(const char *format, va_list list);
int vprintf(const char *format, va_list list) { return vfprintf(stdout, format, list); }

int fprintf(FILE *stream, const char *format, ...);
int fprintf(FILE *stream, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vfprintf(stream, format, list);
    va_end(list);
    return n;
}

int printf(const char *format, ...);
int printf(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int n = vfprintf(stdout, format, list);
    va_end(list);
    return n;
}

/* What GMP says before it aborts: as it stands, for that needs nothing. */
int __fprintf_chk(FILE *stream, int flag, const char *format, ...);
int __fprintf_chk(FILE *stream, int flag, const char *format, ...)
{
    (void)flag;
    fputs(format, stream);
    return (int)strlen(format);
}

/* --- what musl's formatting and scanning ask for -------------------------------------------------------- */

int __lockfile(FILE *stream);
int __lockfile(FILE *stream) { return (void)stream, 0; }
void __unlockfile(FILE *stream);
void __unlockfile(FILE *stream) { (void)stream; }

char *strerror(int number);
char *strerror(int number)
{
    (void)number;
    static char text[] = "an error of the C library";
    return text;
}

/* UTF-8, one character. */
size_t wcrtomb(char *to, int c, void *state);
size_t wcrtomb(char *to, int c, void *state)
{
    (void)state;
    if (!to || c < 0x80) return to ? (*to = (char)c, 1u) : 1u;
    size_t n = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    for (size_t i = n; i-- > 1; c >>= 6) to[i] = (char)(0x80 | (c & 0x3F));
    to[0] = (char)((0xF00 >> n & 0xF0) | c);
    return n;
}
int wctomb(char *to, int c);
int wctomb(char *to, int c) { return to ? (int)wcrtomb(to, c, NULL) : 0; }
