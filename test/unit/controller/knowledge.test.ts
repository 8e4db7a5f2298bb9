import assert from 'node:assert/strict';
import type { Bus } from '../../../src/bus/bus.ts';
import { knowledgeOf } from '../../../src/controller/state/knowledge.ts';
import { createLive, takeDocument } from '../../../src/controller/state/live.ts';
import { refuse } from '../../../src/domain/base/error.ts';
import type { Displaced } from '../../../src/domain/nodes/displaced.ts';
import { clusterWith } from '../../support/clusters.ts';
import { contentsOf } from '../../support/views.ts';

describe('a question to one node', () => {
  const askWith = (error: Error, displaced: Displaced[] = []) => {
    const live = createLive();
    takeDocument(live, clusterWith({ web: [] }), 1);
    live.displaced.set('web', displaced);
    const bus = { request: () => Promise.reject(error) } as unknown as Bus;
    const contents = () => contentsOf(live.document!.cluster);
    const options = { bus, live, contents } as unknown as Parameters<typeof knowledgeOf>[0];
    return knowledgeOf(options).askNode('web', 'status', null, 1000);
  };

  it('that nobody answers names the node, and why', async () => {
    for (const code of ['NODE_UNREACHABLE', 'TIMEOUT'] as const) {
      await assert.rejects(askWith(refuse(code, 'it is not on the bus')), {
        code: 'NODE_UNREACHABLE',
        message: 'node web does not answer',
        why: 'it is not on the bus',
      });
    }
  });

  it('whose machine is elsewhere says where, and what to do', async () => {
    const at = new Date().toISOString();
    const there = { address: '10.0.0.9', machineId: 'machine-web', instance: 'boot-1', at };
    await assert.rejects(askWith(refuse('NODE_UNREACHABLE', 'it is not on the bus'), [there]), {
      message: 'node web does not answer',
      why: 'its machine is at 10.0.0.9 now',
      next: 'kato node migrate 10.0.0.2 10.0.0.9 on the core, or give it 10.0.0.2 again',
    });
  });

  it('is answered in its own words where it refuses', async () => {
    const own = refuse('NOT_FOUND', "nodes do not answer 'weather'");
    await assert.rejects(askWith(own), own);
  });
});
