import assert from 'node:assert/strict';
import { type Carried, waysOut } from '../../../src/operations/local/carried.ts';

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
});
