import assert from 'node:assert/strict';
import {
  type Displaced,
  elsewhere,
  elsewhereWarning,
  machinesElsewhere,
  nextDisplaced,
} from '../../../src/domain/nodes/displaced.ts';
import {
  heardWithin,
  noteSpeaker,
  type Speakers,
  speakSideBySide,
} from '../../../src/domain/nodes/speakers.ts';
import { clusterWith, later, NOW } from '../../support/clusters.ts';

const LIMIT_MS = 6000;

describe('who speaks as a node', () => {
  /** Beats as `a a b`, one a second. */
  const beats = (of: string) => {
    const speakers: Speakers = new Map();
    const all = of.split(' ').entries();
    let nowMs = 0;
    for (const [i, beat] of all) {
      nowMs = i * 1000;
      const instance = beat.replace('!', '');
      noteSpeaker(speakers, 'n1', { instance, leaving: beat.endsWith('!') }, nowMs);
    }
    return heardWithin(speakers.get('n1')!, LIMIT_MS, nowMs);
  };

  it('is one machine, also over its restarts, in order or not', () => {
    for (const sequence of ['a a a', 'a a b b', 'a a! b b', 'a b c d', 'a']) {
      assert.equal(speakSideBySide(beats(sequence)), false, sequence);
    }
  });

  it('are two when one is heard again after the other has begun', () => {
    for (const sequence of ['a b a', 'a b a b a b', 'a a b b a', 'a b c a']) {
      assert.equal(speakSideBySide(beats(sequence)), true, sequence);
    }
  });

  it('is one again as soon as the other has been silent for long enough, or has left', () => {
    assert.equal(speakSideBySide(beats('a b a b b b b b b')), false);
    assert.equal(speakSideBySide(beats('a b a b b! a')), false);
  });

  it('takes no room for those who claim to be somebody new each time', () => {
    const speakers: Speakers = new Map();
    for (let i = 0; i < 1000; i++) {
      noteSpeaker(speakers, 'n1', { instance: `i${i}`, leaving: false }, i);
    }
    assert.ok(speakers.get('n1')!.length <= 4);
  });
});

const told = (changes: Partial<Displaced> = {}): Displaced => ({
  address: '10.0.0.9',
  machineId: 'machine-web',
  instance: 'boot-1',
  at: NOW,
  ...changes,
});

describe('what controllers share of machines that are elsewhere', () => {
  it('is written when it is news, and else every ten seconds', () => {
    const first = nextDisplaced([], told())!;
    assert.deepEqual(first, [told()]);
    assert.equal(nextDisplaced(first, told({ at: later(9) })), null);
    assert.deepEqual(nextDisplaced(first, told({ at: later(10) })), [told({ at: later(10) })]);
    const moved = told({ address: '10.0.0.10', at: later(5) });
    assert.deepEqual(nextDisplaced(first, moved), [told(), moved]);
  });

  it('is not written by the hundred for one who says something new all the time', () => {
    let all: readonly Displaced[] = [];
    let writes = 0;
    for (let i = 0; i < 200; i++) {
      const at = new Date(Date.parse(NOW) + i * 50).toISOString();
      const next = nextDisplaced(all, told({ address: `10.0.1.${i}`, at }));
      if (next !== null) writes++;
      all = next ?? all;
    }
    assert.ok(writes <= 11, `${writes} writes in 10 s`);
    assert.ok(all.length <= 4);
  });

  it('forgets who has been silent', () => {
    const all = [told(), told({ address: '10.0.0.10', at: later(25) })];
    const next = nextDisplaced(all, told({ address: '10.0.0.11', at: later(35) }))!;
    assert.deepEqual(
      next.map(({ address }) => address),
      ['10.0.0.10', '10.0.0.11'],
    );
  });
});

describe('a machine that is elsewhere', () => {
  const cluster = clusterWith({ web: [], db: [] });
  const { web } = cluster.nodes;
  const shown = (machine: Partial<Displaced>, heard: string[] = [], atSeconds = 0) => {
    const nowMs = Date.parse(later(atSeconds));
    return machinesElsewhere(cluster, web!, [told(machine)], heard, nowMs).map((found) => {
      const { code, message } = elsewhereWarning(web!, found);
      return `${code} ${message}`;
    });
  };

  it('has moved, and what helps is named', () => {
    assert.deepEqual(shown({}), [
      'NODE_MOVED web is at 10.0.0.9 now, the cluster knows 10.0.0.2: ' +
        'kato node migrate 10.0.0.2 10.0.0.9 on the core, or give it 10.0.0.2 again',
    ]);
  });

  it('is a copy when the node itself is heard, or when it is another machine', () => {
    const attach = 'kato node attach there makes it a node of its own';
    const copy = `NODE_CLONED a copy of web runs at 10.0.0.9: ${attach}`;
    assert.deepEqual(shown({}, ['boot-0']), [copy]);
    assert.deepEqual(shown({}, ['']), [copy]);
    const migrate = 'kato node migrate 10.0.0.2 10.0.0.9 on the core makes it web';
    assert.deepEqual(shown({ machineId: 'another' }), [`${copy}; ${migrate}`]);
  });

  it('cannot stay where another node is: nobody is told what would be refused', () => {
    const at = '10.0.0.3, the address of db';
    const own = 'kato node attach there makes it a node of its own';
    assert.deepEqual(shown({ address: '10.0.0.3' }), [
      `NODE_MOVED web is at ${at} now, the cluster knows 10.0.0.2: give it 10.0.0.2 again`,
    ]);
    assert.deepEqual(shown({ address: '10.0.0.3' }, ['boot-0']), [
      `NODE_CLONED a copy of web runs at ${at}: give it an address of its own; then ${own}`,
    ]);
  });

  it('may have no address, and says so itself', () => {
    const here = { address: null, holder: null, machineId: '', isOriginalAlive: false };
    const { message } = elsewhereWarning(web!, elsewhere('', here));
    assert.equal(message, 'web has no address, the cluster knows 10.0.0.2: give it 10.0.0.2 again');
    const copy = elsewhereWarning(web!, elsewhere('', { ...here, isOriginalAlive: true }));
    assert.deepEqual(
      [copy.code, copy.message],
      [
        'NODE_CLONED',
        'a copy of web is here, without an address: give it an address of its own; then ' +
          'kato node attach there makes it a node of its own',
      ],
    );
  });

  it('is none any more when it speaks as the node, is one of its own, or is silent', () => {
    assert.deepEqual(shown({}, ['boot-1']), []);
    assert.deepEqual(shown({ address: '10.0.0.3', machineId: 'machine-db' }), []);
    assert.deepEqual(shown({ address: '10.0.0.2' }), []);
    assert.equal(shown({}, [], 29).length, 1);
    assert.deepEqual(shown({}, [], 31), []);
  });
});
