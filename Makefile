# SPDX-License-Identifier: Apache-2.0
# Mote: Erlang without an operating system.  `make help` lists what can be made.
#
# Fragments, by what they build:
#   mk/generate.mk  tables made from the sources      mk/hosted.mk   the machine as a hosted program
#   mk/guest.mk     the runtime for a mote            mk/monitor.mk  the host's side
#   mk/cli.mk       build/mote                        mk/test.mk     everything that tests

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:

all: build/mote

include mk/generate.mk
include mk/guest.mk
include mk/monitor.mk
-include mk/cli.mk
include mk/hosted.mk
-include mk/test.mk

.PHONY: all help clean format
help:
	@sed -n 's/^#: //p' Makefile mk/*.mk

#: make            build/mote, the tool (it carries the runtime)
#: make clean      remove everything that was built
clean:
	rm -rf build
#: make format     lay out all C files by .clang-format
format:
	clang-format -i $$(git ls-files '*.c' '*.h' | grep -v body_)
