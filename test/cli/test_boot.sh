# SPDX-License-Identifier: Apache-2.0
# test_boot.sh -- guests that really start, on every platform that works here.

platforms=process
"$mote" version | grep -q '^kvm  usable' && platforms="kvm process"

if [ "$(timeout 120 "$mote" run "$work/source.img" --platform process 2>/dev/null </dev/null)" != \
    "Hello from hello" ]; then
    skip "everything that boots: the runtime inside build/mote does not run OTP"
    return 0
fi

cat >"$work/src/talk.erl" <<'END'
-module(talk).
-export([main/1]).
main(["arguments" | Rest]) -> io:format("~p ~p~n", [Rest, init:get_plain_arguments()]);
main(["halt", N]) -> halt(list_to_integer(N));
main(["crash"]) -> error(on_purpose);
main(["read", File]) -> {ok, B} = file:read_file(File), io:put_chars(B);
main(["env", Name]) -> io:format("~p~n", [os:getenv(Name)]);
main(["linked"]) -> spawn_link(fun() -> exit(bad) end), timer:sleep(infinity);
main(["grow"]) -> grow([]);
main(["linger"]) -> io:format("here~n"), timer:sleep(60000);
main(["count"]) -> count(0);
main(["write", N]) ->
    B = binary:copy(<<"0123456789abcde\n">>, 4096),
    [ok = file:write(standard_io, B) || _ <- lists:seq(1, list_to_integer(N))];
main(["take", Ms]) -> io:setopts([binary]), timer:sleep(list_to_integer(Ms)), take(0);
main(["instance" | Options]) ->
    {ok, {_, Monitor}} = instance:spawn_monitor({lists, seq, [1, 2]}, maps:from_list([{image, I} || I <- Options])),
    receive {'DOWN', Monitor, instance, _, Why} -> io:format("~p~n", [Why]) end;
main(["flood"]) -> flood().
take(N) ->
    case file:read(standard_io, 65536) of
        eof -> io:format("~p bytes~n", [N]);
        {ok, B} -> take(N + byte_size(B))
    end.
grow(L) -> grow([{L} | L]).
flood() -> io:put_chars("more and more of it\n"), flood().
count(N) ->
    case io:get_line("") of
        eof -> io:format("~p bytes~n", [N]);
        Line -> count(N + length(Line))
    end.
END
build "talk" talk.img "$work/src/talk.erl" --add "$work/data:/data"
build "an application and a main" starts.img "$work/tree/lib/middle" "$work/beams" \
    --app middle --main hello:main
try "erl -version" 0 '^Erlang \(BEAM\) emulator version [0-9.]+$' "$mote" erl -version
node="io:format(\"~w~n\", [node()]), halt()."
try "erl -sname" 0 '^one@' "$mote" erl -noshell -sname one -setcookie secret -eval "$node"
try "erl -name" 0 "^'one@two.example'\$" "$mote" erl -noshell -name one@two.example -setcookie secret -eval "$node"
try "erl +Zzz" 2 '\+Zzz is no flag' "$mote" erl +Zzz

# --- what KVM says of processors is kept, and asked for again when what is kept is not that --------

case $platforms in *kvm*)
    kept=$work/cache/cpuid
    on_kvm() { timeout 120 "$mote" run "$work/source.img" --platform kvm; }
    rm -f "$kept"
    mkdir -p "$work/cache"
    try "CPUID is not kept" 0 '^Hello from hello$' on_kvm
    cp "$kept" "$work/cpuid"
    before=$(stat -c %i "$kept")
    try "CPUID is kept" 0 '^Hello from hello$' on_kvm
    if [ "$(stat -c %i "$kept")" = "$before" ]; then pass; else complain "what is kept is used"; fi
    for damage in empty short changed another-boot another-processor; do
        cp "$work/cpuid" "$kept"
        case $damage in
        empty) : >"$kept" ;;
        short) head -c 1000 "$work/cpuid" >"$kept" ;;
        changed) printf '\377\377' | dd of="$kept" bs=1 seek=1234 conv=notrunc 2>/dev/null ;;
        another-boot) printf x | dd of="$kept" bs=1 seek=10 conv=notrunc 2>/dev/null ;;
        another-processor) printf x | dd of="$kept" bs=1 seek=90 conv=notrunc 2>/dev/null ;;
        esac
        damaged=$(stat -c %i "$kept")
        try "CPUID: $damage" 0 '^Hello from hello$' on_kvm
        # A new file; the answer names the processor that was asked, so that it is not always the same.
        if [ "$damaged" != "$(stat -c %i "$kept")" ] && [ "$(wc -c <"$kept")" = "$(wc -c <"$work/cpuid")" ]; then
            pass
        else
            complain "CPUID is asked for again: $damage"
        fi
    done
    rm -f "$kept" && mkdir "$kept"
    try "CPUID: a folder is in its place" 0 '^Hello from hello$' on_kvm
    rmdir "$kept"
    ;;
esac

