#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Good chunks of a snapshot (abi/snapshot.h), as fuzz_cold.c wants them, to damage: cold_seeds.py FOLDER."""
import os, random, struct, sys, zlib

PAGE = 4096
random.seed(1)
CONTENTS = {
    'zeros': [bytes(2 * PAGE)],
    'code': [b''.join(struct.pack('<I', 0x210000 + random.randrange(200) * 16) for _ in range(2048)), bytes(range(256)) * 16],
    'noise': [random.randbytes(PAGE), bytes(PAGE), random.randbytes(2 * PAGE)],
    'many': [bytes([n]) * PAGE for n in range(40)],
    'none': [],
}


def deflated(pages):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    small = z.compress(pages) + z.flush()
    return small if len(small) < len(pages) else pages


def snapshot(contents):
    packed = [deflated(c) for c in contents]
    table, at, address = b'', 24 * len(packed), 0x40000000
    for pages, small in zip(contents, packed):
        table += struct.pack('<QQII', address, at, len(pages) // PAGE, len(small))
        at += len(small)
        address += len(pages) + PAGE
    return struct.pack('<I', len(packed)) + table + b''.join(packed)


for name, contents in CONTENTS.items():
    with open(os.path.join(sys.argv[1], name), 'wb') as f:
        f.write(snapshot(contents))
