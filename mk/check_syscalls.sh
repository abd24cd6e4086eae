#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# check_syscalls.sh -- answers with a sentence if a runtime contains a system call it may not.
#
#   usage: check_syscalls.sh RUNTIME.elf
#
# Only platform/process may make system calls: process_call, and process_signal, which returns by one.
# A library member that brings one in has been linked by mistake: libc/ has to supply the
# function that pulls it in.
found=$(objdump -d --no-show-raw-insn "$1" | awk '
    /^[0-9a-f]+ <.*>:$/ { name = $2; gsub(/[<>:]/, "", name) }
    $2 == "syscall" || $2 == "sysenter" || ($2 == "int" && $3 == "$0x80") { print name }' |
    sort -u | grep -vx -e process_call -e process_signal)
[ -z "$found" ] && exit 0
echo "$1: system calls outside of platform/process, in:" $found >&2
echo "supply what pulls them in, in libc/ (the .map file beside it says who asked)" >&2
exit 1
