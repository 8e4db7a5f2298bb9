import assert from 'node:assert/strict';
import { createIdentity } from '../../../src/bus/identity.ts';
import { changeLines, historyLines } from '../../../src/cli/render/history.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { endOf } from '../../../src/domain/telling/change-end.ts';
import type { HistoryEntry } from '../../../src/domain/telling/history.ts';
import { NOW } from '../../support/clusters.ts';

describe('a history that a person reads', () => {
  it('leaves out the words that only programs read', () => {
    const entry = {
      at: NOW,
      by: 'core',
      operation: 'token.create',
      params: { id: 'k3', key: createIdentity().key, roles: ['a', 'b'], admin: false, node: null },
      outcome: 'done',
      revision: 4,
      id: 'c0ffee00-1111',
    };
    assert.match(
      historyLines([entry], 100)[1]!,
      / core +c0ffee00 +done +token\.create id=k3 roles=a,b$/,
    );
    const { id: _, ...refused } = entry;
    const often = { ...refused, outcome: 'NOT_ALLOWED', revision: null, count: 300 };
    assert.match(historyLines([often], 100)[1]!, / core +- +NOT_ALLOWED, 300 times +token\.create/);
    const own = { ...entry, operation: 'role.add', params: { node: 'n1', roles: ['redis'] } };
    assert.match(
      historyLines([own], 100, new Map([['n1', 'web']]))[1]!,
      /role\.add node=web roles=/,
    );
  });

  it('tells what became of a change: at a glance, and on each node', () => {
    const change = {
      ...{ at: NOW, by: 'core', operation: 'config.set', params: { key: 'port' }, outcome: 'done' },
      ...{ revision: 4, id: 'c0ffee00-1111', touched: 3 },
    };
    const outcome = (entry: HistoryEntry) => historyLines([entry], 100)[1]!;
    assert.match(outcome(change), / c0ffee00 +under way +config\.set/);
    const failed = { node: 'h2', outcome: 'failed' as const, message: 'redis keeps dying' };
    const end = endOf(
      [{ node: 'h1', outcome: 'done' }, failed, { node: 'h3', outcome: 'kept' }],
      NOW,
    );
    assert.match(outcome({ ...change, end }), / failed on h2 +config\.set/);
    assert.match(outcome({ ...change, end: endOf([], NOW) }), / done +config\.set/);
    const two = endOf([failed, { ...failed, node: 'h4' }], NOW);
    assert.match(outcome({ ...change, end: two }), / failed on 2 +config\.set/);
    const lines = changeLines({ ...change, end }, 100);
    assert.deepEqual(lines.slice(-4), [
      'NODE  OUTCOME  WHY',
      'h2    failed   redis keeps dying',
      'h3    kept     -',
      'h1    done     -',
    ]);
    assert.match(changeLines(change, 100).at(-1)!, /^nodes +3 are to follow$/);
  });

  it('lists the worst nodes of a large change, and counts the others', () => {
    const all = Array.from({ length: 80 }, (_, i) => ({ node: `n${i}`, outcome: 'done' as const }));
    const end = endOf([...all, { node: 'z', outcome: 'late' }], NOW);
    assert.deepEqual(
      [end.outcome, end.nodes[0]!.node, end.nodes.length, end.more],
      ['late', 'z', 50, 31],
    );
    const change = {
      ...{ at: NOW, by: 'core', operation: 'x', params: null, outcome: 'done', revision: 4, end },
    };
    assert.equal(changeLines(change, 100).at(-1), 'and 31 more: done');
  });

  it('names a setting by its key', () => {
    const entry = { at: NOW, by: 'core', operation: 'config.set', outcome: 'done', revision: 4 };
    const where = { component: 'redis', key: 'max_memory' };
    const said = (params: Json) => historyLines([{ ...entry, params }], 200)[1]!;
    assert.match(said({ act: 'del', ...where }), /act=del component=redis key=max_memory$/);
    assert.match(said({ act: 'set', ...where, value: '1g' }), / key=max_memory value=1g$/);
  });
});
