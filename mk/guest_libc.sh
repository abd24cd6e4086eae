#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# guest_libc.sh LIBC.a OUT -- what of musl's libc.a a mote can have.
#
# Members that make system calls, or look at the thread they run in, are left out, so that whoever calls
# them finds out when he links.  What libc/ has is not taken from here.  Two functions get other names, for
# libc/ has those that write to the console, and musl's snprintf is made of its own.
set -eu
work=$2.members
rm -rf "$work" && mkdir -p "$work"
objdump -d --no-show-raw-insn "$1" | awk '
    / file format / { member = $1; sub(/:$/, "", member) }
    $2 == "syscall" || /%fs:0x0[,)]|%fs:0x0$/ { if (!(member in told)) print member; told[member] = 1 }' > "$work/bad"
nm -A "$1" 2>/dev/null | awk '$2 == "U" && $3 ~ /^__syscall/ { split($1, at, ":"); print at[2] }' >> "$work/bad"
sort -u -o "$work/bad" "$work/bad"
cp "$1" "$work/libc.a"
xargs ar d "$work/libc.a" < "$work/bad"
objcopy --strip-debug --redefine-sym vfprintf=musl_vfprintf --redefine-sym fwrite=musl_fwrite \
    "$work/libc.a"
mv "$work/libc.a" "$2"
rm -rf "$work"
