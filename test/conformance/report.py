# SPDX-License-Identifier: Apache-2.0
"""Stock's results of a suite beside Mote's, what is known of the differences, and the page that tells of them."""
import collections, os, sys

APPS = ('emulator', 'stdlib', 'kernel', 'compiler')
Known = collections.namedtuple('Known', 'line cls reason')

# Known failures of these classes are not Mote's to mend; doc/conformance.md counts them.
CLASSES = {
    'command': 'runs a program of the host: there is no host',
    'driver': 'loads a driver, a shared object for Linux',
    'nif': 'loads a NIF library, a shared object for Linux',
    'node': 'starts or talks to another node: distribution is another piece of work',
    'socket': 'wants of sockets what a mote has not: local and raw ones, descriptors, some options',
    'threads': 'looks at scheduler, dirty or async threads: one thread is all that Mote has',
    'jit': 'looks at how the stock emulator is made inside: its allocators, its native code, its build',
    'files': 'wants what the tree in memory is not: devices, links, owners, access rights that differ from root\'s',
    'system': 'asks os:type() and knows some systems only: a mote is {unix, mote}',
    'clock': 'changes the clock or the time zone of the host, or depends on it',
}


def read_known(release):
    """{(app, suite, case or None): Known}; a line is APP:SUITE[:CASE] CLASS reason"""
    known = {}
    for name in release.known:
        with open(name) as f:
            for line in f:
                read_known_line(name, line, known)
    if release.mount:
        known = {key: k for key, k in known.items() if k.cls != 'files'}
    return known


def read_known_line(name, line, known):
    fields = line.split('#')[0].split(None, 2)
    if len(fields) != 3:
        return
    parts = fields[0].split(':')
    if fields[1] != 'open' and fields[1] not in CLASSES:
        sys.exit('%s: no class %s (%s)' % (os.path.basename(name), fields[1], fields[0]))
    known[(parts[0], parts[1], parts[2] if len(parts) > 2 else None)] = Known(fields[0], fields[1], fields[2].strip())


def find_known(known, app, suite, case):
    return known.get((app, suite, case)) or known.get((app, suite, None))


class Comparison:
    """A suite on stock and on Mote."""

    def __init__(self, app, suite, stock, mote, known):
        self.app, self.suite = app, suite
        self.stock, self.mote = collections.Counter(), collections.Counter()
        for r in stock:
            self.stock[r.verdict] += 1
        for r in mote:
            self.mote[r.verdict] += 1
        theirs = {(r.path, r.case): r for r in mote}
        self.both, self.differ, self.known, self.better = 0, [], [], []
        ended = [r for r in mote if r.case == '(suite)']
        for s in stock:
            if s.verdict != 'PASS':
                continue
            k = find_known(known, app, suite, s.case)
            m = theirs.get((s.path, s.case))
            if m and m.verdict == 'PASS':
                self.both += 1
                if k and k.line.count(':') == 2:
                    self.better.append(k)
                continue
            why = '%s: %s' % (m.verdict, m.reason) if m else ended[0].reason if ended else 'was not run'
            (self.known if k else self.differ).append((s, why, k))

    def count(self, is_open):
        return len([1 for k in self.known if (k[2].cls == 'open') == is_open])

    def print(self, where):
        print('%-9s %-32s %5d %5d %5d %6d %6d' % (
            self.app, self.suite, self.stock['PASS'], self.both, len(self.differ),
            self.count(True), self.count(False)), where)
        for s, why, _ in self.differ:
            print('    %s:%s:%s  %s' % (self.app, self.suite, s.case, why[:300]))
        for k in self.better:
            print('    passes now: %s' % k.line)


def report(path, release, done):
    """The table of doc/conformance.md, between its marks.  `done`: for each suite {platform: Comparison}."""
    platforms = list(done[0])
    made = '`test/conformance/run --otp %s --report`' % release.number if release.number else '`make conformance`'
    level = '###' if release.number else '##'
    text = ['', 'Made by %s on %s; %d suites.' % (made, ' and '.join(platforms), len(done)), '']
    text += summary(platforms, done)
    text += ['', level + ' What cannot be', ''] + cannot_be(platforms, done)
    text += ['', level + ' Open', ''] + still_open(platforms, done)
    text += ['', level + ' Suite by suite', '',
             'Stock failures and skips are cases that do not pass on the machine that made this table with stock itself.', '']
    text += suite_by_suite(platforms, done) + ['']
    with open(path) as f:
        old = f.read()
    begin, end = '<!-- %s -->' % release.mark, '<!-- end of %s -->' % release.mark
    head, tail = old.split(begin)[0], old.split(end)[1]
    with open(path, 'w') as f:
        f.write(head + begin + '\n'.join(text) + end + tail)


def table(left, right, rows):
    head = '| ' + ' | '.join(left + right) + ' |'
    rule = '|' + '---|' * len(left) + '---:|' * len(right)
    return [head, rule] + ['| ' + ' | '.join(str(cell) for cell in row) + ' |' for row in rows]


def summary(platforms, done):
    rows = []
    for app in APPS + ('all',):
        mine = [here for here in done if app in ('all', list(here.values())[0].app)]
        row = [app, sum(list(here.values())[0].stock['PASS'] for here in mine)]
        for p in platforms:
            both, out = sum(here[p].both for here in mine), sum(here[p].count(False) for here in mine)
            can = row[1] - out
            row += [both, out, can - both, '%.1f %%' % (100.0 * both / can) if can else '-']
        rows.append(row)
    columns = [c for p in platforms for c in ('pass on %s, too' % p, 'cannot be', 'open', 'share of what can be')]
    return table(['application'], ['pass on stock'] + columns, rows)


def cannot_be(platforms, done):
    counts = {p: collections.Counter(k.cls for here in done for _, _, k in here[p].known if k.cls != 'open') for p in platforms}
    return table(['class', 'why'], platforms, [[c, CLASSES[c]] + [counts[p][c] for p in platforms]
                                               for c in CLASSES if any(counts[p][c] for p in platforms)])


def still_open(platforms, done):
    """Each case once, with the platforms on which it does not pass."""
    where, reasons = collections.OrderedDict(), {}
    for here in done:
        for p in platforms:
            c = here[p]
            for s, why, k in [k for k in c.known if k[2].cls == 'open'] + c.differ:
                case = '%s:%s:%s' % (c.app, c.suite, s.case)
                where.setdefault(case, {})[p] = True
                reasons.setdefault(case, k.reason if k else 'NOT KNOWN: ' + why[:60].replace('|', '/'))
    return table(['case', 'difference', 'on'], [], [[case, reasons[case], ' and '.join(on)]
                                                    for case, on in where.items()])


def suite_by_suite(platforms, done):
    rows = []
    for here in done:
        c = list(here.values())[0]
        row = [c.app, c.suite, c.stock['PASS']]
        for p in platforms:
            out = here[p].count(False)
            row += [here[p].both, out, c.stock['PASS'] - here[p].both - out]
        rows.append(row + [c.stock['FAIL'], c.stock['SKIP'] + c.stock['AUTOSKIP']])
    columns = [c for p in platforms for c in ('on %s, too' % p, 'cannot be', 'open')]
    return table(['application', 'suite'], ['pass on stock'] + columns + ['stock fails', 'stock skips'], rows)
