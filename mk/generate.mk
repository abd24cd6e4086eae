# SPDX-License-Identifier: Apache-2.0
# generate.mk -- tables made from the sources; never committed.

VM_FILES := $(sort $(wildcard vm/*/*.c vm/*/*.h vm/*/*.def net/*.c net/*.h net/*.def fs/*.c fs/*.h fs/*.def host/*.c host/*.def image/*.c))
GENERATED := build/gen/atoms_plain.def build/gen/engine_groups.def

# Rewritten only when the contents change, so that a new comment compiles one file and not all;
# by a file of its own and a rename, so that two builds at a time do not mix.
build/gen/atoms_plain.def: $(VM_FILES) tools/gather_atoms
	@mkdir -p $(@D)
	@tools/gather_atoms $(VM_FILES) > $@.$$$$ && { cmp -s $@.$$$$ $@ && rm $@.$$$$ && touch $@ || mv $@.$$$$ $@; }

build/gen/engine_groups.def: vm/code/engine_ops.def tools/gather_groups
	@mkdir -p $(@D)
	@tools/gather_groups > $@.$$$$ && mv $@.$$$$ $@

# The engine's loop: every body ends in its own jump, and the machine's registers stay in registers.
# (Merging the jumps, or pairing pc and stack in a vector register, costs two thirds of the speed.)
GUEST_CFLAGS_vm/code/engine.c := -fno-tree-slp-vectorize -fno-gcse -fno-crossjumping -fno-tree-tail-merge \
	-fomit-frame-pointer
