#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Frames as a mote gets them, in files for fuzz_frames.c: frame_seeds.py FOLDER

Each has two bytes of its length before it.  What is wrong with sums is mended there.
"""
import os, struct, sys

US, THEM, MAC, THEIRS = bytes([10, 0, 0, 2]), bytes([10, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 1]), bytes([2, 0, 0, 0, 0, 9])


def ether(kind, body):
    return MAC + THEIRS + struct.pack('>H', kind) + body


def ip4(protocol, body, flags=0, ident=7, options=b''):
    head = 5 + len(options) // 4
    return ether(0x800, struct.pack('>BBHHHBBH', 0x40 | head, 0, head * 4 + len(body), ident, flags, 64, protocol, 0) + THEM + US + options + body)


def ip6(kind, body):
    link = bytes([0xfe, 0x80] + [0] * 13 + [9])
    return ether(0x86dd, struct.pack('>IHBB', 0x60000000, len(body), kind, 255) + link + bytes([0xfd] + [0] * 14 + [2]) + body)


def tcp(flags, seq=1000, ack=0, data=b'', port=80, source=4000, options=b''):
    return struct.pack('>HHIIBBHHH', source, port, seq, ack, (5 + len(options) // 4) << 4, flags, 65535, 0, 0) + options + data


def udp(port, data, source=5353):
    return struct.pack('>HHHH', source, port, 8 + len(data), 0) + data


def arp(operation):
    return ether(0x806, struct.pack('>HHBBH', 1, 0x800, 6, 4, operation) + THEIRS + THEM + bytes(6) + US)


SYN_OPTIONS = struct.pack('>BBHBBBBBBBB', 2, 4, 1460, 1, 3, 3, 7, 4, 2, 0, 0)
FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
LOST = udp(5353, b'lost', 40000)
SEEDS = {
    'arp': [arp(1), arp(2)],
    'ping': [ip4(1, struct.pack('>BBHHH', 8, 0, 0, 1, 1) + b'ping' * 8)],
    'open': [arp(2), ip4(6, tcp(SYN, options=SYN_OPTIONS)), ip4(6, tcp(ACK, 1001, 1)), ip4(6, tcp(ACK | PSH, 1001, 1, b'GET / HTTP/1.1\r\n\r\n')), ip4(6, tcp(FIN | ACK, 1019, 1))],
    'reset': [ip4(6, tcp(SYN)), ip4(6, tcp(RST, 1001)), ip4(6, tcp(ACK, 5, 5, b'x' * 100))],
    'answer': [ip4(6, tcp(SYN | ACK, 1, 1, port=40000, source=80)), ip4(6, tcp(RST | ACK, 1, 1, port=40000, source=80))],
    'holes': [ip4(6, tcp(SYN))] + [ip4(6, tcp(ACK, 1001 + 100 * k, 1, b'y' * 100)) for k in (3, 1, 5, 2, 1, 0)],
    'udp': [ip4(17, udp(53, b'question' * 4)), ip4(17, udp(5353, b'')), ip4(17, udp(9, b'nobody'))],
    'parts': [ip4(17, udp(53, b'a' * 200)[:104], 0x2000), ip4(17, udp(53, b'a' * 200)[104:], 13), ip4(17, b'b' * 64, 0x2005, 8)],
    'nobody': [ip4(1, struct.pack('>BBHI', 3, 3, 0, 0) + struct.pack('>BBHHHBBH', 0x45, 0, 32, 0, 0, 64, 17, 0) + US + THEM + LOST)],
    'options': [ip4(6, tcp(SYN, options=bytes([2, 4, 0, 0, 3, 3, 255, 0])), options=bytes([7, 4, 4, 0]))],
    'neighbour': [ip6(58, struct.pack('>BBHI', 135, 0, 0, 0) + bytes([0xfd] + [0] * 14 + [2]) + bytes([1, 1]) + THEIRS)],
    'router': [ip6(58, struct.pack('>BBHBBHII', 134, 0, 0, 64, 0, 1800, 0, 0) + bytes([3, 4, 64, 0xc0]) + bytes(12) + bytes(16))],
    'six': [ip6(6, tcp(SYN)), ip6(17, udp(53, b'six')), ip6(44, bytes([17, 0, 0, 1, 0, 0, 0, 1]) + udp(53, b'part')), ip6(0, bytes([6, 0, 1, 4, 0, 0, 0, 0]) + tcp(SYN))],
    'groups': [ip4(2, bytes([0x11, 100, 0, 0, 224, 0, 0, 1])), ip6(58, struct.pack('>BBHHH', 130, 0, 0, 1000, 0) + bytes(16))],
}

os.makedirs(sys.argv[1], exist_ok=True)
for name, frames in SEEDS.items():
    with open(os.path.join(sys.argv[1], name), 'wb') as f:
        for frame in frames:
            f.write(struct.pack('>H', len(frame)) + frame)
