import assert from 'node:assert/strict';
import type { Bus } from '../../../src/bus/bus.ts';
import { knowledgeOf } from '../../../src/controller/knowledge.ts';
import { createLive, takeDocument } from '../../../src/controller/live.ts';
import { refuse } from '../../../src/domain/error.ts';
import { clusterWith } from '../../support/clusters.ts';

describe('a question to one node', () => {
  const askWith = (error: Error) => {
    const live = createLive();
    takeDocument(live, clusterWith({ web: [] }), 1);
    const bus = { request: () => Promise.reject(error) } as unknown as Bus;
    const options = { bus, live, seed: 'of the controllers' } as unknown as Parameters<
      typeof knowledgeOf
    >[0];
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

  it('is answered in its own words where it refuses', async () => {
    const own = refuse('NOT_FOUND', "nodes do not answer 'weather'");
    await assert.rejects(askWith(own), own);
  });
});
