# SPDX-License-Identifier: Apache-2.0
# Mote: Erlang without an operating system.  `make help` lists what can be made.
#
# Fragments, by what they build:
#   mk/generate.mk  tables made from the sources      mk/hosted.mk   the machine as a hosted program
#   mk/lwip.mk      TCP/IP, from its authors' sources
#   mk/guest.mk     the runtime for a mote            mk/monitor.mk  the host's side
#   mk/cli.mk       build/mote                        mk/test.mk     everything that tests

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

all: build/mote

include mk/generate.mk
include mk/lwip.mk
include mk/guest.mk
include mk/monitor.mk
-include mk/cli.mk
include mk/hosted.mk
-include mk/test.mk

.PHONY: all help demo bench manual clean format
help:
	@sed -n 's/^#: //p' Makefile mk/test.mk $(filter-out mk/test.mk,$(wildcard mk/*.mk)) | \
	    awk -F '  +' '{ printf "%-18s %s\n", $$1, $$2 }'

#: make                build/mote, the tool (it carries the runtime)
#: make demo           what is missing is installed, all is built; motes: examples/tour, a web server, a machine for each request
# The inner make sees what tools/install has just brought.
demo:
	@tools/install demo
	@$(MAKE) --no-print-directory -j$$(nproc) build/mote
	@tools/demo
#: make bench          speed, start, memory and size against stock erl, in one table (bench/README.md)
bench: build/mote
	@bench/run
#: make manual         tables of all instructions and built-in functions, in build/doc
manual:
	@tools/manual build/doc
#: make format         lay out all C files by .clang-format
format:
	@tools/check_format --mend
#: make clean          remove everything that was built
clean:
	rm -rf build

