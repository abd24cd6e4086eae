#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# run.sh -- everything below vm/, tried with a guest that has no Erlang in it.
#
#   usage: run.sh [PATTERN]     only tests whose name matches the grep pattern
#
# Runs each test on kvm and on process; prints what failed and, last, one line of sums.
# Without a usable /dev/kvm its half is skipped, and that is said.

run=build/test/monitor/run_guest
guest=build/test/monitor/guest.elf
scratch=$(mktemp -d "${TMPDIR:-/tmp}/mote-test.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT INT TERM
chmod 755 "$scratch"
pattern=${1:-.}
passed=0 failed=0 skipped=0

pass() { passed=$((passed + 1)); }
skip() { skipped=$((skipped + 1)); echo "skipped: $1: $2"; }
# fail NAME WHAT: shows what the guest said.
fail() {
    failed=$((failed + 1))
    echo "FAILED: $1: $2"
    sed 's/^/    /' "$scratch/out" "$scratch/err" 2>/dev/null | head -20
}
wanted() { echo "$1" | grep -Eq -- "$pattern"; }

# try NAME STATUS STDOUT-PATTERN STDERR-PATTERN -- run_guest's arguments
try() {
    name=$1 status=$2 says=$3 says_error=$4
    shift 5
    wanted "$name" || return 0
    timeout 30 $run "$@" >"$scratch/out" 2>"$scratch/err" </dev/null
    got=$?
    if [ "$got" != "$status" ]; then fail "$name" "status $got, not $status"; return 1; fi
    if [ -n "$says" ] && ! grep -Eq -- "$says" "$scratch/out"; then
        fail "$name" "stdout lacks: $says"; return 1; fi
    if [ -n "$says_error" ] && ! grep -Eq -- "$says_error" "$scratch/err"; then
        fail "$name" "stderr lacks: $says_error"; return 1; fi
    pass
}

# field PID NAME: of /proc/PID/status
field() { awk -v n="$2:" '$1 == n { print $2 }' "/proc/$1/status"; }

# wait_for TEXT: until the guest in the background has printed it.
wait_for() {
    n=0
    until grep -q "$1" "$scratch/out" 2>/dev/null; do
        n=$((n + 1)); [ $n -gt 200 ] && return 1; sleep 0.05
    done
}

# start ARGS...: in the background; $pid is the monitor's.  Not a job of this shell's, which
# would have it ignore SIGINT.
start() {
    : >"$scratch/out"
    timeout --foreground 30 $run "$@" >"$scratch/out" 2>"$scratch/err" </dev/null &
    pid=$!
}

# --- what works -----------------------------------------------------------------------------

works() {
    p=$1
    try "hello on $p" 3 '^hello$' '' -- -p $p "$guest" hello 3
    try "arguments on $p" 0 '^LANG=C.UTF-8$' '' -- -p $p "$guest" arguments one "two three"
    try "wait on $p" 0 '^waited$' '' -- -p $p "$guest" wait 120
    try "clock on $p" 0 '' '' -- -p $p "$guest" clock
    try "random on $p" 0 '' '' -- -p $p "$guest" random
    try "memory on $p" 0 '^memory is fine$' '' -- -p $p -m 64M "$guest" memory 40
    try "libraries on $p" 0 '^libraries are fine$' '' -- -p $p "$guest" libraries
    try "devices on $p" 0 '' '' -- -p $p "$guest" devices
    try "console on $p" 0 '^no terminal' '' -- -p $p "$guest" console
    try "panic on $p" 121 '' 'panic at guest.c:1: on purpose' -- -p $p "$guest" panic
    try "stats on $p" 0 '' 'first guest instruction' -- -p $p -s "$guest" hello
    try "backtrace on $p" 121 '' 'vm_main\+0x' -- -p $p "$guest" panic
    try "Erlang process in a crash on $p" 122 '' '^Erlang: <0.42.0> in test:run/1' -- -p $p "$guest" undefined
    try "runtime at an odd offset on $p" 0 '^hello$' '' -- -p $p -o 1001 "$scratch/odd" hello
    try "runtime at a page on $p" 0 '^hello$' '' -- -p $p -o 8192 "$scratch/aligned" hello
    try "crash at an odd offset on $p" 121 '' 'vm_main\+0x' -- -p $p -o 1001 "$scratch/odd" panic
    sum=$(od -An -v -tu1 "$scratch/archive" | awk '{for (i = 1; i <= NF; i++) s += $i} END {print s}')
    try "archive on $p" 0 "^100001 $sum\$" '' -- -p $p -a "$scratch/archive" "$guest" archive

    wanted "echo on $p" && {
        timeout 30 $run -p $p "$guest" echo <"$scratch/big" >"$scratch/out" 2>"$scratch/err"
        if cmp -s "$scratch/big" "$scratch/out"; then pass; else fail "echo on $p" "bytes differ"; fi
    }
    wanted "slow reader on $p" && {
        n=$(timeout 60 $run -p $p "$guest" flood 3000000 2>/dev/null | (sleep 1; wc -c))
        if [ "$n" = 3000000 ]; then pass; else fail "slow reader on $p" "$n bytes of 3000000"; fi
    }
    wanted "reader that leaves on $p" && {
        timeout 30 $run -p $p "$guest" flood 3000000 2>"$scratch/err" | head -c 100 >/dev/null
        if grep -q done "$scratch/err"; then pass; else fail "reader that leaves on $p" "no end"; fi
    }
    wanted "clock keeps host's time on $p" && {
        before=$(date +%s%N)
        $run -p $p "$guest" spin 2000
        took=$((($(date +%s%N) - before) / 1000000))
        if [ $took -ge 1990 ] && [ $took -lt 2500 ]; then pass; else
            fail "clock keeps host's time on $p" "2000 ms took $took"; fi
    }
}

# --- stopping ----------------------------------------------------------------------------------

# end NAME STATUS PATTERN: waits for what start() started.
end() {
    wait $pid
    got=$?
    if [ $got != "$2" ]; then fail "$1" "status $got, not $2"; return; fi
    if ! grep -q "$3" "$scratch/out"; then fail "$1" "stdout lacks: $3"; return; fi
    pass
}

# The monitor under `timeout`: signals have to reach it, and only it.
monitor() { pgrep -P $pid | head -1; }

stops() {
    p=$1
    for s in INT TERM HUP; do
        wanted "SIG$s on $p" || continue
        start -p $p "$guest" stop
        wait_for ready
        kill -$s "$(monitor)"
        end "SIG$s on $p" 7 'asked to stop'
    done
    wanted "two signals on $p" && {
        start -p $p "$guest" stubborn
        wait_for ready
        kill -INT "$(monitor)"
        wait_for 'asked to stop'
        kill -INT "$(monitor)"
        end "two signals on $p" 124 'asked to stop'
    }
    wanted "guest that does not react on $p" && {
        start -p $p "$guest" deaf
        wait_for ready
        kill -INT "$(monitor)"
        end "guest that does not react on $p" 124 ready
    }
    wanted "killed monitor on $p" && {
        start -p $p "$guest" deaf
        wait_for ready
        one=$(monitor)
        child=$(pgrep -P "$one" | head -1)
        kill -KILL "$one"
        wait $pid 2>/dev/null
        sleep 0.3
        if [ -n "$child" ] && [ "$(field "$child" State 2>/dev/null || echo Z)" != Z ]; then
            fail "killed monitor on $p" "the guest lives on"
        else pass; fi
    }
}

# --- the sandbox ----------------------------------------------------------------------------------

sandbox() {
    p=$1 whose=${2:-}
    wanted "${whose}sandbox on $p" || return 0
    shift; [ $# = 0 ] || shift
    start -p $p "$@" "$guest" stop
    wait_for ready
    one=$(monitor)
    bad=
    for task in "$one" $(pgrep -P "$one"); do
        for thread in /proc/"$task"/task/*; do
            t=${thread##*/}
            [ "$(field "$task/task/$t" Seccomp)" = 2 ] || bad="$bad seccomp"
            [ "$(field "$task/task/$t" NoNewPrivs)" = 1 ] || bad="$bad no_new_privs"
            [ "$(field "$task/task/$t" Uid)" != 0 ] || bad="$bad uid"
            [ "$(field "$task/task/$t" CapEff)" = 0000000000000000 ] || bad="$bad capabilities"
        done
        for fd in /proc/"$task"/fd/*; do
            case "$task ${fd##*/} $(readlink "$fd")" in
            "$one "[012]\ *) ;; # not of the guest's process
            *eventfd*|*kvm-v*|*pidfd*) ;;
            *socket*) [ -n "$whose" ] || bad="$bad $(readlink "$fd")" ;;
            *) bad="$bad $(readlink "$fd")" ;;
            esac
        done
    done
    kill -INT "$one"
    wait $pid
    if [ -z "$bad" ]; then pass; else fail "${whose}sandbox on $p" "not locked:$bad"; fi
}