for platform in $platforms; do
    on="on $platform"
    cd "$work/src" || exit 1
    try "hello $on" 0 '^Hello from hello$' timeout 120 "$mote" run ../source.img --platform $platform
    for what in ../talk.img talk.erl; do
        do_run() { timeout 120 "$mote" run "$what" --platform $platform "$@"; }
        try "$what: arguments $on" 0 '^\["a","-b"\] \["arguments","a","-b"\]$' \
            do_run -- arguments a -b
        try "$what: status $on" 7 '' do_run -- halt 7
        try "$what: crash $on" 1 'talk:main/1 failed' do_run -- crash
        try "$what: main is killed $on" 1 'exit signal bad' do_run -- linked
        try "$what: environment $on" 0 '"yes"' do_run --env WELL=yes -- env WELL
        try "$what: sealed $on" 0 'false' do_run -- env HOME
    done
    what=../talk.img
    try "main is out of memory $on" 1 'killed: out of memory' do_run -m 64M -- grow
    piped() { { printf 'one\ntwo\nno end'; sleep 0.2; printf ' of line'; } | do_run -- count; }
    try "input from a pipe $on" 0 '^22 bytes$' piped
    late() { head -c 40000000 /dev/zero | tr '\0' x | do_run -m "$1" -- take 1000; }
    try "40 MB of input for a late reader $on" 0 '^40000000 bytes$' late 1G
    try "... in a guest of 128 MiB $on" 0 '^40000000 bytes$' late 128M
    much() { do_run -- write 800 | wc -c; }
    try "50 MB into a pipe $on" 0 '^52428800$' much
    closed() { do_run -- flood | head -1; }
    try "a pipe that is closed $on" 0 'the device has terminated' closed
    try "an instance $on" 0 '^normal$' timeout 120 "$mote" run ../talk.img \
        --platform $platform --allow-instances 1 -- instance
    try "an instance of another image $on" 0 '^normal$' timeout 120 "$mote" run ../talk.img \
        --platform $platform --allow-instances 1 --instance-image other=../source.img -- instance other
    try "an instance of no image $on" 1 'there is no image another' timeout 120 "$mote" run ../talk.img \
        --platform $platform --allow-instances 1 --instance-image other=../source.img -- instance another
    try "--add is readable $on" 0 '^more$' timeout 120 "$mote" run ../talk.img \
        --platform $platform -- read /data/inner/more.txt
    try "an application starts $on" 0 '^middle starts$' timeout 120 "$mote" run ../starts.img \
        --platform $platform
    try "erl -eval $on" 0 '^4$' timeout 120 "$mote" erl --platform $platform -noshell \
        -eval 'io:format("~p~n", [2 + 2]), halt().'
    crash='erts_debug:set_internal_state(available_internal_state, true),
        erts_debug:set_internal_state(abort, now).'
    try "a crash report names the C function $on" 121 'bif_erts_debug_set_internal_state_2' \
        timeout 120 "$mote" erl --platform $platform -noshell -eval "$crash"
    try "... and the process $on" 121 'erl_eval:do_apply/7' \
        timeout 120 "$mote" erl --platform $platform -noshell -eval "$crash"
    if [ $platform = process ]; then
        shot() {
            do_run -- linger &
            for i in $(seq 600); do
                grep -q here "$work/out" && break
                sleep 0.1
            done
            # The guest is the last in the line of children: shell, timeout, monitor, guest.
            guest=$!
            while child=$(pgrep -P "$guest" | head -n 1) && [ -n "$child" ]; do guest=$child; done
            kill -SEGV "$guest"
            wait $!
        }
        try "a signal from outside is no exception $on" 122 'sent signal 11 \(SIGSEGV\)' shot
    fi
    try "names of hosts $on" 0 'nxdomain.*127,0,0,1' timeout 120 "$mote" erl --platform $platform \
        -noshell -eval 'io:format("~w~n", [{inet:getaddr("example.com", inet),
        inet:getaddr("localhost", inet)}]), halt().'
    try "erl -s $on" 0 '' timeout 120 "$mote" erl --platform $platform -noshell -s erlang halt
    try "erl -pa $on" 0 '^Hello from hello$' timeout 120 "$mote" erl --platform $platform -noshell \
        -pa ../beams -s hello main -s erlang halt
    try "erl +P $on" 0 '^2048$' timeout 120 "$mote" erl --platform $platform +P 2000 -noshell \
        -eval 'io:format("~p~n", [erlang:system_info(process_limit)]), halt().'
    try "erl +pc $on" 0 '^unicode$' timeout 120 "$mote" erl --platform $platform -noshell \
        +pc unicode -eval 'io:format("~p~n", [io:printable_range()]), halt().'
    try "erl: a crash at start $on" 1 'init terminating in do_boot.*undef.*no_such_module' \
        timeout 120 "$mote" erl --platform $platform -noshell -s no_such_module
    try "init is killed $on" 1 '^The process init has ended' timeout 120 "$mote" erl --platform $platform -noshell \
        -eval 'exit(whereis(init), kill), timer:sleep(infinity).'
    try "erl: code:root_dir $on" 0 '^"/' timeout 120 "$mote" erl --platform $platform -noshell \
        -eval 'io:format("~p~n", [code:root_dir()]), halt().'
    cd "$top" || exit 1
done
