# SPDX-License-Identifier: Apache-2.0
# test.mk -- what `make test` needs built, and how it is started.
#
# What is tried, in which order and for how long, is the table in test/run; this file only knows how
# the programs in that table are made.  Included by the Makefile at the top, behind hosted.mk.
#
#: make test           everything; the last line is "N passed, N failed" (needs what tools/install test brings)
#:                     PARTS='unit-* fuzz-beam' picks some, FUZZ_SECONDS=5 shortens the fuzzers (60, or 10 each),
#:                     SOAK_SECONDS=60 shortens the soaks (600, beside all others), JOBS=1 runs one part at a time (3, and two more while processors are idle), MUTATIONS=100 damages fewer files (10000 of each)
#: make test-list      the parts of `make test`
.PHONY: test test-list test-programs
test:
	@tools/install test
	@set -f; test/run $(PARTS)
test-list:
	@test/run --list

# --- unit tests: one program for each file, on the machine built with ASan and UBSan -------------

UNIT_TESTS := $(patsubst %.c,build/%,$(sort $(wildcard test/unit/*_test.c)))

build/test/unit/%: test/unit/%.c build/hosted/asan/libvm.a $(wildcard test/unit/*.h)
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_CFLAGS) $(HOSTED_asan) -no-pie -o $@ $< build/hosted/asan/libvm.a $(HOSTED_LIBS)

build/test/unit/agent_test: host/agent.c platform/channel.c platform/port.h # which it has in itself
build/test/unit/console_test: platform/console.c platform/port.h

# The arena of a mote, not the one that leaves small blocks to the sanitizer.
build/test/unit/arena_test: test/unit/arena_test.c vm/heap/arena.c vm/heap/arena.h vm/heap/nursery.c vm/heap/nursery.h test/unit/check.h
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_CFLAGS) -O1 -fsanitize=undefined -fno-sanitize-recover=undefined -no-pie -o $@ \
	    test/unit/arena_test.c vm/heap/arena.c vm/heap/nursery.c

build/test/unit/parts_test: test/unit/parts_test.c vm/code/parts.c vm/code/parts.h vm/heap/low.c vm/heap/arena.c vm/heap/nursery.c test/unit/check.h
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_CFLAGS) -O1 -fsanitize=undefined -fno-sanitize-recover=undefined -no-pie -o $@ \
	    test/unit/parts_test.c vm/code/parts.c vm/heap/low.c vm/heap/arena.c vm/heap/nursery.c

# Without lwIP: what it needs of that is in the test.
build/test/unit/gather_test: test/unit/gather_test.c net/gather.c net/gather.h test/unit/check.h $(LWIP_SOURCES)
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_CFLAGS) -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -no-pie -o $@ \
	    test/unit/gather_test.c net/gather.c

# Of the host's side.
build/test/unit/family_test: test/unit/family_test.c agent/family.c agent/family.h test/unit/check.h
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_WARNINGS) -g -I. -Itest/unit -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -o $@ \
	    test/unit/family_test.c agent/family.c

build/test/unit/keeper_test: test/unit/keeper_test.c agent/keeper.c agent/proc.c agent/keeper.h agent/proc.h agent/family.h test/unit/check.h
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_WARNINGS) -D_GNU_SOURCE -g -I. -Itest/unit -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -o $@ \
	    test/unit/keeper_test.c agent/keeper.c agent/proc.c

build/test/unit/sandbox_test: test/unit/sandbox_test.c monitor/sandbox.c monitor/sandbox.def monitor/machine.h test/unit/check.h
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_WARNINGS) -D_GNU_SOURCE -g -I. -Itest/unit -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -o $@ \
	    test/unit/sandbox_test.c monitor/sandbox.c

COPY_SOURCES := monitor/copy.c monitor/window.c monitor/descriptor.c monitor/overlay.c monitor/overlay_write.c monitor/snapshot.c monitor/error.c base/cold.c
build/test/unit/copy_test: monitor/copy_ask.c
build/test/unit/copy_test build/test/unit/overlay_test: build/test/unit/%: test/unit/%.c $(COPY_SOURCES) \
		monitor/copy.h monitor/overlay.h monitor/machine.h test/unit/check.h
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_WARNINGS) -Wno-format-truncation -D_GNU_SOURCE -g -I. -Itest/unit -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -o $@ \
	    $(filter %.c,$^) -lz

build/test/unit/flat_test: test/unit/flat_test.c monitor/flat.c monitor/window.c monitor/snapshot.c monitor/error.c base/cold.c monitor/flat.h monitor/machine.h test/unit/check.h
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_WARNINGS) -Wno-format-truncation -D_GNU_SOURCE -g -I. -Itest/unit -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -o $@ \
	    test/unit/flat_test.c monitor/flat.c monitor/window.c monitor/snapshot.c monitor/error.c base/cold.c -lz

build/test/unit/window_test: test/unit/window_test.c monitor/window.c monitor/snapshot.c monitor/error.c base/cold.c monitor/snapshot.h monitor/machine.h test/unit/check.h
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_WARNINGS) -Wno-format-truncation -D_GNU_SOURCE -g -I. -Itest/unit -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -o $@ \
	    test/unit/window_test.c monitor/window.c monitor/snapshot.c monitor/error.c base/cold.c -lz

# --- readers of outside bytes: mutated a fixed number of times, and under libFuzzer ---------------

# The same entry (LLVMFuzzerTestOneInput) serves both; mutate.c is a main for it that needs no clang.
build/test/fuzz/mutate_%: test/fuzz/fuzz_%.c test/fuzz/mutate.c build/hosted/asan/libvm.a
	@mkdir -p $(@D)
	@echo "  test    $@"
	@gcc $(HOSTED_CFLAGS) $(HOSTED_asan) -no-pie -o $@ test/fuzz/fuzz_$*.c test/fuzz/mutate.c \
	    build/hosted/asan/libvm.a $(HOSTED_LIBS)

# clang's own build of the machine.  (fuzz_image.c has a rule in cli.mk: it needs no machine.)
HOSTED_CC_fuzz = clang
HOSTED_fuzz = -O1 -g1 -fsanitize=fuzzer-no-link,address -DARENA_LIBC_BLOCKS=1 -fno-omit-frame-pointer \
	-Wno-ignored-optimization-argument -Wno-unknown-warning-option
# What no target is about is watched by the sanitizers as well, but counts no ways through it: gcc's objects. (clang
# takes a minute to count those through the engine alone, which no target runs.)
HOSTED_own_fuzz := $(filter-out vm/code/engine.c vm/bif/% vm/nif/% vm/port/% vm/ets/% image/% host/%,$(HOSTED_SOURCES)) $(HOSTED_PLATFORM)
HOSTED_other_fuzz := build/hosted/asan
$(eval $(call hosted_build,fuzz))

#: make fuzz-beam      build/test/fuzz/fuzz_beam, a libFuzzer program (needs clang); fuzz-etf and fuzz-image too
.PHONY: fuzz-beam fuzz-etf fuzz-dist fuzz-ninep_client fuzz-frames
fuzz-frames: build/test/fuzz/fuzz_frames
fuzz-ninep_client: build/test/fuzz/fuzz_ninep_client
fuzz-beam: build/test/fuzz/fuzz_beam
fuzz-etf: build/test/fuzz/fuzz_etf
fuzz-dist: build/test/fuzz/fuzz_dist
build/test/fuzz/fuzz_beam build/test/fuzz/fuzz_etf build/test/fuzz/fuzz_dist build/test/fuzz/fuzz_ninep_client build/test/fuzz/fuzz_frames: build/test/fuzz/fuzz_%: test/fuzz/fuzz_%.c \
		build/hosted/fuzz/libvm.a
	@mkdir -p $(@D)
	@echo "  test    $@"
	@clang $(HOSTED_CFLAGS) $(HOSTED_fuzz) -fsanitize=fuzzer,address -no-pie -o $@ $< \
	    build/hosted/fuzz/libvm.a $(HOSTED_LIBS)

# --- all of it -------------------------------------------------------------------------------------

# test/run makes these first, with -k, and looks afterwards which of them are up to date.
test-programs: build/mote $(UNIT_TESTS) build/test/fuzz/mutate_beam build/test/fuzz/mutate_etf build/test/fuzz/mutate_dist build/test/fuzz/mutate_ninep_client build/test/fuzz/mutate_frames \
	build/test/fuzz/fuzz_beam build/test/fuzz/fuzz_etf build/test/fuzz/fuzz_dist build/test/fuzz/fuzz_image build/test/fuzz/fuzz_ninep_client build/test/fuzz/fuzz_frames \
	$(foreach name,net_monitor net_guest ninep_server agent cold,build/test/fuzz/mutate_$(name) build/test/fuzz/fuzz_$(name)) \
	build/test/cli/unit build/test/cli/mutate_image \
	build/test/monitor/hostile_rings build/test/monitor/ninep_races build/test/monitor/guest.elf build/test/monitor/run_guest build/test/agent/guest.elf \
	build/test/monitor/mutate_runtime build/test/monitor/check_tables build/test/monitor/mutate_snapshot \
	build/hosted/asan/mote-hosted build/hosted/fast/mote-hosted build/hosted/gc/mote-hosted build/hosted/sched/mote-hosted

# --- OTP's own suites -------------------------------------------------------------------------------------

#: make conformance    OTP's own test suites on stock erl and on motes, case by case; goes on where it stopped
#:                     SUITES='stdlib emulator:map_SUITE' picks some; the result lands in doc/conformance.md
.PHONY: conformance
conformance: build/mote
	@tools/install test
	@test/conformance/prepare
	@test/conformance/run $(if $(SUITES),$(SUITES),--platform both --report doc/conformance.md)