# --- the network -------------------------------------------------------------------------------------

# A datagram to port $1 of 127.0.0.1 comes back.
datagram='
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(0.2)
for i in range(50):
    s.sendto(b"ping pong", (sys.argv[1], int(sys.argv[2])))
    try:
        if s.recvfrom(100)[0] == b"ping pong": sys.exit(0)
    except OSError: pass
sys.exit(1)'
# Answers one datagram to a port of 127.0.0.1, in capitals; says when it is ready.
capitals='
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(10)
s.bind(("127.0.0.1", int(sys.argv[1])))
open(sys.argv[2], "w").close()
d, a = s.recvfrom(100)
s.sendto(d.upper(), a)'

nets() {
    p=$1
    export XDG_RUNTIME_DIR="$scratch/run"
    mkdir -p -m 700 "$XDG_RUNTIME_DIR"
    try "user mode: addresses on $p" 0 '^eth0 10.0.2.15/24 via 10.0.2.2 mtu 32768$' '' -- -p $p -N user "$guest" frames info
    try "user mode: ping on $p" 0 '^3 answers' '' -- -p $p -N user "$guest" frames ping 10.0.2.2 3
    try "user mode: IPv6's router on $p" 0 '^a router answers$' '' -- -p $p -N user "$guest" frames solicit
    try "two interfaces on $p" 0 '^eth1 10.109.[0-9]*.1/24' '' -- -p $p -N user -N switch:two,9000 "$guest" frames info
    for rule in head step long short beyond filler tail; do
        try "interface, wild $rule on $p" 126 '' 'nonsense into its rings' -- -p $p -N user "$guest" frames wild $rule
    done
    wanted "user mode: a port forwarded on $p" && {
        start -p $p -N user:$((5300 + $$ % 1000)):53 "$guest" frames echo 1
        wait_for ready
        if python3 -c "$datagram" 127.0.0.1 $((5300 + $$ % 1000)); then pass; else fail "user mode: a port forwarded on $p" "no answer"; fi
        wait $pid
    }
    for first in '' first; do
        wanted "user mode: out on $p $first" || continue
        rm -f "$scratch/bound"
        python3 -c "$capitals" $((6300 + $$ % 1000)) "$scratch/bound" & server=$!
        n=0; until [ -e "$scratch/bound" ] || [ $n -gt 100 ]; do n=$((n + 1)); sleep 0.05; done
        try "user mode: out on $p $first" 0 '^HELLO FROM A MOTE$' '' -- -p $p -N user "$guest" frames udp 10.0.2.2 $((6300 + $$ % 1000)) $first
        wait $server
    done
    switches $p
    taps $p
}

