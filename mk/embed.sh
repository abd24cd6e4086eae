#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh RUNTIME FILE... -- prints the assembly of what cli/otp.h calls embedded_*: the runtime, .beam files
# as modules, all others under their own names.
set -eu
runtime=$1
shift
cat <<END
    .section .embedded, "a"
    .global embedded_runtime, embedded_runtime_end
    .balign 4096
embedded_runtime:
    .incbin "$runtime"
embedded_runtime_end:
END
n=0
for file; do
    cat <<END
    .balign 16
file_$n: .incbin "$file"
file_end_$n:
name_$n: .asciz "$(basename "$file" .beam)"
END
    n=$((n + 1))
done
table() { # LABEL PATTERN: rows of the files that match, then the end
    cat <<END
    .section .data.rel.ro.modules, "aw"
    .global $1
    .balign 8
$1:
END
    i=0
    for file in $files; do
        case $file in
            *.beam) [ "$2" = beam ] && echo "    .quad name_$i, file_$i, file_end_$i" ;;
            *) [ "$2" = other ] && echo "    .quad name_$i, file_$i, file_end_$i" ;;
        esac || :
        i=$((i + 1))
    done
    echo "    .quad 0, 0, 0"
}
files=$*
table embedded_modules beam
table embedded_files other
echo '    .section .note.GNU-stack, "", @progbits'
