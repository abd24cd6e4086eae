# SPDX-License-Identifier: Apache-2.0
# guest.mk -- build/guest/runtime.elf: the machine that runs in a mote.
#
# Included by the Makefile at the top.  Everything here is freestanding: musl's headers and
# its libc.a for the small subset that needs no kernel, and Debian's static GMP, zlib and
# PCRE2 on top of libc/, which supplies what those were compiled to expect from glibc.
#
#: make guest      the runtime alone, build/guest/runtime.elf
#   GUEST_CFLAGS_vm/code/engine.c  flags for one file, e.g. -fomit-frame-pointer
#   GUEST_DIR, GUEST_DEFINES       set for a named build beside the normal one

GUEST_CC      ?= gcc
GUEST_DIR     ?= build/guest
GUEST_DEFINES ?=
GUEST_OPTIMIZE ?= -O2

MUSL_INCLUDE ?= /usr/include/x86_64-linux-musl
MUSL_LIB     ?= /usr/lib/x86_64-linux-musl
GUEST_LIB    ?= /usr/lib/x86_64-linux-gnu
GCC_INCLUDE  := $(shell $(GUEST_CC) -print-file-name=include)

GUEST_SOURCES := $(sort $(wildcard vm/*/*.c net/*.c fs/*.c host/*.c image/*.c) $(filter-out base/cold.c,$(wildcard base/*.c))) $(LWIP_SOURCES)
PLATFORM_SOURCES := $(sort $(wildcard platform/*.c platform/kvm/*.c platform/process/*.c libc/*.c)) base/cold.c

GUEST_WARNINGS = -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
# No PIC and addresses below 2 GiB, so that code words hold 32-bit addresses (vm/code/code.h).
# Frame pointers are for the backtrace of a crash.
GUEST_CFLAGS = $(GUEST_WARNINGS) $(GUEST_OPTIMIZE) -g -ffreestanding -fbuiltin -fno-pic -no-pie -mcmodel=small \
	-fno-stack-protector -fno-asynchronous-unwind-tables -fno-unwind-tables -fcf-protection=none \
	-fno-omit-frame-pointer -fno-strict-aliasing -fwrapv -ffunction-sections -fdata-sections \
	-fno-plt -fno-common -nostdinc -isystem $(MUSL_INCLUDE) -isystem $(GCC_INCLUDE) \
	-isystem build/include -I. -Ivm -Ibuild $(LWIP_CFLAGS) $(GUEST_DEFINES)
GUEST_LDFLAGS = -static -no-pie -nostdlib -Wl,--gc-sections -Wl,-T,image/runtime.ld \
	-Wl,-z,max-page-size=4096 -Wl,-z,noexecstack -Wl,--build-id=none -Wl,--orphan-handling=error \
	-Wl,--no-warn-rwx-segments
GUEST_LIBS = $(GUEST_LIB)/libgmp.a $(GUEST_LIB)/libz.a $(GUEST_LIB)/libpcre2-8.a \
	$(GUEST_DIR)/libc.a $(shell $(GUEST_CC) -print-libgcc-file-name)

# The three libraries' headers, and nothing else of /usr/include.
GUEST_HEADERS := build/include/gmp.h build/include/zlib.h build/include/zconf.h build/include/pcre2.h
build/include/gmp.h:
	@mkdir -p build/include
	@for d in /usr/include /usr/include/x86_64-linux-gnu; do \
	    if [ -e $$d/gmp.h ]; then ln -sf $$d/gmp.h $@; fi; done
	@test -e $@ || { echo "gmp.h is missing: apt-get install libgmp-dev"; exit 1; }
build/include/zlib.h build/include/zconf.h:
	@mkdir -p build/include
	@for d in /usr/include /usr/include/x86_64-linux-gnu; do \
	    if [ -e $$d/$(@F) ]; then ln -sf $$d/$(@F) $@; fi; done
	@test -e $@ || { echo "$(@F) is missing: apt-get install zlib1g-dev"; exit 1; }
build/include/pcre2.h:
	@mkdir -p build/include
	@ln -sf /usr/include/pcre2.h $@
	@test -e $@ || { echo "pcre2.h is missing: apt-get install libpcre2-dev"; exit 1; }

$(GUEST_DIR)/%.o: %.c | $(GUEST_HEADERS) $(GENERATED) $(LWIP_SOURCES)
	@mkdir -p $(@D)
	@echo "  guest   $<"
	@$(GUEST_CC) $(GUEST_CFLAGS) $(GUEST_CFLAGS_$<) $(CFLAGS_$<) -MMD -MP -c $< -o $@

GUEST_OBJECTS    := $(GUEST_SOURCES:%.c=$(GUEST_DIR)/%.o)
PLATFORM_OBJECTS := $(PLATFORM_SOURCES:%.c=$(GUEST_DIR)/%.o)

# What may contain a system call instruction, and what may not: everything else.
CHECK_SYSCALLS = sh mk/check_syscalls.sh

$(GUEST_DIR)/libc.a: mk/guest_libc.sh
	@mkdir -p $(@D)
	@test -e $(MUSL_LIB)/libc.a || { echo "musl is missing: apt-get install musl-dev"; exit 1; }
	@echo "  libc    $@"
	@sh mk/guest_libc.sh $(MUSL_LIB)/libc.a $@

$(GUEST_DIR)/runtime.elf: $(GUEST_DIR)/libc.a $(GUEST_OBJECTS) $(PLATFORM_OBJECTS) image/runtime.ld mk/check_syscalls.sh
	@echo "  link    $@"
	@$(GUEST_CC) $(GUEST_LDFLAGS) -Wl,-Map=$(@D)/runtime.map -o $@.new \
	    $(GUEST_OBJECTS) $(PLATFORM_OBJECTS) -Wl,--start-group $(GUEST_LIBS) -Wl,--end-group
	@$(CHECK_SYSCALLS) $@.new
	@mv $@.new $@

# --- what `mote build --nif` links native code with -----------------------------------------------

# All of the machine with what it needs of the libraries, but the C library: native code may need more of
# that.  Without debug information; sections stay apart, so that what nobody calls is left out.
$(GUEST_DIR)/nif/runtime.o: $(GUEST_OBJECTS) $(PLATFORM_OBJECTS)
	@mkdir -p $(@D)
	@echo "  link    $@"
	@ld -r -o $@.new $(GUEST_OBJECTS) $(PLATFORM_OBJECTS) --start-group $(filter-out %/libc.a %/libgcc.a,$(GUEST_LIBS)) --end-group
	@objcopy --strip-debug --remove-section=.comment --remove-section=.note.* $@.new $@ && rm $@.new

.PHONY: guest
guest: $(GUEST_DIR)/runtime.elf

-include $(GUEST_OBJECTS:.o=.d) $(PLATFORM_OBJECTS:.o=.d)
