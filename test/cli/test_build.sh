# SPDX-License-Identifier: Apache-2.0
# test_build.sh -- every kind of input, what goes into the image, and every way to fail.

build() { # build NAME IMAGE ARGUMENT...: it must succeed
    name=$1 image=$2
    shift 2
    try "$name" 0 '' "$mote" build -o "$work/$image" "$@"
}
manifest() { try "$1 says $2" 0 "^  $2\$" "$mote" inspect "$work/$1"; }

build "a source" source.img "$work/src/hello.erl" "$work/src/helper.erl"
has source.img /app/ebin/hello.beam
has source.img /otp/lib/stdlib-[0-9.]+/ebin/lists.beam
has source.img /otp/lib/kernel-[0-9.]+/ebin/kernel.app
has source.img /otp/erts/ebin/erlang.beam
has source.img /otp/bin/start_clean.boot
has source.img /otp/lib/mote-[0-9.]+/ebin/mote_main.beam
lacks source.img '/otp/lib/compiler.*'
lacks source.img '.*\.appup'
manifest source.img 'argument script'
manifest source.img 'argument hello'
manifest source.img 'application stdlib [0-9.]+'
size=$(wc -c <"$work/source.img")
if [ "$size" -le $((9 * 1024 * 1024)) ]; then pass; else complain "hello with its snapshot is $size bytes"; fi
build "without a snapshot" bare.img --no-snapshot "$work/src/hello.erl" "$work/src/helper.erl"
size=$(wc -c <"$work/bare.img")
if [ "$size" -le $((6 * 1024 * 1024)) ]; then pass; else complain "hello is $size bytes"; fi

build ".beam files" beams.img "$work/beams/hello.beam" "$work/beams/helper.beam"
has beams.img /app/ebin/helper.beam
build "a folder of .beam files" folder.img "$work/beams"
has folder.img /app/ebin/hello.beam
mkdir -p "$work/sources" && cp "$work/src/hello.erl" "$work/sources"
build "a folder of .erl files" sources.img "$work/sources"
has sources.img /app/ebin/hello.beam
build "--main" main.img "$work/beams" --main hello:other
manifest main.img 'main hello:other'
build "debug information is kept" debug.img --keep-debug "$work/src/hello.erl"
if [ "$(wc -c <"$work/debug.img")" -gt "$size" ]; then pass; else complain "--keep-debug"; fi
build "calls into an application bring it" secret.img "$work/src/secret.erl"
has secret.img '/otp/lib/public_key-.*/public_key.beam'
has secret.img '/otp/lib/crypto-.*/crypto.app'

if command -v elixirc >/dev/null; then
    mkdir -p "$work/elixir"
    echo 'defmodule Hi do def main(a), do: IO.inspect(Enum.map(a, &String.upcase/1)) end' \
        >"$work/elixir/hi.ex"
    (cd "$work/elixir" && elixirc hi.ex)
    build "Elixir" elixir.img "$work/elixir" --main Elixir.Hi:main
    has elixir.img '/app/lib/elixir-[0-9.]+/ebin/Elixir.Enum.beam'
    manifest elixir.img 'start elixir permanent'
else
    skip "Elixir: apt-get install elixir"
fi

build "an application" app.img "$work/tree/lib/top"
has app.img /app/lib/top-1.2.3/ebin/top_app.beam
has app.img /app/lib/top-1.2.3/priv/deep/data.txt
has app.img /app/lib/middle-1.2.3/ebin/middle.app
has app.img '/otp/lib/mnesia-[0-9.]+/ebin/mnesia.beam'
lacks app.img '.*native.so'
lacks app.img '/app/lib/unused.*'
manifest app.img 'start top permanent'
build "its ebin folder" ebin.img "$work/tree/lib/middle/ebin"
has ebin.img /app/lib/middle-1.2.3/ebin/middle.app
build "--app from OTP" sasl.img "$work/beams" --app sasl --main hello:main
has sasl.img '/otp/lib/sasl-[0-9.]+/ebin/sasl.app'
manifest sasl.img 'start sasl permanent'
build "a library" library.img "$work/tree"
has library.img /app/lib/unused-1.2.3/ebin/unused.app
ERL_LIBS=$work/tree/lib build "ERL_LIBS" erl_libs.img "$work/beams" --app middle
has erl_libs.img /app/lib/middle-1.2.3/ebin/middle.app

for kind in rebar/_build/default mix/_build/prod; do
    image=$(dirname "$(dirname "$kind")").img
    build "release of $kind" "$image" "$work/$kind/rel/shop"
    has "$image" /app/lib/shop-1.2.3/ebin/shop_app.beam
    has "$image" /app/sys.config
    manifest "$image" 'start parts transient'
    manifest "$image" 'start sasl load'
    manifest "$image" 'argument /app/sys'
    manifest "$image" 'argument dark green'
    try "$image is no node" 1 '' sh -c "'$mote' inspect '$work/$image' | grep -E 'setcookie|-name'"
done
has mix.img /app/consolidated/helper.beam
manifest mix.img 'argument /app/consolidated'

build "--add" add.img "$work/beams" --add "$work/data:/data" --add "$work/data/words.txt:/w/x.txt"
has add.img /data/inner/more.txt
has add.img /w/x.txt

