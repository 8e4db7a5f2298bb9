import assert from 'node:assert/strict';
import type { Node } from '../../../src/domain/document/cluster.ts';
import { NO_VERDICTS } from '../../../src/domain/nodes/verdicts.ts';
import type { Status } from '../../../src/domain/telling/status.ts';
import { nodeList } from '../../../src/operations/nodes.ts';
import type { Knowledge, Read } from '../../../src/operations/operation.ts';
import { processList } from '../../../src/operations/roles.ts';
import { status } from '../../../src/operations/status.ts';
import { catalogue, clusterWith, NOW, withNode } from '../../support/clusters.ts';
import { contentsOf } from '../../support/views.ts';

/** Joined in another order than that of their addresses, and named in yet another. */
const ADDRESSES = { a: '10.0.0.100', b: '10.0.0.9', c: '9.255.0.1', d: '10.0.0.10' };
const cluster = Object.entries(ADDRESSES).reduce(
  (made, [name, address]) => withNode(made, name, { address }),
  clusterWith({ a: [], b: [], c: [], d: [] }),
);
const IN_ORDER = ['c', 'core', 'b', 'd', 'a'];

const known = {
  ...{ cluster, catalogue, older: null, verdicts: NO_VERDICTS, announced: [] },
  ...{ contents: contentsOf(cluster), displaced: new Map(), reports: new Map() },
  ...{ lastSeen: new Map(), now: () => new Date(NOW), askAll: async () => new Map() },
  voicesOf: () => ({ heard: [], sideBySide: false }),
} as unknown as Knowledge;
const asked = (operation: Read, params: unknown): Promise<unknown> =>
  operation.run(known, params, cluster.nodes.core!);

describe('nodes', () => {
  it('are in the order of their addresses as numbers, wherever they are listed', async () => {
    const { nodes } = (await asked(status, { all: true, live: true })) as Status;
    const listed = (await asked(nodeList, {})) as Node[];
    const ofProcesses = (await asked(processList, { node: null })) as { node: string }[];
    assert.deepEqual(
      [nodes.map(({ name }) => name), listed.map(({ name }) => name)],
      [IN_ORDER, IN_ORDER],
    );
    assert.deepEqual(
      ofProcesses.map(({ node }) => node),
      IN_ORDER,
    );
  });
});
