# SPDX-License-Identifier: Apache-2.0
# cli.mk -- build/mote: the command line, the monitor and, inside it, the runtime and Mote's own
# Erlang modules, so that one file is the whole tool.
#
# Included by the Makefile at the top, behind guest.mk and monitor.mk.
#
#   CLI_RUNTIME=FILE   another runtime than build/guest/runtime.elf

HOST_CC     ?= gcc
ERLC        ?= erlc
CLI_RUNTIME ?= build/guest/runtime.elf

CLI_SOURCES := $(sort $(wildcard cli/*.c base/*.c))
CLI_OBJECTS := $(CLI_SOURCES:%.c=build/host/%.o)
# The disassembler: the part of vm/code that knows neither terms nor memory.
CLI_EXTRA_OBJECTS := $(patsubst %,build/host/vm/code/%.o,disasm disasm_term beam_format)
CLI_LIBS += $(HOST_LIBZ)
$(CLI_EXTRA_OBJECTS): CLI_CFLAGS += -Ivm

CLI_WARNINGS = -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
CLI_CFLAGS   = $(CLI_WARNINGS) $(or $(HOST_CFLAGS),-O2 -g) $(HOST_LIBC_CFLAGS) -isystem build/include -D_GNU_SOURCE -I. -fPIE -fstack-protector-strong
CLI_LDFLAGS  = -Wl,-z,relro,-z,now -Wl,-z,noexecstack

build/host/%.o: %.c mk/monitor.mk | $(HOST_HEADERS) $(GUEST_HEADERS)
	@mkdir -p $(@D)
	@echo "  host    $<"
	@$(HOST_CC) $(CLI_CFLAGS) -MMD -MP -c $< -o $@

# --- Mote's own Erlang modules ------------------------------------------------------------------

OTP_SOURCES := $(sort $(wildcard otp/src/*.erl))
OTP_BEAMS   := $(OTP_SOURCES:otp/src/%.erl=build/otp/ebin/%.beam)

build/otp/ebin/%.beam: otp/src/%.erl
	@mkdir -p $(@D)
	@command -v $(ERLC) >/dev/null || \
	    { echo "erlc is missing: apt-get install erlang-base erlang-dev"; exit 1; }
	@echo "  erlc    $<"
	@$(ERLC) +deterministic +no_debug_info $(ERLC_FLAGS_$<) -o $(@D) $<

# --- what is built in ------------------------------------------------------------------------------

# Without debug information, but with the symbols that a backtrace needs.
build/host/runtime.elf: $(CLI_RUNTIME)
	@mkdir -p $(@D)
	@objcopy --strip-debug --remove-section=.comment $< $@

# What `mote build --nif` needs: the machine and a C library to link with, headers to compile with.
NIF_FILES := build/host/runtime.o.gz build/host/libc.a.gz image/runtime.ld include/erl_nif.h include/erl_drv_nif.h include/erl_int_sizes_config.h
build/host/runtime.o.gz: $(GUEST_DIR)/nif/runtime.o
	@mkdir -p $(@D)
	@gzip -9nc $< > $@
build/host/libc.a.gz: $(GUEST_DIR)/libc.a
	@mkdir -p $(@D)
	@gzip -9nc $< > $@

build/host/embedded.S: build/host/runtime.elf $(OTP_BEAMS) $(NIF_FILES) mk/embed.sh
	@sh mk/embed.sh build/host/runtime.elf $(OTP_BEAMS) $(NIF_FILES) > $@.new
	@mv $@.new $@

build/host/embedded.o: build/host/embedded.S build/host/runtime.elf $(OTP_BEAMS) $(NIF_FILES)
	@$(HOST_CC) -c $< -o $@

build/mote: $(CLI_OBJECTS) $(MONITOR_OBJECTS) $(AGENT_OBJECTS) $(CLI_EXTRA_OBJECTS) build/host/embedded.o monitor/waits.ld
	@echo "  link    $@"
	@$(HOST_CC) $(HOST_LIBC_BEGIN) $(CLI_LDFLAGS) -o $@ $(filter-out %.ld,$^) -Wl,-T,monitor/waits.ld $(CLI_LIBS) $(HOST_LIBC_END)

# --- tests ----------------------------------------------------------------------------------------

# The sanitizers keep gcc from seeing that messages are cut off on purpose.
CLI_SANITIZE = -O1 -g -Wno-format-truncation -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
IMAGE_PARTS := cli/image_read.c base/archive.c base/hash.c
# What it tests, and what that calls; all of cli/ and monitor/ under the sanitizers takes 20 seconds to compile.
CLI_TEST_SOURCES := test/cli/unit.c $(IMAGE_PARTS) monitor/error.c monitor/devices/net_sum.c \
	$(addprefix cli/,apps.c arguments.c beam.c files.c flags.c image_write.c memory.c network.c term_text.c tree.c tree_write.c)

build/test/cli/unit: $(CLI_TEST_SOURCES) $(wildcard cli/*.h monitor/*.h base/*.h)
	@mkdir -p $(@D)
	@echo "  test    $@"
	@$(HOST_CC) $(CLI_WARNINGS) -D_GNU_SOURCE -I. $(CLI_SANITIZE) -o $@ $(CLI_TEST_SOURCES) -lz

# libFuzzer's entry with a main of its own that mutates a file a fixed number of times.
build/test/cli/mutate_image: test/fuzz/fuzz_image.c test/cli/mutate.c $(IMAGE_PARTS)
	@mkdir -p $(@D)
	@echo "  test    $@"
	@$(HOST_CC) $(CLI_WARNINGS) -D_GNU_SOURCE -I. $(CLI_SANITIZE) -o $@ $^

.PHONY: fuzz-image
fuzz-image: build/test/fuzz/fuzz_image
build/test/fuzz/fuzz_image: test/fuzz/fuzz_image.c $(IMAGE_PARTS)
	@mkdir -p $(@D)
	@clang $(CLI_WARNINGS) -D_GNU_SOURCE -I. -O1 -g -fsanitize=fuzzer,address,undefined -o $@ $^

#: make test-cli   the command line: help, errors, every kind of input, damaged images
.PHONY: test-cli
test-cli: build/mote build/test/cli/unit build/test/cli/mutate_image
	@sh test/cli/run.sh

-include $(CLI_OBJECTS:.o=.d)
