# SPDX-License-Identifier: Apache-2.0
# mote.gdb -- stops at the first instruction of a guest on the process platform.
#
#   gdb -x tools/mote.gdb --args build/mote run --debug --platform process IMAGE
#
# Then: `break bif_lists_reverse_2`, `continue`, `bt` as with any program.  The names are
# those of build/guest/runtime.elf; load another one with add-symbol-file.

# The guest's thread block is not the C library's.
set libthread-db-search-path /nonexistent
set breakpoint pending on
# Faults are the guest's own to report, unless you want to see them first: delete these then.
handle SIGSEGV SIGBUS SIGILL SIGFPE stop print pass
# The guest is the child; its memory is in place when it takes its own thread block, which it does
# with and without a sandbox.
set follow-fork-mode child
catch fork
run
delete
catch syscall arch_prctl
continue
delete
add-symbol-file build/guest/runtime.elf
tbreak platform_start
continue