# The second member is .2: it looks for the first; then the first dies in the middle, and a new one takes its place.
switches() {
    p=$1
    wanted "switch on $p" || return
    for life in first second; do
        start -p $p -N switch:lab "$guest" frames echo
        wait_for ready
        segment=$($run -p $p -N switch:lab "$guest" frames info | sed -n 's/^eth0 \(10[.]109[.][0-9]*\)[.]2.*/\1/p')
        try "switch, $life life on $p" 0 '^100 answers' '' -- -p $p -N switch:lab "$guest" frames ping $segment.1 100
        kill -KILL "$(monitor)"
        wait $pid 2>/dev/null
    done
    try "switch, nobody there on $p" 1 '^nobody answers$' '' -- -p $p -N switch:lab "$guest" frames ping $segment.77 1
    try "switch, another MTU on $p" 0 '' '' -- -p $p -N switch:lab2,1500 "$guest" frames info
    try "switch, a wild name on $p" 125 '' 'no name for a switch' -- -p $p -N switch:../x "$guest" frames info
    wanted "flood over a switch on $p" && {
        start -p $p -N switch:lab "$guest" frames drain 20000
        wait_for ready
        $run -p $p -N switch:lab "$guest" frames flood $segment.1 20000 1514 >/dev/null 2>"$scratch/err"
        end "flood over a switch on $p" 0 '^20000 frames, 0 lost'
    }
}

