/* SPDX-License-Identifier: Apache-2.0 */
/* cxx.c -- the little of a C++ runtime that native code without exceptions and input or output wants.
 *
 * Names are those that g++ gives: operator new and delete, errors of the standard library, std::string's
 * allocation, the classic locale's lower and upper case.  What else libstdc++ has (trees, for example) is
 * taken from it when an image is linked.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

#include "platform/platform.h"

void *malloc(size_t bytes);
void free(void *block);

#define CXX(name) __asm__(name)

/* --- memory ------------------------------------------------------------------------------------- */

static void *take(size_t bytes)
{
    void *block = malloc(bytes);
    if (!block) plat_panic("C++", 0, "operator new: out of memory");
    return block;
}

void *operator_new(size_t bytes) CXX("_Znwm");
void *operator_new(size_t bytes) { return take(bytes); }
void *operator_new_array(size_t bytes) CXX("_Znam");
void *operator_new_array(size_t bytes) { return take(bytes); }
void *operator_new_nothrow(size_t bytes, const void *tag) CXX("_ZnwmRKSt9nothrow_t");
void *operator_new_nothrow(size_t bytes, const void *tag) { return (void)tag, malloc(bytes); }
void *operator_new_array_nothrow(size_t bytes, const void *tag) CXX("_ZnamRKSt9nothrow_t");
void *operator_new_array_nothrow(size_t bytes, const void *tag) { return (void)tag, malloc(bytes); }
const char nothrow_tag CXX("_ZSt7nothrow") = 0;

void operator_delete(void *block) CXX("_ZdlPv");
void operator_delete(void *block) { free(block); }
void operator_delete_sized(void *block, size_t bytes) CXX("_ZdlPvm");
void operator_delete_sized(void *block, size_t bytes) { (void)bytes, free(block); }
void operator_delete_array(void *block) CXX("_ZdaPv");
void operator_delete_array(void *block) { free(block); }
void operator_delete_array_sized(void *block, size_t bytes) CXX("_ZdaPvm");
void operator_delete_array_sized(void *block, size_t bytes) { (void)bytes, free(block); }

/* --- what would be thrown ----------------------------------------------------------------------------- */

#define THROWS(c_name, name)                                                                       \
    noreturn void c_name(const char *why) CXX(name);                                               \
    noreturn void c_name(const char *why) { plat_panic("C++", 0, why); }
THROWS(throw_logic_error, "_ZSt19__throw_logic_errorPKc")
THROWS(throw_length_error, "_ZSt20__throw_length_errorPKc")
THROWS(throw_out_of_range, "_ZSt20__throw_out_of_rangePKc")
THROWS(throw_invalid_argument, "_ZSt24__throw_invalid_argumentPKc")
THROWS(throw_out_of_range_format, "_ZSt24__throw_out_of_range_fmtPKcz")

noreturn void throw_bad_alloc(void) CXX("_ZSt17__throw_bad_allocv");
noreturn void throw_bad_alloc(void) { plat_panic("C++", 0, "std::bad_alloc"); }
noreturn void throw_bad_new_length(void) CXX("_ZSt28__throw_bad_array_new_lengthv");
noreturn void throw_bad_new_length(void) { plat_panic("C++", 0, "std::bad_array_new_length"); }
noreturn void throw_bad_cast(void) CXX("_ZSt16__throw_bad_castv");
noreturn void throw_bad_cast(void) { plat_panic("C++", 0, "std::bad_cast"); }

noreturn void __cxa_pure_virtual(void);
noreturn void __cxa_pure_virtual(void) { plat_panic("C++", 0, "pure virtual function called"); }
int __cxa_atexit(void (*f)(void *), void *object, void *handle);
int __cxa_atexit(void (*f)(void *), void *object, void *handle)
{
    (void)f, (void)object, (void)handle; /* a mote ends without looking back */
    return 0;
}
void *const dso_handle CXX("__dso_handle") = NULL;

/* --- std::string -------------------------------------------------------------------------------------------- */

/* char *basic_string::_M_create(size_type &capacity, size_type old_capacity) */
char *string_create(void *self, size_t *capacity, size_t before)
    CXX("_ZNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEE9_M_createERmm");
char *string_create(void *self, size_t *capacity, size_t before)
{
    (void)self;
    if (*capacity > SIZE_MAX / 4) throw_length_error("basic_string::_M_create");
    if (*capacity > before && *capacity < 2 * before) *capacity = 2 * before;
    return take(*capacity + 1);
}

/* --- the classic locale: std::tolower(c, std::locale::classic()) --------------------------------------------- */

static void *classic;
const void *locale_classic(void) CXX("_ZNSt6locale7classicEv");
const void *locale_classic(void) { return &classic; }

/* A std::ctype<char>: an object of its table of virtual functions. */
static void destroy(void *self) { (void)self; }
static char upper(const void *self, char c)
{
    (void)self;
    return (char)(c >= 'a' && c <= 'z' ? c - 32 : c);
}
static char lower(const void *self, char c)
{
    (void)self;
    return (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}
static const char *upper_all(const void *self, char *from, const char *end)
{
    for (; from < end; from++) *from = upper(self, *from);
    return end;
}
static const char *lower_all(const void *self, char *from, const char *end)
{
    for (; from < end; from++) *from = lower(self, *from);
    return end;
}
static char same(const void *self, char c) { return (void)self, c; }
static const char *copy(const void *self, const char *from, const char *end, char *to)
{
    (void)self;
    while (from < end) *to++ = *from++;
    return end;
}
static char narrow(const void *self, char c, char other) { return (void)self, (void)other, c; }
static const char *narrow_all(const void *self, const char *from, const char *end, char other,
                              char *to)
{
    (void)other;
    return copy(self, from, end, to);
}

static void *const functions[] = {
    (void *)destroy,   (void *)destroy, (void *)upper, (void *)upper_all, (void *)lower,
    (void *)lower_all, (void *)same,    (void *)copy,  (void *)narrow,    (void *)narrow_all};
static const struct {
    void *const *functions;
    uint8_t room[568]; /* no table of classes, nothing remembered: all is asked of the functions */
} characters = {functions, {0}};

const void *use_ctype(const void *locale) CXX("_ZSt9use_facetISt5ctypeIcEERKT_RKSt6locale");
const void *use_ctype(const void *locale) { return (void)locale, &characters; }
