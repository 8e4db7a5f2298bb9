import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { runAgent } from '../../../src/agent/agent.ts';
import { askAgent } from '../../../src/agent/doors/ask.ts';
import type { PassContext } from '../../../src/agent/look.ts';
import type { Paths } from '../../../src/domain/making/paths.ts';
import type { Status } from '../../../src/domain/telling/status.ts';
import { makeFolder } from '../../../src/machine/disk/files.ts';
import { type NodeIdentity, writeLedger } from '../../../src/machine/node/ledger.ts';
import { catalogue } from '../../support/clusters.ts';
import { viewSecrets } from '../../support/nginx-views.ts';
import { freePort } from '../../support/ports.ts';
import { until } from '../../support/until.ts';
import { testNode as nodeOf, testView } from '../../support/views.ts';
import { endNode, testNode } from './node.ts';

describe('a pass that breaks off', function () {
  this.timeout(60_000);
  let paths: Paths;

  before(async () => {
    paths = await testNode(async ({ state }) => makeFolder(state, 0o700));
  });
  after(() => endNode(paths));

  /** What `kato status` warns of on a node whose agent cannot make its configs. */
  const warnedOf = async (error: Error): Promise<string> => {
    const node = nodeOf(['router'], { address: '127.0.0.1' });
    const view = testView(['router'], { node });
    await writeLedger(paths, { hash: 'h1', view, secrets: viewSecrets });
    const render = (): never => {
      throw error;
    };
    const context = {
      ...{ paths, catalogue, render, bootId: 'boot' },
      kato: { program: 'kato', version: '0.2.0' },
    } as PassContext;
    const core = { address: '127.0.0.1', port: await freePort('127.0.0.1') };
    const identity = {
      ...{ nodeId: node.id, name: node.name, address: node.address, core, clusterId: 'c1' },
      ...{ ca: '', key: '', seed: '' },
    } as unknown as NodeIdentity;
    const end = new AbortController();
    const events = { log: () => undefined, onMoved: () => undefined };
    const running = runAgent(context, identity, events, end.signal);
    const asked = { operation: 'status', id: '', params: { all: false, live: true } };
    try {
      return await until(
        async () => {
          const status = await askAgent(paths, { ...asked, timeoutMs: 2000 }).catch(() => null);
          const warnings = (status as unknown as Status | null)?.warnings ?? [];
          return warnings.find(({ message }) => message.includes(error.message))?.message;
        },
        { what: 'the status tells it', seconds: 20 },
      );
    } finally {
      end.abort();
      await running;
      await rm(paths.ledger);
    }
  };

  it('is told by the status, whatever it was', async () => {
    const odd = await warnedOf(new TypeError('that was odd'));
    assert.match(odd, /: make-pass agent failed: that was odd$/);
  });
});
