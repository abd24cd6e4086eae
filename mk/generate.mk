# SPDX-License-Identifier: Apache-2.0
# generate.mk -- tables made from the sources; never committed.

VM_FILES := $(sort $(wildcard vm/*/*.c vm/*/*.h vm/*/*.def net/*.c net/*.h net/*.def fs/*.c fs/*.h fs/*.def image/*.c))
GENERATED := build/gen/atoms_plain.def build/gen/engine_groups.def

# Rewritten only when the contents change, so that a new comment compiles one file and not all.
build/gen/atoms_plain.def: $(VM_FILES) tools/gather_atoms
	@mkdir -p $(@D)
	@tools/gather_atoms $(VM_FILES) > $@.new
	@cmp -s $@.new $@ && touch $@ || cp $@.new $@

build/gen/engine_groups.def: vm/code/engine_ops.def tools/gather_groups
	@mkdir -p $(@D)
	@tools/gather_groups > $@
