/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c -- what the processor jumps to when our code does something impossible.
 *
 * The gates of the descriptor table name ring-3 code: kvm_exceptions + 16 * vector.  The
 * processor changes to crash_stack (IST 1), so a C stack that has run over can be reported
 * like anything else.  Each entry pushes its vector, with a zero for the error code where
 * the processor pushes none, and the common part saves the rest as struct crash_frame.
 */
#include <stddef.h>

#include "platform/kvm/kvm.h"

noreturn void kvm_exception(const struct crash_frame *frame);

/* Of struct control, for the assembly below. */
#define CALL_BACK_NUMBER 9
#define CONTROL_RESULT   0x1430008
_Static_assert(CALL_BACK == CALL_BACK_NUMBER, "as abi/rings.h has it");
_Static_assert(LAYOUT_RINGS + offsetof(struct control, result) == CONTROL_RESULT, "the same");
#define TEXT(x)  TEXT_(x)
#define TEXT_(x) #x

/* clang-format off */
__asm__(
    ".pushsection .text.kvm_exceptions, \"ax\", @progbits\n"
    ".globl kvm_exceptions\n"
    ".type kvm_exceptions, @function\n"
    ".balign 16\n"
    "kvm_exceptions:\n"
    ".set vector, 0\n"
    ".rept 32\n"
    "    .balign 16\n"
    /* vectors whose error code the processor pushes: 8, 10-14, 17, 21, 29, 30 */
    "    .if (vector != 8) && ((vector < 10) || (vector > 14)) && (vector != 17)"
             " && (vector != 21) && (vector != 29) && (vector != 30)\n"
    "    push $0\n"
    "    .endif\n"
    "    push $vector\n"
    "    .if vector == 14\n"
    "    jmp page_fault\n"
    "    .else\n"
    "    jmp save_registers\n"
    "    .endif\n"
    "    .set vector, vector + 1\n"
    ".endr\n"
    ".balign 16\n"
    /* a part of the heap that has not been used yet: the monitor knows */
    "page_fault:\n"
    "    push %rax\n    push %rdx\n"
    "    mov $" TEXT(PORT_CALL) ", %edx\n"
    "    mov $" TEXT(CALL_BACK_NUMBER) ", %eax\n"
    "    outl %eax, %dx\n"
    "    cmpq $0, " TEXT(CONTROL_RESULT) "\n"
    "    pop %rdx\n    pop %rax\n"
    "    je save_registers\n"
    "    add $16, %rsp\n"
    "    iretq\n"
    "save_registers:\n"
    /* on the stack: vector, error, rip, ...; the frame wants rax below the vector */
    "    push %rax\n    push %rcx\n    push %rdx\n    push %rbx\n    push %rbp\n"
    "    push %rsi\n    push %rdi\n"
    "    push %r8\n     push %r9\n     push %r10\n    push %r11\n    push %r12\n"
    "    push %r13\n    push %r14\n    push %r15\n"
    "    mov %rsp, %rdi\n"
    "    xor %ebp, %ebp\n"
    "    and $-16, %rsp\n"
    "    cld\n"
    "    call kvm_exception\n"
    "    ud2\n"
    ".size kvm_exceptions, . - kvm_exceptions\n"
    ".popsection\n");
/* clang-format on */

noreturn void kvm_exception(const struct crash_frame *frame)
{
    uint64_t address = frame->vector == 14 ? kvm_call(CALL_FAULT, 0, 0, 0) : 0;
    crash_exception(frame, address);
}
