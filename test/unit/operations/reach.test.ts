import assert from 'node:assert/strict';
import { OPERATIONS } from '../../../src/operations/index.ts';
import type { Operation, Read } from '../../../src/operations/operation.ts';
import { catalogue, tokenOf } from '../../support/clusters.ts';
import { OPERATION_PARAMS } from '../../support/operation-params.ts';
import { faultsOf } from '../../support/reach/faults.ts';
import { mineIn, type Operations } from '../../support/reach/tries.ts';

/** What a token can be made for, by hand or by 0.1.0, which let one be for a controller. */
const NAMED = [...catalogue.roles.values()]
  .filter(({ given, name }) => given !== 'always' && name !== 'primary')
  .map(({ name }) => name);

describe('what somebody with a token reaches by all that his machines may ask for', function () {
  this.timeout(240_000);

  const tokens: [string, string[] | null][] = [
    ['without --roles', null],
    ['for no role', []],
    ...NAMED.map((role): [string, string[]] => [`for ${role}`, [role]]),
  ];
  for (const [title, roles] of tokens) {
    it(`is nothing of others, and no secret that was not given: a token ${title}`, async () => {
      const { faults, states } = await faultsOf(tokenOf('t1', { roles, usesLeft: 2 }));
      assert.deepEqual(faults, []);
      const own = states.map(mineIn);
      assert.ok(
        own.some((nodes) => nodes.length === 2),
        'two joined',
      );
      const versions = own.flatMap((nodes) => nodes.map(({ version }) => version));
      assert.deepEqual([...new Set(versions)].sort(), ['0.1.0', '0.2.0']);
    });
  }

  it('is tried with every operation that there is', () => {
    assert.deepEqual(Object.keys(OPERATION_PARAMS).sort(), [...OPERATIONS.keys()].sort());
  });

  it('is tried with every parameter that there is', () => {
    for (const { name, params } of OPERATIONS.values()) {
      const { entries } = params as { entries?: object };
      if (entries === undefined) continue;
      const tried = Object.keys(OPERATION_PARAMS[name]!('n1') as object);
      assert.deepEqual(tried.sort(), Object.keys(entries).sort(), name);
    }
  });
});

describe('a right that everybody has by mistake', function () {
  this.timeout(60_000);
  const secret = ['secret.show', 'state.export'];
  const closed = [...OPERATIONS.values()]
    .filter(({ may }) => may === 'admin' || may === 'own')
    .filter(({ kind, name }) => kind === 'change' || secret.includes(name));
  for (const operation of closed) {
    it(`opens something, and is found by it: ${operation.name}`, async () => {
      assert.notDeepEqual(await faultsWith({ ...operation, may: 'anyone' }), []);
    });
  }

  it('is found also where a token makes admins', async () => {
    const { faults } = await faultsOf(tokenOf('t1', { roles: [], admin: true }));
    assert.notDeepEqual(faults, []);
  });

  for (const version of ['0.1.0', '0.2.0']) {
    it(`is found also where only nodes of ${version} are told too much`, async () => {
      const view = OPERATIONS.get('view') as Read;
      const told: Read = {
        ...view,
        run: async (known, params, by) => {
          const secrets = by.version === version ? await known.secretsBelow('') : {};
          return [await view.run(known, params, by), secrets];
        },
      };
      assert.notDeepEqual(await faultsWith(told), []);
    });
  }
});

async function faultsWith(operation: Operation): Promise<string[]> {
  const operations: Operations = new Map([...OPERATIONS, [operation.name, operation]]);
  return (await faultsOf(tokenOf('t1', { roles: [] }), operations)).faults;
}
