/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c -- what the processor jumps to when our code does something impossible.
 *
 * The gates of the descriptor table name ring-3 code: kvm_exceptions + 16 * vector.  The
 * processor changes to crash_stack (IST 1), so a C stack that has run over can be reported
 * like anything else.  Each entry pushes its vector, with a zero for the error code where
 * the processor pushes none, and the common part saves the rest as struct crash_frame.
 */
#include "platform/kvm/kvm.h"

noreturn void kvm_exception(const struct crash_frame *frame);

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
    "    jmp save_registers\n"
    "    .set vector, vector + 1\n"
    ".endr\n"
    ".balign 16\n"
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
