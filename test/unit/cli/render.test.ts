import assert from 'node:assert/strict';
import { isParseError, usageError } from '../../../src/cli/framework/usage-error.ts';
import { durationSeconds } from '../../../src/cli/input/duration.ts';
import { selectionOf } from '../../../src/cli/input/selection.ts';
import { nagiosLines, prometheusLines } from '../../../src/cli/render/checks.ts';
import { flatLines } from '../../../src/cli/render/config.ts';
import { failureLines } from '../../../src/cli/render/failure.ts';
import { rolesChangedLines, rolesSwitchedLines } from '../../../src/cli/render/roles.ts';
import { table, wrap } from '../../../src/cli/render/text/table.ts';
import { ageText, localTime } from '../../../src/cli/render/text/time.ts';
import { newTokenLines } from '../../../src/cli/render/token.ts';
import type { Check } from '../../../src/domain/telling/check.ts';
import { NOW } from '../../support/clusters.ts';

describe('what a person reads', () => {
  it('an error in up to three lines', () => {
    assert.deepEqual(failureLines({ code: 'FAILED', message: 'm', why: 'w', next: 'n' }, 100), [
      'kato: m',
      '  why:  w',
      '  next: n',
    ]);
    assert.deepEqual(failureLines({ code: 'FAILED', message: 'm' }, 100), ['kato: m']);
    const long = { code: 'FAILED', message: 'm', why: `${'word '.repeat(18)}\nof a log` } as const;
    assert.deepEqual(failureLines(long, 100).slice(2), ['        of a log']);
    assert.ok(failureLines({ ...long, next: 'word '.repeat(40) }, 60).every((l) => l.length <= 60));
  });

  it('times in the zone of who reads, also where a controller wrote them', () => {
    const why = 'it was good until 2026-03-01T12:00:00.000Z, or 2026-03-01T12:00:00Z';
    const [, line] = failureLines({ code: 'TOKEN_EXPIRED', message: 'm', why }, 100);
    const local = localTime('2026-03-01T12:00:00Z');
    assert.equal(line, `  why:  it was good until ${local}, or ${local}`);
  });

  it('a table whose last column goes on in further lines', () => {
    const lines = table([['a', 'word '.repeat(30).trim()]], 100);
    assert.equal(lines.length, 2);
    assert.ok(lines.every((line) => line.length <= 100));
    assert.match(lines[1]!, /^ {3}word/);
  });

  it('words that are longer than a line, whole', () => {
    assert.deepEqual(wrap('aa bbbbbb c', 4), ['aa', 'bbbbbb', 'c']);
  });

  it('an age in its largest full unit', () => {
    assert.deepEqual([0.4, 59, 60, 7199, 86_400].map(ageText), [
      '0 s',
      '59 s',
      '1 min',
      '1 h',
      '1 d',
    ]);
  });

  it('what became of roles', () => {
    const changed = { node: 'web', added: ['redis'], removed: ['router'], already: ['memcached'] };
    assert.deepEqual(rolesChangedLines(changed), [
      'web has redis',
      'web no longer has router',
      'as before, web has memcached',
    ]);
    assert.deepEqual(
      rolesSwitchedLines({ node: 'web', roles: [], already: [], spared: [] }, 'stop'),
      ['web: nothing to do'],
    );
  });

  it('settings as flat lines', () => {
    assert.deepEqual(flatLines({ router: { port: 80, list: ['a'] } }, []), [
      'router port 80',
      'router list ["a"]',
    ]);
    assert.deepEqual(flatLines(false, ['router', 'sticky']), ['router sticky false']);
  });

  it('a token in a line of its own, which is not kept by a shell', () => {
    const lines = newTokenLines({
      id: 'k3m9x2qa',
      state: 'usable',
      roles: ['router'],
      admin: false,
      usesLeft: 1,
      createdAt: NOW,
      expiresAt: NOW,
      token: 'kato1.x',
      attach: 'KATO_TOKEN=kato1.x kato node attach -e router 10.0.0.1',
    });
    assert.equal(lines.at(-1), ' KATO_TOKEN=kato1.x kato node attach -e router 10.0.0.1');
    assert.match(lines[0]!, /one use, until /);
  });
});

describe('checks for monitoring', () => {
  const checks: Check[] = [
    { name: 'bus', level: 'ok', message: 'the bus answers' },
    { name: 'roles', level: 'warning', message: 'redis on web is starting', subject: 'web/redis' },
    { name: 'nodes', level: 'critical', message: 'db is dead', subject: 'db', value: 20 },
    { name: 'disk', level: 'ok', message: '31 % is free', value: 31 },
  ];

  it('put the worst into the line that Nagios shows', () => {
    assert.deepEqual(nagiosLines(checks), [
      'KATO CRITICAL - db is dead | wrong=2 disk_free=31%',
      'warning: redis on web is starting',
    ]);
    assert.deepEqual(nagiosLines(checks.slice(0, 1)), ['KATO OK - 1 checks | wrong=0']);
  });

  it('are samples for Prometheus', () => {
    const lines = prometheusLines(checks);
    assert.deepEqual(
      lines.filter((line) => line.startsWith('#')),
      [
        '# HELP kato_check State of a check: 0 ok, 1 warning, 2 critical, 3 unknown.',
        '# TYPE kato_check gauge',
        '# HELP kato_check_value What a check measured: seconds, days, members or percent.',
        '# TYPE kato_check_value gauge',
      ],
    );
    assert.ok(lines.includes('kato_check{check="nodes",subject="db"} 2'));
    assert.ok(lines.includes('kato_check_value{check="disk"} 31'));
    assert.ok(lines.every((line) => /^(# (HELP|TYPE) \w+ .+|\w+\{[^}]*\} -?\d+)$/.test(line)));
  });
});

describe('the words of a call', () => {
  it('a time is a number and a unit', () => {
    assert.deepEqual(
      ['90s', '30m', '1h', '7d'].map((text) => durationSeconds('--ttl', text)),
      [90, 1800, 3600, 604_800],
    );
    for (const text of ['', '1', 'h', '1.5h', '-1h', '1w']) {
      assert.throws(() => durationSeconds('--ttl', text), { code: 'BAD_VALUE' }, text);
    }
  });

  it('a selection of roles has names where it needs them, and only there', () => {
    const no = { all: false, 'all-but': false, only: false };
    assert.equal(selectionOf('kato role add', no, ['redis']), 'named');
    assert.equal(selectionOf('kato role add', { ...no, only: true }, ['redis']), 'only');
    assert.equal(selectionOf('kato role add', { ...no, all: true }, []), 'all');
    assert.throws(() => selectionOf('kato role add', { ...no, all: true }, ['redis']), {
      code: 'USAGE',
    });
    assert.throws(() => selectionOf('kato role add', no, []), { code: 'USAGE' });
  });

  it('an unknown flag is told with the nearest one', () => {
    const error = Object.assign(new Error('Nonexistent flag'), { flags: ['--josn'] });
    const told = usageError(error, 'node:list', ['json', 'debug']);
    assert.equal(told.message, 'kato node list has no flag --josn');
    assert.equal(told.why, "did you mean '--json'?");
    assert.equal(isParseError(new Error('something else')), false);
  });
});
