import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createIdentity } from '../../../src/bus/identity.ts';
import { all } from '../../../src/bus/subjects.ts';
import type { Json } from '../../../src/domain/document/cluster.ts';
import { hostAt } from '../../../src/operations/local/host.ts';
import { requestJoin } from '../../../src/operations/local/join-request.ts';
import { catalogue } from '../../support/clusters.ts';
import { CLUSTER_ID, startNatsWithController } from '../../support/nats.ts';

const TOKEN = 'token001';

describe('a machine that asks to join', function () {
  this.timeout(30_000);
  let root: string;

  beforeEach(async () => {
    root = await mkdtemp('/tmp/kato-join-');
  });
  afterEach(() => rm(root, { recursive: true }));

  it('asks once more, as the same, when the bus drops it before the answer', async () => {
    const joiner = createIdentity();
    const user = { kind: 'join', id: TOKEN, key: joiner.key } as const;
    const { nats, controller } = await startNatsWithController([user]);
    const asked: { id: string; params: { key: string } }[] = [];
    controller.respond(all.joins, async ({ body }) => {
      asked.push(body as unknown as (typeof asked)[number]);
      if (asked.length === 1) {
        await nats.end();
        await nats.start();
      }
      return { result: { nodeId: 'n1', name: 'web' }, revision: 7 } as Json;
    });
    await controller.rtt();
    try {
      const joined = await requestJoin({
        host: hostAt(root, catalogue, { program: 'kato', version: '0.1.0' }),
        core: nats.address,
        token: {
          ...{ address: nats.address, port: nats.port, fingerprint: nats.fingerprint },
          ...{ clusterId: CLUSTER_ID, seed: joiner.seed, id: TOKEN, secret: 'secret' },
        },
        ca: nats.ca,
        roles: [],
        noStart: false,
        force: false,
        address: '10.0.0.9',
        name: 'web',
        nameChosen: true,
      });
      assert.deepEqual([joined.nodeId, joined.name, joined.revision], ['n1', 'web', 7]);
      assert.equal(asked.length, 2);
      assert.equal(asked[0]!.id, asked[1]!.id);
      assert.deepEqual(
        asked.map(({ params }) => params.key),
        [joined.own.key, joined.own.key],
      );
    } finally {
      await nats.stop();
    }
  });
});
