# SPDX-License-Identifier: Apache-2.0
# test_needs.sh -- what an application's own resource file says that it needs: written into the image, and held against what is given.

needy() { make_app "$work/needs/$1" "$1" "$2" ", {env, [{mote, $3}]}"; }
needy logs ", store" '[{memory, "96M"}, {mounts, ["/data", "/etc/logs/"]}]'
needy store "" '[{memory, 33554432}, {network, none}, {mounts, ["/data:ro", "/etc/logs:ro", "/certs:ro"]}]'
needy online ", store" '[{network, any}]'
needy quiet "" '[{network, none}]'

for_needs() { # NAME: the image of an application, without a snapshot, and what it says
    ERL_LIBS=$work/needs build "needs of $1" "$1.img" "$work/needs/$1" --no-snapshot
}
for_needs logs
manifest logs.img 'memory-bytes 100663296'
manifest logs.img 'network none'
manifest logs.img 'mount /data'
manifest logs.img 'mount /etc/logs'
manifest logs.img 'mount /certs:ro'
try "each once" 0 '^3$' sh -c "'$mote' inspect '$work/logs.img' | grep -c '^  mount '"
ERL_LIBS=$work/needs build "-m is stronger" small.img "$work/needs/logs" --no-snapshot -m 48M
manifest small.img 'memory-bytes 50331648'
for_needs online
manifest online.img 'network any'
manifest online.img 'memory-bytes 33554432'

mkdir -p "$work/n/data" "$work/n/logs" "$work/n/certs"
needs() { # NAME STATUS PATTERN IMAGE ARGUMENT...: a start that is refused
    name=$1 status=$2 pattern=$3 image=$4
    shift 4
    try "$name" "$status" "$pattern" timeout 120 "$mote" run --platform process "$work/$image" "$@"
}
needs "no folder" 2 'needs a folder at /data: add -v HOSTDIR:/data$' logs.img
needs "one is missing" 2 'needs a folder at /certs: add -v HOSTDIR:/certs:ro' logs.img -v "$work/n/data:/data" -v "$work/n/logs:/etc/logs"
needs "one is read only" 2 'writes at /data: give that without :ro' logs.img -v "$work/n/data:/data:ro"
needs "no network" 2 'needs a network' online.img -v "$work/n/certs:/certs" -v "$work/n/logs:/etc/logs" -v "$work/n/data:/data" --net none

# Interfaces that it has, by what it prints: lo is always there.
cat >"$work/needs/quiet/src/quiet_app.erl" <<'END'
-module(quiet_app).
-behaviour(application).
-export([start/2, stop/1]).
start(_, _) ->
    {ok, Interfaces} = inet:getifaddrs(),
    io:format("interfaces ~b~n", [length([I || {I, _} <- Interfaces, I =/= "lo"])]),
    halt(0).
stop(_) -> ok.
END
erlc -o "$work/needs/quiet/ebin" "$work/needs/quiet/src/quiet_app.erl"
for_needs quiet
needs "it has no interface" 0 '^interfaces 0$' quiet.img
needs "unless it is given one" 0 '^interfaces 1$' quiet.img --net user
port=$(cd "$top/test" && python3 -B -c 'import ports; print(ports.free_port())')
needs "or a port" 0 '^interfaces 1$' quiet.img -p "127.0.0.1:$port:80"

for wrong in 'yes' '[{memory, lots}]' '[{memory, "1K"}]' '[{network, some}]' '[{mounts, "/data"}]' '[{mounts, ["data"]}]' '[{mounts, ["/"]}]' '[{disk, "1G"}]' '[memory]'; do
    needy wrong "" "$wrong"
    no "{mote, $wrong}" 'wrong.app:[0-9]+: ' "$work/needs/wrong"
done
