# SPDX-License-Identifier: Apache-2.0
# test_image.sh -- what is read back from images, and what is refused.

try "unit tests" 0 ' 0 failed' "$tools/unit"
grep -h '^test/cli/unit.c' "$work/out"
"$tools/unit" small-image "$work/tiny.img"
try "10,000 mutants of a small image" 0 ' 0 accepted' "$tools/mutate_image" "$work/tiny.img" 10000
try "300 mutants of a real image" 0 ' 0 accepted' "$tools/mutate_image" "$work/source.img" 300

try "inspect" 0 'sum good' "$mote" inspect "$work/source.img"
try "inspect --verify" 0 'SHA-256 good' "$mote" inspect --verify "$work/source.img"
try "inspect --modules" 0 '^  gen_server +[0-9]+ bytes' "$mote" inspect --modules "$work/source.img"
try "it is an ELF file" 0 '\.mote\.archive' readelf -SW "$work/source.img"
try "readelf has no complaint" 1 '' sh -c "readelf -aW '$work/source.img' 2>&1 >/dev/null | grep ."
try "--disasm of nothing" 1 'no module nowhere' \
    "$mote" inspect "$work/source.img" --disasm nowhere

for command in inspect run; do
    status=1
    [ $command = run ] && status=125
    try "$command: not there" $status 'cannot open' "$mote" $command "$work/nothing.img"
    try "$command: a folder" $status 'Is a directory' "$mote" $command "$work"
    : >"$work/empty.img"
    try "$command: empty" $status 'is empty' "$mote" $command "$work/empty.img"
    head -c 100000 "$work/source.img" >"$work/short.img"
    try "$command: cut short" $status 'cut short' "$mote" $command "$work/short.img"
    (cat "$work/source.img" && echo more) >"$work/long.img"
    try "$command: too long" $status 'cut short|not as long' "$mote" $command "$work/long.img"
    cp "$work/source.img" "$work/flip.img"
    printf 'X' | dd of="$work/flip.img" bs=1 seek=1000000 conv=notrunc 2>/dev/null
    try "$command: one byte changed" $status 'changed since|damaged' "$mote" $command "$work/flip.img"
    try "$command: another kind of file" $status 'not an image' "$mote" $command "$mote"
done

# --- what was added up before is remembered; what is remembered of images that are no more goes ----

remembered() { ls "$work"/cache/checked-* 2>/dev/null | grep -v -e -old -e -young; }
run_source() { timeout 120 "$mote" run --platform process "$work/source.img" </dev/null >/dev/null 2>&1; }
rm -f "$work"/cache/checked-*
mkdir -p "$work/cache"
touch -d '40 days ago' "$work/cache/checked-old"
touch -d '20 days ago' "$work/cache/checked-young"
run_source
if [ -n "$(remembered)" ]; then pass; else complain "an image that was added up is remembered"; fi
if [ ! -e "$work/cache/checked-old" ]; then pass; else complain "what is old is forgotten"; fi
if [ -e "$work/cache/checked-young" ]; then pass; else complain "what is young is not"; fi
rm -f "$work"/cache/checked-*

# --- the cache of OTP: made once, made again when it is damaged, done without when it must be ----

erl() { (cd "$work/src" && timeout 120 "$mote" erl --platform process "$@" </dev/null >/dev/null 2>&1); }
cached() { ls "$work"/cache/*.archive 2>/dev/null; }
rm -rf "$work/cache"
erl -noshell -s erlang halt
cache=$(cached)
if [ -s "$cache" ]; then pass; else complain "erl makes a cache"; fi
before=$(stat -c '%i %Y' "$cache")
erl -noshell -s erlang halt
if [ "$(stat -c '%i %Y' "$cache")" = "$before" ]; then pass; else complain "the cache is used"; fi
head -c 5000 /dev/urandom >"$cache"
erl -noshell -s erlang halt
if [ "$(wc -c <"$cache")" -gt 1000000 ]; then pass; else complain "a damaged cache is made again"; fi
try "erl --add of nothing" 125 'cannot add /no/such' "$mote" erl --add /no/such:/x
