import assert from 'node:assert/strict';
import { mock } from 'node:test';
import type { Admission } from '../../../src/bus/bus.ts';
import { limitsOf } from '../../../src/bus/limits.ts';
import type { Subject } from '../../../src/bus/subjects.ts';
import { hearApart } from '../../../src/controller/hearing/hearing-apart.ts';
import { createLive, takeDocument } from '../../../src/controller/state/live.ts';
import { clusterWith, nodeOf } from '../../support/clusters.ts';

const FLOOD = 1001;
const EVERYBODY = '*';

describe('who is heard while one floods', () => {
  const live = createLive();
  const heard = new Map<string, (subject: Subject, bytes: number) => Admission>();
  const ending = new AbortController();
  let over = '';

  before(() => {
    mock.timers.enable({ apis: ['setTimeout'] });
    takeDocument(live, clusterOf(1, ['a', 'b']), 1);
    hearApart({
      live,
      speakers: ({ nodes }) => Object.keys(nodes),
      admit: (subject) => (subject.who === over ? 'drop' : limitsOf(subject)),
      listen: (who, admit) => {
        const key = who ?? EVERYBODY;
        assert.ok(!heard.has(key), `${key} is heard twice`);
        heard.set(key, admit);
        return () => heard.delete(key);
      },
      signal: ending.signal,
    });
  });
  after(() => {
    ending.abort();
    mock.timers.reset();
  });

  it('is everybody at once, as long as none does', () => {
    assert.deepEqual(ears(), [EVERYBODY]);
    say('a', EVERYBODY, FLOOD);
    assert.deepEqual(ears(), [EVERYBODY]);
  });

  it('is everybody else', () => {
    over = 'b';
    say('b', EVERYBODY, FLOOD);
    assert.deepEqual(ears(), ['a']);
  });

  it('is a node that comes meanwhile, and none that left', () => {
    takeDocument(live, clusterOf(2, ['b', 'c']), 2);
    assert.deepEqual(ears(), ['c']);
  });

  it('is after a second who flooded, until he does it again', () => {
    mock.timers.tick(1000);
    assert.deepEqual(ears(), ['b', 'c']);
    say('b', 'b', FLOOD);
    assert.deepEqual(ears(), ['c']);
    mock.timers.tick(1999);
    assert.deepEqual(ears(), ['c']);
    mock.timers.tick(1);
    assert.deepEqual(ears(), ['b', 'c']);
  });

  it('is nobody who says what is far too large', () => {
    over = '';
    const admission = heard.get('b')!({ kind: 'heartbeat', who: 'b' }, 8 * 1024 * 1024);
    assert.notEqual(admission, 'drop');
    assert.deepEqual(ears(), ['c']);
  });

  it('is everybody at once again, when all was calm for a while', () => {
    mock.timers.tick(19_999);
    assert.deepEqual(ears(), ['b', 'c']);
    mock.timers.tick(1);
    assert.deepEqual(ears(), [EVERYBODY]);
  });

  it('is nobody anew, when the controller ends', () => {
    over = 'b';
    say('b', EVERYBODY, FLOOD);
    ending.abort();
    mock.timers.tick(20_000);
    assert.deepEqual(ears(), ['c']);
  });

  const ears = () => [...heard.keys()].sort();

  function say(who: string, ear: string, times: number): void {
    const admit = heard.get(ear)!;
    for (let i = 0; i < times; i++) admit({ kind: 'heartbeat', who }, 100);
  }
});

function clusterOf(revision: number, ids: string[]) {
  const nodes = ids.map((id) => [id, nodeOf(id, [], { id })]);
  return clusterWith({}, { revision, nodes: Object.fromEntries(nodes) });
}
