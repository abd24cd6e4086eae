# SPDX-License-Identifier: Apache-2.0
# test_motes.sh -- run -d, ps, logs, stop and kill; behind test_boot.sh, whose `platforms` it uses.

[ -n "${platforms:-}" ] || return 0
MOTE_STATE=$work/state
export MOTE_STATE

cat >"$work/src/stay.erl" <<'END'
-module(stay).
-export([main/1]).
main(["halt", N]) -> io:format("leaving~n"), halt(list_to_integer(N));
main(["deaf"]) -> io:format("up~n"), process_flag(priority, max), deaf(); % init has no turn any more
main(["again"]) -> io:format("up~n"), init:restart(), timer:sleep(infinity);
main(_) -> io:format("up~n"), timer:sleep(infinity).
deaf() -> deaf().
END

# wait_for PATTERN COMMAND...: until its output has it, for some seconds.
wait_for() {
    pattern=$1
    shift
    for i in $(seq 600); do
        "$@" 2>&1 | grep -Eq -e "$pattern" && return 0
        sleep 0.1
    done
    return 1
}
eventually() {
    name=$1
    shift
    : >"$work/out" && : >"$work/err"
    if wait_for "$@"; then pass; else complain "$name: never matches $1"; fi
}

try "ps of nothing" 0 '^NAME +STATE' "$mote" ps
try "nobody of that name" 1 'no mote called nobody' "$mote" stop nobody
try "no name to stop" 2 'which mote' "$mote" stop
try "no name for a log" 2 'whose log' "$mote" logs
try "a bad name" 125 'is no name for a mote' "$mote" run "$work/src/stay.erl" --name ../x
try "a bad time" 2 'give a number of seconds' "$mote" stop --time soon x

for platform in $platforms; do
    run="$mote run --platform $platform"
    try "$platform: in the background" 0 "^one\$" $run -d --name one "$work/src/stay.erl"
    try "$platform: it is listed" 0 "^one +running +[0-9]+ .* $platform +/.*stay.erl" "$mote" ps
    try "$platform: a name is one mote's" 125 'a mote called one is running already' $run -d --name one "$work/src/stay.erl"
    try "$platform: in front, too" 125 'a mote called one is running already' $run --name one "$work/src/stay.erl"
    eventually "$platform: its log" '^up$' "$mote" logs one
    try "$platform: stop" 0 '^one$' "$mote" stop one
    try "$platform: its status is kept" 0 '^one +ended 0' "$mote" ps --all
    "$mote" ps >"$work/out"
    if grep -q '^one' "$work/out"; then complain "$platform: it is listed as running"; else pass; fi
    try "$platform: there is nothing to stop" 1 'one is not running' "$mote" stop one
    try "$platform: the log stays" 0 '^up$' "$mote" logs one

    try "$platform: the name is free again" 0 '^one$' $run -d --name one "$work/src/stay.erl" -- halt 7
    try "$platform: a log to its end" 0 '^leaving$' timeout 120 "$mote" logs -f one
    try "$platform: a status of its own" 0 '^one +ended 7' "$mote" ps -a
    try "$platform: a name is made up" 0 '^stay-[a-z0-9]{4}$' $run -d "$work/src/stay.erl" -- halt 0
    try "$platform: what cannot start is said" 1 'cannot|no ' sh -c "$run -d --name bad '$work/nothing.erl' && exit 0; exit 1"

    try "$platform: one to kill" 0 '^two$' $run -d --name two "$work/src/stay.erl"
    try "$platform: kill" 0 '^two$' "$mote" kill two
    try "$platform: a killed one has no status" 0 '^two +killed' "$mote" ps --all

    # init drops what it is asked while it restarts, as on stock, where such a node cannot be stopped so.
    try "$platform: one that restarts for ever" 0 '^again$' $run -d --name again "$work/src/stay.erl" -- again
    eventually "$platform: it has restarted" 2 sh -c "'$mote' logs again | grep -c '^up'"
    try "$platform: it is stopped" 0 '^again$' "$mote" stop -t 60 again
    try "$platform: by itself" 0 '^again +ended 0' "$mote" ps -a
    try "$platform: one that does not want to end" 0 '^deaf$' $run -d --name deaf "$work/src/stay.erl" -- deaf
    eventually "$platform: it is up" '^up$' "$mote" logs deaf
    try "$platform: it has a second for that" 0 '^deaf$' "$mote" stop -t 1 deaf
    try "$platform: and is ended" 0 '^deaf +killed' "$mote" ps -a

    # The monitor is killed behind everybody's back: nothing says that it runs, and nothing of it is left.
    try "$platform: one to lose" 0 '^three$' $run -d --name three "$work/src/stay.erl" -v "$work/src:/data"
    pid=$("$mote" ps | awk '$1 == "three" { print $3 }')
    kill -9 "$pid"
    eventually "$platform: it is seen to have gone" '^three +killed' "$mote" ps -a
    try "$platform: its name is free" 0 '^three$' $run -d --name three "$work/src/stay.erl"
    try "$platform: several at once" 0 '^three$' "$mote" stop three

    "$mote" ps --all >/dev/null
    (timeout 120 $run --name front "$work/src/stay.erl" >"$work/front" 2>&1; echo $? >"$work/front.status") &
    eventually "$platform: one in front is listed" '^front +running' "$mote" ps
    try "$platform: it has no log" 1 'has no log' "$mote" logs front
    eventually "$platform: it is up" '^up' cat "$work/front"
    try "$platform: it can be stopped" 0 '^front$' "$mote" stop front
    wait
    try "$platform: and says so where it was started" 0 '^0$' cat "$work/front.status"
done
