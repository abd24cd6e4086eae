/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c -- the report of a runtime that cannot go on, and of what it was doing.
 *
 * Two ways in: plat_panic(), when our own code finds something impossible, and
 * crash_exception(), which a port calls when the processor did.  Both print to stderr what
 * happened, the C functions that were active and, by the hook that the runtime registered,
 * the Erlang process that ran; then they leave with a status of their own.
 *
 * Trouble while reporting ends the mote at once: `reporting` counts how deep we are.
 * Nothing here allocates, and the stack is only read within its bounds.
 */
#include <elf.h>
#include <string.h>

#include "platform/port.h"

unsigned char crash_stack[CRASH_STACK_BYTES] __attribute__((aligned(64)));

extern const char image_text_start[], image_text_end[]; /* image/runtime.ld */

static void (*describe_process)(void (*put)(const char *text, size_t n));
static int reporting;

void plat_on_crash(void (*describe)(void (*put)(const char *text, size_t n)))
{
    describe_process = describe;
}

/* --- text ---------------------------------------------------------------------------- */

static void put_bytes(const char *text, size_t n) { plat_console_write_error(text, n); }
static void put(const char *text) { put_bytes(text, strlen(text)); }

static void put_hex(uint64_t n, int digits)
{
    char text[16];
    for (int i = digits; i-- > 0; n >>= 4) text[i] = "0123456789abcdef"[n & 15];
    put_bytes(text, (size_t)digits);
}

static void put_number(uint64_t n)
{
    char text[20];
    size_t at = sizeof text;
    do {
        text[--at] = (char)('0' + n % 10);
    } while (n /= 10);
    put_bytes(text + at, sizeof text - at);
}

static void put_short_hex(uint64_t n)
{
    int digits = 1;
    while (digits < 16 && n >> (4 * digits)) digits++;
    put("0x");
    put_hex(n, digits);
}

/* --- the C backtrace ------------------------------------------------------------------ */

static int is_text(uint64_t a)
{
    return a >= (uint64_t)(uintptr_t)image_text_start && a < (uint64_t)(uintptr_t)image_text_end;
}

/* The name of the function that holds `address`, and how far into it that is. */
static const char *symbol(uint64_t address, uint64_t *offset)
{
    const Elf64_Sym *s = (const Elf64_Sym *)boot_record->symbols;
    size_t count = boot_record->symbols_bytes / sizeof *s;
    const Elf64_Sym *best = NULL;
    for (size_t i = 0; i < count; i++) {
        unsigned type = ELF64_ST_TYPE(s[i].st_info);
        if (type != STT_FUNC && type != STT_NOTYPE) continue;
        if (s[i].st_shndx == SHN_UNDEF || s[i].st_value > address) continue;
        if (s[i].st_name >= boot_record->strings_bytes) continue;
        if (!best || s[i].st_value > best->st_value) best = &s[i];
    }
    if (!best || (best->st_size && address - best->st_value >= best->st_size)) return NULL;
    *offset = address - best->st_value;
    return (const char *)boot_record->strings + best->st_name;
}

/* `certain` is not set for what was found by searching the stack. */
static void put_function(unsigned number, uint64_t address, int is_return, int certain)
{
    uint64_t offset = 0;
    /* A return address may stand behind the end of a function that never returns. */
    const char *name = is_text(address) ? symbol(address - (uint64_t)is_return, &offset) : NULL;
    put("  #");
    put_number(number);
    put(number < 10 ? "  " : " ");
    put_hex(address, 16);
    put(certain ? "  " : " ?");
    if (name) {
        put(name);
        put("+");
        put_short_hex(offset + (uint64_t)is_return);
    } else {
        put(is_text(address) ? "(no symbol)" : "(not in the runtime)");
    }
    put("\n");
}

static int is_stack(uint64_t at, uint64_t bytes)
{
    uint64_t crash = (uint64_t)(uintptr_t)crash_stack;
    if (at % 8) return 0;
    return (at >= LAYOUT_STACK && at + bytes <= LAYOUT_THREAD) ||
           (at >= crash && at + bytes <= crash + CRASH_STACK_BYTES);
}

static uint64_t word_at(uint64_t at) { return *(const uint64_t *)at; }

/* Does the instruction before this address look like a call? */
static int follows_call(uint64_t address)
{
    if (!is_text(address) || !is_text(address - 7)) return 0;
    const unsigned char *p = (const unsigned char *)address;
    if (p[-5] == 0xe8) return 1; /* call rel32 */
    for (int n = 2; n <= 7; n++) /* call through a register or memory: ff /2 */
        if (p[-n] == 0xff && (p[-n + 1] & 0x38) == 0x10) return 1;
    return 0;
}

/* Follows the frame pointers while they make sense; where they end early (assembly, or
 * code that uses rbp for something else) the rest of the stack is searched for return
 * addresses, and what is found that way carries a question mark. */
static void put_backtrace(uint64_t rip, uint64_t rsp, uint64_t rbp)
{
    enum { MOST = 40 };
    unsigned n = 0;
    put("C functions, innermost first:\n");
    put_function(n++, rip, 0, 1);
    if (!is_text(rip) && is_stack(rsp, 8) && is_text(word_at(rsp)))
        put_function(n++, word_at(rsp), 1, 1); /* a jump to nowhere: who made it */
    uint64_t at = rsp & ~7ull;
    while (n < MOST && is_stack(rbp, 16) && rbp >= at && is_text(word_at(rbp + 8))) {
        put_function(n++, word_at(rbp + 8), 1, 1);
        at = rbp + 16;
        rbp = word_at(rbp);
    }
    if (rbp == 0) return; /* the start: whole */
    for (; n < MOST && is_stack(at, 8); at += 8)
        if (follows_call(word_at(at))) put_function(n++, word_at(at), 1, 0);
    if (n == MOST) put("  ... and more\n");
}

