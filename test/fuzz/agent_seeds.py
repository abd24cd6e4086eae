#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Good frames as motes send them to the agent (abi/agent.h), to damage: agent_seeds.py FOLDER."""
import os, struct, sys


def frame(kind, body, flags=0):
    return struct.pack('<IBBH', len(body), kind, flags, 0) + body


def spawn(tag, options, start):
    text = b''.join(struct.pack('<HH', name, len(value)) + value for name, value in options)
    return frame(1, struct.pack('<QII', tag, len(text), 0) + text + start)


u32, u64 = (lambda n: struct.pack('<I', n)), (lambda n: struct.pack('<Q', n))
ALL = [(1, b'other'), (2, u64(64 << 20)), (3, u32(50)), (4, u64(1000)), (5, b'user'), (5, b'switch:lab'), (6, b'/data:ro'), (6, b'/logs/a'),
       (7, b'none'), (8, u32(5)), (9, u64(1 << 30)), (10, b'')]
FROM = [(12, u64(3) + u64(77))]
SEEDS = {
    'bare': spawn(1, [], b''),
    'all': spawn(2, ALL, b'\x83h\x02a\x01a\x02'),
    'each': b''.join(spawn(i, [option], b'x' * i) for i, option in enumerate(ALL)),
    'from': spawn(3, FROM, b'\x83h\x02a\x01a\x02') + spawn(4, FROM + ALL[:1], b'') + frame(9, u64(8)) + frame(10, u64(3) + u64(77)),
    'others': frame(2, u64(65536) + u64(99) + b'hello', 1) + frame(2, u64(65536) + u64(99)) + frame(3, u64(1)) + frame(4, u64(2)) +
    frame(5, u64(7) + u64(0)) + frame(6, b'\x83d\x00\x06normal'),
}
for name, data in SEEDS.items():
    with open(os.path.join(sys.argv[1], name), 'wb') as f:
        f.write(data)
