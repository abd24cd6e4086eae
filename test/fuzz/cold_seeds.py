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
NEAR_BYTES, NEAR_PLACE, STEP = 0x400, 0x30000000, 4
AS_IT_IS, NEAR, STEPS = range(3)


def near(words, address):
    for i, word in enumerate(words):
        at = address + 4 * i
        if -NEAR_BYTES <= word - at < NEAR_BYTES:
            yield word - at + NEAR_PLACE
        elif -NEAR_BYTES <= word - NEAR_PLACE < NEAR_BYTES:
            yield word - NEAR_PLACE + at
        else:
            yield word


def steps(words):
    return [word - (words[i - STEP] if i >= STEP else 0) & 0xffffffff for i, word in enumerate(words)]


def in_form(form, pages, address):
    words = struct.unpack('<%dI' % (len(pages) // 4), pages)
    return struct.pack('<%dI' % len(words), *(near(words, address) if form == NEAR else steps(words) if form == STEPS else words))


# Words that point to where they stand, and to the place that these are written for.
ADDRESS = 0x40000000
CONTENTS['jumps'] = [struct.pack('<2048I', *(i % 3 * NEAR_PLACE if i % 7 else ADDRESS + 4 * i + i % 5 * 0x100 for i in range(2048)))]
CONTENTS['rows'] = [struct.pack('<1024I', *(i * 16 + 7 for i in range(1024))) * 4]


def deflated(pages):
    z = zlib.compressobj(9, zlib.DEFLATED, -15)
    small = z.compress(pages) + z.flush()
    return small if len(small) < len(pages) else pages


def snapshot(contents):
    table, packed, at, address = b'', b'', 24 * len(contents), ADDRESS
    for i, pages in enumerate(contents):
        form = (NEAR, STEPS, AS_IT_IS)[i % 3] if len(contents) > 1 else STEPS if pages[:1] == b'\7' else NEAR
        small = deflated(in_form(form, pages, address))
        if len(small) == len(pages):
            form, small = AS_IT_IS, pages
        table += struct.pack('<QQHHI', address, at, len(pages) // PAGE, form, len(small))
        packed += small
        at += len(small)
        address += len(pages) + PAGE
    return struct.pack('<I', len(contents)) + table + packed


for name, contents in CONTENTS.items():
    with open(os.path.join(sys.argv[1], name), 'wb') as f:
        f.write(snapshot(contents))
