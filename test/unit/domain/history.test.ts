import assert from 'node:assert/strict';
import {
  type HistoryEntry,
  merged,
  type Refusal,
  shortParams,
  summed,
  tally,
} from '../../../src/domain/telling/history.ts';

const REFUSAL: Refusal = {
  asker: 'n1',
  by: 'web',
  operation: 'role.add',
  params: { node: 'core', roles: ['router'] },
  code: 'NOT_ALLOWED',
  at: '2026-03-01T12:00:00.000Z',
};

describe('the history', () => {
  it('has one line for what is refused alike within an hour', () => {
    const { add } = tally();
    add(REFUSAL);
    const at = '2026-03-01T12:59:00.000Z';
    const params = { node: 'data', roles: ['router'] };
    const { key, entry } = add({ ...REFUSAL, at, params });
    assert.equal(key, '2026-03-01T12/n1/role.add/NOT_ALLOWED');
    assert.deepEqual(entry, {
      at,
      by: 'web',
      operation: 'role.add',
      // Nothing is told of both that only one of them was.
      params: { roles: ['router'] },
      outcome: 'NOT_ALLOWED',
      revision: null,
      count: 2,
    });
    assert.equal(add({ ...REFUSAL, asker: 'n2' }).entry.count, 1);
    assert.equal(add({ ...REFUSAL, code: 'BUSY' }, 500).entry.count, 500);
    assert.equal(add({ ...REFUSAL, at: '2026-03-01T13:00:00.000Z' }).entry.count, 1);
  });

  it('sums up what several runs of controllers have counted, and names nothing that only one did', () => {
    const line = (at: string, params: HistoryEntry['params'], count: number): HistoryEntry => {
      const { by, operation, code } = REFUSAL;
      return { at, by, operation, params, outcome: code, revision: null, count };
    };
    const kept = [
      { kind: 'a', entry: line('2', { node: 'core', roles: ['router'] }, 3) },
      { kind: 'b', entry: line('1', { node: 'core' }, 1) },
      { kind: 'a', entry: line('4', { node: 'data', roles: ['router'] }, 2) },
      { kind: 'a', entry: line('3', { node: 'data', roles: ['router'] }, 1) },
    ];
    const { count: _, ...one } = line('1', { node: 'core' }, 1);
    assert.deepEqual(summed(kept), [one, line('4', { roles: ['router'] }, 6)]);
    const more = { kind: 'a', entry: line('5', null, 1) };
    assert.deepEqual(summed([...kept, more])[1], line('5', null, 7));
  });

  it('takes only so many lines of one asker in an hour: what is beyond is one more', () => {
    const { add } = tally();
    const keys = new Set<string>();
    for (let i = 0; i < 10_000; i++) keys.add(add({ ...REFUSAL, operation: `op${i}` }).key);
    assert.equal(keys.size, 21);
    const other = add({ ...REFUSAL, operation: 'op99999' }).entry;
    assert.deepEqual([other.operation, other.count, other.params], ['other', 9981, null]);
    assert.equal(add({ ...REFUSAL, operation: 'op3' }).entry.count, 2);
    assert.equal(add({ ...REFUSAL, asker: 'n2' }).entry.operation, 'role.add');
  });

  it('tells the newest of several places in the order of each', () => {
    const entry = (by: string, at: string) => ({ by, at }) as HistoryEntry;
    const places = [
      [entry('a', '1'), entry('b', '5'), entry('c', '4')],
      [entry('x', '2'), entry('y', '6')],
      [],
    ];
    const told = (limit: number) => merged(places, limit).map(({ by }) => by);
    assert.deepEqual(told(9), ['a', 'x', 'b', 'c', 'y']);
    assert.deepEqual(told(2), ['c', 'y']);
  });

  it('cuts what is long, and leaves out what is long all the same', () => {
    assert.deepEqual(shortParams({ node: 'web', roles: ['a', 'b'], force: true }), {
      node: 'web',
      roles: ['a', 'b'],
      force: true,
    });
    assert.equal(JSON.stringify(shortParams({ name: 'x'.repeat(10_000) })).length, 212);
    const many = Array.from({ length: 500 }, (_, i) => `role${i}`);
    assert.deepEqual((shortParams(many) as string[]).slice(19), ['role19', '… 480 more']);
    assert.equal(shortParams(many.map((role) => role.padEnd(200))), null);
  });
});
