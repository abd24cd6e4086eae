/* SPDX-License-Identifier: Apache-2.0 */
/* layout.h -- where everything stands in a mote's address space.
 *
 * The same on every platform, so that pointers in memory mean the same wherever the
 * mote runs and a saved machine can be resumed anywhere.  The runtime is linked at
 * LAYOUT_RUNTIME (image/runtime.ld asserts it); the monitor builds the page tables,
 * or maps a Linux process, to this picture:
 *
 *   0000'0000  page zero, never mapped
 *   0020'0000  runtime: text r-x, read-only data r--, data and bss rw-
 *   0121'0000  guard, then the C stack rw-, LAYOUT_STACK_BYTES
 *   0141'1000  a page of code and the vDSO (process), the descriptor tables that only the processor reads (kvm)
 *   0143'0000  rings rw-, shared with the monitor (abi/rings.h), and the first channel (abi/channel.h)
 *   015c'0000  boot record r-- (abi/boot.h)
 *   0180'0000  the runtime's symbols r--
 *   0200'0000  rings of interfaces (abi/net.h), other channels
 *   4000'0000  heap rw-: at least the code and the literals lie below 4 GiB,
 *              for code words are 32 bits wide (vm/code/code.h)
 *   10'0000'0000  archive r-- (abi/archive.h)
 *   20'0000'0000  process only: the snapshot r--, when some of it is compressed (abi/snapshot.h)
 *
 * No page is both writable and executable.  What each mote touches of the stack, and of all between that and the boot record's first
 * pages, lies in the same 2 MiB: that is one page table, and each mote has its own.
 */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#include <stdint.h>

#define LAYOUT_PAGE         0x1000ull
#define LAYOUT_LARGE_PAGE   0x200000ull /* the processor's: one entry instead of a page table */
#define LAYOUT_RUNTIME      0x00200000ull
#define LAYOUT_RUNTIME_END  0x01000000ull
#define LAYOUT_STACK        0x01210000ull /* lowest writable byte; the page below is the guard */
#define LAYOUT_STACK_BYTES  0x00200000ull
#define LAYOUT_LEAP         0x01411000ull /* a page that the guest is entered from; process only */
#define LAYOUT_VDSO         0x01412000ull /* the host kernel's, with its data; process only */
#define LAYOUT_TABLES       0x01422000ull /* two pages: GDT and TSS, then the IDT; kvm only */
#define LAYOUT_RINGS        0x01430000ull
#define LAYOUT_CHANNEL      0x01480000ull /* the first one */
#define LAYOUT_BOOT         0x015c0000ull
#define LAYOUT_BOOT_BYTES   0x00200000ull
#define LAYOUT_SYMBOLS      0x01800000ull /* .symtab and .strtab of the runtime, for backtraces */
#define LAYOUT_SYMBOLS_END  0x01a00000ull
#define LAYOUT_NETS         0x02000000ull
#define LAYOUT_NETS_END     0x03000000ull
#define LAYOUT_CHANNELS     0x03000000ull /* all but the first one */
#define LAYOUT_CHANNELS_END 0x04000000ull
#define LAYOUT_HEAP         0x40000000ull
#define LAYOUT_ARCHIVE      0x1000000000ull
#define LAYOUT_SNAPSHOT     0x2000000000ull

/* The thread block that FS points to: libraries compiled for Linux read the pointer to
 * itself at offset 0 and the stack protector's canary at 0x28.  At the top of the stack. */
#define LAYOUT_THREAD       (LAYOUT_STACK + LAYOUT_STACK_BYTES - 0x400)
#define LAYOUT_THREAD_BYTES 0x400ull

/* Bytes, in whole pages. */
static inline uint64_t layout_pages_up(uint64_t bytes)
{
    return (bytes + LAYOUT_PAGE - 1) & ~(LAYOUT_PAGE - 1);
}

#endif
