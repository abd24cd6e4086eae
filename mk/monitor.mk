# SPDX-License-Identifier: Apache-2.0
# monitor.mk -- build/monitor/*.o and build/agent/*.o: the host side, linked into build/mote by the command line.
#
# Included by the Makefile at the top.  MONITOR_OBJECTS is what cli/ links.

HOST_CC ?= gcc
MONITOR_SOURCES := $(sort $(wildcard monitor/*.c monitor/devices/*.c monitor/slirp/*.c))
MONITOR_OBJECTS := $(MONITOR_SOURCES:monitor/%.c=build/monitor/%.o)
include mk/slirp.mk
MONITOR_OBJECTS += $(SLIRP_OBJECTS) build/host/base/hash.o
AGENT_SOURCES := $(sort $(wildcard agent/*.c))
AGENT_OBJECTS := $(AGENT_SOURCES:agent/%.c=build/agent/%.o)

HOST_WARNINGS = -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
HOST_CFLAGS ?= -O2 -g
MONITOR_CFLAGS = $(HOST_WARNINGS) $(HOST_CFLAGS) -D_GNU_SOURCE -I. -isystem build/slirp/include -fPIE -fstack-protector-strong

build/monitor/%.o: monitor/%.c
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_CFLAGS) -MMD -MP -c $< -o $@

build/agent/%.o: agent/%.c
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_CFLAGS) -MMD -MP -c $< -o $@

#: make monitor    the host side's objects
.PHONY: monitor
monitor: $(MONITOR_OBJECTS) $(AGENT_OBJECTS)

-include $(MONITOR_OBJECTS:.o=.d) $(AGENT_OBJECTS:.o=.d)

include mk/test_monitor.mk
