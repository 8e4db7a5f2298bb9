import assert from 'node:assert/strict';
import { createIdentity } from '../../../src/bus/identity.ts';
import { historyLines } from '../../../src/cli/render/history.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
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
    };
    assert.match(historyLines([entry], 100)[1]!, / core +4 +done +token\.create id=k3 roles=a,b$/);
    const often = { ...entry, outcome: 'NOT_ALLOWED', revision: null, count: 300 };
    assert.match(historyLines([often], 100)[1]!, / core +- +NOT_ALLOWED, 300 times +token\.create/);
    const own = { ...entry, operation: 'role.add', params: { node: 'n1', roles: ['redis'] } };
    assert.match(
      historyLines([own], 100, new Map([['n1', 'web']]))[1]!,
      /role\.add node=web roles=/,
    );
  });

  it('names a setting by its key', () => {
    const entry = { at: NOW, by: 'core', operation: 'config.set', outcome: 'done', revision: 4 };
    const where = { component: 'redis', key: 'max_memory' };
    const said = (params: Json) => historyLines([{ ...entry, params }], 200)[1]!;
    assert.match(said({ act: 'del', ...where }), /act=del component=redis key=max_memory$/);
    assert.match(said({ act: 'set', ...where, value: '1g' }), / key=max_memory value=1g$/);
  });
});
