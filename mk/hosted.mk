# SPDX-License-Identifier: Apache-2.0
# hosted.mk -- the machine as an ordinary program on platform/fake, in named builds:
#
#   fast   optimised, for profilers: the guest's objects    asan   ASan and UBSan
#   profile  counts pairs of instructions
#   gc     moves the heap at every chance  sched  yields at every call
#
# build/hosted/NAME/mote-hosted, and build/hosted/NAME/libvm.a for unit tests.

HOSTED_SOURCES := $(sort $(wildcard vm/*/*.c net/*.c fs/*.c host/*.c base/*.c image/*.c)) $(LWIP_SOURCES)
HOSTED_WARNINGS = -std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Werror
HOSTED_CFLAGS = $(HOSTED_WARNINGS) -g -fno-pic -fno-strict-aliasing -fwrapv -Ivm -I. -Ibuild $(LWIP_CFLAGS)
HOSTED_LIBS = -lgmp -lz -lpcre2-8 -lm
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=undefined -DARENA_LIBC_BLOCKS=1

# Where reports name lines, -g1 is enough, and a quarter less to compile; variables in gdb: fast.
HOSTED_fast  = -O2
HOSTED_asan  = -O1 -g1 $(SANITIZE) -fno-omit-frame-pointer
HOSTED_gc    = $(HOSTED_asan) -DSTRESS_HEAP=1
HOSTED_profile = -O2 -DENGINE_PROFILE=1
HOSTED_sched = $(HOSTED_asan) -DSTRESS_SCHED=1

# gc and sched are asan but for the sources that look at what makes them different.
HOSTED_own_gc := $(shell grep -slE 'STRESS_HEAP|heap_stress|heap_wants_collection|code/body_calls.h' $(HOSTED_SOURCES))
HOSTED_own_sched := $(shell grep -sl STRESS_SCHED $(HOSTED_SOURCES))
HOSTED_other_gc := build/hosted/asan
HOSTED_other_sched := build/hosted/asan
# fast is what a mote runs, but for the platform: it knows nothing of the C library that it was compiled with.
HOSTED_PLATFORM := $(addprefix platform/fake/,fake.c net.c channel.c)
HOSTED_own_fast := $(HOSTED_PLATFORM)
HOSTED_other_fast := $(GUEST_DIR)
# $(call hosted_objects,BUILD): its own, and those that it has from another build.
hosted_objects = $(foreach source,$(HOSTED_SOURCES) $(HOSTED_PLATFORM),$(if $(HOSTED_other_$(1)),$(if $(filter $(source),$(HOSTED_own_$(1))),build/hosted/$(1),$(HOSTED_other_$(1))),build/hosted/$(1))/$(source:.c=.o))

define hosted_build
build/hosted/$(1)/%.o: %.c | $$(GENERATED) $(LWIP_SOURCES)
	@mkdir -p $$(@D)
	@echo "  $(1)   $$<"
	@$$(or $$(HOSTED_CC_$(1)),gcc) $$(HOSTED_CFLAGS) $$(HOSTED_$(1)) $$(if $$(HOSTED_CC_$(1)),,$$(GUEST_CFLAGS_$$<)) $$(CFLAGS_$$<) -MMD -MP -c $$< -o $$@
build/hosted/$(1)/libvm.a: $$(call hosted_objects,$(1))
	@rm -f $$@ && ar rcs $$@ $$^
build/hosted/$(1)/mote-hosted: build/hosted/$(1)/platform/fake/main.o build/hosted/$(1)/libvm.a
	@gcc $$(HOSTED_$(1)) -no-pie -o $$@ build/hosted/$(1)/platform/fake/main.o -Wl,--whole-archive build/hosted/$(1)/libvm.a -Wl,--no-whole-archive $$(HOSTED_LIBS)
-include $$(HOSTED_SOURCES:%.c=build/hosted/$(1)/%.d)
.PHONY: hosted-$(1)
hosted-$(1): build/hosted/$(1)/mote-hosted
endef
$(foreach build,fast profile asan gc sched,$(eval $(call hosted_build,$(build))))
#: make hosted-NAME    the machine as a hosted program; NAME: fast profile asan gc sched
