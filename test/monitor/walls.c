/* SPDX-License-Identifier: Apache-2.0 */
/* walls.c -- one attempt at every wall; whoever comes back has found a hole. */
#include <string.h>

#include "abi/layout.h"
#include "abi/rings.h"
#include "test/monitor/guest.h"

static const struct plat_boot *boot;

static void write_text(void) { *(volatile char *)LAYOUT_RUNTIME = 1; }

static const char constant[] = "constant";
static void write_rodata(void) { *(volatile char *)(uintptr_t)constant = 1; }
static void write_record(void) { *(volatile char *)LAYOUT_BOOT = 1; }
static void write_archive(void) { *(volatile char *)(uintptr_t)boot->image = 1; }

static void run(void *p) { ((void (*)(void))(uintptr_t)p)(); }
static const unsigned char ret = 0xc3;
static unsigned char data_code[16];

static void run_heap(void)
{
    memcpy(boot->heap, &ret, 1);
    run(boot->heap);
}

static void run_data(void)
{
    memcpy(data_code, &ret, 1);
    run(data_code);
}

static void run_stack(void)
{
    volatile unsigned char code[16];
    code[0] = ret;
    run((void *)(uintptr_t)code);
}

static void run_rings(void)
{
    memcpy((void *)RING_INPUT, &ret, 1);
    run((void *)RING_INPUT);
}

static void run_rodata(void) { run((void *)(uintptr_t)&ret); }
/* Behind the code, before what comes next: nothing, or what fills its last large page. */
static void run_behind_code(void) { run((void *)(LAYOUT_RUNTIME + (1 << 20))); }
static void run_null(void) { run((void *)0); }
static void read_null(void) { (void)*(volatile char *)8; }
static void write_null(void) { *(volatile char *)16 = 1; }

__attribute__((noinline)) static int deeper(volatile int *n)
{
    volatile int here[16];
    here[0] = *n + 1;
    return deeper(here) + here[0];
}

static void overflow(void)
{
    volatile int n = 0;
    print_number((uint64_t)deeper(&n));
}

/* At the address that argv[2] gives: run.sh goes through all places where nothing is, among
 * them the page tables' own addresses in physical memory. */
static uint64_t place(void)
{
    uint64_t n = 0;
    for (const char *p = boot->argv[2]; *p; p++)
        n = n << 4 | (uint64_t)(*p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10);
    return n;
}
static void peek(void) { (void)*(volatile char *)place(); }
static void poke(void) { *(volatile char *)place() = 1; }
static void read_descriptors(void) { (void)*(volatile char *)LAYOUT_TABLES; }
static void write_descriptors(void) { *(volatile char *)(LAYOUT_TABLES + LAYOUT_PAGE) = 1; }
static void read_kernel(void) { (void)*(volatile char *)0xffffffff81000000ull; }
static void beyond_heap(void) { *((volatile char *)boot->heap + boot->heap_bytes) = 1; }
static void below_heap(void) { *((volatile char *)boot->heap - 1) = 1; }
static void beyond_rings(void) { *(volatile char *)(LAYOUT_RINGS + RING_USED_BYTES) = 1; }

static void move_cr3(void) { __asm__ volatile("mov %0, %%cr3" : : "r"(0x1000ul)); }
static void move_cr0(void) { __asm__ volatile("mov %0, %%cr0" : : "r"(1ul)); }
static void read_cr3(void)
{
    unsigned long r;
    __asm__ volatile("mov %%cr3, %0" : "=r"(r));
}
static void wrmsr(void) { __asm__ volatile("wrmsr" : : "a"(0), "d"(0), "c"(0xc0000080)); }
static void rdmsr(void)
{
    unsigned a, d;
    __asm__ volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(0xc0000080));
}
static void lidt(void)
{
    static unsigned char table[10];
    __asm__ volatile("lidt %0" : : "m"(table));
}
static void lgdt(void)
{
    static unsigned char table[10];
    __asm__ volatile("lgdt %0" : : "m"(table));
}
static void halt(void) { __asm__ volatile("hlt"); }
static void invlpg(void) { __asm__ volatile("invlpg (%0)" : : "r"(LAYOUT_HEAP)); }
static void ltr(void) { __asm__ volatile("ltr %0" : : "r"((unsigned short)0x40)); }
static void far_return(void) /* to a code segment of ring 0 */
{
    __asm__ volatile("pushq $8\n\tpushq $0x200100\n\tlretq");
}
static void system_call(void)
{
    __asm__ volatile("mov $39, %%eax\n\tsyscall" : : : "rax", "rcx", "r11");
}
static void interrupt_80(void) { __asm__ volatile("int $0x80" : : "a"(20)); }
static void undefined(void) { __asm__ volatile("ud2"); }
static void divide(void)
{
    int quotient = 1, rest = 0;
    __asm__ volatile("idivl %2" : "+a"(quotient), "+d"(rest) : "r"(0));
}
static void trap(void) { __asm__ volatile("int3"); }
static void wild_port(void) { __asm__ volatile("outb %b0, %w1" : : "a"(1), "d"(0x60)); }
static void wild_call(void) { __asm__ volatile("outl %0, %w1" : : "a"(4711), "d"(PORT_CALL)); }
static void wild_range(void) /* populate what is not ours */
{
    struct control *c = (struct control *)LAYOUT_RINGS;
    c->argument[0] = LAYOUT_HEAP + 0x1000, c->argument[1] = UINT64_MAX & ~0xfffull;
    __asm__ volatile("outl %0, %w1" : : "a"(CALL_POPULATE), "d"(PORT_CALL));
}
static void wild_protect(void) /* the runtime's text */
{
    struct control *c = (struct control *)LAYOUT_RINGS;
    c->argument[0] = LAYOUT_RUNTIME, c->argument[1] = 4096, c->argument[2] = RING_READ_WRITE;
    __asm__ volatile("outl %0, %w1" : : "a"(CALL_PROTECT), "d"(PORT_CALL));
}

static void linger(void)
{
    for (;;) plat_wait(plat_monotonic_ns() + 1000000000);
}

static void wild_head(void)
{
    ((struct control *)LAYOUT_RINGS)->output.head += 0x1000000;
    plat_console_raw(1);
    plat_console_write("x", 1);
    linger();
}
static void wild_piece(void)
{
    struct control *c = (struct control *)LAYOUT_RINGS;
    uint32_t at = c->output.head & (RING_OUTPUT_BYTES - 1);
    struct output_piece piece = {0x7fffffff};
    memcpy((char *)RING_OUTPUT + at, &piece, sizeof piece);
    c->output.head += 64;
    c->input_wanted = 0;
    size_t n;
    char byte;
    plat_console_read(&byte, 1, &n);
    linger();
}
static void wild_input(void)
{
    struct control *c = (struct control *)LAYOUT_RINGS;
    c->input.tail = 0x40000000;
    c->input_wanted = 1;
    plat_console_write("y", 1);
    for (;;) __asm__ volatile("pause");
}

static const struct wall {
    const char *name;
    void (*run)(void);
} walls[] = {
#define WALL(name, kvm, process, says) {#name, name},
#include "test/monitor/walls.def"
#undef WALL
};

int wall_try(const struct plat_boot *b)
{
    boot = b;
    for (size_t i = 0; i < sizeof walls / sizeof *walls; i++) {
        if (strcmp(b->argv[1], walls[i].name) != 0) continue;
        walls[i].run();
        return 1;
    }
    return 0;
}
