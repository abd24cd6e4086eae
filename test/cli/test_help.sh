# SPDX-License-Identifier: Apache-2.0
# test_help.sh -- help of every command, and what is said of a wrong command line.

try "no arguments: usage" 2 'Usage: mote COMMAND' "$mote"
try "help" 0 'inspect +show what is in an image' "$mote" help
try "--help" 0 'Usage: mote COMMAND' "$mote" --help
try "--version" 0 '^mote [0-9]' "$mote" --version
try "version names OTP" 0 '^otp +[0-9]' "$mote" version
try "version says what kvm can do" 0 '^kvm +' "$mote" version
for command in build run erl ps logs stop kill attach inspect version help; do
    try "help $command" 0 "Usage: mote $command" "$mote" help $command
    try "$command --help" 0 "Usage: mote $command" "$mote" $command --help
    try "$command --help has exit statuses" 0 'Exit status' "$mote" $command --help
done
try "erl: only the first --help is ours" 2 '[+]S wants a value' "$mote" erl -noshell --help +S

try "unknown command" 2 'no command biuld; did you mean build\?' "$mote" biuld x
try "unknown command, nothing near" 2 'no command frobnicate$' "$mote" frobnicate
try "unknown option" 2 'no option --mian; did you mean --main\?' "$mote" build --mian x:y
try "misuse points to the help" 2 'mote help build' "$mote" build
try "option without its value" 2 '-o wants IMAGE' "$mote" build x.erl -o
try "flag with a value" 2 '--keep-debug takes no value' "$mote" build --keep-debug=yes
try "bad --main" 2 'wanted is MODULE:FUNCTION' "$mote" build x.erl -o y --main hello
try "bad memory" 2 'not a size of memory' "$mote" build x.erl -o y -m lots
try "bad platform" 2 'no platform xen' "$mote" run x.img --platform xen
try "run without anything" 2 'what is to be run' "$mote" run
try "no such network" 2 'it is user, user,loopback, tap:NAME' "$mote" run x.img --net bridge
try "a forwarded port without its other end" 2 '-p 8080: write something like' "$mote" run x.img -p 8080
try "a mount without its other end" 2 'a folder of this host, a colon' "$mote" run x.img -v /srv
try "a mount at a relative path" 2 'no absolute path' "$mote" run x.img -v /:data
try "instances that are no number" 2 'write N or N,mem=SIZE' "$mote" run x.img --allow-instances some
try "no instances" 2 'from 1 to' "$mote" run x.img --allow-instances 0
try "memory for instances that is none" 2 'not a size of memory' "$mote" run x.img --allow-instances 5,mem=x
try "an image for instances without a name" 2 'the file of an image' "$mote" run x.img --instance-image y.img
try "an image for instances that is called self" 2 "the first one's own" "$mote" run x.img --instance-image self=y.img
try "images for instances, and no instances" 2 'needs --allow-instances' "$mote" run x.img --instance-image y=y.img
try "a mount of nothing" 2 'no folder of this host' "$mote" run x.img -v /no/such/folder:/data
try "a mount over the root" 2 'no place for a folder' "$mote" run x.img -v /etc:/
try "a mount inside /tmp" 2 'in /tmp' "$mote" run x.img -v /etc:/tmp/x
try "a mount inside another" 2 'one is in the other' "$mote" run x.img -v /etc:/a/b -v /etc:/a
try "a bad limit of /tmp" 2 'something like 16M' "$mote" run x.img --tmp lots
try "run with arguments but no --" 2 'stand behind --' "$mote" run x.img y
try "inspect without anything" 2 'which image' "$mote" inspect
try "erl with a flag that lacks its value" 2 '[+]S wants a value' "$mote" erl +S
try "erl with what a mote cannot" 2 '-detached has no meaning' "$mote" erl -detached
ln -s "$mote" "$work/erl"
try "a link called erl is mote erl" 2 '[+]S wants a value' "$work/erl" +S
try "help for two" 2 'one command at a time' "$mote" help run erl

try "full disk while printing help" 1 'No space left' sh -c "'$mote' help >/dev/full"