static noreturn void finish(int status)
{
    if (describe_process) {
        put("Erlang: ");
        describe_process(put_bytes);
        put("\n");
    }
    plat_exit(status);
}

static void begin(int status)
{
    if (!reporting++) return;
    if (reporting == 2) put("\nmote: another crash while reporting this one\n");
    if (reporting == 3) plat_exit(status);
    port->exit(status);
}

/* --- panic ------------------------------------------------------------------------------ */

/* Whose panic begins so has found nothing impossible, but no memory. */
static int status_of(const char *why)
{
    static const char exhausted[] = "out of memory";
    return strncmp(why, exhausted, sizeof exhausted - 1) ? BOOT_STATUS_PANIC
                                                         : BOOT_STATUS_EXHAUSTED;
}

noreturn void plat_panic(const char *file, int line, const char *why)
{
    int status = status_of(why);
    begin(status);
    put("\nmote: runtime panic at ");
    put(file);
    put(":");
    put_number((uint64_t)line);
    put(": ");
    put(why);
    put("\n");
    uint64_t frame = (uint64_t)(uintptr_t)__builtin_frame_address(0);
    put_backtrace((uint64_t)(uintptr_t)plat_panic, frame, frame);
    finish(status);
}

/* --- exceptions ------------------------------------------------------------------------- */

static const char *const vector_name[32] = {
    [0] = "divide error",
    [1] = "debug",
    [2] = "non-maskable interrupt",
    [3] = "breakpoint",
    [4] = "overflow",
    [5] = "bound range",
    [6] = "invalid instruction",
    [7] = "device not available",
    [8] = "double fault",
    [10] = "invalid TSS",
    [11] = "segment not present",
    [12] = "stack segment fault",
    [13] = "general protection fault",
    [14] = "page fault",
    [16] = "floating point error",
    [17] = "alignment check",
    [18] = "machine check",
    [19] = "SIMD floating point error",
};

enum { PAGE_FAULT = 14, ERROR_PRESENT = 1, ERROR_WRITE = 2, ERROR_FETCH = 16 };

static const char *page_fault_kind(uint64_t error)
{
    if (error & ERROR_FETCH)
        return error & ERROR_PRESENT ? "execution of memory that is not code"
                                     : "execution at an address where nothing is";
    if (error & ERROR_WRITE)
        return error & ERROR_PRESENT ? "write to read-only memory"
                                     : "write to an address where nothing is";
    return error & ERROR_PRESENT ? "read of memory that is not the guest's"
                                 : "read at an address where nothing is";
}

static int is_overflow(const struct crash_frame *f, uint64_t address)
{
    return f->vector == PAGE_FAULT && address < LAYOUT_STACK && address >= LAYOUT_RUNTIME_END &&
           f->rsp < LAYOUT_STACK + LAYOUT_STACK_BYTES && f->rsp >= LAYOUT_RUNTIME_END;
}

static void put_what(const struct crash_frame *f, uint64_t address)
{
    const char *name = f->vector < 32 ? vector_name[f->vector] : NULL;
    put("\nmote: guest exception: ");
    put(name ? name : "reserved vector");
    put(" (vector ");
    put_number(f->vector);
    put(", error ");
    put_short_hex(f->error);
    put(")");
    if (f->vector == PAGE_FAULT) {
        put(": ");
        if (is_overflow(f, address)) put("C stack overflow: ");
        put(page_fault_kind(f->error));
        put(", address ");
        put_short_hex(address);
    }
    put("\n");
}

static void put_registers(const struct crash_frame *f)
{
    const struct {
        const char *name;
        uint64_t value;
    } row[] = {
        {"rip", f->rip}, {"rsp", f->rsp}, {"flg", f->flags}, {"rax", f->rax}, {"rbx", f->rbx},
        {"rcx", f->rcx}, {"rdx", f->rdx}, {"rsi", f->rsi},   {"rdi", f->rdi}, {"rbp", f->rbp},
        {"r8 ", f->r8},  {"r9 ", f->r9},  {"r10", f->r10},   {"r11", f->r11}, {"r12", f->r12},
        {"r13", f->r13}, {"r14", f->r14}, {"r15", f->r15},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        put("  ");
        put(row[i].name);
        put(" ");
        put_hex(row[i].value, 16);
        if (i % 3 == 2) put("\n");
    }
}

noreturn void crash_signal(const struct crash_frame *f, int number, const char *name)
{
    begin(BOOT_STATUS_EXCEPTION);
    put("\nmote: the guest was sent signal ");
    put_number((uint64_t)number);
    put(" (");
    put(name);
    put(") from outside\n");
    put_registers(f);
    put_backtrace(f->rip, f->rsp, f->rbp);
    finish(BOOT_STATUS_EXCEPTION);
}

noreturn void crash_exception(const struct crash_frame *f, uint64_t address)
{
    begin(BOOT_STATUS_EXCEPTION);
    put_what(f, address);
    put_registers(f);
    put_backtrace(f->rip, f->rsp, f->rbp);
    finish(BOOT_STATUS_EXCEPTION);
}