# --- equal input, equal bytes ---------------------------------------------------------------

build "again" again.img "$work/src/hello.erl" "$work/src/helper.erl"
try "two builds are equal" 0 '' cmp "$work/source.img" "$work/again.img"
cp -a "$work/src" "$work/elsewhere"
build "elsewhere" elsewhere.img "$work/elsewhere/hello.erl" "$work/elsewhere/helper.erl"
try "the place does not matter" 0 '' cmp "$work/source.img" "$work/elsewhere.img"
touch "$work/elsewhere/hello.erl"
SOURCE_DATE_EPOCH=1000000000 build "epoch" epoch1.img "$work/elsewhere/hello.erl"
touch -d '1 hour ago' "$work/elsewhere/hello.erl"
SOURCE_DATE_EPOCH=1000000000 build "epoch" epoch2.img "$work/elsewhere/hello.erl"
try "SOURCE_DATE_EPOCH" 0 '' cmp "$work/epoch1.img" "$work/epoch2.img"

# --- failures -----------------------------------------------------------------------------------

no() { # no NAME PATTERN ARGUMENT...: it must fail, leave no image, and say PATTERN
    name=$1 pattern=$2
    shift 2
    rm -f "$work/no.img"
    try "$name" 1 "$pattern" "$mote" build -o "$work/no.img" "$@"
    if [ -e "$work/no.img" ]; then complain "$name left an image"; else pass; fi
}
no "not there" 'nothing.erl is not there' "$work/nothing.erl"
no "does not compile: erlc's words" 'broken.erl:3:' "$work/src/broken.erl"
no "does not compile: ours" 'does not compile' "$work/src/broken.erl"
no "nothing to start" 'nothing would be started' "$work/src/library.erl"
no "no such module" 'no module nowhere in the image' "$work/beams" --main nowhere:main
no "no such function" 'exports neither three/0 nor three/1' "$work/beams" --main hello:three
no "no such application" 'no application nowhere in ' "$work/beams" --app nowhere
no "a missing dependency" 'needy needs application no_such_application' "$work/alone"
no "a project before its release" 'after `rebar3 release`' "$work/rebar"
no "a mix project before its release" 'after `mix release`' "$work/mix"
no "configuration at run time" 'config/runtime.exs' "$work/late"
no "no kind of input" 'neither an .erl file' "$work/data/words.txt"
no "an empty folder" 'no release, application' "$work/data/inner"
no "two of a name" 'make the same module' "$work/src/hello.erl" "$work/elsewhere/hello.erl"
no "two modules of a name" 'two things want to be /app/ebin/hello.beam' \
    "$work/src/hello.erl" "$work/beams/hello.beam"
no "--add of nothing" 'cannot add' "$work/beams" --add "$work/nowhere:/x"
no "--add without a place" 'HOSTPATH:GUESTPATH' "$work/beams" --add "$work/data"
no "--add over a file" 'two things want to be' "$work/beams" \
    --add "$work/data/words.txt:/app/ebin/hello.beam"
no "--add below a file" 'would be a folder' "$work/beams" \
    --add "$work/data/words.txt:/app/ebin/hello.beam/x"
no "no OTP there" 'not an Erlang/OTP installation' "$work/beams" --otp "$work/data"
printf 'FOR1....BEAM' >"$work/bad.beam"
no "a bad .beam file" 'bad.beam is a' "$work/bad.beam"
head -c 300 "$work/beams/hello.beam" >"$work/short.beam"
no "a .beam file cut short" 'cut short' "$work/short.beam"
mkdir -p "$work/badapp/ebin"
printf '{application, badapp, [{vsn "1"}]}.' >"$work/badapp/ebin/badapp.app"
no "a bad .app file" 'badapp.app, line 1' "$work/badapp"
mkfifo "$work/pipe.beam"
no "a pipe does not hang" 'not a regular file' "$work/pipe.beam"
try "MOTE_OTP" 1 'MOTE_OTP .* is not an Erlang' \
    env MOTE_OTP="$work/data" "$mote" build "$work/beams" -o "$work/no.img"

if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
    chmod 755 "$work"
    cp "$work/src/hello.erl" "$work/locked.erl" && chmod 000 "$work/locked.erl"
    try "an unreadable source" 1 'cannot read .*Permission denied' \
        setpriv --reuid=65534 --regid=65534 --clear-groups \
        "$mote" build "$work/locked.erl" -o /dev/null
fi
try "a full disk" 1 'cannot write /dev/full: No space left' \
    "$mote" build "$work/beams" -o /dev/full
try "a folder as output" 1 'cannot write .*Is a directory' "$mote" build "$work/beams" -o "$work"
try "a place that is not there" 1 'cannot write' "$mote" build "$work/beams" -o "$work/x/y.img"
mkdir -p "$work/small" && if mount -t tmpfs -o size=1m none "$work/small" 2>/dev/null; then
    try "a disk that fills up" 1 'No space left' "$mote" build "$work/beams" -o "$work/small/x.img"
    if [ -z "$(ls -A "$work/small")" ]; then pass; else complain "a full disk keeps a part"; fi
    umount "$work/small"
fi
