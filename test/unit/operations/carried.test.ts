import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { JoinToken } from '../../../src/bus/joining/join-token.ts';
import { pathsOf } from '../../../src/domain/making/paths.ts';
import { writeIdentity } from '../../../src/machine/node/ledger.ts';
import { type Carried, findIdentity, waysOut } from '../../../src/operations/local/carried.ts';
import type { Host } from '../../../src/operations/local/host.ts';

const IDENTITY = {
  format: 1,
  nodeId: 'n3',
  name: 'h3',
  key: '',
  seed: '',
  clusterId: 'c1',
  core: { address: '127.0.0.1', port: 4222 },
  ca: '',
  machineId: '',
  address: '127.0.0.3',
} as Carried['identity'];

describe('a machine that carries an identity', () => {
  it('is told to go on as the node only where no other machine is that: it may be a copy', () => {
    for (const why of ['moved', 'clone'] as const) {
      assert.equal(
        waysOut({ identity: IDENTITY, why, address: '127.0.0.9' }),
        'unless another machine is h3 now, it stays h3 by kato node migrate 127.0.0.3 127.0.0.9 ' +
          'on the core, or when it has 127.0.0.3 again; with --yes it is attached as a new node: ' +
          'what it has goes to /var/lib/kato/aside',
      );
    }
  });

  it('is a node of its own cluster where it is the core, and joins no other one', async () => {
    const paths = pathsOf(await mkdtemp('/tmp/kato-carried-'));
    try {
      const { core } = IDENTITY;
      const identity = { ...IDENTITY, address: core.address };
      await writeIdentity(paths, identity);
      const token = { clusterId: 'c1', address: core.address } as JoinToken;
      const find = (to: string | undefined, shown: JoinToken | null) =>
        findIdentity({ paths } as Host, { core: to, token: shown });
      const itself = { is: 'node', identity };
      assert.deepEqual(await find(undefined, null), itself);
      assert.deepEqual(await find(core.address, token), itself);
      const next = /kato node detach --yes ends that cluster/;
      await assert.rejects(find('127.0.0.9', token), { code: 'CONFLICT', next });
      const foreign = { ...token, clusterId: 'c2' };
      await assert.rejects(find(undefined, foreign), { code: 'CONFLICT', next });
    } finally {
      await rm(paths.root, { recursive: true });
    }
  });
});
