import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type Store } from '../../../src/bus/store/store.ts';
import type { KatoError } from '../../../src/domain/base/error.ts';
import { run } from '../../../src/machine/command.ts';
import { clusterAt, startNatsWithController, type TestNats } from '../../support/nats.ts';
import { hint } from '../../support/said/hint.ts';
import { until } from '../../support/until.ts';

const { TMPDIR } = process.env;

describe('store on a disk that is full', () => {
  let disk: string;
  let nats: TestNats | undefined;
  let store: Store;

  before(async function () {
    disk = await mkdtemp(join(tmpdir(), 'kato-disk-'));
    const mount = ['mount', '-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', disk];
    await run(mount).catch(() => this.skip());
    process.env.TMPDIR = disk;
    const started = await startNatsWithController();
    nats = started.nats;
    store = await openStore(started.controller, started.identity.seed);
  });
  after(async () => {
    if (TMPDIR === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = TMPDIR;
    await nats?.stop();
    await run(['umount', disk]).catch(() => undefined);
    await rm(disk, { recursive: true });
  });

  it('says so, keeps what it has, also over a restart, and goes on when there is room', async () => {
    const entry = await store.createState(clusterAt(1), {});
    await writeFile(join(disk, 'fill'), Buffer.alloc(8_000_000)).catch(() => undefined);
    const written = store.writeCluster(clusterAt(2, 'x'.repeat(50_000)), entry);
    await assert.rejects(written, ({ code, message, next }: KatoError) => {
      assert.deepEqual([code, message], ['NO_SPACE', 'the bus cannot write the change']);
      hint(next, 'bus/store/store-failure.ts: free some space there: df -h');
      return true;
    });
    assert.deepEqual(await store.readCluster(), { cluster: clusterAt(1), entry });
    // Whoever is told so may start it again.
    await nats!.end('SIGTERM');
    await nats!.start();
    await until(() => store.readCluster().catch(() => false), { what: 'it is back', seconds: 10 });
    assert.deepEqual(await store.readCluster(), { cluster: clusterAt(1), entry });
    await rm(join(disk, 'fill'));
    const next = await store.writeCluster(clusterAt(2), entry);
    assert.deepEqual(await store.readCluster(), { cluster: clusterAt(2), entry: next });
  });
});
