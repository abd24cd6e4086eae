# SPDX-License-Identifier: Apache-2.0
"""ninep_seeds.py server|client FOLDER -- messages of 9P2000.L that make sense, in the form that the two fuzz targets read."""
import os, struct, sys

which, out = sys.argv[1:]


def string(text):
    return struct.pack('<H', len(text)) + text.encode()


def message(kind, tag, *parts):
    body = b''.join(p if isinstance(p, bytes) else string(p) if isinstance(p, str) else struct.pack('<I', p) for p in parts)
    return struct.pack('<IBH', 7 + len(body), kind, tag) + body


def q(n):
    return struct.pack('<Q', n)


def h(n):
    return struct.pack('<H', n)


def walk(fid, fresh, *names):
    return message(110, 1, fid, fresh, h(len(names)), *names)


START = [message(100, 0xffff, 8192, '9P2000.L'), message(104, 0, 0, 0xffffffff, 'user', '', 0xffffffff)]
OPENED = START + [walk(0, 1, 'f'), message(12, 2, 1, 2)]
SERVER = {
    'attributes': START + [walk(0, 1, 'f'), message(24, 2, 1, q((1 << 63) + 0x7ff)), message(24, 2, 0, q(0x7ff)), message(120, 3, 1)],
    'bytes': OPENED + [message(118, 3, 1, q(5), 5, b'hello'), message(116, 4, 1, q(0), 100), message(50, 5, 1, 0),
                       message(200, 6, 1, q(0), q(1000)), message(116, 4, 1, q(3), 8000)],
    'links': START + [walk(0, 1, 'l'), message(22, 2, 1), message(12, 3, 1, 0), walk(0, 2, 'up', 'secret'), walk(0, 3, '..', 'secret'),
                      message(16, 4, 0, 'ln', '../secret', 0), walk(0, 4, 'ln'), message(24, 5, 4, q(0x7ff))],
    'make': START + [message(72, 1, 0, 'nd', 0o755, 0), walk(0, 5), message(14, 2, 5, 'new', 0o102, 0o644, 0),
                     message(118, 3, 5, q(0), 3, b'abc'), message(14, 2, 0, '../x', 0o102, 0o644, 0), message(76, 4, 0, 'new', 0)],
    'move': START + [walk(0, 1, 'd'), message(74, 2, 0, 'f', 1, 'g'), message(74, 2, 1, 'g', 0, 'f'), walk(0, 2, 'f'),
                     message(70, 3, 0, 2, 'hard'), message(76, 4, 0, 'hard', 0), message(76, 5, 0, 'd', 0x200), message(20, 6, 2, 0, 'x')],
    'folder': START + [walk(0, 1), message(12, 2, 1, 0o200000), message(40, 3, 1, q(0), 4000), message(40, 3, 1, q(1), 30),
                       message(8, 4, 0), message(202, 5, 0), walk(0, 7, 'p'), message(12, 6, 7, 0), message(18, 7, 0, 'dev', 0o20644, 1, 3, 0)],
    'change': START + [walk(0, 1, 'f'), message(26, 2, 1, 0x1ff, 0o6777, 0, 0, q(9), q(1), q(2), q(3), q(4)), message(108, 9, h(1)),
                       message(30, 3, 1, 2, 'user.x'), message(52, 4, 1), message(122, 5, 1), message(102, 6, 0)],
}

QID = bytes([0]) + struct.pack('<IQ', 1, 77)
FOLDER, LINK = b'\x80' + QID[1:], b'\x02' + QID[1:]
HELLO = [struct.pack('<I', 65536) + string('9P2000.L'), FOLDER]
ATTRIBUTES = q((1 << 63) + 0x7ff) + QID + struct.pack('<III', 0o100644, 1, 2) + b''.join(q(n) for n in range(1, 17))
ENTRY = QID + q(1) + bytes([8]) + string('name')
CLIENT = {
    'files': HELLO + [h(3) + FOLDER + FOLDER + QID, FOLDER, ATTRIBUTES, b'\0\0to', ATTRIBUTES, QID + struct.pack('<I', 0),
                      struct.pack('<I', 5) + b'hello', struct.pack('<I', 100), b'', b'', b'', b''] + [h(0)] * 20,
    'links': HELLO + [h(2) + FOLDER + LINK, h(1) + LINK, ATTRIBUTES, b'\2\0to'] + [h(0), QID, struct.pack('<I', 0) + ENTRY] * 6,
    'errors': HELLO + [struct.pack('<I', n) for n in (2, 13, 20, 5, 0, 999, 28)] * 4,
}


def framed(messages):
    return b'x' + b''.join(h(len(m)) + m for m in messages)


def script(replies):
    return b''.join(b'\0' + h(len(r)) + r for r in replies)


for name, messages in (SERVER if which == 'server' else CLIENT).items():
    with open(os.path.join(out, name), 'wb') as f:
        f.write(framed(messages) if which == 'server' else script(messages))
