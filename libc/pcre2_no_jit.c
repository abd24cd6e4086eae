/* SPDX-License-Identifier: Apache-2.0 */
/* pcre2_no_jit.c -- PCRE2 without its compiler to machine code.
 *
 * A mote cannot make a page executable, so the compiler could not work; and it would bring
 * mmap(), locks and half a megabyte along.  These are the entry points by which the rest of
 * the library reaches it, answering as a PCRE2 that was built without it does.
 */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <stddef.h>
#include <pcre2.h>

int pcre2_jit_compile(pcre2_code *code, uint32_t options)
{
    (void)code, (void)options;
    return PCRE2_ERROR_JIT_BADOPTION;
}

int pcre2_jit_match(const pcre2_code *code, PCRE2_SPTR subject, PCRE2_SIZE length, PCRE2_SIZE start,
                    uint32_t options, pcre2_match_data *data, pcre2_match_context *context)
{
    (void)code, (void)subject, (void)length, (void)start, (void)options, (void)data, (void)context;
    return PCRE2_ERROR_JIT_BADOPTION;
}

void pcre2_jit_free_unused_memory(pcre2_general_context *context) { (void)context; }

pcre2_jit_stack *pcre2_jit_stack_create(size_t start, size_t most, pcre2_general_context *context)
{
    (void)start, (void)most, (void)context;
    return NULL;
}

void pcre2_jit_stack_assign(pcre2_match_context *context, pcre2_jit_callback callback, void *data)
{
    (void)context, (void)callback, (void)data;
}

void pcre2_jit_stack_free(pcre2_jit_stack *stack) { (void)stack; }

/* Private to the library, by the names that PRIV() gives them. */
void _pcre2_jit_free_8(void *code, void *memory);
void _pcre2_jit_free_8(void *code, void *memory) { (void)code, (void)memory; }

void _pcre2_jit_free_rodata_8(void *current, void *allocator);
void _pcre2_jit_free_rodata_8(void *current, void *allocator) { (void)current, (void)allocator; }

size_t _pcre2_jit_get_size_8(void *code);
size_t _pcre2_jit_get_size_8(void *code)
{
    (void)code;
    return 0;
}

const char *_pcre2_jit_get_target_8(void);
const char *_pcre2_jit_get_target_8(void) { return NULL; }

/* Asked before compiled code is run; there never is any. */
int _pcre2_jit_check_exec_8(void);
int _pcre2_jit_check_exec_8(void) { return 0; }
