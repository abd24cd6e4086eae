# SPDX-License-Identifier: Apache-2.0
# monitor.mk -- build/monitor/*.o and build/agent/*.o: the host side, linked into build/mote by the command line.
#
# Included by the Makefile at the top.  MONITOR_OBJECTS is what cli/ links.

HOST_CC ?= gcc

# build/mote is linked with musl, statically: glibc asks the processor fifty times what it can before main() (each costs 5 us
# where the processor is virtual), and has a dozen more pages of data for the loader to write to: 0.3 ms of a start.
# Programs that only test are linked with whatever HOST_CC links with.
HOST_LIBC_INCLUDE ?= /usr/include/x86_64-linux-musl
HOST_LIBC         ?= /usr/lib/x86_64-linux-musl
HOST_LIBZ         ?= /usr/lib/x86_64-linux-gnu/libz.a
HOST_KERNEL       := build/include/kernel
HOST_LIBC_CFLAGS  := -nostdinc -isystem $(HOST_LIBC_INCLUDE) -isystem $(shell $(HOST_CC) -print-file-name=include) -isystem $(HOST_KERNEL)
HOST_LIBC_BEGIN   := -nostdlib -static-pie $(HOST_LIBC)/rcrt1.o $(HOST_LIBC)/crti.o $(shell $(HOST_CC) -print-file-name=crtbeginS.o)
HOST_LIBC_END     := $(HOST_LIBC)/libc.a $(shell $(HOST_CC) -print-libgcc-file-name) $(HOST_LIBC)/libc.a \
	$(shell $(HOST_CC) -print-file-name=crtendS.o) $(HOST_LIBC)/crtn.o

# The kernel's headers, which musl leaves to the system.
HOST_HEADERS := $(HOST_KERNEL)/linux
$(HOST_HEADERS):
	@test -e $(HOST_LIBC)/libc.a || { echo "musl is missing: apt-get install musl-dev"; exit 1; }
	@mkdir -p $(HOST_KERNEL)
	@for d in asm asm-generic linux; do \
	    for from in /usr/include/x86_64-linux-gnu /usr/include; do \
	        if [ -e $$from/$$d ]; then ln -sfn $$from/$$d $(HOST_KERNEL)/$$d; break; fi; done; done
	@test -e $@/kvm.h || { echo "the kernel's headers are missing: apt-get install linux-libc-dev"; rm -f $@; exit 1; }

MONITOR_SOURCES := $(sort $(wildcard monitor/*.c monitor/devices/*.c monitor/slirp/*.c))
MONITOR_OBJECTS := $(MONITOR_SOURCES:monitor/%.c=build/monitor/%.o)
include mk/slirp.mk
MONITOR_OBJECTS += $(SLIRP_OBJECTS) build/host/base/hash.o build/host/base/cold.o
AGENT_SOURCES := $(sort $(wildcard agent/*.c))
AGENT_OBJECTS := $(AGENT_SOURCES:agent/%.c=build/agent/%.o)

HOST_WARNINGS = -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
HOST_CFLAGS ?= -O2 -g
MONITOR_PLAIN_CFLAGS = $(HOST_WARNINGS) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -isystem build/slirp/include -fPIE -fstack-protector-strong

MONITOR_CFLAGS = $(MONITOR_PLAIN_CFLAGS) $(HOST_LIBC_CFLAGS)

build/monitor/%.o: monitor/%.c mk/monitor.mk | $(HOST_HEADERS)
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_CFLAGS) -MMD -MP -c $< -o $@

build/agent/%.o: agent/%.c mk/monitor.mk | $(HOST_HEADERS)
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_CFLAGS) -MMD -MP -c $< -o $@

#: make monitor    the host side's objects
.PHONY: monitor
monitor: $(MONITOR_OBJECTS) $(AGENT_OBJECTS)

-include $(MONITOR_OBJECTS:.o=.d) $(AGENT_OBJECTS:.o=.d)

include mk/test_monitor.mk
