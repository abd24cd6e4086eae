#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh -- the command line as a user meets it: help, errors, every kind of input, images.
#
# Prints a line for each test that fails and "N passed, N failed, N skipped".  Tests that boot
# a guest are skipped, and say so, as long as the runtime that is built in does not boot OTP.
set -u
cd "$(dirname "$0")/../.." || exit 1
top=$PWD
mote=$top/build/mote
tools=$top/build/test/cli
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
MOTE_CACHE=$work/cache
export MOTE_CACHE
unset MOTE_OTP SOURCE_DATE_EPOCH ERL_LIBS ERL_FLAGS ERL_AFLAGS ERL_ZFLAGS
passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
complain() {
    failed=$((failed + 1))
    echo "FAILED: $1"
    [ -s "$work/out" ] && sed 's/^/    out: /' "$work/out" | head -5
    [ -s "$work/err" ] && sed 's/^/    err: /' "$work/err" | head -5
}

# try NAME STATUS PATTERN COMMAND...: the exit status, and an extended regular expression that
# must match somewhere in what was printed; an empty one asks for nothing.
try() {
    name=$1 status=$2 pattern=$3
    shift 3
    "$@" >"$work/out" 2>"$work/err" </dev/null
    got=$?
    if [ $got -ne "$status" ]; then
        complain "$name: status $got, not $status"
    elif [ -n "$pattern" ] && ! cat "$work/out" "$work/err" | grep -Eq -e "$pattern"; then
        complain "$name: nothing matches $pattern"
    else
        pass
    fi
}

# Whether a file of this name is in an image.
has() { try "$1 has $2" 0 " $2\$" "$mote" inspect --files "$work/$1"; }
lacks() {
    if "$mote" inspect --files "$work/$1" | grep -Eq " $2\$"; then
        complain "$1 lacks $2"
    else
        pass
    fi
}
skip() {
    skipped=$((skipped + 1))
    echo "SKIPPED: $1"
}

. "$top/test/cli/fixtures.sh"
. "$top/test/cli/test_help.sh"
. "$top/test/cli/test_build.sh"
. "$top/test/cli/test_needs.sh"
. "$top/test/cli/test_image.sh"
. "$top/test/cli/test_boot.sh"
. "$top/test/cli/test_motes.sh"

echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
