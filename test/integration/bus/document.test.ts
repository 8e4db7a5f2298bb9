import assert from 'node:assert/strict';
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { Bus } from '../../../src/bus/bus.ts';
import { natsOf } from '../../../src/bus/messaging.ts';
import { DOCUMENT, openDocument } from '../../../src/bus/store/document.ts';
import { openStore, type Store } from '../../../src/bus/store/store.ts';
import { CONTROLLER } from '../../../src/bus/subjects.ts';
import { clusterAt, startNatsWithController, type TestNats } from '../../support/nats.ts';
import { until } from '../../support/until.ts';

describe('a document that a controller has at hand', () => {
  let nats: TestNats;
  let buses: Bus[];
  let store: Store;
  let other: Store;

  beforeEach(async () => {
    const { nats: started, identity, controller } = await startNatsWithController();
    nats = started;
    const otherBus = await nats.connect(CONTROLLER, identity);
    buses = [controller, otherBus];
    store = await openStore(controller, identity.seed);
    other = await openStore(otherBus, identity.seed);
    await store.createState(clusterAt(1), {});
  });
  afterEach(() => nats.stop());

  it('is the same object for as long as nobody wrote another', async () => {
    const first = await store.readCluster();
    assert.equal((await store.readCluster())!.cluster, first!.cluster);
    const next = clusterAt(2);
    await store.writeCluster(next, first!.entry);
    assert.equal((await store.readCluster())!.cluster, next);
  });

  it('is another at once when another controller has written', async () => {
    for (let revision = 2; revision <= 20; revision++) {
      const [from, to] = revision % 2 === 0 ? [store, other] : [other, store];
      const before = (await from.readCluster())!;
      assert.equal(before.cluster.revision, revision - 1);
      assert.ok(await from.writeCluster(clusterAt(revision), before.entry));
      assert.equal((await to.readCluster())!.cluster.revision, revision);
    }
  });

  for (const known of ['written', 'read', 'told'] as const) {
    it(`is not taken for what an older copy has under the same number, once it was ${known}`, async () => {
      const { entry } = (await other.readCluster())!;
      await stopped(() => copy('data', 'before'));
      const theirs = await other.writeCluster(clusterAt(2, 'theirs'), entry);
      await stopped(async () => {
        await copy('data', 'theirs');
        await copy('before', 'data');
      });
      const own = known === 'written' ? store : other;
      if (known === 'told') await store.watchCluster(() => undefined);
      assert.equal(await own.writeCluster(clusterAt(2, 'own'), entry), theirs);
      if (known === 'read') await store.readCluster();
      if (known === 'told') await until(() => isAt(own, 'own'), { what: 'it is told', seconds: 5 });
      await stopped(() => copy('theirs', 'data'));
      const read = (await store.readCluster())!;
      assert.deepEqual([read.cluster.endpoint, read.entry], ['theirs', theirs]);
    });
  }

  it('is never an older one because a hint was late, nor opened again for it', async () => {
    const nats = natsOf(buses[0]!);
    const manager = await jetstreamManager(nats);
    const clusters = await new Kvm(nats).open('cluster', { allow_direct: false });
    const document = openDocument({ nats, manager, clusters });
    const late = (await clusters.get(DOCUMENT))!;
    await other.writeCluster(clusterAt(2), late.revision);
    const read = await document.read();
    assert.equal(read!.cluster.revision, 2);
    assert.equal(document.opened(late).revision, 1, 'it is told as what it is');
    assert.equal((await document.read())!.cluster, read!.cluster);
  });

  async function isAt(of: Store, endpoint: string): Promise<boolean> {
    return (await of.readCluster())!.cluster.endpoint === endpoint;
  }

  async function copy(from: string, to: string): Promise<void> {
    await rm(join(nats.folder, to), { recursive: true, force: true });
    await cp(join(nats.folder, from), join(nats.folder, to), { recursive: true });
  }

  /** Both know that the bus was away when it is there again. */
  async function stopped(work: () => Promise<void>): Promise<void> {
    await nats.end('SIGTERM');
    await until(() => buses.every((bus) => !bus.connected), { what: 'both notice', seconds: 5 });
    await work();
    await nats.start();
    await until(() => buses.every((bus) => bus.connected), { what: 'both are back', seconds: 10 });
  }
});
