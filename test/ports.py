# SPDX-License-Identifier: Apache-2.0
"""A port of this host that nobody has, for a mote to listen at.

Below those that the kernel gives to whoever connects: a test with ten thousand connections, which runs beside others,
would have taken one of those before the mote does.
"""
import random, socket

LEAST = 10000


def free_port(kind=socket.SOCK_STREAM):
    with open('/proc/sys/net/ipv4/ip_local_port_range') as f:
        end = int(f.read().split()[0])
    for _ in range(1000 if end > LEAST + 1000 else 0):
        port = random.randrange(LEAST, end)
        if is_free(port, kind):
            return port
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def is_free(port, kind):
    with socket.socket(socket.AF_INET, kind) as s:
        try:
            s.bind(('127.0.0.1', port))
            return True
        except OSError:
            return False
