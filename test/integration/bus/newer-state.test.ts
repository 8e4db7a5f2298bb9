import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openStore } from '../../../src/bus/store/store.ts';
import type { ControllerConfig } from '../../../src/controller/doors/doors.ts';
import type { Cluster } from '../../../src/domain/document/cluster.ts';
import { CLUSTER_ID, clusterAt, startNatsWithController } from '../../support/nats.ts';
import { freePort } from '../../support/ports.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';

const HOME = join(import.meta.dirname, '../../..');
const KATO = join(HOME, 'bin/kato');

/** The kato that wrote the state: it knows the format. */
function newerKato(folder: string): string {
  const home = join(folder, 'newer');
  const copy = `mkdir ${home} && cp -r bin src roles templates package.json ${home}
    ln -s $PWD/runtime $PWD/node_modules ${home}
    sed -i 's/CLUSTER_FORMAT = 1/CLUSTER_FORMAT = 2/' ${home}/src/domain/document/cluster.ts`;
  execFileSync('sh', ['-ec', copy], { cwd: HOME });
  return join(home, 'bin/kato');
}

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
      hint(
        /next: (.*)/.exec(ended.stderr)?.[1],
        'bus/store/document.ts: install the same version of kato here as on the other nodes',
      );
      const running = spawn(newerKato(folder), ['controller', file], { stdio: 'ignore' });
      const asked = () => fetch(`http://${address}:${config.http.port}/v1/info`).catch(() => null);
      const answer = await until(asked, { what: 'it serves', seconds: 20 });
      assert.equal(answer.status, 200);
      running.kill();
      await once(running, 'exit');
    } finally {
      await nats.stop();
    }
  });
});