taps() {
    p=$1 tap=mote$(($$ % 10000)) net=10.177.$(($$ % 250)) # others may run this at the same time
    wanted "tap on $p" || return
    if ! { ip tuntap add $tap mode tap && ip address add $net.1/24 dev $tap && ip link set $tap up; } 2>"$scratch/err"; then
        skip "tap on $p" "no tap device can be made here: $(head -1 "$scratch/err")"
        return
    fi
    try "tap: addresses on $p" 0 "^eth0 $net.2/24 via $net.1 mtu 1500\$" '' -- -p $p -N tap:$tap "$guest" frames info
    try "tap: ping on $p" 0 '^20 answers' '' -- -p $p -N tap:$tap "$guest" frames ping $net.1 20
    start -p $p -N tap:$tap "$guest" frames echo 1
    wait_for ready
    # Its checksum is left to the kernel.
    if python3 -c "$datagram" $net.2 7; then pass; else fail "tap: a datagram on $p" "no answer"; fi
    wait $pid
    ip link delete $tap
    try "tap: no such device on $p" 125 '' 'there is no device nosuchtap' -- -p $p -N tap:nosuchtap "$guest" hello
}

# --- walls -------------------------------------------------------------------------------------------

walls() {
    p=$1 large=$2
    sed -n 's/^WALL(\([a-z_0-9]*\), *\([0-9-]*\), *\([0-9-]*\), *"\(.*\)")$/\1 \2 \3 \4/p' \
        test/monitor/walls.def >"$scratch/walls"
    while read -r wall kvm process says <&3; do
        status=$kvm
        [ $p = process ] && status=$process
        [ "$status" = - ] && continue
        try "wall $wall on $p$large" "$status" '' "$says" -- -p $p $large -m 64M -a "$scratch/archive" "$guest" "$wall"
    done 3<"$scratch/walls"
}

# Nothing may be where the layout has nothing.  2'0000 and on: guest-physical addresses, among
# them those of the page tables; 7f... and ffff...: what an ordinary process would have there.
gaps() {
    for a in 0 1000 10000 100000 1ff000 f00000 fff000 1000000 1200000 120f000 1410000 1421000 1424000 \
        142f000 1460000 147f000 1500000 15bf000 15c1000 17bf000 17ff000 19ff000 1c00000 1fff000 2030000 2100000 2800000 3fff000 4000000 8000000 \
        10000000 20000000 30000000 3ffff000 44000000 50000000 80000000 fffff000 100000000 \
        ffffff000 1000019000 1000100000 7fffff000000 7ffffffff000 800000000000 ffff800000000000 \
        ffffffff80000000 fffffffffffff000; do
        try "nothing to read at $a on kvm" 122 '' '' -- -m 64M -a "$scratch/archive" "$guest" peek $a
        try "nothing to write at $a on kvm" 122 '' '' -- -m 64M -a "$scratch/archive" "$guest" poke $a
    done
}

# --- faults of the world --------------------------------------------------------------------------------

faults() {
    p=$1
    for n in 0 1 63 64 200 4095 4096 5000 12000; do
        head -c $n "$guest" >"$scratch/short"
        try "runtime of $n bytes on $p" 125 '' "the image's runtime is damaged" -- -p $p "$scratch/short" hello
    done
    try "a text as runtime on $p" 125 '' "not an ELF file" -- -p $p test/monitor/run.sh hello
    try "a Linux program as runtime on $p" 125 '' "the image's runtime is damaged" -- -p $p "$run" hello
    for m in 0 1 15M 61G 99999999999999999999 -5 12X abc; do
        try "memory $m on $p" 125 '' 'mote: ' -- -p $p -m $m "$guest" hello
    done
    try "least memory on $p" 0 '^hello$' '' -- -p $p -m 16M "$guest" hello
    try "most memory on $p" 0 '^hello$' '' -- -p $p -m 60G "$guest" hello
    wanted "no address space on $p" && {
        (ulimit -v 300000; exec $run -p $p -m 1G "$guest" hello) >"$scratch/out" 2>"$scratch/err"
        got=$?
        if [ $got = 125 ] && grep -qE 'Cannot allocate memory|Out of memory' "$scratch/err"; then pass; else
            fail "no address space on $p" "status $got"; fi
    }
    wanted "too many arguments on $p" && {
        long=$(head -c 100000 /dev/zero | tr '\0' a)
        long="$long $long $long $long $long $long $long $long"
        (ulimit -s 65536; exec $run -p $p "$guest" hello $long $long $long) >"$scratch/out" 2>"$scratch/err"
        got=$?
        if [ $got = 125 ] && grep -q 'too long' "$scratch/err"; then pass; else
            fail "too many arguments on $p" "status $got"; fi
    }
    host_without_memory $p
}

