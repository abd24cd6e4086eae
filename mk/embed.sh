#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# embed.sh RUNTIME BEAM... -- prints the assembly of what cli/otp.h calls embedded_*.
set -eu
runtime=$1
shift
cat <<END
    .section .rodata.runtime, "a"
    .global embedded_runtime, embedded_runtime_end
    .balign 4096
embedded_runtime:
    .incbin "$runtime"
embedded_runtime_end:
END
n=0
for beam; do
    cat <<END
    .balign 16
beam_$n: .incbin "$beam"
beam_end_$n:
name_$n: .asciz "$(basename "$beam" .beam)"
END
    n=$((n + 1))
done
cat <<END
    .section .data.rel.ro.modules, "aw"
    .global embedded_modules
    .balign 8
embedded_modules:
END
i=0
while [ $i -lt $n ]; do
    echo "    .quad name_$i, beam_$i, beam_end_$i"
    i=$((i + 1))
done
cat <<END
    .quad 0, 0, 0
    .section .note.GNU-stack, "", @progbits
END
