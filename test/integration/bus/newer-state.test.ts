import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../src/bus/store/store.ts';
import type { ControllerConfig } from '../../../src/controller/doors/doors.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { CLUSTER_ID, clusterAt, startNatsWithController } from '../../support/nats.ts';
import { freePort } from '../../support/ports.ts';

const KATO = join(import.meta.dirname, '../../../bin/kato');

describe('a controller on a bus with the state of a newer kato', () => {
  it('says so and ends, instead of waiting in silence', async () => {
    const { nats, identity, controller } = await startNatsWithController();
    try {
      const store = await openStore(controller, identity.seed);
      await store.createState({ ...clusterAt(1), format: 2 } as unknown as Cluster, {});
      const { address, port, ca, folder } = nats;
      const config: ControllerConfig = {
        clusterId: CLUSTER_ID,
        bus: { address, port },
        http: { address, port: await freePort() },
        ca,
        seed: identity.seed,
      };
      const file = join(folder, 'controller.json');
      writeFileSync(file, JSON.stringify(config));
      const ended = spawnSync(KATO, ['controller', file], { encoding: 'utf8', timeout: 20_000 });
      assert.match(ended.stderr, /the cluster was written by a newer kato/);
      assert.equal(ended.status, 4);
    } finally {
      await nats.stop();
    }
  });
});
