# SPDX-License-Identifier: Apache-2.0
# test_monitor.mk -- walls, faults and the rest of the house below vm/, without vm/.
#
#: make test-monitor    walls, faults and the rest below vm/: "N passed, N failed, N skipped"

TEST_GUEST_SOURCES := test/monitor/guest.c test/monitor/walls.c test/monitor/libraries.c test/monitor/frames.c
TEST_GUEST_OBJECTS := $(TEST_GUEST_SOURCES:%.c=build/guest/%.o)
# libc/ and platform/ as they are in the real runtime.
build/test/monitor/guest.elf: $(GUEST_DIR)/libc.a $(TEST_GUEST_OBJECTS) $(PLATFORM_OBJECTS) image/runtime.ld
	@mkdir -p $(@D)
	@echo "  link    $@"
	@$(GUEST_CC) $(GUEST_LDFLAGS) -o $@ $(TEST_GUEST_OBJECTS) $(PLATFORM_OBJECTS) \
	    -Wl,--start-group $(GUEST_LIBS) -Wl,--end-group

# It makes system calls and executes privileged instructions on purpose.
build/guest/test/monitor/%.o: GUEST_CFLAGS += -fno-tree-tail-merge -fno-optimize-sibling-calls -Wno-infinite-recursion -Wno-array-bounds -Wno-stringop-overflow

build/test/monitor/run_guest: test/monitor/run_guest.c $(MONITOR_OBJECTS) $(AGENT_OBJECTS) monitor/waits.ld
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_CFLAGS) -c -o $@.o $<
	@$(HOST_CC) $(HOST_LIBC_BEGIN) -o $@ $@.o $(MONITOR_OBJECTS) $(AGENT_OBJECTS) -Wl,-T,monitor/waits.ld $(HOST_LIBZ) $(HOST_LIBC_END)

# Instances, without Erlang.
build/test/agent/guest.elf: $(GUEST_DIR)/libc.a build/guest/test/agent/guest.o $(PLATFORM_OBJECTS) image/runtime.ld
	@mkdir -p $(@D)
	@echo "  link    $@"
	@$(GUEST_CC) $(GUEST_LDFLAGS) -o $@ build/guest/test/agent/guest.o $(PLATFORM_OBJECTS) \
	    -Wl,--start-group $(GUEST_LIBS) -Wl,--end-group

# These two look inside, under the sanitizers.
MONITOR_TEST_FLAGS = $(MONITOR_PLAIN_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-Wno-format-truncation
build/test/monitor/mutate_runtime: test/monitor/mutate_runtime.c monitor/runtime.c monitor/error.c abi/boot.h
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_TEST_FLAGS) -o $@ $(filter %.c,$^)
build/test/monitor/mutate_snapshot: test/monitor/mutate_snapshot.c monitor/snapshot.c monitor/window.c monitor/error.c base/cold.c \
		cli/snapshot_pack.c cli/memory.c
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_TEST_FLAGS) -o $@ $^ -lz
build/test/monitor/check_tables: test/monitor/check_tables.c monitor/memory.c monitor/tables.c monitor/slots.c monitor/cold.c base/cold.c \
		monitor/devices/net.c monitor/devices/loop.c monitor/record.c monitor/heap.c monitor/stats.c monitor/runtime.c monitor/snapshot.c monitor/window.c monitor/overlay.c monitor/error.c
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_TEST_FLAGS) -o $@ $^ -lz

build/test/monitor/hostile_rings: test/monitor/hostile_rings.c monitor/devices/console.c monitor/devices/loop.c
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_TEST_FLAGS) -o $@ $^

build/test/monitor/ninep_races: test/monitor/ninep_races.c $(wildcard monitor/devices/ninep*.c)
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(MONITOR_TEST_FLAGS) -o $@ $^ -lpthread

# Interfaces' rings from both sides, and the server of files: mutated a fixed number of times, and under libFuzzer.
NET_FUZZ_net_monitor := test/fuzz/fuzz_net_monitor.c monitor/devices/net.c monitor/devices/net_sum.c \
	monitor/devices/loop.c
NET_FUZZ_net_guest := test/fuzz/fuzz_net_guest.c platform/net.c
NET_FUZZ_ninep_server := test/fuzz/fuzz_ninep_server.c monitor/devices/ninep.c monitor/devices/ninep_fid.c \
	monitor/devices/ninep_file.c monitor/devices/ninep_name.c monitor/devices/ninep_sync.c
NET_FUZZ_agent := test/fuzz/fuzz_agent.c agent/frames.c
NET_FUZZ_cold := test/fuzz/fuzz_cold.c base/cold.c
define net_fuzz
build/test/fuzz/mutate_$(1): $$(NET_FUZZ_$(1)) test/fuzz/mutate.c
	@mkdir -p $$(@D)
	@echo "  test    $$@"
	@$$(HOST_CC) $$(MONITOR_TEST_FLAGS) -o $$@ $$^ -lz
build/test/fuzz/fuzz_$(1): $$(NET_FUZZ_$(1))
	@mkdir -p $$(@D)
	@clang $$(HOST_WARNINGS) -D_GNU_SOURCE -I. -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -o $$@ $$^ -lz
endef
$(foreach name,net_monitor net_guest ninep_server agent cold,$(eval $(call net_fuzz,$(name))))

.PHONY: test-monitor
test-monitor: build/test/monitor/hostile_rings build/test/monitor/ninep_races build/test/monitor/guest.elf build/test/monitor/run_guest \
		build/test/monitor/mutate_runtime build/test/monitor/check_tables build/test/monitor/mutate_snapshot
	@sh test/monitor/run.sh

-include $(TEST_GUEST_OBJECTS:.o=.d) build/guest/test/agent/guest.d
