# SPDX-License-Identifier: Apache-2.0
"""Other nodes for a suite: stock nodes on this host, which the suite's own node asks for over TCP (test_server.erl).

    with Peers(work, erl, is_guest) as p: p.options (of mote), p.arguments (of erl), p.environment

The suite's node is conf@guest.test, the others X@peers.test: each side has its own idea where these are (inetrc), so that a
mote behind a user-mode interface and nodes of this host find each other, in both directions.  Each node has a connection
to us, {packet, 4}: its arguments, with zeros between; it ends when the connection does, and the other way around.
"""
import os, socket, struct, subprocess, threading, time


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Peers:
    def __init__(self, work, erl, is_guest):
        self.work, self.erl, self.is_guest, self.nodes = work, erl, is_guest, []

    def __enter__(self):
        self.epmd_port, own = free_port(), free_port()
        self.environment = dict(os.environ, ERL_EPMD_PORT=str(self.epmd_port), ERL_CRASH_DUMP='/dev/null')
        self.epmd = subprocess.Popen(['epmd', '-port', str(self.epmd_port)], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.listener = socket.create_server(('127.0.0.1', 0))
        hosts = {'host': '{host,{127,0,0,1},["peers.test","guest.test"]}.\n',
                 'guest': '{host,{10,0,2,2},["peers.test"]}.\n{host,{10,0,2,15},["guest.test"]}.\n'}
        for side, text in hosts.items():
            with open(os.path.join(self.work, 'inetrc-' + side), 'w') as f:
                f.write('{lookup,[file]}.\n' + text)
        side = 'guest' if self.is_guest else 'host'
        self.arguments = self.node_arguments('conf@guest.test', side)
        self.options, self.name = [], None
        if self.is_guest:
            self.options = ['--net', 'user,loopback', '-p', '127.0.0.1:%d:%d' % (own, own)]
            self.arguments += ['inet_dist_listen_min', str(own), 'inet_dist_listen_max', str(own)]
            self.name = self.register(own)
        self.suite = ['--starter', '%s:%d' % ('10.0.2.2' if self.is_guest else '127.0.0.1', self.listener.getsockname()[1])]
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def node_arguments(self, name, side):
        return ['-name', name, '-setcookie', 'conf', '-start_epmd', 'false', '-kernel', 'inetrc', '"%s"' % os.path.join(self.work, 'inetrc-' + side)]

    def register(self, port):
        """Tells this host's epmd of the node in the mote, as that would tell if it could; good as long as the connection is."""
        for _ in range(100):
            s = socket.socket()
            if s.connect_ex(('127.0.0.1', self.epmd_port)) == 0:
                break
            s.close()
            time.sleep(0.1)
        request = struct.pack('>BHBBHHH', 120, port, 77, 0, 6, 5, 4) + b'conf' + struct.pack('>H', 0)
        s.sendall(struct.pack('>H', len(request)) + request)
        s.recv(16)
        return s

    def accept(self):
        while True:
            try:
                connection = self.listener.accept()[0]
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            data = connection.makefile('rb')
            name, *args = data.read(struct.unpack('>I', data.read(4))[0]).decode().split('\0')
            command = self.erl + self.node_arguments(name, 'host') + ['-noinput', '-noshell'] + args
            node = subprocess.Popen(command, cwd=self.work, env=self.environment, stdin=subprocess.DEVNULL,
                                    stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        except (OSError, ValueError, struct.error):
            connection.close()
            return
        self.nodes.append(node)
        threading.Thread(target=self.follow, args=(node, connection), daemon=True).start()
        try:
            data.read(1)  # until the suite has done with it
        except OSError:
            pass
        node.kill()
        node.wait()

    @staticmethod
    def follow(node, connection):
        node.wait()
        try:
            connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def __exit__(self, *_):
        self.listener.close()
        if self.name:
            self.name.close()
        for node in self.nodes + [self.epmd]:
            node.kill()
            node.wait()