# A control group with too little in it; needs root and a writable hierarchy.
host_without_memory() {
    wanted "host without memory on $1" || return
    group=/sys/fs/cgroup/mote-test-$$
    for base in /sys/fs/cgroup/memory /sys/fs/cgroup; do
        group=$base/mote-test-$$
        mkdir "$group" 2>/dev/null || continue
        for limit in memory.max memory.limit_in_bytes; do
            [ -e "$group/$limit" ] && echo 24000000 >"$group/$limit" && break 2
        done
        rmdir "$group"
    done
    if [ ! -d "$group" ]; then
        skip "host without memory on $1" "no control group for memory can be made here"
        return
    fi
    sh -c 'echo $$ >"$0/cgroup.procs"; exec "$@"' "$group" timeout 30 $run -p $1 "$guest" touch 200 \
        >"$scratch/out" 2>"$scratch/err"
    got=$?
    rmdir "$group"
    # The guest's own process is killed on process; the monitor itself may be the one: 137.
    if [ $got = 123 ] || [ $got = 124 ] || [ $got = 137 ]; then pass; else
        fail "host without memory on $1" "status $got"; fi
}

no_kvm() {
    wanted "no /dev/kvm" || return
    if ! unshare -m true 2>/dev/null || [ ! -e /dev/kvm ]; then
        skip "no /dev/kvm" "it cannot be hidden here"
        return
    fi
    unshare -m sh -c 'mount --bind /dev/null /dev/kvm && exec "$@"' - $run "$guest" hello \
        >"$scratch/out" 2>"$scratch/err"
    got=$?
    if [ $got = 125 ] && grep -q -- '--platform process' "$scratch/err"; then pass; else
        fail "no /dev/kvm" "status $got"; fi
}

# The terminal is what it was, also after a crash in raw mode, in which it got what the guest wrote as it was.
terminal() {
    p=$1
    wanted "terminal on $p" || return
    if ! command -v script >/dev/null; then
        skip "terminal on $p" "there is no script(1)"
        return
    fi
    script -qec "stty rows 33 cols 99; stty -g; $run -p $p $guest console; stty -g" /dev/null \
        </dev/null >"$scratch/raw" 2>&1
    tr -d '\r' <"$scratch/raw" >"$scratch/out"
    if grep -q '^terminal 99 33$' "$scratch/raw" && [ "$(sed -n 1p "$scratch/out")" = "$(sed -n 3p "$scratch/out")" ]
    then pass; else fail "terminal on $p" "not as it was, or not seen"; fi
}

# --- all ---------------------------------------------------------------------------------------------------

head -c 100001 "$guest" >"$scratch/archive"
cat "$guest" "$guest" "$guest" "$guest" "$guest" >"$scratch/big"
{ head -c 1001 /dev/zero; cat "$guest"; } >"$scratch/odd"
{ head -c 8192 /dev/zero; cat "$guest"; } >"$scratch/aligned"

platforms=process
if why=$($run -u); then platforms="kvm process"; else skip "all of kvm" "$why"; fi
for p in $platforms; do
    works $p
    stops $p
    [ "$(id -u)" = 0 ] && sandbox $p && sandbox $p "user mode's " -N user -N switch:box
    nets $p
    walls $p
    faults $p
    terminal $p
done
case $platforms in *kvm*) gaps; walls kvm -l ;; esac
no_kvm
# inside NAME PROGRAM: these look inside and say what is wrong themselves.
inside() {
    wanted "$1" || return
    if "build/test/monitor/$2" "$guest" >"$scratch/out" 2>"$scratch/err"; then pass; else
        fail "$1" "see below"; fi
}
inside "damaged runtimes" mutate_runtime
inside "page tables" check_tables
inside "snapshots, damaged" mutate_snapshot
inside "hostile rings" hostile_rings
if wanted "files swapped while they are served"; then
    mkdir "$scratch/races"
    if build/test/monitor/ninep_races "$scratch/races" 1 >"$scratch/out" 2>"$scratch/err"; then pass; else
        fail "files swapped while they are served" "see below"; fi
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ]
